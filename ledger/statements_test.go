package ledger_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// iasChart is that of the company in the illustrative examples of IAS 7, part A.
func iasChart() []ledger.OpenAccount {
	account := func(code, name string, t ledger.Type, a ledger.Activity) ledger.OpenAccount {
		return ledger.OpenAccount{Code: code, Name: name, Type: t, Activity: a}
	}
	chart := []ledger.OpenAccount{
		{Code: "as:fix", Name: "Property, plant and equipment", Type: ledger.Asset, Heading: true},
		account("as:cash", "Cash", ledger.Asset, ledger.CashActivity), account("as:recv", "Receivables", ledger.Asset, ""),
		account("as:interest", "Interest to be received", ledger.Asset, ledger.Investing),
		account("as:stock", "Inventory", ledger.Asset, ""),
		account("as:sub", "Subsidiary X", ledger.Asset, ledger.Investing),
		account("as:ppe", "Cost", ledger.Asset, ledger.Investing),
		account("as:dep", "Accumulated depreciation", ledger.Asset, ledger.Investing),
		account("li:pay", "Trade payables", ledger.Liability, ""), account("li:interest", "Interest payable", ledger.Liability, ""),
		account("li:tax", "Income taxes payable", ledger.Liability, ""),
		account("li:debt", "Long term debt", ledger.Liability, ledger.Financing),
		account("li:lease", "Lease liabilities", ledger.Liability, ledger.Financing),
		account("eq:shares", "Share capital", ledger.Equity, ""), account("eq:retained", "Retained earnings", ledger.Equity, ""),
		account("in:sales", "Sales", ledger.Income, ""), account("in:invest", "Investment income", ledger.Income, ledger.Investing),
		account("ex:cost", "Cost of sales", ledger.Expense, ""), account("ex:dep", "Depreciation", ledger.Expense, ledger.NonCash),
		account("ex:admin", "Administrative and selling expenses", ledger.Expense, ""),
		account("ex:interest", "Interest expense", ledger.Expense, ""), account("ex:fx", "Foreign exchange loss", ledger.Expense, ledger.NonCash),
		account("ex:tax", "Taxes on income", ledger.Expense, "")}
	chart[6].Parent, chart[7].Parent = "as:fix", "as:fix"
	return chart
}

// iasBooks are the books of that company, of the year 2002. The subsidiary is bought as a whole, and the loss on foreign
// exchange is on the debt, so that the figures of its cash flow are those of the standard.
func iasBooks(t testing.TB) *ledger.Books {
	t.Helper()
	_, db := openOn(t, newEngine(t))
	b := ledger.New(db)
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{}, iasChart()...))
	move := func(day, debit, credit, amount string) ledger.Entry {
		a := money.MustParse(amount + " USD")
		return ledger.Entry{Date: date.MustParse(day), Legs: []ledger.Leg{ledger.Debit(debit, a, ledger.Dims{}),
			ledger.Credit(credit, a, ledger.Dims{Department: "group"})}}
	}
	usd := func(s string) money.Amount { return money.MustParse(s + " USD") }
	list := []ledger.Entry{
		move("2001-06-01", "as:cash", "eq:shares", "1250"), move("2001-06-01", "as:recv", "eq:retained", "1200"),
		move("2001-06-01", "as:stock", "eq:retained", "1950"), move("2001-06-01", "as:ppe", "li:debt", "1910"),
		move("2001-07-01", "eq:retained", "as:cash", "1130"), move("2001-07-01", "eq:retained", "li:pay", "1890"), move("2001-08-01", "eq:retained", "as:dep", "1060"),
		move("2002-02-01", "as:recv", "in:sales", "30650"), move("2002-03-01", "as:cash", "as:recv", "30150"),
		move("2002-02-02", "as:stock", "li:pay", "24950"), move("2002-02-03", "ex:cost", "as:stock", "26000"),
		move("2002-02-04", "ex:admin", "li:pay", "910"), move("2002-04-01", "li:pay", "as:cash", "27600"),
		move("2002-12-31", "ex:dep", "as:dep", "450"), move("2002-12-31", "ex:fx", "li:debt", "40"),
		move("2002-12-31", "ex:interest", "li:interest", "400"), move("2002-06-30", "li:interest", "as:cash", "270"),
		move("2002-12-31", "ex:tax", "li:tax", "300"), move("2002-05-31", "li:tax", "as:cash", "900"),
		move("2002-07-31", "as:cash", "in:invest", "400"), move("2002-12-31", "as:interest", "in:invest", "100"),
		move("2002-05-01", "as:sub", "as:cash", "550"), move("2002-05-02", "as:ppe", "as:cash", "350"),
		{Date: date.Must(2002, 9, 1), Text: "Sale of plant", Legs: []ledger.Leg{ledger.Debit("as:cash", usd("20"), ledger.Dims{}),
			ledger.Debit("as:dep", usd("60"), ledger.Dims{}), ledger.Credit("as:ppe", usd("80"), ledger.Dims{})}},
		move("2002-10-01", "as:cash", "eq:shares", "250"), move("2002-10-02", "as:cash", "li:debt", "250"),
		move("2002-11-01", "li:lease", "as:cash", "90"),
		move("2002-11-02", "eq:retained", "as:cash", "1200"),
	}
	post(t, b, list...)
	return b
}

func year2002() date.Period { return date.FiscalYear{}.Period(2002) }

// The figures are those of IAS 7, illustrative examples, part A.
func TestCashFlowIsThatOfIAS7(t *testing.T) {
	b := iasBooks(t)
	for _, indirect := range []bool{false, true} {
		flow, err := b.CashFlow(t.Context(), ledger.CashFilter{Period: year2002(), Indirect: indirect})
		require.NoError(t, err)
		require.True(t, flow.Ties())
		p := flow.Parts[0]
		require.Equal(t, []string{"1380.00", "-480.00", "-790.00", "120.00", "230.00"}, []string{p.Operating[0].Text(),
			p.Investing[0].Text(), p.Financing[0].Text(), p.Opening[0].Text(), p.Closing[0].Text()})
		got := map[string]string{}
		for _, r := range p.Rows {
			got[string(r.Kind)+" "+r.Account] = r.Cells[0].Amount.Text()
		}
		want := map[string]string{"receipt as:recv": "30150.00", "payment li:pay": "-27600.00", "payment li:interest": "-270.00",
			"payment li:tax": "-900.00", "payment as:sub": "-550.00", "payment as:ppe": "-350.00", "receipt as:ppe": "20.00",
			"receipt in:invest": "400.00", "receipt eq:shares": "250.00", "receipt li:debt": "250.00", "payment li:lease": "-90.00",
			"payment eq:retained": "-1200.00"}
		if indirect {
			want = map[string]string{"profit ": "3050.00", "adjustment ex:dep": "450.00", "adjustment ex:fx": "40.00",
				"elsewhere in:invest": "-500.00", "change as:recv": "-500.00", "change as:stock": "1050.00", "change li:pay": "-1740.00",
				"change li:interest": "130.00", "change li:tax": "-600.00", "change li:debt": "250.00"}
		}
		for row, amount := range want {
			require.Equal(t, amount, got[row], row)
		}
	}
}

func TestACashPaymentIsSharedAmongTheLegsOnTheOtherSide(t *testing.T) {
	b := ledger.New(open(t))
	leg := func(account, amount string) ledger.Leg {
		return ledger.Leg{Account: account, Amount: eur(amount), Dims: ledger.Dims{Department: account[:1]}}
	}
	post(t, b,
		ledger.Entry{Date: day("2017-03-31"), Legs: []ledger.Leg{leg(ledger.Payroll, "100"), leg(ledger.SocialCharges, "20"),
			leg(ledger.TaxPayable, "-30"), leg(ledger.Bank, "-90")}},
		ledger.Entry{Date: day("2017-03-31"), Legs: []ledger.Leg{leg(ledger.Travel, "0.01"), leg(ledger.OfficeExpense, "0.01"),
			leg(ledger.Software, "0.01"), leg(ledger.Accrued, "-0.01"), leg(ledger.Bank, "-0.01"), leg(ledger.Clearing, "-0.01")}},
		simple("2017-03-31", ledger.Clearing, ledger.Bank, "5"))
	flow, err := b.CashFlow(t.Context(), ledger.CashFilter{Period: day("2017-03-01").Month().Period()})
	require.NoError(t, err)
	require.True(t, flow.Ties())
	var got []string
	for _, r := range flow.Parts[0].Rows {
		if r.Account != "" {
			got = append(got, fmt.Sprintf("%s %s %s", r.Kind, r.Account, r.Cells[0].Amount.Text()))
		}
	}
	require.Equal(t, []string{"payment 6010 -75.00", "payment 6020 -15.00",
		"payment 6400 -0.01", "payment 6600 -0.01"}, slices.Sorted(slices.Values(got)))
}

// plan is a budget of a host's own, in ten lines.
type plan map[string]string

func (p plan) Planned(_ context.Context, _ *storage.Tx, f ledger.BudgetFilter) (list []ledger.Planned, err error) {
	for account, amount := range p {
		if f.Period.From.IsZero() && account > "4" {
			continue // balances
		}
		list = append(list, ledger.Planned{Account: account, Amount: eur(amount)})
	}
	return list, nil
}

func TestStatementsCompareWithABudgetAndWithEarlierPeriods(t *testing.T) {
	b := ledger.New(open(t))
	post(t, b, simple("2016-03-10", ledger.Bank, ledger.Revenue, "900"), simple("2017-02-20", ledger.Bank, ledger.Revenue, "50"),
		simple("2017-03-10", ledger.Bank, ledger.Revenue, "1000"), simple("2017-03-11", ledger.Travel, ledger.Bank, "400"))
	march := day("2017-03-01").Month().Period()
	against := ledger.Layout{Compare: ledger.Compare{
		Budget: plan{ledger.Revenue: "-1200", ledger.Travel: "300", ledger.Marketing: "100", ledger.Bank: "950"}}}
	s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: march, Layout: against})
	require.NoError(t, err)
	show := func(l ledger.IncomeLine) string {
		percent := "-"
		if l.Against[0].Percent != nil {
			percent = l.Against[0].Percent.String()
		}
		a := l.Against[0]
		return fmt.Sprint(l.Account, " ", l.Values[0].Text(), " ", a.Amount.Text(), " ", a.Difference.Text(), " ", percent)
	}
	require.Equal(t, "4010 1000.00 1200.00 -200.00 -16.7", show(s.Income[0]))
	require.Equal(t, "6400 400.00 300.00 100.00 33.3", show(s.Expense[0]))
	require.Equal(t, "6500 0.00 100.00 -100.00 -100", show(s.Expense[1]))
	require.Equal(t, " 600.00 800.00 -200.00 -25", show(s.Totals[0].Profit))

	s, err = b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: march, Layout: ledger.Layout{
		Further: []date.Period{day("2017-02-01").Month().Period()}, Compare: ledger.Compare{Months: 12, Places: -1}}})
	require.NoError(t, err)
	require.Equal(t, []string{"2017-03-01/2017-03-31", "2017-02-01/2017-02-28"}, s.Columns)
	require.Equal(t, "2016-02-01/2016-02-29", s.Others[1].String(), "the end of a month stays one")
	require.Equal(t, "4010 1000.00 900.00 100.00 11", show(s.Income[0]))
	require.Nil(t, s.Income[0].Against[1].Percent, "nothing to compare with")
	require.Equal(t, "50.00", s.Income[0].Against[1].Difference.Text())

	sheet, err := b.BalanceSheet(t.Context(), ledger.SheetFilter{Date: march.To, Layout: against})
	require.NoError(t, err)
	require.True(t, sheet.Ties())
	bank := sheet.Parts[0].Rows[1]
	require.Equal(t, []string{ledger.Bank, "1550.00", "950.00"}, []string{bank.Account, bank.Cells[0].Amount.Text(),
		bank.Cells[0].Against.Amount.Text()})
	last := sheet.Parts[0].Rows[len(sheet.Parts[0].Rows)-1]
	require.Equal(t, ledger.DifferenceRow, last.Kind, "a budget need not tie")
	require.Equal(t, []string{"0.00", "150.00"}, []string{last.Cells[0].Amount.Text(),
		last.Cells[0].Against.Amount.Text()})

	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: march, Layout: against})
	require.NoError(t, err)
	require.Equal(t, "200.00", trial.Rows[1].Against.Moved.Difference.Text())
	require.Nil(t, trial.Rows[1].Against.Closing)
	flow, err := b.CashFlow(t.Context(), ledger.CashFilter{Period: march, Indirect: true, Layout: against})
	require.NoError(t, err)
	require.Equal(t, "800.00", flow.Parts[0].Rows[0].Cells[0].Against.Amount.Text())
}

func TestAClosedYearLeavesItsIncomeStatementAndMovesItsResult(t *testing.T) {
	b := ledger.New(open(t))
	_, err := b.OpenYear(t.Context(), ledger.OpenYear{Year: 2016})
	require.NoError(t, err)
	post(t, b, simple("2015-05-05", ledger.Bank, ledger.Revenue, "7"), simple("2016-03-10", ledger.Bank, ledger.Revenue, "900"),
		simple("2016-04-10", ledger.Travel, ledger.Bank, "300"), simple("2017-01-10", ledger.Bank, ledger.Revenue, "50"))
	row := func(s ledger.Sheet, kind ledger.RowKind, account string) string {
		for _, r := range s.Parts[0].Rows {
			if r.Kind == kind && r.Account == account {
				return r.Cells[0].Amount.Text()
			}
		}
		return ""
	}
	at := func(d string) ledger.Sheet {
		s, err := b.BalanceSheet(t.Context(), ledger.SheetFilter{Date: day(d)})
		require.NoError(t, err)
		require.True(t, s.Ties())
		return s
	}
	require.Equal(t, []string{"50.00", "607.00", ""}, []string{row(at("2017-06-30"), ledger.ResultRow, ""),
		row(at("2017-06-30"), ledger.EarlierRow, ""), row(at("2017-06-30"), ledger.AccountRow, ledger.RetainedEarnings)})
	require.Equal(t, []string{"600.00", "7.00"}, []string{row(at("2016-12-31"), ledger.ResultRow, ""),
		row(at("2016-12-31"), ledger.EarlierRow, "")})
	for _, y := range []int{2015, 2016} {
		if y == 2015 {
			_, err = b.OpenYear(t.Context(), ledger.OpenYear{Year: y})
			require.NoError(t, err)
		}
		_, err = b.CloseYear(t.Context(), ledger.CloseYear{Year: y})
		require.NoError(t, err)
	}
	require.Equal(t, []string{"50.00", "", "607.00"}, []string{row(at("2017-06-30"), ledger.ResultRow, ""),
		row(at("2017-06-30"), ledger.EarlierRow, ""), row(at("2017-06-30"), ledger.AccountRow, ledger.RetainedEarnings)})
	require.Equal(t, []string{"0.00", "607.00"}, []string{row(at("2016-12-31"), ledger.ResultRow, ""),
		row(at("2016-12-31"), ledger.AccountRow, ledger.RetainedEarnings)})
	s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: date.FiscalYear{}.Period(2016)})
	require.NoError(t, err)
	require.Equal(t, "600.00 EUR", s.Totals[0].Profit.Total.String())
	for _, indirect := range []bool{false, true} {
		flow, err := b.CashFlow(t.Context(), ledger.CashFilter{Period: date.FiscalYear{}.Period(2016), Indirect: indirect})
		require.NoError(t, err)
		require.True(t, flow.Ties())
		require.Equal(t, "600.00", flow.Parts[0].Operating[0].Text())
	}
}

func TestWETR30APartyLedgerStartsWithWhatCameBefore(t *testing.T) {
	b := ledger.New(open(t))
	party := ledger.Dims{Customer: "c1"}
	post(t, b,
		ledger.Entry{Date: day("2017-01-10"), Source: storage.Ref{Kind: "billing.invoice", ID: "1"},
			Legs: []ledger.Leg{ledger.Debit(ledger.Receivables, eur("10"), party), ledger.Credit(ledger.Revenue, eur("10"), party)}},
		ledger.Entry{Date: day("2017-01-20"), Source: storage.Ref{Kind: "billing.payment", ID: "1"}, Legs: []ledger.Leg{
			ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}), ledger.Credit(ledger.Receivables, eur("10"), party)}})
	f := ledger.PartyFilter{Dimension: ledger.Customer, Period: day("2017-01-01").Month().Period(),
		Chosen: ledger.Chosen{Accounts: []string{ledger.Receivables}}}
	got, err := b.PartyLedger(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, []ledger.PartyRow{{Value: "c1", Currency: "EUR", Opening: eur("0"), Debit: eur("10"), Credit: eur("10"),
		Closing: eur("0")}}, got.Rows)
	show := func(p date.Period, chosen ledger.Chosen) (out []string) {
		for r, err := range b.GeneralLedger(t.Context(), ledger.LedgerFilter{Period: p, Chosen: chosen, Where: party}) {
			require.NoError(t, err)
			out = append(out, fmt.Sprintf("%s %s %s %s", r.Kind, r.Debit.Text(), r.Credit.Text(), r.Balance.Text()))
		}
		return out
	}
	require.Equal(t, []string{"opening 0.00 0.00 0.00", "line 10.00 0.00 10.00", "line 0.00 10.00 0.00", "end 10.00 10.00 0.00"},
		show(f.Period, f.Chosen))
	revenue := ledger.Chosen{Accounts: []string{ledger.Revenue}}
	require.Equal(t, []string{"opening 0.00 0.00 0.00", "line 0.00 10.00 -10.00", "end 0.00 10.00 -10.00"}, show(f.Period, revenue))
	require.Equal(t, []string{"opening 0.00 0.00 -10.00", "end 0.00 0.00 -10.00"}, show(date.Period{From: day("2017-02-01")}, revenue))
}

func TestWETR42AndTR43AnAnalyticLedgerHasBothSides(t *testing.T) {
	b := ledger.New(open(t))
	p := ledger.Dims{Project: "p1"}
	post(t, b,
		ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("100"), ledger.Dims{}),
			ledger.Credit(ledger.Revenue, eur("100"), p)}},
		ledger.Entry{Date: day("2017-03-02"), Legs: []ledger.Leg{ledger.Debit(ledger.Travel, eur("30"), p),
			ledger.Credit(ledger.Bank, eur("30"), ledger.Dims{})}})
	check := func(debit, credit, closing string) {
		t.Helper()
		got, err := b.PartyLedger(t.Context(), ledger.PartyFilter{Dimension: ledger.Project, Where: p})
		require.NoError(t, err)
		require.Equal(t, []string{debit, credit, closing}, []string{got.Rows[0].Debit.Text(), got.Rows[0].Credit.Text(),
			got.Rows[0].Closing.Text()})
	}
	check("30.00", "100.00", "-70.00")
	posted := post(t, b, ledger.Entry{Date: day("2017-03-05"), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, eur("42"), ledger.Dims{}), ledger.Credit(ledger.Revenue, eur("42"), p)}})
	check("30.00", "142.00", "-112.00")
	_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: posted[0].ID})
	require.NoError(t, err)
	check("72.00", "142.00", "-70.00")
}

func TestStatementsRefuseWhatTheyDoNotKnow(t *testing.T) {
	b, ctx := ledger.New(open(t)), t.Context()
	backwards := date.Period{From: day("2017-02-01"), To: day("2017-01-01")}
	month := day("2017-01-01").Month().Period()
	for want, ask := range map[string]func() error{
		"dimension choice": func() error { _, err := b.PartyLedger(ctx, ledger.PartyFilter{Dimension: "shoe"}); return err },
		"period range":     func() error { _, err := b.CashFlow(ctx, ledger.CashFilter{Period: backwards}); return err },
		"further.0 range": func() error {
			_, err := b.BalanceSheet(ctx, ledger.SheetFilter{Layout: ledger.Layout{Further: []date.Period{backwards}}})
			return err
		},
		"in.currency currency": func() error {
			_, err := b.TrialBalance(ctx, ledger.TrialFilter{Layout: ledger.Layout{In: ledger.Translation{Currency: " EUR"}}})
			return err
		},
		"in.income choice": func() error {
			_, err := b.IncomeStatement(ctx, ledger.IncomeFilter{Layout: ledger.Layout{
				In: ledger.Translation{Currency: "EUR", Income: "best"}}})
			return err
		},
		"compare choice": func() error {
			_, err := b.IncomeStatement(ctx, ledger.IncomeFilter{Period: month, Layout: ledger.Layout{
				Compare: ledger.Compare{Months: 1, With: month}}})
			return err
		},
		"group_by choice": func() error {
			_, err := b.IncomeStatement(ctx, ledger.IncomeFilter{GroupBy: ledger.Region,
				Layout: ledger.Layout{Further: []date.Period{month}}})
			return err
		},
		"flow choice":   func() error { _, err := b.Explain(ctx, ledger.ExplainFilter{Flow: "ebb"}, ""); return err },
		"absent choice": func() error { _, err := b.Explain(ctx, ledger.ExplainFilter{Absent: "shoe"}, ""); return err },
		"by choice":     func() error { _, err := b.ExplainGroups(ctx, ledger.ExplainFilter{}, "shoe"); return err },
		"activity choice": func() error {
			_, err := b.OpenAccount(ctx, ledger.OpenAccount{Code: "x", Name: "x", Type: ledger.Asset, Activity: "idle"})
			return err
		},
	} {
		path, code, _ := strings.Cut(want, " ")
		require.True(t, storage.Has(ask(), path, code), "%s: %v", want, ask())
	}
	_, err := b.GeneralLedgerPage(ctx, ledger.LedgerFilter{}, "nonsense!")
	require.ErrorIs(t, err, storage.ErrBadCursor)
	_, err = b.Balances(ctx, ledger.BalanceFilter{In: ledger.Translation{Currency: "PTS"}})
	require.ErrorIs(t, err, ledger.ErrCommodity)
	post(t, b, simple("2017-01-05", ledger.Bank, ledger.Revenue, "1"))
	_, err = b.BalanceSheet(ctx, ledger.SheetFilter{Layout: ledger.Layout{In: ledger.Translation{Currency: "USD"}}})
	require.ErrorIs(t, err, ledger.ErrNoRate)
	in := ledger.Translation{Currency: "USD", Rates: map[money.Currency]decimal.Decimal{"EUR": decimal.RequireFromString("1.25")}}
	sheet, err := b.BalanceSheet(ctx, ledger.SheetFilter{Layout: ledger.Layout{In: in}})
	require.NoError(t, err)
	require.Equal(t, "1.25 USD", sheet.Parts[0].Assets[0].String())
}

// A whole set of statements, as a screen or another program gets it.
func TestStatementsKeepTheirForm(t *testing.T) {
	b, ctx := iasBooks(t), t.Context()
	year := year2002()
	layout := ledger.Layout{Compare: ledger.Compare{Months: 12}}
	set := map[string]any{}
	keep := func(name string, v any, err error) {
		require.NoError(t, err, name)
		set[name] = v
	}
	sheet, err := b.BalanceSheet(ctx, ledger.SheetFilter{Date: year.To, Layout: layout})
	keep("balance-sheet", sheet, err)
	income, err := b.IncomeStatement(ctx, ledger.IncomeFilter{Period: year, Layout: layout})
	keep("income-statement", income, err)
	for _, indirect := range []bool{false, true} {
		flow, err := b.CashFlow(ctx, ledger.CashFilter{Period: year, Indirect: indirect, Layout: layout})
		keep(map[bool]string{false: "cash-flow-direct", true: "cash-flow-indirect"}[indirect], flow, err)
	}
	trial, err := b.TrialBalance(ctx, ledger.TrialFilter{Period: year, Layout: ledger.Layout{In: ledger.Translation{Currency: "EUR",
		Rates: map[money.Currency]decimal.Decimal{"USD": decimal.RequireFromString("0.917431192660550459")}}}})
	keep("trial-balance-in-eur", trial, err)
	party, err := b.PartyLedger(ctx, ledger.PartyFilter{Dimension: ledger.Department, Period: year})
	keep("party-ledger", party, err)
	page, err := b.GeneralLedgerPage(ctx, ledger.LedgerFilter{Period: year,
		Chosen: ledger.Chosen{Accounts: []string{"as:ppe", "li:tax"}}}, "")
	for _, r := range page.Items {
		if r.Line != nil {
			r.Line.Entry = storage.ID[ledger.Posted]{}
		}
	}
	keep("general-ledger", page, err)
	why, err := b.ExplainGroups(ctx, ledger.ExplainFilter{Chosen: ledger.Chosen{Accounts: []string{"as:cash"}}, Period: year},
		ledger.ExplainCounter)
	keep("explanation", why, err)
	for name, v := range set {
		got, err := json.MarshalIndent(v, "", " ")
		require.NoError(t, err)
		file := filepath.Join("testdata", "statements", name+".json")
		if flag.Lookup("update").Value.String() == "true" { // of the tests inside the package
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got)+"\n", name)
	}
}
