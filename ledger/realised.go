package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A realisation is what a match took to gains or losses for one pair of items, or gave back when it was undone.
type realisation struct {
	debit, credit storage.ID[Posted] // whose items they are
	account       string
	currency      money.Currency
	gain          int64
	undone        bool
}

// taken is by how much it debits the exchange account.
func (r *realisation) taken() int64 {
	if r.undone {
		return -r.gain
	}
	return r.gain
}

// settling is an entry in foreign currency, as far as it may have settled an item.
type settling struct {
	no int // in the order of the books
	// residue is what it left there to be taken to gains and losses, used what matches have taken of that.
	residue, used int64
	// passed are its legs that had no value of their own.
	passed []passedOn
}

type passedOn struct {
	at     place
	amount int64
}

// realise adds an entry that moves nothing but value in base currency between the exchange account and gains or losses. What
// a match took counts as what its payment was worth: where the payment did not leave it as a residue, the account that the
// money came to, or went from, takes it into what it is booked at, so that no revaluation takes it again.
func (p *positions) realise(id storage.ID[Posted], base int64) {
	for i := range p.realised[id] {
		r := &p.realised[id][i]
		base -= r.taken()
		p.residue += p.carry(r) - r.taken()
	}
	p.residue -= base
}

// carry answers how much of a realisation it brought into what is booked.
func (p *positions) carry(r *realisation) (booked int64) {
	s, debit := p.settled[r.credit], false
	if d := p.settled[r.debit]; d != nil && (s == nil || d.no > s.no) {
		s, debit = d, true
	}
	if s == nil {
		return 0
	}
	left := r.gain
	if r.undone {
		n := within(left, s.used)
		s.used, s.residue, left = s.used-n, s.residue+n, n-left
	} else {
		n := within(left, s.residue)
		s.used, s.residue, left = s.used+n, s.residue-n, left-n
	}
	var others []passedOn
	for _, l := range s.passed {
		if l.at.currency == r.currency && (l.amount > 0) != debit {
			others = append(others, l)
		}
	}
	booked = p.spread(left, others)
	if len(others) == 0 {
		booked = p.put(left, passedOn{at: place{account: r.account, currency: r.currency}})
	}
	if left -= booked; left == within(left, p.residue) { // it left again, at its value
		return booked
	}
	left -= within(left, p.residue)
	var all []passedOn
	for _, at := range p.places() {
		if at.currency == r.currency {
			all = append(all, passedOn{at, p.at[at].amount})
		}
	}
	return booked + p.spread(left, all)
}

// spread divides units by amounts among the places that they came to, as far as these still have them.
func (p *positions) spread(units int64, list []passedOn) (booked int64) {
	var total, upto, given int64
	for _, l := range list {
		total += abs(l.amount)
	}
	for _, l := range list {
		upto += abs(l.amount)
		to := proportion(upto, units, total)
		booked, given = booked+p.put(to-given, l), to
	}
	return booked
}

func (p *positions) put(units int64, l passedOn) int64 {
	at := p.at[l.at]
	if at == nil || at.amount == 0 {
		return 0
	}
	if (at.amount > 0) == (l.amount > 0) && abs(at.amount) < abs(l.amount) {
		units = proportion(at.amount, units, l.amount)
	}
	at.booked, at.carried = at.booked+units, at.carried+units
	return units
}

// within is what of a number lies between zero and a limit.
func within(n, limit int64) int64 {
	if n > 0 {
		return max(0, min(n, limit))
	}
	return min(0, max(n, limit))
}

// realisations finds what matches took with entries, or gave back with their reversals.
func realisations(ctx context.Context, tx *storage.Tx, list []*Posted, into map[storage.ID[Posted]][]realisation) error {
	by := map[storage.ID[Posted]][]*Posted{}
	var ids []storage.ID[Posted]
	for _, p := range list {
		id := p.ID
		if !p.Reverses.IsZero() {
			id = p.Reverses
		}
		if by[id] == nil {
			ids = append(ids, id)
		}
		by[id] = append(by[id], p)
	}
	if len(ids) == 0 {
		return nil
	}
	made, err := collect(matches.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.In("exchanged", ids...)}}))
	if err != nil {
		return err
	}
	for _, m := range made {
		rows, err := pairsOf(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		origin := m.origins(rows)
		for _, v := range rows {
			gain := -v.DebitWorth - v.CreditWorth
			if gain == 0 {
				continue
			}
			for _, p := range by[m.Exchanged] {
				into[p.ID] = append(into[p.ID], realisation{debit: origin(v.Debit), credit: origin(v.Credit), account: v.Account,
					currency: v.Currency, gain: gain, undone: !p.Reverses.IsZero()})
			}
		}
	}
	return nil
}

// origins tells of which entry an item is that the match may have moved: its second leg stands for what the one before settles.
func (m *Matched) origins(rows []*pair) func(ItemKey) storage.ID[Posted] {
	from := map[int]storage.ID[Posted]{}
	for _, v := range rows {
		if v.Debit.Entry == m.Moved && v.Credit.Entry != m.Moved {
			from[v.Debit.Leg] = v.Credit.Entry
		} else if v.Credit.Entry == m.Moved && v.Debit.Entry != m.Moved {
			from[v.Credit.Leg] = v.Debit.Entry
		}
	}
	return func(k ItemKey) storage.ID[Posted] {
		if id, moved := from[k.Leg-1]; k.Entry == m.Moved && moved {
			return id
		}
		return k.Entry
	}
}
