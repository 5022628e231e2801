package approval

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// delegationTimer is set for the beginning of a delegation.
const delegationTimer = "approval.delegation"

// HandleTimers lets reminders and deadlines come due, and delegations begin: they need workflow.Package in the store, and Timers that are attached to a ticker. The function
// makes the service inside the transaction of a timer: Approvals.In is one.
func HandleTimers(t *workflow.Timers, in func(*storage.Tx) *Approvals) {
	t.Handle(reminderTimer, due(in, Remind))
	t.Handle(deadlineTimer, due(in, Escalate))
	t.Handle(delegationTimer, begin(in))
	for _, name := range []string{reminderTimer, deadlineTimer} {
		t.Subject(name, func(t workflow.Timer) storage.Ref { // a command locks the request before its timers
			id, _, _ := strings.Cut(t.For.ID, "/")
			return storage.Ref{Kind: requests.Kind(), ID: id}
		})
	}
}

// begin puts what waits on the delegate's list too. A delegation that has ended since it was given does nothing.
func begin(in func(*storage.Tx) *Approvals) workflow.TimerHandler {
	return func(ctx context.Context, tx *storage.Tx, t workflow.Timer) error {
		id, err := storage.ParseID[Mandate](t.For.ID)
		if err != nil {
			return err
		}
		found, err := delegations.GetMany(ctx, tx, id)
		if err != nil || found[0] == nil || !found[0].In(found[0].Policy, tx.Now()) {
			return err
		}
		return in(tx).reassignAll(ctx, tx, storage.Ref{}, found[0].From)
	}
}

// due does what a timer is for. One of a step that has been closed, or opened again, since it was set does nothing.
func due(in func(*storage.Tx) *Approvals, action Action) workflow.TimerHandler {
	return func(ctx context.Context, tx *storage.Tx, t workflow.Timer) error {
		parts := strings.Split(t.For.ID, "/")
		if len(parts) != 3 {
			return invalid("for", storage.CodeFormat, t.For.ID)
		}
		id, err := storage.ParseID[Request](parts[0])
		if err != nil {
			return err
		}
		step, err := strconv.Atoi(parts[1])
		if err != nil {
			return invalid("for", storage.CodeFormat, t.For.ID)
		}
		r, err := requests.Lock(ctx, tx, id)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = in(tx).carry(ctx, tx, *r, Command{Action: action, Step: step, Turn: t.Generation})
		return err
	}
}
