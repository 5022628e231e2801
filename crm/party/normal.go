package party

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The schemes under which Find looks up what every party may have.
const (
	Email = "email"
	Phone = "phone"
)

// NormalName is a name as search compares it: letters and digits in lower case, and one space for whatever stands between
// them. "  Acme, Inc. " and "ACME INC" are alike. A name without letters or digits stays as it is, in lower case.
func NormalName(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	if b.Len() == 0 {
		return strings.ToLower(strings.TrimSpace(s))
	}
	return b.String()
}

// NormalEmail is an e-mail address as it is compared: without spaces around it, in lower case. It reports false for a text that
// is none: it must have one '@' with something on both sides, no space, and at most 254 bytes. Whether anyone reads there it does
// not know.
func NormalEmail(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, found := strings.Cut(s, "@")
	bad := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '@' || r == ',' || r == ';' || r == '<' || r == '>'
	}
	ok := found && local != "" && domain != "" && len(s) <= 254 &&
		!strings.ContainsFunc(local, bad) && !strings.ContainsFunc(domain, bad) &&
		domain[0] != '.' && domain[len(domain)-1] != '.' && !strings.Contains(domain, "..")
	if !ok {
		return "", false
	}
	return s, true
}

// NormalPhone is a phone number as it is compared: its digits, after a '+' if it is international ("00" counts as '+'). What
// follows a letter or '#' is an extension and is left out. It reports false for a text with fewer than 3 or more than 15 digits
// (E.164), or of more than 50 bytes. National numbers are compared as they are: it does not know from where they are dialled.
func NormalPhone(s string) (string, bool) {
	if len(s) > 50 || !utf8.ValidString(s) {
		return "", false
	}
	var digits strings.Builder
	plus := false
scan:
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteByte(byte(r))
		case r == '+' && digits.Len() == 0 && !plus:
			plus = true
		case unicode.IsSpace(r), strings.ContainsRune("()-./\u2010\u2011\u2012\u2013", r):
		case r == '#' || r == ',' || r == ';' || unicode.IsLetter(r):
			break scan
		default:
			return "", false
		}
	}
	n := digits.String()
	if !plus {
		n, plus = strings.CutPrefix(n, "00")
	}
	if len(n) < 3 || len(n) > 15 {
		return "", false
	}
	if plus {
		n = "+" + n
	}
	return n, true
}

// NormalIdentifier is an identifier as it is compared: letters and digits in upper case. "KZ 12-34" and "kz1234" are alike.
func NormalIdentifier(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// normal is the normal form of a value under a scheme; "" if it has none.
func normal(scheme, value string) string {
	var n string
	switch scheme {
	case Email:
		n, _ = NormalEmail(value)
	case Phone:
		n, _ = NormalPhone(value)
	default:
		n = NormalIdentifier(value)
	}
	return n
}
