package workflow

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// CatchUp says what becomes of occurrences that were missed while nobody looked.
type CatchUp struct {
	Policy CatchUpPolicy `json:"policy,omitempty"`
	// Max and Window bound CatchUpAll: at most so many runs, the latest, of no more than so long ago. Zero is 100 runs, and no end.
	Max    int           `json:"max,omitempty"`
	Window time.Duration `json:"window,omitempty"`
}

// CatchUpPolicy is one of the words below.
type CatchUpPolicy string

// The policies.
const (
	// CatchUpLatest runs once for all that were missed, with the nominal time of the latest. It is the default.
	CatchUpLatest CatchUpPolicy = ""
	// CatchUpSkip runs nothing; what comes next is the next occurrence.
	CatchUpSkip CatchUpPolicy = "skip"
	// CatchUpAll runs each, in order.
	CatchUpAll CatchUpPolicy = "all"
)

func (c CatchUp) check(bad *storage.Invalid) {
	ok := c.Policy == CatchUpLatest || c.Policy == CatchUpSkip || c.Policy == CatchUpAll
	bad.Check(ok, "catch_up.policy", storage.CodeChoice, "")
	bad.Check(c.Max >= 0 && c.Max <= maxRuns, "catch_up.max", storage.CodeRange, "")
	bad.Check(c.Window >= 0, "catch_up.window", storage.CodeRange, "")
}

// maxRuns bounds what is caught up at once.
const maxRuns = 10_000

// Overlap says what becomes of a run that is due while the one before goes on.
type Overlap string

// The policies.
const (
	// OverlapSkip leaves it out. It is the default.
	OverlapSkip Overlap = ""
	// OverlapQueue lets it wait until the other has ended.
	OverlapQueue Overlap = "queue"
	// OverlapAllow lets both go on.
	OverlapAllow Overlap = "allow"
)

func (o Overlap) check(bad *storage.Invalid) {
	bad.Check(o == OverlapSkip || o == OverlapQueue || o == OverlapAllow, "overlap", storage.CodeChoice, "")
}

// Due is what a schedule has to do at an instant.
type Due struct {
	// Runs are the occurrences to run, oldest first.
	Runs []Occurrence `json:"runs"`
	// Missed counts the occurrences that came and are not run.
	Missed int `json:"missed"`
	// Next is the first occurrence after the instant.
	Next Occurrence `json:"next"`
}

// prompt is how late a run may be that was not missed at all.
const prompt = time.Minute

// Due finds what to run at an instant, having run everything up to and including another instant. An occurrence less than a
// minute ago counts as punctual and is run whatever the policy.
//
// Errors: those of Next.
func (t *Timetable) Due(last, now time.Time) (out Due, err error) {
	c := t.s.CatchUp
	keep := 1
	if c.Policy == CatchUpAll {
		if keep = c.Max; keep == 0 {
			keep = 100
		}
	}
	total := 0
	from := last
	if skip := t.farBehind(last, now, keep); skip > 0 {
		total, from = skip, last.Add(time.Duration(skip)*t.s.Every)
	}
	for {
		o, err := t.Next(from)
		if err != nil {
			return out, err
		}
		if o.At.After(now) {
			out.Next = o
			break
		}
		total++
		if out.Runs = append(out.Runs, o); len(out.Runs) > keep {
			out.Runs = slices.Delete(out.Runs, 0, 1)
		}
		from = o.At
	}
	out.Runs = slices.DeleteFunc(out.Runs, func(o Occurrence) bool {
		late := now.Sub(o.At)
		return c.Policy == CatchUpSkip && late >= prompt || c.Policy == CatchUpAll && c.Window > 0 && late > c.Window
	})
	out.Missed = total - len(out.Runs)
	return out, nil
}

// farBehind counts occurrences of an interval that need not be looked at one by one, for they will not be run.
func (t *Timetable) farBehind(last, now time.Time, keep int) int {
	if t.s.Every == 0 {
		return 0
	}
	return max(0, int(now.Sub(last)/t.s.Every)-keep-1)
}
