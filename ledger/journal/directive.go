package journal

import (
	"strconv"
	"strings"
)

// directive reads a line that begins with a word or a sign at its first byte.
func (r *reader) directive(line string) error {
	x := lexer{s: line}
	if c := line[0]; c == '!' || c == '@' {
		x.i++
	}
	from := x.i
	for x.i < len(line) && (line[x.i] >= 'a' && line[x.i] <= 'z' || line[x.i] >= 'A' && line[x.i] <= 'Z' || line[x.i] == '-') {
		x.i++
	}
	word := line[from:x.i]
	if c := x.peek(); c != 0 && c != ' ' && c != '\t' && !(word == "Y" && isDigit(c)) && word != "" {
		return r.fault(from, ErrDirective, near(x.s[from:]))
	}
	x.skip()
	at := x.i
	switch word {
	case "":
		return r.ruleBegins(line)
	case "account":
		return r.accountDirective(&x)
	case "commodity":
		return r.commodityDirective(&x)
	case "D":
		return r.defaultCommodity(&x)
	case "P":
		return r.price(&x)
	case "Y", "year":
		return r.year(&x)
	case "decimal-mark":
		mark := trimRight(x.rest())
		if i := strings.IndexByte(mark, ';'); i >= 0 {
			mark = trimRight(mark[:i])
		}
		if mark != "." && mark != "," {
			return r.fault(at, ErrSyntax, "a decimal mark is . or ,")
		}
		r.scope.mark = mark[0]
	case "include":
		return r.include(&x)
	case "alias":
		return r.alias(&x)
	case "apply":
		return r.apply(&x)
	case "end":
		return r.end(&x)
	case "bucket", "A":
		name, _, _, err := r.accountName(&x)
		if err != nil {
			return err
		}
		r.scope.bucket, err = r.account(name, at)
		return err
	case "comment":
		r.in = inComment
	case "test":
		r.in = inTest
	case "payee", "tag":
		r.note(word, &x)
		r.skipping = true
	case "N":
		r.note(word, &x)
	default:
		return r.fault(from, ErrDirective, refused(word))
	}
	return nil
}

// refused says why a word is not read.
func refused(word string) string {
	switch word {
	case "assert", "check":
		return word + ": a check that would be skipped"
	case "C":
		return word + ": a conversion that changes amounts as they are read"
	case "i", "o", "I", "O", "h", "b":
		return word + ": a time clock entry; turn it into transactions first"
	case "define", "def", "eval", "expr", "value", "python", "import":
		return word + ": code is not run"
	case "capture":
		return word + ": changes account names"
	}
	return near(word)
}

// note keeps a directive that changes no balance.
func (r *reader) note(word string, x *lexer) {
	text, comment := x.rest(), ""
	if i := strings.IndexByte(text, ';'); i >= 0 {
		text, comment = text[:i], strings.TrimSpace(text[i+1:])
	}
	r.j.Directives = append(r.j.Directives, Directive{Name: word, Text: trimRight(text), Comment: comment,
		Position: Position{r.j.Files[r.file], int(r.line), 1}})
}

func (r *reader) accountDirective(x *lexer) error {
	name, at, _, err := r.accountName(x)
	if err != nil {
		return err
	}
	if r.j.Format != Ledger { // a comment may follow one space
		if i := strings.Index(name, " ;"); i >= 0 {
			x.i = at + i + 1
			name = trimRight(name[:i])
		}
	}
	a, err := r.account(name, at)
	if err != nil {
		return err
	}
	a.Declared, r.about = true, a
	switch rest := x.rest(); {
	case strings.HasPrefix(rest, ";"):
		return r.accountComment(a, rest[1:])
	case len(trimRight(rest)) == 1: // hledger's old form: account assets  A
		return r.accountComment(a, "type: "+trimRight(rest))
	case rest != "" && !isDigit(rest[0]):
		return r.fault(x.i, ErrSyntax, near(rest))
	}
	return nil
}

func (r *reader) accountComment(a *Account, text string) error {
	text = strings.Trim(text, blanks)
	var ok bool
	if a.Comment, ok = joined(a.Comment, text); !ok {
		return r.fault(0, ErrTooLarge, "comments of more than 64 KiB")
	}
	for _, t := range TagsIn(text) {
		if t.Name == "type" {
			a.Type = t.Value
		}
	}
	return nil
}

// accountLine reads ledger's lines below an account directive.
func (r *reader) accountLine(x lexer) error {
	from := x.i
	word := x.word()
	x.skip()
	switch word {
	case "alias":
		return r.addAlias(alias{from: trimRight(x.rest()), to: r.about.Name}, x.i)
	case "default":
		r.scope.bucket = r.about
	case "note":
		return r.accountComment(r.about, x.rest())
	case "payee":
	default:
		return r.fault(from, ErrDirective, refused(word))
	}
	return nil
}

func (r *reader) year(x *lexer) error {
	text := trimRight(x.rest())
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 9999 {
		return r.fault(x.i, ErrDate, "not a year: "+near(text))
	}
	r.scope.year = n
	return nil
}

// apply reads what follows: account A, tag name: value, year 2024.
func (r *reader) apply(x *lexer) error {
	what := x.word()
	x.skip()
	at := x.i
	a := apply{what: what, prefix: r.scope.prefix, year: r.scope.year}
	if len(r.scope.applied) >= maxDepth {
		return r.fault(at, ErrTooLarge, "at most 32 apply directives in one another")
	}
	switch what {
	case "account":
		name := strings.TrimSpace(x.rest())
		if name == "" || len(r.scope.prefix)+len(name) > maxName {
			return r.fault(at, ErrAccount, "an empty or an endless name")
		}
		r.scope.prefix += name + ":"
		r.forget()
	case "tag":
		name, value, _ := strings.Cut(strings.Trim(trimRight(x.rest()), ":"), ":")
		switch {
		case name == "":
			return r.fault(at, ErrSyntax, "an empty tag")
		case len(name)+len(value) > maxName:
			return r.fault(at, ErrTooLarge, "a tag has at most 1000 bytes")
		}
		a.tag = strings.TrimSpace(strings.TrimSpace(name) + ": " + strings.TrimSpace(value))
	case "year":
		if err := r.year(x); err != nil {
			return err
		}
	default:
		return r.fault(at, ErrDirective, "apply "+near(what))
	}
	r.scope.applied = append(r.scope.applied[:len(r.scope.applied):len(r.scope.applied)], a)
	return nil
}

// end reads what follows: apply account, apply tag, aliases, or nothing.
func (r *reader) end(x *lexer) error {
	at := x.i
	if x.has("aliases") {
		r.scope.aliases = nil
		r.forget()
		return nil
	}
	x.has("apply")
	x.skip()
	what := x.word()
	n := len(r.scope.applied)
	if n == 0 || what != "" && r.scope.applied[n-1].what != what {
		return r.fault(at, ErrSyntax, "there is nothing to end")
	}
	a := r.scope.applied[n-1]
	r.scope.applied = r.scope.applied[:n-1]
	if a.what == "account" {
		r.scope.prefix = a.prefix
		r.forget()
	}
	if a.what == "year" {
		r.scope.year = a.year
	}
	return nil
}
