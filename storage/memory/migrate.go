package memory

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// Migrate brings the store to the declarations, all of them or none. It waits for open writers only if something changes.
func (e *Engine) Migrate(ctx context.Context, decl driver.Schema) error {
	if e.isClosed() {
		return closedError("the engine")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := e.await(ctx, &e.migration, "another Migrate was still running"); err != nil {
		return err
	}
	defer e.migration.pass()
	m := newMigration(e.schema.Load())
	if err := m.declare(decl); err != nil {
		return err
	}
	if !m.changed {
		e.schema.Store(m.next)
		return nil
	}
	var held []*tenant
	defer func() {
		for _, home := range held {
			home.write.pass()
		}
	}()
	for {
		e.mu.Lock()
		missing := e.except(held)
		if len(missing) == 0 {
			break
		}
		e.mu.Unlock()
		for _, home := range missing {
			p, err := e.open(ctx, home)
			if err != nil {
				return err
			}
			held = append(held, p.home)
		}
	}
	defer e.mu.Unlock()
	return e.apply(m)
}

// except lists the tenants that are not among held, by name. The caller holds mu.
func (e *Engine) except(held []*tenant) []*tenant {
	rest := maps.Clone(e.tenants)
	for _, home := range held {
		delete(rest, home.name)
	}
	return slices.SortedFunc(maps.Values(rest), func(a, b *tenant) int { return strings.Compare(a.name, b.name) })
}

// apply brings the rows of all tenants to the new schema. The caller holds mu and every tenant's turn.
func (e *Engine) apply(m *migration) error {
	e.epoch = e.epochs.Add(1)
	globals := append([]tree[*record](nil), e.globals...)
	for len(globals) < m.next.globals {
		globals = append(globals, tree[*record]{})
	}
	states := map[*tenant]*state{}
	for _, home := range e.tenants {
		old := home.state.Load()
		s := &state{tables: slices.Clone(old.tables), seq: old.seq, since: e.epoch, frozen: e.frozen}
		for ord, ts := range s.tables {
			if w := m.work[ord]; w != nil && ts != nil {
				fresh, err := w.rebuild(e.epoch, s, globals)
				if err != nil {
					return err
				}
				s.tables[ord] = fresh
			}
		}
		for _, t := range m.next.tables {
			if w := m.work[t.ord]; w != nil && w.parent {
				if err := checkAllParents(m.next, t, s); err != nil {
					return err
				}
			}
		}
		states[home] = s
	}
	for home, s := range states {
		home.state.Store(s)
		e.world.set(e.epoch, []byte(home.name), s)
	}
	e.globals = globals
	e.schema.Store(m.next)
	return nil
}

// A rebuilding is what a migration has to do to the rows of one table.
type rebuilding struct {
	t       *table
	indexes int   // those from here on are new
	tail    bool  // the table is tailed from now on
	notNull []int // columns that were nullable
	parent  bool  // the parent is new
}

func (w *rebuilding) rebuild(epoch uint64, st *state, globals []tree[*record]) (*tableState, error) {
	old := st.tables[w.t.ord]
	ts := &tableState{epoch: epoch, rows: old.rows, tail: old.tail, indexes: make([]tree[*record], len(w.t.indexes))}
	from := w.indexes
	if w.tail { // each record is made anew, to carry its place, and so is each tree that holds it
		from, ts.rows, ts.tail = 0, tree[*record]{}, tree[*record]{}
	} else {
		copy(ts.indexes, old.indexes)
	}
	if !w.tail && len(w.notNull) == 0 && from == len(w.t.indexes) {
		return ts, nil
	}
	var err error
	var k keySet
	var row driver.Row
	old.rows.ascend(span{}, func(r *record) bool {
		for _, c := range w.notNull {
			if w.t.cell(r, c).IsNull() {
				err = schemaError("%s.%s holds nulls and cannot stop being nullable", w.t.name, w.t.cols[c].name)
				return false
			}
		}
		row = w.t.cells(row[:0], r)
		k.fill(w.t, row)
		if w.tail {
			st.seq++
			r = &record{row: r.row, seq: st.seq, home: r.home}
			ts.rows.set(epoch, k.primary, r)
			at := seqKey(r.seq)
			ts.tail.set(epoch, at[:], r)
		}
		for i := from; i < len(w.t.indexes) && err == nil; i++ {
			err = w.enter(epoch, i, ts, &k.index[i], r, globals)
		}
		return err == nil
	})
	return ts, err
}

// enter puts a record into index i, and into the global one where it is global.
func (w *rebuilding) enter(epoch uint64, i int, ts *tableState, k *indexKey, r *record, globals []tree[*record]) error {
	if k.key == nil {
		return nil
	}
	ix := w.t.indexes[i]
	trees, keys := []*tree[*record]{&ts.indexes[i]}, [][]byte{k.key}
	if ix.global >= 0 {
		trees, keys = append(trees, &globals[ix.global]), append(keys, k.global(r.home.name))
	}
	for j, tr := range trees {
		values := keys[j][:k.cols]
		if at, _, ok := tr.first(values); k.unique && i >= w.indexes && ok && bytes.HasPrefix(at, values) {
			return schemaError("rows are stored that the unique index %s.%s cannot hold", w.t.name, ix.name)
		}
		tr.set(epoch, keys[j], r)
	}
	return nil
}

// checkAllParents checks a reference that was declared after its rows were written.
func checkAllParents(s *schema, t *table, st *state) error {
	w := writer{t: &Tx{scratch: new(scratch)}, p: &part{state: *st}, s: s, pair: pair{table: t}}
	st.table(t.ord).rows.ascend(span{}, func(r *record) bool {
		w.written = append(w.written, r)
		return true
	})
	if err := w.checkParents(); err != nil {
		return cannot(err)
	}
	return nil
}

// cannot says that rows which are stored stand in the way of a declaration.
func cannot(err error) error { return fmt.Errorf("memory: %w: %w", driver.ErrSchema, err) }
