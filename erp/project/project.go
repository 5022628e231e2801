package project

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Status is where a project stands in its life.
type Status string

// The life of a project.
const (
	// Planned is agreed and not begun.
	Planned Status = "planned"
	// Active is being worked on.
	Active Status = "active"
	// Done is delivered; what is left is to bill and to be paid.
	Done Status = "done"
	// Closed is history.
	Closed Status = "closed"
)

// A Project is a delivery for a customer.
type Project struct {
	ID      storage.ID[Project] `json:"id"`
	Version int64               `json:"version"`
	Terms
	// Origin is what caused it: the deal or the order.
	Origin storage.Ref `json:"origin"`
	Status Status      `json:"status"`
	// Started and Completed are when it really began and was delivered.
	Started   date.Date `json:"started"`
	Completed date.Date `json:"completed"`
	Created   time.Time `json:"created"`
}

// Terms are what was agreed, and can be changed until the project is closed.
type Terms struct {
	Name     string      `json:"name"`
	Customer storage.Ref `json:"customer"`
	Manager  storage.Ref `json:"manager"`
	// Budget is how many hours it may take; 0 is not budgeted.
	Budget decimal.Decimal `json:"budget"`
	// Price is what an hour is billed at, unless the hours say otherwise; Amount{} where hours are not billed by the hour.
	Price money.Amount `json:"price"`
	// From and To are the planned dates.
	From date.Date `json:"from"`
	To   date.Date `json:"to"`
	// The values of the ledger's dimensions that costs and revenue of the project carry, beside its customer and itself.
	Department string         `json:"department"`
	CostCentre string         `json:"cost_centre"`
	Product    string         `json:"product"`
	Deal       string         `json:"deal"`
	Region     string         `json:"region"`
	Fields     storage.Fields `json:"fields,omitempty"`
}

func (t Terms) check(bad *storage.Invalid) {
	bad.Check(t.Name != "", "name", storage.CodeRequired, "")
	bad.Check(t.Budget.Sign() >= 0, "budget", storage.CodeNegative, "")
	bad.Check(t.Price.Sign() >= 0, "price", storage.CodeNegative, "")
	bad.Check(t.From.IsZero() || t.To.IsZero() || !t.To.Before(t.From), "to", storage.CodeRange, "before it begins")
}

// Ref points to a project.
func Ref(id storage.ID[Project]) storage.Ref { return projects.Ref(id) }

// Dims returns what postings about the project carry.
func (p Project) Dims() ledger.Dims {
	return ledger.Dims{Customer: p.Customer.ID, Project: p.ID.String(), Department: p.Department, CostCentre: p.CostCentre,
		Product: p.Product,
		Deal:    p.Deal, Region: p.Region}
}

// Planned returns the planned dates; an end that is not set is open.
func (p Project) Planned() date.Period { return date.Period{From: p.From, To: p.To} }

// Verbs says what can be done with the project now, and why not.
func (p Project) Verbs() []storage.Verb {
	return life.Verbs(p.Status, &p, workflow.Action(StepStart), workflow.Action(StepComplete), workflow.Action(StepReopen),
		workflow.Action(StepClose), "log_time", "change")
}
