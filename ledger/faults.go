package ledger

import (
	"strings"
	"unicode/utf8"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// faults collects what is wrong with an entry. The first refusal among it names the whole.
type faults struct {
	storage.Invalid
	first *storage.Error
}

func (f *faults) add(path, code string) { f.Add(path, code, "") }

// refuse notes a refusal, with the words that go with it.
func (f *faults) refuse(path string, why *storage.Error, about string) {
	f.Add(path, why.Code, about)
	if f.first == nil {
		f.first = why
	}
}

// period finds one that ends before it begins.
func (f *faults) period(p date.Period) {
	f.Check(!p.Empty(), "period", storage.CodeRange, "it ends before it begins")
}

// checkPeriod is the same for a filter that has nothing else to be wrong.
func checkPeriod(p date.Period) error {
	var bad faults
	bad.period(p)
	return bad.err()
}

func (f *faults) err() error {
	switch {
	case f.first != nil:
		return f.first.Because(&storage.Invalid{Fields: f.Fields})
	case len(f.Fields) > 0:
		return &storage.Invalid{Fields: f.Fields}
	}
	return nil
}

// textFault is the code of what is wrong with a text, "" for nothing.
func textFault(s string, limit int) string {
	switch {
	case s == "":
		return ""
	case len(s) > limit:
		return storage.CodeTooLong
	case !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0:
		return storage.CodeEncoding
	}
	return ""
}
