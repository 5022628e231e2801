package workflow_test

import (
	"archive/zip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

func compile(t testing.TB, s workflow.Schedule, hours ...*workflow.Hours) *workflow.Timetable {
	if s.Name == "" {
		s.Name = "schedule"
	}
	var h *workflow.Hours
	if len(hours) > 0 {
		h = hours[0]
	}
	table, err := s.Compile(h)
	require.NoError(t, err)
	return table
}

// times lists the next n occurrences.
func times(t testing.TB, table *workflow.Timetable, after time.Time, n int) (list []string) {
	for range n {
		o, err := table.Next(after)
		require.NoError(t, err)
		list = append(list, o.At.Format(time.RFC3339))
		after = o.At
	}
	return list
}

func TestAClockThatChanges(t *testing.T) {
	t.Run("W24 a day is not always 24 hours", func(t *testing.T) {
		for _, c := range []struct{ from, elapsed, civil string }{
			{"2026-03-28 10:00", "2026-03-29T09:00:00Z", "2026-03-29T08:00:00Z"},
			{"2026-10-24 10:00", "2026-10-25T08:00:00Z", "2026-10-25T09:00:00Z"},
		} {
			from := in(t, "Europe/Berlin", c.from)
			every := compile(t, workflow.Schedule{Every: 24 * time.Hour, Anchor: from})
			require.Equal(t, []string{c.elapsed}, times(t, every, from, 1))
			daily := compile(t, workflow.Schedule{Zone: "Europe/Berlin", Cron: "0 10 * * *"})
			require.Equal(t, []string{c.civil}, times(t, daily, from, 1))
		}
	})
	t.Run("W25 one run each civil day", func(t *testing.T) {
		for _, c := range []struct {
			zone, cron, after string
			want              []string
		}{
			{"Europe/Berlin", "30 2 * * *", "2026-03-28 12:00", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
			{"America/New_York", "30 2 * * *", "2026-03-07 12:00", []string{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
			{"Europe/Berlin", "30 2 * * *", "2026-10-24 12:00", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
			{"Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00", []string{"2026-10-03T15:30:00Z"}},
			{"Australia/Lord_Howe", "45 1 * * *", "2026-04-04 12:00", []string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		} {
			require.Equal(t, c.want, times(t, compile(t, workflow.Schedule{Zone: c.zone, Cron: c.cron}), in(t, c.zone, c.after), len(c.want)), "%+v", c)
		}
	})
	t.Run("every hour goes by as clocks show it", func(t *testing.T) {
		hourly := compile(t, workflow.Schedule{Zone: "Europe/Berlin", Cron: "30 * * * *"})
		require.Equal(t, []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"},
			times(t, hourly, utc(t, "2026-10-25T00:00:00Z"), 3))
		require.Equal(t, []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}, times(t, hourly, utc(t, "2026-03-29T00:00:00Z"), 2))
	})
}

func TestMonthsAreCountedFromTheAnchor(t *testing.T) {
	t.Run("W26", func(t *testing.T) {
		start := date.Must(2026, 1, 31)
		after := utc(t, "2026-02-01T00:00:00Z")
		monthly := workflow.Schedule{Months: 1, Start: start}
		require.Equal(t, []string{"2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"},
			times(t, compile(t, monthly), after, 4))
		week, err := workflow.Calendar{Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0))}.Compile()
		require.NoError(t, err)
		monthly.Roll = workflow.Following
		require.Equal(t, []string{"2026-02-02T00:00:00Z", "2026-03-02T00:00:00Z"}, times(t, compile(t, monthly, week), utc(t, "2026-01-30T00:00:00Z"), 2))
		monthly.Roll = workflow.ModifiedFollowing
		require.Equal(t, []string{"2026-02-27T00:00:00Z"}, times(t, compile(t, monthly, week), after, 1))
	})
	for name, c := range map[string]struct {
		s    workflow.Schedule
		want []string
	}{
		"the last day":          {workflow.Schedule{Months: 1, Day: -1}, []string{"2024-01-31", "2024-02-29", "2024-03-31"}},
		"the day before":        {workflow.Schedule{Months: 1, Day: -2}, []string{"2024-01-30", "2024-02-28", "2024-03-30"}},
		"each quarter's 30th":   {workflow.Schedule{Months: 3, Day: 30}, []string{"2024-01-30", "2024-04-30", "2024-07-30"}},
		"the second Tuesday":    {workflow.Schedule{Months: 1, Nth: 2, Weekday: time.Tuesday}, []string{"2024-01-09", "2024-02-13", "2024-03-12"}},
		"the last Friday":       {workflow.Schedule{Months: 1, Nth: -1, Weekday: time.Friday}, []string{"2024-01-26", "2024-02-23", "2024-03-29"}},
		"a fifth Monday, maybe": {workflow.Schedule{Months: 1, Nth: 5, Weekday: time.Monday}, []string{"2024-01-29", "2024-04-29", "2024-07-29"}},
		"each leap day or near": {workflow.Schedule{Months: 12, Start: date.Must(2024, 2, 29)}, []string{"2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"}},
		"cron's leap day":       {workflow.Schedule{Cron: "0 0 29 2 *"}, []string{"2024-02-29", "2028-02-29"}},
		"cron, either day":      {workflow.Schedule{Cron: "0 0 13 * fri"}, []string{"2024-01-05", "2024-01-12", "2024-01-13", "2024-01-19"}},
		"cron, Sunday is 7 too": {workflow.Schedule{Cron: "0 0 * * 7"}, []string{"2024-01-07", "2024-01-14"}},
		"cron, names and steps": {workflow.Schedule{Cron: "0 0 1-31/10 jan-feb *"}, []string{"2024-01-01", "2024-01-11", "2024-01-21", "2024-01-31", "2024-02-01"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.s.Months > 0 && c.s.Start.IsZero() {
				c.s.Start = date.Must(2024, 1, 1)
			}
			var got []string
			for _, at := range times(t, compile(t, c.s), utc(t, "2023-12-31T23:59:59Z"), len(c.want)) {
				got = append(got, at[:10])
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestWhatWasMissed(t *testing.T) {
	t.Run("W27", func(t *testing.T) {
		hourly := workflow.Schedule{Every: time.Hour, Anchor: utc(t, "2026-05-01T00:00:00Z")}
		last, now := utc(t, "2026-05-04T10:00:00Z"), utc(t, "2026-05-04T14:40:00Z")
		for _, c := range []struct {
			policy workflow.CatchUp
			runs   []string
			missed int
		}{
			{workflow.CatchUp{Policy: workflow.CatchUpSkip}, nil, 4},
			{workflow.CatchUp{}, []string{"schedule/2026-05-04T14:00:00Z"}, 3},
			{workflow.CatchUp{Policy: workflow.CatchUpAll, Max: 100, Window: 24 * time.Hour}, []string{"schedule/2026-05-04T11:00:00Z",
				"schedule/2026-05-04T12:00:00Z", "schedule/2026-05-04T13:00:00Z", "schedule/2026-05-04T14:00:00Z"}, 0},
			{workflow.CatchUp{Policy: workflow.CatchUpAll, Max: 2}, []string{"schedule/2026-05-04T13:00:00Z", "schedule/2026-05-04T14:00:00Z"}, 2},
			{workflow.CatchUp{Policy: workflow.CatchUpAll, Window: 2 * time.Hour}, []string{"schedule/2026-05-04T13:00:00Z", "schedule/2026-05-04T14:00:00Z"}, 2},
		} {
			hourly.CatchUp = c.policy
			table := compile(t, hourly)
			due, err := table.Due(last, now)
			require.NoError(t, err)
			var keys []string
			for _, o := range due.Runs {
				keys = append(keys, string(table.Key(o)))
			}
			require.Equal(t, c.runs, keys)
			require.Equal(t, c.missed, due.Missed)
			require.Equal(t, "2026-05-04T15:00:00Z", due.Next.At.Format(time.RFC3339))
		}
		every, err := workflow.Schedule{Name: "s", Every: time.Second, Anchor: last}.Compile(nil)
		require.NoError(t, err)
		due, err := every.Due(last, last.Add(10*365*24*time.Hour)) // ten years of seconds, not one by one
		require.NoError(t, err)
		require.Equal(t, 10*365*24*3600-1, due.Missed)
	})
}

// Three centuries are the longest Duration there is.
func TestAnIntervalCountsFromAnAnchorOfAnyCentury(t *testing.T) {
	for _, anchor := range []string{"0001-01-02T00:00:00Z", "1500-06-01T00:00:00Z", "2026-05-04T12:00:00Z", "2026-05-04T12:00:01Z", "2500-06-01T00:00:00Z", "9999-12-31T23:59:59Z"} {
		for _, every := range []time.Duration{time.Second, time.Hour, 7 * 24 * time.Hour, 200 * 365 * 24 * time.Hour} {
			after, from := utc(t, "2026-05-04T12:00:00Z"), utc(t, anchor)
			table, err := workflow.Schedule{Name: "s", Every: every, Anchor: from}.Compile(nil)
			require.NoError(t, err)
			o, err := table.Next(after)
			require.NoError(t, err)
			require.True(t, o.At.After(after) && !o.At.Add(-every).After(after), "%s %s: %s", anchor, every, o.At)
			require.Zero(t, (o.At.Unix()-from.Unix())%int64(every/time.Second), "%s %s: %s", anchor, every, o.At)
		}
	}
	for _, year := range []int{-99999, 0, 10000, 99999} {
		_, err := workflow.Schedule{Name: "s", Every: time.Second, Anchor: time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)}.Compile(nil)
		require.True(t, storage.Has(err, "anchor", storage.CodeRange), "%d: %v", year, err)
	}
}

func TestAScheduleThatMakesNoSenseIsRefusedAtOnce(t *testing.T) {
	for path, s := range map[string]workflow.Schedule{
		"name":            {Every: time.Hour, Anchor: time.Unix(0, 0)},
		"every":           {Name: "s"},
		"anchor":          {Name: "s", Every: time.Hour},
		"start":           {Name: "s", Months: 1},
		"cron":            {Name: "s", Cron: "* * * *"},
		"cron.minute":     {Name: "s", Cron: "60 * * * *"},
		"cron.weekday":    {Name: "s", Cron: "* * * * funday"},
		"cron.hour":       {Name: "s", Cron: "* 5-3 * * *"},
		"cron.month":      {Name: "s", Cron: "* * * */0 *"},
		"roll":            {Name: "s", Cron: "@daily", Roll: workflow.Following},
		"zone":            {Name: "s", Cron: "@daily", Zone: "Nowhere/At_All"},
		"catch_up.policy": {Name: "s", Cron: "@daily", CatchUp: workflow.CatchUp{Policy: "x"}},
		"overlap":         {Name: "s", Cron: "@daily", Overlap: "x"},
	} {
		_, err := s.Compile(nil)
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad, path)
		require.Equal(t, path, bad.Fields[0].Path)
	}
	for _, never := range []string{"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"} {
		_, err := workflow.Schedule{Name: "s", Cron: never}.Compile(nil)
		require.ErrorIs(t, err, workflow.ErrNever, never)
	}
	_, err := workflow.Schedule{Name: "s", Cron: strings.Repeat("0,", 1<<20) + "0 * * * *"}.Compile(nil)
	require.Error(t, err)
}

// The answers are those of ../shared/data/calendars, computed with another language's time zone library.
func TestWallClocksOfTheWorld(t *testing.T) {
	raw, err := os.ReadFile("../../shared/data/calendars/expected-dst.json")
	if err != nil {
		t.Skip("the shared data is not here: ", err)
	}
	type wall struct {
		Zone, Local, Kind, UTC string
		First                  string `json:"utc_first"`
		Second                 string `json:"utc_second"`
		Before                 string `json:"utc_with_offset_before"`
		After                  string `json:"utc_with_offset_after"`
	}
	var data struct {
		Walls   []wall `json:"wall_times"`
		Lengths []struct {
			Zone    string
			Day     date.Date
			Seconds int `json:"seconds_from_midnight_to_midnight"`
		} `json:"day_lengths"`
		Recurrences []struct {
			Zone        string
			Occurrences []wall
		}
		Monthly []struct {
			Start    date.Date
			Expected []string
		}
	}
	require.NoError(t, json.Unmarshal(raw, &data))
	check := func(w wall) {
		z, err := time.LoadLocation(w.Zone)
		require.NoError(t, err)
		local, err := time.Parse("2006-01-02T15:04:05", w.Local)
		require.NoError(t, err)
		got := workflow.Resolve(z, date.FromTime(local, time.UTC), workflow.At(local.Hour(), local.Minute()))
		switch w.Kind {
		case "gap":
			require.True(t, got.Skipped, "%+v", w)
			require.Equal(t, []time.Time{utc(t, w.Before), utc(t, w.After)}, []time.Time{got.Before, got.After})
			require.Zero(t, got.First.In(z).Second())
			_, before := got.First.Add(-time.Second).In(z).Zone()
			_, after := got.First.In(z).Zone()
			require.Greater(t, after, before, "the first instant after the gap")
		case "fold":
			require.Equal(t, []time.Time{utc(t, w.First), utc(t, w.Second)}, []time.Time{got.First, got.Last})
			require.True(t, got.Twice())
		default:
			require.Equal(t, []time.Time{utc(t, w.UTC), utc(t, w.UTC)}, []time.Time{got.First, got.Last})
		}
	}
	for _, w := range data.Walls {
		check(w)
	}
	for _, r := range data.Recurrences {
		for _, w := range r.Occurrences {
			w.Zone = r.Zone
			check(w)
		}
	}
	for _, l := range data.Lengths {
		z, err := time.LoadLocation(l.Zone)
		require.NoError(t, err)
		from, to := workflow.Resolve(z, l.Day, 0).First, workflow.Resolve(z, l.Day.AddDays(1), 0).First
		require.Equal(t, time.Duration(l.Seconds)*time.Second, to.Sub(from))
	}
	for _, m := range data.Monthly {
		var got []string
		for _, at := range times(t, compile(t, workflow.Schedule{Months: 1, Start: m.Start}), m.Start.Time(time.UTC, 12, 0), len(m.Expected)) {
			got = append(got, at[:10])
		}
		require.Equal(t, m.Expected, got)
	}
}

// zones lists the names of the time zone database that comes with Go.
func zones(t *testing.T) (names []string) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	require.NoError(t, err)
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestADailyScheduleRunsOncePerCivilDayInEveryZone(t *testing.T) {
	all := zones(t)
	require.Greater(t, len(all), 400)
	first, last := date.Must(2020, 1, 1), date.Must(2035, 12, 31)
	for i, name := range all {
		if testing.Short() && i%20 != 0 {
			continue
		}
		z, err := time.LoadLocation(name)
		require.NoError(t, err)
		table := compile(t, workflow.Schedule{Zone: name, Cron: "30 2 * * *"})
		at := first.Time(z, 0, 0).Add(-time.Second)
		for d := first; !d.After(last); d = d.AddDays(1) {
			o, err := table.Next(at)
			if err != nil || date.FromTime(o.At, z) != d {
				t.Fatalf("%s: after %s comes %s, not once on %s: %v", name, at.In(z), o.At.In(z), d, err)
			}
			at = o.At
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, s := range []string{"* * * * *", "0 0 29 2 *", "*/5 1-3 1,15 jan-mar mon", "@daily", "0 0 31 2 *", "61 * * * *"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		table, err := workflow.Schedule{Name: "s", Cron: s, Zone: "Europe/Berlin"}.Compile(nil)
		if err != nil {
			return
		}
		at := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
		for range 3 {
			o, err := table.Next(at)
			if err != nil || !o.At.After(at) {
				t.Fatalf("%q after %s: %s, %v", s, at, o.At, err)
			}
			at = o.At
		}
	})
}
