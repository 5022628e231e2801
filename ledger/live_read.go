package ledger

import (
	"cmp"
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// LiveBalance reads what a live account holds at the end of a day (no date: of today), and what is held of it, in one snapshot.
// It costs the same however much was posted. A hold that has expired does not count, whether or not anybody has noted its end.
//
// Errors: *storage.Invalid, ErrNoAccount, ErrNotLive, ErrCommodity.
func (b *Books) LiveBalance(ctx context.Context, account string, c money.Currency, at date.Date) (out LiveBalance, err error) {
	var bad faults
	if fault := textFault(account, maxCode); fault != "" || account == "" {
		bad.add("account", cmp.Or(fault, storage.CodeRequired))
	}
	if !c.Valid() {
		bad.add("currency", storage.CodeCurrency)
	}
	if y := at.Year(); !at.IsZero() && (y < FirstYear || y > LastYear) {
		bad.add("at", storage.CodeRange)
	}
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		day := at
		if day.IsZero() {
			day = tx.Today()
		}
		out, err = readLiveBalance(ctx, tx, account, c, day)
		return err
	})
	return out, err
}

func readLiveBalance(ctx context.Context, tx *storage.Tx, account string, c money.Currency, at date.Date) (out LiveBalance,
	err error) {
	a, h := &Account{Code: account}, &live{Account: account}
	key := liveKey{account, c}
	l := &liveBooks{heads: map[string]*live{account: h}, books: map[liveKey]*book{}}
	wanted := l.missing([]move{{liveKey: key, date: at}})
	if err := lives.Ahead(tx, h); err != nil {
		return out, err
	}
	if err := liveSpans.Ahead(tx, wanted...); err != nil {
		return out, err
	}
	found, err := accounts.Load(ctx, tx, a)
	if err != nil {
		return out, err
	}
	live, err := lives.Load(ctx, tx, h)
	if err != nil {
		return out, err
	}
	if err := l.read(ctx, tx, wanted); err != nil {
		return out, err
	}
	switch {
	case !found[0]:
		return out, ErrNoAccount.With("%q", account)
	case !live[0]:
		return out, ErrNotLive.With("%q", account)
	}
	sum := l.books[key].at(at)
	if !h.Expires.IsZero() && !h.Expires.After(tx.Now()) {
		for c, err := range claims.All(ctx, tx, counting(account)) {
			switch {
			case err != nil:
				return out, err
			case c.key() == key && !c.Expires.After(tx.Now()) && !c.Date.After(at):
				sum.cr, sum.dr = sum.cr-c.Credit, sum.dr-c.Debit
			}
			if c.Expires.After(tx.Now()) {
				break
			}
		}
	}
	scale, err := l.scale(ctx, tx, c)
	if err != nil {
		return out, err
	}
	return liveBalance(a, c, at, sum, scale)
}
