package sales

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Approvals knows what has been approved. Package workflow/approval serves, with a few lines around it; so does any other.
type Approvals interface {
	// Approval returns what allows a subject (an order, or what it came from) to go on with exactly this content; the zero Ref if
	// nothing does.
	Approval(ctx context.Context, tx *storage.Tx, policy string, subject storage.Ref, digest string) (storage.Ref, error)
}

// Ports are what sales needs of others.
type Ports struct {
	// Approvals may be nil: then any discount may be given.
	Approvals Approvals
	// Policy is the name that approvals know; "discount" if empty.
	Policy string
	// Limit is the largest discount, in percent below the list price, that needs no approval.
	Limit decimal.Decimal
	// Order is what orders are called; by default SO1, SO2 …
	Order erp.Numbering
}

// Orders keeps a tenant's orders.
type Orders struct {
	s storage.Session
	p Ports
}

// New makes the service.
func New(s storage.Session, p Ports) *Orders {
	if p.Policy == "" {
		p.Policy = "discount"
	}
	if p.Order.Series == "" {
		p.Order.Series = "sales.order"
		if p.Order.Format == "" {
			p.Order.Format = "SO{n}"
		}
	}
	return &Orders{s, p}
}

// In is the same service inside a transaction.
func (s *Orders) In(tx *storage.Tx) *Orders { return &Orders{tx, s.p} }

// Draft is the command that writes an order the customer has not agreed to yet, or with Place one that he has.
type Draft struct {
	By       storage.Ref
	Key      storage.Key
	Customer storage.Ref
	Origin   storage.Ref
	Owner    storage.Ref
	Date     date.Date // the tenant's today if zero
	Terms    erp.Terms
	Currency money.Currency
	Method   tax.Method // tax.PerLine if empty
	Lines    []erp.Line
	// List is the list price of one unit for each line, in the order's currency; zero says nothing about a line, and no List
	// about none.
	List      []decimal.Decimal
	Reference string
	Note      string
	Fields    storage.Fields
}

// Draft writes a draft: it has no number and may still change.
//
// Errors: *storage.Invalid, storage.ErrForbidden.
func (s *Orders) Draft(ctx context.Context, c Draft) (*Order, error) {
	return storage.Once(ctx, s.s, c.Key, "sales.order.draft", c, func(tx *storage.Tx) (*Order, error) {
		o, err := compose(tx, c)
		if err != nil {
			return nil, err
		}
		if err := event.Apply(ctx, tx, orders, event.Change[Order]{By: c.By, Verb: "sales.order.draft", After: o}); err != nil {
			return nil, err
		}
		return o, insertLines(ctx, tx, o)
	})
}

// compose makes the order with its identifier and its day.
func compose(tx *storage.Tx, c Draft) (*Order, error) {
	if c.Date.IsZero() {
		c.Date = tx.Today()
	}
	o, err := Compose(c)
	if err != nil {
		return nil, err
	}
	o.ID, o.Created = storage.NewID[Order](tx), tx.Now()
	return o, nil
}

// Redraft is the command that replaces what a draft says.
type Redraft struct {
	Order   storage.ID[Order]
	Version int64
	Why     string
	Draft
}

// Redraft replaces what a draft says.
//
// Errors: ErrNotDraft, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden, *storage.Invalid.
func (s *Orders) Redraft(ctx context.Context, c Redraft) (*Order, error) {
	return storage.Once(ctx, s.s, c.Key, "sales.order.redraft", c, func(tx *storage.Tx) (*Order, error) {
		old, err := lock(ctx, tx, c.Order, c.Version)
		if err == nil {
			err = old.fire("change")
		}
		if err != nil {
			return nil, err
		}
		o, err := compose(tx, c.Draft)
		if err != nil {
			return nil, err
		}
		o.ID, o.Version, o.Created = old.ID, old.Version, old.Created
		if err := deleteLines(ctx, tx, old); err != nil {
			return nil, err
		}
		err = event.Apply(ctx, tx, orders, event.Change[Order]{By: c.By, Verb: "sales.order.redraft", Why: c.Why, Before: old, After: o})
		if err != nil {
			return nil, err
		}
		return o, insertLines(ctx, tx, o)
	})
}

// lock reads an order that is going to be changed.
func lock(ctx context.Context, tx *storage.Tx, id storage.ID[Order], version int64) (*Order, error) {
	o, err := orders.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return o, storage.CheckVersion(version, o.Version)
}
