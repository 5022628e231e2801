package postgres

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// rowsAtOnce is how many rows share one allocation. A caller who keeps one row keeps its neighbours' memory, so it is few.
const rowsAtOnce = 16

// A shape says how the columns of an answer travel and what they are.
type shape struct {
	kinds   []driver.Kind
	formats []int16
}

func shapeOf(kinds ...driver.Kind) shape {
	s := shape{kinds: kinds, formats: make([]int16, len(kinds))}
	for i, k := range kinds {
		s.formats[i] = formatOf(k)
	}
	return s
}

// A decoder makes rows from what travelled. The texts of one row share one allocation.
type decoder struct {
	shape
	once bool // one row is all there will be
	slab []driver.Value
}

func (d *decoder) row(cells [][]byte) (driver.Row, error) {
	n := len(d.kinds)
	if len(cells) != n {
		return nil, fmt.Errorf("postgres: %d columns came back, not %d", len(cells), n)
	}
	if len(d.slab) < n {
		if d.once {
			d.slab = make([]driver.Value, n)
		} else {
			d.slab = make([]driver.Value, n*rowsAtOnce)
		}
	}
	row := driver.Row(d.slab[:n:n])
	d.slab = d.slab[n:]
	size := 0
	for i, k := range d.kinds {
		if isText(k) {
			size += len(cells[i])
		}
	}
	var texts strings.Builder
	texts.Grow(size)
	for i, k := range d.kinds {
		if isText(k) {
			texts.Write(cells[i])
		}
	}
	rest := texts.String()
	for i, k := range d.kinds {
		c := cells[i]
		switch {
		case c == nil:
		case isText(k):
			row[i] = driver.TextValue(rest[:len(c)])
			rest = rest[len(c):]
		default:
			v, err := number(k, c)
			if err != nil {
				return nil, err
			}
			row[i] = v
		}
	}
	return row, nil
}

// isText tells the kinds whose bytes are kept as they travelled.
func isText(k driver.Kind) bool {
	return k == driver.Text || k == driver.UUID || k == driver.Decimal || k == driver.JSON
}

func number(k driver.Kind, c []byte) (driver.Value, error) {
	switch {
	case k == driver.Bool && len(c) == 1:
		return driver.BoolValue(c[0] != 0), nil
	case k == driver.Int && len(c) == 8:
		return driver.IntValue(int64(binary.BigEndian.Uint64(c))), nil
	case k == driver.Date && len(c) == 4:
		return driver.IntValue(int64(int32(binary.BigEndian.Uint32(c))) + epochDays), nil
	case k == driver.Instant && len(c) == 8:
		return driver.IntValue(int64(binary.BigEndian.Uint64(c)) + epochMicros), nil
	}
	return driver.Null, fmt.Errorf("postgres: %d bytes came back for a column of kind %d", len(c), k)
}
