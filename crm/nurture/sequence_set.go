package nurture

import (
	"context"
	"errors"
	"iter"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// SetSequence is the command to declare a sequence, or to change the one of the same name.
type SetSequence struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Version is that of the sequence to be changed, as By saw it; 0 does not care.
	Version int64
	// Sequence is what it shall be; its ID, Version and Created are not looked at.
	Sequence Sequence
}

// SetSequence declares a sequence, or a new version of the one of the same name. Who is on the way stays with the version that it
// began with.
//
// Errors: *storage.Invalid, storage.ErrStale, storage.ErrKeyReused.
func (n *Nurture) SetSequence(ctx context.Context, c SetSequence) (*Sequence, error) {
	draft := c.Sequence.clone()
	if err := draft.Check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.sequence.set", c, func(tx *storage.Tx) (*Sequence, error) {
		q := draft.clone()
		change := event.Change[Sequence]{By: c.By, Verb: "nurture.sequence.set", Why: c.Why, After: q}
		old, err := sequenceNamed(ctx, tx, q.Name)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			if err := storage.CheckVersion(c.Version, 0); err != nil {
				return nil, err
			}
			q.ID, q.Version, q.Created = storage.NewID[Sequence](tx), 0, tx.Now()
		case err != nil:
			return nil, err
		default:
			if err := storage.CheckVersion(c.Version, old.Version); err != nil {
				return nil, err
			}
			q.ID, q.Version, q.Created = old.ID, old.Version, old.Created
			change.Before = old
		}
		if err := event.Apply(ctx, tx, sequences, change); err != nil {
			return nil, err
		}
		return q, editions.Insert(ctx, tx, &edition{Sequence: q.ID, Version: q.Version, Body: *q})
	})
}

// Sequence returns the sequence of a name.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Sequence(ctx context.Context, name string, by ...storage.Ref) (q *Sequence, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		q, err = sequenceNamed(ctx, tx, name, by...)
		return err
	})
	return q, err
}

// Sequences yields all sequences by name.
func (n *Nurture) Sequences(ctx context.Context, by ...storage.Ref) iter.Seq2[*Sequence, error] {
	return sequences.All(ctx, n.s, storage.Query{By: actor(by), Order: []string{"name"}})
}

func actor(by []storage.Ref) (r storage.Ref) {
	if len(by) > 0 {
		r = by[0]
	}
	return r
}

func sequenceNamed(ctx context.Context, tx *storage.Tx, name string, by ...storage.Ref) (*Sequence, error) {
	q, err := sequences.First(ctx, tx, storage.Query{By: actor(by), Where: []storage.Cond{storage.Eq("name", name)}})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, storage.ErrNotFound.With("sequence %q", name)
	}
	return q, err
}

// sequenceAt returns a version of a sequence.
func sequenceAt(ctx context.Context, tx *storage.Tx, name string, version int64) (*Sequence, error) {
	q, err := sequenceNamed(ctx, tx, name)
	if err != nil || q.Version == version {
		return q, err
	}
	e := &edition{Sequence: q.ID, Version: version}
	found, err := editions.Load(ctx, tx, e)
	if err == nil && !found[0] {
		err = storage.ErrNotFound.With("version %d of sequence %q", version, name)
	}
	return &e.Body, err
}
