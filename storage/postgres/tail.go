package postgres

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// A tailed table notes for each row the transaction that inserted it. Numbers of transactions are given out in order,
// but their holders commit in any. So a row is settled once every transaction with a number as low has ended, which the
// snapshot tells: nothing can appear before it any more. Rows of one transaction are in key order.

// beforeRow is what Tail asks for in front of a row: its place, whether it is settled, and whether it is our own.
var beforeRow = []driver.Kind{driver.Int, driver.Int, driver.Bool, driver.Bool}

// writeTail spells the statement up to the place to go on from. A row from beyond the snapshot that is visible nevertheless
// was brought here from another cluster, whose numbers mean nothing to this snapshot; it is settled (see rebase).
func (t *table) writeTail() {
	x := t.d.Quote(txColumn)
	t.tail = "SELECT " + t.d.Quote(eraColumn) + ", " + x + "," +
		" " + x + " < (SELECT pg_snapshot_xmin(pg_current_snapshot())) OR " + x + " >= (SELECT pg_snapshot_xmax(pg_current_snapshot()))," +
		" coalesce(" + x + " = (SELECT pg_current_xact_id_if_assigned()), false), " + t.d.Columns(t.Table) +
		" FROM " + t.name() + " WHERE " + t.d.Quote(sqltext.Tenant) + " = $1"
}

// tailColumns lists what orders a tailed table, after the tenant.
func (t *table) tailColumns() string {
	return t.d.Quote(eraColumn) + ", " + t.d.Quote(txColumn) + ", " + t.first(t.Key)
}

func (t *tx) Tail(ctx context.Context, q driver.TailQuery) (driver.TailPage, error) {
	page := driver.TailPage{Next: q.After}
	if err := t.ready(); err != nil {
		return page, err
	}
	tab, after, err := t.checkTail(q)
	if err != nil {
		return page, t.doom(err)
	}
	s := stmt{sql: tab.tail, about: about{table: q.Table}}
	if after != nil {
		s.sql += " AND (" + tab.tailColumns() + ") > (" + tab.params(2, tab.Key+2) + ")"
	}
	s.sql += " ORDER BY " + tab.tailColumns()
	if q.Limit > 0 {
		s.sql += " LIMIT " + strconv.Itoa(q.Limit+1)
	}
	s.fill = func(a *args) {
		a.text(t.tenant)
		for i, v := range after {
			k := driver.Int // the era and the number of the transaction
			if i >= 2 {
				k = tab.kinds[i-2]
			}
			a.value(k, v)
		}
	}
	answer := shapeOf(slices.Concat(beforeRow, tab.kinds)...)
	s.formats = answer.formats
	var got []driver.Row
	s.read = func(r *pgconn.ResultReader) error {
		d := decoder{shape: answer}
		for r.NextRow() {
			row, err := d.row(r.Values())
			if err != nil {
				return err
			}
			got = append(got, row)
		}
		return nil
	}
	if _, err := t.exchange(ctx, []stmt{s}); err != nil {
		return page, t.doom(err)
	}
	return tab.settle(q, got), nil
}

func (t *tx) checkTail(q driver.TailQuery) (*table, driver.Row, error) {
	if t.across {
		return nil, nil, fmt.Errorf("%w: across tenants there are only queries", driver.ErrReadOnly)
	}
	tab, err := t.engine.table(q.Table)
	if err != nil {
		return nil, nil, err
	}
	if !tab.Tailed {
		return nil, nil, fmt.Errorf("%w: the table %q is not tailed", driver.ErrSchema, tab.Name)
	}
	if q.Limit < 0 {
		return nil, nil, fmt.Errorf("postgres: %s: the limit is negative", tab.Name)
	}
	after, err := tab.parsePosition(q.After)
	return tab, after, err
}

// settle makes a page of what was found, which is one row more than asked for if there are so many.
func (t *table) settle(q driver.TailQuery, got []driver.Row) driver.TailPage {
	page := driver.TailPage{Next: q.After}
	before := len(beforeRow)
	for i, r := range got {
		full := q.Limit > 0 && len(page.Rows) == q.Limit
		ours := r[3].Bool()
		settled := r[2].Bool() && !ours // our own number, too, may be beyond the snapshot
		if full || !settled && !q.Unsettled {
			// What is our own is not committed. If all we have seen further on is our own, more may follow that is not.
			page.Behind = !ours || q.Limit > 0 && len(got) > q.Limit
			for _, later := range got[i:] {
				page.Behind = page.Behind || !later[3].Bool()
			}
			break
		}
		page.Rows = append(page.Rows, r[before:])
	}
	if n := len(page.Rows); n > 0 {
		page.Next = t.position(got[n-1])
	}
	return page
}

// position spells the place of a row: era, transaction, key.
func (t *table) position(r driver.Row) driver.Position {
	var key []byte
	for i := range t.Key {
		var a args
		a.cell(t.kinds[i], r[len(beforeRow)+i])
		key = binary.AppendUvarint(key, uint64(len(a.buf)))
		key = append(key, a.buf...)
	}
	return driver.Position(strconv.FormatInt(r[0].Int(), 10) + "." + strconv.FormatInt(r[1].Int(), 10) + "." +
		base64.RawURLEncoding.EncodeToString(key))
}

// parsePosition reads what position wrote; nil is the beginning.
func (t *table) parsePosition(p driver.Position) (driver.Row, error) {
	if p == "" {
		return nil, nil
	}
	bad := fmt.Errorf("postgres: %s: %.60q is no position in its tail", t.Name, string(p))
	parts := strings.Split(string(p), ".")
	if len(parts) != 3 {
		return nil, bad
	}
	era, err1 := strconv.ParseUint(parts[0], 10, 63)
	tx, err2 := strconv.ParseUint(parts[1], 10, 63)
	key, err3 := base64.RawURLEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return nil, bad
	}
	cells := make([][]byte, 0, t.Key)
	for len(key) > 0 {
		size, n := binary.Uvarint(key)
		if n <= 0 || size > uint64(len(key)-n) {
			return nil, bad
		}
		cells = append(cells, key[n:n+int(size)])
		key = key[n+int(size):]
	}
	if len(cells) != t.Key {
		return nil, bad
	}
	d := decoder{shape: t.keys, once: true}
	row, err := d.row(cells)
	if err != nil {
		return nil, bad
	}
	return append(driver.Row{driver.IntValue(int64(era)), driver.IntValue(int64(tx))}, row...), nil
}
