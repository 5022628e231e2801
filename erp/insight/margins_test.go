package insight_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// tally is what a plain loop over the postings finds, without the library.
type tally map[insight.Line]int64

func (t tally) gross() int64 { return t[insight.Revenue] - t[insight.Goods] - t[insight.Delivery] }

func (t tally) kept() int64 {
	return t.gross() - t[insight.Payroll] - t[insight.Commission] - t[insight.Claims] - t[insight.Overhead] + t[insight.Other]
}

// accounts of the trading chart, and the line that each belongs to.
var lineOf = map[string]insight.Line{
	ledger.Revenue: insight.Revenue, ledger.GoodsRevenue: insight.Revenue, ledger.DeliveryRevenue: insight.Revenue,
	ledger.Discounts:   insight.Revenue,
	ledger.OtherIncome: insight.Other, ledger.ExchangeGains: insight.Other, ledger.ExchangeLosses: insight.Other,
	ledger.GoodsCost: insight.Goods, ledger.DeliveryCost: insight.Delivery, ledger.DirectLabour: insight.Delivery,
	ledger.Subcontractors: insight.Delivery,
	ledger.Payroll:        insight.Payroll, ledger.SocialCharges: insight.Payroll, ledger.Commission: insight.Commission,
	ledger.Travel: insight.Claims, ledger.OfficeExpense: insight.Claims, ledger.Marketing: insight.Claims,
	ledger.RentExpense: insight.Overhead, ledger.Software: insight.Overhead, ledger.ProfessionalFees: insight.Overhead,
	ledger.BadDebts: insight.Overhead, ledger.BankFees: insight.Overhead, ledger.Rounding: insight.Overhead,
	ledger.DepreciationCosts: insight.Overhead,
}

func TestEachTableTiesToTheBooksToTheCent(t *testing.T) {
	for _, seed := range []uint64{1, 20171231, 77} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { tablesTie(t, rand.New(rand.NewPCG(seed, 2))) })
	}
}

func tablesTie(t *testing.T, r *rand.Rand) {
	d := open(t)
	var codes []string
	for _, a := range ledger.TradingChart() {
		if lineOf[a.Code] != "" {
			codes = append(codes, a.Code)
		}
	}
	require.Len(t, codes, len(lineOf), "an account of the chart has no line in this test")
	during := period("2017-02-10", "2017-11-19")
	want := map[ledger.Dimension]map[string]tally{}
	total := tally{}
	for _, per := range insight.Tables() {
		want[per] = map[string]tally{}
	}
	count := func(on date.Date, code string, profit int64, about ledger.Dims) {
		if !during.Contains(on) {
			return
		}
		line := lineOf[code]
		if line != insight.Revenue && line != insight.Other {
			profit = -profit
		}
		total[line] += profit
		for per, rows := range want {
			v := about.Of(per)
			if rows[v] == nil {
				rows[v] = tally{}
			}
			rows[v][line] += profit
		}
	}
	value := func(kind string) string {
		if n := r.IntN(5); n > 0 {
			return fmt.Sprint(kind, n)
		}
		return ""
	}
	for range 400 {
		on := day("2017-01-01").AddDays(r.IntN(365))
		code, n := codes[r.IntN(len(codes))], r.Int64N(9_999_999)-2_000_000
		if n == 0 {
			continue
		}
		about := ledger.Dims{Customer: value("c"), Product: value("p"), Project: value("j"), Department: value("d"),
			CostCentre: value("cc"), Person: value("a"),
			Region: value("r"), Deal: value("w")}
		a, err := money.Minor("USD", n) // a debit of the account: less profit
		d.ok(err)
		leg := ledger.Debit(code, a, about)
		if r.IntN(3) == 0 { // two regions and products share it
			others := ledger.Dims{Region: value("r"), Product: value("p")}
			w1, w2 := r.Int64N(9)+1, r.Int64N(9)+1
			leg.Split = []ledger.Share{{Weight: decimal.New(w1, 0)}, {Weight: decimal.New(w2, 0), Dims: others}}
			parts, err := a.AllocateInts(w1, w2)
			d.ok(err)
			for i, part := range parts {
				units, err := part.Minor()
				d.ok(err)
				count(on, code, -units, leg.Split[i].Dims.Or(about))
			}
		} else {
			count(on, code, -n, about)
		}
		_, err = d.books.Post(t.Context(), ledger.Entry{Date: on, Legs: []ledger.Leg{leg, ledger.Credit(ledger.Bank, a,
			ledger.Dims{})}})
		d.ok(err)
		if r.IntN(100) == 0 {
			_, err := d.books.Fold(t.Context())
			d.ok(err)
		}
	}
	// What is in another currency, and what closes the year, is in no table.
	eur := money.MustParse("77 EUR")
	_, err := d.books.Post(t.Context(), ledger.Entry{Date: day("2017-05-05"), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, eur, ledger.Dims{}), ledger.Credit(ledger.Revenue, eur, ledger.Dims{})}},
		ledger.Entry{Date: day("2017-11-19"), Closing: true, Legs: []ledger.Leg{
			ledger.Debit(ledger.Revenue, usd("500"), ledger.Dims{}), ledger.Credit(ledger.RetainedEarnings, usd("500"), ledger.Dims{})}})
	d.ok(err)

	result, err := d.look.Result(t.Context(), insight.ResultFilter{Period: during})
	d.ok(err)
	same(t, total, result.Figures, "result")
	require.True(t, result.Tie.Holds(), result.Tie)
	require.Equal(t, []money.Currency{"EUR"}, result.Coverage.Others)
	sums := map[insight.Line]money.Amount{}
	for _, a := range result.Accounts {
		sums[a.Line], err = sums[a.Line].Add(a.Amount)
		d.ok(err)
	}
	require.Equal(t, result.Goods, sums[insight.Goods])

	for _, per := range insight.Tables() {
		table, err := d.look.Margins(t.Context(), insight.MarginFilter{Period: during, Per: per})
		d.ok(err)
		require.True(t, insight.Hold(table.Ties), table.Ties)
		require.Len(t, table.Rows, len(want[per]))
		gross := usd("0")
		for i, row := range table.Rows {
			same(t, want[per][row.Value], row.Figures, string(per)+" "+row.Value)
			gross, err = gross.Add(row.Gross)
			d.ok(err)
			require.Equal(t, row.Value == "", i == len(table.Rows)-1, "what has no value comes last")
		}
		require.Equal(t, result.Gross, gross)
		require.Equal(t, insight.None, table.Rows[len(table.Rows)-1].Name)
	}
	ties, err := d.look.Checks(t.Context(), insight.CheckFilter{Period: during})
	d.ok(err)
	require.True(t, insight.Hold(ties), ties)
	require.Len(t, ties, 2+1+1+2*len(insight.Tables())) // two currencies, receivables, profit, tables

	// A cut by two dimensions ties as well: the products of one region.
	table, err := d.look.Margins(t.Context(), insight.MarginFilter{Period: during, Per: ledger.Product,
		Where: ledger.Dims{Region: "r1"}})
	d.ok(err)
	require.True(t, insight.Hold(table.Ties), table.Ties)
	same(t, want[ledger.Region]["r1"], table.Total, "region r1")
}

func same(t *testing.T, want tally, got insight.Figures, what string) {
	t.Helper()
	for line, a := range map[insight.Line]money.Amount{insight.Revenue: got.Revenue, insight.Goods: got.Goods,
		insight.Delivery: got.Delivery,
		insight.Payroll:  got.Payroll, insight.Commission: got.Commission, insight.Claims: got.Claims, insight.Overhead: got.Overhead,
		insight.Other: got.Other} {
		units, err := a.Minor()
		require.NoError(t, err)
		require.Equal(t, want[line], units, what+" "+string(line))
	}
	gross, err := got.Gross.Minor()
	require.NoError(t, err)
	kept, err := got.Kept.Minor()
	require.NoError(t, err)
	require.Equal(t, want.gross(), gross, what)
	require.Equal(t, want.kept(), kept, what)
}

func TestALayoutPutsAnAccountUnderTheNearestThatIsNamed(t *testing.T) {
	above := map[string]string{"5110": "5100", "5100": "5000", "loop": "pool", "pool": "loop"}
	parent := func(code string) string { return above[code] }
	l := insight.Layout{Goods: []string{"5000"}, Delivery: []string{"5100"}, Other: []string{"4900"}}
	for _, c := range []struct {
		code string
		t    ledger.Type
		want insight.Line
	}{
		{"5000", ledger.Expense, insight.Goods}, {"5110", ledger.Expense, insight.Delivery}, {"5100", ledger.Expense, insight.Delivery},
		{"4010", ledger.Income, insight.Revenue}, {"4900", ledger.Income, insight.Other}, {"6010", ledger.Expense, insight.Overhead},
		{"loop", ledger.Expense, insight.Overhead}, {"", ledger.Income, insight.Revenue},
	} {
		require.Equal(t, c.want, l.LineOf(c.code, c.t, parent), c.code)
	}
}

func TestPercentIsExactAndRoundedHalfUpOnce(t *testing.T) {
	for _, c := range []struct {
		part, whole string
		places      int
		want        string
	}{
		{"3028354", "10005534", 1, "30.3"}, {"1051778", "10005534", 2, "10.51"}, {"1", "3", 2, "33.33"}, {"0.30449", "1", 1, "30.4"},
		{"0.3045", "1", 1, "30.5"}, {"-0.3045", "1", 1, "-30.5"}, {"5", "0", 2, "0"}, {"-1", "3", 0, "-33"},
	} {
		require.Equal(t, c.want, insight.Percent(usd(c.part), usd(c.whole), c.places).String(), c)
	}
}

func TestRowsAreCalledByTheirNames(t *testing.T) {
	d := open(t)
	acme, err := party.New(d.db).Create(t.Context(), party.Create{Kind: party.Organisation, Name: "Acme"})
	d.ok(err)
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "100", ledger.Dims{Customer: acme.ID.String()})
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "50", ledger.Dims{Customer: "42"})
	names := func(src insight.Sources, f insight.MarginFilter) (list []string) {
		f.Period, f.Per = year, ledger.Customer
		table, err := insight.New(d.db, src).Margins(t.Context(), f)
		d.ok(err)
		require.Equal(t, "100", table.Assigned.String())
		for _, row := range table.Rows {
			list = append(list, row.Name)
		}
		return list
	}
	require.Equal(t, []string{"Acme", "42"}, names(insight.Sources{}, insight.MarginFilter{}))
	require.Equal(t, []string{acme.ID.String(), "42"}, names(insight.Sources{}, insight.MarginFilter{Unnamed: true}))
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "20", ledger.Dims{Customer: "gone"})
	own := insight.Sources{Names: shopNames{}, Kinds: map[ledger.Dimension]string{ledger.Customer: "shop.customer"}}
	require.Equal(t, []string{"Shop " + acme.ID.String(), "Shop 42", "gone"}, names(own, insight.MarginFilter{}))
}

func TestReceivablesAreTheOpenInvoicesByAgeAndCustomer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := open(t)
	start := d.now
	for range 60 {
		on := day("2017-06-01").AddDays(r.IntN(200))
		d.now = on.Time(start.Location(), 9, 0)
		price := decimal.New(r.Int64N(900_000)+1, -2)
		i, err := d.Invoices.IssueNew(t.Context(), billing.Draft{Customer: shop(fmt.Sprint(r.IntN(6))), Currency: "USD", Date: on,
			Terms: erp.Terms{Days: 30},
			Lines: []erp.Line{{Text: "x", Quantity: decimal.New(1, 0), Price: price}}})
		d.ok(err)
		if r.IntN(2) == 0 {
			part := i.Gross
			if r.IntN(2) == 0 {
				part = usd("0.01")
			}
			_, err := d.Invoices.Receive(t.Context(), billing.Receive{Customer: i.Customer, Amount: part, Date: on.AddDays(r.IntN(60)),
				For: []billing.Settle{{Invoice: i.ID}}})
			d.ok(err)
		}
	}
	d.now = start
	for _, asOf := range []date.Date{day("2017-07-15"), day("2017-10-01"), day("2017-12-31"), {}} {
		got, err := d.look.Receivables(t.Context(), insight.ReceivablesFilter{AsOf: asOf})
		d.ok(err)
		require.True(t, got.Tie.Holds(), got.Tie)
		sum := usd("0")
		for _, c := range got.Customers {
			sum, err = sum.Add(c.Total)
			d.ok(err)
			require.Equal(t, c.Customer.ID, c.Name)
		}
		require.Equal(t, got.Total, sum)
		all, err := money.Sum(got.NotDue, got.Overdue, got.Credit)
		d.ok(err)
		require.Equal(t, got.Total, all)
	}
}

func TestAScopeNarrowsATable(t *testing.T) {
	agent := storage.Ref{Kind: "user", ID: "anna"}
	d := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if by == agent && kind == "ledger.part" {
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("region", "east")}}
		}
		return storage.Narrowing{}
	}))
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "100", ledger.Dims{Region: "east"})
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "50", ledger.Dims{Region: "west"})
	table, err := d.look.Margins(t.Context(), insight.MarginFilter{By: agent, Period: year, Per: ledger.Region})
	d.ok(err)
	require.Equal(t, usd("100"), table.Total.Revenue)
	require.Len(t, table.Rows, 1)
	require.True(t, insight.Hold(table.Ties))
}
