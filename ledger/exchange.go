package ledger

import "github.com/tutas/tutas/ledger/money"

// lack sums the legs of each currency, exactly, in the order in which currencies first come, and leaves out those that balance. It uses the memory of sums.
func (e *Entry) lack(sums []money.Amount) []money.Amount {
next:
	for i := range e.Legs {
		a := e.Legs[i].Amount
		for j := range sums {
			if sums[j].Currency() == a.Currency() {
				sums[j], _ = sums[j].Add(a)
				continue next
			}
		}
		sums = append(sums, a)
	}
	out := sums[:0]
	for _, s := range sums {
		if !s.IsZero() {
			out = append(out, s)
		}
	}
	return out
}

// checkBalance demands that each currency balances, or that value passes from some currencies to others through the exchange
// account: then there is too much of one and too little of another.
func (e *Entry) checkBalance(bad *faults, path string) {
	var few [4]money.Amount
	lack := e.lack(few[:0])
	if e.Exchange != "" {
		over, under := false, false
		for _, s := range lack {
			over, under = over || s.Sign() > 0, under || s.Sign() < 0
		}
		if over && under {
			return
		}
	}
	for _, s := range lack {
		bad.refuse(path+"legs", ErrUnbalanced, s.String()+" too much")
	}
}

// exchanged is the entry with the legs that its exchange account takes, one for each currency that does not balance by
// itself, after the others.
func (e *Entry) exchanged() *Entry {
	if e.Exchange == "" {
		return e
	}
	var few [4]money.Amount
	lack := e.lack(few[:0])
	if len(lack) == 0 {
		return e
	}
	out := *e
	out.Legs = append([]Leg(nil), e.Legs...)
	for _, s := range lack {
		out.Legs = append(out.Legs, Leg{Account: e.Exchange, Amount: s.Neg()})
	}
	return &out
}
