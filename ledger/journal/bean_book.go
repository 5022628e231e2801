package journal

import (
	"iter"
	"slices"

	"github.com/tutas/tutas/ledger/date"
)

// maxLots bounds the lots that are looked at in all.
const maxLots = 1_000_000_000

// A lotKey tells positions of an account apart.
type lotKey struct {
	units, price *Commodity
	number       string // of the price, without zeros at the end
	at           date.Date
	label        string
}

// A position is what an account holds of a lot.
type position struct {
	key   lotKey
	units Number
	price Number
}

// An inventory is the positions of an account, by the dates of their lots, those of one date as they came.
type inventory struct {
	list []*position
	at   map[lotKey]*position
	// sign counts positions of a commodity above and below zero, those without a lot included.
	sign map[*Commodity]*[2]int
}

func newInventory() *inventory {
	return &inventory{at: map[lotKey]*position{}, sign: map[*Commodity]*[2]int{}}
}

func (v *inventory) count(c *Commodity, n Number, by int) {
	if v.sign[c] == nil {
		v.sign[c] = &[2]int{}
	}
	switch n.Sign() {
	case 1:
		v.sign[c][0] += by
	case -1:
		v.sign[c][1] += by
	}
}

// reducedBy reports whether units of the other sign are there.
func (v *inventory) reducedBy(a Amount) bool {
	s := v.sign[a.Commodity]
	return s != nil && (a.Sign() > 0 && s[1] > 0 || a.Sign() < 0 && s[0] > 0)
}

func keyOf(p *Posting) lotKey {
	k := lotKey{units: p.Amount.Commodity}
	if e := p.Extra; e != nil && e.Lot != nil {
		k.price, k.number, k.at, k.label = e.Lot.Price.Commodity, e.Lot.Price.Number.trim(0).String(), e.Lot.Date, e.Lot.Label
	}
	return k
}

func (v *inventory) add(p *Posting) {
	k := keyOf(p)
	pos := v.at[k]
	if pos == nil {
		pos = &position{key: k}
		if k.price != nil {
			pos.price = p.Extra.Lot.Price.Number
		}
		v.at[k] = pos
		at := len(v.list)
		for at > 0 && v.list[at-1].key.at.After(k.at) { // most lots come in the order of their dates
			at--
		}
		v.list = slices.Insert(v.list, at, pos)
	}
	v.count(k.units, pos.units, -1)
	pos.units = pos.units.Add(p.Amount.Number)
	v.count(k.units, pos.units, 1)
	if pos.units.IsZero() {
		delete(v.at, k)
		if i := slices.Index(v.list, pos); i >= 0 {
			v.list = slices.Delete(v.list, i, i+1)
		}
	}
}

// in goes through the positions in the order in which an account gives them up.
func (v *inventory) in(booking string) iter.Seq[*position] {
	if booking != "LIFO" {
		return slices.Values(v.list)
	}
	return func(yield func(*position) bool) {
		for end := len(v.list); end > 0; {
			from := end - 1
			for from > 0 && v.list[from-1].key.at == v.list[end-1].key.at {
				from--
			}
			for _, pos := range v.list[from:end] {
				if !yield(pos) {
					return
				}
			}
			end = from
		}
	}
}

// book matches reductions with lots, in the order of dates, and fills in what transactions leave out.
func (r *reader) book() error {
	held := map[*Account]*inventory{}
	for i := range r.entries {
		t := r.entries[i].t
		if t == nil {
			continue
		}
		r.file, r.bookDate = t.file, t.Date
		specs := r.specs[t]
		r.body = r.body[:0]
		var kept []beanSpec
		used := map[*position]Number{} // by postings of this transaction
		for k := range t.Postings {
			p, s := &t.Postings[k], specs[k]
			if err := r.bookOne(held[p.Account], p, s, t, used, &kept); err != nil {
				return err
			}
		}
		if err := r.interpolate(t, kept); err != nil {
			return err
		}
		if len(r.body) == len(t.Postings) {
			copy(t.Postings, r.body)
		} else {
			t.Postings = r.keep(r.body)
		}
		for k := range t.Postings {
			p := &t.Postings[k]
			if held[p.Account] == nil {
				held[p.Account] = newInventory()
			}
			held[p.Account].add(p)
		}
	}
	r.specs = nil
	return nil
}

// bookOne turns a posting into those that are booked.
func (r *reader) bookOne(v *inventory, p *Posting, s beanSpec, t *Transaction, used map[*position]Number, kept *[]beanSpec) error {
	keep := func(q Posting, s beanSpec) {
		r.body = append(r.body, q)
		*kept = append(*kept, s)
	}
	if p.Extra == nil || p.Extra.Lot == nil || !s.number {
		keep(*p, s)
		return nil
	}
	lot := p.Extra.Lot
	want := r.lotPrice(p, s)
	if r.bookingOf(p.Account) == "NONE" || v == nil || !v.reducedBy(p.Amount) {
		if lot.Date.IsZero() {
			lot.Date = t.Date
		}
		lot.Price.Commodity = s.lotCurrency
		if want != nil {
			lot.Price.Number = *want
		}
		keep(*p, s)
		return nil
	}
	fail := func(detail string) error { return r.faultAt(s.line, int(s.column), ErrLot, detail) }
	booking, left := r.bookingOf(p.Account), p.Amount.Abs()
	var matches []*position
	var all Number
	for pos := range v.in(booking) {
		if r.work++; r.work > maxLots {
			return r.faultAt(s.line, int(s.column), ErrTooLarge, "so many lots that finding them takes too long")
		}
		k := pos.key
		if k.units != p.Amount.Commodity || k.price == nil || want != nil && !pos.price.Equal(*want) ||
			s.lotCurrency != nil && s.lotCurrency != k.price || !lot.Date.IsZero() && lot.Date != k.at ||
			lot.Label != "" && lot.Label != k.label {
			continue
		}
		have := pos.units.Add(used[pos])
		if have.IsZero() {
			continue
		}
		matches, all = append(matches, pos), all.Add(have)
		if (booking == "FIFO" || booking == "LIFO") && have.Sign() == -p.Amount.Sign() {
			if left = left.Sub(have.Abs()); left.Sign() <= 0 {
				break // the rest is not needed
			}
		}
	}
	switch {
	case len(matches) == 0:
		return fail("none is like this")
	case booking != "FIFO" && booking != "LIFO" && len(matches) > 1 && !all.Add(p.Amount.Number).IsZero():
		return fail("more than one is like this")
	}
	left = p.Amount.Abs()
	first := true
	for _, m := range matches {
		have := m.units.Add(used[m])
		if have.Sign() == 0 || left.IsZero() || have.Sign() == p.Amount.Sign() {
			continue
		}
		n := have.Abs()
		if n.Cmp(left) > 0 {
			n = left
		}
		left = left.Sub(n)
		if p.Amount.Sign() < 0 {
			n = n.Neg()
		}
		used[m] = used[m].Add(n)
		q, e := *p, *p.Extra
		q.Amount.Number = n
		e.Lot = &Lot{Price: Amount{m.price, m.key.price}, Date: m.key.at, Label: m.key.label}
		if c := e.Cost; c != nil && c.Total && !n.Equal(p.Amount.Number) { // a total is of all parts
			e.Cost = &Cost{Amount: Amount{c.Amount.quotient(p.Amount.Abs()), c.Amount.Commodity}}
		}
		if !first {
			e.Tags, q.flags = nil, q.flags|further
		}
		q.Extra = &e
		first = false
		done := s
		done.one, done.lotCurrency = &m.price, m.key.price
		done.all = nil
		keep(q, done)
	}
	if !left.IsZero() {
		return fail("not enough is held")
	}
	return nil
}

// bookingOf is how an account matches lots.
func (r *reader) bookingOf(a *Account) string {
	if a.Booking != "" {
		return a.Booking
	}
	return r.booking
}

// lotPrice is the price of one that a posting asks for, nil if it leaves it open.
func (r *reader) lotPrice(p *Posting, s beanSpec) *Number {
	switch {
	case s.all == nil:
		return s.one
	case p.Amount.IsZero():
		return nil
	}
	total := *s.all
	if s.one != nil {
		total = total.Add(s.one.Mul(p.Amount.Abs())).rounded28()
	}
	n := total.quotient(p.Amount.Abs())
	return &n
}
