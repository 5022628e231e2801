package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// The formats of PostgreSQL's wire protocol.
const (
	textFormat   int16 = 0
	binaryFormat int16 = 1
)

// The numbers by which an array names the type of its elements. They are part of PostgreSQL's wire protocol.
var elementType = [...]uint32{
	driver.Bool: 16, driver.Int: 20, driver.Text: 25, driver.UUID: 2950,
	driver.Date: 1082, driver.Instant: 1184, driver.Decimal: 1700, driver.JSON: 114,
}

// PostgreSQL counts from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86_400_000_000
)

// formatOf returns how values of a kind travel: in binary, but decimals as the text that they are.
func formatOf(k driver.Kind) int16 {
	if k == driver.Decimal {
		return textFormat
	}
	return binaryFormat
}

// args gathers the arguments of all statements of one round trip in the form in which they travel. Column by column it
// writes arrays straight from the rows, without a slice or an interface in between.
type args struct {
	buf     []byte
	ends    []int // where each argument ends in buf; -1 for null
	formats []int16
	marks   []mark
	values  [][]byte
	err     error
}

// A mark is where the arguments of a statement begin.
type mark struct{ buf, arg int }

func (a *args) reset() {
	if a.buf == nil || cap(a.buf) > 1<<20 { // one large write is no reason to hold its memory for good
		a.buf = make([]byte, 0, 512) // never nil: an empty text is not null
	}
	a.buf, a.ends, a.formats, a.marks, a.err = a.buf[:0], a.ends[:0], a.formats[:0], a.marks[:0], nil
}

// statement begins the arguments of the next statement.
func (a *args) statement() { a.marks = append(a.marks, mark{len(a.buf), len(a.ends)}) }

// of returns the arguments of the i-th statement and their formats. They share memory with a, until its next use.
func (a *args) of(i int) ([][]byte, []int16) {
	first, last := a.marks[i], mark{len(a.buf), len(a.ends)}
	if i+1 < len(a.marks) {
		last = a.marks[i+1]
	}
	a.values = a.values[:0]
	start := first.buf
	for _, end := range a.ends[first.arg:last.arg] {
		if end < 0 {
			a.values = append(a.values, nil)
			continue
		}
		a.values = append(a.values, a.buf[start:end:end])
		start = end
	}
	return a.values, a.formats[first.arg:last.arg]
}

func (a *args) done(format int16) {
	a.ends = append(a.ends, len(a.buf))
	a.formats = append(a.formats, format)
}

func (a *args) text(s string) {
	a.buf = append(a.buf, s...)
	a.done(binaryFormat)
}

func (a *args) int(n int64) {
	a.buf = binary.BigEndian.AppendUint64(a.buf, uint64(n))
	a.done(binaryFormat)
}

func (a *args) value(k driver.Kind, v driver.Value) {
	if v.IsNull() {
		a.ends = append(a.ends, -1)
		a.formats = append(a.formats, formatOf(k))
		return
	}
	a.cell(k, v)
	a.done(formatOf(k))
}

// column appends one array: the values of a column in all rows. A row too short to hold it counts as null.
func (a *args) column(k driver.Kind, rows []driver.Row, col int) {
	at := a.open(k, len(rows))
	for i := range rows {
		var v driver.Value
		if col < len(rows[i]) {
			v = rows[i][col]
		}
		a.element(k, v, at, i)
	}
	a.close(k)
}

// array appends one array of the given values.
func (a *args) array(k driver.Kind, values []driver.Value) {
	at := a.open(k, len(values))
	for i, v := range values {
		a.element(k, v, at, i)
	}
	a.close(k)
}

func (a *args) open(k driver.Kind, n int) (at int) {
	at = len(a.buf)
	if formatOf(k) == textFormat {
		a.buf = append(a.buf, '{')
		return at
	}
	be := binary.BigEndian
	if n == 0 { // an array without dimensions
		a.buf = be.AppendUint32(a.buf, 0)
		a.buf = be.AppendUint32(a.buf, 0)
		a.buf = be.AppendUint32(a.buf, elementType[k])
		return at
	}
	a.buf = be.AppendUint32(a.buf, 1) // dimensions
	a.buf = be.AppendUint32(a.buf, 0) // 1 if there are nulls
	a.buf = be.AppendUint32(a.buf, elementType[k])
	a.buf = be.AppendUint32(a.buf, uint32(n))
	a.buf = be.AppendUint32(a.buf, 1) // the first index
	return at
}

func (a *args) element(k driver.Kind, v driver.Value, array, i int) {
	if formatOf(k) == textFormat {
		if i > 0 {
			a.buf = append(a.buf, ',')
		}
		if v.IsNull() {
			a.buf = append(a.buf, "NULL"...)
			return
		}
		a.buf = append(a.buf, '"')
		for _, c := range []byte(v.Text()) {
			if c == '"' || c == '\\' {
				a.buf = append(a.buf, '\\')
			}
			a.buf = append(a.buf, c)
		}
		a.buf = append(a.buf, '"')
		return
	}
	at := len(a.buf)
	if v.IsNull() {
		a.buf = binary.BigEndian.AppendUint32(a.buf, 0xffffffff)
		a.buf[array+7] = 1
		return
	}
	a.buf = append(a.buf, 0, 0, 0, 0)
	a.cell(k, v)
	binary.BigEndian.PutUint32(a.buf[at:], uint32(len(a.buf)-at-4))
}

func (a *args) close(k driver.Kind) {
	if formatOf(k) == textFormat {
		a.buf = append(a.buf, '}')
	}
	a.done(formatOf(k))
}

// cell appends one value that is not null.
func (a *args) cell(k driver.Kind, v driver.Value) {
	be := binary.BigEndian
	switch k {
	case driver.Bool:
		var b byte
		if v.Bool() {
			b = 1
		}
		a.buf = append(a.buf, b)
	case driver.Int:
		a.buf = be.AppendUint64(a.buf, uint64(v.Int()))
	case driver.Date:
		if v.Int() < sqltext.MinDay || v.Int() > sqltext.MaxDay {
			a.fail("day %d is outside the years 1 to 9999", v.Int())
		}
		a.buf = be.AppendUint32(a.buf, uint32(int32(v.Int()-epochDays)))
	case driver.Instant:
		if v.Int() < sqltext.MinMicro || v.Int() > sqltext.MaxMicro {
			a.fail("microsecond %d is outside the years 1 to 9999", v.Int())
		}
		a.buf = be.AppendUint64(a.buf, uint64(v.Int()-epochMicros))
	case driver.UUID:
		if s := v.Text(); len(s) == 16 {
			a.buf = append(a.buf, s...)
			return
		}
		id := v.UUID()
		a.buf = append(a.buf, id[:]...)
	default:
		a.buf = append(a.buf, v.Text()...)
	}
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("postgres: "+format, v...)
	}
}
