package storagetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

func valueCases() []scenario {
	return []scenario{
		{name: "values", run: roundTrips,
			promise: "What is stored is returned: each kind, its extremes included, and null where it is allowed."},
		{name: "decimals", run: decimals,
			promise: "Decimal holds an exact decimal number in its canonical text, stored and returned."},
		{name: "json", run: jsonTexts,
			promise: "JSON holds JSON text, byte for byte as given."},
		{name: "dates", run: dates,
			promise: "Date holds a civil date as days since 1970-01-01, from year 1 to 9999."},
		{name: "instants", run: instants,
			promise: "Instant holds a moment as microseconds since 1970-01-01T00:00:00Z, from year 1 to 9999."},
		{name: "texts", run: texts,
			promise: "Text holds valid UTF-8 without NUL, verbatim."},
		{name: "shapes", run: shapes,
			promise: "What is stored is returned, however many rows come at a time and whichever of their columns are alike or hold nothing."},
	}
}

// keeps writes rows of things, reads them back in every way there is, and updates each to another.
func (p *probe) keeps(t *driver.Table, all []driver.Row) {
	tx := p.write()
	p.do(tx, insert(t, all...))
	check := func(tx driver.Tx, want []driver.Row) {
		p.same(p.query(tx, driver.Query{Table: t}), want)
		keys := make([]driver.Row, len(want))
		for i, r := range want {
			keys[i] = r[:1]
		}
		p.same(p.do(tx, get(t, keys...))[0].Rows, want)
	}
	check(tx, all)
	p.commit(tx)
	tx = p.read()
	check(tx, all)
	p.rollback(tx)
	turned := make([]driver.Row, len(all))
	for i, r := range all {
		turned[i] = slices.Concat(r[:1], all[(i+1)%len(all)][1:])
	}
	p.apply(update(t, turned...))
	tx = p.write()
	check(tx, turned)
	keys := make([]driver.Row, len(all))
	for i, r := range all {
		keys[i] = r[:1]
	}
	p.same(p.do(tx, lock(t, keys...))[0].Rows, turned)
	p.rollback(tx)
	p.apply(remove(t, turned...), add(t, nil, all...))
	p.holds(t, all...)
}

// fill makes one row of things for each value, in a column and its nullable twin.
func fill(column int, vs ...any) []driver.Row {
	all := rows(thing(-1))
	for i, v := range vs {
		all = append(all, set(set(thing(i), column, v), column+cNullBool-cBool, v))
	}
	return all
}

func roundTrips(p *probe) {
	t := things()
	p.migrate(t)
	p.keeps(t, sampled())
	full := thing(500)
	for column, vs := range samples {
		full = set(set(full, column, vs[len(vs)-1]), column+cNullBool-cBool, vs[len(vs)-1])
	}
	full = set(set(set(set(full, cDecimal, "1.5"), cNullDecimal, "-2"), cJSON, "[1]"), cNullJSON, "null")
	p.apply(insert(t, full))
	tx := p.read()
	p.same(rows(p.get(tx, t, 500)), rows(full))
	if got := p.get(tx, t, 500); got[cNullJSON].IsNull() {
		p.fail("the JSON text null came back as no value at all")
	}
	p.rollback(tx)
	key := &driver.Table{Name: "keyed", Key: 6, Version: -1, Columns: []driver.Column{{Name: "b", Kind: driver.Bool}, {Name: "i", Kind: driver.Int},
		{Name: "t", Kind: driver.Text}, {Name: "u", Kind: driver.UUID}, {Name: "d", Kind: driver.Date}, {Name: "m", Kind: driver.Instant}}}
	p.migrate(t, key)
	var all []driver.Row
	for i := range 13 {
		r := make(driver.Row, 0, 6)
		for column := cBool; column <= cInstant; column++ {
			r = append(r, value(samples[column][i%len(samples[column])]))
		}
		all = append(all, r)
	}
	all = sorted(key, all, nil, false)
	p.apply(insert(key, all...))
	p.holds(key, all...)
	tx = p.read()
	p.same(p.do(tx, get(key, all...))[0].Rows, all)
	p.pages(tx, driver.Query{Table: key, Desc: true}, 3, sorted(key, all, nil, true))
}

func decimals(p *probe) {
	t := things()
	p.migrate(t)
	p.keeps(t, fill(cDecimal, "0", "1", "-1", "0.1", "1.5", "1.50", "-0.000001", "100", "1000000000000", "0.30000000000000004",
		"123456789012345678901234567890.123456789012345678901234567890", "-99999999999999999999999999999999999999", "9007199254740993",
		"0.00000000000000000000000000000000000001", "12345678901234567890"))
}

func jsonTexts(p *probe) {
	t := things()
	p.migrate(t)
	p.keeps(t, fill(cJSON, `null`, `{}`, `[]`, `""`, `"text"`, `0`, `1.0`, `1e400`, `-0`, `12345678901234567890.10`, `true`,
		`{"b": 1, "a":2,  "b" : 3}`, " { \"a\" :\n\t[ 1 , 2 ] } ", `{"ә":"қазақ","\u04d9":"\u0000"}`, `"<>&\u003c"`, `"👍🏽"`, `{"a":{"b":{"c":[[[]]]}}}`,
		`"`+strings.Repeat("x", 100_000)+`"`))
}

func dates(p *probe) {
	t := things()
	p.migrate(t)
	day := func(y, m, d int) int64 { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86400 }
	vs := []any{day(1, 1, 1), day(4, 2, 29), day(100, 2, 28), day(1582, 10, 4), day(1582, 10, 15), day(1752, 9, 3), day(1900, 2, 28), day(1900, 3, 1),
		day(1918, 2, 1), day(1969, 12, 31), day(1970, 1, 1), day(1970, 1, 2), day(2000, 2, 29), day(2026, 12, 31), day(2038, 1, 19), day(9999, 12, 31)}
	if vs[0] != int64(-719162) || vs[len(vs)-1] != int64(2932896) {
		p.fail("the calendar of this test is wrong: %v", vs)
	}
	all := fill(cDate, vs...)
	p.keeps(t, all)
	tx := p.read()
	q := driver.Query{Table: t, Order: []int{cDate}}
	p.pages(tx, q, 3, sorted(t, all, q.Order, false))
	for _, v := range vs {
		p.finds(tx, t, all, where(cDate, driver.Ge, v))
		p.finds(tx, t, all, where(cNullDate, driver.Eq, v))
	}
}

func instants(p *probe) {
	t := things()
	p.migrate(t)
	at := func(y, m, d, h, mi, s, micro int) int64 {
		return time.Date(y, time.Month(m), d, h, mi, s, micro*1000, time.UTC).UnixMicro()
	}
	vs := []any{at(1, 1, 1, 0, 0, 0, 0), at(1, 1, 1, 0, 0, 0, 1), at(1582, 10, 10, 12, 0, 0, 999999), at(1883, 11, 18, 12, 0, 0, 500000), at(1969, 12, 31, 23, 59, 59, 999999),
		-1_000_001, -1, 0, 1, 999_999, 1_000_000, at(2000, 1, 1, 0, 0, 0, 0), at(2024, 2, 29, 1, 2, 3, 456789), at(2026, 3, 29, 1, 30, 0, 1), at(2038, 1, 19, 3, 14, 8, 0),
		at(2262, 4, 11, 23, 47, 16, 854776), at(9999, 12, 31, 23, 59, 59, 999999)}
	all := fill(cInstant, vs...)
	p.keeps(t, all)
	tx := p.read()
	q := driver.Query{Table: t, Order: []int{cInstant}}
	p.pages(tx, q, 3, sorted(t, all, q.Order, false))
	for _, v := range vs {
		p.finds(tx, t, all, where(cInstant, driver.Gt, v))
		p.finds(tx, t, all, where(cNullInstant, driver.Eq, v))
	}
}

func texts(p *probe) {
	t := things()
	p.migrate(t)
	long := strings.Repeat("ұзақ ", 20_000)
	vs := []any{long, "line\nline\r\n\ttab", "\x01\x1f\x7f", " lead and trail ", "'; DROP TABLE things; --", `\`, `\\x00`, `"`, "$1", "?", "%s{}", "null", "NULL", "\ufffd", "\ufeff"}
	for _, w := range alphabet {
		vs = append(vs, w)
	}
	// The indexed column takes short texts only; the long one goes where no index must hold it.
	all := fill(cText, vs[1:]...)
	p.keeps(t, all)
	n := notes()
	p.migrate(t, n)
	p.apply(insert(n, row(1, long), row(2, strings.Repeat("a", 10_000)), row(math.MinInt64, ""), row(math.MaxInt64, "x")))
	p.holds(n, row(math.MinInt64, ""), row(1, long), row(2, strings.Repeat("a", 10_000)), row(math.MaxInt64, "x"))
}

// shapes inserts rows of which random columns are alike or hold nothing: what an engine may send in another way than the rest.
func shapes(p *probe) {
	t := &driver.Table{Name: "wide", Key: 1, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int}, {Name: "flag", Kind: driver.Bool}, {Name: "n", Kind: driver.Int, Nullable: true},
		{Name: "word", Kind: driver.Text, Default: value("unsaid")}, {Name: "of", Kind: driver.UUID}, {Name: "day", Kind: driver.Date, Nullable: true},
		{Name: "at", Kind: driver.Instant}, {Name: "exact", Kind: driver.Decimal}, {Name: "doc", Kind: driver.JSON},
		{Name: "count", Kind: driver.Int, Default: value(7)}, {Name: "note", Kind: driver.Text, Nullable: true, Default: value("none")},
	}}
	p.migrate(t)
	nothing := row(0, false, nil, "", [16]byte{}, nil, 0, "0", "null", 0, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(c int) driver.Value {
		n := rng.Int64N(1000)
		switch t.Columns[c].Kind {
		case driver.Bool:
			return value(n%2 == 0)
		case driver.UUID:
			return value([16]byte{byte(n), byte(n >> 8)})
		case driver.JSON:
			return value(fmt.Sprintf(`{"n": %d}`, n))
		case driver.Text:
			return value([]string{"", `"quoted", \ and {braces}`, fmt.Sprint(n)}[n%3])
		case driver.Decimal:
			return value(fmt.Sprintf("%d.5", n))
		}
		return value(n)
	}
	for id := 0; id < 400; {
		alike, blank := rng.IntN(1<<len(t.Columns)), rng.IntN(1<<len(t.Columns))
		all := make([]driver.Row, []int{1, 2, 3, 7, 8, 9, 10, 50}[rng.IntN(8)])
		keys := make([]driver.Row, len(all))
		for i := range all {
			id++
			all[i] = row(id)
			for c := 1; c < len(t.Columns); c++ {
				switch {
				case blank&(1<<c) != 0 && rng.IntN(20) > 0:
					all[i] = append(all[i], nothing[c])
				case i > 0 && alike&(1<<c) != 0:
					all[i] = append(all[i], all[0][c])
				default:
					all[i] = append(all[i], some(c))
				}
			}
			keys[i] = all[i][:1]
		}
		p.apply(insert(t, all...))
		tx := p.read()
		p.same(p.do(tx, get(t, keys...))[0].Rows, all)
		p.rollback(tx)
	}
}
