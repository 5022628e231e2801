package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

var (
	ctx     = context.Background()
	deal    = storage.Ref{Kind: "pipeline.deal", ID: "d1"}
	agent   = storage.Ref{Kind: "user", ID: "agent"}
	planner = storage.Ref{Kind: "user", ID: "planner"}
)

// company is an empty one with a clock that the test turns.
func company(t *testing.T) (*storage.DB, *time.Time) {
	t.Helper()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return now }))
	if err := store.Migrate(ctx, event.Package(), activity.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return db, &now
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func second[T any](_ T, err error) error { return err }

func TestBadInputIsRefusedByPath(t *testing.T) {
	db, now := company(t)
	log := activity.New(db)
	tomorrow := date.FromTime(now.Add(24*time.Hour), time.UTC)
	for name, x := range map[string]struct {
		err        error
		path, code string
	}{
		"no subject":       {second(log.Log(ctx, activity.Log{Title: "A"})), "subject", storage.CodeRequired},
		"no title":         {second(log.Log(ctx, activity.Log{Subject: deal})), "title", storage.CodeRequired},
		"long title":       {second(log.Plan(ctx, activity.Plan{Subject: deal, Title: strings.Repeat("x", 10000)})), "title", storage.CodeTooLong},
		"NUL":              {second(log.Plan(ctx, activity.Plan{Subject: deal, Title: "a\x00"})), "title", storage.CodeEncoding},
		"bad UTF-8":        {second(log.Log(ctx, activity.Log{Subject: deal, Title: "a", Text: "\xff"})), "text", storage.CodeEncoding},
		"kind":             {second(log.Log(ctx, activity.Log{Subject: deal, Title: "a", Kind: "fax"})), "kind", storage.CodeChoice},
		"task":             {second(log.Log(ctx, activity.Log{Subject: deal, Title: "a", Kind: activity.Task})), "kind", storage.CodeChoice},
		"future":           {second(log.Log(ctx, activity.Log{Subject: deal, Title: "a", At: now.Add(time.Hour)})), "at", storage.CodeRange},
		"handover to none": {second(log.Offer(ctx, activity.Offer{Subject: deal})), "to", storage.CodeRequired},
		"handover of none": {second(log.Offer(ctx, activity.Offer{To: planner})), "subject", storage.CodeRequired},
		"empty promise":    {second(log.Offer(ctx, activity.Offer{Subject: deal, To: planner, Promises: []string{"a", " "}})), "promises.1", storage.CodeRequired},
		"NUL in a promise": {second(log.Offer(ctx, activity.Offer{Subject: deal, To: planner, Promises: []string{"\x00"}})), "promises.0", storage.CodeEncoding},
		"handover ahead":   {second(log.Offer(ctx, activity.Offer{Subject: deal, To: planner, At: tomorrow})), "at", storage.CodeRange},
	} {
		if !storage.Has(x.err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, x.err, x.code, x.path)
		}
	}
	for a, err := range log.All(ctx, activity.Filter{}) {
		t.Errorf("left behind: %v %v", a, err)
	}
	title := "Қоңырау шалу: Әйгерім'); DROP TABLE activity_activity;-- ө ұ ү һ і ғ"
	a := must(log.Log(ctx, activity.Log{Subject: deal, Title: title}))(t)
	if got := must(log.Get(ctx, a.ID))(t); got.Title != title || got.Kind != activity.Note {
		t.Errorf("stored %q", got.Title)
	}
}

func TestTheTimelineHasTheLatestFirstAndADoneTaskWhereItWasDone(t *testing.T) {
	db, now := company(t)
	log := activity.New(db)
	at := func(h int) time.Time { return time.Date(2026, 3, 2, h, 0, 0, 0, time.UTC) }
	task := must(log.Plan(ctx, activity.Plan{By: agent, Subject: deal, Title: "task", Due: date.MustParse("2026-03-05")}))(t) // at 9
	*now = at(12)
	must(log.Log(ctx, activity.Log{By: agent, Subject: deal, Title: "call", Kind: activity.Call}))(t)
	must(log.Log(ctx, activity.Log{By: agent, Subject: deal, Title: "early", At: at(8)}))(t)
	must(log.Log(ctx, activity.Log{By: agent, Subject: storage.Ref{Kind: "x", ID: "y"}, Title: "elsewhere"}))(t)
	titles := func() (list []string) {
		for a, err := range log.All(ctx, activity.Filter{Subject: deal}) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, a.Title)
		}
		return list
	}
	if got := titles(); !slices.Equal(got, []string{"call", "task", "early"}) {
		t.Errorf("timeline %v", got)
	}
	*now = at(15)
	done := must(log.Complete(ctx, activity.Complete{By: agent, ID: task.ID, Outcome: "sent"}))(t)
	if got := titles(); !slices.Equal(got, []string{"task", "call", "early"}) || done.Open || done.Outcome != "sent" {
		t.Errorf("timeline %v, task %+v", got, done)
	}
	for _, err := range []error{second(log.Complete(ctx, activity.Complete{ID: task.ID})), second(log.Reschedule(ctx, activity.Reschedule{ID: task.ID}))} {
		if !errors.Is(err, activity.ErrDone) {
			t.Errorf("a done task: %v", err)
		}
	}
}

func TestOpenDealsWithoutANextStepAreFlagged(t *testing.T) {
	db, _ := company(t)
	log := activity.New(db)
	ref := func(id string) storage.Ref { return storage.Ref{Kind: "pipeline.deal", ID: id} }
	march := func(d string) date.Date { return date.MustParse("2026-03-" + d) }
	plan := func(r storage.Ref, title string, due date.Date) *activity.Activity {
		return must(log.Plan(ctx, activity.Plan{By: agent, Subject: r, Title: title, Due: due}))(t)
	}
	plan(ref("a"), "some day", date.Date{})
	plan(ref("a"), "later", march("20"))
	first := plan(ref("a"), "soon", march("10"))
	must(log.Complete(ctx, activity.Complete{ID: plan(ref("b"), "done", march("10")).ID}))(t)
	must(log.Log(ctx, activity.Log{Subject: ref("c"), Title: "only talk"}))(t)
	plan(storage.Ref{Kind: "other", ID: "c"}, "another c", date.Date{})

	flagged := must(log.WithoutNextStep(ctx, ref("a"), ref("b"), ref("c"), ref("d")))(t)
	if !slices.Equal(flagged, []storage.Ref{ref("b"), ref("c"), ref("d")}) {
		t.Errorf("flagged %v", flagged)
	}
	next := must(log.NextStep(ctx, ref("a")))(t)
	if next == nil || next.ID != first.ID || next.Overdue(march("10")) || !next.Overdue(march("11")) {
		t.Errorf("next step %+v", next)
	}
	must(log.Reschedule(ctx, activity.Reschedule{ID: first.ID, Due: march("30"), Owner: planner, Version: first.Version}))(t)
	if next := must(log.NextStep(ctx, ref("a")))(t); next.Title != "later" {
		t.Errorf("next step %+v", next)
	}
	if next := must(log.NextStep(ctx, ref("d")))(t); next != nil {
		t.Errorf("next step %+v", next)
	}
	due := 0
	for a, err := range log.All(ctx, activity.Filter{Open: true, Owner: agent, DueBy: march("20")}) {
		if due++; err != nil || a.Title != "later" {
			t.Errorf("due: %+v %v", a, err)
		}
	}
	if due != 1 {
		t.Errorf("%d tasks are due", due)
	}
	if err := second(log.Reschedule(ctx, activity.Reschedule{ID: first.ID, Version: first.Version})); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
}

func TestAHandoverIsAcceptedOnlyWhenEachPromiseIsConfirmed(t *testing.T) {
	db, now := company(t)
	log := activity.New(db)
	offer := activity.Offer{By: agent, Key: "offer", Subject: deal, To: planner, Promises: []string{"Delivery before Nauryz", "Free training"}}
	h := must(log.Offer(ctx, offer))(t)
	if again := must(log.Offer(ctx, offer))(t); again.ID != h.ID {
		t.Error("the same key made a second handover")
	}
	offer.Key = ""
	if err := second(log.Offer(ctx, offer)); !errors.Is(err, activity.ErrHandedOver) {
		t.Errorf("a second offer: %v", err)
	}
	accept := activity.Decision{By: planner, ID: h.ID}
	if err := second(log.Accept(ctx, accept)); !errors.Is(err, activity.ErrUnconfirmed) {
		t.Errorf("nothing confirmed: %v", err)
	}
	must(log.Confirm(ctx, activity.Confirm{By: planner, ID: h.ID, Promise: 0}))(t)
	if err := second(log.Confirm(ctx, activity.Confirm{By: planner, ID: h.ID, Promise: 2})); !storage.Has(err, "promise", storage.CodeRange) {
		t.Errorf("no such promise: %v", err)
	}
	if err := second(log.Return(ctx, activity.Decision{By: planner, ID: h.ID})); !storage.Has(err, "reason", storage.CodeRequired) {
		t.Errorf("given back without a reason: %v", err)
	}
	back := must(log.Return(ctx, activity.Decision{By: planner, ID: h.ID, Reason: "nobody can train them"}))(t)
	if back.State != activity.Returned || back.DecidedBy != planner {
		t.Errorf("given back: %+v", back)
	}
	if err := second(log.Confirm(ctx, activity.Confirm{By: planner, ID: h.ID, Promise: 1})); !errors.Is(err, activity.ErrDecided) {
		t.Errorf("after it was given back: %v", err)
	}

	offer.Promises = offer.Promises[:1]
	h = must(log.Offer(ctx, offer))(t)
	*now = now.Add(48 * time.Hour)
	must(log.Confirm(ctx, activity.Confirm{By: planner, ID: h.ID, Promise: 0, Note: "18 March"}))(t)
	accept.ID, accept.At = h.ID, date.MustParse("2026-03-01")
	if err := second(log.Accept(ctx, accept)); !storage.Has(err, "at", storage.CodeRange) {
		t.Errorf("accepted before it was offered: %v", err)
	}
	accept.At = date.Date{}
	must(log.Accept(ctx, accept))(t)
	got := must(log.Handover(ctx, h.ID))(t)
	if got.State != activity.Accepted || got.DecidedOn != date.MustParse("2026-03-04") || got.DecidedBy != planner || got.From != agent ||
		len(got.Unconfirmed()) != 0 || got.Promises[0].Note != "18 March" {
		t.Errorf("accepted: %+v", got)
	}
	var names []string
	for e, err := range event.All(ctx, db, event.Filter{Subject: got.Ref()}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"activity.handover.offered", "activity.handover.confirmed", "activity.handover.accepted"}) {
		t.Errorf("events %v", names)
	}
	n := 0
	for _, err := range log.Handovers(ctx, activity.HandoverFilter{Subject: deal}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if page := must(log.HandoverPage(ctx, activity.HandoverFilter{To: planner, State: activity.Accepted}, ""))(t); n != 2 || len(page.Items) != 1 {
		t.Errorf("%d handovers, %d of them accepted", n, len(page.Items))
	}
}

func TestThePayloadOfEventsIsAsItWas(t *testing.T) {
	for name, payload := range map[string]any{
		"activity.1.json": activity.Happened{Kind: activity.Task, Subject: deal, Owner: agent, Due: date.MustParse("2026-03-06")},
		"handover.1.json": activity.HandoverHappened{Subject: deal, From: agent, To: planner, State: activity.Offered, At: date.MustParse("2026-03-02"), Promises: 2},
	} {
		got, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("%s: the payload is now %s, %v", name, got, err)
		}
	}
}
