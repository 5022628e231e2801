package ledger

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Posted is an entry in the books. It never changes, but that a reversal is noted on it.
type Posted struct {
	ID storage.ID[Posted] `json:"id"`
	// Date is the business date, ValueDate when the money counts, At the instant of posting.
	Date      date.Date   `json:"date"`
	ValueDate date.Date   `json:"value_date"`
	At        time.Time   `json:"at"`
	By        storage.Ref `json:"by"`
	Text      string      `json:"text,omitempty"`
	Source    storage.Ref `json:"source"`
	Closing   bool        `json:"closing,omitempty"`
	Adjusting bool        `json:"adjusting,omitempty"`
	// Reverses is the entry that this one undoes; ReversedBy the one that undoes this.
	Reverses   storage.ID[Posted] `json:"reverses"`
	ReversedBy storage.ID[Posted] `json:"reversed_by"`
	// Detailed says that the entry carries something along, which is filled, with Corrects, where one entry is read: the entry
	// that this one stands instead of.
	Detailed bool               `json:"detailed,omitempty"`
	Corrects storage.ID[Posted] `json:"corrects"`
	Carried
	// Digest is the SHA-256 of all this, in hexadecimal; see the file digest.go for its bytes.
	Digest string `json:"digest"`
	// Salt and TextDigest stand for the texts in the digest, so that texts can be erased.
	Salt       string `json:"salt,omitempty"`
	TextDigest string `json:"text_digest,omitempty"`
	// Balances is what the live accounts hold after this entry, at its date; filled where it is posted, and where its key comes again.
	Balances []LiveBalance `json:"balances,omitempty"`
	// Legs is filled where one entry is read.
	Legs []PostedLeg `json:"legs,omitempty"`

	exception storage.ID[Exception] // that it needed, while it is being posted
}

// Ref points to the entry.
func (p *Posted) Ref() storage.Ref { return entries.Ref(p.ID) }

// A PostedLeg is a leg in the books.
type PostedLeg struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	Text    string       `json:"text,omitempty"`
	Parts   []Part       `json:"parts"`
	// Due and Value are those of its open item; see Leg.
	Due   date.Date    `json:"due,omitzero"`
	Value money.Amount `json:"value,omitzero"`
}

// A Part is an amount with one value in each dimension; the parts of a leg sum to it.
type Part struct {
	Amount money.Amount `json:"amount"`
	Dims   Dims         `json:"dims"`
}

// part is a row: everything that is ever summed. It is written in one transaction with its entry, whose digest seals it and whose audit
// finds what belongs to none, so no foreign key is paid for with each.
type part struct {
	Entry    storage.ID[Posted]
	Leg, No  int
	Account  string
	Currency money.Currency
	Date     date.Date
	Month    int
	Closing  bool
	Amount   int64 // at the currency's scale
	Credit   bool  // so that a sum can keep the sides apart
	Text     string
	Dims     Dims

	asked *Leg // what an open item is to know; not stored
}

// monthOf is how months are kept: 201703.
func monthOf(d date.Date) int {
	y, m, _ := d.Date()
	return y*100 + int(m)
}

var (
	entries = storage.Define("ledger.entry", func(p *Posted) []storage.Field {
		return []storage.Field{
			storage.UUID("id", &p.ID).Key(), storage.Date("date", &p.Date),
			storage.Date("value_date", &p.ValueDate), storage.Instant("at", &p.At),
			storage.RefTo("by", &p.By), storage.Text("text", &p.Text).Limit(MaxText).Personal(), storage.RefTo("source", &p.Source),
			storage.Bool("closing", &p.Closing), storage.UUID("reverses", &p.Reverses), storage.UUID("reversed_by", &p.ReversedBy),
			storage.Bool("detailed", &p.Detailed), storage.Bool("adjusting", &p.Adjusting),
			storage.Text("digest", &p.Digest).Limit(64), storage.Text("salt", &p.Salt).Limit(64),
			storage.Text("text_digest", &p.TextDigest).Limit(64),
		}
	}, storage.Tailed(), storage.Index("date", "date"), storage.Index("source", "source"))

	parts = storage.Define("ledger.part", func(p *part) []storage.Field {
		dims := p.Dims.fields()
		return append([]storage.Field{
			storage.UUID("entry", &p.Entry).Key(), storage.Int("leg", &p.Leg).Key(), storage.Int("part", &p.No).Key(),
			storage.Text("account", &p.Account).Limit(maxCode),
			storage.Text("currency", &p.Currency).Limit(32), storage.Date("date", &p.Date),
			storage.Int("month", &p.Month), storage.Bool("closing", &p.Closing),
			storage.Int("amount", &p.Amount), storage.Bool("credit", &p.Credit),
			storage.Text("text", &p.Text).Limit(MaxText).Personal(),
		}, dims[:]...)
	}, storage.Index("account", "account", "date"), storage.Index("date", "date"))
)

// Divide splits a leg at a scale into its parts, which sum to it exactly: the method of money.Allocate. Parts of nothing are
// left out, unless all are.
//
// Errors: money.ErrWeights, money.ErrInexact, money.ErrOverflow.
func (l Leg) Divide(scale int) ([]Part, error) {
	if len(l.Split) == 0 {
		return []Part{{l.Amount, l.Dims}}, nil
	}
	weights := make([]decimal.Decimal, len(l.Split))
	for i, s := range l.Split {
		weights[i] = s.Weight
	}
	amounts, err := l.Amount.AllocateAt(scale, weights...)
	if err != nil {
		return nil, err
	}
	var out []Part
	for i, a := range amounts {
		if !a.IsZero() {
			out = append(out, Part{a, l.Split[i].Dims.Or(l.Dims)})
		}
	}
	if out == nil {
		out = []Part{{l.Amount, l.Dims}}
	}
	return out, nil
}

// minor is an amount in units of the scale, or the code of what is wrong.
func minor(a money.Amount, scale int) (int64, string) {
	n, err := a.MinorAt(scale)
	switch {
	case errors.Is(err, money.ErrInexact):
		return 0, storage.CodeScale
	case err != nil || n > MaxMinor || n < -MaxMinor:
		return 0, storage.CodeRange
	}
	return n, ""
}
