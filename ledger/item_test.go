package ledger_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// itemChart is the trading chart with open items on what customers and suppliers owe and have paid ahead.
func itemChart() []ledger.OpenAccount {
	chart := ledger.TradingChart()
	for i := range chart {
		switch chart[i].Code {
		case ledger.Receivables, ledger.Payables, ledger.CustomerAdvances, ledger.SupplierAdvances:
			chart[i].Items, chart[i].Control = true, ""
		}
	}
	return chart
}

// openItems opens books with items in a currency.
func openItems(t testing.TB, base money.Currency) *ledger.Books {
	t.Helper()
	store, _ := openOn(t, newEngine(t))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "items", Currency: base}, ledger.Template(itemChart()))
	require.NoError(t, err)
	return ledger.New(db)
}

func amount(s string) money.Amount { return money.MustParse(s) }

var (
	client = ledger.Dims{Customer: "c1"}
	vendor = ledger.Dims{Supplier: "s1"}
)

// leg posts an entry of one leg on an account against others, and answers the item's key.
func leg(t testing.TB, b *ledger.Books, d string, l ledger.Leg, others ...ledger.Leg) ledger.ItemKey {
	t.Helper()
	return ledger.ItemKey{Entry: post(t, b, ledger.Entry{Date: day(d), Exchange: ledger.Exchange,
		Legs: append([]ledger.Leg{l}, others...)})[0].ID, Leg: 1}
}

// invoice posts what a customer owes, worth something in another currency where that is named.
func invoice(t testing.TB, b *ledger.Books, d, gross, value string) ledger.ItemKey {
	return leg(t, b, d, ledger.Debit(ledger.Receivables, amount(gross), client), ledger.Credit(ledger.Revenue, amount(value), client))
}

// receipt posts what a customer paid.
func receipt(t testing.TB, b *ledger.Books, d, paid, value string) ledger.ItemKey {
	return leg(t, b, d, ledger.Credit(ledger.Receivables, amount(paid), client), ledger.Debit(ledger.Bank, amount(value),
		ledger.Dims{}))
}

func both(keys ...ledger.ItemKey) (list []ledger.MatchItem) {
	for _, k := range keys {
		list = append(list, ledger.MatchItem{Item: k})
	}
	return list
}

func mustMatch(t testing.TB, b *ledger.Books, m ledger.Match) *ledger.Matched {
	t.Helper()
	out, err := b.Match(t.Context(), m)
	require.NoError(t, err)
	return out
}

func balance(t testing.TB, b *ledger.Books, account string, c money.Currency) string {
	t.Helper()
	got, err := b.Balance(t.Context(), account, c, date.Date{})
	require.NoError(t, err)
	return got.String()
}

func openOf(t testing.TB, b *ledger.Books, k ledger.ItemKey) string {
	t.Helper()
	i, err := b.Item(t.Context(), k)
	require.NoError(t, err)
	return i.Open.String()
}

func TestWETR7WhatIsOwedAndWhatIsDueToday(t *testing.T) {
	b := openItems(t, "EUR")
	due := func(l ledger.Leg, d string) ledger.Leg {
		if d != "" {
			l.Due = day(d)
		}
		return l
	}
	bank := func(a string) ledger.Leg { return ledger.Leg{Account: ledger.Bank, Amount: amount(a)} }
	leg(t, b, "2017-06-01", ledger.Debit(ledger.Receivables, eur("100"), client), bank("-100 EUR"))
	leg(t, b, "2017-06-01", due(ledger.Debit(ledger.Receivables, eur("200"), client), "2017-06-02"), bank("-200 EUR"))
	leg(t, b, "2017-06-01", ledger.Credit(ledger.Payables, eur("30"), vendor), bank("30 EUR"))
	leg(t, b, "2017-06-01", due(ledger.Credit(ledger.Payables, eur("60"), vendor), "2017-06-02"), bank("60 EUR"))
	got, err := b.Ageing(t.Context(), ledger.AgeingFilter{AsOf: day("2017-06-01"), ByParty: true})
	require.NoError(t, err)
	require.Len(t, got.Rows, 2)
	require.Equal(t, []string{"300.00 EUR", "100.00 EUR"}, []string{got.Rows[0].Total.String(), got.Rows[0].Due.String()},
		"receivable")
	require.Equal(t, []string{"90.00 EUR", "30.00 EUR"}, []string{got.Rows[1].Total.String(), got.Rows[1].Due.String()}, "payable")
	require.Equal(t, ledger.Party{Dimension: ledger.Supplier, ID: "s1"}, got.Rows[1].Party)
}

func TestWEFX4OneDollarAtEightyPaidAtOtherRates(t *testing.T) {
	for paid, gain := range map[string]string{"75.90": "-4.10", "83.10": "3.10", "80.01": "0.01"} {
		b := openItems(t, "INR")
		m := mustMatch(t, b, ledger.Match{Items: both(invoice(t, b, "2017-03-01", "1 USD", "80 INR"),
			receipt(t, b, "2017-04-01", "1 USD", paid+" INR"))})
		account, want := ledger.ExchangeGains, amount(gain+" INR").Neg()
		if want.Sign() > 0 {
			account = ledger.ExchangeLosses
		}
		require.Equal(t, want.String(), balance(t, b, account, "INR"))
		e, err := b.Entry(t.Context(), m.Exchanged)
		require.NoError(t, err)
		require.Equal(t, day("2017-04-01"), e.Date)
		require.Equal(t, "0.00 INR", balance(t, b, ledger.Exchange, "INR"), "everything is settled")
		require.Equal(t, "0.00 USD", balance(t, b, ledger.Exchange, "USD"))
	}
}

func TestWEFX6TwoItemsOfOneAmountAndTwoValues(t *testing.T) {
	b := openItems(t, "EUR")
	d := leg(t, b, "2017-03-01", ledger.Debit(ledger.Receivables, amount("120 USD"), client), ledger.Credit(ledger.Revenue,
		eur("60"), client))
	c := leg(t, b, "2017-03-02", ledger.Credit(ledger.Receivables, amount("120 USD"), client), ledger.Debit(ledger.Bank,
		eur("40"), client))
	m := mustMatch(t, b, ledger.Match{Items: both(d, c)})
	require.Equal(t, "20.00 EUR", balance(t, b, ledger.ExchangeLosses, "EUR"))
	e, err := b.Entry(t.Context(), m.Exchanged)
	require.NoError(t, err)
	require.Equal(t, []string{"20.00 EUR", "-20.00 EUR"}, []string{e.Legs[0].Amount.String(), e.Legs[1].Amount.String()})
	undone, err := b.Unmatch(t.Context(), ledger.Unmatch{Match: m.ID, Date: day("2017-03-31")})
	require.NoError(t, err)
	require.Equal(t, day("2017-03-31"), undone.Undone)
	e, err = b.Entry(t.Context(), m.Exchanged)
	require.NoError(t, err)
	require.False(t, e.ReversedBy.IsZero(), "undo posts its reversal")
	require.Equal(t, "0.00 EUR", balance(t, b, ledger.ExchangeLosses, "EUR"))
	require.Equal(t, "120.00 USD", openOf(t, b, d))
	require.Equal(t, "-120.00 USD", openOf(t, b, c))
}

func TestWEE11ADiscountAndALossInOnePayment(t *testing.T) {
	b := openItems(t, "INR")
	i := invoice(t, b, "2017-03-01", "100 USD", "5000 INR")
	p := receipt(t, b, "2017-03-08", "90 USD", "4200 INR")
	mustMatch(t, b, ledger.Match{Items: both(i, p), Discount: &ledger.Discount{Until: day("2017-03-11"),
		Parts: []ledger.DiscountPart{{Account: ledger.Discounts, Amount: amount("10 USD")}}}})
	require.Equal(t, "500.00 INR", balance(t, b, ledger.Discounts, "INR"))
	require.Equal(t, "300.00 INR", balance(t, b, ledger.ExchangeLosses, "INR"))
	require.Equal(t, "4200.00 INR", balance(t, b, ledger.Bank, "INR"))
	for _, c := range []money.Currency{"INR", "USD"} {
		require.True(t, amount(balance(t, b, ledger.Exchange, c)).IsZero())
		require.True(t, amount(balance(t, b, ledger.Receivables, c)).IsZero())
	}
}

func TestWEE9AnEarlyDiscountTakesItsTaxAlong(t *testing.T) {
	discount := &ledger.Discount{Until: day("2017-03-11"), Parts: []ledger.DiscountPart{
		{Account: ledger.Discounts, Amount: eur("20.00")}, {Account: ledger.TaxPayable, Amount: eur("3.60")}}}
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "236 EUR", "236 EUR")
	m := mustMatch(t, b, ledger.Match{Items: both(i, receipt(t, b, "2017-03-11", "212.40 EUR", "212.40 EUR")), Discount: discount})
	require.Equal(t, "20.00 EUR", balance(t, b, ledger.Discounts, "EUR"))
	require.Equal(t, "3.60 EUR", balance(t, b, ledger.TaxPayable, "EUR"))
	require.Equal(t, "0.00 EUR", openOf(t, b, i))
	require.False(t, m.Discounted.IsZero())

	late := invoice(t, b, "2017-03-01", "236 EUR", "236 EUR")
	paid := receipt(t, b, "2017-03-12", "212.40 EUR", "212.40 EUR")
	m = mustMatch(t, b, ledger.Match{Items: both(late, paid), Discount: discount})
	require.True(t, m.Discounted.IsZero())
	require.Equal(t, "23.60 EUR", openOf(t, b, late), "after the cut-off 236 is owed")
}

func TestWEE5WhatIsPaidWithTheDiscountOffAllButAFixedTax(t *testing.T) {
	for _, c := range []struct{ gross, paid, net, tax string }{{"1725.05", "1552.55", "150.00", "22.50"}, {"57.55", "51.80",
		"5.00", "0.75"}} {
		b := openItems(t, "EUR")
		i, p := invoice(t, b, "2017-03-01", c.gross+" EUR", c.gross+" EUR"), receipt(t, b, "2017-03-02", c.paid+" EUR", c.paid+" EUR")
		mustMatch(t, b, ledger.Match{Items: both(i, p), Discount: &ledger.Discount{Parts: []ledger.DiscountPart{
			{Account: ledger.Discounts, Amount: eur(c.net)}, {Account: ledger.TaxPayable, Amount: eur(c.tax)}}}})
		require.Equal(t, "0.00 EUR", openOf(t, b, i))
		require.Equal(t, c.net+" EUR", balance(t, b, ledger.Discounts, "EUR"))
		require.Equal(t, c.tax+" EUR", balance(t, b, ledger.TaxPayable, "EUR"))
	}
}

func TestWEY1AndWETR14PartPaymentsAndAWriteOff(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "240 EUR", "240 EUR")
	pay := func(d, a string, off *ledger.WriteOff) *ledger.Matched {
		return mustMatch(t, b, ledger.Match{Items: both(i, receipt(t, b, d, a+" EUR", a+" EUR")), WriteOff: off})
	}
	require.Equal(t, "240.00 EUR", openOf(t, b, i))
	pay("2017-03-10", "120", nil)
	require.Equal(t, "120.00 EUR", openOf(t, b, i))
	pay("2017-03-11", "20", nil)
	require.Equal(t, "100.00 EUR", openOf(t, b, i))
	m := pay("2017-03-12", "99", &ledger.WriteOff{Account: ledger.BadDebts, Max: eur("1")})
	require.Equal(t, "0.00 EUR", openOf(t, b, i), "paid")
	require.Equal(t, "1.00 EUR", balance(t, b, ledger.BadDebts, "EUR"))
	s, err := b.PartyStatement(t.Context(), ledger.PartyStatementFilter{Party: ledger.Party{Dimension: ledger.Customer, ID: "c1"}})
	require.NoError(t, err)
	var credits []string
	for _, l := range s.Lines[1:] {
		credits = append(credits, l.Item.Amount.String())
	}
	require.ElementsMatch(t, []string{"-1.00 EUR", "-20.00 EUR", "-99.00 EUR", "-120.00 EUR"}, credits)
	require.Equal(t, "0.00 EUR", s.Closing[0].String())

	_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: m.ID})
	require.NoError(t, err)
	require.Equal(t, "100.00 EUR", openOf(t, b, i), "delete the reconciliation: open again")
	require.Equal(t, "0.00 EUR", balance(t, b, ledger.BadDebts, "EUR"))
}

func TestWETR17AnOverpaymentIsKeptOrStaysOpen(t *testing.T) {
	b := openItems(t, "EUR")
	i, p := invoice(t, b, "2017-03-01", "100 EUR", "100 EUR"), receipt(t, b, "2017-03-02", "110 EUR", "110 EUR")
	mustMatch(t, b, ledger.Match{Items: both(i, p), WriteOff: &ledger.WriteOff{Account: ledger.OtherIncome}})
	require.Equal(t, "-10.00 EUR", balance(t, b, ledger.OtherIncome, "EUR"))
	require.Equal(t, "0.00 EUR", balance(t, b, ledger.Receivables, "EUR"))
	i, p = invoice(t, b, "2017-03-01", "100 EUR", "100 EUR"), receipt(t, b, "2017-03-02", "110 EUR", "110 EUR")
	mustMatch(t, b, ledger.Match{Items: both(i, p)})
	require.Equal(t, []string{"0.00 EUR", "-10.00 EUR"}, []string{openOf(t, b, i), openOf(t, b, p)})
	require.Equal(t, "-10.00 EUR", balance(t, b, ledger.Receivables, "EUR"))
}

func TestWETR29AReceivableAndALowerReceipt(t *testing.T) {
	b := openItems(t, "EUR")
	m := mustMatch(t, b, ledger.Match{WriteOff: &ledger.WriteOff{Account: ledger.BadDebts},
		Items: both(invoice(t, b, "2017-03-01", "42 EUR", "42 EUR"), receipt(t, b, "2017-03-02", "40 EUR", "40 EUR"))})
	e, err := b.Entry(t.Context(), m.WrittenOff)
	require.NoError(t, err)
	require.Equal(t, []string{"-2.00 EUR", "2.00 EUR"}, []string{e.Legs[0].Amount.String(), e.Legs[1].Amount.String()})
}

func TestWEY6AParentPaysForItsChild(t *testing.T) {
	b := openItems(t, "EUR")
	child, parent := ledger.Dims{Customer: "child"}, ledger.Dims{Customer: "parent"}
	sold := func(d ledger.Dims, a string) ledger.ItemKey {
		return leg(t, b, "2017-03-01", ledger.Debit(ledger.Receivables, eur(a), d), ledger.Credit(ledger.Revenue, eur(a), d))
	}
	of := func(d ledger.Dims) string {
		got, err := b.Balances(t.Context(), ledger.BalanceFilter{Chosen: ledger.Chosen{Accounts: []string{ledger.Receivables}},
			Where: d})
		require.NoError(t, err)
		return got.Rows[0].Amount.String()
	}
	bill := sold(child, "29.95")
	credit := leg(t, b, "2017-03-02", ledger.Credit(ledger.Receivables, eur("10.00"), child), ledger.Debit(ledger.Revenue,
		eur("10"), child))
	mustMatch(t, b, ledger.Match{Items: both(bill, credit)})
	require.Equal(t, "19.95 EUR", openOf(t, b, bill))

	second, own := sold(child, "29.95"), sold(parent, "249.95")
	paid := leg(t, b, "2017-03-05", ledger.Credit(ledger.Receivables, eur("299.85"), parent), ledger.Debit(ledger.Bank,
		eur("299.85"), parent))
	_, err := b.Match(t.Context(), ledger.Match{Items: both(paid, bill)})
	require.ErrorIs(t, err, ledger.ErrNoCounterpart, "of another party")
	m := mustMatch(t, b, ledger.Match{Items: both(paid, own, second, bill), Move: true})
	require.False(t, m.Moved.IsZero())
	require.Equal(t, []string{"0.00 EUR", "0.00 EUR"}, []string{of(child), of(parent)})
	require.Equal(t, "0.00 EUR", openOf(t, b, paid))
	_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: m.ID})
	require.NoError(t, err)
	require.Equal(t, []string{"49.90 EUR", "-49.90 EUR"}, []string{of(child), of(parent)})
}

func TestWETR33AndWETR34AnInvoiceWithPaymentsUnderWay(t *testing.T) {
	b := openItems(t, "EUR")
	bill := leg(t, b, "2017-03-01", ledger.Credit(ledger.Payables, eur("50"), vendor), ledger.Debit(ledger.OfficeExpense,
		eur("50"), vendor))
	pay := func(a string) (ledger.ItemKey, *ledger.Matched) {
		k := leg(t, b, "2017-03-02", ledger.Debit(ledger.Payables, eur(a), vendor), ledger.Credit(ledger.Clearing, eur(a), vendor))
		return k, mustMatch(t, b, ledger.Match{Items: both(bill, k)})
	}
	state := func() []string {
		return []string{balance(t, b, ledger.Payables, "EUR"), balance(t, b, ledger.Clearing, "EUR"), openOf(t, b, bill)}
	}
	first, _ := pay("30")
	require.Equal(t, []string{"-20.00 EUR", "-30.00 EUR", "-20.00 EUR"}, state(), "succeeds")
	_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: first.Entry, Date: day("2017-03-03")})
	require.ErrorIs(t, err, ledger.ErrMatched)
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: first.Entry, Date: day("2017-03-03"), Unmatch: true})
	require.NoError(t, err)
	require.Equal(t, []string{"-50.00 EUR", "0.00 EUR", "-50.00 EUR"}, state(), "fails")
	require.Equal(t, "0.00 EUR", openOf(t, b, first), "the payment and its reversal settle each other")
	pay("50")
	require.Equal(t, []string{"0.00 EUR", "-50.00 EUR", "0.00 EUR"}, state(), "reconciled")

	due := invoice(t, b, "2017-03-01", "100 EUR", "100 EUR")
	part := receipt(t, b, "2017-03-02", "20 EUR", "20 EUR")
	mustMatch(t, b, ledger.Match{Items: both(due, part)})
	require.Equal(t, "80.00 EUR", openOf(t, b, due))
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: part.Entry, Unmatch: true})
	require.NoError(t, err)
	require.Equal(t, "100.00 EUR", openOf(t, b, due), "failed")
	mustMatch(t, b, ledger.Match{Items: both(due, receipt(t, b, "2017-03-05", "30 EUR", "30 EUR"),
		receipt(t, b, "2017-03-05", "30 EUR", "30 EUR"))})
	require.Equal(t, "40.00 EUR", openOf(t, b, due))
}

func TestOnePaymentOfThreeCurrencies(t *testing.T) {
	b := openItems(t, "EUR")
	dollars := invoice(t, b, "2017-03-01", "100 USD", "80 EUR")
	pounds := invoice(t, b, "2017-03-01", "50 GBP", "60 EUR")
	euros := invoice(t, b, "2017-03-01", "30 EUR", "30 EUR")
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{
		{From: "USD", To: "EUR", Date: day("2017-03-01"), Value: decimal.RequireFromString("0.9")},
		{From: "GBP", To: "EUR", Date: day("2017-03-01"), Value: decimal.RequireFromString("1.1")}}})
	require.NoError(t, err)
	paid := post(t, b, ledger.Entry{Date: day("2017-04-01"), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Credit(ledger.Receivables, amount("100 USD"), client), ledger.Credit(ledger.Receivables, amount("50 GBP"), client),
		ledger.Credit(ledger.Receivables, eur("30"), client), ledger.Debit(ledger.Bank, eur("174.20"), ledger.Dims{})}})[0]
	e, err := b.Entry(t.Context(), paid.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"-89.50 EUR", "-54.70 EUR"}, []string{e.Legs[0].Value.String(), e.Legs[1].Value.String()},
		"144.20 by the rates of the day: 90 to 55")
	mustMatch(t, b, ledger.Match{Items: both(dollars, pounds, euros, ledger.ItemKey{Entry: paid.ID, Leg: 1},
		ledger.ItemKey{Entry: paid.ID, Leg: 2}, ledger.ItemKey{Entry: paid.ID, Leg: 3})})
	require.Equal(t, "-9.50 EUR", balance(t, b, ledger.ExchangeGains, "EUR"))
	require.Equal(t, "5.30 EUR", balance(t, b, ledger.ExchangeLosses, "EUR"))
	require.Equal(t, "0.00 EUR", balance(t, b, ledger.Exchange, "EUR"))
	for range b.OpenItems(t.Context(), ledger.ItemFilter{}) {
		t.Fatal("something is open")
	}
}

func TestAnAdvanceInForeignCurrencySettlesALaterInvoice(t *testing.T) {
	b := openItems(t, "INR")
	advance := leg(t, b, "2017-02-01", ledger.Credit(ledger.CustomerAdvances, amount("100 USD"), client),
		ledger.Debit(ledger.Bank, amount("8000 INR"), ledger.Dims{}))
	i := invoice(t, b, "2017-03-01", "100 USD", "8500 INR")
	m := mustMatch(t, b, ledger.Match{Items: both(i, advance), Move: true})
	require.Equal(t, day("2017-03-01"), m.Date)
	require.Equal(t, "500.00 INR", balance(t, b, ledger.ExchangeLosses, "INR"))
	for _, account := range []string{ledger.Receivables, ledger.CustomerAdvances, ledger.Exchange} {
		require.Equal(t, "0.00 USD", balance(t, b, account, "USD"), account)
	}
	require.Equal(t, "0.00 INR", balance(t, b, ledger.Exchange, "INR"))
	require.Len(t, m.Pairs, 2, "the advance with what moved it away, and what came with the invoice")
}
