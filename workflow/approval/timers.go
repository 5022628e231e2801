package approval

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// HandleTimers lets reminders and deadlines come due: they need workflow.Package in the store, and Timers that are attached to a ticker. The function
// makes the service inside the transaction of a timer: Approvals.In is one.
func HandleTimers(t *workflow.Timers, in func(*storage.Tx) *Approvals) {
	t.Handle(reminderTimer, due(in, Remind))
	t.Handle(deadlineTimer, due(in, Escalate))
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
