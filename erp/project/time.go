package project

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Time is hours that one person worked on a project on one day.
type Time struct {
	ID      storage.ID[Time]    `json:"id"`
	Version int64               `json:"version"`
	Project storage.ID[Project] `json:"project"`
	Person  storage.Ref         `json:"person"`
	Date    date.Date           `json:"date"`
	Hours   decimal.Decimal     `json:"hours"`
	Text    string              `json:"text"`
	// Billable hours are billed, at Price an hour or, where that is not Amount{}, at Fixed for all of them.
	Billable bool         `json:"billable"`
	Price    money.Amount `json:"price"`
	Fixed    money.Amount `json:"fixed"`
	// Rate is what an hour of the person cost when this was entered; Cost is Hours times Rate.
	Rate money.Amount `json:"rate"`
	Cost money.Amount `json:"cost"`
	// Billed hours are on an Invoice, and frozen.
	Billed  bool        `json:"billed"`
	Invoice storage.Ref `json:"invoice"`
	// Posting is the ledger entry of the cost; the latest one, if the hours were changed.
	Posting storage.Ref    `json:"posting"`
	Created time.Time      `json:"created"`
	Fields  storage.Fields `json:"fields,omitempty"`
}

// TimeRef points to hours.
func TimeRef(id storage.ID[Time]) storage.Ref { return times.Ref(id) }

// Cost returns what hours cost at a rate, rounded half up.
func Cost(rate money.Amount, hours decimal.Decimal) money.Amount {
	return rate.Mul(hours).Round(money.HalfUp)
}

// Verbs says what can be done with the hours now, and why not.
func (t Time) Verbs() []storage.Verb {
	list := []storage.Verb{{Name: "change"}, {Name: "remove"}, {Name: "bill"}}
	if t.Billed {
		for i := range list {
			list[i].Why = ErrBilled.Text
		}
	} else if !t.Billable {
		list[2].Why = ErrNotBillable.Text
	}
	return list
}

// A Bill is what is still to be billed.
type Bill struct {
	Lines []BillLine
	// Hours and Amount are the sums of the lines.
	Hours  decimal.Decimal
	Amount money.Amount
	// Times are the hours that it is made of.
	Times []storage.ID[Time]
}

// A BillLine is the hours of one price, or those with a fixed price.
type BillLine struct {
	Price money.Amount
	// Fixed says that Price is for all of the hours.
	Fixed  bool
	Hours  decimal.Decimal
	Amount money.Amount
	Times  []storage.ID[Time]
}

// ErrCurrency: hours of different currencies cannot be on one bill.
var ErrCurrency = storage.NewError("project.currency", "the hours are priced in different currencies")

// ToBill makes a bill of those hours that are billable and not billed yet. Hours of one price make a line, in the order in
// which prices first come by date; its amount is the hours' sum times the price, rounded once. Hours with a fixed price make
// a line each.
//
// Errors: ErrCurrency.
func ToBill(entries []Time) (Bill, error) {
	open := slices.DeleteFunc(slices.Clone(entries), func(t Time) bool { return t.Billed || !t.Billable })
	slices.SortStableFunc(open, func(a, b Time) int {
		return cmp.Or(a.Date.Compare(b.Date), slices.Compare(a.ID[:], b.ID[:]))
	})
	var b Bill
	byPrice := map[money.Amount]int{}
	for _, t := range open {
		price, fixed := t.Price, false
		if t.Fixed != (money.Amount{}) {
			price, fixed = t.Fixed, true
		}
		i, ok := byPrice[price]
		if !ok || fixed {
			i = len(b.Lines)
			b.Lines = append(b.Lines, BillLine{Price: price, Fixed: fixed})
			if !fixed {
				byPrice[price] = i
			}
		}
		l := &b.Lines[i]
		l.Hours = l.Hours.Add(t.Hours)
		l.Times = append(l.Times, t.ID)
		b.Hours = b.Hours.Add(t.Hours)
		b.Times = append(b.Times, t.ID)
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Amount = l.Price; !l.Fixed {
			l.Amount = Cost(l.Price, l.Hours)
		}
		sum, err := b.Amount.Add(l.Amount)
		if err != nil {
			return Bill{}, ErrCurrency.Because(err)
		}
		b.Amount = sum
	}
	return b, nil
}
