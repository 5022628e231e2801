package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/storagetest"
)

// rupees are books kept in INR.
func rupees(t testing.TB) *ledger.Books {
	t.Helper()
	b := ledger.New(open(t))
	_, err := b.Configure(t.Context(), ledger.Configure{Base: "INR"})
	require.NoError(t, err)
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{},
		ledger.OpenAccount{Code: "1101", Name: "Debtors", Type: ledger.Asset},
		ledger.OpenAccount{Code: "2011", Name: "Creditors", Type: ledger.Liability}))
	return b
}

// exchanged is an entry whose value passes between currencies.
func exchanged(d string, legs ...string) ledger.Entry {
	e := ledger.Entry{Date: day(d), Exchange: ledger.Exchange}
	for i := 0; i < len(legs); i += 2 {
		e.Legs = append(e.Legs, ledger.Leg{Account: legs[i], Amount: money.MustParse(legs[i+1])})
	}
	return e
}

func at85() map[money.Currency]decimal.Decimal {
	return map[money.Currency]decimal.Decimal{"USD": decimal.NewFromInt(85)}
}

func TestWEFX2AnInvoiceIsRevalued(t *testing.T) {
	b := rupees(t)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"))
	cmd := ledger.Revalue{Date: day("2017-03-31"), Rates: at85(), Dry: true}
	dry, err := b.Revalue(t.Context(), cmd)
	require.NoError(t, err)
	require.Len(t, dry.Lines, 1)
	l := dry.Lines[0]
	require.Equal(t, "1101 100.00 USD 8500.00 INR 8000.00 INR 500.00 INR", fmt.Sprint(l.Account, " ", l.Amount, " ", l.Value, " ",
		l.Booked, " ", l.Gain))
	require.Equal(t, "0.00", held(t, b, ledger.ExchangeGains, "INR", "2017-12-31"), "a dry run posts nothing")
	cmd.Dry = false
	_, err = b.Revalue(t.Context(), cmd)
	require.NoError(t, err)
	require.Equal(t, "-500.00", held(t, b, ledger.ExchangeGains, "INR", "2017-03-31"))
	require.Equal(t, "8500.00", held(t, b, ledger.Exchange, "INR", "2017-03-31"))
}

func TestWEFX3WhatIsLeftInBaseCurrencyIsCleared(t *testing.T) {
	b := rupees(t)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"),
		exchanged("2017-04-10", ledger.Bank, "8500 INR", "1101", "-100 USD"))
	r, err := b.ClearResidue(t.Context(), ledger.ClearResidue{Key: "clear", Date: day("2017-04-30")})
	require.NoError(t, err)
	require.Equal(t, "500.00 INR", r.Amount.String())
	p, err := b.Entry(t.Context(), r.Entry)
	require.NoError(t, err)
	require.Equal(t, []string{"3950 500.00 INR ", "4910 -500.00 INR "}, lines(p), "in one currency only")
	again, err := b.ClearResidue(t.Context(), ledger.ClearResidue{Key: "clear", Date: day("2017-04-30")})
	require.NoError(t, err)
	require.Equal(t, r, again)
	_, err = b.ClearResidue(t.Context(), ledger.ClearResidue{Date: day("2017-04-30")})
	require.ErrorIs(t, err, ledger.ErrNoResidue)
	require.Equal(t, "0.00", held(t, b, ledger.Exchange, "INR", "2017-12-31"))
}

func TestWEFX3WhatIsLeftInForeignCurrencyIsCleared(t *testing.T) {
	b := rupees(t)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"),
		exchanged("2017-04-10", ledger.Bank, "8000 INR", "1101", "-95 USD"))
	r, err := b.ClearResidue(t.Context(), ledger.ClearResidue{Date: day("2017-04-30"), Account: "1101", Currency: "USD"})
	require.NoError(t, err)
	require.Equal(t, "5.00 USD", r.Amount.String())
	require.Equal(t, "421.05 INR", r.Value.String())
	p, err := b.Entry(t.Context(), r.Entry)
	require.NoError(t, err)
	require.Equal(t, []string{"1101 -5.00 USD ", "3950 5.00 USD "}, lines(p), "in one currency only")
	for _, clear := range []ledger.ClearResidue{{Account: "1101", Currency: "USD"}, {}} {
		clear.Date = day("2017-04-30")
		_, err = b.ClearResidue(t.Context(), clear)
		require.ErrorIs(t, err, ledger.ErrNoResidue)
	}
	for _, c := range []money.Currency{"INR", "USD"} {
		require.Equal(t, "0.00", held(t, b, ledger.Exchange, c, "2017-12-31"))
	}
}

func TestWEFX4WhatWasWonOrLostPerUnit(t *testing.T) {
	for _, c := range [][2]string{{"75.90", "-4.10"}, {"83.10", "3.10"}, {"80.01", "0.01"}} {
		b := rupees(t)
		post(t, b, exchanged("2017-03-10", "1101", "1 USD", ledger.Revenue, "-80 INR"),
			exchanged("2017-04-10", ledger.Bank, c[0]+" INR", "1101", "-1 USD"))
		r, err := b.ClearResidue(t.Context(), ledger.ClearResidue{Date: day("2017-04-30")})
		require.NoError(t, err)
		require.Equal(t, c[1]+" INR", r.Amount.String())
	}
}

func TestAResidueThatHasAValueStays(t *testing.T) {
	b := rupees(t)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"))
	_, err := b.ClearResidue(t.Context(), ledger.ClearResidue{Date: day("2017-04-30"), Account: "1101", Currency: "USD"})
	require.ErrorIs(t, err, ledger.ErrNoResidue)
	_, err = b.ClearResidue(t.Context(), ledger.ClearResidue{Date: day("2017-04-30"), Account: "1101"})
	require.True(t, storage.Has(err, "currency", storage.CodeRequired))
}

func TestLTC10ARevaluationIsPostedDatedAndReversedByOneCall(t *testing.T) {
	b := rupees(t)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"),
		exchanged("2017-03-11", ledger.Travel, "4600 INR", "2011", "-50 GBP"))
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("USD", "INR", "2017-03-30", "85"),
		rate("GBP", "INR", "2017-03-31", "94")}})
	require.NoError(t, err)
	march := ledger.Revalue{Date: day("2017-03-31")}
	r, err := b.Revalue(t.Context(), march)
	require.NoError(t, err)
	t.Run("LT-C10 posted and dated", func(t *testing.T) {
		require.Equal(t, []string{"1101 USD 500.00 INR", "2011 GBP -100.00 INR"}, gains(r))
		require.Equal(t, "400.00 INR", r.Gain.String())
		require.Equal(t, []string{"-500.00", "100.00"}, []string{held(t, b, ledger.ExchangeGains, "INR", "2017-03-31"),
			held(t, b, ledger.ExchangeLosses, "INR", "2017-03-31")})
	})
	t.Run("LT-C10 reversed in the next period", func(t *testing.T) {
		p, err := b.Entry(t.Context(), r.Entries[0])
		require.NoError(t, err)
		undo, err := b.Entry(t.Context(), p.ReversedBy)
		require.NoError(t, err)
		require.Equal(t, []any{day("2017-03-31"), day("2017-04-01"), r.Entries[0]}, []any{p.Date, undo.Date, undo.Reverses})
		require.Equal(t, "0.00", held(t, b, ledger.ExchangeGains, "INR", "2017-04-01"))
		all, err := b.BySource(t.Context(), ledger.RevaluationRef(march.Date))
		require.NoError(t, err)
		require.Len(t, all, 2)
	})
	t.Run("LT-C10 once for a date", func(t *testing.T) {
		again, err := b.Revalue(t.Context(), march)
		require.NoError(t, err)
		require.Equal(t, r.Entries, again.Entries)
		all, err := b.BySource(t.Context(), ledger.RevaluationRef(march.Date))
		require.NoError(t, err)
		require.Len(t, all, 2)
	})
	t.Run("LT-C10 again with another rate posts the difference", func(t *testing.T) {
		_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("USD", "INR", "2017-03-31", "79")}})
		require.NoError(t, err)
		again, err := b.Revalue(t.Context(), march)
		require.NoError(t, err)
		require.Len(t, again.Entries, 2)
		require.Equal(t, []string{"0.00", "200.00"}, []string{held(t, b, ledger.ExchangeGains, "INR", "2017-03-31"),
			held(t, b, ledger.ExchangeLosses, "INR", "2017-03-31")})
		require.Equal(t, "0.00", held(t, b, ledger.ExchangeLosses, "INR", "2017-04-01"))
		var listed []string
		for r, err := range b.Revaluations(t.Context(), ledger.RevaluationFilter{}) {
			require.NoError(t, err)
			listed = append(listed, r.ID+" "+r.Gain.String())
		}
		require.Equal(t, []string{"2017-03-31 -200.00 INR"}, listed)
	})
	t.Run("LT-C10 the next one starts from what is booked", func(t *testing.T) {
		april, err := b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-04-30"), Rates: at85()})
		require.NoError(t, err)
		require.Equal(t, []string{"1101 USD 500.00 INR", "2011 GBP -100.00 INR"}, gains(april))
	})
	t.Run("LT-C10 nothing in a closed period", func(t *testing.T) {
		openYear(t, b, 2017, false)
		closePeriod(t, b, 2017, 6, true)
		_, err := b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-06-30"), Rates: at85()})
		require.ErrorIs(t, err, ledger.ErrClosedPeriod)
		_, err = b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-05-31"), Rates: at85()})
		require.ErrorIs(t, err, ledger.ErrClosedPeriod, "its reversal would be in June")
		require.Equal(t, "0.00", held(t, b, ledger.ExchangeGains, "INR", "2017-05-31"), "neither is posted")
	})
	tied(t, b)
}

func gains(r *ledger.Revaluation) (out []string) {
	for _, l := range r.Lines {
		out = append(out, fmt.Sprint(l.Account, " ", l.Currency, " ", l.Gain))
	}
	return out
}

func TestRevaluationUsesItsOwnAccountsIfThereAre(t *testing.T) {
	b := rupees(t)
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{},
		ledger.OpenAccount{Code: "4911", Name: "Unrealised gains", Type: ledger.Income}))
	_, err := b.Configure(t.Context(), ledger.Configure{Base: "INR", UnrealisedGains: "4911"})
	require.NoError(t, err)
	post(t, b, exchanged("2017-03-10", "1101", "100 USD", ledger.Revenue, "-8000 INR"),
		exchanged("2017-03-10", ledger.Equipment, "10 USD", ledger.Bank, "-800 INR"))
	_, err = b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-03-31"), Rates: at85(),
		Chosen: ledger.Chosen{Accounts: []string{"1101"}}})
	require.NoError(t, err)
	require.Equal(t, "-500.00", held(t, b, "4911", "INR", "2017-03-31"), "equipment is not monetary")
}

// What is booked follows the amounts: by the exchange legs, by what an account passes on, and by the rate of the day.
func TestWhatAmountsAreBookedAt(t *testing.T) {
	b := rupees(t)
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("USD", "INR", "2017-01-01", "90"),
		rate("EUR", "INR", "2017-01-01", "100")}})
	require.NoError(t, err)
	booked := func(d string) (out []string) {
		t.Helper()
		r, err := b.Revalue(t.Context(), ledger.Revalue{Date: day(d), Dry: true})
		require.NoError(t, err)
		for _, l := range r.Lines {
			out = append(out, fmt.Sprint(l.Account, " ", l.Amount, " ", l.Booked.Text()))
		}
		return append(out, r.Residue.String())
	}
	post(t, b, exchanged("2017-03-01", "1101", "100 USD", ledger.Revenue, "-8000 INR"),
		exchanged("2017-03-02", "1101", "100 USD", ledger.Revenue, "-8200 INR"))
	require.Equal(t, []string{"1101 200.00 USD 16200.00", "0.00 INR"}, booked("2017-03-02"))
	// The customer pays in dollars: the bank takes them over as they are booked.
	post(t, b, exchanged("2017-03-03", ledger.Bank, "50 USD", "1101", "-50 USD"))
	require.Equal(t, []string{"1010 50.00 USD 4050.00", "1101 150.00 USD 12150.00", "0.00 INR"}, booked("2017-03-03"))
	// Dollars are sold at 90: 9 a dollar is won.
	post(t, b, exchanged("2017-03-04", ledger.Bank, "900 INR", ledger.Bank, "-10 USD"))
	require.Equal(t, []string{"1010 40.00 USD 3240.00", "1101 150.00 USD 12150.00", "90.00 INR"}, booked("2017-03-04"))
	// Income in dollars without exchange legs counts at the rate of the day.
	post(t, b, exchanged("2017-03-05", ledger.Bank, "10 USD", ledger.Revenue, "-10 USD"))
	require.Equal(t, []string{"1010 50.00 USD 4140.00", "1101 150.00 USD 12150.00", "90.00 INR"}, booked("2017-03-05"))
	// Two currencies share what passes by their rates: 20 at 90 and 10 at 100 are 2800, for 5600.
	post(t, b, exchanged("2017-03-06", "1101", "20 USD", ledger.Bank, "10 EUR", ledger.Revenue, "-5600 INR"))
	require.Equal(t, []string{"1010 10.00 EUR 2000.00", "1010 50.00 USD 4140.00", "1101 170.00 USD 15750.00", "90.00 INR"},
		booked("2017-03-06"))
	// An account that is overdrawn begins anew on the other side.
	post(t, b, exchanged("2017-03-07", ledger.Travel, "9500 INR", ledger.Bank, "-100 USD"))
	require.Equal(t, []string{"1010 10.00 EUR 2000.00", "1010 -50.00 USD -4750.00", "1101 170.00 USD 15750.00", "700.00 INR"},
		booked("2017-03-07"))
}

func TestOpeningBalancesKeepTheirValues(t *testing.T) {
	b := rupees(t)
	legs := []ledger.OpeningLeg{opening(ledger.Bank, "100 USD"), opening("1101", "10 USD"), opening("2011", "-5 EUR")}
	for i, v := range []string{"8000 INR", "900 INR", "-450 INR"} {
		legs[i].Value = money.MustParse(v)
	}
	_, err := b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31"), Legs: legs})
	require.NoError(t, err)
	r, err := b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-01-31"), Dry: true,
		Rates: map[money.Currency]decimal.Decimal{"USD": decimal.NewFromInt(90), "EUR": decimal.NewFromInt(100)}})
	require.NoError(t, err)
	require.Equal(t, []string{"1010 USD 1000.00 INR", "1101 USD 0.00 INR", "2011 EUR -50.00 INR"}, gains(r))
}

func TestRevalueChecksWhatItIsGiven(t *testing.T) {
	b := rupees(t)
	_, err := b.Revalue(t.Context(), ledger.Revalue{Rates: map[money.Currency]decimal.Decimal{"USD": {}}})
	require.True(t, storage.Has(err, "date", storage.CodeRange))
	require.True(t, storage.Has(err, "rates.USD", storage.CodeRange))
	post(t, b, exchanged("2017-03-01", "1101", "100 USD", ledger.Revenue, "-8000 INR"))
	_, err = b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-03-31")})
	require.ErrorIs(t, err, ledger.ErrNoRate)
	empty, err := b.Revalue(t.Context(), ledger.Revalue{Date: day("2016-03-31")})
	require.NoError(t, err)
	require.Empty(t, empty.Lines)
	require.Empty(t, empty.Entries)
}

// Whatever passes through the exchange account: what is booked less the residue is what the account holds in base currency,
// and a revaluation makes all of it worth what it is at the day's rates.
func TestRevaluationTiesToTheExchangeAccount(t *testing.T) {
	seed := storagetest.Seed(t)
	for i := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, i))
		b := rupees(t)
		rates := map[money.Currency]decimal.Decimal{}
		var set []ledger.Rate
		for _, c := range []money.Currency{"USD", "EUR", "JPY"} {
			rates[c] = decimal.New(1000+rng.Int64N(9000), -2)
			for d := day("2017-01-01"); d.Before(day("2017-03-01")); d = d.AddDays(1 + rng.IntN(9)) {
				set = append(set, ledger.Rate{From: c, To: "INR", Date: d, Value: decimal.New(1000+rng.Int64N(9000), -2)})
			}
		}
		_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: set})
		require.NoError(t, err)
		currencies := []money.Currency{"USD", "EUR", "JPY", "INR"}
		accounts := []string{ledger.Bank, "1101", "2011", ledger.Loans}
		for range 30 {
			c, d := currencies[rng.IntN(3)], day("2017-01-01").AddDays(rng.IntN(50))
			amount, err := money.Minor(c, rng.Int64N(20000)-10000)
			require.NoError(t, err)
			if amount.IsZero() {
				continue
			}
			e := ledger.Entry{Date: d, Exchange: ledger.Exchange, AllowSelf: true,
				Legs: []ledger.Leg{{Account: accounts[rng.IntN(4)], Amount: amount}}}
			switch rng.IntN(4) {
			case 0:
				e.Legs = append(e.Legs, ledger.Leg{Account: accounts[rng.IntN(4)], Amount: amount.Neg()})
			default:
				for k := range 1 + rng.IntN(2) {
					value, err := money.Minor(currencies[(rng.IntN(3)+1+k)%4], 1+rng.Int64N(900_000))
					require.NoError(t, err)
					if value.Currency() == c {
						value, _ = money.Minor("INR", 77)
					}
					if amount.Sign() > 0 {
						value = value.Neg()
					}
					e.Legs = append(e.Legs, ledger.Leg{Account: accounts[rng.IntN(4)], Amount: value})
				}
			}
			post(t, b, e)
		}
		cmd := ledger.Revalue{Date: day("2017-02-28"), Rates: rates}
		r, err := b.Revalue(t.Context(), cmd)
		require.NoError(t, err)
		booked, worth := money.Zero("INR"), money.Zero("INR")
		for _, l := range r.Lines {
			booked, _ = booked.Add(l.Booked)
			worth, _ = worth.Add(l.Value)
			sum, _ := l.Booked.Add(l.Gain)
			require.Equal(t, l.Value, sum)
		}
		before, err := b.Balance(t.Context(), ledger.Exchange, "INR", day("2017-03-01"))
		require.NoError(t, err)
		after, err := b.Balance(t.Context(), ledger.Exchange, "INR", day("2017-02-28"))
		require.NoError(t, err)
		ties, _ := booked.Sub(r.Residue)
		require.Equal(t, before.String(), ties.String(), "the exchange account mirrors what is booked, seed %d/%d", seed, i)
		ties, _ = worth.Sub(r.Residue)
		require.Equal(t, after.String(), ties.String(), "and after the revaluation what it is worth")
		again, err := b.Revalue(t.Context(), cmd)
		require.NoError(t, err)
		require.Equal(t, r.Entries, again.Entries)
		tied(t, b)
	}
}
