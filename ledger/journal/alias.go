package journal

import (
	"regexp"
	"strings"
	"unicode"
)

// An alias stands for another account name in what follows it.
type alias struct {
	from, to string
	regex    *regexp.Regexp // nil for a plain one
}

// Limits of names: bytes, parts, and characters of a pattern.
const (
	maxName    = 1000
	maxParts   = 100
	maxPattern = 1000
	maxAliases = 1000
	maxWork    = 300_000_000 // bytes of names times bytes of patterns
)

// account finds the account that a name in the file stands for.
func (r *reader) account(name string, at int) (*Account, error) {
	if a := r.raw[name]; a != nil {
		return a, nil
	}
	full := name
	if len(name) > maxName {
		return nil, r.fault(at, ErrTooLarge, "an account's name has at most 1000 bytes and 100 parts")
	}
	if r.j.Format == Ledger { // an alias is not put under apply account
		if to, ok := r.ledgerAlias(name); ok {
			full = to
		} else {
			full = r.scope.prefix + name
		}
	} else {
		full = r.aliased(r.scope.prefix + name)
		if r.work > maxWork {
			return nil, r.fault(at, ErrTooLarge, "the patterns of aliases take too long")
		}
	}
	switch {
	case full == "":
		return nil, r.fault(at, ErrAccount, "an empty name")
	case strings.IndexFunc(full, unicode.IsControl) >= 0:
		return nil, r.fault(at, ErrAccount, "a name with control characters")
	case len(full) > maxName || strings.Count(full, ":") >= maxParts:
		return nil, r.fault(at, ErrTooLarge, "an account's name has at most 1000 bytes and 100 parts")
	}
	a := r.j.AddAccount(full)
	r.raw[name] = a
	return a, nil
}

// forget drops what names stand for.
func (r *reader) forget() {
	if len(r.raw) > 0 {
		r.raw = map[string]*Account{}
	}
}

// aliased applies hledger's aliases, the latest first, each once.
func (r *reader) aliased(name string) string {
	for i := len(r.scope.aliases) - 1; i >= 0; i-- {
		a := &r.scope.aliases[i]
		switch {
		case a.regex != nil:
			r.work += (len(name) + 1) * (len(a.from) + 1)
			if r.work > maxWork {
				return ""
			}
			if out := a.regex.ReplaceAllString(name, a.to); len(out) <= maxName {
				name = out
			}
		case name == a.from:
			name = a.to
		case strings.HasPrefix(name, a.from) && name[len(a.from)] == ':':
			name = a.to + name[len(a.from):]
		}
	}
	return name
}

// ledgerAlias applies the latest alias of the whole name, or of its first part.
func (r *reader) ledgerAlias(name string) (string, bool) {
	for _, part := range []string{name, strings.SplitN(name, ":", 2)[0]} {
		for i := len(r.scope.aliases) - 1; i >= 0; i-- {
			if a := &r.scope.aliases[i]; a.from == part && a.regex == nil {
				return a.to + name[len(part):], true
			}
		}
	}
	return "", false
}

// alias reads what follows the word: A = B, or /pattern/ = replacement.
func (r *reader) alias(x *lexer) error {
	at := x.i
	var a alias
	if x.peek() == '/' && r.j.Format == Hledger {
		pattern, ok := x.slashed()
		if !ok || len(pattern) > maxPattern {
			return r.fault(at, ErrSyntax, "the pattern does not end")
		}
		re, err := regexp.Compile("(?i)" + pattern)
		if err != nil {
			return r.fault(at, ErrSyntax, "not a pattern: "+near(pattern))
		}
		a.regex, a.from = re, pattern
		x.skip()
		if !x.has("=") {
			return r.fault(x.i, ErrSyntax, "an alias has an equals sign")
		}
		x.skip()
		a.to = replacement(trimRight(x.rest()))
	} else {
		from, to, ok := strings.Cut(x.rest(), "=")
		a.from, a.to = strings.TrimSpace(from), strings.TrimSpace(to)
		if !ok || a.from == "" || a.to == "" {
			return r.fault(at, ErrSyntax, "an alias has the form A = B")
		}
	}
	return r.addAlias(a, at)
}

func (r *reader) addAlias(a alias, at int) error {
	if len(r.scope.aliases) >= maxAliases {
		return r.fault(at, ErrTooLarge, "at most 1000 aliases")
	}
	r.scope.aliases = append(r.scope.aliases[:len(r.scope.aliases):len(r.scope.aliases)], a)
	r.forget()
	return nil
}

// slashed reads a pattern between slashes.
func (x *lexer) slashed() (string, bool) {
	from := x.i + 1
	for i := from; i < len(x.s); i++ {
		switch x.s[i] {
		case '\\':
			i++
		case '/':
			x.i = i + 1
			return strings.ReplaceAll(x.s[from:i], `\/`, "/"), true
		}
	}
	return "", false
}

// replacement turns \1 into what package regexp understands.
func replacement(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '$':
			b.WriteString("$$")
		case s[i] == '\\' && i+1 < len(s) && isDigit(s[i+1]):
			i++
			b.WriteString("${" + s[i:i+1] + "}")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
