package erp

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// An EarlyDiscount is what is taken off a document that is paid soon: "2 % within 10 days".
type EarlyDiscount struct {
	Percent decimal.Decimal `json:"percent"`
	// Days is how many days after the document's date it is granted.
	Days int `json:"days"`
	// Upfront says that tax is computed on the discounted price from the start, whether it is taken or not; then the discount
	// takes no tax along.
	Upfront bool `json:"upfront,omitempty"`
}

// Until is the last day of the discount on a document of a date.
func (d EarlyDiscount) Until(issued date.Date) date.Date { return issued.AddDays(d.Days) }

// Of returns what is taken off a document's net and off the tax in proportion to it, each rounded half up to the minor unit.
// Taxes of a fixed amount are no part of it.
//
// Errors: those of package money.
func (d EarlyDiscount) Of(net, tax money.Amount) (netOff, taxOff money.Amount, err error) {
	if netOff, err = net.MulQuo(d.Percent, hundred, money.HalfUp); err != nil {
		return netOff, taxOff, err
	}
	if d.Upfront {
		return netOff, money.Zero(net.Currency()), nil
	}
	taxOff, err = tax.MulQuo(d.Percent, hundred, money.HalfUp)
	return netOff, taxOff, err
}

// Tax returns the tax that a document shows: less, where it is computed on the discounted price from the start.
//
// Errors: those of package money.
func (d EarlyDiscount) Tax(tax money.Amount) (money.Amount, error) {
	if !d.Upfront {
		return tax, nil
	}
	return tax.MulQuo(hundred.Sub(d.Percent), hundred, money.HalfUp)
}

// An Instalment is a part of a document, in percent of its net and of its tax, and when it is due.
type Instalment struct {
	Terms Terms           `json:"terms"`
	Net   decimal.Decimal `json:"net"`
	Tax   decimal.Decimal `json:"tax"`
}

// A Due is an amount and the day by which it must be paid.
type Due struct {
	Date   date.Date    `json:"date"`
	Amount money.Amount `json:"amount"`
}

// Schedule divides a document among instalments, which sum to it: each net and tax is rounded half up, and the last has the rest.
//
// Errors: those of package money.
func Schedule(list []Instalment, issued date.Date, net, tax money.Amount) ([]Due, error) {
	left, err := net.Add(tax)
	if err != nil {
		return nil, err
	}
	var out []Due
	for i, in := range list {
		d := Due{Date: in.Terms.Due(issued), Amount: left}
		if i < len(list)-1 {
			n, err := net.MulQuo(in.Net, hundred, money.HalfUp)
			if err != nil {
				return nil, err
			}
			t, err := tax.MulQuo(in.Tax, hundred, money.HalfUp)
			if err == nil {
				d.Amount, err = n.Add(t)
			}
			if err != nil {
				return nil, err
			}
		}
		if left, err = left.Sub(d.Amount); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
