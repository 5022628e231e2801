package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// PartyStatementFilter asks for the statement of a party.
type PartyStatementFilter struct {
	By    storage.Ref
	Party Party
	// Accounts lists codes; none is all accounts that keep items.
	Accounts []string
	Currency money.Currency
	Period   date.Period
}

// A PartyLine is an item on a party's statement.
type PartyLine struct {
	// Item is as things stood at the end of the period.
	Item Item `json:"item"`
	// Balance is what the party owes in this currency after the line; negative is what we owe.
	Balance money.Amount `json:"balance"`
}

// A PartyStatement is all items of a party, invoices and payments, with what is owed after each.
type PartyStatement struct {
	Party Party `json:"party"`
	// Opening and Closing are what is owed before and after, by currency, those of nothing included.
	Opening []money.Amount `json:"opening"`
	Lines   []PartyLine    `json:"lines"`
	Closing []money.Amount `json:"closing"`
}

// PartyStatement reads the items of a party by date and, of one day, in the order of posting.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) PartyStatement(ctx context.Context, f PartyStatementFilter) (out PartyStatement, err error) {
	if f.Party == (Party{}) {
		return out, &storage.Invalid{Fields: []storage.Fault{{Path: "party", Code: storage.CodeRequired}}}
	}
	if err := checkPeriod(f.Period); err != nil {
		return out, err
	}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		out = PartyStatement{Party: f.Party}
		s := &running{report: &report{tx: tx, by: f.By}, units: map[money.Currency]int64{}}
		if err := s.open(ctx, f); err != nil {
			return err
		}
		q := f.query()
		if q.Order = []string{"date"}; !f.Period.From.IsZero() {
			q.Where = append(q.Where, storage.Ge("date", f.Period.From))
		}
		var rows []*item
		for i, err := range items.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			s.know(i.Currency)
			rows = append(rows, i)
		}
		if out.Opening, err = s.amounts(ctx); err != nil {
			return err
		}
		if out.Lines, err = s.lines(ctx, f, rows); err != nil {
			return err
		}
		out.Closing, err = s.amounts(ctx)
		return err
	})
	return out, err
}

func (f PartyStatementFilter) query() storage.Query {
	var where []storage.Cond
	if len(f.Accounts) > 0 {
		where = append(where, storage.In("account", f.Accounts...))
	}
	where = append(where, storage.Eq("party", f.Party.ID), storage.Eq("dimension", f.Party.Dimension))
	if f.Currency != "" {
		where = append(where, storage.Eq("currency", f.Currency))
	}
	if !f.Period.To.IsZero() {
		where = append(where, storage.Le("date", f.Period.To))
	}
	return storage.Query{By: f.By, Where: where}
}

// running keeps a balance in each currency.
type running struct {
	*report
	order []money.Currency
	units map[money.Currency]int64
}

func (s *running) know(c money.Currency) {
	if _, known := s.units[c]; !known {
		s.units[c], s.order = 0, append(s.order, c)
	}
}

// open sums what came before the period.
func (s *running) open(ctx context.Context, f PartyStatementFilter) error {
	if f.Period.From.IsZero() {
		return nil
	}
	q := f.query()
	q.Where = append(q.Where, storage.Lt("date", f.Period.From))
	sums, err := items.Sum(ctx, s.tx, q, []string{"amount"}, []string{"currency"})
	for _, sum := range sums {
		s.know(sum.Group.Currency)
		s.units[sum.Group.Currency] = sum.Totals[0]
	}
	return err
}

func (s *running) amounts(ctx context.Context) (list []money.Amount, err error) {
	for _, c := range s.order {
		a, err := s.amount(ctx, c, s.units[c])
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (s *running) lines(ctx context.Context, f PartyStatementFilter, rows []*item) ([]PartyLine, error) {
	balances := make([]money.Amount, len(rows))
	for n, i := range rows {
		sum := s.units[i.Currency] + i.Amount
		if (sum > s.units[i.Currency]) != (i.Amount > 0) {
			return nil, storage.ErrOverflow
		}
		s.units[i.Currency] = sum
		var err error
		if balances[n], err = s.amount(ctx, i.Currency, sum); err != nil {
			return nil, err
		}
	}
	then, err := changesSince(ctx, s.tx, ItemFilter{AsOf: f.Period.To, Accounts: f.Accounts})
	if err != nil {
		return nil, err
	}
	for _, i := range rows {
		x := then[i.key()]
		if i.Open, i.Worth = i.Open+x.n, i.Worth+x.worth; i.Open != 0 {
			i.Closed = forever
		}
	}
	list, err := showItems(ctx, s.tx, rows)
	if err != nil {
		return nil, err
	}
	lines := make([]PartyLine, len(list))
	for n, i := range list {
		lines[n] = PartyLine{Item: *i, Balance: balances[n]}
	}
	return lines, nil
}
