package insight

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Facts are what a diagnosis is made from. All amounts are of one currency; what is not known stays zero.
type Facts struct {
	Period   date.Period    `json:"period"`
	Currency money.Currency `json:"currency"`
	// Result is what the books say of the period.
	Result Figures `json:"result"`

	// Forecast is what open deals are worth by their stages, and Dead the part in deals older than the Longest that was ever won.
	Forecast pipeline.Worth `json:"forecast"`
	Dead     pipeline.Worth `json:"dead"`
	Longest  int            `json:"longest"`
	// Quarters are the whole quarters of the period, in order.
	Quarters []Quarter `json:"quarters"`
	// Customers bought in the quarter before the last, Again in the last too. Fading are those who bought less by more than half,
	// or nothing.
	Customers int      `json:"customers"`
	Again     int      `json:"again"`
	Fading    []Fading `json:"fading"`

	// Discounts are won deals that gave away more than Over percent of list, Given how much; Unapproved nobody allowed.
	Over       decimal.Decimal `json:"over"`
	Discounts  int64           `json:"discounts"`
	Given      money.Amount    `json:"given"`
	Unapproved int64           `json:"unapproved"`
	// Losses are products and customers that cost more directly than they bring in.
	Losses []Loss `json:"losses"`
	// Months were looked at for load, team by team; OverMonths of them are above 100 %, by OverHours. Hours are all that were
	// worked or planned.
	Months     int             `json:"months"`
	OverMonths int             `json:"over_months"`
	OverHours  decimal.Decimal `json:"over_hours"`
	Hours      decimal.Decimal `json:"hours"`
	// Owed is what customers owe, by age.
	Owed billing.Ageing `json:"owed"`

	// Missing names what is not known.
	Missing []string `json:"missing,omitempty"`
}

// A Quarter is what was won and lost in one.
type Quarter struct {
	Name  string       `json:"name"`
	Won   int64        `json:"won"`
	Lost  int64        `json:"lost"`
	Value money.Amount `json:"value"`
}

// A Loss is a product, a customer or anything else whose gross profit is below zero.
type Loss struct {
	Per     ledger.Dimension `json:"per"`
	Name    string           `json:"name"`
	Revenue money.Amount     `json:"revenue"`
	Gross   money.Amount     `json:"gross"`
}

// DiagnosisFilter asks where the tension is.
type DiagnosisFilter struct {
	By storage.Ref
	// Period is what is looked at; its last day is the one from which ages are counted.
	Period date.Period
	// Teams are those whose load matters; none takes every department.
	Teams []storage.Ref
	// Over is the percent below list from which a discount counts, 10 if zero.
	Over decimal.Decimal
	// Policy says how things are weighed; the zero Policy is the usual one.
	Policy Policy
}

// Facts gathers what a diagnosis is made from.
//
// Errors: ErrCurrency, *storage.Invalid, storage.ErrOverflow, and those of the sources.
func (i *Insight) Facts(ctx context.Context, f DiagnosisFilter) (facts Facts, err error) {
	err = i.view(ctx, f.By, "", func(m *moment) error {
		facts, err = m.facts(ctx, f)
		return err
	})
	return facts, err
}

// Diagnose tells where the tension is: it gathers the facts and applies the rule of the same name.
//
// Errors: those of Facts.
func (i *Insight) Diagnose(ctx context.Context, f DiagnosisFilter) (Diagnosis, error) {
	facts, err := i.Facts(ctx, f)
	if err != nil {
		return Diagnosis{}, err
	}
	return Diagnose(facts, f.Policy)
}

func (m *moment) facts(ctx context.Context, f DiagnosisFilter) (facts Facts, err error) {
	if !f.Period.Closed() || f.Period.Empty() {
		return facts, &storage.Invalid{Fields: []storage.Fault{{Path: "period", Code: storage.CodeRequired,
			Text: "from a day to a day"}}}
	}
	z := m.zero
	facts = Facts{Period: f.Period, Currency: m.cur, Forecast: pipeline.Worth{Amount: z, Weighted: z},
		Dead:  pipeline.Worth{Amount: z, Weighted: z},
		Given: z, Owed: noAgeing(m.cur)}
	result, err := m.result(ctx, ResultFilter{Period: f.Period})
	if err != nil {
		return facts, err
	}
	facts.Result = result.Figures
	for _, gather := range []func(context.Context, DiagnosisFilter, *Facts) error{m.growthFacts, m.customerFacts, m.discountFacts,
		m.lossFacts,
		m.loadFacts, m.owedFacts} {
		if err := gather(ctx, f, &facts); err != nil {
			return facts, err
		}
	}
	return facts, nil
}

func (m *moment) growthFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	if m.Deals == nil {
		facts.Missing = append(facts.Missing, "deals")
		return nil
	}
	forecast, err := m.Deals.Forecast(ctx, pipeline.Filter{By: m.by}, f.Period.To)
	if err != nil {
		return err
	}
	facts.Forecast, facts.Dead, facts.Longest = forecast.Total, forecast.Stale, forecast.Longest
	for _, q := range quarters(f.Period) {
		one := Quarter{Name: fmt.Sprintf("%d-Q%d", q.From.Year(), q.From.Quarter()), Value: m.zero}
		stats, err := m.Deals.Stats(ctx, pipeline.StatsFilter{Filter: pipeline.Filter{By: m.by, Closed: q}})
		if err != nil {
			return err
		}
		for _, s := range stats {
			if s.Value.Currency() == m.cur {
				one.Won, one.Lost, one.Value = s.Won, s.Lost, s.Value
			}
		}
		facts.Quarters = append(facts.Quarters, one)
	}
	return nil
}

// quarters lists the whole calendar quarters of a period.
func quarters(p date.Period) (list []date.Period) {
	month := p.From.Month()
	if p.From != month.First() {
		month = month.Next()
	}
	for (month.Month()-1)%3 != 0 {
		month = month.Next()
	}
	for last := month.Add(2); !last.IsZero() && !last.Last().After(p.To); month, last = month.Add(3), last.Add(3) {
		list = append(list, date.Period{From: month.First(), To: last.Last()})
	}
	return list
}

func (m *moment) customerFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	whole := quarters(f.Period)
	if len(whole) < 2 {
		facts.Missing = append(facts.Missing, "two whole quarters")
		return nil
	}
	basis := FromBooks
	if m.Deals != nil {
		basis = FromDeals
	}
	r, err := m.retention(ctx, RetentionFilter{Before: whole[len(whole)-2], After: whole[len(whole)-1], Basis: basis})
	facts.Customers, facts.Again, facts.Fading = r.Customers, r.Again, append(r.Fallen, r.Lost...)
	return err
}

func (m *moment) discountFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	if m.Deals == nil {
		return nil
	}
	d, err := m.discounts(ctx, DiscountFilter{Period: f.Period, Over: f.Over})
	if err != nil {
		return err
	}
	facts.Over, facts.Discounts, facts.Given = d.Over, d.Deals, d.Given
	if m.Approvals != nil {
		facts.Unapproved = d.Unapproved
	}
	return nil
}

func (m *moment) lossFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	for _, per := range []ledger.Dimension{ledger.Product, ledger.Customer} {
		t, err := m.margins(ctx, MarginFilter{Period: f.Period, Per: per, Unnamed: true}, &Result{})
		if err != nil {
			return err
		}
		for _, row := range slices.Backward(t.Rows) { // the worst first
			if row.Value == "" || row.Gross.Sign() >= 0 {
				continue
			}
			name, err := m.called(ctx, m.ref(per, row.Value))
			if err != nil {
				return err
			}
			facts.Losses = append(facts.Losses, Loss{per, name, row.Revenue, row.Gross})
		}
	}
	return nil
}

func (m *moment) loadFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	if m.Plans == nil {
		facts.Missing = append(facts.Missing, "plans")
		return nil
	}
	l, err := m.load(ctx, LoadFilter{Teams: f.Teams, During: f.Period, AsOf: f.Period.To.AddDays(1)})
	for _, t := range l.Teams {
		facts.Months += len(t.Months)
		facts.OverMonths += t.Over
		facts.OverHours, facts.Hours = facts.OverHours.Add(t.OverHours), facts.Hours.Add(t.Hours)
	}
	return err
}

func (m *moment) owedFacts(ctx context.Context, f DiagnosisFilter, facts *Facts) error {
	if m.Invoices == nil {
		facts.Missing = append(facts.Missing, "invoices")
		return nil
	}
	r, err := m.receivables(ctx, f.Period.To)
	facts.Owed = r.Ageing
	return err
}
