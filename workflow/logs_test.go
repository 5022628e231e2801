package workflow_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// A deed is a line of a log of what people did.
type deed struct {
	does, by, role string
	start, end     time.Time
}

// A story is all that was done in one case, in the order of the log.
type story struct {
	name  string
	deeds []deed
}

// stories reads a log of ../shared/data/approval-events.
func stories(t testing.TB, name string) (list []*story) {
	t.Helper()
	f, err := os.Open("../../shared/data/approval-events/" + name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no folder ../shared/data/approval-events beside the repository")
	}
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	at := func(s string) time.Time {
		if !strings.Contains(s, "+") {
			s += "Z"
		}
		v, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return v
	}
	known := map[string]*story{}
	for _, r := range rows[1:] {
		s := known[r[0]]
		if s == nil {
			s = &story{name: r[0]}
			known[r[0]] = s
			list = append(list, s)
		}
		d := deed{does: r[1], start: at(r[2]), end: at(r[2])}
		if len(r) > 3 {
			d.end, d.by, d.role = at(r[3]), r[4], r[5]
		}
		s.deeds = append(s.deeds, d)
	}
	return list
}

// A census is what can be counted of a log; its form is that of expected-events.json.
type census struct {
	Cases, Events, Variants int
	Throughput              struct {
		Mean, Median  string
		Min, Max, Sum int64
	} `json:"throughput_seconds"`
	Activities map[string]int `json:"events_by_activity"`
	Starts     map[string]int `json:"start_activities"`
	Ends       map[string]int `json:"end_activities"`
	Follows    map[string]int `json:"directly_follows"`
	Repeats    int            `json:"cases_with_a_repeated_activity"`
	Top        []variant      `json:"top_variants"`
	Roles      map[string]struct {
		Events  int
		Seconds int64 `json:"service_seconds"`
	} `json:"by_role"`
	Alone int `json:"cases_where_one_resource_did_all"`

	took     []int64
	variants map[string]int
}

type variant struct {
	Activities []string
	Cases      int
}

func newCensus() *census {
	c := &census{Activities: map[string]int{}, Starts: map[string]int{}, Ends: map[string]int{}, Follows: map[string]int{}, variants: map[string]int{}}
	c.Roles = map[string]struct {
		Events  int
		Seconds int64 `json:"service_seconds"`
	}{}
	return c
}

// add counts what a machine let pass of a case.
func (c *census) add(deeds []deed) {
	c.Cases++
	c.Events += len(deeds)
	var way []string
	seen, people := map[string]bool{}, map[string]bool{}
	for i, d := range deeds {
		c.Activities[d.does]++
		way = append(way, d.does)
		if i > 0 {
			c.Follows[deeds[i-1].does+" -> "+d.does]++
		}
		seen[d.does], people[d.by] = true, true
		if d.role != "" {
			r := c.Roles[d.role]
			r.Events, r.Seconds = r.Events+1, r.Seconds+int64(d.end.Sub(d.start)/time.Second)
			c.Roles[d.role] = r
		}
	}
	first, last := deeds[0], deeds[len(deeds)-1]
	c.Starts[first.does]++
	c.Ends[last.does]++
	c.took = append(c.took, int64(last.end.Sub(first.start)/time.Second))
	c.variants[strings.Join(way, "\n")]++
	if len(seen) < len(deeds) {
		c.Repeats++
	}
	if len(people) == 1 && first.by != "" {
		c.Alone++
	}
}

// finish works out what needs the whole.
func (c *census) finish(top int) {
	slices.Sort(c.took)
	for _, s := range c.took {
		c.Throughput.Sum += s
	}
	n := len(c.took)
	c.Throughput.Min, c.Throughput.Max = c.took[0], c.took[n-1]
	c.Throughput.Mean = decimal.NewFromInt(c.Throughput.Sum).DivRound(decimal.NewFromInt(int64(n)), 2).StringFixed(2)
	c.Throughput.Median = decimal.NewFromInt(c.took[(n-1)/2]+c.took[n/2]).DivRound(decimal.NewFromInt(2), 2).StringFixed(2)
	c.Variants = len(c.variants)
	for way, cases := range c.variants {
		c.Top = append(c.Top, variant{strings.Split(way, "\n"), cases})
	}
	slices.SortFunc(c.Top, func(a, b variant) int {
		if a.Cases != b.Cases {
			return b.Cases - a.Cases
		}
		return slices.Compare(a.Activities, b.Activities)
	})
	c.Top = c.Top[:min(top, len(c.Top))]
	c.took, c.variants = nil, nil
}

// expected reads what others counted.
func expected(t testing.TB, name string) *census {
	raw, err := os.ReadFile("../../shared/data/approval-events/expected-events.json")
	require.NoError(t, err)
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &all))
	want := newCensus()
	require.NoError(t, json.Unmarshal(all[name], want))
	want.variants = nil
	return want
}

// An onboarding is what the guards of its life look at: who did what so far, and who wants to do something now.
type onboarding struct {
	did map[string]string
	by  string
}

var errTwoEyes = storage.NewError("test.two_eyes", "the one who checks has submitted, reviewed or entered the same request")

// whatIsChecked are the deeds that the four-eyes check is about: who did one of them cannot check.
var whatIsChecked = []string{"Submit Request", "Review New Documents", "Review Request Manually", "Update Backend Systems"}

func onboardingLife() workflow.Life[state, *onboarding] {
	type way = workflow.Transition[state, *onboarding]
	fourEyes := workflow.Guard[*onboarding]{Name: "four eyes", Check: func(o *onboarding) error {
		for _, what := range whatIsChecked {
			if who, done := o.did[what]; done && who == o.by {
				return errTwoEyes.With("%s: %s", what, who)
			}
		}
		return nil
	}}
	l := workflow.Life[state, *onboarding]{Name: "client onboarding", Initial: "begun", Transitions: []way{
		{Action: "Enter Data", From: []state{"begun"}, To: "entered"},
		{Action: "Upload Documents", From: []state{"entered"}, To: "uploaded"},
		{Action: "Submit Request", From: []state{"entered", "uploaded"}, To: "submitted"},
		{Action: "Determine Missing Document", From: []state{"submitted"}, To: "examined"},
		{Action: "Upload Missing Documents", From: []state{"examined"}, To: "supplied"},
		{Action: "Review New Documents", From: []state{"supplied"}, To: "complete"},
		{Action: "Scoreboarding", From: []state{"examined", "complete"}, To: "scored"},
		{Action: "Review Request Manually", From: []state{"scored"}, To: "reviewed"},
		{Action: "Update Backend Systems", From: []state{"scored", "reviewed"}, To: "updated"},
		{Action: "Four-eyes Check", From: []state{"updated"}, To: "checked", When: []workflow.Guard[*onboarding]{fourEyes}},
		{Action: "Send Notifications", From: []state{"scored", "reviewed", "checked"}, To: "told"},
	}}
	for _, s := range []state{"begun", "entered", "uploaded", "submitted", "examined", "supplied", "complete", "scored", "reviewed", "updated", "checked"} {
		l.States = append(l.States, workflow.State[state]{Name: s})
	}
	l.States = append(l.States, workflow.State[state]{Name: "told", Final: true})
	return l
}

// replay leads a case through the machine up to the first refusal.
func (s *story) replay(m *workflow.Machine[state, *onboarding]) (passed []deed, end state, err error) {
	o, at := &onboarding{did: map[string]string{}}, m.Initial()
	for _, d := range s.deeds {
		o.by = d.by
		next, _, err := m.Fire(at, workflow.Action(d.does), o)
		if err != nil {
			return passed, at, err
		}
		at, o.did[d.does], passed = next, d.by, append(passed, d)
	}
	return passed, at, nil
}

// 2,034 cases of a bank pass a machine that was declared for them.
func TestALogOfOnboardingsIsReplayed(t *testing.T) {
	list := stories(t, "client-onboarding.csv")
	m := workflow.MustCompile(onboardingLife())
	require.Empty(t, m.Lint())
	got := newCensus()
	for _, s := range list {
		passed, end, err := s.replay(m)
		require.NoError(t, err, s.name) // none of the log breaks four eyes; that is reckoned independently below
		require.True(t, m.Final(end), s.name)
		got.add(passed)
	}
	want := expected(t, "client-onboarding.csv")
	got.finish(len(want.Top))
	require.Equal(t, want, got)
}

// A breach of four eyes is a check by someone who submitted, reviewed or entered the same request; so is an update that is told of without a check. The
// log has none, so some are planted.
func TestBreachesOfFourEyesAreFoundAndNamed(t *testing.T) {
	list := stories(t, "client-onboarding.csv")
	m := workflow.MustCompile(onboardingLife())
	found := func() (two, unchecked []string) {
		for _, s := range list {
			switch _, _, err := s.replay(m); {
			case errors.Is(err, errTwoEyes):
				var refused *workflow.Refused
				require.ErrorAs(t, err, &refused)
				require.Equal(t, "four eyes", refused.Guard)
				require.Equal(t, workflow.Action("Four-eyes Check"), refused.Action)
				two = append(two, s.name)
			case errors.Is(err, workflow.ErrNotNow):
				unchecked = append(unchecked, s.name)
			default:
				require.NoError(t, err)
			}
		}
		return two, unchecked
	}
	// The reckoning looks at the lines alone, without states.
	reckoned := func() (two, unchecked []string) {
		for _, s := range list {
			checkers, workers, updated := map[string]bool{}, map[string]bool{}, false
			for _, d := range s.deeds {
				checkers[d.by] = checkers[d.by] || d.does == "Four-eyes Check"
				workers[d.by] = workers[d.by] || slices.Contains(whatIsChecked, d.does)
				updated = updated || d.does == "Update Backend Systems"
			}
			checked, breach := false, false
			for who, checks := range checkers {
				checked, breach = checked || checks, breach || checks && workers[who]
			}
			if breach {
				two = append(two, s.name)
			}
			if updated && !checked {
				unchecked = append(unchecked, s.name)
			}
		}
		return two, unchecked
	}
	two, unchecked := found()
	require.Empty(t, two)
	require.Empty(t, unchecked)
	r := rand.New(rand.NewPCG(7, 1))
	var planted, dropped []string
	for _, s := range list {
		i := slices.IndexFunc(s.deeds, func(d deed) bool { return d.does == "Four-eyes Check" })
		if i < 0 {
			continue
		}
		switch r.IntN(10) {
		case 0: // one of those who worked on it checks
			what := whatIsChecked[r.IntN(len(whatIsChecked))]
			j := slices.IndexFunc(s.deeds, func(d deed) bool { return d.does == what })
			if j < 0 {
				j = slices.IndexFunc(s.deeds, func(d deed) bool { return d.does == "Submit Request" })
			}
			s.deeds[i].by = s.deeds[j].by
			planted = append(planted, s.name)
		case 1: // nobody does
			s.deeds = slices.Delete(s.deeds, i, i+1)
			dropped = append(dropped, s.name)
		case 2: // someone who had no part in it: no breach
			s.deeds[i].by = "user-99"
		}
	}
	two, unchecked = found()
	require.Equal(t, planted, two)
	require.Equal(t, dropped, unchecked)
	alsoTwo, alsoUnchecked := reckoned()
	require.Equal(t, alsoTwo, two)
	require.Equal(t, alsoUnchecked, unchecked)
	t.Logf("%d planted checks by one who took part, %d without a check", len(two), len(unchecked))
	require.Greater(t, len(two), 100)
}
