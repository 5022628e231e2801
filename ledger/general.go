package ledger

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// LedgerFilter asks for the general ledger.
type LedgerFilter struct {
	By     storage.Ref
	Period date.Period
	Chosen
	Currency money.Currency // "" for all
	// Where keeps parts with these values only: with a customer it is that customer's ledger.
	Where Dims
	// Limit is about how many rows a page has, 50 if zero: the openings and ends of an account are not torn apart.
	Limit int
}

// LineRow is a part on the general ledger, between an OpeningRow and an EndRow.
const LineRow RowKind = "line"

// A LedgerRow is a row of the general ledger. Of each account and currency there is what it held before the period, then each
// part with the balance after it, and at the end what moved and what it holds.
type LedgerRow struct {
	Kind     RowKind        `json:"kind"`
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Type     Type           `json:"type"`
	Currency money.Currency `json:"currency"`
	// Debit and Credit are those of the line or, at the end, of the period.
	Debit  money.Amount `json:"debit"`
	Credit money.Amount `json:"credit"`
	// Balance is a debit if positive.
	Balance money.Amount `json:"balance"`
	Line    *Line        `json:"line,omitempty"`
}

// GeneralLedger lists all accounts, by code, with their lines by date. It reads page by page; over a tenant's data it is no
// snapshot, but each page is.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) GeneralLedger(ctx context.Context, f LedgerFilter) iter.Seq2[*LedgerRow, error] {
	return func(yield func(*LedgerRow, error) bool) {
		f.Limit = 500
		for from := storage.Cursor(""); ; {
			page, err := b.GeneralLedgerPage(ctx, f, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page.Items {
				if !yield(row, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}

// ledgerPlace is where a page of the general ledger goes on: at an account, or within its lines.
type ledgerPlace struct {
	Account string         `json:"a"`
	Within  bool           `json:"w,omitempty"`
	Lines   storage.Cursor `json:"l,omitempty"`
}

func (p ledgerPlace) cursor() storage.Cursor {
	text, _ := json.Marshal(p) // of texts
	return storage.Cursor(base64.RawURLEncoding.EncodeToString(text))
}

func readLedgerPlace(c storage.Cursor) (p ledgerPlace, err error) {
	if c == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(string(c))
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Account == "" {
		return p, storage.ErrBadCursor
	}
	return p, nil
}

// GeneralLedgerPage reads one screen of the general ledger.
//
// Errors: storage.ErrBadCursor, *storage.Invalid, storage.ErrOverflow.
func (b *Books) GeneralLedgerPage(ctx context.Context, f LedgerFilter, from storage.Cursor) (out storage.Page[LedgerRow],
	err error) {
	var bad faults
	bad.cut(f.Where)
	bad.Check(f.Currency == "" || f.Currency.Valid(), "currency", storage.CodeCurrency, "")
	bad.period(f.Period)
	if err := bad.err(); err != nil {
		return out, err
	}
	at, err := readLedgerPlace(from)
	if err != nil {
		return out, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	err = b.read(ctx, f.By, func(r *report) error {
		g := &generalLedger{r: r, f: f}
		if err := g.begin(ctx); err != nil {
			return err
		}
		next, err := g.page(ctx, at)
		out = storage.Page[LedgerRow]{Items: g.out, Next: next}
		return err
	})
	return out, err
}

// A generalLedger makes a page.
type generalLedger struct {
	r             *report
	f             LedgerFilter
	before, moved figures
	accounts      []string
	currencies    map[string][]money.Currency
	out           []*LedgerRow
}

// begin finds what all accounts held and what moved.
func (g *generalLedger) begin(ctx context.Context) error {
	c := cut{where: g.f.Where, closing: true}
	if err := g.r.choose(ctx, g.f.Chosen, &c); err != nil {
		return err
	}
	if err := g.r.accounts(ctx); err != nil {
		return err
	}
	before := date.Until(date.Date{}, g.f.Period.From)
	if g.f.Period.From.IsZero() {
		before = date.On(date.Date{})
	}
	got, err := g.r.columns(ctx, c, []date.Period{before, g.f.Period})
	if err != nil {
		return err
	}
	g.before, g.moved, g.currencies = got[0], got[1], map[string][]money.Currency{}
	for _, list := range got {
		for at := range list {
			if g.f.Currency == "" || g.f.Currency == at.currency {
				g.currencies[at.account] = append(g.currencies[at.account], at.currency)
			}
		}
	}
	for code, list := range g.currencies {
		slices.Sort(list)
		g.currencies[code], g.accounts = slices.Compact(list), append(g.accounts, code)
	}
	slices.Sort(g.accounts)
	return nil
}

func (g *generalLedger) page(ctx context.Context, at ledgerPlace) (storage.Cursor, error) {
	i, _ := slices.BinarySearchFunc(g.accounts, at.Account, strings.Compare)
	for ; i < len(g.accounts); i++ {
		code := g.accounts[i]
		if at.Account != code {
			at = ledgerPlace{Account: code}
		}
		if len(g.out) >= g.f.Limit {
			return at.cursor(), nil
		}
		held, err := g.opening(ctx, code, !at.Within)
		if err != nil {
			return "", err
		}
		if g.movedOn(code) {
			next, err := g.lines(ctx, code, held, at)
			if err != nil || next != "" {
				return ledgerPlace{code, true, next}.cursor(), err
			}
		}
		if err := g.end(ctx, code); err != nil {
			return "", err
		}
	}
	return "", nil
}

func (g *generalLedger) movedOn(code string) bool {
	return slices.ContainsFunc(g.currencies[code], func(c money.Currency) bool {
		return g.moved[place{account: code, currency: c}].count > 0
	})
}

func (g *generalLedger) row(kind RowKind, code string, c money.Currency) *LedgerRow {
	name, typ := g.r.named(code)
	return &LedgerRow{Kind: kind, Account: code, Name: name, Type: typ, Currency: c, Debit: money.Zero(c), Credit: money.Zero(c)}
}

// opening adds what an account held.
func (g *generalLedger) opening(ctx context.Context, code string, shown bool) (map[money.Currency]money.Amount, error) {
	held := map[money.Currency]money.Amount{}
	for _, c := range g.currencies[code] {
		a, err := g.r.amount(ctx, c, net(g.before[place{account: code, currency: c}]))
		if err != nil {
			return nil, err
		}
		held[c] = a
		if shown {
			row := g.row(OpeningRow, code, c)
			row.Balance = a
			g.out = append(g.out, row)
		}
	}
	return held, nil
}

// lines adds a stretch of lines, and answers where more begin.
func (g *generalLedger) lines(ctx context.Context, code string, held map[money.Currency]money.Amount, at ledgerPlace) (
	storage.Cursor, error) {
	f := LineFilter{By: g.f.By, Account: code, Currency: g.f.Currency, Period: g.f.Period, Where: g.f.Where}
	page, err := parts.Page(ctx, g.r.tx, storage.Query{By: f.By, Where: f.conds(f.Period), Order: []string{"date"},
		Limit: max(g.f.Limit-len(g.out), 1)}, at.Lines)
	if err != nil {
		return "", err
	}
	var lines []*Line
	if at.Lines == "" {
		lines, err = g.r.linesAfter(ctx, held, page.Items)
	} else {
		lines, err = g.r.lines(ctx, f, page.Items)
	}
	if err != nil {
		return "", err
	}
	for _, l := range lines {
		row := g.row(LineRow, code, l.Amount.Currency())
		row.Line, row.Balance = l, l.Balance
		if l.Amount.Sign() < 0 {
			row.Credit = l.Amount.Neg()
		} else {
			row.Debit = l.Amount
		}
		g.out = append(g.out, row)
	}
	return page.Next, nil
}

// end adds what moved, and what an account holds.
func (g *generalLedger) end(ctx context.Context, code string) error {
	for _, c := range g.currencies[code] {
		row, at := g.row(EndRow, code, c), place{account: code, currency: c}
		before, err := g.r.amount(ctx, c, net(g.before[at]))
		if err != nil {
			return err
		}
		var net money.Amount
		if row.Debit, row.Credit, net, err = g.r.sides(ctx, c, g.moved[at]); err != nil {
			return err
		}
		if row.Balance, err = before.Add(net); err != nil {
			return err
		}
		g.out = append(g.out, row)
	}
	return nil
}
