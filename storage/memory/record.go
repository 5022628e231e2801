package memory

import (
	"encoding/binary"
	"math/bits"

	"github.com/tutas/tutas/storage/driver"
)

// A record is one version of one row; it never changes once it is in a tree.
//
// Its values are packed one after the other into a text, in the stored order: a text without pointers is small and nothing for the garbage
// collector to follow, and what is read from it needs no copy. A value is a byte that counts itself and the bytes that follow; zero is null,
// and long tells that the length of a longer text follows as a varint. A number takes as many bytes as it needs, zig-zag, the lowest first.
type record struct {
	row  string  // shorter than the table when columns were added since
	seq  uint64  // its place in the order of commits, in a tailed table
	home *tenant // whose it is
}

const long = 0xff

// pack appends a row in the stored order.
func (t *table) pack(b []byte, row driver.Row) []byte {
	for c, v := range row {
		switch {
		case v.IsNull():
			b = append(b, 0)
		case isText(t.cols[c].kind):
			s := v.Text()
			if len(s) < long-1 {
				b = append(b, byte(len(s)+1))
			} else {
				b = binary.AppendUvarint(append(b, long), uint64(len(s)))
			}
			b = append(b, s...)
		default:
			i := v.Int()
			u := uint64(i<<1) ^ uint64(i>>63)
			n := (bits.Len64(u) + 7) / 8
			b = append(b, byte(n+1))
			for range n {
				b = append(b, byte(u))
				u >>= 8
			}
		}
	}
	return b
}

func isText(k driver.Kind) bool {
	return k == driver.Text || k == driver.UUID || k == driver.Decimal || k == driver.JSON
}

// first splits a packed row behind its first value.
func first(s string) (value, rest string, null bool) {
	n := int(s[0])
	switch {
	case n == 0:
		return "", s[1:], true
	case n < long:
		return s[1:n], s[n:], false
	}
	n, at := 0, 1
	for shift := 0; ; shift += 7 {
		c := s[at]
		at++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return s[at : at+n], s[at+n:], false
}

func unpack(k driver.Kind, s string) driver.Value {
	if isText(k) {
		return driver.TextValue(s)
	}
	u := uint64(0)
	for i := len(s) - 1; i >= 0; i-- {
		u = u<<8 | uint64(s[i])
	}
	return driver.IntValue(int64(u>>1) ^ -int64(u&1))
}

// cell returns a stored column of a row, or the default of one that is newer than the row.
func (t *table) cell(r *record, c int) driver.Value {
	var v [1]driver.Value
	t.some(v[:], r, []int{c})
	return v[0]
}

// some puts the columns cols, which rise, of a row into vals, in one walk over it.
func (t *table) some(vals []driver.Value, r *record, cols []int) {
	s, at := r.row, 0
	for i, c := range cols {
		if c == tenantColumn {
			vals[i] = driver.TextValue(r.home.name)
			continue
		}
		for ; at < c && s != ""; at++ {
			switch n := int(s[0]); {
			case n == long:
				_, s, _ = first(s)
			default:
				s = s[max(n, 1):]
			}
		}
		if s == "" {
			vals[i] = t.cols[c].def
			continue
		}
		v, rest, null := first(s)
		if s, at = rest, c+1; null {
			vals[i] = driver.Null
		} else {
			vals[i] = unpack(t.cols[c].kind, v)
		}
	}
}

// cells appends all stored columns of a row.
func (t *table) cells(row driver.Row, r *record) driver.Row {
	s := r.row
	for c := range t.cols {
		if s == "" {
			row = append(row, t.cols[c].def)
			continue
		}
		v, rest, null := first(s)
		if s = rest; null {
			row = append(row, driver.Null)
		} else {
			row = append(row, unpack(t.cols[c].kind, v))
		}
	}
	return row
}
