package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// liveWorld is wallets under test beside a naive list of all that happened.
type liveWorld struct {
	t     *testing.T
	rng   *rand.Rand
	now   time.Time
	db    *storage.DB
	b     *Books
	moved []move // what is posted or held
	holds []*worldHold
	ids   []storage.ID[Posted]
	undid map[storage.ID[Posted]]bool
	no    int // refusals
}

var liveLimits = map[string][]Limit{
	"floor":    {NonNegative()},
	"corridor": {Floor(money.MustParse("-50 EUR")), CreditLimit(money.MustParse("120 EUR"))},
	"debits":   {CreditsNotOverDebits()}, // of a liability: it is never owed
	"live":     nil,
	"bank":     nil,
}

func newLiveWorld(t *testing.T, seed uint64) *liveWorld {
	w := &liveWorld{t: t, rng: rand.New(rand.NewPCG(seed, 3)), now: time.Date(2017, 6, 1, 9, 0, 0, 0, time.UTC),
		undid: map[storage.ID[Posted]]bool{}}
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return w.now }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	w.db, w.b = db, New(db)
	for _, code := range slices.Sorted(maps.Keys(liveLimits)) {
		_, err := w.b.OpenAccount(t.Context(), OpenAccount{Code: code, Name: code, Type: Liability,
			Bounds: Bounds{Live: code == "live", Limits: liveLimits[code]}})
		require.NoError(t, err)
	}
	return w
}

func (w *liveWorld) date() date.Date {
	return date.Must(2016, 1, 1).AddDays(w.rng.IntN(8) * w.rng.IntN(120))
}

func (w *liveWorld) entry() Entry {
	codes := []string{"floor", "corridor", "debits", "live", "bank", "bank"}
	e := Entry{Date: w.date()}
	for range 1 + w.rng.IntN(2) {
		cur := []money.Currency{"EUR", "EUR", "USD"}[w.rng.IntN(3)]
		from, to := codes[w.rng.IntN(6)], codes[w.rng.IntN(6)]
		if from == to {
			to, from = "bank", "live"
		}
		a, _ := money.Minor(cur, 1+w.rng.Int64N(6000))
		e.Legs = append(e.Legs, Debit(from, a, Dims{}), Credit(to, a, Dims{}))
	}
	return e
}

// movesOf lists what an entry moves, one move a leg.
func movesOf(t *testing.T, e Entry) (list []move) {
	for _, l := range e.Legs {
		n, err := l.Amount.Minor()
		require.NoError(t, err)
		list = append(list, move{liveKey: liveKey{l.Account, l.Amount.Currency()}, date: e.Date, net: n})
	}
	return list
}

// breaks says whether moves make some day worse than a limit allows, by adding up everything for each day.
func (w *liveWorld) breaks(more []move) bool {
	type extremes struct{ low, top int64 }
	look := func(all []move, at liveKey, since date.Date) (x extremes) {
		days := []date.Date{since}
		for _, m := range all {
			if m.liveKey == at && m.date.After(since) {
				days = append(days, m.date)
			}
		}
		for i, d := range days {
			var low, top int64
			for _, m := range all {
				if m.liveKey == at && !m.date.After(d) {
					low, top = low+m.net+m.cr, top+m.net+m.dr
				}
			}
			if i == 0 {
				x = extremes{low, top}
			}
			x.low, x.top = min(x.low, low), max(x.top, top)
		}
		return x
	}
	since := map[liveKey]date.Date{}
	for _, m := range more {
		if d, there := since[m.liveKey]; !there || m.date.Before(d) {
			since[m.liveKey] = m.date
		}
	}
	for at, d := range since {
		was, is := look(w.moved, at, d), look(append(slices.Clone(w.moved), more...), at, d)
		for _, l := range liveLimits[at.account] {
			if l.Currency != "" && l.Currency != at.currency {
				continue
			}
			lowWas, low, topWas, top := -was.top, -is.top, -was.low, -is.low // of a liability
			if l.Debits {
				lowWas, low, topWas, top = was.low, is.low, was.top, is.top
			}
			if l.Min != nil && low < l.Min.Shift(2).IntPart() && low < lowWas ||
				l.Max != nil && top > l.Max.Shift(2).IntPart() && top > topWas {
				return true
			}
		}
	}
	return false
}

// did compares an outcome with the model's, and learns.
func (w *liveWorld) did(err error, more []move) bool {
	if w.breaks(more) {
		w.no++
		require.Error(w.t, err)
		var limit *LimitError
		require.ErrorAs(w.t, err, &limit)
		w.checkRefusal(limit, more)
		return false
	}
	require.NoError(w.t, err)
	w.moved = append(w.moved, more...)
	return true
}

// checkRefusal finds the balance that a refusal speaks of by adding up.
func (w *liveWorld) checkRefusal(limit *LimitError, more []move) {
	var sum int64
	at := liveKey{limit.Account, limit.Missing.Currency()}
	above := limit.Unwrap() == error(ErrAboveCeiling)
	debits := at.account == "debits"
	for _, m := range append(slices.Clone(w.moved), more...) {
		if m.liveKey == at && !m.date.After(limit.Date) {
			sum += m.net
			if above == debits {
				sum += m.dr
			} else {
				sum += m.cr
			}
		}
	}
	if !debits {
		sum = -sum
	}
	got, err := limit.Balance.Minor()
	require.NoError(w.t, err)
	require.Equal(w.t, sum, got, "%v", limit)
}

// worldHold is a hold as the model knows it: what it moves, one move a leg, and what is left of that in proportion.
type worldHold struct {
	id      storage.ID[Held]
	date    date.Date
	expires time.Time
	left    []move
}

// heldMoves are what amounts held move: of each live account and currency.
func heldMoves(list []move, sign int64) (out []move) {
	for _, m := range list {
		x := move{liveKey: m.liveKey, date: m.date}
		if m.net < 0 {
			x.cr = sign * m.net
		} else {
			x.dr = sign * m.net
		}
		out = append(out, x)
	}
	return out
}

// tick moves the clock; what has expired does not count any more.
func (w *liveWorld) tick() {
	w.now = w.now.Add(time.Duration(w.rng.IntN(10)) * time.Minute)
	w.holds = slices.DeleteFunc(w.holds, func(h *worldHold) bool {
		over := !h.expires.IsZero() && !h.expires.After(w.now)
		if over {
			w.moved = append(w.moved, heldMoves(h.left, -1)...)
			_, err := w.b.PostHold(w.t.Context(), PostHold{Hold: h.id})
			require.ErrorIs(w.t, err, ErrHoldExpired)
			if w.rng.IntN(2) == 0 {
				require.NoError(w.t, w.b.expireHold(w.t.Context(), holds.Ref(h.id)))
			}
		}
		return over
	})
}

func (w *liveWorld) hold() {
	e := w.entry()
	cmd := Hold{Entry: e}
	if w.rng.IntN(3) > 0 {
		cmd.Expires = w.now.Add(time.Duration(1+w.rng.IntN(90)) * time.Minute)
	}
	h, err := w.b.Hold(w.t.Context(), cmd)
	list := movesOf(w.t, e)
	if !slices.ContainsFunc(list, func(m move) bool { return m.account != "bank" }) {
		require.ErrorIs(w.t, err, ErrNotLive)
		return
	}
	if w.did(err, heldMoves(list, 1)) {
		w.holds = append(w.holds, &worldHold{h.ID, e.Date, cmd.Expires, list})
	}
}

// end posts a hold, in full or in part, or gives it up.
func (w *liveWorld) end() {
	if len(w.holds) == 0 {
		return
	}
	i := w.rng.IntN(len(w.holds))
	h := w.holds[i]
	freed := heldMoves(h.left, -1)
	if w.rng.IntN(3) == 0 {
		_, err := w.b.VoidHold(w.t.Context(), VoidHold{Hold: h.id})
		require.NoError(w.t, err)
		w.moved = append(w.moved, freed...)
		w.holds = slices.Delete(w.holds, i, i+1)
		return
	}
	cmd := PostHold{Hold: h.id, Keep: w.rng.IntN(2) == 0}
	if w.rng.IntN(2) == 0 {
		cmd.Date = w.date()
	}
	if len(h.left) == 2 && w.rng.IntN(2) == 0 {
		n := 1 + w.rng.Int64N(max(h.left[0].net, -h.left[0].net))
		cmd.Amount, _ = money.Minor(h.left[0].currency, n)
	}
	posted, err := w.b.PostHold(w.t.Context(), cmd)
	var left, more []move
	for _, m := range h.left {
		part := m
		if units, _ := cmd.Amount.Minor(); units != 0 {
			if part.net = units; m.net < 0 {
				part.net = -units
			}
		}
		rest := m
		if rest.net -= part.net; rest.net != 0 && cmd.Keep {
			left = append(left, rest)
		}
		if !cmd.Date.IsZero() {
			part.date = cmd.Date
		}
		more = append(more, part)
	}
	more = append(append(more, freed...), heldMoves(left, 1)...)
	if w.did(err, more) {
		w.ids = append(w.ids, posted.ID)
		if h.left = left; len(left) == 0 {
			w.holds = slices.Delete(w.holds, i, i+1)
		}
	}
}

func (w *liveWorld) step() {
	ctx := w.t.Context()
	w.tick()
	switch w.rng.IntN(12) {
	case 8, 9:
		w.hold()
	case 10, 11:
		w.end()
	case 0:
		if len(w.ids) == 0 {
			return
		}
		id := w.ids[w.rng.IntN(len(w.ids))]
		old, err := w.b.Entry(ctx, id)
		require.NoError(w.t, err)
		if w.undid[id] {
			return
		}
		e := Entry{Date: w.date()}
		for _, l := range old.Legs {
			e.Legs = append(e.Legs, Leg{Account: l.Account, Amount: l.Amount.Neg()})
		}
		p, err := w.b.Reverse(ctx, Reverse{Entry: id, Date: e.Date})
		if w.did(err, movesOf(w.t, e)) {
			w.undid[id] = true
			w.ids = append(w.ids, p.ID)
		}
	case 1: // a batch, all or nothing
		before := len(w.moved)
		var list []Entry
		for range 1 + w.rng.IntN(4) {
			list = append(list, w.entry())
		}
		posted, err := w.b.Post(ctx, list...)
		for i, e := range list {
			if more := movesOf(w.t, e); w.breaks(more) {
				var limit *LimitError
				require.ErrorAs(w.t, err, &limit)
				require.Equal(w.t, i, limit.Entry)
				w.moved = w.moved[:before]
				return
			} else {
				w.moved = append(w.moved, more...)
			}
		}
		require.NoError(w.t, err)
		for _, p := range posted {
			w.ids = append(w.ids, p.ID)
		}
	default:
		e := w.entry()
		posted, err := w.b.Post(ctx, e)
		if w.did(err, movesOf(w.t, e)) {
			w.ids = append(w.ids, posted[0].ID)
		}
	}
}

// naive makes the tiers of a balance from a list, day by day.
func naive(list []move, at liveKey) map[int]string {
	days := map[date.Date]swing{}
	for _, m := range list {
		if m.liveKey == at {
			s := days[m.date]
			s.net, s.cr, s.dr = s.net+m.net, s.cr+m.cr, s.dr+m.dr
			days[m.date] = s
		}
	}
	sum := func(name func(date.Date) int, within func(date.Date) bool) (t tier) {
		sorted := slices.SortedFunc(maps.Keys(days), date.Date.Compare)
		for _, d := range sorted {
			s := days[d]
			if !within(d) || s.net == 0 && s.cr == 0 && s.dr == 0 {
				continue
			}
			if n := len(t); n == 0 || t[n-1].no != name(d) {
				t = append(t, swing{no: name(d), low: s.net + s.cr, top: s.net + s.dr})
			}
			x := &t[len(t)-1]
			x.net, x.cr, x.dr = x.net+s.net, x.cr+s.cr, x.dr+s.dr
			x.low, x.top = min(x.low, x.net+x.cr), max(x.top, x.net+x.dr)
		}
		return t
	}
	out := map[int]string{}
	put := func(name int, t tier) {
		if len(t) > 0 {
			out[name] = t.text()
		}
	}
	put(allYears, sum(date.Date.Year, func(date.Date) bool { return true }))
	for d := range days {
		put(d.Year(), sum(func(d date.Date) int { return monthOf(d) % 100 }, func(x date.Date) bool { return x.Year() == d.Year() }))
		put(monthOf(d), sum(date.Date.Day, func(x date.Date) bool { return monthOf(x) == monthOf(d) }))
	}
	return out
}

// check compares every stored tier with the naive ones, and what the books add up with the list.
func (w *liveWorld) check() {
	ctx := w.t.Context()
	for _, code := range []string{"floor", "corridor", "debits", "live"} {
		for _, cur := range []money.Currency{"EUR", "USD"} {
			w.checkBalance(liveKey{code, cur})
		}
	}
	require.NoError(w.t, w.db.Update(ctx, func(tx *storage.Tx) error { // who next has the lock takes out what has expired
		var all []move
		for code := range liveLimits {
			all = append(all, move{liveKey: liveKey{code, "EUR"}, date: w.date()})
		}
		l, err := lockLive(ctx, tx, all, nil)
		require.NoError(w.t, err)
		return l.save(ctx, tx)
	}))
	got := map[liveKey]map[int]string{}
	require.NoError(w.t, w.db.View(ctx, func(tx *storage.Tx) error {
		for s, err := range liveSpans.All(ctx, tx, storage.Query{}) {
			require.NoError(w.t, err)
			if s.Items == "" {
				continue
			}
			at := liveKey{s.Account, s.Currency}
			if got[at] == nil {
				got[at] = map[int]string{}
			}
			got[at][s.Span] = s.Items
			back, err := readTier(s.Items)
			require.NoError(w.t, err)
			require.Equal(w.t, s.Items, back.text())
		}
		return w.checkParts(ctx, tx)
	}))
	for _, code := range []string{"floor", "corridor", "debits", "live"} {
		for _, cur := range []money.Currency{"EUR", "USD"} {
			at := liveKey{code, cur}
			want := naive(w.moved, at)
			if len(want) == 0 {
				require.Empty(w.t, got[at])
				continue
			}
			require.Equal(w.t, want, got[at], "%v", at)
		}
	}
}

// checkBalance compares a balance at some day with what adds up to it.
func (w *liveWorld) checkBalance(at liveKey) {
	d := w.date()
	var sum swing
	for _, m := range w.moved {
		if m.liveKey == at && !m.date.After(d) {
			sum.net, sum.cr, sum.dr = sum.net+m.net, sum.cr+m.cr, sum.dr+m.dr
		}
	}
	want, err := liveBalance(&Account{Code: at.account, Type: Liability}, at.currency, d, sum, 2)
	require.NoError(w.t, err)
	got, err := w.b.LiveBalance(w.t.Context(), at.account, at.currency, d)
	require.NoError(w.t, err)
	require.Equal(w.t, want, got)
}

// checkParts compares the list with the parts, which are the truth.
func (w *liveWorld) checkParts(ctx context.Context, tx *storage.Tx) error {
	var fromParts []move
	for p, err := range parts.All(ctx, tx, storage.Query{}) {
		if err != nil {
			return err
		}
		fromParts = append(fromParts, move{liveKey: liveKey{p.Account, p.Currency}, date: p.Date, net: p.Amount})
	}
	sum := func(list []move) map[string]int64 {
		out := map[string]int64{}
		for _, m := range list {
			if m.net != 0 {
				out[fmt.Sprint(m.liveKey, m.date)] += m.net
			}
		}
		return out
	}
	require.Equal(w.t, sum(fromParts), sum(w.moved))
	return nil
}

func TestLiveBalancesEqualWhatTheirPartsAddUpTo(t *testing.T) {
	for _, seed := range []uint64{1, 2, rand.Uint64()} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newLiveWorld(t, seed)
			for i := range 250 {
				w.step()
				if i%25 == 24 {
					w.check()
				}
			}
			require.Greater(t, w.no, 10, "limits were met")
			for code := range liveLimits { // made anew they are the same
				require.NoError(t, w.b.relive(t.Context(), code))
			}
			w.check()
		})
	}
}

// relive makes the live balance of an account anew, if it has one.
func (b *Books) relive(ctx context.Context, account string) error {
	return b.s.Update(ctx, func(tx *storage.Tx) error {
		tx.SetValue(liveInTx{}, nil)
		h := &live{Account: account}
		found, err := lives.LoadLocked(ctx, tx, h)
		if err != nil || !found[0] {
			return err
		}
		_, err = rebuildLive(ctx, tx, h)
		return err
	})
}
