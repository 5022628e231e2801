package seller

import (
	"context"
	"fmt"
	"strings"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
)

// shown is the deal whose amount is walked both ways.
const shown = "H3K2E35I"

// chain walks one amount from the books back to the deal, and the deal forward to what was kept.
func (p *printer) chain(ctx context.Context) error {
	deal, err := p.deal(ctx, shown)
	if err != nil {
		return err
	}
	o, err := p.Outcome(ctx, deal.ID)
	if err != nil {
		return err
	}
	names, _, err := p.names(ctx)
	if err != nil {
		return err
	}
	customer, err := p.customer(ctx, deal.Customer)
	if err != nil {
		return err
	}
	p.line("8 ONE AMOUNT, BOTH WAYS   deal %s, %s, %s, %s", deal.Name, deal.Lines[0].Text, customer, names[deal.Owner.ID])
	back, err := p.Origins(ctx, o.Invoices[0].Entry)
	if err != nil {
		return err
	}
	words := []string{"Ledger " + cents(o.Earned)}
	for _, l := range back[1:] {
		words = append(words, strings.Split(l.Ref.Kind, ".")[1]+" "+l.Name)
	}
	words[len(words)-1] = fmt.Sprintf("won %s <- engaged %s (no earlier record)", short(deal.Closed), short(deal.Engaged))
	p.line("  %s", strings.Join(words, " <- "))
	sum := func(account string) string {
		for _, r := range o.Costs {
			if r.Account == account {
				return cents(r.Amount)
			}
		}
		return "0.00"
	}
	state := "paid"
	if !o.Open.IsZero() {
		state = "open " + cents(o.Open)
	}
	p.line("  %s - goods %s - hours %s - commission %s = kept %s, %s", cents(o.Earned), sum(ledger.GoodsCost), sum(ledger.DirectLabour),
		sum(ledger.Commission), cents(o.Kept), state)
	return nil
}

// deal finds a deal by the name that the data gives it.
func (p *printer) deal(ctx context.Context, name string) (*pipeline.Deal, error) {
	for d, err := range p.Deals.All(ctx, pipeline.Filter{Where: []storage.Cond{storage.Eq("name", name)}}) {
		return d, err
	}
	return nil, storage.ErrNotFound.With("deal %s", name)
}

func (p *printer) customer(ctx context.Context, r storage.Ref) (name string, err error) {
	err = p.View(ctx, func(tx *storage.Tx) error {
		name, err = p.Parties.Name(ctx, tx, r)
		return err
	})
	return name, err
}

// names says what people are called, and lists them in the order of their names.
func (p *printer) names(ctx context.Context) (names map[string]string, order []string, err error) {
	names = map[string]string{}
	for x, err := range p.People.All(ctx, people.Filter{}) {
		if err != nil {
			return nil, nil, err
		}
		names[x.ID.String()] = x.Name
		order = append(order, x.ID.String())
	}
	return names, order, nil
}

// checks says whether everything ties.
func (p *printer) checks(ctx context.Context) error {
	trial, err := p.Books.TrialBalance(ctx, ledger.TrialFilter{})
	if err != nil {
		return err
	}
	ties, err := p.Insight.Checks(ctx, insight.CheckFilter{Period: books})
	if err != nil {
		return err
	}
	agents, err := p.agents(ctx)
	if err != nil {
		return err
	}
	ties = append(ties, agents.Ties...)
	balance := usd("0")
	for _, t := range trial.Totals {
		balance = add(balance, t.Closing)
	}
	r, err := p.Insight.Receivables(ctx, insight.ReceivablesFilter{AsOf: lastDay})
	if err != nil {
		return err
	}
	all := "all hold"
	if !insight.Hold(ties) || !balance.IsZero() {
		all = "NOT all hold"
		for _, t := range ties {
			if !t.Want.Equal(t.Got) {
				all += fmt.Sprintf("; %s: %s, not %s", t.Text, t.Got, t.Want)
			}
		}
	}
	p.line("CHECKS  trial balance %s   receivable %s = open invoices %s   %d tables and sums = income statement   %s", balance.Text(),
		cents(r.Tie.Want), cents(r.Tie.Got), len(ties), all)
	return nil
}
