package seller

import (
	"context"
	"fmt"
	"strings"

	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// forecast is what may come, what of it is dead, and how far such forecasts could be trusted.
func (p *printer) forecast(ctx context.Context) error {
	f, err := p.Insight.Forecast(ctx, insight.ForecastFilter{AsOf: lastDay, Tests: []date.Date{date.Must(2017, 6, 30), date.Must(2017, 9, 30)}})
	if err != nil {
		return err
	}
	p.line("4 WHAT IS COMING [data]")
	p.line("  Usual forecast (Prospecting 10 %%, Engaging 40 %% of list)     %14s", cents(f.Total.Weighted))
	p.line("    of it deals older than any that ever closed (%s)       %14s", count(f.Stale.Count), cents(f.Stale.Weighted.Neg()))
	p.line("    alive                                                    %14s", cents(f.Alive.Weighted))
	for i, t := range f.Tests {
		name := "Tested: on"
		if i > 0 {
			name = "        on"
		}
		row, _ := t.Stage("engaging")
		p.line("  %s %s the 40 %% rule promised %s; by %s came %s", name, short(t.At), dollars(row.Weighted), short(t.Until), dollars(t.Came))
	}
	return nil
}

// short writes a day of the year.
func short(d date.Date) string { return fmt.Sprintf("%d %s", d.Day(), d.Month().Month().String()[:3]) }

// cash is how the money in the bank goes in each scenario.
func (p *printer) cash(ctx context.Context) error {
	o, err := p.Insight.Cash(ctx, insight.CashPlan{From: lastDay, Months: 3, Terms: termDays})
	if err != nil {
		return err
	}
	r, err := p.Insight.Receivables(ctx, insight.ReceivablesFilter{AsOf: lastDay})
	if err != nil {
		return err
	}
	head := fmt.Sprintf("5 CASH  today %12s        ", dollars(o.Opening))
	for _, d := range o.Dates {
		head += fmt.Sprintf("%12s", short(d))
	}
	p.line("%s   [assumed costs]", head)
	for i, s := range o.Scenarios {
		row := fmt.Sprintf("  %-36s", s.Text)
		for _, b := range s.Balances {
			row += fmt.Sprintf("%12s", dollars(b))
		}
		switch {
		case !s.Below.IsZero():
			row += "   below zero on " + short(s.Below)
		case i == len(o.Scenarios)-1:
			row += "   the gap is the risk: " + dollars(o.Risk)
		}
		p.line("%s", row)
	}
	a := r.Ageing
	p.line("  Receivable %s: not due %s, 1-30 days %s, over 30 %s", dollars(a.Total), dollars(a.NotDue), dollars(a.To30), dollars(r.Over30))
	return nil
}

// keeping is whether customers and promises are kept.
func (p *printer) keeping(ctx context.Context) error {
	r, err := p.Insight.Retention(ctx, insight.RetentionFilter{Before: date.Period{From: date.Must(2017, 7, 1), To: date.Must(2017, 9, 30)},
		After: date.Period{From: date.Must(2017, 10, 1), To: lastDay}})
	if err != nil {
		return err
	}
	d, err := p.Insight.Discounts(ctx, insight.DiscountFilter{Period: books, Over: discountLimit, Policy: "discount"})
	if err != nil {
		return err
	}
	load, err := p.Insight.Load(ctx, insight.LoadFilter{Teams: []storage.Ref{people.Department(installation)}, During: books, AsOf: lastDay.AddDays(1)})
	if err != nil {
		return err
	}
	spots, err := p.Insight.BlindSpots(ctx, insight.SpotFilter{Period: books})
	if err != nil {
		return err
	}
	p.line("6 KEEPING CUSTOMERS AND PROMISES")
	fallen := "none by less than half"
	if len(r.Fallen) > 0 {
		f := r.Fallen[0]
		fallen = fmt.Sprintf("%d by less than half: %s %s -> %s …", len(r.Fallen), f.Name, dollars(f.Before), dollars(f.After))
	}
	p.line("  [data] %d of %d bought again in Q4; %s", r.Again, r.Customers, fallen)
	approved := "each approved by the manager"
	if d.Unapproved > 0 {
		approved = fmt.Sprintf("%d NOT approved", d.Unapproved)
	}
	p.line("  [data] %s wins over %s %% below list, %s given away; %s [assumed rule]", count(d.Deals), d.Over, dollars(d.Given), approved)
	for _, t := range load.Teams {
		row := make([]string, len(t.Months))
		for i, m := range t.Months {
			row[i] = m.Percent.StringFixed(0)
		}
		p.line("  [assumed] Installers, load in %% by month: %s; over 100 %% in %d of %d months", strings.Join(row, " "), t.Over, len(t.Months))
	}
	p.line("  Blind spots: %s", spotted(spots))
	return nil
}

// spotted says what reports cannot see.
func spotted(spots []insight.Spot) string {
	var words []string
	for _, s := range spots {
		if s.Blind() {
			words = append(words, count(s.Count)+" "+s.Text)
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return list(words...)
}

// tension is where the company should look first.
func (p *printer) tension(ctx context.Context) error {
	d, err := p.Insight.Diagnose(ctx, insight.DiagnosisFilter{Period: books, Teams: []storage.Ref{people.Department(installation)}, Over: discountLimit})
	if err != nil {
		return err
	}
	p.line("7 WHERE IS THE TENSION?")
	for _, side := range []struct {
		name string
		insight.Weight
	}{{"Growth (CRM)", d.Growth}, {"Structure (ERP)", d.Structure}} {
		p.line("  %-16s %10s kept money at stake", side.name, dollars(side.AtStake))
		for _, t := range side.Tensions {
			p.line("    %s", t.Text)
		}
	}
	p.line("  => %s", d.Text)
	for i, s := range d.Steps {
		p.line("     %d. %s", i+1, s.Do)
	}
	return nil
}
