package ledger

import (
	"context"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Basis says at which rate income, expense and what moved are translated (IAS 21.39 and 40). Balances are always translated
// at the closing rate.
type Basis string

// The bases.
const (
	// AtClosing is the rate of the last day of the column.
	AtClosing Basis = ""
	// AtAverage is the mean of the rates of all days of the column, which must have both ends.
	AtAverage Basis = "average"
	// AtTransaction is the rate of the day of each entry.
	AtTransaction Basis = "transaction"
)

// A Translation asks for a report in one currency. Every figure is translated exactly and rounded once, to the currency's minor
// unit; what figures then miss is shown as a line of its own, so that reports tie. Source: IAS 21.38 to 47, with equity at the
// closing rate too.
type Translation struct {
	// Currency is that of the report; "" leaves each in its own.
	Currency money.Currency `json:"currency,omitempty"`
	// At is the day of all rates. If there is none, balances take the rate of their day and movements that of Income.
	At date.Date `json:"at"`
	// Rates are what one unit of other currencies costs in Currency, on any day; they come before Table and the rates of the
	// books.
	Rates map[money.Currency]decimal.Decimal `json:"rates,omitempty"`
	// Table finds rates in place of the rates of the books; a *money.RateTable is one.
	Table money.Rates[date.Date] `json:"-"`
	// Income is the basis for income, expense and cash flows.
	Income Basis `json:"income,omitempty"`
	// Mode rounds; half up if zero.
	Mode money.Mode `json:"mode,omitempty"`
}

func (t *Translation) check(bad *faults) {
	if t.Currency == "" {
		return
	}
	bad.Check(t.Currency.Valid(), "in.currency", storage.CodeCurrency, "")
	bad.Check(t.Income == AtClosing || t.Income == AtAverage || t.Income == AtTransaction, "in.income", storage.CodeChoice, "")
	_, err := t.Mode.MarshalText()
	bad.Check(err == nil, "in.mode", storage.CodeChoice, "")
	for c, rate := range t.Rates {
		x := rate.Exponent()
		bad.Check(c.Valid(), "in.rates", storage.CodeCurrency, string(c))
		bad.Check(rate.IsPositive() && x >= -30 && x <= 30 && rate.Coefficient().BitLen() <= 128, "in.rates."+string(c),
			storage.CodeRange, "")
	}
}

// basis is that of movements.
func (t *Translation) basis() Basis {
	if !t.At.IsZero() {
		return AtClosing
	}
	return t.Income
}

// A translator knows the rates of a report. A nil translator leaves figures in their currencies.
type translator struct {
	Translation
	r     *report
	scale int
	known map[rateOf]decimal.Decimal
}

// rateOf is a currency on a day or, with a first day, its mean over a period.
type rateOf struct {
	currency money.Currency
	on, from date.Date
}

// translate prepares a translation; nil for none.
//
// Errors: ErrCommodity for a currency that was not declared.
func (r *report) translate(ctx context.Context, t Translation) (*translator, error) {
	if t.Currency == "" {
		return nil, nil
	}
	if _, err := r.amount(ctx, t.Currency, 0); err != nil {
		return nil, err
	}
	scale, _ := r.rules.scale(t.Currency)
	return &translator{Translation: t, r: r, scale: scale, known: map[rateOf]decimal.Decimal{}}, nil
}

// ratePlaces is how many decimals a rate has that has no end, such as an inverse.
const ratePlaces = 18

// on finds what one unit costs on a day.
func (t *translator) on(ctx context.Context, c money.Currency, d date.Date) (decimal.Decimal, error) {
	if c == t.Currency {
		return decimal.NewFromInt(1), nil
	}
	if rate, ok := t.Rates[c]; ok {
		return rate, nil
	}
	if !t.At.IsZero() {
		d = t.At
	}
	if d.IsZero() {
		d = t.r.tx.Today()
	}
	at := rateOf{currency: c, on: d}
	if rate, ok := t.known[at]; ok {
		return rate, nil
	}
	var found money.Rate
	var err error
	if t.Table == nil {
		var rate Rate
		rate, err = rateAt(ctx, t.r.tx, c, t.Currency, d)
		found = rate.Money()
	} else if found, err = t.Table.Rate(c, t.Currency, d); errors.Is(err, money.ErrRate) {
		err = ErrNoRate.With("%s in %s on %s", c, t.Currency, d)
	}
	if err != nil {
		return decimal.Decimal{}, err
	}
	rate, err := decimalOf(found)
	t.known[at] = rate
	return rate, err
}

// decimalOf is a rate as one number, to ratePlaces decimals where it has no end.
func decimalOf(r money.Rate) (decimal.Decimal, error) {
	if r.Per.IsZero() || r.Per.Equal(decimal.NewFromInt(1)) {
		return r.Value, nil
	}
	return r.Decimal(ratePlaces, money.HalfUp)
}

// mean is what one unit costs over a period: the mean of all days.
func (t *translator) mean(ctx context.Context, c money.Currency, p date.Period) (decimal.Decimal, error) {
	at := rateOf{currency: c, on: p.To, from: p.From}
	if rate, ok := t.known[at]; ok {
		return rate, nil
	}
	if !p.Closed() || p.Days() > maxMean {
		return decimal.Decimal{}, &storage.Invalid{Fields: []storage.Fault{{Path: "period", Code: storage.CodeRange,
			Text: "a mean rate is of a period with both ends, of at most ten years"}}}
	}
	if err := t.learn(ctx, c, p); err != nil {
		return decimal.Decimal{}, err
	}
	var sum decimal.Decimal
	for d := range p.All() {
		rate, err := t.on(ctx, c, d)
		if err != nil {
			return rate, err
		}
		sum = sum.Add(rate)
	}
	rate, err := decimalOf(money.Rate{From: c, To: t.Currency, Value: sum, Per: decimal.NewFromInt(int64(p.Days()))})
	t.known[at] = rate
	return rate, err
}

// maxMean bounds the days of a mean.
const maxMean = 3660

// learn reads the rates of the books for a period in one go, where they are kept for the pair itself from the first day on or,
// if never for the pair, for its inverse. A cross is left to be found day by day.
func (t *translator) learn(ctx context.Context, c money.Currency, p date.Period) error {
	if _, stated := t.Rates[c]; stated || t.Table != nil || c == t.Currency {
		return nil
	}
	first, err := rateAt(ctx, t.r.tx, c, t.Currency, p.From)
	if err != nil {
		return err
	}
	for i, pair := range [2][2]money.Currency{{c, t.Currency}, {t.Currency, c}} {
		of := []storage.Cond{storage.Eq("from", pair[0]), storage.Eq("to", pair[1])}
		count := func(until date.Date) (int64, error) {
			return rates.Count(ctx, t.r.tx, storage.Query{Where: append(slices.Clip(of), storage.Le("date", until))})
		}
		before, err := count(p.From)
		if err != nil {
			return err
		}
		if before == 0 {
			if later, err := count(p.To); err != nil || later > 0 || i == 1 {
				return err
			}
			continue
		}
		return t.learnPair(ctx, c, p, first, i == 1, of)
	}
	return nil
}

// learnPair notes the rate of each day, from what is kept of a pair.
func (t *translator) learnPair(ctx context.Context, c money.Currency, p date.Period, first Rate, inverse bool,
	of []storage.Cond) error {
	day, now := p.From, first
	until := func(next date.Date) error {
		rate, err := decimalOf(now.Money())
		for ; err == nil && day.Before(next); day = day.AddDays(1) {
			t.known[rateOf{currency: c, on: day}] = rate
		}
		return err
	}
	q := storage.Query{Order: []string{"date"}, Where: append(slices.Clip(of), storage.Gt("date", p.From), storage.Le("date", p.To))}
	for r, err := range rates.All(ctx, t.r.tx, q) {
		if err == nil {
			err = until(r.Date)
		}
		if err != nil {
			return err
		}
		if now = *r; inverse {
			now = r.Inverse()
		}
	}
	return until(p.To.AddDays(1))
}

// valuer finds the rate of a currency for a column; the day is that of the figure, where figures are by day.
type valuer func(ctx context.Context, column int, c money.Currency, day date.Date) (decimal.Decimal, error)

// closing translates at the closing rates of columns.
func (t *translator) closing(columns []date.Period) valuer {
	return func(ctx context.Context, i int, c money.Currency, _ date.Date) (decimal.Decimal, error) {
		return t.on(ctx, c, columns[i].To)
	}
}

// flow translates what moved in columns.
func (t *translator) flow(columns []date.Period) valuer {
	return func(ctx context.Context, i int, c money.Currency, day date.Date) (decimal.Decimal, error) {
		_, stated := t.Rates[c]
		switch {
		case c == t.Currency || stated || t.basis() == AtClosing:
			return t.on(ctx, c, columns[i].To)
		case t.basis() == AtAverage:
			return t.mean(ctx, c, columns[i])
		}
		if day.IsZero() { // a budget's
			day = columns[i].To
		}
		return t.on(ctx, c, day)
	}
}

// daily says that what moved must be known by day.
func (t *translator) daily() bool { return t != nil && t.basis() == AtTransaction }

func net(f figure) int64 { return f.debit - f.credit }

// values makes money of figures, for each place and column: in each currency or, translated, in one. The figures of a place
// are summed over days and, translated, over currencies before they are rounded.
func (r *report) values(ctx context.Context, got []figures, units func(figure) int64, t *translator, rate valuer) (
	map[place][]money.Amount, error) {
	if t == nil {
		out := map[place][]money.Amount{}
		for i, list := range got {
			for at, x := range list {
				at.day = date.Date{}
				row := out[at]
				if row == nil {
					row = make([]money.Amount, len(got))
					for j := range row {
						row[j] = money.Zero(at.currency)
					}
					out[at] = row
				}
				a, err := r.amount(ctx, at.currency, units(x))
				if err != nil {
					return nil, err
				}
				if row[i], err = row[i].Add(a); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	sums := map[place][]decimal.Decimal{}
	for i, list := range got {
		for at, x := range list {
			a, err := r.amount(ctx, at.currency, units(x))
			if err != nil {
				return nil, err
			}
			var worth decimal.Decimal
			if !a.IsZero() {
				if worth, err = rate(ctx, i, at.currency, at.day); err != nil {
					return nil, err
				}
			}
			at.day, at.currency = date.Date{}, t.Currency
			if sums[at] == nil {
				sums[at] = make([]decimal.Decimal, len(got))
			}
			sums[at][i] = sums[at][i].Add(a.Decimal().Mul(worth))
		}
	}
	out := make(map[place][]money.Amount, len(sums))
	for at, row := range sums {
		out[at] = make([]money.Amount, len(row))
		for i, d := range row {
			a, err := money.FromDecimal(t.Currency, d)
			if err != nil {
				return nil, err
			}
			out[at][i] = a.RoundAt(t.scale, t.Mode)
		}
	}
	return out, nil
}
