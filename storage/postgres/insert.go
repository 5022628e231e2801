package postgres

import (
	"math/bits"
	"strconv"
	"strings"
	"sync"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// A few rows are inserted as lists of values. Many arrive as one array a column, except for columns that have the same value in all
// of them, which arrive once: the server copies each element of each array to and fro, which weighs in a wide
// table most of whose columns are empty.

// fewRows is up to how many rows are inserted as lists of values.
const fewRows = 8

// maxShapes bounds for how many choices of columns that do not vary a table has statements.
const maxShapes = 16

// inserts are the statements of one table that insert several rows, by their shape.
type inserts struct {
	few   [fewRows + 1]func() string
	mu    sync.Mutex
	many  map[uint64]string // by the columns that do not vary, a bit each
	masks []uint64
}

func (t *table) writeInserts() {
	for n := 2; n <= fewRows; n++ {
		t.inserts.few[n] = sync.OnceValue(func() string { return t.insertFew(n) })
	}
	t.inserts.many = map[uint64]string{}
}

func (t *table) into(more ...string) string {
	return "INSERT INTO " + t.name() + " (" + strings.Join(append([]string{t.d.Quote(sqltext.Tenant), t.d.Columns(t.Table)}, more...), ", ") + ")"
}

// insertFew spells the statement for n rows, one after the other.
func (t *table) insertFew(n int) string {
	all := len(t.Columns)
	var b strings.Builder
	b.WriteString(t.into() + " VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($1, " + t.params(2+i*all, all) + ")")
	}
	return b.String()
}

// insertMany spells the statement for any number of rows. The columns in the mask come as single values. Of a tailed table, what would
// be the same for each row is worked out once.
func (t *table) insertMany(mask uint64) string {
	var picked, arrays, names []string
	for c := range t.Columns {
		param := "$" + strconv.Itoa(c+2) + "::" + t.d.Type(t.kinds[c])
		if mask&(1<<c) != 0 {
			picked = append(picked, param)
			continue
		}
		picked, arrays, names = append(picked, "d."+t.col(c)), append(arrays, param+"[]"), append(names, t.col(c))
	}
	from := "unnest(" + strings.Join(arrays, ", ") + ") AS d(" + strings.Join(names, ", ") + ")"
	if !t.Tailed {
		return t.into() + " SELECT $1, " + strings.Join(picked, ", ") + " FROM " + from
	}
	return "WITH x AS MATERIALIZED (SELECT " + txDefault + ", " + placeDefault + ", " + timeDefault + ") " +
		t.into(txColumn, placeColumn, timeColumn) + " SELECT $1, " + strings.Join(picked, ", ") + ", x.* FROM x, " + from
}

// same marks the columns that have one value in all rows. Those of the key are never among them, so that there is an array.
func (t *table) same(rows []driver.Row) (mask uint64) {
	if len(t.Columns) > 64 {
		return 0
	}
columns:
	for c := t.Key; c < len(t.Columns); c++ {
		for _, r := range rows[1:] {
			if r[c] != rows[0][c] {
				continue columns
			}
		}
		mask |= 1 << c
	}
	return mask
}

// shape finds the statement for rows in which these columns do not vary, or the one that comes nearest.
func (t *table) shape(same uint64) (mask uint64, text string) {
	s := &t.inserts
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.many[same]; ok {
		return same, text
	}
	if len(s.masks) < maxShapes {
		s.masks = append(s.masks, same)
		s.many[same] = t.insertMany(same)
		return same, s.many[same]
	}
	for _, m := range s.masks {
		if m&^same == 0 && bits.OnesCount64(m) > bits.OnesCount64(mask) {
			mask = m
		}
	}
	if s.many[mask] == "" {
		s.many[mask] = t.insertMany(mask)
	}
	return mask, s.many[mask]
}

// insert adds rows.
func (w write) insert(rows []driver.Row) stmt {
	s := stmt{about: w.about(), sql: w.insertOne}
	switch n := len(rows); {
	case n == 1:
		s.fill = func(a *args) { w.columns(a, rows, len(w.Columns)) }
	case n <= fewRows:
		s.sql = w.inserts.few[n]()
		s.fill = func(a *args) {
			a.text(w.tx.tenant)
			for _, r := range rows {
				for c, k := range w.kinds {
					a.value(k, r[c])
				}
			}
		}
	default:
		var mask uint64
		mask, s.sql = w.shape(w.same(rows))
		s.fill = func(a *args) {
			a.text(w.tx.tenant)
			for c, k := range w.kinds {
				if mask&(1<<c) != 0 {
					a.value(k, rows[0][c])
				} else {
					a.column(k, rows, c)
				}
			}
		}
	}
	return s
}
