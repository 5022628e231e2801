package storage

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ID identifies a T. It is a UUID of version 7: new ones sort after old ones. The zero ID means none.
type ID[T any] [16]byte

// NewID makes an identifier for a row that is about to be inserted.
func NewID[T any](tx *Tx) ID[T] { return ID[T](tx.store.ids.next(tx.now)) }

// Random fills b from the store's source of randomness.
func (tx *Tx) Random(b []byte) {
	tx.store.ids.mu.Lock()
	defer tx.store.ids.mu.Unlock()
	tx.store.ids.random(b)
}

// ParseID reads the canonical text of an identifier.
func ParseID[T any](s string) (ID[T], error) {
	if len(s) != 36 {
		return ID[T]{}, invalid("id", CodeFormat, "an identifier has 36 characters")
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return ID[T]{}, invalid("id", CodeFormat, "not an identifier")
	}
	return ID[T](u), nil
}

// IsZero reports whether this is no identifier.
func (id ID[T]) IsZero() bool { return id == ID[T]{} }

// String returns the canonical text, "" for none.
func (id ID[T]) String() string {
	if id.IsZero() {
		return ""
	}
	var text [36]byte
	return string(id.append(text[:0]))
}

func (id ID[T]) append(b []byte) []byte {
	if id.IsZero() {
		return b
	}
	for i, n := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[:n])
		copy(id[:], id[n:])
	}
	return b
}

// AppendText appends the canonical text, nothing for none.
func (id ID[T]) AppendText(b []byte) ([]byte, error) { return id.append(b), nil }

// MarshalText writes the canonical text, "" for none.
func (id ID[T]) MarshalText() ([]byte, error) { return id.append(make([]byte, 0, 36)), nil }

// UnmarshalText reads the canonical text, "" for none.
func (id *ID[T]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID[T]{}
		return nil
	}
	v, err := ParseID[T](string(b))
	*id = v
	return err
}

// A Ref points to something of any package, or of the host: a customer, an actor, a document, a dimension's value. Kind is the name of
// a table ("billing.invoice") or a word of the host's; ID is any text. The zero Ref points nowhere; as an actor it is the system.
type Ref struct {
	Kind string `json:"kind,omitempty"`
	ID   string `json:"id,omitempty"`
}

// IsZero reports whether it points nowhere.
func (r Ref) IsZero() bool { return r == Ref{} }

// String returns "kind/id", "" for none.
func (r Ref) String() string {
	if r.IsZero() {
		return ""
	}
	return r.Kind + "/" + r.ID
}

// fault is what is wrong with the texts.
func (r Ref) fault() string {
	if code := textFault(r.Kind); code != "" {
		return code
	}
	return textFault(r.ID)
}

// RefID returns the identifier that a Ref to one of our own tables carries; ErrNotFound if it carries none.
func RefID[T any](r Ref) (ID[T], error) {
	id, err := ParseID[T](r.ID)
	if err != nil {
		return id, ErrNotFound.With("%s", r)
	}
	return id, nil
}

// idSource makes UUIDs of version 7 that rise strictly within the process: the millisecond, then a counter that starts at random
// in each millisecond, then randomness.
type idSource struct {
	mu     sync.Mutex
	random func([]byte)
	milli  int64
	count  uint32 // 28 bits: 12 in rand_a, 16 at the head of rand_b
	buf    [8]byte
}

func newIDSource() *idSource {
	var ahead [512]byte // asking for each identifier would cost more than making it
	used := len(ahead)
	return &idSource{random: func(b []byte) {
		if len(b) > len(ahead)-used {
			if len(b) > len(ahead)/2 {
				_, _ = rand.Read(b)
				return
			}
			_, _ = rand.Read(ahead[:])
			used = 0
		}
		n := copy(b, ahead[used:])
		clear(ahead[used : used+n])
		used += n
	}}
}

func (s *idSource) next(now time.Time) [16]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.buf
	s.random(r[:])
	if m := now.UnixMilli(); m > s.milli {
		s.milli, s.count = m, binary.BigEndian.Uint32(r[:4])>>5
	} else if s.count++; s.count >= 1<<28 {
		s.milli, s.count = s.milli+1, 0
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(s.milli)<<16|0x7000|uint64(s.count>>16))
	binary.BigEndian.PutUint64(id[8:], 0x8000000000000000|uint64(s.count&0xffff)<<46|(binary.BigEndian.Uint64(r[:])&(1<<46-1)))
	return id
}
