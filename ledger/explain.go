package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Flow says which side of the entries explains a figure.
type Flow string

// The flows. Of all but the first, the accounts asked for are those on the other side of the cash, or of the expense that no
// cash is paid for, and a line is their share of it: see CashFlow.
const (
	// OfAccounts is what was posted to the accounts: what most figures are made of.
	OfAccounts Flow = ""
	// CashMoved is what cash was received (positive) and paid for; CashReceived and CashPaid are one of both.
	CashMoved    Flow = "cash"
	CashReceived Flow = "received"
	CashPaid     Flow = "paid"
	// NonCashOn is what expenses of NonCash did to accounts, with the sign of the expense; NonCashFrom is the same by the
	// expense's account.
	NonCashOn   Flow = "non_cash_on"
	NonCashFrom Flow = "non_cash_from"
)

// A Side is one of the two of an account.
type Side string

// The sides.
const (
	DebitSide  Side = "debit"
	CreditSide Side = "credit"
)

// ExplainFilter names a figure: the sum of what was posted to some accounts. The statements make it of their figures: see
// SheetFilter.Explain and its like.
type ExplainFilter struct {
	By storage.Ref `json:"by"`
	Chosen
	Currency money.Currency `json:"currency,omitempty"` // "" for all
	Period   date.Period    `json:"period"`
	Where    Dims           `json:"where"`
	// Absent keeps parts without a value in a dimension.
	Absent Dimension `json:"absent,omitempty"`
	// Closing counts closing entries too.
	Closing bool `json:"closing,omitempty"`
	Flow    Flow `json:"flow,omitempty"`
	// Side keeps debits or credits only, of OfAccounts.
	Side Side `json:"side,omitempty"`
	// Credit turns signs around, so that what is usual for liabilities, equity and income is positive.
	Credit bool `json:"credit,omitempty"`
	// Limit is the most parts of a page, 50 if zero.
	Limit int `json:"limit,omitempty"`
}

// An Explained is a part of a figure.
type Explained struct {
	Entry   storage.ID[Posted] `json:"entry"`
	Leg     int                `json:"leg"`
	Part    int                `json:"part"`
	Date    date.Date          `json:"date"`
	Account string             `json:"account"`
	Amount  money.Amount       `json:"amount"`
	Dims    Dims               `json:"dims"`
	// Text is that of the leg or, without one, of the entry; Source is the document behind it.
	Text   string      `json:"text,omitempty"`
	Source storage.Ref `json:"source"`
}

func (f *ExplainFilter) check() error {
	var bad faults
	bad.cut(f.Where)
	bad.Check(f.Currency == "" || f.Currency.Valid(), "currency", storage.CodeCurrency, "")
	bad.period(f.Period)
	bad.Check(f.Absent == "" || f.Absent.known(), "absent", storage.CodeChoice, string(f.Absent))
	bad.Check(f.Side == "" || (f.Side == DebitSide || f.Side == CreditSide) && f.Flow == OfAccounts, "side", storage.CodeChoice, "")
	switch f.Flow {
	case OfAccounts, CashMoved, CashReceived, CashPaid, NonCashOn, NonCashFrom:
	default:
		bad.Add("flow", storage.CodeChoice, "")
	}
	return bad.err()
}

// Explain lists the parts that a figure is made of, by date; of all pages together they sum to it exactly. The first page
// belongs to an empty cursor.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (b *Books) Explain(ctx context.Context, f ExplainFilter, from storage.Cursor) (out storage.Page[Explained], err error) {
	if err := f.check(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) error {
		x := &explainer{r: r, f: &f}
		if err := x.begin(ctx); err != nil {
			return err
		}
		next, err := x.page(ctx, from)
		out = storage.Page[Explained]{Items: x.out, Next: next}
		return err
	})
	return out, err
}

// An explainer finds what a figure is made of.
type explainer struct {
	r    *report
	f    *ExplainFilter
	c    cut
	base []string // the accounts whose other side is asked for
	out  []*Explained
}

func (x *explainer) begin(ctx context.Context) error {
	if err := x.r.accounts(ctx); err != nil {
		return err
	}
	for _, a := range x.r.ordered {
		switch x.f.Flow {
		case OfAccounts:
		case NonCashOn, NonCashFrom:
			if x.r.ofResult(a.Code) && a.ActivityOf() == NonCash {
				x.base = append(x.base, a.Code)
			}
		default:
			if a.ActivityOf() == CashActivity {
				x.base = append(x.base, a.Code)
			}
		}
	}
	x.c = cut{period: x.f.Period, where: x.f.Where, closing: x.f.Closing}
	return x.r.choose(ctx, x.f.Chosen, &x.c)
}

// query asks for the parts that a page is read from.
func (x *explainer) query() storage.Query {
	q := storage.Query{By: x.f.By, Order: []string{"date"}, Limit: x.f.Limit}
	if x.f.Flow != OfAccounts {
		var where []storage.Cond
		if x.f.Flow == NonCashOn || x.f.Flow == NonCashFrom {
			where = []storage.Cond{storage.Eq("closing", false)}
		}
		q.Where = x.r.movesOf(x.base, x.f.Period, where).Where
		return q
	}
	q.Where = partConds(x.f.Period, x.f.Where)
	if x.f.Absent != "" {
		q.Where = append(q.Where, storage.Eq(string(x.f.Absent), ""))
	}
	if x.f.Currency != "" {
		q.Where = append(q.Where, storage.Eq("currency", x.f.Currency))
	}
	if x.f.Side != "" {
		q.Where = append(q.Where, storage.Eq("credit", x.f.Side == CreditSide))
	}
	if !x.f.Closing {
		q.Where = append(q.Where, storage.Eq("closing", false))
	}
	if x.c.chosen != nil {
		var codes []string
		for _, a := range x.r.ordered {
			if x.c.chosen(a.Code) {
				codes = append(codes, a.Code)
			}
		}
		q.Where = append(q.Where, storage.In("account", codes...))
	}
	return q
}

// keeps reports whether a share belongs to the figure.
func (x *explainer) keeps(s counterShare) bool {
	code := s.part.Account
	switch x.f.Flow {
	case CashReceived:
		if s.units < 0 {
			return false
		}
	case CashPaid:
		if s.units > 0 {
			return false
		}
	case NonCashOn, NonCashFrom:
		if code == "" || x.r.ofResult(code) || x.r.chart[code] != nil && x.r.chart[code].ActivityOf() == CashActivity {
			return false
		}
		if x.f.Flow == NonCashFrom {
			code = s.base
		}
	}
	return (x.c.chosen == nil || x.c.chosen(code)) && s.part.Dims.has(x.f.Where) &&
		(x.f.Absent == "" || s.part.Dims.Of(x.f.Absent) == "") && (x.f.Currency == "" || x.f.Currency == s.part.Currency)
}

// page reads a page: parts, or the shares of the entries whose first part on the base is on it.
func (x *explainer) page(ctx context.Context, from storage.Cursor) (storage.Cursor, error) {
	page, err := parts.Page(ctx, x.r.tx, x.query(), from)
	if err != nil {
		return "", err
	}
	var rows []*part
	take := func(p *part, units int64) error {
		rows = append(rows, p)
		a, err := x.r.amount(ctx, p.Currency, units)
		if x.f.Credit {
			a = a.Neg()
		}
		x.out = append(x.out, &Explained{Entry: p.Entry, Leg: p.Leg, Part: p.No, Date: p.Date, Account: p.Account, Amount: a,
			Dims: p.Dims, Text: p.Text})
		return err
	}
	if x.f.Flow == OfAccounts {
		x.r.cost.Parts += int64(len(page.Items))
		for _, p := range page.Items {
			if err := take(p, p.Amount); err != nil {
				return "", err
			}
		}
	} else if err := x.shares(ctx, page.Items, take); err != nil {
		return "", err
	}
	heads, err := x.r.heads(ctx, rows)
	if err != nil {
		return "", err
	}
	for _, e := range x.out {
		if head := heads[e.Entry]; head != nil {
			e.Source = head.Source
			if e.Text == "" {
				e.Text = head.Text
			}
		}
	}
	return page.Next, nil
}

// shares divides the entries that have their first part on the base among some parts.
func (x *explainer) shares(ctx context.Context, items []*part, take func(*part, int64) error) error {
	entries := make([]*Posted, 0, len(items))
	for i, p := range items {
		if i == 0 || items[i-1].Entry != p.Entry {
			entries = append(entries, &Posted{ID: p.Entry})
		}
	}
	if len(entries) > 0 { // an entry may have begun on the page before
		byEntry, err := partsOf(ctx, x.r.tx, x.r.by, entries[0])
		if err != nil {
			return err
		}
		for _, p := range byEntry[entries[0].ID] {
			if slices.Contains(x.base, p.Account) {
				if p.Leg != items[0].Leg || p.No != items[0].No {
					entries = entries[1:]
				}
				break
			}
		}
	}
	together := x.f.Flow != NonCashOn && x.f.Flow != NonCashFrom
	return x.r.divideAll(ctx, entries, x.base, together, func(s counterShare) error {
		if !x.keeps(s) {
			return nil
		}
		return take(s.part, s.units)
	})
}
