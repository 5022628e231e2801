package memory_test

import (
	"slices"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

// Much is asked of Migrate by the conformance suite; here is what goes beyond it.

func TestTailingCanBeDeclaredLater(t *testing.T) {
	f := newFixture(t)
	plain := &driver.Table{Name: "log", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "at", Kind: driver.Int}},
		Indexes: []driver.Index{{Name: "at", Columns: []int{1}, Unique: true, Global: true}}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{plain}}))
	insert := func(tenant string, t *driver.Table, ids ...int64) {
		op := driver.Op{Kind: driver.Insert, Table: t}
		for _, id := range ids {
			op.Rows = append(op.Rows, driver.Row{num(id), num(10 * id)})
		}
		f.do(tenant, op)
	}
	insert("a", plain, 3, 1)
	insert("b", plain, 2)
	early := f.begin(driver.TxOptions{Tenant: "a", ReadOnly: true})
	tailed := *plain
	tailed.Tailed = true
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{&tailed}}))
	insert("a", plain, 0)
	page, err := f.begin(driver.TxOptions{Tenant: "a"}).Tail(f.ctx, driver.TailQuery{Table: &tailed})
	f.must(err)
	var ids []int64
	for _, row := range page.Rows {
		ids = append(ids, row[0].Int())
	}
	if !slices.Equal(ids, []int64{1, 3, 0}) {
		t.Errorf("the tail holds %v", ids)
	}
	q := driver.Query{Table: plain, Order: []int{1}}
	if got := f.rows(f.begin(driver.TxOptions{Across: true}).Query(f.ctx, q)); got != "[0 0 a][1 10 a][2 20 b][3 30 a]" {
		t.Error(got)
	}
	if got := f.rows(early.Query(f.ctx, q)); got != "[1 10][3 30]" {
		t.Errorf("a snapshot from before the migration holds %s", got)
	}
}

func TestAParentDeclaredLaterMustBeThere(t *testing.T) {
	f := newFixture(t)
	child := driver.Table{Name: "child", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "acct", Kind: driver.Int, Nullable: true}}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{&child}}))
	f.do("a", driver.Op{Kind: driver.Insert, Table: &child, Rows: []driver.Row{{num(1), num(7)}, {num(2), driver.Null}}})
	bound := child
	bound.Parent = &driver.ForeignKey{Table: f.accts, Columns: []int{1}}
	migrate := func() error { return f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{f.accts, &bound}}) }
	err := migrate()
	f.is(err, driver.ErrSchema)
	f.is(err, driver.ErrReference)
	f.do("a", driver.Op{Kind: driver.Insert, Table: &child, Rows: []driver.Row{{num(3), num(8)}}})
	f.do("a", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{
		acct(7, 1, "x", driver.Null, 0, driver.Null), acct(8, 1, "x", driver.Null, 0, driver.Null),
		acct(9, 1, "x", driver.Null, 0, driver.Null)}})
	f.must(migrate())
	remove := func(id int64) error {
		return f.begin(driver.TxOptions{Tenant: "a"}).Commit(f.ctx,
			driver.Op{Kind: driver.Delete, Table: f.accts, Rows: []driver.Row{{num(id)}}})
	}
	f.is(remove(8), driver.ErrReference)
	f.must(remove(9))
	f.do("a", driver.Op{Kind: driver.Update, Table: &child, Rows: []driver.Row{{num(3), driver.Null}}})
	f.must(remove(8))
	f.is(f.begin(driver.TxOptions{Tenant: "a"}).Commit(f.ctx, driver.Op{Kind: driver.Update, Table: &child,
		Rows: []driver.Row{{num(3), num(8)}}}), driver.ErrReference)
}

func TestAColumnCannotRefuseNullsThatItHolds(t *testing.T) {
	f := newFixture(t)
	f.do("a", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{acct(1, 1, "x", driver.Null, 0, driver.Null)}})
	strict := *f.accts
	strict.Columns = slices.Clone(f.accts.Columns)
	strict.Columns[aCode].Nullable = false
	migrate := func() error { return f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{&strict}}) }
	f.is(migrate(), driver.ErrSchema)
	f.do("a", driver.Op{Kind: driver.Update, Table: f.accts, Rows: []driver.Row{acct(1, 2, "x", text("1"), 0, driver.Null)}})
	f.must(migrate())
	f.is(f.begin(driver.TxOptions{Tenant: "a"}).Commit(f.ctx, driver.Op{Kind: driver.Insert, Table: &strict,
		Rows: []driver.Row{acct(2, 1, "x", driver.Null, 0, driver.Null)}}), driver.ErrSchema)
}

func TestDeclarationsThatMakeNoSenseAreRefused(t *testing.T) {
	id := driver.Column{Name: "id", Kind: driver.Int}
	for name, d := range map[string]*driver.Table{
		"no table":         nil,
		"no name":          {Key: 1, Version: -1, Columns: []driver.Column{id}},
		"no key":           {Name: "x", Version: -1, Columns: []driver.Column{id}},
		"key too long":     {Name: "x", Key: 2, Version: -1, Columns: []driver.Column{id}},
		"a column twice":   {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{id, id}},
		"no kind":          {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id"}}},
		"nullable key":     {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int, Nullable: true}}},
		"version of text":  {Name: "x", Key: 1, Version: 1, Columns: []driver.Column{id, {Name: "v", Kind: driver.Text}}},
		"index of nothing": {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{id}, Indexes: []driver.Index{{Name: "i"}}},
		"wrong default":    {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{id, {Name: "t", Kind: driver.Text, Default: num(1)}}},
		"unknown parent": {Name: "x", Key: 1, Version: -1, Columns: []driver.Column{id},
			Parent: &driver.ForeignKey{Table: &driver.Table{Name: "y"}, Columns: []int{0}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.is(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{d}}), driver.ErrSchema)
		})
	}
}

func TestMalformedRowsAndQueriesAreRefusedAndNothingPanics(t *testing.T) {
	f := newFixture(t)
	good := acct(1, 1, "x", driver.Null, 0, driver.Null)
	with := func(c int, v driver.Value) driver.Row { r := good.Clone(); r[c] = v; return r }
	for _, op := range []driver.Op{
		{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{good[:3]}},
		{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{nil}},
		{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{with(aName, driver.Null)}},
		{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{with(aName, num(1))}},
		{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{with(aID, text("1"))}},
		{Kind: driver.Update, Table: f.accts, Rows: []driver.Row{append(good.Clone(), num(1))}},
		{Kind: driver.Add, Table: f.accts, Rows: []driver.Row{good}, Sums: []int{aName}},
		{Kind: driver.Add, Table: f.accts, Rows: []driver.Row{good}, Sums: []int{99}},
		{Kind: driver.Get, Table: f.accts, Rows: []driver.Row{{}}},
		{Kind: driver.Delete, Table: f.accts, Rows: []driver.Row{{driver.Null}}},
		{Kind: driver.Get, Table: &driver.Table{Name: "accts"}},
		{Kind: driver.Get},
		{Kind: 77, Table: f.accts},
	} {
		tx := f.begin(driver.TxOptions{Tenant: "a"})
		_, err := tx.Do(f.ctx, op)
		f.is(err, driver.ErrSchema)
		f.must(tx.Rollback(f.ctx))
	}
	cond := func(c int, op driver.CondOp, v ...driver.Value) []driver.Cond {
		return []driver.Cond{{Column: c, Op: op, Values: v}}
	}
	for _, q := range []driver.Query{
		{}, {Table: f.entries, Order: []int{9}}, {Table: f.entries, Order: []int{-1}}, {Table: f.entries, Limit: -1},
		{Table: f.entries, After: driver.Row{num(1)}}, {Table: f.entries, After: driver.Row{num(1), text("")}},
		{Table: f.entries, Where: cond(7, driver.Eq, num(1))}, {Table: f.entries, Where: cond(1, driver.Eq)},
		{Table: f.entries, Where: cond(1, driver.Prefix, num(1))}, {Table: f.entries, Where: cond(1, driver.Lt, text("1"))},
		{Table: f.entries, Where: cond(1, 99, num(1))},
	} {
		tx := f.begin(driver.TxOptions{Tenant: "a"})
		for _, err := range tx.Query(f.ctx, q) {
			f.is(err, driver.ErrSchema)
		}
		_, err := tx.Do(f.ctx)
		f.is(err, driver.ErrDoomed)
	}
	tx := f.begin(driver.TxOptions{Tenant: "a"})
	_, err := tx.Tail(f.ctx, driver.TailQuery{Table: f.entries, After: "nowhere"})
	f.is(err, driver.ErrSchema)
}
