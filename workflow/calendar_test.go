package workflow_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// calendarB is Europe/Berlin, Monday to Friday from nine to five, closed on 3 and 6 April 2026.
func calendarB(t testing.TB) *workflow.Hours {
	h, err := workflow.Calendar{Name: "B", Zone: "Europe/Berlin", Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0)),
		Holidays: map[date.Date]string{date.Must(2026, 4, 3): "Good Friday", date.Must(2026, 4, 6): "Easter Monday"}}.Compile()
	require.NoError(t, err)
	return h
}

func in(t testing.TB, zone, s string) time.Time {
	z, err := time.LoadLocation(zone)
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", s, z)
	require.NoError(t, err)
	return at
}

func utc(t testing.TB, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

func TestWorkingTime(t *testing.T) {
	h := calendarB(t)
	at := func(s string) time.Time { return in(t, "Europe/Berlin", s) }
	t.Run("W23", func(t *testing.T) {
		for _, c := range []struct {
			from string
			d    time.Duration
			to   string
		}{
			{"2026-04-02 15:00", 8 * time.Hour, "2026-04-07 15:00"},
			{"2026-04-02 15:00", 4 * time.Hour, "2026-04-07 11:00"}, // the reminder at half of it
			{"2026-04-02 15:00", 2 * time.Hour, "2026-04-02 17:00"}, // closing time, not the next opening
			{"2026-03-28 11:00", 8 * time.Hour, "2026-03-30 17:00"},
		} {
			got, err := h.AddWorkingTime(at(c.from), c.d)
			require.NoError(t, err)
			require.True(t, at(c.to).Equal(got), "%s + %s: %s", c.from, c.d, got)
			back, err := h.WorkingTime(at(c.from), got)
			require.NoError(t, err)
			require.Equal(t, c.d, back)
		}
	})
	t.Run("W31 a window of nights belongs to the day on which it begins", func(t *testing.T) {
		nights, err := workflow.Calendar{Zone: "America/New_York", Hours: workflow.Weekdays(workflow.At(22, 0), workflow.At(30, 0))}.Compile()
		require.NoError(t, err)
		require.True(t, nights.Open(in(t, "America/New_York", "2026-03-07 01:00")), "Saturday, in Friday's window")
		require.False(t, nights.Open(in(t, "America/New_York", "2026-03-09 01:00")), "Monday, of which the day before has none")
		next, err := nights.NextOpen(in(t, "America/New_York", "2026-03-09 01:00"))
		require.NoError(t, err)
		require.True(t, in(t, "America/New_York", "2026-03-09 22:00").Equal(next))
	})
}

func TestWorkingTimeIsMonotoneAndAdditive(t *testing.T) {
	nights, err := workflow.Calendar{Zone: "America/New_York", Hours: [7][]workflow.Span{
		1: {{workflow.At(8, 0), workflow.At(12, 0)}, {workflow.At(13, 0), workflow.At(17, 30)}}, 5: {{workflow.At(22, 0), workflow.At(30, 0)}},
		6: {{workflow.At(22, 0), workflow.At(30, 0)}}}}.Compile() // over the nights in which clocks change
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, h := range []*workflow.Hours{calendarB(t), nights} {
		for range 1000 {
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(int64(365 * 24 * time.Hour))))
			a, b := time.Duration(rng.Int64N(int64(60*time.Hour))), time.Duration(rng.Int64N(int64(60*time.Hour)))
			one, err := h.AddWorkingTime(from, a)
			require.NoError(t, err)
			two, err := h.AddWorkingTime(one, b)
			require.NoError(t, err)
			both, err := h.AddWorkingTime(from, a+b)
			require.NoError(t, err)
			require.True(t, two.Equal(both), "%s + %s + %s: %s, %s", from, a, b, two, both)
			require.False(t, both.Before(one))
			passed, err := h.WorkingTime(from, both)
			require.NoError(t, err)
			require.Equal(t, a+b, passed)
			back, err := h.WorkingTime(both, from)
			require.NoError(t, err)
			require.Equal(t, -a-b, back)
		}
	}
}

// The answers are those of ../shared/data/calendars, computed by a program of others.
func TestBusinessDaysOfFiveCountries(t *testing.T) {
	raw, err := os.ReadFile("../../shared/data/calendars/expected-calendars.json")
	if err != nil {
		t.Skip("the shared data is not here: ", err)
	}
	var data struct {
		Calendars []struct {
			Calendar string
			Weekend  []string
			Holidays map[date.Date]string
			Add      []struct {
				From     date.Date
				Days     int `json:"business_days"`
				Expected date.Date
			} `json:"add_business_days"`
			Count []struct {
				After    date.Date
				To       date.Date `json:"up_to_and_including"`
				Expected int
			} `json:"count_business_days"`
		}
	}
	require.NoError(t, json.Unmarshal(raw, &data))
	require.Len(t, data.Calendars, 5)
	for _, c := range data.Calendars {
		t.Run(c.Calendar, func(t *testing.T) {
			cal := workflow.Calendar{Name: c.Calendar, Holidays: c.Holidays}
			for d := range cal.Hours {
				if !slices.Contains(c.Weekend, time.Weekday(d).String()[:3]) {
					cal.Hours[d] = []workflow.Span{{From: workflow.At(9, 0), To: workflow.At(17, 0)}}
				}
			}
			h, err := cal.Compile()
			require.NoError(t, err)
			require.NotEmpty(t, c.Add)
			for _, x := range c.Add {
				got, err := h.AddWorkingDays(x.From, x.Days)
				require.NoError(t, err)
				require.Equal(t, x.Expected, got, "%s %+d", x.From, x.Days)
			}
			require.NotEmpty(t, c.Count)
			for _, x := range c.Count {
				require.Equal(t, x.Expected, h.WorkingDays(date.Period{From: x.After.AddDays(1), To: x.To}), "%s to %s", x.After, x.To)
			}
		})
	}
}

func TestACalendarThatMakesNoSenseIsRefused(t *testing.T) {
	_, err := workflow.Calendar{Zone: "Europe/Nowhere", Hours: [7][]workflow.Span{1: {{10, 10}, {5, 20}}, 2: {{0, workflow.At(49, 0)}},
		3: {{workflow.At(22, 0), workflow.At(34, 0)}}, 4: {{workflow.At(9, 0), workflow.At(17, 0)}}}}.Compile()
	var bad *storage.Invalid
	require.ErrorAs(t, err, &bad)
	var got []string
	for _, f := range bad.Fields {
		got = append(got, f.Path)
	}
	require.Equal(t, []string{"zone", "hours.1.0.to", "hours.1.1.from", "hours.2.0.to", "hours.2", "hours.3"}, got)
	_, err = workflow.Calendar{}.Compile()
	require.ErrorIs(t, err, workflow.ErrNeverOpen)
}
