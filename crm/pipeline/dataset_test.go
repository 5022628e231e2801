package pipeline_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// answers are the reference answers that come with the data set.
type answers struct {
	Opportunities int64            `json:"opportunities"`
	ByStage       map[string]int64 `json:"by_stage"`
	WonValue      string           `json:"won_value"`
	WinPercent    string           `json:"win_rate_percent"`
	WinFraction   [2]int64         `json:"win_rate_fraction"`
	Cycle         map[string]struct {
		Count, Sum   int64
		Mean, Median string
		Min, Max     int
	} `json:"cycle_days"`
	ByAgent            map[string]group `json:"by_agent"`
	ByProduct          map[string]group `json:"by_product"`
	ByAccount          map[string]group `json:"by_account"`
	ByManager          map[string]group `json:"by_manager"`
	ByRegion           map[string]group `json:"by_region"`
	BySector           map[string]group `json:"by_sector"`
	ByQuarter          map[string]group `json:"by_close_quarter"`
	ByMonth            map[string]group `json:"by_close_month"`
	OpenWithoutAccount int64            `json:"open_without_account"`
	Forecast           struct {
		Probabilities map[string]string
		ByStage       map[string]struct {
			Count     int64
			ListValue string `json:"list_value"`
			Weighted  string
		} `json:"by_stage"`
		Total string
	} `json:"weighted_forecast"`
	AgainstList struct {
		Won  string `json:"won_value"`
		List string `json:"list_value"`
	} `json:"won_value_against_list"`
	AsOf struct {
		Longest  int    `json:"longest_days_to_win"`
		Engaging int64  `json:"engaging"`
		Older    int64  `json:"engaging_older_than_longest_win"`
		Weighted string `json:"their_weighted_value"`
		First    string `json:"first_engage"`
		Last     string `json:"last_engage"`
	} `json:"as_of_2017_12_31"`
	Tested map[string]struct {
		Open     int64  `json:"open_engaged"`
		Weighted string `json:"weighted_at_40_percent_of_list"`
		Came     string `json:"won_from_them_in_next_quarter"`
		Until    string `json:"next_quarter_ends"`
	} `json:"forecast_tested"`
	Discounts struct {
		Won   int64  `json:"won_deals"`
		Given string `json:"given_away"`
	} `json:"discounts_over_10_percent"`
	Customers struct {
		WithWins int                          `json:"customers_with_wins"`
		InQ4     int                          `json:"with_wins_in_2017_Q4"`
		Fell     map[string]map[string]string `json:"fell_by_more_than_half_Q3_to_Q4"`
	} `json:"customer_quarters"`
	IdleAgents   []string          `json:"agents_without_opportunities"`
	Subsidiaries map[string]string `json:"subsidiaries"`
}

type group struct {
	Won, Lost, Open int64
	Value           string `json:"won_value"`
}

// dataset is that of the quick start, which only the repository has: a test of the module alone is skipped.
func dataset(t testing.TB) (dir string, want answers) {
	const home = "../../examples/quickstart/seller"
	b, err := os.ReadFile(filepath.Join(home, "testdata", "expected-pipeline.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the data set is not part of this module")
	}
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, "data"), want
}

func table(t testing.TB, dir, name string) []map[string]string {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, head := range rows[0] {
			m[head] = r[i]
		}
		list = append(list, m)
	}
	return list
}

// european reads 31-12-2017.
func european(t testing.TB, s string) date.Date {
	if s == "" {
		return date.Date{}
	}
	p := strings.Split(s, "-")
	d, err := date.Parse(p[2] + "-" + p[1] + "-" + p[0])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// company is the data set, played in.
type company struct {
	deals    *pipeline.Deals
	parties  *party.Parties
	name     map[storage.Ref]string
	sector   map[storage.Ref]string
	manager  map[string]string
	region   map[string]string
	agents   []string
	accounts int
}

// load plays the data set through the public API, in the order of the file, with the dates that it records.
func load(t testing.TB, dir string, db *storage.DB) company {
	ctx := context.Background()
	c := company{deals: pipeline.New(db), parties: party.New(db), name: map[storage.Ref]string{{}: "(none)"},
		sector: map[storage.Ref]string{{}: "(none)"}, manager: map[string]string{}, region: map[string]string{}}
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	account, ids := map[string]storage.Ref{}, map[string]storage.ID[party.Party]{}
	accounts := table(t, dir, "accounts.csv")
	sort.SliceStable(accounts, func(i, j int) bool { return accounts[i]["subsidiary_of"] == "" && accounts[j]["subsidiary_of"] != "" })
	for _, r := range accounts {
		p, err := c.parties.Create(ctx, party.Create{Kind: party.Organisation, Name: r["account"], Sector: r["sector"], Parent: ids[r["subsidiary_of"]]})
		must(err)
		account[p.Name], ids[p.Name] = p.Ref(), p.ID
		c.name[p.Ref()], c.sector[p.Ref()] = p.Name, p.Sector
		c.accounts++
	}
	for _, r := range table(t, dir, "sales_teams.csv") {
		c.agents = append(c.agents, r["sales_agent"])
		c.manager[r["sales_agent"]], c.region[r["sales_agent"]] = r["manager"], r["regional_office"]
	}
	price := map[string]money.Amount{}
	for _, r := range table(t, dir, "products.csv") {
		a, err := money.Of("USD", r["sales_price"])
		must(err)
		price[r["product"]] = a
	}
	way, err := c.deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Hardware", Stages: pipeline.Usual()})
	must(err)
	rows := table(t, dir, "sales_pipeline.csv")
	for start := 0; start < len(rows); start += 500 {
		must(db.Update(ctx, func(tx *storage.Tx) error {
			deals := c.deals.In(tx)
			for _, r := range rows[start:min(start+500, len(rows))] {
				product := strings.Replace(r["product"], "GTXPro", "GTX Pro", 1)
				agent := r["sales_agent"]
				open := pipeline.Open{Name: r["opportunity_id"], Key: storage.Key("open/" + r["opportunity_id"]), Pipeline: way.ID,
					Customer: account[r["account"]], Owner: storage.Ref{Kind: "sales.agent", ID: agent}, Team: c.manager[agent], Region: c.region[agent],
					Lines: []pipeline.Line{{Product: storage.Ref{Kind: "catalog.product", ID: product}, ListPrice: price[product]}}}
				if r["engage_date"] != "" {
					open.Stage, open.At = "engaging", european(t, r["engage_date"])
				}
				d, err := deals.Open(ctx, open)
				if err != nil {
					return err
				}
				switch at := european(t, r["close_date"]); r["deal_stage"] {
				case "Won":
					value, err := money.Of("USD", r["close_value"])
					if err != nil {
						return err
					}
					if _, err = deals.Win(ctx, pipeline.Win{ID: d.ID, Version: d.Version, Value: value, At: at}); err != nil {
						return err
					}
				case "Lost":
					if _, err = deals.Lose(ctx, pipeline.Lose{ID: d.ID, Version: d.Version, At: at}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
	return c
}

// hardware opens an empty company on the last day of the data.
func hardware(t testing.TB) *storage.DB {
	ctx := context.Background()
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2017, 12, 31, 18, 0, 0, 0, time.UTC) }))
	if err := store.Migrate(ctx, event.Package(), party.Package(), pipeline.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "hardware", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestEveryFigureOfTheDataSetHolds(t *testing.T) {
	dir, want := dataset(t)
	start := time.Now()
	c := load(t, dir, hardware(t))
	t.Logf("loaded in %v", time.Since(start))
	testFigures(t, c, want)
}

func testFigures(t *testing.T, c company, want answers) {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	same := func(what string, got, want any) {
		if got != want {
			t.Helper()
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	stats := func(g pipeline.Group, f pipeline.Filter) []pipeline.Stat {
		list, err := c.deals.Stats(ctx, pipeline.StatsFilter{Filter: f, Group: g})
		must(err)
		return list
	}
	// grouped compares statistics, joined to other names where the figures are about something that deals do not know.
	grouped := func(what string, list []pipeline.Stat, name func(pipeline.Stat) string, want map[string]group) {
		t.Helper()
		got := map[string]group{}
		for _, s := range list {
			g := got[name(s)]
			value, _ := decimal.NewFromString(g.Value)
			got[name(s)] = group{g.Won + s.Won, g.Lost + s.Lost, g.Open + s.Open, value.Add(s.Value.Decimal()).StringFixed(2)}
		}
		same(what+": groups", len(got), len(want))
		for k, w := range want {
			same(what+": "+k, got[k], w)
		}
	}
	key := func(s pipeline.Stat) string { return s.Key }
	id := func(s pipeline.Stat) string { return s.Ref.ID }

	total := stats(pipeline.All, pipeline.Filter{})[0]
	same("opportunities", total.Won+total.Lost+total.Open, want.Opportunities)
	same("won value", total.Value.Text(), want.WonValue)
	same("win rate", total.WinRate(), pipeline.Rate{Part: want.WinFraction[0], Whole: want.WinFraction[1]})
	same("win rate in percent", total.WinRate().Percent(2).StringFixed(2), want.WinPercent)
	same("won value against list", total.List.Text(), want.AgainstList.List)
	same("won value against list", total.Value.Text(), want.AgainstList.Won)
	for _, s := range stats(pipeline.ByStage, pipeline.Filter{}) {
		same("stage "+s.Key, s.Won+s.Lost+s.Open, want.ByStage[strings.ToUpper(s.Key[:1])+s.Key[1:]])
	}

	for status, w := range want.Cycle {
		f := pipeline.Filter{Status: pipeline.Status(status)}
		if status == "closed" {
			f.Status = ""
		}
		days, err := c.deals.Cycle(ctx, f)
		must(err)
		median, _ := decimal.NewFromString(w.Median)
		same("cycle of "+status+": median", days.Median.Equal(median), true)
		same("cycle of "+status+": mean", days.Mean.StringFixed(2), w.Mean)
		days.Median, days.Mean = decimal.Decimal{}, decimal.Decimal{}
		same("cycle of "+status, days, pipeline.Days{Count: w.Count, Sum: w.Sum, Min: w.Min, Max: w.Max})
	}

	owners, customers := stats(pipeline.ByOwner, pipeline.Filter{}), stats(pipeline.ByCustomer, pipeline.Filter{})
	grouped("by agent", owners, id, want.ByAgent)
	grouped("by manager", owners, func(s pipeline.Stat) string { return c.manager[s.Ref.ID] }, want.ByManager)
	grouped("by manager as team", stats(pipeline.ByTeam, pipeline.Filter{}), key, want.ByManager)
	grouped("by region", owners, func(s pipeline.Stat) string { return c.region[s.Ref.ID] }, want.ByRegion)
	grouped("by region of the deal", stats(pipeline.ByRegion, pipeline.Filter{}), key, want.ByRegion)
	grouped("by account", customers, func(s pipeline.Stat) string { return c.name[s.Ref] }, want.ByAccount)
	grouped("by sector", customers, func(s pipeline.Stat) string { return c.sector[s.Ref] }, want.BySector)
	grouped("by product", stats(pipeline.ByProduct, pipeline.Filter{}), id, want.ByProduct)
	grouped("by quarter", stats(pipeline.ByQuarter, pipeline.Filter{}), key, want.ByQuarter)
	grouped("by month", stats(pipeline.ByMonth, pipeline.Filter{}), key, want.ByMonth)
	same("open without account", stats(pipeline.All, pipeline.Filter{NoCustomer: true})[0].Open, want.OpenWithoutAccount)
	idle := map[string]bool{}
	for _, agent := range c.agents {
		idle[agent] = true
	}
	for _, s := range owners {
		delete(idle, s.Ref.ID)
	}
	same("agents without opportunities", len(idle), len(want.IdleAgents))
	for _, agent := range want.IdleAgents {
		same("no opportunity for "+agent, idle[agent], true)
	}

	f, err := c.deals.Forecast(ctx, pipeline.Filter{}, date.MustParse("2017-12-31"))
	must(err)
	same("forecast: total", f.Total.Weighted.Text(), want.Forecast.Total)
	same("forecast: stages", len(f.Stages), len(want.Forecast.ByStage))
	for _, row := range f.Stages {
		w := want.Forecast.ByStage[row.Name]
		same("forecast: "+row.Name, [3]any{row.Count, row.Amount.Text(), row.Weighted.Text()}, [3]any{w.Count, w.ListValue, w.Weighted})
		same("probability of "+row.Name, row.Probability.Shift(-2).StringFixed(2), want.Forecast.Probabilities[row.Name])
	}
	same("longest win", f.Longest, want.AsOf.Longest)
	same("engaging", f.Stages[1].Count, want.AsOf.Engaging)
	same("older than the longest win", f.Stale.Count, want.AsOf.Older)
	same("their weighted value", f.Stale.Weighted.Text(), want.AsOf.Weighted)
	same("no customer", f.NoCustomer.Count, want.OpenWithoutAccount)
	sum, err := f.Stale.Weighted.Add(f.Alive.Weighted)
	must(err)
	same("stale and alive", sum, f.Total.Weighted)
	var first, last date.Date
	for d, err := range c.deals.All(ctx, pipeline.Filter{Stage: "engaging"}) {
		must(err)
		first, last = date.Earlier(first, d.Engaged), date.Later(last, d.Engaged)
	}
	same("first and last engage", first.String()+" "+last.String(), want.AsOf.First+" "+want.AsOf.Last)

	for at, w := range want.Tested {
		test, err := c.deals.BackTest(ctx, pipeline.Filter{}, date.MustParse(at), date.MustParse(w.Until))
		must(err)
		same("tested at "+at, [3]any{test.Promised.Count, test.Promised.Weighted.Text(), test.Came.Text()}, [3]any{w.Open, w.Weighted, w.Came})
	}

	away, err := c.deals.Discounts(ctx, pipeline.Filter{}, decimal.New(10, 0))
	must(err)
	same("discounts over 10 %", [2]any{away.Deals, away.Given.Text()}, [2]any{want.Discounts.Won, want.Discounts.Given})

	quarter := func(from, to string) date.Period {
		return date.Period{From: date.MustParse(from), To: date.MustParse(to)}
	}
	q3, q4 := quarter("2017-07-01", "2017-09-30"), quarter("2017-10-01", "2017-12-31")
	ever, err := c.deals.Retention(ctx, pipeline.Filter{}, date.Period{}, q4, decimal.New(50, 0))
	must(err)
	same("customers with wins, and in Q4", [2]int{ever.Customers, ever.Again}, [2]int{want.Customers.WithWins, want.Customers.InQ4})
	fell, err := c.deals.Retention(ctx, pipeline.Filter{}, q3, q4, decimal.New(50, 0))
	must(err)
	same("customers who fell", len(fell.Fallen), len(want.Customers.Fell))
	for _, x := range fell.Fallen {
		w := want.Customers.Fell[c.name[x.Customer]]
		same(c.name[x.Customer], x.Before.Text()+" "+x.After.Text(), w["Q3"]+" "+w["Q4"])
	}

	found := map[string]string{}
	for p, err := range c.parties.All(ctx, party.Filter{}) {
		must(err)
		for sub, err := range c.parties.Subsidiaries(ctx, p.ID) {
			must(err)
			found[sub.Name] = p.Name
		}
	}
	same("subsidiaries", len(found), len(want.Subsidiaries))
	for sub, parent := range want.Subsidiaries {
		same("parent of "+sub, found[sub], parent)
	}
	same("accounts", c.accounts, 85)
}

// BenchmarkReports measures what the quick start asks of 8,800 deals.
func BenchmarkReports(b *testing.B) {
	dir, _ := dataset(b)
	c := load(b, dir, hardware(b))
	day, ten := date.MustParse, decimal.New(10, 0)
	for name, report := range map[string]func() error{
		"stats by owner":   func() error { return second(c.deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByOwner})) },
		"stats by quarter": func() error { return second(c.deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByQuarter})) },
		"stats by product": func() error { return second(c.deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByProduct})) },
		"cycle":            func() error { return second(c.deals.Cycle(ctx, pipeline.Filter{})) },
		"forecast":         func() error { return second(c.deals.Forecast(ctx, pipeline.Filter{}, day("2017-12-31"))) },
		"back-test": func() error {
			return second(c.deals.BackTest(ctx, pipeline.Filter{}, day("2017-09-30"), day("2017-12-31")))
		},
		"discounts": func() error { return second(c.deals.Discounts(ctx, pipeline.Filter{}, ten)) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := report(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
