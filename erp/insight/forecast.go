package insight

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ForecastFilter asks for a forecast that is tested.
type ForecastFilter struct {
	By       storage.Ref
	Currency money.Currency
	// AsOf is the day from which ages are counted; no date is today. Deals are taken as they are now.
	AsOf date.Date
	// Deals narrows it to some deals: those of a team, an owner, a region.
	Deals pipeline.Filter
	// Tests are days in the past whose forecast is held against what came; none takes the ends of the last two quarters that have
	// had one since.
	Tests []date.Date
}

// A Forecast is what may come, how much of that is dead, and how far such forecasts could be trusted.
type Forecast struct {
	pipeline.Forecast
	Tests []ForecastTest `json:"tests"`
	// AliveRate is the live part in percent.
	AliveRate decimal.Decimal `json:"alive_rate"`
	Coverage  Coverage        `json:"coverage"`
}

// A ForecastTest is a forecast of the past, and what came of it in the quarter after.
type ForecastTest struct {
	pipeline.BackTest
	// Rate is what came in percent of what was promised.
	Rate decimal.Decimal `json:"rate"`
	// Booked is all revenue in the books of that quarter, of these deals and any others.
	Booked money.Amount `json:"booked"`
}

// Stage returns what one stage promised.
func (t ForecastTest) Stage(code string) (pipeline.ForecastRow, bool) {
	for _, row := range t.Stages {
		if row.Stage == code {
			return row, true
		}
	}
	return pipeline.ForecastRow{}, false
}

// Forecast weighs the open deals by the probabilities of their stages, tells apart what is older than any deal that was ever
// won, and tests the rule at the ends of past quarters: what was promised, what came, and what the books show for the same
// months.
//
// Errors: ErrSource without Deals, ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Forecast(ctx context.Context, f ForecastFilter) (out Forecast, err error) {
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		out, err = m.forecast(ctx, f)
		return err
	})
	return out, err
}

func (m *moment) forecast(ctx context.Context, f ForecastFilter) (out Forecast, err error) {
	if m.Deals == nil {
		return out, ErrSource.With("Deals")
	}
	if f.AsOf.IsZero() {
		f.AsOf = m.tx.Today()
	}
	if f.Tests == nil {
		f.Tests = QuarterEnds(f.AsOf, 2)
	}
	f.Deals.By = m.by
	if out.Forecast, err = m.Deals.Forecast(ctx, f.Deals, f.AsOf); err != nil {
		return out, err
	}
	out.AliveRate = Percent(out.Alive.Weighted, out.Total.Weighted, 2)
	out.Coverage.Skipped = out.Skipped
	for _, at := range f.Tests {
		t, err := m.test(ctx, f.Deals, at)
		if err != nil {
			return out, err
		}
		out.Tests = append(out.Tests, t)
	}
	return out, nil
}

func (m *moment) test(ctx context.Context, f pipeline.Filter, at date.Date) (t ForecastTest, err error) {
	until := at.AddDays(1).Month().Add(2).Last()
	if t.BackTest, err = m.Deals.BackTest(ctx, f, at, until); err != nil {
		return t, err
	}
	t.Rate = Percent(t.Came, t.Promised.Weighted, 2)
	result, err := m.result(ctx, ResultFilter{Period: date.Period{From: at.AddDays(1), To: until}})
	t.Booked = result.Revenue
	return t, err
}

// QuarterEnds lists the last days of the last n calendar quarters that have had a whole quarter since, up to a day.
func QuarterEnds(asOf date.Date, n int) []date.Date {
	var list []date.Date
	if asOf.IsZero() || n < 0 || n > 400 {
		return nil
	}
	last := asOf.Month() // the last month of a quarter that is over
	if asOf != last.Last() {
		last = last.Prev()
	}
	for last.Month()%3 != 0 {
		last = last.Prev()
	}
	for k := n; k >= 1; k-- {
		list = append(list, last.Add(-3*k).Last())
	}
	return list
}
