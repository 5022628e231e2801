package nurture

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// Observe is the command to record something that a contact did.
type Observe struct {
	By      storage.Ref
	Key     storage.Key
	Contact storage.Ref
	// Event is the host's name of it: the same one of a contact counts once, the first.
	Event string
	Kind  string
	// At is when it happened; zero is now.
	At    time.Time
	Facts Facts
}

// Observe records an event and answers the contact's scores by all models to which such events matter, by name. An event that is
// known already changes nothing.
//
// Errors: *storage.Invalid, storage.ErrKeyReused, and what the host's guards say.
func (n *Nurture) Observe(ctx context.Context, c Observe) ([]*Score, error) {
	var bad storage.Invalid
	bad.Check(!c.Contact.IsZero(), "contact", storage.CodeRequired, "")
	bad.Check(c.Event != "", "event", storage.CodeRequired, "")
	bad.Text("event", c.Event, maxName)
	bad.Check(c.Kind != "", "kind", storage.CodeRequired, "")
	bad.Text("kind", c.Kind, maxName)
	c.Facts.check(&bad, "facts")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.occurrence.observe", c, func(tx *storage.Tx) ([]*Score, error) {
		o := &Occurrence{Contact: c.Contact, Event: c.Event, Kind: c.Kind, At: c.At.UTC().Truncate(time.Microsecond), Facts: maps.Clone(c.Facts), Recorded: tx.Now()}
		if c.At.IsZero() {
			o.At = tx.Now()
		}
		if o.At.After(tx.Now()) {
			return nil, invalid("at", storage.CodeRange, "in the future")
		}
		if err := tx.Guard(ctx, c.By, "nurture.occurrence.observe", nil, o); err != nil {
			return nil, err
		}
		fresh, err := occurrences.InsertNew(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		var list []*Score
		for m, err := range models.All(ctx, tx, storage.Query{Order: []string{"name"}}) {
			if err != nil {
				return nil, err
			}
			if !m.knows(c.Kind) {
				continue
			}
			scorer, err := m.Compile()
			if err != nil {
				return nil, err
			}
			s, err := lockScore(ctx, tx, m.Name, c.Contact)
			if err == nil && (fresh[0] || s == nil) {
				s, err = look(ctx, tx, scorer, s, c.Contact, c.By, "nurture.score.observe")
			}
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
		return list, nil
	})
}

// lockScore locks the score of a contact by a model; nil if there is none yet.
func lockScore(ctx context.Context, tx *storage.Tx, model string, contact storage.Ref) (*Score, error) {
	s, err := scoreOf(ctx, tx, model, contact)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return scores.Lock(ctx, tx, s.ID)
}

func scoreOf(ctx context.Context, tx *storage.Tx, model string, contact storage.Ref, by ...storage.Ref) (*Score, error) {
	s, err := scores.First(ctx, tx, storage.Query{By: actor(by), Where: []storage.Cond{storage.Eq("contact", contact), storage.Eq("model", model)}})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, storage.ErrNotFound.With("%s has no score by %q", contact, model)
	}
	return s, err
}

// look brings a locked score to now, stores it, tells what was crossed, and sets the timer of its next change. A score that there
// was not begins now, whatever is stored of earlier times.
func look(ctx context.Context, tx *storage.Tx, scorer *Scorer, old *Score, contact, by storage.Ref, verb string) (*Score, error) {
	from := Score{Model: scorer.model.Name, Contact: contact, At: tx.Now()}
	if old != nil {
		from = *old
	}
	list, err := observed(ctx, tx, scorer, contact, from.At)
	if err != nil {
		return nil, err
	}
	next, crossings := scorer.Evaluate(from, list, tx.Zone(), tx.Now())
	c := event.Change[Score]{By: by, Verb: verb, Before: old, After: &next}
	for _, x := range crossings {
		typ := Fell
		if x.Up {
			typ = Crossed
		}
		c.Events = append(c.Events, typ.Draft(Reached{Model: next.Model, Contact: contact, Threshold: x.Threshold, Points: x.Points, At: x.At}))
	}
	if old == nil {
		next.ID = storage.NewID[Score](tx)
	}
	if err := event.Apply(ctx, tx, scores, c); err != nil {
		return nil, err
	}
	if old == nil {
		if err := tx.Flush(ctx); err != nil {
			if storage.IsDuplicate(err, scores, "what") {
				err = storage.ErrConflict // someone else adds it at this moment; the next attempt finds it
			}
			return nil, err
		}
	}
	ref := scores.Ref(next.ID)
	if next.Next.IsZero() {
		if old == nil || old.Next.IsZero() {
			return &next, nil
		}
		return &next, workflow.CancelTimers(ctx, tx, ref, scoreTimer)
	}
	return &next, workflow.SetTimer(ctx, tx, workflow.Timer{Name: scoreTimer, For: ref, Due: next.Next, Generation: next.Version})
}

// observed reads what a contact did that may count at an instant, or now.
func observed(ctx context.Context, tx *storage.Tx, scorer *Scorer, contact storage.Ref, at time.Time) (list []Occurrence, err error) {
	if at.After(tx.Now()) {
		at = tx.Now()
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("contact", contact)}, Order: []string{"at"}}
	if days, ends := scorer.memory(); ends {
		q.Where = append(q.Where, storage.Ge("at", at.AddDate(0, 0, -days-2)))
	}
	for o, err := range occurrences.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		list = append(list, *o)
	}
	return list, nil
}

// Names of timers.
const (
	scoreTimer = "nurture.score"
	modelTimer = "nurture.model"
)

// decay looks at a score on the day on which it crosses a threshold by decay alone.
func decay(ctx context.Context, tx *storage.Tx, t workflow.Timer) error {
	id, err := storage.RefID[Score](t.For)
	if err != nil {
		return err
	}
	s, err := scores.Lock(ctx, tx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && s.Version != t.Generation {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := modelNamed(ctx, tx, s.Model)
	if err != nil {
		return err
	}
	scorer, err := m.Compile()
	if err != nil {
		return err
	}
	_, err = look(ctx, tx, scorer, s, s.Contact, storage.Ref{}, "nurture.score.decay")
	return err
}

// rescoreBatch is how many events are gone through in one turn, to make scores anew.
const rescoreBatch = 200

// rescore makes scores of a changed model anew, and those that a new one begins, for all contacts of whom anything is known: some
// at a time. The payload is where to go on.
func rescore(ctx context.Context, tx *storage.Tx, t workflow.Timer) error {
	id, err := storage.RefID[Model](t.For)
	if err != nil {
		return err
	}
	m, err := models.Get(ctx, tx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	scorer, err := m.Compile()
	if err != nil {
		return err
	}
	var from storage.Cursor
	if len(t.Payload) > 0 {
		if err := json.Unmarshal(t.Payload, &from); err != nil {
			return err
		}
	}
	page, err := occurrences.Page(ctx, tx, storage.Query{Limit: rescoreBatch}, from)
	if err != nil {
		return err
	}
	for i, o := range page.Items {
		if i+1 < len(page.Items) && page.Items[i+1].Contact == o.Contact {
			continue
		}
		s, err := lockScore(ctx, tx, m.Name, o.Contact)
		if err != nil {
			return err
		}
		if s != nil && s.At.After(tx.Now()) {
			continue // looked at since, by the model as it is
		}
		if _, err := look(ctx, tx, scorer, s, o.Contact, storage.Ref{}, "nurture.score.remake"); err != nil {
			return err
		}
	}
	if page.Next == "" {
		return nil
	}
	next, err := json.Marshal(page.Next)
	if err != nil {
		return err
	}
	return workflow.SetTimer(ctx, tx, workflow.Timer{Name: modelTimer, For: t.For, Due: tx.Now(), Payload: next})
}
