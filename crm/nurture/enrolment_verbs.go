package nurture

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Pause is the command to let an enrolment rest.
type Pause struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Enrolment]
	Version int64
}

// Pause lets an enrolment rest: no step has its turn until Resume.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrPaused, ErrEnded, storage.ErrKeyReused.
func (n *Nurture) Pause(ctx context.Context, c Pause) (*Enrolment, error) {
	return n.change(ctx, c.Key, c.ID, c.Version, c, Command{By: c.By, Action: Pausing, Why: c.Why})
}

// Resume is the command to let a paused enrolment go on.
type Resume struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Enrolment]
	Version int64
}

// Resume lets a paused enrolment go on. A step that would have had its turn meanwhile has it now.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrActive, ErrEnded, storage.ErrKeyReused.
func (n *Nurture) Resume(ctx context.Context, c Resume) (*Enrolment, error) {
	return n.change(ctx, c.Key, c.ID, c.Version, c, Command{By: c.By, Action: Resumes, Why: c.Why})
}

// Exit is the command to take one enrolment out by hand.
type Exit struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Enrolment]
	Version int64
}

// Exit ends an enrolment, with Manual as the reason. What contacts do is for Tell.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrEnded, storage.ErrKeyReused.
func (n *Nurture) Exit(ctx context.Context, c Exit) (*Enrolment, error) {
	return n.change(ctx, c.Key, c.ID, c.Version, c, Command{By: c.By, Action: Leave, Why: c.Why, Reason: Manual})
}

// change locks an enrolment and carries out a command.
func (n *Nurture) change(ctx context.Context, key storage.Key, id storage.ID[Enrolment], version int64, command any, c Command) (*Enrolment, error) {
	return storage.Once(ctx, n.s, key, "nurture.enrolment."+string(c.Action), command, func(tx *storage.Tx) (*Enrolment, error) {
		e, err := enrolments.Lock(ctx, tx, id)
		if err == nil {
			err = storage.CheckVersion(version, e.Version)
		}
		if err != nil {
			return nil, err
		}
		return n.In(tx).carry(ctx, tx, *e, c)
	})
}

// Retry is the command to try again what was given up.
type Retry struct {
	By  storage.Ref
	Key storage.Key
	Why string
	ID  storage.ID[Enrolment]
}

// Retry lets a step that failed until it was given up have its turn again, with the next Tick.
//
// Errors: storage.ErrNotFound, ErrNotStuck, storage.ErrForbidden, storage.ErrKeyReused.
func (n *Nurture) Retry(ctx context.Context, c Retry) (*Enrolment, error) {
	return storage.Once(ctx, n.s, c.Key, "nurture.enrolment.retry", c, func(tx *storage.Tx) (*Enrolment, error) {
		e, err := enrolments.Lock(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		if err := tx.Guard(ctx, c.By, "nurture.enrolment.retry", e, e); err != nil {
			return nil, err
		}
		t, err := deadTimer(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		return e, workflow.ReplayTimer(ctx, tx, t.ID)
	})
}

// Tell is the command to say what a contact did.
type Tell struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Contact storage.Ref
	// Signal is Replied, Unsubscribed, Bounced or Goal.
	Signal Reason
	// Sequence and Enrolment say what it was about; without either it is about all. An unsubscription always is.
	Sequence  string
	Enrolment storage.ID[Enrolment]
	// At is when it happened; zero is now. Enrolments that began later are left alone.
	At time.Time
}

// Tell ends the enrolments that a reply, an unsubscription, a bounce or a goal is about, paused ones too, and answers them. None
// is no error. A reply to an Enrolment that has finished is noted for its figures. After an unsubscription no sequence sends
// anything until the contact has agreed anew.
//
// Errors: *storage.Invalid, storage.ErrNotFound for the Enrolment, storage.ErrKeyReused.
func (n *Nurture) Tell(ctx context.Context, c Tell) ([]*Enrolment, error) {
	var bad storage.Invalid
	bad.Check(!c.Contact.IsZero(), "contact", storage.CodeRequired, "")
	bad.Check(slices.Contains([]Reason{Replied, Unsubscribed, Bounced, Goal}, c.Signal), "signal", storage.CodeChoice, "replied, unsubscribed, bounced or goal")
	bad.Text("sequence", c.Sequence, maxName)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.contact.tell", c, func(tx *storage.Tx) ([]*Enrolment, error) {
		if err := tx.Guard(ctx, c.By, "nurture.contact.tell", nil, nil); err != nil {
			return nil, err
		}
		at := c.At
		if at.IsZero() {
			at = tx.Now()
		}
		if at = at.UTC().Truncate(time.Microsecond); at.After(tx.Now()) {
			return nil, invalid("at", storage.CodeRange, "in the future")
		}
		list, err := n.concerned(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		var out []*Enrolment
		for _, id := range list {
			e, err := enrolments.Lock(ctx, tx, id)
			if err != nil {
				return nil, err
			}
			turn := e.Turn
			if !e.Open() && c.Signal != Replied {
				continue
			}
			if e, err = n.In(tx).carry(ctx, tx, *e, Command{By: c.By, Action: Leave, Why: c.Why, Reason: c.Signal, At: at}); err != nil {
				return nil, err
			}
			if e.Turn != turn {
				out = append(out, e)
			}
		}
		if c.Signal == Unsubscribed {
			r, err := lockReach(ctx, tx, c.Contact)
			if err != nil {
				return nil, err
			}
			if at.After(r.Unsubscribed) {
				r.Unsubscribed = at
				return out, reaches.Update(ctx, tx, r)
			}
		}
		return out, nil
	})
}

// concerned finds the enrolments that a signal is about, in the order in which they are locked.
func (n *Nurture) concerned(ctx context.Context, tx *storage.Tx, c Tell) (list []storage.ID[Enrolment], err error) {
	if !c.Enrolment.IsZero() && c.Signal != Unsubscribed {
		e, err := enrolments.Get(ctx, tx, c.Enrolment)
		if err == nil && e.Contact != c.Contact {
			err = storage.ErrNotFound.With("%s has no such enrolment", c.Contact)
		}
		return []storage.ID[Enrolment]{c.Enrolment}, err
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("contact", c.Contact), storage.In("state", Active, Paused)}}
	if c.Sequence != "" && c.Signal != Unsubscribed {
		q.Where = append(q.Where, storage.Eq("sequence", c.Sequence))
	}
	for e, err := range enrolments.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		list = append(list, e.ID)
	}
	slices.SortFunc(list, func(a, b storage.ID[Enrolment]) int { return cmp.Compare(a.String(), b.String()) })
	return list, nil
}
