package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// A gap is a tenant's books as two processes have them, who each remember what they know of the chart.
type gap struct {
	t       *testing.T
	dbs     [2]*storage.DB
	books   [2]*ledger.Books
	writers [2]*ledger.Writer
	// between, if it is set, is called once in the middle of a posting: when its rules are read and nothing is written.
	between atomic.Pointer[func()]
}

func openGap(t *testing.T, e engine) *gap {
	t.Helper()
	d, g := e.open(t), &gap{t: t}
	for i := range g.dbs {
		store := storage.Open(d, storage.WithGuard(func(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string, _, _ any) error {
			if verb == "ledger.entry.post" {
				if fn := g.between.Swap(nil); fn != nil {
					(*fn)()
				}
			}
			return nil
		}))
		require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
		var err error
		if i == 0 {
			g.dbs[0], err = store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
		} else {
			g.dbs[i], err = store.Tenant(t.Context(), "acme")
		}
		require.NoError(t, err)
		g.books[i], g.writers[i] = ledger.New(g.dbs[i]), ledger.NewWriter(g.dbs[i], ledger.WriterOptions{FoldAfter: -1})
	}
	return g
}

// posters is how many post at once, each in one of the ways there are.
const posters = 8

// race posts entries while a verb is carried out, and returns the verb's error. A posting that begins after the verb has succeeded must
// be refused, if refused is not nil; any other may be.
func (g *gap) race(name string, entry func(who, n int) ledger.Entry, times int, refused error, verb func(b *ledger.Books) error) error {
	g.t.Helper()
	ctx := g.t.Context()
	var done atomic.Bool
	var wait sync.WaitGroup
	start := func(who, n int) error {
		e := entry(who, n)
		e.Key = storage.Key(fmt.Sprint(name, "/", who, "/", n))
		_, err := g.posted(ctx, who, e)
		return err
	}
	begun, failed := make(chan struct{}, posters), make(chan error, posters)
	for who := range posters {
		wait.Go(func() {
			for n := range times {
				after := done.Load()
				err := start(who, n)
				switch {
				case err != nil && !errors.Is(err, refused) && !errors.Is(err, ledger.ErrBelowFloor):
					failed <- fmt.Errorf("%s: poster %d: %w", name, who, err)
					return
				case after && err == nil && refused != nil:
					failed <- fmt.Errorf("%s: poster %d came in after the verb had answered", name, who)
					return
				}
				if n == 0 {
					begun <- struct{}{}
				}
			}
		})
	}
	if times > 1 { // some are in
		<-begun
	}
	err := verb(g.books[0])
	done.Store(err == nil)
	wait.Wait()
	close(failed)
	for err := range failed {
		g.t.Error(err)
	}
	return err
}

// posted posts in the way of one poster.
func (g *gap) posted(ctx context.Context, who int, e ledger.Entry) (list []ledger.Posted, err error) {
	at := who % 2
	switch who / 2 % 3 {
	case 0:
		return g.books[at].Post(ctx, e)
	case 1:
		return g.writers[at].Post(ctx, e)
	}
	err = g.dbs[at].Update(ctx, func(tx *storage.Tx) error {
		list, err = g.books[at].In(tx).Post(ctx, e)
		return err
	})
	return list, err
}

func (g *gap) balance(account string, d date.Date) string {
	g.t.Helper()
	a, err := g.books[1].Balance(g.t.Context(), account, "EUR", d)
	require.NoError(g.t, err)
	return a.Decimal().String()
}

func (g *gap) account(code string, of ledger.Type) {
	g.t.Helper()
	_, err := g.books[0].OpenAccount(g.t.Context(), ledger.OpenAccount{Code: code, Name: code, Type: of})
	require.NoError(g.t, err)
}

func TestNothingComesInAfterAVerbThatShutsItOut(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		g := openGap(t, e)
		ctx := t.Context()
		rounds, times := 4, 12
		if storagetest.Long() {
			rounds, times = 40, 40
		}
		// What was acknowledged before, and nothing else, is there when the verb has answered and when all have ended.
		shut := func(name string, day date.Date, verb func(b *ledger.Books) error) {
			sale := func(int, int) ledger.Entry { return transfer(day, ledger.Bank, ledger.Revenue, 100) }
			var then string
			require.NoError(t, g.race(name, sale, times, ledger.ErrClosedPeriod, func(b *ledger.Books) error {
				err := verb(b)
				then = g.balance(ledger.Revenue, day)
				return err
			}))
			require.Equal(t, then, g.balance(ledger.Revenue, day), name)
		}
		_, err := g.books[1].OpenYear(ctx, ledger.OpenYear{Year: 2025})
		require.NoError(t, err)
		for i := range rounds {
			day := date.Must(2019, 1, 1).AddDays(i)
			shut(fmt.Sprint("lock", i), day, func(b *ledger.Books) error { return b.Lock(ctx, ledger.Lock{Through: day}) })
			month := i%12 + 1
			shut(fmt.Sprint("period", i), date.Must(2025, 1, 15).AddMonths(month-1), func(b *ledger.Books) error {
				_, err := b.ClosePeriod(ctx, ledger.ClosePeriod{Year: 2025, Period: month, Hard: true})
				return err
			})
			if month == 12 {
				_, err := g.books[1].ReopenPeriod(ctx, ledger.ReopenPeriod{Year: 2025, Why: "again"})
				require.NoError(t, err)
			}
		}

		closed := 0
		for i := range 5 * rounds {
			code := fmt.Sprint("c", i)
			g.account(code, ledger.Asset)
			err := g.race(code, func(int, int) ledger.Entry { return transfer(date.Must(2026, 2, 1), code, ledger.Bank, 100) }, 1, ledger.ErrAccountClosed,
				func(b *ledger.Books) error {
					_, err := b.CloseAccount(ctx, ledger.CloseAccount{Code: code, Date: date.Must(2026, 1, 31)})
					return err
				})
			if err == nil {
				closed++
				require.Equal(t, "0", g.balance(code, date.Date{}), code)
			} else {
				require.ErrorIs(t, err, ledger.ErrUsed)
			}
		}
		t.Logf("%d of %d accounts were closed before the first posting", closed, 5*rounds)

		bound := 0
		for i := range 2 * rounds {
			code := fmt.Sprint("f", i)
			g.account(code, ledger.Asset)
			_, err := g.books[0].Post(ctx, transfer(date.Must(2026, 1, 1), code, ledger.Bank, 100))
			require.NoError(t, err)
			err = g.race(code, func(int, int) ledger.Entry { return transfer(date.Must(2026, 2, 1), ledger.Bank, code, 30) }, 1, nil,
				func(b *ledger.Books) error {
					return floorOn(ctx, b, code)
				})
			if err == nil {
				bound++
				require.Equal(t, "0.1", g.balance(code, date.Date{}), code)
			} else {
				require.ErrorIs(t, err, ledger.ErrBelowFloor)
			}
		}
		t.Logf("%d of %d accounts got their floor in time", bound, 2*rounds)

		for i := range rounds {
			code := fmt.Sprint("i", i)
			g.account(code, ledger.Asset)
			require.NoError(t, g.race(code, func(int, int) ledger.Entry { return transfer(date.Must(2026, 2, 1), code, ledger.Bank, 100) }, times, nil,
				func(b *ledger.Books) error {
					return itemsOn(ctx, b, code)
				}))
			require.Equal(t, fmt.Sprint(posters*times), g.balance(code, date.Date{}))
		}
		found, err := g.books[1].Audit(ctx)
		require.NoError(t, err)
		require.Empty(t, found.Findings)
	})
}

func floorOn(ctx context.Context, b *ledger.Books, code string) error {
	_, err := b.ChangeAccount(ctx, ledger.ChangeAccount{Code: code, Name: code, Bounds: &ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}}})
	return err
}

func itemsOn(ctx context.Context, b *ledger.Books, code string) error {
	on := true
	_, err := b.ChangeAccount(ctx, ledger.ChangeAccount{Code: code, Name: code, Items: &on})
	return err
}

// Each verb is carried out while a posting is under way that has read what held before: it is held against what holds now.
func TestAPostingUnderWayIsHeldAgainstWhatChangesMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		g := openGap(t, e)
		ctx := t.Context()
		_, err := g.books[1].OpenYear(ctx, ledger.OpenYear{Year: 2024})
		require.NoError(t, err)
		_, err = g.books[1].OpenYear(ctx, ledger.OpenYear{Year: 2025})
		require.NoError(t, err)
		verbs := []struct {
			name    string
			day     date.Date
			refused error
			verb    func(b *ledger.Books, code string) error
		}{
			{"lock", date.Must(2020, 1, 1), ledger.ErrClosedPeriod, func(b *ledger.Books, code string) error {
				return b.Lock(ctx, ledger.Lock{Through: date.Must(2020, 1, 1)})
			}},
			{"period", date.Must(2025, 6, 1), ledger.ErrClosedPeriod, func(b *ledger.Books, code string) error {
				_, err := b.ClosePeriod(ctx, ledger.ClosePeriod{Year: 2025, Period: 6})
				return err
			}},
			{"year", date.Must(2024, 6, 1), ledger.ErrClosedPeriod, func(b *ledger.Books, code string) error {
				_, err := b.CloseYear(ctx, ledger.CloseYear{Year: 2024})
				return err
			}},
			{"account", date.Must(2026, 2, 1), ledger.ErrAccountClosed, func(b *ledger.Books, code string) error {
				_, err := b.CloseAccount(ctx, ledger.CloseAccount{Code: code, Date: date.Must(2026, 1, 31)})
				return err
			}},
			{"floor", date.Must(2026, 2, 1), ledger.ErrBelowFloor, func(b *ledger.Books, code string) error { return floorOn(ctx, b, code) }},
			{"items", date.Must(2026, 2, 1), nil, func(b *ledger.Books, code string) error { return itemsOn(ctx, b, code) }},
		}
		for who := range 6 {
			for _, v := range verbs {
				for _, warm := range []bool{false, true} {
					if e.name == "sqlite" && (!warm || who/2%3 == 2) {
						continue // there a posting that has read something is the one writer
					}
					name := fmt.Sprint(v.name, "/", who, "/", warm)
					g.account(name, ledger.Asset)
					if warm { // the process remembers the account
						_, err := g.posted(ctx, who, keyed(name+"/warm", transfer(date.Must(2026, 1, 1), name, ledger.Bank, 100)))
						require.NoError(t, err)
					}
					before := g.balance(name, date.Date{})
					var changed error
					between := func() { changed = v.verb(g.books[0], name) }
					g.between.Store(&between)
					_, err := g.posted(ctx, who, keyed(name, transfer(v.day, ledger.Bank, name, 500)))
					require.NoError(t, changed, name)
					require.Nil(t, g.between.Load())
					require.ErrorIs(t, err, v.refused, name)
					if v.refused != nil {
						require.Equal(t, before, g.balance(name, date.Date{}), name)
					}
					g.undo(v.name)
				}
			}
		}
		found, err := g.books[1].Audit(ctx)
		require.NoError(t, err)
		require.Empty(t, found.Findings)
	})
}

// undo opens what a verb has closed for all.
func (g *gap) undo(verb string) {
	g.t.Helper()
	ctx, b := g.t.Context(), g.books[1]
	var err error
	switch verb {
	case "lock":
		err = b.Lock(ctx, ledger.Lock{})
	case "period":
		_, err = b.ReopenPeriod(ctx, ledger.ReopenPeriod{Year: 2025, Period: 6, Why: "again"})
	case "year":
		_, err = b.ReopenYear(ctx, ledger.ReopenYear{Year: 2024, Why: "again"})
	}
	require.NoError(g.t, err)
}

func keyed(key string, e ledger.Entry) ledger.Entry {
	e.Key = storage.Key(key)
	return e
}
