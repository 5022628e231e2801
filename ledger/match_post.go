package ledger

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A transfer brings an amount of an item to another place.
type transfer struct {
	item     *item
	to       itemPlace
	n, worth int64 // of the item's sign
	pairs    []*planned
}

// moves lists what has to be moved so that the two sides of each pair meet.
func (m *matching) moves() (list []*transfer) {
	meet := m.items[0].place()
	type way struct {
		item *item
		to   itemPlace
	}
	known := map[way]*transfer{}
	add := func(p *planned, i *item, to itemPlace, n, worth int64) {
		to.currency = i.Currency
		if i.place() == to {
			return
		}
		w := known[way{i, to}]
		if w == nil {
			w = &transfer{item: i, to: to}
			known[way{i, to}], list = w, append(list, w)
		}
		w.n, w.worth, w.pairs = w.n+n, w.worth+worth, append(w.pairs, p)
	}
	for _, p := range m.plan.pairs {
		d, c := p.debit.place(), p.credit.place()
		if d == c {
			continue
		}
		to := d
		if here := meet; here.account == c.account && here.party == c.party {
			to = c
		}
		add(p, p.debit, to, p.amount, p.debitWorth)
		add(p, p.credit, to, -p.amount, p.creditWorth)
	}
	return list
}

// A poster collects the legs of an entry of a match, those on the exchange account last.
type poster struct {
	m      *matching
	legs   []Leg
	opens  []*item // what the leg's item settles or stands for; nil where it has none
	passed []money.Amount
	err    error
}

func (p *poster) amount(c money.Currency, n int64) money.Amount {
	a, err := p.m.rules.amount(c, n)
	if err != nil {
		p.err = err
	}
	return a
}

// open adds a leg at a place, with what it is worth.
func (p *poster) open(at itemPlace, like *item, n, value int64) {
	further := p.m.cmd.Dims
	further.Customer, further.Supplier, further.Person = "", "", ""
	p.legs = append(p.legs, Leg{Account: at.account, Amount: p.amount(at.currency, n), Due: like.Due, worth: &worth{like.Base, value},
		Dims: at.party.Dims().Or(further)})
	p.opens = append(p.opens, like)
}

// add adds a leg, unless it is of nothing.
func (p *poster) add(account string, a money.Amount, d Dims) {
	if !a.IsZero() {
		p.legs, p.opens = append(p.legs, Leg{Account: account, Amount: a, Dims: d}), append(p.opens, nil)
	}
}

// pass notes what passes through the exchange account.
func (p *poster) pass(a money.Amount) {
	for i, sum := range p.passed {
		if sum.Currency() == a.Currency() {
			p.passed[i], _ = sum.Add(a)
			return
		}
	}
	p.passed = append(p.passed, a)
}

// relieve adds the legs of a relief: off the item, and in base currency where it has a value there, onto other accounts.
func (p *poster) relieve(r relief, costs func(total money.Amount, party Dims) ([]Leg, error)) {
	p.open(r.item.place(), r.item, -r.n, -r.worth)
	total := p.amount(r.item.Base, r.worth)
	if r.item.Base != r.item.Currency {
		p.pass(p.amount(r.item.Currency, r.n))
		p.pass(total.Neg())
	}
	legs, err := costs(total, Party{r.item.Dimension, r.item.Party}.Dims())
	if err != nil {
		p.err = err
	}
	for _, l := range legs {
		p.add(l.Account, l.Amount, l.Dims)
	}
}

func (m *matching) entry(p *poster, text string) *Entry {
	for _, a := range p.passed {
		p.add(m.set.Exchange, a, Dims{})
	}
	if m.cmd.Why != "" {
		text = m.cmd.Why
	}
	return &Entry{By: m.cmd.By, Date: m.plan.on, Text: text, Source: m.cmd.Source, Legs: p.legs}
}

// settlement is an item that an entry of the match opened, and which other one it settles or stands for.
type settlement struct{ item, of *item }

// post posts the entries, notes them on the match, and answers the items that the moves, the discounts and the write-offs
// opened, in order.
func (m *matching) post(ctx context.Context, tx *storage.Tx, out *Matched, moves []*transfer) ([]settlement, error) {
	posters := []*poster{{m: m}, {m: m}, {m: m}, {m: m}}
	moved, discounted, writtenOff, exchanged := posters[0], posters[1], posters[2], posters[3]
	for _, v := range moves {
		moved.open(v.item.place(), v.item, -v.n, -v.worth)
		moved.open(v.to, v.item, v.n, v.worth)
	}
	for _, r := range m.plan.discounts {
		discounted.relieve(r, m.cmd.Discount.costs(m.rules))
	}
	for _, r := range m.plan.writeOffs {
		writtenOff.relieve(r, func(total money.Amount, party Dims) ([]Leg, error) {
			return []Leg{{Account: m.cmd.WriteOff.Account, Amount: total, Dims: m.cmd.WriteOff.Dims.Or(party)}}, nil
		})
	}
	m.exchange(exchanged)
	texts := [...]string{"Moved to be matched", "Early discount", "Write-off", "Exchange difference"}
	paths := [...]string{"moved.", "discount.", "write_off.", "exchange."}
	noted := [...]*storage.ID[Posted]{&out.Moved, &out.Discounted, &out.WrittenOff, &out.Exchanged}
	var list []*Entry
	var which []int
	for i, p := range posters {
		if p.err != nil {
			return nil, p.err
		}
		if len(p.legs) > 0 {
			list, which = append(list, m.entry(p, texts[i])), append(which, i)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	var bad faults
	for i, e := range list {
		e.check(&bad, paths[which[i]])
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	rules, err := needOf(list).read(ctx, tx)
	if err != nil {
		return nil, err
	}
	posted, err := rules.postAs(ctx, tx, list, storage.ID[Posted]{}, func(i int) string { return paths[which[i]] })
	if err != nil {
		return nil, err
	}
	var news []settlement
	var rows []*item
	for i, p := range posted {
		*noted[which[i]] = p.ID
		for leg, of := range posters[which[i]].opens {
			if of != nil {
				row := ItemKey{Entry: p.ID, Leg: leg + 1}.row()
				news, rows = append(news, settlement{row, of}), append(rows, row)
			}
		}
	}
	found, err := items.LoadLocked(ctx, tx, rows...)
	for i := range found {
		if !found[i] {
			return nil, storage.ErrConflict // its account was read without Items, or with a party that legs do not keep
		}
	}
	return news, err
}

// costs divides what a discount comes to among its accounts.
func (d *Discount) costs(rules Rules) func(total money.Amount, party Dims) ([]Leg, error) {
	return func(total money.Amount, party Dims) ([]Leg, error) {
		weights := make([]decimal.Decimal, len(d.Parts))
		for i, p := range d.Parts {
			weights[i] = p.Amount.Decimal()
		}
		scale, _ := rules.scale(total.Currency())
		amounts, err := total.AllocateAt(scale, weights...)
		if err != nil {
			return nil, err
		}
		legs := make([]Leg, len(amounts))
		for i, a := range amounts {
			legs[i] = Leg{Account: d.Parts[i].Account, Amount: a, Dims: d.Parts[i].Dims.Or(party)}
		}
		return legs, nil
	}
}

// exchange adds what was lost and won, by party.
func (m *matching) exchange(p *poster) {
	type sums struct {
		base       money.Currency
		party      Party
		loss, gain int64
	}
	var list []*sums
next:
	for _, v := range m.plan.pairs {
		n := v.loss()
		if n == 0 {
			continue
		}
		at := &sums{base: v.debit.Base, party: Party{v.debit.Dimension, v.debit.Party}, loss: max(n, 0), gain: min(n, 0)}
		for _, s := range list {
			if s.base == at.base && s.party == at.party {
				s.loss, s.gain = s.loss+at.loss, s.gain+at.gain
				continue next
			}
		}
		list = append(list, at)
	}
	for _, s := range list {
		dims := s.party.Dims().Or(m.cmd.Dims)
		p.add(m.set.ExchangeLosses, p.amount(s.base, s.loss), dims)
		p.add(m.set.ExchangeGains, p.amount(s.base, s.gain), dims)
		p.pass(p.amount(s.base, -s.loss-s.gain))
	}
}

// pairRows lists what settles what, with what was moved, granted and given up in between.
func (m *matching) pairRows(moves []*transfer, news []settlement) (rows []*pair) {
	add := func(a, b *item, n, worth, other int64) { // n and worth of a, of a's sign
		if n < 0 {
			a, b, n, worth, other = b, a, -n, other, worth
		}
		rows = append(rows, &pair{Account: a.Account, Currency: a.Currency, Debit: a.key(), Credit: b.key(), Amount: n,
			Base: a.Base, DebitWorth: worth, CreditWorth: other})
	}
	// counter settles all of an item that the match opened.
	counter := func(i *item) { i.take(i.Open, m.plan.on) }
	for k, v := range moves {
		away, there := news[2*k].item, news[2*k+1].item
		add(v.item, away, v.n, v.worth, -v.worth)
		counter(away)
		counter(there)
		for _, p := range v.pairs {
			if p.debit == v.item {
				p.debit = there
			} else {
				p.credit = there
			}
		}
	}
	for _, p := range m.plan.pairs {
		add(p.debit, p.credit, p.amount, p.debitWorth, p.creditWorth)
	}
	for k, r := range append(m.plan.discounts[:len(m.plan.discounts):len(m.plan.discounts)], m.plan.writeOffs...) {
		off := news[2*len(moves)+k].item
		add(r.item, off, r.n, r.worth, -r.worth)
		counter(off)
	}
	return rows
}

// touched lists the items that changed.
func (m *matching) touched(news []settlement) []*item {
	var list []*item
	for i, it := range m.items {
		if it.Open != m.open[i] {
			list = append(list, it)
		}
	}
	for _, s := range news {
		list = append(list, s.item)
	}
	return list
}
