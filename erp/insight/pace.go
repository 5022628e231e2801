package insight

import (
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Pace is how fast deals of a pipeline are won.
type Pace struct {
	// Won is how many ever were; Usual is how many days half of them took, Longest the slowest.
	Won     int64
	Usual   int
	Longest int
}

// unknownPace is how long a deal takes where none was ever won: a quarter.
const unknownPace = 90

// Dead reports whether an open deal is older than any that was ever won.
func (p Pace) Dead(d *pipeline.Deal, asOf date.Date) bool {
	age, known := d.Age(asOf)
	return known && p.Won > 0 && age > p.Longest
}

// Closes guesses when an open deal is won, if it is: when it is expected; else at the usual age; if it is older than that,
// halfway to the age of the slowest; and if it is dead, or nobody knows its age, after as long as a deal usually takes.
func (p Pace) Closes(d *pipeline.Deal, asOf date.Date) date.Date {
	if d.Expected.After(asOf) {
		return d.Expected
	}
	usual := p.Usual
	if p.Won == 0 {
		usual = unknownPace
	}
	age, known := d.Age(asOf)
	switch {
	case !known || p.Dead(d, asOf) || p.Won == 0:
		return asOf.AddDays(max(usual, 1))
	case age < usual:
		return asOf.AddDays(usual - age)
	}
	return asOf.AddDays(max((p.Longest-age+1)/2, 1))
}

func refOfInvoice(item billing.Item) storage.Ref { return billing.Ref(item.Invoice.ID) }
