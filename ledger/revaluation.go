package ledger

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Revaluation is what the rates of a day make of what the books hold in foreign currencies.
type Revaluation struct {
	// ID is its date as text.
	ID      string    `json:"id"`
	Version int64     `json:"version"`
	Date    date.Date `json:"date"`
	// Reversed is the day on which it is undone again: the first of the next period.
	Reversed date.Date         `json:"reversed"`
	Lines    []RevaluationLine `json:"lines"`
	// Gain sums the lines. Residue is what was won or lost for good and has not been taken to gains and losses yet, a gain if
	// positive: it is no part of a revaluation, see ClearResidue.
	Gain    money.Amount `json:"gain"`
	Residue money.Amount `json:"residue"`
	// Entries are those that were posted, more than one where it was done again.
	Entries []storage.ID[Posted] `json:"entries,omitempty"`
	By      storage.Ref          `json:"by"`
	At      time.Time            `json:"at,omitzero"`
}

// A RevaluationLine is about an account in a foreign currency.
type RevaluationLine struct {
	Account  string         `json:"account"`
	Currency money.Currency `json:"currency"`
	// Amount is what the account holds, Rate what it is valued at, Value what that makes in base currency.
	Amount money.Amount `json:"amount"`
	Rate   Rate         `json:"rate"`
	Value  money.Amount `json:"value"`
	// Booked is what it stands for in the books: at average cost, with what a match has realised of it; Gain is Value less Booked.
	Booked money.Amount `json:"booked"`
	Gain   money.Amount `json:"gain"`
}

var revaluations = storage.Define("ledger.revaluation", func(r *Revaluation) []storage.Field {
	return []storage.Field{storage.Text("id", &r.ID).Key().Limit(10), storage.Version(&r.Version), storage.Date("date", &r.Date),
		storage.Date("reversed", &r.Reversed), storage.JSON("lines", &r.Lines), storage.JSON("gain", &r.Gain),
		storage.JSON("residue", &r.Residue), storage.JSON("entries", &r.Entries), storage.RefTo("by", &r.By),
		storage.Instant("at", &r.At)}
}, storage.Rank(28))

// RevaluationRef points to the revaluation of a day: its entries have it as their source.
func RevaluationRef(d date.Date) storage.Ref {
	return storage.Ref{Kind: revaluations.Kind(), ID: d.String()}
}

// RevaluedPayload tells followers what a revaluation came to.
type RevaluedPayload struct {
	Date     date.Date    `json:"date"`
	Reversed date.Date    `json:"reversed"`
	Gain     money.Amount `json:"gain"`
}

// BooksRevalued is the event of each revaluation that posted something.
var BooksRevalued = event.NewType[RevaluedPayload]("ledger.books.revalued")

// RevaluationFilter narrows a list of revaluations, which comes by date.
type RevaluationFilter struct {
	By     storage.Ref
	Period date.Period
	// Limit is the most revaluations of a page, 50 if zero.
	Limit int
}

func (f RevaluationFilter) query() storage.Query {
	return storage.Query{By: f.By, Limit: f.Limit, Where: partConds(f.Period, Dims{})}
}

// Revaluations lists revaluations by date.
func (b *Books) Revaluations(ctx context.Context, f RevaluationFilter) iter.Seq2[*Revaluation, error] {
	q := f.query()
	q.Limit = 0
	return revaluations.All(ctx, b.s, q)
}

// RevaluationsPage reads one screen of revaluations.
//
// Errors: *storage.Invalid, storage.ErrBadCursor.
func (b *Books) RevaluationsPage(ctx context.Context, f RevaluationFilter, from storage.Cursor) (
	storage.Page[Revaluation], error) {
	if err := checkPeriod(f.Period); err != nil {
		return storage.Page[Revaluation]{}, err
	}
	return revaluations.Page(ctx, b.s, f.query(), from)
}
