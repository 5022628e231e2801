package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// move is a part as the model knows it: plain values in a list, summed naively.
type move struct {
	account  string
	currency money.Currency
	date     date.Date
	units    int64
	dims     ledger.Dims
	closing  bool
}

// model is the books in the simplest form that can be right.
type model struct{ moves []move }

type modelKey struct {
	account  string
	currency money.Currency
	month    string
	dims     ledger.Dims
}

type modelSum struct{ debit, credit int64 }

func (m *model) sum(p date.Period, accounts []string, where ledger.Dims, group []ledger.Dimension, byAccount, byMonth,
	closing bool) map[modelKey]modelSum {
	out := map[modelKey]modelSum{}
next:
	for _, v := range m.moves {
		if !p.Contains(v.date) || accounts != nil && !slices.Contains(accounts, v.account) || v.closing && !closing {
			continue
		}
		for _, d := range ledger.Dimensions() {
			if w := where.Of(d); w != "" && v.dims.Of(d) != w {
				continue next
			}
		}
		k := modelKey{currency: v.currency}
		if byAccount {
			k.account = v.account
		}
		if byMonth {
			k.month = v.date.Month().String()
		}
		for _, d := range group {
			k.dims = k.dims.With(d, v.dims.Of(d))
		}
		s := out[k]
		if v.units > 0 {
			s.debit += v.units
		} else {
			s.credit -= v.units
		}
		out[k] = s
	}
	return out
}

// world is books under test beside their model.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	b     *ledger.Books
	m     *model
	ids   []storage.ID[ledger.Posted]
	undid map[storage.ID[ledger.Posted]]bool
}

var (
	worldAccounts = []string{ledger.Bank, ledger.Equipment, ledger.TaxPayable, ledger.ShareCapital, ledger.Revenue,
		ledger.GoodsRevenue, ledger.Payroll, ledger.Travel, ledger.GoodsCost}
	worldCurrencies = []money.Currency{"EUR", "USD", "JPY", "KWD"}
	worldDims       = []ledger.Dimension{ledger.Customer, ledger.Department, ledger.Project, ledger.Spare2}
)

func (w *world) dims() (d ledger.Dims) {
	for _, which := range worldDims {
		if w.rng.IntN(3) == 0 {
			d = d.With(which, fmt.Sprint(which[:1], w.rng.IntN(3)))
		}
	}
	return d
}

func (w *world) date() date.Date { return day("2016-11-15").AddDays(w.rng.IntN(150)) }

func (w *world) entry() ledger.Entry {
	e := ledger.Entry{Date: w.date(), AllowSelf: true, Closing: w.rng.IntN(15) == 0}
	for range 1 + w.rng.IntN(2) {
		cur := worldCurrencies[w.rng.IntN(len(worldCurrencies))]
		n := 1 + w.rng.IntN(4)
		left := int64(0)
		for range n {
			units := w.rng.Int64N(2_000_000) - 1_000_000
			if units == 0 {
				units = 7
			}
			left += units
			e.Legs = append(e.Legs, w.leg(cur, units))
		}
		if left == 0 {
			e.Legs = append(e.Legs, w.leg(cur, 1))
			left = 1
		}
		e.Legs = append(e.Legs, w.leg(cur, -left))
	}
	return e
}

func (w *world) leg(cur money.Currency, units int64) ledger.Leg {
	a, err := money.Minor(cur, units)
	require.NoError(w.t, err)
	l := ledger.Leg{Account: worldAccounts[w.rng.IntN(len(worldAccounts))], Amount: a, Dims: w.dims()}
	if w.rng.IntN(3) == 0 {
		for range 1 + w.rng.IntN(4) {
			l.Split = append(l.Split, ledger.Share{Weight: decimal.New(w.rng.Int64N(100)+1, -2), Dims: w.dims()})
		}
	}
	return l
}

// learn takes posted entries into the model, through the legs that the books give back, and checks these against what was
// asked for.
func (w *world) learn(list []ledger.Posted, asked []ledger.Entry) {
	for i, p := range list {
		full, err := w.b.Entry(w.t.Context(), p.ID)
		require.NoError(w.t, err)
		w.ids = append(w.ids, p.ID)
		for j, l := range full.Legs {
			sum := money.Zero(l.Amount.Currency())
			for _, part := range l.Parts {
				sum, err = sum.Add(part.Amount)
				require.NoError(w.t, err)
				units, err := part.Amount.Minor()
				require.NoError(w.t, err)
				w.m.moves = append(w.m.moves, move{l.Account, l.Amount.Currency(), p.Date, units, part.Dims, p.Closing})
			}
			require.Equal(w.t, l.Amount, sum)
			if asked != nil {
				require.Equal(w.t, asked[i].Legs[j].Amount, l.Amount)
				require.Equal(w.t, asked[i].Legs[j].Account, l.Account)
			}
		}
	}
}

func (w *world) step() {
	switch w.rng.IntN(6) {
	case 0:
		if len(w.ids) == 0 {
			return
		}
		id := w.ids[w.rng.IntN(len(w.ids))]
		p, err := w.b.Reverse(w.t.Context(), ledger.Reverse{Entry: id, Date: w.date()})
		if w.undid[id] {
			require.ErrorIs(w.t, err, ledger.ErrReversed)
			return
		}
		require.NoError(w.t, err)
		w.undid[id] = true
		w.learn([]ledger.Posted{p}, nil)
	case 1:
		_, err := w.b.Fold(w.t.Context())
		require.NoError(w.t, err)
	default:
		var asked []ledger.Entry
		for range 1 + w.rng.IntN(3) {
			asked = append(asked, w.entry())
		}
		posted, err := w.b.Post(w.t.Context(), asked...)
		require.NoError(w.t, err)
		w.learn(posted, asked)
	}
}

func units(t *testing.T, a money.Amount) int64 {
	n, err := a.Minor()
	require.NoError(t, err)
	return n
}

// checkTotals compares a random cut with the model's.
func (w *world) checkTotals() {
	f := ledger.TotalsFilter{ByAccount: w.rng.IntN(2) == 0, ByMonth: w.rng.IntN(2) == 0, Closing: w.rng.IntN(2) == 0,
		Period: w.period()}
	for _, d := range worldDims {
		switch w.rng.IntN(6) {
		case 0:
			f.GroupBy = append(f.GroupBy, d)
		case 1:
			f.Where = f.Where.With(d, fmt.Sprint(d[:1], w.rng.IntN(3)))
		}
	}
	var accounts []string
	if w.rng.IntN(2) == 0 {
		f.Types = []ledger.Type{ledger.Income, ledger.Expense}
		accounts = worldAccounts[4:]
	}
	got, err := w.b.Totals(w.t.Context(), f)
	require.NoError(w.t, err)
	have := map[modelKey]modelSum{}
	for _, r := range got.Rows {
		k := modelKey{r.Account, r.Currency, r.Month.String(), r.Dims}
		have[k] = modelSum{units(w.t, r.Debit), units(w.t, r.Credit)}
	}
	require.Equal(w.t, w.m.sum(f.Period, accounts, f.Where, f.GroupBy, f.ByAccount, f.ByMonth, f.Closing), have, "%+v", f)
}

func (w *world) period() (p date.Period) {
	if w.rng.IntN(3) > 0 {
		p.From = w.date()
	}
	if w.rng.IntN(3) > 0 {
		p.To = w.date()
	}
	if w.rng.IntN(4) == 0 && !p.From.IsZero() {
		p.From = p.From.Month().First()
	}
	if w.rng.IntN(4) == 0 && !p.To.IsZero() {
		p.To = p.To.Month().Last()
	}
	if p.Empty() { // refused
		p.From, p.To = p.To, p.From
	}
	return p
}

// checkTrial holds the trial balance of a period against the model: it is zero in each currency.
func (w *world) checkTrial() {
	p := w.period()
	got, err := w.b.TrialBalance(w.t.Context(), ledger.TrialFilter{Period: p})
	require.NoError(w.t, err)
	for _, s := range got.Totals {
		require.True(w.t, s.Opening.IsZero() && s.Closing.IsZero() && s.Debit == s.Credit, "%+v", s)
	}
	before := map[modelKey]modelSum{}
	if !p.From.IsZero() {
		before = w.m.sum(date.Period{To: p.From.AddDays(-1)}, nil, ledger.Dims{}, nil, true, false, true)
	}
	moved := w.m.sum(p, nil, ledger.Dims{}, nil, true, false, true)
	for _, r := range got.Rows {
		k := modelKey{account: r.Account, currency: r.Currency}
		require.Equal(w.t, before[k].debit-before[k].credit, units(w.t, r.Opening))
		require.Equal(w.t, moved[k], modelSum{units(w.t, r.Debit), units(w.t, r.Credit)})
		delete(before, k)
		delete(moved, k)
	}
	require.Empty(w.t, before)
	require.Empty(w.t, moved)
}

// checkDays compares the balances as of every date, and the last with the end of a statement.
func (w *world) checkDays() {
	for d := day("2016-11-10"); d.Before(day("2017-05-01")); d = d.AddDays(1 + w.rng.IntN(20)) {
		got, err := w.b.Balances(w.t.Context(), ledger.BalanceFilter{AsOf: d})
		require.NoError(w.t, err)
		want := w.m.sum(date.Period{To: d}, nil, ledger.Dims{}, nil, true, false, true)
		for _, r := range got.Rows {
			k := modelKey{account: r.Account, currency: r.Currency}
			require.Equal(w.t, want[k].debit-want[k].credit, units(w.t, r.Amount))
			delete(want, k)
		}
		require.Empty(w.t, want)
	}
	account := worldAccounts[w.rng.IntN(len(worldAccounts))]
	f := ledger.LineFilter{Account: account, Period: w.period(), Limit: 1 + w.rng.IntN(20)}
	last := map[money.Currency]money.Amount{}
	n := 0
	for from := storage.Cursor(""); ; {
		page, err := w.b.StatementPage(w.t.Context(), f, from)
		require.NoError(w.t, err)
		for _, l := range page.Items {
			last[l.Amount.Currency()] = l.Balance
			n++
		}
		if from = page.Next; from == "" {
			break
		}
	}
	for cur, a := range last {
		want := w.m.sum(date.Period{To: f.Period.To}, []string{account}, ledger.Dims{}, nil, true, false,
			true)[modelKey{account: account, currency: cur}]
		require.Equal(w.t, want.debit-want.credit, units(w.t, a))
	}
	for _, err := range w.b.Statement(w.t.Context(), ledger.LineFilter{Account: account, Period: f.Period}) {
		require.NoError(w.t, err)
		n--
	}
	require.Zero(w.t, n)
}

// checkIncome ties the statement by a dimension to the plain one.
func (w *world) checkIncome() {
	p := w.period()
	plain, err := w.b.IncomeStatement(w.t.Context(), ledger.IncomeFilter{Period: p})
	require.NoError(w.t, err)
	by, err := w.b.IncomeStatement(w.t.Context(), ledger.IncomeFilter{Period: p, GroupBy: worldDims[w.rng.IntN(len(worldDims))]})
	require.NoError(w.t, err)
	require.Equal(w.t, len(plain.Totals), len(by.Totals))
	for i := range plain.Totals {
		require.Equal(w.t, plain.Totals[i].Profit.Total, by.Totals[i].Profit.Total)
		require.Equal(w.t, plain.Totals[i].Income.Total, by.Totals[i].Income.Total)
		sum := money.Zero(by.Totals[i].Currency)
		for _, v := range by.Totals[i].Profit.Values {
			sum, err = sum.Add(v)
			require.NoError(w.t, err)
		}
		require.Equal(w.t, by.Totals[i].Profit.Total, sum)
	}
}

func testReportsEqualTheSumOfParts(t *testing.T, db *storage.DB, seed uint64, steps int) {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), b: ledger.New(db), m: &model{},
		undid: map[storage.ID[ledger.Posted]]bool{}}
	for i := range steps {
		w.step()
		w.checkTotals()
		w.checkTrial()
		w.checkIncome()
		if i%10 == 9 {
			w.checkDays()
		}
		if i%7 == 0 { // the same inside a transaction, whose own writes count
			require.ErrorIs(t, db.Update(t.Context(), func(tx *storage.Tx) error {
				in := *w
				in.b, in.m = w.b.In(tx), &model{moves: slices.Clone(w.m.moves)}
				posted, err := in.b.Post(t.Context(), in.entry())
				require.NoError(t, err)
				in.learn(posted, nil)
				in.checkTotals()
				in.checkTrial()
				return errUndone
			}), errUndone)
		}
	}
	require.NotEmpty(t, w.undid)
}

var errUndone = fmt.Errorf("undone")

func TestReportsEqualTheSumOfPartsWheneverTheyAreFolded(t *testing.T) {
	for _, seed := range []uint64{1, 2, rand.Uint64()} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			_, db := openOn(t, newEngine(t))
			testReportsEqualTheSumOfParts(t, db, seed, 60)
		})
	}
}
