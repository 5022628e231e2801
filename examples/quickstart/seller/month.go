package seller

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// claimToPay is a claim that is reimbursed on a later day.
type claimToPay struct{ claim storage.ID[expense.Claim] }

// monthEnd pays salaries, commission and hours, rent and systems, and collects the agents' claims.
func (p *player) monthEnd(ctx context.Context, c *tutas.Company, day date.Date) error {
	if err := p.salaries(ctx, c, day); err != nil {
		return err
	}
	if err := p.overhead(ctx, c, day); err != nil {
		return err
	}
	for _, a := range p.data.agents {
		if err := p.claim(ctx, c, a, day); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) salaries(ctx context.Context, c *tutas.Company, day date.Date) error {
	var legs []ledger.Leg
	total := usd("0")
	pay := func(person storage.Ref, region string, salary money.Amount) {
		legs = append(legs, ledger.Debit(ledger.Payroll, salary, ledger.Dims{Person: person.ID, Department: selling, CostCentre: centre(selling, region), Region: region}))
		total = add(total, salary)
	}
	seen := map[string]bool{}
	for _, a := range p.data.agents {
		if !seen[a.manager] {
			seen[a.manager] = true
			pay(p.managerOf[a.manager], a.region, managerSalary)
		}
		pay(p.agents[a.name], a.region, agentSalary)
	}
	legs = append(legs, ledger.Debit(ledger.AccruedWages, p.owedToStaff, ledger.Dims{}), ledger.Credit(ledger.Bank, add(total, p.owedToStaff), ledger.Dims{}))
	p.owedToStaff = usd("0")
	return post(ctx, c, day, "salaries, commission and hours", legs...)
}

// overhead splits rent and systems over the regions by head count, so that the parts sum to the whole.
func (p *player) overhead(ctx context.Context, c *tutas.Company, day date.Date) error {
	heads := map[string]int64{}
	for _, a := range p.data.agents {
		heads[a.region]++
	}
	var split []ledger.Share
	for _, region := range []string{"Central", "East", "West"} {
		split = append(split, ledger.Share{Weight: decimal.NewFromInt(heads[region]), Dims: ledger.Dims{CostCentre: centre(office, region), Region: region}})
	}
	share := func(account string, a money.Amount) ledger.Leg {
		return ledger.Leg{Account: account, Amount: a, Dims: ledger.Dims{Department: office}, Split: split}
	}
	return post(ctx, c, day, "rent and systems", share(ledger.RentExpense, rent), share(ledger.Software, systems),
		ledger.Credit(ledger.Bank, add(rent, systems), ledger.Dims{}))
}

// claim is what an agent has spent in the month; above the limit the manager agrees first.
func (p *player) claim(ctx context.Context, c *tutas.Company, a agent, day date.Date) error {
	amount, category := claimOf(a.name, day.Month())
	if amount.IsZero() {
		return nil
	}
	person := p.agents[a.name]
	claim, err := c.Claims.Submit(ctx, expense.Submit{By: person, Person: person, Date: day, Currency: "USD", Lines: []expense.Line{{Category: category, Text: category,
		Amount: amount, Dims: ledger.Dims{Department: selling, CostCentre: centre(selling, a.region), Region: a.region}}}})
	if err != nil {
		return err
	}
	if claim.State == expense.Submitted {
		manager := p.managerOf[a.manager]
		request, err := c.Approvals.Current(ctx, "expense", expense.Ref(claim.ID))
		if err != nil {
			return err
		}
		if _, err := c.Approvals.Approve(ctx, approval.Vote{By: manager, Request: request.ID}); err != nil {
			return err
		}
		if claim, err = c.Claims.Approve(ctx, expense.Decide{By: manager, Claim: claim.ID}); err != nil {
			return err
		}
	}
	if _, err := c.Claims.Post(ctx, expense.Post{Claim: claim.ID, Date: day}); err != nil {
		return err
	}
	paid := day.AddDays(10)
	p.claims[paid] = append(p.claims[paid], claimToPay{claim.ID})
	return nil
}

func (p *player) payClaims(ctx context.Context, c *tutas.Company, day date.Date) error {
	for _, due := range p.claims[day] {
		if _, err := c.Claims.Reimburse(ctx, expense.Reimburse{Claim: due.claim, Date: day}); err != nil {
			return err
		}
	}
	return nil
}
