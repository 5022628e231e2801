package seller

import (
	"context"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/catalog"
)

var (
	allDeals    = pipeline.StatsFilter{}
	allParties  = party.Filter{}
	allProducts = catalog.Filter{}
)

// crm is what the CRM alone can say.
func (p *printer) crm(ctx context.Context) error {
	all, err := p.Deals.Stats(ctx, allDeals)
	if err != nil {
		return err
	}
	won, err := p.Deals.Cycle(ctx, pipeline.Filter{Status: pipeline.StatusWon})
	if err != nil {
		return err
	}
	quarters, err := p.Deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByQuarter})
	if err != nil {
		return err
	}
	s := all[0]
	p.line("1 WHAT THE CRM SAYS [data]")
	p.line("  Won %s of %s closed   win rate %s %%   won value %s", count(s.Won), count(s.Won+s.Lost), s.WinRate().Percent(2).StringFixed(2), cents(s.Value))
	p.line("  Days to win: mean %s, median %s, longest %d", won.Mean, won.Median, won.Max)
	p.line("  Quarter         won   lost  win rate        value")
	falling := 0
	for i, q := range quarters {
		if q.Key == "" {
			continue // still open
		}
		name, note := q.Key[len(q.Key)-2:], ""
		if name == "Q1" {
			name, note = "Q1 (March)", "   only one month: do not compare"
		} else if before := quarters[i-1]; before.Key[len(before.Key)-2:] != "Q1" && before.Key != "" {
			if q.WinRate().Percent(2).LessThan(before.WinRate().Percent(2)) {
				falling++
			}
		}
		if i == len(quarters)-1 && falling > 1 {
			note = "   two quarters of decline"
		}
		p.line("  %-10s %8s %6s   %6s %12s%s", name, count(q.Won), count(q.Lost), rate(q.WinRate().Percent(2)), dollars(q.Value), note)
	}
	return nil
}
