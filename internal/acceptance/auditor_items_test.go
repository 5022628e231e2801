package acceptance_test

import (
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func (i *jottedItem) key() ledger.ItemKey { return ledger.ItemKey{Entry: i.entry.id, Leg: i.leg} }

// match tries to settle two items in euro with one another.
func (d *drill) match() {
	var list []*jottedItem
	for _, i := range d.items {
		if i.currency == "EUR" && (d.open(i, date.Date{}) != 0 || d.rng.IntN(8) == 0) {
			list = append(list, i)
		}
	}
	if len(list) < 2 {
		return
	}
	at := d.rng.Perm(len(list))
	a, b := list[at[0]], list[at[1]]
	for _, n := range at[1:] { // rather two that fit
		if c := list[n]; (c.units > 0) != (a.units > 0) && c.dims.Customer == a.dims.Customer {
			b = c
			break
		}
	}
	openA, openB := d.open(a, date.Date{}), d.open(b, date.Date{})
	n := min(max(openA, -openA), max(openB, -openB))
	cmd := ledger.Match{Date: later(d.today(), later(a.since, b.since)), Items: []ledger.MatchItem{{Item: a.key()}, {Item: b.key()}}}
	asked := int64(0)
	if d.rng.IntN(2) == 0 {
		asked = 1 + d.rng.Int64N(n+n/8+1)
		cmd.Items[0].Amount = amountOf("EUR", asked)
	}
	var want verdict
	if d.shut(cmd.Date) {
		want.all = append(want.all, "ledger.closed_period")
	}
	if asked > max(openA, -openA) {
		want.all = append(want.all, "ledger.over_matched")
	}
	fits := a.dims.Customer == b.dims.Customer && (a.units > 0) != (b.units > 0)
	if !want.refuses() && (!fits || n == 0 || asked > n) {
		want = exactly("ledger.no_counterpart")
	}
	if asked > 0 {
		n = asked
	}
	if a.units < 0 {
		a, b = b, a
	}
	d.matchThem("match", want, cmd, a, b, n)
}

func (d *drill) matchThem(name string, want verdict, cmd ledger.Match, debit, credit *jottedItem, n int64) *ledger.Matched {
	out, codes := d.deed(name, want, func(b *ledger.Books) (any, error) { return b.Match(d.Context(), cmd) })
	if codes != nil {
		return nil
	}
	m := out.(*ledger.Matched)
	require.Len(d, m.Pairs, 1)
	require.Equal(d, n, units(m.Pairs[0].Amount))
	d.matches = append(d.matches, &jottedMatch{id: m.ID, debit: debit, credit: credit, units: n, on: cmd.Date})
	return m
}

// pay pays an item in dollars at another rate, and matches the two: what the rate has won or lost is posted.
func (d *drill) pay() {
	for _, i := range d.items {
		if i.currency != "USD" || d.open(i, date.Date{}) != i.units || i.entry.reverses != nil {
			continue
		}
		booked := int64(0)
		for _, part := range i.entry.jots {
			if part.account == ledger.Exchange && part.currency == "EUR" {
				booked += part.units
			}
		}
		value := booked + d.rng.Int64N(2_000) - 1_000
		if booked == 0 || (value > 0) != (booked > 0) {
			continue
		}
		dims := ledger.Dims{Customer: i.dims.Customer}
		list := d.post("payment", ledger.Entry{Date: d.today(), Exchange: ledger.Exchange, Legs: []ledger.Leg{
			{Account: "bank", Amount: amountOf("EUR", value)}, {Account: "rec", Amount: amountOf("USD", -i.units), Dims: dims}}})
		if list == nil {
			return
		}
		paid := d.itemsOf(list[0])[0]
		cmd := ledger.Match{Date: later(d.today(), i.since), Items: []ledger.MatchItem{{Item: i.key()}, {Item: paid.key()}}}
		debit, credit, n := i, paid, i.units
		if n < 0 {
			debit, credit, n = paid, i, -n
		}
		var want verdict
		if d.shut(cmd.Date) {
			want = exactly("ledger.closed_period")
		}
		m := d.matchThem("match payment", want, cmd, debit, credit, n)
		if m == nil {
			return
		}
		lost := booked - value
		if lost == 0 {
			require.True(d, m.Exchanged.IsZero())
			return
		}
		posted, sum := d.learn(m.Exchanged)
		d.matches[len(d.matches)-1].posted = posted
		at := spot{ledger.ExchangeLosses, "EUR"}
		if lost < 0 {
			at.account = ledger.ExchangeGains
		}
		require.Equal(d, map[spot]int64{{ledger.Exchange, "EUR"}: -lost, at: lost}, sum)
		require.Equal(d, cmd.Date, posted.date)
		return
	}
}

func (d *drill) unmatch() {
	if len(d.matches) == 0 {
		return
	}
	d.unmatchIt(d.matches[d.rng.IntN(len(d.matches))])
}

func (d *drill) unmatchIt(m *jottedMatch) {
	if m.reversal { // it has no name that we know
		return
	}
	cmd := ledger.Unmatch{Match: m.id, Date: later(d.today(), m.on)}
	var want verdict
	switch {
	case !m.until.IsZero():
		want = exactly("ledger.unmatched")
	case d.shut(cmd.Date):
		want = exactly("ledger.closed_period")
	}
	out, codes := d.deed("unmatch", want, func(b *ledger.Books) (any, error) {
		m, err := b.Unmatch(d.Context(), cmd)
		return m, err
	})
	if codes != nil {
		return
	}
	require.Equal(d, cmd.Date, out.(*ledger.Matched).Undone)
	m.until = cmd.Date
	for _, i := range []*jottedItem{m.debit, m.credit} {
		i.since = later(i.since, cmd.Date)
	}
	if m.posted != nil && m.posted.reversedBy == nil {
		p, err := d.stands[0].books.Entry(d.Context(), m.posted.id)
		require.NoError(d, err)
		d.undo(m.posted, p.ReversedBy, cmd.Date, storage.Ref{})
	}
}

// revalue posts what the rates of a day make of all amounts in foreign currencies. The auditor does not know what each is
// booked at, but all together are booked at what the exchange account holds in euro.
func (d *drill) revalue() {
	on := date.Must(2026, 1, 31).AddMonths(d.rng.IntN(8)).EndOfMonth()
	undone := on.AddDays(1)
	if d.shut(on) || d.shut(undone) {
		return
	}
	out, _ := d.deed("revalue", verdict{}, func(b *ledger.Books) (any, error) {
		return b.Revalue(d.Context(), ledger.Revalue{Date: on})
	})
	v := out.(*ledger.Revaluation)
	var own []*jotting
	for _, j := range d.entries {
		if j.source != ledger.RevaluationRef(on) {
			own = append(own, j)
		}
	}
	held := d.total(own, date.Period{To: on}, true)
	worth := int64(0)
	for at, s := range held {
		typ := plainChart[at.account].typ
		if at.currency != "EUR" && (typ == ledger.Asset || typ == ledger.Liability) {
			worth += d.inEuro(at.currency, s.debit-s.credit)
		}
	}
	booked := held[spot{ledger.Exchange, "EUR"}]
	require.Equal(d, worth-(booked.debit-booked.credit), units(v.Gain)+units(v.Residue), "gain and residue on %s", on)
	for _, id := range v.Entries {
		if d.at[id] != nil {
			continue
		}
		j, _ := d.learn(id)
		require.Equal(d, on, j.date)
		p, err := d.stands[0].books.Entry(d.Context(), id)
		require.NoError(d, err)
		d.undo(j, p.ReversedBy, undone, storage.Ref{})
	}
	posted := int64(0)
	for _, j := range d.entries {
		if j.source == ledger.RevaluationRef(on) && j.reverses == nil {
			for _, part := range j.jots {
				if part.account == ledger.Exchange {
					posted += part.units
				}
			}
		}
	}
	require.Equal(d, units(v.Gain), posted, "what is posted for %s comes to its gain", on)
}

// plainRates are what a unit of a currency costs: so many minor units of euro for so many of it.
var plainRates = map[money.Currency][2]int64{"USD": {91, 100}, "JPY": {3, 5}, "KWD": {3, 10}}

// inEuro rounds half away from zero.
func (d *drill) inEuro(c money.Currency, n int64) int64 {
	r, sign := plainRates[c], int64(1)
	if n < 0 {
		n, sign = -n, -1
	}
	return sign * ((2*n*r[0] + r[1]) / (2 * r[1]))
}
