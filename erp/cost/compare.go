package cost

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Total is what the books hold on one account of one centre, in one currency.
type Total struct {
	// Centre is the code, "" for what is on no centre.
	Centre  string
	Account string
	Amount  money.Amount
}

// A Line is an account of a centre: planned against actual, in one currency.
type Line struct {
	Centre, Account string
	Budget, Actual  money.Amount
	// Left is Budget less Actual: below zero when more was spent than planned.
	Left money.Amount
	// Percent is actual in percent of the budget, rounded half up to one decimal; 0 without a budget.
	Percent decimal.Decimal
}

// Compare sets what was planned against what the books hold. With rollUp the lines of a centre are added to those of each
// centre above it. Lines are ordered by centre, account and currency.
func Compare(centres []Centre, planned []Budget, actual []Total, rollUp bool) []Line {
	type place struct {
		centre, account string
		currency        money.Currency
	}
	byID, byCode := map[storage.ID[Centre]]Centre{}, map[string]Centre{}
	for _, c := range centres {
		byID[c.ID], byCode[c.Code] = c, c
	}
	lines := map[place]*Line{}
	add := func(centre, account string, budget, actual money.Amount) {
		currency := cmp.Or(budget.Currency(), actual.Currency())
		for depth, next := 0, byCode[centre]; depth <= MaxDepth; depth++ {
			at := place{centre, account, currency}
			if lines[at] == nil {
				lines[at] = &Line{Centre: centre, Account: account, Budget: money.Zero(currency), Actual: money.Zero(currency)}
			}
			l := lines[at]
			l.Budget, _ = l.Budget.Add(budget) // of one currency
			l.Actual, _ = l.Actual.Add(actual)
			above, ok := byID[next.Parent]
			if !rollUp || !ok {
				return
			}
			centre, next = above.Code, above
		}
	}
	for _, b := range planned {
		if c, ok := byID[b.Centre]; ok {
			add(c.Code, b.Account, b.Amount, money.Amount{})
		}
	}
	for _, t := range actual {
		add(t.Centre, t.Account, money.Amount{}, t.Amount)
	}
	list := make([]Line, 0, len(lines))
	for _, l := range lines {
		l.Left, _ = l.Budget.Sub(l.Actual)
		if !l.Budget.IsZero() {
			l.Percent = money.HalfUp.Round(l.Actual.Decimal().Mul(decimal.NewFromInt(100)).DivRound(l.Budget.Decimal(), 8), 1)
		}
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Centre, b.Centre), cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Budget.Currency(), b.Budget.Currency()))
	})
	return list
}

// A Comparison asks for planned against actual.
type Comparison struct {
	// By is on whose behalf: only centres that the actor may see are shown, and what is on no centre only to the system.
	By storage.Ref
	// From and To are the first and the last month.
	From, To date.Month
	// RollUp adds the lines of a centre to those of each centre above it.
	RollUp bool
}

// Compare sets what was planned in some months against what the books hold.
//
// Errors: *storage.Invalid, ErrNoBooks, and those of the port.
func (s *Costs) Compare(ctx context.Context, c Comparison) (lines []Line, err error) {
	var bad storage.Invalid
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(!c.To.IsZero(), "to", storage.CodeRequired, "")
	bad.Check(!c.To.Before(c.From), "to", storage.CodeRange, "before it begins")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if s.ports.Books == nil {
		return nil, ErrNoBooks
	}
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		var seen []Centre
		visible := map[string]bool{"": c.By.IsZero()}
		for one, err := range centres.All(ctx, tx, Filter{By: c.By}.query()) {
			if err != nil {
				return err
			}
			seen = append(seen, *one)
			visible[one.Code] = true
		}
		var planned []Budget
		for b, err := range s.In(tx).Budgets(ctx, storage.ID[Centre]{}, c.From, c.To, c.By) {
			if err != nil {
				return err
			}
			planned = append(planned, *b)
		}
		totals, err := s.ports.Books.CentreTotals(ctx, tx, date.Period{From: c.From.First(), To: c.To.Last()})
		if err != nil {
			return err
		}
		if !c.By.IsZero() {
			totals = slices.DeleteFunc(slices.Clone(totals), func(t Total) bool { return !visible[t.Centre] })
		}
		lines = Compare(seen, planned, totals, c.RollUp)
		return nil
	})
	return lines, err
}
