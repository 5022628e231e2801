package tutas

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Ports are the places where a host can put something of its own. What is left zero is ours.
type Ports struct {
	// Approval is the organisation that approvals ask, with its rates and working hours; ours is erp/people, where a role is held by the
	// members of the department of that name, and the rates are those of the books.
	Approval approval.Ports
	// Names knows what customers are called; ours are the parties.
	Names party.Directory
	// Kinds says of which kind the values of a dimension are where they are the host's own, so that reports can ask Names:
	// ledger.Customer is "shop.customer", say.
	Kinds map[ledger.Dimension]string
	// Nurture sends the mails of sequences, which only a host can; its contacts are ours, and tasks are planned as activities.
	Nurture nurture.Ports
	// Sales says which discounts are free; ours are up to 10 %, more needs an approved request under the policy "discount".
	Sales sales.Ports
	// Billing says where invoices go in the books and what they are called; ours are the accounts of the ready charts, and 1, 2, 3.
	Billing billing.Ports
	// Project says what hours cost and where that is posted; ours are the rates of erp/people, posted as direct labour against wages owed.
	Project project.Ports
	// Expense says where claims go in the books and which need approval; ours are the ready charts, and all that the policy "expense" says.
	Expense expense.Ports
}

// withDefaults fills in ours.
func (p Ports) withDefaults(c *Company) Ports {
	if p.Approval.Org == nil {
		p.Approval.Org = c.People
	}
	if p.Approval.Roles == nil {
		p.Approval.Roles = departments{c.People}
	}
	if p.Approval.Rates == nil {
		p.Approval.Rates = bookRates{}
	}
	if p.Names == nil {
		p.Names = c.Parties
	}
	if p.Nurture.Contacts == nil {
		p.Nurture.Contacts = nurtured{}
	}
	if p.Nurture.Tasks == nil {
		p.Nurture.Tasks = nurtured{}
	}
	if p.Sales.Approvals == nil {
		p.Sales.Approvals = approvals{p}
	}
	if p.Sales.Limit.IsZero() {
		p.Sales.Limit = decimal.NewFromInt(10)
	}
	if p.Billing.Chain == nil {
		p.Billing.Chain = chain{}
	}
	if p.Project.Chain == nil {
		p.Project.Chain = chain{}
	}
	if p.Billing.Journal == nil {
		p.Billing.Journal, p.Billing.Matcher = Journal{}, Journal{}
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
	if p.Expense.Journal == nil {
		p.Expense.Journal = Journal{}
	}
	if p.Expense.Accounts.Payable == "" {
		p.Expense.Accounts = expense.Accounts{Payable: ledger.EmployeePayables, Advances: ledger.EmployeeAdvances, Tax: ledger.TaxReceivable, Bank: ledger.Bank,
			ByCategory: map[string]string{"travel": ledger.Travel, "marketing": ledger.Marketing, "office": ledger.OfficeExpense, "software": ledger.Software},
			Expense:    ledger.OfficeExpense}
	}
	if p.Expense.Approvals == nil {
		p.Expense.Approvals = approvals{p}
	}
	return p
}

// Journal lets documents post into our books, in their own transaction. It satisfies the Journal ports of all document
// packages, and billing.Matcher.
type Journal struct{}

// Post writes an entry.
func (Journal) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := ledger.New(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return posted[0].Ref(), nil
}

// Match posts an entry and settles open items. On an account that keeps none it only posts.
func (j Journal) Match(ctx context.Context, tx *storage.Tx, m billing.Match) (done billing.Matched, err error) {
	cmd := ledger.Match{By: m.By, Why: m.Why, Source: m.Source, Discount: m.Discount, WriteOff: m.WriteOff}
	if len(m.Entry.Legs) > 0 {
		cmd.Entry = &m.Entry
	}
	for _, i := range m.Items {
		item := ledger.MatchItem{Item: ledger.ItemKey{Leg: i.Leg}, Amount: i.Amount}
		if !i.Entry.IsZero() {
			if item.Item.Entry, err = storage.RefID[ledger.Posted](i.Entry); err != nil {
				return done, err
			}
		}
		cmd.Items = append(cmd.Items, item)
	}
	matched, err := ledger.New(tx).Match(ctx, cmd)
	if err == nil {
		done = billing.Matched{Match: matched.Ref(), Date: matched.Date}
		if cmd.Entry != nil {
			done.Entry = (&ledger.Posted{ID: matched.Posted}).Ref()
		}
		return done, nil
	}
	if !unknownItem(err) {
		return done, err
	}
	a, bad := ledger.New(tx).Account(ctx, m.Account)
	if bad != nil || a.Items {
		return done, err
	}
	if cmd.Entry != nil {
		done.Entry, err = j.Post(ctx, tx, m.Entry)
		return done, err
	}
	return done, nil
}

// unknownItem reports whether a match was refused for an item that is none.
func unknownItem(err error) bool {
	bad := (*storage.Invalid)(nil)
	return errors.As(err, &bad) && slices.ContainsFunc(bad.Fields, func(f storage.Fault) bool {
		return f.Code == storage.CodeUnknown && strings.HasPrefix(f.Path, "items.")
	})
}

// Unmatch undoes a match.
func (Journal) Unmatch(ctx context.Context, tx *storage.Tx, u billing.Unmatch) error {
	id, err := storage.RefID[ledger.Matched](u.Match)
	if err == nil {
		_, err = ledger.New(tx).Unmatch(ctx, ledger.Unmatch{By: u.By, Why: u.Why, Source: u.Source, Match: id, Date: u.Date})
	}
	return err
}

// UsualAccounts are the accounts of the ready charts that invoices and payments go to.
func UsualAccounts() billing.Accounts {
	return billing.Accounts{Receivable: ledger.Receivables, Revenue: ledger.Revenue, Tax: ledger.TaxPayable, Bank: ledger.Bank,
		WriteOff: ledger.BadDebts, Rounding: ledger.Rounding, Discount: ledger.Discounts, Exchange: ledger.Exchange}
}

// approvals lets orders and claims ask workflow/approval.
type approvals struct{ p Ports }

func (a approvals) in(tx *storage.Tx) *approval.Approvals {
	return approval.New(tx, a.p.Approval)
}

// Approval finds the approved request that covers a document's content.
func (a approvals) Approval(ctx context.Context, tx *storage.Tx, policy string, subject storage.Ref, digest string) (storage.Ref, error) {
	r, err := a.in(tx).Current(ctx, policy, subject)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return storage.Ref{}, nil
	case err != nil || !r.Covers(digest):
		return storage.Ref{}, err
	}
	return r.Ref(), nil
}

// Ask submits a claim for approval, or says how an earlier request stands.
func (a approvals) Ask(ctx context.Context, tx *storage.Tx, q expense.Question) (expense.Answer, error) {
	r, err := a.in(tx).Current(ctx, q.Policy, q.Claim)
	if errors.Is(err, storage.ErrNotFound) || (err == nil && r.Digest != q.Digest) {
		r, err = a.in(tx).Submit(ctx, approval.Submit{By: q.By, Policy: q.Policy, Subject: q.Claim, Digest: q.Digest, Requester: q.Person,
			Amount: q.Amount, Text: q.Text})
	}
	if err != nil {
		return expense.Answer{}, err
	}
	answer := expense.Answer{Request: r.Ref(), Verdict: expense.Waiting}
	switch r.State {
	case approval.Approved, approval.NotNeeded:
		answer.Verdict = expense.Granted
	case approval.Rejected, approval.Cancelled, approval.Void, approval.Draft:
		answer.Verdict = expense.Refused
	}
	return answer, nil
}

// bookRates converts at the rates of the books.
type bookRates struct{}

// Rate returns today's rate.
func (bookRates) Rate(ctx context.Context, tx *storage.Tx, from, to money.Currency) (decimal.Decimal, error) {
	r, err := ledger.New(tx).Rate(ctx, from, to, tx.Today())
	return r.Value, err
}

// chain finds the deal that a document came of by walking its origins.
type chain struct{}

// Deal returns the identifier of the deal that an origin came of, "" if it came of none.
func (chain) Deal(ctx context.Context, tx *storage.Tx, origin storage.Ref) (string, error) {
	for range maxChain {
		if origin.IsZero() || origin.Kind == dealKind {
			return origin.ID, nil
		}
		fields, err := tx.Look(ctx, storage.Ref{}, origin)
		if errors.Is(err, storage.ErrNotFound) {
			return "", nil // the host's own, or gone
		}
		if err != nil {
			return "", err
		}
		origin, _ = fields["origin"].(storage.Ref)
	}
	return "", nil
}

const dealKind = "pipeline.deal"

// departments answers who holds a role: the members of the department of that name.
type departments struct{ people *people.People }

// Members returns the people of a department.
func (d departments) Members(ctx context.Context, tx *storage.Tx, role string) ([]storage.Ref, error) {
	return d.people.Present(ctx, tx, people.Department(role), tx.Today())
}

// centres reads what cost centres really cost from the books.
type centres struct{}

// CentreTotals returns what income and expense accounts hold in a period, by cost centre.
func (centres) CentreTotals(ctx context.Context, tx *storage.Tx, during date.Period) (list []cost.Total, err error) {
	cut, err := ledger.New(tx).Totals(ctx, ledger.TotalsFilter{Period: during, Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Income, ledger.Expense}},
		GroupBy: []ledger.Dimension{ledger.CostCentre}, ByAccount: true})
	for _, r := range cut.Rows {
		list = append(list, cost.Total{Centre: r.Dims.CostCentre, Account: r.Account, Amount: r.Amount})
	}
	return list, err
}
