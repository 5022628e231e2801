package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Matcher lets open items of the receivables account settle one another in the books, inside the transaction. *ledger.Books serves,
// with a few lines around it; so does any other ledger that keeps open items.
type Matcher interface {
	// Match posts the entry, if it has legs, and settles the items. Where the account keeps no items it only posts, and names no
	// match in its answer.
	Match(ctx context.Context, tx *storage.Tx, m Match) (Matched, error)
	// Unmatch opens the items of a match again and takes back what it posted.
	Unmatch(ctx context.Context, tx *storage.Tx, u Unmatch) error
}

// Match says which legs on the receivables account settle one another: debits with credits, those with an amount first.
type Match struct {
	By  storage.Ref
	Why string
	// Source is the payment or the credit note behind it.
	Source storage.Ref
	// Account is that of the items.
	Account string
	// Entry is posted first, unless it has no legs.
	Entry ledger.Entry
	Items []MatchItem
	// Discount and WriteOff take what then remains, and are posted by the books' rule; nil for none.
	Discount *ledger.Discount
	WriteOff *ledger.WriteOff
}

// A MatchItem is a leg of an entry and how much of it is settled.
type MatchItem struct {
	// Entry is what the journal answered; zero is the entry of the match.
	Entry storage.Ref
	Leg   int // counted from 1
	// Amount, above nothing, is used to the last unit; zero is as much as fits.
	Amount money.Amount
}

// Matched is what became of a match: the entry that was posted, the match, and the day from which it counts.
type Matched struct {
	Entry, Match storage.Ref
	Date         date.Date
}

// Unmatch undoes a match from a day on.
type Unmatch struct {
	By     storage.Ref
	Why    string
	Source storage.Ref
	Match  storage.Ref
	Date   date.Date
}
