package journal

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ErrImport: a transaction has what the books cannot take as it is, and no option says what to do.
var ErrImport = storage.NewError("journal.import", "the books cannot take this")

// ImportOptions says how a journal is posted; the zero ImportOptions takes one whose accounts tell their types and whose
// transactions balance in each commodity by itself.
type ImportOptions struct {
	By storage.Ref
	// Name begins the keys of the entries, "journal" if empty. Two journals that may hold the same transaction need different ones.
	Name string
	// Types gives accounts a type, by name; one for "Assets:Bank" holds for what is below it too. Without it the type is what
	// the journal declares, also above the account, or what the first word of the name says.
	Types map[string]ledger.Type
	// Code is the code of an account in the books; without it that is the "code" tag of its declaration, as Export writes it
	// with percent-escapes, or its name.
	Code func(*Account) string
	// Currency is that of a symbol; without it $, €, £ and ¥ are USD, EUR, GBP and JPY, no symbol is XXX, and others are codes
	// as they stand.
	Currency func(symbol string) money.Currency
	// Scales gives commodities that are not on the ISO list their decimals where they are declared; without it that is as many
	// as the journal shows, at most money.MaxScale.
	Scales map[money.Currency]int
	// Exchange is the code of the account that takes both sides of an exchange: where a transaction balances only at cost, the
	// books balance in each currency through it. Without it such a transaction is refused. It is opened as equity if the books
	// do not have it.
	Exchange string
	// Rounding is the code of the account that takes what is finer than a currency's decimals. Without it such an amount is
	// refused. It is opened as an expense if the books do not have it.
	Rounding string
	// Virtual is the code of the account that virtual postings, which need not balance, are posted against; without it they are
	// refused. It is opened as equity if the books do not have it.
	Virtual string
	// Batch is how many entries are posted in a transaction, 200 if zero.
	Batch int
}

// Imported is what an import did.
type Imported struct {
	// Accounts and Commodities are those that were new.
	Accounts    []string
	Commodities []money.Currency
	// Entries are those of the journal, in its order, whether posted now or by an earlier import.
	Entries []ledger.Posted
	// Empty counts transactions without any amount, of which nothing is posted.
	Empty int
}

// Import posts a journal into books: it opens the accounts and declares the commodities that are missing, then posts each
// transaction under a key made of its date, description, code and postings, and of how many of the same came before. So a
// repeated import posts nothing twice, and one of a journal that has grown posts what is new; where only comments of a
// transaction changed, it is refused with storage.ErrKeyReused. Batches are transactions of their own: import through Books.In
// to have all or nothing.
//
// Of a posting's tags those that name a dimension become dimensions, and "source: kind/id" of a transaction is its source; its
// other tags are metadata.
//
// Errors: *storage.Invalid with a fault for each account without a type, at "types.NAME"; *Error with ErrImport; those of
// Books.OpenAccounts, Books.DeclareCommodity and Books.Post, the last with the transaction's place before them.
func Import(ctx context.Context, books *ledger.Books, j *Journal, o ImportOptions) (out Imported, err error) {
	if o.Name == "" {
		o.Name = "journal"
	}
	if o.Batch <= 0 {
		o.Batch = 200
	}
	m := &importer{o: o, j: j, books: books, codes: map[*Account]string{}, currencies: map[*Commodity]money.Currency{},
		scales: map[money.Currency]int{}, seen: map[string]int{}}
	if err := m.findCurrencies(ctx); err != nil {
		return out, err
	}
	var list []ledger.Entry
	var from []*Transaction
	for _, t := range j.Transactions {
		e, err := m.entry(t)
		if err != nil {
			return out, err
		}
		if len(e.Legs) == 0 {
			out.Empty++
			continue
		}
		list, from = append(list, e), append(from, t)
	}
	if out.Accounts, err = m.openAccounts(ctx); err != nil {
		return out, err
	}
	if out.Commodities, err = m.declare(ctx); err != nil {
		return out, err
	}
	for at := 0; at < len(list); at += o.Batch {
		end := min(at+o.Batch, len(list))
		posted, err := books.Post(ctx, list[at:end]...)
		if err != nil {
			return out, m.placed(err, from[at:end])
		}
		out.Entries = append(out.Entries, posted...)
	}
	return out, nil
}

// An importer knows what accounts and symbols are in the books.
type importer struct {
	o          ImportOptions
	j          *Journal
	books      *ledger.Books
	codes      map[*Account]string
	opens      map[string][]Tag // beancount's metadata of accounts, by name
	currencies map[*Commodity]money.Currency
	scales     map[money.Currency]int
	missing    []*Commodity // to be declared
	used       []*Account
	own        []string // Exchange, Rounding and Virtual, as far as they are used
	seen       map[string]int
}

// placed puts the place of the first faulty transaction before an error.
func (m *importer) placed(err error, batch []*Transaction) error {
	at := 0
	var bad *storage.Invalid
	if errors.As(err, &bad) && len(bad.Fields) > 0 {
		if parts := strings.SplitN(bad.Fields[0].Path, ".", 3); len(parts) > 1 && parts[0] == "entries" {
			if n, bad := strconv.Atoi(parts[1]); bad == nil && n < len(batch) {
				at = n
			}
		}
	} else if len(batch) > 1 {
		return err
	}
	return &placedError{m.j.Position(batch[at]), err}
}

// placedError is an error of the books with the place in the journal.
type placedError struct {
	at  Position
	err error
}

func (e *placedError) Error() string { return e.at.String() + ": " + e.err.Error() }
func (e *placedError) Unwrap() error { return e.err }

func (m *importer) refuse(t *Transaction, detail string) error {
	return &Error{m.j.Position(t), ErrImport, detail}
}
