package journal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ExportOptions says how books are written; the zero ExportOptions writes all of them for hledger.
type ExportOptions struct {
	By     storage.Ref
	Format Format
	// Period keeps entries of some days. What accounts held before it is one transaction on its first day, unless Movements
	// leaves it out.
	Period    date.Period
	Movements bool
	// Account names an account; without it that is its code if the code is a path with colons, else "Assets:1010 Bank". What a
	// format does not take is replaced, and a name that is taken then ends with a digest of the code.
	Account func(*ledger.Account) string
	// Symbol names a currency; without it that is its code.
	Symbol func(money.Currency) string
}

// Export writes books as a journal that hledger, ledger or beancount reads with the same balances: the accounts with their
// types, then the entries by date, one posting for each part. Source, identifier, metadata and dimensions are tags, a leg's
// text is a comment. All of it is of one moment, and is written as it is read.
//
// An account's exact code and name are the tags "code" and "name" of its declaration, percent-escaped (RFC 3986) where a tag
// cannot hold them; Import undoes that.
//
// Errors: those of the books and of the writer.
func Export(ctx context.Context, books *ledger.Books, w io.Writer, o ExportOptions) error {
	if o.Format == Auto {
		o.Format = Hledger
	}
	return books.Snapshot(ctx, func(books *ledger.Books) error {
		x := &exporter{o: o, books: books, accounts: map[string]*Account{}, symbols: map[money.Currency]*Commodity{}, taken: names{},
			codes: names{}}
		x.j = NewJournal(o.Format)
		x.printer = printer{w: bufio.NewWriterSize(w, 64<<10), j: x.j, f: o.Format, sorted: true, names: map[*Account]string{},
			codes: map[*Commodity]string{}}
		if err := x.chart(ctx); err != nil {
			return err
		}
		if err := x.opening(ctx); err != nil {
			return err
		}
		for p, err := range books.EntriesInFull(ctx, ledger.EntryFilter{By: o.By, Period: o.Period}) {
			if err != nil {
				return err
			}
			if err := x.entry(p); err != nil {
				return err
			}
		}
		x.head(date.Date{})
		return x.w.Flush()
	})
}

// An exporter writes entries as they are read.
type exporter struct {
	printer
	o        ExportOptions
	books    *ledger.Books
	accounts map[string]*Account // by code
	symbols  map[money.Currency]*Commodity
	taken    names
	codes    names
	begun    bool
}

// chart names all accounts.
func (x *exporter) chart(ctx context.Context) error {
	for a, err := range x.books.Accounts(ctx, ledger.AccountFilter{By: x.o.By}) {
		if err != nil {
			return err
		}
		x.account(a)
	}
	return nil
}

func (x *exporter) account(a *ledger.Account) *Account {
	name := ""
	if x.o.Account != nil {
		name = x.o.Account(a)
	}
	if name == "" {
		name = nameOf(a)
	}
	if x.f == Beancount {
		name = BeancountName(rootNames[a.Type], name)
	} else {
		name = plainAccount(name)
	}
	name = cut(name, maxName-20)
	if x.taken[name] { // cleaning made it the same as another: what tells them apart does not depend on which others there are
		digest := sha256.Sum256([]byte(a.Code))
		name += "-" + hex.EncodeToString(digest[:4])
	}
	out := x.j.AddAccount(x.taken.one(name, maxName))
	out.Declared, out.Type, out.Opened, out.Closed = true, letters[a.Type], a.Opened, a.Closed
	out.Comment = "code: " + escaped(a.Code) + "\nname: " + escaped(a.Name)
	x.accounts[a.Code], x.names[out] = out, out.Name
	return out
}

// symbol names a currency.
func (x *exporter) symbol(c money.Currency) *Commodity {
	if s := x.symbols[c]; s != nil {
		return s
	}
	name := string(c)
	if x.o.Symbol != nil {
		name = x.o.Symbol(c)
	}
	if x.f == Beancount {
		name = x.codes.one(BeancountCode(name), 24)
	} else {
		name = x.codes.one(plainSymbol(name), maxSymbol)
	}
	s := x.j.AddCommodity(name)
	x.symbols[c], x.printer.codes[s] = s, name
	return s
}

// head writes what comes before the first transaction.
func (x *exporter) head(first date.Date) {
	if x.begun {
		return
	}
	x.begun = true
	if x.f != Beancount {
		_ = x.plain() // a journal without transactions: nothing in it can be refused
		return
	}
	if first.IsZero() {
		first = date.Must(1970, 1, 1)
	}
	x.opens(first)
}

func (x *exporter) amount(a money.Amount) Amount {
	return Amount{NumberOf(a.Decimal()), x.symbol(a.Currency())}
}

// opening writes what accounts held before the period.
func (x *exporter) opening(ctx context.Context) error {
	from := x.o.Period.From
	if from.IsZero() || x.o.Movements {
		return nil
	}
	trial, err := x.books.TrialBalance(ctx, ledger.TrialFilter{By: x.o.By, Period: date.Period{From: from, To: from}})
	if err != nil {
		return err
	}
	t := &Transaction{Date: from, Status: Cleared, Description: "Opening balances"}
	for _, row := range trial.Rows {
		if !row.Opening.IsZero() {
			t.Postings = append(t.Postings, Posting{Account: x.of(row.Account), Amount: x.amount(row.Opening)})
		}
	}
	if len(t.Postings) == 0 {
		return nil
	}
	return x.transaction(t)
}

// of finds the account of a code; one that the actor may not see has postings that he does not see either.
func (x *exporter) of(code string) *Account {
	if a := x.accounts[code]; a != nil {
		return a
	}
	return x.account(&ledger.Account{Code: code, Type: ledger.Equity})
}

func (x *exporter) transaction(t *Transaction) error {
	x.head(t.Date)
	if x.f == Beancount {
		return x.beanTransaction(t, true)
	}
	return x.printer.transaction(t)
}

func (x *exporter) tag(list []Tag, name, value string) []Tag {
	if value == "" {
		return list
	}
	value = notes.Replace(tidy(value))
	if x.f == Beancount {
		value = quote(value)
	}
	return append(list, Tag{keyName(name), value})
}

func (x *exporter) entry(p *ledger.Posted) error {
	t := &Transaction{Date: p.Date, Status: Cleared, Description: tidy(p.Text)}
	e := t.extra()
	if p.ValueDate != p.Date && !p.ValueDate.IsZero() {
		if e.Date2 = p.ValueDate; x.f == Beancount {
			e.Tags = append(e.Tags, Tag{"value-date", p.ValueDate.String()})
		}
	}
	e.Tags = x.tag(e.Tags, "entry", p.ID.String())
	if !p.Source.IsZero() {
		e.Tags = x.tag(e.Tags, "source", p.Source.Kind+"/"+p.Source.ID)
	}
	if p.Closing {
		e.Tags = x.tag(e.Tags, "closing", "yes")
	}
	if !p.Reverses.IsZero() {
		e.Tags = x.tag(e.Tags, "reverses", p.Reverses.String())
	}
	for _, name := range sorted(p.Meta) {
		e.Tags = x.tag(e.Tags, name, p.Meta[name])
	}
	for i := range p.Legs {
		leg := &p.Legs[i]
		account := x.of(leg.Account)
		for k, part := range leg.Parts {
			q := Posting{Account: account, Amount: x.amount(part.Amount)}
			if k == 0 && leg.Text != "" {
				if text := notes.Replace(tidy(leg.Text)); x.f == Beancount {
					q.extra().Tags = x.tag(nil, "text", text)
				} else {
					q.extra().Comment = text
				}
			}
			for _, d := range ledger.Dimensions() {
				if v := part.Dims.Of(d); v != "" {
					e := q.extra()
					e.Tags = x.tag(e.Tags, string(d), v)
				}
			}
			t.Postings = append(t.Postings, q)
		}
	}
	return x.transaction(t)
}
