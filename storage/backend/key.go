package backend

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// AppendValue appends a value to a key, so that the bytes of two keys compare as the lists of their values do, nulls
// first, and no key is the beginning of another one with as many values. Numbers have eight bytes with the sign turned;
// texts end in 0, 1, and a 0 in them becomes 0, 255.
func AppendValue(dst []byte, k driver.Kind, v driver.Value) []byte {
	switch {
	case v.IsNull():
		return append(dst, 0)
	case isText(k):
		dst = append(dst, 1)
		dst = append(dst, strings.ReplaceAll(v.Text(), "\x00", "\x00\xff")...)
		return append(dst, 0, 1)
	}
	return binary.BigEndian.AppendUint64(append(dst, 1), uint64(v.Int())^1<<63)
}

// CutValue reads the value at the front of a key, and returns the rest. Of bytes that AppendValue did not write it
// makes nulls.
func CutValue(key []byte, k driver.Kind) (driver.Value, []byte) {
	if len(key) == 0 || key[0] != 1 {
		return driver.Null, key[min(1, len(key)):]
	}
	if key = key[1:]; isText(k) {
		text, rest, _ := bytes.Cut(key, []byte{0, 1})
		return driver.TextValue(strings.ReplaceAll(string(text), "\x00\xff", "\x00")), rest
	}
	if len(key) < 8 {
		return driver.Null, nil
	}
	return driver.IntValue(int64(binary.BigEndian.Uint64(key) ^ 1<<63)), key[8:]
}

func isText(k driver.Kind) bool {
	return k == driver.Text || k == driver.UUID || k == driver.Decimal || k == driver.JSON
}
