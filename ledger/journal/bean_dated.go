package journal

import (
	"strings"

	"github.com/tutas/tutas/ledger/date"
)

// beanDated reads a transaction or a directive that begins with a date.
func (r *reader) beanDated(x *lexer) error {
	d, err := r.date(x, 0)
	if err != nil {
		return err
	}
	if c := x.peek(); c != ' ' && c != '\t' {
		return r.fault(x.i, ErrSyntax, "after a date comes a space")
	}
	x.skip()
	at := x.i
	word := x.word()
	x.skip()
	if word == "txn" || len(word) == 1 && strings.Contains(beanFlags, word) {
		return r.beanBegin(x, d, word)
	}
	e := beanEntry{date: d, kind: beanOther, at: Position{r.j.Files[r.file], int(r.line), 1}}
	text := metaValue(x.rest())
	switch word {
	case "open":
		err = r.beanOpen(x, &e)
	case "close":
		e.kind = beanClose
		if e.account, err = r.beanAccount(x); err == nil {
			err = r.eol(x)
		}
	case "commodity":
		var c *Commodity
		if c, err = r.mustCurrency(x); err == nil {
			c.Declared = true
			err = r.eol(x)
		}
	case "pad":
		err = r.beanPad(x, &e)
	case "balance":
		err = r.beanBalance(x, &e)
	case "price":
		p := Price{Date: d}
		if p.Commodity, err = r.mustCurrency(x); err == nil {
			if p.Amount, err = r.beanAmount(x); err == nil {
				r.j.Prices = append(r.j.Prices, p)
				err = r.eol(x)
			}
		}
		r.last = new([]Tag)
		return err
	case "note", "document":
		if word == "document" {
			e.kind = beanDocument
		}
		if e.account, err = r.beanAccount(x); err == nil {
			err = r.beanTexts(x, 1)
		}
	case "event":
		err = r.beanTexts(x, 2)
	case "query":
		err = r.beanTexts(x, 2)
	case "custom":
		x.skip()
		_, err = r.quoted(x)
	default:
		return r.fault(at, ErrDirective, near(word))
	}
	if err != nil {
		return err
	}
	r.entries = append(r.entries, e)
	r.j.Directives = append(r.j.Directives, Directive{Date: d, Name: word, Text: text, Position: e.at})
	last := &r.j.Directives[len(r.j.Directives)-1]
	last.Tags = append(last.Tags, r.meta...)
	r.beanMetaOf(len(r.j.Directives) - 1)
	return nil
}

// beanMetaOf sends the metadata below to a directive.
func (r *reader) beanMetaOf(i int) { r.last = &r.j.Directives[i].Tags }

// beanTexts reads so many strings, then tags and links.
func (r *reader) beanTexts(x *lexer, n int) error {
	for range n {
		x.skip()
		if _, err := r.quoted(x); err != nil {
			return err
		}
	}
	for x.skip(); x.peek() == '#' || x.peek() == '^'; x.skip() {
		x.i++
		x.name()
	}
	return r.eol(x)
}

func (r *reader) beanOpen(x *lexer, e *beanEntry) (err error) {
	e.kind = beanOpen
	at := x.i
	if e.account, err = r.beanAccount(x); err != nil {
		return err
	}
	a := e.account
	if a.Declared {
		return r.fault(at, ErrAccount, a.Name+" is opened twice")
	}
	a.Declared, a.Opened, a.Type = true, e.date, r.roots[a.Root()]
	for x.skip(); ; x.skip() {
		c := x.currency()
		if c == "" {
			break
		}
		r.commodity(c)
		a.Currencies = append(a.Currencies, c)
		x.skip()
		x.has(",")
	}
	if x.peek() == '"' {
		at := x.i
		if a.Booking, err = r.quoted(x); err != nil {
			return err
		}
		switch a.Booking {
		case "STRICT", "FIFO", "LIFO", "NONE":
		default:
			return r.fault(at, ErrDirective, "booking is STRICT, FIFO, LIFO or NONE, not "+near(a.Booking))
		}
	}
	return r.eol(x)
}

func (r *reader) beanPad(x *lexer, e *beanEntry) (err error) {
	e.kind = beanPad
	if e.account, err = r.beanAccount(x); err != nil {
		return err
	}
	x.skip()
	if e.source, err = r.beanAccount(x); err != nil {
		return err
	}
	return r.eol(x)
}

func (r *reader) beanBalance(x *lexer, e *beanEntry) (err error) {
	e.kind = beanBalance
	if e.account, err = r.beanAccount(x); err != nil {
		return err
	}
	at := x.i
	n, ok, err := r.beanNumber(x)
	if err != nil {
		return err
	} else if !ok {
		return r.fault(at, ErrAmount, near(x.rest()))
	}
	x.skip()
	if x.has("~") {
		at := x.i
		within, ok, err := r.beanNumber(x)
		if err != nil {
			return err
		} else if !ok || within.Sign() < 0 {
			return r.fault(at, ErrAmount, "a tolerance is a number that is not negative")
		}
		e.within = &within
		x.skip()
	}
	e.amount.Number = n
	if e.amount.Commodity, err = r.mustCurrency(x); err != nil {
		return err
	}
	return r.eol(x)
}

// beanAmount reads a number and a currency.
func (r *reader) beanAmount(x *lexer) (a Amount, err error) {
	at := x.i
	n, ok, err := r.beanNumber(x)
	if err != nil {
		return a, err
	}
	if !ok {
		return a, r.fault(at, ErrAmount, near(x.rest()))
	}
	x.skip()
	c, err := r.mustCurrency(x)
	return Amount{n, c}, err
}

// beanBegin reads the first line of a transaction: flag "payee" "narration" #tag ^link.
func (r *reader) beanBegin(x *lexer, d date.Date, flag string) error {
	if len(r.txns) == 0 {
		r.txns = make([]Transaction, txnSlab)
	}
	t := &r.txns[0]
	r.txns = r.txns[1:]
	t.Date, t.line, t.file = d, r.line, r.file
	switch flag {
	case "*", "txn":
		t.Status = Cleared
	case "!":
		t.Status = Pending
	default:
		t.Flag = flag[0]
	}
	var texts []string
	for {
		x.skip()
		switch x.peek() {
		case '"':
			if len(texts) == 2 {
				return r.fault(x.i, ErrSyntax, "a third text")
			}
			s, err := r.quoted(x)
			if err != nil {
				return err
			}
			texts = append(texts, s)
			continue
		case '|':
			x.i++
			continue
		case '#':
			x.i++
			name := x.name()
			if name == "" {
				return r.fault(x.i, ErrSyntax, "an empty tag")
			}
			t.extra().Tags = append(t.extra().Tags, Tag{Name: name})
			continue
		case '^':
			x.i++
			name := x.name()
			if name == "" {
				return r.fault(x.i, ErrSyntax, "an empty link")
			}
			t.extra().Links = append(t.extra().Links, name)
			continue
		}
		break
	}
	if err := r.eol(x); err != nil {
		return err
	}
	switch len(texts) {
	case 1:
		t.Description = texts[0]
	case 2:
		t.Description = texts[1]
		t.extra().Payee = texts[0]
	}
	if n := len(r.tags) + len(r.meta); n > 0 {
		t.extra().Tags = append(append(t.extra().Tags, r.tags...), r.meta...)
	}
	r.t, r.body, r.last = t, r.body[:0], nil
	r.entries = append(r.entries, beanEntry{date: d, kind: beanTransaction, t: t, at: Position{r.j.Files[r.file], int(r.line), 1}})
	return nil
}

// beanIndented reads metadata, a posting, or tags and links of the transaction above.
func (r *reader) beanIndented(x *lexer) error {
	c := x.peek()
	if isLower(c) {
		if colon := strings.IndexByte(x.rest(), ':'); colon > 0 && metaKey(x.s[x.i:x.i+colon]) == x.s[x.i:x.i+colon] {
			t := Tag{x.s[x.i : x.i+colon], metaValue(x.s[x.i+colon+1:])}
			if t.Value == "" {
				t.Value = "NULL" // so beancount writes no value, and it is not taken for a tag
			}
			switch {
			case r.t != nil && len(r.body) > 0:
				e := r.body[len(r.body)-1].extra()
				e.Tags = append(e.Tags, t)
			case r.t != nil:
				r.t.extra().Tags = append(r.t.extra().Tags, t)
			case r.last != nil:
				*r.last = append(*r.last, t)
			default:
				return r.fault(x.i, ErrSyntax, "metadata that belongs to nothing")
			}
			return nil
		}
	}
	if r.t == nil {
		return r.fault(x.i, ErrSyntax, "an indented line that belongs to nothing")
	}
	if c == '#' || c == '^' {
		for ; c == '#' || c == '^'; c = x.peek() {
			x.i++
			name := x.name()
			if name == "" {
				break
			}
			if c == '#' {
				r.t.extra().Tags = append(r.t.extra().Tags, Tag{Name: name})
			} else {
				r.t.extra().Links = append(r.t.extra().Links, name)
			}
			x.skip()
		}
		return r.eol(x)
	}
	return r.beanPosting(x)
}
