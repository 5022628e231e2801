package journal

import (
	"slices"
	"strings"
)

// inOrder lists transactions in the order in which balances are assigned: by date for hledger, as they stand for ledger.
func (j *Journal) inOrder() []*Transaction {
	byDate := func(a, b *Transaction) int { return a.Date.Compare(b.Date) }
	if j.Format == Ledger || slices.IsSortedFunc(j.Transactions, byDate) {
		return j.Transactions
	}
	list := slices.Clone(j.Transactions)
	slices.SortStableFunc(list, byDate)
	return list
}

// assign resolves assigned balances: an account gets what it lacks at that point. Then the transaction is balanced.
func (r *reader) assign() error {
	if len(r.deferred) == 0 {
		return nil
	}
	waits := make(map[*Transaction]bool, len(r.deferred))
	running := newTree()
	for _, t := range r.deferred {
		waits[t] = true
		for i := range t.Postings {
			if p := &t.Postings[i]; p.flags&assigned != 0 && p.Extra.Assertion.Under {
				running.watch(p.Account)
			}
		}
	}
	for _, t := range r.j.inOrder() {
		if !waits[t] {
			for i := range t.Postings {
				running.add(&t.Postings[i])
			}
			continue
		}
		r.file = t.file
		for i := range t.Postings {
			p := &t.Postings[i]
			if p.flags&assigned != 0 {
				if err := r.assigned(running, p); err != nil {
					return err
				}
			}
			if p.flags&inferred == 0 {
				running.add(p)
			}
		}
		r.body = append(r.body[:0], t.Postings...)
		if err := r.balance(t); err != nil {
			return err
		}
		t.Postings = r.keep(r.body)
		if err := r.automate(t); err != nil {
			return err
		}
		for i := range t.Postings {
			if p := &t.Postings[i]; p.flags&(inferred|automatic) != 0 {
				running.add(p)
			}
		}
	}
	return nil
}

// assigned gives a posting what its account lacks.
func (r *reader) assigned(running *tree, p *Posting) error {
	want := p.Extra.Assertion
	held := running.held(p.Account, want.Under)
	c, only := want.Amount.Commodity, want.All
	if r.j.Format == Ledger && want.Amount.IsZero() && c.Symbol == "" { // nothing at all
		only = true
		for _, x := range held.list {
			if !x.n.IsZero() {
				c = x.c
			}
		}
	}
	for i := 0; only && i < len(held.list); i++ {
		if x := held.list[i]; x.c != c && !x.n.IsZero() {
			return r.faultAt(want.line, int(want.column), ErrAssignment, "it would need amounts of several commodities")
		}
	}
	p.Amount = Amount{want.Amount.Sub(held.get(c)), c}
	return nil
}

// A tree is running balances, and for some accounts also those of all that is below them.
type tree struct {
	own     Balances
	watched map[string]*sums
	above   [][]*sums // by Account.index
	known   []bool
}

func newTree() *tree { return &tree{watched: map[string]*sums{}} }

// watch makes the tree know what an account holds with all below it. It comes before the first add.
func (w *tree) watch(a *Account) {
	if w.watched[a.Name] == nil {
		w.watched[a.Name] = &sums{}
	}
}

func (w *tree) add(p *Posting) {
	w.own.add(p)
	if len(w.watched) == 0 || p.Amount.Commodity == nil {
		return
	}
	a := p.Account
	if a.index >= len(w.above) {
		w.above = append(w.above, make([][]*sums, a.index+1-len(w.above))...)
		w.known = append(w.known, make([]bool, a.index+1-len(w.known))...)
	}
	if !w.known[a.index] {
		w.known[a.index] = true
		for i := 0; i < len(a.Name); i++ {
			end := strings.IndexByte(a.Name[i:], ':')
			if end < 0 {
				end = len(a.Name) - i
			}
			i += end
			if s := w.watched[a.Name[:i]]; s != nil {
				w.above[a.index] = append(w.above[a.index], s)
			}
		}
	}
	for _, s := range w.above[a.index] {
		s.add(p.Amount.Commodity, p.Amount.Number)
	}
}

// held is what an account holds.
func (w *tree) held(a *Account, under bool) *sums {
	if under {
		return w.watched[a.Name]
	}
	return w.own.of(a)
}
