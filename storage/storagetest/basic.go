package storagetest

import (
	"math"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

func basicCases() []scenario {
	return []scenario{
		{name: "get_aligned", run: getAligned,
			promise: "Get reads rows by primary key; Result.Rows is aligned with Op.Rows and holds nil where there is none."},
		{name: "lock_aligned", run: lockAligned,
			promise: "Lock reads as Get does; a row that does not exist is nil."},
		{name: "do_in_order", run: doInOrder,
			promise: "Do runs the operations in order, and answers each; a writing Tx sees its own writes."},
		{name: "do_nothing", run: doNothing,
			promise: "Do answers each operation, also when there are none, or none of their rows."},
		{name: "insert_exists", run: insertExists,
			promise: "An Insert whose primary key exists fails with ErrExists, a *KeyError that names the table."},
		{name: "insert_skip", run: insertSkips,
			promise: "With Skip, an Insert leaves out rows whose primary key or unique values exist; Result.Done says which were written."},
		{name: "update_overwrites", run: updateOverwrites,
			promise: "Update overwrites rows, found by primary key; a row that does not exist is ErrConflict."},
		{name: "update_version", run: updateVersion,
			promise: "In a table with a version, Update wants the stored version to be one less than the row's own, else ErrConflict."},
		{name: "delete_by_key", run: deleteByKey,
			promise: "Given only the key, Delete removes what is there, and nothing is wrong if nothing is."},
		{name: "delete_version", run: deleteVersion,
			promise: "Given a whole row of a table with a version, Delete wants the stored version to equal the row's, else ErrConflict."},
		{name: "add_merges", run: addMerges,
			promise: "Add inserts a row or, where its key exists, adds the columns listed in Sums to the stored ones and leaves the others."},
		{name: "add_overflow", run: addOverflow,
			promise: "A sum of Add beyond 64 bits fails with ErrOverflow."},
		{name: "rows_not_shared", run: rowsNotShared,
			promise: "Rows are the caller's: a backend keeps no reference to a Row it was given or has returned."},
		{name: "many_rows", run: manyRows,
			promise: "An Op is one statement over many rows of one table."},
		{name: "stop_early", run: stopEarly,
			promise: "The caller of Query may stop early."},
		{name: "unknown_table", run: unknownTable, once: true,
			promise: "A table must be given to Migrate before a transaction uses it, else ErrSchema."},
	}
}

func getAligned(p *probe) {
	n, tot := notes(), totals()
	p.migrate(n, tot)
	p.apply(insert(n, row(1, "one"), row(2, "two"), row(3, "three")),
		insert(tot, row("a", 1, 10, 0, ""), row("a", 2, 20, 0, ""), row("b", 1, 30, 0, "")))
	tx := p.read()
	got := p.do(tx, get(n, row(3), row(9), row(1), row(3), row(-1), row(2, "values after the key are allowed")),
		get(tot, row("b", 2), row("a", 2), row("b", 1), row("a", 2), row("ab", 1)))
	p.same(got[0].Rows, rows(row(3, "three"), nil, row(1, "one"), row(3, "three"), nil, row(2, "two")))
	p.same(got[1].Rows, rows(nil, row("a", 2, 20, 0, ""), row("b", 1, 30, 0, ""), row("a", 2, 20, 0, ""), nil))
}

func lockAligned(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 5, ""), row("y", 1, 6, "")))
	tx := p.write()
	got := p.do(tx, lock(a, row("y"), row("none"), row("x"), row("y", 7, 7, "values after the key do not matter")))
	p.same(got[0].Rows, rows(row("y", 1, 6, ""), nil, row("x", 1, 5, ""), row("y", 1, 6, "")))
	p.do(tx, update(a, row("x", 2, 50, "")))
	p.same(p.do(tx, lock(a, row("x")))[0].Rows, rows(row("x", 2, 50, "")))
	p.commit(tx)
}

func doInOrder(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	tx := p.write()
	got := p.do(tx,
		get(a, row("x")),
		insert(a, row("x", 1, 5, "new")),
		get(a, row("x")),
		update(a, row("x", 2, 6, "changed")),
		lock(a, row("x")),
		insert(n, row(1, "between")),
		remove(a, row("x")),
		get(a, row("x")),
		insert(a, row("x", 1, 7, "again")),
		add(a, []int{2}, row("x", 0, 3, "unused")),
		get(a, row("x")))
	for i, want := range map[int]driver.Row{0: nil, 2: row("x", 1, 5, "new"), 4: row("x", 2, 6, "changed"), 7: nil,
		10: row("x", 1, 10, "again")} {
		if len(got[i].Rows) != 1 || !equal(got[i].Rows[0], want) {
			p.fail("operation %d answered %s, want %s", i, show(got[i].Rows), showRow(want))
		}
	}
	p.same(p.query(tx, driver.Query{Table: a}), rows(row("x", 1, 10, "again")))
	p.same(p.sum(tx, driver.Query{Table: a}, []int{2}, nil), rows(row(10, 1)))
	p.commit(tx)
	p.holds(a, row("x", 1, 10, "again"))
	p.holds(n, row(1, "between"))
}

func doNothing(p *probe) {
	n := notes()
	p.migrate(n)
	tx := p.write()
	p.do(tx)
	for i, r := range p.do(tx, get(n), lock(n), insert(n), insertSkip(n), update(n), remove(n), add(n, nil)) {
		if len(r.Rows) != 0 || len(r.Done) != 0 {
			p.fail("operation %d on no rows answered %v", i, r)
		}
	}
	p.commit(tx)
	p.commit(p.write())
	p.holds(n)
}

func insertExists(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "first")))
	p.key(p.refused(insert(n, row(2, "goes too"), row(1, "second"))), driver.ErrExists, "notes", "")
	p.key(p.refused(insert(n, row(5, "a"), row(5, "b"))), driver.ErrExists, "notes", "")
	tx := p.write()
	p.do(tx, insert(n, row(3, "own")))
	p.key(p.try(tx, insert(n, row(3, "own again"))), driver.ErrExists, "notes", "")
	p.rollback(tx)
	p.holds(n, row(1, "first"))
}

func insertSkips(p *probe) {
	n, m := notes(), members()
	p.migrate(n, m)
	p.apply(insert(n, row(1, "first")), insert(m, row(1, "a@x", "red", 1, "")))
	tx := p.write()
	got := p.do(tx,
		insertSkip(n, row(3, "c"), row(1, "not this"), row(2, "b"), row(3, "nor this")),
		insertSkip(n, row(3, "nor this")),
		insertSkip(m, row(2, "a@x", "blue", 1, ""), row(3, "b@x", "red", 1, ""), row(4, nil, "red", nil, ""), row(5, "c@x", "red", 2, "")))
	for i, want := range [][]bool{{true, false, true, false}, {false}, {false, false, true, true}} {
		if !slices.Equal(got[i].Done, want) {
			p.fail("operation %d was Done %v, want %v", i, got[i].Done, want)
		}
	}
	p.commit(tx)
	p.holds(n, row(1, "first"), row(2, "b"), row(3, "c"))
	p.holds(m, row(1, "a@x", "red", 1, ""), row(4, nil, "red", nil, ""), row(5, "c@x", "red", 2, ""))
}

func updateOverwrites(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a"), row(2, "b"), row(3, "c")))
	p.apply(update(n, row(3, "C"), row(1, "A")))
	p.holds(n, row(1, "A"), row(2, "b"), row(3, "C"))
	p.is(p.refused(update(n, row(2, "B"), row(4, "D"))), driver.ErrConflict)
	p.holds(n, row(1, "A"), row(2, "b"), row(3, "C"))
	p.apply(update(n, row(2, "b"))) // the same content is a row found, not a row missed
}

func updateVersion(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 5, ""), row("y", 7, 6, "")))
	p.apply(update(a, row("y", 8, 60, ""), row("x", 2, 50, "")))
	for _, stale := range []driver.Row{row("x", 1, 0, ""), row("x", 2, 0, ""), row("x", 4, 0, ""), row("none", 1, 0, ""), row("y", 3, 0, "")} {
		p.is(p.refused(update(a, stale)), driver.ErrConflict)
	}
	p.is(p.refused(update(a, row("x", 3, 1, ""), row("y", 8, 1, ""))), driver.ErrConflict)
	tx := p.write()
	p.do(tx, update(a, row("x", 3, 1, "")), update(a, row("x", 4, 2, "")))
	p.is(p.try(tx, update(a, row("x", 4, 3, ""))), driver.ErrConflict)
	p.rollback(tx)
	p.holds(a, row("x", 2, 50, ""), row("y", 8, 60, ""))
}

func deleteByKey(p *probe) {
	n, a, tot := notes(), accounts(), totals()
	p.migrate(n, a, tot)
	p.apply(insert(n, row(1, "a"), row(2, "b"), row(3, "c")), insert(a, row("x", 4, 5, ""), row("y", 1, 0, "")),
		insert(tot, row("a", 1, 1, 1, ""), row("a", 2, 2, 2, "")))
	p.apply(remove(n, row(3), row(9), row(1)), remove(a, row("x"), row("none")), remove(tot, row("a", 1), row("b", 2)))
	p.holds(n, row(2, "b"))
	p.holds(a, row("y", 1, 0, ""))
	p.holds(tot, row("a", 2, 2, 2, ""))
	p.apply(remove(n, row(2, "another body: there is no version to compare")))
	p.holds(n)
	p.apply(insert(n, row(2, "back")))
	p.holds(n, row(2, "back"))
}

func deleteVersion(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 4, 5, ""), row("y", 1, 6, ""), row("z", 1, 7, "")))
	for _, stale := range []driver.Row{row("x", 3, 5, ""), row("x", 5, 5, ""), row("none", 1, 0, "")} {
		p.is(p.refused(remove(a, stale)), driver.ErrConflict)
	}
	p.is(p.refused(remove(a, row("y", 1, 6, ""), row("x", 3, 5, ""))), driver.ErrConflict)
	p.apply(remove(a, row("z", 1, 0, "the version alone counts"), row("x", 4, 5, "")))
	p.holds(a, row("y", 1, 6, ""))
}

func addMerges(p *probe) {
	tot, a := totals(), accounts()
	p.migrate(tot, a)
	p.apply(add(tot, []int{2, 3}, row("b", 1, 10, 1, "b"), row("a", 2, 20, 2, "a")))
	p.apply(add(tot, []int{2, 3}, row("a", 2, -5, 3, "ignored"), row("c", 0, 0, 0, "c"), row("a", 1, 7, 7, "new"), row("b", 1, 1, -1, "")))
	p.apply(add(tot, []int{3}, row("b", 1, 1000, 5, "only the credit")))
	p.apply(add(tot, nil, row("b", 1, 1000, 1000, "nothing"), row("d", 1, 4, 4, "d")))
	p.holds(tot, row("a", 1, 7, 7, "new"), row("a", 2, 15, 5, "a"), row("b", 1, 11, 5, "b"), row("c", 0, 0, 0, "c"), row("d", 1, 4, 4, "d"))
	p.apply(insert(a, row("x", 3, 1, "x")), add(a, []int{2}, row("x", 9, 10, "ignored")))
	p.holds(a, row("x", 3, 11, "x"))
	tx := p.write()
	p.do(tx, add(tot, []int{2}, row("e", 1, 1, 0, "e")), add(tot, []int{2}, row("e", 1, 2, 0, "")))
	p.same(rows(p.get(tx, tot, "e", 1)), rows(row("e", 1, 3, 0, "e")))
	p.rollback(tx)
}

func addOverflow(p *probe) {
	tot := totals()
	p.migrate(tot)
	p.apply(insert(tot, row("a", 1, math.MaxInt64-1, math.MinInt64+1, "")))
	p.apply(add(tot, []int{2, 3}, row("a", 1, 1, -1, "")))
	p.is(p.refused(add(tot, []int{2, 3}, row("a", 1, 1, 0, ""))), driver.ErrOverflow)
	p.is(p.refused(add(tot, []int{2, 3}, row("a", 1, 0, -1, ""))), driver.ErrOverflow)
	p.is(p.refused(add(tot, []int{3}, row("a", 1, 0, math.MinInt64, ""))), driver.ErrOverflow)
	p.is(p.refused(add(tot, []int{2}, row("0", 1, 5, 5, ""), row("a", 1, math.MaxInt64, 0, ""))), driver.ErrOverflow)
	tx := p.write()
	p.is(tx.Commit(p.ctx, add(tot, []int{2}, row("a", 1, 1, 0, ""))), driver.ErrOverflow)
	p.holds(tot, row("a", 1, math.MaxInt64, math.MinInt64, ""))
	p.apply(add(tot, []int{2, 3}, row("a", 1, math.MinInt64, math.MaxInt64, "")))
	p.holds(tot, row("a", 1, -1, -1, ""))
}

func rowsNotShared(p *probe) {
	n := notes()
	p.migrate(n)
	spoil := func(rs []driver.Row) {
		for _, r := range rs {
			for i := range r {
				r[i] = driver.TextValue("spoilt")
			}
		}
		clear(rs)
	}
	tx := p.write()
	given := rows(row(1, "a"), row(2, "b"))
	p.do(tx, insert(n, given...))
	spoil(given)
	changed := rows(row(2, "B"))
	p.do(tx, update(n, changed...))
	spoil(changed)
	spoil(p.do(tx, get(n, row(1)), lock(n, row(2)))[0].Rows)
	for r, err := range tx.Query(p.ctx, driver.Query{Table: n}) {
		p.ok(err)
		spoil(rows(r))
	}
	last := rows(row(3, "c"))
	p.commit(tx, insert(n, last...))
	spoil(last)
	added := rows(row(4, "d"))
	p.apply(add(n, nil, added...))
	spoil(added)
	want := rows(row(1, "a"), row(2, "B"), row(3, "c"), row(4, "d"))
	for range 2 {
		tx := p.read()
		got := p.do(tx, get(n, row(1), row(2), row(3), row(4)))[0].Rows
		p.same(got, want)
		spoil(got)
		for r, err := range tx.Query(p.ctx, driver.Query{Table: n}) {
			p.ok(err)
			spoil(rows(append(r, driver.Null)))
		}
		cond := where(0, driver.In, 1, 2, 3, 4)
		after := row(0)
		p.same(p.query(tx, driver.Query{Table: n, Where: []driver.Cond{cond}, After: after}), want)
		clear(cond.Values)
		clear(after)
		p.rollback(tx)
	}
}

// manyRows uses more rows, keys and values in one operation than any database takes parameters in one statement.
func manyRows(p *probe) {
	t := things()
	p.migrate(t)
	const n = 5000
	all := make([]driver.Row, n)
	keys := make([]driver.Row, n)
	ids := make([]any, 0, n)
	for i := range n {
		all[i] = set(set(thing(i), cInt, i%7), cText, strings.Repeat("x", i%50))
		keys[n-1-i] = row(i)
		if i%2 == 0 {
			ids = append(ids, i)
		}
	}
	shuffled := slices.Clone(all)
	slices.Reverse(shuffled)
	p.apply(insert(t, shuffled...))
	p.holds(t, all...)
	tx := p.write()
	got := p.do(tx, get(t, keys...), lock(t, keys...))
	p.same(got[0].Rows, shuffled)
	p.same(got[1].Rows, shuffled)
	found := p.query(tx, driver.Query{Table: t, Where: []driver.Cond{where(cID, driver.In, ids...)}})
	if len(found) != n/2 {
		p.fail("In with %d values found %d rows", len(ids), len(found))
	}
	done := p.do(tx, insertSkip(t, append(slices.Clone(all[:n/2]), thing(n))...))[0].Done
	if i := slices.Index(done, true); i != n/2 {
		p.fail("of %d rows to skip, the first one written was %d, want %d", n/2, i, n/2)
	}
	for i := range all {
		all[i] = set(all[i], cInt, i)
	}
	p.do(tx, update(t, all...), add(t, []int{cInt}, all...), remove(t, keys[:n/2]...), remove(t, row(n)))
	p.commit(tx)
	for i := range all {
		all[i] = set(all[i], cInt, 2*i)
	}
	p.holds(t, all[:n/2]...)
	p.apply(remove(t, keys[n/2:n-10]...)) // leaves ten, so that what is compared at the end stays short
}

func stopEarly(p *probe) {
	n := notes()
	p.migrate(n)
	var all []driver.Row
	for i := range 500 {
		all = append(all, row(i, "n"))
	}
	p.apply(insert(n, all...))
	tx := p.write()
	for range 20 {
		for r, err := range tx.Query(p.ctx, driver.Query{Table: n}) {
			p.ok(err)
			p.same(rows(r), all[:1])
			break
		}
		for _, err := range tx.Sum(p.ctx, driver.Query{Table: n}, []int{0}, []int{0}) {
			p.ok(err)
			break
		}
		p.do(tx, update(n, row(0, "n")))
	}
	p.same(p.query(tx, driver.Query{Table: n, Limit: 3}), all[:3])
	p.commit(tx)
}

func unknownTable(p *probe) {
	n, a := notes(), accounts()
	p.migrate(n)
	tx := p.write()
	p.is(p.try(tx, get(a, row("x"))), driver.ErrSchema)
	p.rollback(tx)
	p.is(p.refused(insert(a, row("x", 1, 1, ""))), driver.ErrSchema)
	tx = p.read()
	_, err := collect(tx.Query(p.ctx, driver.Query{Table: a}))
	p.is(err, driver.ErrSchema)
	p.rollback(tx)
	tx = p.read()
	_, err = collect(tx.Sum(p.ctx, driver.Query{Table: a}, nil, nil))
	p.is(err, driver.ErrSchema)
	p.rollback(tx)
	p.holds(n)
}
