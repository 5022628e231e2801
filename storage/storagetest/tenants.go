package storagetest

import (
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

func tenantCases() []scenario {
	return []scenario{
		{name: "tenants_apart", run: tenantsApart, once: true,
			promise: "A Tx belongs to one tenant, and each row it reads, writes, counts or locks is that tenant's."},
		{name: "tenants_indexes", run: tenantsIndexes, once: true,
			promise: "The backend puts the tenant in front of each key: what is unique, and who is a parent, is a matter of one tenant."},
		{name: "tenant_names", run: tenantNames, once: true,
			promise: "Any text names a tenant; the empty one is a tenant too, the store itself."},
		{name: "across", run: across, once: true,
			promise: "Across opens a read-only transaction over all tenants; each row carries its tenant at its end, and the order is that of the query's columns, then tenant, then key."},
		{name: "across_query_only", run: acrossQueryOnly, once: true,
			promise: "In a transaction Across, only Query is allowed."},
	}
}

// as lets fn speak for another tenant.
func (p *probe) as(tenant string, fn func()) {
	before := p.tenant
	p.tenant = tenant
	fn()
	p.tenant = before
}

func tenantsApart(p *probe) {
	tot, n := totals(), notes()
	p.migrate(tot, n)
	// Names chosen so that a tenant and a key that are merely glued together collide.
	names := []string{"", "a", "aa", "A", "b", "t1", "t10"}
	for i, name := range names {
		p.as(name, func() {
			p.apply(insert(tot, row("a", 1, i, 0, name), row("aa", 1, i, 0, name)), insert(n, row(1, name), row(11, name)))
		})
	}
	p.as("a", func() {
		p.apply(update(n, row(1, "changed")), remove(tot, row("aa", 1)), add(tot, []int{2}, row("a", 1, 100, 0, "")))
		p.is(p.refused(insert(n, row(11, "again"))), driver.ErrExists)
	})
	p.as("aa", func() { p.is(p.refused(update(n, row(111, ""))), driver.ErrConflict) })
	for i, name := range names {
		p.as(name, func() {
			tx := p.write()
			want := rows(row("a", 1, i, 0, name), row("aa", 1, i, 0, name))
			bodies := rows(row(1, name), row(11, name))
			sum := rows(row(2*i, 2))
			if name == "a" {
				want = rows(row("a", 1, i+100, 0, name))
				bodies[0] = row(1, "changed")
				sum = rows(row(i+100, 1))
			}
			p.same(p.query(tx, driver.Query{Table: tot}), want)
			p.same(p.query(tx, driver.Query{Table: tot, Desc: true, Limit: 1}), want[len(want)-1:])
			p.same(p.query(tx, driver.Query{Table: tot, Where: []driver.Cond{where(0, driver.Prefix, "a")}}), want)
			p.same(p.query(tx, driver.Query{Table: tot, After: row("a", 1)}), want[1:])
			p.same(p.query(tx, driver.Query{Table: n}), bodies)
			p.same(p.sum(tx, driver.Query{Table: tot}, []int{2}, nil), sum)
			p.same(p.do(tx, get(n, row(1), row(2), row(11)))[0].Rows, rows(bodies[0], nil, bodies[1]))
			p.same(p.do(tx, lock(n, row(11), row(2)))[0].Rows, rows(bodies[1], nil))
			p.rollback(tx)
		})
	}
	p.as("a", func() { p.apply(remove(n, row(1), row(11))) })
	p.as("aa", func() { p.holds(n, row(1, "aa"), row(11, "aa")) })
}

func tenantsIndexes(p *probe) {
	m := members()
	o, l := ordersAndLines()
	p.migrate(m, o, l)
	for _, name := range []string{"one", "two"} {
		p.as(name, func() { p.apply(insert(m, row(1, "a@x", "red", 1, "")), insert(o, row(name, ""))) })
	}
	p.as("one", func() {
		p.key(p.refused(insert(m, row(2, "a@x", "red", 2, ""))), driver.ErrExists, "members", "email")
		p.key(p.refused(insert(l, row("two", 1, 1))), driver.ErrReference, "lines", "")
		p.apply(insert(o, row("both", "")), insert(l, row("both", 1, 1)))
	})
	p.as("two", func() {
		p.apply(insert(o, row("both", "")))
		p.apply(remove(o, row("both"))) // the child is another tenant's
		p.apply(remove(m, row(1)), insert(m, row(9, "a@x", "red", 1, "")))
	})
	p.as("one", func() {
		p.holds(m, row(1, "a@x", "red", 1, ""))
		p.is(p.refused(remove(o, row("both"))), driver.ErrReference)
	})
}

func tenantNames(p *probe) {
	n := notes()
	p.migrate(n)
	names := []string{"", " ", "'", "''; drop table notes; --", `"`, `\`, "a\nb", "a/b", "a.b", "%", "қазына", "Қазына", "👍", "\u0001", "0198c0de-0000-7000-8000-000000000000",
		"a-name-of-sixty-four-bytes-as-long-as-any-that-a-host-may-choose"}
	slices.Sort(names)
	for _, name := range names {
		p.as(name, func() { p.apply(insert(n, row(1, name), row(2, "2"))) })
	}
	for _, name := range names {
		p.as(name, func() {
			p.holds(n, row(1, name), row(2, "2"))
			tx := p.write()
			p.same(p.do(tx, get(n, row(1)), lock(n, row(2)))[0].Rows, rows(row(1, name)))
			p.rollback(tx)
		})
	}
	var want []driver.Row
	for _, name := range names {
		want = append(want, row(1, name, name))
	}
	tx := p.begin(driver.TxOptions{Across: true, ReadOnly: true})
	p.same(p.query(tx, driver.Query{Table: n, Where: []driver.Cond{where(0, driver.Eq, 1)}}), want)
}

// wakes is a table with a Global index, as a host that looks over all tenants needs it.
func wakes() *driver.Table {
	return &driver.Table{Name: "wakes", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "due", Kind: driver.Instant}, {Name: "kind", Kind: driver.Text}},
		Indexes: []driver.Index{{Name: "due", Columns: []int{1}, Global: true}}}
}

func across(p *probe) {
	w := wakes()
	p.migrate(w)
	var all []driver.Row // with the tenant at the end
	for i, name := range []string{"", "a", "aa", "b", "B", "ә"} {
		p.as(name, func() {
			for id := range 5 {
				r := row(id, (i+id)%4, string(rune('x'+id%2)))
				all = append(all, append(r.Clone(), driver.TextValue(name)))
				p.apply(insert(w, r))
			}
		})
	}
	p.as("b", func() {
		open := p.write()
		p.do(open, insert(w, row(99, 0, "not committed")))
		defer p.rollback(open)
	})
	const tenant = 3
	in := func(rs []driver.Row, order []int, desc bool) []driver.Row {
		return sorted(&driver.Table{Key: 0}, rs, append(slices.Clone(order), tenant, 0), desc)
	}
	tx := p.begin(driver.TxOptions{Across: true, ReadOnly: true, Tenant: "a"})
	for _, order := range [][]int{nil, {1}, {2}, {2, 1}} {
		for _, desc := range []bool{false, true} {
			want := in(all, order, desc)
			q := driver.Query{Table: w, Order: order, Desc: desc}
			p.same(p.query(tx, q), want)
			var paged []driver.Row
			for q.Limit = 7; len(paged) < len(want); {
				page := p.query(tx, q)
				if len(page) == 0 {
					break
				}
				paged = append(paged, page...)
				last := page[len(page)-1]
				q.After = nil
				for _, c := range order {
					q.After = append(q.After, last[c])
				}
				q.After = append(q.After, last[tenant], last[0])
			}
			p.same(paged, want)
		}
	}
	due := []driver.Cond{where(1, driver.Le, 1), where(2, driver.Eq, "x")}
	found := slices.DeleteFunc(slices.Clone(all), func(r driver.Row) bool { return !matches(due[0], r) || !matches(due[1], r) })
	p.same(p.query(tx, driver.Query{Table: w, Where: due, Order: []int{1}}), in(found, []int{1}, false))
	p.as("new", func() { p.apply(insert(w, row(0, 0, "x"))) })
	p.same(p.query(tx, driver.Query{Table: w, Order: []int{1}}), in(all, []int{1}, false)) // one snapshot
	p.rollback(tx)
	for range 2 { // Across is read-only, said or not
		tx := p.begin(driver.TxOptions{Across: true})
		got := p.query(tx, driver.Query{Table: w})
		if len(got) != len(all)+1 {
			p.fail("across all tenants there are %d rows, want %d", len(got), len(all)+1)
		}
		p.commit(tx)
	}
}

func acrossQueryOnly(p *probe) {
	w, log := wakes(), journal()
	p.migrate(w, log)
	p.apply(insert(w, row(1, 1, "x")))
	refused := map[string]func(tx driver.Tx) error{
		"Insert": func(tx driver.Tx) error { return p.try(tx, insert(w, row(2, 2, "y"))) },
		"Delete": func(tx driver.Tx) error { return p.try(tx, remove(w, row(1))) },
		"Get":    func(tx driver.Tx) error { return p.try(tx, get(w, row(1))) },
		"Lock":   func(tx driver.Tx) error { return p.try(tx, lock(w, row(1))) },
		"Commit": func(tx driver.Tx) error { return tx.Commit(p.ctx, insert(w, row(2, 2, "y"))) },
		"Sum": func(tx driver.Tx) error {
			_, err := collect(tx.Sum(p.ctx, driver.Query{Table: w}, nil, nil))
			return err
		},
		"Tail": func(tx driver.Tx) error {
			_, err := tx.Tail(p.ctx, driver.TailQuery{Table: log, Limit: 1})
			return err
		},
	}
	for what, call := range refused {
		tx := p.begin(driver.TxOptions{Across: true, ReadOnly: true})
		if err := call(tx); err == nil {
			p.fail("%s was allowed across tenants", what)
		} else if what == "Insert" || what == "Delete" || what == "Commit" {
			p.mustBe(err, driver.ErrReadOnly, "%s", what)
		}
		p.rollback(tx)
	}
	p.holds(w, row(1, 1, "x"))
}
