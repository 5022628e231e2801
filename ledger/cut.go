package ledger

import (
	"context"
	"math"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// cut says which figures a report wants.
type cut struct {
	period  date.Period
	chosen  func(account string) bool // nil for all
	codes   []string                  // the same as a list, where it is short
	where   Dims
	group   []Dimension
	monthly bool
	daily   bool
	closing bool // closing entries too
}

// place is what the figures of a cut are kept by.
type place struct {
	account  string
	currency money.Currency
	month    int
	day      date.Date
	dims     Dims
}

// figure is what was debited and credited at a place.
type figure struct{ debit, credit, count int64 }

type figures map[place]figure

// add adds both sides; what leaves 64 bits is an error.
func (f figures) add(at place, debit, credit, count int64) error {
	x := f[at]
	if debit > 0 && x.debit > math.MaxInt64-debit || credit > 0 && x.credit > math.MaxInt64-credit {
		return storage.ErrOverflow
	}
	f[at] = figure{x.debit + debit, x.credit + credit, x.count + count}
	return nil
}

// wanted lists the dimensions that the cut looks at.
func (c *cut) wanted() (list []Dimension) {
	for _, d := range dimensions {
		if c.where.Of(d) != "" || slices.Contains(c.group, d) {
			list = append(list, d)
		}
	}
	return list
}

// addMonths adds whole months.
func (r *report) addMonths(ctx context.Context, c *cut, from source, s span, out figures) error {
	if from.byParts {
		return r.addParts(ctx, c, s.months(), out)
	}
	first, last := 0, math.MaxInt32
	if s.from != math.MinInt64 {
		first = monthWord(s.from)
	}
	if s.to != math.MaxInt64 {
		last = monthWord(s.to)
	}
	dims := from.dims
	if len(dims) == 0 {
		return r.addTotals(ctx, c, first, last, out)
	}
	d := dims[0]
	value := c.where.Of(d)
	grouped := slices.Contains(c.group, d)
	if value != "" {
		return r.addDimension(ctx, c, d, value, grouped, first, last, out)
	}
	// What has no value in the dimension is all less what has one.
	all, some := figures{}, figures{}
	if err := r.addTotals(ctx, c, first, last, all); err != nil {
		return err
	}
	if err := r.addDimension(ctx, c, d, "", true, first, last, some); err != nil {
		return err
	}
	for at, f := range some {
		if err := out.add(at, f.debit, f.credit, f.count); err != nil {
			return err
		}
		at.dims = Dims{}
		rest := all[at]
		all[at] = figure{rest.debit - f.debit, rest.credit - f.credit, rest.count - f.count}
	}
	for at, f := range all {
		if f != (figure{}) {
			if err := out.add(at, f.debit, f.credit, f.count); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cut) months(first, last int, where ...storage.Cond) storage.Query {
	if first > 0 {
		where = append(where, storage.Ge("month", first))
	}
	if last < math.MaxInt32 {
		where = append(where, storage.Le("month", last))
	}
	if !c.closing {
		where = append(where, storage.Eq("closing", 0))
	}
	return storage.Query{Where: c.narrow(where)}
}

func (c *cut) narrow(where []storage.Cond) []storage.Cond {
	if c.codes != nil {
		where = append(where, storage.In("account", c.codes...))
	}
	return where
}

func (c *cut) groups(by ...string) []string {
	by = append([]string{"account", "currency"}, by...)
	if c.monthly {
		by = append(by, "month")
	}
	return by
}

// addDays adds some days.
func (r *report) addDays(ctx context.Context, c *cut, from source, s span, out figures) error {
	p := s.period()
	if !from.byDays {
		return r.addParts(ctx, c, p, out)
	}
	where := partConds(p, Dims{})
	if !c.closing {
		where = append(where, storage.Eq("closing", 0))
	}
	by := []string{"account", "currency"}
	if c.monthly {
		by = append(by, "month")
	}
	if c.daily {
		by = append(by, "date")
	}
	sum, err := dayTotals.Sum(ctx, r.tx, storage.Query{Where: c.narrow(where)}, sums, by)
	if err != nil {
		return err
	}
	for _, s := range sum {
		r.cost.Totals += s.Count
		if c.chosen != nil && !c.chosen(s.Group.Account) {
			continue
		}
		at := place{account: s.Group.Account, currency: s.Group.Currency, month: s.Group.Month, day: s.Group.Date}
		if err := out.add(at, s.Totals[0], s.Totals[1], s.Totals[2]); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) addTotals(ctx context.Context, c *cut, first, last int, out figures) error {
	sum, err := totals.Sum(ctx, r.tx, c.months(first, last), sums, c.groups())
	if err != nil {
		return err
	}
	for _, s := range sum {
		r.cost.Totals += s.Count
		if c.chosen != nil && !c.chosen(s.Group.Account) {
			continue
		}
		at := place{account: s.Group.Account, currency: s.Group.Currency, month: s.Group.Month}
		if err := out.add(at, s.Totals[0], s.Totals[1], s.Totals[2]); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) addDimension(ctx context.Context, c *cut, d Dimension, value string, grouped bool, first, last int,
	out figures) error {
	where := []storage.Cond{storage.Eq("dimension", d)}
	if value != "" {
		where = append(where, storage.Eq("value", value))
	}
	sum, err := dimensionTotals.Sum(ctx, r.tx, c.months(first, last, where...), sums, c.groups("value"))
	if err != nil {
		return err
	}
	for _, s := range sum {
		r.cost.Totals += s.Count
		if c.chosen != nil && !c.chosen(s.Group.Account) {
			continue
		}
		at := place{account: s.Group.Account, currency: s.Group.Currency, month: s.Group.Month}
		if grouped {
			at.dims = at.dims.With(d, s.Group.Value)
		}
		if err := out.add(at, s.Totals[0], s.Totals[1], s.Totals[2]); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether these are the values that others ask for.
func (d Dims) has(others Dims) bool {
	if others == (Dims{}) {
		return true
	}
	mine, theirs := d.all(), others.all()
	for i, p := range theirs {
		if *p != "" && *p != *mine[i] {
			return false
		}
	}
	return true
}

// addParts adds the parts of a period, one by one, in the engine; further conditions narrow it.
func (r *report) addParts(ctx context.Context, c *cut, p date.Period, out figures, further ...storage.Cond) error {
	if p.Empty() {
		return nil
	}
	q := storage.Query{By: r.by, Where: append(c.narrow(partConds(p, c.where)), further...)}
	if !c.closing {
		q.Where = append(q.Where, storage.Eq("closing", false))
	}
	by := c.groups("credit")
	if c.daily {
		by = append(by, "date")
	}
	for _, d := range c.group {
		by = append(by, string(d))
	}
	sum, err := parts.Sum(ctx, r.tx, q, []string{"amount"}, by)
	if err != nil {
		return err
	}
	for _, s := range sum {
		r.cost.Parts += s.Count
		if c.chosen != nil && !c.chosen(s.Group.Account) {
			continue
		}
		debit, credit := s.Totals[0], int64(0)
		if s.Group.Credit {
			debit, credit = 0, -s.Totals[0]
		}
		at := place{account: s.Group.Account, currency: s.Group.Currency, month: s.Group.Month, day: s.Group.Date,
			dims: s.Group.Dims}
		if err := out.add(at, debit, credit, s.Count); err != nil {
			return err
		}
	}
	return nil
}

// partConds asks for the parts of a period with some values.
func partConds(p date.Period, where Dims) (conds []storage.Cond) {
	if !p.From.IsZero() {
		conds = append(conds, storage.Ge("date", p.From))
	}
	if !p.To.IsZero() {
		conds = append(conds, storage.Le("date", p.To))
	}
	for i, v := range where.all() {
		if *v != "" {
			conds = append(conds, storage.Eq(string(dimensions[i]), *v))
		}
	}
	return conds
}
