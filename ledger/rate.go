package ledger

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Rate says what a currency costs from a day on: Per units of From cost Value units of To.
type Rate struct {
	// ID is "EUR/USD/2017-03-01": the ledger makes it.
	ID      string         `json:"id,omitempty"`
	From    money.Currency `json:"from"`
	To      money.Currency `json:"to"`
	Date    date.Date      `json:"date"`
	Version int64          `json:"version,omitempty"`
	// Value is what Per units of From cost; Per is one unless it says otherwise. Two numbers keep rates exact that have no
	// finite decimal: inverses and crosses.
	Value decimal.Decimal `json:"value"`
	Per   decimal.Decimal `json:"per"`
	// Source says who published it: "ECB".
	Source string      `json:"source,omitempty"`
	By     storage.Ref `json:"by"`
	At     time.Time   `json:"at"`
}

// Money is the rate as package money converts with it.
func (r Rate) Money() money.Rate {
	return money.Rate{From: r.From, To: r.To, Value: r.Value, Per: r.Per, Date: r.Date.String(), Source: r.Source}
}

// Convert returns what an amount of From is worth in To, rounded once to the minor unit. Errors: those of money.Convert.
func (r Rate) Convert(a money.Amount, m money.Mode) (money.Amount, error) {
	return money.Convert(a, r.Money(), m)
}

// Inverse is the same rate in the other direction, exactly.
func (r Rate) Inverse() Rate {
	r.From, r.To, r.Value, r.Per = r.To, r.From, r.per(), r.Value
	return r
}

func (r Rate) per() decimal.Decimal {
	if r.Per.IsZero() {
		return decimal.NewFromInt(1)
	}
	return r.Per
}

// cross goes on with a rate that starts where this one ends. Its date is the older of the two.
func (r Rate) cross(next Rate) Rate {
	r.To, r.Value, r.Per = next.To, r.Value.Mul(next.Value), r.per().Mul(next.per())
	r.Date = date.Earlier(r.Date, next.Date)
	return r
}

// rates holds them by pair and day.
var rates = storage.Define("ledger.rate", func(r *Rate) []storage.Field {
	return []storage.Field{storage.Text("id", &r.ID).Key().Limit(200), storage.Version(&r.Version),
		storage.Text("from", &r.From).Limit(32), storage.Text("to", &r.To).Limit(32), storage.Date("date", &r.Date),
		storage.Exact("value", &r.Value), storage.Exact("per", &r.Per), storage.Text("source", &r.Source).Limit(maxName),
		storage.RefTo("by", &r.By), storage.Instant("at", &r.At)}
}, storage.Rank(16), storage.Index("pair", "from", "to", "date"))

// rateID identifies the rate of a pair and day.
func rateID(from, to money.Currency, d date.Date) string {
	spell := func(c money.Currency) string {
		if strings.Contains(string(c), "/") {
			return strconv.Quote(string(c))
		}
		return string(c)
	}
	return spell(from) + "/" + spell(to) + "/" + d.String()
}

// SetRates adds rates, or changes those of the same pair and day.
type SetRates struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	Why string      `json:"why,omitempty"`
	// Source is that of rates that name none.
	Source string `json:"source,omitempty"`
	Rates  []Rate `json:"rates"`
}

// RatePayload tells followers that a rate is not what it was: what was calculated with it may have to be done again.
type RatePayload struct {
	From  money.Currency  `json:"from"`
	To    money.Currency  `json:"to"`
	Date  date.Date       `json:"date"`
	Value decimal.Decimal `json:"value"`
	Per   decimal.Decimal `json:"per"`
	// Was and WasPer are the rate before.
	Was    decimal.Decimal `json:"was"`
	WasPer decimal.Decimal `json:"was_per"`
}

// RateChanged is the event of a rate that was set again to something else.
var RateChanged = event.NewType[RatePayload]("ledger.rate.changed")

const verbRates = "ledger.rate.set"

// maxRate bounds the digits of a rate.
const maxRate = 30

// SetRates sets any number of rates and answers how many are new or changed. A rate that is set to what it is does nothing; one
// that changes is in the audit trail with both values. Guards are asked once, about the command.
//
// Errors: *storage.Invalid; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) SetRates(ctx context.Context, cmd SetRates) (int, error) {
	if err := cmd.check(); err != nil {
		return 0, err
	}
	return storage.Once(ctx, b.s, cmd.Key, verbRates, cmd, func(tx *storage.Tx) (int, error) {
		if err := tx.Guard(ctx, cmd.By, verbRates, nil, &cmd); err != nil {
			return 0, err
		}
		return setRates(ctx, tx, cmd)
	})
}

func (cmd *SetRates) check() error {
	var bad storage.Invalid
	bad.Text("source", cmd.Source, maxName)
	type pair struct {
		from, to money.Currency
		at       date.Date
	}
	seen := make(map[pair]bool, len(cmd.Rates))
	for i := range cmd.Rates {
		r, path := &cmd.Rates[i], "rates."+strconv.Itoa(i)+"."
		bad.Check(r.From.Valid(), path+"from", storage.CodeCurrency, "")
		bad.Check(r.To.Valid() && r.To != r.From, path+"to", storage.CodeCurrency, "")
		bad.Check(r.Date.Year() >= FirstYear && r.Date.Year() <= LastYear, path+"date", storage.CodeRange, "")
		bad.Check(sound(r.Value) && r.Value.IsPositive(), path+"value", storage.CodeRange, "above zero, of at most 30 digits")
		bad.Check(sound(r.Per) && !r.Per.IsNegative(), path+"per", storage.CodeRange, "above zero, of at most 30 digits")
		bad.Text(path+"source", r.Source, maxName)
		at := pair{r.From, r.To, r.Date}
		bad.Check(!seen[at], path+"date", storage.CodeDuplicate, "")
		seen[at] = true
	}
	return bad.Err()
}

// sound reports whether a number has a size that one can calculate with.
func sound(d decimal.Decimal) bool {
	x := d.Exponent()
	return x >= -maxRate && x <= maxRate && d.Coefficient().BitLen() <= 100
}

func setRates(ctx context.Context, tx *storage.Tx, cmd SetRates) (changed int, err error) {
	list := make([]*Rate, len(cmd.Rates))
	for i, r := range cmd.Rates {
		list[i] = &Rate{ID: rateID(r.From, r.To, r.Date)}
	}
	found, err := rates.LoadLocked(ctx, tx, list...)
	if err != nil {
		return 0, err
	}
	var fresh []*Rate
	for i, old := range list {
		now := cmd.Rates[i]
		now.ID, now.Version, now.By, now.At, now.Per = old.ID, old.Version, cmd.By, tx.Now(), now.per()
		if now.Source == "" {
			now.Source = cmd.Source
		}
		switch {
		case !found[i]:
			fresh = append(fresh, &now)
		case old.Value.Equal(now.Value) && old.Per.Equal(now.Per) && old.Source == now.Source:
			continue
		default:
			change := event.Change[Rate]{By: cmd.By, Verb: verbRates, Why: cmd.Why, Before: old, After: &now}
			if !old.Value.Mul(now.Per).Equal(now.Value.Mul(old.Per)) {
				change.Events = []event.Draft{RateChanged.Draft(RatePayload{From: now.From, To: now.To, Date: now.Date,
					Value: now.Value, Per: now.Per, Was: old.Value, WasPer: old.Per})}
			}
			if err := event.Apply(ctx, tx, rates, change); err != nil {
				return 0, err
			}
		}
		changed++
	}
	if err := rates.Insert(ctx, tx, fresh...); err != nil {
		return 0, err
	}
	// Two who set the same rate at once: the loser learns it here, and its next attempt finds the rate.
	if err := tx.Flush(ctx); err != nil {
		if storage.IsDuplicate(err, rates, "") {
			return 0, storage.ErrConflict
		}
		return 0, err
	}
	return changed, nil
}

// RateFilter narrows a list of rates, which comes by pair and date.
type RateFilter struct {
	By       storage.Ref
	From, To money.Currency
	Period   date.Period
	Source   string
	// Limit is the most rates of a page, 50 if zero.
	Limit int
}

func (f RateFilter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Order: []string{"from", "to", "date"}, Where: partConds(f.Period, Dims{})}
	for _, c := range [][2]string{{"from", string(f.From)}, {"to", string(f.To)}, {"source", f.Source}} {
		if c[1] != "" {
			q.Where = append(q.Where, storage.Eq(c[0], c[1]))
		}
	}
	return q
}

// Rates lists rates by pair and date; see storage.Table.All for what a list over a tenant's data promises.
func (b *Books) Rates(ctx context.Context, f RateFilter) iter.Seq2[*Rate, error] {
	q := f.query()
	q.Limit = 0
	return rates.All(ctx, b.s, q)
}

// RatesPage reads one screen of rates.
//
// Errors: *storage.Invalid, storage.ErrBadCursor.
func (b *Books) RatesPage(ctx context.Context, f RateFilter, from storage.Cursor) (storage.Page[Rate], error) {
	if err := checkPeriod(f.Period); err != nil {
		return storage.Page[Rate]{}, err
	}
	return rates.Page(ctx, b.s, f.query(), from)
}
