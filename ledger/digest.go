package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"github.com/tutas/tutas/storage"
)

// The digest of an entry is the SHA-256 of these bytes, a number being its zig-zag varint and a text its length as an
// unsigned varint and its bytes:
//
//	text   "tutas.ledger.entry.1"
//	bytes  ID (16)
//	number date, number value date: days since 1970-01-01
//	number instant of posting: microseconds since 1970
//	text   actor's kind, text its ID; text source's kind, text its ID
//	bytes  ID of the reversed entry (16), zero for none
//	number 1 for a closing entry, 2 for an adjusting one, 3 for both, else 0
//	text   TextDigest
//	number of attachments, then for each: text its kind, text its ID
//	number of parts, then for each, by leg and part:
//	  number leg, number part, text account, text currency, number amount in units of the currency's scale
//	  for each dimension with a value: text its name, text the value; then an empty text
//
// The TextDigest is empty where no text is. Else it is the SHA-256, in hexadecimal, of the salt as it is stored, and then as
// texts the entry's text and that of each part, and the names and values of its metadata in bytewise order of names. Erasing texts together with the salt leaves every digest valid, and what was
// said cannot be guessed from it.
const digestForm = "tutas.ledger.entry.1"

func hexText(sum [sha256.Size]byte) string {
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendRef(b []byte, r storage.Ref) []byte { return appendText(appendText(b, r.Kind), r.ID) }

func appendDims(b []byte, d *Dims) []byte {
	if *d != (Dims{}) {
		for i, p := range d.all() {
			if *p != "" {
				b = appendText(appendText(b, string(dimensions[i])), *p)
			}
		}
	}
	return append(b, 0)
}

// digest computes the digest of a posted entry with its parts in order.
func (p *Posted) digest(b []byte, rows []*part) (string, []byte) {
	b = appendText(b[:0], digestForm)
	b = append(b, p.ID[:]...)
	b = binary.AppendVarint(b, p.Date.Days())
	b = binary.AppendVarint(b, p.ValueDate.Days())
	b = binary.AppendVarint(b, p.At.UnixMicro())
	b = appendRef(appendRef(b, p.By), p.Source)
	b = append(b, p.Reverses[:]...)
	kind := int64(0)
	if p.Closing {
		kind |= 1
	}
	if p.Adjusting {
		kind |= 2
	}
	b = appendText(binary.AppendVarint(b, kind), p.TextDigest)
	b = binary.AppendVarint(b, int64(len(p.Attachments)))
	for _, r := range p.Attachments {
		b = appendRef(b, r)
	}
	b = binary.AppendVarint(b, int64(len(rows)))
	for _, r := range rows {
		b = binary.AppendVarint(binary.AppendVarint(b, int64(r.Leg)), int64(r.No))
		b = appendText(appendText(b, r.Account), string(r.Currency))
		b = appendDims(binary.AppendVarint(b, r.Amount), &r.Dims)
	}
	sum := sha256.Sum256(b)
	return hexText(sum), b
}

// textDigest computes the digest of an entry's texts under its salt.
func (p *Posted) textDigest(b []byte, rows []*part) (string, []byte) {
	b = append(b[:0], p.Salt...)
	b = appendText(b, p.Text)
	for _, r := range rows {
		b = appendText(b, r.Text)
	}
	b = p.appendMeta(b)
	sum := sha256.Sum256(b)
	return hexText(sum), b
}

func (c *Carried) appendMeta(b []byte) []byte {
	for _, name := range c.names() {
		b = appendText(appendText(b, name), c.Meta[name])
	}
	return b
}

func (p *Posted) hasText(rows []*part) bool {
	if p.Text != "" || len(p.Meta) > 0 {
		return true
	}
	for _, r := range rows {
		if r.Text != "" {
			return true
		}
	}
	return false
}

// seal gives a new entry its salt and digests.
func (p *Posted) seal(tx *storage.Tx, b []byte, rows []*part) []byte {
	if p.hasText(rows) {
		var salt [16]byte
		tx.Random(salt[:])
		p.Salt = hex.EncodeToString(salt[:])
		p.TextDigest, b = p.textDigest(b, rows)
	}
	p.Digest, b = p.digest(b, rows)
	return b
}

// content is the entry as its key knows it: every field, so that another content under the same key is found out.
func (e *Entry) content() []byte {
	b := make([]byte, 0, 256)
	b = appendRef(appendText(b, "tutas.ledger.post.1"), e.By)
	b = binary.AppendVarint(binary.AppendVarint(b, e.Date.Days()), e.ValueDate.Days())
	b = appendRef(appendText(b, e.Text), e.Source)
	flags := byte(0)
	if e.Closing {
		flags |= 1
	}
	if e.AllowZero {
		flags |= 2
	}
	if e.Adjusting {
		flags |= 4
	}
	for i := range e.Legs {
		if e.Legs[i].terms() {
			flags |= 8
		}
	}
	if e.AllowSelf {
		flags |= 16
	}
	b = binary.AppendUvarint(append(b, flags), uint64(len(e.Legs)))
	for i := range e.Legs {
		l := &e.Legs[i]
		b = appendText(b, l.Account)
		var number [64]byte
		text, _ := l.Amount.AppendText(number[:0]) // never fails
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		b = appendDims(appendText(b, l.Text), &l.Dims)
		if flags&8 != 0 {
			b = appendText(binary.AppendVarint(b, l.Due.Days()), l.Value.String())
		}
		b = binary.AppendUvarint(b, uint64(len(l.Split)))
		for j := range l.Split {
			b = appendDims(appendText(b, l.Split[j].Weight.String()), &l.Split[j].Dims)
		}
	}
	return e.appendCarried(appendText(b, e.Exchange))
}

func (c *Carried) appendCarried(b []byte) []byte {
	b = c.appendMeta(binary.AppendUvarint(b, uint64(len(c.Meta))))
	b = binary.AppendUvarint(b, uint64(len(c.Attachments)))
	for _, r := range c.Attachments {
		b = appendRef(b, r)
	}
	if len(c.Fields) == 0 {
		return append(b, 0)
	}
	fields, _ := json.Marshal(c.Fields) // in the order of names
	return appendText(b, string(fields))
}
