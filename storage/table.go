package storage

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// A Table stores values of T. Declare it once, in a package variable, with Define.
type Table[T any] struct {
	*declaration
	bind     func(*T) []Field
	bindings sync.Pool // of *binding[T]
}

// A Declaration is a table of any type, as Store.Migrate, export and descriptions see it. Every *Table is one.
type Declaration interface{ declared() *declaration }

// declaration is what is known of a table without its Go type.
type declaration struct {
	kind    string
	table   *driver.Table
	fields  []Field // of a throw-away value: names and kinds only
	offsets []int   // first column of each field
	byName  map[string]int
	sorted  []int // the fields by name
	rank    int
	version int // index of the version field, or -1
	custom  int // index of the custom fields, or -1
	local   []string
	settled bool
	absence bool
	apart   bool
	show    func(driver.Row) (map[string]any, error)
}

func (d *declaration) declared() *declaration { return d }

// Kind is the name under which Refs point to rows of the table.
func (d *declaration) Kind() string { return d.kind }

// Ref points to a row of the table.
func (t *Table[T]) Ref(id ID[T]) Ref { return Ref{Kind: t.kind, ID: id.String()} }

// A TableOption refines a declaration.
type TableOption func(*tableOptions)

type tableOptions struct {
	indexes []indexOption
	parent  *parentOption
	tailed  bool
	rank    int
	local   []string
	settled bool
	absence bool
	apart   bool
}

type indexOption struct {
	name                   string
	fields                 []string
	unique, sparse, global bool
}

type parentOption struct {
	table  Declaration
	fields []string
}

// Index orders the rows by some fields, so that lists filtered or sorted by them are fast.
func Index(name string, fields ...string) TableOption {
	return func(o *tableOptions) { o.indexes = append(o.indexes, indexOption{name: name, fields: fields}) }
}

// Unique is an Index that refuses a second row with the same values.
func Unique(name string, fields ...string) TableOption {
	return func(o *tableOptions) {
		o.indexes = append(o.indexes, indexOption{name: name, fields: fields, unique: true})
	}
}

// Sparse is an Index that leaves out rows whose first field is absent.
func Sparse(name string, fields ...string) TableOption {
	return func(o *tableOptions) {
		o.indexes = append(o.indexes, indexOption{name: name, fields: fields, sparse: true})
	}
}

// Global is an Index over the rows of all tenants.
func Global(name string, fields ...string) TableOption {
	return func(o *tableOptions) {
		o.indexes = append(o.indexes, indexOption{name: name, fields: fields, global: true})
	}
}

// ChildOf says that the fields hold the key of a row in the parent table, which must be there.
func ChildOf(parent Declaration, fields ...string) TableOption {
	return func(o *tableOptions) { o.parent = &parentOption{parent, fields} }
}

// Tailed lets the rows be read in the order of their commits.
func Tailed() TableOption { return func(o *tableOptions) { o.tailed = true } }

// Rank places the table in the order in which LockAll takes locks: documents 0 (the default), stock 10, ledger accounts 20, number series 30.
func Rank(n int) TableOption { return func(o *tableOptions) { o.rank = n } }

// Local names fields that mean something only to the engine that holds them; an export leaves them empty.
func Local(fields ...string) TableOption { return func(o *tableOptions) { o.local = fields } }

// Settled is for tables that seldom change and that nearly every command reads: charts, settings. A transaction that writes reads such a row by its key once, and keeps
// what it read until it ends or writes to the table itself. What a package makes of such rows may be remembered with Memo: then a transaction that used it never commits after
// a change that it did not see. So changing or deleting a row waits for those that are about to commit, and lets others do again what they began; inserting one does not.
func Settled() TableOption { return func(o *tableOptions) { o.settled = true } }

// Absence is for a Settled table where it means something that a row is not there: inserting one then counts as a change.
func Absence() TableOption { return func(o *tableOptions) { o.absence = true } }

// Define declares a table. The kind is "package.noun" in lower case; the stored table is called package_noun. The function bind lists the
// fields of a value, key fields first; it is called with different values and must do nothing else. Define panics on a
// declaration that makes no sense, since that is a mistake in the program.
func Define[T any](kind string, bind func(*T) []Field, options ...TableOption) *Table[T] {
	var o tableOptions
	for _, apply := range options {
		apply(&o)
	}
	d := &declaration{kind: kind, byName: map[string]int{}, rank: o.rank, version: -1, custom: -1, local: o.local, settled: o.settled,
		absence: o.absence, apart: o.apart,
		table: &driver.Table{Name: strings.ReplaceAll(kind, ".", "_"), Version: -1, Tailed: o.tailed}}
	d.addFields(bind(new(T)))
	d.addIndexes(o)
	t := &Table[T]{declaration: d, bind: bind}
	t.bindings.New = func() any {
		b := &binding[T]{value: new(T)}
		b.fields = bind(b.value)
		return b
	}
	d.show = t.showRow
	return t
}

func (d *declaration) addFields(fields []Field) {
	d.fields = fields
	for i, f := range fields {
		if _, twice := d.byName[f.name]; twice || f.name == "" {
			panic("storage: " + d.kind + ": field " + f.name + " is declared twice or has no name")
		}
		d.byName[f.name] = i
		d.offsets = append(d.offsets, len(d.table.Columns))
		cols := f.columns()
		if f.key {
			if d.table.Key != len(d.table.Columns) || f.optional {
				panic("storage: " + d.kind + ": key fields come first and are never optional")
			}
			d.table.Key += len(cols)
		}
		if f.version != nil {
			d.version, d.table.Version = i, len(d.table.Columns)
		}
		if f.custom != nil {
			d.custom = i
		}
		d.table.Columns = append(d.table.Columns, cols...)
	}
	for i := range fields {
		d.sorted = append(d.sorted, i)
	}
	slices.SortFunc(d.sorted, func(a, b int) int { return strings.Compare(fields[a].name, fields[b].name) })
	if d.table.Key == 0 {
		panic("storage: " + d.kind + " has no key")
	}
	d.offsets = append(d.offsets, len(d.table.Columns))
	if d.custom >= 0 {
		d.table.Indexes = append(d.table.Indexes, slotIndexes(d.offsets[d.custom])...)
	}
}

func (d *declaration) addIndexes(o tableOptions) {
	for _, ix := range o.indexes {
		if ix.name == "parent" {
			panic("storage: " + d.kind + ": an index cannot be called parent, the foreign key's is")
		}
		cols := d.columnsOf(ix.fields...)
		d.table.Indexes = append(d.table.Indexes, driver.Index{Name: ix.name, Columns: cols,
			Unique: ix.unique, Sparse: ix.sparse, Global: ix.global})
		for _, name := range ix.fields {
			if f := &d.fields[d.byName[name]]; f.limit > maxIndexed {
				f.limit = maxIndexed
			}
		}
	}
	for i := range d.fields {
		if d.fields[i].key && d.fields[i].limit > maxIndexed {
			d.fields[i].limit = maxIndexed
		}
	}
	if o.parent != nil {
		d.table.Parent = &driver.ForeignKey{Table: o.parent.table.declared().table, Columns: d.columnsOf(o.parent.fields...)}
	}
}

// columnsOf lists the columns of some fields; it panics on an unknown one.
func (d *declaration) columnsOf(names ...string) []int {
	var cols []int
	for _, name := range names {
		i, ok := d.byName[name]
		if !ok {
			panic("storage: " + d.kind + " has no field " + name)
		}
		for c := d.offsets[i]; c < d.offsets[i+1]; c++ {
			cols = append(cols, c)
		}
	}
	return cols
}

// A binding is a scratch value with its fields bound to it, reused so that rows are encoded and decoded without reflection and
// without binding anew.
type binding[T any] struct {
	value  *T
	fields []Field
}

func (t *Table[T]) borrow() *binding[T] { return t.bindings.Get().(*binding[T]) }

func (t *Table[T]) giveBack(b *binding[T]) {
	var zero T
	*b.value = zero
	t.bindings.Put(b)
}

// encode turns a value into a row. It adds step to the value's version first.
func (t *Table[T]) encode(ctx context.Context, tx *Tx, v *T, step int64) (driver.Row, error) {
	b := t.borrow()
	defer t.giveBack(b)
	return t.encodeBy(ctx, tx, b, v, step)
}

func (t *Table[T]) encodeBy(ctx context.Context, tx *Tx, b *binding[T], v *T, step int64) (driver.Row, error) {
	*b.value = *v
	if t.version >= 0 {
		*b.fields[t.version].version += step
	}
	if t.custom >= 0 {
		if err := b.fields[t.custom].custom.prepare(ctx, tx, t.kind); err != nil {
			return nil, err
		}
	}
	row := tx.row(len(t.table.Columns))
	var faults *Invalid
	for i := range b.fields {
		f := &b.fields[i]
		if code := f.put(row[t.offsets[i]:t.offsets[i+1]], t.fields[i].limit); code != "" {
			if faults == nil {
				faults = &Invalid{}
			}
			if f.custom != nil {
				faults.Fields = append(faults.Fields, f.custom.faults...)
				continue
			}
			faults.Add(f.name, code, "")
		}
	}
	if faults != nil {
		return nil, faults.Err()
	}
	if t.version >= 0 {
		*v = *b.value
	}
	return row, nil
}

// key encodes only the key of a value.
func (t *Table[T]) key(tx *Tx, v *T) (driver.Row, error) {
	b := t.borrow()
	defer t.giveBack(b)
	return t.keyBy(tx, b, v)
}

func (t *Table[T]) keyBy(tx *Tx, b *binding[T], v *T) (driver.Row, error) {
	*b.value = *v
	row := tx.row(t.table.Key)
	for i := range b.fields {
		f := &b.fields[i]
		if !f.key {
			break
		}
		if code := f.put(row[t.offsets[i]:t.offsets[i+1]], f.limit); code != "" {
			return nil, invalid(f.name, code, "")
		}
	}
	return row, nil
}

// decode turns a row into a value; fields named in hidden stay zero. Without a tx the tenant's own fields keep the types of their JSON.
func (t *Table[T]) decode(ctx context.Context, tx *Tx, row driver.Row, v *T, hidden []string) error {
	b := t.borrow()
	defer t.giveBack(b)
	return t.decodeBy(ctx, tx, b, row, v, hidden)
}

func (t *Table[T]) decodeBy(ctx context.Context, tx *Tx, b *binding[T], row driver.Row, v *T, hidden []string) error {
	if t.custom >= 0 {
		c := b.fields[t.custom].custom
		c.specs = nil
		if tx != nil && len(row[t.offsets[t.custom]].Text()) > len("null") {
			var err error
			if c.specs, err = tx.customSpecs(ctx, t.kind, false); err != nil {
				return err
			}
		}
	}
	for i := range b.fields {
		if err := b.fields[i].codec.take(row[t.offsets[i]:t.offsets[i+1]]); err != nil {
			return ErrSchema
		}
	}
	for _, name := range hidden {
		if i, ok := t.byName[name]; ok {
			b.fields[i].codec.clear()
		} else if own, ok := strings.CutPrefix(name, "fields."); ok && t.custom >= 0 {
			delete(*b.fields[t.custom].custom.p, own)
		}
	}
	*v = *b.value
	return nil
}

// showRow decodes a row into names and values as JSON shows them.
func (t *Table[T]) showRow(row driver.Row) (map[string]any, error) {
	v := new(T)
	if err := t.decode(context.Background(), nil, row, v, nil); err != nil {
		return nil, err
	}
	return t.Show(v), nil
}

// Show returns the value's fields by name, each as JSON shows it: what the audit trail and rules compare.
func (t *Table[T]) Show(v *T) map[string]any {
	if v == nil {
		return nil
	}
	b := t.borrow()
	defer t.giveBack(b)
	*b.value = *v
	m := make(map[string]any, len(b.fields))
	for _, f := range b.fields {
		m[f.name] = f.codec.show()
	}
	return m
}

// Compare calls each with every field of two values, in the order of the names, as Show has it; a nil pointer has nil everywhere.
func (t *Table[T]) Compare(before, after *T, each func(name string, personal bool, old, now any)) {
	a, b := t.borrow(), t.borrow()
	defer t.giveBack(a)
	defer t.giveBack(b)
	if before != nil {
		*a.value = *before
	}
	if after != nil {
		*b.value = *after
	}
	for _, i := range t.sorted {
		var old, now any
		if before != nil {
			old = a.fields[i].codec.show()
		}
		if after != nil {
			now = b.fields[i].codec.show()
		}
		each(t.fields[i].name, t.fields[i].personal, old, now)
	}
}

// RefOf points to the row that holds a value.
func (t *Table[T]) RefOf(v *T) Ref {
	b := t.borrow()
	defer t.giveBack(b)
	*b.value = *v
	id, _ := b.fields[0].codec.show().(string)
	return Ref{Kind: t.kind, ID: id}
}

// VersionOf returns the value's version, 0 for a table without.
func (t *Table[T]) VersionOf(v *T) int64 {
	if t.version < 0 {
		return 0
	}
	b := t.borrow()
	defer t.giveBack(b)
	*b.value = *v
	return *b.fields[t.version].version
}
