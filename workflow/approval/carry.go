package approval

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// carry applies a command to a locked request and stores what it becomes.
func (a *Approvals) carry(ctx context.Context, tx *storage.Tx, old Request, c Command) (*Request, error) {
	s := Situation{Today: tx.Today()}
	switch c.Action {
	case Approve, Reject, Return, Add, Reassign, Escalate:
		f := old.facts(tx.Now())
		all := a.staff(tx, &Policy{Name: old.Policy}, &f)
		if err := all.seats(ctx, &old, c.Action == Escalate); err != nil {
			return nil, err
		}
		s.People = &all.c
	}
	return a.carryOn(ctx, tx, nil, old, c, s)
}

func (a *Approvals) carryOn(ctx context.Context, tx *storage.Tx, m *matter, old Request, c Command, s Situation) (*Request, error) {
	list, err := Decide(old, c, s, tx.Now())
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return &old, nil
	}
	return a.store(ctx, tx, m, &old, old, c, list)
}

// store writes what a request becomes by some records, the records, and what has to follow. Before is nil for a new request; m is the locked
// matter, if there may be a new generation.
func (a *Approvals) store(ctx context.Context, tx *storage.Tx, m *matter, before *Request, r Request, c Command, list []Record) (*Request, error) {
	was := r
	r = Fold(r, list...)
	if m != nil && (m.Generation != r.Generation || m.Request != r.ID) {
		m.Request, m.Generation = r.ID, r.Generation
		if err := matters.Update(ctx, tx, m); err != nil {
			return nil, err
		}
	}
	err := event.Apply(ctx, tx, requests, event.Change[Request]{By: c.By, Verb: "approval.request." + string(c.Action), Why: c.Why,
		Before: before, After: &r, Events: told(was, r, list[0])})
	if err != nil {
		return nil, err
	}
	for i := range list {
		n := &noted{Request: r.ID, Number: list[i].Number, At: tx.Now(), By: list[i].By, Name: list[i].Name, Body: list[i]}
		if err := records.Insert(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	return &r, a.follow(ctx, tx, &r, Effects(was, r))
}

// follow carries out effects: tasks and timers. The rest is told by events.
func (a *Approvals) follow(ctx context.Context, tx *storage.Tx, r *Request, effects []Effect) error {
	for _, e := range effects {
		var err error
		switch e.Kind {
		case CloseTask:
			err = tasks.Delete(ctx, tx, &Task{Request: r.ID, Step: e.Step - 1, Approver: e.Person, Since: tx.Now()})
		case OpenTask:
			err = tasks.Insert(ctx, tx, &Task{Request: r.ID, Step: e.Step - 1, Approver: e.Person, Since: tx.Now(), Policy: r.Policy,
				Subject: r.Subject, Amount: r.Amount})
		case CancelTimers:
			for _, share := range e.Shares {
				if err = workflow.CancelTimers(ctx, tx, timedStep(r, e.Step, share)); err != nil {
					return err
				}
			}
		case SetTimer:
			due := tx.Now().Add(e.In)
			if a.p.Hours != nil {
				if due, err = a.p.Hours.AddWorkingTime(tx.Now(), e.In); err != nil {
					return err
				}
			}
			err = workflow.SetTimer(ctx, tx, workflow.Timer{Name: e.Timer, For: timedStep(r, e.Step, e.Share), Due: due, Generation: e.Turn})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stepKind is what timers are about: the ID is that of the request, the number of the step and the share of the time.
const stepKind = "approval.step"

func timedStep(r *Request, step, share int) storage.Ref {
	return storage.Ref{Kind: stepKind, ID: r.ID.String() + "/" + strconv.Itoa(step) + "/" + strconv.Itoa(share)}
}
