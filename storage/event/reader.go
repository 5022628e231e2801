package event

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// A Reader follows events under a durable name.
type Reader struct {
	// Name is where its place is kept; it never changes.
	Name string
	// Names chooses events by name; none chooses all.
	Names []string
	// Handle reacts to one event, in a transaction that also keeps the reader's place: what it writes happens exactly once. An error
	// undoes what it wrote; the event is tried again later.
	Handle func(ctx context.Context, tx *storage.Tx, e Event) error
	// OnPoison says what becomes of later events of a subject while one is failing or dead.
	OnPoison Poison
	// Attempts is how often an event is tried before it is dead, 5 if zero. The pause between tries is Delay (1 minute if zero), then doubles.
	Attempts int
	Delay    time.Duration

	care bool // what is written for each event is sent before the next one has its turn
}

// Poison is a policy for events that cannot be handled.
type Poison string

// The policies.
const (
	// Block holds the later events of the same subject until the failing one is replayed: order is kept. It is the default.
	Block Poison = ""
	// Skip lets later events of the subject pass.
	Skip Poison = "skip"
)

func (r Reader) wants(name string) bool {
	for _, n := range r.Names {
		if n == name {
			return true
		}
	}
	return len(r.Names) == 0
}

func (r Reader) attempts() int {
	if r.Attempts > 0 {
		return r.Attempts
	}
	return 5
}

// pause is how long to wait after the given number of failed attempts: the delay, doubled each time.
func (r Reader) pause(failed int) time.Duration {
	d := r.Delay
	if d <= 0 {
		d = time.Minute
	}
	return d << min(failed-1, 20)
}

// place is where a reader has got to, and which process holds it.
type place struct {
	Name     string
	Position storage.Position
	// Last is the event at the position. A tenant that moves to another engine keeps the order of its events but not their positions: there the reader goes on
	// behind this one.
	Last   storage.ID[Event]
	Holder string
	Until  time.Time
	// Clear is the last instant at which nothing was left to read: what was appended well before it has been delivered.
	Clear time.Time
}

var readers = storage.Define("storage.reader", func(p *place) []storage.Field {
	return []storage.Field{
		storage.Text("name", &p.Name).Key().Limit(100), storage.Text("position", &p.Position), storage.UUID("last", &p.Last), storage.Text("holder", &p.Holder),
		storage.Instant("until", &p.Until).Optional(), storage.Instant("clear", &p.Clear).Optional(),
	}
}, storage.Local("position", "holder"), storage.Rank(40))

// State is what became of a delivery that did not succeed at once.
type State string

// The states of a delivery.
const (
	// Retry waits for its next attempt.
	Retry State = "retry"
	// Held waits behind a failing event of the same subject.
	Held State = "held"
	// Dead has used up its attempts; Replay revives it.
	Dead State = "dead"
)

// A Delivery is an event that a reader could not handle at once.
type Delivery struct {
	Reader   string            `json:"reader"`
	Event    storage.ID[Event] `json:"event"`
	Subject  storage.Ref       `json:"subject"`
	Order    int64             `json:"order"`
	State    State             `json:"state"`
	Attempts int               `json:"attempts"`
	// Due is when the next attempt is made.
	Due time.Time `json:"due"`
	// Reason is the last error.
	Reason string `json:"reason"`
	// Name is the event's.
	Name string `json:"name"`
}

var deliveries = storage.Define("storage.delivery", func(d *Delivery) []storage.Field {
	return []storage.Field{
		storage.Text("reader", &d.Reader).Key().Limit(100), storage.UUID("event", &d.Event).Key(), storage.RefTo("subject", &d.Subject),
		storage.Int("order", &d.Order), storage.Enum("state", &d.State, Retry, Held, Dead), storage.Int("attempts", &d.Attempts),
		storage.Instant("due", &d.Due), storage.Text("reason", &d.Reason), storage.Text("name", &d.Name).Limit(100),
	}
}, storage.Index("due", "reader", "state", "due"), storage.Index("subject", "reader", "subject", "order"))
