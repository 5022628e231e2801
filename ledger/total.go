package ledger

import (
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// total is what was debited and credited on an account in a month.
type total struct {
	Account  string
	Currency money.Currency
	Month    int
	Closing  int // 1 for closing entries, which are kept apart
	Debit    int64
	Credit   int64
	Count    int64
}

// dimensionTotal is the same for one value of one dimension.
type dimensionTotal struct {
	Dimension Dimension
	Value     string
	total
}

// dayTotal is the same for one day of an account, so that a report from or to the middle of a month reads no parts.
type dayTotal struct {
	Account  string
	Currency money.Currency
	Date     date.Date
	Closing  int
	Month    int
	Debit    int64
	Credit   int64
	Count    int64
}

// fold is how far the parts have been added to the totals.
type fold struct {
	Name     string
	Version  int64
	Position storage.Position
	Rows     int64
	At       time.Time
	// Days says that the totals of days hold all that was folded; books of an older form fold anew.
	Days bool
}

// sums are the columns that a fold adds to. They are local to the engine, as the position is: an import folds anew.
var sums = []string{"debit", "credit", "count"}

func (t *total) fields() []storage.Field {
	return []storage.Field{
		storage.Text("account", &t.Account).Key().Limit(maxCode), storage.Text("currency", &t.Currency).Key().Limit(32),
		storage.Int("month", &t.Month).Key(), storage.Int("closing", &t.Closing).Key(),
		storage.Int("debit", &t.Debit), storage.Int("credit", &t.Credit), storage.Int("count", &t.Count),
	}
}

var (
	totals = storage.Define("ledger.total", func(t *total) []storage.Field { return t.fields() },
		storage.Index("month", "month"), storage.Local(sums...))

	dimensionTotals = storage.Define("ledger.dimension_total", func(t *dimensionTotal) []storage.Field {
		return append([]storage.Field{
			storage.Text("dimension", &t.Dimension).Key().Limit(20), storage.Text("value", &t.Value).Key().Limit(maxValue)}, t.fields()...)
	}, storage.Index("month", "dimension", "month"), storage.Local(sums...))

	dayTotals = storage.Define("ledger.day_total", func(t *dayTotal) []storage.Field {
		return []storage.Field{
			storage.Text("account", &t.Account).Key().Limit(maxCode), storage.Text("currency", &t.Currency).Key().Limit(32),
			storage.Date("date", &t.Date).Key(), storage.Int("closing", &t.Closing).Key(), storage.Int("month", &t.Month),
			storage.Int("debit", &t.Debit), storage.Int("credit", &t.Credit), storage.Int("count", &t.Count),
		}
	}, storage.Index("date", "date"), storage.Local(sums...))

	folds = storage.Define("ledger.fold", func(f *fold) []storage.Field {
		return []storage.Field{
			storage.Text("name", &f.Name).Key().Limit(50), storage.Version(&f.Version), storage.Text("position", &f.Position),
			storage.Int("rows", &f.Rows), storage.Instant("at", &f.At).Optional(), storage.Bool("days", &f.Days)}
	}, storage.Rank(40), storage.Local("position", "rows", "at", "days"))
)
