package ledger

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Bounds is what holds for an account's balance at every moment.
//
// An account with a limit, or with Live, keeps its balance in the transaction that posts: entries on it wait for one another.
type Bounds struct {
	// Live keeps the balance in the posting transaction without a limit too, so that answers carry it and amounts can be held.
	Live bool `json:"live,omitempty"`
	// Limits all hold, together.
	Limits []Limit `json:"limits,omitempty"`
	// NowOnly judges what is recorded now, whatever its date, rather than each business date: then money dated in the future
	// can be spent today, and an entry dated in the past may leave a day of the past below the floor.
	NowOnly bool `json:"now_only,omitempty"`
}

func (b *Bounds) live() bool { return b.Live || len(b.Limits) > 0 }

// A Limit bounds the balance of an account in one currency: at the end of each business date, and after each entry.
//
// An entry is refused if it lowers the balance of any day to below Min, or raises it to above Max. One that brings the balance
// nearer to where it should be is never refused, so an account with a floor above zero is filled step by step.
type Limit struct {
	// Currency is the one that it is about; "" is each, and then the bounds are zero.
	Currency money.Currency `json:"currency,omitempty"`
	// Min and Max bound the balance in the account's natural sense: debits less credits of assets and expenses, credits less
	// debits of the other types. Nil is no bound. Amounts held count as if they were posted, where that lowers the balance to
	// below Min or raises it to above Max.
	Min *decimal.Decimal `json:"min,omitempty"`
	Max *decimal.Decimal `json:"max,omitempty"`
	// Debits counts debits less credits, whatever the account's type.
	Debits bool `json:"debits,omitempty"`
}

// NonNegative keeps the balance from going below zero, in each currency.
func NonNegative() Limit { return Limit{Min: &decimal.Decimal{}} }

// DebitsNotOverCredits refuses debits that credits do not cover, in each currency, whatever the account's type.
func DebitsNotOverCredits() Limit { return Limit{Max: &decimal.Decimal{}, Debits: true} }

// CreditsNotOverDebits refuses credits that debits do not cover, in each currency, whatever the account's type.
func CreditsNotOverDebits() Limit { return Limit{Min: &decimal.Decimal{}, Debits: true} }

// Floor keeps the balance from going below an amount; a negative one is an agreed overdraft.
func Floor(a money.Amount) Limit {
	d := a.Decimal()
	return Limit{Currency: a.Currency(), Min: &d}
}

// CreditLimit keeps the balance from going above an amount: what a customer may owe us, what a wallet may hold.
func CreditLimit(a money.Amount) Limit {
	d := a.Decimal()
	return Limit{Currency: a.Currency(), Max: &d}
}

// Refusals of limits and holds.
var (
	// ErrBelowFloor: the balance would fall below the account's floor. The error is a *LimitError; where its key
	// comes again, the answer is the code and the sentence.
	ErrBelowFloor = storage.NewError("ledger.below_floor", "the balance would fall below the account's floor")
	// ErrAboveCeiling: the balance would rise above the account's ceiling. The error is a *LimitError; where its key
	// comes again, the answer is the code and the sentence.
	ErrAboveCeiling = storage.NewError("ledger.above_ceiling", "the balance would rise above the account's ceiling")
	// ErrNotLive: the account does not keep a live balance.
	ErrNotLive = storage.NewError("ledger.not_live", "the account keeps no live balance")
)

// A LimitError says by how much a limit would be broken. It unwraps to ErrBelowFloor or ErrAboveCeiling. When its key comes again
// the answer is the code and the sentence, without these figures.
type LimitError struct {
	Account string `json:"account"`
	// Date is the day on which most is missing, the first of these; no date where the limit judges what is recorded now.
	Date date.Date `json:"date"`
	// Limit is the bound, Balance what the account would hold on that day, amounts held included; both in the limit's sense.
	Limit   money.Amount `json:"limit"`
	Balance money.Amount `json:"balance"`
	// Missing is the difference, always positive.
	Missing money.Amount `json:"missing"`
	// Entry is the place of the entry in the call, from 0.
	Entry int `json:"entry"`
	above bool
}

// Error says it in a sentence.
func (e *LimitError) Error() string {
	day := "now"
	if !e.Date.IsZero() {
		day = "on " + e.Date.String()
	}
	return fmt.Sprintf("%s: %q would hold %s %s, %s is missing to the limit of %s", e.Unwrap().Error(), e.Account, e.Balance, day,
		e.Missing, e.Limit)
}

// Unwrap returns ErrBelowFloor or ErrAboveCeiling.
func (e *LimitError) Unwrap() error {
	if e.above {
		return ErrAboveCeiling
	}
	return ErrBelowFloor
}

// maxLimits bounds the limits of an account.
const maxLimits = 100

func (a *Account) checkBounds(bad *storage.Invalid, path string) {
	bad.Check(!a.Heading || !a.live(), path+"heading", storage.CodeChoice, "a heading has no balance of its own")
	bad.Check(len(a.Limits) <= maxLimits, path+"limits", storage.CodeTooLong, "")
	for i, l := range a.Limits {
		at := path + "limits." + strconv.Itoa(i) + "."
		switch {
		case l.Currency == "":
			bad.Check((l.Min == nil || l.Min.IsZero()) && (l.Max == nil || l.Max.IsZero()), at+"currency", storage.CodeRequired, "")
		case !l.Currency.Valid(), a.Currency != "" && a.Currency != l.Currency:
			bad.Add(at+"currency", storage.CodeCurrency, "")
		}
		bad.Check(l.Min != nil || l.Max != nil, at+"min", storage.CodeRequired, "")
		bad.Check(l.Min == nil || l.Max == nil || !l.Max.LessThan(*l.Min), at+"max", storage.CodeRange, "")
	}
}

// A bound is a limit in units of its currency's scale.
type bound struct {
	Currency money.Currency `json:"currency,omitempty"`
	// Sense is 1 where debits raise the balance, -1 where credits do.
	Sense int64  `json:"sense"`
	Min   *int64 `json:"min,omitempty"`
	Max   *int64 `json:"max,omitempty"`
}

// bounds translates the limits of an account.
func (a *Account) bounds(ctx context.Context, tx *storage.Tx, path string) (list []bound, err error) {
	var bad storage.Invalid
	for i, l := range a.Limits {
		b := bound{Currency: l.Currency, Sense: a.Type.Sign()}
		if l.Debits {
			b.Sense = 1
		}
		scale := 0
		if l.Currency != "" {
			if scale, err = scaleOf(ctx, tx, l.Currency); err != nil {
				return nil, err
			}
		}
		at := path + "limits." + strconv.Itoa(i) + "."
		b.Min = units(&bad, at+"min", l.Min, l.Currency, scale)
		b.Max = units(&bad, at+"max", l.Max, l.Currency, scale)
		list = append(list, b)
	}
	return list, bad.Err()
}

func units(bad *storage.Invalid, path string, d *decimal.Decimal, c money.Currency, scale int) *int64 {
	var n int64
	switch {
	case d == nil:
		return nil
	case c == "": // of each currency, and so zero
		return &n
	}
	a, err := money.FromDecimal(c, *d)
	if err != nil {
		bad.Add(path, storage.CodeRange, "")
		return nil
	}
	n, code := minor(a, scale)
	bad.Check(code == "", path, code, "")
	return &n
}

// scaleOf reads how many decimals amounts of a currency are kept with.
func scaleOf(ctx context.Context, tx *storage.Tx, c money.Currency) (int, error) {
	if n, listed := c.Digits(); listed {
		return n, nil
	}
	scales, err := ownScales(ctx, tx, []money.Currency{c})
	if _, found := scales[c]; err == nil && !found {
		err = ErrCommodity.With("%s", c)
	}
	return scales[c], err
}
