package event

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// received marks a message that a consumer has taken effect of.
type received struct {
	Consumer string
	Message  string
	At       time.Time
}

var inbox = storage.Define("storage.inbox", func(r *received) []storage.Field {
	return []storage.Field{
		storage.Text("consumer", &r.Consumer).Key().Limit(100), storage.Text("message", &r.Message).Key().Limit(200), storage.Instant("at", &r.At),
	}
}, storage.Index("at", "at"))

// Once runs fn unless the consumer has had this message already: the effect of a message that is delivered again happens once. The mark and the
// effect share the transaction. It answers whether fn ran. In a Reader, where the message is the ID of an event, the marks of all the events that a Relay brings
// together are read and written together.
func Once(ctx context.Context, tx *storage.Tx, consumer, message string, fn func(*storage.Tx) error) (bool, error) {
	ran := false
	err := tx.Update(ctx, func(tx *storage.Tx) error {
		fresh, err := mark(ctx, tx, &received{Consumer: consumer, Message: message, At: tx.Now()})
		if err != nil || !fresh {
			return err
		}
		ran = true
		return fn(tx)
	})
	return ran && err == nil, err
}

// mark notes that a message was received, and answers whether that is for the first time.
func mark(ctx context.Context, tx *storage.Tx, r *received) (bool, error) {
	if p, _ := tx.Value(pageKey{}).(*page); p != nil && p.has(r.Message) {
		had, err := p.had(ctx, tx, r.Consumer)
		if err != nil || had[r.Message] || !tx.FirstTime(markKey{r.Consumer, r.Message}) {
			return false, err
		}
		return true, inbox.Insert(ctx, tx, r) // where another was faster, the page is delivered again with care
	}
	fresh, err := inbox.InsertNew(ctx, tx, r)
	return err == nil && fresh[0], err
}

// A page is the events that a relay brings in one transaction.
type page struct {
	events []*Event
	ids    map[string]bool
	marks  map[string]map[string]bool // by consumer: what it had before
}

// pageKey keeps the page with its transaction, markKey what was marked of it.
type (
	pageKey struct{}
	markKey struct{ consumer, message string }
)

// has reports whether a message is the ID of an event of the page.
func (p *page) has(message string) bool {
	if p.ids == nil {
		p.ids = make(map[string]bool, len(p.events))
		for _, e := range p.events {
			p.ids[e.ID.String()] = true
		}
	}
	return p.ids[message]
}

// had reads which events of the page a consumer has had before this transaction.
func (p *page) had(ctx context.Context, tx *storage.Tx, consumer string) (map[string]bool, error) {
	if had, known := p.marks[consumer]; known {
		return had, nil
	}
	list := make([]*received, len(p.events))
	for i, e := range p.events {
		list[i] = &received{Consumer: consumer, Message: e.ID.String()}
	}
	found, err := inbox.Load(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	had := map[string]bool{}
	for i, r := range list {
		if found[i] {
			had[r.Message] = true
		}
	}
	if p.marks == nil {
		p.marks = map[string]map[string]bool{}
	}
	p.marks[consumer] = had
	return had, nil
}
