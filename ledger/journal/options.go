package journal

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"strings"
)

// Options says how a journal is read; the zero Options reads what FormatOf tells by the name.
type Options struct {
	Format Format
	// Name is what positions call the text that Parse is given, and what FormatOf sees; Read takes the file's.
	Name string
	// FS is where Parse finds included files; without it an include directive is refused.
	FS fs.FS
	// Year completes dates without one until a directive sets it; without both such a date is refused.
	Year int
	// Automated applies rules that begin with =, as ledger always does and hledger with --auto. For Ledger it is on without it.
	Automated bool
	// IgnorePlugins reads beancount journals on that ask for plugins which might change balances; they are never run.
	IgnorePlugins bool
}

// Limits of what is read.
const (
	MaxFile    = 1 << 30   // bytes of a file, and of all that are read together
	MaxLine    = 1 << 20   // bytes of a line
	MaxInclude = 32        // files including one another
	MaxFiles   = 10_000    // files in all
	MaxResult  = 1_000_000 // postings that one journal may get from rules and from elided amounts
)

// Read reads a journal from a file system, with all that it includes.
//
// Errors: *Error, which unwraps to the sentinels of this package; those of the file system for the first file; that of the
// context.
func Read(ctx context.Context, fsys fs.FS, name string, o Options) (*Journal, error) {
	r := newReader(ctx, fsys, o)
	text, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return r.journal(name, text)
}

// Parse reads a journal from a text.
//
// Errors: as Read.
func Parse(text string, o Options) (*Journal, error) {
	return newReader(context.Background(), o.FS, o).journal(o.Name, text)
}

// ParseFrom reads a journal from what a reader gives.
//
// Errors: as Read, and those of the reader.
func ParseFrom(in io.Reader, o Options) (*Journal, error) {
	var b strings.Builder
	if n, err := io.Copy(&b, io.LimitReader(in, MaxFile+1)); err != nil {
		return nil, err
	} else if n > MaxFile {
		return nil, &Error{Position{File: o.Name}, ErrTooLarge, "a file has at most 1 GiB"}
	}
	return Parse(b.String(), o)
}

// Scan yields the transactions of an hledger or ledger journal one at a time, balanced, without keeping them; add them to a
// Balances to have running totals. It ends after the first error. Only what a transaction alone decides can be known so: a
// balance assignment fails with ErrAssignment, and beancount, whose lots need the whole journal in the order of dates, is read
// first.
//
// Errors: as Read.
func Scan(ctx context.Context, fsys fs.FS, name string, o Options) iter.Seq2[*Transaction, error] {
	return func(yield func(*Transaction, error) bool) {
		text, err := readFile(fsys, name)
		if err != nil {
			yield(nil, err)
			return
		}
		r := newReader(ctx, fsys, o)
		more := true
		r.sink = func(t *Transaction) error {
			if more = yield(t, nil); !more {
				return errStop
			}
			return nil
		}
		if _, err := r.journal(name, text); err != nil && more {
			yield(nil, err)
		}
	}
}

// readFile reads a file into a text without copying it again.
func readFile(fsys fs.FS, name string) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	if info, err := f.Stat(); err == nil && info.Size() < MaxFile {
		b.Grow(int(info.Size()))
	}
	n, err := io.Copy(&b, io.LimitReader(onlyReader{f}, MaxFile+1))
	if err == nil && n > MaxFile {
		err = &Error{Position{File: name}, ErrTooLarge, "a file has at most 1 GiB"}
	}
	return b.String(), err
}

// onlyReader hides the other methods of a file, so that it is copied in small pieces.
type onlyReader struct{ io.Reader }
