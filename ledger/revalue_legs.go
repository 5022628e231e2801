package ledger

import "github.com/tutas/tutas/ledger/money"

// revaluationLegs makes the legs that lead from what was posted for a day to what shall be.
func revaluationLegs(set Configuration, before, now []RevaluationLine) (legs []Leg, err error) {
	type key struct {
		account  string
		currency money.Currency
	}
	zero := money.Zero(set.Base)
	was := map[key]money.Amount{}
	var order []key
	is := map[key]money.Amount{}
	for _, l := range now {
		k := key{l.Account, l.Currency}
		is[k], order = l.Gain, append(order, k)
	}
	for _, l := range before {
		k := key{l.Account, l.Currency}
		if was[k] = l.Gain; is[k].Currency() == "" {
			is[k], order = zero, append(order, k)
		}
	}
	total := zero
	for _, k := range order {
		old := was[k]
		if old.Currency() == "" {
			old = zero
		}
		for _, side := range []struct {
			account string
			sign    int
		}{{set.UnrealisedGains, 1}, {set.UnrealisedLosses, -1}} {
			diff, err := sided(is[k], side.sign).Sub(sided(old, side.sign))
			if err != nil {
				return nil, err
			}
			if diff.IsZero() {
				continue
			}
			if total, err = total.Add(diff); err != nil {
				return nil, err
			}
			legs = append(legs, Leg{Account: side.account, Amount: diff.Neg(), Text: k.account + " " + string(k.currency)})
		}
	}
	if !total.IsZero() {
		legs = append(legs, Leg{Account: set.Exchange, Amount: total})
	}
	return legs, nil
}

// sided is an amount that has the sign, else zero.
func sided(a money.Amount, sign int) money.Amount {
	if a.Sign() == sign {
		return a
	}
	return money.Zero(a.Currency())
}
