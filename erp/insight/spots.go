package insight

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// A Spot is something that reports cannot see.
type Spot struct {
	// Code is a word for programs, Text says it to people.
	Code string `json:"code"`
	Text string `json:"text"`
	// Count is how many are not seen, of how many.
	Count int64 `json:"count"`
	Of    int64 `json:"of"`
	// Amount is what that comes to, where it is money, and Hours where it is time.
	Amount money.Amount    `json:"amount"`
	Hours  decimal.Decimal `json:"hours"`
}

// Blind reports whether there is anything that is not seen.
func (s Spot) Blind() bool { return s.Count > 0 || !s.Amount.IsZero() || !s.Hours.IsZero() }

// A Spotter finds blind spots of a host's own.
type Spotter interface {
	Spots(ctx context.Context, tx *storage.Tx, by storage.Ref, period date.Period) ([]Spot, error)
}

// SpotFilter asks what reports cannot see.
type SpotFilter struct {
	By storage.Ref
	// Period is of postings and hours; deals count whenever they were opened.
	Period date.Period
	// Teams are those who should enter their hours; none asks nobody.
	Teams []storage.Ref
}

// BlindSpots lists what reports cannot see, and how much of it there is: everything that was looked at, also where nothing is
// missing.
//
// Errors: ErrCurrency, *storage.Invalid, storage.ErrOverflow, and those of the sources.
func (i *Insight) BlindSpots(ctx context.Context, f SpotFilter) (spots []Spot, err error) {
	err = i.view(ctx, f.By, "", func(m *moment) error {
		spots, err = m.spots(ctx, f)
		return err
	})
	return spots, err
}

func (m *moment) spots(ctx context.Context, f SpotFilter) (spots []Spot, err error) {
	for _, look := range []func(context.Context, SpotFilter) ([]Spot, error){m.dealSpots, m.stepSpots, m.bookSpots, m.billSpots,
		m.hourSpots} {
		more, err := look(ctx, f)
		if err != nil {
			return nil, err
		}
		spots = append(spots, more...)
	}
	for _, s := range m.Spots {
		more, err := s.Spots(ctx, m.tx, m.by, f.Period)
		if err != nil {
			return nil, err
		}
		spots = append(spots, more...)
	}
	return spots, nil
}

// counted counts deals and adds up what open ones are expected to bring.
func (m *moment) counted(ctx context.Context, f pipeline.Filter) (n int64, pending money.Amount, err error) {
	f.By, pending = m.by, m.zero
	list, err := m.Deals.Stats(ctx, pipeline.StatsFilter{Filter: f})
	for _, s := range list {
		n += s.Won + s.Lost + s.Open
		if err == nil && s.Pending.Currency() == m.cur {
			pending, err = pending.Add(s.Pending)
		}
	}
	return n, pending, err
}

func (m *moment) dealSpots(ctx context.Context, _ SpotFilter) (spots []Spot, err error) {
	if m.Deals == nil {
		return nil, nil
	}
	open, _, err := m.counted(ctx, pipeline.Filter{Status: pipeline.StatusOpen})
	if err != nil {
		return nil, err
	}
	all, _, err := m.counted(ctx, pipeline.Filter{})
	if err != nil {
		return nil, err
	}
	where := func(c storage.Cond) []storage.Cond { return []storage.Cond{c} }
	for _, s := range []struct {
		code, text string
		filter     pipeline.Filter
	}{
		{"deal_customer", "open deals without a customer", pipeline.Filter{Status: pipeline.StatusOpen, NoCustomer: true}},
		{"deal_expected", "open deals that nobody expects to close on any day", pipeline.Filter{Status: pipeline.StatusOpen,
			Where: where(storage.Absent("expected"))}},
		{"deal_age", "open deals whose age nobody knows", pipeline.Filter{Status: pipeline.StatusOpen,
			Where: where(storage.Absent("engaged"))}},
		{"deal_source", "deals without a source", pipeline.Filter{Where: where(storage.Eq("source", ""))}},
		{"deal_origin", "deals without a lead", pipeline.Filter{Where: where(storage.Eq("origin", storage.Ref{}))}},
	} {
		n, amount, err := m.counted(ctx, s.filter)
		if err != nil {
			return nil, err
		}
		of := all
		if s.filter.Status == pipeline.StatusOpen {
			of = open
		} else {
			amount = money.Amount{}
		}
		spots = append(spots, Spot{Code: s.code, Text: s.text, Count: n, Of: of, Amount: amount})
	}
	return spots, nil
}

func (m *moment) stepSpots(ctx context.Context, _ SpotFilter) ([]Spot, error) {
	if m.Deals == nil || m.Activities == nil {
		return nil, nil
	}
	s := Spot{Code: "deal_step", Text: "open deals without a next step"}
	var refs []storage.Ref
	ask := func() error {
		left, err := m.Activities.WithoutNextStep(ctx, refs...)
		s.Count += int64(len(left))
		refs = refs[:0]
		return err
	}
	for d, err := range m.Deals.All(ctx, pipeline.Filter{By: m.by, Status: pipeline.StatusOpen}) {
		if err != nil {
			return nil, err
		}
		s.Of++
		if refs = append(refs, d.Ref()); len(refs) == 500 {
			if err := ask(); err != nil {
				return nil, err
			}
		}
	}
	return []Spot{s}, ask()
}

// bookSpots finds revenue and direct costs of which the books do not say for whom, or for what.
func (m *moment) bookSpots(ctx context.Context, f SpotFilter) (spots []Spot, err error) {
	for _, per := range []ledger.Dimension{ledger.Customer, ledger.Product} {
		t, err := m.margins(ctx, MarginFilter{Period: f.Period, Per: per, Unnamed: true}, &Result{})
		if err != nil {
			return nil, err
		}
		none, found := t.Row("")
		if !found {
			none.Figures = nothing(m.cur)
		}
		direct, err := none.Direct()
		if err != nil {
			return nil, err
		}
		spots = append(spots,
			Spot{Code: "revenue_" + string(per), Text: "revenue without a " + string(per), Amount: none.Revenue},
			Spot{Code: "direct_" + string(per), Text: "direct costs without a " + string(per), Amount: direct})
	}
	return spots, nil
}

func (m *moment) billSpots(ctx context.Context, f SpotFilter) (spots []Spot, err error) {
	if m.Invoices != nil {
		s := Spot{Code: "invoice_draft", Text: "invoices drafted and not issued", Amount: m.zero}
		for i, err := range m.Invoices.All(ctx, billing.Filter{By: m.by, State: billing.Drafted}) {
			if err != nil {
				return nil, err
			}
			s.Count++
			if i.Currency == m.cur {
				if s.Amount, err = s.Amount.Add(i.Gross); err != nil {
					return nil, err
				}
			}
		}
		spots = append(spots, s)
	}
	if m.Approvals != nil {
		s := Spot{Code: "approval_pending", Text: "requests that wait for a decision"}
		for _, err := range m.Approvals.All(ctx, approval.Filter{By: m.by, State: approval.Pending}) {
			if err != nil {
				return nil, err
			}
			s.Count++
		}
		spots = append(spots, s)
	}
	return spots, nil
}

// hourSpots finds hours that are not billed, and people who have entered none.
func (m *moment) hourSpots(ctx context.Context, f SpotFilter) (spots []Spot, err error) {
	if m.Projects == nil {
		return nil, nil
	}
	worked, err := m.Projects.Totals(ctx, project.TimeFilter{By: m.by, During: f.Period})
	if err != nil {
		return nil, err
	}
	spots = append(spots, Spot{Code: "hours_unbilled", Text: "hours worked and still to be billed", Hours: worked.ToBill})
	if m.People == nil || len(f.Teams) == 0 {
		return spots, nil
	}
	s := Spot{Code: "hours_missing", Text: "months of people without any hours"}
	var months []date.Period
	for month := range f.Period.Months() {
		months = append(months, month)
	}
	for _, team := range f.Teams {
		members, err := m.People.Members(ctx, m.tx, team)
		if err != nil {
			return nil, err
		}
		for _, person := range members {
			can, err := m.People.Capacity(ctx, m.tx, person, months)
			if err != nil {
				return nil, err
			}
			did, err := m.Projects.Worked(ctx, m.tx, person, months)
			if err != nil {
				return nil, err
			}
			for i := range months {
				if can[i].IsPositive() {
					s.Of++
					if did[i].IsZero() {
						s.Count++
					}
				}
			}
		}
	}
	return append(spots, s), nil
}
