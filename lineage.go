package tutas

import (
	"context"
	"errors"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Link is one step of a chain: an entry, an invoice, a project, an order, a deal, whatever the host's own documents are.
type Link struct {
	Ref storage.Ref `json:"ref"`
	// Name is its number or name, Date its business date and Amount what it is about, as far as it has them.
	Name   string       `json:"name"`
	Date   date.Date    `json:"date"`
	Amount money.Amount `json:"amount"`
	// Fields is all that the actor may see of it, by name.
	Fields map[string]any `json:"fields,omitempty"`
}

// maxChain bounds a walk, so that documents that name each other in a circle do no harm.
const maxChain = 100

// Origins walks from anything back to what began it: from an entry in the books over invoice, project and order to the deal and its
// lead. The first link is where it starts; the last is where the trail ends, a Ref to something of the host's included.
//
// Errors: storage.ErrNotFound if there is no such beginning, or the actor may not see it.
func (c *Company) Origins(ctx context.Context, from storage.Ref, by ...storage.Ref) (chain []Link, err error) {
	actor := storage.Ref{}
	if len(by) > 0 {
		actor = by[0]
	}
	err = c.View(ctx, func(tx *storage.Tx) error {
		chain = nil
		for at := from; !at.IsZero() && len(chain) < maxChain; {
			fields, err := tx.Look(ctx, actor, at)
			if errors.Is(err, storage.ErrNotFound) && len(chain) > 0 {
				if ok, bad := tx.Visible(ctx, actor, at); bad != nil || !ok {
					return bad // what the actor may not see ends the trail
				}
				chain = append(chain, Link{Ref: at})
				return nil
			}
			if err != nil {
				return err
			}
			link := linkOf(at, fields)
			if slices.ContainsFunc(chain, func(l Link) bool { return l.Ref == at }) {
				return nil
			}
			chain = append(chain, link)
			if at, err = c.In(tx).before(ctx, link); err != nil {
				return err
			}
		}
		return nil
	})
	return chain, err
}

// before is what caused a link: its source if it is an entry, the invoice that it settled if it is a payment, else its origin.
func (c *Company) before(ctx context.Context, l Link) (storage.Ref, error) {
	if l.Ref.Kind == "billing.payment" {
		return c.settled(ctx, l.Ref)
	}
	for _, name := range []string{"source", "origin"} {
		if r, ok := l.Fields[name].(storage.Ref); ok && !r.IsZero() {
			return r, nil
		}
	}
	return storage.Ref{}, nil
}

// linkOf reads what a document is called, when it was, and what it is about, from the names that our packages use.
func linkOf(r storage.Ref, fields map[string]any) Link {
	l := Link{Ref: r, Fields: fields}
	for _, name := range []string{"number", "name", "text"} {
		if s, ok := fields[name].(string); ok && s != "" {
			l.Name = s
			break
		}
	}
	for _, name := range []string{"date", "closed", "completed", "opened", "from"} {
		if d, ok := fields[name].(date.Date); ok && !d.IsZero() {
			l.Date = d
			break
		}
	}
	for _, name := range []string{"gross", "value", "amount"} {
		if a, ok := fields[name].(money.Amount); ok && !a.IsZero() {
			l.Amount = a
			break
		}
	}
	return l
}
