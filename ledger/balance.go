package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Chosen narrows a report to some accounts; the zero Chosen is all of them.
type Chosen struct {
	// Accounts lists codes.
	Accounts []string
	// Under adds whatever stands below these accounts, and they themselves.
	Under []string
	Types []Type
	// Activities keeps accounts whose cash flows belong to one of these.
	Activities []Activity
}

func (f Chosen) isZero() bool {
	return len(f.Accounts)+len(f.Under)+len(f.Types)+len(f.Activities) == 0
}

// fewCodes is up to how many accounts are named in a condition; more are left out afterwards.
const fewCodes = 50

// choose finds the accounts of a cut: those of the filter, as far as the actor may see them.
func (r *report) choose(ctx context.Context, f Chosen, c *cut) error {
	narrowed := accounts.Narrowed(r.tx, r.by)
	if f.isZero() && !narrowed {
		return nil
	}
	if len(f.Under)+len(f.Types)+len(f.Activities) == 0 && !narrowed {
		c.limit(f.Accounts)
		return nil
	}
	if err := r.accounts(ctx); err != nil {
		return err
	}
	codes := []string{}
	for _, a := range r.ordered {
		if f.includes(a, r.chart) {
			codes = append(codes, a.Code)
		}
	}
	c.limit(codes)
	return nil
}

func (f Chosen) includes(a *Account, chart map[string]*Account) bool {
	if len(f.Types) > 0 && !slices.Contains(f.Types, a.Type) {
		return false
	}
	if len(f.Activities) > 0 && !slices.Contains(f.Activities, a.ActivityOf()) {
		return false
	}
	if len(f.Accounts)+len(f.Under) == 0 || slices.Contains(f.Accounts, a.Code) {
		return true
	}
	for range maxDepth {
		if slices.Contains(f.Under, a.Code) {
			return true
		}
		if a = chart[a.Parent]; a == nil {
			return false
		}
	}
	return false
}

func (c *cut) limit(codes []string) {
	set := make(map[string]bool, len(codes))
	for _, code := range codes {
		set[code] = true
	}
	c.chosen = func(account string) bool { return set[account] }
	if len(codes) <= fewCodes {
		c.codes = codes
	}
}

// A Balance is what an account holds in one currency.
type Balance struct {
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Type     Type           `json:"type"`
	Currency money.Currency `json:"currency"`
	// Debit and Credit are what was ever posted on each side; Amount is Debit less Credit.
	Debit  money.Amount `json:"debit"`
	Credit money.Amount `json:"credit"`
	Amount money.Amount `json:"amount"`
}

// BalanceFilter asks for balances.
type BalanceFilter struct {
	By storage.Ref
	// AsOf is the last day that counts; no date counts everything.
	AsOf date.Date
	Chosen
	Where Dims
	// In asks for one row an account, translated.
	In Translation
}

// Balances is an answer.
type Balances struct {
	Rows []Balance `json:"rows"`
	// Rounding is, of translated balances, what their sum is less by than the translated sum: whole books, whose sum is zero,
	// tie with it.
	Rounding money.Amount `json:"rounding,omitzero"`
	Cost     Cost         `json:"cost"`
}

// Balances reads what accounts hold as of a day, by code and currency; an account without postings is left out, and one
// that does not exist has none: that is no error. Translated, Debit and Amount are rounded, and Credit is their difference.
//
// Errors: *storage.Invalid, ErrCommodity, ErrNoRate, storage.ErrOverflow.
func (b *Books) Balances(ctx context.Context, f BalanceFilter) (out Balances, err error) {
	var bad faults
	bad.cut(f.Where)
	f.In.check(&bad)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) error {
		out = Balances{}
		t, err := r.translate(ctx, f.In)
		if err != nil {
			return err
		}
		c := cut{period: date.Period{To: f.AsOf}, where: f.Where, closing: true}
		if err := r.choose(ctx, f.Chosen, &c); err != nil {
			return err
		}
		got, err := r.gather(ctx, c)
		if err != nil {
			return err
		}
		if err := r.accounts(ctx); err != nil {
			return err
		}
		if t != nil {
			return out.translated(ctx, r, t, got, f.AsOf)
		}
		for _, at := range got.places() {
			row := Balance{Account: at.account, Currency: at.currency}
			row.Name, row.Type = r.named(at.account)
			if row.Debit, row.Credit, row.Amount, err = r.sides(ctx, at.currency, got[at]); err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		out.Cost = r.cost
		return nil
	})
	return out, err
}

// translated fills balances in one currency.
func (b *Balances) translated(ctx context.Context, r *report, t *translator, got figures, day date.Date) error {
	as := t.closing([]date.Period{{To: day}})
	amounts, err := r.values(ctx, []figures{got}, net, t, as)
	if err != nil {
		return err
	}
	debits, err := r.values(ctx, []figures{got}, func(f figure) int64 { return f.debit }, t, as)
	if err != nil {
		return err
	}
	all, err := got.merged()
	if err != nil {
		return err
	}
	whole, err := r.values(ctx, []figures{all}, net, t, as)
	if err != nil {
		return err
	}
	b.Rounding = money.Zero(t.Currency)
	for _, sum := range whole {
		b.Rounding = sum[0]
	}
	for _, at := range placesOf(amounts) {
		row := Balance{Account: at.account, Currency: at.currency, Debit: debits[at][0], Amount: amounts[at][0]}
		row.Name, row.Type = r.named(at.account)
		if row.Credit, err = row.Debit.Sub(row.Amount); err != nil {
			return err
		}
		if b.Rounding, err = b.Rounding.Sub(row.Amount); err != nil {
			return err
		}
		b.Rows = append(b.Rows, row)
	}
	b.Cost = r.cost
	return nil
}

// Balance reads what one account holds in one currency as of a day (no date: in all). Nothing posted is zero, and so is an
// account that does not exist: it has nothing.
//
// Errors: *storage.Invalid, ErrCommodity, storage.ErrOverflow.
func (b *Books) Balance(ctx context.Context, account string, c money.Currency, asOf date.Date) (out money.Amount, err error) {
	if fault := textFault(account, maxCode); fault != "" {
		return out, &storage.Invalid{Fields: []storage.Fault{{Path: "account", Code: fault}}}
	}
	err = b.read(ctx, storage.Ref{}, func(r *report) error {
		k := cut{period: date.Period{To: asOf}, closing: true}
		k.limit([]string{account})
		got, err := r.gather(ctx, k)
		if err != nil {
			return err
		}
		f := got[place{account: account, currency: c}]
		out, err = r.amount(ctx, c, f.debit-f.credit)
		return err
	})
	return out, err
}

// places lists the places that have figures, in order: by account, currency, month and dimensions.
func (f figures) places() []place {
	list := make([]place, 0, len(f))
	for at := range f {
		list = append(list, at)
	}
	slices.SortFunc(list, comparePlaces)
	return list
}

func comparePlaces(a, b place) int {
	if c := strings.Compare(a.account, b.account); c != 0 {
		return c
	}
	if c := cmp.Or(strings.Compare(string(a.currency), string(b.currency)),
		cmp.Compare(a.month, b.month)); c != 0 || a.dims == b.dims {
		return c
	}
	mine, theirs := a.dims.all(), b.dims.all()
	for i := range mine {
		if c := strings.Compare(*mine[i], *theirs[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (r *report) named(code string) (string, Type) {
	if a := r.chart[code]; a != nil {
		return a.Name, a.Type
	}
	return "", ""
}

// sides makes money of a figure.
func (r *report) sides(ctx context.Context, c money.Currency, f figure) (debit, credit, net money.Amount, err error) {
	if debit, err = r.amount(ctx, c, f.debit); err != nil {
		return
	}
	if credit, err = r.amount(ctx, c, f.credit); err != nil {
		return
	}
	net, err = debit.Sub(credit)
	return
}

// checkCut finds values and dimensions that cannot be asked for.
func checkCut(where Dims, group ...Dimension) error {
	var bad faults
	bad.cut(where, group...)
	return bad.err()
}

func (f *faults) cut(where Dims, group ...Dimension) {
	where.check(f, func() string { return "where" })
	for i, d := range group {
		f.Check(d.known(), "group_by", storage.CodeChoice, string(d))
		f.Check(!slices.Contains(group[:i], d), "group_by", storage.CodeDuplicate, string(d))
	}
}
