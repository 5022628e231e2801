package customstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

func (t *tx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	return t.Rows(ctx, true, func() ([]driver.Row, error) { return t.find(q) })
}

func (t *tx) Sum(ctx context.Context, q driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	return t.Rows(ctx, false, func() ([]driver.Row, error) {
		rows, err := t.find(driver.Query{Table: q.Table, Where: q.Where})
		if err != nil {
			return nil, err
		}
		return backend.Sum(rows, sum, by)
	})
}

// find reads what lies under the values that conditions fix, or all rows across tenants, and selects from that.
func (t *tx) find(q driver.Query) ([]driver.Row, error) {
	v, err := t.view(q.Table)
	if err != nil {
		return nil, err
	}
	home := under(v.Name, "", nil)
	ix, fixed := v.Path(q.Where)
	prefix := under(v.Name, ix.Name, append(bytes.Clone(t.tenant), fixed...))
	if t.options.Across {
		ix, prefix = backend.Index{}, home
	}
	from, enough := prefix, 0
	if len(q.Order) == 0 && !q.Desc && !t.options.Across && ix.Name == "" { // in order as they lie: why read them all
		if enough = q.Limit; q.After != nil {
			from = slices.MaxFunc([][]byte{prefix, under(v.Name, "", t.id(v, q.After))}, bytes.Compare)
		}
	}
	var rows []driver.Row
	t.scan(prefix, from, func(k, value []byte) bool {
		if ix.Name != "" {
			value = t.get(under(v.Name, "", value))
		}
		r := v.Cut(v.Decode(value))
		if t.options.Across {
			tenant, _ := backend.CutValue(k[len(home):], driver.Text)
			r = append(r, tenant)
		}
		if backend.Asked(q, r) {
			rows = append(rows, r)
		}
		return enough == 0 || len(rows) < enough
	})
	return backend.Select(q, rows), nil
}

// Tail reads by the running numbers. With one writer they come in the order of commits, so nothing need be held back.
func (t *tx) Tail(ctx context.Context, q driver.TailQuery) (page driver.TailPage, err error) {
	page.Next = q.After
	err = t.Run(ctx, false, func() error {
		v, err := t.view(q.Table)
		if err != nil {
			return err
		}
		last, err := strconv.ParseInt("0"+string(q.After), 10, 64)
		if err != nil || !v.Tailed {
			return fmt.Errorf("%w: %s has no tail after %q", driver.ErrSchema, v.Name, q.After)
		}
		prefix := under(v.Name, backend.NumberColumn, t.tenant)
		from := backend.AppendValue(bytes.Clone(prefix), driver.Int, driver.IntValue(last+1))
		t.scan(prefix, from, func(_, id []byte) bool {
			if page.Behind = q.Limit > 0 && len(page.Rows) == q.Limit; page.Behind {
				return false
			}
			r := v.Decode(t.get(under(v.Name, "", id)))
			page.Rows = append(page.Rows, v.Cut(r))
			page.Next = driver.Position(strconv.FormatInt(r[v.Slot(backend.NumberColumn)].Int(), 10))
			return true
		})
		return nil
	})
	return page, err
}
