package journal

import (
	"strings"

	"github.com/tutas/tutas/ledger/date"
)

// Slabs: transactions and postings are allocated many at a time.
const (
	txnSlab  = 128
	postSlab = 512
)

// begin reads the first line of a transaction: date=date2 status (code) description ; comment.
func (r *reader) begin(line string) error {
	x := lexer{s: line}
	d, err := r.date(&x, r.scope.year)
	if err != nil {
		return err
	}
	if len(r.txns) == 0 {
		r.txns = make([]Transaction, txnSlab)
	}
	t := &r.txns[0]
	r.txns = r.txns[1:]
	t.Date, t.line, t.file = d, r.line, r.file
	r.t, r.body = t, r.body[:0]
	if x.peek() == '=' {
		x.i++
		year, _, _ := d.Date()
		second, err := r.date(&x, year)
		if err != nil {
			return err
		}
		t.extra().Date2 = second
	}
	if c := x.peek(); c != 0 && c != ' ' && c != '\t' && c != ';' {
		return r.fault(x.i, ErrSyntax, "after a date comes a space")
	}
	x.skip()
	t.Status = x.status()
	if x.peek() == '(' {
		if end := strings.IndexByte(x.rest(), ')'); end > 0 {
			t.Code = strings.Trim(x.s[x.i+1:x.i+end], blanks)
			x.i += end + 1
			x.skip()
		}
	}
	text := x.rest()
	if at := r.noteIn(text); at >= 0 {
		r.comment(text[at+1:])
		text = text[:at]
	}
	t.Description = strings.Trim(text, blanks)
	for _, a := range r.scope.applied {
		if a.what == "tag" {
			r.comment(a.tag)
		}
	}
	return nil
}

// noteIn finds the semicolon that begins a comment: any for hledger, for ledger one behind two spaces or a tab.
func (r *reader) noteIn(text string) int {
	from := 0
	for {
		at := strings.IndexByte(text[from:], ';')
		if at < 0 {
			return -1
		}
		at += from
		if r.j.Format != Ledger || at == 0 || text[at-1] == '\t' || at > 1 && text[at-1] == ' ' && text[at-2] == ' ' {
			return at
		}
		from = at + 1
	}
}

// blanks are what no text ends with.
const blanks = " \t\r"

func trimRight(s string) string {
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
}

// status reads a mark and the blanks after it.
func (x *lexer) status() Status {
	var s Status
	switch x.peek() {
	case '*':
		s = Cleared
	case '!':
		s = Pending
	default:
		return Unmarked
	}
	x.i++
	x.skip()
	return s
}

func (t *Transaction) extra() *TransactionExtra {
	if t.Extra == nil {
		t.Extra = &TransactionExtra{}
	}
	return t.Extra
}

func (p *Posting) extra() *PostingExtra {
	if p.Extra == nil {
		p.Extra = &PostingExtra{}
	}
	return p.Extra
}

// comment adds a comment to the posting above it, or to the transaction before its first posting.
func (r *reader) comment(text string) {
	text = strings.Trim(text, blanks)
	to := &r.t.extra().Comment
	if len(r.body) > 0 {
		e := r.body[len(r.body)-1].extra()
		to = &e.Comment
		if strings.Contains(text, "date:") || strings.IndexByte(text, '[') >= 0 {
			e.Date = date.Earlier(e.Date, r.dateIn(text))
		}
	}
	if *to == "" {
		*to = text
	} else {
		*to += "\n" + text
	}
}

// dateIn finds a posting's own date in its comment: "date:2024-01-31" or "[2024-01-31]". What is no date there is a comment like any other.
func (r *reader) dateIn(text string) date.Date {
	year, _, _ := r.t.Date.Date()
	for _, mark := range []string{"date:", "["} {
		at := strings.Index(text, mark)
		if at < 0 || at > 0 && mark == "date:" && text[at-1] != ' ' && text[at-1] != ',' {
			continue
		}
		x := lexer{s: text, i: at + len(mark)}
		x.skip()
		if d, err := r.date(&x, year); err == nil && (mark != "[" || x.peek() == ']' || x.peek() == '=') {
			return d
		}
	}
	return date.Date{}
}

// posting reads a posting: status account  amount {lot} @ cost = assertion ; comment.
func (r *reader) posting(x lexer) error {
	p := Posting{line: r.line, column: uint8(min(x.i+1, 255))}
	p.Status = x.status()
	name, at, kind, err := r.accountName(&x)
	if err != nil {
		return err
	}
	p.Kind = kind
	if p.Account, err = r.account(name, at); err != nil {
		return err
	}
	if err := r.amounts(&x, &p); err != nil {
		return err
	}
	r.body = append(r.body, p)
	x.skip()
	if x.peek() == ';' {
		r.comment(x.s[x.i+1:])
	}
	return nil
}

// accountName steps over an account, which two blanks or a tab end.
func (r *reader) accountName(x *lexer) (name string, at int, kind Kind, err error) {
	at = x.i
	s := x.s
	i := at
	for i < len(s) && s[i] != '\t' && (s[i] != ' ' || i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\t') {
		i++
	}
	name = s[at:i]
	x.i = i
	x.skip()
	if n := len(name); n > 1 {
		switch {
		case name[0] == '(' && name[n-1] == ')':
			name, at, kind = strings.TrimSpace(name[1:n-1]), at+1, Virtual
		case name[0] == '[' && name[n-1] == ']':
			name, at, kind = strings.TrimSpace(name[1:n-1]), at+1, Balanced
		}
	}
	if name == "" {
		return "", at, kind, r.fault(at, ErrAccount, "an empty name")
	}
	return name, at, kind, nil
}

// amounts reads what follows an account.
func (r *reader) amounts(x *lexer, p *Posting) (err error) {
	switch x.peek() {
	case 0, ';':
		p.flags |= inferred
		return nil
	case '=':
		p.flags |= assigned
		return r.assertion(x, p)
	}
	at := x.i
	var f flags
	if p.Amount, f, err = r.amount(x); err != nil {
		return err
	}
	p.flags |= f
	if c := p.Amount.Commodity; f == 0 && c.seen <= p.Amount.scale() {
		c.seen = p.Amount.scale() + 1
	}
	for {
		x.skip()
		switch c := x.peek(); {
		case c == 0 || c == ';':
			return nil
		case c == '@' || c == '(' && strings.HasPrefix(x.rest(), "(@"):
			err = r.cost(x, p)
		case c == '{':
			err = r.lot(x, p)
		case c == '[':
			err = r.lotDate(x, p)
		case c == '(' && p.Extra != nil && p.Extra.Lot != nil:
			end := strings.IndexByte(x.rest(), ')')
			if end < 0 {
				return r.fault(x.i, ErrSyntax, "the note of a lot does not end")
			}
			p.Extra.Lot.Label = x.s[x.i+1 : x.i+end]
			x.i += end + 1
		case c == '=':
			return r.assertion(x, p)
		default:
			return r.fault(x.i, ErrAmount, near(x.s[at:]))
		}
		if err != nil {
			return err
		}
	}
}

// cost reads @ one, @@ all, (@) and (@@).
func (r *reader) cost(x *lexer, p *Posting) (err error) {
	at := x.i
	c := &Cost{}
	c.Virtual = x.has("(")
	x.i++
	c.Total = x.has("@")
	if c.Virtual && !x.has(")") {
		return r.fault(at, ErrSyntax, "the parenthesis does not end")
	}
	if e := p.extra(); e.Cost != nil {
		return r.fault(at, ErrSyntax, "a second cost")
	}
	x.skip()
	if c.Amount, _, err = r.amount(x); err != nil {
		return err
	}
	if c.Amount.Sign() < 0 && r.j.Format == Ledger {
		return r.fault(at, ErrAmount, "a cost below zero")
	}
	p.Extra.Cost = c
	// What lot the cost was paid from changes nothing here.
	for {
		x.skip()
		switch {
		case x.peek() == '{' || x.peek() == '[':
			end := strings.IndexAny(x.rest(), "}]")
			if end < 0 {
				return r.fault(x.i, ErrSyntax, "the lot does not end")
			}
			x.i += end + 1
			x.has("}")
		default:
			return nil
		}
	}
}

// lot reads {one}, {{all}}, {=one}.
func (r *reader) lot(x *lexer, p *Posting) (err error) {
	at := x.i
	e := p.extra()
	if e.Lot == nil {
		e.Lot = &Lot{}
	}
	if e.Lot.Price.Commodity != nil {
		return r.fault(at, ErrSyntax, "a second lot")
	}
	x.i++
	end := "}"
	if x.has("{") {
		e.Lot.Total, end = true, "}}"
	}
	x.skip()
	e.Lot.Fixed = x.has("=")
	x.skip()
	if x.has(end) {
		return nil
	}
	if e.Lot.Price, _, err = r.amount(x); err != nil {
		return err
	}
	x.skip()
	if !x.has(end) {
		return r.fault(x.i, ErrSyntax, "a lot ends with "+end)
	}
	return nil
}

// lotDate reads [2024-01-31].
func (r *reader) lotDate(x *lexer, p *Posting) (err error) {
	e := p.extra()
	if e.Lot == nil {
		e.Lot = &Lot{}
	}
	x.i++
	year, _, _ := r.t.Date.Date()
	if e.Lot.Date, err = r.date(x, year); err != nil {
		return err
	}
	if !x.has("]") {
		return r.fault(x.i, ErrSyntax, "a lot's date ends with ]")
	}
	return nil
}

// assertion reads = and its kinds, and the balance.
func (r *reader) assertion(x *lexer, p *Posting) (err error) {
	a := &Assertion{line: r.line, column: int32(x.i + 1)}
	x.i++
	a.All = x.has("=")
	a.Under = x.has("*")
	x.skip()
	p.extra().Assertion = a
	if a.Amount, _, err = r.amount(x); err != nil {
		return err
	}
	x.skip()
	if x.peek() == '@' || x.peek() == '{' { // hledger reads a cost here, and does not compare it
		if err := r.ignoredCost(x); err != nil {
			return err
		}
	}
	if c := x.peek(); c != 0 && c != ';' {
		return r.fault(x.i, ErrSyntax, near(x.rest()))
	}
	return nil
}

func (r *reader) ignoredCost(x *lexer) (err error) {
	var q Posting
	for {
		switch x.peek() {
		case '@':
			err = r.cost(x, &q)
		case '{':
			err = r.lot(x, &q)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		x.skip()
	}
}

// finish balances a transaction and hands it on.
func (r *reader) finish(t *Transaction) error {
	n := len(r.body)
	if n == 1 && r.scope.bucket != nil && r.body[0].Kind == Real && r.body[0].flags&inferred == 0 {
		r.body = append(r.body, Posting{Account: r.scope.bucket, line: t.line, column: 1, flags: inferred})
	}
	waits := false
	for i := range r.body {
		waits = waits || r.body[i].flags&assigned != 0
	}
	if !waits {
		if err := r.balance(t); err != nil {
			return err
		}
	}
	t.Postings = r.keep(r.body)
	if !waits {
		if err := r.automate(t); err != nil {
			return err
		}
	} else {
		if r.streaming {
			for i := range t.Postings {
				if p := &t.Postings[i]; p.flags&assigned != 0 {
					return r.faultAt(p.line, int(p.Extra.Assertion.column), ErrAssignment, "only a whole journal tells it")
				}
			}
		}
		r.deferred = append(r.deferred, t)
	}
	return r.sink(t)
}

// keep copies postings into a slab.
func (r *reader) keep(list []Posting) []Posting {
	n := len(list)
	if n > len(r.posts) {
		r.posts = make([]Posting, max(postSlab, n))
	}
	kept := r.posts[:n:n]
	r.posts = r.posts[n:]
	copy(kept, list)
	return kept
}
