package ledger

import (
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// HoldState is how far a hold has come.
type HoldState string

// The states of holds.
const (
	HoldOpen    HoldState = "open"
	HoldPosted  HoldState = "posted"
	HoldVoid    HoldState = "void"
	HoldExpired HoldState = "expired"
)

var holdStates = []HoldState{HoldOpen, HoldPosted, HoldVoid, HoldExpired}

// A Held is an entry that waits: its amounts are held on its live accounts, until it is posted, voided, or expires.
type Held struct {
	ID      storage.ID[Held] `json:"id"`
	Version int64            `json:"version"`
	State   HoldState        `json:"state"`
	// Date is that of the entry: from this day on the amounts count.
	Date   date.Date   `json:"date"`
	At     time.Time   `json:"at"`
	By     storage.Ref `json:"by"`
	Source storage.Ref `json:"source"`
	// Expires is the instant from which the hold does not count any more; none if it does not expire.
	Expires time.Time `json:"expires"`
	// Entry is what waits, with the legs that its exchange account takes.
	Entry Entry `json:"entry"`
	// Left is what is still held of each leg.
	Left []money.Amount `json:"left"`
	// Posted are the entries that came of it, in turn.
	Posted []storage.ID[Posted] `json:"posted,omitempty"`
}

// Ref points to the hold.
func (h *Held) Ref() storage.Ref { return holds.Ref(h.ID) }

// never is when a hold expires that does not.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

var holds = storage.Define("ledger.hold", func(h *Held) []storage.Field {
	return []storage.Field{storage.UUID("id", &h.ID).Key(), storage.Version(&h.Version), storage.Enum("state", &h.State, holdStates...),
		storage.Date("date", &h.Date), storage.Instant("at", &h.At), storage.RefTo("by", &h.By), storage.RefTo("source", &h.Source),
		storage.Instant("expires", &h.Expires), storage.JSON("entry", &h.Entry).Personal(), storage.JSON("left", &h.Left),
		storage.JSON("posted", &h.Posted)}
}, storage.Index("state", "state", "expires"), storage.Index("source", "source"))

// shown is the hold as a reader sees it at an instant: one that has expired says so, whether or not that is noted.
func (h *Held) shown(now time.Time) *Held {
	if h.State == HoldOpen && !h.Expires.After(now) {
		h.State = HoldExpired
	}
	if h.Expires.Equal(never) {
		h.Expires = time.Time{}
	}
	return h
}

// HoldPayload tells followers about a hold; its legs are read with Books.Held.
type HoldPayload struct {
	Date   date.Date   `json:"date"`
	Source storage.Ref `json:"source"`
	// Expires is no instant if it does not.
	Expires time.Time `json:"expires,omitzero"`
	// Entry is what was posted of it, Open whether the rest is still held.
	Entry storage.ID[Posted] `json:"entry,omitzero"`
	Open  bool               `json:"open,omitempty"`
}

// The events of holds.
var (
	HoldWasPlaced  = event.NewType[HoldPayload]("ledger.hold.placed")
	HoldWasPosted  = event.NewType[HoldPayload]("ledger.hold.posted")
	HoldWasVoided  = event.NewType[HoldPayload]("ledger.hold.voided")
	HoldHasExpired = event.NewType[HoldPayload]("ledger.hold.expired")
)

func (h *Held) payload() HoldPayload {
	p := HoldPayload{Date: h.Date, Source: h.Source, Open: h.State == HoldOpen}
	if h.Expires.Before(never) {
		p.Expires = h.Expires
	}
	return p
}

// Refusals of holds.
var (
	// ErrHoldOver: the hold was posted, voided, or has expired before.
	ErrHoldOver = storage.NewError("ledger.hold_over", "the hold is over")
	// ErrHoldExpired: the hold has expired.
	ErrHoldExpired = storage.NewError("ledger.hold_expired", "the hold has expired")
	// ErrHoldLeft: more was to be posted than is held.
	ErrHoldLeft = storage.NewError("ledger.hold_left", "less than this is held")
)
