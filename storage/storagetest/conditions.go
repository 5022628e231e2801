package storagetest

import (
	"math"

	"github.com/tutas/tutas/storage/driver"
)

func conditionCases() []scenario {
	return []scenario{
		{name: "conditions", run: conditions,
			promise: "A Cond compares a column with constants: Eq, Ne, Lt, Le, Gt, Ge and In, on each kind that allows them."},
		{name: "conditions_null", run: conditionsNull,
			promise: "None but IsNull is true of a null; IsNull and NotNull use no values."},
		{name: "in_empty", run: inEmpty,
			promise: "In is true of a value among Cond.Values; of none when that is empty."},
		{name: "prefix", run: prefixes,
			promise: "Prefix is true of a Text that begins with the one value, bytewise."},
		{name: "conditions_all_hold", run: conditionsAllHold,
			promise: "A Query asks for rows of which all conditions hold."},
	}
}

// matches evaluates a condition as package driver words it, for the suite to compare with.
func matches(c driver.Cond, r driver.Row) bool {
	v := r[c.Column]
	if v.IsNull() || c.Op == driver.IsNull {
		return c.Op == driver.IsNull && v.IsNull()
	}
	if c.Op == driver.NotNull {
		return true
	}
	for _, w := range c.Values {
		if w.IsNull() {
			continue
		}
		n := driver.Compare(v, w)
		is := map[driver.CondOp]bool{
			driver.Eq: n == 0, driver.In: n == 0, driver.Ne: n != 0, driver.Lt: n < 0, driver.Le: n <= 0, driver.Gt: n > 0, driver.Ge: n >= 0,
			driver.Prefix: len(v.Text()) >= len(w.Text()) && v.Text()[:min(len(w.Text()), len(v.Text()))] == w.Text(),
		}[c.Op]
		if is {
			return true
		}
	}
	return false
}

// finds ends the scenario unless a query with these conditions finds exactly those of all (in key order) that fulfil them.
func (p *probe) finds(tx driver.Tx, t *driver.Table, all []driver.Row, conds ...driver.Cond) int {
	var want []driver.Row
	for _, r := range all {
		ok := true
		for _, c := range conds {
			ok = ok && matches(c, r)
		}
		if ok {
			want = append(want, r)
		}
	}
	got := p.query(tx, driver.Query{Table: t, Where: conds})
	if len(got) != len(want) || len(got) > 0 && show(got) != show(want) {
		p.fail("conditions %v found\n%swant\n%s", conds, show(got), show(want))
	}
	counted := p.sum(tx, driver.Query{Table: t, Where: conds}, nil, nil)
	p.same(counted, rows(row(len(want))))
	return len(want)
}

var samples = map[int][]any{
	cBool:    {false, true},
	cInt:     {math.MinInt64, -1, 0, 1, 42, math.MaxInt64},
	cText:    {"", "A", "B", "a", "b", "aa", "ä", "ә", "10", "9", "%", "_", "'"},
	cUUID:    {[16]byte{}, [16]byte{15: 1}, [16]byte{0: 0x7f}, [16]byte{0: 0x80}, [16]byte{0: 0xff, 15: 0xff}},
	cDate:    {-719162, -1, 0, 1, 20000, 2932896},
	cInstant: {int64(-62135596800000000), -1, 0, 1, int64(1700000000123456), int64(253402300799999999)},
}

// sampled fills things with one row for each sample of each kind, in the column and in its nullable twin, and two
// rows of nulls.
func sampled() []driver.Row {
	all := []driver.Row{thing(0), thing(1)}
	for _, column := range []int{cBool, cInt, cText, cUUID, cDate, cInstant} {
		for _, v := range samples[column] {
			r := set(thing(len(all)), column, v)
			all = append(all, set(r, column+cNullBool-cBool, v))
		}
	}
	return all
}

func conditions(p *probe) {
	t := things()
	p.migrate(t)
	all := sampled()
	p.apply(insert(t, all...))
	tx := p.read()
	for column, vs := range samples {
		for _, twin := range []int{0, cNullBool - cBool} {
			column := column + twin
			ops := []driver.CondOp{driver.Eq, driver.Ne, driver.Lt, driver.Le, driver.Gt, driver.Ge}
			if k := t.Columns[column].Kind; k == driver.Bool || k == driver.UUID {
				ops = ops[:2]
			}
			found := 0
			for _, v := range vs {
				for _, op := range ops {
					found += p.finds(tx, t, all, where(column, op, v))
				}
			}
			if found == 0 {
				p.fail("no condition on column %d found anything", column)
			}
			p.finds(tx, t, all, where(column, driver.In, vs...))
			p.finds(tx, t, all, where(column, driver.In, vs[0], vs[1], vs[1]))
		}
	}
	p.finds(tx, t, all, where(cID, driver.In, 3, 1, 2, 999))
	p.finds(tx, t, all, where(cID, driver.Ge, 4))
	p.finds(tx, t, all, where(cText, driver.Eq, "absent"))
}

func conditionsNull(p *probe) {
	t := things()
	p.migrate(t)
	all := sampled()
	all[1] = set(set(all[1], cNullDecimal, "1.50"), cNullJSON, `{"a": 1}`)
	p.apply(insert(t, all...))
	tx := p.read()
	for column := cNullBool; column <= cNullJSON; column++ {
		if p.finds(tx, t, all, where(column, driver.IsNull)) == 0 || p.finds(tx, t, all, where(column, driver.NotNull)) == 0 {
			p.fail("column %d: no nulls, or nothing but nulls", column)
		}
		if twin := column - cNullBool + cBool; samples[twin] != nil {
			p.finds(tx, t, all, where(column, driver.Eq, nil))
			p.finds(tx, t, all, where(column, driver.In, nil, samples[twin][0]))
			p.finds(tx, t, all, where(column, driver.Ne, samples[twin][0]))
		}
	}
	if n := p.finds(tx, t, all, where(cText, driver.IsNull)); n != 0 {
		p.fail("an empty text counts as null")
	}
	if n := p.finds(tx, t, all, where(cDecimal, driver.NotNull), where(cJSON, driver.NotNull)); n != len(all) {
		p.fail("%d of %d decimals and JSON texts are not null", n, len(all))
	}
}

func inEmpty(p *probe) {
	t := things()
	p.migrate(t)
	all := sampled()
	p.apply(insert(t, all...))
	tx := p.read()
	for _, column := range []int{cID, cInt, cText, cUUID, cBool, cNullText, cNullInt} {
		if n := p.finds(tx, t, all, where(column, driver.In)); n != 0 {
			p.fail("In without values found %d rows", n)
		}
	}
	p.same(p.sum(tx, driver.Query{Table: t, Where: []driver.Cond{where(cID, driver.In)}}, []int{cInt}, nil), rows(row(0, 0)))
	p.same(p.sum(tx, driver.Query{Table: t, Where: []driver.Cond{where(cID, driver.In)}}, []int{cInt}, []int{cBool}), nil)
}

func prefixes(p *probe) {
	t := things()
	p.migrate(t)
	texts := []string{"", "a", "ab", "abc", "A", "aB", "b", "a%", "a%b", "a_b", "a\\b", "a*", "a[b]", "a'b", `a"b`, "a?b",
		"ә", "әлем", "Әлем", "ғ", "қала", "қалам", "өң", "ү", "ұ", "һ", "і", "ң", "ä", "a\u0308", "z\u007f", "z\u0080", "z\ud7ff", "z\ue000",
		"z\uffff", "z\U00010000", "z\U0010ffff", "z\U0010ffff\U0010ffffy", "{", "👍", "👍🏽", "👎"}
	var all []driver.Row
	for i, s := range texts {
		r := set(thing(2*i), cText, s)
		all = append(all, set(r, cNullText, s), set(thing(2*i+1), cText, s+"x"))
	}
	p.apply(insert(t, all...))
	tx := p.read()
	for _, s := range append(texts, "қал", "z", "z\U0010ffff\U0010ffff", "absent", "👍🏽x") {
		p.finds(tx, t, all, where(cText, driver.Prefix, s))
		p.finds(tx, t, all, where(cNullText, driver.Prefix, s))
	}
	p.finds(tx, t, all, where(cText, driver.Prefix, "a"), where(cText, driver.Gt, "a%"))
}

func conditionsAllHold(p *probe) {
	t := things()
	p.migrate(t)
	var all []driver.Row
	for i := range 60 {
		r := set(set(thing(i), cInt, i%6), cText, string(rune('a'+i%5)))
		if i%4 == 0 {
			r = set(r, cNullText, "n"+string(rune('a'+i%3)))
		}
		all = append(all, set(r, cBool, i%3 == 0))
	}
	p.apply(insert(t, all...))
	tx := p.read()
	p.finds(tx, t, all)
	p.finds(tx, t, all, where(cInt, driver.Ge, 2), where(cInt, driver.Lt, 4))
	p.finds(tx, t, all, where(cInt, driver.Eq, 2), where(cText, driver.Eq, "c"))
	p.finds(tx, t, all, where(cText, driver.Eq, "c"), where(cInt, driver.In, 1, 2, 3), where(cBool, driver.Eq, true))
	p.finds(tx, t, all, where(cNullText, driver.NotNull), where(cBool, driver.Ne, true), where(cID, driver.Gt, 10))
	p.finds(tx, t, all, where(cNullText, driver.Prefix, "n"), where(cNullText, driver.Ne, "na"), where(cText, driver.In, "a", "b"))
	p.finds(tx, t, all, where(cInt, driver.Eq, 1), where(cInt, driver.Eq, 2))
	p.finds(tx, t, all, where(cID, driver.Ge, 10), where(cID, driver.Le, 20), where(cID, driver.Ne, 15))
}
