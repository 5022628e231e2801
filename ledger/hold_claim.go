package ledger

import (
	"context"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// claim is what a hold keeps of one account in one currency. It is changed under the lock of the hold, and of the live account
// where it counts; its version finds the other cases.
type claim struct {
	Hold     storage.ID[Held]
	Account  string
	Currency money.Currency
	Version  int64
	// First says that it is the first of the account, in the order of currencies.
	First  bool
	Date   date.Date
	Credit int64 // not positive
	Debit  int64
	// Counted says that the live balance has it.
	Counted bool
	State   HoldState
	Expires time.Time
	Source  storage.Ref
}

var claims = storage.Define("ledger.hold_claim", func(c *claim) []storage.Field {
	return []storage.Field{storage.UUID("hold", &c.Hold).Key(), storage.Text("account", &c.Account).Key().Limit(maxCode),
		storage.Text("currency", &c.Currency).Key().Limit(32), storage.Version(&c.Version), storage.Bool("first", &c.First),
		storage.Date("date", &c.Date), storage.Int("credit", &c.Credit), storage.Int("debit", &c.Debit),
		storage.Bool("counted", &c.Counted), storage.Enum("state", &c.State, holdStates...), storage.Instant("expires", &c.Expires),
		storage.RefTo("source", &c.Source)}
}, storage.Rank(21), storage.Index("account", "account", "state", "expires"))

func (c *claim) key() liveKey { return liveKey{c.Account, c.Currency} }

// freed is the move that takes the claim out of its live balance.
func (c *claim) freed() move {
	return move{liveKey: c.key(), date: c.Date, cr: -c.Credit, dr: -c.Debit}
}

// counting asks for the claims that a live balance has, by when they expire.
func counting(account string) storage.Query {
	return storage.Query{Where: []storage.Cond{storage.Eq("account", account), storage.Eq("state", HoldOpen),
		storage.Eq("counted", true)}, Order: []string{"expires"}}
}

// expire takes what has expired out of a live account, and learns when the next one does. Who holds the lock of the account does
// this, so that an expired hold does not count even if nobody has noted its end yet.
func (l *liveBooks) expire(ctx context.Context, tx *storage.Tx, h *live) error {
	h.Expires = time.Time{}
	l.changed[h.Account] = true
	var ended []*claim
	for c, err := range claims.All(ctx, tx, counting(h.Account)) {
		if err != nil {
			return err
		}
		if c.Expires.After(tx.Now()) {
			h.Expires = c.Expires
			break
		}
		ended = append(ended, c)
	}
	freed := make([]move, len(ended))
	for i, c := range ended {
		freed[i] = c.freed()
	}
	if err := l.read(ctx, tx, l.missing(freed)); err != nil {
		return err
	}
	for i, c := range ended {
		if _, err := l.books[c.key()].add(freed[i]); err != nil {
			return err
		}
		l.books[c.key()].touch(c.Date)
		c.Counted = false
	}
	return claims.Update(ctx, tx, ended...)
}
