package ledger

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Type is what an account is about.
type Type string

// The types of accounts. Assets and expenses usually have debit balances, the others credit balances.
const (
	Asset     Type = "asset"
	Liability Type = "liability"
	Equity    Type = "equity"
	Income    Type = "income"
	Expense   Type = "expense"
)

// types lists them in the order of statements.
var types = []Type{Asset, Liability, Equity, Income, Expense}

// Sign is 1 where a debit raises what people call the balance, -1 where a credit does.
func (t Type) Sign() int64 {
	if t == Asset || t == Expense {
		return 1
	}
	return -1
}

// An Account is a place in the chart.
type Account struct {
	// Code identifies the account for good: "1100", or "Assets:Bank:Checking".
	Code    string `json:"code"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Type    Type   `json:"type"`
	// Parent is the code of the account above, of the same type; "" at the top.
	Parent string `json:"parent,omitempty"`
	// Heading accounts only group others.
	Heading bool `json:"heading,omitempty"`
	// Currency is the only one that the account takes; "" takes any.
	Currency money.Currency `json:"currency,omitempty"`
	// Control names the sub-ledger that alone may post: the kind of an entry's source ("billing.invoice"), or the part before
	// its dot ("billing").
	Control string `json:"control,omitempty"`
	// Items says that each leg on it is an open item until others match it: receivables, payables, advances.
	Items bool `json:"items,omitempty"`
	// Requires lists dimensions that each posting must have.
	Requires []Dimension `json:"requires,omitempty"`
	// Activity is what its cash flows belong to; "" leaves it to the type, see ActivityOf.
	Activity Activity `json:"activity,omitempty"`
	Bounds
	// Opened and Closed are the first and the last day on which it takes postings; no date is no limit.
	Opened  date.Date      `json:"opened"`
	Closed  date.Date      `json:"closed"`
	Created time.Time      `json:"created"`
	Fields  storage.Fields `json:"fields,omitempty"`
}

// OpenAt reports whether the account takes postings at a date.
func (a *Account) OpenAt(d date.Date) bool {
	return (a.Opened.IsZero() || !d.Before(a.Opened)) && (a.Closed.IsZero() || !d.After(a.Closed))
}

// Takes reports whether the account may be posted to by a source: any, unless it is a control account.
func (a *Account) Takes(source storage.Ref) bool {
	return a.Control == "" || source.Kind == a.Control ||
		len(source.Kind) > len(a.Control) && source.Kind[len(a.Control)] == '.' && source.Kind[:len(a.Control)] == a.Control
}

// maxCode and maxName bound codes and names, in bytes.
const (
	maxCode = 200
	maxName = 500
)

// check collects what is wrong with the account by itself.
func (a *Account) check(bad *storage.Invalid, path string) {
	code := textFault(a.Code, maxCode)
	switch {
	case a.Code == "":
		code = storage.CodeRequired
	case code == "" && (strings.TrimSpace(a.Code) != a.Code || strings.ContainsFunc(a.Code, unicode.IsControl)):
		code = storage.CodeFormat
	}
	bad.Check(code == "", path+"code", code, "")
	if code = textFault(a.Name, maxName); code == "" && strings.TrimSpace(a.Name) == "" {
		code = storage.CodeRequired
	}
	bad.Check(code == "", path+"name", code, "")
	bad.Check(slices.Contains(types, a.Type), path+"type", storage.CodeChoice, "")
	bad.Check(a.Currency == "" || a.Currency.Valid(), path+"currency", storage.CodeCurrency, "")
	code = textFault(a.Control, 64)
	bad.Check(code == "", path+"control", code, "")
	for i, d := range a.Requires {
		bad.Check(d.known(), path+"requires", storage.CodeChoice, string(d))
		bad.Check(!slices.Contains(a.Requires[:i], d), path+"requires", storage.CodeDuplicate, string(d))
	}
	bad.Check(slices.Contains(activities, a.Activity), path+"activity", storage.CodeChoice, "")
	a.checkBounds(bad, path)
	bad.Check(!a.Items || a.Type == Asset || a.Type == Liability, path+"items", storage.CodeChoice, "assets and liabilities only")
	bad.Check(a.Opened.IsZero() || a.Closed.IsZero() || !a.Closed.Before(a.Opened), path+"closed", storage.CodeRange, "")
}

// accounts is where they are kept; the code is the key.
var accounts = storage.Define("ledger.account", func(a *Account) []storage.Field {
	return []storage.Field{
		storage.Text("code", &a.Code).Key().Limit(maxCode), storage.Version(&a.Version), storage.Text("name", &a.Name).Limit(maxName),
		storage.Enum("type", &a.Type, types...), storage.Text("parent", &a.Parent).Limit(maxCode), storage.Bool("heading", &a.Heading),
		storage.Text("currency", &a.Currency).Limit(32),
		storage.Text("control", &a.Control).Limit(64), storage.Bool("items", &a.Items), storage.JSON("requires", &a.Requires),
		storage.Text("activity", &a.Activity).Limit(20),
		storage.Bool("live", &a.Live), storage.JSON("limits", &a.Limits), storage.Bool("now_only", &a.NowOnly),
		storage.Date("opened", &a.Opened).Optional(), storage.Date("closed", &a.Closed).Optional(),
		storage.Instant("created", &a.Created),
		storage.Custom(&a.Fields),
	}
}, storage.Rank(20), storage.Settled(), storage.Index("children", "parent"), storage.Index("type", "type"))

// AccountRef points to an account, for events, audit and links.
func AccountRef(code string) storage.Ref { return storage.Ref{Kind: accounts.Kind(), ID: code} }
