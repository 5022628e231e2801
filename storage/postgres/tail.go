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

// A tailed table notes for each row where in the tail it stands. Two things are asked of that place. No row may appear before one that was already read, though
// transactions get their numbers in one order and commit in another. And rows that are written under one lock must come in the order in which the lock was
// held, though the transaction with the lower number may be the second to hold it.
//
// So a place is the larger of two numbers: that of the row's own transaction, and the highest number of any that had ended when the row was inserted; at
// one number, rows of that transaction itself come first. Whoever held the lock before has ended, so its rows have a place as low, or lower. A row is settled once
// every transaction with a number up to its place has ended, which the snapshot tells: what is still to come has a higher number of its own, and so a higher
// place. Rows of one place are in the order of the moments at which they were inserted: should the clock be set back between two transactions, and nothing with a higher
// number end between them, these two can come in the wrong order, but neither can be missed. Under a host's transaction at REPEATABLE READ the numbers are as old as its
// snapshot: nothing is missed, but its rows may come before those of whoever held the lock between its snapshot and its own lock.
//
// The place is kept as a whole number: twice the number of the transaction, plus one if that is another's.

// beforeRow is what Tail asks for in front of a row: its era, place and moment, whether it is settled, and whether it is our own.
var beforeRow = []driver.Kind{driver.Int, driver.Int, driver.Instant, driver.Bool, driver.Bool}

// inTail is how many of these, with the key after them, make a position.
const inTail = 3

// writeTail spells the statement up to the place to go on from. A row from beyond the snapshot that is visible nevertheless
// was brought here from another cluster, whose numbers mean nothing to this snapshot; it is settled (see rebase).
func (t *table) writeTail() {
	place := t.d.Quote(placeColumn)
	bound := func(of string) string {
		return "(SELECT 2 * (" + of + "(pg_current_snapshot())::text)::bigint)"
	}
	t.tail = "SELECT " + t.d.Quote(eraColumn) + ", " + place + ", " + t.d.Quote(timeColumn) + "," +
		" " + place + " < " + bound("pg_snapshot_xmin") + " OR " + place + " >= " + bound("pg_snapshot_xmax") + "," +
		" coalesce(" + t.d.Quote(txColumn) + " = (SELECT pg_current_xact_id_if_assigned()), false), " + t.d.Columns(t.Table) +
		" FROM " + t.name() + " WHERE " + t.d.Quote(sqltext.Tenant) + " = $1"
}

// tailColumns lists what orders a tailed table, after the tenant.
func (t *table) tailColumns() string {
	return t.d.Quote(eraColumn) + ", " + t.d.Quote(placeColumn) + ", " + t.d.Quote(timeColumn) + ", " + t.first(t.Key)
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
		s.sql += " AND (" + tab.tailColumns() + ") > (" + tab.params(2, tab.Key+inTail) + ")"
	}
	s.sql += " ORDER BY " + tab.tailColumns()
	if q.Limit > 0 {
		s.sql += " LIMIT " + strconv.Itoa(q.Limit+1)
	}
	s.fill = func(a *args) {
		a.text(t.tenant)
		for i, v := range after {
			k := beforeRow[min(i, inTail)]
			if i >= inTail {
				k = tab.kinds[i-inTail]
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
		ours := r[inTail+1].Bool()
		settled := r[inTail].Bool() && !ours // our own number, too, may be beyond the snapshot
		if full || !settled && !q.Unsettled {
			// What is our own is not committed. If all we have seen further on is our own, more may follow that is not.
			page.Behind = !ours || q.Limit > 0 && len(got) > q.Limit
			for _, later := range got[i:] {
				page.Behind = page.Behind || !later[inTail+1].Bool()
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

// position spells where a row stands: era, place, moment, key.
func (t *table) position(r driver.Row) driver.Position {
	var key []byte
	for i := range t.Key {
		var a args
		a.cell(t.kinds[i], r[len(beforeRow)+i])
		key = binary.AppendUvarint(key, uint64(len(a.buf)))
		key = append(key, a.buf...)
	}
	var b []byte
	for _, v := range r[:inTail] {
		b = append(strconv.AppendInt(b, v.Int(), 10), '.')
	}
	return driver.Position(base64.RawURLEncoding.AppendEncode(b, key))
}

// parsePosition reads what position wrote; nil is the beginning. It also reads positions of the form before places and moments were kept,
// which named the transaction; see oldTail for where their rows stand now.
func (t *table) parsePosition(p driver.Position) (driver.Row, error) {
	if p == "" {
		return nil, nil
	}
	bad := fmt.Errorf("postgres: %s: %.60q is no position in its tail", t.Name, string(p))
	parts := strings.Split(string(p), ".")
	old := len(parts) == inTail
	if !old && len(parts) != inTail+1 {
		return nil, bad
	}
	row := make(driver.Row, inTail, inTail+t.Key)
	for i, text := range parts[:len(parts)-1] {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || i == inTail-1 && n > sqltext.MaxMicro || old && i == 1 && n > 1<<62-1 {
			return nil, bad
		}
		row[i] = driver.IntValue(int64(n))
	}
	if old {
		row[1], row[2] = driver.IntValue(2*row[1].Int()), driver.IntValue(0)
	}
	key, err := base64.RawURLEncoding.DecodeString(parts[len(parts)-1])
	if err != nil {
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
	of, err := d.row(cells)
	if err != nil {
		return nil, bad
	}
	return append(row, of...), nil
}
