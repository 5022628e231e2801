package acceptance_test

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// found opens years and sets rates.
func (d *drill) found() {
	for _, n := range []int{2025, 2026} {
		d.deed("open year", verdict{}, func(b *ledger.Books) (any, error) { return b.OpenYear(d.Context(), ledger.OpenYear{Year: n}) })
	}
	at := date.Must(2025, 1, 1)
	d.deed("rates", verdict{}, func(b *ledger.Books) (any, error) {
		return b.SetRates(d.Context(), ledger.SetRates{Rates: []ledger.Rate{{From: "USD", To: "EUR", Date: at, Value: dec("0.91")},
			{From: "JPY", To: "EUR", Date: at, Value: dec("0.006")}, {From: "KWD", To: "EUR", Date: at, Value: dec("3")}}})
	})
}

// lock locks the books through a day, or opens them.
func (d *drill) lock() {
	cmd := ledger.Lock{Through: pick(d.rng, date.Date{}, date.Date{}, date.Must(2025, 1, 31), date.Must(2025, 4, 30), date.Must(2026, 1, 10))}
	d.deed("lock", verdict{}, func(b *ledger.Books) (any, error) { return nil, b.Lock(d.Context(), cmd) })
	d.locked = cmd.Through
}

// month closes a period, or opens one that is closed.
func (d *drill) month() {
	closed := slices.SortedFunc(maps.Keys(d.months), date.Date.Compare)
	if n := len(closed); n > 1 || n == 1 && d.rng.IntN(2) == 0 {
		d.openMonth(closed[0])
		return
	}
	n := pick(d.rng, 1, 2, 4, 7, 8)
	cmd := ledger.ClosePeriod{Year: 2026, Period: n, Hard: d.rng.IntN(2) == 0}
	d.deed("close period", verdict{}, func(b *ledger.Books) (any, error) { return b.ClosePeriod(d.Context(), cmd) })
	d.months[date.Must(2026, time.Month(n), 1)] = true
}

func (d *drill) openMonth(first date.Date) {
	_, m, _ := first.Date()
	d.deed("reopen period", verdict{}, func(b *ledger.Books) (any, error) {
		return b.ReopenPeriod(d.Context(), ledger.ReopenPeriod{Year: 2026, Period: int(m), Why: "late bill"})
	})
	delete(d.months, first)
}

// closeTmp closes the account "tmp" after a day, or opens it again.
func (d *drill) closeTmp() {
	cmd := ledger.CloseAccount{Code: "tmp"}
	var want verdict
	if d.shutTmp.IsZero() {
		cmd.Date = pick(d.rng, d.today(), date.Must(2026, 12, 31), date.Must(2026, 6, 30))
		for _, j := range d.entries {
			if j.date.After(cmd.Date) && slices.ContainsFunc(j.jots, func(p jot) bool { return p.account == "tmp" }) {
				want = exactly("ledger.account_used")
			}
		}
	}
	if _, codes := d.deed("close account", want, func(b *ledger.Books) (any, error) { return b.CloseAccount(d.Context(), cmd) }); codes == nil {
		d.shutTmp = cmd.Date
	}
}

// earned is what income and expense accounts hold of 2025, by department.
func (d *drill) earned() map[jot]int64 {
	out := map[jot]int64{}
	for _, j := range d.entries {
		for _, p := range j.jots {
			if typ := plainChart[p.account].typ; j.date.Year() == 2025 && (typ == ledger.Income || typ == ledger.Expense) {
				at := jot{spot: p.spot, dims: ledger.Dims{Department: p.dims.Department}}
				if out[at] += p.units; out[at] == 0 {
					delete(out, at)
				}
			}
		}
	}
	return out
}

func (d *drill) closeYear() {
	earned := d.earned()
	end := date.Must(2025, 12, 31)
	var want verdict
	if !d.locked.Before(end) && len(earned) > 0 {
		want = exactly("ledger.closed_period")
	}
	out, codes := d.deed("close year", want, func(b *ledger.Books) (any, error) {
		return b.CloseYear(d.Context(), ledger.CloseYear{Year: 2025})
	})
	if codes != nil {
		return
	}
	d.years[2025] = true
	for _, id := range out.(*ledger.Year).Closings {
		if d.at[id] != nil {
			continue
		}
		j, _ := d.learn(id)
		require.True(d, j.closing)
		require.Equal(d, end, j.date)
		result, kept := int64(0), int64(0)
		for _, p := range j.jots {
			if p.account == ledger.RetainedEarnings {
				kept += p.units
				continue
			}
			at := jot{spot: p.spot, dims: p.dims}
			require.Equal(d, -earned[at], p.units, "%+v", at)
			result += earned[at]
			delete(earned, at)
		}
		require.Equal(d, result, kept)
		require.Empty(d, earned, "all of it is closed by one entry")
	}
	require.Empty(d, d.earned())
}

func (d *drill) reopenYear() {
	end := date.Must(2025, 12, 31)
	var closings []*jotting
	for _, j := range d.entries {
		if j.closing && j.reverses == nil && j.reversedBy == nil {
			closings = append(closings, j)
		}
	}
	var want verdict
	if !d.locked.Before(end) {
		if !d.years[2025] || len(closings) == 0 {
			return
		}
		want = exactly("ledger.closed_period")
	}
	_, codes := d.deed("reopen year", want, func(b *ledger.Books) (any, error) {
		return b.ReopenYear(d.Context(), ledger.ReopenYear{Year: 2025, Why: "audit"})
	})
	if codes != nil || !d.years[2025] {
		return
	}
	d.years[2025] = false
	type undone struct{ was, by *ledger.Posted }
	var list []undone
	for _, j := range closings {
		p, err := d.stands[0].books.Entry(d.Context(), j.id)
		require.NoError(d, err)
		by, err := d.stands[0].books.Entry(d.Context(), p.ReversedBy)
		require.NoError(d, err)
		require.Equal(d, end, by.Date)
		list = append(list, undone{p, by})
	}
	slices.SortFunc(list, func(a, b undone) int { return cmp.Compare(a.by.ID.String(), b.by.ID.String()) })
	for _, u := range list {
		d.undo(d.at[u.was.ID], u.by.ID, end, storage.Ref{})
	}
}

// keepHouse folds, seals, or lets the ticker work, each as far as it goes.
func (d *drill) keepHouse() {
	switch d.rng.IntN(3) {
	case 0:
		d.deed("fold", verdict{}, func(b *ledger.Books) (any, error) { return b.Fold(d.Context()) })
	case 1:
		d.seal()
	case 2:
		for _, s := range d.stands {
			d.reseed(s)
			for range 100 {
				stats, err := s.ticker.Tick(d.Context())
				require.NoError(d, errors.Join(err, stats.Err))
				if stats.Left == 0 {
					break
				}
			}
		}
		if h, err := d.stands[0].books.Head(d.Context()); err != nil || h.Sequence > int64(len(d.sealed)) { // it was asked to seal
			require.NoError(d, err)
			d.seal()
		}
	}
}

// seal seals all there is, and writes down the order. On a server that others use as well, a transaction of theirs may hold an
// entry back for a while.
func (d *drill) seal() {
	d.deed("seal", verdict{}, func(b *ledger.Books) (any, error) {
		for range 10_000 {
			_, err := b.Seal(d.Context())
			if err != nil {
				return nil, err
			}
			if h, err := b.Head(d.Context()); err != nil || h.Sequence == int64(len(d.entries)) {
				return h, err
			}
			<-time.After(time.Millisecond)
		}
		return nil, errors.New("not all is sealed")
	})
	known := map[entryID]bool{}
	for _, id := range d.sealed {
		known[id] = true
	}
	for s, err := range d.stands[0].books.Log(d.Context(), int64(len(d.sealed)+1)) {
		require.NoError(d, err)
		id := s.Entry.ID
		d.sealed = append(d.sealed, id)
		require.Equal(d, int64(len(d.sealed)), s.Sequence)
		require.NotNil(d, d.at[id], "the log has what was posted")
		require.False(d, known[id], "once")
		known[id] = true
	}
	require.Len(d, d.sealed, len(d.entries))
}
