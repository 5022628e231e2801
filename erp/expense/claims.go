package expense

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Journal writes into the books, inside the transaction, and answers where. *ledger.Books serves, with a few lines around it;
// so does any other ledger.
type Journal interface {
	Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error)
}

// Approvals asks whoever must agree to a claim. Package workflow/approval serves, with a few lines around it; so does any other.
type Approvals interface {
	// Ask answers how the question stands. It asks it if nobody has asked it yet about this content; asking again changes
	// nothing.
	Ask(ctx context.Context, tx *storage.Tx, q Question) (Answer, error)
}

// A Question is a claim that asks for approval.
type Question struct {
	By     storage.Ref
	Policy string
	// Claim is what asks, Digest stands for its content.
	Claim  storage.Ref
	Digest string
	// Person is whose claim it is; Amount is its gross.
	Person storage.Ref
	Amount money.Amount
	Text   string
}

// An Answer is how a question stands.
type Answer struct {
	// Request points to it.
	Request storage.Ref
	Verdict Verdict
}

// Verdict is what approvers say.
type Verdict string

// The verdicts.
const (
	Waiting Verdict = "waiting"
	Granted Verdict = "granted"
	Refused Verdict = "refused"
)

// Accounts says where in the books claims and payments go, by account code.
type Accounts struct {
	// Payable is what people are owed, Advances what they hold.
	Payable, Advances, Tax, Bank string
	// ByCategory is where the cost goes; a category that is not listed goes to Expense, and is refused if that is "".
	ByCategory map[string]string
	Expense    string
}

func (a Accounts) expense(category string) string {
	if code := a.ByCategory[category]; code != "" {
		return code
	}
	return a.Expense
}

// Ports are what claims need of others.
type Ports struct {
	Journal  Journal
	Accounts Accounts
	// Approvals may be nil: then a claim above the limit waits until someone else than the person calls Approve or Reject.
	Approvals Approvals
	// Policy is the name that approvals know; "expense" if empty.
	Policy string
	// Limit is the largest claim that nobody needs to approve. Amount{}, or another currency than the claim's, asks always.
	Limit money.Amount
	// Rules find the categories of lines that have none.
	Rules []Rule
}

// Claims keeps a tenant's claims, advances and reimbursements.
type Claims struct {
	s storage.Session
	p Ports
}

// New makes the service.
func New(s storage.Session, p Ports) *Claims {
	if p.Policy == "" {
		p.Policy = "expense"
	}
	return &Claims{s, p}
}

// In is the same service inside a transaction.
func (s *Claims) In(tx *storage.Tx) *Claims { return &Claims{tx, s.p} }

// lock reads a claim that is going to be changed, with its lines.
func lock(ctx context.Context, tx *storage.Tx, id storage.ID[Claim], version int64) (*Claim, error) {
	c, err := claims.Lock(ctx, tx, id)
	if err == nil {
		err = storage.CheckVersion(version, c.Version)
	}
	if err != nil {
		return nil, err
	}
	return c, loadLines(ctx, tx, c)
}
