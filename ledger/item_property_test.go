package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/storagetest"
)

// itemWorld is books with open items to which random things happen.
type itemWorld struct {
	t       *testing.T
	rng     *rand.Rand
	b       *ledger.Books
	keys    []ledger.ItemKey
	about   map[ledger.ItemKey]ledger.Leg
	matches []storage.ID[ledger.Matched]
}

var (
	itemAccounts   = []string{ledger.Receivables, ledger.Payables, ledger.CustomerAdvances}
	itemCurrencies = []money.Currency{"EUR", "USD", "JPY"}
)

func newItemWorld(t *testing.T, seed uint64) *itemWorld {
	w := &itemWorld{t: t, rng: rand.New(rand.NewPCG(seed, 5)), b: openItems(t, "EUR"), about: map[ledger.ItemKey]ledger.Leg{}}
	var list []ledger.Rate
	for d := range 8 {
		for n, c := range []money.Currency{"USD", "JPY"} {
			list = append(list, ledger.Rate{From: c, To: "EUR", Date: day("2017-01-01").AddDays(10 * d),
				Value: decimal.New(9000+w.rng.Int64N(2000), int32(-4-2*n))})
		}
	}
	_, err := w.b.SetRates(t.Context(), ledger.SetRates{Rates: list})
	require.NoError(t, err)
	return w
}

func (w *itemWorld) date() date.Date { return day("2017-01-01").AddDays(w.rng.IntN(60)) }

func (w *itemWorld) party(account string) ledger.Dims {
	which := ledger.Customer
	if account == ledger.Payables {
		which = ledger.Supplier
	}
	return ledger.Dims{}.With(which, fmt.Sprint("p", w.rng.IntN(2)))
}

func (w *itemWorld) some(c money.Currency) money.Amount {
	a, err := money.Minor(c, 1+w.rng.Int64N(50_000))
	require.NoError(w.t, err)
	return a
}

// post posts one to three items, against the bank in their own currencies or in base currency.
func (w *itemWorld) post() {
	e := ledger.Entry{Date: w.date(), Exchange: ledger.Exchange}
	sign := int64(1 - 2*w.rng.IntN(2))
	n := 1 + w.rng.IntN(3)
	inBase := w.rng.IntN(2) == 0
	total := money.Zero("EUR")
	for range n {
		account, c := itemAccounts[w.rng.IntN(len(itemAccounts))], itemCurrencies[w.rng.IntN(len(itemCurrencies))]
		l := ledger.Leg{Account: account, Amount: w.some(c).Times(sign), Dims: w.party(account)}
		if w.rng.IntN(2) == 0 {
			l.Due = e.Date.AddDays(w.rng.IntN(40) - 5)
		}
		e.Legs = append(e.Legs, l)
		switch {
		case !inBase:
			e.Legs = append(e.Legs, ledger.Leg{Account: ledger.Bank, Amount: l.Amount.Neg()})
		case c == "EUR":
			total, _ = total.Add(l.Amount)
		default:
			v, _ := w.some("EUR").Times(sign).Add(total)
			total = v
		}
	}
	if inBase {
		e.Legs = append(e.Legs, ledger.Leg{Account: ledger.Bank, Amount: total.Neg()})
	}
	posted, err := w.b.Post(w.t.Context(), e)
	require.NoError(w.t, err)
	for i, l := range e.Legs {
		if l.Account != ledger.Bank {
			k := ledger.ItemKey{Entry: posted[0].ID, Leg: i + 1}
			w.keys, w.about[k] = append(w.keys, k), l
		}
	}
}

func (w *itemWorld) match() {
	if len(w.keys) == 0 {
		return
	}
	m := ledger.Match{Move: w.rng.IntN(2) == 0}
	order := w.rng.Perm(len(w.keys))
	first := w.about[w.keys[order[0]]]
	for _, at := range order {
		it := ledger.MatchItem{Item: w.keys[at]}
		switch l := w.about[it.Item]; {
		case len(m.Items) > 8:
			continue
		case w.rng.IntN(5) == 0: // any will do
		case l.Amount.Currency() != first.Amount.Currency(), !m.Move && (l.Account != first.Account || l.Dims != first.Dims):
			continue
		}
		if w.rng.IntN(12) == 0 {
			i, err := w.b.Item(w.t.Context(), it.Item)
			require.NoError(w.t, err)
			if it.Amount = w.some(i.Amount.Currency()); w.rng.IntN(3) > 0 && !i.Open.IsZero() {
				n, _ := i.Open.Abs().Minor()
				it.Amount, _ = money.Minor(i.Amount.Currency(), 1+w.rng.Int64N(n))
			}
		}
		m.Items = append(m.Items, it)
	}
	if w.rng.IntN(2) == 0 {
		m.Date = day("2017-03-01").AddDays(w.rng.IntN(60))
	}
	if w.rng.IntN(6) == 0 {
		m.WriteOff = &ledger.WriteOff{Account: ledger.BadDebts}
	}
	if w.rng.IntN(4) == 0 {
		c := itemCurrencies[w.rng.IntN(3)]
		m.Discount = &ledger.Discount{Parts: []ledger.DiscountPart{{Account: ledger.Discounts, Amount: w.some(c)},
			{Account: ledger.TaxPayable, Amount: w.some(c)}}}
	}
	out, err := w.b.Match(w.t.Context(), m)
	if err == nil {
		w.matches = append(w.matches, out.ID)
		return
	}
	for _, expected := range []error{ledger.ErrNoCounterpart, ledger.ErrOverMatched} {
		if require.Error(w.t, err); errors.Is(err, expected) {
			return
		}
	}
	require.True(w.t, storage.Has(err, "date", storage.CodeRange), "%v", err)
}

func (w *itemWorld) unmatch() {
	if len(w.matches) == 0 {
		return
	}
	at := w.rng.IntN(len(w.matches))
	cmd := ledger.Unmatch{Match: w.matches[at]}
	if w.rng.IntN(2) == 0 {
		cmd.Date = day("2017-03-20").AddDays(w.rng.IntN(15))
	}
	_, err := w.b.Unmatch(w.t.Context(), cmd)
	if !storage.Has(err, "date", storage.CodeRange) && !errors.Is(err, ledger.ErrUnmatched) {
		require.NoError(w.t, err)
	}
}

func (w *itemWorld) reverse() {
	if len(w.keys) > 0 {
		_, err := w.b.Reverse(w.t.Context(), ledger.Reverse{Entry: w.keys[w.rng.IntN(len(w.keys))].Entry, Date: w.date().AddDays(40),
			Unmatch: true})
		if !errors.Is(err, ledger.ErrReversed) {
			require.NoError(w.t, err)
		}
	}
}

// check holds what is open against balances, at some days.
func (w *itemWorld) check() {
	for range 3 {
		asOf := day("2016-12-30").AddDays(w.rng.IntN(150))
		if w.rng.IntN(4) == 0 {
			asOf = date.Date{}
		}
		sums := map[string]money.Amount{}
		for i, err := range w.b.OpenItems(w.t.Context(), ledger.ItemFilter{AsOf: asOf}) {
			require.NoError(w.t, err)
			require.Equal(w.t, i.Amount.Sign(), i.Open.Sign(), "as of %s: %s of %s", asOf, i.Open, i.Amount)
			beyond, err := i.Open.Abs().Cmp(i.Amount.Abs())
			require.NoError(w.t, err)
			require.LessOrEqual(w.t, beyond, 0, "as of %s: %s of %s", asOf, i.Open, i.Amount)
			at := i.Account + string(i.Amount.Currency())
			if sum, ok := sums[at]; ok {
				sums[at], _ = sum.Add(i.Open)
			} else {
				sums[at] = i.Open
			}
		}
		aged, err := w.b.Ageing(w.t.Context(), ledger.AgeingFilter{AsOf: date.Later(asOf, day("2016-12-30"))})
		require.NoError(w.t, err)
		totals := map[string]money.Amount{}
		for _, r := range aged.Totals {
			totals[r.Account+string(r.Currency)] = r.Total
		}
		held, err := w.b.Balances(w.t.Context(), ledger.BalanceFilter{AsOf: asOf, Chosen: ledger.Chosen{Accounts: itemAccounts}})
		require.NoError(w.t, err)
		for _, r := range held.Rows {
			at := r.Account + string(r.Currency)
			require.True(w.t, r.Amount.IsZero() && sums[at].IsZero() || r.Amount.Equal(sums[at]), "as of %s: %s holds %s, open is %s",
				asOf, at, r.Amount, sums[at])
			if a := r.Amount.Times(r.Type.Sign()); !asOf.IsZero() {
				require.True(w.t, a.IsZero() && totals[at].IsZero() || a.Equal(totals[at]), "ageing %s as of %s", at, asOf)
			}
			delete(sums, at)
		}
		require.Empty(w.t, sums)
	}
}

// state is what is open of everything, and every balance.
func (w *itemWorld) state() (list []string) {
	for i, err := range w.b.OpenItems(w.t.Context(), ledger.ItemFilter{}) {
		require.NoError(w.t, err)
		list = append(list, fmt.Sprint(i.ItemKey, i.Open, i.OpenValue))
	}
	held, err := w.b.Balances(w.t.Context(), ledger.BalanceFilter{})
	require.NoError(w.t, err)
	for _, r := range held.Rows {
		if !r.Amount.IsZero() {
			list = append(list, fmt.Sprint(r.Account, r.Amount))
		}
	}
	return list
}

func TestOpenItemsSumToTheirAccountsAtAnyDay(t *testing.T) {
	seeds := uint64(6)
	if storagetest.Long() {
		seeds = 200
	}
	made, seed := 0, storagetest.Seed(t)
	for i := range seeds {
		w := newItemWorld(t, seed+i)
		for range 60 {
			switch w.rng.IntN(10) {
			case 0, 1, 2, 3:
				w.post()
			case 4, 5, 6, 7:
				w.match()
			case 8:
				w.unmatch()
			case 9:
				w.reverse()
			}
			w.check()
		}
		made += len(w.matches)
		before := w.state()
		w.matches = nil
		for range 8 {
			w.match()
		}
		for len(w.matches) > 0 {
			last := len(w.matches) - 1
			_, err := w.b.Unmatch(t.Context(), ledger.Unmatch{Match: w.matches[last]})
			require.NoError(t, err)
			w.matches = w.matches[:last]
			w.check()
		}
		require.Equal(t, before, w.state(), "undone in reverse order")
	}
	require.Greater(t, made, 2*int(seeds))
}
