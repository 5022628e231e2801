package tutas

import (
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// A Company is one tenant: a service for each package, connected. It is a storage.Session itself.
type Company struct {
	storage.Session
	business *Business

	Books     *ledger.Books
	Parties   *party.Parties
	Deals     *pipeline.Deals
	Approvals *approval.Approvals
	Products  *catalog.Products
	Taxes     *tax.Rates
	People    *people.People
	Projects  *project.Projects
	Invoices  *billing.Invoices
}

// Company connects all services over a tenant's data, or over a transaction.
func (b *Business) Company(s storage.Session) *Company {
	c := &Company{Session: s, business: b, Books: ledger.New(s), Parties: party.New(s), Deals: pipeline.New(s), Products: catalog.New(s),
		Taxes: tax.New(s), People: people.New(s)}
	p := b.ports.withDefaults(c)
	c.Approvals = approval.New(s, approval.Ports{Org: p.Org, Roles: p.Roles})
	c.Projects = project.New(s, p.Project)
	c.Invoices = billing.New(s, p.Billing)
	return c
}

// In is the same company inside a transaction: everything done through it is one.
func (c *Company) In(tx *storage.Tx) *Company { return c.business.Company(tx) }
