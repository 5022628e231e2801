package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Match settles open items with one another: debits with credits, partly or whole, any number of each.
type Match struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	Why string      `json:"why,omitempty"`
	// Date is the day from which they count as settled; no date is the first day on which all of them can be.
	Date date.Date `json:"date"`
	// Source is the document behind it, and that of the entries that it posts. Items on control accounts demand one of their
	// sub-ledger.
	Source storage.Ref `json:"source"`
	// Entry, if there is one, is posted first, in the same transaction and under the key of the match: a payment, say. Items that
	// name no entry are its legs.
	Entry *Entry      `json:"entry,omitempty"`
	Items []MatchItem `json:"items"`
	// Move lets items of several accounts or parties settle one another: an entry moves the amounts to the account and party
	// of the first item, or where neither of two is there, from the credit's to the debit's. Without it only items of one
	// account and party can.
	Move bool `json:"move,omitempty"`
	// Dims are further dimensions of legs that the match posts on the items' accounts.
	Dims     Dims      `json:"dims"`
	Discount *Discount `json:"discount,omitempty"`
	WriteOff *WriteOff `json:"write_off,omitempty"`
}

// A MatchItem is what of an item takes part in a match.
type MatchItem struct {
	Item ItemKey `json:"item"`
	// Amount, above nothing, is used to the last unit or the match is refused; zero is as much as fits.
	Amount money.Amount `json:"amount,omitzero"`
}

// A Discount is granted to whoever pays early: if by the last day all is paid but what it comes to, the rest is posted to its
// accounts. The discount of a foreign currency is valued as the item that it reduces.
type Discount struct {
	// Until is the last day; the items that pay must not be later. No date is no limit.
	Until date.Date `json:"until"`
	// Parts are what it is made of, revenue and tax say, in the items' currency and above nothing.
	Parts []DiscountPart `json:"parts"`
}

// A DiscountPart is an amount of a discount and where it is posted.
type DiscountPart struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	Dims    Dims         `json:"dims"`
}

// A WriteOff gives up what remains open of the items, or keeps what was paid too much.
type WriteOff struct {
	Account string `json:"account"`
	// Max is the most that may be written off of its currency; other currencies are left open. Zero is no limit.
	Max  money.Amount `json:"max,omitzero"`
	Dims Dims         `json:"dims"`
}

// Matched is a match that was made.
type Matched struct {
	ID      storage.ID[Matched] `json:"id"`
	Version int64               `json:"version"`
	Date    date.Date           `json:"date"`
	At      time.Time           `json:"at"`
	By      storage.Ref         `json:"by"`
	Why     string              `json:"why,omitempty"`
	Source  storage.Ref         `json:"source"`
	// Reversal says that an entry was reversed, and nothing else.
	Reversal bool `json:"reversal,omitempty"`
	// Posted is the entry that was posted first; it is not undone with the match.
	Posted storage.ID[Posted] `json:"posted"`
	// Moved, Discounted, WrittenOff and Exchanged are the entries that it posted, none where there was no need.
	Moved      storage.ID[Posted] `json:"moved"`
	Discounted storage.ID[Posted] `json:"discounted"`
	WrittenOff storage.ID[Posted] `json:"written_off"`
	Exchanged  storage.ID[Posted] `json:"exchanged"`
	// Undone is the day from which it does not count any more, no date while it does.
	Undone date.Date `json:"undone"`
	// Pairs says what settled what; it is filled where one match is read.
	Pairs []Pair `json:"pairs,omitempty"`
}

// A Pair is a debit and a credit that settle each other.
type Pair struct {
	Debit  ItemKey      `json:"debit"`
	Credit ItemKey      `json:"credit"`
	Amount money.Amount `json:"amount"`
	// DebitValue and CreditValue are what the two were booked at; CreditValue is negative. Their sum is a loss, or a gain if
	// negative.
	DebitValue  money.Amount `json:"debit_value"`
	CreditValue money.Amount `json:"credit_value"`
}

// pair is how a Pair is kept.
type pair struct {
	Match                   storage.ID[Matched]
	No                      int
	Account                 string
	Currency                money.Currency
	Debit, Credit           ItemKey
	Amount                  int64
	Base                    money.Currency
	DebitWorth, CreditWorth int64
	Date, Until             date.Date // it counts from Date on and before Until
}

var (
	matches = storage.Define("ledger.match", func(m *Matched) []storage.Field {
		return []storage.Field{
			storage.UUID("id", &m.ID).Key(), storage.Version(&m.Version), storage.Date("date", &m.Date), storage.Instant("at", &m.At),
			storage.RefTo("by", &m.By), storage.Text("why", &m.Why).Limit(MaxText).Personal(), storage.RefTo("source", &m.Source),
			storage.Bool("reversal", &m.Reversal), storage.UUID("moved", &m.Moved), storage.UUID("discounted", &m.Discounted),
			storage.UUID("written_off", &m.WrittenOff), storage.UUID("exchanged", &m.Exchanged),
			storage.Date("undone", &m.Undone).Optional(), storage.UUID("posted", &m.Posted),
		}
	}, storage.Rank(19), storage.Index("date", "date"), storage.Index("source", "source"))

	pairs = storage.Define("ledger.pair", func(p *pair) []storage.Field {
		return []storage.Field{
			storage.UUID("match", &p.Match).Key(), storage.Int("no", &p.No).Key(), storage.Text("account", &p.Account).Limit(maxCode),
			storage.Text("currency", &p.Currency).Limit(32),
			storage.UUID("debit", &p.Debit.Entry), storage.Int("debit_leg", &p.Debit.Leg), storage.Int("debit_part", &p.Debit.Part),
			storage.UUID("credit", &p.Credit.Entry), storage.Int("credit_leg", &p.Credit.Leg), storage.Int("credit_part", &p.Credit.Part),
			storage.Int("amount", &p.Amount), storage.Text("base", &p.Base).Limit(32),
			storage.Int("debit_value", &p.DebitWorth), storage.Int("credit_value", &p.CreditWorth),
			storage.Date("date", &p.Date), storage.Date("until", &p.Until),
		}
	}, storage.ChildOf(matches, "match"), storage.Index("debit", "debit", "until"), storage.Index("credit", "credit", "until"),
		storage.Index("until", "until", "date"))
)

// MatchedPayload tells followers of a match; its pairs are read with Books.Matched.
type MatchedPayload struct {
	Date   date.Date   `json:"date"`
	Source storage.Ref `json:"source"`
	Undone date.Date   `json:"undone"`
}

// The events of each match that was made, and of each that was undone.
var (
	ItemsMatched   = event.NewType[MatchedPayload]("ledger.items.matched")
	ItemsUnmatched = event.NewType[MatchedPayload]("ledger.items.unmatched")
)

// Refusals of matches.
var (
	// ErrOverMatched: more is to be matched than is open.
	ErrOverMatched = storage.NewError("ledger.over_matched", "more is to be matched than is open")
	// ErrNoCounterpart: there is nothing on the other side that it could settle.
	ErrNoCounterpart = storage.NewError("ledger.no_counterpart", "there is nothing to match it with")
	// ErrWriteOff: more remains than may be written off.
	ErrWriteOff = storage.NewError("ledger.write_off", "more remains than may be written off")
	// ErrMatched: items of the entry are matched.
	ErrMatched = storage.NewError("ledger.matched", "items of the entry are matched")
	// ErrUnmatched: the match was undone before, or came of a reversal and ends with that only.
	ErrUnmatched = storage.NewError("ledger.unmatched", "the match cannot be undone")
)

const (
	verbMatch   = "ledger.items.match"
	verbUnmatch = "ledger.items.unmatch"
)

// MaxMatch is how many items a match may have.
const MaxMatch = 2000

// Ref points to the match.
func (m *Matched) Ref() storage.Ref { return matches.Ref(m.ID) }

// Match settles items and posts what goes with it, in one transaction: what is written off, a discount, and the difference
// between the values of what settles each other in foreign currency, as a gain or loss in base currency. Where the payment is in
// that foreign currency too, the money is booked at what the match valued the payment at from then on, see Revalue.
//
// What has an amount of its own is used first, then what is due first; items of one account, party and currency settle each
// other.
//
// A fault of the third item is at "items.2.amount", one of the entry below "entry", one of an entry that the match would post
// below "moved", "discount", "write_off" or "exchange".
//
// It takes as many round trips as Post where the entry names the account of the items, and one more where it does not or where
// there is an exchange difference to be posted.
//
// Errors: *storage.Invalid, ErrOverMatched, ErrNoCounterpart, ErrWriteOff, ErrControl, ErrClosedPeriod, those of Post;
// storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Match(ctx context.Context, cmd Match) (*Matched, error) {
	if err := cmd.check(); err != nil {
		return nil, err
	}
	var fresh *Matched
	id, err := storage.Once(ctx, b.s, cmd.Key, verbMatch, cmd, func(tx *storage.Tx) (id storage.ID[Matched], err error) {
		if err := tx.Guard(ctx, cmd.By, verbMatch, nil, &cmd); err != nil {
			return id, err
		}
		if fresh, err = match(ctx, tx, cmd); err != nil {
			return id, err
		}
		return fresh.ID, nil
	}, cmd.announce)
	if err != nil || fresh != nil && fresh.ID == id {
		return fresh, err
	}
	return b.Matched(ctx, id)
}

func (m *Match) check() error {
	var bad faults
	checkReversal(&bad, m.Why, m.Date, m.By, m.Source)
	m.Dims.check(&bad, func() string { return "dims" })
	if m.Entry != nil {
		bad.Check(m.Entry.Key == "", "entry.key", storage.CodeChoice, "the match has the key")
		m.Entry.check(&bad, entryOfMatch)
	}
	switch {
	case len(m.Items) == 0:
		bad.add("items", storage.CodeRequired)
	case len(m.Items) > MaxMatch:
		bad.add("items", storage.CodeTooLong)
	}
	seen := make(map[ItemKey]bool, len(m.Items))
	for i := range m.Items {
		it, path := &m.Items[i], "items."+strconv.Itoa(i)
		key := it.Item.row().key()
		if seen[key] {
			bad.add(path+".item", storage.CodeDuplicate)
		}
		seen[key] = true
		if it.Amount.Sign() < 0 {
			bad.add(path+".amount", storage.CodeNegative)
		}
	}
	if d := m.Discount; d != nil {
		if len(d.Parts) == 0 {
			bad.add("discount.parts", storage.CodeRequired)
		}
		for i, p := range d.Parts {
			path := "discount.parts." + strconv.Itoa(i)
			if p.Amount.Sign() <= 0 {
				bad.add(path+".amount", storage.CodeNegative)
			}
			if p.Amount.Currency() != d.Parts[0].Amount.Currency() {
				bad.add(path+".amount", storage.CodeCurrency)
			}
			checkCode(&bad, path+".account", p.Account)
			p.Dims.check(&bad, func() string { return path + ".dims" })
		}
	}
	if w := m.WriteOff; w != nil {
		checkCode(&bad, "write_off.account", w.Account)
		w.Dims.check(&bad, func() string { return "write_off.dims" })
		if w.Max.Sign() < 0 {
			bad.add("write_off.max", storage.CodeNegative)
		}
	}
	return bad.err()
}

func checkCode(bad *faults, path, code string) {
	if fault := textFault(code, maxCode); code == "" {
		bad.add(path, storage.CodeRequired)
	} else if fault != "" {
		bad.add(path, fault)
	}
}

// Matched reads a match with its pairs.
//
// Errors: storage.ErrNotFound, also for one that the actor may not see.
func (b *Books) Matched(ctx context.Context, id storage.ID[Matched], by ...storage.Ref) (out *Matched, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		if out, err = matches.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		rows, err := pairsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		scales, err := scalesOf(ctx, tx, rows)
		if err != nil {
			return err
		}
		out.Pairs, err = Rules{Scales: scales}.pairs(rows)
		return err
	})
	return out, err
}

func pairsOf(ctx context.Context, tx *storage.Tx, id storage.ID[Matched]) (rows []*pair, err error) {
	for p, err := range pairs.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("match", id)}}) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, p)
	}
	return rows, nil
}

func scalesOf(ctx context.Context, tx *storage.Tx, rows []*pair) (map[money.Currency]int, error) {
	for _, p := range rows {
		for _, c := range [...]money.Currency{p.Currency, p.Base} {
			if _, listed := c.Digits(); !listed {
				return allScales(ctx, tx)
			}
		}
	}
	return nil, nil
}

func (r Rules) pairs(rows []*pair) (list []Pair, err error) {
	for _, p := range rows {
		out := Pair{Debit: p.Debit, Credit: p.Credit}
		if out.Amount, err = r.amount(p.Currency, p.Amount); err != nil {
			return nil, err
		}
		if out.DebitValue, err = r.amount(p.Base, p.DebitWorth); err != nil {
			return nil, err
		}
		if out.CreditValue, err = r.amount(p.Base, p.CreditWorth); err != nil {
			return nil, err
		}
		list = append(list, out)
	}
	return list, nil
}
