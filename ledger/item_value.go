package ledger

import (
	"context"
	"errors"
	"math/big"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// evaluate gives the items of an entry that are in foreign currency their value in base currency: what a leg says, else what
// the entry's own exchange legs say, else the rate of the day.
func (w *posting) evaluate(ctx context.Context, tx *storage.Tx, path string, on date.Date, rows []*part, list []*item) error {
	home := tx.Tenant().Currency
	if !slices.ContainsFunc(rows, func(r *part) bool { return r.Currency != home }) {
		return nil // worth themselves; if the base is another currency after all, a match values them
	}
	set, err := settingsOf(ctx, tx)
	if err != nil || set.Base == "" {
		return err
	}
	foreign := func(i *item) bool { return i.Currency != set.Base }
	if !slices.ContainsFunc(list, foreign) {
		return nil
	}
	if _, ok := w.rules.scale(set.Base); !ok {
		if w.rules.Scales, err = allScales(ctx, tx); err != nil {
			return err
		}
	}
	v := valuesOf(rows, set.Base, set.Exchange)
	var bad faults
	v.state(w.rules, path, &bad)
	if err := bad.err(); err != nil {
		return err
	}
	rate := func(c money.Currency, n int64) (int64, error) { return w.rules.atRate(ctx, tx, c, set.Base, on, n) }
	if err := v.share(rate); err != nil && !errors.Is(err, ErrNoRate) {
		return err
	}
	for _, i := range list {
		if !foreign(i) || v.itself(i) {
			continue
		}
		if i.Value, i.Booked = v.of(i); !i.Booked {
			switch i.Value, err = rate(i.Currency, i.Amount); {
			case errors.Is(err, ErrNoRate):
				i.Value = i.Amount
				continue
			case err != nil:
				return err
			}
		}
		i.Base = set.Base
	}
	return nil
}

// atRate converts units of a currency at the rate of a day.
func (r Rules) atRate(ctx context.Context, tx *storage.Tx, from, to money.Currency, on date.Date, n int64) (int64, error) {
	rate, err := rateAt(ctx, tx, from, to, on)
	if err != nil {
		return 0, err
	}
	scale, ok := r.scale(to)
	if !ok {
		return 0, ErrCommodity.With("%s", to)
	}
	a, err := r.amount(from, n)
	if err == nil {
		a, err = money.ConvertAt(a, rate.Money(), scale, money.HalfUp)
	}
	if err != nil {
		return 0, err
	}
	units, code := minor(a, scale)
	if code != "" {
		return 0, storage.ErrOverflow
	}
	return units, nil
}

// A worth says what a leg is worth, nothing included; in its own currency where nobody knows better.
type worth struct {
	base  money.Currency
	units int64
}

// A valued leg is one of an entry with its worth in base currency, where that is known.
type valued struct {
	leg      int
	currency money.Currency
	amount   int64
	asked    *Leg
	units    int64
	known    bool
	taken    int64 // what of the amount has got its share
	itself   bool  // worth itself
}

type valuedLegs struct {
	base money.Currency
	legs []*valued
	// passed is what the exchange legs move of each currency.
	passed map[money.Currency]int64
}

// valuesOf takes an entry apart: its legs, and what passes through the exchange account.
func valuesOf(rows []*part, base money.Currency, exchange string) *valuedLegs {
	v := &valuedLegs{base: base, passed: map[money.Currency]int64{}}
	for _, r := range rows {
		if r.Account == exchange {
			v.passed[r.Currency] += r.Amount
			continue
		}
		if n := len(v.legs); n > 0 && v.legs[n-1].leg == r.Leg {
			v.legs[n-1].amount += r.Amount
			continue
		}
		v.legs = append(v.legs, &valued{leg: r.Leg, currency: r.Currency, amount: r.Amount, asked: r.asked})
	}
	return v
}

// currencies lists the foreign ones in order.
func (v *valuedLegs) currencies() (list []money.Currency) {
	for _, l := range v.legs {
		if l.currency != v.base && !slices.Contains(list, l.currency) {
			list = append(list, l.currency)
		}
	}
	return list
}

// state takes the values that legs state.
func (v *valuedLegs) state(rules Rules, path string, bad *faults) {
	scale, _ := rules.scale(v.base)
	for _, l := range v.legs {
		switch {
		case l.asked == nil || l.currency == v.base:
		case l.asked.worth != nil:
			l.units, l.known, l.itself = l.asked.worth.units, true, l.asked.worth.base != v.base
		case l.asked.Value.Currency() == "":
		case l.asked.Value.Currency() != v.base:
			bad.add(legPath(path, l.leg-1)+".value", storage.CodeCurrency)
		default:
			n, code := minor(l.asked.Value, scale)
			if code != "" {
				bad.add(legPath(path, l.leg-1)+".value", code)
			}
			l.units, l.known = n, true
		}
	}
}

// share divides what passes through the exchange account in base currency: among currencies by the rates of the day, where
// several pass in the same direction, and among the legs of one by their amounts. The shares sum to it. Where it passes
// otherwise nothing can be said.
func (v *valuedLegs) share(rate func(money.Currency, int64) (int64, error)) error {
	type open struct {
		currency      money.Currency
		amount, value int64
	}
	var list []open
	rest := v.passed[v.base]
	for _, c := range v.currencies() {
		o := open{currency: c, amount: -v.passed[c]}
		left := false
		for _, l := range v.legs {
			if l.currency == c && l.known {
				o.amount, rest = o.amount-l.amount, rest-l.units
			}
			left = left || l.currency == c && !l.known
		}
		if left && v.passed[c] != 0 {
			list = append(list, o)
		}
	}
	var total int64
	for i := range list {
		o := &list[i]
		if o.value = rest; len(list) > 1 {
			var err error
			if o.value, err = rate(o.currency, o.amount); err != nil {
				return err
			}
		}
		if o.amount == 0 || (o.amount > 0) != (rest > 0) || rest == 0 {
			return nil
		}
		total += o.value
	}
	var upto, given int64
	for _, o := range list {
		upto += o.value
		to := proportion(upto, rest, total)
		v.divide(o.currency, o.amount, to-given)
		given = to
	}
	return nil
}

// divide gives the legs of a currency whose worth is not known their shares.
func (v *valuedLegs) divide(c money.Currency, amount, units int64) {
	var upto, given int64
	for _, l := range v.legs {
		if l.currency != c || l.known {
			continue
		}
		upto += l.amount
		to := proportion(upto, units, amount)
		l.units, l.known = to-given, true
		given = to
	}
}

// proportion is n * units / amount, rounded half away from zero; nothing of nothing.
func proportion(n, units, amount int64) int64 {
	if amount == 0 {
		return 0
	}
	num := new(big.Int).Mul(big.NewInt(n), big.NewInt(units))
	den := big.NewInt(amount)
	negative := num.Sign()*den.Sign() < 0
	quo, rem := num.Abs(num).QuoRem(num, den.Abs(den), new(big.Int))
	if rem.Lsh(rem, 1).Cmp(den) >= 0 {
		quo.Add(quo, big.NewInt(1))
	}
	if negative {
		quo.Neg(quo)
	}
	return quo.Int64()
}

func (v *valuedLegs) itself(i *item) bool {
	return slices.ContainsFunc(v.legs, func(l *valued) bool { return l.leg == i.Leg && l.itself })
}

// of is what an item is worth, if that is known: its share of a leg that is split over several parties.
func (v *valuedLegs) of(i *item) (int64, bool) {
	for _, l := range v.legs {
		if l.leg == i.Leg && l.known {
			before := proportion(l.taken, l.units, l.amount)
			l.taken += i.Amount
			return proportion(l.taken, l.units, l.amount) - before, true
		}
	}
	return 0, false
}
