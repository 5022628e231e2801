package main

import (
	"context"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// A refund is money that goes back to a patient: a document that the library knows nothing of.
type refund struct {
	ID      storage.ID[refund]
	Version int64
	Patient string
	Amount  money.Amount
	State   string
}

var refunds = storage.Define("clinic.refund", func(r *refund) []storage.Field {
	return []storage.Field{storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version), storage.Text("patient", &r.Patient),
		storage.Minor("amount", &r.Amount), storage.Enum("state", &r.State, "asked", "granted", "refused")}
})

// life is what may become of a refund: nothing happens to it without an answer.
var life = workflow.MustCompile(workflow.Life[string, *refund]{Name: "refund", Initial: "asked",
	States: []workflow.State[string]{{Name: "asked"}, {Name: "granted", Final: true}, {Name: "refused", Final: true}},
	Transitions: []workflow.Transition[string, *refund]{{Action: "grant", From: []string{"asked"}, To: "granted"},
		{Action: "refuse", From: []string{"asked"}, To: "refused"}}})

// ask stores a refund and submits it, in one transaction: neither is there without the other.
func ask(ctx context.Context, tx *storage.Tx, approvals *approval.Approvals, by storage.Ref, patient, amount string) (*approval.Request, error) {
	sum, err := money.Parse(amount)
	if err != nil {
		return nil, err
	}
	r := &refund{ID: storage.NewID[refund](tx), Patient: patient, Amount: sum, State: life.Initial()}
	if err := event.Apply(ctx, tx, refunds, event.Change[refund]{By: by, Verb: "clinic.refund.ask", After: r}); err != nil {
		return nil, err
	}
	request, err := approvals.In(tx).Submit(ctx, approval.Submit{By: by, Policy: "refund", Subject: refunds.Ref(r.ID), Digest: sum.String(), Amount: sum,
		Text: "refund to " + patient})
	if err == nil && request.State == approval.NotNeeded { // nobody is asked, so there is no answer to wait for
		err = move(ctx, tx, r.ID, "grant", by)
	}
	return request, err
}

// move takes a refund to where an action leads.
func move(ctx context.Context, tx *storage.Tx, id storage.ID[refund], action workflow.Action, by storage.Ref) error {
	before, err := refunds.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	after := *before
	if after.State, err = life.Next(before.State, action, before); err != nil {
		return err
	}
	return event.Apply(ctx, tx, refunds, event.Change[refund]{By: by, Verb: "clinic.refund." + string(action), Before: before, After: &after})
}

// answers is the reader that lets the outcome of a request move its refund.
var answers = event.Reader{Name: "clinic.refund", Names: []string{approval.Granted.Name, approval.Refused.Name},
	Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		outcome, err := approval.Granted.Read(e)
		if err != nil || outcome.Subject.Kind != refunds.Kind() {
			return err
		}
		id, err := storage.RefID[refund](outcome.Subject)
		if err != nil {
			return err
		}
		if outcome.State == approval.Rejected {
			return move(ctx, tx, id, "refuse", outcome.By)
		}
		return move(ctx, tx, id, "grant", outcome.By)
	}}
