package sqltext

import (
	"errors"
	"fmt"

	"github.com/tutas/tutas/storage/driver"
)

// CheckQuery fails if a query asks for what the contract does not allow, so that all backends refuse it alike.
func CheckQuery(q driver.Query, s Scope) error {
	if err := checkWhere(q); err != nil {
		return err
	}
	for _, c := range q.Order {
		if c < 0 || c >= len(q.Table.Columns) {
			return fmt.Errorf("table %s: no column %d to order by", q.Table.Name, c)
		}
		if q.Table.Columns[c].Nullable || opaque(q.Table.Columns[c].Kind) {
			return fmt.Errorf("table %s: column %s cannot be ordered by", q.Table.Name, q.Table.Columns[c].Name)
		}
	}
	if n := len(wholeOrder(q, s)); q.After != nil && len(q.After) != n {
		return fmt.Errorf("table %s: the place to start after has %d values, not %d", q.Table.Name, len(q.After), n)
	}
	if q.Limit < 0 {
		return fmt.Errorf("table %s: the limit is negative", q.Table.Name)
	}
	return nil
}

// CheckSum does the same for a sum.
func CheckSum(q driver.Query, sum, by []int) error {
	if err := checkWhere(q); err != nil {
		return err
	}
	for _, c := range sum {
		if c < 0 || c >= len(q.Table.Columns) || q.Table.Columns[c].Kind != driver.Int {
			return fmt.Errorf("table %s: column %d is not an Int to be summed", q.Table.Name, c)
		}
	}
	for _, c := range by {
		if c < 0 || c >= len(q.Table.Columns) || opaque(q.Table.Columns[c].Kind) {
			return fmt.Errorf("table %s: column %d cannot be grouped by", q.Table.Name, c)
		}
	}
	return nil
}

// opaque kinds are stored and returned, never compared.
func opaque(k driver.Kind) bool { return k == driver.Decimal || k == driver.JSON }

func checkWhere(q driver.Query) error {
	if q.Table == nil {
		return errors.New("a query without a table")
	}
	for _, c := range q.Where {
		if c.Column < 0 || c.Column >= len(q.Table.Columns) {
			return fmt.Errorf("table %s: no column %d to compare", q.Table.Name, c.Column)
		}
		col := q.Table.Columns[c.Column]
		values, ok := 1, true
		switch c.Op {
		case driver.IsNull, driver.NotNull:
			values = 0
		case driver.In:
			values, ok = len(c.Values), !opaque(col.Kind)
		case driver.Eq, driver.Ne:
			ok = !opaque(col.Kind)
		case driver.Lt, driver.Le, driver.Gt, driver.Ge:
			ok = col.Kind == driver.Int || col.Kind == driver.Text || col.Kind == driver.Date || col.Kind == driver.Instant
		case driver.Prefix:
			ok = col.Kind == driver.Text
		default:
			ok = false
		}
		if !ok {
			return fmt.Errorf("table %s: column %s cannot be compared by operator %d", q.Table.Name, col.Name, c.Op)
		}
		if c.Op != driver.IsNull && c.Op != driver.NotNull && len(c.Values) != values {
			return fmt.Errorf("table %s: the condition on %s has %d values, not %d",
				q.Table.Name, col.Name, len(c.Values), values)
		}
	}
	return nil
}
