package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// compare holds the whole state of every engine against the auditor's figures, and the bytes of their exports against one
// another.
func (d *drill) compare() {
	days := []date.Date{{}, d.today(), d.day(), d.day(), d.day(), d.day().Month().Last()}
	p := date.Period{From: d.day(), To: d.day()}
	if p.To.Before(p.From) {
		p.From, p.To = p.To, p.From
	}
	known := []int{0, len(d.sealed)}
	for range 3 {
		known = append(known, d.rng.IntN(len(d.sealed)+1))
	}
	for _, s := range d.stands {
		for _, day := range days {
			d.compareBalances(s, day)
			d.compareItems(s, day)
			d.compareLive(s, day)
		}
		for _, n := range known {
			d.compareKnown(s, n, days[d.names%2*3])
		}
		d.compareTrial(s, p)
		d.compareTrial(s, date.Period{})
		d.compareStatements(s, p)
		d.compareHolds(s)
		audit, err := s.books.Audit(d.Context())
		require.NoError(d, err)
		require.Empty(d, audit.Findings, s.name)
		require.Equal(d, int64(len(d.entries)), audit.Entries)
		log, err := s.books.Verify(d.Context(), ledger.VerifyFilter{})
		require.NoError(d, err)
		require.Nil(d, log.Break)
		require.Equal(d, [2]int64{int64(len(d.sealed)), int64(len(d.entries) - len(d.sealed))}, [2]int64{log.Checked, log.Open}, s.name)
	}
	d.compareExports()
}

// compareExports leaves out in how many blocks the log is sealed.
func (d *drill) compareExports() {
	var first []byte
	for i, s := range d.stands {
		var out bytes.Buffer
		table := ""
		for line := range bytes.Lines(export(d, s.store, "audited")) {
			if line[0] != '[' {
				var head struct {
					Table string `json:"table"`
				}
				require.NoError(d, json.Unmarshal(line, &head))
				table = head.Table
			}
			if table != "ledger_block" && table != "ledger_sealing" {
				out.Write(line)
			}
		}
		if i == 0 {
			first = out.Bytes()
		}
		if bytes.Equal(first, out.Bytes()) {
			continue
		}
		a, b := bytes.Split(first, []byte("\n")), bytes.Split(out.Bytes(), []byte("\n"))
		for n := range min(len(a), len(b)) {
			require.Equal(d, string(a[n]), string(b[n]), "line %d of the export of %s", n, s.name)
		}
		require.Len(d, b, len(a), "export of %s", s.name)
	}
}

// figures turns balances into sums, and checks that they are their difference.
func (d *drill) figures(rows []ledger.Balance) map[spot]sums {
	out := map[spot]sums{}
	for _, r := range rows {
		s := sums{units(r.Debit), units(r.Credit)}
		require.Equal(d, s.debit-s.credit, units(r.Amount))
		out[spot{r.Account, r.Currency}] = s
	}
	return out
}

func (d *drill) compareBalances(s *stand, asOf date.Date) {
	got, err := s.books.Balances(d.Context(), ledger.BalanceFilter{AsOf: asOf})
	require.NoError(d, err)
	require.Equal(d, d.total(d.entries, date.Period{To: asOf}, true), d.figures(got.Rows), "balances as of %s on %s", asOf, s.name)
}

// compareKnown asks what was known when so many entries were sealed.
func (d *drill) compareKnown(s *stand, n int, asOf date.Date) {
	var list []*jotting
	for _, id := range d.sealed[:n] {
		list = append(list, d.at[id])
	}
	got, err := s.books.KnownAt(d.Context(), ledger.KnownFilter{Sequence: int64(n), AsOf: asOf})
	require.NoError(d, err)
	require.Equal(d, d.total(list, date.Period{To: asOf}, true), d.figures(got.Rows), "as known at %d, as of %s on %s", n, asOf, s.name)
}

func (d *drill) compareItems(s *stand, asOf date.Date) {
	want, got := map[ledger.ItemKey]int64{}, map[ledger.ItemKey]int64{}
	var sum, balance int64
	for _, i := range d.items {
		if n := d.open(i, asOf); n != 0 && (asOf.IsZero() || !i.entry.date.After(asOf)) {
			want[i.key()] = n
			if i.currency == "EUR" {
				sum += n
			}
		}
	}
	for i, err := range s.books.OpenItems(d.Context(), ledger.ItemFilter{AsOf: asOf}) {
		require.NoError(d, err)
		got[ledger.ItemKey{Entry: i.Entry, Leg: i.Leg}] = units(i.Open)
	}
	require.Equal(d, want, got, "open items as of %s on %s", asOf, s.name)
	held := d.total(d.entries, date.Period{To: asOf}, true)[spot{"rec", "EUR"}]
	balance = held.debit - held.credit
	require.Equal(d, balance, sum, "open items are the balance as of %s", asOf)
}

func (d *drill) compareLive(s *stand, on date.Date) {
	for code, p := range plainChart {
		if !p.isLive() {
			continue
		}
		at := on
		if on.IsZero() {
			at = d.today()
		}
		got, err := s.books.LiveBalance(d.Context(), code, "EUR", on)
		require.NoError(d, err)
		want := d.live(spot{code, "EUR"}, at)
		require.Equal(d, want, [3]int64{units(got.Booked), units(got.Held), units(got.Coming)}, "%s on %s on %s", code, at, s.name)
		require.Equal(d, want[0]-want[1], units(got.Available))
	}
}

func (d *drill) compareTrial(s *stand, p date.Period) {
	got, err := s.books.TrialBalance(d.Context(), ledger.TrialFilter{Period: p})
	require.NoError(d, err)
	before, moved := map[spot]sums{}, d.total(d.entries, p, true)
	if !p.From.IsZero() {
		before = d.total(d.entries, date.Period{To: p.From.AddDays(-1)}, true)
	}
	for _, r := range got.Rows {
		at := spot{r.Account, r.Currency}
		o, m := before[at], moved[at]
		want := [4]int64{o.debit - o.credit, m.debit, m.credit, o.debit - o.credit + m.debit - m.credit}
		require.Equal(d, want, [4]int64{units(r.Opening), units(r.Debit), units(r.Credit), units(r.Closing)}, "%v on %s", at, s.name)
		delete(before, at)
		delete(moved, at)
	}
	require.Empty(d, before)
	require.Empty(d, moved)
	for _, r := range got.Totals {
		require.True(d, r.Opening.IsZero() && r.Closing.IsZero() && r.Debit == r.Credit, "%+v", r)
	}
}

// byType adds up the accounts of some types, in a currency.
func byType(list map[spot]sums, c money.Currency, types ...ledger.Type) (n int64) {
	for at, s := range list {
		for _, typ := range types {
			if at.currency == c && plainChart[at.account].typ == typ {
				n += s.debit - s.credit
			}
		}
	}
	return n
}

func (d *drill) compareStatements(s *stand, p date.Period) {
	ctx := d.Context()
	income, err := s.books.IncomeStatement(ctx, ledger.IncomeFilter{Period: p})
	require.NoError(d, err)
	moved := d.total(d.entries, p, false)
	for _, l := range income.Totals {
		require.Equal(d, -byType(moved, l.Currency, ledger.Income, ledger.Expense), units(l.Profit.Total), s.name)
	}
	sheet, err := s.books.BalanceSheet(ctx, ledger.SheetFilter{Date: p.To})
	require.NoError(d, err)
	require.True(d, sheet.Ties(), s.name)
	held := d.total(d.entries, date.Period{To: p.To}, true)
	for _, part := range sheet.Parts {
		require.Equal(d, byType(held, part.Currency, ledger.Asset), units(part.Assets[0]), s.name)
		require.Equal(d, -byType(held, part.Currency, ledger.Liability), units(part.Liabilities[0]), s.name)
	}
	for _, indirect := range []bool{false, true} {
		flow, err := s.books.CashFlow(ctx, ledger.CashFilter{Period: p, Indirect: indirect})
		require.NoError(d, err)
		require.True(d, flow.Ties(), s.name)
		for _, part := range flow.Parts {
			var cash int64
			for _, code := range []string{"bank", "usd"} {
				x := held[spot{code, part.Currency}]
				cash += x.debit - x.credit
			}
			require.Equal(d, cash, units(part.Closing[0]), s.name)
		}
	}
	by, err := s.books.Totals(ctx, ledger.TotalsFilter{Period: p, ByAccount: true, Closing: true,
		GroupBy: []ledger.Dimension{ledger.Department}})
	require.NoError(d, err)
	want, got := map[string]int64{}, map[string]int64{}
	for _, j := range d.entries {
		for _, part := range j.jots {
			if p.Contains(j.date) {
				want[fmt.Sprint(part.spot, part.dims.Department)] += part.units
			}
		}
	}
	for _, r := range by.Rows {
		got[fmt.Sprint(spot{r.Account, r.Currency}, r.Dims.Department)] = units(r.Amount)
	}
	require.Equal(d, want, got, s.name)
}

func (d *drill) compareHolds(s *stand) {
	for _, h := range d.holds {
		got, err := s.books.Held(d.Context(), h.id)
		require.NoError(d, err)
		require.Equal(d, h.state, got.State, s.name)
		if h.state == ledger.HoldOpen {
			for i, a := range got.Left {
				require.Equal(d, h.left[i], units(a), s.name)
			}
		}
	}
}
