package memory

import (
	"encoding/binary"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// The first byte of an encoded value. Null comes before everything else.
const (
	tagNull = iota
	tagInt
	tagText
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
		return binary.BigEndian.AppendUint64(append(b, tagInt), uint64(v.Int())^1<<63)
	}
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
