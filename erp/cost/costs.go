package cost

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Books is where the actual costs are read.
type Books interface {
	// CentreTotals returns what income and expense accounts hold in a period, one line for each centre, account and currency.
	CentreTotals(ctx context.Context, tx *storage.Tx, during date.Period) ([]Total, error)
}

// Journal is where costs are moved from centre to centre.
type Journal interface {
	// Post enters an entry in the books and returns a Ref to it.
	Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error)
}

// Ports are what cost centres need from outside. Each may be nil: centres and budgets can be kept without.
type Ports struct {
	Books   Books
	Journal Journal
}

// Costs keeps centres, budgets and rules.
type Costs struct {
	s     storage.Session
	ports Ports
}

// New makes the service over a tenant's data.
func New(s storage.Session, ports Ports) *Costs { return &Costs{s: s, ports: ports} }

// In returns the same service inside a transaction.
func (s *Costs) In(tx *storage.Tx) *Costs { return &Costs{s: tx, ports: s.ports} }
