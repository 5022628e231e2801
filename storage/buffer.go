package storage

import (
	"encoding/binary"
	"math"

	"github.com/tutas/tutas/storage/driver"
)

// A buffer gathers writes so that many rows of one table travel as one operation.
type buffer struct {
	pending []pendingOp
	rows    int
}

// pendingOp is an operation that still grows. Its rows are unique by key where two writes of one row could not share a statement.
type pendingOp struct {
	driver.Op
	byKey   map[string]int // the places of the first indexed rows
	indexed int
}

// at finds the row with a key. The index is made when it is first needed: most rows are only ever inserted.
func (p *pendingOp) at(key []byte) (int, bool) {
	if p.byKey == nil {
		p.byKey = make(map[string]int, len(p.Rows))
	}
	for ; p.indexed < len(p.Rows); p.indexed++ {
		p.byKey[rowKey(p.Rows[p.indexed][:p.Table.Key])] = p.indexed
	}
	i, ok := p.byKey[string(key)]
	return i, ok
}

// add appends an operation, merged into an earlier one where that changes nothing that could be observed.
func (b *buffer) add(op driver.Op) error {
	b.rows += len(op.Rows)
	if op.Kind == driver.Update {
		if op.Rows = b.insertAsUpdated(op); len(op.Rows) == 0 {
			return nil
		}
	}
	into := b.mergeable(op)
	if into == nil {
		into = b.begin(driver.Op{Kind: op.Kind, Table: op.Table, Sums: op.Sums, Skip: op.Skip})
	}
	if op.Kind != driver.Update && op.Kind != driver.Add {
		if into.Rows == nil {
			into.Rows = op.Rows
		} else {
			into.Rows = append(into.Rows, op.Rows...)
		}
		return nil
	}
	var key []byte
	for _, row := range op.Rows {
		key = appendKey(key[:0], row[:op.Table.Key])
		at, twice := into.at(key)
		switch {
		case !twice:
			into.Rows = append(into.Rows, row)
		case op.Kind == driver.Add:
			sum, err := addRows(into.Rows[at], row, op.Sums)
			if err != nil {
				return err
			}
			into.Rows[at] = sum
		case op.Table.Version < 0:
			into.Rows[at] = row
		default: // a second change of the same version chain needs a statement of its own
			into = b.begin(driver.Op{Kind: op.Kind, Table: op.Table, Rows: []driver.Row{row}})
		}
	}
	return nil
}

// begin adds an operation of its own. What it returns is good until the next one.
func (b *buffer) begin(op driver.Op) *pendingOp {
	if b.pending == nil {
		b.pending = make([]pendingOp, 0, 8)
	}
	b.pending = append(b.pending, pendingOp{Op: op})
	return &b.pending[len(b.pending)-1]
}

// insertAsUpdated lets rows that are about to be inserted be inserted as the update leaves them, and returns the other rows. It does so only where that cannot be
// told from the two in turn: no operation on the table lies between, and the row keeps its parent.
func (b *buffer) insertAsUpdated(op driver.Op) []driver.Row {
	p := b.latest(op.Table)
	if p == nil || p.Kind != driver.Insert || p.Skip {
		return op.Rows
	}
	var left []driver.Row
	var key []byte
	for _, row := range op.Rows {
		key = appendKey(key[:0], row[:op.Table.Key])
		i, there := p.at(key)
		if there && follows(op.Table, p.Rows[i], row) {
			p.Rows[i] = row
		} else {
			left = append(left, row)
		}
	}
	return left
}

// follows reports whether a row is the next version of another, under the same parent.
func follows(t *driver.Table, old, row driver.Row) bool {
	if t.Version >= 0 && row[t.Version].Int() != old[t.Version].Int()+1 {
		return false
	}
	if t.Parent != nil {
		for _, c := range t.Parent.Columns {
			if driver.Compare(old[c], row[c]) != 0 {
				return false
			}
		}
	}
	return true
}

// latest is the newest operation on a table.
func (b *buffer) latest(t *driver.Table) *pendingOp {
	for i := len(b.pending) - 1; i >= 0; i-- {
		if p := &b.pending[i]; p.Table == t {
			return p
		}
	}
	return nil
}

// newest is the newest operation on the row with a key, and the row as that operation has it.
func (b *buffer) newest(t *driver.Table, key []byte) (*pendingOp, driver.Row) {
	for i := len(b.pending) - 1; i >= 0; i-- {
		if p := &b.pending[i]; p.Table == t {
			if at, ok := p.at(key); ok {
				return p, p.Rows[at]
			}
		}
	}
	return nil, nil
}

// mergeable finds the operation that op may join: of the same kind and table, with none in between on that table or its parent.
func (b *buffer) mergeable(op driver.Op) *pendingOp {
	for i := len(b.pending) - 1; i >= 0; i-- {
		p := &b.pending[i]
		if p.Table == op.Table {
			if p.Kind == op.Kind && p.Skip == op.Skip && sameInts(p.Sums, op.Sums) {
				return p
			}
			return nil
		}
		if op.Kind == driver.Delete || (op.Table.Parent != nil && op.Table.Parent.Table == p.Table) {
			return nil
		}
	}
	return nil
}

// append takes over another buffer's operations.
func (b *buffer) append(inner *buffer) {
	if len(b.pending) == 0 {
		*b = *inner
		return
	}
	for i := range inner.pending {
		op := inner.pending[i].Op
		if err := b.add(op); err != nil { // a sum beyond 64 bits: let the engine find it
			b.begin(op)
		}
	}
}

// ops are the operations, with room for more.
func (b *buffer) ops(more int) []driver.Op {
	ops := make([]driver.Op, len(b.pending), len(b.pending)+more)
	for i := range b.pending {
		ops[i] = b.pending[i].Op
	}
	return ops
}

func (b *buffer) reset() { *b = buffer{} }

func (b *buffer) touches(t *driver.Table) bool {
	return b.latest(t) != nil
}

// rowKey encodes a key so that equal keys, and only they, give equal strings.
func rowKey(key driver.Row) string { return string(appendKey(nil, key)) }

func appendKey(b []byte, key driver.Row) []byte {
	for _, v := range key {
		b = binary.AppendVarint(b, v.Int())
		b = binary.AppendUvarint(b, uint64(len(v.Text())))
		b = append(b, v.Text()...)
	}
	return b
}

func addRows(a, b driver.Row, sums []int) (driver.Row, error) {
	sum := a.Clone()
	for _, c := range sums {
		x, y := a[c].Int(), b[c].Int()
		if (y > 0 && x > math.MaxInt64-y) || (y < 0 && x < math.MinInt64-y) {
			return nil, ErrOverflow
		}
		sum[c] = driver.IntValue(x + y)
	}
	return sum, nil
}

func sameInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
