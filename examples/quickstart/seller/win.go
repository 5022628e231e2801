package seller

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/workflow/approval"
)

// win is what follows from a won deal: an order, allowed by the manager where the discount is large; a delivery project whose hours are worked and invoiced; the
// invoice; the goods and the commission in the books; and a payment to come.
func (p *player) win(ctx context.Context, c *tutas.Company, o opportunity, day date.Date) error {
	agent := p.agents[o.agent]
	value := usd(o.value.String())
	deal, err := c.Deals.Win(ctx, pipeline.Win{ID: p.deals[o.id], By: agent, Value: value, At: day})
	if err != nil {
		return err
	}
	order, err := p.order(ctx, c, o, deal, day)
	if err != nil {
		return err
	}
	delivery, err := p.deliver(ctx, c, o, order, deal, day)
	if err != nil {
		return err
	}
	inv, err := p.invoice(ctx, c, o, order, delivery, deal, day)
	if err != nil {
		return err
	}
	if err := p.costs(ctx, c, o, inv, deal, delivery, day); err != nil {
		return err
	}
	if paid := inv.Due.AddDays(payDelay(o.id)); !paid.After(lastDay) {
		p.pay[paid] = append(p.pay[paid], payment{inv.Customer, inv.ID, inv.Gross})
	}
	return nil
}

// order places the order; a discount above the limit is allowed by the manager first.
func (p *player) order(ctx context.Context, c *tutas.Company, o opportunity, deal *pipeline.Deal, day date.Date) (*sales.Order, error) {
	agent := p.agents[o.agent]
	product := p.products[o.product]
	list, err := product.PriceOn(day)
	if err != nil {
		return nil, err
	}
	draft := sales.Draft{By: agent, Customer: deal.Customer, Origin: deal.Ref(), Owner: agent, Date: day, Terms: erp.Terms{Days: termDays}, Currency: "USD",
		Lines: []erp.Line{{Product: product.Ref(), Text: product.Name, Quantity: decimal.NewFromInt(1), Price: o.value, Dims: p.dims(o, deal)}},
		List:  []decimal.Decimal{list.Decimal()}}
	if below := erp.BelowList(draft.Lines, draft.List); below.GreaterThan(discountLimit) {
		if err := p.allow(ctx, c, o, draft, below); err != nil {
			return nil, err
		}
	}
	return c.Orders.Place(ctx, draft)
}

// allow has the agent ask for the discount that the order gives, and the manager agree to exactly this order.
func (p *player) allow(ctx context.Context, c *tutas.Company, o opportunity, draft sales.Draft, below decimal.Decimal) error {
	content, err := sales.Compose(draft)
	if err != nil {
		return err
	}
	request, err := c.Approvals.Submit(ctx, approval.Submit{By: draft.By, Policy: "discount", Subject: draft.Origin, Digest: content.Digest(), Percent: below, Text: o.id})
	if err != nil {
		return err
	}
	_, err = c.Approvals.Approve(ctx, approval.Vote{By: p.managerOf[p.managers[o.agent]], Request: request.ID})
	return err
}

// dims says what the deal's revenue and costs are about.
func (p *player) dims(o opportunity, deal *pipeline.Deal) ledger.Dims {
	region := p.regions[o.agent]
	return ledger.Dims{Customer: deal.Customer.ID, Department: selling, CostCentre: centre(selling, region), Product: p.products[o.product].ID.String(),
		Person: p.agents[o.agent].ID, Deal: deal.ID.String(), Region: region}
}

// deliver has the region's installers do the hours that the product takes, at most eight each.
func (p *player) deliver(ctx context.Context, c *tutas.Company, o opportunity, order *sales.Order, deal *pipeline.Deal, day date.Date) (*project.Project, error) {
	region, product := p.regions[o.agent], p.products[o.product]
	price, err := money.FromDecimal("USD", hourPrice)
	if err != nil {
		return nil, err
	}
	one, err := c.Projects.Open(ctx, project.Open{Origin: sales.Ref(order.ID), Terms: project.Terms{Name: "Delivery " + o.id, Customer: deal.Customer, Price: price,
		Budget: product.DeliveryHours, From: day, To: day, Department: installation, CostCentre: centre(installation, region),
		Product: product.ID.String(), Deal: deal.ID.String(), Region: region}})
	if err == nil {
		one, err = c.Projects.Start(ctx, project.Move{Project: one.ID, On: day})
	}
	if err != nil {
		return nil, err
	}
	team := p.installers[region]
	var times []project.Hours
	next := int(draw("installer", o.id) % uint64(len(team)))
	for left := product.DeliveryHours; left.IsPositive(); next++ {
		hours := decimal.Min(left, decimal.NewFromInt(8))
		left = left.Sub(hours)
		times = append(times, project.Hours{Project: one.ID, Person: team[next%len(team)], Date: day, Hours: hours})
	}
	if _, err := c.Projects.LogTime(ctx, project.LogTime{Times: times}); err != nil {
		return nil, err
	}
	if _, err := c.Orders.Fulfil(ctx, sales.Fulfil{Order: order.ID, Date: day}); err != nil {
		return nil, err
	}
	return c.Projects.Complete(ctx, project.Move{Project: one.ID, On: day})
}

// invoice bills what was agreed: the hours that were worked at their price, and the rest for the goods.
func (p *player) invoice(ctx context.Context, c *tutas.Company, o opportunity, order *sales.Order, one *project.Project, deal *pipeline.Deal, day date.Date) (*billing.Invoice, error) {
	bill, err := c.Projects.ToBill(ctx, project.Unbilled{Project: one.ID})
	if err != nil {
		return nil, err
	}
	price := hourPrice
	if bill.Amount.Decimal().GreaterThan(o.value) { // a deal worth less than its installation shows the hours as included
		price = decimal.Zero
	}
	goods, hours := p.dims(o, deal), one.Dims()
	goods.Project = one.ID.String()
	hours.Person = goods.Person
	inv, err := c.Invoices.IssueNew(ctx, billing.Draft{By: p.agents[o.agent], Customer: deal.Customer, Origin: project.Ref(one.ID), Owner: p.agents[o.agent], Date: day,
		Terms: order.Terms, Currency: "USD", Lines: []erp.Line{
			{Product: p.products[o.product].Ref(), Text: o.product, Quantity: decimal.NewFromInt(1), Price: o.value.Sub(bill.Hours.Mul(price)), Dims: goods, Source: sales.Ref(order.ID)},
			{Text: "Installation, hours", Quantity: bill.Hours, Price: price, Dims: hours, Source: project.Ref(one.ID)},
		}})
	if err != nil {
		return nil, err
	}
	_, err = c.Projects.MarkBilled(ctx, project.MarkBilled{Invoice: billing.Ref(inv.ID), Times: bill.Times})
	return inv, err
}

// costs posts what the goods cost and what the agent earns with the deal.
func (p *player) costs(ctx context.Context, c *tutas.Company, o opportunity, inv *billing.Invoice, deal *pipeline.Deal, one *project.Project, day date.Date) error {
	goods := p.products[o.product].CostOn(day)
	earned := inv.Net.Mul(commission).Round(money.HalfUp)
	d := p.dims(o, deal)
	d.Project = one.ID.String()
	_, err := c.Books.Post(ctx, ledger.Entry{Date: day, Text: "goods and commission", Source: billing.Ref(inv.ID), Legs: []ledger.Leg{
		ledger.Debit(ledger.GoodsCost, goods, d), ledger.Credit(ledger.Accrued, goods, ledger.Dims{}),
		ledger.Debit(ledger.Commission, earned, d), ledger.Credit(ledger.AccruedWages, earned, ledger.Dims{Person: d.Person}),
	}})
	if err != nil {
		return err
	}
	paid := day.AddDays(supplierDays)
	p.suppliers[paid] = add(p.suppliers[paid], goods)
	hours := hourCost.Mul(p.products[o.product].DeliveryHours)
	p.owedToStaff = add(p.owedToStaff, add(earned, hours))
	return nil
}
