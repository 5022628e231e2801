package storagetest

import (
	"math"

	"github.com/tutas/tutas/storage/driver"
)

func sumCases() []scenario {
	return []scenario{
		{name: "sum_groups", run: sumGroups,
			promise: "Sum groups the rows that fulfil q.Where by the columns in by and yields, ordered by those, one row a group: " +
				"the by values, the sum of each Int column in sum, and last the number of rows."},
		{name: "sum_one_row", run: sumOneRow,
			promise: "Without by, Sum yields exactly one row."},
		{name: "sum_kinds", run: sumKinds,
			promise: "Sum groups by columns of any kind that can be compared, bytewise and with nulls first."},
		{name: "sum_ignores", run: sumIgnores,
			promise: "Order, After and Limit are ignored by Sum."},
		{name: "sum_overflow", run: sumOverflow,
			promise: "A sum beyond 64 bits fails with ErrOverflow."},
	}
}

func sumGroups(p *probe) {
	tot := totals()
	p.migrate(tot)
	p.apply(insert(tot, row("b", 1, 1, 10, "x"), row("b", 2, 2, 20, "y"), row("a", 3, 4, 40, "x"), row("a", 1, 8, 80, "x"),
		row("B", 1, -100, 0, "y"), row("ә", 1, 16, 0, "x")))
	tx := p.read()
	q := driver.Query{Table: tot}
	p.same(p.sum(tx, q, []int{2, 3}, []int{0}), rows(row("B", -100, 0, 1), row("a", 12, 120, 2), row("b", 3, 30, 2), row("ә", 16, 0, 1)))
	p.same(p.sum(tx, q, []int{3, 2, 2}, []int{1}), rows(row(1, 90, -75, -75, 4), row(2, 20, 2, 2, 1), row(3, 40, 4, 4, 1)))
	p.same(p.sum(tx, q, []int{2}, []int{4, 0}),
		rows(row("x", "a", 12, 2), row("x", "b", 1, 1), row("x", "ә", 16, 1), row("y", "B", -100, 1), row("y", "b", 2, 1)))
	p.same(p.sum(tx, q, nil, []int{4}), rows(row("x", 4), row("y", 2)))
	q.Where = []driver.Cond{where(1, driver.Le, 2), where(4, driver.Eq, "x")}
	p.same(p.sum(tx, q, []int{2, 3}, []int{0}), rows(row("a", 8, 80, 1), row("b", 1, 10, 1), row("ә", 16, 0, 1)))
	q.Where = []driver.Cond{where(1, driver.Gt, 99)}
	p.same(p.sum(tx, q, []int{2, 3}, []int{0}), nil)
	p.rollback(tx)
	tx = p.write()
	p.do(tx, insert(tot, row("c", 1, 1000, 0, "z")), remove(tot, row("b", 1)))
	p.same(p.sum(tx, driver.Query{Table: tot}, []int{2}, []int{4}), rows(row("x", 28, 3), row("y", -98, 2), row("z", 1000, 1)))
	p.rollback(tx)
}

func sumOneRow(p *probe) {
	tot := totals()
	p.migrate(tot)
	tx := p.write()
	p.same(p.sum(tx, driver.Query{Table: tot}, []int{2, 3}, nil), rows(row(0, 0, 0)))
	p.same(p.sum(tx, driver.Query{Table: tot}, nil, nil), rows(row(0)))
	p.same(p.sum(tx, driver.Query{Table: tot}, []int{2}, []int{0}), nil)
	p.do(tx, insert(tot, row("a", 1, 5, 7, ""), row("a", 2, 6, -8, "")))
	p.same(p.sum(tx, driver.Query{Table: tot}, []int{2, 3}, nil), rows(row(11, -1, 2)))
	p.same(p.sum(tx, driver.Query{Table: tot, Where: []driver.Cond{where(0, driver.Eq, "none")}}, []int{3}, nil), rows(row(0, 0)))
	p.commit(tx)
}

func sumKinds(p *probe) {
	t := things()
	p.migrate(t)
	all := sampled()
	for i := range all {
		all[i] = set(all[i], cInt, i)
	}
	p.apply(insert(t, all...))
	tx := p.read()
	for column := range samples {
		if column == cInt {
			continue
		}
		for _, column := range []int{column, column + cNullBool - cBool} {
			got := p.sum(tx, driver.Query{Table: t}, []int{cInt}, []int{column})
			var groups []driver.Row
			for _, r := range all {
				i := 0
				for i < len(groups) && driver.Compare(groups[i][0], r[column]) < 0 {
					i++
				}
				if i == len(groups) || groups[i][0] != r[column] {
					groups = append(groups[:i], append(rows(driver.Row{r[column], driver.IntValue(0), driver.IntValue(0)}), groups[i:]...)...)
				}
				groups[i][1] = driver.IntValue(groups[i][1].Int() + r[cInt].Int())
				groups[i][2] = driver.IntValue(groups[i][2].Int() + 1)
			}
			p.same(got, groups)
		}
	}
	// A null adds nothing, and is counted as a row all the same.
	some := []driver.Cond{where(cID, driver.Le, 1)}
	p.same(p.sum(tx, driver.Query{Table: t, Where: some}, []int{cNullInt}, nil), rows(row(0, 2)))
	p.same(p.sum(tx, driver.Query{Table: t, Where: []driver.Cond{where(cNullInt, driver.Eq, 42)}}, []int{cNullInt}, nil), rows(row(42, 1)))
}

func sumIgnores(p *probe) {
	tot := totals()
	p.migrate(tot)
	p.apply(insert(tot, row("a", 1, 1, 0, ""), row("b", 1, 2, 0, ""), row("c", 1, 4, 0, "")))
	tx := p.read()
	q := driver.Query{Table: tot, Order: []int{2}, Desc: true, After: row(2, "b", 1), Limit: 1}
	p.same(p.sum(tx, q, []int{2}, nil), rows(row(7, 3)))
	p.same(p.sum(tx, q, []int{2}, []int{0}), rows(row("a", 1, 1), row("b", 2, 1), row("c", 4, 1)))
}

func sumOverflow(p *probe) {
	tot := totals()
	p.migrate(tot)
	p.apply(insert(tot, row("a", 1, math.MaxInt64, math.MinInt64, ""), row("a", 2, 1, -1, ""), row("a", 3, -1, 1, ""), row("b", 1, 1, -1, ""),
		row("c", 1, math.MaxInt64, math.MaxInt64, ""), row("c", 2, math.MaxInt64, math.MaxInt64, "")))
	fails := func(sum, by []int, conds ...driver.Cond) {
		tx := p.read()
		_, err := collect(tx.Sum(p.ctx, driver.Query{Table: tot, Where: conds}, sum, by))
		p.is(err, driver.ErrOverflow)
		p.is(p.try(tx, get(tot, row("a", 1))), driver.ErrDoomed)
		p.rollback(tx)
	}
	fails([]int{2}, nil)
	fails([]int{2}, []int{0})
	fails([]int{2}, nil, where(0, driver.Eq, "a"), where(1, driver.Le, 2))
	fails([]int{3}, nil, where(0, driver.Eq, "a"), where(1, driver.Le, 2))
	fails([]int{3}, nil, where(0, driver.Eq, "c"))
	tx := p.read()
	a := driver.Query{Table: tot, Where: []driver.Cond{where(0, driver.Eq, "a")}}
	// What counts is the sum, not what it passed through on the way.
	p.same(p.sum(tx, a, []int{2, 3}, nil), rows(row(math.MaxInt64, math.MinInt64, 3)))
	p.same(p.sum(tx, a, []int{2}, []int{1}), rows(row(1, math.MaxInt64, 1), row(2, 1, 1), row(3, -1, 1)))
}
