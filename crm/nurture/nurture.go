package nurture

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Contacts is what sequences need of a contact book.
type Contacts interface {
	// Person returns what is known of a contact now, for mails of a purpose. storage.ErrNotFound says that the contact is gone.
	Person(ctx context.Context, tx *storage.Tx, contact storage.Ref, purpose string) (Person, error)
}

// Sender sends mails.
type Sender interface {
	// Send sends a mail, or writes it to where mails leave from, in the transaction that notes it as sent. It may be asked again
	// under the same Key.
	Send(ctx context.Context, tx *storage.Tx, m Mail) error
}

// A Mail is what a Sender is asked to send.
type Mail struct {
	// Key is that of the enrolment and step: the same mail has the same Key.
	Key       storage.Key
	Enrolment storage.Ref
	Sequence  string
	Step      string
	Template  string
	Contact   storage.Ref
	Address   string
	At        time.Time
}

// Tasks gives people tasks.
type Tasks interface {
	// Plan adds a task, once for a Key.
	Plan(ctx context.Context, tx *storage.Tx, t Task) error
}

// A Task is what someone is asked to do about a contact.
type Task struct {
	Key         storage.Key
	Enrolment   storage.Ref
	Contact     storage.Ref
	Title, Text string
	Owner       storage.Ref
	Due         date.Date
}

// Ports are what sequences need from outside. Scores need none of them.
type Ports struct {
	Contacts Contacts
	Sender   Sender
	Tasks    Tasks
	// Simulated does each step as of the instant at which it was due, however late the Tick is. Otherwise what an outage made late
	// is done as of now: mails keep to the window, and waits begin, when mails really leave.
	Simulated bool
}

// Nurture keeps the sequences, enrolments and scores of a tenant.
type Nurture struct {
	s storage.Session
	p Ports
}

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session, p Ports) *Nurture { return &Nurture{s, p} }

// In is the same service inside a transaction.
func (n *Nurture) In(tx *storage.Tx) *Nurture { return &Nurture{tx, n.p} }

// Get reads an enrolment; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Get(ctx context.Context, id storage.ID[Enrolment], by ...storage.Ref) (e *Enrolment, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		e, err = enrolments.Get(ctx, tx, id, by...)
		return err
	})
	return e, err
}

// A Filter narrows a list of enrolments; zero fields do not.
type Filter struct {
	// By is on whose behalf.
	By       storage.Ref
	Sequence string
	Contact  storage.Ref
	State    State
	Reason   Reason
	Where    []storage.Cond
	// Limit is the most enrolments; 0 is all (for a page: 50).
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Order: []string{"began"}, Where: append([]storage.Cond(nil), f.Where...)}
	and := func(yes bool, c storage.Cond) {
		if yes {
			q.Where = append(q.Where, c)
		}
	}
	and(f.Sequence != "", storage.Eq("sequence", f.Sequence))
	and(!f.Contact.IsZero(), storage.Eq("contact", f.Contact))
	and(f.State != "", storage.Eq("state", f.State))
	and(f.Reason != "", storage.Eq("reason", f.Reason))
	return q
}

// All yields enrolments, oldest first.
func (n *Nurture) All(ctx context.Context, f Filter) iter.Seq2[*Enrolment, error] {
	return enrolments.All(ctx, n.s, f.query())
}

// Page reads one screen of enrolments, oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (n *Nurture) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Enrolment], error) {
	return enrolments.Page(ctx, n.s, f.query(), from)
}

// History lists what happened to an enrolment, in order. Folded by Evolve, it makes the enrolment.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) History(ctx context.Context, id storage.ID[Enrolment], by ...storage.Ref) (list []Record, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		list = nil
		if _, err := enrolments.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		for r, err := range records.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("enrolment", id)}}) {
			if err != nil {
				return err
			}
			list = append(list, r.Body)
		}
		return nil
	})
	return list, err
}

// Describe tells a UI what an enrolment is made of and what may be done with this one.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Describe(ctx context.Context, id storage.ID[Enrolment], by ...storage.Ref) (d storage.Description, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		e, err := enrolments.Get(ctx, tx, id, by...)
		if err != nil {
			return err
		}
		d, err = enrolments.Describe(ctx, tx)
		d.Verbs = Verbs(e)
		return err
	})
	return d, err
}

// Stuck returns why the next step of an enrolment was given up, and false where nothing was. Retry lets it have its turn again.
func (n *Nurture) Stuck(ctx context.Context, id storage.ID[Enrolment]) (failure string, stuck bool, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		t, err := deadTimer(ctx, tx, id)
		if errors.Is(err, ErrNotStuck) {
			return nil
		}
		if err == nil {
			failure, stuck = t.Failure, true
		}
		return err
	})
	return failure, stuck, err
}

func deadTimer(ctx context.Context, tx *storage.Tx, id storage.ID[Enrolment]) (*workflow.Timer, error) {
	for t, err := range workflow.AllTimers(ctx, tx, workflow.TimerFilter{For: enrolments.Ref(id), Dead: true}) {
		return t, err
	}
	return nil, ErrNotStuck
}
