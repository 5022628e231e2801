package storagetest

import (
	"math"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

func orderingCases() []scenario {
	return []scenario{
		{name: "order_total", run: orderTotal,
			promise: "The primary key breaks ties, so the order is always total; Desc turns the whole order around, the tie-break included."},
		{name: "order_each_kind", run: orderEachKind,
			promise: "Query yields rows in the query's order, on columns of each kind: numbers by size, text and UUID bytewise."},
		{name: "text_bytewise", run: textBytewise,
			promise: "Text is ordered bytewise."},
		{name: "keyset", run: keyset,
			promise: "After holds the order columns' values and then the key of the last row already seen; nil starts at the beginning. Limit is the most rows to return."},
		{name: "keyset_gone", run: keysetGone,
			promise: "After is a place, not a row: the row itself may be gone, or never have been."},
		{name: "keyset_with_conditions", run: keysetWithConditions,
			promise: "A Query asks for rows of which all conditions hold, in one order, from one place on."},
	}
}

// sorted returns rows as a query with this order must yield them.
func sorted(t *driver.Table, all []driver.Row, order []int, desc bool) []driver.Row {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b driver.Row) int {
		c := driver.CompareRows(place(t, order, a), place(t, order, b))
		if desc {
			return -c
		}
		return c
	})
	return all
}

// place is where a row stands in an order, as Query.After wants it.
func place(t *driver.Table, order []int, r driver.Row) driver.Row {
	var at driver.Row
	for _, c := range order {
		at = append(at, r[c])
	}
	return append(at, r[:t.Key]...)
}

// pages reads a query to its end in pages of n, and ends the scenario unless that yields exactly want.
func (p *probe) pages(tx driver.Tx, q driver.Query, n int, want []driver.Row) {
	var got []driver.Row
	q.Limit = n
	for {
		page := p.query(tx, q)
		if len(page) > n {
			p.fail("a page of %d has %d rows", n, len(page))
		}
		got = append(got, page...)
		if len(page) < n {
			break
		}
		q.After = place(q.Table, q.Order, page[n-1])
		if len(got) > len(want) {
			break
		}
	}
	if len(got) != len(want) || !slices.EqualFunc(got, want, equal) {
		p.fail("order %v, descending %v, in pages of %d: got\n%swant\n%s", q.Order, q.Desc, n, show(got), show(want))
	}
}

func orderTotal(p *probe) {
	tot := totals()
	p.migrate(tot)
	var all []driver.Row
	for i := range 40 {
		all = append(all, row(string(rune('a'+i%4)), i/4, i%3, i%2, string(rune('x'+i%2))))
	}
	p.apply(insert(tot, all...))
	tx := p.read()
	for _, order := range [][]int{nil, {0}, {1}, {2}, {2, 3}, {3, 2}, {4, 1}, {1, 0}, {4, 3, 2}} {
		for _, desc := range []bool{false, true} {
			want := sorted(tot, all, order, desc)
			p.same(p.query(tx, driver.Query{Table: tot, Order: order, Desc: desc}), want)
			for _, n := range []int{1, 3, 40, 41} {
				p.pages(tx, driver.Query{Table: tot, Order: order, Desc: desc}, n, want)
			}
		}
	}
}

func orderEachKind(p *probe) {
	t := things()
	p.migrate(t)
	all := sampled()
	p.apply(insert(t, all...))
	tx := p.read()
	for column := cBool; column <= cInstant; column++ {
		for _, desc := range []bool{false, true} {
			q := driver.Query{Table: t, Order: []int{column}, Desc: desc}
			want := sorted(t, all, q.Order, desc)
			p.same(p.query(tx, q), want)
			p.pages(tx, q, 5, want)
		}
	}
	// In an index's own order, and from its extremes on.
	q := driver.Query{Table: t, Order: []int{cText, cInt}}
	p.pages(tx, q, 4, sorted(t, all, q.Order, false))
	q = driver.Query{Table: t, Order: []int{cInt}, After: row(math.MaxInt64, math.MaxInt64)}
	p.same(p.query(tx, q), nil)
	q.Desc = true
	p.same(p.query(tx, q), sorted(t, all, q.Order, true))
	q.After = row(math.MinInt64, 0)
	p.same(p.query(tx, q), nil)
}

// alphabet holds texts that a collation, a case folding or a normalisation would order otherwise, or find equal.
var alphabet = []string{"", " ", "!", "-", "0", "1", "10", "2", "A", "AB", "Ab", "B", "Z", "_", "a", "a b", "a-b", "aB", "ab", "a\u0308", "b", "z",
	"~", "\u00c4", "\u00df", "\u00e4", "\u00e9", "\u0130", "\u0131", "Ё", "І", "А", "Б", "И", "Я", "а", "б", "г", "и", "к", "н", "о", "у", "х", "я", "ё", "і", "Ғ", "ғ", "Қ",
	"қ", "Ң", "ң", "Ү", "ү", "Ұ", "ұ", "Һ", "һ", "Ә", "ә", "Ө", "ө", "ﬀ", "\ue000", "\ufeffa", "\uffff", "🍏", "👍", "👍🏽", "\U0010ffff"}

func textBytewise(p *probe) {
	t := things()
	k := &driver.Table{Name: "words", Key: 1, Version: -1, Columns: []driver.Column{{Name: "word", Kind: driver.Text}}}
	p.migrate(t, k)
	words := slices.Clone(alphabet)
	for _, w := range alphabet {
		words = append(words, w+"\u0001", w+"қ")
	}
	slices.Sort(words)
	words = slices.Compact(words)
	var all, keys []driver.Row
	for i, w := range words {
		all = append(all, set(thing(i), cText, w))
		keys = append(keys, row(w))
	}
	backwards := slices.Clone(all)
	slices.Reverse(backwards)
	p.apply(insert(t, backwards...), insert(k, keys...))
	p.holds(k, keys...)
	tx := p.read()
	q := driver.Query{Table: t, Order: []int{cText}}
	p.same(p.query(tx, q), all)
	p.pages(tx, q, 7, all)
	q.Desc = true
	p.same(p.query(tx, q), backwards)
	p.pages(tx, q, 7, backwards)
	for i, w := range words {
		p.same(p.query(tx, driver.Query{Table: t, Where: []driver.Cond{where(cText, driver.Lt, w)}, Order: []int{cText}}), all[:i])
		p.same(p.query(tx, driver.Query{Table: t, Where: []driver.Cond{where(cText, driver.Eq, w)}}), all[i:i+1])
		p.same(p.do(tx, get(k, row(w)))[0].Rows, keys[i:i+1])
	}
}

func keyset(p *probe) {
	t := things()
	p.migrate(t)
	var all []driver.Row
	for i := range 120 {
		all = append(all, set(set(set(thing(i), cInt, i%4), cText, alphabet[i%5]), cInstant, i/7))
	}
	p.apply(insert(t, all...))
	tx := p.read()
	for _, order := range [][]int{nil, {cInt}, {cText}, {cInstant}, {cText, cInt}, {cInt, cInstant}, {cInt, cText, cInstant}, {cID}, {cInt, cID}} {
		for _, desc := range []bool{false, true} {
			q := driver.Query{Table: t, Order: order, Desc: desc}
			want := sorted(t, all, order, desc)
			for _, n := range []int{1, 2, 7, 60, 119, 120, 500} {
				p.pages(tx, q, n, want)
			}
		}
	}
	p.rollback(tx)
	w := p.write() // a transaction's own rows are paged like others
	p.do(w, insert(t, set(thing(1000), cInt, 1), set(thing(-5), cInt, 2)), remove(t, row(50), row(51)))
	mine := slices.DeleteFunc(slices.Clone(all), func(r driver.Row) bool { return r[0].Int() == 50 || r[0].Int() == 51 })
	mine = append(mine, set(thing(1000), cInt, 1), set(thing(-5), cInt, 2))
	p.pages(w, driver.Query{Table: t, Order: []int{cInt}}, 9, sorted(t, mine, []int{cInt}, false))
	p.pages(w, driver.Query{Table: t, Order: []int{cInt}, Desc: true}, 9, sorted(t, mine, []int{cInt}, true))
	p.rollback(w)
}

func keysetGone(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "b"), row(2, "a"), row(3, "b"), row(4, "c"), row(5, "b")))
	p.apply(remove(n, row(3)))
	tx := p.read()
	q := driver.Query{Table: n, Order: []int{1}, After: row("b", 3)}
	p.same(p.query(tx, q), rows(row(5, "b"), row(4, "c")))
	q.Desc = true
	p.same(p.query(tx, q), rows(row(1, "b"), row(2, "a")))
	p.same(p.query(tx, driver.Query{Table: n, Order: []int{1}, After: row("bb", 0), Limit: 9}), rows(row(4, "c")))
	p.same(p.query(tx, driver.Query{Table: n, After: row(3), Limit: 1}), rows(row(4, "c")))
	p.same(p.query(tx, driver.Query{Table: n, After: row(3), Desc: true, Limit: 1}), rows(row(2, "a")))
	p.same(p.query(tx, driver.Query{Table: n, After: row(99)}), nil)
}

func keysetWithConditions(p *probe) {
	t := things()
	p.migrate(t)
	var all []driver.Row
	for i := range 150 {
		r := set(set(thing(i), cInt, i%5), cText, string(rune('a'+i%7)))
		if i%2 == 0 {
			r = set(r, cNullText, string(rune('p'+i%3)))
		}
		all = append(all, r)
	}
	p.apply(insert(t, all...))
	tx := p.read()
	for _, conds := range [][]driver.Cond{
		{where(cInt, driver.Eq, 3)},
		{where(cInt, driver.In, 4, 1)},
		{where(cText, driver.Eq, "c"), where(cInt, driver.Ge, 2)},
		{where(cNullText, driver.Ge, "q")},
		{where(cNullText, driver.IsNull), where(cText, driver.Prefix, "b")},
		{where(cID, driver.In, 100, 5, 7, 149, 33)},
		{where(cID, driver.Gt, 140), where(cID, driver.Lt, 20)},
	} {
		var found []driver.Row
		for _, r := range all {
			if !slices.ContainsFunc(conds, func(c driver.Cond) bool { return !matches(c, r) }) {
				found = append(found, r)
			}
		}
		for _, order := range [][]int{nil, {cInt}, {cText}, {cText, cInt}, {cInstant}} {
			for _, desc := range []bool{false, true} {
				q := driver.Query{Table: t, Where: conds, Order: order, Desc: desc}
				p.pages(tx, q, 4, sorted(t, found, order, desc))
			}
		}
	}
}
