package people_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

var _ approval.Org = (*people.People)(nil) // as it is

func open(t testing.TB, options ...storage.Option) *storage.DB {
	t.Helper()
	now := func() time.Time { return time.Date(2017, 3, 1, 9, 0, 0, 0, time.UTC) }
	store := storage.Open(memory.New(), append(options, storage.Clock(now))...)
	if err := store.Migrate(t.Context(), event.Package(), people.Package(), approval.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func hire(t testing.TB, staff *people.People, name string, manager storage.Ref) *people.Person {
	t.Helper()
	p, err := staff.Hire(t.Context(), people.Hire{Hired: day("2017-01-01"),
		Profile: people.Profile{Name: name, Manager: manager, Department: "installation", Week: people.FullTime()}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func capacity(t testing.TB, db *storage.DB, who storage.Ref, during ...date.Period) (hours []decimal.Decimal) {
	t.Helper()
	err := db.View(t.Context(), func(tx *storage.Tx) (err error) {
		hours, err = people.New(db).Capacity(t.Context(), tx, who, during)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hours
}

func TestAPersonFromHireToDeparture(t *testing.T) { testLife(t, open(t)) }

func testLife(t *testing.T, db *storage.DB) {
	ctx, staff := t.Context(), people.New(db)
	boss := hire(t, staff, "Қанат Әбдіғалиұлы", storage.Ref{})
	cal, err := staff.SetCalendar(ctx, people.SetCalendar{Name: "Kazakhstan",
		Holidays: []people.Holiday{{Date: day("2017-03-08"), Name: "Women's Day"}}})
	if err != nil {
		t.Fatal(err)
	}
	ana := hire(t, staff, "Ana", people.Ref(boss.ID))
	profile := ana.Profile
	profile.Calendar, profile.Limits = cal.ID, map[string]money.Amount{"": money.MustParse("100 USD"),
		"discount": money.MustParse("500 USD")}
	if ana, err = staff.Change(ctx, people.Change{Person: ana.ID, Version: ana.Version, Profile: profile}); err != nil {
		t.Fatal(err)
	}
	if _, err := staff.Absent(ctx, people.Absent{Person: ana.ID, From: day("2017-03-06"), To: day("2017-03-09"),
		Kind: "vacation"}); err != nil {
		t.Fatal(err)
	}
	if _, err := staff.Absent(ctx, people.Absent{Person: ana.ID, From: day("2017-03-09"), To: day("2017-03-10"),
		Kind: "sick"}); !errors.Is(err, people.ErrAway) {
		t.Errorf("away twice: %v", err)
	}
	if ana, err = staff.Depart(ctx, people.Depart{Person: ana.ID, On: day("2017-03-31")}); err != nil {
		t.Fatal(err)
	}
	got := capacity(t, db, people.Ref(ana.ID), period("2017-03-01", "2017-03-31"), period("2017-04-01", "2017-04-30"))
	if !got[0].Equal(dec("152")) || !got[1].IsZero() {
		t.Errorf("capacity %s", got)
	}
	again, err := staff.Get(ctx, ana.ID)
	if err != nil || again.Name != "Ana" || again.Manager != people.Ref(boss.ID) ||
		again.Limits["discount"] != money.MustParse("500 USD") ||
		!again.Week[1].Equal(dec("8")) || again.Left != day("2017-03-31") {
		t.Errorf("stored as %+v, %v", again, err)
	}
	if chain, err := staff.Managers(ctx, ana.ID); err != nil || len(chain) != 1 || chain[0] != people.Ref(boss.ID) {
		t.Errorf("chain %v, %v", chain, err)
	}
	for _, c := range []struct {
		f    people.Filter
		want string
	}{
		{people.Filter{}, "Ana,Қанат Әбдіғалиұлы"}, {people.Filter{On: day("2017-03-31")}, "Ana,Қанат Әбдіғалиұлы"},
		{people.Filter{On: day("2017-04-01")}, "Қанат Әбдіғалиұлы"}, {people.Filter{Manager: people.Ref(boss.ID)}, "Ana"},
		{people.Filter{Department: "x' OR 1=1"}, ""}, {people.Filter{On: day("2016-12-31")}, ""},
	} {
		var names []string
		for p, err := range staff.All(ctx, c.f) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ","); got != c.want {
			t.Errorf("%+v: %s, want %s", c.f, got, c.want)
		}
	}
	d, err := staff.Describe(ctx, ana.ID, storage.Ref{})
	if err != nil || len(d.Verbs) != 3 || d.Verbs[1].Why == "" {
		t.Errorf("%+v, %v", d.Verbs, err)
	}
}

func TestADepartmentIsATeam(t *testing.T) {
	db := open(t)
	staff := people.New(db)
	a, b := hire(t, staff, "A", storage.Ref{}), hire(t, staff, "B", storage.Ref{})
	err := db.View(t.Context(), func(tx *storage.Tx) error {
		team, err := staff.Members(t.Context(), tx, people.Department("installation"))
		if err != nil || len(team) != 2 || team[0] != people.Ref(a.ID) || team[1] != people.Ref(b.ID) {
			t.Errorf("%v, %v", team, err)
		}
		one, err := staff.Members(t.Context(), tx, people.Ref(a.ID))
		if err != nil || len(one) != 1 {
			t.Errorf("%v, %v", one, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := capacity(t, db, storage.Ref{Kind: "host.robot", ID: "1"}, period("2017-03-01", "2017-03-31")); !got[0].IsZero() {
		t.Errorf("someone else's robot has %s hours here", got)
	}
}

func TestCostRatesAreDated(t *testing.T) {
	db := open(t)
	ctx, staff := t.Context(), people.New(db)
	ana := hire(t, staff, "Ana", storage.Ref{})
	for from, hour := range map[string]string{"2017-03-01": "41 USD", "2018-01-01": "44 USD"} {
		if _, err := staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: day(from), Hour: money.MustParse(hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: day("2017-03-01"),
		Hour: money.MustParse("42 USD")}); err != nil || r.Version != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	rate := func(who storage.Ref, on string) (hour money.Amount, err error) {
		_ = db.View(ctx, func(tx *storage.Tx) error {
			hour, err = staff.CostRate(ctx, tx, who, day(on))
			return nil
		})
		return hour, err
	}
	for on, want := range map[string]string{"2017-03-01": "42.00 USD", "2017-12-31": "42.00 USD", "2018-01-01": "44.00 USD"} {
		if got, err := rate(people.Ref(ana.ID), on); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v; want %s", on, got, err, want)
		}
	}
	if _, err := rate(people.Ref(ana.ID), "2017-02-28"); !errors.Is(err, people.ErrNoRate) {
		t.Errorf("before the first: %v", err)
	}
	if _, err := rate(storage.Ref{Kind: "host.user", ID: "1"}, "2017-03-01"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("not ours: %v", err)
	}
	n := 0
	for range staff.Rates(ctx, ana.ID, storage.Ref{}) {
		n++
	}
	if n != 2 {
		t.Errorf("%d rates", n)
	}
}

func TestBadInputIsRefusedAndLeavesNothing(t *testing.T) {
	db := open(t)
	ctx, staff := t.Context(), people.New(db)
	ghost := storage.ID[people.Person]{1}
	good := func(change func(*people.Hire)) people.Hire {
		h := people.Hire{Hired: day("2017-01-01"), Profile: people.Profile{Name: "Ana", Week: people.FullTime()}}
		change(&h)
		return h
	}
	for want, h := range map[string]people.Hire{
		"name required":            good(func(h *people.Hire) { h.Name = "" }),
		"hired required":           good(func(h *people.Hire) { h.Hired = date.Date{} }),
		"name too_long":            good(func(h *people.Hire) { h.Name = strings.Repeat("x", 10000) }),
		"name encoding":            good(func(h *people.Hire) { h.Name = "a\xffb" }),
		"department encoding":      good(func(h *people.Hire) { h.Department = "a\x00b" }),
		"week.1 negative":          good(func(h *people.Hire) { h.Week[1] = dec("-1") }),
		"week.1 range":             good(func(h *people.Hire) { h.Week[1] = dec("24.5") }),
		"week.1 scale":             good(func(h *people.Hire) { h.Week[1] = dec("0.00001") }),
		"limits.discount negative": good(func(h *people.Hire) { h.Limits = map[string]money.Amount{"discount": money.MustParse("-1 USD")} }),
		"limits.discount currency": good(func(h *people.Hire) { h.Limits = map[string]money.Amount{"discount": {}} }),
		"manager unknown":          good(func(h *people.Hire) { h.Manager = people.Ref(ghost) }),
		"calendar unknown":         good(func(h *people.Hire) { h.Calendar = storage.ID[people.Calendar]{1} }),
		"fields.badge unknown":     good(func(h *people.Hire) { h.Fields = storage.Fields{"badge": "7"} }),
	} {
		path, code, _ := strings.Cut(want, " ")
		if _, err := staff.Hire(ctx, h); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for range staff.All(ctx, people.Filter{}) {
		t.Error("something is left")
	}
	ana := hire(t, staff, "Ana", storage.Ref{})
	ben := hire(t, staff, "Ben", people.Ref(ana.ID))
	circle := ana.Profile
	circle.Manager = people.Ref(ben.ID)
	self := ana.Profile
	self.Manager = people.Ref(ana.ID)
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"a circle": {func() error {
			_, err := staff.Change(ctx, people.Change{Person: ana.ID,
				Profile: circle})
			return err
		}, people.ErrCycle},
		"one's own boss": {func() error { _, err := staff.Change(ctx, people.Change{Person: ana.ID, Profile: self}); return err },
			people.ErrCycle},
		"an old version": {func() error {
			_, err := staff.Change(ctx, people.Change{Person: ana.ID, Version: 9, Profile: ana.Profile})
			return err
		}, storage.ErrStale},
		"nobody": {func() error {
			_, err := staff.Depart(ctx, people.Depart{Person: ghost, On: day("2018-01-01")})
			return err
		}, storage.ErrNotFound},
		"a rate for nobody": {func() error {
			_, err := staff.SetRate(ctx, people.SetRate{Person: ghost, From: day("2018-01-01"), Hour: money.MustParse("1 USD")})
			return err
		}, storage.ErrNotFound},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	fault := func(err error, path, code string) {
		t.Helper()
		if !storage.Has(err, path, code) {
			t.Errorf("%v, want %s %s", err, path, code)
		}
	}
	_, err := staff.Depart(ctx, people.Depart{Person: ana.ID, On: day("2016-12-31")})
	fault(err, "on", storage.CodeRange)
	_, err = staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: day("2017-01-01"), Hour: money.MustParse("-1 USD")})
	fault(err, "hour", storage.CodeNegative)
	_, err = staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: day("2017-01-01")})
	fault(err, "hour", storage.CodeCurrency)
	_, err = staff.Absent(ctx, people.Absent{Person: ana.ID, From: day("2017-01-02"), To: day("2017-01-01"), Kind: "x"})
	fault(err, "to", storage.CodeRange)
	_, err = staff.SetCalendar(ctx, people.SetCalendar{Name: "x", Holidays: []people.Holiday{{Date: day("2017-01-01")},
		{Date: day("2017-01-01")}}})
	fault(err, "holidays.1.date", storage.CodeDuplicate)
}

func TestTheOrganisationServesApprovalsAsItIs(t *testing.T) {
	db := open(t)
	ctx, staff := t.Context(), people.New(db)
	dia := hire(t, staff, "Dia", storage.Ref{})
	cem := hire(t, staff, "Cem", people.Ref(dia.ID))
	ana := hire(t, staff, "Ana", people.Ref(cem.ID))
	profile := cem.Profile
	profile.Limits = map[string]money.Amount{"expense": money.MustParse("1000 USD")}
	if _, err := staff.Change(ctx, people.Change{Person: cem.ID, Profile: profile}); err != nil {
		t.Fatal(err)
	}
	a := approval.New(db, approval.Ports{Org: staff})
	if _, err := a.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "expense", Measure: approval.Always,
		Stages: []approval.Stage{{Who: approval.Managers}}}}); err != nil {
		t.Fatal(err)
	}
	steps, err := a.Plan(ctx, approval.Submit{By: people.Ref(ana.ID), Policy: "expense", Subject: storage.Ref{Kind: "x", ID: "1"},
		Amount: money.MustParse("1000.01 USD")})
	if err != nil || len(steps) != 2 || steps[0].Approvers[0] != people.Ref(cem.ID) || steps[1].Approvers[0] != people.Ref(dia.ID) {
		t.Errorf("%+v, %v", steps, err)
	}
}

func TestWhoHasLeftIsNotAskedAnyMore(t *testing.T) {
	db := open(t) // it is 1 March 2017
	ctx, staff := t.Context(), people.New(db)
	dia := hire(t, staff, "Dia", storage.Ref{})
	cem := hire(t, staff, "Cem", people.Ref(dia.ID))
	ana := hire(t, staff, "Ana", people.Ref(cem.ID))
	ask := func() (boss storage.Ref, present []storage.Ref) {
		t.Helper()
		err := db.View(ctx, func(tx *storage.Tx) (err error) {
			if boss, err = staff.Manager(ctx, tx, people.Ref(ana.ID)); err == nil {
				present, err = staff.Present(ctx, tx, people.Department("installation"), tx.Today())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return boss, present
	}
	cem, err := staff.Depart(ctx, people.Depart{Person: cem.ID, On: day("2017-03-01")})
	if err != nil {
		t.Fatal(err)
	}
	if boss, present := ask(); boss != people.Ref(cem.ID) || len(present) != 3 {
		t.Errorf("on the last day: %s, %d", boss, len(present))
	}
	gone := hire(t, staff, "Gone", people.Ref(dia.ID))
	if _, err := staff.Depart(ctx, people.Depart{Person: gone.ID, On: day("2017-02-28")}); err != nil {
		t.Fatal(err)
	}
	profile := ana.Profile
	profile.Manager = people.Ref(gone.ID)
	if _, err := staff.Change(ctx, people.Change{Person: ana.ID, Profile: profile}); err != nil {
		t.Fatal(err)
	}
	if boss, present := ask(); boss != people.Ref(dia.ID) || len(present) != 3 {
		t.Errorf("the day after: %s, %d", boss, len(present))
	}
	if chain, err := staff.Managers(ctx, ana.ID); err != nil || len(chain) != 2 {
		t.Errorf("the chain shows those who left too: %v, %v", chain, err)
	}
}

func TestNamesAreKeptApartInTheTrail(t *testing.T) {
	db := open(t)
	ctx, staff := t.Context(), people.New(db)
	ana := hire(t, staff, "Ana", storage.Ref{})
	err := db.Update(ctx, func(tx *storage.Tx) error {
		n, err := event.Forget(ctx, tx, people.Ref(ana.ID))
		if n != 1 {
			t.Errorf("%d entries held her name", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range event.Trail(ctx, db, event.Filter{Subject: people.Ref(ana.ID)}) {
		b, _ := json.Marshal(e)
		if err != nil || strings.Contains(string(b), "Ana") {
			t.Errorf("%s, %v", b, err)
		}
	}
}

func TestTheFormOfEventsIsKept(t *testing.T) {
	got, _ := json.Marshal(people.Hired.Draft(people.Employment{Role: "agent", Department: "sales", On: day("2017-01-01")}).Payload)
	want, err := os.ReadFile("testdata/employment.v1.json")
	if err != nil || strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%v: now it is %s", err, got)
	}
}

func TestAScopeNarrowsEveryRead(t *testing.T) {
	me := storage.Ref{Kind: "host.user", ID: "me"}
	db := open(t, storage.WithScope(func(_ string, _ storage.Ref, kind string) storage.Narrowing {
		return storage.Narrowing{None: kind == "people.rate",
			Where: map[string][]storage.Cond{"people.person": {storage.Eq("name", "Ana")}}[kind]}
	}))
	ctx, staff := context.Background(), people.New(db)
	ana, ben := hire(t, staff, "Ana", storage.Ref{}), hire(t, staff, "Ben", storage.Ref{})
	if _, err := staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: day("2017-01-01"),
		Hour: money.MustParse("42 USD")}); err != nil {
		t.Fatal(err)
	}
	if _, err := staff.Get(ctx, ben.ID, me); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if page, err := staff.Page(ctx, people.Filter{By: me}, ""); err != nil || len(page.Items) != 1 {
		t.Errorf("%d, %v", len(page.Items), err)
	}
	for range staff.Rates(ctx, ana.ID, me) {
		t.Error("saw a cost rate")
	}
}
