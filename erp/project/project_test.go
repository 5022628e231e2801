package project_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

var _ project.Rates = (*people.People)(nil) // as it is

func open(t testing.TB, options ...storage.Option) *storage.DB {
	t.Helper()
	now := func() time.Time { return time.Date(2017, 3, 2, 9, 0, 0, 0, time.UTC) }
	store := storage.Open(memory.New(), append(options, storage.Clock(now))...)
	if err := store.Migrate(t.Context(), event.Package(), project.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// rates is a host's own payroll: 42 an hour, 44 from 2018 on, nobody known but Ana and Ben.
type rates struct{ asked int }

var (
	ana, ben = storage.Ref{Kind: "host.user", ID: "1"}, storage.Ref{Kind: "host.user", ID: "2"}
	invoice  = storage.Ref{Kind: "billing.invoice", ID: "INV-1"}
	customer = storage.Ref{Kind: "shop.customer", ID: "42"}
	noRate   = storage.NewError("host.no_rate", "no rate")
)

func (r *rates) CostRate(_ context.Context, _ *storage.Tx, person storage.Ref, on date.Date) (money.Amount, error) {
	r.asked++
	switch {
	case person != ana && person != ben:
		return money.Amount{}, noRate
	case on.Before(day("2018-01-01")):
		return usd("42"), nil
	}
	return usd("44"), nil
}

// journal is a host's own ledger: it sums what it is given per account and keeps the entries.
type journal struct {
	entries []ledger.Entry
	fail    error
}

func (j *journal) Post(_ context.Context, _ *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	if err := e.Check(); err != nil {
		return storage.Ref{}, err
	}
	if j.fail != nil {
		return storage.Ref{}, j.fail
	}
	j.entries = append(j.entries, e)
	return storage.Ref{Kind: "host.entry", ID: fmt.Sprint(len(j.entries))}, nil
}

func (j *journal) balance(account, month string) (sum money.Amount) {
	for _, e := range j.entries {
		for _, l := range e.Legs {
			if l.Account == account && (month == "" || e.Date.Month().String() == month) {
				sum, _ = sum.Add(l.Amount)
			}
		}
	}
	return sum
}

func begin(t testing.TB, p *project.Projects, terms project.Terms) *project.Project {
	t.Helper()
	one, err := p.Open(t.Context(), project.Open{Terms: terms, Origin: storage.Ref{Kind: "pipeline.deal", ID: "7"}})
	if err == nil {
		one, err = p.Start(t.Context(), project.Move{Project: one.ID, Version: one.Version})
	}
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func hours(p *project.Project, who storage.Ref, on, h string) project.Hours {
	return project.Hours{Project: p.ID, Person: who, Date: day(on), Hours: dec(h)}
}

func log(t testing.TB, p *project.Projects, list ...project.Hours) []*project.Time {
	t.Helper()
	times, err := p.LogTime(t.Context(), project.LogTime{Times: list})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

// Worked examples J1 and TR35: 20 an hour; 3 h yesterday, 2 h today; invoiced up to yesterday, then all; later 4 h.
func TestJ1TR35HoursAreInvoicedUpToADayAndOnce(t *testing.T) { testJ1(t, open(t)) }

func testJ1(t *testing.T, db *storage.DB) {
	ctx, p := t.Context(), project.New(db, project.Ports{Rates: &rates{}})
	one := begin(t, p, project.Terms{Name: "Consulting", Customer: customer, Price: usd("20")})
	log(t, p, hours(one, ana, "2017-03-01", "3"), hours(one, ben, "2017-03-02", "2"))
	invoiced := money.Amount{}
	bill := func(n string, upTo date.Date, want string) {
		t.Helper()
		b, err := p.ToBill(ctx, project.Unbilled{Project: one.ID, UpTo: upTo})
		if err != nil || b.Amount.Text() != want {
			t.Errorf("to invoice %s, %v; want %s", b.Amount, err, want)
		}
		if n == "" {
			return
		}
		inv := storage.Ref{Kind: "billing.invoice", ID: n}
		if k, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: inv, Times: b.Times}); err != nil || k != len(b.Times) {
			t.Errorf("%d, %v", k, err)
		}
		if k, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: inv, Times: b.Times}); err != nil || k != 0 {
			t.Errorf("again: %d, %v", k, err)
		}
		if _, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: customer, Times: b.Times}); !errors.Is(err, project.ErrBilled) {
			t.Errorf("on another invoice: %v", err)
		}
		invoiced, _ = invoiced.Add(b.Amount)
	}
	bill("", date.Date{}, "100.00")
	bill("1", day("2017-03-01"), "60.00")
	bill("2", date.Date{}, "40.00")
	bill("", date.Date{}, "0")
	log(t, p, hours(one, ana, "2017-03-03", "4"))
	bill("3", date.Date{}, "80.00")
	if invoiced != usd("180") {
		t.Errorf("invoiced %s", invoiced)
	}
	sum, err := p.Totals(ctx, project.TimeFilter{Project: one.ID})
	if err != nil || !sum.Hours.Equal(dec("9")) || !sum.Billed.Equal(sum.Hours) || len(sum.Cost) != 1 || sum.Cost[0] != usd("378") {
		t.Errorf("hours invoiced = hours worked: %+v, %v", sum, err)
	}
}

func TestJ9InvoicedHoursAreFrozen(t *testing.T) {
	ctx, p := t.Context(), project.New(open(t), project.Ports{Rates: &rates{}})
	one := begin(t, p, project.Terms{Name: "x", Price: usd("13.37")})
	entries := log(t, p, hours(one, ana, "2017-03-01", "8"), hours(one, ana, "2017-03-02", "2.5"))
	bill, err := p.ToBill(ctx, project.Unbilled{Project: one.ID})
	if err != nil || len(bill.Lines) != 1 || !bill.Lines[0].Hours.Equal(dec("10.5")) || bill.Lines[0].Amount != usd("140.39") {
		t.Fatalf("%+v, %v", bill, err)
	}
	if _, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: invoice, Times: bill.Times}); err != nil {
		t.Fatal(err)
	}
	change := project.ChangeTime{Time: entries[0].ID, Hours: hours(one, ana, "2017-03-01", "7")}
	if _, err := p.ChangeTime(ctx, change); !errors.Is(err, project.ErrBilled) {
		t.Errorf("change: %v", err)
	}
	if err := p.RemoveTime(ctx, project.RemoveTime{Time: entries[0].ID}); !errors.Is(err, project.ErrBilled) {
		t.Errorf("remove: %v", err)
	}
	if n, err := p.Unbill(ctx, project.Unbill{Invoice: invoice}); err != nil || n != 2 {
		t.Errorf("unbill: %d, %v", n, err)
	}
	if n, err := p.Unbill(ctx, project.Unbill{Invoice: invoice}); err != nil || n != 0 {
		t.Errorf("unbill again: %d, %v", n, err)
	}
	if got, err := p.ChangeTime(ctx, change); err != nil || got.Cost != usd("294") {
		t.Errorf("change once free: %+v, %v", got, err)
	}
}

func TestTheCostOfHoursIsPinned(t *testing.T) {
	payroll := &rates{}
	ctx, p := t.Context(), project.New(open(t), project.Ports{Rates: payroll})
	one := begin(t, p, project.Terms{Name: "x"})
	list := log(t, p, hours(one, ana, "2017-12-31", "2"), hours(one, ana, "2017-12-31", "1"), hours(one, ana, "2018-01-01", "2"))
	if list[0].Cost != usd("84") || list[2].Cost != usd("88") || payroll.asked != 2 {
		t.Errorf("%s, %s, asked %d times", list[0].Cost, list[2].Cost, payroll.asked)
	}
	got, err := p.ChangeTime(ctx, project.ChangeTime{Time: list[0].ID, Version: 1, Hours: hours(one, ana, "2017-12-31", "3")})
	if err != nil || got.Cost != usd("126") || payroll.asked != 2 {
		t.Errorf("more hours: %s, %v, asked %d times", got.Cost, err, payroll.asked)
	}
	got, err = p.ChangeTime(ctx, project.ChangeTime{Time: list[0].ID, Version: 2, Hours: hours(one, ana, "2018-02-01", "3")})
	if err != nil || got.Cost != usd("132") {
		t.Errorf("another day: %s, %v", got.Cost, err)
	}
	if _, err = p.ChangeTime(ctx, project.ChangeTime{Time: list[0].ID, Version: 2,
		Hours: hours(one, ana, "2018-02-01", "3")}); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
}

func TestTheCostOfHoursIsInTheBooks(t *testing.T) {
	books, db := &journal{}, open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{Rates: &rates{}, Journal: books, Delivery: "5100", Absorbed: "6900"})
	one := begin(t, p, project.Terms{Name: "x", Customer: customer, Department: "installation", CostCentre: "200",
		Product: "gtk", Deal: "7", Region: "east"})
	check := func(want string) {
		t.Helper()
		sum, err := p.Totals(ctx, project.TimeFilter{})
		if err != nil || len(sum.Cost) != 1 || books.balance("5100", "") != usd(want) ||
			books.balance("6900", "") != usd(want).Neg() || sum.Cost[0] != usd(want) {
			t.Errorf("books %s and %s, hours %v, %v; want %s", books.balance("5100", ""), books.balance("6900", ""), sum.Cost, err, want)
		}
	}
	list := log(t, p, hours(one, ana, "2017-03-01", "3"), hours(one, ben, "2017-03-01", "2"))
	check("210")
	if d := books.entries[0].Legs[0].Dims; d != (ledger.Dims{Customer: "42", Project: one.ID.String(),
		Department: "installation", CostCentre: "200",
		Product: "gtk", Deal: "7", Region: "east", Person: "1"}) || books.entries[0].Source != project.TimeRef(list[0].ID) ||
		list[0].Posting.ID != "1" {
		t.Errorf("%+v", books.entries[0])
	}
	if _, err := p.ChangeTime(ctx, project.ChangeTime{Time: list[0].ID, Hours: hours(one, ana, "2017-03-01", "4")}); err != nil {
		t.Fatal(err)
	}
	check("252")
	if _, err := p.ChangeTime(ctx, project.ChangeTime{Time: list[0].ID, Hours: hours(one, ana, "2018-04-01", "4")}); err != nil {
		t.Fatal(err)
	}
	check("260")
	if m := books.balance("5100", "2017-03"); m != usd("84") {
		t.Errorf("March has %s", m)
	}
	n := len(books.entries)
	if _, err := p.ChangeTime(ctx, project.ChangeTime{Time: list[1].ID, Hours: project.Hours{Person: ben,
		Date: day("2017-03-01"), Hours: dec("2"), Text: "rack"}}); err != nil || len(books.entries) != n {
		t.Errorf("a text was posted: %v", err)
	}
	if err := p.RemoveTime(ctx, project.RemoveTime{Time: list[0].ID}); err != nil {
		t.Fatal(err)
	}
	check("84")
	books.fail = storage.NewError("ledger.locked", "the period is locked")
	if _, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(one, ana, "2017-03-01", "3")}}); !errors.Is(err,
		books.fail) {
		t.Errorf("%v", err)
	}
	check("84")
}

func TestHoursOnlyOnActiveProjects(t *testing.T) {
	db := open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{Rates: &rates{}})
	planned, err := p.Open(ctx, project.Open{Terms: project.Terms{Name: "Later"}})
	if err != nil {
		t.Fatal(err)
	}
	one := begin(t, p, project.Terms{Name: "Now"})
	if _, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(one, ana, "2017-03-01", "3"),
		hours(planned, ana, "2017-03-01", "3")}}); !errors.Is(err, project.ErrStatus) {
		t.Errorf("planned: %v", err)
	}
	entry := log(t, p, hours(one, ana, "2017-03-01", "3"))[0]
	if one, err = p.Complete(ctx, project.Move{Project: one.ID}); err != nil || one.Completed != day("2017-03-02") ||
		one.Status != project.Done {
		t.Fatalf("%+v, %v", one, err)
	}
	for name, err := range map[string]error{
		"log": func() error {
			_, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(one, ana, "2017-03-01", "3")}})
			return err
		}(),
		"change": func() error {
			_, err := p.ChangeTime(ctx, project.ChangeTime{Time: entry.ID, Hours: hours(one, ana, "2017-03-01", "3")})
			return err
		}(),
		"remove": p.RemoveTime(ctx, project.RemoveTime{Time: entry.ID}),
		"start":  func() error { _, err := p.Start(ctx, project.Move{Project: one.ID}); return err }(),
	} {
		if !errors.Is(err, project.ErrStatus) {
			t.Errorf("%s when done: %v", name, err)
		}
	}
	if _, err := p.Close(ctx, project.Move{Project: one.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Change(ctx, project.Change{Project: one.ID, Terms: one.Terms}); !errors.Is(err, project.ErrStatus) {
		t.Errorf("change when closed: %v", err)
	}
	var told []string
	for e, err := range event.All(ctx, db, event.Filter{Subject: project.Ref(one.ID)}) {
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, e.Name)
	}
	if got := strings.ReplaceAll(strings.Join(told, " "), "project.project.", ""); got != "opened started completed closed" {
		t.Error(got)
	}
	if d, err := p.Describe(ctx, planned.ID, storage.Ref{}); err != nil || len(d.Verbs) != 6 || d.Verbs[0].Why != "" ||
		d.Verbs[1].Why == "" {
		t.Errorf("%+v, %v", d.Verbs, err)
	}
}

func TestMilestones(t *testing.T) {
	db := open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{})
	one := begin(t, p, project.Terms{Name: "x", Customer: customer})
	m, err := p.AddMilestone(ctx, project.AddMilestone{Project: one.ID, Name: "Racks", Due: day("2017-03-31"), Amount: usd("500")})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = p.Reach(ctx, project.Reach{Milestone: m.ID, Version: 1}); err != nil || m.Reached != day("2017-03-02") {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err = p.Reach(ctx, project.Reach{Milestone: m.ID}); !errors.Is(err, project.ErrReached) {
		t.Errorf("twice: %v", err)
	}
	n := 0
	for e, err := range event.All(ctx, db, event.Filter{}) {
		if err == nil && e.Name == project.MilestoneReached.Name {
			a, err := project.MilestoneReached.Read(*e)
			if n++; err != nil || a.Amount != usd("500") || a.Customer != customer || a.Project != one.ID {
				t.Errorf("%+v, %v", a, err)
			}
		}
	}
	for m, err := range p.Milestones(ctx, one.ID, storage.Ref{}) {
		if n++; err != nil || m.Name != "Racks" {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if n != 2 {
		t.Errorf("%d", n)
	}
}

func TestWorkedHoursByPeriod(t *testing.T) {
	db := open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{})
	one, two := begin(t, p, project.Terms{Name: "x"}), begin(t, p, project.Terms{Name: "y"})
	log(t, p, hours(one, ana, "2017-03-31", "3"), hours(two, ana, "2017-03-31", "2"), hours(two, ben, "2017-03-31", "9"),
		hours(one, ana, "2017-04-01", "1.25"))
	var got []decimal.Decimal
	err := db.View(ctx, func(tx *storage.Tx) (err error) {
		got, err = p.Worked(ctx, tx, ana, []date.Period{{From: day("2017-04-01"), To: day("2017-04-30")},
			{From: day("2017-03-01"), To: day("2017-03-31")},
			{From: day("2017-05-01"), To: day("2017-05-31")}, {}})
		return err
	})
	if err != nil || fmt.Sprint(got) != "[1.25 5 0 6.25]" {
		t.Errorf("%s, %v", got, err)
	}
	for f, want := range map[*project.TimeFilter]int{
		{Project: one.ID}: 2, {Person: ana}: 3, {Billing: project.ToBeBilled}: 4, {Billing: project.OnInvoice}: 0,
		{Billing: project.Never}:                       0,
		{During: date.Period{From: day("2017-04-01")}}: 1, {Invoice: invoice}: 0,
	} {
		if page, err := p.TimesPage(ctx, *f, ""); err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d, %v; want %d", *f, len(page.Items), err, want)
		}
	}
}

func TestCustomFieldsAndListsAndAKey(t *testing.T) {
	db := open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{})
	if err := storage.DeclareField(ctx, db, storage.FieldSpec{Name: "po_number", Type: storage.TextField,
		Indexed: true}); err != nil {
		t.Fatal(err)
	}
	c := project.Open{Key: "deal-7", Terms: project.Terms{Name: "Орнату жұмыстары", Customer: customer,
		Fields: storage.Fields{"po_number": "PO-9"}},
		Origin: storage.Ref{Kind: "pipeline.deal", ID: "7"}}
	one, err := p.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Open(ctx, c); err != nil || again.ID != one.ID {
		t.Errorf("%+v, %v", again, err)
	}
	c.Name = "other"
	if _, err := p.Open(ctx, c); !errors.Is(err, storage.ErrKeyReused) {
		t.Errorf("%v", err)
	}
	for f, want := range map[*project.Filter]int{
		{}: 1, {Customer: customer}: 1, {Origin: c.Origin}: 1, {Status: project.Active}: 0, {Manager: ana}: 0,
		{Where: []storage.Cond{storage.Eq("fields.po_number", "PO-9")}}: 1, {Where: []storage.Cond{storage.Eq("fields.po_number",
			"PO-8")}}: 0,
	} {
		page, err := p.Page(ctx, *f, "")
		if err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d, %v", *f, len(page.Items), err)
		}
		if want == 1 && page.Items[0].Name != "Орнату жұмыстары" {
			t.Errorf("%+v", page.Items[0])
		}
	}
}

func TestBadInputIsRefusedAndLeavesNothing(t *testing.T) {
	db := open(t)
	ctx, p := t.Context(), project.New(db, project.Ports{Rates: &rates{}})
	one := begin(t, p, project.Terms{Name: "x"})
	with := func(change func(*project.Hours)) project.Hours {
		h := hours(one, ana, "2017-03-01", "3")
		change(&h)
		return h
	}
	for want, h := range map[string]project.Hours{
		"times.1.project required": with(func(h *project.Hours) { h.Project = storage.ID[project.Project]{} }),
		"times.1.person required":  with(func(h *project.Hours) { h.Person = storage.Ref{} }),
		"times.1.date required":    with(func(h *project.Hours) { h.Date = date.Date{} }),
		"times.1.hours required":   with(func(h *project.Hours) { h.Hours = decimal.Zero }),
		"times.1.hours negative":   with(func(h *project.Hours) { h.Hours = dec("-1") }),
		"times.1.hours range":      with(func(h *project.Hours) { h.Hours = dec("24.0001") }),
		"times.1.hours range ":     with(func(h *project.Hours) { h.Hours = decimal.New(1, 1<<30) }),
		"times.1.hours scale":      with(func(h *project.Hours) { h.Hours = dec("0.00001") }),
		"times.1.price negative":   with(func(h *project.Hours) { h.Price = usd("-1") }),
		"price scale":              with(func(h *project.Hours) { h.Price = usd("1.001") }),
		"text encoding":            with(func(h *project.Hours) { h.Text = "a\xff" }),
		"text too_long":            with(func(h *project.Hours) { h.Text = strings.Repeat("x", 10001) }),
		"fields.z unknown":         with(func(h *project.Hours) { h.Fields = storage.Fields{"z": 1} }),
	} {
		path, code, _ := strings.Cut(strings.TrimSpace(want), " ")
		_, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(one, ana, "2017-03-01", "1"), h}})
		if !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	nobody := with(func(h *project.Hours) { h.Person = customer })
	nowhere := with(func(h *project.Hours) { h.Project = storage.ID[project.Project]{1} })
	for want, h := range map[error]project.Hours{noRate: nobody, storage.ErrNotFound: nowhere} {
		if _, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(one, ana, "2017-03-01", "1"),
			h}}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if sum, err := p.Totals(ctx, project.TimeFilter{}); err != nil || !sum.Hours.IsZero() {
		t.Errorf("something is left: %+v, %v", sum, err)
	}
	for want, terms := range map[string]project.Terms{
		"name required":   {},
		"name too_long":   {Name: strings.Repeat("x", 10000)},
		"name encoding":   {Name: "a\x00"},
		"budget negative": {Name: "x", Budget: dec("-1")},
		"budget scale":    {Name: "x", Budget: dec("0.00001")},
		"price negative":  {Name: "x", Price: usd("-1")},
		"to range":        {Name: "x", From: day("2017-03-02"), To: day("2017-03-01")},
	} {
		path, code, _ := strings.Cut(want, " ")
		if _, err := p.Open(ctx, project.Open{Terms: terms}); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	entry := log(t, p, with(func(h *project.Hours) { h.Free = true }))[0]
	if _, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: invoice,
		Times: []storage.ID[project.Time]{entry.ID}}); !errors.Is(err, project.ErrNotBillable) {
		t.Errorf("free hours: %v", err)
	}
	if _, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: invoice,
		Times: []storage.ID[project.Time]{{1}}}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("no such hours: %v", err)
	}
	if _, err := p.MarkBilled(ctx, project.MarkBilled{Invoice: invoice, Times: []storage.ID[project.Time]{{1},
		{1}}}); !storage.Has(err, "times.1", storage.CodeDuplicate) {
		t.Errorf("twice: %v", err)
	}
	if _, err := p.MarkBilled(ctx, project.MarkBilled{}); !storage.Has(err, "invoice", storage.CodeRequired) {
		t.Errorf("no invoice: %v", err)
	}
}

func TestTheFormOfEventsIsKept(t *testing.T) {
	fact := project.Project{Terms: project.Terms{Name: "x", Customer: customer}, Origin: invoice, Status: project.Active}
	_, events, err := project.Advance(fact, project.StepComplete, day("2017-03-01"))
	if err != nil {
		t.Fatal(err)
	}
	arrival := project.Arrival{Project: storage.ID[project.Project]{1}, Customer: customer, Name: "Racks", Amount: usd("500"),
		On: day("2017-03-01")}
	for file, payload := range map[string]any{"project.v1.json": events[0].Payload, "milestone.v1.json": arrival} {
		got, _ := json.Marshal(payload)
		want, err := os.ReadFile("testdata/" + file)
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("%v: now it is %s", err, got)
		}
	}
}
