package ledger

import "github.com/tutas/tutas/ledger/money"

// selfPlace is what a leg moves an amount on.
type selfPlace struct {
	account  string
	currency money.Currency
	dims     Dims
}

// checkSelf finds legs that undo one another: debits and credits of the same amount on one account, in one currency and with the
// same dimensions, so that nothing moves. Legs that are split, or say what is due when, are left out.
func (e *Entry) checkSelf(bad *faults, path string) {
	if e.AllowSelf || len(e.Legs) == 2 && e.Legs[0].Account != e.Legs[1].Account {
		return
	}
	seen := make(map[string]bool, len(e.Legs))
	twice := false
	for i := range e.Legs {
		twice = twice || seen[e.Legs[i].Account]
		seen[e.Legs[i].Account] = true
	}
	if !twice {
		return
	}
	sums := map[selfPlace]money.Amount{}
	last := map[selfPlace]int{}
	for i := range e.Legs {
		l := &e.Legs[i]
		if len(l.Split) > 0 || l.terms() || l.Amount.IsZero() {
			continue
		}
		at := selfPlace{l.Account, l.Amount.Currency(), l.Dims}
		sum := l.Amount
		if was, there := sums[at]; there {
			sum, _ = sum.Add(was) // of one currency
		}
		sums[at], last[at] = sum, i
	}
	for i := range e.Legs {
		l := &e.Legs[i]
		at := selfPlace{l.Account, l.Amount.Currency(), l.Dims}
		if no, there := last[at]; there && no == i && sums[at].IsZero() {
			bad.add(legPath(path, i)+".account", CodeSelf)
		}
	}
}
