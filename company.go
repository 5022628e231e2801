package tutas

import (
	"context"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/workflow/approval"
)

// A Company is one tenant: a service for each package, connected. It is a storage.Session itself.
type Company struct {
	storage.Session
	business *Business

	Books      *ledger.Books
	Parties    *party.Parties
	Contacts   *contact.Contacts
	Deals      *pipeline.Deals
	Activities *activity.Activities
	Nurture    *nurture.Nurture
	Approvals  *approval.Approvals
	Products   *catalog.Products
	Taxes      *tax.Rates
	People     *people.People
	Orders     *sales.Orders
	Projects   *project.Projects
	Invoices   *billing.Invoices
	Claims     *expense.Claims
	Plans      *planning.Plans
	Costs      *cost.Costs
	Insight    *insight.Insight
}

// Company connects all services over a tenant's data, or over a transaction.
func (b *Business) Company(s storage.Session) *Company {
	c := &Company{Session: s, business: b, Books: ledger.New(s), Parties: party.New(s), Deals: pipeline.New(s), Activities: activity.New(s),
		Products: catalog.New(s), Taxes: tax.New(s), People: people.New(s)}
	p := b.ports.withDefaults(c)
	c.Contacts = contact.New(s, contact.Ports{Names: p.Names})
	c.Nurture = nurture.New(s, p.Nurture)
	c.Approvals = approval.New(s, p.Approval)
	c.Orders = sales.New(s, p.Sales)
	c.Projects = project.New(s, p.Project)
	c.Invoices = billing.New(s, p.Billing)
	c.Claims = expense.New(s, p.Expense)
	c.Plans = planning.New(s, planning.Ports{People: c.People, Hours: c.Projects})
	c.Costs = cost.New(s, cost.Ports{Books: centres{}, Journal: Journal{}})
	c.Insight = insight.New(s, insight.Sources{Deals: c.Deals, Orders: c.Orders, Invoices: c.Invoices, Approvals: c.Approvals, People: c.People,
		Projects: c.Projects, Plans: c.Plans, Activities: c.Activities, Names: p.Names, Kinds: p.Kinds})
	return c
}

// In is the same services inside a transaction: everything done through them is one. The transaction says whose data that is; give it one of this company.
func (c *Company) In(tx *storage.Tx) *Company { return c.business.Company(tx) }

// Join is the same company inside a transaction of the host's own, which the engine's Join has wrapped: what is done through it takes
// effect when the host commits, and leaves nothing when it rolls back. A call that is refused leaves nothing either, and the host's
// transaction usable.
//
// Errors: those of storage.DB.Join.
func (c *Company) Join(ctx context.Context, host driver.HostTx) (*Company, error) {
	db, ok := c.Session.(*storage.DB)
	if !ok {
		if err := c.View(ctx, func(tx *storage.Tx) error { db = tx.DB(); return nil }); err != nil {
			return nil, err
		}
	}
	tx, err := db.Join(ctx, host)
	if err != nil {
		return nil, err
	}
	return c.In(tx), nil
}
