package date_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

var day = date.MustParse

// The standard library is the oracle, for each of the 3,652,059 days.
func TestEveryDayOfTheCalendar(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 97
	}
	ref := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	first := ref.Unix() / 86400
	count, before := 0, date.Date{}
	for ; ref.Year() < 10_000; ref = ref.AddDate(0, 0, step) {
		y, m, n := ref.Date()
		d, err := date.New(y, m, n)
		days := first + int64(count*step)
		if err != nil || d.Days() != days || date.FromDays(days) != d {
			t.Fatal(ref, d, err)
		}
		if hy, hm, hd := d.Date(); hy != y || hm != m || hd != n || d.Weekday() != ref.Weekday() || !before.Before(d) || before == d {
			t.Fatal(ref, hy, hm, hd, d.Weekday())
		}
		if count%31 == 0 { // the slower ones for a sample
			iy, iw := ref.ISOWeek()
			hy, hw := d.ISOWeek()
			back, err := date.Parse(d.String())
			if hy != iy || hw != iw || d.YearDay() != ref.YearDay() || d.String() != ref.Format("2006-01-02") || back != d || err != nil ||
				date.FromTime(ref.Add(23*time.Hour), time.UTC) != d || !d.Time(time.UTC, 0, 0).Equal(ref) && y > 1 {
				t.Fatal(ref, d, hy, hw, d.YearDay(), back, err)
			}
		}
		count, before = count+1, d
	}
	if step == 1 && count != 3_652_059 {
		t.Error(count, "days")
	}
}

func TestWhatIsNoDayIsRefused(t *testing.T) {
	for _, s := range []string{
		"", "2017", "2017-3-1", "2017-02-29", "1900-02-29", "2017-04-31", "2017-00-10", "2017-13-01", "2017-01-00", "2017-01-32",
		"0000-01-01",
		"10000-01-01", "2017/01/01", "20170101", "2017-01-01 ", " 2017-01-1", "2017-01-01T00:00", "-017-01-01", "2017-+1-01",
		"2017-0x-01", "٢٠١٧-٠١",
	} {
		if d, err := date.Parse(s); !errors.Is(err, date.ErrDate) || !d.IsZero() {
			t.Errorf("%q: %v, %v", s, d, err)
		}
	}
	for _, c := range [][3]int{{0, 1, 1}, {10000, 1, 1}, {2017, 0, 1}, {2017, 13, 1}, {2017, 2, 29}, {2017, 1, 0},
		{2017, 1, 32}, {math.MaxInt, 1, 1}} {
		if d, err := date.New(c[0], time.Month(c[1]), c[2]); !errors.Is(err, date.ErrDate) || !d.IsZero() {
			t.Errorf("%v: %v, %v", c, d, err)
		}
	}
	for _, f := range []func(){func() { date.MustParse("x") }, func() { date.Must(2017, 2, 30) }} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !errors.Is(err, date.ErrDate) {
					t.Error(err)
				}
			}()
			f()
		}()
	}
}

func TestNoDateStaysNoDate(t *testing.T) {
	var none date.Date
	first, last := day("0001-01-01"), day("9999-12-31")
	for name, d := range map[string]date.Date{
		"days from none": none.AddDays(1), "months from none": none.AddMonths(1), "years from none": none.AddYears(1),
		"end of none":      none.EndOfMonth(),
		"before the first": first.AddDays(-1), "after the last": last.AddDays(1), "far before": last.AddDays(math.MinInt),
		"far after":              first.AddDays(math.MaxInt),
		"month before the first": first.AddMonths(-1), "month after the last": last.AddMonths(1),
		"months far":      first.AddMonths(math.MaxInt),
		"months far back": last.AddMonths(math.MinInt), "years far": first.AddYears(math.MaxInt),
		"years far back": first.AddYears(math.MinInt),
		"no time":        date.FromTime(time.Time{}, time.UTC), "time far": date.FromTime(time.Unix(1<<40, 0), time.UTC),
		"days since": date.FromDays(math.MaxInt64), "days till": date.FromDays(math.MinInt64), "no later": date.Later(none, none),
	} {
		if !d.IsZero() || d != none || d.String() != "" {
			t.Errorf("%s is %s", name, d)
		}
	}
	if y, m, n := none.Date(); y != 0 || m != 0 || n != 0 || none.Year() != 0 || none.Quarter() != 0 || none.YearDay() != 0 ||
		none.Sub(first) != 0 ||
		first.Sub(none) != 0 || !none.Time(time.UTC, 1, 1).IsZero() || !none.Before(first) || none.Compare(none) != 0 {
		t.Error("no date has parts")
	}
	if y, w := none.ISOWeek(); y != 0 || w != 0 {
		t.Error(y, w)
	}
	if y, w := last.ISOWeek(); y != 9999 || w != 52 {
		t.Error(y, w)
	}
	if date.Earlier(none, first) != first || date.Earlier(first, none) != first || date.Later(none, first) != first ||
		date.Earlier(last, first) != first ||
		date.Later(last, first) != last || date.Earlier(first, last) != first || last.Compare(first) != 1 || !last.After(first) ||
		first.Compare(last) != -1 {
		t.Error("order")
	}
}

func TestMonthsKeepTheDayOrTakeTheLastOne(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-01-31", 2, "2026-03-31"},
		{"2026-01-31", -2, "2025-11-30"},
		{"2026-03-31", -1, "2026-02-28"}, {"2026-01-15", 0, "2026-01-15"}, {"2026-01-15", 12, "2027-01-15"},
		{"2026-12-31", 2, "2027-02-28"},
		{"2024-02-29", 12, "2025-02-28"}, {"2024-02-29", 48, "2028-02-29"}, {"0001-01-31", 1, "0001-02-28"},
		{"9999-11-30", 1, "9999-12-30"},
		{"9999-12-31", -9998 * 12, "0001-12-31"},
	} {
		if have := day(c.from).AddMonths(c.n); have != day(c.want) {
			t.Errorf("%s and %d months: %s, want %s", c.from, c.n, have, c.want)
		}
	}
	if have := day("2024-02-29").AddYears(1); have != day("2025-02-28") {
		t.Error(have)
	}
}

func TestTheDayDependsOnThePlace(t *testing.T) {
	almaty := time.FixedZone("+05", 5*3600)
	evening := time.Date(2026, 3, 31, 20, 0, 0, 0, time.UTC)
	if date.FromTime(evening, almaty) != day("2026-04-01") || date.FromTime(evening, time.UTC) != day("2026-03-31") {
		t.Error("the day at an instant")
	}
	if have := day("2026-04-01").Time(almaty, 1, 30); !have.Equal(evening.Add(30 * time.Minute)) {
		t.Error(have)
	}
}

func TestDatesInTextAndJSON(t *testing.T) {
	type doc struct {
		On    date.Date            `json:"on"`
		Maybe date.Date            `json:"maybe,omitzero"`
		Month date.Month           `json:"month"`
		By    map[date.Date]string `json:"by,omitempty"`
	}
	m, _ := date.NewMonth(2017, time.March)
	full := doc{On: day("2017-03-01"), Maybe: day("2017-03-02"), Month: m, By: map[date.Date]string{day("2017-03-03"): "x"}}
	for text, want := range map[string]doc{
		`{"on":"2017-03-01","maybe":"2017-03-02","month":"2017-03","by":{"2017-03-03":"x"}}`: full,
		`{"on":null,"month":null}`: {},
	} {
		data, err := json.Marshal(want)
		if err != nil || string(data) != text {
			t.Errorf("%s, %v; want %s", data, err, text)
		}
		have := doc{On: day("1999-01-01"), Month: m}
		if err := json.Unmarshal([]byte(text), &have); err != nil || have.On != want.On || have.Month != want.Month ||
			len(have.By) != len(want.By) {
			t.Errorf("%s: %+v, %v", text, have, err)
		}
	}
	var d date.Date
	var mm date.Month
	if json.Unmarshal([]byte(`""`), &d) != nil || json.Unmarshal([]byte(`""`), &mm) != nil || !d.IsZero() || !mm.IsZero() {
		t.Error("an empty text is no date")
	}
	d, mm = day("2017-03-01"), m
	for _, text := range []string{`20170301`, `"2017-02-30"`, `{}`, `true`, `"2017-03-01T00:00:00Z"`, `"\u0032017-03-01"`,
		`"2017-00"`, `"`, ``, `"2017-13"`} {
		if err := d.UnmarshalJSON([]byte(text)); !errors.Is(err, date.ErrDate) || d != day("2017-03-01") {
			t.Errorf("%s: %s, %v", text, d, err)
		}
		if err := mm.UnmarshalJSON([]byte(text)); !errors.Is(err, date.ErrDate) || mm != m {
			t.Errorf("%s: %s, %v", text, mm, err)
		}
	}
}

func TestASeriesOfMonthsIsCountedFromItsFirstDay(t *testing.T) {
	var have []string
	for d := range date.Monthly(day("2025-11-30"), 3) {
		if have = append(have, d.String()); len(have) == 4 {
			break
		}
	}
	if want := []string{"2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30"}; !slices.Equal(have, want) {
		t.Error(have)
	}
	for _, c := range []struct {
		from date.Date
		step int
		want int
	}{{day("9999-10-31"), 1, 3}, {date.Date{}, 1, 0}, {day("2026-01-01"), 0, 1}, {day("2026-01-01"), -1, 1},
		{day("0001-01-01"), math.MaxInt, 1}} {
		if n := len(slices.Collect(date.Monthly(c.from, c.step))); n != c.want {
			t.Errorf("%s every %d months: %d dates, want %d", c.from, c.step, n, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2017-03-31", "0001-01-01", "9999-12-31", "2016-02-29", "2017-02-29", "", "2017-3-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := date.Parse(s)
		ref, refErr := time.Parse("2006-01-02", s)
		if (err == nil) != (refErr == nil && ref.Year() > 0) {
			t.Fatalf("%q: %v; the standard library says %v", s, err, refErr)
		}
		if err == nil && (d.String() != s || d.Days()*86400 != ref.Unix()) {
			t.Fatalf("%q gives %s", s, d)
		}
		if m, err := date.ParseMonth(s); err == nil && m.String() != s {
			t.Fatalf("%q gives %s", s, m)
		}
	})
}
