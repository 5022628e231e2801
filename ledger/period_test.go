package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

func user(id string) storage.Ref { return storage.Ref{Kind: "user", ID: id} }

func openYear(t testing.TB, b *ledger.Books, year int, adjusting bool) *ledger.Year {
	t.Helper()
	y, err := b.OpenYear(t.Context(), ledger.OpenYear{Year: year, Adjusting: adjusting})
	require.NoError(t, err)
	return y
}

func closePeriod(t testing.TB, b *ledger.Books, year, period int, hard bool) {
	t.Helper()
	_, err := b.ClosePeriod(t.Context(), ledger.ClosePeriod{By: user("1"), Why: "reported", Year: year, Period: period, Hard: hard})
	require.NoError(t, err)
}

func reopenPeriod(t testing.TB, b *ledger.Books, year, period int) {
	t.Helper()
	_, err := b.ReopenPeriod(t.Context(), ledger.ReopenPeriod{By: user("2"), Why: "a bill came late", Year: year, Period: period})
	require.NoError(t, err)
}

func TestAYearHasItsPeriods(t *testing.T) {
	b := ledger.New(open(t))
	y := openYear(t, b, 2017, true)
	require.Len(t, y.Periods, 13)
	require.Equal(t, []string{"2017-12-01", "2017-12-31", "2017-12-01", "2017-12-31"}, []string{y.Periods[11].From.String(),
		y.Periods[11].To.String(), y.Periods[12].From.String(), y.Periods[12].To.String()})
	require.True(t, y.Periods[12].Adjusting)
	_, err := b.OpenYear(t.Context(), ledger.OpenYear{Year: 2017})
	require.ErrorIs(t, err, ledger.ErrYearExists)
	_, err = b.Year(t.Context(), 2018)
	require.ErrorIs(t, err, ledger.ErrNoYear)

	_, err = b.Configure(t.Context(), ledger.Configure{Fiscal: date.FiscalYear{Month: time.April}})
	require.NoError(t, err)
	_, err = b.OpenYear(t.Context(), ledger.OpenYear{Year: 2017})
	require.ErrorIs(t, err, ledger.ErrYearExists)
	y, err = b.OpenYear(t.Context(), ledger.OpenYear{Year: 2018, From: day("2018-06-15")})
	require.NoError(t, err)
	require.Len(t, y.Periods, 10, "a year cut short has fewer")
	require.Equal(t, []any{3, day("2018-06-15"), day("2018-06-30")}, []any{y.Periods[0].Number, y.Periods[0].From, y.Periods[0].To})
	require.Equal(t, day("2019-03-31"), y.To)
	_, err = b.OpenYear(t.Context(), ledger.OpenYear{Year: 2019, From: day("2019-03-15")})
	require.True(t, storage.Has(err, "from", storage.CodeRange))

	_, err = b.Configure(t.Context(), ledger.Configure{Fiscal: date.FiscalYear{Weeks: date.Weeks13}})
	require.NoError(t, err)
	y = openYear(t, b, 2022, true)
	require.Len(t, y.Periods, 14, "a year by weeks has thirteen")

	var numbers []int
	for y, err := range b.Years(t.Context(), ledger.YearFilter{Desc: true}) {
		require.NoError(t, err)
		numbers = append(numbers, y.Number)
	}
	require.Equal(t, []int{2022, 2018, 2017}, numbers)
}

// keys counts those that were used.
var keys int

// paths are all ways on which an entry of a day comes into the books.
func paths(db *storage.DB, d string) map[string]func(t testing.TB, by storage.Ref) error {
	b := ledger.New(db)
	w := ledger.NewWriter(db, ledger.WriterOptions{})
	one := func(by storage.Ref) ledger.Entry {
		e := simple(d, ledger.RentExpense, ledger.Bank, "10")
		e.By = by
		return e
	}
	later := func(t testing.TB, by storage.Ref) ledger.Posted {
		e := one(by)
		e.Date = day("2018-06-01")
		return post(t, b, e)[0]
	}
	return map[string]func(t testing.TB, by storage.Ref) error{
		"post": func(t testing.TB, by storage.Ref) error {
			_, err := b.Post(t.Context(), one(by))
			return err
		},
		"post with a key": func(t testing.TB, by storage.Ref) error {
			e := one(by)
			keys++
			e.Key = storage.Key(fmt.Sprint("k", keys))
			_, err := b.Post(t.Context(), e)
			return err
		},
		"several": func(t testing.TB, by storage.Ref) error {
			e := one(by)
			e.Date = day("2018-06-01")
			_, err := b.Post(t.Context(), e, one(by))
			return err
		},
		"closing": func(t testing.TB, by storage.Ref) error {
			e := one(by)
			e.Closing = true
			_, err := b.Post(t.Context(), e)
			return err
		},
		"writer": func(t testing.TB, by storage.Ref) error {
			e := one(by)
			keys++
			e.Key = storage.Key(fmt.Sprint("w", keys))
			_, err := w.Post(t.Context(), e)
			return err
		},
		"hold": func(t testing.TB, by storage.Ref) error {
			e := simple(d, ledger.RentExpense, "1011", "10")
			e.By = by
			h, err := b.Hold(t.Context(), ledger.Hold{Entry: e})
			if err == nil {
				_, err = b.VoidHold(t.Context(), ledger.VoidHold{By: by, Hold: h.ID})
			}
			return err
		},
		"post a hold": func(t testing.TB, by storage.Ref) error {
			e := simple("2018-06-01", ledger.RentExpense, "1011", "10")
			e.By = by
			h, err := b.Hold(t.Context(), ledger.Hold{Entry: e})
			require.NoError(t, err)
			_, err = b.PostHold(t.Context(), ledger.PostHold{By: by, Hold: h.ID, Date: day(d)})
			return err
		},
		"reverse": func(t testing.TB, by storage.Ref) error {
			_, err := b.Reverse(t.Context(), ledger.Reverse{By: by, Entry: later(t, by).ID, Date: day(d)})
			return err
		},
		"correct": func(t testing.TB, by storage.Ref) error {
			_, err := b.Correct(t.Context(), ledger.Correct{By: by, Entry: later(t, by).ID, Instead: one(by)})
			return err
		},
	}
}

func TestLTC9ClosedPeriodsRefuseEntriesInEveryPath(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	openYear(t, b, 2017, true)
	_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: "1011", Name: "Card", Type: ledger.Asset,
		Bounds: ledger.Bounds{Live: true}})
	require.NoError(t, err)
	refused := func(t *testing.T, d string, by storage.Ref) {
		t.Helper()
		before, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: date.Period{To: day("2017-12-31")}})
		require.NoError(t, err)
		for name, try := range paths(db, d) {
			require.ErrorIs(t, try(t, by), ledger.ErrClosedPeriod, name)
		}
		after, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: date.Period{To: day("2017-12-31")}})
		require.NoError(t, err)
		require.Equal(t, before.Rows, after.Rows)
	}
	admitted := func(t *testing.T, d string, by storage.Ref) {
		t.Helper()
		for name, try := range paths(db, d) {
			require.NoError(t, try(t, by), name)
		}
	}
	clerk, controller := user("clerk"), user("controller")
	t.Run("LT-C9 soft closed", func(t *testing.T) {
		closePeriod(t, b, 2017, 3, false)
		refused(t, "2017-03-01", clerk)
		refused(t, "2017-03-31", storage.Ref{})
		admitted(t, "2017-02-28", clerk)
		admitted(t, "2017-04-01", clerk)
	})
	var x *ledger.Exception
	t.Run("LT-C9 an exception is for one actor, some days and some time", func(t *testing.T) {
		var err error
		x, err = b.Permit(t.Context(), ledger.Permit{By: user("cfo"), Actor: controller, Why: "accruals",
			Period: date.Period{From: day("2017-03-01"), To: day("2017-03-30")}})
		require.NoError(t, err)
		refused(t, "2017-03-01", clerk)
		refused(t, "2017-03-31", controller)
		admitted(t, "2017-03-30", controller)
		over, err := b.Permit(t.Context(), ledger.Permit{Actor: clerk, Why: "yesterday",
			Until: time.Date(2017, 5, 31, 0, 0, 0, 0, time.UTC), Period: date.Period{From: day("2017-03-01"), To: day("2017-03-30")}})
		require.NoError(t, err)
		refused(t, "2017-03-01", clerk)
		require.NotEqual(t, x.ID, over.ID)
	})
	t.Run("LT-C9 an entry that used an exception says so", func(t *testing.T) {
		e := simple("2017-03-15", ledger.RentExpense, ledger.Bank, "7")
		e.By = controller
		p := post(t, b, e)[0]
		var told []storage.ID[ledger.Exception]
		for v, err := range event.All(t.Context(), db, event.Filter{Subject: p.Ref()}) {
			require.NoError(t, err)
			payload, err := ledger.EntryPosted.Read(*v)
			require.NoError(t, err)
			told = append(told, payload.Exception)
		}
		require.Equal(t, []storage.ID[ledger.Exception]{x.ID}, told)
		for now, err := range b.Exceptions(t.Context(), ledger.ExceptionFilter{Actor: controller}) {
			require.NoError(t, err)
			require.Equal(t, p.ID, now.LastEntry)
			require.EqualValues(t, 9, now.Uses, "eight paths and this; a hold moves nothing")
			uses := 0
			subject := storage.Ref{Kind: "ledger.exception", ID: now.ID.String()}
			for a, err := range event.Trail(t.Context(), db, event.Filter{Subject: subject}) {
				require.NoError(t, err)
				if a.Verb == "ledger.exception.use" {
					uses++
				}
			}
			require.Equal(t, 9, uses)
		}
	})
	t.Run("LT-C9 a revoked exception is none", func(t *testing.T) {
		_, err := b.Revoke(t.Context(), ledger.Revoke{By: user("cfo"), Exception: x.ID})
		require.NoError(t, err)
		refused(t, "2017-03-15", controller)
	})
	t.Run("LT-C9 hard closed knows no exception", func(t *testing.T) {
		_, err := b.Permit(t.Context(), ledger.Permit{Actor: controller, Why: "all year",
			Period: date.Period{From: day("2017-01-01"), To: day("2017-12-31")}})
		require.NoError(t, err)
		admitted(t, "2017-03-15", controller)
		closePeriod(t, b, 2017, 3, true)
		refused(t, "2017-03-15", controller)
		closePeriod(t, b, 2017, 3, false)
		refused(t, "2017-03-15", controller)
	})
	t.Run("LT-C9 opened again with a reason", func(t *testing.T) {
		_, err := b.ReopenPeriod(t.Context(), ledger.ReopenPeriod{Year: 2017, Period: 3})
		require.True(t, storage.Has(err, "why", storage.CodeRequired))
		reopenPeriod(t, b, 2017, 3)
		admitted(t, "2017-03-15", clerk)
		for p, err := range b.Periods(t.Context(), ledger.PeriodFilter{Year: 2017}) {
			require.NoError(t, err)
			if p.Number == 3 {
				require.Equal(t, []any{ledger.PeriodOpen, user("1"), user("2"), "a bill came late"},
					[]any{p.Status, p.ClosedBy, p.ReopenedBy, p.ReopenedWhy})
				require.False(t, p.ClosedAt.IsZero())
			}
		}
		var verbs []string
		for a, err := range event.Trail(t.Context(), db, event.Filter{Subject: storage.Ref{Kind: "ledger.period", ID: "2017/03"}}) {
			require.NoError(t, err)
			verbs = append(verbs, a.Verb+" "+a.By.ID)
		}
		require.Equal(t, []string{"ledger.period.close 1", "ledger.period.close 1", "ledger.period.reopen 2"}, verbs)
	})
	t.Run("LT-C9 locked by date", func(t *testing.T) {
		require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2017-04-30")}))
		refused(t, "2017-04-30", clerk)
		admitted(t, "2017-04-30", controller)
		admitted(t, "2017-05-01", clerk)
		require.NoError(t, b.Lock(t.Context(), ledger.Lock{}))
	})
	t.Run("LT-C9 all of a year", func(t *testing.T) {
		closePeriod(t, b, 2017, 0, true)
		refused(t, "2017-01-01", controller)
		refused(t, "2017-12-31", controller)
		admitted(t, "2018-01-01", clerk)
		reopenPeriod(t, b, 2017, 0)
		admitted(t, "2017-12-31", clerk)
	})
	for _, period := range []int{0, 1, 14} {
		_, err := b.ClosePeriod(t.Context(), ledger.ClosePeriod{Year: 2018, Period: period})
		require.ErrorIs(t, err, ledger.ErrNoYear)
	}
	_, err = b.ClosePeriod(t.Context(), ledger.ClosePeriod{Year: 2017, Period: 14})
	require.ErrorIs(t, err, ledger.ErrNoPeriod)
}

func TestTheAdjustingPeriodTakesAdjustingEntries(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-12-31", ledger.DepreciationCosts, ledger.Equipment, "100")
	e.Adjusting = true
	_, err := b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod, "there is none yet")
	openYear(t, b, 2017, true)
	for p := range 12 {
		closePeriod(t, b, 2017, p+1, true)
	}
	_, err = b.Post(t.Context(), simple("2017-12-31", ledger.DepreciationCosts, ledger.Equipment, "100"))
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	adjusted := post(t, b, e)[0]
	require.True(t, adjusted.Adjusting)
	early := e
	early.Date = day("2017-11-30")
	_, err = b.Post(t.Context(), early)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	var found []storage.ID[ledger.Posted]
	for p, err := range b.Entries(t.Context(), ledger.EntryFilter{Adjusting: true}) {
		require.NoError(t, err)
		found = append(found, p.ID)
	}
	require.Equal(t, []storage.ID[ledger.Posted]{adjusted.ID}, found)

	undone, err := b.Reverse(t.Context(), ledger.Reverse{Entry: adjusted.ID})
	require.NoError(t, err)
	require.Equal(t, []any{day("2017-12-31"), true}, []any{undone.Date, undone.Adjusting})
	closePeriod(t, b, 2017, 13, false)
	_, err = b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	_, err = b.Permit(t.Context(), ledger.Permit{Actor: user("auditor"), Why: "audit", Period: date.On(day("2017-12-31"))})
	require.NoError(t, err)
	e.By = user("auditor")
	again := post(t, b, e)[0]
	closePeriod(t, b, 2017, 13, true)
	_, err = b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	reopenPeriod(t, b, 2017, 6)
	undone, err = b.Reverse(t.Context(), ledger.Reverse{Entry: again.ID, By: user("auditor")})
	require.NoError(t, err)
	require.Equal(t, []any{day("2017-06-01"), false}, []any{undone.Date, undone.Adjusting}, "today, as any other entry")
}

func TestExceptionsAreChecked(t *testing.T) {
	b := ledger.New(open(t))
	for path, cmd := range map[string]ledger.Permit{
		"why":         {Actor: user("1"), Period: date.On(day("2017-01-01"))},
		"actor":       {Why: "w", Period: date.On(day("2017-01-01"))},
		"period.from": {Why: "w", Actor: user("1"), Period: date.Period{To: day("2017-01-01")}},
		"period.to":   {Why: "w", Actor: user("1"), Period: date.Period{From: day("2017-01-01")}},
		"period":      {Why: "w", Actor: user("1"), Period: date.Period{From: day("2017-01-02"), To: day("2017-01-01")}},
	} {
		_, err := b.Permit(t.Context(), cmd)
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad)
		require.Len(t, bad.Fields, 1)
		require.Equal(t, path, bad.Fields[0].Path)
	}
	_, err := b.Revoke(t.Context(), ledger.Revoke{})
	require.ErrorIs(t, err, storage.ErrNotFound)
}
