package memory

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// The first byte of an encoded value. Null comes before everything else. A number of n bytes begins with tagInt+n, its bytes, the highest first,
// follow; a negative one with tagInt-1-n, the complements of the bytes of its complement follow. So larger ones come later, and small ones are short.
const (
	tagNull = 0
	tagText = 2
	tagInt  = 0x80
)

// appendValue encodes a value so that bytes compare as driver.Compare does, and so that no encoding begins another one.
func appendValue(b []byte, k driver.Kind, v driver.Value) []byte {
	if v.IsNull() {
		return append(b, tagNull)
	}
	switch k {
	case driver.Text, driver.Decimal, driver.JSON:
		return append(appendText(append(b, tagText), v.Text()), 0, 1)
	case driver.UUID:
		return append(append(b, tagText), v.Text()...)
	default:
		return appendInt(b, v.Int())
	}
}

func appendInt(b []byte, i int64) []byte {
	var flip uint64
	if i < 0 {
		flip = math.MaxUint64
	}
	u := uint64(i) ^ flip
	n := (bits.Len64(u) + 7) / 8
	if flip == 0 {
		b = append(b, byte(tagInt+n))
	} else {
		b = append(b, byte(tagInt-1-n))
	}
	for u ^= flip; n > 0; n-- {
		b = append(b, byte(u>>(8*n-8)))
	}
	return b
}

// appendText escapes zero bytes, so that a zero and a one can end a text: "a" stays before "a\x00" and "ab".
func appendText(b []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(b, s...)
		}
		b = append(append(b, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}

// after turns b into the least bytes above all that begin with b; nil means that there are none.
func after(b []byte) []byte {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return b[:i+1]
		}
	}
	return nil
}

// seqKey encodes a place in the order of commits.
func seqKey(seq uint64) (key [8]byte) {
	binary.BigEndian.PutUint64(key[:], seq)
	return key
}

// fits reports whether a value that is not null is one of the kind.
func fits(k driver.Kind, v driver.Value) bool {
	switch k {
	case driver.Text, driver.Decimal, driver.JSON:
		return v.Text() != "" || v == driver.TextValue("")
	case driver.UUID:
		return len(v.Text()) == 16
	case driver.Bool:
		return v == driver.BoolValue(v.Bool())
	default:
		return v == driver.IntValue(v.Int())
	}
}
