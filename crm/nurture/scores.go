package nurture

import (
	"context"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// An Explanation says what a score is made of.
type Explanation struct {
	Model   string          `json:"model"`
	Contact storage.Ref     `json:"contact"`
	At      time.Time       `json:"at"`
	Points  decimal.Decimal `json:"points"`
	// Shares add up to Points, by when their events happened.
	Shares []Share `json:"shares"`
	// Reached are the thresholds that hold, Next is when decay alone changes that; zero is never.
	Reached []string  `json:"reached"`
	Next    time.Time `json:"next,omitzero"`
}

// Explain answers what a contact's score is now by a model, and what it is made of: each event with its rule, its age, and what is
// left of its points.
//
// Errors: storage.ErrNotFound for the model, or for a score that the contact does not have.
func (n *Nurture) Explain(ctx context.Context, model string, contact storage.Ref, by ...storage.Ref) (x Explanation, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		m, err := modelNamed(ctx, tx, model)
		if err != nil {
			return err
		}
		s, err := scoreOf(ctx, tx, model, contact, by...)
		if err != nil {
			return err
		}
		scorer, err := m.Compile()
		if err != nil {
			return err
		}
		list, err := observed(ctx, tx, scorer, contact, s.At)
		if err != nil {
			return err
		}
		now, _ := scorer.Evaluate(*s, list, tx.Zone(), tx.Now())
		shares := scorer.Shares(list, tx.Zone(), tx.Now())
		x = Explanation{Model: model, Contact: contact, At: tx.Now(), Points: Total(shares), Shares: shares, Reached: now.Reached, Next: now.Next}
		return nil
	})
	return x, err
}

// Score returns the score of a contact by a model, as it was when it was last looked at; its thresholds hold for now.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Score(ctx context.Context, model string, contact storage.Ref, by ...storage.Ref) (s *Score, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		s, err = scoreOf(ctx, tx, model, contact, by...)
		return err
	})
	return s, err
}

// A ScoreFilter narrows a list of scores; zero fields do not.
type ScoreFilter struct {
	// By is on whose behalf.
	By      storage.Ref
	Model   string
	Contact storage.Ref
	// Level is the highest threshold that was reached.
	Level string
	// Limit is the most scores; 0 is all (for a page: 50).
	Limit int
}

func (f ScoreFilter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit}
	if f.Model != "" {
		q.Where = append(q.Where, storage.Eq("model", f.Model))
	}
	if !f.Contact.IsZero() {
		q.Where = append(q.Where, storage.Eq("contact", f.Contact))
	}
	if f.Level != "" {
		q.Where = append(q.Where, storage.Eq("level", f.Level))
	}
	return q
}

// Scores yields scores, oldest first.
func (n *Nurture) Scores(ctx context.Context, f ScoreFilter) iter.Seq2[*Score, error] {
	return scores.All(ctx, n.s, f.query())
}

// ScorePage reads one screen of scores, oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (n *Nurture) ScorePage(ctx context.Context, f ScoreFilter, from storage.Cursor) (storage.Page[Score], error) {
	return scores.Page(ctx, n.s, f.query(), from)
}

// Ref points to the score.
func (s *Score) Ref() storage.Ref { return scores.Ref(s.ID) }

// Occurrences yields what is known of a contact, by when it happened, as far as the actor may see it.
func (n *Nurture) Occurrences(ctx context.Context, contact storage.Ref, by ...storage.Ref) iter.Seq2[*Occurrence, error] {
	return occurrences.All(ctx, n.s, storage.Query{By: actor(by), Where: []storage.Cond{storage.Eq("contact", contact)}, Order: []string{"at"}})
}

// Forget is the command to erase what is known of what a contact did.
type Forget struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Contact storage.Ref
}

// A Forgotten says what was erased.
type Forgotten struct {
	Occurrences int `json:"occurrences"`
	Scores      int `json:"scores"`
}

// Forget erases the events of a contact, and its scores. Enrolments and the notes of mails stay: they name no one.
//
// Errors: *storage.Invalid, storage.ErrKeyReused, and what the host's guards say.
func (n *Nurture) Forget(ctx context.Context, c Forget) (Forgotten, error) {
	if c.Contact.IsZero() {
		return Forgotten{}, invalid("contact", storage.CodeRequired, "")
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.contact.forget", c, func(tx *storage.Tx) (out Forgotten, err error) {
		if err := tx.Guard(ctx, c.By, "nurture.contact.forget", nil, nil); err != nil {
			return out, err
		}
		var gone []*Score
		for s, err := range scores.All(ctx, tx, ScoreFilter{Contact: c.Contact}.query()) {
			if err != nil {
				return out, err
			}
			gone = append(gone, s)
		}
		for _, s := range gone {
			if s, err = scores.Lock(ctx, tx, s.ID); err != nil {
				return out, err
			}
			if err := event.Apply(ctx, tx, scores, event.Change[Score]{By: c.By, Verb: "nurture.score.forget", Why: c.Why, Before: s}); err != nil {
				return out, err
			}
			if err := workflow.CancelTimers(ctx, tx, s.Ref(), scoreTimer); err != nil {
				return out, err
			}
			out.Scores++
		}
		var known []*Occurrence
		for o, err := range n.In(tx).Occurrences(ctx, c.Contact) {
			if err != nil {
				return out, err
			}
			known = append(known, o)
		}
		out.Occurrences = len(known)
		return out, occurrences.Delete(ctx, tx, known...)
	})
}
