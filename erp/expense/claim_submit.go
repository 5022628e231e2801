package expense

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Submit is the command by which a person asks to be paid.
type Submit struct {
	By     storage.Ref
	Key    storage.Key
	Person storage.Ref
	Origin storage.Ref
	Date   date.Date // the tenant's today if zero
	// Currency is the company's own, in which the person will be paid; the tenant's if "".
	Currency money.Currency
	Lines    []Line
	// Advance is how much of an advance that the person holds is to be used up.
	Advance money.Amount
	Text    string
	Fields  storage.Fields
}

// Submit writes a claim. Within the limit it is approved at once; above it the approvers are asked.
//
// Errors: *storage.Invalid, storage.ErrForbidden, and those of the approvals.
func (s *Claims) Submit(ctx context.Context, c Submit) (*Claim, error) {
	return storage.Once(ctx, s.s, c.Key, "expense.claim.submit", c, func(tx *storage.Tx) (*Claim, error) {
		if c.Date.IsZero() {
			c.Date = tx.Today()
		}
		if c.Currency == "" {
			c.Currency = tx.Tenant().Currency
		}
		claim, err := Compose(c, s.p.Rules...)
		if err != nil {
			return nil, err
		}
		if err := s.checkCategories(claim); err != nil {
			return nil, err
		}
		claim.ID, claim.Created = storage.NewID[Claim](tx), tx.Now()
		events := []event.Draft{ClaimSubmitted.Draft(claim.happened(c.Date))}
		verdict, err := s.ask(ctx, tx, c.By, claim)
		switch {
		case err != nil:
			return nil, err
		case verdict == Granted:
			claim.State, err = claim.next("approve", storage.Ref{})
			events = append(events, ClaimApproved.Draft(claim.happened(c.Date)))
		case verdict == Refused:
			claim.State, err = claim.next("reject", storage.Ref{})
			events = append(events, ClaimRejected.Draft(claim.happened(c.Date)))
		}
		if err != nil {
			return nil, err
		}
		err = event.Apply(ctx, tx, claims, event.Change[Claim]{By: c.By, Verb: "expense.claim.submit", After: claim, Events: events})
		if err != nil {
			return nil, err
		}
		return claim, insertLines(ctx, tx, claim)
	})
}

func (s *Claims) checkCategories(c *Claim) error {
	var bad storage.Invalid
	for i, l := range c.Lines {
		known := s.p.Accounts.expense(l.Category) != ""
		bad.Check(known, "lines."+strconv.Itoa(i)+".category", storage.CodeUnknown, "no account for "+l.Category)
	}
	return bad.Err()
}

// ask finds out how a claim stands with those who must agree, and notes the request.
func (s *Claims) ask(ctx context.Context, tx *storage.Tx, by storage.Ref, c *Claim) (Verdict, error) {
	if s.p.Limit.Currency() == c.Currency {
		if over, err := c.Gross.Cmp(s.p.Limit); err == nil && over <= 0 {
			return Granted, nil
		}
	}
	if s.p.Approvals == nil {
		return Waiting, nil
	}
	a, err := s.p.Approvals.Ask(ctx, tx, Question{By: by, Policy: s.p.Policy, Claim: Ref(c.ID), Digest: c.Digest(), Person: c.Person,
		Amount: c.Gross, Text: c.Text})
	c.Approval = a.Request
	return a.Verdict, err
}
