package approval

import (
	"context"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Submit asks for approval.
type Submit struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Policy is the name of the policy to apply.
	Policy string
	// Subject is the document that asks.
	Subject        storage.Ref
	SubjectVersion int64
	// Digest stands for the content to be approved; see DigestOf.
	Digest string
	// Requester is whose request it is; zero is By. The chain of managers begins above this person.
	Requester storage.Ref
	// Beneficiary, if there is one, never decides, as the requester does not.
	Beneficiary storage.Ref
	Amount      money.Amount
	Percent     decimal.Decimal
	// Lines are percentages of the document's lines: the worst counts, if it is more than Percent.
	Lines []decimal.Decimal
	// Document has the fields that the policy declares; what the policy does not know does not matter to it.
	Document Document
	// Cites is an earlier request, of the document from which this one came: if it was approved for the same policy and Digest, that holds for this
	// one too, and no one is asked again.
	Cites  storage.ID[Request]
	Text   string
	Fields storage.Fields
}

func (c Submit) requester() storage.Ref {
	if c.Requester.IsZero() {
		return c.By
	}
	return c.Requester
}

func (c Submit) check() error {
	var bad storage.Invalid
	bad.Check(c.Policy != "", "policy", storage.CodeRequired, "")
	bad.Check(!c.Subject.IsZero(), "subject", storage.CodeRequired, "")
	bad.Check(!c.requester().IsZero(), "requester", storage.CodeRequired, "")
	checkRef(&bad, "requester", c.requester())
	checkRef(&bad, "beneficiary", c.Beneficiary)
	checkContent(&bad, c.Amount, c.SubjectVersion, c.Document, append(c.Lines[:len(c.Lines):len(c.Lines)], c.Percent)...)
	return bad.Err()
}

// maxDocument bounds what is kept of a document, in bytes.
const maxDocument = 64 << 10

func checkContent(bad *storage.Invalid, a money.Amount, version int64, d Document, percents ...decimal.Decimal) {
	bad.Check(a.Sign() >= 0, "amount", storage.CodeNegative, "")
	for _, p := range percents {
		bad.Check(p.Sign() >= 0, "percent", storage.CodeNegative, "")
		bad.Check(p.Exponent() <= 1000 && p.Exponent() >= -1000, "percent", storage.CodeRange, "")
	}
	bad.Check(version >= 0, "subject_version", storage.CodeNegative, "")
	size := 0
	for name, v := range d {
		size += len(name) + len(v)
		bad.Check(utf8.Valid(v), "document", storage.CodeEncoding, "")
	}
	bad.Check(size <= maxDocument, "document", storage.CodeTooLong, "")
}

func (c Submit) content() Content {
	return Content{SubjectVersion: c.SubjectVersion, Digest: c.Digest, Amount: c.Amount, Percent: decimal.Max(c.Percent, Worst(c.Lines...)),
		Document: c.Document}
}

func (c Submit) command() Command {
	return Command{By: c.By, Action: AskFor, Why: c.Why, Content: c.content(), Ask: Ask{Policy: c.Policy, Subject: c.Subject, Requester: c.requester(),
		Beneficiary: c.Beneficiary, Text: c.Text}}
}

// Submit asks for the approval of a document's content. Below the policy's bound the request it returns is NotNeeded; else
// it is Pending and waits for the approvers of its first step. An earlier request of the document is superseded; one that is
// still pending about another content becomes void, one that was sent back goes on in its next generation.
//
// Errors: *storage.Invalid, storage.ErrNotFound for the policy or what is cited, ErrPending, those of Resolve and of the ports.
func (a *Approvals) Submit(ctx context.Context, c Submit) (*Request, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, a.s, c.Key, "approval.request.submit", c, func(tx *storage.Tx) (*Request, error) {
		cmd, s, err := a.situation(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		found, err := Decide(Request{}, cmd, s, tx.Now()) // what cannot be resolved is refused before anything is touched
		if err != nil || len(found) == 0 {
			return nil, err
		}
		m, err := lockMatter(ctx, tx, c.Policy, c.Subject)
		if err != nil {
			return nil, err
		}
		old, err := a.supersede(ctx, tx, m, c)
		if err != nil {
			return nil, err
		}
		r, before := Request{ID: storage.NewID[Request](tx), Generation: m.Generation, Fields: c.Fields}, (*Request)(nil)
		if old != nil {
			r, before = *old, old
			if c.Fields != nil {
				r.Fields = c.Fields
			}
		}
		list, err := Decide(r, cmd, s, tx.Now())
		if err != nil {
			return nil, err
		}
		return a.store(ctx, tx, m, before, r, cmd, list)
	})
}

// supersede makes room for a new request: one that is pending about an older content is void; one that was sent back is returned, to go on.
func (a *Approvals) supersede(ctx context.Context, tx *storage.Tx, m *matter, c Submit) (*Request, error) {
	if m.Generation == 0 {
		return nil, nil
	}
	last, err := requests.Lock(ctx, tx, m.Request)
	if err != nil {
		return nil, err
	}
	switch last.State {
	case Draft:
		return last, nil
	case Pending:
		if last.Digest == c.Digest {
			return nil, ErrPending.With("%s", last.ID)
		}
		_, err = a.carry(ctx, tx, *last, Command{By: c.By, Action: Invalidate, Why: "asked again about another content", Digest: c.Digest})
	}
	return nil, err
}

// situation loads the policy, the rate and the people that a submission needs.
func (a *Approvals) situation(ctx context.Context, tx *storage.Tx, c Submit) (Command, Situation, error) {
	cmd := c.command()
	p, err := policyNamed(ctx, tx, c.Policy)
	if err != nil {
		return cmd, Situation{}, err
	}
	if cmd.Content, err = a.convert(ctx, tx, p, cmd.Content); err != nil {
		return cmd, Situation{}, err
	}
	s := Situation{Policy: p, Today: tx.Today()}
	if c.Cites != (storage.ID[Request]{}) {
		if s.Cited, err = requests.Get(ctx, tx, c.Cites); err != nil {
			return cmd, s, err
		}
	}
	err = a.people(ctx, tx, &s, s.facts(cmd.Ask, storage.Ref{}, cmd.Content, tx.Now()))
	return cmd, s, err
}

// people loads whom the policy may ask.
func (a *Approvals) people(ctx context.Context, tx *storage.Tx, s *Situation, f Facts) error {
	needed, err := s.Policy.Needed(f)
	if err != nil || !needed {
		return err
	}
	all := a.staff(tx, s.Policy, &f)
	err = all.stages(ctx)
	s.People = &all.c
	return err
}

// convert gives the content its amount in the policy's currency, at the rate of now.
func (a *Approvals) convert(ctx context.Context, tx *storage.Tx, p *Policy, c Content) (_ Content, err error) {
	from, to := c.Amount.Currency(), p.Currency()
	if from == "" || to == "" || from == to || a.p.Rates == nil {
		return c, nil
	}
	if c.Rate, err = a.p.Rates.Rate(ctx, tx, from, to); err != nil {
		return c, err
	}
	if c.Rate.Sign() <= 0 {
		return c, ErrCurrency.With("no rate from %s to %s", from, to)
	}
	c.Base, err = Convert(c.Amount, to, c.Rate)
	return c, err
}

// Plan answers who would have to approve this, and writes nothing: the steps that Submit would find for the same command,
// none if no approval is needed.
//
// Errors: as Submit.
func (a *Approvals) Plan(ctx context.Context, c Submit) ([]Step, error) {
	found, err := a.Explain(ctx, c)
	return found.Steps, err
}

// Explain is Plan with the reasons of what is left out.
//
// Errors: as Submit.
func (a *Approvals) Explain(ctx context.Context, c Submit) (found Resolution, err error) {
	if err := c.check(); err != nil {
		return found, err
	}
	err = a.s.View(ctx, func(tx *storage.Tx) error {
		cmd, s, err := a.situation(ctx, tx, c)
		if err != nil {
			return err
		}
		list, err := Decide(Request{}, cmd, s, tx.Now())
		if err == nil && len(list) > 0 {
			e := list[0]
			found = Resolution{Steps: e.Steps, Rule: e.Ask.Rule, Notes: e.Ask.Notes}
		}
		return err
	})
	return found, err
}
