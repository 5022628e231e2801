package storage

import (
	"context"
	"errors"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Insert adds rows; their version becomes 1.
//
// Errors: *Invalid; ErrExists and ErrReference at the latest with the commit.
func (t *Table[T]) Insert(ctx context.Context, tx *Tx, values ...*T) error {
	return t.write(ctx, tx, driver.Op{Kind: driver.Insert, Table: t.table}, 1, values)
}

// InsertNew adds those rows whose key and unique fields are not taken, and answers which it added. It does not wait for the commit.
func (t *Table[T]) InsertNew(ctx context.Context, tx *Tx, values ...*T) ([]bool, error) {
	if tx.readOnly {
		return nil, ErrReadOnly
	}
	op := driver.Op{Kind: driver.Insert, Table: t.table, Skip: true}
	for _, v := range values {
		row, err := t.encode(ctx, tx, v, 1)
		if err != nil {
			return nil, err
		}
		op.Rows = append(op.Rows, row)
	}
	res, err := tx.sendWrite(ctx, t.declaration, op)
	if err != nil {
		return nil, err
	}
	return res[0].Done, nil
}

// Update overwrites rows that were read in this transaction, or whose version the caller has checked with CheckVersion; each version rises by one.
// When someone else was faster the whole Update fails with ErrConflict and is tried again.
//
// Errors: *Invalid; ErrExists and ErrConflict at the latest with the commit.
func (t *Table[T]) Update(ctx context.Context, tx *Tx, values ...*T) error {
	return t.write(ctx, tx, driver.Op{Kind: driver.Update, Table: t.table}, 1, values)
}

// Delete removes rows; of a table with a version only those that are as they were read.
func (t *Table[T]) Delete(ctx context.Context, tx *Tx, values ...*T) error {
	return t.write(ctx, tx, driver.Op{Kind: driver.Delete, Table: t.table}, 0, values)
}

// Add inserts rows or, where their key exists, adds the named whole-number, Minor or Scaled fields to what is stored. It takes no lock beyond that of the write itself.
//
// Errors: *Invalid; ErrOverflow at the latest with the commit.
func (t *Table[T]) Add(ctx context.Context, tx *Tx, fields []string, values ...*T) error {
	op := driver.Op{Kind: driver.Add, Table: t.table}
	for _, name := range fields {
		i, ok := t.byName[name]
		if !ok || t.table.Columns[t.offsets[i]].Kind != driver.Int {
			return invalid(name, CodeType, "only numbers can be added to")
		}
		op.Sums = append(op.Sums, t.offsets[i])
	}
	return t.write(ctx, tx, op, 0, values)
}

func (t *Table[T]) write(ctx context.Context, tx *Tx, op driver.Op, step int64, values []*T) error {
	if len(values) == 0 {
		return nil
	}
	b := t.borrow()
	defer t.giveBack(b)
	op.Rows = make([]driver.Row, len(values))
	for i, v := range values {
		row, err := t.encodeBy(ctx, tx, b, v, step)
		if err != nil {
			return err
		}
		op.Rows[i] = row
	}
	return tx.write(ctx, t.declaration, op)
}

// CheckVersion compares the version that a command carried with the row's own: 0 means the caller does not care.
//
// Errors: ErrStale.
func CheckVersion(carried, stored int64) error {
	if carried != 0 && carried != stored {
		return ErrStale.With("version %d was given, %d is stored", carried, stored)
	}
	return nil
}

// sendWrite sends what is buffered and then one more write, which is undone with the innermost scope.
func (tx *Tx) sendWrite(ctx context.Context, d *declaration, op driver.Op) ([]driver.Result, error) {
	tx.outdated(op.Table)
	tx.changes(d, op.Kind)
	if len(tx.scopes) == 1 {
		ops := []driver.Op{op}
		if tx.joined {
			ops = tx.closing(ops)
			defer tx.settledUp()
		}
		return tx.send(ctx, ops...)
	}
	if err := tx.Flush(ctx); err != nil {
		return nil, err
	}
	if err := tx.ensureSavepoints(ctx); err != nil {
		return nil, err
	}
	res, err := tx.dtx.Do(ctx, op)
	return res, tx.fail(err)
}

// ensureSavepoints sets the savepoint of every nested scope, so that what is sent next can be undone. What outer scopes have buffered is sent
// before: after the savepoint it would be undone too.
func (tx *Tx) ensureSavepoints(ctx context.Context) error {
	for i, s := range tx.scopes {
		if i == 0 || s.savepoint != nil {
			continue
		}
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if s.savepoint != nil {
			continue
		}
		sp, err := tx.dtx.Savepoint(ctx)
		if err != nil {
			return tx.fail(err)
		}
		s.savepoint = sp
	}
	return nil
}

// A Lockable is a row to lock, of any table.
type Lockable struct {
	d    *declaration
	key  driver.Row
	rank int
}

// Lockable names a row of this table for LockAll.
func (t *Table[T]) Lockable(v *T) (Lockable, error) {
	key, err := t.key(nil, v)
	return Lockable{t.declaration, key, t.rank}, err
}

// LockAll locks rows of several tables in the one order that every command uses, so that two commands never wait for each other: by rank,
// then table, then key.
//
// Errors: ErrNotFound if one of them is not there, ErrBusy.
func LockAll(ctx context.Context, tx *Tx, rows ...Lockable) error {
	slices.SortFunc(rows, func(a, b Lockable) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		if a.d != b.d {
			return compareText(a.d.table.Name, b.d.table.Name)
		}
		return driver.CompareRows(a.key, b.key)
	})
	var ops []driver.Op
	for _, r := range rows {
		if n := len(ops); n > 0 && ops[n-1].Table == r.d.table {
			ops[n-1].Rows = append(ops[n-1].Rows, r.key)
			continue
		}
		ops = append(ops, driver.Op{Kind: driver.Lock, Table: r.d.table, Rows: []driver.Row{r.key}})
	}
	res, err := tx.send(ctx, ops...)
	if err != nil {
		return err
	}
	for i, r := range res {
		for _, row := range r.Rows {
			if row == nil {
				return ErrNotFound.With("%s", ops[i].Table.Name)
			}
		}
	}
	return nil
}

// LockRefs is LockAll for what does not know the types. What leads to no row here is passed over.
//
// Errors: ErrBusy.
func LockRefs(ctx context.Context, tx *Tx, refs ...Ref) error {
	var rows []Lockable
	seen := map[Ref]bool{}
	for _, to := range refs {
		d := tx.store.declaration(to.Kind)
		if d == nil || d.table.Key != 1 || seen[to] {
			continue
		}
		seen[to] = true
		if key, ok := d.fields[0].codec.literal(to.ID); ok {
			rows = append(rows, Lockable{d, key, d.rank})
		}
	}
	if err := LockAll(ctx, tx, rows...); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
