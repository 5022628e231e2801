package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A share is what of a movement went to, or came from, a part on the other side.
type counterShare struct {
	base  string // the account that moved; "" where several are taken together
	part  *part
	units int64 // of the movement, with its sign
}

// entriesChunk is how many entries are read at a time.
const entriesChunk = 500

// counters divides, entry by entry, what moved on some accounts in a period among the parts on the other side, in each
// currency. Together takes the accounts as one. Where no other side is seen, the part has no account.
func (r *report) counters(ctx context.Context, codes []string, p date.Period, together bool, where []storage.Cond,
	fn func(counterShare) error) error {
	if len(codes) == 0 || p.Empty() {
		return nil
	}
	seen := map[storage.ID[Posted]]bool{}
	var chunk []*Posted
	flush := func() error {
		err := r.divideAll(ctx, chunk, codes, together, fn)
		chunk = chunk[:0]
		return err
	}
	for row, err := range parts.All(ctx, r.tx, r.movesOf(codes, p, where)) {
		if err != nil {
			return err
		}
		if seen[row.Entry] {
			continue
		}
		seen[row.Entry] = true
		if chunk = append(chunk, &Posted{ID: row.Entry}); len(chunk) == entriesChunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// movesOf asks for the parts of some accounts by date.
func (r *report) movesOf(codes []string, p date.Period, where []storage.Cond) storage.Query {
	return storage.Query{By: r.by, Order: []string{"date"}, Where: append(append(partConds(p, Dims{}), where...),
		storage.In("account", codes...))}
}

// divideAll divides what some entries moved.
func (r *report) divideAll(ctx context.Context, list []*Posted, codes []string, together bool,
	fn func(counterShare) error) error {
	isBase := make(map[string]bool, len(codes))
	for _, c := range codes {
		isBase[c] = true
	}
	rows, err := partsOf(ctx, r.tx, r.by, list...)
	if err != nil {
		return err
	}
	for _, e := range list {
		r.cost.Parts += int64(len(rows[e.ID]))
		if err := r.divide(ctx, rows[e.ID], isBase, together, fn); err != nil {
			return err
		}
	}
	return nil
}

// divide does it for one entry.
func (r *report) divide(ctx context.Context, rows []*part, isBase map[string]bool, together bool,
	fn func(counterShare) error) error {
	type base struct {
		account  string
		currency money.Currency
	}
	moved := map[base]int64{}
	var order []base
	for _, p := range rows {
		if !isBase[p.Account] {
			continue
		}
		at := base{p.Account, p.Currency}
		if together {
			at.account = ""
		}
		if _, known := moved[at]; !known {
			order = append(order, at)
		}
		moved[at] += p.Amount
	}
	for _, at := range order {
		units := moved[at]
		if units == 0 {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(rows), func(p *part) bool {
			return isBase[p.Account] || p.Currency != at.currency || p.Amount == 0 || p.Amount < 0 == (units < 0)
		})
		shares, err := r.shares(ctx, at.currency, units, others)
		if err != nil {
			return err
		}
		if len(others) == 0 {
			lone := *rows[0]
			lone.Account, lone.Currency, lone.Dims = "", at.currency, Dims{}
			others, shares = []*part{&lone}, []int64{units}
		}
		for i, p := range others {
			if r.chart[p.Account] == nil { // an account that the actor may not see
				hidden := *p
				hidden.Account, p = "", &hidden
			}
			if err := fn(counterShare{at.account, p, shares[i]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// shares divides units by the sizes of parts, by the method of money.Allocate.
func (r *report) shares(ctx context.Context, c money.Currency, units int64, by []*part) ([]int64, error) {
	if len(by) <= 1 {
		return []int64{units}, nil
	}
	a, err := r.amount(ctx, c, units)
	if err != nil {
		return nil, err
	}
	scale, _ := r.rules.scale(c)
	weights := make([]int64, len(by))
	for i, p := range by {
		weights[i] = max(p.Amount, -p.Amount)
	}
	list, err := a.AllocateIntsAt(scale, weights...)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(list))
	for i, x := range list {
		if out[i], err = x.MinorAt(scale); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// united joins periods that touch or overlap, so that each day is read once.
func united(list []date.Period) (out []date.Period) {
	var spans []span
	for _, p := range list {
		if !p.Empty() {
			spans = append(spans, daySpan(p))
		}
	}
	for _, run := range runs(spans) {
		out = append(out, span{run[0].from, run[len(run)-1].to}.period())
	}
	return out
}

// share adds a share to the slots that have its day.
func (s *casher) share(got []figures, account string, x counterShare, units int64) error {
	at := place{account: account, currency: x.part.Currency}
	if s.t.daily() {
		at.day = x.part.Date
	}
	debit, credit := max(units, 0), max(-units, 0)
	for i, p := range s.slots[:s.books] {
		if p.Contains(x.part.Date) {
			if err := got[i].add(at, debit, credit, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

func newFigures(n int) []figures {
	out := make([]figures, n)
	for i := range out {
		out[i] = figures{}
	}
	return out
}

// direct reads what cash was received and paid for.
func (s *casher) direct(ctx context.Context) error {
	got := newFigures(s.books)
	for _, p := range united(s.slots[:s.books]) {
		err := s.r.counters(ctx, s.cash, p, true, nil, func(x counterShare) error {
			if !x.part.Dims.has(s.f.Where) {
				return nil
			}
			return s.share(got, x.part.Account, x, x.units)
		})
		if err != nil {
			return err
		}
	}
	flow := s.t.flow(s.slots)
	if s.f.Compare.Budget != nil {
		planned, err := s.plan(ctx, nil)
		if err != nil {
			return err
		}
		for _, list := range planned { // what is debited to an account is paid for it
			for at, x := range list {
				list[at] = figure{debit: max(-net(x), 0), credit: max(net(x), 0)}
			}
			got = append(got, list)
		}
	}
	received, err := s.r.values(ctx, got, func(f figure) int64 { return f.debit }, s.t, flow)
	if err != nil {
		return err
	}
	paid, err := s.r.values(ctx, got, func(f figure) int64 { return f.credit }, s.t, flow)
	s.lines = []cashLine{{kind: ReceiptRow, values: received, sign: 1}, {kind: PaymentRow, values: paid, sign: -1}}
	return err
}
