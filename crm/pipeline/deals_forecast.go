package pipeline

import (
	"context"
	"errors"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Forecast weighs the open deals of a filter. AsOf is the day from which ages are counted, today if it is no date; deals and
// stages are taken as they are now (see BackTest for the past).
//
// It is made in the tenant's currency; if the tenant has none, in that of the first deal. A deal is stale when it is older than
// any deal of its pipeline was when it was won, whoever sold that one.
//
// Errors: *storage.Invalid for a condition that cannot be answered.
func (s *Deals) Forecast(ctx context.Context, f Filter, asOf date.Date) (forecast Forecast, err error) {
	f.Status, f.Limit = StatusOpen, 0
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		ways, err := allPipelines(ctx, tx)
		if err != nil {
			return err
		}
		longest := map[storage.ID[Pipeline]]int{}
		for _, p := range ways {
			slowest, err := deals.First(ctx, tx, storage.Query{Desc: true, Order: []string{"cycle_days"},
				Where: []storage.Cond{storage.Eq("pipeline", p.ID), storage.Eq("status", StatusWon)}})
			switch {
			case err == nil:
				longest[p.ID] = int(slowest.cycle)
			case !errors.Is(err, storage.ErrNotFound):
				return err
			}
		}
		if asOf.IsZero() {
			asOf = tx.Today()
		}
		cur, err := reportCurrency(ctx, tx, f)
		if err != nil {
			return err
		}
		var failed error
		forecast = Project(noting(deals.All(ctx, tx, f.query()), &failed), ways, longest, asOf, cur)
		return failed
	})
	return forecast, err
}

// BackTest asks what a forecast at the end of a past day promised, and what came of those deals by a later day: the deals that
// were open then, by their stage and expected amount of then, and the value of those won after At and until Until.
//
// It holds today's probabilities, owners, customers and wins against the history: a deal that was reopened meanwhile has not come.
//
// Errors: *storage.Invalid for a condition that cannot be answered.
func (s *Deals) BackTest(ctx context.Context, f Filter, at, until date.Date) (test BackTest, err error) {
	f.Limit = 0
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		ways, err := allPipelines(ctx, tx)
		if err != nil {
			return err
		}
		cur, err := reportCurrency(ctx, tx, f)
		if err != nil {
			return err
		}
		zero := Worth{Amount: money.Zero(cur), Weighted: money.Zero(cur)}
		test = BackTest{At: at, Until: until, Promised: zero, Came: zero.Amount}
		rows := map[storage.ID[Pipeline]]map[string]*ForecastRow{}
		for _, p := range ways {
			rows[p.ID] = map[string]*ForecastRow{}
			for _, stage := range p.Stages {
				rows[p.ID][stage.Code] = &ForecastRow{Pipeline: p.ID, Stage: stage.Code, Name: stage.Name,
					Probability: stage.Probability, Worth: zero}
			}
		}
		then := map[storage.ID[Deal]]*StageChange{} // one batch of deals that were open
		weigh := func() error {
			ids := make([]storage.ID[Deal], 0, len(then))
			for id := range then {
				ids = append(ids, id)
			}
			q := f.query()
			q.Where = append(q.Where, storage.In("id", ids...))
			for d, err := range deals.All(ctx, tx, q) {
				if err != nil {
					return err
				}
				was := then[d.ID]
				row := rows[d.Pipeline][was.To]
				if was.Amount.Currency() != cur || row == nil {
					test.Skipped++
					continue
				}
				weighted := Weighted(was.Amount, row.Probability)
				row.add(was.Amount, weighted)
				test.Promised.add(was.Amount, weighted)
				if d.Status == StatusWon && d.Closed.After(at) && !d.Closed.After(until) {
					test.Won++
					if test.Came, err = test.Came.Add(d.Value); err != nil {
						return err
					}
				}
			}
			clear(then)
			return nil
		}
		// The history comes deal by deal, oldest first, so the last row of a deal is how it stood.
		var last *StageChange
		keep := func() error {
			if last != nil && last.Status == StatusOpen {
				if then[last.Deal] = last; len(then) == batch {
					return weigh()
				}
			}
			return nil
		}
		for c, err := range stageChanges.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Le("at", at)}}) {
			if err == nil && last != nil && last.Deal != c.Deal {
				err = keep()
			}
			if err != nil {
				return err
			}
			last = c
		}
		if err := keep(); err != nil {
			return err
		}
		if err := weigh(); err != nil {
			return err
		}
		for _, p := range ways {
			for _, stage := range p.Stages {
				if row := rows[p.ID][stage.Code]; row.Count > 0 {
					test.Stages = append(test.Stages, *row)
				}
			}
		}
		return nil
	})
	return test, err
}

// Discounts tells how many won deals went for less than the price list by more than some percent, and how much these gave away.
type Discounts struct {
	Over  decimal.Decimal `json:"over"`
	Deals int64           `json:"deals"`
	Given money.Amount    `json:"given"`
	// Skipped counts the deals that are not part of this, for being in another currency.
	Skipped int64 `json:"skipped"`
}

// Discounts looks through the won deals of a filter for those that gave away more than some percent of list.
//
// Errors: *storage.Invalid for a condition that cannot be answered.
func (s *Deals) Discounts(ctx context.Context, f Filter, over decimal.Decimal) (report Discounts, err error) {
	f.Status, f.Limit = StatusWon, 0
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		cur, err := reportCurrency(ctx, tx, f)
		if err != nil {
			return err
		}
		report = Discounts{Over: over, Given: money.Zero(cur)}
		for d, err := range deals.All(ctx, tx, f.query()) {
			if err != nil {
				return err
			}
			switch {
			case d.Value.Currency() != cur:
				report.Skipped++
			case Over(d.List, d.Value, over):
				report.Deals++
				if report.Given, err = report.Given.Add(d.Discount().Given); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return report, err
}

func allPipelines(ctx context.Context, tx *storage.Tx) (list []*Pipeline, err error) {
	for p, err := range pipelines.All(ctx, tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// reportCurrency is the tenant's own or, where the host has no use for one, that of the first deal.
func reportCurrency(ctx context.Context, tx *storage.Tx, f Filter) (money.Currency, error) {
	if own := tx.Tenant().Currency; own != "" {
		return own, nil
	}
	d, err := deals.First(ctx, tx, f.query())
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return d.Amount.Currency(), nil
}

// noting turns a list that may fail into one that ends there and notes why.
func noting[T any](all iter.Seq2[T, error], failed *error) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v, err := range all {
			if err != nil {
				*failed = err
				return
			}
			if !yield(v) {
				return
			}
		}
	}
}
