package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Hold reserves the amounts of an entry that is to be posted later, in full or in part, or not at all.
type Hold struct {
	// Entry is the entry to be; its Key and By are those of the command.
	Entry
	// Expires is the instant from which the hold does not count; none holds until it is posted or voided.
	Expires time.Time `json:"expires"`
}

const verbHold = "ledger.hold.place"

// Hold holds the amounts of an entry on its live accounts. They count at once: what is held to lower a balance is not available,
// and counts against its floor as if it were posted, from the entry's date on; what is held to raise one counts against its
// ceiling, and is not available either. Legs on accounts that are not live wait along, and nothing is held there; at least one
// account must be live.
//
// The entry is held against the same rules as one that is posted, now and again when it is.
//
// Errors: those of Post; ErrNotLive; *storage.Invalid for an Expires that has passed.
func (b *Books) Hold(ctx context.Context, cmd Hold) (*Held, error) {
	var bad faults
	cmd.Entry.check(&bad, "")
	cmd.Expires = cmd.Expires.UTC().Truncate(time.Microsecond)
	if !cmd.Expires.IsZero() && (cmd.Expires.Year() < FirstYear || cmd.Expires.Year() > LastYear) {
		bad.add("expires", storage.CodeRange)
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	e := *cmd.Entry.exchanged()
	n := needOf([]*Entry{&e})
	return storage.Once(ctx, b.s, cmd.Key, verbHold, cmd, func(tx *storage.Tx) (*Held, error) {
		if !cmd.Expires.IsZero() && !cmd.Expires.After(tx.Now()) {
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "expires", Code: storage.CodeRange, Text: "in the past"}}}
		}
		rules, err := n.read(ctx, tx)
		if err != nil {
			return nil, err
		}
		h, err := placeHold(ctx, tx, e, cmd.Expires, rules)
		if err != nil {
			return nil, err
		}
		return h.shown(tx.Now()), nil
	}, n.announce)
}

func placeHold(ctx context.Context, tx *storage.Tx, e Entry, expires time.Time, rules Rules) (*Held, error) {
	var bad faults
	if rules.admit(nil, &e, &bad, ""); bad.err() != nil {
		return nil, bad.err()
	}
	e.Key = ""
	h := &Held{ID: storage.NewID[Held](tx), State: HoldOpen, Date: e.Date, At: tx.Now(), By: e.By, Source: e.Source, Expires: expires,
		Entry: e, Left: make([]money.Amount, len(e.Legs))}
	if expires.IsZero() {
		h.Expires = never
	}
	for i := range e.Legs {
		h.Left[i] = e.Legs[i].Amount
	}
	list, err := h.claimed(rules)
	if err != nil {
		return nil, err
	}
	held := make([]move, len(list))
	for i, c := range list {
		held[i] = move{liveKey: c.key(), date: c.Date, cr: c.Credit, dr: c.Debit}
	}
	l, err := lockLive(ctx, tx, held, rules.Accounts)
	if err != nil {
		return nil, err
	}
	if l == nil || !slices.ContainsFunc(list, func(c *claim) bool { return l.heads[c.Account] != nil }) {
		return nil, ErrNotLive.With("none of the accounts does")
	}
	if err := l.apply(ctx, tx, held); err != nil {
		return nil, err
	}
	for _, c := range list {
		if head := l.heads[c.Account]; head != nil {
			c.Counted = true
			before := head.Expires
			if head.note(h.Expires); !head.Expires.Equal(before) {
				l.changed[c.Account] = true
			}
		}
	}
	if err := l.save(ctx, tx); err != nil {
		return nil, err
	}
	after := *h
	err = event.Apply(ctx, tx, holds, event.Change[Held]{By: e.By, Verb: verbHold, After: &after,
		Events: []event.Draft{HoldWasPlaced.Draft(h.payload())}})
	if err != nil {
		return nil, err
	}
	if err := claims.Insert(ctx, tx, list...); err != nil {
		return nil, err
	}
	if h.Expires.Before(never) {
		err = event.Wake(ctx, tx, h.Expires, HoldWork, h.Ref())
	}
	return &after, err
}

// claimed sums what is left of the legs by account and currency, debits and credits apart, in order.
func (h *Held) claimed(rules Rules) (list []*claim, err error) {
	byKey := map[liveKey]*claim{}
	for i, l := range h.Entry.Legs {
		at := liveKey{l.Account, l.Amount.Currency()}
		c := byKey[at]
		if c == nil {
			c = &claim{Hold: h.ID, Account: at.account, Currency: at.currency, Date: h.Date, State: h.State, Expires: h.Expires,
				Source: h.Source}
			byKey[at], list = c, append(list, c)
		}
		scale, ok := rules.scale(at.currency)
		if !ok {
			return nil, ErrCommodity.With("%s", at.currency)
		}
		n, code := minor(h.Left[i], scale)
		if code != "" {
			return nil, storage.ErrOverflow // it was admitted
		}
		if n < 0 {
			c.Credit, err = plus(c.Credit, n)
		} else {
			c.Debit, err = plus(c.Debit, n)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b *claim) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(string(a.Currency), string(b.Currency)))
	})
	for i, c := range list {
		c.First = i == 0 || list[i-1].Account != c.Account
	}
	return list, nil
}
