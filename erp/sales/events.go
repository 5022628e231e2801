package sales

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// What happens to an order. Drafts tell nothing.
var (
	OrderConfirmed = event.NewType[Happened]("sales.order.confirmed")
	OrderFulfilled = event.NewType[Happened]("sales.order.fulfilled")
	OrderClosed    = event.NewType[Happened]("sales.order.closed")
	OrderCancelled = event.NewType[Happened]("sales.order.cancelled")
)

// Happened is the payload of an order's events: enough to decide whether to react; whoever does reads the order.
type Happened struct {
	Number   string          `json:"number"`
	State    State           `json:"state"`
	Customer storage.Ref     `json:"customer"`
	Origin   storage.Ref     `json:"origin"`
	Owner    storage.Ref     `json:"owner"`
	Net      money.Amount    `json:"net"`
	Gross    money.Amount    `json:"gross"`
	Discount decimal.Decimal `json:"discount"`
	Approval storage.Ref     `json:"approval"`
	// On is the business date.
	On date.Date `json:"on"`
}

func (o *Order) happened(on date.Date) Happened {
	return Happened{Number: o.Number, State: o.State, Customer: o.Customer, Origin: o.Origin, Owner: o.Owner, Net: o.Net, Gross: o.Gross,
		Discount: o.Discount, Approval: o.Approval, On: on}
}
