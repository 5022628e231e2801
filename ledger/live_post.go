package ledger

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A LiveBalance is what a live account holds in a currency at the end of a day, in the account's natural sense: debits less
// credits of assets and expenses, credits less debits of the other types.
type LiveBalance struct {
	Account string    `json:"account"`
	Date    date.Date `json:"date"`
	// Booked is what is posted; Held what is held of it, to be taken away; Coming what is held to be added, which is not
	// available; Available is Booked less Held.
	Booked    money.Amount `json:"booked"`
	Held      money.Amount `json:"held"`
	Coming    money.Amount `json:"coming"`
	Available money.Amount `json:"available"`
}

// liveBalance makes money of a sum.
func liveBalance(a *Account, c money.Currency, d date.Date, sum swing, scale int) (out LiveBalance, err error) {
	out = LiveBalance{Account: a.Code, Date: d}
	sign := a.Type.Sign()
	held, coming := -sum.cr, sum.dr
	if sign < 0 {
		held, coming = coming, held
	}
	for _, x := range [4]struct {
		to *money.Amount
		n  int64
	}{{&out.Booked, sign * sum.net}, {&out.Held, held}, {&out.Coming, coming}, {&out.Available, sign*sum.net - held}} {
		if *x.to, err = money.Scaled(c, x.n, scale); err != nil {
			return out, err
		}
	}
	return out, nil
}

// moves sums the parts of an entry by account and currency; they are of one date.
func moves(list []move, rows []*part) []move {
	from := len(list)
next:
	for _, r := range rows {
		at := liveKey{r.Account, r.Currency}
		for i := from; i < len(list) && len(list)-from <= 16; i++ { // a longer entry is left as it is
			if list[i].liveKey != at {
				continue
			}
			if sum, err := plus(list[i].net, r.Amount); err == nil {
				list[i].net = sum
				continue next
			}
		}
		list = append(list, move{liveKey: at, date: r.Date, net: r.Amount})
	}
	return list
}

// constrain holds the entries against the limits of their accounts, one after the other, and keeps the live balances. Whatever
// writes parts calls it, so no path escapes a limit. What was applied before, by one who drops refused entries, is only written.
func (w *posting) constrain(ctx context.Context, tx *storage.Tx) error {
	if w.live == nil {
		if w.rules.also == nil && w.unbound() {
			return nil
		}
		if w.later != nil {
			for _, rows := range w.byEntry() {
				*w.later = moves(*w.later, rows)
			}
			return nil
		}
		each := make([][]move, len(w.posted))
		var all []move
		for i, rows := range w.byEntry() {
			from := len(all)
			all = moves(all, rows)
			each[i] = all[from:len(all):len(all)]
		}
		var err error
		if w.live, err = lockLive(ctx, tx, append(all, w.rules.ahead...), w.rules.Accounts); err != nil {
			return err
		}
		if w.rules.also != nil {
			more, err := w.rules.also(ctx, tx, w.live)
			if err != nil {
				return err
			}
			each[0] = append(each[0], more...)
		}
		if w.live == nil {
			return nil
		}
		for i := range w.posted {
			if err := w.live.admit(ctx, tx, &w.posted[i], each[i], w.rules.Accounts); err != nil {
				var limit *LimitError
				if errors.As(err, &limit) {
					limit.Entry = i
				}
				return err
			}
		}
	}
	return w.live.save(ctx, tx)
}

// aheadOf lists what some entries will move, without amounts, so that all locks of a transaction are taken in one order.
func aheadOf(list []*Entry) (ahead []move) {
	seen := map[move]bool{}
	for _, e := range list {
		for i := range e.Legs {
			m := move{liveKey: liveKey{e.Legs[i].Account, e.Legs[i].Amount.Currency()}, date: e.Date}
			if !seen[m] {
				seen[m] = true
				ahead = append(ahead, m)
			}
		}
	}
	return ahead
}

// unbound reports that no account keeps a live balance, without reading anything.
func (w *posting) unbound() bool {
	for _, r := range w.rows {
		if a := w.rules.Accounts[r.Account]; a == nil || a.live() {
			return false
		}
	}
	return true
}

// anyLive reports that an account keeps a live balance.
func (r *Rules) anyLive() bool {
	for _, a := range r.Accounts {
		if a.live() {
			return true
		}
	}
	return false
}

// byEntry divides the rows, which are in the order of the entries.
func (w *posting) byEntry() [][]*part {
	out := make([][]*part, len(w.posted))
	from := 0
	for i := range w.posted {
		to := from
		for to < len(w.rows) && w.rows[to].Entry == w.posted[i].ID {
			to++
		}
		out[i], from = w.rows[from:to], to
	}
	return out
}

// admit applies one entry, all of it or nothing, and notes the new balances on it.
func (l *liveBooks) admit(ctx context.Context, tx *storage.Tx, p *Posted, entry []move, known map[string]*Account) error {
	if err := l.apply(ctx, tx, entry); err != nil {
		return err
	}
	p.Balances = nil
	seen := map[liveKey]bool{}
	for _, m := range entry {
		if l.heads[m.account] == nil || seen[m.liveKey] {
			continue
		}
		seen[m.liveKey] = true
		a := known[m.account]
		if a == nil {
			found, err := accountsOf(ctx, tx, []string{m.account})
			if err != nil {
				return err
			}
			if a = found[m.account]; a == nil {
				a = &Account{Code: m.account}
			}
		}
		scale, err := l.scale(ctx, tx, m.currency)
		if err != nil {
			return err
		}
		balance, err := liveBalance(a, m.currency, p.Date, l.books[m.liveKey].at(p.Date), scale)
		if err != nil {
			return err
		}
		p.Balances = append(p.Balances, balance)
	}
	return nil
}

// answer is what a key keeps of an entry: its identifier, and the balances of that moment.
type answer struct {
	id       storage.ID[Posted]
	balances []LiveBalance
}

func answerOf(p *Posted) answer { return answer{p.ID, p.Balances} }

type answerJSON struct {
	ID       storage.ID[Posted] `json:"id"`
	Balances []LiveBalance      `json:"balances"`
}

// MarshalJSON writes the identifier alone where there are no balances.
func (a answer) MarshalJSON() ([]byte, error) { return a.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes.
func (a answer) AppendJSON(b []byte) ([]byte, error) {
	if len(a.balances) == 0 {
		return a.id.AppendJSON(b), nil
	}
	text, err := json.Marshal(answerJSON{a.id, a.balances})
	return append(b, text...), err
}

// UnmarshalJSON reads both forms.
func (a *answer) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*a = answer{}
		return json.Unmarshal(b, &a.id)
	}
	var x answerJSON
	err := json.Unmarshal(b, &x)
	*a = answer{x.ID, x.Balances}
	return err
}

// posted returns the entries of stored answers.
func (b *Books) posted(ctx context.Context, list []answer, fresh []Posted) ([]Posted, error) {
	ids := make([]storage.ID[Posted], len(list))
	for i := range list {
		ids[i] = list[i].id
	}
	out, err := b.answers(ctx, ids, fresh)
	for i := range out {
		out[i].Balances = list[i].balances
	}
	return out, err
}
