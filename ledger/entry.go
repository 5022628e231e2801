package ledger

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An Entry is what is to be posted.
type Entry struct {
	// By is who posts; zero is the system.
	By storage.Ref `json:"by"`
	// Key makes it happen once; it may be "".
	Key storage.Key `json:"key,omitempty"`
	// Date is the business date; ValueDate, where it differs, is when the money counts.
	Date      date.Date `json:"date"`
	ValueDate date.Date `json:"value_date"`
	Text      string    `json:"text,omitempty"`
	// Source is the document behind the entry. It opens the control accounts of its sub-ledger.
	Source storage.Ref `json:"source"`
	Legs   []Leg       `json:"legs"`
	// Exchange is the account through which value passes between currencies: Post adds the legs on it that make each currency
	// balance. It is of type Equity. Without it every currency must balance by itself.
	Exchange string `json:"exchange,omitempty"`
	Carried
	// Closing marks an entry that closes income and expense accounts at the end of a year.
	Closing bool `json:"closing,omitempty"`
	// Adjusting marks an entry of the adjusting period, the one after the last of a year: it can be posted while that is open.
	Adjusting bool `json:"adjusting,omitempty"`
	// AllowZero lets legs of nothing pass, where a document is to be shown in full.
	AllowZero bool `json:"allow_zero,omitempty"`
	// AllowSelf lets legs pass that undo one another: debits and credits of the same amount on one account, in one currency and
	// with the same dimensions.
	AllowSelf bool `json:"allow_self,omitempty"`
}

// A Leg moves an amount on an account.
type Leg struct {
	// Account is its code.
	Account string `json:"account"`
	// Amount is a debit if positive, a credit if negative.
	Amount money.Amount `json:"amount"`
	Dims   Dims         `json:"dims"`
	// Split divides the amount by weights; what a Share does not say, Dims says.
	Split []Share `json:"split,omitempty"`
	Text  string  `json:"text,omitempty"`
	// Due is the day by which the open item is to be settled, on an account with Items; no date is the entry's. Value is what
	// an amount in foreign currency is worth in base currency there; without it the entry's exchange legs say it, or the rate of
	// the day. Elsewhere they say nothing and are not kept.
	Due   date.Date    `json:"due,omitzero"`
	Value money.Amount `json:"value,omitzero"`

	worth *worth // of legs that a match posts, instead of Value
}

// terms reports whether the leg says something about an open item.
func (l *Leg) terms() bool { return !l.Due.IsZero() || l.Value.Currency() != "" || l.worth != nil }

// A Share is a part of a leg.
type Share struct {
	Weight decimal.Decimal `json:"weight"`
	Dims   Dims            `json:"dims"`
}

// Debit makes a leg of a debit.
func Debit(account string, a money.Amount, d Dims) Leg {
	return Leg{Account: account, Amount: a, Dims: d}
}

// Credit makes a leg of a credit: the amount is given as people say it, and kept with a minus.
func Credit(account string, a money.Amount, d Dims) Leg {
	return Leg{Account: account, Amount: a.Neg(), Dims: d}
}

// Limits of an entry: bytes of a text, legs, shares of a leg, years, and minor units of a leg.
//
// Beyond MaxMinor for a leg, the sum of all debits, and of all credits, of an account and of a currency that a report reads must
// stay below 2^63 minor units; past it folds and reports fail with storage.ErrOverflow.
const (
	MaxText   = 10_000
	MaxLegs   = 10_000
	MaxShares = 10_000
	FirstYear = 1000
	LastYear  = 2999
	MaxMinor  = 100_000_000_000_000_000
)

// Check finds what is wrong with the entry by itself, without any books: it needs two legs, none of them of nothing, that sum
// to zero in each currency, and a date. Legs on one account that undo one another are refused as well, unless asked for.
//
// Errors: ErrUnbalanced, *storage.Invalid.
func (e Entry) Check() error {
	var bad faults
	e.check(&bad, "")
	return bad.err()
}

func (e *Entry) check(bad *faults, path string) {
	others := len(bad.Fields) // of entries before this one
	e.checkHead(bad, path)
	switch n := len(e.Legs); {
	case n < 2:
		bad.add(path+"legs", CodeTooFew)
		return
	case n > MaxLegs:
		bad.add(path+"legs", storage.CodeTooLong)
		return
	}
	for i := range e.Legs {
		e.checkLeg(bad, path, i)
	}
	if len(bad.Fields) == others {
		e.checkSelf(bad, path)
		e.checkBalance(bad, path)
	}
}

func (e *Entry) checkHead(bad *faults, path string) {
	switch y := e.Date.Year(); {
	case e.Date.IsZero():
		bad.add(path+"date", storage.CodeRequired)
	case y < FirstYear || y > LastYear:
		bad.add(path+"date", storage.CodeRange)
	}
	if y := e.ValueDate.Year(); !e.ValueDate.IsZero() && (y < FirstYear || y > LastYear) {
		bad.add(path+"value_date", storage.CodeRange)
	}
	if code := textFault(e.Text, MaxText); code != "" {
		bad.add(path+"text", code)
	}
	checkRef(bad, path+"source", e.Source)
	checkRef(bad, path+"by", e.By)
	if code := textFault(e.Exchange, maxCode); code != "" {
		bad.add(path+"exchange", code)
	}
	e.Carried.check(bad, path)
	if code := textFault(string(e.Key), 200); code != "" {
		bad.add(path+"key", code)
	}
}

func checkRef(bad *faults, path string, r storage.Ref) {
	if r.IsZero() {
		return
	}
	if code := textFault(r.Kind, 64); code != "" {
		bad.add(path+".kind", code)
	}
	if code := textFault(r.ID, 1000); code != "" {
		bad.add(path+".id", code)
	}
}

func legPath(path string, i int) string { return path + "legs." + strconv.Itoa(i) }

func (e *Entry) checkLeg(bad *faults, path string, i int) {
	l := &e.Legs[i]
	at := func() string { return legPath(path, i) }
	switch code := textFault(l.Account, maxCode); {
	case l.Account == "":
		bad.add(at()+".account", storage.CodeRequired)
	case code != "":
		bad.add(at()+".account", code)
	}
	switch {
	case l.Amount.Currency() == "":
		bad.add(at()+".amount", storage.CodeCurrency)
	case l.Amount.IsZero() && !e.AllowZero:
		bad.add(at()+".amount", CodeZero)
	}
	if code := textFault(l.Text, MaxText); code != "" {
		bad.add(at()+".text", code)
	}
	if y := l.Due.Year(); !l.Due.IsZero() && (y < FirstYear || y > LastYear) {
		bad.add(at()+".due", storage.CodeRange)
	}
	if l.Value.Currency() != "" && l.Value.Sign() != l.Amount.Sign() {
		bad.add(at()+".value", storage.CodeNegative)
	}
	l.Dims.check(bad, func() string { return at() + ".dims" })
	if len(l.Split) > MaxShares {
		bad.add(at()+".split", storage.CodeTooLong)
		return
	}
	var total decimal.Decimal
	for j := range l.Split {
		s := &l.Split[j]
		s.Dims.check(bad, func() string { return at() + ".split." + strconv.Itoa(j) + ".dims" })
		switch x := s.Weight.Exponent(); {
		case s.Weight.IsNegative():
			bad.add(at()+".split."+strconv.Itoa(j)+".weight", storage.CodeNegative)
		case x < -30 || x > 30 || s.Weight.Coefficient().BitLen() > 128: // weights are small numbers; anything else is a mistake
			bad.add(at()+".split."+strconv.Itoa(j)+".weight", storage.CodeRange)
			return
		}
		total = total.Add(s.Weight)
	}
	if len(l.Split) > 0 && !total.IsPositive() {
		bad.add(at()+".split", storage.CodeRequired)
	}
}
