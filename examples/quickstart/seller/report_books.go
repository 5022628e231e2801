package seller

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
)

// result is what the books say.
func (p *printer) result(ctx context.Context) error {
	r, err := p.Insight.Result(ctx, insight.ResultFilter{Period: books})
	if err != nil {
		return err
	}
	stats, err := p.Deals.Stats(ctx, allDeals)
	if err != nil {
		return err
	}
	hours, err := p.Projects.Totals(ctx, project.TimeFilter{})
	if err != nil {
		return err
	}
	invoices, billed, err := p.invoiced(ctx)
	if err != nil {
		return err
	}
	same := "does NOT equal won value"
	if r.Revenue.Equal(stats[0].Value) {
		same = "= won value"
	}
	worked := "hours worked differ"
	if billed.Equal(hours.Hours) {
		worked = "invoiced hours = hours worked"
	}
	p.line("2 WHAT THE BOOKS SAY [assumed costs]")
	p.line("  Revenue       %12s   %s, %s invoices, numbers 1..%d", dollars(r.Revenue), same, count(invoices), invoices)
	p.line("  Goods         %12s", spent(r.Goods))
	p.line("  Installation  %12s   %s hours at %s, %s", spent(r.Delivery), hours.Hours.StringFixed(1), hourCost.Text(), worked)
	p.line("  Gross profit  %12s   %s", dollars(r.Gross), rate(r.GrossRate))
	p.line("  Payroll %s  Commission %s  Claims %s  Rent, systems %s", spent(r.Payroll), spent(r.Commission), spent(r.Claims), spent(r.Overhead))
	p.line("  KEPT          %12s   %s of every 100 that came in", dollars(r.Kept), r.KeptRate.StringFixed(2))
	return nil
}

// invoiced counts the invoices, whose numbers must be 1, 2, 3 and so on, and the hours on them.
func (p *printer) invoiced(ctx context.Context) (n int, hours decimal.Decimal, err error) {
	for l, err := range p.Invoices.Lines(ctx, billing.Filter{}) {
		if err != nil {
			return 0, hours, err
		}
		if l.Product.IsZero() {
			hours = hours.Add(l.Quantity)
		}
		if l.No == 1 {
			n++
		}
	}
	return n, hours, nil
}

// kept is where it is kept: one table a dimension, each of which sums to the gross profit.
func (p *printer) kept(ctx context.Context) error {
	p.line("3 WHERE IT IS KEPT (gross)     won value         kept    rate   each table sums to gross profit")
	dims := []ledger.Dimension{ledger.Region, ledger.Product}
	if p.verbose {
		dims = append(dims, ledger.Department, ledger.CostCentre, ledger.Customer)
	}
	for _, dim := range dims {
		t, err := p.Insight.Margins(ctx, insight.MarginFilter{Period: books, Per: dim})
		if err != nil {
			return err
		}
		p.table(t)
	}
	if p.verbose {
		agents, err := p.agents(ctx)
		if err != nil {
			return err
		}
		p.table(agents)
		return nil
	}
	p.line("  …                            by department, cost centre, customer, agent: -v")
	return nil
}

func (p *printer) table(t insight.MarginTable) {
	p.line("  %s", t.Per)
	for _, m := range t.Rows {
		name := m.Name
		if name == "" {
			name = m.Value
		}
		if name == "" {
			name = "(none)"
		}
		if m.Value == "" && m.Revenue.IsZero() && m.Gross.IsZero() {
			continue // overhead has no product
		}
		note := ""
		if m.Gross.Sign() < 0 {
			note = "   costs more than it brings"
		}
		p.line("    %-22s %13s %12s %7s%s", name, dollars(m.Revenue), dollars(m.Gross), rate(m.GrossRate), note)
	}
	note := ""
	if !insight.Hold(t.Ties) {
		note = "   does NOT tie"
	}
	p.line("    %-22s %13s %12s %7s%s", "total", dollars(t.Total.Revenue), dollars(t.Total.Gross), rate(t.Total.GrossRate), note)
}

// agents adds up the deals of each agent: everything that a deal brought in or cost directly names the deal, whoever did it.
func (p *printer) agents(ctx context.Context) (insight.MarginTable, error) {
	t, err := p.Insight.Margins(ctx, insight.MarginFilter{Period: books, Per: ledger.Deal, Unnamed: true})
	if err != nil {
		return t, err
	}
	owner := map[string]string{}
	for d, err := range p.Deals.All(ctx, allDeals.Filter) {
		if err != nil {
			return t, err
		}
		owner[d.ID.String()] = d.Owner.ID
	}
	return p.byPerson(ctx, t, owner)
}

// byPerson gathers the rows of a table under the persons that a map names.
func (p *printer) byPerson(ctx context.Context, t insight.MarginTable, owner map[string]string) (insight.MarginTable, error) {
	names, order, err := p.names(ctx)
	if err != nil {
		return t, err
	}
	sums := map[string]*insight.Margin{}
	for _, m := range t.Rows {
		id := owner[m.Value]
		s := sums[id]
		if s == nil {
			s = &insight.Margin{Value: id, Name: names[id]}
			s.Revenue, s.Gross = usd("0"), usd("0")
			sums[id] = s
		}
		s.Revenue, s.Gross = add(s.Revenue, m.Revenue), add(s.Gross, m.Gross)
		s.GrossRate = insight.Percent(s.Gross, s.Revenue, 2)
	}
	t.Per, t.Rows = "agent", nil
	for _, id := range append(order, "") {
		if s := sums[id]; s != nil {
			t.Rows = append(t.Rows, *s)
		}
	}
	total := usd("0")
	for _, m := range t.Rows {
		total = add(total, m.Gross)
	}
	t.Ties = append(t.Ties, insight.Tie{Name: "agents", Text: "gross profit of all agents", Want: t.Total.Gross, Got: total})
	return t, nil
}
