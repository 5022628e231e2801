package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
)

// counting counts the calls that are a round trip on a database.
type counting struct {
	driver.Engine
	trips atomic.Int64
}

type countingTx struct {
	driver.Tx
	e *counting
}

func (c *counting) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Engine.Begin(ctx, o)
	return countingTx{tx, c}, err
}

func (t countingTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	t.e.trips.Add(1)
	return t.Tx.Do(ctx, ops...)
}

func (t countingTx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	t.e.trips.Add(1)
	return t.Tx.Query(ctx, q)
}

func (t countingTx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	t.e.trips.Add(1)
	return t.Tx.Savepoint(ctx)
}

func (t countingTx) Commit(ctx context.Context, last ...driver.Op) error {
	t.e.trips.Add(1)
	return t.Tx.Commit(ctx, last...)
}

func TestAPostTakesOneRoundTripAndAtMostTwoWhereItsAccountsAreNew(t *testing.T) {
	e := &counting{Engine: newEngine(t)}
	_, db := openOn(t, e)
	b := ledger.New(db)
	require.NoError(t, b.DeclareCommodity(t.Context(), ledger.DeclareCommodity{Code: "POINTS", Scale: 1}))
	points, err := money.Of("POINTS", "12.5")
	require.NoError(t, err)
	commodity := ledger.Entry{Key: "p", Date: day("2017-03-01"), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, points, ledger.Dims{}), ledger.Credit(ledger.Loans, points, ledger.Dims{})}}
	keyed := simple("2017-03-01", ledger.RentExpense, ledger.Bank, "800")
	keyed.Key = "a"
	second := keyed
	second.Key = "b"
	for name, list := range map[string][]ledger.Entry{
		"without a key":  {simple("2017-03-01", ledger.RentExpense, ledger.Bank, "800")},
		"with a key":     {keyed},
		"of a commodity": {commodity},
		"two without keys": {simple("2017-03-01", ledger.Travel, ledger.Bank, "1"),
			simple("2017-03-01", ledger.Travel, ledger.Bank, "2")},
	} {
		e.trips.Store(0)
		post(t, ledger.New(db), list...)
		require.LessOrEqual(t, e.trips.Load(), int64(2), name)
		if list[0].Key != "" {
			list[0].Key += ", the next"
		}
		e.trips.Store(0)
		post(t, ledger.New(db), list...)
		require.Equal(t, int64(1), e.trips.Load(), "%s: what it is held against is known", name)
	}
	e.trips.Store(0)
	require.Equal(t, day("2017-03-01"), post(t, b, second, keyed)[1].Date)
	require.LessOrEqual(t, e.trips.Load(), int64(4), "one that came before is first tried as new")
	third, fourth := keyed, keyed
	third.Key, fourth.Key = "c", "d"
	e.trips.Store(0)
	post(t, b, third, fourth)
	require.Equal(t, int64(1), e.trips.Load())
}

func TestSeveralKeysAreEachHonoured(t *testing.T) {
	b := ledger.New(open(t))
	one, two, three := simple("2017-03-01", ledger.Travel, ledger.Bank, "1"), simple("2017-03-01", ledger.Travel,
		ledger.Bank, "2"), simple("2017-03-01", ledger.Travel, ledger.Bank, "3")
	one.Key, two.Key = "1", "2"
	first := post(t, b, one)
	again := post(t, b, two, one, three)
	require.Equal(t, first[0], again[1])
	again = post(t, b, two, one)
	require.Equal(t, first[0], again[1])
	left, err := b.Balance(t.Context(), ledger.Travel, "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, eur("6"), left)
	two.Key, two.Text = "1", "another"
	_, err = b.Post(t.Context(), three, two)
	require.ErrorIs(t, err, storage.ErrKeyReused)
	three.Key, two.Key = "9", "9"
	_, err = b.Post(t.Context(), three, two)
	require.True(t, storage.Has(err, "key", storage.CodeDuplicate))
}

func TestARefusalStaysWithItsKeyAndAFaultDoesNot(t *testing.T) {
	b := ledger.New(open(t))
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2017-03-31")}))
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "1")
	e.Key = "late"
	_, err := b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	require.True(t, storage.Has(err, "date", "ledger.closed_period"))
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Why: "one came late"}))
	_, err = b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	e.Key = "again"
	e.Legs = e.Legs[:1]
	_, err = b.Post(t.Context(), e)
	require.True(t, storage.Has(err, "legs", ledger.CodeTooFew))
	e = simple("2017-03-01", ledger.Travel, ledger.Bank, "1")
	e.Key = "again"
	post(t, b, e)
}

func TestBadInputIsACodedErrorAndWritesNothing(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "1011", Name: "Dollars", Type: ledger.Asset,
		Parent: "1000", Currency: "USD"})
	require.NoError(t, err)
	_, err = b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "6999", Name: "By project", Type: ledger.Expense,
		Requires: []ledger.Dimension{ledger.Project}})
	require.NoError(t, err)
	_, err = b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "6998", Name: "From April", Type: ledger.Expense,
		Opened: day("2017-04-01")})
	require.NoError(t, err)
	_, err = b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Software, Date: day("2017-02-28")})
	require.NoError(t, err)

	good := func() ledger.Entry { return simple("2017-03-01", ledger.Travel, ledger.Bank, "10") }
	long := strings.Repeat("x", 10_001)
	for name, c := range map[string]struct {
		spoil      func(*ledger.Entry)
		is         error
		path, code string
	}{
		"unbalanced": {func(e *ledger.Entry) { e.Legs[0].Amount = eur("10.01") }, ledger.ErrUnbalanced, "legs",
			"ledger.unbalanced"},
		"two currencies": {func(e *ledger.Entry) { e.Legs[0].Amount = money.MustParse("10 USD") }, ledger.ErrUnbalanced,
			"legs", "ledger.unbalanced"},
		"no legs": {func(e *ledger.Entry) { e.Legs = nil }, nil, "legs", ledger.CodeTooFew},
		"one leg": {func(e *ledger.Entry) { e.Legs = e.Legs[:1] }, nil, "legs", ledger.CodeTooFew},
		"zero legs": {func(e *ledger.Entry) { e.Legs[0].Amount, e.Legs[1].Amount = eur("0"), eur("0") }, nil,
			"legs.1.amount", ledger.CodeZero},
		"no amount":  {func(e *ledger.Entry) { e.Legs[0].Amount = money.Amount{} }, nil, "legs.0.amount", storage.CodeCurrency},
		"no account": {func(e *ledger.Entry) { e.Legs[0].Account = "" }, nil, "legs.0.account", storage.CodeRequired},
		"unknown account": {func(e *ledger.Entry) { e.Legs[0].Account = "9" }, ledger.ErrNoAccount, "legs.0.account",
			"ledger.no_account"},
		"SQL in an account": {func(e *ledger.Entry) { e.Legs[0].Account = "1010'; DROP TABLE ledger_part; --" },
			ledger.ErrNoAccount, "legs.0.account", "ledger.no_account"},
		"heading": {func(e *ledger.Entry) { e.Legs[0].Account = "6000" }, ledger.ErrHeading, "legs.0.account",
			"ledger.heading"},
		"closed account": {func(e *ledger.Entry) { e.Legs[0].Account = ledger.Software }, ledger.ErrAccountClosed,
			"legs.0.account", "ledger.account_closed"},
		"not open yet": {func(e *ledger.Entry) { e.Legs[0].Account = "6998" }, ledger.ErrAccountClosed, "legs.0.account",
			"ledger.account_closed"},
		"wrong currency": {func(e *ledger.Entry) { e.Legs[0].Account = "1011" }, ledger.ErrCurrency, "legs.0.account",
			"ledger.currency"},
		"control account": {func(e *ledger.Entry) { e.Legs[0].Account = ledger.Receivables }, ledger.ErrControl,
			"legs.0.account", "ledger.control"},
		"another sub-ledger": {func(e *ledger.Entry) {
			e.Legs[0].Account, e.Source = ledger.Receivables, storage.Ref{Kind: "billings.x", ID: "1"}
		}, ledger.ErrControl, "legs.0.account", "ledger.control"},
		"missing dimension": {func(e *ledger.Entry) { e.Legs[0].Account = "6999" }, ledger.ErrDimension, "legs.0.dims.project",
			"ledger.dimension"},
		"missing in a share": {func(e *ledger.Entry) {
			e.Legs[0].Account, e.Legs[0].Split = "6999", []ledger.Share{share("1", ledger.Dims{Project: "p"}), share("1", ledger.Dims{})}
		}, ledger.ErrDimension, "legs.0.dims.project", "ledger.dimension"},
		"finer than the currency": {func(e *ledger.Entry) { e.Legs[0].Amount, e.Legs[1].Amount = eur("0.001"), eur("-0.001") },
			nil, "legs.0.amount", storage.CodeScale},
		"too much": {func(e *ledger.Entry) {
			e.Legs[0].Amount, e.Legs[1].Amount = eur("1000000000000000.01"), eur("-1000000000000000.01")
		}, nil, "legs.0.amount", storage.CodeRange},
		"far too much": {func(e *ledger.Entry) {
			e.Legs[0].Amount, e.Legs[1].Amount = eur("1"+strings.Repeat("0", 60)), eur("-1"+strings.Repeat("0", 60))
		}, nil, "legs.0.amount", storage.CodeRange},
		"undeclared commodity": {func(e *ledger.Entry) {
			e.Legs[0].Amount = money.MustParse("1 GOLDBAR")
			e.Legs[1].Amount = money.MustParse("-1 GOLDBAR")
		}, ledger.ErrCommodity, "legs.0.amount", "ledger.commodity"},
		"no date":                {func(e *ledger.Entry) { e.Date = date.Date{} }, nil, "date", storage.CodeRequired},
		"a year of three digits": {func(e *ledger.Entry) { e.Date = day("0217-03-01") }, nil, "date", storage.CodeRange},
		"a late value date":      {func(e *ledger.Entry) { e.ValueDate = day("9999-03-01") }, nil, "value_date", storage.CodeRange},
		"long text":              {func(e *ledger.Entry) { e.Text = long }, nil, "text", storage.CodeTooLong},
		"NUL":                    {func(e *ledger.Entry) { e.Text = "a\x00b" }, nil, "text", storage.CodeEncoding},
		"invalid UTF-8":          {func(e *ledger.Entry) { e.Legs[1].Text = "\xff" }, nil, "legs.1.text", storage.CodeEncoding},
		"NUL in an account":      {func(e *ledger.Entry) { e.Legs[1].Account = "10\x00" }, nil, "legs.1.account", storage.CodeEncoding},
		"long dimension":         {func(e *ledger.Entry) { e.Legs[1].Dims.Deal = long }, nil, "legs.1.dims.deal", storage.CodeTooLong},
		"bad dimension": {func(e *ledger.Entry) { e.Legs[1].Dims.Spare2 = "\xc3" }, nil, "legs.1.dims.spare2",
			storage.CodeEncoding},
		"bad source": {func(e *ledger.Entry) { e.Source = storage.Ref{Kind: "x", ID: "\x00"} }, nil, "source.id",
			storage.CodeEncoding},
		"long key": {func(e *ledger.Entry) { e.Key = storage.Key(long) }, nil, "key", storage.CodeTooLong},
		"negative weight": {func(e *ledger.Entry) {
			e.Legs[0].Split = []ledger.Share{share("2", ledger.Dims{}), share("-1", ledger.Dims{})}
		}, nil, "legs.0.split.1.weight", storage.CodeNegative},
		"weights of nothing": {func(e *ledger.Entry) { e.Legs[0].Split = []ledger.Share{share("0", ledger.Dims{})} }, nil,
			"legs.0.split", storage.CodeRequired},
		"an absurd weight": {func(e *ledger.Entry) {
			e.Legs[0].Split = []ledger.Share{{Weight: decimal.New(1, 1_000_000_000)}}
		}, nil, "legs.0.split.0.weight", storage.CodeRange},
	} {
		t.Run(name, func(t *testing.T) {
			e := good()
			c.spoil(&e)
			_, err := b.Post(t.Context(), e)
			require.Error(t, err)
			require.True(t, storage.Has(err, c.path, c.code), "%v", err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			_, err = b.Post(t.Context(), good(), e)
			require.Error(t, err)
			if c.path != "key" {
				require.True(t, storage.Has(err, "entries.1."+c.path, c.code), "%v", err)
			}
		})
	}
	for range b.Entries(t.Context(), ledger.EntryFilter{}) {
		t.Fatal("something was written")
	}
	got, err := b.Totals(t.Context(), ledger.TotalsFilter{})
	require.NoError(t, err)
	require.Empty(t, got.Rows)
}

func TestTextsInAnyScriptAreKeptVerbatim(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
	e.Text, e.Legs[0].Text, e.Legs[0].Dims.Person = "Іссапар: ә ғ қ ң ө ұ ү һ і", "'; DROP TABLE x; --", "Әсел Қуанышқызы"
	p := post(t, b, e)[0]
	got, err := b.Entry(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, e.Text, got.Text)
	require.Equal(t, e.Legs[0].Text, got.Legs[0].Text)
	require.Equal(t, e.Legs[0].Dims, got.Legs[0].Parts[0].Dims)
}

func TestZeroLegsPassWhereAskedFor(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "0")
	e.AllowZero = true
	got, err := b.Entry(t.Context(), post(t, b, e)[0].ID)
	require.NoError(t, err)
	require.Len(t, got.Legs, 2)
}

func TestControlAccountsTakePostingsOfTheirSubLedger(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-03-01", ledger.Receivables, ledger.Revenue, "10")
	e.Source = storage.Ref{Kind: "billing.invoice", ID: "7"}
	p := post(t, b, e)[0]
	_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: p.ID})
	require.ErrorIs(t, err, ledger.ErrControl, "not behind the back of the sub-ledger")
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: p.ID, Source: e.Source})
	require.NoError(t, err)
	list, err := b.BySource(t.Context(), e.Source)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, list[1].ID, list[0].ReversedBy)
	require.Equal(t, list[0].ID, list[1].Reverses)
	require.Equal(t, eur("-10"), list[1].Legs[0].Amount)
}

func TestAnEntryIsReversedOnce(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
	e.Text = "Taxi"
	p := post(t, b, e)[0]
	var wg sync.WaitGroup
	var worked, refused atomic.Int64
	for i := range 8 {
		wg.Go(func() {
			_, err := ledger.New(db).Reverse(context.Background(),
				ledger.Reverse{Entry: p.ID, Key: storage.Key(fmt.Sprint(i)), Date: day("2017-04-02")})
			switch {
			case err == nil:
				worked.Add(1)
			case errors.Is(err, ledger.ErrReversed):
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []int64{1, 7}, []int64{worked.Load(), refused.Load()})
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2017-04-30")}))
	again, err := b.Entry(t.Context(), p.ID)
	require.NoError(t, err)
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: again.ReversedBy, Date: day("2017-04-02")})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	back, err := b.Reverse(t.Context(), ledger.Reverse{Entry: again.ReversedBy})
	require.NoError(t, err)
	require.Equal(t, day("2017-06-01"), back.Date, "today, where the books are locked at its own date")
	require.Equal(t, "Taxi", back.Text)
	left, err := b.Balance(t.Context(), ledger.Travel, "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, eur("10"), left)
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: storage.ID[ledger.Posted]{1}})
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestClosingEntriesLeaveTheIncomeStatementAlone(t *testing.T) {
	b := ledger.New(open(t))
	close := simple("2016-12-31", ledger.Revenue, ledger.RetainedEarnings, "50")
	close.Closing = true
	post(t, b, simple("2016-12-10", ledger.Bank, ledger.Revenue, "50"), close)
	for range 2 {
		s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: date.Period{From: day("2016-01-01"),
			To: day("2016-12-31")}})
		require.NoError(t, err)
		require.Equal(t, eur("50"), s.Totals[0].Profit.Total)
		left, err := b.Balance(t.Context(), ledger.Revenue, "EUR", day("2016-12-31"))
		require.NoError(t, err)
		require.True(t, left.IsZero())
		_, err = b.Fold(t.Context())
		require.NoError(t, err)
	}
}

func TestAHostsGuardCanRefuseAPosting(t *testing.T) {
	db := open(t, storage.WithGuard(func(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, _, after any) error {
		if e, ok := after.(*ledger.Entry); ok && verb == "ledger.entry.post" && by.ID == "trainee" && e.Legs[0].Amount.Sign() > 0 {
			return fmt.Errorf("trainees do not post")
		}
		return nil
	}))
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
	e.By = storage.Ref{Kind: "user", ID: "trainee"}
	_, err := ledger.New(db).Post(t.Context(), e)
	require.ErrorIs(t, err, storage.ErrForbidden)
	e.By.ID = "boss"
	post(t, ledger.New(db), e)
}

func TestAScopeNarrowsEveryFigure(t *testing.T) {
	agent := storage.Ref{Kind: "user", ID: "agent"}
	db := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if by == agent && kind == "ledger.part" {
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("department", "sales")}}
		}
		return storage.Narrowing{}
	}))
	b := ledger.New(db)
	for _, d := range []string{"sales", "delivery"} {
		e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
		e.Legs[0].Dims.Department = d
		post(t, b, e)
	}
	_, err := b.Fold(t.Context())
	require.NoError(t, err)
	s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{By: agent})
	require.NoError(t, err)
	require.Equal(t, eur("10"), s.Totals[0].Expense.Total)
	require.Equal(t, int64(1), s.Cost.Parts)
	s, err = b.IncomeStatement(t.Context(), ledger.IncomeFilter{})
	require.NoError(t, err)
	require.Equal(t, eur("20"), s.Totals[0].Expense.Total)
	page, err := b.StatementPage(t.Context(), ledger.LineFilter{By: agent, Account: ledger.Travel}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestEachEntryIsAnEventAndATickFolds(t *testing.T) {
	store, db := openOn(t, newEngine(t))
	b := ledger.New(db)
	var got []event.Event
	relay := event.NewRelay(event.Reader{Name: "test", Names: []string{ledger.EntryPosted.Name},
		Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
			got = append(got, e)
			return nil
		}})
	ticker := event.NewTicker(store, relay)
	ledger.Handle(ticker)
	var list []ledger.Entry
	for range 500 { // one in 64 asks for a fold
		list = append(list, simple("2017-03-01", ledger.Travel, ledger.Bank, "1"))
	}
	posted := post(t, b, list...)
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, err)
	require.NoError(t, stats.Err)
	require.Len(t, got, 500)
	require.Equal(t, posted[0].Ref(), got[0].Subject)
	payload, err := ledger.EntryPosted.Read(got[0])
	require.NoError(t, err)
	require.Equal(t, day("2017-03-01"), payload.Date)
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	require.Zero(t, trial.Cost.Tail)
	require.Equal(t, eur("500"), trial.Totals[0].Debit)
}
