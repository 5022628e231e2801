package insight

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// gathering collects what is expected.
type gathering struct {
	*moment
	plan     CashPlan
	flows    []Flow
	doubtful money.Amount
	assumed  []string
	coverage Coverage
	variable decimal.Decimal // percent
}

func (g *gathering) assume(format string, args ...any) {
	g.assumed = append(g.assumed, fmt.Sprintf(format, args...))
}

// invoices expects open invoices to be paid when they are due, and late ones soon.
func (g *gathering) invoices(ctx context.Context) error {
	if g.Invoices == nil {
		g.coverage.Missing = append(g.coverage.Missing, "invoices")
		return nil
	}
	r, err := g.receivables(ctx, g.plan.From)
	if err != nil {
		return err
	}
	g.coverage.Skipped += r.Coverage.Skipped
	for _, item := range r.items {
		late := g.plan.From.Sub(item.Due)
		if late > g.plan.Doubtful && item.Open.Sign() > 0 {
			if g.doubtful, err = g.doubtful.Add(item.Open); err != nil {
				return err
			}
			continue
		}
		f := Flow{Date: item.Due, Kind: FlowInvoice, Amount: item.Open}
		switch {
		case item.Invoice != nil:
			f.Text, f.Source = item.Invoice.Number, refOfInvoice(item)
		case item.Payment != nil:
			f.Text = "paid ahead"
		}
		if late >= 0 {
			f.Date = g.plan.From.AddDays(g.plan.Overdue)
		}
		g.flows = append(g.flows, f)
	}
	g.assume("open invoices are paid when due, overdue ones in %d days, those more than %d days late not at all", g.plan.Overdue,
		g.plan.Doubtful)
	return nil
}

// running averages what the last whole months cost, unless the plan says it, and finds what winning costs.
func (g *gathering) running(ctx context.Context) error {
	month := g.plan.From.Month()
	if g.plan.From != month.Last() {
		month = month.Prev()
	}
	period := date.Period{From: month.Add(1 - g.plan.Average).First(), To: month.Last()}
	chart, err := g.readChart(ctx)
	if err != nil {
		return err
	}
	s, err := g.books.IncomeStatement(ctx, ledger.IncomeFilter{By: g.by, Period: period})
	if err != nil {
		return err
	}
	f, err := g.Layout.Arrange(s, g.cur, chart.parent)
	if err != nil {
		return err
	}
	if g.plan.Variable != nil {
		g.variable = *g.plan.Variable
	} else {
		spent, err := f.Goods.Add(f.Commission)
		if err != nil {
			return err
		}
		g.variable = Percent(spent, f.Revenue, 2)
	}
	g.assume("winning costs %s %% of what is won, for goods and commission", g.variable)
	if len(g.plan.Running) > 0 {
		return nil
	}
	if g.plan.Running, err = average(s, g.Layout, g.cur, chart.parent, g.plan.Average); err != nil {
		return err
	}
	g.assume("people, claims and overhead cost what they cost on average in %s", period)
	return nil
}

// average makes running costs of an income statement of some months: those of people (payroll and hours of delivery), claims
// and overhead, without what is paperwork only.
func average(s ledger.IncomeStatement, l Layout, c money.Currency, parent func(string) string, months int) ([]Running, error) {
	lines := []Line{Payroll, Delivery, Claims, Overhead}
	sums := map[Line]money.Amount{}
	for _, e := range s.Expense {
		if e.Currency != c || within(l.Paperwork, e.Account, parent) {
			continue
		}
		line := l.LineOf(e.Account, ledger.Expense, parent)
		sum, err := sums[line].Add(e.Total)
		if err != nil {
			return nil, err
		}
		sums[line] = sum
	}
	var list []Running
	for _, line := range lines {
		each, err := sums[line].Quo(decimal.New(int64(months), 0), money.HalfUp)
		if err != nil {
			return nil, err
		}
		if !each.IsZero() {
			list = append(list, Running{Text: string(line), Amount: each})
		}
	}
	return list, nil
}

// owed expects what is owed already to be paid soon.
func (g *gathering) owed(ctx context.Context) error {
	held, _, err := g.held(ctx, g.Layout.Owed, g.plan.From)
	if err == nil && !held.IsZero() {
		g.flows = append(g.flows, Flow{Date: g.plan.From.AddDays(g.plan.Owed), Kind: FlowOwed, Amount: held, Text: "owed already"})
		g.assume("what is owed already is paid in %d days", g.plan.Owed)
	}
	return err
}

// deals expects open deals to be won at their probability, and then to be paid.
func (g *gathering) deals(ctx context.Context) error {
	if g.Deals == nil {
		g.coverage.Missing = append(g.coverage.Missing, "deals")
		return nil
	}
	ways := map[storage.ID[pipeline.Pipeline]]*way{}
	for p, err := range g.Deals.Pipelines(ctx) {
		if err != nil {
			return err
		}
		days, err := g.Deals.Cycle(ctx, pipeline.Filter{Pipeline: p.ID, Status: pipeline.StatusWon})
		if err != nil {
			return err
		}
		ways[p.ID] = &way{p, Pace{Won: days.Count, Usual: int(days.Median.Ceil().IntPart()), Longest: days.Max}}
	}
	for d, err := range g.Deals.All(ctx, pipeline.Filter{By: g.by, Status: pipeline.StatusOpen}) {
		if err != nil {
			return err
		}
		w := ways[d.Pipeline]
		if d.Amount.Currency() != g.cur || w == nil {
			g.coverage.Skipped++
			continue
		}
		stage, _ := w.Stage(d.Stage) // a stage that is gone has no probability
		g.deal(d, pipeline.Weighted(d.Amount, stage.Probability), w.Pace)
	}
	g.assume("deals close when expected, or at the usual age, and are paid %d days later, times their probability", g.plan.Terms)
	return nil
}

type way struct {
	*pipeline.Pipeline
	Pace
}

func (g *gathering) deal(d *pipeline.Deal, worth money.Amount, pace Pace) {
	if worth.IsZero() {
		return
	}
	in, out := FlowDeal, FlowCost
	if pace.Dead(d, g.plan.From) {
		in, out = FlowDeadDeal, FlowDeadCost
	}
	closes := pace.Closes(d, g.plan.From)
	g.flows = append(g.flows, Flow{Date: closes.AddDays(g.plan.Terms), Kind: in, Amount: worth, Text: d.Name, Source: d.Ref()})
	if cost := pipeline.Weighted(worth, g.variable); !cost.IsZero() {
		g.flows = append(g.flows, Flow{Date: closes, Kind: out, Amount: cost.Neg(), Text: d.Name, Source: d.Ref()})
	}
}
