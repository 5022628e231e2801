package event

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tutas/tutas/storage"
)

// A Relay delivers events to readers. Several processes may run relays with readers of the same names: one of them works at a time.
type Relay struct {
	readers []Reader
	holder  string
	lease   time.Duration
	batch   int
}

// NewRelay makes a relay for some readers.
func NewRelay(readers ...Reader) *Relay {
	return &Relay{readers: readers, holder: uuid.NewString(), lease: time.Minute, batch: 100}
}

// Add makes the relay serve further readers. Call it before the first Deliver.
func (r *Relay) Add(readers ...Reader) { r.readers = append(r.readers, readers...) }

// A Progress says what a Deliver did.
type Progress struct {
	// Handled counts events that readers handled, Passed those that no reader wanted or that have to wait for an earlier one; Failed counts attempts that ended in an
	// error, Retried attempts that were not the first, Dead events that were given up.
	Handled, Passed, Failed, Retried, Dead int
	// Behind says that something is committed that was not delivered: more than one batch, or held back by a transaction that is still open, or held by another process.
	Behind bool
}

func (p Progress) plus(q Progress) Progress {
	return Progress{p.Handled + q.Handled, p.Passed + q.Passed, p.Failed + q.Failed, p.Retried + q.Retried, p.Dead + q.Dead, p.Behind || q.Behind}
}

// Deliver brings one batch of events to each reader of the tenant. Call it until it is not Behind. Where that fails for one of them, the others have theirs
// all the same.
func (r *Relay) Deliver(ctx context.Context, db *storage.DB) (p Progress, err error) {
	for _, reader := range r.readers {
		one, bad := r.deliver(ctx, db, reader)
		if bad != nil {
			err = errors.Join(err, bad)
			if one.Behind = true; ctx.Err() != nil || errors.Is(bad, storage.ErrClosed) {
				return p, err
			}
		}
		p = p.plus(one)
	}
	return p, err
}

// deliver brings one batch of events to a reader. Where the batch is refused at its end, perhaps for what the reader wrote, it is delivered with
// care, which finds out whose event it was.
func (r *Relay) deliver(ctx context.Context, db *storage.DB, reader Reader) (p Progress, err error) {
	p, err = r.deliverBatch(ctx, db, reader)
	if spoilt(ctx, err) {
		reader.care = true
		p, err = r.deliverBatch(ctx, db, reader)
	}
	return p, err
}

// spoilt reports whether a batch was refused for something that was written in it, rather than by the engine. One that was found when a later event
// sent it has doomed the transaction.
func spoilt(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && (errors.Is(err, storage.ErrDoomed) || !fatal(ctx, err) && !errors.Is(err, storage.ErrUnknown))
}

func (r *Relay) deliverBatch(ctx context.Context, db *storage.DB, reader Reader) (p Progress, err error) {
	err = db.Update(ctx, func(tx *storage.Tx) error {
		p = Progress{}
		at, mine, err := r.take(ctx, tx, reader.Name)
		if err != nil || !mine {
			p.Behind = true
			return err
		}
		if err := r.again(ctx, tx, reader, &p); err != nil {
			return err
		}
		if there, err := resume(ctx, tx, at); err != nil || !there {
			p.Behind = true
			return err
		}
		tail, err := events.Tail(ctx, tx, at.Position, r.batch)
		if err != nil {
			return err
		}
		if n := len(tail.Items); n > 0 {
			at.Last = tail.Items[n-1].ID
		}
		stuck, err := r.stuck(ctx, tx, reader, tail.Items)
		if err != nil {
			return err
		}
		if !reader.care {
			tx.SetValue(pageKey{}, &page{events: tail.Items})
		}
		for _, e := range tail.Items {
			if !reader.wants(e.Name) {
				p.Passed++
				continue
			}
			if stuck[e.Subject] && reader.OnPoison == Block {
				p.Passed++
				err = deliveries.Insert(ctx, tx, deliveryOf(reader, e, Held, 0, tx.Now(), ""))
			} else if bad := handle(ctx, tx, reader, *e, e.At); bad != nil {
				if fatal(ctx, bad) {
					return bad
				}
				p.Failed++
				stuck[e.Subject] = true
				err = r.failed(ctx, tx, reader, deliveryOf(reader, e, Retry, 1, tx.Now(), bad.Error()), true, &p)
			} else {
				p.Handled++
			}
			if err != nil {
				return err
			}
		}
		p.Behind = tail.Behind
		if at.Position = tail.Next; !tail.Behind {
			at.Clear, at.Until = tx.Now(), time.Time{}
		}
		return readers.Update(ctx, tx, at)
	})
	return p, err
}

// resumeStep is how many events a reader passes over at a time on its way to its place.
const resumeStep = 1000

// resume finds the place of a reader whose tenant has come from another engine: behind the last event that it had there. It passes over
// all before it, once. It answers false while a transaction elsewhere holds back what the place may be among.
func resume(ctx context.Context, tx *storage.Tx, at *place) (there bool, err error) {
	if at.Position != "" || at.Last.IsZero() {
		return true, nil
	}
	for from := at.Position; ; {
		tail, err := events.Tail(ctx, tx, from, resumeStep)
		if err != nil {
			return false, err
		}
		if i := slices.IndexFunc(tail.Items, func(e *Event) bool { return e.ID == at.Last }); i >= 0 {
			tail, err = events.Tail(ctx, tx, from, i+1)
			at.Position = tail.Next
			return err == nil, err
		}
		if len(tail.Items) == 0 { // without its mark it begins anew: better twice than never
			return !tail.Behind, nil
		}
		from = tail.Next
	}
}

// take locks the reader's place and makes this process its holder, unless another holds it.
func (r *Relay) take(ctx context.Context, tx *storage.Tx, name string) (*place, bool, error) {
	at := &place{Name: name}
	found, err := readers.LoadLocked(ctx, tx, at)
	if err == nil && !found[0] {
		if _, err = readers.InsertNew(ctx, tx, at); err == nil {
			_, err = readers.LoadLocked(ctx, tx, at)
		}
	}
	if err != nil {
		return nil, false, err
	}
	now := tx.Present()
	if at.Holder != r.holder && at.Until.After(now) {
		return nil, false, nil
	}
	at.Holder, at.Until = r.holder, now.Add(r.lease)
	return at, true, nil
}

// handle runs the reader on one event, in a savepoint, with the clock at the instant at which that was due.
func handle(ctx context.Context, tx *storage.Tx, reader Reader, e Event, at time.Time) error {
	return Because(tx, e, func() error {
		return tx.At(at).Update(ctx, func(tx *storage.Tx) error {
			err := storage.Contain(func() error { return reader.Handle(ctx, tx, e) })
			if err == nil && reader.care {
				err = tx.Flush(ctx)
			}
			return err
		})
	})
}

// fatal tells a failure of the engine, after which the whole batch is to be tried again, from a reader's refusal.
func fatal(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrDoomed) ||
		errors.Is(err, storage.ErrBusy) || errors.Is(err, storage.ErrClosed)
}

// stuck finds the subjects of a batch that have an earlier event waiting.
func (r *Relay) stuck(ctx context.Context, tx *storage.Tx, reader Reader, batch []*Event) (map[storage.Ref]bool, error) {
	stuck := map[storage.Ref]bool{}
	if len(batch) == 0 {
		return stuck, nil
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("reader", reader.Name), storage.In("state", Retry, Held, Dead)}}
	for d, err := range deliveries.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		stuck[d.Subject] = true
	}
	return stuck, nil
}

// again tries what is due to be tried again, and then what was held behind it.
func (r *Relay) again(ctx context.Context, tx *storage.Tx, reader Reader, p *Progress) error {
	q := storage.Query{Where: []storage.Cond{storage.Eq("reader", reader.Name), storage.Eq("state", Retry), storage.Le("due", tx.Now())},
		Order: []string{"due"}, Limit: r.batch}
	var due []*Delivery
	for d, err := range deliveries.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		due = append(due, d)
	}
	for _, d := range due {
		ok, err := r.retry(ctx, tx, reader, d, p)
		if err != nil {
			return err
		}
		if ok {
			if err := r.release(ctx, tx, reader, d.Subject, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// retry makes one more attempt at a delivery; it answers whether that succeeded.
func (r *Relay) retry(ctx context.Context, tx *storage.Tx, reader Reader, d *Delivery, p *Progress) (bool, error) {
	e, err := events.Get(ctx, tx, d.Event)
	if err != nil {
		return false, err
	}
	if bad := handle(ctx, tx, reader, *e, d.Due); bad != nil {
		if fatal(ctx, bad) {
			return false, bad
		}
		p.Failed++
		if d.Attempts++; d.Attempts > 1 { // one that was held has not been tried
			p.Retried++
		}
		d.State, d.Reason = Retry, bad.Error()
		return false, r.failed(ctx, tx, reader, d, false, p)
	}
	if p.Handled++; d.Attempts > 0 {
		p.Retried++
	}
	return true, deliveries.Delete(ctx, tx, d)
}

// release delivers, in order, what was held behind an event that has succeeded; it stops at the next that fails.
func (r *Relay) release(ctx context.Context, tx *storage.Tx, reader Reader, subject storage.Ref, p *Progress) error {
	q := storage.Query{Where: []storage.Cond{storage.Eq("reader", reader.Name), storage.Eq("subject", subject)}, Order: []string{"order"}}
	for d, err := range deliveries.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		if d.State != Held {
			return nil
		}
		if ok, err := r.retry(ctx, tx, reader, d, p); err != nil || !ok {
			return err
		}
	}
	return nil
}

// failed keeps a delivery for its next attempt, or as dead.
func (r *Relay) failed(ctx context.Context, tx *storage.Tx, reader Reader, d *Delivery, fresh bool, p *Progress) error {
	d.Reason = strings.ToValidUTF8(strings.ReplaceAll(d.Reason, "\x00", ""), "?")
	level, words := slog.LevelError, "an event is given up"
	if d.State = Dead; d.Attempts < reader.attempts() {
		level, words = slog.LevelWarn, "an event failed and will be tried again"
		d.State, d.Due = Retry, tx.Present().Add(reader.pause(d.Attempts))
		if err := Wake(ctx, tx, d.Due, relayKind, oldEvent); err != nil {
			return err
		}
	} else {
		p.Dead++
	}
	told := []any{"tenant", tx.Tenant().ID, "reader", d.Reader, "event", d.Event.String(), "name", d.Name, "attempts", d.Attempts, "err", d.Reason}
	tx.AfterCommit(func() { tx.DB().Store().Log().Log(ctx, level, words, told...) })
	if fresh {
		return deliveries.Insert(ctx, tx, d)
	}
	return deliveries.Update(ctx, tx, d)
}

func deliveryOf(reader Reader, e *Event, s State, attempts int, due time.Time, reason string) *Delivery {
	return &Delivery{Reader: reader.Name, Event: e.ID, Subject: e.Subject, Order: e.Order, State: s, Attempts: attempts, Due: due,
		Reason: reason, Name: e.Name}
}
