package acceptance_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
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
	"github.com/tutas/tutas/storage/storagetest"
)

// A cashier writes invoices and settles them at random, and holds billing against the books after each step.
type cashier struct {
	testing.TB
	w        *world
	c        *tutas.Company
	rng      *rand.Rand
	invoices []storage.ID[billing.Invoice]
	payments []storage.ID[billing.Payment]
	credits  []storage.ID[billing.Invoice]
	done     map[string]int
	refused  map[string]int
	plain    bool // the books keep no items
}

var buyers = []storage.Ref{{Kind: "shop.customer", ID: "a"}, {Kind: "shop.customer", ID: "b"}, {Kind: "shop.customer", ID: "c"}}

func (s *cashier) cents(most int64) money.Amount {
	return money.MustParse(decimal.New(1+s.rng.Int64N(most), -2).String() + " EUR")
}

func anyOf[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// tried counts a deed; a refusal by a rule is none of a test's faults.
func (s *cashier) tried(deed string, err error) bool {
	if err == nil {
		s.done[deed]++
		return true
	}
	code := storage.CodeOf(err)
	if code == "invalid" {
		require.True(s, storage.Has(err, "date", storage.CodeRange) || storage.Has(err, "payment", storage.CodeRequired) ||
			storage.Has(err, "for.0.invoice", storage.CodeDuplicate) || storage.Has(err, "for.1.invoice", storage.CodeDuplicate), "%s: %v", deed, err)
	} else {
		require.Regexp(s, `^billing\.`, code, "%s: %v", deed, err)
	}
	s.refused[deed+" "+code]++
	return false
}

// someDay is today or a few days off.
func (s *cashier) someDay() date.Date { return s.w.today().AddDays(s.rng.IntN(8) - 5) }

func (s *cashier) step() {
	ctx, c := s.Context(), s.c
	for len(s.invoices) == 0 || s.rng.IntN(3) == 0 {
		terms := erp.Terms{Days: s.rng.IntN(45)}
		if s.rng.IntN(2) == 0 {
			terms.EarlyPercent, terms.EarlyDays = dec("2"), 10
		}
		i, err := c.Invoices.IssueNew(ctx, billing.Draft{Customer: anyOf(s.rng, buyers), Currency: "EUR", Date: s.someDay(), Terms: terms,
			Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: s.cents(90_000).Decimal(), TaxCode: "standard", TaxPercent: dec("20")}}})
		require.NoError(s, err)
		s.invoices = append(s.invoices, i.ID)
		s.done["issue"]++
	}
	settle := func(customer storage.Ref, most int) (list []billing.Settle) {
		for range s.rng.IntN(most + 1) {
			from := s.invoices
			if len(s.credits) > 0 && s.rng.IntN(6) == 0 {
				from = s.credits
			}
			i, err := c.Invoices.Get(ctx, anyOf(s.rng, from))
			require.NoError(s, err)
			if i.Customer != customer || i.State != billing.Issued || slices.ContainsFunc(list, func(o billing.Settle) bool { return o.Invoice == i.ID }) {
				continue
			}
			one := billing.Settle{Invoice: i.ID, Discount: s.rng.IntN(4) == 0, WriteOff: s.rng.IntN(4) == 0}
			if s.rng.IntN(3) == 0 {
				one.Amount = s.cents(40_000)
			}
			list = append(list, one)
		}
		return list
	}
	deeds := []func(){
		func() {
			customer := anyOf(s.rng, buyers)
			p, err := c.Invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: s.cents(150_000), Date: s.someDay(), For: settle(customer, 3),
				KeepCredit: s.rng.IntN(5) > 0})
			if s.tried("receive", err) {
				s.payments = append(s.payments, p.ID)
			}
		},
		func() {
			i, err := c.Invoices.Get(ctx, anyOf(s.rng, s.invoices))
			require.NoError(s, err)
			pay := i.Open
			short := decimal.New(s.rng.Int64N(300), -2) // by a few euro
			pay, err = pay.Sub(money.MustParse(short.String() + " EUR"))
			require.NoError(s, err)
			if i.State != billing.Issued || pay.Sign() <= 0 {
				return
			}
			p, err := c.Invoices.Receive(ctx, billing.Receive{Customer: i.Customer, Amount: pay, Date: s.someDay(), Why: "small",
				For: []billing.Settle{{Invoice: i.ID, Discount: s.rng.IntN(2) == 0, WriteOff: s.rng.IntN(2) == 0}}})
			if s.tried("receive short", err) {
				s.payments = append(s.payments, p.ID)
			}
		},
		func() {
			n, err := c.Invoices.Credit(ctx, billing.CreditInvoice{Invoice: anyOf(s.rng, s.invoices), Date: s.someDay()})
			if s.tried("credit", err) {
				s.credits = append(s.credits, n.ID)
			}
		},
		func() {
			cmd := billing.Allocate{Date: s.someDay()}
			var customer storage.Ref
			if len(s.credits) > 0 && s.rng.IntN(2) == 0 {
				cmd.Credit = anyOf(s.rng, s.credits)
				n, err := c.Invoices.Get(ctx, cmd.Credit)
				require.NoError(s, err)
				customer = n.Customer
			} else if len(s.payments) > 0 {
				cmd.Payment = anyOf(s.rng, s.payments)
				p, err := c.Invoices.Payment(ctx, cmd.Payment)
				require.NoError(s, err)
				customer = p.Customer
			}
			cmd.For = settle(customer, 2)
			_, err := c.Invoices.Allocate(ctx, cmd)
			s.tried("allocate", err)
		},
		func() {
			if len(s.payments) > 0 {
				cmd := billing.Release{Payment: anyOf(s.rng, s.payments)}
				if s.rng.IntN(2) == 0 {
					cmd.Date = s.someDay()
				}
				_, err := c.Invoices.Release(ctx, cmd)
				s.tried("release", err)
			}
		},
		func() {
			if len(s.credits) > 0 {
				_, err := c.Invoices.ReleaseCredit(ctx, billing.ReleaseCredit{Credit: anyOf(s.rng, s.credits)})
				s.tried("release credit", err)
			}
		},
		func() {
			cmd := billing.Refund{Date: s.someDay()}
			if s.rng.IntN(2) == 0 {
				cmd.Amount = s.cents(9_000)
			}
			if len(s.credits) > 0 && s.rng.IntN(2) == 0 {
				cmd.Credit = anyOf(s.rng, s.credits)
			} else if len(s.payments) > 0 {
				cmd.Payment = anyOf(s.rng, s.payments)
			}
			_, err := c.Invoices.Refund(ctx, cmd)
			s.tried("refund", err)
		},
	}
	deeds = append(deeds, deeds[0], deeds[0], deeds[1], deeds[1]) // most often money comes in
	anyOf(s.rng, deeds)()
}

// aged is an ageing in words: not due, by lateness, credit, total.
func aged(a billing.Ageing) string {
	return fmt.Sprint(a.NotDue.Text(), " ", a.To30.Text(), " ", a.To60.Text(), " ", a.To90.Text(), " ", a.Over90.Text(), " ", a.Credit.Text(), " ",
		a.Total.Text())
}

// ties holds billing against the ledger as of a day: the control account, the documents and the open items agree in all, per
// customer, and by age.
func (s *cashier) ties(asOf date.Date) {
	s.Helper()
	ctx, c := s.Context(), s.c
	open, err := c.Invoices.Open(ctx, billing.Filter{}, asOf)
	require.NoError(s, err)
	books, err := c.Books.Ageing(ctx, ledger.AgeingFilter{AsOf: asOf, Accounts: []string{ledger.Receivables}, ByParty: true})
	require.NoError(s, err)
	want := map[string]string{}
	for _, r := range books.Rows {
		want[r.Party.ID] = fmt.Sprint(r.NotDue.Text(), " ", r.Late[0].Text(), " ", r.Late[1].Text(), " ", r.Late[2].Text(), " ", r.Late[3].Text(), " ",
			r.Unapplied.Text(), " ", r.Total.Text())
	}
	by := map[string][]billing.Item{}
	for _, i := range open {
		by[i.Customer.ID] = append(by[i.Customer.ID], i)
	}
	got := map[string]string{}
	sums := map[string]string{}
	for customer, list := range by {
		a, err := billing.Age(list, asOf)
		require.NoError(s, err)
		require.Len(s, a, 1)
		got[customer], sums[customer] = aged(a[0]), a[0].Total.Text()
	}
	if s.plain {
		want = got
	}
	require.Equal(s, want, got, "billing and the books age alike as of %s", asOf)
	held, err := c.Books.PartyLedger(ctx, ledger.PartyFilter{Dimension: ledger.Customer, Period: date.Period{To: asOf},
		Chosen: ledger.Chosen{Accounts: []string{ledger.Receivables}}})
	require.NoError(s, err)
	for _, r := range held.Rows {
		sum := "0.00"
		if got, ok := sums[r.Value]; ok {
			sum = got
		}
		require.Equal(s, r.Closing.Text(), sum, "the control account of %s is its open invoices as of %s", r.Value, asOf)
	}
}

// sound is what must hold after every step.
func (s *cashier) sound() {
	s.Helper()
	s.ties(s.w.today())
	s.ties(s.w.today().AddDays(s.rng.IntN(90) - 80))
	if s.plain {
		return
	}
	open := map[string]int{} // documents by entry
	for _, i := range each(s, s.c.Invoices.All(s.Context(), billing.Filter{})) {
		if !i.Open.IsZero() {
			open[i.Entry.ID+" "+i.Open.String()]++
		}
	}
	for _, p := range each(s, s.c.Invoices.Payments(s.Context(), storage.Ref{})) {
		require.Equal(s, p.Unused, !p.Free.IsZero())
		if p.Unused {
			open[p.Entry.ID+" "+p.Free.Neg().String()]++
		}
	}
	items := map[string]int{}
	for _, i := range each(s, s.c.Books.OpenItems(s.Context(), ledger.ItemFilter{Accounts: []string{ledger.Receivables}})) {
		items[i.Entry.String()+" "+i.Open.String()]++
	}
	require.Equal(s, items, open, "each document is as open as its item")
}

func (s *cashier) audit() {
	s.Helper()
	a, err := s.c.Books.Audit(s.Context())
	require.NoError(s, err)
	require.Empty(s, a.Findings)
}

func TestReceivablesAreTheOpenItemsOfTheBooks(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) { drillReceivables(t, e, false) })
}

// A chart of the host's, or of a company from before, may keep no items.
func TestReceivablesAreTheOpenInvoicesOfBooksWithoutItems(t *testing.T) {
	drillReceivables(t, engines[0], true)
}

func drillReceivables(t *testing.T, e engine, plain bool) {
	w := begin(t, e.open(t), nil, nil)
	chart := ledger.TradingChart()
	for i := range chart {
		chart[i].Items = chart[i].Items && !plain
	}
	c, err := w.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(chart))
	require.NoError(t, err)
	seed := storagetest.Seed(t)
	s := &cashier{TB: t, w: w, c: c, rng: rand.New(rand.NewPCG(seed, 7)), done: map[string]int{}, refused: map[string]int{}, plain: plain}
	steps := 40
	switch {
	case storagetest.Long():
		steps = 400
	case e.fast:
		steps = 150
	}
	for n := range steps {
		w.advance(time.Duration(s.rng.IntN(60)) * time.Hour)
		s.step()
		if n%20 == 19 {
			w.settle(t)
		}
		s.sound()
	}
	t.Log(s.done, s.refused)
	s.audit()

	// Undone in reverse, nothing is left: credit notes and payments are released, invoices credited, and what is left paid back.
	w.advance(30 * 24 * time.Hour)
	for _, id := range slices.Backward(s.credits) {
		_, err := c.Invoices.ReleaseCredit(t.Context(), billing.ReleaseCredit{Credit: id})
		s.tried("release credit", err)
	}
	for _, id := range slices.Backward(s.payments) {
		_, err := c.Invoices.Release(t.Context(), billing.Release{Payment: id})
		s.tried("release", err)
		s.sound()
	}
	for _, id := range slices.Backward(s.invoices) {
		n, err := c.Invoices.Credit(t.Context(), billing.CreditInvoice{Invoice: id})
		if err == nil {
			s.credits = append(s.credits, n.ID)
		} else {
			require.ErrorIs(t, err, billing.ErrIsCredited)
		}
	}
	s.sound()
	for _, id := range s.payments {
		_, err := c.Invoices.Refund(t.Context(), billing.Refund{Payment: id})
		s.tried("refund", err)
	}
	for _, id := range s.credits {
		_, err := c.Invoices.Refund(t.Context(), billing.Refund{Credit: id})
		s.tried("refund", err)
	}
	s.sound()
	require.Empty(t, each(t, c.Books.OpenItems(t.Context(), ledger.ItemFilter{})))
	for _, account := range []string{ledger.Receivables, ledger.Revenue, ledger.TaxPayable, ledger.Discounts} {
		require.Equal(t, "0.00", balance(t, c, account), account)
	}
	s.audit()
}

func TestCashiersSettleTheSameInvoicesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		w := begin(t, e.open(t), []storage.Option{storage.Attempts(60, time.Millisecond)}, nil)
		c, err := w.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
		require.NoError(t, err)
		s := &cashier{TB: t, w: w, c: c, rng: rand.New(rand.NewPCG(storagetest.Seed(t), 8)), done: map[string]int{}, refused: map[string]int{}}
		for range 6 {
			i, err := c.Invoices.IssueNew(t.Context(), billing.Draft{Customer: buyers[0], Currency: "EUR",
				Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: dec("100")}}})
			require.NoError(t, err)
			p, err := c.Invoices.Receive(t.Context(), billing.Receive{Customer: buyers[0], Amount: eur("30"), For: []billing.Settle{{Invoice: i.ID}}})
			require.NoError(t, err)
			s.invoices, s.payments = append(s.invoices, i.ID), append(s.payments, p.ID)
		}
		rounds := 4
		if storagetest.Long() {
			rounds = 60
		}
		var all sync.WaitGroup
		for g := range 8 {
			seed := s.rng.Uint64()
			all.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(g)))
				for range rounds {
					var err error
					two := []billing.Settle{{Invoice: anyOf(rng, s.invoices[:3])}, {Invoice: anyOf(rng, s.invoices[3:]), WriteOff: rng.IntN(3) == 0}}
					slices.SortFunc(two, func(billing.Settle, billing.Settle) int { return rng.IntN(3) - 1 })
					switch rng.IntN(5) {
					case 0, 1:
						_, err = c.Invoices.Receive(t.Context(), billing.Receive{Customer: buyers[0], Amount: eur("25"), For: two, KeepCredit: true})
					case 2:
						_, err = c.Invoices.Release(t.Context(), billing.Release{Payment: anyOf(rng, s.payments)})
					case 3:
						_, err = c.Invoices.Allocate(t.Context(), billing.Allocate{Payment: anyOf(rng, s.payments), For: two})
					case 4:
						if rng.IntN(4) == 0 {
							_, err = c.Invoices.Credit(t.Context(), billing.CreditInvoice{Invoice: anyOf(rng, s.invoices)})
						}
					}
					if err != nil {
						require.Regexp(t, `^billing\.`, storage.CodeOf(err), "%v", err)
					}
				}
			})
		}
		all.Wait()
		s.sound()
		s.audit()
	})
}
