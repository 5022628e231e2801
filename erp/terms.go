package erp

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Terms says when a document is due.
type Terms struct {
	// EndOfMonth counts the days from the end of the document's month.
	EndOfMonth bool `json:"end_of_month,omitempty"`
	// Days is how many days later it is due; 0 is at once.
	Days int `json:"days"`
	// EarlyPercent is taken off what is paid within EarlyDays of the document's date, "2 % within 10 days"; nothing if zero.
	EarlyPercent decimal.Decimal `json:"early_percent,omitzero"`
	EarlyDays    int             `json:"early_days,omitempty"`
}

// maxDays bounds terms, so that what is due has a date.
const maxDays = 36_525

// Early is the discount for those who pay soon.
func (t Terms) Early() EarlyDiscount {
	return EarlyDiscount{Percent: t.EarlyPercent, Days: t.EarlyDays}
}

// Check collects what is wrong with the terms.
func (t Terms) Check(bad *storage.Invalid, path string) {
	bad.Check(t.Days >= 0, path+".days", storage.CodeNegative, "")
	bad.Check(t.Days <= maxDays, path+".days", storage.CodeRange, "a century at most")
	bad.Check(t.EarlyDays >= 0, path+".early_days", storage.CodeNegative, "")
	bad.Check(t.EarlyDays <= maxDays, path+".early_days", storage.CodeRange, "a century at most")
	sane := t.EarlyPercent.Exponent() >= -6 && t.EarlyPercent.Exponent() <= 3 // others could fill the memory
	bad.Check(sane && !t.EarlyPercent.IsNegative() && t.EarlyPercent.LessThan(hundred), path+".early_percent", storage.CodeRange, "0 to 100")
}

// Due is the day by which a document of the given date must be paid.
func (t Terms) Due(issued date.Date) date.Date {
	if t.EndOfMonth {
		issued = issued.EndOfMonth()
	}
	return issued.AddDays(t.Days)
}
