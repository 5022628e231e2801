package ledger

import (
	"slices"

	"github.com/tutas/tutas/ledger/money"
)

// A sheeter lays out balance sheets.
type sheeter struct {
	r        *report
	f        *SheetFilter
	held     holdings
	columns  int // the first slots; what they are compared with follows
	slots    int
	whole    bool // of the whole books, which tie
	children map[string][]*Account
}

// children lists the accounts below each, by code; "" has those that stand below none, or below one that is not seen.
func (r *report) children() map[string][]*Account {
	out := map[string][]*Account{}
	for _, a := range r.ordered {
		above := a.Parent
		if r.chart[above] == nil {
			above = ""
		}
		out[above] = append(out[above], a)
	}
	return out
}

func currenciesOf(lists ...map[place][]money.Amount) (out []money.Currency) {
	for _, list := range lists {
		for at := range list {
			out = append(out, at.currency)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func zeros(c money.Currency, n int) []money.Amount {
	out := make([]money.Amount, n)
	for i := range out {
		out[i] = money.Zero(c)
	}
	return out
}

// addAll adds amounts to others, with a sign.
func addAll(to, more []money.Amount, sign int64) (err error) {
	for i, a := range more {
		if sign < 0 {
			a = a.Neg()
		}
		if to[i], err = to[i].Add(a); err != nil {
			return err
		}
	}
	return nil
}

func allZero(list []money.Amount) bool {
	return !slices.ContainsFunc(list, func(a money.Amount) bool { return !a.IsZero() })
}

// sectionNames are what totals are called in English; Kind and Section say the same to a program.
var sectionNames = map[Type]string{Asset: "Total assets", Liability: "Total liabilities", Equity: "Total equity"}

// part lays out one currency.
func (s *sheeter) part(c money.Currency, translated bool) (out SheetPart, err error) {
	out.Currency = c
	sums := map[Type][]money.Amount{}
	for _, typ := range types[:3] {
		tree := tree{children: s.children, typ: typ, currency: c, values: s.held.balance, slots: s.slots, empty: s.f.Empty,
			compare: &s.f.Compare, columns: s.columns}
		sum, err := tree.rows(&out.Rows, "", 0)
		if err != nil {
			return out, err
		}
		sums[typ] = sum
		if typ == Equity {
			if err := s.results(&out, sum, c); err != nil {
				return out, err
			}
			left := zeros(c, s.slots)
			for _, x := range []struct {
				of   []money.Amount
				sign int64
			}{{sums[Asset], 1}, {sums[Liability], -1}, {sum, -1}} {
				if err := addAll(left, x.of, x.sign); err != nil {
					return out, err
				}
			}
			if translated && s.whole {
				for i := range left {
					if s.f.Compare.Budget != nil && i >= s.columns {
						left[i] = money.Zero(c)
					}
				}
				if err := s.row(&out, TranslationRow, Equity, 0, "Translation and rounding", left, false); err != nil {
					return out, err
				}
				if err := addAll(sum, left, 1); err != nil {
					return out, err
				}
			}
		}
		if err := s.row(&out, TotalRow, typ, 0, sectionNames[typ], sum, true); err != nil {
			return out, err
		}
	}
	return out, s.finish(&out, sums, c)
}

// results adds the rows of what is not closed.
func (s *sheeter) results(out *SheetPart, equity []money.Amount, c money.Currency) error {
	for _, x := range []struct {
		kind RowKind
		name string
		of   map[place][]money.Amount
		keep bool
	}{{EarlierRow, "Results of earlier years", s.held.earlier, false}, {ResultRow, "Result of the year", s.held.current, true}} {
		sum := zeros(c, s.slots)
		for at, values := range x.of {
			if at.currency == c {
				if err := addAll(sum, values, -1); err != nil {
					return err
				}
			}
		}
		if err := s.row(out, x.kind, Equity, 0, x.name, sum, x.keep); err != nil {
			return err
		}
		if err := addAll(equity, sum, 1); err != nil {
			return err
		}
	}
	return nil
}

// finish fills the sums and what is missing.
func (s *sheeter) finish(out *SheetPart, sums map[Type][]money.Amount, c money.Currency) error {
	both := zeros(c, s.slots)
	if err := addAll(both, sums[Liability], 1); err != nil {
		return err
	}
	if err := addAll(both, sums[Equity], 1); err != nil {
		return err
	}
	if err := s.row(out, TotalRow, "", 0, "Total liabilities and equity", both, true); err != nil {
		return err
	}
	missing := slices.Clone(sums[Asset])
	if err := addAll(missing, both, -1); err != nil {
		return err
	}
	n := s.columns
	out.Assets, out.Liabilities, out.Equity, out.Difference = sums[Asset][:n], sums[Liability][:n], sums[Equity][:n], missing[:n]
	return s.row(out, DifferenceRow, "", 0, "Difference", missing, false)
}

// row adds a row that is no account; one of nothing only if it is to be kept.
func (s *sheeter) row(out *SheetPart, kind RowKind, section Type, level int, name string, values []money.Amount, keep bool) error {
	if !keep && allZero(values) {
		return nil
	}
	cells, err := s.f.Compare.cells(values, s.columns)
	out.Rows = append(out.Rows, StatementRow{Kind: kind, Section: string(section), Level: level, Name: name, Cells: cells})
	return err
}

// A tree lays out the accounts of a type by the chart.
type tree struct {
	children map[string][]*Account
	typ      Type
	currency money.Currency
	values   map[place][]money.Amount
	slots    int
	columns  int
	empty    bool
	compare  *Compare
}

// rows adds what is below an account, and answers its sum as people read it.
func (t *tree) rows(out *[]StatementRow, parent string, level int) ([]money.Amount, error) {
	sum := zeros(t.currency, t.slots)
	for _, a := range t.children[parent] {
		if a.Type != t.typ {
			continue
		}
		own := zeros(t.currency, t.slots)
		values, posted := t.values[place{account: a.Code, currency: t.currency}]
		if err := addAll(own, values, t.typ.Sign()); err != nil {
			return nil, err
		}
		line := StatementRow{Kind: AccountRow, Section: string(t.typ), Level: level, Account: a.Code, Name: a.Name}
		at := len(*out)
		*out = append(*out, line)
		below := level
		if len(t.children[a.Code]) > 0 || a.Heading {
			(*out)[at].Kind = HeadingRow
			below++
			if shown := !allZero(own) || t.empty && posted; shown { // a group with postings of its own
				line.Level = below
				var err error
				if line.Cells, err = t.compare.cells(own, t.columns); err != nil {
					return nil, err
				}
				*out = append(*out, line)
			}
			under, err := t.rows(out, a.Code, below)
			if err != nil {
				return nil, err
			}
			if err := addAll(own, under, 1); err != nil {
				return nil, err
			}
		}
		idle := allZero(own) && !(t.empty && posted)
		if kind := (*out)[at].Kind; kind == HeadingRow && len(*out) == at+1 || kind == AccountRow && idle {
			*out = (*out)[:at]
			continue
		}
		cells, err := t.compare.cells(own, t.columns)
		if err != nil {
			return nil, err
		}
		(*out)[at].Cells = cells
		if err := addAll(sum, own, 1); err != nil {
			return nil, err
		}
	}
	return sum, nil
}
