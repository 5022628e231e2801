package storagetest

import (
	"fmt"

	"github.com/tutas/tutas/storage/driver"
)

func evolutionCases() []scenario {
	cases := []scenario{
		{name: "migrate_twice", run: migrateTwice,
			promise: "Calling Migrate again changes nothing; tables may be given in any order."},
		{name: "migrate_at_once", run: migrateAtOnce,
			promise: "Migrate runs under a lock, so two processes may call it at once."},
		{name: "migrate_never_drops", run: migrateNeverDrops,
			promise: "Migrate never drops, and leaves alone what it does not know."},
		{name: "add_column", run: addColumn,
			promise: "Default is what rows get that were written before the column was added; the zero Value stands for the kind's own zero."},
		{name: "older_binary", run: olderBinary,
			promise: "Default is also what rows get that are written by a binary which does not know the column; what it updates keeps the column."},
		{name: "rename_column", run: renameColumn,
			promise: "Was lists earlier names, newest first, so that a migration renames rather than adds."},
		{name: "add_index", run: addIndex,
			promise: "Migrate adds an index to a table that holds rows; it then orders, and refuses, the old rows as well as new ones."},
		{name: "add_index_impossible", run: addIndexImpossible,
			promise: "What is stored cannot be brought to the declarations: ErrSchema, and the store works on as it was."},
		{name: "change_refused", run: changeRefused,
			promise: "A column's kind and a table's key are not changed by a migration: ErrSchema."},
		{name: "inspect", run: inspect,
			promise: "An Inspector names each difference between what is stored and the declarations; a Printer prints the statements."},
		{name: "migrate_reopened", run: migrateReopened, needs: needsReopen,
			promise: "Migrate brings what was stored by an earlier process to the declarations."},
	}
	for i := range cases {
		cases[i].once = true
	}
	return cases
}

// both puts rows into two tenants' tables.
func (p *probe) both(ops ...driver.Op) {
	p.apply(ops...)
	p.as(neighbour, func() { p.apply(ops...) })
}

// bothHold ends the scenario unless two tenants' tables hold these rows.
func (p *probe) bothHold(t *driver.Table, want ...driver.Row) {
	p.holds(t, want...)
	p.as(neighbour, func() { p.holds(t, want...) })
}

func migrateTwice(p *probe) {
	o, l := ordersAndLines()
	m := members()
	p.migrate(m, l, o)
	p.both(insert(o, row("x", "a")), insert(l, row("x", 1, 1)), insert(m, row(1, "a@x", "red", 1, "")))
	for range 3 {
		p.migrate(l, o, m)
		o2, l2 := ordersAndLines() // other declarations of the same content
		m2 := members()
		p.migrate(o2, l2, m2)
		for _, t := range [][3]*driver.Table{{o, l, m}, {o2, l2, m2}} {
			p.bothHold(t[0], row("x", "a"))
			p.bothHold(t[1], row("x", 1, 1))
			p.bothHold(t[2], row(1, "a@x", "red", 1, ""))
			p.is(p.refused(insert(t[2], row(2, "a@x", "blue", 1, ""))), driver.ErrExists)
			p.is(p.refused(remove(t[0], row("x"))), driver.ErrReference)
		}
	}
	p.migrate()
	p.holds(o, row("x", "a"))
}

func migrateAtOnce(p *probe) {
	p.together(6, func(i int) {
		o, l := ordersAndLines()
		mine := &driver.Table{Name: fmt.Sprint("mine_", i%3), Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}}}
		p.migrate(o, l, mine, members())
		p.apply(insert(mine, row(i)), insert(o, row(fmt.Sprint(i), "")), insert(l, row(fmt.Sprint(i), 1, i)))
	})
	o, l := ordersAndLines()
	p.migrate(o, l)
	if n := len(p.all(l)); n != 6 || len(p.all(o)) != 6 {
		p.fail("%d lines, want 6", n)
	}
	// The same change by many, on a table with rows.
	p.together(4, func(int) {
		_, wider := ordersAndLines()
		wider.Columns = append(wider.Columns, driver.Column{Name: "unit", Kind: driver.Text, Default: driver.TextValue("piece")})
		wider.Indexes = []driver.Index{{Name: "unit", Columns: []int{3}}}
		p.migrate(wider.Parent.Table, wider)
		for _, r := range p.all(wider) {
			if r[3] != driver.TextValue("piece") {
				p.fail("the new column holds %s", showRow(r))
			}
		}
	})
}

func migrateNeverDrops(p *probe) {
	n, a := notes(), accounts()
	p.migrate(n, a)
	p.both(insert(n, row(1, "a")), insert(a, row("x", 1, 5, "label")))
	p.migrate(n)
	narrow := accounts()
	narrow.Columns = narrow.Columns[:3]
	p.migrate(narrow)
	p.bothHold(narrow, row("x", 1, 5))
	p.migrate(&driver.Table{Name: "others", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}}})
	again, wide := notes(), accounts()
	p.migrate(again, wide)
	p.bothHold(again, row(1, "a"))
	p.bothHold(wide, row("x", 1, 5, "label"))
}

// widened is notes with a column of each kind, three times: with no Default, nullable, and with a Default. The new
// columns stand before the old one.
func widened() (t *driver.Table, news []driver.Value) {
	t = notes()
	body := t.Columns[1]
	t.Columns = t.Columns[:1]
	zero := values(false, 0, "", [16]byte{}, 0, 0, "0", "null")
	special := values(true, -42, "қ'x", [16]byte{1, 0, 2}, -719162, 1, "1.50", `{"a": "'"}`)
	for k := driver.Bool; k <= driver.JSON; k++ {
		name := fmt.Sprint("new_", k)
		t.Columns = append(t.Columns,
			driver.Column{Name: name, Kind: k},
			driver.Column{Name: name + "_null", Kind: k, Nullable: true},
			driver.Column{Name: name + "_default", Kind: k, Default: special[k-1]},
			driver.Column{Name: name + "_null_default", Kind: k, Nullable: true, Default: special[k-1]})
		news = append(news, zero[k-1], driver.Null, special[k-1], special[k-1])
	}
	t.Columns = append(t.Columns, body)
	return t, news
}

func addColumn(p *probe) {
	n := notes()
	p.migrate(n)
	p.both(insert(n, row(1, "a"), row(2, "b")))
	w, news := widened()
	p.migrate(w)
	wide := func(id int, body string) driver.Row {
		return append(append(row(id), news...), driver.TextValue(body))
	}
	p.bothHold(w, wide(1, "a"), wide(2, "b"))
	changed := wide(3, "c")
	for i := 1; i < len(changed)-1; i++ {
		if w.Columns[i].Nullable {
			changed[i] = driver.Null
		}
	}
	p.both(insert(w, changed), update(w, wide(1, "A")))
	p.bothHold(w, wide(1, "A"), wide(2, "b"), changed)
	tx := p.read()
	p.finds(tx, w, rows(wide(1, "A"), wide(2, "b"), changed), where(1, driver.Eq, false))
	p.finds(tx, w, rows(wide(1, "A"), wide(2, "b"), changed), where(2, driver.IsNull))
	p.finds(tx, w, rows(wide(1, "A"), wide(2, "b"), changed), where(8, driver.Eq, -42)) // new_int_null_default
}

func olderBinary(p *probe) {
	n := notes()
	p.migrate(n)
	p.both(insert(n, row(1, "a")))
	w, news := widened()
	p.migrate(w)
	older := notes()
	p.migrate(older) // the older binary starts once more
	for i, t := range []*driver.Table{n, older} {
		p.both(insert(t, row(10+i, "old")), add(t, nil, row(20+i, "old")), insertSkip(t, row(30+i, "old")))
	}
	wide := func(id int, body string) driver.Row {
		return append(append(row(id), news...), driver.TextValue(body))
	}
	p.bothHold(w, wide(1, "a"), wide(10, "old"), wide(11, "old"), wide(20, "old"), wide(21, "old"), wide(30, "old"), wide(31, "old"))
	special := wide(2, "new")
	special[1], special[5] = driver.BoolValue(true), driver.IntValue(7)
	p.both(insert(w, special))
	p.both(update(n, row(2, "changed by the old")))
	special[len(special)-1] = driver.TextValue("changed by the old")
	tx := p.write()
	p.same(rows(p.get(tx, w, 2)), rows(special))
	p.same(p.do(tx, lock(older, row(2)), get(n, row(2)))[0].Rows, rows(row(2, "changed by the old")))
	p.commit(tx, remove(n, row(10), row(11), row(20), row(21), row(30), row(31)))
	p.holds(older, row(1, "a"), row(2, "changed by the old"))
}

func renameColumn(p *probe) {
	m := members()
	p.migrate(m)
	p.both(insert(m, row(1, "a@x", "red", 1, "n"), row(2, nil, "red", 2, "n")))
	for i, names := range [][]string{{"mail", "email"}, {"address", "mail", "email"}, {"address", "mail", "email"}} {
		r := members()
		r.Columns[1].Name, r.Columns[1].Was = names[0], names[1:]
		p.migrate(r)
		if i == 0 {
			p.bothHold(r, row(1, "a@x", "red", 1, "n"), row(2, nil, "red", 2, "n"))
		}
		p.key(p.refused(insert(r, row(9, "a@x", "blue", 1, ""))), driver.ErrExists, "members", "email")
		p.both(insert(r, row(3+i, fmt.Sprint("new", i), "red", 3+i, "")))
		tx := p.read()
		p.same(p.query(tx, driver.Query{Table: r, Where: []driver.Cond{where(1, driver.Eq, "a@x")}}), rows(row(1, "a@x", "red", 1, "n")))
		p.rollback(tx)
	}
	// From the very first name to the last in one step, as a store that missed the release between them does it.
	n := notes()
	p.migrate(n)
	p.both(insert(n, row(1, "kept")))
	r := notes()
	r.Columns[1].Name, r.Columns[1].Was = "content", []string{"text", "body"}
	p.migrate(r)
	p.bothHold(r, row(1, "kept"))
	p.both(insert(r, row(2, "new")))
	p.bothHold(r, row(1, "kept"), row(2, "new"))
}

func addIndex(p *probe) {
	plain := members()
	plain.Indexes = nil
	p.migrate(plain)
	p.both(insert(plain, row(1, "b@x", "red", 1, ""), row(2, "a@x", "red", 2, ""), row(3, nil, "red", nil, ""), row(4, nil, "red", nil, "")))
	m := members()
	m.Indexes = append(m.Indexes, driver.Index{Name: "note", Columns: []int{4, 2}})
	p.migrate(m)
	p.key(p.refused(insert(m, row(5, "a@x", "blue", 1, ""))), driver.ErrExists, "members", "email")
	p.key(p.refused(update(m, row(1, "b@x", "red", 2, ""))), driver.ErrExists, "members", "seat")
	// The older declaration is bound by them too, though it cannot know their names.
	p.is(p.refused(insert(plain, row(5, "a@x", "blue", 1, ""))), driver.ErrExists)
	p.is(p.refused(update(plain, row(1, "b@x", "red", 2, ""))), driver.ErrExists)
	p.both(insert(m, row(5, "c@x", "blue", 1, "z")))
	tx := p.read()
	all := rows(row(1, "b@x", "red", 1, ""), row(2, "a@x", "red", 2, ""), row(3, nil, "red", nil, ""), row(4, nil, "red", nil, ""), row(5, "c@x", "blue", 1, "z"))
	p.finds(tx, m, all, where(1, driver.Ge, "b"))
	p.finds(tx, m, all, where(4, driver.Eq, ""))
	p.pages(tx, driver.Query{Table: m, Order: []int{4, 2}}, 2, sorted(m, all, []int{4, 2}, false))
}

func addIndexImpossible(p *probe) {
	n := notes()
	p.migrate(n)
	p.both(insert(n, row(1, "same"), row(2, "same"), row(3, "other")))
	strict := notes()
	strict.Indexes = []driver.Index{{Name: "body", Columns: []int{1}, Unique: true}}
	p.is(p.e.Migrate(p.ctx, driver.Schema{Tables: []*driver.Table{strict}}), driver.ErrSchema)
	p.bothHold(n, row(1, "same"), row(2, "same"), row(3, "other"))
	p.both(insert(n, row(4, "same")))
	p.both(remove(n, row(1), row(4)))
	p.migrate(strict) // now that the duplicates are gone
	p.key(p.refused(insert(strict, row(5, "same"))), driver.ErrExists, "notes", "body")
}

func changeRefused(p *probe) {
	n, tot := notes(), totals()
	p.migrate(n, tot)
	p.both(insert(n, row(1, "1")), insert(tot, row("a", 1, 1, 1, "")))
	kind := notes()
	kind.Columns[1].Kind = driver.Int
	p.is(p.e.Migrate(p.ctx, driver.Schema{Tables: []*driver.Table{kind}}), driver.ErrSchema)
	key := totals()
	key.Key = 1
	p.is(p.e.Migrate(p.ctx, driver.Schema{Tables: []*driver.Table{key}}), driver.ErrSchema)
	p.bothHold(n, row(1, "1"))
	p.bothHold(tot, row("a", 1, 1, 1, ""))
	p.both(insert(n, row(2, "2")))
}

func inspect(p *probe) {
	o, l := ordersAndLines()
	s := driver.Schema{Tables: []*driver.Table{o, l, members(), journal(), things(), wakes()}}
	if pr, ok := p.e.(driver.Printer); ok {
		if len(pr.SQL(s)) == 0 {
			p.fail("the Printer prints nothing")
		}
	}
	in, ok := p.e.(driver.Inspector)
	if !ok {
		return
	}
	drift := func(s driver.Schema, some bool) {
		got, err := in.Drift(p.ctx, s)
		p.ok(err)
		if len(got) > 0 != some {
			p.fail("the drift is %q, want some: %v", got, some)
		}
	}
	drift(s, true)
	p.ok(p.e.Migrate(p.ctx, s))
	drift(s, false)
	_, wider := ordersAndLines()
	wider.Columns = append(wider.Columns, driver.Column{Name: "unit", Kind: driver.Text})
	drift(driver.Schema{Tables: []*driver.Table{wider.Parent.Table, wider}}, true)
	indexed := members()
	indexed.Indexes = append(indexed.Indexes, driver.Index{Name: "note", Columns: []int{4}})
	drift(driver.Schema{Tables: []*driver.Table{indexed}}, true)
	p.migrate(wider.Parent.Table, wider, indexed)
	drift(driver.Schema{Tables: []*driver.Table{wider.Parent.Table, wider, indexed}}, false)
	drift(s, false) // the older declarations find what they know
}

func migrateReopened(p *probe) {
	m := members()
	p.migrate(m)
	p.both(insert(m, row(1, "a@x", "red", 1, "n")))
	p.e = p.suite.harness.Reopen(p.t, p.e)
	next := members()
	next.Columns[4].Name, next.Columns[4].Was = "remark", []string{"note"}
	next.Columns = append(next.Columns, driver.Column{Name: "level", Kind: driver.Int, Default: driver.IntValue(3)})
	next.Indexes = append(next.Indexes, driver.Index{Name: "level", Columns: []int{5, 2}})
	p.migrate(next)
	p.bothHold(next, row(1, "a@x", "red", 1, "n", 3))
	p.e = p.suite.harness.Reopen(p.t, p.e)
	next = members()
	next.Columns[4].Name = "remark"
	next.Columns = append(next.Columns, driver.Column{Name: "level", Kind: driver.Int})
	p.migrate(next)
	p.both(insert(next, row(2, "b@x", "red", 2, "", 9)))
	p.bothHold(next, row(1, "a@x", "red", 1, "n", 3), row(2, "b@x", "red", 2, "", 9))
}
