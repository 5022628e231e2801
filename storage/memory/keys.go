package memory

import "github.com/tutas/tutas/storage/driver"

// keySet holds the encoded keys of one row in the stored order: where it stands in each tree of its table. It is reused from row to row.
type keySet struct {
	primary []byte
	index   []indexKey
	buf     []byte
	ends    []int
}

type indexKey struct {
	key    []byte // nil where a sparse index leaves the record out
	cols   int    // how many leading bytes are the indexed columns; the rest is the primary key
	unique bool   // these columns must be unique
}

// fill encodes all keys, one after the other; they are good until the next fill.
func (k *keySet) fill(t *table, row driver.Row) {
	b := t.keyOf(k.buf[:0], row)
	primary := len(b)
	k.index, k.ends = k.index[:0], k.ends[:0]
	for _, ix := range t.indexes {
		begin, unique := len(b), ix.unique
		if !ix.sparse || !row[ix.cols[0]].IsNull() {
			for _, c := range ix.cols {
				v := row[c]
				unique = unique && !v.IsNull()
				b = appendValue(b, t.cols[c].kind, v)
			}
			k.index = append(k.index, indexKey{cols: len(b) - begin, unique: unique})
			b = append(b, b[:primary]...)
		} else {
			k.index = append(k.index, indexKey{})
		}
		k.ends = append(k.ends, len(b))
	}
	k.primary, k.buf = b[:primary], b
	for i, begin := 0, primary; i < len(k.ends); i++ {
		if k.ends[i] > begin {
			k.index[i].key = b[begin:k.ends[i]]
		}
		begin = k.ends[i]
	}
}

// global puts the tenant between the columns and the primary key.
func (k *indexKey) global(tenant string) []byte {
	b := make([]byte, 0, len(k.key)+len(tenant)+3)
	b = append(b, k.key[:k.cols]...)
	b = appendValue(b, driver.Text, driver.TextValue(tenant))
	return append(b, k.key[k.cols:]...)
}
