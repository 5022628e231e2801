package journal

import (
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/date"
)

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

// An inventory is the positions of an account, in the order in which they came.
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
		v.list = append(v.list, pos)
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
	var matches []*position
	for _, pos := range v.list {
		k := pos.key
		if k.units == p.Amount.Commodity && k.price != nil && (want == nil || pos.price.Equal(*want)) &&
			(s.lotCurrency == nil || s.lotCurrency == k.price) && (lot.Date.IsZero() || lot.Date == k.at) &&
			(lot.Label == "" || lot.Label == k.label) {
			matches = append(matches, pos)
		}
	}
	fail := func(detail string) error { return r.faultAt(s.line, int(s.column), ErrLot, detail) }
	if len(matches) == 0 {
		return fail("none is like this")
	}
	left := p.Amount.Abs()
	switch r.bookingOf(p.Account) {
	case "FIFO":
		slices.SortStableFunc(matches, func(a, b *position) int { return a.key.at.Compare(b.key.at) })
	case "LIFO":
		slices.SortStableFunc(matches, func(a, b *position) int { return b.key.at.Compare(a.key.at) })
	default:
		var all Number
		for _, m := range matches {
			all = all.Add(m.units.Add(used[m]))
		}
		if len(matches) > 1 && !all.Add(p.Amount.Number).IsZero() {
			return fail("more than one is like this")
		}
	}
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
	n := s.all.quotient(p.Amount.Abs())
	if s.one != nil {
		n = n.Add(*s.one)
	}
	return &n
}

// interpolate fills in what one transaction leaves out, and checks that it balances.
func (r *reader) interpolate(t *Transaction, specs []beanSpec) error {
	within := r.opts.of(r.body, specs)
	s := &r.scratch
	s.reset()
	elided, open := -1, []int(nil)
	for i := range r.body {
		p, spec := &r.body[i], &specs[i]
		lotOpen := p.Extra != nil && p.Extra.Lot != nil && r.lotPrice(p, *spec) == nil
		switch {
		case p.flags&inferred != 0:
			if elided >= 0 {
				return r.faultAt(spec.line, int(spec.column), ErrElided, "")
			}
			elided = i
		case !spec.number, spec.price && (!spec.priceNumber || p.Extra.Cost.Amount.Commodity == nil) && p.Extra.Lot == nil, lotOpen,
			p.Extra != nil && p.Extra.Lot != nil && p.Extra.Lot.Price.Commodity == nil:
			open = append(open, i)
		default:
			w := p.Weight(Beancount)
			s.add(w.Commodity, w.Number)
		}
	}
	if err := r.interpolateOpen(open, specs, within); err != nil {
		return err
	}
	for i := range r.body {
		if e := r.body[i].Extra; e != nil && e.Cost != nil && !specs[i].priceNumber { // a price beside a lot that is left out tells nothing
			e.Cost = nil
		}
	}
	if elided >= 0 {
		for i := range s.list {
			s.list[i].n = within.quantize(s.list[i].c, s.list[i].n)
		}
		r.fill(elided, s.list)
		if p := &r.body[elided]; p.Amount.IsZero() { // nothing was left: the posting goes, as in beancount
			r.body = slices.Delete(r.body, elided, elided+1)
		}
		return nil
	}
	var left []sum
	for _, x := range s.list {
		if x.n.Abs().Cmp(within.get(x.c)) > 0 {
			left = append(left, x)
		}
	}
	if len(left) > 0 {
		return r.faultAt(t.line, 1, ErrUnbalanced, listed(left)+" too much")
	}
	return nil
}

// interpolateOpen fills in a missing number of units, of a price or of a lot's price, at most one in a currency.
func (r *reader) interpolateOpen(open []int, specs []beanSpec, within *tolerance) error {
	s := &r.scratch
	taken := map[*Commodity]bool{}
	for _, i := range open {
		p, spec := &r.body[i], &specs[i]
		fail := func(detail string) error { return r.faultAt(spec.line, int(spec.column), ErrElided, detail) }
		var c *Commodity
		switch {
		case spec.lotCurrency != nil:
			c = spec.lotCurrency
		case p.Extra != nil && p.Extra.Lot != nil:
		case spec.price:
			c = p.Extra.Cost.Amount.Commodity
		default:
			c = p.Amount.Commodity
		}
		if c == nil { // the only other currency that is not balanced yet
			for _, x := range s.list {
				if !x.n.IsZero() && !taken[x.c] {
					if c != nil {
						return fail("its currency is not clear")
					}
					c = x.c
				}
			}
			if c == nil {
				return fail("its currency is not clear")
			}
		}
		if taken[c] {
			return fail("")
		}
		taken[c] = true
		rest := s.get(c).Neg()
		e := p.Extra
		switch {
		case !spec.number && (e == nil || e.Lot == nil && e.Cost == nil):
			p.Amount.Number, spec.number = within.quantize(c, rest), true
		case !spec.number && (e.Lot != nil && spec.one != nil && spec.all == nil || e.Lot == nil && spec.priceNumber && !e.Cost.Total):
			price := e.priceOf(spec)
			if price.IsZero() {
				return fail("units at a price of nothing")
			}
			p.Amount.Number, spec.number = within.quantize(p.Amount.Commodity, rest.quotient(price)), true
			if e.Lot != nil {
				e.Lot.Price = Amount{price, c}
				if e.Lot.Date.IsZero() {
					e.Lot.Date = r.bookDate
				}
			}
		case !spec.number || p.Amount.IsZero():
			return fail("too much is left out")
		case e.Lot != nil:
			each := rest.quotient(p.Amount.Number)
			if r.lotPrice(p, *spec) != nil { // only the currency was missing
				each = *r.lotPrice(p, *spec)
			}
			if each.Sign() < 0 {
				return fail("the price of a lot would be below zero")
			}
			e.Lot.Price, spec.lotCurrency, spec.one, spec.all = Amount{each, c}, c, &each, nil
		default:
			if !spec.priceNumber {
				e.Cost.Amount.Number = rest.quotient(p.Amount.Number).Abs()
				if e.Cost.Total {
					e.Cost.Amount.Number = rest.Abs()
				}
			}
			e.Cost.Amount.Commodity, spec.priceNumber = c, true
		}
		w := p.Weight(Beancount)
		s.add(w.Commodity, w.Number)
	}
	return nil
}

// priceOf is the price of one that the weight is counted at.
func (e *PostingExtra) priceOf(s *beanSpec) Number {
	if e.Lot != nil {
		return *s.one
	}
	return e.Cost.Amount.Number
}

// tolerances are the options about them.
type tolerances struct {
	multiplier Number
	fallback   map[string]Number // by currency, "*" for all
	fromCost   bool
}

func newTolerances() tolerances { return tolerances{multiplier: small(5, 1)} }

// option takes note of one that matters here.
func (r *reader) option(name, value string, at int) error {
	number := func(s string) (Number, error) {
		x := lexer{s: strings.TrimSpace(s)}
		n, ok, err := r.beanNumber(&x)
		if err != nil || !ok || x.i < len(x.s) || n.Sign() < 0 {
			return n, r.fault(at, ErrSyntax, "not a number that is not negative: "+near(value))
		}
		return n, nil
	}
	var err error
	switch name {
	case "inferred_tolerance_multiplier", "tolerance_multiplier":
		r.opts.multiplier, err = number(value)
	case "inferred_tolerance_default":
		code, n, _ := strings.Cut(value, ":")
		if r.opts.fallback == nil {
			r.opts.fallback = map[string]Number{}
		}
		r.opts.fallback[strings.TrimSpace(code)], err = number(n)
	case "infer_tolerance_from_cost":
		r.opts.fromCost = strings.EqualFold(value, "true") || value == "1"
	case "name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses":
		letter := map[string]string{"name_assets": "A", "name_liabilities": "L", "name_equity": "E", "name_income": "R", "name_expenses": "X"}[name]
		for root, l := range r.roots {
			if l == letter {
				delete(r.roots, root)
			}
		}
		r.roots[value] = letter
	case "booking_method":
		switch value {
		case "STRICT", "FIFO", "LIFO", "NONE":
			r.booking = value
		default:
			err = r.fault(at, ErrDirective, "booking is STRICT, FIFO, LIFO or NONE, not "+near(value))
		}
	}
	return err
}

// tolerance is how far one transaction may be from zero.
type tolerance struct {
	of   map[*Commodity]Number
	opts *tolerances
}

// of infers it from the numbers that are given: half of the last decimal of the coarsest, none for whole numbers.
func (o *tolerances) of(list []Posting, specs []beanSpec) *tolerance {
	t := &tolerance{opts: o}
	set := func(c *Commodity, n Number) {
		if t.of == nil {
			t.of = map[*Commodity]Number{}
		}
		if n.Cmp(t.of[c]) > 0 {
			t.of[c] = n
		}
	}
	costs := map[*Commodity]Number{}
	for i := range list {
		p := &list[i]
		if !specs[i].number || p.Amount.scale() == 0 {
			continue
		}
		n := small(1, p.Amount.scale()).Mul(o.multiplier)
		set(p.Amount.Commodity, n)
		if !o.fromCost || p.Extra == nil {
			continue
		}
		var price Amount
		switch e := p.Extra; {
		case e.Lot != nil:
			price = e.Lot.Price
		case e.Cost != nil && !e.Cost.Total:
			price = e.Cost.Amount
		}
		if price.Commodity != nil {
			m := n.Mul(price.Abs())
			if half := small(5, 1); m.Cmp(half) > 0 {
				m = half
			}
			costs[price.Commodity] = costs[price.Commodity].Add(m)
		}
	}
	for _, p := range list {
		if e := p.Extra; e != nil {
			for _, c := range []*Commodity{lotCommodity(e), costCommodity(e)} {
				if n, ok := costs[c]; ok {
					set(c, n)
				}
			}
		}
	}
	return t
}

func lotCommodity(e *PostingExtra) *Commodity {
	if e.Lot == nil {
		return nil
	}
	return e.Lot.Price.Commodity
}

func costCommodity(e *PostingExtra) *Commodity {
	if e.Cost == nil {
		return nil
	}
	return e.Cost.Amount.Commodity
}

func (t *tolerance) get(c *Commodity) Number {
	if n, ok := t.of[c]; ok {
		return n
	}
	if n, ok := t.opts.fallback[c.Symbol]; ok {
		return n
	}
	return t.opts.fallback["*"]
}

// quantize rounds what is filled in to twice the tolerance's decimals, as beancount does.
func (t *tolerance) quantize(c *Commodity, n Number) Number {
	within := t.get(c)
	if within.IsZero() {
		return n
	}
	quantum := within.Add(within).trim(0)
	if quantum.scale() >= n.scale() || len(quantum.coef().String()) >= 5 {
		return n
	}
	return NumberOf(n.Decimal().RoundBank(quantum.scale()))
}
