package journal

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// Write writes a journal in a format, Auto in its own. Read in that format again it has the same transactions, prices and
// declarations; what the format has no form for becomes a comment, as far as it changes no balance. Amounts that were left out
// are left out again.
//
// To beancount, accounts and symbols get names that it takes: an account's type tells its root.
//
// Errors: ErrWrite, and those of the writer.
func Write(w io.Writer, j *Journal, f Format) error {
	if f == Auto {
		f = j.Format
	}
	p := &printer{w: bufio.NewWriterSize(w, 64<<10), j: j, f: f}
	byDate := func(a, b *Transaction) int { return a.Date.Compare(b.Date) }
	p.sorted = slices.IsSortedFunc(j.Transactions, byDate)
	var err error
	if f == Beancount {
		err = p.beancount()
	} else {
		err = p.plain()
	}
	if err != nil {
		return err
	}
	return p.w.Flush()
}

// A printer writes one journal. Errors of the writer underneath come with the flush at the end.
type printer struct {
	w      *bufio.Writer
	j      *Journal
	f      Format
	buf    []byte
	sorted bool
	left   bool // the last posting without an amount was written so
	names  map[*Account]string
	codes  map[*Commodity]string
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.w.WriteString(s)
	}
}

func (p *printer) amount(a Amount) {
	if p.f == Beancount {
		p.buf = a.Number.append(p.buf[:0])
		p.buf = append(append(p.buf, ' '), p.codes[a.Commodity]...)
	} else {
		p.buf = a.appendTo(p.buf[:0])
	}
	p.w.Write(p.buf)
}

// refuse says that something of a transaction cannot be written.
func (p *printer) refuse(t *Transaction, why string) error {
	at := Position{}
	if int(t.file) < len(p.j.Files) {
		at = p.j.Position(t)
	}
	return &Error{at, ErrWrite, why}
}

// oneLine makes a text that stands in a line.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\n\x00") {
		s = strings.NewReplacer("\n", " ", "\x00", " ").Replace(s)
	}
	return strings.Trim(s, blanks)
}
