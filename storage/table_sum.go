package storage

import (
	"context"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Count returns how many rows a query has.
func (t *Table[T]) Count(ctx context.Context, tx *Tx, q Query) (int64, error) {
	sums, err := t.Sum(ctx, tx, q, nil, nil)
	if err != nil || len(sums) == 0 {
		return 0, err
	}
	return sums[0].Count, nil
}

// A Sum is one group of rows.
type Sum[T any] struct {
	// Group holds the values of the fields that were grouped by; its other fields are zero.
	Group T
	// Totals holds the sums, in the order in which their fields were named: minor units of a Minor, units of the scale of a Scaled.
	Totals []int64
	// Count is the number of rows.
	Count int64
}

// Sum adds up fields over the rows of a query, in groups of equal values of the fields in by, ordered by these. Money must be grouped by its
// own currency: naming a Minor field among the sums adds its currency to the groups, after the fields of by.
//
// Errors: ErrOverflow; *Invalid for a field that cannot be summed or grouped by.
func (t *Table[T]) Sum(ctx context.Context, tx *Tx, q Query, fields, by []string) ([]Sum[T], error) {
	c, err := t.compile(ctx, tx, q)
	if err != nil || c.none {
		return nil, err
	}
	if len(c.residual) > 0 {
		return nil, invalid("fields."+c.residual[0].name, CodeNotSorted, "only an indexed field of your own can narrow a sum")
	}
	var faults Invalid
	var groups, sums []int
	for _, name := range by {
		if i, ok := t.byName[name]; ok && !slices.Contains(c.hidden, name) {
			for at := t.offsets[i]; at < t.offsets[i+1]; at++ {
				groups = append(groups, at)
			}
		} else {
			faults.Add(name, CodeUnknown, "")
		}
	}
	for _, name := range fields {
		i, ok := t.byName[name]
		if !ok || slices.Contains(c.hidden, name) || t.table.Columns[t.offsets[i]].Kind != driver.Int {
			faults.Add(name, CodeUnknown, "cannot be summed")
			continue
		}
		sums = append(sums, t.offsets[i])
		if cur := t.offsets[i] + 1; t.fields[i].kind == "money" && !slices.Contains(groups, cur) {
			groups = append(groups, cur)
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if err := tx.settle(ctx, t.table); err != nil {
		return nil, err
	}
	if err := tx.ensureSavepoints(ctx); err != nil { // an overflow must not doom more than the innermost Update
		return nil, err
	}
	var out []Sum[T]
	full := t.zeroRow()
	for row, err := range tx.dtx.Sum(ctx, c.Query, sums, groups) {
		if err != nil {
			return nil, tx.fail(err)
		}
		for i, col := range groups {
			full[col] = row[i]
		}
		s := Sum[T]{Totals: make([]int64, len(sums)), Count: row[len(row)-1].Int()}
		if err := t.decode(ctx, tx, full, &s.Group, nil); err != nil {
			return nil, err
		}
		for i := range sums {
			s.Totals[i] = row[len(groups)+i].Int()
		}
		out = append(out, s)
	}
	return out, nil
}

// zeroRow is a row that decodes to the zero value.
func (t *Table[T]) zeroRow() driver.Row {
	row := make(driver.Row, len(t.table.Columns))
	for i, c := range t.table.Columns {
		switch {
		case c.Nullable || c.Kind == driver.Date || c.Kind == driver.Instant:
		case c.Kind == driver.Decimal:
			row[i] = driver.TextValue("0")
		case c.Kind == driver.JSON:
			row[i] = driver.TextValue("null")
		case c.Kind == driver.Text || c.Kind == driver.UUID:
			row[i] = driver.TextValue("")
		default:
			row[i] = driver.IntValue(0)
		}
	}
	return row
}
