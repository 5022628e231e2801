package pipeline

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Deal is a chance to sell something to someone. All its amounts are of one currency.
type Deal struct {
	ID      storage.ID[Deal] `json:"id"`
	Version int64            `json:"version"`
	Name    string           `json:"name"`
	// Customer is who may buy: a party, or whatever the host calls a customer. Zero is a blind spot, and allowed.
	Customer storage.Ref `json:"customer"`
	// Owner is who sells.
	Owner    storage.Ref          `json:"owner"`
	Pipeline storage.ID[Pipeline] `json:"pipeline"`
	Stage    string               `json:"stage"`
	Status   Status               `json:"status"`
	// Lines say what is sold; a deal may have none.
	Lines []Line `json:"lines"`
	// List is what the lines cost by the price list.
	List money.Amount `json:"list"`
	// Estimate is what the owner expects, and Quoted what live quotes ask for, Amount{} if there are none. Amount is Quoted where
	// there are quotes and else Estimate: what forecasts weigh.
	Estimate money.Amount `json:"estimate"`
	Quoted   money.Amount `json:"quoted"`
	Amount   money.Amount `json:"amount"`
	// Value is what the customer agreed to pay; zero until won.
	Value money.Amount `json:"value"`
	// Expected is when it is expected to close, no date if nobody said.
	Expected date.Date `json:"expected"`
	// Opened is when it was entered; Engaged when it first left the first stage of its pipeline; Closed when it was won or lost.
	Opened  date.Date `json:"opened"`
	Engaged date.Date `json:"engaged"`
	Closed  date.Date `json:"closed"`
	// Moved is the date of the last change of stage.
	Moved date.Date `json:"moved"`
	// Reason is why it was lost.
	Reason string `json:"reason"`
	// Source is how the customer came: "web", "fair", "referral".
	Source string `json:"source"`
	// Origin is what the deal came out of: a lead, an earlier order.
	Origin storage.Ref `json:"origin"`
	// Team and Region are where the owner sells, for reports.
	Team    string         `json:"team"`
	Region  string         `json:"region"`
	Fields  storage.Fields `json:"fields"`
	Created time.Time      `json:"created"`

	cycle int64 // days from Engaged (or Opened) to Closed; -1 while open
	count int64 // of lines
}

// A Line is one thing that a deal may sell.
type Line struct {
	Product storage.Ref `json:"product"`
	Text    string      `json:"text"`
	// Quantity has at most four decimals; zero counts as 1.
	Quantity decimal.Decimal `json:"quantity"`
	// ListPrice is that of one unit, in whole minor units.
	ListPrice money.Amount `json:"list_price"`
	// Amount is what the line is expected to bring; Amount{} takes quantity times list price.
	Amount money.Amount `json:"amount"`
	// Value is what it was won for.
	Value money.Amount `json:"value"`
}

// List is quantity times list price, rounded half up.
func (l Line) List() money.Amount { return l.ListPrice.Mul(l.Quantity).Round(money.HalfUp) }

// Ref points to the deal.
func (d *Deal) Ref() storage.Ref { return deals.Ref(d.ID) }

// Cycle returns the days from the first engagement to the end, from the opening where there was none; false while the deal is open.
func (d *Deal) Cycle() (days int, closed bool) {
	if d.Status == StatusOpen || d.Closed.IsZero() {
		return 0, false
	}
	from := d.Engaged
	if from.IsZero() {
		from = d.Opened
	}
	return d.Closed.Sub(from), true
}

// Age returns the days from the first engagement to a date; false for a deal that was never engaged, whose age nobody knows.
func (d *Deal) Age(at date.Date) (days int, known bool) {
	if d.Engaged.IsZero() {
		return 0, false
	}
	return at.Sub(d.Engaged), true
}

// Shares spreads an amount over the lines in proportion to what each is expected to bring, to the minor unit and without a rest.
func (d *Deal) Shares(total money.Amount) ([]money.Amount, error) {
	weights, all := make([]decimal.Decimal, len(d.Lines)), decimal.Decimal{}
	for i, l := range d.Lines {
		weights[i] = l.Amount.Decimal()
		all = all.Add(weights[i])
	}
	if all.IsZero() { // nothing is expected of any: alike
		return total.Split(len(weights))
	}
	return total.Allocate(weights...)
}

// complete fills in what the lines and the estimate leave out, and finds what is wrong.
func (d *Deal) complete(own money.Currency) error {
	var bad storage.Invalid
	bad.Check(strings.TrimSpace(d.Name) != "", "name", storage.CodeRequired, "")
	bad.Text("name", d.Name, maxName)
	bad.Text("reason", d.Reason, 2000)
	bad.Text("source", d.Source, maxWord)
	bad.Text("team", d.Team, maxWord)
	bad.Text("region", d.Region, maxWord)
	bad.Check(!d.Pipeline.IsZero(), "pipeline", storage.CodeRequired, "")
	bad.Check(len(d.Lines) <= 500, "lines", storage.CodeRange, "at most 500")

	cur := d.Estimate.Currency()
	for _, l := range d.Lines {
		if cur == "" {
			cur = l.ListPrice.Currency()
		}
	}
	if cur == "" {
		cur = own
	}
	if _, known := cur.Digits(); !known {
		bad.Add("amount", storage.CodeCurrency, "of which currency?")
		return bad.Err()
	}
	amount(&bad, "amount", d.Estimate, cur)
	amount(&bad, "quoted", d.Quoted, cur)
	d.Lines = slices.Clone(d.Lines)
	list, sum := money.Zero(cur), money.Zero(cur)
	for i := range d.Lines {
		l, at := &d.Lines[i], "lines."+strconv.Itoa(i)
		if l.Quantity.IsZero() {
			l.Quantity = decimal.New(1, 0)
		}
		bad.Check(!l.Quantity.IsNegative(), at+".quantity", storage.CodeNegative, "")
		bad.Check(l.Quantity.Shift(4).IsInteger(), at+".quantity", storage.CodeScale, "at most four decimals")
		bad.Text(at+".text", l.Text, 2000)
		priced := amount(&bad, at+".list_price", l.ListPrice, cur)
		if l.Amount == (money.Amount{}) && priced {
			l.Amount = l.List()
		}
		if amount(&bad, at+".amount", l.Amount, cur) && priced {
			list, _ = list.Add(l.List())
			sum, _ = sum.Add(l.Amount)
		}
		l.ListPrice, l.Amount, l.Value = of(cur, l.ListPrice), of(cur, l.Amount), of(cur, l.Value)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	d.List, d.count = list, int64(len(d.Lines))
	switch {
	case d.Estimate == (money.Amount{}):
		d.Estimate = sum
	case len(d.Lines) > 0 && d.Estimate != sum:
		shares, err := d.Shares(d.Estimate)
		if err != nil {
			return err
		}
		for i := range d.Lines {
			d.Lines[i].Amount = shares[i]
		}
	}
	d.Value = of(cur, d.Value)
	d.weigh()
	return nil
}

// weigh chooses the amount that forecasts use.
func (d *Deal) weigh() {
	d.Amount = d.Estimate
	if d.Quoted != (money.Amount{}) {
		d.Amount = d.Quoted
	}
}

// amount notes what is wrong with an amount that should be of a currency and not below zero; Amount{} is right.
func amount(bad *storage.Invalid, path string, a money.Amount, c money.Currency) bool {
	if a == (money.Amount{}) {
		return true
	}
	before := len(bad.Fields)
	bad.Check(a.Currency() == c, path, storage.CodeCurrency, "not "+string(c))
	bad.Check(a.Sign() >= 0, path, storage.CodeNegative, "")
	if _, err := a.Minor(); errors.Is(err, money.ErrOverflow) {
		bad.Add(path, storage.CodeRange, "too large")
	} else if err != nil && a.Currency() == c {
		bad.Add(path, storage.CodeScale, "finer than the currency")
	}
	return len(bad.Fields) == before
}

// of gives the zero amount a currency.
func of(c money.Currency, a money.Amount) money.Amount {
	if a == (money.Amount{}) {
		return money.Zero(c)
	}
	return a
}

// clone copies the deal so deep that no caller shares its lists.
func (d *Deal) clone() *Deal {
	c := *d
	c.Lines, c.Fields = slices.Clone(d.Lines), maps.Clone(d.Fields)
	return &c
}
