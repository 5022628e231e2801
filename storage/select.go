package storage

import (
	"context"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Describe lists the fields of aggregates of a kind, the tenant's own included, for what does not know the type.
//
// Errors: ErrNotFound for a kind that is not stored here.
func (tx *Tx) Describe(ctx context.Context, kind string) (Description, error) {
	d := tx.store.declaration(kind)
	if d == nil {
		return Description{}, ErrNotFound.With("kind %s", kind)
	}
	return d.describe(ctx, tx)
}

// Select reads aggregates of a kind by a query, for what does not know the type: each with a Ref to it and its fields by name, as Look has
// them. It reads page by page; fn may write.
//
// Errors: ErrNotFound for a kind that is not stored here, *Invalid, and those of fn.
func (tx *Tx) Select(ctx context.Context, kind string, q Query, fn func(to Ref, fields map[string]any) error) error {
	d := tx.store.declaration(kind)
	if d == nil {
		return ErrNotFound.With("kind %s", kind)
	}
	c, err := d.compile(ctx, tx, q)
	if err != nil || c.none {
		return err
	}
	for left := q.Limit; ; {
		if c.Limit = pageRows; left > 0 && left < pageRows {
			c.Limit = left
		}
		rows, err := tx.rows(ctx, &c)
		if err != nil || len(rows) == 0 {
			return err
		}
		full, last := len(rows) == c.Limit, c.place(rows[len(rows)-1])
		rows = slices.DeleteFunc(rows, func(r driver.Row) bool { return !d.passes(r, c.residual) })
		for _, row := range rows {
			fields, err := d.show(row)
			if err != nil {
				return err
			}
			for _, name := range c.hidden {
				delete(fields, name)
			}
			if err := fn(Ref{Kind: kind, ID: d.shownKey(fields)}, fields); err != nil {
				return err
			}
		}
		if left -= len(rows); !full || q.Limit > 0 && left <= 0 {
			return nil
		}
		c.After = last
	}
}

// shownKey is the text of the first key field: what a Ref has.
func (d *declaration) shownKey(fields map[string]any) string {
	s, _ := fields[d.fields[0].name].(string)
	return s
}
