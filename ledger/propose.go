package ledger

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An Incoming is money, or a credit note, that looks for the items that it settles.
type Incoming struct {
	// Amount is the leg's: a debit if positive. It settles items of the opposite sign and of its currency.
	Amount money.Amount `json:"amount"`
	// Party keeps items of one party; zero is any.
	Party Party `json:"party"`
	// Sources are documents that it names, and Reference is a text in which it may name them, by the ID of their source.
	Sources   []storage.Ref `json:"sources,omitempty"`
	Reference string        `json:"reference,omitempty"`
}

// Propose chooses items that a payment settles, with the amounts that it has for them, in the order of use. First comes what it
// names; if one item is open by exactly what is left, that one; then what is due first, as far as the money goes. It is a pure
// rule; what it proposes goes into Match beside the payment's own item.
func Propose(items []Item, in Incoming) (list []MatchItem) {
	left := in.Amount.Abs()
	var open []Item
	for _, i := range items {
		if i.Open.Currency() == left.Currency() && i.Open.Sign()*in.Amount.Sign() < 0 && (in.Party == (Party{}) || in.Party == i.Party) {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b Item) int {
		return cmp.Or(in.rank(a)-in.rank(b), a.Due.Compare(b.Due), a.Date.Compare(b.Date), a.ItemKey.compare(b.ItemKey))
	})
	use := func(i Item) {
		n := i.Open.Abs()
		if less, err := left.Cmp(n); err != nil || less < 0 {
			n = left
		}
		left, _ = left.Sub(n)
		list = append(list, MatchItem{Item: i.ItemKey, Amount: n})
	}
	named := 0
	for named < len(open) && in.rank(open[named]) < in.strangers() && !left.IsZero() {
		use(open[named])
		named++
	}
	if at := slices.IndexFunc(open[named:], func(i Item) bool { return i.Open.Abs().Equal(left) }); at >= 0 && !left.IsZero() {
		use(open[named+at])
		return list
	}
	for _, i := range open[named:] {
		if left.IsZero() {
			break
		}
		use(i)
	}
	return list
}

// rank is the place of an item among what is named.
func (in Incoming) rank(i Item) int {
	if at := slices.Index(in.Sources, i.Source); at >= 0 && !i.Source.IsZero() {
		return at
	}
	if i.Source.ID != "" && mentions(in.Reference, i.Source.ID) {
		return len(in.Sources)
	}
	return in.strangers()
}

// strangers is the rank of what is not named.
func (in Incoming) strangers() int { return len(in.Sources) + 1 }

// mentions reports whether a text has a word in it, whatever the case; letters and digits around make it another word.
func mentions(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !part(before) && !part(after) {
			return true
		}
		from = at + 1
	}
}
