// Which field of an entry was changed: found by putting back, one at a time, what else in the books tells of it.

package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// tell finds out more about a changed entry: a change to one field, or to those that the event of the entry repeats, is named.
func (v *verifier) tell(ctx context.Context, f *found, sealed hash) error {
	if f.broken.What != WasChanged {
		return nil
	}
	var chart []string
	for a, err := range accounts.All(ctx, v.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		chart = append(chart, a.Code)
	}
	g := &guess{found: f, want: sealed.String()}
	if got, _ := f.entry.digest(nil, f.rows); got == g.want {
		return nil // what the digest covers is as it was
	}
	if g.event() || g.head() || g.amounts() || g.accounts(chart) || g.dims() || g.legs() {
		f.broken.Was = g.was
	}
	if g.shape { // the texts are of other parts, too
		f.broken.Fields = slices.DeleteFunc(f.broken.Fields, func(field string) bool { return field == "text" })
	}
	for _, field := range g.fields {
		if !slices.Contains(f.broken.Fields, field) {
			f.broken.Fields = append(f.broken.Fields, field)
		}
	}
	return nil
}

// A guess is a search for the fields that were changed.
type guess struct {
	*found
	want   string
	fields []string
	was    string
	shape  bool // parts were added or removed
	buf    []byte
}

// try says whether the entry is what was sealed, as it now stands.
func (g *guess) try(p *Posted, field, was string) bool {
	var got string
	if got, g.buf = p.digest(g.buf, g.rows); got != g.want {
		return false
	}
	g.fields, g.was = []string{field}, was
	return true
}

// event puts back what the event of the entry tells.
func (g *guess) event() bool {
	if g.found.event == nil {
		return false
	}
	told, err := EntryPosted.Read(*g.found.event)
	if err != nil {
		return false
	}
	p, e := *g.entry, g.found.event
	var fields []string
	put := func(field string, differs bool, was string) {
		if differs {
			fields, g.was = append(fields, field), was
		}
	}
	put("date", p.Date != told.Date, told.Date.String())
	put("source", p.Source != told.Source, told.Source.String())
	put("reverses", p.Reverses != told.Reverses, told.Reverses.String())
	put("by", p.By != e.By, e.By.String())
	put("closing", p.Closing != told.Closing, "")
	put("adjusting", p.Adjusting != told.Adjusting, "")
	put("adjusting", p.Adjusting != told.Adjusting, "")
	put("at", !p.At.Equal(e.At), e.At.Format("2006-01-02T15:04:05.999999Z07:00"))
	p.Date, p.Source, p.Reverses, p.Closing, p.By, p.At = told.Date, told.Source, told.Reverses, told.Closing, e.By, e.At
	p.Adjusting = told.Adjusting
	p.Adjusting = told.Adjusting
	was := g.was
	if g.try(&p, "", was) {
		g.fields = fields
		if len(fields) > 1 {
			g.was = ""
		}
		return true
	}
	g.fields = fields // they differ from the event, and something else does too
	return false
}

// manyDays is how far from the date a value date is searched.
const manyDays = 3700

// head tries value dates.
func (g *guess) head() bool {
	p := *g.entry
	for i := range manyDays {
		for _, d := range []date.Date{g.entry.Date.AddDays(i), g.entry.Date.AddDays(-i)} {
			if p.ValueDate = d; g.try(&p, "value_date", d.String()) {
				return true
			}
		}
	}
	return false
}

// amounts gives each part in turn what its currency lacks.
func (g *guess) amounts() bool {
	for _, r := range g.rows {
		left := int64(0)
		for _, other := range g.rows {
			if other.Currency == r.Currency {
				left += other.Amount
			}
		}
		now := r.Amount
		r.Amount -= left
		hit := left != 0 && g.try(g.entry, r.path("amount"), "")
		if r.Amount = now; hit {
			if a, err := (Rules{}).amount(r.Currency, now-left); err == nil {
				g.was = a.String()
			}
			return true
		}
	}
	return false
}

// accounts tries each account of the chart on each leg.
func (g *guess) accounts(chart []string) bool {
	for _, r := range g.rows {
		now := r.Account
		for _, code := range chart {
			r.Account = code
			hit := g.try(g.entry, r.path("account"), code)
			if r.Account = now; hit {
				return true
			}
		}
	}
	return false
}

// dims tries on each part the values of its neighbours, and none.
func (g *guess) dims() bool {
	for _, r := range g.rows {
		now := r.Dims
		for _, d := range dimensions {
			values := []string{""}
			for _, other := range g.rows {
				values = append(values, other.Dims.Of(d))
			}
			for _, value := range values {
				r.Dims = now.With(d, value)
				hit := g.try(g.entry, r.path("dims."+string(d)), value)
				if r.Dims = now; hit {
					return true
				}
			}
		}
	}
	return false
}

// legs tries to leave out each part, and looks for one that is missing.
func (g *guess) legs() bool {
	all := g.rows
	if len(all) == 0 {
		g.fields, g.shape = append(g.fields, "legs"), true
		return false
	}
	defer func() { g.rows = all }()
	for i, r := range all {
		if g.rows = slices.Delete(slices.Clone(all), i, i+1); g.try(g.entry, r.path("inserted"), "") {
			g.shape = true
			return true
		}
	}
	leg, no := 1, 0
	for _, r := range all {
		if r.Leg == leg && r.No == no+1 {
			no++
			continue
		}
		if r.Leg == leg+1 && r.No == 1 && no > 0 {
			leg, no = r.Leg, 1
			continue
		}
		missing := part{Leg: leg, No: no + 1}
		if r.Leg > leg && no > 0 {
			missing = part{Leg: leg + 1, No: 1}
		}
		g.fields, g.shape = append(g.fields, missing.path("removed")), true
		return false
	}
	sums := map[money.Currency]int64{}
	for _, r := range all {
		sums[r.Currency] += r.Amount
	}
	for _, left := range sums {
		if left != 0 {
			g.fields, g.shape = append(g.fields, "legs"), true
			break
		}
	}
	return false
}
