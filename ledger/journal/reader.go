package journal

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/tutas/tutas/ledger/date"
)

// A reader goes once through the bytes of a journal, file by file.
type reader struct {
	ctx  context.Context
	fsys fs.FS
	opt  Options
	j    *Journal
	// sink takes each finished transaction.
	sink func(*Transaction) error

	// Where it stands.
	file  uint16
	line  int32
	ln    string // the line
	chain []string
	scope scope
	in    block

	// The transaction or rule that is being read.
	t        *Transaction
	body     []Posting
	rule     *Rule
	about    *Account   // an account directive whose further lines follow
	styled   *Commodity // likewise a commodity
	skipping bool       // the lines below a directive that has none of interest

	// What is kept between lines.
	raw           map[string]*Account // by the name as it stands in the file
	renamed       map[string]string   // commodity aliases
	lastCommodity *Commodity
	dayYear       int
	dayMonth      int
	dayFirst      date.Date
	scratch       sums
	txns          []Transaction
	posts         []Posting
	deferred      []*Transaction // those with an assigned balance
	streaming     bool
	made          int // postings by rules
	work          int // by patterns of aliases, and by looking for lots
	read          int // bytes of included files

	bean
}

// scope is what directives set until the end of the file that they stand in.
type scope struct {
	year    int
	bare    *Commodity // D
	mark    byte       // decimal-mark
	prefix  string     // apply account, with a colon at the end
	aliases []alias
	applied []apply
	bucket  *Account
}

// apply is an open apply directive.
type apply struct {
	what   string // "account", "tag", "year"
	prefix string // before it
	year   int
	tag    string // as a comment
}

// block is what a line may be swallowed by.
type block uint8

const (
	inJournal block = iota
	inComment       // comment … end comment
	inTest          // test … end test
)

var errStop = errors.New("stop")

func newReader(ctx context.Context, fsys fs.FS, o Options) *reader {
	r := &reader{ctx: ctx, fsys: fsys, opt: o, raw: map[string]*Account{}}
	r.scope.year = o.Year
	return r
}

// journal reads all.
func (r *reader) journal(name, text string) (*Journal, error) {
	if r.opt.Format == Auto {
		r.opt.Format = FormatOf(name, text)
	}
	r.j = NewJournal(r.opt.Format)
	r.j.Files[0] = name
	stream := r.sink
	if stream == nil || r.opt.Format == Beancount {
		r.sink = func(t *Transaction) error {
			r.j.Transactions = append(r.j.Transactions, t)
			return nil
		}
	}
	if r.opt.Format == Beancount {
		if err := r.beancount(name, text); err != nil {
			return nil, err
		}
		if stream != nil {
			for _, t := range r.j.Transactions {
				if err := stream(t); err != nil {
					return nil, err
				}
			}
		}
		return r.j, nil
	}
	if stream != nil {
		r.streaming = true
	}
	r.chain = append(r.chain, name)
	if err := r.text(text); err != nil {
		return nil, err
	}
	if err := r.assign(); err != nil {
		return nil, err
	}
	return r.j, r.automateAll()
}

// text goes through the lines of a file.
func (r *reader) text(text string) error {
	text = strings.TrimPrefix(text, "\ufeff")
	if err := r.encoded(text); err != nil {
		return err
	}
	r.line = 0
	for len(text) > 0 {
		r.line++
		if r.line&0xfff == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		end := strings.IndexByte(text, '\n')
		line := text
		if end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = ""
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > MaxLine {
			return r.fault(MaxLine, ErrTooLarge, "a line has at most 1 MiB")
		}
		r.ln = line
		if err := r.one(line); err != nil {
			return err
		}
	}
	r.line++
	return r.endBlock()
}

// encoded finds what is no text.
func (r *reader) encoded(text string) error {
	at := strings.IndexByte(text, 0)
	if at < 0 && utf8.ValidString(text) {
		return nil
	}
	if at < 0 {
		for i, c := range text {
			if c == utf8.RuneError {
				if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
					at = i
					break
				}
			}
		}
	}
	r.line = int32(strings.Count(text[:at], "\n") + 1)
	return r.fault(at-strings.LastIndexByte(text[:at], '\n')-1, ErrEncoding, "")
}

// one reads a line.
func (r *reader) one(line string) error {
	if r.in != inJournal {
		switch s := trimRight(line); {
		case s == "end comment", r.in == inTest && s == "end test",
			r.j.Format == Ledger && (strings.HasPrefix(s, "end comment") || strings.HasPrefix(s, "end test")):
			r.in = inJournal
		}
		return nil
	}
	if line == "" {
		return r.endBlock()
	}
	switch c := line[0]; {
	case c == ' ' || c == '\t':
		return r.indented(line)
	case isDigit(c):
		if err := r.endBlock(); err != nil {
			return err
		}
		return r.begin(line)
	case c == ';' || c == '#' || c == '*' || c == '|' || c == '%':
		return r.endBlock()
	}
	if err := r.endBlock(); err != nil {
		return err
	}
	return r.directive(line)
}

// indented reads a line that belongs to what began above it.
func (r *reader) indented(line string) error {
	i := 1
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	switch {
	case i == len(line): // blank, which ends a transaction only in hledger; nothing of it may follow in the others either
		return r.endBlock()
	case r.t != nil && line[i] == ';':
		return r.comment(line[i+1:])
	case r.t != nil:
		return r.posting(lexer{line, i})
	case line[i] == ';' && r.about != nil:
		return r.accountComment(r.about, line[i+1:])
	case line[i] == ';' || r.skipping:
		return nil
	case r.rule != nil:
		return r.rulePosting(lexer{line, i})
	case r.about != nil:
		return r.accountLine(lexer{line, i})
	case r.styled != nil:
		return r.commodityLine(lexer{line, i})
	}
	return r.fault(i, ErrSyntax, "an indented line that belongs to nothing")
}

// endBlock ends what the lines above were about.
func (r *reader) endBlock() error {
	r.about, r.styled, r.skipping = nil, nil, false
	if r.rule != nil {
		rule := r.rule
		r.rule = nil
		return r.endRule(rule)
	}
	if r.t == nil {
		return nil
	}
	t := r.t
	r.t = nil
	return r.finish(t)
}
