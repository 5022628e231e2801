package acceptance_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// staff is the template that gives a company a pipeline and an engineer who costs 40 an hour.
func (w *world) staff(ctx context.Context, tx *storage.Tx) error {
	c := w.Company(tx)
	if _, err := c.Deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()}); err != nil {
		return err
	}
	eight := dec("8")
	p, err := c.People.Hire(ctx, people.Hire{Hired: date.MustParse("2026-01-01"), Profile: people.Profile{Name: "Mira",
		Department: "delivery",
		Week:       people.Week{1: eight, 2: eight, 3: eight, 4: eight, 5: eight}}})
	if err != nil {
		return err
	}
	_, err = c.People.SetRate(ctx, people.SetRate{Person: p.ID, From: date.MustParse("2026-01-01"), Hour: eur("40")})
	return err
}

// setup finds what staff made.
func setup(ctx context.Context, c *tutas.Company) (p *pipeline.Pipeline, engineer storage.Ref, err error) {
	for p, err = range c.Deals.Pipelines(ctx) {
		if err != nil {
			return nil, engineer, err
		}
		break
	}
	for one, err := range c.People.All(ctx, people.Filter{}) {
		if err != nil {
			return nil, engineer, err
		}
		engineer = people.Ref(one.ID)
	}
	return p, engineer, nil
}

// A result is what a chain comes to; what was not acknowledged is zero.
type result struct {
	Customer, Deal, Order, Project, Invoice, Payment storage.Ref
	Number                                           string
	Gross                                            string
}

// A seller is who does what the chain does, and what the documents carry.
type seller struct {
	by     storage.Ref
	fields storage.Fields
}

// chain sells a machine for 500 and ten hours of work at 70 to a new customer: a deal of two lines, won; an order; a project
// with hours; one
// invoice of two lines with 20 % tax, 1,440 in all; a payment of 1,000 and one of the rest. Each command has a key that
// begins with the given one, so the chain
// may be started again after any failure: what has happened already is not done twice.
func chain(ctx context.Context, c *tutas.Company, key string, s ...seller) (r result, err error) {
	var who seller
	if len(s) > 0 {
		who = s[0]
	}
	k := func(step string) storage.Key { return storage.Key(key + "/" + step) }
	way, engineer, err := setup(ctx, c)
	if err != nil {
		return r, err
	}
	buyer, err := c.Parties.Create(ctx, party.Create{By: who.by, Key: k("party"), Kind: party.Organisation, Name: "Buyer " + key})
	if err != nil {
		return r, fmt.Errorf("party: %w", err)
	}
	r.Customer = buyer.Ref()
	machine := storage.Ref{Kind: "shop.product", ID: "machine"}
	work := storage.Ref{Kind: "shop.product", ID: "work"}
	deal, err := c.Deals.Open(ctx, pipeline.Open{By: who.by, Key: k("deal"), Name: "Deal " + key, Customer: r.Customer,
		Pipeline: way.ID, Fields: who.fields,
		Lines: []pipeline.Line{
			{Product: machine, Text: "Machine", Quantity: dec("1"), ListPrice: eur("500")},
			{Product: work, Text: "Installation", Quantity: dec("10"), ListPrice: eur("70")},
		}})
	if err != nil {
		return r, fmt.Errorf("deal: %w", err)
	}
	r.Deal = deal.Ref()
	if _, err = c.Deals.Win(ctx, pipeline.Win{By: who.by, Key: k("win"), ID: deal.ID}); err != nil {
		return r, fmt.Errorf("win: %w", err)
	}
	dims := ledger.Dims{Deal: r.Deal.ID}
	lines := func(n string, hours decimal.Decimal) []erp.Line {
		l := []erp.Line{
			{Product: machine, Text: "Machine", Quantity: dec("1"), Price: dec("500"), TaxCode: "standard",
				TaxPercent: dec("20"), Dims: dims},
			{Product: work, Text: "Installation" + n, Quantity: hours, Price: dec("70"), TaxCode: "standard",
				TaxPercent: dec("20"), Dims: dims},
		}
		for i := range l {
			l[i].Dims.Product = l[i].Product.ID
		}
		return l
	}
	order, err := c.Orders.Place(ctx, sales.Draft{By: who.by, Key: k("order"), Customer: r.Customer, Origin: r.Deal,
		Currency: "EUR", Lines: lines("", dec("10")),
		Fields: who.fields})
	if err != nil {
		return r, fmt.Errorf("order: %w", err)
	}
	r.Order = sales.Ref(order.ID)
	if r.Project, err = deliver(ctx, c, k, who, r, engineer); err != nil {
		return r, fmt.Errorf("project: %w", err)
	}
	dims.Project = r.Project.ID
	invoice, err := bill(ctx, c, k, who, r, lines)
	if err != nil {
		return r, fmt.Errorf("invoice: %w", err)
	}
	r.Invoice, r.Number, r.Gross = billing.Ref(invoice.ID), invoice.Number, invoice.Gross.Text()
	for i, amount := range []string{"1000", "440"} {
		p, err := c.Invoices.Receive(ctx, billing.Receive{By: who.by, Key: k(fmt.Sprint("payment ", i)), Customer: r.Customer,
			Amount: eur(amount),
			For:    []billing.Settle{{Invoice: invoice.ID}}})
		if err != nil {
			return r, fmt.Errorf("payment: %w", err)
		}
		r.Payment = billing.PaymentRef(p.ID)
	}
	if _, err := c.Orders.Close(ctx, sales.Close{By: who.by, Key: k("close"), Order: order.ID}); err != nil {
		return r, fmt.Errorf("close: %w", err)
	}
	return r, nil
}

// deliver opens a project for the order and logs ten hours on it, in one transaction with the order's fulfilment: an outer
// one, that has no key itself.
func deliver(ctx context.Context, c *tutas.Company, k func(string) storage.Key, who seller, r result,
	engineer storage.Ref) (ref storage.Ref, err error) {
	err = c.Update(ctx, func(tx *storage.Tx) error {
		c := c.In(tx)
		p, err := c.Projects.Open(ctx, project.Open{By: who.by, Key: k("project"), Origin: r.Order,
			Terms: project.Terms{Name: "Delivery", Customer: r.Customer,
				Price: eur("70"), Deal: r.Deal.ID, Department: "delivery", Fields: who.fields}})
		if err != nil {
			return err
		}
		ref = project.Ref(p.ID)
		if _, err := c.Projects.Start(ctx, project.Move{By: who.by, Key: k("start"), Project: p.ID}); err != nil {
			return err
		}
		day := tx.Today()
		if _, err := c.Projects.LogTime(ctx, project.LogTime{By: who.by, Key: k("hours"), Times: []project.Hours{
			{Project: p.ID, Person: engineer, Date: day, Hours: dec("7.5"), Text: "installed"},
			{Project: p.ID, Person: engineer, Date: day, Hours: dec("2.5"), Text: "tested"},
		}}); err != nil {
			return err
		}
		if _, err := c.Projects.Complete(ctx, project.Move{By: who.by, Key: k("complete"), Project: p.ID}); err != nil {
			return err
		}
		id, err := storage.RefID[sales.Order](r.Order)
		if err != nil {
			return err
		}
		_, err = c.Orders.Fulfil(ctx, sales.Fulfil{By: who.by, Key: k("fulfil"), Order: id})
		return err
	})
	if err != nil {
		return storage.Ref{}, err
	}
	return ref, nil
}

// bill writes the invoice and marks its hours as billed, in one transaction.
func bill(ctx context.Context, c *tutas.Company, k func(string) storage.Key, who seller, r result, lines func(string,
	decimal.Decimal) []erp.Line) (
	i *billing.Invoice, err error) {
	id, err := storage.RefID[project.Project](r.Project)
	if err != nil {
		return nil, err
	}
	err = c.Update(ctx, func(tx *storage.Tx) error {
		c := c.In(tx)
		var hours decimal.Decimal
		var times []storage.ID[project.Time]
		for t, err := range c.Projects.Times(ctx, project.TimeFilter{Project: id}) {
			if err != nil {
				return err
			}
			hours = hours.Add(t.Hours)
			times = append(times, t.ID)
		}
		slices.SortFunc(times, func(a, b storage.ID[project.Time]) int { return slices.Compare(a[:], b[:]) })
		if i, err = c.Invoices.IssueNew(ctx, billing.Draft{By: who.by, Key: k("invoice"), Customer: r.Customer,
			Origin: r.Order, Currency: "EUR", Terms: erp.Terms{Days: 30},
			Lines: lines(", hours", hours), Fields: who.fields}); err != nil {
			return err
		}
		_, err = c.Projects.MarkBilled(ctx, project.MarkBilled{By: who.by, Key: k("billed"), Invoice: billing.Ref(i.ID),
			Times: times})
		return err
	})
	return i, err
}
