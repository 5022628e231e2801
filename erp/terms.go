package erp

import (
	"github.com/tutas/tutas/ledger/date"
)

// Terms says when a document is due.
type Terms struct {
	// EndOfMonth counts the days from the end of the document's month.
	EndOfMonth bool `json:"end_of_month,omitempty"`
	// Days is how many days later it is due; 0 is at once.
	Days int `json:"days"`
}

// Due is the day by which a document of the given date must be paid.
func (t Terms) Due(issued date.Date) date.Date {
	if t.EndOfMonth {
		issued = issued.EndOfMonth()
	}
	return issued.AddDays(t.Days)
}
