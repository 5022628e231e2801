package journal

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escaped writes a text as the value of a tag that is read back exactly: what a tag cannot hold, and the percent sign itself, is
// percent-escaped.
func escaped(s string) string {
	var b strings.Builder
	for i, c := range s {
		next := i + utf8.RuneLen(c)
		edge := i == 0 || next == len(s)
		bad := c == '%' || c == ',' || c == '[' || c == ']' || c != ' ' && !unicode.IsGraphic(c)
		switch {
		case unicode.IsSpace(c): // blanks at an end are lost, and two end an account
			bad = bad || edge || s[i-1] == ' '
		case c == ':': // at an end or twice it is ledger's sign for something else
			bad = edge || s[i-1] == ':'
		}
		if !bad {
			b.WriteRune(c)
			continue
		}
		for _, x := range []byte(string(c)) {
			b.WriteString("%" + string("0123456789ABCDEF"[x>>4]) + string("0123456789ABCDEF"[x&15]))
		}
	}
	return b.String()
}

// unescaped undoes escaped; what is not of that form stays as it is.
func unescaped(s string) string {
	if out, err := url.PathUnescape(s); err == nil && utf8.ValidString(out) {
		return out
	}
	return s
}
