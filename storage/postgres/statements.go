package postgres

import (
	"strconv"
	"strings"
	"sync"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// The columns that a tailed table has besides its own: the transaction that inserted a row, the row's place and moment in the tail, and
// the life of the database that these numbers belong to (see tail.go and rebase).
const (
	txColumn    = "tx_id"
	placeColumn = "tx_place"
	timeColumn  = "tx_time"
	eraColumn   = "tx_era"
)

// What these columns hold, as the database computes it for each row that is inserted.
const (
	txDefault    = "pg_current_xact_id()"
	placeDefault = "greatest(2 * (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint - 1, 2 * (pg_current_xact_id()::text)::bigint)"
	timeDefault  = "clock_timestamp()"
)

// A table is a declaration with the texts of its statements. Of most there are two: for one row, with plain arguments, and
// for many, with arrays.
type table struct {
	*driver.Table
	d     sqltext.Dialect
	kinds []driver.Kind
	row   shape // a row
	found shape // the place of a key among those asked for, then the row
	keys  shape // a key

	getOne, getMany       string
	lockOne, lockMany     string
	insertOne             string
	inserts               inserts
	skipOne, skipMany     string
	updateOne, updateMany string
	deleteOne, deleteMany string
	checkOne, checkMany   string // of a table with a version
	tail                  string
	adds                  sync.Map // a string for the columns summed -> adds
}

// adds are the statements that add to one choice of columns.
type adds struct{ one, many string }

func compile(d sqltext.Dialect, decl *driver.Table) *table {
	t := &table{Table: decl, d: d}
	for _, c := range decl.Columns {
		t.kinds = append(t.kinds, c.Kind)
	}
	t.row = shapeOf(t.kinds...)
	t.found = shapeOf(append([]driver.Kind{driver.Int}, t.kinds...)...)
	t.keys = shapeOf(t.kinds[:decl.Key]...)
	all := len(decl.Columns)

	t.getOne = "SELECT " + d.Columns(decl) + " FROM " + t.name() + " WHERE " + t.isKey("", 2)
	t.lockOne = t.getOne + " FOR NO KEY UPDATE"
	t.getMany = t.findMany(" LIMIT 1")
	t.lockMany = t.findMany(" FOR NO KEY UPDATE")

	into := "INSERT INTO " + t.name() + " (" + d.Quote(sqltext.Tenant) + ", " + d.Columns(decl) + ")"
	t.insertOne = into + " VALUES (" + t.params(1, all+1) + ")"
	t.skipOne = t.insertOne + " ON CONFLICT DO NOTHING"
	t.skipMany = into + " SELECT $1, d.* FROM " + t.unnest(2, all) + " ON CONFLICT DO NOTHING RETURNING " + d.KeyColumns(decl)

	t.writeInserts()
	t.writeUpdate()
	t.writeDelete()
	t.writeCheck()
	if decl.Tailed {
		t.writeTail()
	}
	return t
}

func (t *table) name() string { return t.d.Table(t.Name) }

func (t *table) col(i int) string { return t.d.Quote(t.Columns[i].Name) }

// isKey compares the tenant with $1 and the key with the parameters from the given one on.
func (t *table) isKey(prefix string, from int) string {
	s := prefix + t.d.Quote(sqltext.Tenant) + " = $1"
	for i := range t.Key {
		s += " AND " + prefix + t.col(i) + " = $" + strconv.Itoa(from+i)
	}
	return s
}

// few spells the relation d of the first n columns once more, for statements that look up what they change. The parameter after the
// arrays is their number. It changes nothing, but as it is not known while a lasting plan is made, PostgreSQL reckons with one
// row, and so with the index: not with reading a whole table that was small when the plan was made and is large now.
func (t *table) few(n int, more string) string {
	names := t.first(n)
	arrays := t.arrays(2, n)
	if more != "" {
		names += ", " + more
		arrays = strings.TrimSuffix(arrays, ")") + ", $" + strconv.Itoa(n+3) + "::bigint[])"
	}
	return "(SELECT * FROM " + arrays + " AS d(" + names + ") LIMIT $" + strconv.Itoa(n+2) + "::bigint) AS d"
}

// joins compares the tenant with $1 and the key with that of d.
func (t *table) joins() string {
	s := "t." + t.d.Quote(sqltext.Tenant) + " = $1"
	for i := range t.Key {
		s += " AND t." + t.col(i) + " = d." + t.col(i)
	}
	return s
}

func (t *table) params(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(from+i))
	}
	return b.String()
}

// unnest spells a relation d that holds the first n columns, which arrive as arrays.
func (t *table) unnest(from, n int) string {
	return t.arrays(from, n) + " AS d(" + t.first(n) + ")"
}

func (t *table) arrays(from, n int) string {
	var b strings.Builder
	b.WriteString("unnest(")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(from+i) + "::" + t.d.Type(t.kinds[i]) + "[]")
	}
	b.WriteString(")")
	return b.String()
}

func (t *table) first(n int) string {
	return t.d.Columns(&driver.Table{Columns: t.Columns[:n]})
}

// findMany looks each key up by itself, in the order in which they come. The subquery at the end cannot be dissolved, so
// no plan is chosen that reads the whole table because it was small when the plan was made, and rows are locked in order.
func (t *table) findMany(end string) string {
	return "SELECT d.n, t.* FROM " + t.arrays(2, t.Key) + " WITH ORDINALITY AS d(" + t.first(t.Key) + ", n)" +
		" CROSS JOIN LATERAL (SELECT " + t.d.Columns(t.Table) + " FROM " + t.name() + " AS t WHERE " + t.joins() + end + ") AS t"
}

// writeUpdate has the statements count what they changed, and divide by zero where that is not what was asked for. So the
// COMMIT that follows in the same round trip does not take place.
func (t *table) writeUpdate() {
	all := len(t.Columns)
	var one, many strings.Builder
	for i := t.Key; i < all; i++ {
		if i > t.Key {
			one.WriteString(", ")
			many.WriteString(", ")
		}
		one.WriteString(t.col(i) + " = $" + strconv.Itoa(i+2))
		many.WriteString(t.col(i) + " = d." + t.col(i))
	}
	if t.Key == all { // a table of keys alone: there is nothing to change, only to be found
		one.WriteString(t.col(0) + " = $2")
		many.WriteString(t.col(0) + " = d." + t.col(0))
	}
	t.updateOne = "WITH u AS (UPDATE " + t.name() + " AS t SET " + one.String() + " WHERE " + t.isKey("t.", 2)
	t.updateMany = "WITH u AS (UPDATE " + t.name() + " AS t SET " + many.String() + " FROM " + t.few(all, "") + " WHERE " + t.joins()
	if t.Version >= 0 {
		v := t.col(t.Version)
		t.updateOne += " AND t." + v + " = $" + strconv.Itoa(t.Version+2) + "::bigint - 1"
		t.updateMany += " AND t." + v + " = d." + v + " - 1"
	}
	t.updateOne += " RETURNING 1) SELECT 1 / count(*) FROM u"
	t.updateMany += " RETURNING 1) SELECT 1 / (count(*) = $" + strconv.Itoa(all+2) + "::bigint)::int FROM u"
}

// writeDelete gives a table with a version statements that compare it, where they are given one: for one row in the parameter
// after the key, for many in an array after the number of rows, followed by the number of those that had one.
func (t *table) writeDelete() {
	if t.Version < 0 {
		t.deleteOne = "DELETE FROM " + t.name() + " WHERE " + t.isKey("", 2)
		t.deleteMany = "DELETE FROM " + t.name() + " AS t USING " + t.few(t.Key, "") + " WHERE " + t.joins()
		return
	}
	v, given := t.col(t.Version), "$"+strconv.Itoa(t.Key+2)
	t.deleteOne = "WITH u AS (DELETE FROM " + t.name() + " AS t WHERE " + t.isKey("t.", 2) +
		" AND (" + given + "::bigint IS NULL OR t." + v + " = " + given + ") RETURNING 1)" +
		" SELECT 1 / (count(*) > 0 OR " + given + " IS NULL)::int FROM u"
	t.deleteMany = "WITH u AS (DELETE FROM " + t.name() + " AS t USING " + t.few(t.Key, "given") +
		" WHERE " + t.joins() + " AND (d.given IS NULL OR t." + v + " = d.given) RETURNING d.given)" +
		" SELECT 1 / (count(given) = $" + strconv.Itoa(t.Key+4) + "::bigint)::int FROM u"
}

// writeCheck has the statements count the rows that are there in their version, locked so that they stay so, and divide by zero where that is
// not all of them. PostgreSQL compares once more what had to be waited for.
func (t *table) writeCheck() {
	if t.Version < 0 {
		return
	}
	v := t.col(t.Version)
	t.checkOne = "WITH u AS (SELECT 1 FROM " + t.name() + " AS t WHERE " + t.isKey("t.", 2) + " AND t." + v + " = $" +
		strconv.Itoa(t.Key+2) + " FOR SHARE) SELECT 1 / count(*) FROM u"
	t.checkMany = "WITH u AS (SELECT 1 FROM " + t.few(t.Key, "given") + " CROSS JOIN LATERAL (SELECT 1 FROM " + t.name() + " AS t WHERE " +
		t.joins() + " AND t." + v + " = d.given FOR SHARE) AS t) SELECT 1 / (count(*) = $" + strconv.Itoa(t.Key+2) + "::bigint)::int FROM u"
}

// add returns the statements for one choice of columns to sum.
func (t *table) add(sums []int) adds {
	var key strings.Builder
	for _, c := range sums {
		key.WriteString(strconv.Itoa(c) + ",")
	}
	if a, ok := t.adds.Load(key.String()); ok {
		return a.(adds)
	}
	end := " ON CONFLICT (" + t.d.Quote(sqltext.Tenant) + ", " + t.first(t.Key) + ") DO "
	if len(sums) == 0 {
		end += "NOTHING"
	}
	for i, c := range sums {
		if i == 0 {
			end += "UPDATE SET "
		} else {
			end += ", "
		}
		end += t.col(c) + " = t." + t.col(c) + " + excluded." + t.col(c)
	}
	into := "INSERT INTO " + t.name() + " AS t (" + t.d.Quote(sqltext.Tenant) + ", " + t.d.Columns(t.Table) + ")"
	a := adds{
		one:  into + " VALUES (" + t.params(1, len(t.Columns)+1) + ")" + end,
		many: into + " SELECT $1, d.* FROM " + t.unnest(2, len(t.Columns)) + end,
	}
	t.adds.Store(key.String(), a)
	return a
}
