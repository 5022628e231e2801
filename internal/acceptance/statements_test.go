package acceptance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A bookworm keeps random books in three currencies beside a list of all that moved, which it sums naively.
type bookworm struct {
	t     *testing.T
	rng   *rand.Rand
	b     *ledger.Books
	moves []motion
}

type motion struct {
	account  string
	currency money.Currency
	day      date.Date
	units    int64
	dims     ledger.Dims
	closing  bool
	entry    storage.ID[ledger.Posted]
}

var (
	bookAccounts = []string{ledger.Bank, ledger.Bank, ledger.Clearing, ledger.Prepaid, ledger.Equipment, ledger.TaxPayable,
		ledger.Loans, ledger.ShareCapital, ledger.Revenue, ledger.GoodsRevenue, ledger.Payroll, ledger.Travel,
		ledger.DepreciationCosts}
	bookCurrencies = []money.Currency{"EUR", "USD", "JPY"}
	bookTypes      = typesOf(ledger.TradingChart())
	bookStart      = date.Must(2016, 3, 10)
)

func typesOf(chart []ledger.OpenAccount) map[string]ledger.Type {
	out := map[string]ledger.Type{}
	for _, a := range chart {
		out[a.Code] = a.Type
	}
	return out
}

// newBookworm opens books with the trading chart.
func newBookworm(t *testing.T, e engine, seed uint64) *bookworm {
	t.Helper()
	store := storage.Open(e.open(t))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
	require.NoError(t, err)
	return &bookworm{t: t, rng: rand.New(rand.NewPCG(seed, 9)), b: ledger.New(db)}
}

func (w *bookworm) day() date.Date { return bookStart.AddDays(w.rng.IntN(700)) }

func (w *bookworm) dims() (d ledger.Dims) {
	if w.rng.IntN(2) == 0 {
		d.Department = fmt.Sprint("d", w.rng.IntN(3))
	}
	if w.rng.IntN(3) == 0 {
		d.Customer = fmt.Sprint("c", w.rng.IntN(3))
	}
	return d
}

func (w *bookworm) leg(c money.Currency, units int64) ledger.Leg {
	a, err := money.Minor(c, units)
	require.NoError(w.t, err)
	l := ledger.Leg{Account: bookAccounts[w.rng.IntN(len(bookAccounts))], Amount: a, Dims: w.dims()}
	if w.rng.IntN(4) == 0 {
		l.Split = []ledger.Share{{Weight: decimal.NewFromInt(2), Dims: w.dims()}, {Weight: decimal.NewFromInt(1), Dims: w.dims()}}
	}
	return l
}

// entry makes an entry of several legs; now and then one that closes, or one that passes value between currencies.
func (w *bookworm) entry() ledger.Entry {
	e := ledger.Entry{Date: w.day(), AllowSelf: true, Closing: w.rng.IntN(20) == 0,
		Source: storage.Ref{Kind: "k" + fmt.Sprint(w.rng.IntN(2)), ID: "1"}}
	n := w.rng.IntN(3)
	c := bookCurrencies[n]
	if w.rng.IntN(5) == 0 {
		e.Exchange = ledger.Exchange
		e.Legs = []ledger.Leg{w.leg(c, 1+w.rng.Int64N(50_000)), w.leg(bookCurrencies[(n+1)%3], -1-w.rng.Int64N(50_000))}
		return e
	}
	left := int64(0)
	for range 1 + w.rng.IntN(3) {
		units := w.rng.Int64N(200_000) - 100_000
		if units == 0 {
			units = 3
		}
		left += units
		e.Legs = append(e.Legs, w.leg(c, units))
	}
	if left == 0 {
		left = 1
		e.Legs = append(e.Legs, w.leg(c, 1))
	}
	e.Legs = append(e.Legs, w.leg(c, -left))
	return e
}

// post writes entries and learns what they moved.
func (w *bookworm) post(n int) {
	w.t.Helper()
	list := make([]ledger.Entry, n)
	for i := range list {
		list[i] = w.entry()
	}
	posted, err := w.b.Post(w.t.Context(), list...)
	require.NoError(w.t, err)
	for _, p := range posted {
		full, err := w.b.Entry(w.t.Context(), p.ID)
		require.NoError(w.t, err)
		for _, l := range full.Legs {
			for _, part := range l.Parts {
				units, err := part.Amount.Minor()
				require.NoError(w.t, err)
				w.moves = append(w.moves, motion{l.Account, part.Amount.Currency(), p.Date, units, part.Dims, p.Closing, p.ID})
			}
		}
	}
}

// sum adds up what some moves say, in a currency.
func (w *bookworm) sum(c money.Currency, keep func(m motion) bool) money.Amount {
	units := int64(0)
	for _, m := range w.moves {
		if m.currency == c && keep(m) {
			units += m.units
		}
	}
	a, err := money.Minor(c, units)
	require.NoError(w.t, err)
	return a
}

func (w *bookworm) period() date.Period {
	p := date.Period{From: w.day(), To: w.day()}
	if p.Empty() {
		p.From, p.To = p.To, p.From
	}
	switch w.rng.IntN(4) {
	case 0:
		p = p.From.Month().Period()
	case 1:
		p.From = date.Date{}
	}
	return p
}

func yearOf(d date.Date) date.Period { return date.FiscalYear{}.Period(d.Year()) }

// checkSheet holds a balance sheet in two columns against the list.
func (w *bookworm) checkSheet() {
	t, day, other := w.t, w.day(), w.day()
	sheet, err := w.b.BalanceSheet(t.Context(), ledger.SheetFilter{Date: day, Layout: ledger.Layout{
		Further: []date.Period{{To: other}}}})
	require.NoError(t, err)
	require.True(t, sheet.Ties())
	for _, p := range sheet.Parts {
		for i, d := range []date.Date{day, other} {
			of := func(types ...ledger.Type) money.Amount {
				return w.sum(p.Currency, func(m motion) bool {
					for _, typ := range types {
						if bookTypes[m.account] == typ {
							return !m.day.After(d)
						}
					}
					return false
				})
			}
			require.Equal(t, of(ledger.Asset), p.Assets[i])
			require.Equal(t, of(ledger.Liability).Neg(), p.Liabilities[i])
			require.Equal(t, of(ledger.Equity, ledger.Income, ledger.Expense).Neg(), p.Equity[i])
			for _, r := range p.Rows {
				got := r.Cells[i].Amount
				switch r.Kind {
				case ledger.ResultRow, ledger.EarlierRow:
					require.Equal(t, w.sum(p.Currency, func(m motion) bool {
						typ := bookTypes[m.account]
						return (typ == ledger.Income || typ == ledger.Expense) && !m.day.After(d) &&
							yearOf(d).Contains(m.day) == (r.Kind == ledger.ResultRow)
					}).Neg(), got, r.Kind)
				case ledger.AccountRow:
					want := w.sum(p.Currency, func(m motion) bool { return m.account == r.Account && !m.day.After(d) })
					if bookTypes[r.Account].Sign() < 0 {
						want = want.Neg()
					}
					require.Equal(t, want, got, r.Account)
				}
			}
		}
	}
	// A cut says what it misses.
	where := w.dims()
	cut, err := w.b.BalanceSheet(t.Context(), ledger.SheetFilter{Date: day, Where: where})
	require.NoError(t, err)
	for _, p := range cut.Parts {
		missing := w.sum(p.Currency, func(m motion) bool { return !m.day.After(day) && w.has(m, where) })
		require.Equal(t, missing, p.Difference[0])
		last := p.Rows[len(p.Rows)-1]
		if require.Equal(t, missing.IsZero(), last.Kind != ledger.DifferenceRow); !missing.IsZero() {
			require.Equal(t, missing, last.Cells[0].Amount)
		}
	}
}

func (w *bookworm) has(m motion, where ledger.Dims) bool {
	return (where.Department == "" || where.Department == m.dims.Department) && (where.Customer == "" || where.Customer == m.dims.Customer)
}

func isCash(account string) bool { return account == ledger.Bank || account == ledger.Clearing }

// checkCash holds both cash-flow statements against the list and each other.
func (w *bookworm) checkCash() {
	t, p, q := w.t, w.period(), w.period()
	layout := ledger.Layout{Compare: ledger.Compare{With: q}}
	for _, indirect := range []bool{false, true} {
		flow, err := w.b.CashFlow(t.Context(), ledger.CashFilter{Period: p, Indirect: indirect, Layout: layout})
		require.NoError(t, err)
		require.True(t, flow.Ties(), "%v %s %+v", indirect, p, flow.Parts)
		for _, part := range flow.Parts {
			cash := func(to date.Date) money.Amount {
				return w.sum(part.Currency, func(m motion) bool { return isCash(m.account) && !m.day.After(to) })
			}
			require.Equal(t, cash(p.To), part.Closing[0])
			if p.From.IsZero() {
				require.True(t, part.Opening[0].IsZero())
			} else {
				require.Equal(t, cash(p.From.AddDays(-1)), part.Opening[0])
			}
			sum := part.Operating[0]
			for _, more := range []money.Amount{part.Investing[0], part.Financing[0]} {
				sum, err = sum.Add(more)
				require.NoError(t, err)
			}
			for _, r := range part.Rows {
				if require.NotNil(t, r.Cells[0].Against); r.Kind == ledger.ClosingEntryRow {
					sum, err = sum.Add(r.Cells[0].Amount)
					require.NoError(t, err)
				}
				if r.Kind == ledger.DifferenceRow { // the compared column ties too
					t.Fatalf("%+v", r)
				}
				if r.Kind == ledger.ProfitRow {
					require.Equal(t, w.sum(part.Currency, func(m motion) bool {
						typ := bookTypes[m.account]
						return !m.closing && p.Contains(m.day) && (typ == ledger.Income || typ == ledger.Expense)
					}).Neg(), r.Cells[0].Amount)
				}
			}
			change, err := part.Closing[0].Sub(part.Opening[0])
			require.NoError(t, err)
			require.Equal(t, change, sum)
		}
	}
}

// checkMonths sets twelve months side by side and ties them to the whole.
func (w *bookworm) checkMonths() {
	t, year := w.t, yearOf(date.Must(2016+w.rng.IntN(2), 1, 1))
	var months []date.Period
	for m := range year.Months() {
		months = append(months, m)
	}
	layout := ledger.Layout{Further: months[1:], Compare: ledger.Compare{Months: 12}}
	side, err := w.b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: months[0], Layout: layout})
	require.NoError(t, err)
	whole, err := w.b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: year})
	require.NoError(t, err)
	totals := map[money.Currency]money.Amount{}
	for _, total := range whole.Totals {
		totals[total.Currency] = total.Profit.Total
	}
	for _, total := range side.Totals {
		if want, ok := totals[total.Currency]; ok {
			require.Equal(t, want, total.Profit.Total)
		} else {
			require.True(t, total.Profit.Total.IsZero())
		}
		for i, m := range months {
			require.Equal(t, w.profit(total.Currency, m), total.Profit.Values[i])
			before := date.Period{From: m.From.AddMonths(-12), To: m.To.AddMonths(-12).EndOfMonth()}
			require.Equal(t, w.profit(total.Currency, before), total.Profit.Against[i].Amount)
		}
	}
	trial, err := w.b.TrialBalance(t.Context(), ledger.TrialFilter{Period: months[0], Layout: layout})
	require.NoError(t, err)
	for i, one := range append([]ledger.Trial{trial}, trial.Further...) {
		alone, err := w.b.TrialBalance(t.Context(), ledger.TrialFilter{Period: months[i]})
		require.NoError(t, err)
		rows := map[string]ledger.TrialRow{}
		for _, r := range one.Rows {
			require.NotNil(t, r.Against)
			r.Against = nil
			rows[r.Account+string(r.Currency)] = r
		}
		for _, r := range alone.Rows {
			require.Equal(t, r, rows[r.Account+string(r.Currency)])
		}
		require.Equal(t, len(trial.Rows), len(one.Rows))
	}
}

func (w *bookworm) profit(c money.Currency, p date.Period) money.Amount {
	return w.sum(c, func(m motion) bool {
		typ := bookTypes[m.account]
		return !m.closing && p.Contains(m.day) && (typ == ledger.Income || typ == ledger.Expense)
	}).Neg()
}

func TestStatementsOfRandomBooksTie(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		seeds := []uint64{1}
		if e.fast {
			seeds = []uint64{1, 2, rand.Uint64()}
		}
		for _, seed := range seeds {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				w := newBookworm(t, e, seed)
				for i := range 4 {
					w.post(25)
					if i%2 == 1 {
						_, err := w.b.Fold(t.Context())
						require.NoError(t, err)
					}
					for range 3 {
						w.checkSheet()
						w.checkCash()
					}
					w.checkMonths()
				}
			})
		}
	})
}
