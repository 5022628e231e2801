package journal

import (
	"cmp"
	"slices"
	"strings"
)

// Balances is what accounts hold, by commodity. Transactions are added to it one at a time.
type Balances struct {
	rows     []sums // by Account.index
	accounts []*Account
	format   Format
	cost     bool
}

// A Balance is what an account holds of a commodity, without what is below it.
type Balance struct {
	Account *Account
	Amount  Amount
}

// NewBalances makes balances of nothing, in units, for the transactions of Scan.
func NewBalances() *Balances { return &Balances{} }

// Balances returns what the accounts hold in units, after all transactions, virtual postings included.
func (j *Journal) Balances() *Balances {
	b := &Balances{format: j.Format, rows: make([]sums, len(j.Accounts)), accounts: make([]*Account, len(j.Accounts))}
	for _, t := range j.Transactions {
		b.Add(t)
	}
	return b
}

// BalancesAtCost returns what the accounts hold, each posting at what it counts in its transaction: see Posting.Weight.
// Beancount's positions without a lot count as units there also where they have a price.
func (j *Journal) BalancesAtCost() *Balances {
	b := &Balances{format: j.Format, cost: true}
	for _, t := range j.Transactions {
		b.Add(t)
	}
	return b
}

// Add counts a transaction.
func (b *Balances) Add(t *Transaction) {
	for i := range t.Postings {
		b.add(&t.Postings[i])
	}
}

func (b *Balances) add(p *Posting) {
	a := p.Amount
	switch {
	case b.cost && b.format == Beancount && p.Extra != nil && p.Extra.Lot == nil:
	case b.cost:
		a = p.Weight(b.format)
	}
	if a.Commodity != nil {
		b.of(p.Account).add(a.Commodity, a.Number)
	}
}

// of is the row of an account.
func (b *Balances) of(a *Account) *sums {
	if a.index >= len(b.rows) {
		b.rows = append(b.rows, make([]sums, a.index+1-len(b.rows))...)
		b.accounts = append(b.accounts, make([]*Account, a.index+1-len(b.accounts))...)
	}
	b.accounts[a.index] = a
	return &b.rows[a.index]
}

// get is what a row holds of a commodity.
func (s *sums) get(c *Commodity) Number {
	if s.at != nil {
		if i, ok := s.at[c]; ok {
			return s.list[i].n
		}
		return Number{}
	}
	for i := range s.list {
		if s.list[i].c == c {
			return s.list[i].n
		}
	}
	return Number{}
}

// Rows lists what is not zero, by account and symbol.
func (b *Balances) Rows() []Balance {
	var out []Balance
	for i := range b.rows {
		for _, x := range b.rows[i].list {
			if !x.n.IsZero() {
				out = append(out, Balance{b.accounts[i], Amount{x.n, x.c}})
			}
		}
	}
	slices.SortFunc(out, func(x, y Balance) int {
		return cmp.Or(strings.Compare(x.Account.Name, y.Account.Name),
			strings.Compare(x.Amount.Commodity.Symbol, y.Amount.Commodity.Symbol))
	})
	return out
}

// Of returns what an account holds of a commodity, by their names; 0 if it holds none.
func (b *Balances) Of(account, symbol string) Number {
	for i, a := range b.accounts {
		if a != nil && a.Name == account {
			for _, x := range b.rows[i].list {
				if x.c.Symbol == symbol {
					return x.n
				}
			}
		}
	}
	return Number{}
}
