package tutas

import (
	"context"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Ports are the places where a host can put something of its own. What is left zero is ours.
type Ports struct {
	// Org is the organisation that approvals climb; ours is erp/people.
	Org approval.Org
	// Roles says who holds a role; ours are the members of the department of that name.
	Roles approval.Roles
	// Billing says where invoices go in the books and what they are called; ours are the accounts of the ready charts, and 1, 2, 3.
	Billing billing.Ports
	// Project says what hours cost and where that is posted; ours are the rates of erp/people, posted as direct labour against wages owed.
	Project project.Ports
}

// withDefaults fills in ours.
func (p Ports) withDefaults(c *Company) Ports {
	if p.Org == nil {
		p.Org = c.People
	}
	if p.Roles == nil {
		p.Roles = departments{c.People}
	}
	if p.Billing.Journal == nil {
		p.Billing.Journal = Journal{}
	}
	if p.Billing.Accounts.Receivable == "" {
		p.Billing.Accounts = UsualAccounts()
	}
	if p.Project.Rates == nil {
		p.Project.Rates = c.People
	}
	if p.Project.Journal == nil {
		p.Project.Journal, p.Project.Delivery, p.Project.Absorbed = Journal{}, ledger.DirectLabour, ledger.AccruedWages
	}
	return p
}

// Journal lets documents post into our books, in their own transaction. It satisfies the Journal ports of all document packages.
type Journal struct{}

// Post writes an entry.
func (Journal) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := ledger.New(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return posted[0].Ref(), nil
}

// UsualAccounts are the accounts of the ready charts that invoices and payments go to.
func UsualAccounts() billing.Accounts {
	return billing.Accounts{Receivable: ledger.Receivables, Revenue: ledger.Revenue, Tax: ledger.TaxPayable, Bank: ledger.Bank,
		WriteOff: ledger.BadDebts, Rounding: ledger.Rounding}
}

// departments answers who holds a role: the members of the department of that name.
type departments struct{ people *people.People }

// Members returns the people of a department.
func (d departments) Members(ctx context.Context, tx *storage.Tx, role string) ([]storage.Ref, error) {
	return d.people.Members(ctx, tx, people.Department(role))
}
