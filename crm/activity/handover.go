package activity

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// State says how far a handover is.
type State string

// The states.
const (
	Offered  State = "offered"
	Accepted State = "accepted"
	Returned State = "returned"
)

// A Handover is what those who sold pass on to those who deliver.
type Handover struct {
	ID      storage.ID[Handover] `json:"id"`
	Version int64                `json:"version"`
	// Subject is what was sold: a deal.
	Subject storage.Ref `json:"subject"`
	// From hands over, To shall deliver.
	From storage.Ref `json:"from"`
	To   storage.Ref `json:"to"`
	// Promises is what the customer was told.
	Promises []Promise `json:"promises"`
	Text     string    `json:"text"`
	State    State     `json:"state"`
	// OfferedOn is the day of the offer, DecidedOn that of the answer, DecidedBy who gave it.
	OfferedOn date.Date   `json:"offered_on"`
	DecidedOn date.Date   `json:"decided_on"`
	DecidedBy storage.Ref `json:"decided_by"`
	// Reason is why it was given back.
	Reason  string         `json:"reason"`
	Fields  storage.Fields `json:"fields"`
	Created time.Time      `json:"created"`
}

// A Promise is one line of the list.
type Promise struct {
	Text string `json:"text"`
	// Confirmed says that those who deliver will keep it; Note is what they say about it.
	Confirmed bool   `json:"confirmed"`
	Note      string `json:"note,omitempty"`
}

// Ref points to the handover.
func (h *Handover) Ref() storage.Ref { return handovers.Ref(h.ID) }

// Unconfirmed lists the promises that nobody who delivers has confirmed.
func (h *Handover) Unconfirmed() (list []Promise) {
	for _, p := range h.Promises {
		if !p.Confirmed {
			list = append(list, p)
		}
	}
	return list
}

// What happens to handovers.
var (
	HandoverOffered   = event.NewType[HandoverHappened]("activity.handover.offered")
	HandoverConfirmed = event.NewType[HandoverHappened]("activity.handover.confirmed")
	HandoverAccepted  = event.NewType[HandoverHappened]("activity.handover.accepted")
	HandoverReturned  = event.NewType[HandoverHappened]("activity.handover.returned")
)

// HandoverHappened is the payload of a handover's events.
type HandoverHappened struct {
	Subject  storage.Ref `json:"subject"`
	From     storage.Ref `json:"from"`
	To       storage.Ref `json:"to"`
	State    State       `json:"state"`
	At       date.Date   `json:"at"`
	Promises int         `json:"promises"`
}

// Handover reads a handover; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Activities) Handover(ctx context.Context, id storage.ID[Handover], by ...storage.Ref) (h *Handover, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		h, err = handovers.Get(ctx, tx, id, by...)
		return err
	})
	return h, err
}

// A HandoverFilter narrows a list of handovers.
type HandoverFilter struct {
	// By is on whose behalf.
	By      storage.Ref
	Subject storage.Ref
	To      storage.Ref
	State   State
	// Where holds further conditions, on fields of the tenant's own above all.
	Where []storage.Cond
	// Limit is the most handovers; 0 is all (for a page: 50).
	Limit int
}

func (f HandoverFilter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Where: append([]storage.Cond(nil), f.Where...)}
	if !f.Subject.IsZero() {
		q.Where = append(q.Where, storage.Eq("subject", f.Subject))
	}
	if !f.To.IsZero() {
		q.Where = append(q.Where, storage.Eq("to", f.To))
	}
	if f.State != "" {
		q.Where = append(q.Where, storage.Eq("state", f.State))
	}
	return q
}

// Handovers yields handovers, oldest first.
func (s *Activities) Handovers(ctx context.Context, f HandoverFilter) iter.Seq2[*Handover, error] {
	return handovers.All(ctx, s.s, f.query())
}

// HandoverPage reads one screen of handovers, oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Activities) HandoverPage(ctx context.Context, f HandoverFilter, from storage.Cursor) (storage.Page[Handover], error) {
	return handovers.Page(ctx, s.s, f.query(), from)
}
