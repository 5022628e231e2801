package sqltext

import (
	"strings"
	"unicode/utf8"
)

// PrefixRange returns the bounds between which lie, bytewise, exactly the texts (valid UTF-8 without NUL) that begin
// with p: from <= text, and text < to unless to is "". Both are valid UTF-8, which PostgreSQL insists on, also where p
// ends within a code point. None says that no text can begin with p.
func PrefixRange(p string) (from, to string, none bool) {
	head, tail := p, ""
	if !utf8.ValidString(p) {
		n := 0
		for n < len(p) {
			r, size := utf8.DecodeRuneInString(p[n:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			n += size
		}
		head, tail = p[:n], p[n:]
	}
	if strings.IndexByte(head, 0) >= 0 {
		return "", "", true
	}
	if tail == "" {
		return head, successor(head), false
	}
	first, last, ok := completions(tail)
	if !ok {
		return "", "", true
	}
	return head + first, successor(head + last), false
}

// completions returns the first and the last code point whose encodings begin with the bytes of an unfinished one.
func completions(tail string) (first, last string, ok bool) {
	size := 0
	switch c := tail[0]; {
	case c >= 0xC2 && c <= 0xDF:
		size = 2
	case c >= 0xE0 && c <= 0xEF:
		size = 3
	case c >= 0xF0 && c <= 0xF4:
		size = 4
	}
	if len(tail) >= size {
		return "", "", false
	}
	low, high := []byte(tail), []byte(tail)
	if len(tail) == 1 { // the second byte's range depends on the first
		lo, hi := byte(0x80), byte(0xBF)
		switch tail[0] {
		case 0xE0:
			lo = 0xA0
		case 0xED:
			hi = 0x9F
		case 0xF0:
			lo = 0x90
		case 0xF4:
			hi = 0x8F
		}
		low, high = append(low, lo), append(high, hi)
	}
	for len(low) < size {
		low, high = append(low, 0x80), append(high, 0xBF)
	}
	return string(low), string(high), utf8.Valid(low) && utf8.Valid(high)
}

// successor returns the least valid text above all that begin with p, or "" if there is none: it raises the last code point
// that can be raised and cuts off what follows. UTF-8 sorts bytewise as its code points do.
func successor(p string) string {
	for p != "" {
		r, size := utf8.DecodeLastRuneInString(p)
		p = p[:len(p)-size]
		switch {
		case r == utf8.MaxRune:
			continue
		case r == 0xD7FF: // what follows are surrogates, which UTF-8 leaves out
			r = 0xE000
		default:
			r++
		}
		return p + string(r)
	}
	return ""
}
