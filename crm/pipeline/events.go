package pipeline

import (
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// What happens to a deal.
var (
	Opened     = event.NewType[Happened]("pipeline.deal.opened")
	Advanced   = event.NewType[Happened]("pipeline.deal.advanced")
	Won        = event.NewType[Happened]("pipeline.deal.won")
	Lost       = event.NewType[Happened]("pipeline.deal.lost")
	Reopened   = event.NewType[Happened]("pipeline.deal.reopened")
	Reassigned = event.NewType[Happened]("pipeline.deal.reassigned")
)

// Happened is the payload of a deal's events: enough to decide whether to react; whoever does reads the deal. It carries no free
// text.
type Happened struct {
	Customer storage.Ref          `json:"customer"`
	Owner    storage.Ref          `json:"owner"`
	Origin   storage.Ref          `json:"origin"`
	Pipeline storage.ID[Pipeline] `json:"pipeline"`
	// From is the stage before; the same as To where the stage did not change, "" where there was none.
	From   string `json:"from"`
	To     string `json:"to"`
	Status Status `json:"status"`
	// At is the business date.
	At     date.Date    `json:"at"`
	Amount money.Amount `json:"amount"`
	Value  money.Amount `json:"value"`
}

// happened tells of a change of a deal; before is nil for a new one.
func happened(before, d *Deal, at date.Date) Happened {
	h := Happened{Customer: d.Customer, Owner: d.Owner, Origin: d.Origin, Pipeline: d.Pipeline, To: d.Stage, Status: d.Status,
		At: at, Amount: d.Amount, Value: d.Value}
	if before != nil {
		h.From = before.Stage
	}
	return h
}
