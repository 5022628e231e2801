package acceptance_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// step does one thing of all that books can do.
func (d *drill) step(sent *[]ledger.Entry) {
	d.tick(time.Duration(1+d.rng.IntN(20_000)) * time.Millisecond)
	switch n := d.rng.IntN(100); {
	case n < 35:
		e := d.entry()
		d.post("post", e)
		if e.Key != "" {
			*sent = append(*sent, e)
		}
	case n < 43: // a batch, whole or not at all
		var list []ledger.Entry
		for range 2 + d.rng.IntN(4) {
			list = append(list, d.entry())
		}
		d.post("batch", list...)
	case n < 49:
		d.again(*sent)
	case n < 57:
		d.reverse()
	case n < 61:
		d.correct()
	case n < 67:
		d.hold()
	case n < 73:
		d.endHold()
	case n < 79:
		d.match()
	case n < 81:
		d.pay()
	case n < 84:
		d.unmatch()
	case n < 86:
		d.lock()
	case n < 88:
		d.month()
	case n < 89:
		d.closeTmp()
	case n < 91:
		d.revalue()
	case n < 93:
		d.closeYear()
	case n < 95:
		d.reopenYear()
	case n < 96:
		d.tick(time.Duration(d.rng.IntN(72)) * time.Hour)
	default:
		d.keepHouse()
	}
}

// The same seeded work is done to the books on memory, SQLite and PostgreSQL and to an auditor who keeps plain lists. Each
// outcome is compared, and after each batch the whole state. In the end all is undone, which leaves nothing, and the log of each
// engine is replayed into an empty store on the next.
func TestTheBooksOfEveryEngineAreThoseOfTheAuditor(t *testing.T) {
	batches, steps := 5, 40
	if storagetest.Long() {
		batches, steps = 15, 60
	}
	d := openDrill(t, storagetest.Seed(t))
	d.found()
	var sent []ledger.Entry
	for range batches {
		for range steps {
			d.step(&sent)
		}
		if d.rng.IntN(2) == 0 {
			d.seal()
		}
		d.compare()
	}
	for _, name := range slices.Sorted(maps.Keys(d.done)) {
		t.Logf("%5d %s", d.done[name], name)
	}
	t.Logf("%d entries, %d holds, %d items, %d matches", len(d.entries), len(d.holds), len(d.items), len(d.matches))
	d.seal()
	d.replay()
	d.undoAll()
	d.seal()
	d.compare()
	d.nothing()
}

// replay builds the books anew from the log of each engine, on the next one.
func (d *drill) replay() {
	for i, s := range d.stands {
		next := d.stands[(i+1)%len(d.stands)].engine
		store := storage.Open(next.open(d), storage.Clock(func() time.Time { return d.now }))
		require.NoError(d, store.Migrate(d.Context(), event.Package(), ledger.Package()))
		db, err := store.CreateTenant(d.Context(), storage.Tenant{ID: "audited", Currency: "EUR"})
		require.NoError(d, err)
		anew := ledger.New(db)
		head, err := ledger.Replay(d.Context(), s.books, anew)
		require.NoError(d, err, "%s to %s", s.name, next.name)
		want, err := s.books.Head(d.Context())
		require.NoError(d, err)
		require.Equal(d, want, head)
		copied := &stand{name: s.name + " replayed on " + next.name, books: anew}
		d.compareBalances(copied, date.Date{})
		d.compareBalances(copied, d.day())
		d.compareTrial(copied, date.Period{From: date.Must(2025, 6, 1)})
		d.compareKnown(copied, len(d.sealed)/2, date.Date{})
		for code, p := range plainChart {
			if p.isLive() {
				l, err := anew.LiveBalance(d.Context(), code, "EUR", d.today())
				require.NoError(d, err)
				require.Equal(d, d.live(spot{code, "EUR"}, d.today())[0], units(l.Booked), "%s on %s", code, copied.name)
			}
		}
		log, err := anew.Verify(d.Context(), ledger.VerifyFilter{Anchors: []ledger.Head{want}})
		require.NoError(d, err)
		require.Nil(d, log.Break)
		audit, err := anew.Audit(d.Context())
		require.NoError(d, err)
		require.Empty(d, audit.Findings, copied.name)
	}
}

// undoAll opens what is closed, gives up what is held, and undoes every entry in reverse order.
func (d *drill) undoAll() {
	d.tick(time.Second)
	if !d.locked.IsZero() {
		d.deed("unlock", verdict{}, func(b *ledger.Books) (any, error) { return nil, b.Lock(d.Context(), ledger.Lock{}) })
		d.locked = date.Date{}
	}
	for _, first := range slices.SortedFunc(maps.Keys(d.months), date.Date.Compare) {
		d.openMonth(first)
	}
	d.reopenYear()
	if !d.shutTmp.IsZero() {
		d.closeTmp()
	}
	for _, h := range d.holds {
		if h.state == ledger.HoldOpen {
			d.deed("void", verdict{}, func(b *ledger.Books) (any, error) { return b.VoidHold(d.Context(), ledger.VoidHold{Hold: h.id}) })
			h.state = ledger.HoldVoid
		}
	}
	for _, m := range slices.Backward(slices.Clone(d.matches)) {
		d.tick(time.Millisecond)
		if m.until.IsZero() {
			d.unmatchIt(m)
		}
	}
	for _, j := range slices.Backward(slices.Clone(d.entries)) {
		d.tick(time.Millisecond)
		switch {
		case j.closing:
			require.True(d, j.reverses != nil || j.reversedBy != nil, "a year that is open has no closing entry left")
		case j.reversedBy == nil:
			d.reverseAt("undo", j, ledger.Reverse{Entry: j.id, Source: j.source}, j.date)
		default: // what was reversed, and the reversal just now, is undone by the same the other way round
			e := ledger.Entry{Date: j.date, Source: j.source, AllowSelf: true}
			for _, p := range opposite(j.jots) {
				e.Legs = append(e.Legs, ledger.Leg{Account: p.account, Amount: amountOf(p.currency, p.units), Dims: p.dims})
			}
			require.NotNil(d, d.post("undo by hand", e))
		}
	}
}

// nothing checks that nothing is left, on any day.
func (d *drill) nothing() {
	days := map[date.Date]bool{{}: true}
	for _, j := range d.entries {
		days[j.date] = true
	}
	at := slices.SortedFunc(maps.Keys(days), date.Date.Compare)
	if !storagetest.Long() { // each day of some
		d.rng.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
		at = at[:min(len(at), 25)]
	}
	for _, s := range d.stands {
		for _, day := range at {
			got, err := s.books.Balances(d.Context(), ledger.BalanceFilter{AsOf: day})
			require.NoError(d, err)
			for _, r := range got.Rows {
				require.True(d, r.Amount.IsZero(), "%s %s as of %s on %s", r.Account, r.Amount, day, s.name)
			}
		}
		for code, p := range plainChart {
			if p.isLive() {
				l, err := s.books.LiveBalance(d.Context(), code, "EUR", date.Must(2999, 12, 31))
				require.NoError(d, err)
				require.True(d, l.Booked.IsZero() && l.Held.IsZero() && l.Coming.IsZero(), "%+v", l)
			}
		}
		trial, err := s.books.TrialBalance(d.Context(), ledger.TrialFilter{})
		require.NoError(d, err)
		for _, r := range trial.Rows {
			require.True(d, r.Closing.IsZero())
		}
	}
}
