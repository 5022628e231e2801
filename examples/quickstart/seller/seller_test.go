package seller

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// played plays the company on an engine and returns it with its report: all of it, or in short one opportunity of twenty.
func played(t *testing.T, e driver.Engine) (*storage.Store, *tutas.Company, string) {
	t.Helper()
	clock := NewClock()
	store := storage.Open(e, storage.Clock(clock.Now), storage.Randomness(Steady()))
	t.Cleanup(func() { _ = store.Close() })
	business := tutas.Open(store)
	require.NoError(t, business.Migrate(t.Context()))
	c, err := business.Create(t.Context(), storage.Tenant{ID: Tenant, Name: "A hardware seller", Currency: "USD"})
	require.NoError(t, err)
	d, err := load()
	require.NoError(t, err)
	if testing.Short() {
		all := d.opportunities
		d.opportunities = nil
		for i, o := range all {
			if i%20 == 0 || o.id == shown {
				d.opportunities = append(d.opportunities, o)
			}
		}
	}
	require.NoError(t, d.play(t.Context(), c, clock, io.Discard))
	_, err = business.Tick(t.Context())
	require.NoError(t, err)
	var report bytes.Buffer
	require.NoError(t, Print(t.Context(), c, &report, true))
	return store, c, report.String()
}

// expected is what other tools computed from the same files.
type expected struct {
	Opportunities int            `json:"opportunities"`
	ByStage       map[string]int `json:"by_stage"`
	WonValue      string         `json:"won_value"`
	WinRate       string         `json:"win_rate_percent"`
	CycleDays     struct {
		Won struct {
			Mean   string `json:"mean"`
			Median string `json:"median"`
			Max    int    `json:"max"`
		} `json:"won"`
	} `json:"cycle_days"`
	ByRegion map[string]struct {
		Won, Lost, Open int64
		Value           string `json:"won_value"`
	} `json:"by_region"`
	Forecast struct {
		Total string `json:"total"`
	} `json:"weighted_forecast"`
	AsOf struct {
		Longest  int    `json:"longest_days_to_win"`
		Older    int64  `json:"engaging_older_than_longest_win"`
		Weighted string `json:"their_weighted_value"`
	} `json:"as_of_2017_12_31"`
	Tested map[string]struct {
		Promised string `json:"weighted_at_40_percent_of_list"`
		Came     string `json:"won_from_them_in_next_quarter"`
	} `json:"forecast_tested"`
	Discounts struct {
		Deals int64  `json:"won_deals"`
		Given string `json:"given_away"`
	} `json:"discounts_over_10_percent"`
	Quarters struct {
		Again int                                `json:"with_wins_in_2017_Q4"`
		Fell  map[string]struct{ Q3, Q4 string } `json:"fell_by_more_than_half_Q3_to_Q4"`
	} `json:"customer_quarters"`
	NoAccount int64 `json:"open_without_account"`
}

func readExpected(t *testing.T) (x expected) {
	t.Helper()
	b, err := os.ReadFile("testdata/expected-pipeline.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &x))
	return x
}

func TestTheReportHoldsTheReferenceFiguresAndTiesToTheBooks(t *testing.T) {
	_, c, report := played(t, memory.New())
	for _, line := range []string{"= won value", "invoiced hours = hours worked", "each approved by the manager", "all hold", "trial balance 0.00"} {
		require.Contains(t, report, line)
	}
	require.NotContains(t, report, "NOT")
	require.NotContains(t, report, "differ")
	if testing.Short() {
		return // the reference figures are about all of it
	}
	require.Contains(t, report, "numbers 1..4238")
	require.Contains(t, report, "1,425 open deals without a customer")

	x := readExpected(t)
	ctx := t.Context()
	stats, err := c.Deals.Stats(ctx, pipeline.StatsFilter{})
	require.NoError(t, err)
	require.EqualValues(t, x.ByStage["Won"], stats[0].Won)
	require.EqualValues(t, x.ByStage["Lost"], stats[0].Lost)
	require.EqualValues(t, x.Opportunities, stats[0].Won+stats[0].Lost+stats[0].Open)
	require.Equal(t, x.WonValue, stats[0].Value.Text())
	require.Equal(t, x.WinRate, stats[0].WinRate().Percent(2).StringFixed(2))
	days, err := c.Deals.Cycle(ctx, pipeline.Filter{Status: pipeline.StatusWon})
	require.NoError(t, err)
	require.Equal(t, x.CycleDays.Won.Mean, days.Mean.StringFixed(2))
	require.True(t, decimal.RequireFromString(x.CycleDays.Won.Median).Equal(days.Median))
	require.Equal(t, x.CycleDays.Won.Max, days.Max)
	regions, err := c.Deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByRegion})
	require.NoError(t, err)
	for _, r := range regions {
		w := x.ByRegion[r.Key]
		require.Equal(t, w.Value, r.Value.Text(), r.Key)
		require.Equal(t, []int64{w.Won, w.Lost, w.Open}, []int64{r.Won, r.Lost, r.Open}, r.Key)
	}
	f, err := c.Insight.Forecast(ctx, insight.ForecastFilter{AsOf: lastDay, Tests: []date.Date{date.Must(2017, 6, 30), date.Must(2017, 9, 30)}})
	require.NoError(t, err)
	require.Equal(t, x.Forecast.Total, f.Total.Weighted.Text())
	require.Equal(t, x.AsOf.Longest, f.Longest)
	require.Equal(t, x.AsOf.Older, f.Stale.Count)
	require.Equal(t, x.AsOf.Weighted, f.Stale.Weighted.Text())
	for _, test := range f.Tests {
		row, _ := test.Stage("engaging")
		require.Equal(t, x.Tested[test.At.String()].Promised, row.Weighted.Text())
		require.Equal(t, x.Tested[test.At.String()].Came, test.Came.Text())
	}
	d, err := c.Insight.Discounts(ctx, insight.DiscountFilter{Period: books, Over: discountLimit, Policy: "discount"})
	require.NoError(t, err)
	require.Equal(t, x.Discounts.Deals, d.Deals)
	require.Equal(t, x.Discounts.Deals, d.Approved)
	require.True(t, decimal.RequireFromString(x.Discounts.Given).Equal(d.Given.Decimal()))
	r, err := c.Insight.Retention(ctx, insight.RetentionFilter{Before: date.Period{From: date.Must(2017, 7, 1), To: date.Must(2017, 9, 30)},
		After: date.Period{From: date.Must(2017, 10, 1), To: lastDay}})
	require.NoError(t, err)
	require.Equal(t, x.Quarters.Again, r.Again)
	require.Len(t, r.Fallen, len(x.Quarters.Fell))
	for _, fallen := range r.Fallen {
		require.Equal(t, x.Quarters.Fell[fallen.Name].Q3, fallen.Before.Text(), fallen.Name)
		require.Equal(t, x.Quarters.Fell[fallen.Name].Q4, fallen.After.Text(), fallen.Name)
	}
	require.EqualValues(t, x.NoAccount, f.NoCustomer.Count)
}

func TestAllEnginesPrintTheSameBytesAndATenantMovesBetweenThem(t *testing.T) {
	store, _, report := played(t, memory.New())
	file, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "company.db"))
	require.NoError(t, err)
	onFile, _, fromFile := played(t, file)
	require.Equal(t, report, fromFile, "memory and SQLite")

	var export bytes.Buffer
	require.NoError(t, onFile.ExportTenant(t.Context(), Tenant, &export))
	_, moved := imported(t, memory.New(), export.Bytes())
	require.Equal(t, report, moved, "exported from SQLite, imported into memory")

	t.Run("PostgreSQL", func(t *testing.T) {
		pool, err := pgxpool.New(t.Context(), pgtest.DSN(t))
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		server, err := postgres.Open(t.Context(), pool)
		require.NoError(t, err)
		export.Reset()
		require.NoError(t, store.ExportTenant(t.Context(), Tenant, &export))
		_, moved := imported(t, server, export.Bytes())
		require.Equal(t, report, moved, "exported from memory, imported into PostgreSQL")
	})
}

func imported(t *testing.T, e driver.Engine, export []byte) (*storage.Store, string) {
	t.Helper()
	clock := NewClock()
	clock.now = lastDay.Time(time.UTC, 9, 0)
	store := storage.Open(e, storage.Clock(clock.Now))
	t.Cleanup(func() { _ = store.Close() })
	business := tutas.Open(store)
	require.NoError(t, business.Migrate(t.Context()))
	_, err := store.ImportTenant(t.Context(), bytes.NewReader(export), "")
	require.NoError(t, err)
	c, err := business.Tenant(t.Context(), Tenant)
	require.NoError(t, err)
	var report bytes.Buffer
	require.NoError(t, Print(t.Context(), c, &report, true))
	return store, report.String()
}

func TestARowWithAMissingColumnIsRefusedByFileAndLine(t *testing.T) {
	err := rows("sales.csv", strings.NewReader("a,b,c\n1,2,3\n1,2\n"), 3, func([]string) error { return nil })
	require.True(t, storage.Has(err, "sales.csv.3", storage.CodeRequired), "%v", err)
	_, err = readOpportunity([]string{"X", "", "", "", "Won", "yesterday", "", ""})
	require.ErrorContains(t, err, "not DD-MM-YYYY")
}
