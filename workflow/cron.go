package workflow

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// cron is a compiled expression: a bit for each value of a field.
type cron struct {
	minutes, hours, days, months, weekdays uint64
	// anyDay and anyWeekday say that a field restricts nothing; if neither, either will do.
	anyDay, anyWeekday bool
	// hourly says that every hour counts: then times go by as clocks show them, twice where they do, and none is made up for.
	hourly bool
}

// field is what a place of an expression may hold.
type field struct {
	name     string
	min, max int
	words    []string
}

var cronFields = [5]field{{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"weekday", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}}

var cronWords = map[string]string{"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}

// maxCron bounds an expression, in bytes.
const maxCron = 1000

// parseCron reads an expression. What never comes is refused: a day that none of the months has.
func parseCron(bad *storage.Invalid, s string) (*cron, error) {
	if len(s) > maxCron {
		bad.Add("cron", storage.CodeTooLong, "")
		return nil, nil
	}
	if words, ok := cronWords[strings.ToLower(strings.TrimSpace(s))]; ok {
		s = words
	}
	parts := strings.Fields(s)
	if len(parts) != len(cronFields) {
		bad.Add("cron", storage.CodeFormat, "five fields")
		return nil, nil
	}
	var sets [len(cronFields)]uint64
	for i, f := range cronFields {
		set, ok := f.parse(strings.ToLower(parts[i]))
		bad.Check(ok, "cron."+f.name, storage.CodeFormat, "")
		sets[i] = set
	}
	c := &cron{minutes: sets[0], hours: sets[1], days: sets[2], months: sets[3], weekdays: sets[4] | sets[4]>>7&1,
		anyDay: strings.HasPrefix(parts[2], "*"), anyWeekday: strings.HasPrefix(parts[4], "*"), hourly: sets[1] == 1<<24-1}
	if len(bad.Fields) == 0 && (c.anyWeekday || c.anyDay) && !c.possible() {
		return nil, ErrNever.With("%s", strings.Join(parts, " "))
	}
	return c, nil
}

// possible reports whether one of the months has one of the days.
func (c *cron) possible() bool {
	for m := 1; m <= 12; m++ {
		if c.months>>m&1 == 0 {
			continue
		}
		longest := time.Date(2024, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() // a leap year
		if c.days&(1<<(longest+1)-1) != 0 {
			return true
		}
	}
	return false
}

// parse reads a list of values, ranges and steps.
func (f field) parse(s string) (set uint64, ok bool) {
	for item := range strings.SplitSeq(s, ",") {
		span, step, stepped := strings.Cut(item, "/")
		n := 1
		if stepped {
			var err error
			if n, err = strconv.Atoi(step); err != nil || n < 1 || n > f.max {
				return 0, false
			}
		}
		lo, hi := f.min, f.max
		if span != "*" {
			from, to, ranged := strings.Cut(span, "-")
			if lo, ok = f.value(from); !ok {
				return 0, false
			}
			if hi = lo; ranged {
				if hi, ok = f.value(to); !ok || hi < lo {
					return 0, false
				}
			} else if stepped {
				hi = f.max
			}
		} else if f.max == 7 {
			hi = 6 // Sunday once
		}
		for v := lo; v <= hi; v += n {
			set |= 1 << v
		}
	}
	return set, true
}

func (f field) value(s string) (int, bool) {
	if i := slices.Index(f.words, s); i >= 0 {
		return i + f.min, true
	}
	if s == "" || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.min && n <= f.max
}

// on reports whether a day counts.
func (c *cron) on(d date.Date) bool {
	_, m, day := d.Date()
	if c.months>>m&1 == 0 {
		return false
	}
	byDay, byWeekday := c.days>>day&1 == 1, c.weekdays>>d.Weekday()&1 == 1
	if c.anyDay || c.anyWeekday {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

// byCron goes through the days from the one before on, since rolling may bring a day forward, until an occurrence comes after the instant.
func (t *Timetable) byCron(after time.Time) (best Occurrence, err error) {
	d := date.FromTime(after, t.zone)
	slack := 1
	if t.s.Roll != NoRoll {
		d, slack = d.AddDays(-14), 15
	}
	var until date.Date
	for range reach {
		if !until.IsZero() && d.After(until) {
			return best, nil
		}
		if t.cron.on(d) {
			o, err := t.firstOn(d, after)
			if err != nil {
				return o, err
			}
			if !o.At.IsZero() && (best.At.IsZero() || o.At.Before(best.At)) {
				if best = o; until.IsZero() {
					until = d.AddDays(slack)
				}
			}
		}
		d = d.AddDays(1)
	}
	if !best.At.IsZero() {
		return best, nil
	}
	return best, ErrNever
}

// firstOn finds the earliest occurrence of a day that comes after an instant.
func (t *Timetable) firstOn(d date.Date, after time.Time) (best Occurrence, err error) {
	take := func(o Occurrence) {
		if o.At.After(after) && (best.At.IsZero() || o.At.Before(best.At)) {
			best = o
		}
	}
	for hours := t.cron.hours; hours != 0; hours &= hours - 1 {
		for minutes := t.cron.minutes; minutes != 0; minutes &= minutes - 1 {
			at := At(bits.TrailingZeros64(hours), bits.TrailingZeros64(minutes))
			if t.cron.hourly && t.s.Roll == NoRoll {
				w := Resolve(t.zone, d, at)
				if !w.Skipped {
					take(Occurrence{w.First, w.First})
					take(Occurrence{w.Last, w.Last})
				}
				continue
			}
			o, err := t.occurrence(d, at)
			if err != nil {
				return o, err
			}
			if take(o); best == o {
				return best, nil // the times of a day come in order
			}
		}
	}
	return best, nil
}
