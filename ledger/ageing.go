package ledger

import (
	"context"
	"math"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// AgeingFilter asks since when money is owed.
type AgeingFilter struct {
	By storage.Ref
	// AsOf is the day; no date is today.
	AsOf date.Date
	// Accounts lists codes; none is all accounts that keep items.
	Accounts []string
	Party    Party
	Currency money.Currency
	// Days are the last days of the columns, rising: none is 30, 60, 90. What is later still has a column of its own.
	Days []int
	// ByParty makes a row for each party.
	ByParty bool
	// InBase states what amounts were booked at in base currency.
	InBase bool
}

// An AgeingRow says what is owed on an account, to us on assets and by us on liabilities, in one currency.
type AgeingRow struct {
	Account  string         `json:"account"`
	Party    Party          `json:"party"`
	Currency money.Currency `json:"currency"`
	// NotDue is due on the day or later. Late are amounts that are past due by up to so many days, and the rest.
	NotDue money.Amount   `json:"not_due"`
	Late   []money.Amount `json:"late"`
	// Unapplied is what was paid or credited and not matched yet; it is negative.
	Unapplied money.Amount `json:"unapplied"`
	// Total is all of it: with debits positive on assets and credits on liabilities, the account's balance.
	Total money.Amount `json:"total"`
	// Due is what of the total is due on the day or before.
	Due money.Amount `json:"due"`
}

// Ageing is an answer.
type Ageing struct {
	AsOf date.Date `json:"as_of"`
	Days []int     `json:"days"`
	// Rows come by account, currency and party, Totals by account and currency.
	Rows   []AgeingRow `json:"rows"`
	Totals []AgeingRow `json:"totals"`
}

// Ageing sorts open items by how late they are. Its totals are the balances of the accounts as of the day.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) Ageing(ctx context.Context, f AgeingFilter) (out Ageing, err error) {
	var bad storage.Invalid
	for i, n := range f.Days {
		bad.Check(n > 0 && n <= math.MaxInt32 && (i == 0 || n > f.Days[i-1]), "days", storage.CodeRange, "")
	}
	if err := bad.Err(); err != nil {
		return out, err
	}
	if len(f.Days) == 0 {
		f.Days = []int{30, 60, 90}
	}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		if f.AsOf.IsZero() {
			f.AsOf = tx.Today()
		}
		out = Ageing{AsOf: f.AsOf, Days: f.Days}
		rows, err := openAsOf(ctx, tx, ItemFilter{By: f.By, AsOf: f.AsOf, Accounts: f.Accounts, Party: f.Party, Currency: f.Currency})
		if err != nil {
			return err
		}
		r := &report{tx: tx, by: f.By}
		if err := r.accounts(ctx); err != nil {
			return err
		}
		a := &ages{f: f, cells: map[itemPlace][]int64{}, totals: map[itemPlace][]int64{}}
		for _, i := range rows {
			if err := a.add(i, r.chart[i.Account]); err != nil {
				return err
			}
		}
		if out.Rows, err = a.rows(ctx, r, a.cells); err != nil {
			return err
		}
		out.Totals, err = a.rows(ctx, r, a.totals)
		return err
	})
	return out, err
}

// ages adds up items. Its cells are those of a row: not due, unapplied, total, due, and then one for each column.
type ages struct {
	f             AgeingFilter
	cells, totals map[itemPlace][]int64
}

const (
	cellNotDue = iota
	cellUnapplied
	cellTotal
	cellDue
	cellLate
)

func (a *ages) add(i *item, account *Account) error {
	if account == nil { // not for this actor
		return nil
	}
	n, at := i.Open, i.place()
	if a.f.InBase {
		n, at.currency = i.Worth, i.Base
	}
	n *= account.Type.Sign()
	late := a.f.AsOf.Sub(i.Due)
	cell := cellNotDue
	switch owed := i.Open*account.Type.Sign() > 0; {
	case !owed:
		cell = cellUnapplied
	case late > 0:
		column, _ := slices.BinarySearch(a.f.Days, late)
		cell = cellLate + column
	}
	whole := at
	whole.party = Party{}
	if !a.f.ByParty {
		at = whole
	}
	for _, to := range []struct {
		sums map[itemPlace][]int64
		at   itemPlace
	}{{a.cells, at}, {a.totals, whole}} {
		row := to.sums[to.at]
		if row == nil {
			row = make([]int64, cellLate+len(a.f.Days)+1)
			to.sums[to.at] = row
		}
		cells := []int{cell, cellTotal}
		if late >= 0 {
			cells = append(cells, cellDue)
		}
		for _, c := range cells {
			sum := row[c] + n
			if (sum > row[c]) != (n > 0) && n != 0 {
				return storage.ErrOverflow
			}
			row[c] = sum
		}
	}
	return nil
}

func (a *ages) rows(ctx context.Context, r *report, sums map[itemPlace][]int64) ([]AgeingRow, error) {
	places := make([]itemPlace, 0, len(sums))
	for at := range sums {
		places = append(places, at)
	}
	slices.SortFunc(places, itemPlace.compare)
	var list []AgeingRow
	for _, at := range places {
		amounts := make([]money.Amount, len(sums[at]))
		for i, n := range sums[at] {
			var err error
			if amounts[i], err = r.amount(ctx, at.currency, n); err != nil {
				return nil, err
			}
		}
		list = append(list, AgeingRow{Account: at.account, Party: at.party, Currency: at.currency, NotDue: amounts[cellNotDue],
			Unapplied: amounts[cellUnapplied], Total: amounts[cellTotal], Due: amounts[cellDue], Late: amounts[cellLate:]})
	}
	return list, nil
}
