package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ReceivablesFilter asks for what customers owe.
type ReceivablesFilter struct {
	By       storage.Ref
	Currency money.Currency
	// AsOf is the day; no date is today.
	AsOf date.Date
}

// Receivables is what customers owe, by age and by customer.
type Receivables struct {
	AsOf     date.Date      `json:"as_of"`
	Currency money.Currency `json:"currency"`
	billing.Ageing
	// Overdue is what should have been paid by now; Over30 the part that is more than 30 days late.
	Overdue money.Amount `json:"overdue"`
	Over30  money.Amount `json:"over30"`
	// Customers come by how much they owe, the most first.
	Customers []CustomerAgeing `json:"customers"`
	Coverage  Coverage         `json:"coverage"`
	// Tie holds the sum of open invoices against the receivables account.
	Tie Tie `json:"tie"`

	items []billing.Item
}

// A CustomerAgeing is what one customer owes.
type CustomerAgeing struct {
	Customer storage.Ref `json:"customer"`
	Name     string      `json:"name"`
	billing.Ageing
}

// Receivables tells what customers owe as of a day, by age and by customer, and holds it against the books.
//
// Errors: ErrSource without Invoices, ErrCurrency, storage.ErrOverflow.
func (i *Insight) Receivables(ctx context.Context, f ReceivablesFilter) (r Receivables, err error) {
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		if r, err = m.receivables(ctx, f.AsOf); err != nil {
			return err
		}
		for n := range r.Customers {
			if r.Customers[n].Name, err = m.called(ctx, r.Customers[n].Customer); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

func (m *moment) receivables(ctx context.Context, asOf date.Date) (r Receivables, err error) {
	if m.Invoices == nil {
		return r, ErrSource.With("Invoices")
	}
	if asOf.IsZero() {
		asOf = m.tx.Today()
	}
	r = Receivables{AsOf: asOf, Currency: m.cur, Ageing: noAgeing(m.cur)}
	all, err := m.Invoices.Open(ctx, billing.Filter{By: m.by}, asOf)
	if err != nil {
		return r, err
	}
	byCustomer := map[storage.Ref][]billing.Item{}
	for _, item := range all {
		if c := item.Open.Currency(); c != m.cur {
			r.Coverage.Skipped++
			r.Coverage.other(c)
			continue
		}
		r.items = append(r.items, item)
		byCustomer[item.Customer] = append(byCustomer[item.Customer], item)
	}
	if r.Ageing, err = m.age(r.items, asOf); err != nil {
		return r, err
	}
	if r.Over30, err = money.Sum(r.To60, r.To90, r.Over90); err == nil {
		r.Overdue, err = r.Over30.Add(r.To30)
	}
	if err != nil {
		return r, err
	}
	for customer, items := range byCustomer {
		a, err := m.age(items, asOf)
		if err != nil {
			return r, err
		}
		r.Customers = append(r.Customers, CustomerAgeing{Customer: customer, Ageing: a})
	}
	slices.SortFunc(r.Customers, func(a, b CustomerAgeing) int {
		return cmp.Or(b.Total.Decimal().Cmp(a.Total.Decimal()), cmp.Compare(a.Customer.Kind, b.Customer.Kind),
			cmp.Compare(a.Customer.ID, b.Customer.ID))
	})
	held, cost, err := m.held(ctx, m.Layout.Receivable, asOf)
	r.Coverage.Cost = cost
	r.Tie = Tie{"receivables", "the receivables account is the sum of open invoices", held, r.Total}
	return r, err
}

func noAgeing(c money.Currency) billing.Ageing {
	z := money.Zero(c)
	return billing.Ageing{Currency: c, NotDue: z, To30: z, To60: z, To90: z, Over90: z, Credit: z, Total: z}
}

func (m *moment) age(items []billing.Item, asOf date.Date) (billing.Ageing, error) {
	list, err := billing.Age(items, asOf)
	if err != nil || len(list) == 0 {
		return noAgeing(m.cur), err
	}
	return list[0], nil
}

// held adds up what some accounts, and those below them, hold as of a day.
func (m *moment) held(ctx context.Context, codes []string, asOf date.Date) (money.Amount, ledger.Cost, error) {
	sum := m.zero
	if len(codes) == 0 {
		return sum, ledger.Cost{}, nil
	}
	got, err := m.books.Balances(ctx, ledger.BalanceFilter{By: m.by, AsOf: asOf, Chosen: ledger.Chosen{Under: codes}})
	if err != nil {
		return sum, got.Cost, err
	}
	for _, b := range got.Rows {
		if b.Currency == m.cur {
			if sum, err = sum.Add(b.Amount); err != nil {
				return sum, got.Cost, err
			}
		}
	}
	return sum, got.Cost, nil
}
