package ledger

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Status is whether a period takes postings.
type Status string

// A soft closed period takes those of actors with an exception, a hard closed one none until it is opened again.
const (
	PeriodOpen Status = "open"
	SoftClosed Status = "soft_closed"
	HardClosed Status = "hard_closed"
)

// A Year is a fiscal year that was opened.
type Year struct {
	ID string `json:"id"`
	// Number is the year's by the fiscal rule; see Configuration.Fiscal.
	Number  int       `json:"number"`
	Version int64     `json:"version"`
	From    date.Date `json:"from"`
	To      date.Date `json:"to"`
	// Status is open, or hard closed when CloseYear has closed it; its periods have a status of their own besides.
	Status Status `json:"status"`
	// Keep lists the dimensions by which its closing entries are divided, and Closings those in force.
	Keep     []Dimension          `json:"keep,omitempty"`
	Closings []storage.ID[Posted] `json:"closings,omitempty"`
	Closure
	// Periods is filled where one year is read.
	Periods []*Period `json:"periods,omitempty"`
}

// A Closure says who last closed a period, and who last opened it again, when and why; what came before is in the audit trail.
type Closure struct {
	ClosedBy    storage.Ref `json:"closed_by"`
	ClosedAt    time.Time   `json:"closed_at,omitzero"`
	ClosedWhy   string      `json:"closed_why,omitempty"`
	ReopenedBy  storage.Ref `json:"reopened_by"`
	ReopenedAt  time.Time   `json:"reopened_at,omitzero"`
	ReopenedWhy string      `json:"reopened_why,omitempty"`
}

func (c *Closure) fields() []storage.Field {
	return []storage.Field{
		storage.RefTo("closed_by", &c.ClosedBy), storage.Instant("closed_at", &c.ClosedAt).Optional(),
		storage.Text("closed_why", &c.ClosedWhy).Limit(MaxText),
		storage.RefTo("reopened_by", &c.ReopenedBy), storage.Instant("reopened_at", &c.ReopenedAt).Optional(),
		storage.Text("reopened_why", &c.ReopenedWhy).Limit(MaxText)}
}

func (c *Closure) closed(by storage.Ref, at time.Time, why string) {
	c.ClosedBy, c.ClosedAt, c.ClosedWhy = by, at, why
}

func (c *Closure) reopened(by storage.Ref, at time.Time, why string) {
	c.ReopenedBy, c.ReopenedAt, c.ReopenedWhy = by, at, why
}

var years = storage.Define("ledger.year", func(y *Year) []storage.Field {
	return append([]storage.Field{
		storage.Text("id", &y.ID).Key().Limit(10), storage.Version(&y.Version), storage.Int("number", &y.Number),
		storage.Date("from", &y.From), storage.Date("to", &y.To),
		storage.Enum("status", &y.Status, PeriodOpen, HardClosed), storage.JSON("keep", &y.Keep),
		storage.JSON("closings", &y.Closings)}, y.Closure.fields()...)
}, storage.Rank(26))

func yearID(number int) string { return strconv.Itoa(number) }

// YearRef points to a fiscal year: its closing entries have it as their source.
func YearRef(number int) storage.Ref {
	return storage.Ref{Kind: years.Kind(), ID: yearID(number)}
}

// Days is the days of the year.
func (y *Year) Days() date.Period { return date.Period{From: y.From, To: y.To} }

// A Period is a part of a fiscal year: one of its twelve or thirteen, or the adjusting one, which has the days of the last and
// takes entries that are marked as adjusting only.
type Period struct {
	// ID is "2017/03".
	ID        string    `json:"id"`
	Year      int       `json:"year"`
	Number    int       `json:"number"`
	Version   int64     `json:"version"`
	From      date.Date `json:"from"`
	To        date.Date `json:"to"`
	Adjusting bool      `json:"adjusting,omitempty"`
	Status    Status    `json:"status"`
	Closure
}

var periods = storage.Define("ledger.period", func(p *Period) []storage.Field {
	return append([]storage.Field{
		storage.Text("id", &p.ID).Key().Limit(20), storage.Version(&p.Version),
		storage.Int("year", &p.Year), storage.Int("number", &p.Number),
		storage.Date("from", &p.From), storage.Date("to", &p.To), storage.Bool("adjusting", &p.Adjusting),
		storage.Enum("status", &p.Status, PeriodOpen, SoftClosed, HardClosed)}, p.Closure.fields()...)
}, storage.Rank(27), storage.Index("year", "year"), storage.Index("status", "status"))

func periodID(year, number int) string { return fmt.Sprintf("%d/%02d", year, number) }

// YearPayload and PeriodPayload tell followers what became of a year or a period.
type (
	YearPayload struct {
		Year   int       `json:"year"`
		From   date.Date `json:"from"`
		To     date.Date `json:"to"`
		Status Status    `json:"status"`
	}
	PeriodPayload struct {
		Year   int       `json:"year"`
		Number int       `json:"number"`
		From   date.Date `json:"from"`
		To     date.Date `json:"to"`
		Status Status    `json:"status"`
	}
)

// The events of years and periods.
var (
	YearOpened     = event.NewType[YearPayload]("ledger.year.opened")
	YearClosed     = event.NewType[YearPayload]("ledger.year.closed")
	YearReopened   = event.NewType[YearPayload]("ledger.year.reopened")
	PeriodClosed   = event.NewType[PeriodPayload]("ledger.period.closed")
	PeriodReopened = event.NewType[PeriodPayload]("ledger.period.reopened")
)

func (y *Year) payload() YearPayload { return YearPayload{y.Number, y.From, y.To, y.Status} }

func (p *Period) payload() PeriodPayload {
	return PeriodPayload{p.Year, p.Number, p.From, p.To, p.Status}
}

// Year reads a fiscal year with its periods.
//
// Errors: ErrNoYear.
func (b *Books) Year(ctx context.Context, number int) (y *Year, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		y, err = yearOf(ctx, tx, number)
		return err
	})
	return y, err
}

// YearFilter narrows a list of fiscal years, which comes by number.
type YearFilter struct {
	By     storage.Ref
	Status Status
	// Desc puts the latest first.
	Desc bool
	// Limit is the most years of a page, 50 if zero.
	Limit int
}

func (f YearFilter) query() storage.Query {
	q := storage.Query{By: f.By, Desc: f.Desc, Limit: f.Limit}
	if f.Status != "" {
		q.Where = append(q.Where, storage.Eq("status", f.Status))
	}
	return q
}

// Years lists the fiscal years that were opened, without their periods.
func (b *Books) Years(ctx context.Context, f YearFilter) iter.Seq2[*Year, error] {
	q := f.query()
	q.Limit = 0
	return years.All(ctx, b.s, q)
}

// YearsPage reads one screen of fiscal years.
//
// Errors: storage.ErrBadCursor.
func (b *Books) YearsPage(ctx context.Context, f YearFilter, from storage.Cursor) (storage.Page[Year], error) {
	return years.Page(ctx, b.s, f.query(), from)
}

// PeriodFilter narrows a list of periods, which comes by year and number.
type PeriodFilter struct {
	By     storage.Ref
	Year   int
	Status []Status
	// Limit is the most periods of a page, 50 if zero.
	Limit int
}

func (f PeriodFilter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit}
	if f.Year != 0 {
		q.Where = append(q.Where, storage.Eq("year", f.Year))
	}
	if len(f.Status) > 0 {
		q.Where = append(q.Where, storage.In("status", f.Status...))
	}
	return q
}

// Periods lists periods with their own status; those of a closed year take nothing whatever it is.
func (b *Books) Periods(ctx context.Context, f PeriodFilter) iter.Seq2[*Period, error] {
	q := f.query()
	q.Limit = 0
	return periods.All(ctx, b.s, q)
}

// PeriodsPage reads one screen of periods.
//
// Errors: storage.ErrBadCursor.
func (b *Books) PeriodsPage(ctx context.Context, f PeriodFilter, from storage.Cursor) (storage.Page[Period], error) {
	return periods.Page(ctx, b.s, f.query(), from)
}

func yearOf(ctx context.Context, tx *storage.Tx, number int) (*Year, error) {
	y := &Year{ID: yearID(number)}
	found, err := years.Load(ctx, tx, y)
	if err != nil {
		return nil, err
	}
	if !found[0] {
		return nil, ErrNoYear.With("%d", number)
	}
	y.Periods, err = collect(periods.All(ctx, tx, PeriodFilter{Year: number}.query()))
	return y, err
}
