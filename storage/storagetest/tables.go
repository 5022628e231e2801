package storagetest

import (
	"fmt"

	"github.com/tutas/tutas/storage/driver"
)

// row makes a row of plain Go values: nil, bool, int, int64, string, [16]byte, or a driver.Value itself.
func row(values ...any) driver.Row {
	r := make(driver.Row, len(values))
	for i, v := range values {
		r[i] = value(v)
	}
	return r
}

func value(v any) driver.Value {
	switch v := v.(type) {
	case nil:
		return driver.Null
	case bool:
		return driver.BoolValue(v)
	case int:
		return driver.IntValue(int64(v))
	case int64:
		return driver.IntValue(v)
	case string:
		return driver.TextValue(v)
	case [16]byte:
		return driver.UUIDValue(v)
	case driver.Value:
		return v
	}
	panic(fmt.Sprintf("storagetest: no value for %T", v)) // a mistake in the suite itself
}

func values(vs ...any) []driver.Value { return row(vs...) }

func rows(rs ...driver.Row) []driver.Row { return rs }

func get(t *driver.Table, keys ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Get, Table: t, Rows: keys}
}

func lock(t *driver.Table, keys ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Lock, Table: t, Rows: keys}
}

func insert(t *driver.Table, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Insert, Table: t, Rows: rs}
}

func insertSkip(t *driver.Table, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Insert, Table: t, Rows: rs, Skip: true}
}

func update(t *driver.Table, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Update, Table: t, Rows: rs}
}

func remove(t *driver.Table, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Delete, Table: t, Rows: rs}
}

func add(t *driver.Table, sums []int, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Add, Table: t, Rows: rs, Sums: sums}
}

func where(column int, op driver.CondOp, vs ...any) driver.Cond {
	return driver.Cond{Column: column, Op: op, Values: values(vs...)}
}

// notes is the plainest table: a number and a text.
func notes() *driver.Table {
	return &driver.Table{Name: "notes", Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int},
		{Name: "body", Kind: driver.Text},
	}}
}

// accounts counts its changes: (id, version, balance, label).
func accounts() *driver.Table {
	return &driver.Table{Name: "accounts", Key: 1, Version: 1, Columns: []driver.Column{
		{Name: "id", Kind: driver.Text},
		{Name: "version", Kind: driver.Int},
		{Name: "balance", Kind: driver.Int},
		{Name: "label", Kind: driver.Text},
	}}
}

// totals is what Add adds to: (account, month, debit, credit, label).
func totals() *driver.Table {
	return &driver.Table{Name: "totals", Key: 2, Version: -1, Columns: []driver.Column{
		{Name: "account", Kind: driver.Text},
		{Name: "month", Kind: driver.Int},
		{Name: "debit", Kind: driver.Int},
		{Name: "credit", Kind: driver.Int},
		{Name: "label", Kind: driver.Text},
	}}
}

// orders and their lines: lines name (order_id, no, qty), and cannot be without their order.
func ordersAndLines() (orders, lines *driver.Table) {
	orders = &driver.Table{Name: "orders", Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "id", Kind: driver.Text},
		{Name: "label", Kind: driver.Text},
	}}
	lines = &driver.Table{Name: "lines", Key: 2, Version: -1, Columns: []driver.Column{
		{Name: "order_id", Kind: driver.Text},
		{Name: "no", Kind: driver.Int},
		{Name: "qty", Kind: driver.Int},
	}, Parent: &driver.ForeignKey{Table: orders, Columns: []int{0}}}
	return orders, lines
}

// members has two unique indexes: by email, which may be null, and by team and seat, of which the seat may be null.
func members() *driver.Table {
	return &driver.Table{Name: "members", Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int},
		{Name: "email", Kind: driver.Text, Nullable: true},
		{Name: "team", Kind: driver.Text},
		{Name: "seat", Kind: driver.Int, Nullable: true},
		{Name: "note", Kind: driver.Text},
	}, Indexes: []driver.Index{
		{Name: "email", Columns: []int{1}, Unique: true, Sparse: true},
		{Name: "seat", Columns: []int{2, 3}, Unique: true, Sparse: true},
	}}
}

// The columns of things: one of each kind, and then its nullable twin.
const (
	cID = iota
	cBool
	cInt
	cText
	cUUID
	cDate
	cInstant
	cDecimal
	cJSON
	cNullBool
	cNullInt
	cNullText
	cNullUUID
	cNullDate
	cNullInstant
	cNullDecimal
	cNullJSON
)

func things() *driver.Table {
	t := &driver.Table{Name: "things", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}}}
	names := []string{"bool", "int", "text", "uuid", "date", "instant", "decimal", "json"}
	for _, nullable := range []bool{false, true} {
		for i, name := range names {
			c := driver.Column{Name: "a_" + name, Kind: driver.Kind(i + 1), Nullable: nullable}
			if nullable {
				c.Name = "maybe_" + name
			}
			t.Columns = append(t.Columns, c)
		}
	}
	t.Indexes = []driver.Index{
		{Name: "by_int", Columns: []int{cInt}},
		{Name: "by_text", Columns: []int{cText, cInt}},
		{Name: "by_instant", Columns: []int{cInstant}},
		{Name: "by_maybe", Columns: []int{cNullText}, Sparse: true},
	}
	return t
}

// thing makes a row of things with the given id and nothing in it; set then fills it.
func thing(id int) driver.Row {
	return row(id, false, 0, "", [16]byte{}, 0, 0, "0", "null", nil, nil, nil, nil, nil, nil, nil, nil)
}

func set(r driver.Row, column int, v any) driver.Row {
	r = r.Clone()
	r[column] = value(v)
	return r
}

// journal is a tailed table.
func journal() *driver.Table {
	return &driver.Table{Name: "journal", Key: 1, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int},
		{Name: "body", Kind: driver.Text},
	}}
}
