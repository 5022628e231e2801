package journal

import (
	"slices"

	"github.com/tutas/tutas/ledger/date"
)

// Check holds the journal against its balance assertions: in the order of dates for hledger and beancount, in that of the file
// for ledger. For beancount it also checks that accounts are open, and take the commodities, of what is posted to them.
//
// Errors: an *Error at the first assertion that fails, ErrAssertion or ErrAccount.
func (j *Journal) Check() error {
	if j.Format == Beancount {
		return j.checkBeancount()
	}
	type place struct {
		at date.Date
		t  *Transaction
		p  *Posting
	}
	var all []place
	asserts, sorted := 0, true
	running := newTree()
	for _, t := range j.Transactions {
		for i := range t.Postings {
			if e := t.Postings[i].Extra; e != nil && e.Assertion != nil {
				asserts++
				if e.Assertion.Under {
					running.watch(t.Postings[i].Account)
				}
			}
		}
	}
	if asserts == 0 {
		return nil
	}
	for _, t := range j.Transactions {
		for i := range t.Postings {
			x := place{t.Date, t, &t.Postings[i]}
			if e := x.p.Extra; e != nil && !e.Date.IsZero() && j.Format == Hledger {
				x.at = e.Date
			}
			sorted = sorted && (len(all) == 0 || !x.at.Before(all[len(all)-1].at))
			all = append(all, x)
		}
	}
	if j.Format == Hledger && !sorted {
		slices.SortStableFunc(all, func(a, b place) int { return a.at.Compare(b.at) })
	}
	for _, x := range all {
		running.add(x.p)
		if x.p.Extra != nil && x.p.Extra.Assertion != nil {
			if err := j.checkOne(running, x.t, x.p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *Journal) checkOne(running *tree, t *Transaction, p *Posting) error {
	want := p.Extra.Assertion
	held := running.held(p.Account, want.Under)
	fail := func(c *Commodity, n, should Number) error {
		return &Error{Position{j.Files[t.file], int(want.line), int(want.column)}, ErrAssertion,
			p.Account.Name + " holds " + near(Amount{n, c}.String()) + ", not " + near(Amount{should, c}.String())}
	}
	c, only := want.Amount.Commodity, want.All
	if j.Format == Ledger && c.Symbol == "" && want.Amount.IsZero() {
		only = true // ledger's 0 is nothing of any commodity
	} else if n := held.get(c); !n.Equal(want.Amount.Number) {
		return fail(c, n, want.Amount.Number)
	}
	if !only {
		return nil
	}
	for _, x := range held.list {
		if (x.c != c || j.Format == Ledger && c.Symbol == "") && !x.n.IsZero() {
			return fail(x.c, x.n, Number{})
		}
	}
	return nil
}
