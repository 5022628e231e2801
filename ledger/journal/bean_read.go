package journal

import (
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/date"
)

// beanEntry is what beancount puts in order: all that has a date.
type beanEntry struct {
	date    date.Date
	kind    beanKind
	at      Position
	t       *Transaction
	account *Account
	source  *Account // of a pad
	amount  Amount   // of a balance
	within  *Number  // its tolerance
}

type beanKind int8

// On one day balances hold before anything else, and accounts close last.
const (
	beanOpen beanKind = iota - 2
	beanBalance
	beanOther
	beanTransaction
	beanPad
	beanDocument
	beanClose
)

func (k beanKind) order() int {
	switch k {
	case beanOpen, beanBalance:
		return int(k)
	case beanDocument:
		return 1
	case beanClose:
		return 2
	}
	return 0
}

// bean is what reading beancount needs besides.
type bean struct {
	roots   map[string]string // by the name that the options give
	entries []beanEntry
	specs   map[*Transaction][]beanSpec
	tags    []Tag // pushed ones
	meta    []Tag
	last    *[]Tag // where a line of metadata goes
	auto    bool   // accounts need no open directive
	opts    tolerances
	booking string // that of accounts that name none
	// bookDate is the date of the transaction that is being booked.
	bookDate date.Date
}

// beancount reads all of a beancount journal, books, interpolates and pads it.
func (r *reader) beancount(name, text string) error {
	r.roots = map[string]string{"Assets": "A", "Liabilities": "L", "Equity": "E", "Income": "R", "Expenses": "X"}
	r.specs = map[*Transaction][]beanSpec{}
	r.opts = newTolerances()
	r.chain = append(r.chain, name)
	if err := r.beanText(text); err != nil {
		return err
	}
	slices.SortStableFunc(r.entries, func(a, b beanEntry) int {
		if c := a.date.Compare(b.date); c != 0 {
			return c
		}
		return a.kind.order() - b.kind.order()
	})
	if err := r.book(); err != nil {
		return err
	}
	if err := r.pad(); err != nil {
		return err
	}
	for i := range r.entries {
		if t := r.entries[i].t; t != nil {
			r.j.Transactions = append(r.j.Transactions, t)
		}
	}
	r.j.entries, r.j.opts, r.j.autoOpen = r.entries, r.opts, r.auto
	return nil
}

// beanText goes through the lines of a file.
func (r *reader) beanText(text string) error {
	text = strings.TrimPrefix(text, "\ufeff")
	if err := r.encoded(text); err != nil {
		return err
	}
	next := int32(1)
	cut := func() (line string) {
		line, text, _ = strings.Cut(text, "\n")
		next++
		return strings.TrimSuffix(line, "\r")
	}
	for len(text) > 0 {
		r.line = next
		if r.line&0xfff == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		line := cut()
		if strings.IndexByte(line, '"') >= 0 && strings.IndexByte("*:#!&?%", line[0]) < 0 && opened(line) {
			var b strings.Builder
			b.WriteString(line)
			in := true
			for in && len(text) > 0 && b.Len() <= MaxLine {
				more := cut()
				b.WriteByte('\n')
				b.WriteString(more)
				in = opened(`"` + more)
			}
			line = b.String()
		}
		if len(line) > MaxLine {
			return r.fault(0, ErrTooLarge, "a line has at most 1 MiB")
		}
		r.ln = line
		if err := r.beanLine(line); err != nil {
			return err
		}
	}
	return r.endBean()
}

func (r *reader) beanLine(line string) error {
	x := lexer{s: line}
	x.skip()
	c := x.peek()
	switch {
	case c == 0:
		return r.endBean()
	case c == ';':
		return nil
	case x.i > 0:
		return r.beanIndented(&x)
	}
	if err := r.endBean(); err != nil {
		return err
	}
	switch {
	case isDigit(c):
		return r.beanDated(&x)
	case isLower(c):
		return r.beanUndated(&x)
	}
	if strings.IndexByte("*:#!&?%", c) >= 0 || isUpper(c) && (len(line) == 1 || line[1] == ' ') {
		return nil // headings of an outline
	}
	return r.fault(0, ErrSyntax, near(line))
}

// endBean ends a transaction or a directive.
func (r *reader) endBean() error {
	r.last = nil
	if t := r.t; t != nil {
		r.t = nil
		t.Postings = r.keep(r.body)
		r.body = r.body[:0]
		if t.Extra != nil { // tags stand before metadata, which is never without a value, as they are written
			slices.SortStableFunc(t.Extra.Tags, func(a, b Tag) int { return b2i(a.Value != "") - b2i(b.Value != "") })
		}
	}
	return nil
}

// eol checks that nothing follows but a comment.
func (r *reader) eol(x *lexer) error {
	x.skip()
	if c := x.peek(); c != 0 && c != ';' {
		return r.fault(x.i, ErrSyntax, near(x.rest()))
	}
	return nil
}

// beanUndated reads option, plugin, include, pushtag, poptag, pushmeta and popmeta.
func (r *reader) beanUndated(x *lexer) error {
	at := x.i
	word := x.word()
	x.skip()
	switch word {
	case "option":
		name, err := r.quoted(x)
		if err != nil {
			return err
		}
		x.skip()
		at = x.i
		value, err := r.quoted(x)
		if err != nil {
			return err
		}
		r.j.Options = append(r.j.Options, Tag{name, value})
		if err := r.option(name, value, at); err != nil {
			return err
		}
	case "plugin":
		name, err := r.quoted(x)
		if err != nil {
			return err
		}
		x.skip()
		config := ""
		if x.peek() == '"' {
			if config, err = r.quoted(x); err != nil {
				return err
			}
		}
		return r.plugin(name, config, at)
	case "include":
		name, err := r.quoted(x)
		if err != nil {
			return err
		}
		return r.include(&lexer{s: name})
	case "pushtag", "poptag":
		if !x.has("#") {
			return r.fault(x.i, ErrSyntax, "a tag begins with #")
		}
		t := Tag{Name: x.name()}
		if t.Name == "" {
			return r.fault(x.i, ErrSyntax, "an empty tag")
		}
		if word == "pushtag" {
			if len(r.tags) >= maxDepth {
				return r.fault(at, ErrTooLarge, "at most 32 tags at once")
			}
			r.tags = append(r.tags, t)
		} else if err := r.pop(&r.tags, t.Name, at); err != nil {
			return err
		}
	case "pushmeta", "popmeta":
		key := x.word()
		if !strings.HasSuffix(key, ":") {
			return r.fault(x.i, ErrSyntax, "a key ends with a colon")
		}
		key = strings.TrimSuffix(key, ":")
		if word == "pushmeta" {
			if len(r.meta) >= maxDepth {
				return r.fault(at, ErrTooLarge, "at most 32 keys at once")
			}
			x.skip()
			value := metaValue(x.rest())
			if value == "" {
				value = "NULL"
			}
			r.meta = append(r.meta, Tag{key, value})
			return nil
		}
		if err := r.pop(&r.meta, key, at); err != nil {
			return err
		}
	default:
		return r.fault(at, ErrDirective, near(word))
	}
	return r.eol(x)
}

func (r *reader) pop(list *[]Tag, name string, at int) error {
	for i := len(*list) - 1; i >= 0; i-- {
		if (*list)[i].Name == name {
			*list = slices.Delete(*list, i, i+1)
			return nil
		}
	}
	return r.fault(at, ErrSyntax, "there is nothing to end")
}

// name reads a tag or a link.
func (x *lexer) name() string {
	from := x.i
	for x.i < len(x.s) {
		c := x.s[x.i]
		if !isUpper(c) && !isLower(c) && !isDigit(c) && strings.IndexByte("-_/.", c) < 0 {
			break
		}
		x.i++
	}
	return x.s[from:x.i]
}

// metaValue is what follows a key, as it stands, without the comment.
func metaValue(s string) string {
	in := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case in && c == '\\':
			i++
		case c == '"':
			in = !in
		case c == ';' && !in:
			return strings.TrimSpace(s[:i])
		}
	}
	return strings.TrimSpace(s)
}

// plugins of beancount that change nothing but prices and checks.
var harmless = []string{"implicit_prices", "check_commodity", "coherent_cost", "leafonly", "noduplicates", "nounused",
	"onecommodity", "pedantic", "sellgains", "unique_prices", "check_average_cost", "commodity_attr", "check_drained"}

func (r *reader) plugin(name, config string, at int) error {
	text := quote(name)
	if config != "" {
		text += " " + quote(config)
	}
	r.j.Directives = append(r.j.Directives, Directive{Name: "plugin", Text: text, Position: Position{r.j.Files[r.file], int(r.line), 1}})
	short := strings.TrimPrefix(name, "beancount.plugins.")
	switch {
	case short == "auto_accounts", short == "auto":
		r.auto = true
	case short != name && slices.Contains(harmless, short), r.opt.IgnorePlugins:
	default:
		return r.fault(at, ErrDirective, "the plugin "+near(name)+" might change balances, and is not run")
	}
	return nil
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
