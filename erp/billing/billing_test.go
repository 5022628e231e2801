package billing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// journal wires billing to the books.
type journal struct{ books *ledger.Books }

func (j journal) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := j.books.In(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return storage.Ref{Kind: "ledger.entry", ID: posted[0].ID.String()}, nil
}

var accounts = billing.Accounts{Receivable: "rec", Revenue: "rev", Tax: "tax", Bank: "bank", WriteOff: "off", Rounding: "off"}

var customer = storage.Ref{Kind: "shop.customer", ID: "42"}

type desk struct {
	t     testing.TB
	now   time.Time
	db    *storage.DB
	books *ledger.Books
	*billing.Invoices
}

func open(t testing.TB) *desk {
	d := &desk{t: t, now: time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return d.now }))
	ctx := context.Background()
	require.NoError(t, store.Migrate(ctx, event.Package(), ledger.Package(), billing.Package()))
	var err error
	d.db, err = store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	d.books = ledger.New(d.db)
	require.NoError(t, d.books.OpenAccounts(ctx, storage.Ref{},
		ledger.OpenAccount{Code: "rec", Name: "Receivable", Type: ledger.Asset, Control: "billing"}, ledger.OpenAccount{Code: "bank", Name: "Bank", Type: ledger.Asset},
		ledger.OpenAccount{Code: "rev", Name: "Revenue", Type: ledger.Income}, ledger.OpenAccount{Code: "tax", Name: "Tax", Type: ledger.Liability},
		ledger.OpenAccount{Code: "off", Name: "Write-offs", Type: ledger.Expense}))
	d.Invoices = billing.New(d.db, billing.Ports{Journal: journal{d.books}, Accounts: accounts})
	return d
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func eur(s string) money.Amount { return money.MustParse(s + " EUR") }

func draft(price string) billing.Draft {
	return billing.Draft{Customer: customer, Currency: "EUR", Terms: erp.Terms{Days: 30},
		Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: dec(price)}}}
}

func (d *desk) issue(price string) *billing.Invoice {
	i, err := d.IssueNew(d.t.Context(), draft(price))
	require.NoError(d.t, err)
	return i
}

func (d *desk) pay(amount string, s ...billing.Settle) *billing.Payment {
	p, err := d.Receive(d.t.Context(), billing.Receive{Customer: customer, Amount: eur(amount), For: s, KeepCredit: true})
	require.NoError(d.t, err)
	return p
}

// balance reads an account in the books.
func (d *desk) balance(code string) string {
	b, err := d.books.Balance(d.t.Context(), code, "EUR", date.Date{})
	require.NoError(d.t, err)
	return b.Text()
}

func (d *desk) receivableIsOpenItems() {
	d.t.Helper()
	ageing, err := d.Ageing(d.t.Context(), billing.Filter{}, date.FromTime(d.now, time.UTC))
	require.NoError(d.t, err)
	total := "0.00"
	if len(ageing) > 0 {
		total = ageing[0].Total.Text()
	}
	require.Equal(d.t, d.balance("rec"), total, "receivables account = open invoices")
}

func TestWE_Y1PartPaymentsAWriteOffAndItsUndoing(t *testing.T) {
	d := open(t)
	i := d.issue("240")
	d.pay("120", billing.Settle{Invoice: i.ID})
	d.pay("20", billing.Settle{Invoice: i.ID})
	last := d.pay("99", billing.Settle{Invoice: i.ID, WriteOff: true})
	got, err := d.Get(t.Context(), i.ID)
	require.NoError(t, err)
	require.Equal(t, billing.Paid, got.State)
	require.Equal(t, "1.00", d.balance("off"), "WE-TR14: write-off 1.00")
	d.receivableIsOpenItems()
	_, err = d.Release(t.Context(), billing.Release{Payment: last.ID})
	require.NoError(t, err)
	got, err = d.Get(t.Context(), i.ID)
	require.NoError(t, err)
	require.Equal(t, billing.Issued, got.State)
	require.Equal(t, "100.00", got.Open.Text())
	require.Equal(t, "0.00", d.balance("off"))
	d.receivableIsOpenItems()
}

func TestWE_TR17OverpaymentIsWrittenOffOrKept(t *testing.T) {
	d := open(t)
	i := d.issue("100")
	d.pay("110", billing.Settle{Invoice: i.ID, WriteOff: true})
	require.Equal(t, "-10.00", d.balance("off"))
	require.Equal(t, "0.00", d.balance("rec"))
	i = d.issue("100")
	d.pay("110", billing.Settle{Invoice: i.ID})
	got, err := d.Get(t.Context(), i.ID)
	require.NoError(t, err)
	require.Equal(t, billing.Paid, got.State)
	require.Equal(t, "-10.00", d.balance("rec"))
	d.receivableIsOpenItems()
	_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("5")})
	require.ErrorIs(t, err, billing.ErrOverpaid)
	require.Equal(t, "-10.00", d.balance("rec"), "a refusal leaves nothing")
}

func TestTheReceivablesAccountIsAtAllTimesWhatIsOpen(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d := open(t)
	var all []*billing.Invoice
	var paid []*billing.Payment
	for range 150 {
		d.now = d.now.Add(time.Duration(r.IntN(5*24)) * time.Hour)
		switch n := r.IntN(10); {
		case n < 4:
			all = append(all, d.issue(decimal.New(1+r.Int64N(50000), -2).String()))
		case n < 8:
			paid = append(paid, d.pay(decimal.New(1+r.Int64N(80000), -2).String()))
		case n == 8 && len(all) > 0:
			_, err := d.Credit(t.Context(), billing.CreditInvoice{Invoice: all[r.IntN(len(all))].ID})
			if err != nil {
				require.ErrorIs(t, err, billing.ErrIsCredited)
			}
		case len(paid) > 0:
			_, err := d.Release(t.Context(), billing.Release{Payment: paid[r.IntN(len(paid))].ID})
			if err != nil {
				require.ErrorIs(t, err, billing.ErrIsCredited)
			}
		}
		d.receivableIsOpenItems()
	}
	for n, i := range all {
		require.Equal(t, fmt.Sprint(n+1), i.Number)
	}
}

func TestAgeingSortsByDaysOverdueAsOfAnyDate(t *testing.T) {
	d := open(t)
	for range 4 {
		d.issue("10") // due on 9 February, 11 March, 10 April, 10 May
		d.now = d.now.AddDate(0, 0, 30)
	}
	d.pay("10") // on 10 May: the first
	at := func(day string) string {
		a, err := d.Ageing(t.Context(), billing.Filter{}, date.MustParse(day))
		require.NoError(t, err)
		if len(a) == 0 {
			return ""
		}
		return strings.Join([]string{a[0].NotDue.Text(), a[0].To30.Text(), a[0].To60.Text(), a[0].To90.Text(), a[0].Over90.Text(), a[0].Total.Text()}, " ")
	}
	require.Equal(t, "", at("2026-01-09"))
	require.Equal(t, "10.00 0.00 0.00 0.00 0.00 10.00", at("2026-01-10"))
	require.Equal(t, "20.00 10.00 10.00 0.00 0.00 40.00", at("2026-04-10"))
	require.Equal(t, "10.00 10.00 10.00 0.00 0.00 30.00", at("2026-05-10"))
	require.Equal(t, "0.00 0.00 0.00 0.00 30.00 30.00", at("2026-12-31"))
}

func TestBadInvoicesAndPaymentsAreRefusedAndNothingIsWritten(t *testing.T) {
	d := open(t)
	for want, change := range map[string]func(*billing.Draft){
		"customer required":         func(c *billing.Draft) { c.Customer = storage.Ref{} },
		"currency currency":         func(c *billing.Draft) { c.Currency = "ZZZ" },
		"lines required":            func(c *billing.Draft) { c.Lines = nil },
		"lines.0.quantity negative": func(c *billing.Draft) { c.Lines[0].Quantity = dec("-1") },
		"note encoding":             func(c *billing.Draft) { c.Note = "a\x00" },
		"note too_long":             func(c *billing.Draft) { c.Note = strings.Repeat("ж", 10000) },
		"fields.po unknown":         func(c *billing.Draft) { c.Fields = storage.Fields{"po": "1"} },
		"terms.days negative":       func(c *billing.Draft) { c.Terms.Days = -1 },
	} {
		c := draft("10")
		change(&c)
		_, err := d.IssueNew(t.Context(), c)
		path, code, _ := strings.Cut(want, " ")
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
	i := d.issue("10")
	require.Equal(t, "1", i.Number, "a refusal takes no number")
	_, err := d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: money.MustParse("1 USD"), For: []billing.Settle{{Invoice: i.ID}}})
	require.ErrorIs(t, err, billing.ErrCurrency)
	_, err = d.Receive(t.Context(), billing.Receive{Customer: storage.Ref{Kind: "x", ID: "y"}, Amount: eur("1"), For: []billing.Settle{{Invoice: i.ID}}})
	require.ErrorIs(t, err, billing.ErrCustomer)
	_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("1"), For: []billing.Settle{{Invoice: i.ID, Amount: eur("2")}}})
	require.ErrorIs(t, err, billing.ErrOverpaid)
	_, err = d.Receive(t.Context(), billing.Receive{Customer: customer, Amount: eur("-1")})
	require.True(t, storage.Has(err, "amount", storage.CodeNegative), "%v", err)
	_, err = d.Issue(t.Context(), billing.Issue{Invoice: i.ID})
	require.ErrorIs(t, err, billing.ErrIssued)
	_, err = d.Redraft(t.Context(), billing.Redraft{Invoice: i.ID, Draft: draft("1")})
	require.ErrorIs(t, err, billing.ErrIssued)
	require.Equal(t, "10.00", d.balance("rec"))
}

func TestADraftIsChangedIssuedOnceAndReplayedUnderItsKey(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	i, err := d.Draft(ctx, draft("10"))
	require.NoError(t, err)
	i, err = d.Redraft(ctx, billing.Redraft{Invoice: i.ID, Version: 1, Draft: draft("20")})
	require.NoError(t, err)
	_, err = d.Redraft(ctx, billing.Redraft{Invoice: i.ID, Version: 1, Draft: draft("30")})
	require.ErrorIs(t, err, storage.ErrStale)
	for range 3 {
		issued, err := d.Issue(ctx, billing.Issue{Invoice: i.ID, Key: "issue-1"})
		require.NoError(t, err)
		require.Equal(t, "1", issued.Number)
		require.Equal(t, "20.00", issued.Gross.Text())
		require.Len(t, issued.Lines, 1)
	}
	require.Equal(t, "20.00", d.balance("rec"))
}
