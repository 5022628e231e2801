package nurture

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// HandleTimers lets steps have their turn and scores decay: they need workflow.Package in the store, and Timers that are attached
// to a ticker. The function makes the service inside the transaction of a timer: Nurture.In is one.
func HandleTimers(t *workflow.Timers, in func(*storage.Tx) *Nurture) {
	t.Handle(stepTimer, func(ctx context.Context, tx *storage.Tx, t workflow.Timer) error {
		id, err := storage.RefID[Enrolment](t.For)
		if err != nil {
			return err
		}
		if !in(tx).p.Simulated {
			tx = tx.At(tx.Present()) // an outage may have made it late
		}
		e, err := enrolments.Lock(ctx, tx, id)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = in(tx).carry(ctx, tx, *e, Command{Action: Advance, Turn: t.Generation})
		return err
	})
	t.Handle(scoreTimer, decay)
	t.Handle(modelTimer, rescore)
}

// HandleActions adds to the actions of rules: "nurture.enrol" enrols the contact that a score, or an event's subject of any other
// kind, is about in the sequence that the rule names, with {"sequence": "welcome"}.
func HandleActions(r *workflow.Rules, in func(*storage.Tx) *Nurture) {
	r.Handle("nurture.enrol", func(ctx context.Context, tx *storage.Tx, c workflow.ActionCall) error {
		var with struct {
			Sequence string `json:"sequence"`
		}
		if err := json.Unmarshal(c.With, &with); err != nil {
			return invalid("with", storage.CodeFormat, "{\"sequence\": \"…\"}")
		}
		contact := c.Subject
		if contact.Kind == scores.Kind() {
			id, err := storage.RefID[Score](c.Subject)
			if err != nil {
				return err
			}
			s, err := scores.Get(ctx, tx, id)
			if err != nil {
				return err
			}
			contact = s.Contact
		}
		_, err := in(tx).Enrol(ctx, Enrol{Key: c.Key, Sequence: with.Sequence, Contact: contact, Origin: c.Subject})
		return err
	})
}
