package ledger

import (
	"context"
	"strconv"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Rules is what an entry is held against: a part of the books, as values. Books gathers it from storage; a test or another
// program fills it by hand.
type Rules struct {
	// Accounts holds the accounts that the entry names, by code.
	Accounts map[string]*Account
	// Scales holds the decimals of commodities that are not on the ISO 4217 list.
	Scales map[money.Currency]int
	// Locked is the day through which nothing may be posted.
	Locked date.Date
	// Shut is what is closed besides; nil is nothing. Now is the instant for which its passes are asked.
	Shut *Shut
	Now  time.Time

	unread *unread // stands for Shut until a day is asked that it is about
	// ahead is what later entries of the same transaction move; see aheadOf.
	ahead []move
	// also tells, under the locks, what moves together with the first entry.
	also func(context.Context, *storage.Tx, *liveBooks) ([]move, error)
}

// RulesFor makes rules from accounts.
func RulesFor(chart ...Account) Rules {
	r := Rules{Accounts: make(map[string]*Account, len(chart))}
	for i := range chart {
		r.Accounts[chart[i].Code] = &chart[i]
	}
	return r
}

// Admit decides whether an entry may be posted and how its legs are divided.
//
// Errors: those of Entry.Check, ErrNoAccount, ErrAccountClosed, ErrHeading, ErrCurrency, ErrCommodity, ErrControl,
// ErrDimension, ErrClosedPeriod; each carries all faults as a *storage.Invalid.
func (r Rules) Admit(e Entry) ([]PostedLeg, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	var bad faults
	rows := r.admit(nil, e.exchanged(), &bad, "")
	if err := bad.err(); err != nil {
		return nil, err
	}
	return r.legs(rows)
}

// legs puts rows, in their order, together again.
func (r Rules) legs(rows []*part) (legs []PostedLeg, err error) {
	last := -1
	for _, p := range rows {
		a, err := r.amount(p.Currency, p.Amount)
		if err != nil {
			return nil, err
		}
		if p.Leg != last {
			legs, last = append(legs, PostedLeg{Account: p.Account, Text: p.Text}), p.Leg
			if p.asked != nil {
				legs[len(legs)-1].Due, legs[len(legs)-1].Value = p.asked.Due, p.asked.Value
			}
		}
		l := &legs[len(legs)-1]
		if l.Amount, err = l.Amount.Add(a); err != nil {
			return nil, err
		}
		l.Parts = append(l.Parts, Part{a, p.Dims})
	}
	return legs, nil
}

// scale is the decimals that amounts of a currency are kept with.
func (r Rules) scale(c money.Currency) (int, bool) {
	if n, ok := c.Digits(); ok {
		return n, true
	}
	n, ok := r.Scales[c]
	return n, ok
}

func (r Rules) amount(c money.Currency, n int64) (money.Amount, error) {
	scale, ok := r.scale(c)
	if !ok {
		return money.Amount{}, ErrCommodity.With("%s", c)
	}
	return money.Scaled(c, n, scale)
}

// admit appends the rows of an entry that passed check. What is wrong is noted in bad, and the rows are then of no use.
func (r Rules) admit(rows []*part, e *Entry, bad *faults, path string) []*part {
	if why, _ := r.shut(e.Date, e.Adjusting, e.By); why != "" {
		bad.refuse(path+"date", ErrClosedPeriod, why)
	}
	if a := r.Accounts[e.Exchange]; a != nil && a.Type != Equity {
		bad.add(path+"exchange", storage.CodeChoice)
	}
	month := monthOf(e.Date)
	for i := range e.Legs {
		l := &e.Legs[i]
		a := r.Accounts[l.Account]
		r.admitAccount(a, e, i, bad, path)
		currency := l.Amount.Currency()
		scale, ok := r.scale(currency)
		if !ok {
			bad.refuse(legPath(path, i)+".amount", ErrCommodity, string(currency))
			continue
		}
		if _, code := minor(l.Amount, scale); code != "" {
			bad.add(legPath(path, i)+".amount", code)
			continue
		}
		var asked *Leg
		if l.terms() {
			asked = l
		}
		if len(l.Split) == 0 {
			n, _ := minor(l.Amount, scale)
			r.admitDims(a, &l.Dims, i, bad, path)
			rows = append(rows, &part{Leg: i + 1, No: 1, Account: l.Account, Currency: currency, Date: e.Date, Month: month,
				Closing: e.Closing,
				Amount:  n, Credit: n < 0, Text: l.Text, Dims: l.Dims, asked: asked})
			continue
		}
		divided, err := l.Divide(scale)
		if err != nil {
			bad.add(legPath(path, i)+".split", storage.CodeRange)
			continue
		}
		for j, p := range divided {
			n, _ := minor(p.Amount, scale)
			r.admitDims(a, &p.Dims, i, bad, path)
			row := &part{Leg: i + 1, No: j + 1, Account: l.Account, Currency: currency, Date: e.Date, Month: month, Closing: e.Closing,
				Amount: n, Credit: n < 0, Dims: p.Dims, asked: asked}
			if j == 0 {
				row.Text = l.Text
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (r Rules) admitAccount(a *Account, e *Entry, i int, bad *faults, path string) {
	l := &e.Legs[i]
	refuse := func(why *storage.Error, about string) {
		bad.refuse(legPath(path, i)+".account", why, strconv.Quote(l.Account)+about)
	}
	if a == nil {
		refuse(ErrNoAccount, "")
		return
	}
	if a.Heading {
		refuse(ErrHeading, "")
	}
	if !a.OpenAt(e.Date) {
		refuse(ErrAccountClosed, " on "+e.Date.String())
	}
	if !a.Takes(e.Source) {
		refuse(ErrControl, " belongs to "+a.Control)
	}
	if a.Currency != "" && a.Currency != l.Amount.Currency() {
		refuse(ErrCurrency, " takes "+string(a.Currency))
	}
}

func (r Rules) admitDims(a *Account, d *Dims, i int, bad *faults, path string) {
	if a == nil {
		return
	}
	for _, which := range a.Requires {
		if d.Of(which) == "" {
			bad.refuse(legPath(path, i)+".dims."+string(which), ErrDimension, strconv.Quote(a.Code)+" demands "+string(which))
		}
	}
}
