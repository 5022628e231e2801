// The sealed log: entries get dense sequence numbers and a chain of hashes, kept in blocks.

package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/tutas/tutas/storage"
)

// The chain. Each sealed entry has a sequence number, 1, 2, 3 and so on, and a hash: the SHA-256 of these bytes, numbers and
// texts being written as in digest.go:
//
//	text   "tutas.ledger.chain.1"
//	number sequence
//	bytes  hash of the entry before (32), zero for the first
//	bytes  ID of the entry (16)
//	bytes  its Digest (32)
//
// So the hash at a sequence stands for all entries up to it, in their order, and does not depend on how they are kept.
//
// They are kept in blocks of up to 512 entries, which are written once and never changed. The Lines of a block are the base64
// (RFC 4648, standard, without padding) of 56 bytes for each entry: its ID (16), its digest (32), and the first 8 bytes of its
// hash, which tell the line that was edited. Previous and Hash are the hashes before its first and after its last entry, in
// hexadecimal; First is the sequence of its first entry; Low and High are the smallest and the largest ID in it.
//
// At is when it was sealed, never before an entry in it or the block before it. Its Digest is the SHA-256 of
//
//	text   "tutas.ledger.block.1"
//	number number of the block, number first, number count
//	text   previous, text hash
//	number instant: microseconds since 1970
const (
	chainForm = "tutas.ledger.chain.1"
	blockForm = "tutas.ledger.block.1"
)

// MaxBlock is the most entries of a block.
const MaxBlock = 512

// markSize is how much of a hash a line keeps, lineSize how long a line is.
const (
	markSize = 8
	lineSize = 16 + sha256.Size + markSize
)

// hash is a link of the chain.
type hash [sha256.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:]) }

// parseHash reads hexadecimal; false if it is no hash.
func parseHash(s string) (h hash, ok bool) {
	if len(s) != 2*len(h) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err == nil
}

// next is the hash of the entry after this one.
func (h hash) next(sequence int64, id storage.ID[Posted], digest hash) hash {
	var b [len(chainForm) + 1 + binary.MaxVarintLen64 + len(h) + len(id) + len(digest)]byte
	at := binary.AppendVarint(appendText(b[:0], chainForm), sequence)
	at = append(append(append(at, h[:]...), id[:]...), digest[:]...)
	return sha256.Sum256(at)
}

// A block is a row: some entries that were sealed together.
type block struct {
	Number       int64
	First, Count int64
	Previous     string
	Hash         string
	At           time.Time
	Low, High    string
	Lines        string
	Digest       string
}

var blocks = storage.Define("ledger.block", func(b *block) []storage.Field {
	return []storage.Field{
		storage.Int("number", &b.Number).Key(), storage.Int("first", &b.First), storage.Int("count", &b.Count),
		storage.Text("previous", &b.Previous).Limit(64), storage.Text("hash", &b.Hash).Limit(64), storage.Instant("at", &b.At),
		storage.Text("low", &b.Low).Limit(36), storage.Text("high", &b.High).Limit(36),
		storage.Text("lines", &b.Lines), storage.Text("digest", &b.Digest).Limit(64),
	}
}, storage.Index("high", "high"))

// last is the sequence of the block's last entry, 0 where there is no block.
func (b *block) last() int64 { return max(b.First+b.Count-1, 0) }

// digest computes what stands for the row itself.
func (b *block) digest() string {
	raw := appendText(nil, blockForm)
	raw = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(raw, b.Number), b.First), b.Count)
	raw = binary.AppendVarint(appendText(appendText(raw, b.Previous), b.Hash), b.At.UnixMicro())
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// A line is an entry in a block.
type line struct {
	id     storage.ID[Posted]
	digest hash
	mark   [markSize]byte
}

// lines unpacks a block; false if it is not whole.
func (b *block) lines() ([]line, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(b.Lines)
	whole := err == nil && len(raw)%lineSize == 0 && int64(len(raw)/lineSize) == b.Count
	out := make([]line, len(raw)/lineSize)
	for i := range out {
		l := raw[i*lineSize:]
		copy(out[i].id[:], l)
		copy(out[i].digest[:], l[len(out[i].id):])
		copy(out[i].mark[:], l[lineSize-markSize:])
	}
	return out, whole
}

// seal makes the block after one, of entries in their order. A digest that is none is sealed as zeros, so that sealing goes on
// and Verify names the entry.
func (b *block) seal(list []*Posted, at time.Time) *block {
	n := &block{Number: b.Number + 1, First: b.last() + 1, Count: int64(len(list)), Previous: b.Hash, At: at}
	if n.At.Before(b.At) {
		n.At = b.At
	}
	h, _ := parseHash(b.Hash)
	if b.Number == 0 {
		n.Previous = h.String()
	}
	raw := make([]byte, 0, len(list)*lineSize)
	low, high := list[0].ID.String(), list[0].ID.String()
	for i, p := range list {
		digest, ok := parseHash(p.Digest)
		if !ok {
			digest = hash{}
		}
		h = h.next(n.First+int64(i), p.ID, digest)
		raw = append(append(append(raw, p.ID[:]...), digest[:]...), h[:markSize]...)
		low, high = min(low, p.ID.String()), max(high, p.ID.String())
		if p.At.After(n.At) {
			n.At = p.At
		}
	}
	n.Hash, n.Low, n.High, n.Lines = h.String(), low, high, base64.RawStdEncoding.EncodeToString(raw)
	n.Digest = n.digest()
	return n
}
