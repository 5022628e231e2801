package people

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Person works for the company.
type Person struct {
	ID      storage.ID[Person] `json:"id"`
	Version int64              `json:"version"`
	Profile
	// Hired is the first working day, Left the last one; no date while the person stays.
	Hired   date.Date `json:"hired"`
	Left    date.Date `json:"left"`
	Created time.Time `json:"created"`
	// until is Left, or the end of the calendar: what a list is filtered by.
	until date.Date
}

// A Profile is what can be said of a person and changed at any time.
type Profile struct {
	Name string `json:"name"`
	// Party is the same human being in the contact book, if there.
	Party storage.Ref `json:"party"`
	// Role is what the person does: "sales agent".
	Role string `json:"role"`
	// Manager is who decides for the person; zero at the top.
	Manager storage.Ref `json:"manager"`
	// Department and CostCentre are the values of the ledger's dimensions that the person's costs carry.
	Department string `json:"department"`
	CostCentre string `json:"cost_centre"`
	Region     string `json:"region"`
	Office     string `json:"office"`
	// Week is the working time.
	Week Week `json:"week"`
	// Calendar holds the holidays; zero has none.
	Calendar storage.ID[Calendar] `json:"calendar"`
	// Limits holds the largest amount that the person may approve alone, by policy; under "" for all policies that are not
	// named. Without an entry there is no limit.
	Limits map[string]money.Amount `json:"limits,omitempty"`
	Fields storage.Fields          `json:"fields,omitempty"`
}

// Ref points to a person.
func Ref(id storage.ID[Person]) storage.Ref { return persons.Ref(id) }

// Department points to the people of a department as a team.
func Department(name string) storage.Ref { return storage.Ref{Kind: departmentKind, ID: name} }

const departmentKind = "people.department"

// Limit returns the largest amount that the person may approve alone under a policy; false without a limit.
func (p Profile) Limit(policy string) (money.Amount, bool) {
	if a, ok := p.Limits[policy]; ok {
		return a, true
	}
	a, ok := p.Limits[""]
	return a, ok
}

// Employed returns the days from hire to departure.
func (p Person) Employed() date.Period { return date.Period{From: p.Hired, To: p.Left} }

// Verbs says what can be done with the person now, and why not.
func (p Person) Verbs() []storage.Verb {
	list := []storage.Verb{{Name: "change"}, {Name: "depart"}, {Name: "absent"}}
	if !p.Left.IsZero() {
		list[1].Why, list[2].Why = ErrLeft.Text, ErrLeft.Text
	}
	return list
}

func (p Profile) check(bad *storage.Invalid) {
	bad.Check(p.Name != "", "name", storage.CodeRequired, "")
	p.Week.check(bad)
	for _, policy := range slices.Sorted(maps.Keys(p.Limits)) {
		limit := p.Limits[policy]
		bad.Check(limit.Sign() >= 0, "limits."+policy, storage.CodeNegative, "")
		bad.Check(limit.Currency() != "", "limits."+policy, storage.CodeCurrency, "")
		bad.Check(len(policy) <= maxName, "limits", storage.CodeTooLong, "")
	}
	bad.Check(len(p.Limits) <= 100, "limits", storage.CodeRange, "")
}

// maxName bounds names, in bytes.
const maxName = 500

// A Week is the working hours of each weekday, from Sunday (0) to Saturday (6), as time.Weekday counts.
type Week [7]decimal.Decimal

// FullTime is eight hours from Monday to Friday.
func FullTime() Week { return Evenly(decimal.NewFromInt(40)) }

// Evenly spreads the hours of a week over Monday to Friday.
func Evenly(hours decimal.Decimal) (w Week) {
	for day := time.Monday; day <= time.Friday; day++ {
		w[day] = money.HalfUp.Round(hours.Div(decimal.NewFromInt(5)), hourScale)
	}
	return w
}

// hourScale is to how many decimals hours are kept.
const hourScale = 4

// Hours returns the hours of a whole week.
func (w Week) Hours() (sum decimal.Decimal) {
	for _, h := range w {
		sum = sum.Add(h)
	}
	return sum
}

func (w Week) check(bad *storage.Invalid) {
	for i, h := range w {
		path := fmt.Sprintf("week.%d", i)
		bad.Check(h.Sign() >= 0, path, storage.CodeNegative, "")
		bad.Check(h.LessThanOrEqual(decimal.NewFromInt(24)), path, storage.CodeRange, "a day has 24 hours")
		bad.Check(h.Equal(h.Truncate(hourScale)), path, storage.CodeScale, "")
	}
}
