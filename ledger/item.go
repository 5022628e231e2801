package ledger

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An ItemKey names an open item: a leg of an entry, counted from 1.
type ItemKey struct {
	Entry storage.ID[Posted] `json:"entry"`
	Leg   int                `json:"leg"`
	// Part tells items of one leg apart where the leg is split over several parties; 0 is the first.
	Part int `json:"part,omitempty"`
}

// A Party is whom an item is about: a value in one of the dimensions Customer, Supplier and Person.
type Party struct {
	Dimension Dimension `json:"dimension,omitempty"`
	ID        string    `json:"id,omitempty"`
}

// Dims returns the dimensions that name the party.
func (p Party) Dims() Dims { return Dims{}.With(p.Dimension, p.ID) }

// PartyOf finds the party of an amount on an account of a type: of several values the customer on assets, the supplier on
// liabilities, a person only if there is neither.
func PartyOf(t Type, d Dims) Party {
	order := [...]Dimension{Customer, Supplier, Person}
	if t == Liability {
		order[0], order[1] = Supplier, Customer
	}
	for _, which := range order {
		if id := d.Of(which); id != "" {
			return Party{which, id}
		}
	}
	return Party{}
}

// An Item is a leg on an account with Items: an invoice, a payment, an advance. It is open until other legs match it.
type Item struct {
	ItemKey
	Version int64  `json:"version"`
	Account string `json:"account"`
	Party   Party  `json:"party"`
	// Date is that of the entry, Due the day by which it is to be settled.
	Date date.Date `json:"date"`
	Due  date.Date `json:"due"`
	// Amount is a debit if positive; Open is what is not matched, of the same sign.
	Amount money.Amount `json:"amount"`
	Open   money.Amount `json:"open"`
	// Value is what the amount was booked at in base currency, OpenValue what of it is not matched. Where there is neither an
	// exchange leg nor a rate an amount is worth itself.
	Value     money.Amount `json:"value"`
	OpenValue money.Amount `json:"open_value"`
	// Since is the first day on which it may be matched: its date, or the day on which it was last unmatched. Closed is the
	// day from which nothing of it is open, no date while something is.
	Since  date.Date   `json:"since"`
	Closed date.Date   `json:"closed"`
	Source storage.Ref `json:"source"`
}

// item is how an Item is kept.
type item struct {
	Entry         storage.ID[Posted]
	Leg, Part     int
	Version       int64
	Account       string
	Currency      money.Currency
	Dimension     Dimension
	Party         string
	Date, Due     date.Date
	Amount, Open  int64
	Base          money.Currency
	Value, Worth  int64 // Worth is the value of what is open
	Booked        bool  // the value is in the books, and not a rate's
	Since, Closed date.Date
	Last          date.Date // the latest day of a match
	Source        storage.Ref
}

// forever stands for the day on which what is open is closed, so that one condition tells what was open as of a day.
var forever = date.Must(9999, 12, 31)

var items = storage.Define("ledger.item", func(i *item) []storage.Field {
	return []storage.Field{
		storage.UUID("entry", &i.Entry).Key(), storage.Int("leg", &i.Leg).Key(), storage.Int("part", &i.Part).Key(),
		storage.Version(&i.Version), storage.Text("account", &i.Account).Limit(maxCode), storage.Text("currency", &i.Currency).Limit(32),
		storage.Text("dimension", &i.Dimension).Limit(32), storage.Text("party", &i.Party).Limit(maxValue),
		storage.Date("date", &i.Date), storage.Date("due", &i.Due), storage.Int("amount", &i.Amount), storage.Int("open", &i.Open),
		storage.Text("base", &i.Base).Limit(32), storage.Int("value", &i.Value), storage.Int("open_value", &i.Worth),
		storage.Bool("booked", &i.Booked),
		storage.Date("since", &i.Since), storage.Date("closed", &i.Closed),
		storage.Date("last", &i.Last).Optional(), storage.RefTo("source", &i.Source),
	}
}, storage.Rank(20), storage.ChildOf(entries, "entry"), storage.Index("account", "account", "closed", "due"),
	storage.Index("party", "party", "date"))

func (i *item) key() ItemKey { return ItemKey{i.Entry, i.Leg, i.Part} }

func (k ItemKey) row() *item { return &item{Entry: k.Entry, Leg: k.Leg, Part: max(k.Part, 1)} }

// place is where an item stands: only items of one place can be matched.
func (i *item) place() itemPlace {
	return itemPlace{i.Account, i.Currency, Party{i.Dimension, i.Party}}
}

type itemPlace struct {
	account  string
	currency money.Currency
	party    Party
}

// take lets go of a part of what is open, and answers what it was worth: in proportion, and the rest with the last part.
func (i *item) take(n int64, on date.Date) int64 {
	worth := i.Worth
	if n != i.Open {
		worth = portion(i.Worth, n, i.Open)
	}
	i.Open, i.Worth, i.Last = i.Open-n, i.Worth-worth, date.Later(i.Last, on)
	if i.Open == 0 {
		i.Closed = i.Last
	}
	return worth
}

// portion is total * n / of, rounded half away from zero; n is between nothing and of.
func portion(total, n, of int64) int64 {
	hi, lo := bits.Mul64(size(total), size(n))
	quo, rem := bits.Div64(hi, lo, size(of))
	if rem >= size(of)-rem {
		quo++
	}
	if total < 0 {
		return -int64(quo)
	}
	return int64(quo)
}

func size(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// giveBack undoes take.
func (i *item) giveBack(n, worth int64, from date.Date) {
	i.Open, i.Worth, i.Closed, i.Since = i.Open+n, i.Worth+worth, forever, date.Later(i.Since, from)
}

// shown makes an Item of a row.
func (r Rules) shown(i *item) (out Item, err error) {
	out = Item{ItemKey: i.key(), Version: i.Version, Account: i.Account, Party: Party{i.Dimension, i.Party}, Date: i.Date,
		Due: i.Due, Since: i.Since, Closed: i.Closed, Source: i.Source}
	if out.Closed == forever {
		out.Closed = date.Date{}
	}
	for _, f := range []struct {
		to *money.Amount
		c  money.Currency
		n  int64
	}{{&out.Amount, i.Currency, i.Amount}, {&out.Open, i.Currency, i.Open}, {&out.Value, i.Base, i.Value},
		{&out.OpenValue, i.Base, i.Worth}} {
		if *f.to, err = r.amount(f.c, f.n); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (k ItemKey) compare(o ItemKey) int {
	return cmp.Or(slices.Compare(k.Entry[:], o.Entry[:]), cmp.Compare(k.Leg, o.Leg), cmp.Compare(k.Part, o.Part))
}

func (p itemPlace) compare(o itemPlace) int {
	return cmp.Or(strings.Compare(p.account, o.account), strings.Compare(string(p.currency), string(o.currency)),
		strings.Compare(string(p.party.Dimension), string(o.party.Dimension)), strings.Compare(p.party.ID, o.party.ID))
}
