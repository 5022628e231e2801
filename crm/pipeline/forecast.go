package pipeline

import (
	"iter"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Forecast is what the open deals are worth by the probabilities of their stages, and how much of that is believable.
type Forecast struct {
	// AsOf is the day from which ages are counted.
	AsOf     date.Date      `json:"as_of"`
	Currency money.Currency `json:"currency"`
	// Stages has a row for each open stage that holds deals, in the order of its pipeline.
	Stages []ForecastRow `json:"stages"`
	// Months has a row for each month in which deals are expected to close, in order; first those that nobody gave a date.
	Months []ForecastRow `json:"months"`
	// Total is all of it. Stale is the part in deals that are older than any deal of their pipeline was when it was won; Alive is
	// the rest.
	Total Worth `json:"total"`
	Stale Worth `json:"stale"`
	Alive Worth `json:"alive"`
	// Overdue is the part whose expected close is past.
	Overdue Worth `json:"overdue"`
	// Longest is the longest that a won deal took, of all pipelines in the forecast; 0 if none was won: then nothing is stale.
	Longest int `json:"longest"`
	// NoCustomer is the part in deals without a customer.
	NoCustomer Worth `json:"no_customer"`
	// Skipped counts the deals that are not part of this, for being in another currency.
	Skipped int64 `json:"skipped"`
}

// A ForecastRow is a part of a forecast.
type ForecastRow struct {
	Pipeline    storage.ID[Pipeline] `json:"pipeline"`
	Stage       string               `json:"stage"`
	Name        string               `json:"name"`
	Probability decimal.Decimal      `json:"probability"`
	Month       date.Month           `json:"month"`
	Worth
}

// Worth is what some deals come to: how many, for how much, and that weighted.
type Worth struct {
	Count    int64        `json:"count"`
	Amount   money.Amount `json:"amount"`
	Weighted money.Amount `json:"weighted"`
}

// add counts a deal. Both amounts are of the currency that the forecast is made in.
func (w *Worth) add(amount, weighted money.Amount) {
	w.Count++
	w.Amount, _ = w.Amount.Add(amount)
	w.Weighted, _ = w.Weighted.Add(weighted)
}

// Project makes a forecast from deals; those that are not open are passed over. Longest is, for each pipeline, the longest that a
// won deal took; a pipeline that is missing there has no stale deals.
func Project(deals iter.Seq[*Deal], pipelines []*Pipeline, longest map[storage.ID[Pipeline]]int, asOf date.Date, c money.Currency) Forecast {
	zero := Worth{Amount: money.Zero(c), Weighted: money.Zero(c)}
	f := Forecast{AsOf: asOf, Currency: c, Total: zero, Stale: zero, Alive: zero, Overdue: zero, NoCustomer: zero}
	byStage, at := map[string]*ForecastRow{}, map[storage.ID[Pipeline]]*Pipeline{}
	byMonth := map[date.Month]*ForecastRow{}
	for _, p := range pipelines {
		at[p.ID] = p
	}
	for d := range deals {
		if d.Status != StatusOpen {
			continue
		}
		if d.Amount.Currency() != c {
			f.Skipped++
			continue
		}
		var stage Stage
		if p := at[d.Pipeline]; p != nil {
			stage, _ = p.Stage(d.Stage)
			f.Longest = max(f.Longest, longest[d.Pipeline])
		}
		weighted := Weighted(d.Amount, stage.Probability)
		key := d.Pipeline.String() + "/" + d.Stage
		if byStage[key] == nil {
			byStage[key] = &ForecastRow{Pipeline: d.Pipeline, Stage: d.Stage, Name: stage.Name, Probability: stage.Probability, Worth: zero}
		}
		byStage[key].add(d.Amount, weighted)
		month := d.Expected.Month()
		if byMonth[month] == nil {
			byMonth[month] = &ForecastRow{Month: month, Worth: zero}
		}
		byMonth[month].add(d.Amount, weighted)
		f.Total.add(d.Amount, weighted)
		limit, known := longest[d.Pipeline]
		if age, engaged := d.Age(asOf); known && engaged && age > limit {
			f.Stale.add(d.Amount, weighted)
		} else {
			f.Alive.add(d.Amount, weighted)
		}
		if !d.Expected.IsZero() && d.Expected.Before(asOf) {
			f.Overdue.add(d.Amount, weighted)
		}
		if d.Customer.IsZero() {
			f.NoCustomer.add(d.Amount, weighted)
		}
	}
	for _, p := range pipelines {
		for _, s := range p.Stages {
			if row := byStage[p.ID.String()+"/"+s.Code]; row != nil {
				f.Stages = append(f.Stages, *row)
			}
		}
	}
	for _, row := range byMonth {
		f.Months = append(f.Months, *row)
	}
	slices.SortFunc(f.Months, func(a, b ForecastRow) int { return a.Month.Compare(b.Month) })
	return f
}

// A BackTest holds a forecast of the past against what came.
type BackTest struct {
	// At is the day of the forecast, Until the last day of what came.
	At    date.Date `json:"at"`
	Until date.Date `json:"until"`
	// Stages has a row for each open stage that held deals at the end of that day: what their amounts were then, and that
	// weighted with the probabilities of today.
	Stages []ForecastRow `json:"stages"`
	// Promised is all of it.
	Promised Worth `json:"promised"`
	// Won is how many of these deals were won after At and not after Until, and Came what for.
	Won  int64        `json:"won"`
	Came money.Amount `json:"came"`
	// Skipped counts the deals that are not part of this, for being in another currency.
	Skipped int64 `json:"skipped"`
}

// StageAt is the last change of a deal's stage or amount on or before a date; false if there is none, for it was not opened yet.
// The history is in its order.
func StageAt(history []StageChange, at date.Date) (c StageChange, ok bool) {
	for _, h := range history {
		if h.At.After(at) {
			break
		}
		c, ok = h, true
	}
	return c, ok
}
