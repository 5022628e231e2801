package acceptance_test

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func content(e ledger.Entry) string { b, _ := json.Marshal(e); return string(b) }

// post posts entries in one call: what is known by its key is answered as before, the rest is judged in turn.
func (d *drill) post(name string, list ...ledger.Entry) []*jotting {
	d.Helper()
	want, kept := d.judge(list)
	out, codes := d.deed(name, want, func(b *ledger.Books) (any, error) { return b.Post(d.Context(), list...) })
	if key := list[0].Key; len(codes) > 0 {
		if kept && len(list) == 1 && key != "" {
			if len(want.all) > 0 {
				codes = want.all[:1] // the first names the whole
			}
			d.keys[key] = jottedKey{content: content(list[0]), codes: codes}
		}
		return nil
	}
	posted := out.([]ledger.Posted)
	require.Len(d, posted, len(list))
	all := make([]*jotting, len(list))
	for i, e := range list {
		if known, there := d.keys[e.Key]; e.Key != "" && there {
			require.Equal(d, known.posted, posted[i].ID, "a key answers what it answered")
			all[i] = d.at[known.posted]
			continue
		}
		all[i] = d.book(posted[i].ID, e.Date, e.Source, false, jotsOf(e))
		if e.Key != "" {
			d.keys[e.Key] = jottedKey{content: content(e), posted: posted[i].ID}
		}
		if len(list) == 1 { // the answer has the balances
			for _, l := range posted[i].Balances {
				want := d.live(spot{l.Account, l.Booked.Currency()}, e.Date)
				require.Equal(d, want, [3]int64{units(l.Booked), units(l.Held), units(l.Coming)}, "%+v", l)
			}
		}
	}
	return all
}

// judge says what becomes of a call, and whether a refusal is kept with the key.
func (d *drill) judge(list []ledger.Entry) (want verdict, kept bool) {
	for _, e := range list {
		early, _ := d.faults(e)
		want.all = append(want.all, early...)
	}
	if want.refuses() {
		return want, false
	}
	var fresh []ledger.Entry
	for _, e := range list {
		known, there := d.keys[e.Key]
		switch {
		case e.Key == "" || !there:
			fresh = append(fresh, e)
		case known.content != content(e):
			return exactly("key_reused"), false
		case len(known.codes) > 0:
			return exactly(known.codes...), false
		}
	}
	for _, e := range fresh {
		_, late := d.faults(e)
		want.all = append(want.all, late...)
	}
	if want.refuses() {
		return want, true
	}
	var before []swing
	for _, e := range fresh {
		more := swingsOf(e.Date, jotsOf(e))
		if want.oneOf = d.broken(before, more); want.refuses() {
			return want, true
		}
		before = append(before, more...)
	}
	return want, false
}

// again sends a command under a key that was used before, the same or another one.
func (d *drill) again(sent []ledger.Entry) {
	if len(sent) == 0 {
		return
	}
	e := sent[d.rng.IntN(len(sent))]
	if d.rng.IntN(3) == 0 {
		e.Text += "?"
	}
	d.post("again", e)
}

// reversible picks an entry that may be tried to be reversed: not a revaluation, nor the reversal of an item.
func (d *drill) reversible() *jotting {
	if len(d.entries) == 0 {
		return nil
	}
	j := d.entries[d.rng.IntN(len(d.entries))]
	if j.source.Kind == "ledger.revaluation" || j.reverses != nil && len(d.itemsOf(j)) > 0 {
		return nil
	}
	return j
}

// judgeReversal says what becomes of the reversal of an entry at a day.
func (d *drill) judgeReversal(j *jotting, on date.Date, source storage.Ref) (want verdict) {
	switch {
	case j.closing:
		return exactly("ledger.year_closed")
	case j.reversedBy != nil:
		return exactly("ledger.reversed")
	}
	if d.shut(on) {
		want.all = append(want.all, "ledger.closed_period")
	}
	for _, part := range j.jots {
		if part.account == "tmp" && !d.shutTmp.IsZero() && on.After(d.shutTmp) {
			want.all = append(want.all, "ledger.account_closed")
		}
		if part.account == "pay" && source.Kind != "purchase.bill" {
			want.all = append(want.all, "ledger.control")
		}
	}
	if !want.refuses() && d.matched(j) {
		return exactly("ledger.matched")
	}
	return want
}

func (d *drill) reverse() {
	j := d.reversible()
	if j == nil {
		return
	}
	cmd := ledger.Reverse{Entry: j.id, Why: "wrong", Key: d.key(), Source: pick(d.rng, storage.Ref{}, j.source)}
	on := j.date
	if d.rng.IntN(2) == 0 {
		cmd.Date = d.day()
		on = cmd.Date
	} else if d.shut(on) {
		on = d.today()
	}
	d.reverseAt("reverse", j, cmd, on)
}

func (d *drill) reverseAt(name string, j *jotting, cmd ledger.Reverse, on date.Date) {
	d.Helper()
	want := d.judgeReversal(j, on, cmd.Source)
	if !want.refuses() {
		want.oneOf = d.broken(nil, swingsOf(on, opposite(j.jots)))
	}
	out, codes := d.deed(name, want, func(b *ledger.Books) (any, error) { return b.Reverse(d.Context(), cmd) })
	if codes == nil {
		p := out.(ledger.Posted)
		require.Equal(d, on, p.Date)
		d.undo(j, p.ID, on, cmd.Source)
	}
}

func (d *drill) correct() {
	j := d.reversible()
	if j == nil {
		return
	}
	e := d.entry()
	e.Key = ""
	on := d.day()
	cmd := ledger.Correct{Entry: j.id, Date: on, Source: pick(d.rng, storage.Ref{}, j.source), Instead: e}
	early, late := d.faults(e)
	want := exactly(early...)
	if !want.refuses() {
		want = d.judgeReversal(j, on, cmd.Source)
	}
	if !want.refuses() {
		want = exactly(late...)
	}
	if !want.refuses() {
		want.oneOf = d.broken(nil, append(swingsOf(on, opposite(j.jots)), swingsOf(e.Date, jotsOf(e))...))
	}
	out, codes := d.deed("correct", want, func(b *ledger.Books) (any, error) { return b.Correct(d.Context(), cmd) })
	if codes == nil {
		both := out.(ledger.Correction)
		d.undo(j, both.Reversal.ID, on, cmd.Source)
		require.Equal(d, j.id, both.Instead.Corrects)
		d.book(both.Instead.ID, e.Date, e.Source, false, jotsOf(e))
	}
}

// learn writes down an entry that the books made by themselves, and answers its parts by place.
func (d *drill) learn(id entryID) (*jotting, map[spot]int64) {
	p, err := d.stands[0].books.Entry(d.Context(), id)
	require.NoError(d, err)
	var jots []jot
	sum := map[spot]int64{}
	for i, l := range p.Legs {
		for _, part := range l.Parts {
			at := spot{l.Account, l.Amount.Currency()}
			jots = append(jots, jot{spot: at, leg: i + 1, units: units(part.Amount), dims: part.Dims})
			sum[at] += units(part.Amount)
		}
	}
	return d.book(id, p.Date, p.Source, p.Closing, jots), sum
}

func (d *drill) hold() {
	e := d.entry()
	if e.Key = d.key(); e.Exchange != "" || len(e.Legs) > 2 {
		return
	}
	cmd := ledger.Hold{Entry: e}
	if d.rng.IntN(3) > 0 {
		cmd.Expires = d.now.Add(time.Duration(1+d.rng.IntN(60)) * pick(d.rng, time.Second, time.Minute, time.Hour))
	}
	early, late := d.faults(e)
	want := exactly(slices.Concat(early, late)...)
	var left []int64
	live := false
	for _, l := range e.Legs {
		left = append(left, units(l.Amount))
		live = live || plainChart[l.Account].isLive()
	}
	if !want.refuses() && !live {
		want = exactly("ledger.not_live")
	}
	if !want.refuses() {
		want.oneOf = d.broken(nil, claimsOf(e, left, 1))
	}
	out, codes := d.deed("hold", want, func(b *ledger.Books) (any, error) { return b.Hold(d.Context(), cmd) })
	if codes == nil {
		d.holds = append(d.holds, &jottedHold{id: out.(*ledger.Held).ID, entry: e, expires: cmd.Expires, left: left, state: ledger.HoldOpen})
	}
}

// endHold posts a hold, in full or in part, or voids it.
func (d *drill) endHold() {
	if len(d.holds) == 0 {
		return
	}
	h := d.holds[len(d.holds)-1-d.rng.IntN(min(6, len(d.holds)))]
	want := map[ledger.HoldState]verdict{ledger.HoldPosted: exactly("ledger.hold_over"), ledger.HoldVoid: exactly("ledger.hold_over"),
		ledger.HoldExpired: exactly("ledger.hold_expired")}[h.state]
	if d.rng.IntN(3) == 0 {
		_, codes := d.deed("void", want, func(b *ledger.Books) (any, error) { return b.VoidHold(d.Context(), ledger.VoidHold{Hold: h.id}) })
		if codes == nil {
			h.state = ledger.HoldVoid
		}
		return
	}
	cmd := ledger.PostHold{Hold: h.id, Keep: d.rng.IntN(2) == 0}
	e := h.entry
	if d.rng.IntN(2) == 0 {
		cmd.Date = d.day()
		e.Date = cmd.Date
	} else if d.shut(e.Date) {
		e.Date = d.today()
	}
	e.Legs = slices.Clone(e.Legs)
	rest := slices.Clone(h.left)
	part := max(h.left[0], -h.left[0])
	if d.rng.IntN(2) == 0 {
		part = 1 + d.rng.Int64N(part+part/8+1)
		cmd.Amount = amountOf(e.Legs[0].Amount.Currency(), part)
	}
	for i := range e.Legs {
		n := part
		if h.left[i] < 0 {
			n = -part
		}
		e.Legs[i].Amount = amountOf(e.Legs[i].Amount.Currency(), n)
		if rest[i] -= n; !cmd.Keep {
			rest[i] = 0
		}
	}
	if !want.refuses() && part > max(h.left[0], -h.left[0]) {
		want = exactly("ledger.hold_left")
	}
	if !want.refuses() {
		_, late := d.faults(e)
		want = exactly(late...)
	}
	if !want.refuses() {
		more := slices.Concat(swingsOf(e.Date, jotsOf(e)), h.claims(-1), claimsOf(h.entry, rest, 1))
		want.oneOf = d.broken(nil, more)
	}
	out, codes := d.deed("post hold", want, func(b *ledger.Books) (any, error) { return b.PostHold(d.Context(), cmd) })
	if codes == nil {
		d.book(out.(ledger.Posted).ID, e.Date, e.Source, false, jotsOf(e))
		if h.left = rest; rest[0] == 0 {
			h.state = ledger.HoldPosted
		}
	}
}
