package ledger_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// holdWorld is books with a clock that is moved by hand.
type holdWorld struct {
	t      *testing.T
	b      *ledger.Books
	db     *storage.DB
	now    atomic.Pointer[time.Time]
	ticker *event.Ticker
}

func newHoldWorld(t *testing.T) *holdWorld {
	w := &holdWorld{t: t}
	start := time.Date(2017, 3, 1, 9, 0, 0, 0, time.UTC)
	w.now.Store(&start)
	store, db := openOn(t, newEngine(t), storage.Clock(func() time.Time { return *w.now.Load() }))
	w.db, w.b, w.ticker = db, ledger.New(db), event.NewTicker(store, nil)
	ledger.Handle(w.ticker)
	wallet(t, w.b, "w", limits(ledger.NonNegative()))
	post(t, w.b, fill("2017-03-01", "w", "100"))
	return w
}

func (w *holdWorld) pass(d time.Duration) {
	now := w.now.Load().Add(d)
	w.now.Store(&now)
}

func (w *holdWorld) hold(e ledger.Entry, expires time.Duration) *ledger.Held {
	w.t.Helper()
	cmd := ledger.Hold{Entry: e}
	if expires > 0 {
		cmd.Expires = w.now.Load().Add(expires)
	}
	h, err := w.b.Hold(w.t.Context(), cmd)
	require.NoError(w.t, err)
	return h
}

// stands checks what the wallet holds: booked, held, coming, available.
func (w *holdWorld) stands(want ...string) {
	w.t.Helper()
	l, err := w.b.LiveBalance(w.t.Context(), "w", "EUR", date.Date{})
	require.NoError(w.t, err)
	require.Equal(w.t, want, []string{l.Booked.Text(), l.Held.Text(), l.Coming.Text(), l.Available.Text()})
}

func (w *holdWorld) refused(e ledger.Entry, why error) {
	w.t.Helper()
	_, err := w.b.Post(w.t.Context(), e)
	require.ErrorIs(w.t, err, why)
}

func TestLTC5AHoldCountsAtOnce(t *testing.T) {
	w := newHoldWorld(t)
	h := w.hold(spend("2017-03-01", "w", "70"), 0)
	require.Equal(t, ledger.HoldOpen, h.State)
	require.True(t, h.Expires.IsZero())
	w.stands("100.00", "70.00", "0.00", "30.00")
	w.refused(spend("2017-03-01", "w", "30.01"), ledger.ErrBelowFloor)
	_, err := w.b.Hold(t.Context(), ledger.Hold{Entry: spend("2017-03-01", "w", "30.01")})
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	posted := post(t, w.b, spend("2017-03-01", "w", "10"))
	require.Equal(t, "20.00", posted[0].Balances[0].Available.Text())
	require.Equal(t, "70.00", posted[0].Balances[0].Held.Text())

	p, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Key: "post"})
	require.NoError(t, err)
	require.Equal(t, "20.00", p.Balances[0].Booked.Text())
	w.stands("20.00", "0.00", "0.00", "20.00")
	again, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Key: "post"})
	require.NoError(t, err)
	require.Equal(t, p, again)
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID})
	require.ErrorIs(t, err, ledger.ErrHoldOver)
	_, err = w.b.VoidHold(t.Context(), ledger.VoidHold{Hold: h.ID})
	require.ErrorIs(t, err, ledger.ErrHoldOver)
	full, err := w.b.Held(t.Context(), h.ID)
	require.NoError(t, err)
	require.Equal(t, []storage.ID[ledger.Posted]{p.ID}, full.Posted)
	require.Equal(t, ledger.HoldPosted, full.State)
}

func TestLTC5APartialPostFreesTheRest(t *testing.T) {
	w := newHoldWorld(t)
	h := w.hold(spend("2017-03-01", "w", "70"), 0)
	_, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("70.01")})
	require.ErrorIs(t, err, ledger.ErrHoldLeft)
	p, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("25"), Text: "shipped"})
	require.NoError(t, err)
	require.Equal(t, "shipped", p.Text)
	w.stands("75.00", "0.00", "0.00", "75.00")

	t.Run("or keeps it, for further parts", func(t *testing.T) {
		h := w.hold(spend("2017-03-01", "w", "60"), 0)
		for _, step := range []struct {
			amount string
			keep   bool
			want   []string
			state  ledger.HoldState
		}{
			{"10", true, []string{"65.00", "50.00", "0.00", "15.00"}, ledger.HoldOpen},
			{"15", true, []string{"50.00", "35.00", "0.00", "15.00"}, ledger.HoldOpen},
			{"35", true, []string{"15.00", "0.00", "0.00", "15.00"}, ledger.HoldPosted},
		} {
			_, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur(step.amount), Keep: step.keep})
			require.NoError(t, err)
			w.stands(step.want...)
			h, err = w.b.Held(t.Context(), h.ID)
			require.NoError(t, err)
			require.Equal(t, step.state, h.State)
		}
		require.Len(t, h.Posted, 3)
	})
}

func TestPartsOfAHoldAddUpToItsLegs(t *testing.T) {
	w := newHoldWorld(t)
	// 100.00 of the wallet pay 33.33 of goods, 33.33 of shipping and 33.34 of tax. Worked by hand: of 50.00 they get 16.665, 16.665
	// and 16.67, of which the first takes the minor unit that is left.
	e := ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{ledger.Debit("w", eur("100"), ledger.Dims{}),
		ledger.Credit(ledger.Revenue, eur("33.33"), ledger.Dims{}), ledger.Credit(ledger.GoodsRevenue, eur("33.33"), ledger.Dims{}),
		ledger.Credit(ledger.TaxPayable, eur("33.34"), ledger.Dims{})}}
	h := w.hold(e, 0)
	for i, amount := range []string{"50", "0.01", "0.02", "7.77"} {
		p, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur(amount), Keep: true})
		require.NoError(t, err)
		if full, err := w.b.Entry(t.Context(), p.ID); i == 0 {
			require.NoError(t, err)
			var got []string
			for _, l := range full.Legs {
				got = append(got, l.Amount.Text())
			}
			require.Equal(t, []string{"50.00", "-16.67", "-16.66", "-16.67"}, got)
		}
	}
	_, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID})
	require.NoError(t, err)
	for account, want := range map[string]string{"w": "0.00", ledger.Revenue: "-33.33", ledger.GoodsRevenue: "-33.33",
		ledger.TaxPayable: "-33.34"} {
		got, err := w.b.Balance(t.Context(), account, "EUR", date.Date{})
		require.NoError(t, err)
		require.Equal(t, want, got.Text(), account)
	}
}

func TestLTC5AHoldExpiresByTheClockThoughNobodyCalls(t *testing.T) {
	w := newHoldWorld(t)
	h := w.hold(spend("2017-03-01", "w", "70"), time.Hour)
	w.refused(spend("2017-03-01", "w", "40"), ledger.ErrBelowFloor)
	w.pass(time.Hour - time.Microsecond)
	w.stands("100.00", "70.00", "0.00", "30.00")
	w.pass(time.Microsecond)
	w.stands("100.00", "0.00", "0.00", "100.00")
	seen, err := w.b.Held(t.Context(), h.ID)
	require.NoError(t, err)
	require.Equal(t, ledger.HoldExpired, seen.State)
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID})
	require.ErrorIs(t, err, ledger.ErrHoldExpired)
	_, err = w.b.VoidHold(t.Context(), ledger.VoidHold{Hold: h.ID})
	require.ErrorIs(t, err, ledger.ErrHoldExpired)
	post(t, w.b, spend("2017-03-01", "w", "100"))
	w.stands("0.00", "0.00", "0.00", "0.00")

	t.Run("and the ticker tells", func(t *testing.T) {
		_, err := w.ticker.Tick(t.Context())
		require.NoError(t, err)
		var names []string
		for e, err := range event.All(t.Context(), w.db, event.Filter{Subject: h.Ref()}) {
			require.NoError(t, err)
			names = append(names, e.Name)
		}
		require.Equal(t, []string{"ledger.hold.placed", "ledger.hold.expired"}, names)
		w.stands("0.00", "0.00", "0.00", "0.00")
	})
	t.Run("which frees it as well", func(t *testing.T) {
		post(t, w.b, fill("2017-03-01", "w", "100"))
		w.hold(spend("2017-03-01", "w", "70"), time.Hour)
		w.hold(spend("2017-03-01", "w", "10"), 2*time.Hour)
		w.pass(time.Hour)
		_, err := w.ticker.Tick(t.Context())
		require.NoError(t, err)
		w.stands("100.00", "10.00", "0.00", "90.00")
	})
}

func TestAHoldCountsFromItsDate(t *testing.T) {
	w := newHoldWorld(t)
	w.hold(spend("2017-03-10", "w", "70"), 0)
	w.stands("100.00", "0.00", "0.00", "100.00") // today is the 1st
	w.refused(spend("2017-03-01", "w", "31"), ledger.ErrBelowFloor)
	l, err := w.b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-10"))
	require.NoError(t, err)
	require.Equal(t, eur("30"), l.Available)

	t.Run("what comes is not available, and counts against a ceiling", func(t *testing.T) {
		wallet(t, w.b, "c", limits(ledger.NonNegative(), ledger.CreditLimit(eur("50"))))
		h := w.hold(fill("2017-03-01", "c", "40"), 0)
		w.refused(spend("2017-03-02", "c", "1"), ledger.ErrBelowFloor)
		w.refused(fill("2017-03-02", "c", "11"), ledger.ErrAboveCeiling)
		post(t, w.b, fill("2017-03-02", "c", "10"))
		l, err := w.b.LiveBalance(t.Context(), "c", "EUR", day("2017-03-02"))
		require.NoError(t, err)
		require.Equal(t, []money.Amount{eur("10"), eur("40"), eur("10")}, []money.Amount{l.Booked, l.Coming, l.Available})
		_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID})
		require.NoError(t, err)
	})
	t.Run("posted at another date it frees its own", func(t *testing.T) {
		h := w.hold(spend("2017-04-01", "w", "30"), 0)
		_, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Date: day("2017-02-28")})
		require.ErrorIs(t, err, ledger.ErrBelowFloor)
		require.Equal(t, "2017-02-28", limitError(t, err).Date.String())
		p, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Date: day("2017-03-15")})
		require.NoError(t, err)
		require.Equal(t, day("2017-03-15"), p.Date)
	})
}

func TestWhatCannotBeHeld(t *testing.T) {
	w := newHoldWorld(t)
	_, err := w.b.Hold(t.Context(), ledger.Hold{Entry: simple("2017-03-01", ledger.Travel, ledger.Bank, "1")})
	require.ErrorIs(t, err, ledger.ErrNotLive)
	_, err = w.b.Hold(t.Context(), ledger.Hold{Entry: spend("2017-03-01", "w", "1"), Expires: *w.now.Load()})
	require.True(t, storage.Has(err, "expires", storage.CodeRange))
	_, err = w.b.Hold(t.Context(), ledger.Hold{Entry: spend("2017-03-01", "none", "1")})
	require.ErrorIs(t, err, ledger.ErrNoAccount)
	h := w.hold(ledger.Entry{Date: day("2017-03-01"), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit("w", eur("10"), ledger.Dims{}), ledger.Credit(ledger.Bank, money.MustParse("11 USD"), ledger.Dims{})}}, 0)
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("5")})
	require.True(t, storage.Has(err, "amount", storage.CodeCurrency))
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("-5")})
	require.True(t, storage.Has(err, "amount", storage.CodeNegative))
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("0")})
	require.True(t, storage.Has(err, "amount", ledger.CodeZero))
	p, err := w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID})
	require.NoError(t, err)
	full, err := w.b.Entry(t.Context(), p.ID)
	require.NoError(t, err)
	require.Len(t, full.Legs, 4)
}

func TestHoldsAreListed(t *testing.T) {
	w := newHoldWorld(t)
	wallet(t, w.b, "v", ledger.Bounds{Live: true})
	order := storage.Ref{Kind: "order", ID: "7"}
	sourced := spend("2017-03-01", "w", "1")
	sourced.Source = order
	open := w.hold(sourced, 0)
	soon := w.hold(spend("2017-03-01", "w", "1"), time.Hour)
	void := w.hold(simple("2017-03-01", "w", "v", "1"), 0)
	done := w.hold(simple("2017-03-01", "v", ledger.Bank, "1"), 2*time.Hour)
	_, err := w.b.VoidHold(t.Context(), ledger.VoidHold{Hold: void.ID})
	require.NoError(t, err)
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: done.ID})
	require.NoError(t, err)
	w.pass(time.Hour)
	type ids = []storage.ID[ledger.Held]
	list := func(f ledger.HoldFilter) (out ids) {
		for h, err := range w.b.Holds(t.Context(), f) {
			require.NoError(t, err)
			out = append(out, h.ID)
		}
		return out
	}
	check := func() {
		for i, c := range []struct {
			f    ledger.HoldFilter
			want ids
		}{
			{ledger.HoldFilter{}, ids{open.ID, soon.ID, void.ID, done.ID}},
			{ledger.HoldFilter{Desc: true}, ids{done.ID, void.ID, soon.ID, open.ID}},
			{ledger.HoldFilter{Account: "v"}, ids{void.ID, done.ID}},
			{ledger.HoldFilter{Account: "w", Desc: true}, ids{void.ID, soon.ID, open.ID}},
			{ledger.HoldFilter{Account: "w", State: ledger.HoldOpen}, ids{open.ID}},
			{ledger.HoldFilter{State: ledger.HoldOpen}, ids{open.ID}},
			{ledger.HoldFilter{State: ledger.HoldExpired}, ids{soon.ID}},
			{ledger.HoldFilter{State: ledger.HoldVoid}, ids{void.ID}},
			{ledger.HoldFilter{Account: "v", State: ledger.HoldPosted}, ids{done.ID}},
			{ledger.HoldFilter{Source: order}, ids{open.ID}},
			{ledger.HoldFilter{Source: order, Account: "w"}, ids{open.ID}},
			{ledger.HoldFilter{Source: order, Account: "v"}, nil},
		} {
			require.Equal(t, c.want, list(c.f), fmt.Sprint(i))
		}
	}
	check()
	_, err = w.ticker.Tick(t.Context())
	require.NoError(t, err)
	check()
	page, err := w.b.HoldsPage(t.Context(), ledger.HoldFilter{Account: "w", Limit: 2}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	page, err = w.b.HoldsPage(t.Context(), ledger.HoldFilter{Account: "w", Limit: 2}, page.Next)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Empty(t, page.Next)
}

func TestAHoldIsPlacedOnceUnderItsKey(t *testing.T) {
	w := newHoldWorld(t)
	e := spend("2017-03-01", "w", "70")
	e.Key = "cart"
	first, err := w.b.Hold(t.Context(), ledger.Hold{Entry: e, Expires: w.now.Load().Add(time.Hour)})
	require.NoError(t, err)
	again, err := w.b.Hold(t.Context(), ledger.Hold{Entry: e, Expires: w.now.Load().Add(time.Hour)})
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	w.stands("100.00", "70.00", "0.00", "30.00")
	_, err = w.b.Hold(t.Context(), ledger.Hold{Entry: e})
	require.ErrorIs(t, err, storage.ErrKeyReused)
}

func TestHoldsFollowTheBoundsOfTheirAccount(t *testing.T) {
	w := newHoldWorld(t)
	wallet(t, w.b, "v", ledger.Bounds{})
	post(t, w.b, fill("2017-03-01", "v", "50"))
	h := w.hold(ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{ledger.Debit("w", eur("10"), ledger.Dims{}),
		ledger.Debit("v", eur("20"), ledger.Dims{}), ledger.Credit(ledger.Bank, eur("30"), ledger.Dims{})}}, time.Hour)
	change := func(code string, bounds ledger.Bounds) {
		_, err := w.b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: code, Name: "W", Bounds: &bounds})
		require.NoError(t, err)
	}
	change("v", limits(ledger.NonNegative()))
	l, err := w.b.LiveBalance(t.Context(), "v", "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, []money.Amount{eur("50"), eur("20"), eur("30")}, []money.Amount{l.Booked, l.Held, l.Available})
	change("w", ledger.Bounds{})
	_, err = w.b.PostHold(t.Context(), ledger.PostHold{Hold: h.ID, Amount: eur("15"), Keep: true})
	require.NoError(t, err)
	change("w", limits(ledger.NonNegative()))
	w.stands("95.00", "5.00", "0.00", "90.00")
	w.pass(time.Hour)
	w.stands("95.00", "0.00", "0.00", "95.00")
	change("w", ledger.Bounds{})
	change("w", ledger.Bounds{Live: true})
	w.stands("95.00", "0.00", "0.00", "95.00")
	_, err = w.ticker.Tick(t.Context())
	require.NoError(t, err)
	w.stands("95.00", "0.00", "0.00", "95.00")
}
