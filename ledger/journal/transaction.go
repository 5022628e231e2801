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
		if err := r.comment(text[at+1:]); err != nil {
			return err
		}
		text = text[:at]
	}
	t.Description = strings.Trim(text, blanks)
	for _, a := range r.scope.applied {
		if a.what == "tag" {
			if err := r.comment(a.tag); err != nil {
				return err
			}
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

// maxComment bounds what the comments about one thing come to, in bytes.
const maxComment = 64 << 10

// joined adds a line to a comment; ok is false if it grows beyond its bound.
func joined(comment, line string) (out string, ok bool) {
	switch {
	case comment == "":
		return line, true
	case len(comment)+len(line) > maxComment:
		return comment, false
	}
	return comment + "\n" + line, true
}

// comment adds a comment to the posting above it, or to the transaction before its first posting.
func (r *reader) comment(text string) error {
	text = strings.Trim(text, blanks)
	var to *string
	if len(r.body) == 0 {
		to = &r.t.extra().Comment
	} else {
		e := r.body[len(r.body)-1].extra()
		to = &e.Comment
		if strings.Contains(text, "date:") || strings.IndexByte(text, '[') >= 0 {
			e.Date = date.Earlier(e.Date, r.dateIn(text))
		}
	}
	var ok bool
	if *to, ok = joined(*to, text); !ok {
		return r.fault(0, ErrTooLarge, "comments of more than 64 KiB")
	}
	return nil
}

// dateIn finds a posting's own date in its comment: "date:2024-01-31" or "[2024-01-31]". What is no date there is a comment
// like any other.
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
