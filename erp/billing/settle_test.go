package billing_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// onBoth runs a test over books with open items and over books without.
func onBoth(t *testing.T, fn func(t *testing.T, d *desk)) {
	for _, items := range []bool{true, false} {
		t.Run(fmt.Sprint("items ", items), func(t *testing.T) { fn(t, openBooks(t, "EUR", items)) })
	}
}

// openBooks opens a desk over the ready chart.
func openBooks(t testing.TB, base money.Currency, items bool) *desk {
	d := &desk{t: t, now: time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return d.now }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package(), billing.Package()))
	chart := ledger.TradingChart()
	for i := range chart {
		chart[i].Items = chart[i].Items && items
	}
	var err error
	d.db, err = store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: base}, ledger.Template(chart))
	require.NoError(t, err)
	d.books = ledger.New(d.db)
	d.Invoices = billing.New(d.db, billing.Ports{Journal: tutas.Journal{}, Matcher: tutas.Journal{}, Accounts: tutas.UsualAccounts()})
	return d
}

// accounts tells what some accounts hold.
func (d *desk) holds(want string) {
	d.t.Helper()
	var got []string
	for one := range strings.FieldsSeq(want) {
		code, _, _ := strings.Cut(one, "=")
		c := money.Currency("EUR")
		if at := strings.IndexByte(code, '/'); at > 0 {
			c = money.Currency(code[at+1:])
		}
		b, err := d.books.Balance(d.t.Context(), strings.TrimSuffix(code, "/"+string(c)), c, date.Date{})
		require.NoError(d.t, err)
		got = append(got, code+"="+b.Text())
	}
	require.Equal(d.t, want, strings.Join(got, " "))
}

// stands tells the state of an invoice and what of it is open.
func (d *desk) stands(id storage.ID[billing.Invoice]) string {
	i, err := d.Get(d.t.Context(), id)
	require.NoError(d.t, err)
	return fmt.Sprint(i.State, " ", i.Open.Text())
}

// bill issues an invoice with tax and terms.
func (d *desk) bill(price, percent string, terms erp.Terms) *billing.Invoice {
	c := draft(price)
	c.Terms, c.Lines[0].TaxPercent = terms, dec(percent)
	i, err := d.IssueNew(d.t.Context(), c)
	require.NoError(d.t, err)
	return i
}

var tenOff = erp.Terms{Days: 30, EarlyPercent: decimal.NewFromInt(10), EarlyDays: 10}

// 200 + 18 %, 10 % off: 212.40 is to be paid, 20 and 3.60 of tax are granted; after the last day it is 236.
func TestWE_E9AnEarlyDiscountTakesItsTaxAlong(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		i := d.bill("200", "18", tenOff)
		d.now = d.now.AddDate(0, 0, 10)
		p := d.pay("212.40")
		require.Equal(t, "paid 0.00", d.stands(i.ID))
		d.holds("1100=0.00 1010=212.40 4090=20.00 2200=-32.40")
		d.receivables()
		_, err := d.Release(t.Context(), billing.Release{Payment: p.ID})
		require.NoError(t, err)
		require.Equal(t, "issued 236.00", d.stands(i.ID))
		d.holds("1100=23.60 4090=0.00 2200=-36.00")
		d.receivables()

		d.now = d.now.AddDate(0, 0, 1)
		_, err = d.Allocate(t.Context(), billing.Allocate{Payment: p.ID, For: []billing.Settle{{Invoice: i.ID, Discount: true}}})
		require.ErrorIs(t, err, billing.ErrDiscount, "after the last day")
		used, err := d.Allocate(t.Context(), billing.Allocate{Payment: p.ID, For: []billing.Settle{{Invoice: i.ID}}})
		require.NoError(t, err)
		require.Equal(t, "212.40", used.Text())
		require.Equal(t, "issued 23.60", d.stands(i.ID))
		d.receivables()
	})
}

func TestADiscountGoesOffTheNetAndOffTheTax(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for _, c := range []struct{ price, pay, net, tax string }{{"1500", "1552.50", "150.00", "22.50"}, {"50", "51.75", "5.00", "0.75"}} {
			before, owed := d.read("4090"), d.read("2200")
			i := d.bill(c.price, "15", tenOff)
			d.pay(c.pay, billing.Settle{Invoice: i.ID, Discount: true})
			require.Equal(t, "paid 0.00", d.stands(i.ID))
			off, err := d.read("4090").Sub(before)
			require.NoError(t, err)
			require.Equal(t, c.net, off.Text())
			taxed, err := owed.Sub(d.read("2200"))
			require.NoError(t, err)
			less, err := i.Tax.Sub(taxed)
			require.NoError(t, err)
			require.Equal(t, c.tax, less.Text())
			require.Equal(t, "0.00", d.read("1100").Text())
		}
		d.receivables()
	})
}

func (d *desk) read(code string) money.Amount {
	b, err := d.books.Balance(d.t.Context(), code, "EUR", date.Date{})
	require.NoError(d.t, err)
	return b
}

func TestADiscountIsGrantedForNoMoreThanItsTerms(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		i := d.bill("100", "0", tenOff)
		ctx := t.Context()
		receive := func(amount string, s billing.Settle) error {
			s.Invoice = i.ID
			_, err := d.Receive(ctx, billing.Receive{Customer: customer, Amount: eur(amount), For: []billing.Settle{s}})
			return err
		}
		require.ErrorIs(t, receive("89.99", billing.Settle{Discount: true}), billing.ErrDiscount)
		require.ErrorIs(t, receive("95", billing.Settle{Discount: true}), billing.ErrOverpaid, "with the discount 90 settles it")
		require.NoError(t, receive("60", billing.Settle{}), "a part is a part")
		require.NoError(t, receive("35", billing.Settle{Discount: true, Amount: eur("35")}), "less than the discount is left out")
		require.Equal(t, "paid 0.00", d.stands(i.ID))
		d.holds("4090=5.00 1100=0.00")
		n, err := d.Credit(ctx, billing.CreditInvoice{Invoice: i.ID})
		require.NoError(t, err)
		require.Equal(t, "-95.00", n.Open.Text(), "what was paid, and not what was granted")
		d.holds("4090=0.00 1100=-95.00")
		d.receivables()
	})
}

// 100 dollars at 50, 10 % off, of which 4200 reach the bank: 500 are granted and 300 lost.
func TestWE_E11ADiscountAndALossInOnePayment(t *testing.T) {
	d := openBooks(t, "INR", true)
	d.rate("50")
	c := draft("100")
	c.Currency, c.Terms = "USD", tenOff
	i, err := d.IssueNew(t.Context(), c)
	require.NoError(t, err)
	p, err := d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: money.MustParse("90 USD"), AtBank: money.MustParse("4200 INR")})
	require.NoError(t, err)
	require.Equal(t, "paid 0.00", d.stands(i.ID))
	d.holds("1010/INR=4200.00 4090/INR=500.00 6910/INR=300.00 1100/USD=0.00 1100/INR=0.00")
	_, err = d.Release(t.Context(), billing.Release{Payment: p.ID})
	require.NoError(t, err)
	d.holds("1010/INR=4200.00 4090/INR=0.00 6910/INR=0.00 1100/USD=10.00")
	_, err = d.Refund(t.Context(), billing.Refund{Payment: p.ID, AtBank: money.MustParse("4300 INR")})
	require.NoError(t, err)
	d.holds("1010/INR=-100.00 6910/INR=100.00 1100/USD=100.00")
}

func (d *desk) rate(value string) {
	_, err := d.books.SetRates(d.t.Context(), ledger.SetRates{Rates: []ledger.Rate{{From: "USD", To: "INR", Date: date.Must(2026, 1, 1), Value: dec(value)}}})
	require.NoError(d.t, err)
}

// One dollar invoiced at 80 and paid at other rates.
func TestWE_FX4WhatARateWonOrLostOnAnInvoice(t *testing.T) {
	for paid, want := range map[string]string{"75.90": "4.10", "83.10": "-3.10", "80.01": "-0.01"} {
		d := openBooks(t, "INR", true)
		d.rate("80")
		c := draft("1")
		c.Currency = "USD"
		i, err := d.IssueNew(t.Context(), c)
		require.NoError(t, err)
		_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: i.Gross, AtBank: money.MustParse(paid + " INR")})
		require.NoError(t, err)
		account := ledger.ExchangeLosses
		if want[0] == '-' {
			account = ledger.ExchangeGains
		}
		d.holds("1010/INR=" + paid + " " + account + "/INR=" + want)
	}
}

// Invoice 240: 120, 20, then 99 and the last of it is given up, for a reason that the books tell.
func TestWE_TR14AWriteOffHasItsReasonInTheBooks(t *testing.T) {
	d := openBooks(t, "EUR", true)
	i := d.issue("240")
	d.pay("120", billing.Settle{Invoice: i.ID})
	d.pay("20", billing.Settle{Invoice: i.ID})
	p, err := d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("99"), Why: "bank charges",
		For: []billing.Settle{{Invoice: i.ID, WriteOff: true}}})
	require.NoError(t, err)
	require.Equal(t, "paid 0.00", d.stands(i.ID))
	d.holds("6800=1.00 1100=0.00 1010=239.00")
	list, err := d.books.BySource(t.Context(), billing.PaymentRef(p.ID))
	require.NoError(t, err)
	require.Equal(t, []string{"payment", "bank charges"}, []string{list[0].Text, list[1].Text})
	d.receivables()
}

// Invoice 100: a payment of 20 fails and is paid back, then two of 30 come in. WE-TR33.
func TestWE_TR33APaymentThatFailsIsReleasedAndPaidBack(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		i := d.issue("100")
		p := d.pay("20")
		require.Equal(t, "issued 80.00", d.stands(i.ID))
		_, err := d.Refund(t.Context(), billing.Refund{Payment: p.ID})
		require.ErrorIs(t, err, billing.ErrAllocated, "it is used")
		_, err = d.Release(t.Context(), billing.Release{Payment: p.ID, Why: "charged back"})
		require.NoError(t, err)
		_, err = d.Refund(t.Context(), billing.Refund{Payment: p.ID, Why: "charged back"})
		require.NoError(t, err)
		require.Equal(t, "issued 100.00", d.stands(i.ID))
		d.holds("1010=0.00 1100=100.00")
		d.pay("30")
		d.pay("30")
		require.Equal(t, "issued 40.00", d.stands(i.ID))
		d.receivables()
	})
}

// A deposit of 100 and an invoice of 500 leave 400 to be paid. WE-D10.
func TestWE_D10ADepositIsRecalledOnAnInvoice(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		p := d.pay("100")
		i := d.issue("500")
		d.now = d.now.AddDate(0, 0, 5)
		cmd := billing.Allocate{Key: "recall", Payment: p.ID, For: []billing.Settle{{Invoice: i.ID}}}
		for range 2 {
			used, err := d.Allocate(t.Context(), cmd)
			require.NoError(t, err)
			require.Equal(t, "100.00", used.Text())
		}
		require.Equal(t, "issued 400.00", d.stands(i.ID))
		d.receivables()
	})
}

func TestACreditNoteSettlesOtherInvoicesOrIsPaidBack(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		i := d.issue("100")
		d.pay("70")
		n, err := d.Credit(ctx, billing.CreditInvoice{Invoice: i.ID})
		require.NoError(t, err)
		require.Equal(t, "issued -70.00", d.stands(n.ID))
		other := d.issue("50")
		_, err = d.Allocate(ctx, billing.Allocate{Credit: other.ID})
		require.ErrorIs(t, err, billing.ErrNotCredit)
		_, err = d.Allocate(ctx, billing.Allocate{})
		require.True(t, storage.Has(err, "payment", storage.CodeRequired), "%v", err)
		used, err := d.Allocate(ctx, billing.Allocate{Credit: n.ID, For: []billing.Settle{{Invoice: other.ID}}})
		require.NoError(t, err)
		require.Equal(t, "50.00", used.Text())
		require.Equal(t, "paid 0.00", d.stands(other.ID))
		d.receivables()
		_, err = d.Refund(ctx, billing.Refund{Credit: n.ID, Amount: eur("20.01")})
		require.ErrorIs(t, err, billing.ErrOverpaid)
		_, err = d.ReleaseCredit(ctx, billing.ReleaseCredit{Credit: n.ID})
		require.NoError(t, err)
		require.Equal(t, "issued 50.00", d.stands(other.ID))
		_, err = d.Refund(ctx, billing.Refund{Credit: n.ID})
		require.NoError(t, err)
		require.Equal(t, "paid 0.00", d.stands(n.ID))
		d.holds("1010=0.00 1100=50.00")
		d.receivables()
		p, err := d.Receive(ctx, billing.Receive{Customer: customer, Amount: eur("1"), KeepCredit: true, For: []billing.Settle{}})
		require.NoError(t, err)
		require.True(t, p.Free.IsZero(), "the open one takes it")
	})
}

func TestCreditNotesInAPaymentAddToItForTheInvoicesOfTheCommandOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		i := d.issue("100")
		d.pay("100")
		n, err := d.Credit(t.Context(), billing.CreditInvoice{Invoice: i.ID})
		require.NoError(t, err)
		other := d.issue("150")
		_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("1"), KeepCredit: true, For: []billing.Settle{{Invoice: n.ID}}})
		require.ErrorIs(t, err, billing.ErrOverpaid)
		p := d.pay("49", billing.Settle{Invoice: n.ID}, billing.Settle{Invoice: other.ID, WriteOff: true})
		require.Equal(t, "paid 0.00", d.stands(other.ID))
		require.Equal(t, "paid 0.00", d.stands(n.ID))
		d.holds("6800=1.00 1100=0.00")
		d.receivables()
		_, err = d.Release(t.Context(), billing.Release{Payment: p.ID})
		require.NoError(t, err)
		require.Equal(t, "issued 150.00", d.stands(other.ID))
		require.Equal(t, "issued -100.00", d.stands(n.ID))
		d.receivables()
	})
}

// What was reported as open on a day stays so when a payment is released later.
func TestAReleaseLeavesEarlierDaysAsTheyWere(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		i := d.issue("100")
		p := d.pay("99", billing.Settle{Invoice: i.ID, WriteOff: true})
		d.now = d.now.AddDate(0, 0, 7)
		_, err := d.Release(t.Context(), billing.Release{Payment: p.ID, Date: date.Must(2026, 1, 9)})
		require.True(t, storage.Has(err, "date", storage.CodeRange), "%v", err)
		_, err = d.Release(t.Context(), billing.Release{Payment: p.ID})
		require.NoError(t, err)
		for day, want := range map[string]string{"2026-01-10": "", "2026-01-16": "", "2026-01-17": "100.00 -99.00 1.00"} {
			a, err := d.Ageing(t.Context(), billing.Filter{}, date.MustParse(day))
			require.NoError(t, err)
			got := ""
			for _, a := range a {
				got = a.NotDue.Text() + " " + a.Credit.Text() + " " + a.Total.Text()
			}
			require.Equal(t, want, got, day)
		}
		_, err = d.Refund(t.Context(), billing.Refund{Payment: p.ID, Date: date.Must(2026, 1, 9)})
		require.True(t, storage.Has(err, "date", storage.CodeRange), "%v", err)
		d.receivables()
	})
}

func TestTermsOfADiscountAreChecked(t *testing.T) {
	d := openBooks(t, "EUR", true)
	for want, terms := range map[string]erp.Terms{
		"terms.early_days negative": {EarlyDays: -1, EarlyPercent: dec("1")}, "terms.early_percent range": {EarlyPercent: dec("100")},
		"terms.days negative": {Days: -1}, "terms.days range": {Days: 10_000_000}, "terms.early_days range": {EarlyDays: math.MaxInt, EarlyPercent: dec("1")},
	} {
		c := draft("1")
		c.Terms = terms
		_, err := d.IssueNew(t.Context(), c)
		path, code, _ := strings.Cut(want, " ")
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
	for _, bad := range []decimal.Decimal{dec("-1"), decimal.New(1, 9), decimal.New(1, -9)} {
		c := draft("1")
		c.Terms.EarlyPercent = bad
		_, err := d.IssueNew(t.Context(), c)
		require.True(t, storage.Has(err, "terms.early_percent", storage.CodeRange), "%v", err)
	}
	_, err := d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("1"), AtBank: eur("1")})
	require.True(t, storage.Has(err, "at_bank", storage.CodeCurrency), "%v", err)
}

func TestWhatIsWrongWithAmountsIsToldByTheCommandsNames(t *testing.T) {
	d := openBooks(t, "EUR", true)
	i, err := d.IssueNew(t.Context(), draft("10"))
	require.NoError(t, err)
	p, err := d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: i.Gross, For: []billing.Settle{{Invoice: i.ID}}})
	require.NoError(t, err)
	fine := eur("0.001")
	for path, c := range map[string]billing.Receive{"amount": {Amount: fine}, "at_bank": {Amount: eur("1"), AtBank: money.MustParse("1.001 USD")},
		"for.0.amount": {Amount: eur("1"), For: []billing.Settle{{Invoice: i.ID, Amount: fine}}}} {
		c.Customer = customer
		_, err := d.Receive(t.Context(), c)
		require.True(t, storage.Has(err, path, storage.CodeScale), "%v", err)
	}
	_, err = d.Refund(t.Context(), billing.Refund{Payment: p.ID, Amount: fine})
	require.True(t, storage.Has(err, "amount", storage.CodeScale), "%v", err)
	_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("1"), KeepCredit: true, For: []billing.Settle{{Invoice: i.ID, Amount: eur("1")}}})
	require.ErrorIs(t, err, billing.ErrOverpaid, "it is issued, and paid")
}

// receivables holds the control account against the documents.
func (d *desk) receivables() {
	d.t.Helper()
	list, err := d.Open(d.t.Context(), billing.Filter{}, date.FromTime(d.now, time.UTC))
	require.NoError(d.t, err)
	sum := eur("0")
	for _, i := range list {
		sum, err = sum.Add(i.Open)
		require.NoError(d.t, err)
	}
	require.Equal(d.t, d.read("1100").Text(), sum.Text(), "the control account is what is open")
}
