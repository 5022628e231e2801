package approval

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Task is a decision that waits for a person: one line of an inbox. It exists as long as the step is open and the person has not voted. What a
// delegate is to decide is on both lists.
type Task struct {
	Request  storage.ID[Request] `json:"request"`
	Step     int                 `json:"step"`
	Approver storage.Ref         `json:"approver"`
	// Since is when the step opened.
	Since   time.Time    `json:"since"`
	Policy  string       `json:"policy"`
	Subject storage.Ref  `json:"subject"`
	Amount  money.Amount `json:"amount"`
}

var tasks = storage.Define("approval.task", func(t *Task) []storage.Field {
	return []storage.Field{
		storage.UUID("request", &t.Request).Key(), storage.Int("step", &t.Step).Key(), storage.RefTo("approver", &t.Approver).Key(),
		storage.Instant("since", &t.Since), storage.Text("policy", &t.Policy).Limit(maxName), storage.RefTo("subject", &t.Subject),
		storage.Minor("amount", &t.Amount),
	}
}, storage.ChildOf(requests, "request"), storage.Index("approver", "approver", "since"), storage.Index("since", "since"))

// A TaskFilter narrows a list of tasks; zero fields do not narrow.
type TaskFilter struct {
	// By is on whose behalf the list is read.
	By       storage.Ref
	Approver storage.Ref
}

func (f TaskFilter) query() storage.Query {
	q := storage.Query{By: f.By, Order: []string{"since"}}
	if !f.Approver.IsZero() {
		q.Where = []storage.Cond{storage.Eq("approver", f.Approver)}
	}
	return q
}

// Tasks yields the decisions that wait, the longest waiting first.
func (a *Approvals) Tasks(ctx context.Context, f TaskFilter) iter.Seq2[*Task, error] {
	return tasks.All(ctx, a.s, f.query())
}

// TasksPage returns a screenful of the decisions that wait.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (a *Approvals) TasksPage(ctx context.Context, f TaskFilter, from storage.Cursor) (storage.Page[Task], error) {
	return tasks.Page(ctx, a.s, f.query(), from)
}
