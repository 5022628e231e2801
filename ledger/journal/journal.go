package journal

import (
	"strings"

	"github.com/tutas/tutas/ledger/date"
)

// A Format is a dialect of plain-text accounting.
type Format uint8

// The formats. Auto chooses by the file's name and its first line, see FormatOf.
const (
	Auto Format = iota
	Hledger
	Ledger
	Beancount
)

// String returns the name of the program that reads it.
func (f Format) String() string {
	return [...]string{"auto", "hledger", "ledger", "beancount"}[f&3]
}

// FormatOf tells the format by a file's name and by the mode line that editors read: .beancount and .bean are beancount,
// .ledger, .ldg and .dat are ledger, as is a first line with "-*- ledger -*-"; everything else, .journal among it, is hledger.
func FormatOf(name, text string) Format {
	first, _, _ := strings.Cut(text, "\n")
	switch ext := name[strings.LastIndexByte(name, '.')+1:]; {
	case ext == "beancount" || ext == "bean" || strings.Contains(first, "-*- beancount"):
		return Beancount
	case ext == "ledger" || ext == "ldg" || ext == "dat" || strings.Contains(first, "-*- ledger"):
		return Ledger
	}
	return Hledger
}

// A Journal is what was read: balanced transactions in the order of the file, beancount's by date, and the directives around
// them.
type Journal struct {
	// Format is the dialect that it was read in; it decides what a cost and a lot weigh.
	Format       Format
	Transactions []*Transaction
	// Prices are the market prices, in the order of the file.
	Prices []Price
	// Accounts and Commodities are all that are named, in the order of their first mention.
	Accounts    []*Account
	Commodities []*Commodity
	// Directives are those that carry facts and change no balance, in the order of the file: open, close, pad, note, event,
	// payee and so on.
	Directives []Directive
	// Periodic and Automated are the rules that began with ~ and =. See Options.Automated.
	Periodic, Automated []*Rule
	// Options holds beancount's options, in their order.
	Options []Tag
	// Files are the names of what was read, the first one first.
	Files []string

	accounts map[string]*Account
	symbols  map[string]*Commodity
	entries  []beanEntry // beancount: what Check goes through
	opts     tolerances
	autoOpen bool
}

// An Account is named in a journal. Its name is a path with colons.
type Account struct {
	Name string
	// Type is what was declared: a letter or word of hledger's ("A", "Expense"); "" if nothing was.
	Type string
	// Declared says that an account or open directive names it.
	Declared bool
	// Comment is what stands behind or below the declaration.
	Comment string
	// Opened and Closed are beancount's; the account takes postings from the one to the other.
	Opened, Closed date.Date
	// Currencies are the only ones that it takes, if any; Booking is how it matches lots: "STRICT", "FIFO", "LIFO", "NONE".
	Currencies []string
	Booking    string

	index int // in Journal.Accounts
}

// Root returns the first part of the name.
func (a *Account) Root() string {
	root, _, _ := strings.Cut(a.Name, ":")
	return root
}

// A Commodity is a currency, a share, a thing that amounts count. The one without a symbol is a bare number.
type Commodity struct {
	Symbol string
	// Left says that the symbol stands before the number, Spaced that a space is between them.
	Left, Spaced bool
	// Declared says that a directive names it; Scale is then the decimals of the format there, -1 without a format.
	Declared bool
	Scale    int
	Comment  string

	index  int
	mark   byte  // the decimal mark, where the journal told it
	styled bool  // Left and Spaced are known
	seen   int32 // the most decimals of a posting so far, plus one
}

// An Amount is a number of a commodity; without a Commodity it is nothing.
type Amount struct {
	Number
	Commodity *Commodity
}

// String writes the amount as the journal does: "$-5.00", "10 AAPL".
func (a Amount) String() string { return string(a.appendTo(nil)) }

// Status is the mark before a description or a posting.
type Status uint8

// The marks: none, "!" and "*".
const (
	Unmarked Status = iota
	Pending
	Cleared
)

// A Transaction moves amounts between accounts. The real postings sum to zero at cost, and so do the balanced virtual ones.
type Transaction struct {
	Date        date.Date
	line        int32
	Description string // beancount: the narration
	Code        string
	Postings    []Posting
	// Extra holds what most transactions do not have; it may be nil.
	Extra  *TransactionExtra
	file   uint16
	Status Status
	// Flag is beancount's, where it is another than "*", "!" and txn: 'P' for what a pad directive inserted.
	Flag    byte
	padding bool // a pad directive inserted it
}

// TransactionExtra is what a transaction may have besides.
type TransactionExtra struct {
	// Date2 is the secondary, auxiliary date.
	Date2 date.Date
	// Payee is beancount's; the other formats write it into the description, see Transaction.Payee.
	Payee string
	// Comment holds the comments of the first line and of those below it before the first posting, separated by line breaks.
	Comment string
	// Tags are beancount's tags, which have no value, and then its metadata; those of the others are in the comment, see
	// Transaction.Tags.
	Tags []Tag
	// Links are beancount's.
	Links []string
}

// Kind tells real postings from virtual ones.
type Kind uint8

// The kinds of postings: account, [account] and (account).
const (
	Real Kind = iota
	Balanced
	Virtual
)

// A Posting is one line of a transaction.
type Posting struct {
	Account *Account
	Amount  Amount
	// Extra holds what most postings do not have; it may be nil.
	Extra  *PostingExtra
	line   int32
	column uint8
	Status Status
	Kind   Kind
	flags  flags
}

type flags uint8

const (
	inferred  flags = 1 << iota // the amount was left out
	further                     // one more commodity of the posting before it, whose amount was left out
	assigned                    // the amount follows from an assigned balance
	computed                    // the amount is an expression with a division
	automatic                   // a rule added it
)

// Inferred reports whether the amount was left out in the file and follows from the others.
func (p *Posting) Inferred() bool { return p.flags&(inferred|assigned) != 0 }

// Automatic reports whether an automated rule added the posting.
func (p *Posting) Automatic() bool { return p.flags&automatic != 0 }

// PostingExtra is what a posting may have besides.
type PostingExtra struct {
	Cost      *Cost
	Lot       *Lot
	Assertion *Assertion
	// Comment holds the comment behind the posting and those of the lines below it, separated by line breaks.
	Comment string
	// Date is the posting's own, from its comment; zero is that of the transaction.
	Date date.Date
	// Tags are beancount's metadata; Flag is its flag where it is another than "*" and "!".
	Tags []Tag
	Flag byte
}

// A Cost is what a posting was bought or sold for.
type Cost struct {
	Amount Amount
	// Total says that Amount is for all (@@) and not for one (@). It has no sign of its own.
	Total bool
	// Virtual keeps it out of price histories: (@).
	Virtual bool
}

// A Lot is what the posting's units were bought at, and so which of them it means.
type Lot struct {
	// Price is the cost of one, or with Total of all. Without a commodity any price will do.
	Price Amount
	Total bool
	// Extra is a total that is added to the price of one: {10 # 9.95 USD}.
	Extra Amount
	// Fixed is ledger's {=price}.
	Fixed bool
	Date  date.Date
	Label string
}

// An Assertion says what the account holds after the posting.
type Assertion struct {
	Amount Amount
	// All says that it holds nothing else (==); Under that what is below the account counts (=*).
	All, Under   bool
	line, column int32
}

// A Tag is a name with or without a value.
type Tag struct{ Name, Value string }

// A Price is what one of a commodity was worth at a date.
type Price struct {
	Date      date.Date
	Commodity *Commodity
	Amount    Amount
}

// A Directive is a line that says something beside the transactions.
type Directive struct {
	Date     date.Date // of beancount's
	Name     string    // "open", "note", "payee"
	Text     string    // what follows, as it stands in the file
	Comment  string
	Tags     []Tag
	Position Position
}

// A Rule is a periodic or an automated transaction, as it stands.
type Rule struct {
	// Query is what follows the = or the ~.
	Query    string
	Comment  string
	Postings []RulePosting
	Position Position

	match func(account string) bool
}

// A RulePosting is a line of a Rule.
type RulePosting struct {
	Account *Account
	Kind    Kind
	// Amount is what is posted; with Times it is multiplied by what the rule matched.
	Amount Amount
	Times  bool
	// Elided says that the amount was left out.
	Elided bool
}

// Position returns where the transaction begins.
func (j *Journal) Position(t *Transaction) Position {
	return Position{j.Files[t.file], int(t.line), 1}
}

// PostingPosition returns where the transaction's posting stands.
func (j *Journal) PostingPosition(t *Transaction, i int) Position {
	return Position{j.Files[t.file], int(t.Postings[i].line), int(t.Postings[i].column)}
}

// Payee returns whom it is with: beancount's payee, or what stands before a bar in the description, or the description.
func (t *Transaction) Payee() string {
	if t.Extra != nil && t.Extra.Payee != "" {
		return t.Extra.Payee
	}
	payee, _, _ := strings.Cut(t.Description, "|")
	return strings.TrimSpace(payee)
}

// Note returns what stands behind a bar in the description; beancount's narration where there is a payee.
func (t *Transaction) Note() string {
	if t.Extra != nil && t.Extra.Payee != "" {
		return t.Description
	}
	_, note, _ := strings.Cut(t.Description, "|")
	return strings.TrimSpace(note)
}

// Account returns the account of that name, nil if the journal does not have it.
func (j *Journal) Account(name string) *Account { return j.accounts[name] }

// Commodity returns the commodity of that symbol, nil if the journal does not have it.
func (j *Journal) Commodity(symbol string) *Commodity { return j.symbols[symbol] }

// NewJournal makes an empty journal, to be filled with AddAccount, AddCommodity and Transactions and written.
func NewJournal(f Format) *Journal {
	if f == Auto {
		f = Hledger
	}
	return &Journal{Format: f, accounts: map[string]*Account{}, symbols: map[string]*Commodity{}, Files: []string{""}}
}

// AddAccount returns the account of that name, made if it is new.
func (j *Journal) AddAccount(name string) *Account {
	a := j.accounts[name]
	if a == nil {
		a = &Account{Name: name, index: len(j.Accounts)}
		j.accounts[name], j.Accounts = a, append(j.Accounts, a)
	}
	return a
}

// AddCommodity returns the commodity of that symbol, made if it is new.
func (j *Journal) AddCommodity(symbol string) *Commodity {
	c := j.symbols[symbol]
	if c == nil {
		c = &Commodity{Symbol: symbol, Scale: -1, Spaced: true, index: len(j.Commodities)}
		j.symbols[symbol], j.Commodities = c, append(j.Commodities, c)
	}
	return c
}
