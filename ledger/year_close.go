package ledger

import (
	"context"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// CloseYear moves what a year earned into retained earnings and closes the year.
type CloseYear struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Year int         `json:"year"`
	// Keep lists dimensions by which the closing entry is divided, so that what a department or a project earned leaves its
	// income and reaches retained earnings under its name. Dimensions that income and expense accounts demand are kept anyhow.
	// Without a list a year that was closed before keeps what it kept.
	Keep []Dimension `json:"keep,omitempty"`
}

// CloseYear posts, on the last day of the year, the entry that brings each income and expense account to zero in each currency,
// against retained earnings, and closes the year hard. The entry is marked as closing, so that income statements go on showing
// the year. It is about the balances as they are: where the year is closed already, it posts only the difference that came in
// since, and nothing if there is none.
//
// What is posted under this tenant waits while the year is added up, and nothing slips in after it.
//
// Errors: *storage.Invalid, ErrNoYear; ErrYearOpen while an earlier year is open, or earlier days have income or expenses that
// no year closed; ErrAccountClosed where retained earnings take no postings on the last day; ErrClosedPeriod where the books are locked by date through the last day; storage.ErrKeyReused,
// storage.ErrForbidden.
func (b *Books) CloseYear(ctx context.Context, cmd CloseYear) (*Year, error) {
	var bad faults
	for i, d := range cmd.Keep {
		bad.Check(d.known(), "keep."+strconv.Itoa(i), storage.CodeChoice, "")
		bad.Check(!slices.Contains(cmd.Keep[:i], d), "keep."+strconv.Itoa(i), storage.CodeDuplicate, "")
	}
	bad.Text("why", cmd.Why, MaxText)
	if err := bad.err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.year.close", cmd, func(tx *storage.Tx) (y *Year, err error) {
		err = closing(ctx, tx, func() error {
			if err := tx.HoldOff(ctx); err != nil { // who is about to post is through before we add up
				return err
			}
			y, err = closeYear(ctx, tx, cmd)
			return err
		})
		return y, err
	})
}

func closeYear(ctx context.Context, tx *storage.Tx, cmd CloseYear) (*Year, error) {
	old, err := yearOf(ctx, tx, cmd.Year)
	if err != nil {
		return nil, err
	}
	for other, err := range years.All(ctx, tx, YearFilter{Status: PeriodOpen}.query()) {
		if err != nil {
			return nil, err
		}
		if other.From.Before(old.From) {
			return nil, ErrYearOpen.With("%d", other.Number)
		}
	}
	y := *old
	if cmd.Keep != nil {
		y.Keep = cmd.Keep
	}
	entry, err := postClosing(ctx, tx, cmd, &y)
	if err != nil {
		return nil, err
	}
	if entry != nil {
		y.Closings = append(slices.Clone(y.Closings), entry.ID)
	}
	if y.Status == HardClosed && entry == nil && slices.Equal(y.Keep, old.Keep) {
		return &y, nil
	}
	y.Status = HardClosed
	y.closed(cmd.By, tx.Now(), cmd.Why)
	return &y, event.Apply(ctx, tx, years, event.Change[Year]{By: cmd.By, Verb: "ledger.year.close", Why: cmd.Why, Before: old,
		After: &y, Events: []event.Draft{YearClosed.Draft(y.payload())}})
}

// postClosing posts the entry that is still missing, if one is.
func postClosing(ctx context.Context, tx *storage.Tx, cmd CloseYear, y *Year) (*Posted, error) {
	set, err := settingsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	p := &Posted{Date: y.To, ValueDate: y.To, By: cmd.By, Text: cmd.Why, Source: YearRef(y.Number), Closing: true}
	if p.Text == "" {
		p.Text = "Closing of fiscal year " + strconv.Itoa(y.Number)
	}
	var rows []*part
	err = readInside(ctx, tx, storage.Ref{}, func(r *report) error {
		rows, err = r.closingRows(ctx, y, set.RetainedEarnings)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rules, err := rulesOf(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	var bad faults
	a := rules.Accounts[set.RetainedEarnings]
	takes := slices.ContainsFunc(rows, func(r *part) bool { return r.Account == set.RetainedEarnings })
	if takes && (a == nil || a.Heading || a.Type != Equity) {
		bad.refuse("retained_earnings", ErrNoAccount, strconv.Quote(set.RetainedEarnings))
	} else if takes && !a.OpenAt(y.To) {
		bad.refuse("retained_earnings", ErrAccountClosed, strconv.Quote(set.RetainedEarnings))
	}
	rules.reopen(y.Days())
	if why, _ := rules.shut(y.To, false, cmd.By); why != "" {
		bad.refuse("year", ErrClosedPeriod, why)
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	p.ID, p.At = storage.NewID[Posted](tx), tx.Now()
	if err := rules.pass(ctx, tx, p); err != nil {
		return nil, err
	}
	w := posting{rules: rules, posted: []Posted{*p}, rows: rows}
	w.finish(tx, &w.posted[0], rows)
	return &w.posted[0], w.write(ctx, tx)
}

// closingRows finds what income and expense accounts hold of a year, and makes the rows that take it from them.
func (r *report) closingRows(ctx context.Context, y *Year, retained string) ([]*part, error) {
	if err := r.accounts(ctx); err != nil {
		return nil, err
	}
	keep := slices.Clone(y.Keep)
	for _, a := range r.ordered {
		for _, d := range a.Requires {
			if (a.Type == Income || a.Type == Expense) && !slices.Contains(keep, d) {
				keep = append(keep, d)
			}
		}
	}
	result := Chosen{Types: []Type{Income, Expense}}
	before := cut{period: date.Period{To: y.From.AddDays(-1)}, closing: true}
	if err := r.choose(ctx, result, &before); err != nil {
		return nil, err
	}
	got, err := r.gather(ctx, before)
	if err != nil {
		return nil, err
	}
	for _, at := range got.places() {
		if f := got[at]; f.debit != f.credit {
			return nil, ErrYearOpen.With("%q has %s before %s", at.account, at.currency, y.From)
		}
	}
	during := cut{period: y.Days(), closing: true, group: keep}
	if err := r.choose(ctx, result, &during); err != nil {
		return nil, err
	}
	if got, err = r.gather(ctx, during); err != nil {
		return nil, err
	}
	return closingParts(got, retained, y.To)
}

// closingParts makes the rows of a closing entry: the opposite of each figure, and what that comes to by currency and
// dimensions on retained earnings.
func closingParts(got figures, retained string, day date.Date) (rows []*part, err error) {
	sums := figures{}
	add := func(account string, c money.Currency, d Dims, n int64) {
		rows = append(rows, &part{Leg: len(rows) + 1, No: 1, Account: account, Currency: c, Date: day, Month: monthOf(day),
			Closing: true, Amount: n, Credit: n < 0, Dims: d})
	}
	for _, at := range got.places() {
		f := got[at]
		if f.debit == f.credit {
			continue
		}
		add(at.account, at.currency, at.dims, f.credit-f.debit)
		if err := sums.add(place{account: retained, currency: at.currency, dims: at.dims}, max(f.debit-f.credit, 0),
			max(f.credit-f.debit, 0), 1); err != nil {
			return nil, err
		}
	}
	for _, at := range sums.places() {
		if f := sums[at]; f.debit != f.credit {
			add(at.account, at.currency, at.dims, f.debit-f.credit)
		}
	}
	return rows, nil
}
