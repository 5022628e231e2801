package planning_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

var (
	_ planning.People = (*people.People)(nil) // as they are
	_ planning.Hours  = (*project.Projects)(nil)
)

type house struct {
	db       *storage.DB
	staff    *people.People
	projects *project.Projects
	plans    *planning.Plans
	ana, ben storage.Ref
	job      *project.Project
	team     storage.Ref
}

func open(t testing.TB) house {
	t.Helper()
	ctx := t.Context()
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2017, 3, 15, 9, 0, 0, 0, time.UTC) }))
	if err := store.Migrate(ctx, event.Package(), people.Package(), project.Package(), planning.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	h := house{db: db, staff: people.New(db), projects: project.New(db, project.Ports{}), team: people.Department("installation")}
	h.plans = planning.New(db, planning.Ports{People: h.staff, Hours: h.projects})
	for name, ref := range map[string]*storage.Ref{"Ana": &h.ana, "Ben": &h.ben} {
		p, err := h.staff.Hire(ctx, people.Hire{Hired: day("2017-01-01"), Profile: people.Profile{Name: name,
			Department: "installation", Week: people.FullTime()}})
		if err != nil {
			t.Fatal(err)
		}
		*ref = people.Ref(p.ID)
	}
	if h.job, err = h.projects.Open(ctx, project.Open{Terms: project.Terms{Name: "Racks"}}); err == nil {
		h.job, err = h.projects.Start(ctx, project.Move{Project: h.job.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) work(t testing.TB, who storage.Ref, on, hours string) {
	t.Helper()
	_, err := h.projects.LogTime(t.Context(), project.LogTime{Times: []project.Hours{
		{Project: h.job.ID, Person: who, Date: day(on), Hours: decimal.RequireFromString(hours)}}})
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) allocate(t testing.TB, who storage.Ref, from, to, hours string) *planning.Allocation {
	t.Helper()
	a, err := h.plans.Allocate(t.Context(), planning.Allocate{Who: who, Project: project.Ref(h.job.ID), From: day(from),
		To: day(to), Hours: decs(hours)[0]})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h house) load(t testing.TB, q planning.LoadQuery) string {
	t.Helper()
	loads, err := h.plans.Load(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range loads {
		s := fmt.Sprintf("%s: %s+%s of %s", l.Period.From, l.Worked, l.Planned, l.Capacity)
		if l.Over {
			s += "!"
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func TestTheLoadOfATeamByMonth(t *testing.T) {
	h := open(t)
	h.work(t, h.ana, "2017-03-03", "10")
	h.work(t, h.ben, "2017-03-14", "7.5")
	h.work(t, h.ben, "2017-03-15", "8") // today, and so planned time
	// Ana, Wednesday 15 March to Friday 28 April: 13 days in March, 20 in April.
	h.allocate(t, h.ana, "2017-03-15", "2017-04-28", "330")
	h.allocate(t, h.team, "2017-04-03", "2017-04-07", "100")
	h.allocate(t, h.ben, "2017-02-01", "2017-02-28", "40") // past: what was worked counts
	q := planning.LoadQuery{Who: h.team, During: period("2017-02-01", "2017-04-30")}
	if got := h.load(t, q); got != "2017-02-01: 0+0 of 320, 2017-03-01: 17.5+130 of 368, 2017-04-01: 0+300 of 320" {
		t.Error(got)
	}
	h.allocate(t, h.ben, "2017-04-01", "2017-04-30", "20.0001")
	if got := h.load(t, q); got != "2017-02-01: 0+0 of 320, 2017-03-01: 17.5+130 of 368, 2017-04-01: 0+320.0001 of 320!" {
		t.Error(got)
	}
	q = planning.LoadQuery{Who: h.ben, During: period("2017-04-01", "2017-04-09"), Weekly: true}
	if got := h.load(t, q); got != "2017-04-01: 0+0 of 0, 2017-04-03: 0+5 of 40" {
		t.Error(got)
	}
	q = planning.LoadQuery{Who: h.team, During: period("2017-03-01", "2017-03-31"), AsOf: day("2018-01-01")}
	if got := h.load(t, q); got != "2017-03-01: 25.5+0 of 368" {
		t.Errorf("looking back: %s", got)
	}
	q.AsOf = day("2017-03-27")
	if got := h.load(t, q); got != "2017-03-01: 25.5+50 of 368" {
		t.Errorf("in between: %s", got)
	}
}

func TestAnAllocationWithoutCapacityIsSpreadByDays(t *testing.T) {
	h := open(t)
	robot := storage.Ref{Kind: "host.robot", ID: "1"}
	h.allocate(t, robot, "2017-03-22", "2017-04-10", "20")
	if got := h.load(t, planning.LoadQuery{Who: robot, During: period("2017-03-01",
		"2017-04-30")}); got != "2017-03-01: 0+10 of 0!, 2017-04-01: 0+10 of 0!" {
		t.Error(got)
	}
	h.plans = planning.New(h.db, planning.Ports{})
	if got := h.load(t, planning.LoadQuery{Who: robot, During: period("2017-03-01",
		"2017-03-31")}); got != "2017-03-01: 0+10 of 0!" {
		t.Errorf("without ports: %s", got)
	}
}

func TestAnAllocationIsChangedAndReleased(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	a := h.allocate(t, h.ana, "2017-04-03", "2017-04-07", "40")
	change := planning.Allocate{Allocation: a.ID, Version: 1, Who: h.ben, From: day("2017-04-03"), To: day("2017-04-04"),
		Hours: decs("16")[0]}
	if a, err := h.plans.Allocate(ctx, change); err != nil || a.Version != 2 || a.Who != h.ben {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := h.plans.Allocate(ctx, change); !errors.Is(err, storage.ErrStale) {
		t.Errorf("%v", err)
	}
	for f, want := range map[*planning.Filter]int{{}: 1, {Who: h.ben}: 1, {Who: h.ana}: 0, {Project: project.Ref(h.job.ID)}: 0,
		{During: period("2017-04-04", "2017-12-31")}: 1, {During: period("2017-04-05", "2017-12-31")}: 0,
		{During: date.Period{To: day("2017-04-02")}}: 0} {
		if page, err := h.plans.Page(ctx, *f, ""); err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d, %v", *f, len(page.Items), err)
		}
	}
	if err := h.plans.Release(ctx, storage.Ref{}, a.ID, "postponed"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.plans.Get(ctx, a.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	h := open(t)
	good := planning.Allocate{Who: h.ana, From: day("2017-04-03"), To: day("2017-04-07"), Hours: decs("40")[0]}
	with := func(change func(*planning.Allocate)) planning.Allocate {
		a := good
		change(&a)
		return a
	}
	for want, a := range map[string]planning.Allocate{
		"who required":   with(func(a *planning.Allocate) { a.Who = storage.Ref{} }),
		"from required":  with(func(a *planning.Allocate) { a.From = date.Date{} }),
		"to range":       with(func(a *planning.Allocate) { a.To = day("2017-04-02") }),
		"to required":    with(func(a *planning.Allocate) { a.To = date.Date{} }),
		"hours negative": with(func(a *planning.Allocate) { a.Hours = decs("-1")[0] }),
		"hours required": with(func(a *planning.Allocate) { a.Hours = decimal.Zero }),
		"hours scale":    with(func(a *planning.Allocate) { a.Hours = decs("0.00001")[0] }),
		"text encoding":  with(func(a *planning.Allocate) { a.Text = "\x00" }),
	} {
		path, code, _ := strings.Cut(want, " ")
		if _, err := h.plans.Allocate(t.Context(), a); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := h.plans.Load(t.Context(), planning.LoadQuery{Who: h.ana, During: period("0001-01-01",
		"9999-12-31")}); !storage.Has(err, "to", storage.CodeRange) {
		t.Errorf("ten thousand years: %v", err)
	}
	if _, err := h.plans.Load(t.Context(), planning.LoadQuery{}); !storage.Has(err, "who", storage.CodeRequired) {
		t.Errorf("nobody: %v", err)
	}
}
