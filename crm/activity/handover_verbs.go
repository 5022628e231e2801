package activity

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// Offer is the command to hand something over.
type Offer struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Subject storage.Ref
	// From hands over; zero is the actor.
	From storage.Ref
	To   storage.Ref
	// Promises is what the customer was told; there may be none.
	Promises []string
	Text     string
	// At is the business date; no date is today.
	At     date.Date
	Fields storage.Fields
}

// Offer hands something over to those who shall deliver it.
//
// Errors: *storage.Invalid, ErrHandedOver, storage.ErrKeyReused.
func (s *Activities) Offer(ctx context.Context, c Offer) (*Handover, error) {
	return storage.Once(ctx, s.s, c.Key, "activity.handover.offer", c, func(tx *storage.Tx) (*Handover, error) {
		h := &Handover{Subject: c.Subject, From: c.From, To: c.To, Text: c.Text, State: Offered, Fields: maps.Clone(c.Fields)}
		if h.From.IsZero() {
			h.From = c.By
		}
		var bad storage.Invalid
		bad.Check(!h.Subject.IsZero(), "subject", storage.CodeRequired, "")
		bad.Check(!h.To.IsZero(), "to", storage.CodeRequired, "")
		bad.Check(len(c.Promises) <= 500, "promises", storage.CodeRange, "at most 500")
		bad.Text("text", c.Text, maxText)
		for i, p := range c.Promises {
			bad.Check(strings.TrimSpace(p) != "", "promises."+strconv.Itoa(i), storage.CodeRequired, "")
			bad.Text("promises."+strconv.Itoa(i), p, 2000)
			h.Promises = append(h.Promises, Promise{Text: p})
		}
		h.OfferedOn = businessDate(tx, c.At, &bad)
		if err := bad.Err(); err != nil {
			return nil, err
		}
		h.ID, h.Created = storage.NewID[Handover](tx), tx.Now()
		first, err := livings.InsertNew(ctx, tx, &living{h.Subject, h.ID})
		if err != nil {
			return nil, err
		}
		if !first[0] {
			return nil, ErrHandedOver
		}
		offered := event.Change[Handover]{By: c.By, Verb: "activity.handover.offer", Why: c.Why, After: h}
		return applyHandover(ctx, tx, offered, HandoverOffered, h.OfferedOn)
	})
}

// Confirm is the command to say what becomes of one promise.
type Confirm struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Handover]
	Version int64
	// Promise is its place in the list, from 0.
	Promise int
	// Withdraw takes an earlier confirmation back.
	Withdraw bool
	Note     string
}

// Confirm says that a promise will be kept, or takes that back.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrDecided, storage.ErrKeyReused.
func (s *Activities) Confirm(ctx context.Context, c Confirm) (*Handover, error) {
	return s.decide(ctx, c.By, c.Key, "confirm", c.Why, c, c.ID, c.Version, date.Date{}, HandoverConfirmed,
		func(_ *storage.Tx, h *Handover, _ date.Date) error {
			var bad storage.Invalid
			bad.Check(c.Promise >= 0 && c.Promise < len(h.Promises), "promise", storage.CodeRange, "there is no such promise")
			bad.Text("note", c.Note, 2000)
			if err := bad.Err(); err != nil {
				return err
			}
			h.Promises[c.Promise].Confirmed, h.Promises[c.Promise].Note = !c.Withdraw, c.Note
			return nil
		})
}

// Decision is the command to accept a handover or to give it back.
type Decision struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Handover]
	Version int64
	// Reason is why it is given back.
	Reason string
	// At is the business date; no date is today.
	At date.Date
}

// Accept takes a handover over: from now on those who deliver answer for the promises.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrDecided, ErrUnconfirmed, storage.ErrKeyReused.
func (s *Activities) Accept(ctx context.Context, c Decision) (*Handover, error) {
	return s.decide(ctx, c.By, c.Key, "accept", c.Why, c, c.ID, c.Version, c.At, HandoverAccepted,
		func(_ *storage.Tx, h *Handover, at date.Date) error {
			h.DecidedOn, h.DecidedBy = at, c.By
			return nil
		})
}

// Return gives a handover back to those who sold, with a reason. They may offer it again.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrDecided, storage.ErrKeyReused.
func (s *Activities) Return(ctx context.Context, c Decision) (*Handover, error) {
	return s.decide(ctx, c.By, c.Key, "return", c.Why, c, c.ID, c.Version, c.At, HandoverReturned,
		func(tx *storage.Tx, h *Handover, at date.Date) error {
			var bad storage.Invalid
			bad.Check(strings.TrimSpace(c.Reason) != "", "reason", storage.CodeRequired, "")
			bad.Text("reason", c.Reason, 2000)
			if err := bad.Err(); err != nil {
				return err
			}
			h.DecidedOn, h.DecidedBy, h.Reason = at, c.By, c.Reason
			return livings.Delete(ctx, tx, &living{Subject: h.Subject})
		})
}

// decide locks a handover, asks the life of handovers, lets a verb work on a copy, and applies it.
func (s *Activities) decide(ctx context.Context, by storage.Ref, key storage.Key, action workflow.Action, why string, command any,
	id storage.ID[Handover], version int64, at date.Date, kind event.Type[HandoverHappened], do func(*storage.Tx, *Handover, date.Date) error) (*Handover, error) {
	verb := "activity.handover." + string(action)
	return storage.Once(ctx, s.s, key, verb, command, func(tx *storage.Tx) (*Handover, error) {
		old, err := handovers.Lock(ctx, tx, id)
		if err == nil {
			err = storage.CheckVersion(version, old.Version)
		}
		if err != nil {
			return nil, err
		}
		to, err := handoverLife.Next(old.State, action, old)
		if err != nil {
			return nil, err
		}
		var bad storage.Invalid
		day := businessDate(tx, at, &bad)
		bad.Check(at.IsZero() || !day.Before(old.OfferedOn), "at", storage.CodeRange, "before it was offered")
		if err := bad.Err(); err != nil {
			return nil, err
		}
		h := *old
		h.State = to
		h.Promises, h.Fields = slices.Clone(old.Promises), maps.Clone(old.Fields)
		if err := do(tx, &h, day); err != nil {
			return nil, err
		}
		return applyHandover(ctx, tx, event.Change[Handover]{By: by, Verb: verb, Why: why, Before: old, After: &h}, kind, day)
	})
}

func applyHandover(ctx context.Context, tx *storage.Tx, c event.Change[Handover], kind event.Type[HandoverHappened],
	at date.Date) (*Handover, error) {
	h := c.After
	c.Events = []event.Draft{kind.Draft(HandoverHappened{h.Subject, h.From, h.To, h.State, at, len(h.Promises)})}
	if err := event.Apply(ctx, tx, handovers, c); err != nil {
		return nil, err
	}
	return h, nil
}

// businessDate is the date that a command names, today if it names none; tomorrow is a fault.
func businessDate(tx *storage.Tx, at date.Date, bad *storage.Invalid) date.Date {
	if at.IsZero() {
		return tx.Today()
	}
	bad.Check(!at.After(tx.Today()), "at", storage.CodeRange, "after today")
	return at
}
