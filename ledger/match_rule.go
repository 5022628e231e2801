package ledger

import (
	"cmp"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// A stake is what an item brings into a match.
type stake struct {
	item  *item
	no    int   // its place in the command
	exact bool  // all of it is to be used
	left  int64 // not used yet; a debit if positive
}

// A planned pair of a match, with what the two sides were worth.
type planned struct {
	debit, credit           *item
	amount                  int64
	debitWorth, creditWorth int64
}

// A relief is what a discount or a write-off takes off an item: of the item's sign.
type relief struct {
	item     *item
	n, worth int64
}

// plan is what a match comes to.
type plan struct {
	on        date.Date
	pairs     []*planned
	discounts []relief
	writeOffs []relief
}

// pairUp settles debits with credits of one place, or with move of one currency: what must be used first, then what is due
// first.
func (p *plan) pairUp(stakes []*stake, move bool) {
	place := func(s *stake) itemPlace {
		if move {
			return itemPlace{currency: s.item.Currency}
		}
		return s.item.place()
	}
	order := slices.DeleteFunc(slices.Clone(stakes), func(s *stake) bool { return s.left == 0 })
	slices.SortStableFunc(order, func(a, b *stake) int {
		first := func(s *stake) int {
			if s.exact {
				return 0
			}
			return 1
		}
		return cmp.Or(place(a).compare(place(b)), first(a)-first(b), a.item.Due.Compare(b.item.Due),
			a.item.Date.Compare(b.item.Date), a.item.key().compare(b.item.key()))
	})
	for len(order) > 0 {
		n := 1
		for n < len(order) && place(order[n]) == place(order[0]) {
			n++
		}
		p.pairOne(order[:n])
		order = order[n:]
	}
}

// pairOne settles the items of one place.
func (p *plan) pairOne(list []*stake) {
	var debits, credits []*stake
	for _, s := range list {
		if s.left > 0 {
			debits = append(debits, s)
		} else {
			credits = append(credits, s)
		}
	}
	for len(debits) > 0 && len(credits) > 0 {
		d, c := debits[0], credits[0]
		n := min(d.left, -c.left)
		p.pairs = append(p.pairs, &planned{debit: d.item, credit: c.item, amount: n, debitWorth: d.item.take(n, p.on),
			creditWorth: c.item.take(-n, p.on)})
		if d.left -= n; d.left == 0 {
			debits = debits[1:]
		}
		if c.left += n; c.left == 0 {
			credits = credits[1:]
		}
	}
}

// discount grants a discount of so many units of a currency, if no more than that remains on the side that owes.
func (p *plan) discount(stakes []*stake, side func(*item) int64, c money.Currency, units int64) {
	var rest int64
	owing := func(s *stake) bool { return s.item.Currency == c && s.left*side(s.item) > 0 }
	for _, s := range stakes {
		if owing(s) {
			rest += int64(size(s.left))
		}
	}
	if rest > units {
		return
	}
	for _, s := range stakes {
		if owing(s) {
			p.discounts = append(p.discounts, s.relieve(p.on))
		}
	}
}

// writeOff gives up what remains, of one currency or of all, and answers how much of each.
func (p *plan) writeOff(stakes []*stake, only money.Currency) (units int64) {
	for _, s := range stakes {
		if s.left != 0 && (only == "" || s.item.Currency == only) {
			units += int64(size(s.left))
			p.writeOffs = append(p.writeOffs, s.relieve(p.on))
		}
	}
	return units
}

func (s *stake) relieve(on date.Date) relief {
	n := s.left
	s.left = 0
	return relief{item: s.item, n: n, worth: s.item.take(n, on)}
}

// loss is what a pair lost, or won if negative, for the different values of its sides. Where neither value passed through the
// exchange account there is nothing to correct.
func (p *planned) loss() int64 {
	if p.debit.Base == p.debit.Currency || !p.debit.Booked && !p.credit.Booked {
		return 0
	}
	return p.debitWorth + p.creditWorth
}
