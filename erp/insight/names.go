package insight

import (
	"context"
	"errors"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
)

// kinds says of which kind the values of a dimension usually are.
var kinds = map[ledger.Dimension]string{
	ledger.Customer: "party.party", ledger.Supplier: "party.party", ledger.Product: "catalog.product",
	ledger.Person:  "people.person",
	ledger.Project: "project.project", ledger.Deal: "pipeline.deal", ledger.CostCentre: "cost.centre",
}

// ref points to what a dimension's value stands for.
func (m *moment) ref(d ledger.Dimension, value string) storage.Ref {
	if kind := m.Kinds[d]; kind != "" {
		return storage.Ref{Kind: kind, ID: value}
	}
	return storage.Ref{Kind: kinds[d], ID: value}
}

// called returns what people call something. What nobody knows, or the actor may not see, is called by its identifier.
func (m *moment) called(ctx context.Context, r storage.Ref) (string, error) {
	if r.Kind == "" || r.ID == "" {
		return r.ID, nil
	}
	if m.Names != nil && !ours(r.Kind) {
		name, err := m.Names.Name(ctx, m.tx, r)
		if errors.Is(err, storage.ErrNotFound) || err == nil && name == "" {
			return r.ID, nil
		}
		return name, err
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

// ours reports whether a kind is the library's own, so that scopes decide who sees its names.
func ours(kind string) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}
