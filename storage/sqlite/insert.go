package sqlite

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// Most columns of a wide row hold nothing: null, false, zero, "", no reference. Binding such a value costs more than a constant does, so
// a statement spells them. There is one for each choice of columns that came, up to a bound.

// maxShapes bounds for how many choices of columns that hold nothing a table has statements.
const maxShapes = 16

// inserts are the statements that insert a row into one table.
type inserts struct {
	into    string
	columns []nothing
	tailed  bool
	mu      sync.RWMutex
	texts   map[uint64]string // by the columns that hold nothing, a bit each
}

// nothing is what a column holds when it holds nothing, and how that is spelt: "" where the column is always bound.
type nothing struct {
	value   driver.Value
	literal string
}

func newInserts(d sqltext.Dialect, t *driver.Table, into string) *inserts {
	s := &inserts{into: into, columns: make([]nothing, len(t.Columns)), tailed: t.Tailed, texts: map[uint64]string{}}
	for i, c := range t.Columns[:min(len(t.Columns), 64)] {
		switch {
		case i < t.Key:
		case c.Nullable:
			s.columns[i] = nothing{driver.Null, "NULL"}
		case c.Kind == driver.Int || c.Kind == driver.Bool:
			s.columns[i] = nothing{driver.IntValue(0), "0"}
		case c.Kind == driver.Text:
			s.columns[i] = nothing{driver.TextValue(""), "''"}
		case c.Kind == driver.UUID:
			s.columns[i] = nothing{driver.UUIDValue([16]byte{}), d.Literal(c.Kind, driver.Null)}
		}
	}
	return s
}

// of marks the columns that hold nothing in a row and returns the statement for it; where there are too many already, it is that which binds
// all columns, and none is marked.
func (s *inserts) of(row driver.Row) (mask uint64, text string) {
	for c := range s.columns {
		if n := &s.columns[c]; n.literal != "" && row[c] == n.value {
			mask |= 1 << c
		}
	}
	s.mu.RLock()
	text, known := s.texts[mask]
	s.mu.RUnlock()
	if known {
		return mask, text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) >= maxShapes {
		mask = 0
	}
	if s.texts[mask] == "" {
		s.texts[mask] = s.spell(mask)
	}
	return mask, s.texts[mask]
}

func (s *inserts) spell(mask uint64) string {
	var b strings.Builder
	b.WriteString(s.into + " VALUES (?")
	for c := range s.columns {
		if mask&(1<<c) != 0 {
			b.WriteString(", " + s.columns[c].literal)
		} else {
			b.WriteString(", ?")
		}
	}
	if s.tailed {
		b.WriteString(", ?")
	}
	return b.String() + ")"
}

// skipTaken ends a statement that leaves out rows whose key is taken.
const skipTaken = " ON CONFLICT DO NOTHING"

func (t *tx) insert(ctx context.Context, tb *table, op *driver.Op, result *driver.Result) error {
	whole, err := t.wholeRow(ctx, tb, len(op.Rows))
	if err != nil {
		return err
	}
	text := ""
	fill := func(i int, row driver.Row) error {
		if err := tb.checkRow(row); err != nil {
			return err
		}
		var skip uint64
		if skip, text = tb.inserts.of(row); op.Skip {
			text += skipTaken
		}
		return whole(i, row, skip)
	}
	var done func(i int, changed int64) error
	if op.Skip {
		result.Done = make([]bool, len(op.Rows))
		done = func(i int, changed int64) error {
			result.Done[i] = changed > 0
			return nil
		}
	}
	return t.each(ctx, tb, op.Kind, op.Rows, func(driver.Row) string { return text }, fill, done)
}

// wholeRow binds a row to be inserted, with its position if the table is tailed, without the columns that are marked. A value that the row
// before had in the same place is still bound there.
func (t *tx) wholeRow(ctx context.Context, tb *table, n int) (func(i int, row driver.Row, skip uint64) error, error) {
	first := int64(0)
	if tb.Tailed && n > 0 {
		var err error
		if first, err = t.positions(ctx, tb, n); err != nil {
			return nil, err
		}
	}
	var before driver.Row
	var skipped uint64
	return func(i int, row driver.Row, skip uint64) error {
		for c := range tb.Columns {
			if skip&(1<<c) != 0 {
				continue
			}
			if at := len(t.args); before != nil && skip == skipped && before[c] == row[c] {
				t.args = t.args[:at+1]
				continue
			}
			if err := t.args.value(tb.Columns[c].Kind, row[c]); err != nil {
				return fmt.Errorf("column %s: %w", tb.Columns[c].Name, err)
			}
		}
		if tb.Tailed {
			t.args.raw(first + int64(i))
		}
		before, skipped = row, skip
		return nil
	}, nil
}

func (tb *table) checkRow(row driver.Row) error {
	if len(row) != len(tb.Columns) {
		return fmt.Errorf("a row has %d values for %d columns", len(row), len(tb.Columns))
	}
	return nil
}
