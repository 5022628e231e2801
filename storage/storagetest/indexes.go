package storagetest

import (
	"errors"

	"github.com/tutas/tutas/storage/driver"
)

func indexCases() []scenario {
	return []scenario{
		{name: "unique", run: unique,
			promise: "A unique index refuses a second row with the same values in all its columns with ErrExists, a *KeyError that names it."},
		{name: "unique_null", run: uniqueNull,
			promise: "Rows with a null among the columns of a unique index are not compared."},
		{name: "unique_freed", run: uniqueFreed,
			promise: "What a deleted, changed or rolled back row held in a unique index is free again."},
		{name: "sparse", run: sparse,
			promise: "A sparse index leaves out rows whose first column is null; a query still finds every row."},
		{name: "parent_must_exist", run: parentMustExist,
			promise: "A row without its parent fails with ErrReference."},
		{name: "parent_must_stay", run: parentMustStay,
			promise: "Deleting a row that children refer to fails with ErrReference."},
	}
}

func unique(p *probe) {
	m := members()
	p.migrate(m)
	p.apply(insert(m, row(1, "a@x", "red", 1, ""), row(2, "b@x", "red", 2, "")))
	p.key(p.refused(insert(m, row(3, "a@x", "red", 3, ""))), driver.ErrExists, "members", "email")
	p.key(p.refused(insert(m, row(3, "c@x", "red", 2, ""))), driver.ErrExists, "members", "seat")
	p.key(p.refused(insert(m, row(3, "c@x", "red", 3, ""), row(4, "c@x", "red", 4, ""))), driver.ErrExists, "members", "email")
	p.key(p.refused(insert(m, row(1, "c@x", "red", 3, ""))), driver.ErrExists, "members", "")
	p.key(p.refused(update(m, row(2, "a@x", "red", 2, ""))), driver.ErrExists, "members", "email")
	p.key(p.refused(update(m, row(1, "a@x", "red", 2, ""))), driver.ErrExists, "members", "seat")
	p.key(p.refused(add(m, nil, row(3, "b@x", "blue", 2, ""))), driver.ErrExists, "members", "email")
	tx := p.write()
	p.key(tx.Commit(p.ctx, insert(m, row(9, "b@x", "blue", 9, ""))), driver.ErrExists, "members", "email")
	p.apply(insert(m, row(3, "A@x", "blue", 1, ""), row(4, "a@x ", "Red", 1, "")), // bytewise, these are others
		update(m, row(1, "a@x", "red", 1, "its own values do not stand in its way")))
	p.holds(m, row(1, "a@x", "red", 1, "its own values do not stand in its way"), row(2, "b@x", "red", 2, ""),
		row(3, "A@x", "blue", 1, ""), row(4, "a@x ", "Red", 1, ""))
}

func uniqueNull(p *probe) {
	m := members()
	p.migrate(m)
	want := rows(row(1, nil, "red", 1, ""), row(2, nil, "red", 2, ""), row(3, "c@x", "red", nil, ""), row(4, "d@x", "red", nil, ""),
		row(5, nil, "red", nil, ""), row(6, "", "blue", nil, ""))
	p.apply(insert(m, want...))
	p.key(p.refused(insert(m, row(7, "", "blue", 7, ""))), driver.ErrExists, "members", "email")
	p.apply(update(m, row(1, nil, "red", nil, "")))
	want[0] = row(1, nil, "red", nil, "")
	p.holds(m, want...)
}

func uniqueFreed(p *probe) {
	m := members()
	p.migrate(m)
	p.apply(insert(m, row(1, "a@x", "red", 1, ""), row(2, "b@x", "red", 2, "")))
	p.apply(remove(m, row(1)), insert(m, row(3, "a@x", "red", 1, "")))
	p.apply(update(m, row(2, nil, "red", 9, "")), insert(m, row(4, "b@x", "red", 2, "")))
	tx := p.write()
	p.do(tx, insert(m, row(5, "e@x", "blue", 1, "")))
	p.rollback(tx)
	tx = p.write()
	sp := p.savepoint(tx)
	p.do(tx, insert(m, row(6, "e@x", "blue", 1, "")), remove(m, row(4)))
	p.ok(sp.RollBack(p.ctx))
	p.do(tx, insert(m, row(7, "e@x", "blue", 1, "")))
	p.key(p.try(tx, insert(m, row(8, "b@x", "blue", 8, ""))), driver.ErrExists, "members", "email")
	p.rollback(tx)
	p.apply(insert(m, row(9, "e@x", "blue", 1, "")))
	p.holds(m, row(2, nil, "red", 9, ""), row(3, "a@x", "red", 1, ""), row(4, "b@x", "red", 2, ""), row(9, "e@x", "blue", 1, ""))
}

func sparse(p *probe) {
	m := members()
	p.migrate(m)
	all := rows(row(1, "b@x", "red", 1, ""), row(2, nil, "red", 2, ""), row(3, "a@x", "red", 3, ""), row(4, nil, "red", 4, ""))
	p.apply(insert(m, all...))
	tx := p.read()
	p.finds(tx, m, all)
	p.finds(tx, m, all, where(1, driver.IsNull))
	p.finds(tx, m, all, where(1, driver.NotNull))
	p.finds(tx, m, all, where(1, driver.Ge, "b"))
	p.finds(tx, m, all, where(1, driver.Eq, "a@x"))
	p.finds(tx, m, all, where(1, driver.In, "a@x", "b@x", "c@x"))
	p.finds(tx, m, all, where(2, driver.Eq, "red"))
	p.finds(tx, m, all, where(2, driver.Eq, "red"), where(3, driver.Ge, 2))
	p.rollback(tx)
	p.apply(update(m, row(1, nil, "red", 1, ""), row(2, "z@x", "red", 2, "")))
	all[0], all[1] = row(1, nil, "red", 1, ""), row(2, "z@x", "red", 2, "")
	tx = p.read()
	p.finds(tx, m, all, where(1, driver.Ge, ""))
	p.finds(tx, m, all, where(1, driver.IsNull))
}

func parentMustExist(p *probe) {
	o, l := ordersAndLines()
	p.migrate(o, l)
	p.key(p.refused(insert(l, row("x", 1, 1))), driver.ErrReference, "lines", "")
	p.key(p.refused(add(l, []int{2}, row("x", 1, 1))), driver.ErrReference, "lines", "")
	p.apply(insert(o, row("x", ""), row("y", "")), insert(l, row("x", 1, 1), row("x", 2, 1)))
	p.key(p.refused(insert(l, row("y", 1, 1), row("z", 1, 1))), driver.ErrReference, "lines", "")
	p.key(p.refused(insertSkip(l, row("x", 1, 1), row("z", 1, 1))), driver.ErrReference, "lines", "")
	tx := p.write()
	p.key(tx.Commit(p.ctx, insert(l, row("z", 1, 1))), driver.ErrReference, "lines", "")
	p.apply(insert(o, row("w", "")), insert(l, row("w", 1, 1)), add(l, []int{2}, row("w", 1, 2), row("y", 1, 5)))
	p.holds(l, row("w", 1, 3), row("x", 1, 1), row("x", 2, 1), row("y", 1, 5))

	// The parent's key need not be part of the child's.
	author := &driver.Table{Name: "authors", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "name", Kind: driver.Text}}}
	book := &driver.Table{Name: "books", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "title", Kind: driver.Text}, {Name: "author", Kind: driver.Int}},
		Parent:  &driver.ForeignKey{Table: author, Columns: []int{2}}}
	p.migrate(o, l, author, book)
	p.apply(insert(author, row(1, "Abai"), row(2, "Auezov")), insert(book, row(7, "Words", 1)))
	p.key(p.refused(insert(book, row(8, "Path", 3))), driver.ErrReference, "books", "")
	p.key(p.refused(update(book, row(7, "Words", 7))), driver.ErrReference, "books", "")
	p.apply(update(book, row(7, "Words", 2)), remove(author, row(1)))
	p.holds(book, row(7, "Words", 2))
}

func parentMustStay(p *probe) {
	o, l := ordersAndLines()
	p.migrate(o, l)
	p.apply(insert(o, row("x", ""), row("y", ""), row("z", "")), insert(l, row("x", 1, 1), row("y", 1, 1)))
	for _, ops := range [][]driver.Op{
		{remove(o, row("x"))},
		{remove(o, row("z"), row("y"))},
		{remove(l, row("x", 1)), remove(o, row("x"), row("y"))},
		{insert(l, row("z", 1, 1)), remove(o, row("z"))},
	} {
		err := p.refused(ops...)
		p.is(err, driver.ErrReference)
		var k *driver.KeyError
		if !errors.As(err, &k) || k.Table != "orders" && k.Table != "lines" {
			p.fail("%v is no *driver.KeyError about orders or lines", err)
		}
	}
	p.apply(remove(l, row("x", 1)), remove(o, row("x")))
	p.apply(update(o, row("y", "changed")), remove(o, row("z")))
	p.holds(o, row("y", "changed"))
	p.holds(l, row("y", 1, 1))
}
