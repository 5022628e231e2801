package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

// wallet opens a customer's wallet, a liability, with bounds.
func wallet(t testing.TB, b *ledger.Books, code string, bounds ledger.Bounds) {
	t.Helper()
	_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: code, Name: "Wallet", Type: ledger.Liability, Bounds: bounds})
	require.NoError(t, err)
}

// fill and spend move an amount into a wallet, and out of it.
func fill(d, wallet, amount string) ledger.Entry  { return simple(d, ledger.Bank, wallet, amount) }
func spend(d, wallet, amount string) ledger.Entry { return simple(d, wallet, ledger.Bank, amount) }

func limits(list ...ledger.Limit) ledger.Bounds { return ledger.Bounds{Limits: list} }

func limitError(t testing.TB, err error) *ledger.LimitError {
	t.Helper()
	var limit *ledger.LimitError
	require.ErrorAs(t, err, &limit)
	return limit
}

func TestAFloorHoldsAtEveryBusinessDate(t *testing.T) {
	// What is in the wallet, what is asked, and the day on which how much is missing ("" if it is admitted). Worked by hand.
	for _, c := range []struct {
		name          string
		before        []ledger.Entry
		asked         ledger.Entry
		date, missing string
	}{
		{name: "what is there", before: []ledger.Entry{fill("2017-03-01", "w", "100")}, asked: spend("2017-03-02", "w", "100")},
		{name: "more than is there", before: []ledger.Entry{fill("2017-03-01", "w", "100")}, asked: spend("2017-03-02", "w", "100.01"),
			date: "2017-03-02", missing: "0.01"},
		{name: "LT-C2 before it came", before: []ledger.Entry{fill("2017-03-05", "w", "100")}, asked: spend("2017-03-04", "w", "40"),
			date: "2017-03-04", missing: "40.00"},
		{name: "LT-C2 on the day it came", before: []ledger.Entry{fill("2017-03-05", "w", "100")}, asked: spend("2017-03-05", "w", "40")},
		{name: "LT-C2 a later day of the month lacks it", asked: spend("2017-03-02", "w", "30"),
			before: []ledger.Entry{fill("2017-03-01", "w", "100"), spend("2017-03-20", "w", "80"), fill("2017-03-21", "w", "500")},
			date:   "2017-03-20", missing: "10.00"},
		{name: "LT-C2 a later month lacks it", asked: spend("2017-03-02", "w", "30"),
			before: []ledger.Entry{fill("2017-03-01", "w", "100"), spend("2017-07-20", "w", "80"), fill("2017-07-21", "w", "500")},
			date:   "2017-07-20", missing: "10.00"},
		{name: "LT-C2 a later year lacks it", asked: spend("2017-03-02", "w", "30"),
			before: []ledger.Entry{fill("2017-03-01", "w", "100"), spend("2019-07-20", "w", "80"), fill("2019-07-21", "w", "500")},
			date:   "2019-07-20", missing: "10.00"},
		{name: "LT-C2 of several days the one that lacks most", asked: spend("2017-01-02", "w", "50"),
			before: []ledger.Entry{fill("2016-12-31", "w", "100"), spend("2017-02-01", "w", "60"), fill("2017-02-02", "w", "60"),
				spend("2018-02-01", "w", "90"), fill("2018-02-02", "w", "90"), spend("2018-02-05", "w", "70")},
			date: "2018-02-01", missing: "40.00"},
		{name: "LT-C3 money of tomorrow", before: []ledger.Entry{fill("2017-03-05", "w", "100"), fill("2017-03-01", "w", "10")},
			asked: spend("2017-03-04", "w", "10.01"), date: "2017-03-04", missing: "0.01"},
		{name: "spent in the past, nothing later", before: []ledger.Entry{fill("2016-03-01", "w", "10"), fill("2018-03-01", "w", "10")},
			asked: spend("2017-03-04", "w", "10")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ledger.New(open(t))
			wallet(t, b, "w", limits(ledger.NonNegative()))
			post(t, b, c.before...)
			_, err := b.Post(t.Context(), c.asked)
			if c.missing == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ledger.ErrBelowFloor)
			limit := limitError(t, err)
			require.Equal(t, "w", limit.Account)
			require.Equal(t, c.date, limit.Date.String())
			require.Equal(t, c.missing, limit.Missing.Text())
			require.Equal(t, "-"+c.missing, limit.Balance.Text())
		})
	}
}

func TestLTC12LimitsHoldInBothDirectionsAndBothBounds(t *testing.T) {
	d := func(s string) *decimal.Decimal { v := decimal.RequireFromString(s); return &v }
	type step struct{ debit, amount, why string } // debit "" credits the account
	for _, c := range []struct {
		name  string
		typ   ledger.Type
		limit ledger.Limit
		steps []step
	}{
		{"an asset not below zero", ledger.Asset, ledger.NonNegative(),
			[]step{{"", "1", "floor"}, {"x", "5", ""}, {"", "5", ""}, {"", "0.01", "floor"}}},
		{"a liability not below zero", ledger.Liability, ledger.NonNegative(),
			[]step{{"x", "1", "floor"}, {"", "5", ""}, {"x", "5", ""}, {"x", "0.01", "floor"}}},
		{"debits not over credits, of an asset", ledger.Asset, ledger.DebitsNotOverCredits(),
			[]step{{"x", "1", "ceiling"}, {"", "5", ""}, {"x", "5", ""}, {"x", "0.01", "ceiling"}}},
		{"debits not over credits, of income", ledger.Income, ledger.DebitsNotOverCredits(),
			[]step{{"x", "1", "ceiling"}, {"", "5", ""}, {"x", "5", ""}, {"x", "0.01", "ceiling"}}},
		{"credits not over debits, of equity", ledger.Equity, ledger.CreditsNotOverDebits(),
			[]step{{"", "1", "floor"}, {"x", "5", ""}, {"", "5", ""}, {"", "0.01", "floor"}}},
		{"an overdraft", ledger.Asset, ledger.Floor(eur("-100")),
			[]step{{"", "100", ""}, {"", "0.01", "floor"}, {"x", "50", ""}, {"", "50", ""}}},
		{"a credit limit on what is owed to us", ledger.Asset, ledger.CreditLimit(eur("100")),
			[]step{{"x", "100", ""}, {"x", "0.01", "ceiling"}, {"", "300", ""}, {"x", "300.01", "ceiling"}, {"x", "300", ""}}},
		{"a ceiling on what we owe", ledger.Liability, ledger.CreditLimit(eur("100")),
			[]step{{"", "100", ""}, {"", "0.01", "ceiling"}, {"x", "100", ""}}},
		{"a corridor", ledger.Liability, ledger.Limit{Currency: "EUR", Min: d("-10"), Max: d("10")},
			[]step{{"x", "10.01", "floor"}, {"", "10.01", "ceiling"}, {"x", "10", ""}, {"", "20", ""}, {"", "0.01", "ceiling"}}},
		{"a floor above zero is filled step by step", ledger.Asset, ledger.Floor(eur("100")),
			[]step{{"x", "50", ""}, {"", "1", "floor"}, {"x", "51", ""}, {"", "1", ""}, {"", "1", "floor"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ledger.New(open(t))
			_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "a", Name: "A", Type: c.typ, Bounds: limits(c.limit)})
			require.NoError(t, err)
			for i, s := range c.steps {
				e := simple("2017-03-01", "a", ledger.Bank, s.amount)
				if s.debit == "" {
					e = simple("2017-03-01", ledger.Bank, "a", s.amount)
				}
				_, err := b.Post(t.Context(), e)
				switch s.why {
				case "":
					require.NoError(t, err, "step %d", i)
				case "floor":
					require.ErrorIs(t, err, ledger.ErrBelowFloor, "step %d", i)
				default:
					require.ErrorIs(t, err, ledger.ErrAboveCeiling, "step %d", i)
				}
			}
		})
	}
}

func TestALimitOfOneCurrencyLeavesOthersAlone(t *testing.T) {
	b := ledger.New(open(t))
	wallet(t, b, "w", limits(ledger.Floor(money.MustParse("0 USD")), ledger.CreditLimit(eur("50"))))
	post(t, b, spend("2017-03-01", "w", "10"))
	usd := money.MustParse("1 USD")
	_, err := b.Post(t.Context(), ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{ledger.Debit("w", usd, ledger.Dims{}),
		ledger.Credit(ledger.Bank, usd, ledger.Dims{})}})
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	require.Equal(t, "0.00 USD", limitError(t, err).Limit.String())
	_, err = b.Post(t.Context(), fill("2017-03-01", "w", "60.01"))
	require.ErrorIs(t, err, ledger.ErrAboveCeiling)
	require.Equal(t, eur("0.01"), limitError(t, err).Missing)
}

func TestNowOnlyJudgesWhatIsRecordedWhateverItsDate(t *testing.T) {
	b := ledger.New(open(t))
	wallet(t, b, "w", ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}, NowOnly: true})
	post(t, b, fill("2017-12-01", "w", "100"), spend("2017-03-01", "w", "60"))
	_, err := b.Post(t.Context(), spend("2018-03-01", "w", "40.01"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	require.True(t, limitError(t, err).Date.IsZero())
	_, err = b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: "w", Name: "W", Bounds: &ledger.Bounds{
		Limits: []ledger.Limit{ledger.NonNegative()}}})
	require.ErrorIs(t, err, ledger.ErrBelowFloor, "on a day of the past it is broken")
	require.Equal(t, "2017-03-01", limitError(t, err).Date.String())
}

func TestEveryPathIsHeldAgainstTheLimits(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	wallet(t, b, "w", limits(ledger.NonNegative()))
	filled := post(t, b, fill("2017-03-01", "w", "100"), spend("2017-03-02", "w", "60"))
	t.Run("a reversal", func(t *testing.T) {
		_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: filled[0].ID})
		require.ErrorIs(t, err, ledger.ErrBelowFloor)
		require.Equal(t, eur("60"), limitError(t, err).Missing)
	})
	t.Run("a correction, the reversal and what stands instead as one", func(t *testing.T) {
		wrong, last := filled[0].ID, storage.ID[ledger.Posted]{}
		for amount, missing := range map[string]string{"70": "", "59.99": "0.01"} {
			out, err := b.Correct(t.Context(), ledger.Correct{Entry: wrong, Instead: fill("2017-03-01", "w", amount)})
			if missing != "" {
				require.ErrorIs(t, err, ledger.ErrBelowFloor)
				require.Equal(t, eur(missing), limitError(t, err).Missing)
				continue
			}
			require.NoError(t, err)
			require.Empty(t, out.Reversal.Balances)
			require.Equal(t, eur(amount), out.Instead.Balances[0].Booked)
			wrong, last = out.Instead.ID, out.Instead.ID
		}
		_, err := b.Correct(t.Context(), ledger.Correct{Entry: last, Instead: fill("2017-03-01", "w", "100")})
		require.NoError(t, err)
		now, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-02"))
		require.NoError(t, err)
		require.Equal(t, eur("40"), now.Booked)
	})
	t.Run("LT-C8 a reversal at the original date keeps the live balance in the same commit", func(t *testing.T) {
		p, err := b.Reverse(t.Context(), ledger.Reverse{Entry: filled[1].ID, Key: "undo"})
		require.NoError(t, err)
		require.Equal(t, eur("100"), p.Balances[0].Booked)
		again, err := b.Reverse(t.Context(), ledger.Reverse{Entry: filled[1].ID, Key: "undo"})
		require.NoError(t, err)
		require.Equal(t, p, again)
		now, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-02"))
		require.NoError(t, err)
		require.Equal(t, eur("100"), now.Booked)
	})
	t.Run("a batch, after each entry, all or none", func(t *testing.T) {
		_, err := b.Post(t.Context(), fill("2017-03-03", "w", "1"), spend("2017-03-03", "w", "101.50"), fill("2017-03-03", "w", "9"))
		require.ErrorIs(t, err, ledger.ErrBelowFloor)
		require.Equal(t, 1, limitError(t, err).Entry)
		require.Equal(t, eur("0.50"), limitError(t, err).Missing)
		now, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-03"))
		require.NoError(t, err)
		require.Equal(t, eur("100"), now.Booked)
	})
	t.Run("inside a transaction, twice", func(t *testing.T) {
		require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
			in := b.In(tx)
			post(t, in, spend("2017-03-03", "w", "70"))
			_, err := in.Post(t.Context(), spend("2017-03-03", "w", "70"))
			require.ErrorIs(t, err, ledger.ErrBelowFloor)
			post(t, in, spend("2017-03-03", "w", "30"))
			return nil
		}))
		now, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-03"))
		require.NoError(t, err)
		require.True(t, now.Available.IsZero())
	})
}

func TestLTC4ARefusalIsKeptWithItsKey(t *testing.T) {
	b := ledger.New(open(t))
	wallet(t, b, "w", limits(ledger.NonNegative()))
	e := spend("2017-03-01", "w", "10")
	e.Key = "once"
	_, err := b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	post(t, b, fill("2017-03-01", "w", "100"))
	_, again := b.Post(t.Context(), e)
	require.ErrorIs(t, again, ledger.ErrBelowFloor)
	require.Equal(t, err.Error(), again.Error())
	require.Contains(t, again.Error(), `"w" would hold -10.00 EUR on 2017-03-01, 10.00 EUR is missing`)
}

func TestLTC13AnAnswerHasTheNewBalances(t *testing.T) {
	b := ledger.New(open(t))
	wallet(t, b, "w", limits(ledger.NonNegative()))
	wallet(t, b, "v", ledger.Bounds{Live: true})
	list := []ledger.Entry{fill("2017-03-01", "w", "100"), simple("2017-03-02", "w", "v", "30"), fill("2017-02-01", "w", "1")}
	for i := range list {
		list[i].Key = storage.Key(list[i].Date.String())
	}
	posted := post(t, b, list...)
	type line struct{ account, booked, available string }
	var got [][]line
	for _, p := range posted {
		var lines []line
		for _, l := range p.Balances {
			require.Equal(t, p.Date, l.Date)
			lines = append(lines, line{l.Account, l.Booked.Text(), l.Available.Text()})
		}
		got = append(got, lines)
	}
	require.Equal(t, [][]line{{{"w", "100.00", "100.00"}}, {{"w", "70.00", "70.00"}, {"v", "30.00", "30.00"}},
		{{"w", "1.00", "1.00"}}}, got)
	require.Equal(t, posted, post(t, b, list...), "the key answers with the balances of its moment")
	_, err := b.LiveBalance(t.Context(), ledger.Bank, "EUR", day("2017-03-01"))
	require.ErrorIs(t, err, ledger.ErrNotLive)
	_, err = b.LiveBalance(t.Context(), "none", "EUR", day("2017-03-01"))
	require.ErrorIs(t, err, ledger.ErrNoAccount)
}

func TestBoundsOfAnAccountWithPostings(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	wallet(t, b, "w", ledger.Bounds{})
	post(t, b, fill("2017-03-01", "w", "100"), spend("2017-05-01", "w", "150"), fill("2018-05-02", "w", "150"))
	change := func(bounds *ledger.Bounds) error {
		_, err := b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: "w", Name: "W", Bounds: bounds})
		return err
	}
	floor := func(s string) *ledger.Bounds { return &ledger.Bounds{Limits: []ledger.Limit{ledger.Floor(eur(s))}} }
	err := change(floor("0"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	require.Equal(t, "2017-05-01", limitError(t, err).Date.String())
	require.Equal(t, eur("50"), limitError(t, err).Missing)
	require.NoError(t, change(floor("-50")))
	a, err := b.Account(t.Context(), "w")
	require.NoError(t, err)
	require.Len(t, a.Limits, 1)
	require.NoError(t, change(nil), "who names no bounds leaves them")
	_, err = b.Post(t.Context(), spend("2017-04-01", "w", "1"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	require.Equal(t, "2017-05-01", limitError(t, err).Date.String())
	err = change(floor("-49"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor, "a live account as well")
	require.Equal(t, "2017-05-01", limitError(t, err).Date.String())
	require.NoError(t, change(&ledger.Bounds{}))
	post(t, b, spend("2017-04-01", "w", "1"))
	require.NoError(t, change(floor("-51")))
	_, err = b.Post(t.Context(), spend("2017-04-01", "w", "0.01"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	require.NoError(t, change(&ledger.Bounds{Live: true}))
	post(t, b, spend("2017-04-01", "w", "0.01"))
}

func TestWhatIsWrongWithBounds(t *testing.T) {
	b := ledger.New(open(t))
	one, two := decimal.NewFromInt(1), decimal.NewFromInt(2)
	fine := decimal.RequireFromString("0.001")
	huge := decimal.RequireFromString("1e30")
	for path, a := range map[string]ledger.OpenAccount{
		"limits.0.currency required": {Bounds: limits(ledger.Limit{Min: &one})},
		"limits.0.currency currency": {Currency: "USD", Bounds: limits(ledger.Limit{Currency: "EUR", Min: &one})},
		"limits.0.min required":      {Bounds: limits(ledger.Limit{})},
		"limits.0.max range":         {Bounds: limits(ledger.Limit{Currency: "EUR", Min: &two, Max: &one})},
		"limits.0.min scale":         {Bounds: limits(ledger.Limit{Currency: "EUR", Min: &fine})},
		"limits.0.max range ":        {Bounds: limits(ledger.Limit{Currency: "EUR", Max: &huge})},
		"heading choice":             {Heading: true, Bounds: ledger.Bounds{Live: true}},
		"limits too_long":            {Bounds: limits(make([]ledger.Limit, 101)...)},
	} {
		a.Code, a.Name, a.Type = "x", "X", ledger.Asset
		_, err := b.OpenAccount(t.Context(), a)
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad, path)
		require.Contains(t, bad.Fields[0].Path+" "+bad.Fields[0].Code, path[:len(path)-1])
	}
	own := one
	_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "x", Name: "X", Type: ledger.Asset,
		Bounds: limits(ledger.Limit{Currency: "POINTS", Max: &own})})
	require.ErrorIs(t, err, ledger.ErrCommodity)
}

// gate lets a test do something in the middle of a posting: when guards are asked, after the rules are read.
type gate struct{ meanwhile func() }

func TestAPostingUnderWayWhenItsAccountBecomesLiveIsHeldAgainstItsLimits(t *testing.T) {
	g := &gate{}
	_, db := openOn(t, newEngine(t), storage.WithGuard(func(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string,
		_, _ any) error {
		if verb == "ledger.entry.post" && g.meanwhile != nil {
			do := g.meanwhile
			g.meanwhile = nil
			do()
		}
		return nil
	}))
	b := ledger.New(db)
	wallet(t, b, "w", ledger.Bounds{})
	post(t, b, fill("2017-03-01", "w", "100"))
	live := func() {
		_, err := b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: "w", Name: "W", Bounds: &ledger.Bounds{
			Limits: []ledger.Limit{ledger.NonNegative()}}})
		require.NoError(t, err)
	}
	g.meanwhile = live
	_, err := b.Post(t.Context(), spend("2017-03-02", "w", "100.01"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	_, err = b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: "w", Name: "W", Bounds: &ledger.Bounds{}})
	require.NoError(t, err)
	g.meanwhile = live
	post(t, b, spend("2017-03-02", "w", "30"))
	l, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-02"))
	require.NoError(t, err)
	require.Equal(t, "70.00", l.Booked.Text())
	_, err = b.Post(t.Context(), spend("2017-03-02", "w", "70.01"))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
}

func TestALiveBalanceThatWouldLeave64BitsIsRefused(t *testing.T) {
	b := ledger.New(open(t))
	wallet(t, b, "w", ledger.Bounds{Live: true})
	e := fill("2017-03-01", "w", "1")
	most, err := money.Minor("EUR", ledger.MaxMinor)
	require.NoError(t, err)
	e.Legs = nil
	for range 89 {
		e.Legs = append(e.Legs, ledger.Credit("w", most, ledger.Dims{}), ledger.Debit(ledger.Bank, most, ledger.Dims{}))
	}
	post(t, b, e)
	_, err = b.Post(t.Context(), e)
	require.True(t, errors.Is(err, driver.ErrOverflow))
	l, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-01"))
	require.NoError(t, err)
	require.Equal(t, "89000000000000000.00", l.Booked.Text())
}
