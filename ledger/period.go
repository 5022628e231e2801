package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// lockSettings takes the row that all who close and open wait for, making it first.
func lockSettings(ctx context.Context, tx *storage.Tx) (*setting, error) {
	set := &setting{Name: allBooks}
	found, err := settings.LoadLocked(ctx, tx, set)
	if err == nil && !found[0] {
		if _, err = settings.InsertNew(ctx, tx, &setting{Name: allBooks}); err == nil {
			_, err = settings.LoadLocked(ctx, tx, set)
		}
	}
	return set, err
}

// closing carries out a change of years, periods or exceptions, one at a time, and puts together anew what is shut.
func closing(ctx context.Context, tx *storage.Tx, change func() error) error {
	set, err := lockSettings(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	return reshut(ctx, tx, set)
}

// reshut writes what is shut into the locked row, if that differs.
func reshut(ctx context.Context, tx *storage.Tx, set *setting) error {
	y, err := collect(years.All(ctx, tx, storage.Query{}))
	if err != nil {
		return err
	}
	p, err := collect(periods.All(ctx, tx, storage.Query{}))
	if err != nil {
		return err
	}
	x, err := collect(exceptions.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Absent("revoked_at")}}))
	if err != nil {
		return err
	}
	shut := shutOf(y, p, x, tx.Now())
	text := shut.text()
	if text == set.Shut {
		return nil
	}
	set.Shut, set.Through = text, shut.through()
	return settings.Update(ctx, tx, set)
}

// OpenYear opens a fiscal year with its periods.
type OpenYear struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	Why string      `json:"why,omitempty"`
	// Year is its number by the fiscal rule of the configuration.
	Year int `json:"year"`
	// From is the first day of a year that is cut short, such as a company's first; no date is the whole year.
	From date.Date `json:"from"`
	// Adjusting adds a period after the last with the same days, for adjusting entries.
	Adjusting bool `json:"adjusting,omitempty"`
}

// OpenYear opens a fiscal year, so that it and its periods can be closed. Days that are in no opened year take postings as they
// always do.
//
// Errors: *storage.Invalid, ErrYearExists, also for a year that shares days with another; storage.ErrKeyReused,
// storage.ErrForbidden.
func (b *Books) OpenYear(ctx context.Context, cmd OpenYear) (*Year, error) {
	if cmd.Year < FirstYear || cmd.Year > LastYear {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "year", Code: storage.CodeRange}}}
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.year.open", cmd, func(tx *storage.Tx) (y *Year, err error) {
		err = closing(ctx, tx, func() error {
			y, err = openYear(ctx, tx, cmd)
			return err
		})
		return y, err
	})
}

func openYear(ctx context.Context, tx *storage.Tx, cmd OpenYear) (*Year, error) {
	set, err := settingsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	y, err := newYear(set.Fiscal, cmd)
	if err != nil {
		return nil, err
	}
	for other, err := range years.All(ctx, tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		if other.Number == y.Number || other.Days().Overlaps(y.Days()) {
			return nil, ErrYearExists.With("%d from %s through %s", other.Number, other.From, other.To)
		}
	}
	if err := event.Apply(ctx, tx, years, event.Change[Year]{By: cmd.By, Verb: "ledger.year.open", Why: cmd.Why, After: y,
		Events: []event.Draft{YearOpened.Draft(y.payload())}}); err != nil {
		return nil, err
	}
	return y, periods.Insert(ctx, tx, y.Periods...)
}

// newYear makes a year by the rule.
func newYear(rule date.FiscalYear, cmd OpenYear) (*Year, error) {
	whole := rule.Period(cmd.Year)
	y := &Year{ID: yearID(cmd.Year), Number: cmd.Year, From: whole.From, To: whole.To, Status: PeriodOpen}
	if !cmd.From.IsZero() {
		if !whole.Contains(cmd.From) {
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "from", Code: storage.CodeRange,
				Text: "not in " + whole.String()}}}
		}
		y.From = cmd.From
	}
	list := rule.Periods(cmd.Year)
	for i, p := range list {
		if days := p.Intersect(y.Days()); !days.Empty() {
			y.Periods = append(y.Periods, &Period{ID: periodID(y.Number, i+1), Year: y.Number, Number: i + 1, From: days.From,
				To: days.To, Status: PeriodOpen})
		}
	}
	if last := *y.Periods[len(y.Periods)-1]; cmd.Adjusting {
		last.Number, last.Adjusting = last.Number+1, true
		last.ID = periodID(y.Number, last.Number)
		y.Periods = append(y.Periods, &last)
	}
	return y, nil
}

// ClosePeriod closes a period, or all of a year.
type ClosePeriod struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Year int         `json:"year"`
	// Period is its number; zero closes all periods of the year.
	Period int `json:"period,omitempty"`
	// Hard closes it for all; otherwise actors with an exception may go on.
	Hard bool `json:"hard,omitempty"`
}

// ClosePeriod closes periods, soft or hard. What is closed that way already stays as it is; a hard closed period does not turn
// soft. Periods may be closed in any order.
//
// Errors: ErrNoYear, ErrNoPeriod; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) ClosePeriod(ctx context.Context, cmd ClosePeriod) (*Year, error) {
	to := SoftClosed
	if cmd.Hard {
		to = HardClosed
	}
	return b.turn(ctx, cmd.Key, cmd, turn{by: cmd.By, verb: "ledger.period.close", why: cmd.Why, year: cmd.Year, period: cmd.Period,
		to: to, event: PeriodClosed})
}

// ReopenPeriod opens a period again, or all of a year.
type ReopenPeriod struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	// Why is required.
	Why    string `json:"why"`
	Year   int    `json:"year"`
	Period int    `json:"period,omitempty"`
}

// ReopenPeriod opens closed periods again. It stays on them who had closed them and when.
//
// Errors: *storage.Invalid, ErrNoYear, ErrNoPeriod, ErrYearClosed for a year that must be opened first; storage.ErrKeyReused,
// storage.ErrForbidden.
func (b *Books) ReopenPeriod(ctx context.Context, cmd ReopenPeriod) (*Year, error) {
	var bad storage.Invalid
	if reason(&bad, cmd.Why); bad.Err() != nil {
		return nil, bad.Err()
	}
	return b.turn(ctx, cmd.Key, cmd, turn{by: cmd.By, verb: "ledger.period.reopen", why: cmd.Why, year: cmd.Year, period: cmd.Period,
		to: PeriodOpen, event: PeriodReopened})
}

// turn is a change of the status of periods.
type turn struct {
	by           storage.Ref
	verb, why    string
	year, period int
	to           Status
	event        event.Type[PeriodPayload]
}

func (b *Books) turn(ctx context.Context, key storage.Key, cmd any, t turn) (*Year, error) {
	return storage.Once(ctx, b.s, key, t.verb, cmd, func(tx *storage.Tx) (y *Year, err error) {
		err = closing(ctx, tx, func() error {
			if y, err = yearOf(ctx, tx, t.year); err != nil {
				return err
			}
			return t.apply(ctx, tx, y)
		})
		return y, err
	})
}

func (t turn) apply(ctx context.Context, tx *storage.Tx, y *Year) error {
	if y.Status == HardClosed && t.to == PeriodOpen {
		return ErrYearClosed.With("%d", y.Number)
	}
	found := false
	for _, p := range y.Periods {
		if t.period != 0 && p.Number != t.period {
			continue
		}
		found = true
		if p.Status == t.to || p.Status == HardClosed && t.to == SoftClosed {
			continue
		}
		old := *p
		if p.Status = t.to; t.to == PeriodOpen {
			p.reopened(t.by, tx.Now(), t.why)
		} else {
			p.closed(t.by, tx.Now(), t.why)
		}
		if err := event.Apply(ctx, tx, periods, event.Change[Period]{By: t.by, Verb: t.verb, Why: t.why, Before: &old, After: p,
			Events: []event.Draft{t.event.Draft(p.payload())}}); err != nil {
			return err
		}
	}
	if !found {
		return ErrNoPeriod.With("%d of %d", t.period, y.Number)
	}
	return nil
}
