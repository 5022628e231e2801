package journal

import (
	"cmp"
	"slices"
)

// within is how far a balance may be from what is asserted: what the directive says, or the last decimal of its number.
func (o *tolerances) within(e *beanEntry) Number {
	if e.within != nil {
		return *e.within
	}
	if e.amount.scale() == 0 {
		return Number{}
	}
	return small(2, e.amount.scale()).Mul(o.multiplier)
}

// pad inserts transactions that make the balances after a pad directive hold, one for each currency.
func (r *reader) pad() error {
	padded := map[*Account]bool{}
	for i := range r.entries {
		if r.entries[i].kind == beanPad {
			padded[r.entries[i].account] = true
		}
	}
	if len(padded) == 0 {
		return nil
	}
	accounts := make([]*Account, 0, len(padded))
	for a := range padded {
		accounts = append(accounts, a)
	}
	slices.SortFunc(accounts, func(a, b *Account) int { return cmp.Compare(a.Name, b.Name) })
	running := newTree()
	for _, a := range accounts {
		running.watch(a)
	}
	active := map[*Account]int{} // the pad directive, by its place
	done := map[*Account]map[*Commodity]bool{}
	added := map[*Account]*sums{} // by pads, which see nothing of one another
	atCost := map[*Account]*inventory{}
	inserted := map[int][]*Transaction{}
	for i := range r.entries {
		e := &r.entries[i]
		switch e.kind {
		case beanTransaction:
			for k := range e.t.Postings {
				p := &e.t.Postings[k]
				running.add(p)
				if p.Extra != nil && p.Extra.Lot != nil {
					for name := p.Account.Name; ; {
						if a := r.j.accounts[name]; a != nil && padded[a] {
							if atCost[a] == nil {
								atCost[a] = newInventory()
							}
							atCost[a].add(p)
						}
						up := parentName(name)
						if up == "" {
							break
						}
						name = up
					}
				}
			}
		case beanPad:
			active[e.account] = i
			done[e.account] = map[*Commodity]bool{}
		case beanBalance:
			a, c := e.account, e.amount.Commodity
			at, ok := active[a]
			if !ok || !padded[a] {
				continue
			}
			if added[a] == nil {
				added[a] = &sums{}
			}
			lacks := e.amount.Sub(running.held(a, true).get(c).Add(added[a].get(c)))
			if lacks.Abs().Cmp(r.opts.within(e)) > 0 && !done[a][c] {
				if v := atCost[a]; v != nil && v.sign[c] != nil && v.sign[c][0]+v.sign[c][1] > 0 {
					return &Error{e.at, ErrPad, "what is held at cost cannot be padded"}
				}
				inserted[at] = append(inserted[at], r.padding(&r.entries[at], Amount{lacks, c}, e.amount))
				added[a].add(c, lacks)
			}
			done[a][c] = true
		}
	}
	for i := range r.entries {
		if e := &r.entries[i]; e.kind == beanPad && len(inserted[i]) == 0 {
			return &Error{e.at, ErrPad, ""}
		}
	}
	all := make([]beanEntry, 0, len(r.entries)+len(inserted))
	for i, e := range r.entries {
		all = append(all, e)
		for _, t := range inserted[i] {
			all = append(all, beanEntry{date: e.date, kind: beanTransaction, t: t, at: e.at})
		}
	}
	r.entries = all
	return nil
}

func (r *reader) padding(e *beanEntry, lacks, asserted Amount) *Transaction {
	file := uint16(max(slices.Index(r.j.Files, e.at.File), 0))
	t := &Transaction{Date: e.date, line: int32(e.at.Line), file: file, Flag: 'P', padding: true,
		Description: "(Padding inserted for Balance of " + asserted.String() + " for difference " + lacks.String() + ")"}
	t.Postings = []Posting{{Account: e.account, Amount: lacks, line: t.line, column: 1},
		{Account: e.source, Amount: Amount{lacks.Neg(), lacks.Commodity}, line: t.line, column: 1}}
	return t
}

// parentName is the name above, "" at the top.
func parentName(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == ':' {
			return name[:i]
		}
	}
	return ""
}

// checkBeancount holds the journal against its balance, open and close directives.
func (j *Journal) checkBeancount() error {
	running := newTree()
	for i := range j.entries {
		if j.entries[i].kind == beanBalance {
			running.watch(j.entries[i].account)
		}
	}
	closed := map[*Account]bool{}
	opened := map[*Account]bool{}
	open := func(a *Account, at Position) error {
		if closed[a] || !opened[a] && !j.autoOpen {
			return &Error{at, ErrAccount, a.Name + " is not open"}
		}
		return nil
	}
	for i := range j.entries {
		e := &j.entries[i]
		switch e.kind {
		case beanOpen:
			opened[e.account] = true
		case beanClose:
			if err := open(e.account, e.at); err != nil {
				return err
			}
			closed[e.account] = true
		case beanBalance:
			if !opened[e.account] && !j.autoOpen {
				return &Error{e.at, ErrAccount, e.account.Name + " is not open"}
			}
			held := running.held(e.account, true).get(e.amount.Commodity)
			if held.Sub(e.amount.Number).Abs().Cmp(j.opts.within(e)) > 0 {
				return &Error{e.at, ErrAssertion, e.account.Name + " holds " + near(Amount{held, e.amount.Commodity}.String()) + ", not " +
					near(e.amount.String())}
			}
		case beanPad:
			for _, a := range []*Account{e.account, e.source} {
				if err := open(a, e.at); err != nil {
					return err
				}
			}
		case beanTransaction:
			for k := range e.t.Postings {
				p := &e.t.Postings[k]
				if err := open(p.Account, j.PostingPosition(e.t, k)); err != nil {
					return err
				}
				if list := p.Account.Currencies; len(list) > 0 && !slices.Contains(list, p.Amount.Commodity.Symbol) {
					return &Error{j.PostingPosition(e.t, k), ErrAccount, p.Account.Name + " does not take " + near(p.Amount.Commodity.Symbol)}
				}
				running.add(p)
			}
		}
	}
	return nil
}
