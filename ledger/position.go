package ledger

import (
	"cmp"
	"slices"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A position is what an account holds of a foreign currency, and what that stands for in base currency, in minor units.
type position struct {
	amount int64
	// booked is the value of the amount at its average cost.
	booked int64
	// carried sums the values at which amounts came and went.
	carried int64
	// lastAmount and lastValue are what last lessened it.
	lastAmount, lastValue int64
}

// positions values what accounts hold in foreign currencies, entry by entry in the order of the books.
//
// What an entry's legs are worth is told by its legs on the exchange account; where it has none, by the rate of its day, or,
// where accounts merely pass an amount on, by what it was worth before. Amounts that come in add their value; those that go
// out take their part of what is booked, at the average. The difference between that and their own value is won or lost for
// good; what of it has not been taken to gains and losses yet is the residue. What a match took beyond that is in what is
// booked, see realise.
type positions struct {
	base     money.Currency
	exchange string
	tracked  func(account string) bool
	at       map[place]*position
	residue  int64 // a debit of the exchange account that lacks: a gain if positive
	// realised is what matches took, by entry; settled is what the entries read so far did.
	realised map[storage.ID[Posted]][]realisation
	settled  map[storage.ID[Posted]]*settling
}

func newPositions(base money.Currency, exchange string, tracked func(string) bool) *positions {
	return &positions{base: base, exchange: exchange, tracked: tracked, at: map[place]*position{},
		realised: map[storage.ID[Posted]][]realisation{}, settled: map[storage.ID[Posted]]*settling{}}
}

// valuedLeg is a leg in foreign currency.
type valuedLeg struct {
	at     place
	amount int64
	value  int64
	known  bool
}

// passing is what an entry moves through the exchange account.
type passing struct {
	of    map[money.Currency]int64 // foreign amounts
	base  int64
	pairs []passed
}

// passed is a foreign amount on the exchange account that is followed by its value.
type passed struct {
	currency      money.Currency
	amount, value int64
}

// convert values units of a currency in base currency at the rate of an entry's day.
type convert func(c money.Currency, units int64) (int64, error)

// enter adds an entry: its rows by leg and part.
func (p *positions) enter(rows []*part, rate convert) error {
	legs, through := p.read(rows)
	if len(legs) == 0 {
		p.realise(rows[0].Entry, through.base)
		return nil
	}
	before, done := p.residue, &settling{no: len(p.settled)}
	if len(through.of) > 0 {
		if err := through.share(legs, rate); err != nil {
			return err
		}
	}
	for _, l := range legs {
		if !l.known {
			done.passed = append(done.passed, passedOn{l.at, l.amount})
		}
	}
	// What goes out without a value of its own takes what it is booked at along, so it comes first.
	slices.SortStableFunc(legs, func(a, b *valuedLeg) int { return cmp.Compare(p.rank(a), p.rank(b)) })
	for i, l := range legs {
		if !l.known {
			if err := p.guess(legs[i:], l, rate); err != nil {
				return err
			}
		}
		p.residue += p.move(l)
	}
	p.residue -= through.base
	done.residue, p.settled[rows[0].Entry] = p.residue-before, done
	return nil
}

func (p *positions) read(rows []*part) (legs []*valuedLeg, t passing) {
	t.of = map[money.Currency]int64{}
	var last *part
	for _, r := range rows {
		switch {
		case r.Account == p.exchange && r.Currency == p.base:
			if t.base += r.Amount; last != nil {
				t.pairs = append(t.pairs, passed{last.Currency, -last.Amount, r.Amount})
			}
			last = nil
		case r.Account == p.exchange:
			t.of[r.Currency] += r.Amount
			last = r
		case r.Currency != p.base:
			legs = append(legs, &valuedLeg{at: place{account: r.Account, currency: r.Currency}, amount: r.Amount})
			last = nil
		default:
			last = nil
		}
	}
	return legs, t
}

// share gives legs whose currency passes through the exchange account their values, which sum to what passes.
func (t *passing) share(legs []*valuedLeg, rate convert) error {
	if t.paired(legs) {
		return nil
	}
	var order []money.Currency
	sums := map[money.Currency]int64{}
	for _, l := range legs {
		if t.of[l.at.currency] == 0 {
			continue
		}
		if !slices.Contains(order, l.at.currency) {
			order = append(order, l.at.currency)
		}
		sums[l.at.currency] += l.amount
	}
	values := map[money.Currency]int64{}
	if len(order) == 1 {
		values[order[0]] = t.base
	} else if err := t.divide(order, sums, values, rate); err != nil {
		return err
	}
	upto := map[money.Currency]int64{}
	given := map[money.Currency]int64{}
	for _, l := range legs {
		c := l.at.currency
		if t.of[c] == 0 || sums[c] == 0 {
			continue
		}
		upto[c] += l.amount
		to := proportion(upto[c], values[c], sums[c])
		l.value, l.known = to-given[c], true
		given[c] = to
	}
	return nil
}

// divide divides what passes in base currency among several foreign ones: by the rates of the day, so that they sum to it
// where all of them pass in its direction.
func (t *passing) divide(order []money.Currency, sums, values map[money.Currency]int64, rate convert) error {
	var total int64
	together := true
	for _, c := range order {
		v, err := rate(c, sums[c])
		if err != nil {
			return err
		}
		values[c], total = v, total+v
		together = together && v != 0 && (v > 0) == (t.base > 0)
	}
	if !together || total == 0 || t.base == 0 {
		return nil
	}
	var upto, given int64
	for _, c := range order {
		upto += values[c]
		to := proportion(upto, t.base, total)
		values[c], given = to-given, to
	}
	return nil
}

// paired takes values from the exchange account leg by leg, where each leg has its own there.
func (t *passing) paired(legs []*valuedLeg) bool {
	if len(t.pairs) != len(legs) || len(legs) == 1 {
		return false
	}
	for i, l := range legs {
		if t.pairs[i].currency != l.at.currency || t.pairs[i].amount != l.amount {
			return false
		}
	}
	for i, l := range legs {
		l.value, l.known = t.pairs[i].value, true
	}
	return true
}

// rank puts legs that lessen what their account holds before those that take it over.
func (p *positions) rank(l *valuedLeg) int {
	if !l.known && p.lessens(l) {
		return 0
	}
	return 1
}

func (p *positions) lessens(l *valuedLeg) bool {
	at := p.at[l.at]
	return p.tracked(l.at.account) && at != nil && at.amount != 0 && (at.amount > 0) != (l.amount > 0) &&
		abs(l.amount) <= abs(at.amount)
}

// guess values a leg that does not pass through the exchange account, and with it the others of its currency: where all of
// them are tracked and something is only passed on, at what it was booked for, else at the rate of the day.
func (p *positions) guess(rest []*valuedLeg, first *valuedLeg, rate convert) error {
	var out, in int64
	passedOn := true
	for _, l := range rest {
		if l.known || l.at.currency != first.at.currency {
			continue
		}
		passedOn = passedOn && p.tracked(l.at.account)
		if p.lessens(l) {
			out += l.amount
		} else {
			in += l.amount
		}
	}
	if !passedOn || out == 0 || out+in != 0 {
		for _, l := range rest {
			if !l.known && l.at.currency == first.at.currency {
				v, err := rate(l.at.currency, l.amount)
				if err != nil {
					return err
				}
				l.value, l.known = v, true
			}
		}
		return nil
	}
	var value int64
	taken := map[place]position{}
	for _, l := range rest {
		if l.known || l.at.currency != first.at.currency || !p.lessens(l) {
			continue
		}
		at, ok := taken[l.at]
		if !ok {
			at = *p.at[l.at]
		}
		l.value = proportion(l.amount, at.booked, at.amount)
		at.booked, at.amount = at.booked+l.value, at.amount+l.amount
		taken[l.at] = at
		value -= l.value
	}
	var upto, given int64
	for _, l := range rest {
		if l.known || l.at.currency != first.at.currency {
			continue
		}
		if !p.lessens(l) {
			upto += l.amount
			to := proportion(upto, value, in)
			l.value, given = to-given, to
		}
	}
	for _, l := range rest {
		l.known = l.known || l.at.currency == first.at.currency
	}
	return nil
}

// move moves a leg's amount, and answers by how much what is booked changes.
func (p *positions) move(l *valuedLeg) (booked int64) {
	if !p.tracked(l.at.account) {
		return l.value
	}
	at := p.at[l.at]
	if at == nil {
		at = &position{}
		p.at[l.at] = at
	}
	before := at.booked
	switch {
	case at.amount == 0 || (at.amount > 0) == (l.amount > 0):
		at.booked += l.value
	case abs(l.amount) <= abs(at.amount):
		at.booked += proportion(l.amount, at.booked, at.amount)
		at.lastAmount, at.lastValue = l.amount, l.value
	default: // it turns to the other side
		at.booked = l.value - proportion(-at.amount, l.value, l.amount)
		at.lastAmount, at.lastValue = l.amount, l.value
	}
	at.amount += l.amount
	at.carried += l.value
	return at.booked - before
}

// places lists what is held, or carries a value, in order.
func (p *positions) places() []place {
	list := make([]place, 0, len(p.at))
	for at, x := range p.at {
		if x.amount != 0 || x.carried != 0 {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, comparePlaces)
	return list
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
