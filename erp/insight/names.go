package insight

import (
	"context"
	"errors"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
)

// Names says what the values of a dimension are called. A host whose customers are its own answers for them.
type Names interface {
	// Names returns a name for each value, in their order; "" for one that it does not know.
	Names(ctx context.Context, tx *storage.Tx, by storage.Ref, d ledger.Dimension, values []string) ([]string, error)
}

// kinds says of which kind the values of a dimension usually are.
var kinds = map[ledger.Dimension]string{
	ledger.Customer: "party.party", ledger.Supplier: "party.party", ledger.Product: "catalog.product", ledger.Person: "people.person",
	ledger.Project: "project.project", ledger.Deal: "pipeline.deal", ledger.CostCentre: "cost.centre",
}

// names returns what values are called; a value that nobody knows, or that the actor may not see, is called by its identifier.
func (m *moment) names(ctx context.Context, d ledger.Dimension, values []string) ([]string, error) {
	if m.Names != nil {
		names, err := m.Names.Names(ctx, m.tx, m.by, d, values)
		if err != nil {
			return nil, err
		}
		for i := range names {
			if names[i] == "" {
				names[i] = values[i]
			}
		}
		return names, nil
	}
	kind := m.Kinds[d]
	if kind == "" {
		kind = kinds[d]
	}
	names := make([]string, len(values))
	for i, v := range values {
		name, err := m.look(ctx, storage.Ref{Kind: kind, ID: v})
		if err != nil {
			return nil, err
		}
		names[i] = name
	}
	return names, nil
}

// look reads the name of what a Ref points to.
func (m *moment) look(ctx context.Context, r storage.Ref) (string, error) {
	if r.Kind == "" || r.ID == "" {
		return r.ID, nil
	}
	fields, err := m.tx.Look(ctx, m.by, r)
	if errors.Is(err, storage.ErrNotFound) {
		return r.ID, nil
	}
	if err != nil {
		return "", err
	}
	for _, field := range []string{"name", "title", "number", "code"} {
		if name, ok := fields[field].(string); ok && name != "" {
			return name, nil
		}
	}
	return r.ID, nil
}

// called names one customer by a Ref.
func (m *moment) called(ctx context.Context, customer storage.Ref) (string, error) {
	if m.Names != nil {
		names, err := m.names(ctx, ledger.Customer, []string{customer.ID})
		if err != nil || len(names) != 1 {
			return customer.ID, err
		}
		return names[0], nil
	}
	return m.look(ctx, customer)
}
