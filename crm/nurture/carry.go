package nurture

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// carry applies a command to a locked enrolment and stores what it becomes.
func (n *Nurture) carry(ctx context.Context, tx *storage.Tx, old Enrolment, c Command) (*Enrolment, error) {
	s := Situation{}
	if c.Action == Advance && c.Turn == old.Turn {
		var err error
		if s, err = n.situation(ctx, tx, &old); err != nil {
			return nil, err
		}
	}
	list, err := Decide(old, c, s, tx.Now())
	if err != nil || len(list) == 0 {
		return &old, err
	}
	return n.store(ctx, tx, &old, old, c, s, list)
}

// situation loads what is known of an enrolment's contact now.
func (n *Nurture) situation(ctx context.Context, tx *storage.Tx, e *Enrolment) (s Situation, err error) {
	if s.Sequence, err = sequenceAt(ctx, tx, e.Sequence, e.Edition); err != nil {
		return s, err
	}
	if err := n.able(s.Sequence); err != nil {
		return s, err
	}
	s.Zone = tx.Zone().String()
	p, err := n.p.Contacts.Person(ctx, tx, e.Contact, s.Sequence.Purpose)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s, nil
	case err != nil:
		return s, err
	}
	s.Person = &p
	if step, ok := s.Sequence.Step(e.Next); ok && step.Do != Wait && s.Sequence.mails() {
		r, err := lockReach(ctx, tx, e.Contact)
		if err != nil {
			return s, err
		}
		s.Unsubscribed = r.Unsubscribed
		if s.Sent, err = lately(ctx, tx, e.Contact, s.Sequence.Limit.Mails); err != nil {
			return s, err
		}
	}
	if len(s.Sequence.Scores) > 0 {
		s.Scores = map[string]decimal.Decimal{}
		for _, name := range s.Sequence.Scores {
			found, err := n.In(tx).Explain(ctx, name, e.Contact)
			if errors.Is(err, storage.ErrNotFound) {
				continue // a score that nobody keeps has no value
			}
			if err != nil {
				return s, err
			}
			s.Scores[name] = found.Points
		}
	}
	return s, nil
}

// lately lists when the latest mails to a contact left, the latest last.
func lately(ctx context.Context, tx *storage.Tx, contact storage.Ref, most int) (sent []time.Time, err error) {
	if most == 0 {
		return nil, nil
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("contact", contact)}, Order: []string{"at"}, Desc: true, Limit: most}
	for m, err := range mails.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		sent = append(sent, m.At)
	}
	slices.Reverse(sent)
	return sent, nil
}

// store writes what an enrolment becomes by some records, the records, and what has to follow. Before is nil for a new one.
func (n *Nurture) store(ctx context.Context, tx *storage.Tx, before *Enrolment, e Enrolment, c Command, s Situation, list []Record) (*Enrolment, error) {
	was := e
	e = Fold(e, list...)
	err := event.Apply(ctx, tx, enrolments, event.Change[Enrolment]{By: c.By, Verb: "nurture.enrolment." + string(c.Action), Why: c.Why,
		Before: before, After: &e, Events: told(was, list)})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if err := records.Insert(ctx, tx, &noted{Enrolment: e.ID, Number: r.Number, Body: r}); err != nil {
			return nil, err
		}
	}
	for _, f := range Effects(was, list...) {
		if err := n.follow(ctx, tx, &e, s, f); err != nil {
			return nil, err
		}
	}
	return &e, nil
}

// stepTimer is the name of the timers that give enrolments their turn.
const stepTimer = "nurture.step"

// follow carries out an effect.
func (n *Nurture) follow(ctx context.Context, tx *storage.Tx, e *Enrolment, s Situation, f Effect) error {
	switch f.Kind {
	case SetTimer:
		return workflow.SetTimer(ctx, tx, workflow.Timer{Name: stepTimer, For: e.Ref(), Due: f.Due, Generation: f.Turn})
	case CancelTimers:
		return workflow.CancelTimers(ctx, tx, e.Ref(), stepTimer)
	}
	step, _ := s.Sequence.Step(f.Step)
	key := storage.Key("nurture/" + e.ID.String() + "/" + step.Name)
	if f.Kind == TaskOpens {
		t := Task{Key: key, Enrolment: e.Ref(), Contact: e.Contact, Title: step.Title, Text: step.Text, Owner: step.Owner, Due: tx.Today().AddDays(step.Within)}
		if t.Owner.IsZero() {
			t.Owner = e.Owner
		}
		return n.p.Tasks.Plan(ctx, tx, t)
	}
	m := &sentMail{Enrolment: e.ID, Step: step.Name, Sequence: e.Sequence, Edition: e.Edition, Contact: e.Contact, Template: step.Template, At: tx.Now()}
	if err := mails.Insert(ctx, tx, m); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil { // a second mail of the step is refused here, before anything leaves
		return err
	}
	return n.p.Sender.Send(ctx, tx, Mail{Key: key, Enrolment: e.Ref(), Sequence: e.Sequence, Step: step.Name, Template: step.Template,
		Contact: e.Contact, Address: s.Person.Address, At: tx.Now()})
}
