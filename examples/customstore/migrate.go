package customstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"go.etcd.io/bbolt"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

// A schema is all tables, and how each declaration that Migrate was given sees its own. It never changes: Migrate makes
// another one.
type schema struct {
	tables map[string]*backend.Table
	slots  map[*driver.Table][]int
}

// The tables lie under catalog, a name that no table can have.
const catalog = "@catalog"

// view finds how a declaration sees its table.
func (t *tx) view(d *driver.Table) (backend.View, error) {
	slots, ok := t.schema.slots[d]
	switch {
	case t.alive() != nil:
		return backend.View{}, driver.ErrClosed
	case !ok:
		return backend.View{}, fmt.Errorf("%w: Migrate was not given the table %s", driver.ErrSchema, d.Name)
	}
	return backend.View{Table: t.schema.tables[d.Name], Declared: d, Slots: slots}, nil
}

// load reads the schema when the file is opened.
func (s *Store) load(bolt *bbolt.Tx) error {
	b, err := bolt.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	known := &schema{map[string]*backend.Table{}, map[*driver.Table][]int{}}
	prefix := under(catalog, "", nil)
	c := b.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		t := &backend.Table{}
		if err := json.Unmarshal(v, t); err != nil {
			return fmt.Errorf("customstore: the catalog is damaged: %w", err)
		}
		known.tables[t.Name] = t
	}
	s.schema = known
	return nil
}

// Migrate brings the tables to the declarations, in one transaction.
func (s *Store) Migrate(ctx context.Context, declared driver.Schema) error {
	begun, err := s.Begin(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = begun.Rollback(ctx) }() // does nothing after the commit
	t := begun.(*tx)
	next := &schema{maps.Clone(t.schema.tables), maps.Clone(t.schema.slots)}
	for _, d := range declared.Tables {
		now, added, err := backend.Evolve(next.tables[d.Name], d)
		if err != nil {
			return err
		}
		for _, ix := range added {
			if err := t.fill(now.Table, ix); err != nil {
				return err
			}
		}
		next.tables[d.Name], next.slots[d] = now.Table, now.Slots
		b, err := json.Marshal(now.Table)
		if err = errors.Join(err, t.put(under(catalog, "", []byte(d.Name)), b)); err != nil {
			return err
		}
	}
	for _, table := range next.tables {
		if table.Parent != "" && next.tables[table.Parent] == nil {
			return fmt.Errorf("%w: Migrate was not given the parent of %s", driver.ErrSchema, table.Name)
		}
	}
	s.evolving.Lock() // for bbolt lets the next writer in before Commit returns
	defer s.evolving.Unlock()
	if err = t.Commit(ctx); err == nil {
		s.schema = next
	}
	return err
}

// fill enters the rows that are there into a new index.
func (t *tx) fill(table *backend.Table, ix backend.Index) error {
	home := under(table.Name, "", nil)
	var rows []change // all of them before the first is entered, as bbolt's cursors do not like to be written under
	t.scan(home, home, func(k, v []byte) bool {
		rows = append(rows, change{bytes.Clone(k[len(home):]), bytes.Clone(v)})
		return true
	})
	for _, r := range rows {
		_, key := backend.CutValue(r.key, driver.Text)
		if err := t.enter(table, ix, r.key[:len(r.key)-len(key)], r.key, table.Decode(r.old)); err != nil {
			return fmt.Errorf("%w: rows of %s do not fit its new index: %v", driver.ErrSchema, table.Name, err)
		}
	}
	return nil
}
