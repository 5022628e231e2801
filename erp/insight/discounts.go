package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// DiscountFilter asks what was given away below the price list.
type DiscountFilter struct {
	By storage.Ref
	// Period is when the deals were won; the zero Period is ever.
	Period date.Period
	// Over is the percent of list that must be given away for a deal to count, 10 if zero.
	Over decimal.Decimal
	// Policy is the approval policy that a discount needs; "" takes the deal's request under any policy.
	Policy string
	// Deals narrows it to some deals.
	Deals pipeline.Filter
}

// Discounts tells which won deals went for less than the price list by more than some percent, and whether someone approved that.
type Discounts struct {
	Over     decimal.Decimal `json:"over"`
	Currency money.Currency  `json:"currency"`
	// Won is how many deals were won in all, Deals how many of them gave away more than Over, and Given how much these gave away.
	Won   int64        `json:"won"`
	Deals int64        `json:"deals"`
	Given money.Amount `json:"given"`
	// Approved are those with an approved request, Unapproved all others.
	Approved        int64        `json:"approved"`
	ApprovedGiven   money.Amount `json:"approved_given"`
	Unapproved      int64        `json:"unapproved"`
	UnapprovedGiven money.Amount `json:"unapproved_given"`
	// List has them all, the largest gift first.
	List     []Discounted `json:"list"`
	Coverage Coverage     `json:"coverage"`
}

// Discounted is a deal that was won below the price list.
type Discounted struct {
	Deal     storage.Ref     `json:"deal"`
	Name     string          `json:"name"`
	Customer storage.Ref     `json:"customer"`
	Owner    storage.Ref     `json:"owner"`
	Closed   date.Date       `json:"closed"`
	List     money.Amount    `json:"list"`
	Value    money.Amount    `json:"value"`
	Given    money.Amount    `json:"given"`
	Percent  decimal.Decimal `json:"percent"`
	// Approval is the latest request about the deal, or else what allowed the discount of the order that came of it; State is
	// where it stands. Zero if there is none.
	Approval storage.Ref    `json:"approval"`
	State    approval.State `json:"state"`
}

// Discounts tells what was given away below the price list, and by whose leave.
//
// Errors: ErrSource without Deals, ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Discounts(ctx context.Context, f DiscountFilter) (d Discounts, err error) {
	err = i.view(ctx, f.By, "", func(m *moment) error {
		d, err = m.discounts(ctx, f)
		return err
	})
	return d, err
}

func (m *moment) discounts(ctx context.Context, f DiscountFilter) (d Discounts, err error) {
	if m.Deals == nil {
		return d, ErrSource.With("Deals")
	}
	if f.Over.IsZero() {
		f.Over = decimal.New(10, 0)
	}
	d = Discounts{Over: f.Over, Currency: m.cur, Given: m.zero, ApprovedGiven: m.zero, UnapprovedGiven: m.zero}
	won := f.Deals
	won.By, won.Status, won.Closed, won.Limit = m.by, pipeline.StatusWon, f.Period, 0
	for one, err := range m.Deals.All(ctx, won) {
		if err != nil {
			return d, err
		}
		d.Won++
		if one.Value.Currency() != m.cur {
			d.Coverage.Skipped++
			continue
		}
		if !pipeline.Over(one.List, one.Value, f.Over) {
			continue
		}
		gift := one.Discount()
		d.List = append(d.List, Discounted{Deal: one.Ref(), Name: one.Name, Customer: one.Customer, Owner: one.Owner,
			Closed: one.Closed, List: one.List,
			Value: one.Value, Given: gift.Given, Percent: gift.Percent})
	}
	if err := m.approved(ctx, f.Policy, &d); err != nil {
		return d, err
	}
	for _, one := range d.List {
		count, given := &d.Unapproved, &d.UnapprovedGiven
		if one.State == approval.Approved {
			count, given = &d.Approved, &d.ApprovedGiven
		}
		*count++
		d.Deals++
		if *given, err = given.Add(one.Given); err == nil {
			d.Given, err = d.Given.Add(one.Given)
		}
		if err != nil {
			return d, err
		}
	}
	slices.SortFunc(d.List, func(a, b Discounted) int {
		return cmp.Or(b.Given.Decimal().Cmp(a.Given.Decimal()), a.Closed.Compare(b.Closed), cmp.Compare(a.Deal.ID, b.Deal.ID))
	})
	return d, nil
}

// approved notes what allowed each discount: the latest request about the deal, or the approval of the order that came of it.
func (m *moment) approved(ctx context.Context, policy string, d *Discounts) error {
	if m.Approvals == nil && m.Orders == nil {
		d.Coverage.Missing = append(d.Coverage.Missing, "approvals")
	}
	const batch = 500
	for some := range slices.Chunk(d.List, batch) {
		at := map[storage.Ref]*Discounted{}
		refs := make([]storage.Ref, len(some))
		for i := range some {
			at[some[i].Deal], refs[i] = &some[i], some[i].Deal
		}
		if m.Approvals != nil {
			f := approval.Filter{By: m.by, Policy: policy, Where: []storage.Cond{storage.In("subject", refs...)}}
			for r, err := range m.Approvals.All(ctx, f) { // the oldest first, so the latest stays
				if err != nil {
					return err
				}
				one := at[r.Subject]
				one.Approval, one.State = storage.Ref{Kind: "approval.request", ID: r.ID.String()}, r.State
			}
		}
		if m.Orders == nil {
			continue
		}
		for o, err := range m.Orders.All(ctx, sales.Filter{By: m.by, Where: []storage.Cond{storage.In("origin", refs...)}}) {
			if err != nil {
				return err
			}
			one, binding := at[o.Origin], o.State != sales.Drafted && o.State != sales.Cancelled
			if binding && !o.Approval.IsZero() && one.State != approval.Approved {
				one.Approval, one.State = o.Approval, approval.Approved
			}
		}
	}
	return nil
}
