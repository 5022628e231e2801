package ledger

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// An Exception lets one actor post on days on which a period is soft closed or the books are locked by date. A hard closed
// period knows none.
type Exception struct {
	ID      storage.ID[Exception] `json:"id"`
	Version int64                 `json:"version"`
	Actor   storage.Ref           `json:"actor"`
	From    date.Date             `json:"from"`
	To      date.Date             `json:"to"`
	// Until is when it ends by itself; no instant means that it must be revoked.
	Until time.Time   `json:"until,omitzero"`
	Why   string      `json:"why"`
	By    storage.Ref `json:"by"`
	At    time.Time   `json:"at"`
	// Uses counts the entries that needed it; LastEntry is the last of them. Each use is in the audit trail.
	Uses      int64              `json:"uses"`
	LastEntry storage.ID[Posted] `json:"last_entry"`
	RevokedBy storage.Ref        `json:"revoked_by"`
	RevokedAt time.Time          `json:"revoked_at,omitzero"`
}

// inForce reports whether the exception counts at an instant.
func (x *Exception) inForce(now time.Time) bool {
	return x.RevokedAt.IsZero() && (x.Until.IsZero() || now.Before(x.Until))
}

var exceptions = storage.Define("ledger.exception", func(x *Exception) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &x.ID).Key(), storage.Version(&x.Version), storage.RefTo("actor", &x.Actor),
		storage.Date("from", &x.From), storage.Date("to", &x.To), storage.Instant("until", &x.Until).Optional(),
		storage.Text("why", &x.Why).Limit(MaxText), storage.RefTo("by", &x.By), storage.Instant("at", &x.At),
		storage.Int("uses", &x.Uses), storage.UUID("last_entry", &x.LastEntry),
		storage.RefTo("revoked_by", &x.RevokedBy), storage.Instant("revoked_at", &x.RevokedAt).Optional()}
}, storage.Rank(17), storage.Index("actor", "actor"))

// ExceptionPayload tells followers about an exception.
type ExceptionPayload struct {
	Actor storage.Ref `json:"actor"`
	From  date.Date   `json:"from"`
	To    date.Date   `json:"to"`
	Until time.Time   `json:"until,omitzero"`
}

// The events of exceptions.
var (
	ExceptionPermitted = event.NewType[ExceptionPayload]("ledger.exception.permitted")
	ExceptionRevoked   = event.NewType[ExceptionPayload]("ledger.exception.revoked")
)

func (x *Exception) payload() ExceptionPayload {
	return ExceptionPayload{x.Actor, x.From, x.To, x.Until}
}

// Permit makes an exception for one actor.
type Permit struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	// Why is required.
	Why   string      `json:"why"`
	Actor storage.Ref `json:"actor"`
	// Period is the days on which the actor may post; both ends are required.
	Period date.Period `json:"period"`
	// Until ends it; no instant means that it lasts until it is revoked.
	Until time.Time `json:"until,omitzero"`
}

// Permit lets an actor post, and reverse, where a period is soft closed or the books are locked by date.
//
// Errors: *storage.Invalid; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Permit(ctx context.Context, cmd Permit) (*Exception, error) {
	var bad storage.Invalid
	reason(&bad, cmd.Why)
	bad.Check(!cmd.Actor.IsZero(), "actor", storage.CodeRequired, "")
	bad.Check(!cmd.Period.From.IsZero(), "period.from", storage.CodeRequired, "")
	bad.Check(!cmd.Period.To.IsZero(), "period.to", storage.CodeRequired, "")
	bad.Check(!cmd.Period.Empty() && cmd.Period.From.Year() >= FirstYear && cmd.Period.To.Year() <= LastYear || !cmd.Period.Closed(),
		"period", storage.CodeRange, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.exception.permit", cmd, func(tx *storage.Tx) (*Exception, error) {
		x := &Exception{ID: storage.NewID[Exception](tx), Actor: cmd.Actor, From: cmd.Period.From, To: cmd.Period.To, Until: cmd.Until,
			Why: cmd.Why, By: cmd.By, At: tx.Now()}
		return x, closing(ctx, tx, func() error {
			return event.Apply(ctx, tx, exceptions, event.Change[Exception]{By: cmd.By, Verb: "ledger.exception.permit", Why: cmd.Why,
				After: x, Events: []event.Draft{ExceptionPermitted.Draft(x.payload())}})
		})
	})
}

// Revoke ends an exception.
type Revoke struct {
	By        storage.Ref           `json:"by"`
	Key       storage.Key           `json:"key,omitempty"`
	Why       string                `json:"why,omitempty"`
	Exception storage.ID[Exception] `json:"exception"`
}

// Revoke ends an exception at once; one that was revoked before stays as it is.
//
// Errors: storage.ErrNotFound, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Revoke(ctx context.Context, cmd Revoke) (*Exception, error) {
	return storage.Once(ctx, b.s, cmd.Key, "ledger.exception.revoke", cmd, func(tx *storage.Tx) (x *Exception, err error) {
		err = closing(ctx, tx, func() error {
			if x, err = exceptions.Lock(ctx, tx, cmd.Exception); err != nil || !x.RevokedAt.IsZero() {
				return err
			}
			old := *x
			x.RevokedBy, x.RevokedAt = cmd.By, tx.Now()
			return event.Apply(ctx, tx, exceptions, event.Change[Exception]{By: cmd.By, Verb: "ledger.exception.revoke", Why: cmd.Why,
				Before: &old, After: x, Events: []event.Draft{ExceptionRevoked.Draft(x.payload())}})
		})
		return x, err
	})
}

// ExceptionFilter narrows a list of exceptions, which comes in the order in which they were made.
type ExceptionFilter struct {
	By    storage.Ref
	Actor storage.Ref
	// Limit is the most exceptions of a page, 50 if zero.
	Limit int
}

func (f ExceptionFilter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit}
	if !f.Actor.IsZero() {
		q.Where = append(q.Where, storage.Eq("actor", f.Actor))
	}
	return q
}

// Exceptions lists exceptions, also those that are over.
func (b *Books) Exceptions(ctx context.Context, f ExceptionFilter) iter.Seq2[*Exception, error] {
	q := f.query()
	q.Limit = 0
	return exceptions.All(ctx, b.s, q)
}

// ExceptionsPage reads one screen of exceptions.
//
// Errors: storage.ErrBadCursor.
func (b *Books) ExceptionsPage(ctx context.Context, f ExceptionFilter, from storage.Cursor) (storage.Page[Exception], error) {
	return exceptions.Page(ctx, b.s, f.query(), from)
}

// pass finds whether a new entry needs an exception, and notes that on both.
func (r Rules) pass(ctx context.Context, tx *storage.Tx, p *Posted) error {
	if s := r.shutOn(p.Date); s == nil || len(s.Passes) == 0 {
		return nil
	}
	if _, p.exception = r.shut(p.Date, p.Adjusting, p.By); p.exception.IsZero() {
		return nil
	}
	return use(ctx, tx, p.exception, p)
}

// use notes on an exception that an entry needed it, unless it ended meanwhile.
func use(ctx context.Context, tx *storage.Tx, id storage.ID[Exception], p *Posted) error {
	x, err := exceptions.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if !x.inForce(tx.Now()) {
		return ErrClosedPeriod.With("the exception ended")
	}
	old := *x
	x.Uses, x.LastEntry = x.Uses+1, p.ID
	return event.Apply(ctx, tx, exceptions, event.Change[Exception]{By: p.By, Verb: "ledger.exception.use", Why: x.Why,
		Before: &old, After: x})
}

// reason demands the actor's reason.
func reason(bad *storage.Invalid, why string) {
	bad.Check(strings.TrimSpace(why) != "", "why", storage.CodeRequired, "")
	bad.Text("why", why, MaxText)
}
