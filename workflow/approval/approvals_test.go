package approval_test

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

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

// org is a host's own organisation: the chart of the scenarios.
type org map[storage.Ref]storage.Ref

func (o org) Manager(_ context.Context, _ *storage.Tx, p storage.Ref) (storage.Ref, error) {
	return o[p], nil
}

func (o org) Limit(_ context.Context, _ *storage.Tx, p storage.Ref, _ string) (money.Amount, bool, error) {
	for _, m := range chart {
		if m.Person == p {
			return m.Limit, m.Limited, nil
		}
	}
	return eur("1"), true, nil
}

func (o org) Members(_ context.Context, _ *storage.Tx, role string) ([]storage.Ref, error) {
	if role == "finance" {
		return []storage.Ref{fay, gus}, nil
	}
	return nil, nil
}

var house = org{ana: ben, ben: cem, cem: dia, dia: eli, fay: gus, gus: fay}

func open(t testing.TB, options ...storage.Option) *storage.DB {
	t.Helper()
	store := storage.Open(memory.New(), append(options, storage.Clock(func() time.Time { return noon }))...)
	if err := store.Migrate(t.Context(), event.Package(), approval.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func desk(t testing.TB, db *storage.DB) *approval.Approvals {
	t.Helper()
	a := approval.New(db, approval.Ports{Org: house, Roles: house})
	for _, p := range []approval.Policy{expense, {Name: "payment", Measure: approval.Always,
		Stages: []approval.Stage{{Who: approval.Role, Role: "finance"}}}} {
		if _, err := a.SetPolicy(t.Context(), approval.SetPolicy{Policy: p}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

var claim = storage.Ref{Kind: "expense.claim", ID: "7"}

func ask(amount string) approval.Submit {
	return approval.Submit{By: ana, Policy: "expense", Subject: claim, Amount: eur(amount), Digest: "d1", Text: "Поездка в Ақтөбе"}
}

func inbox(t *testing.T, a *approval.Approvals, p storage.Ref) (n int) {
	t.Helper()
	for task, err := range a.Tasks(t.Context(), approval.TaskFilter{Approver: p}) {
		if err != nil {
			t.Fatal(err)
		}
		if task.Approver != p || task.Subject != claim {
			t.Errorf("a wrong task: %+v", task)
		}
		n++
	}
	return n
}

func told(t *testing.T, db *storage.DB) string {
	t.Helper()
	var list []string
	for e, err := range event.All(t.Context(), db, event.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(e.Name, "approval.request."); ok {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

func TestW1ChainUntilLimit(t *testing.T) { testW1(t, open(t)) }

func testW1(t *testing.T, db *storage.DB) {
	ctx, a := t.Context(), desk(t, db)
	plan, err := a.Plan(ctx, ask("7400"))
	if err != nil || names(plan) != "ben cem" {
		t.Fatalf("the plan is %q, %v", names(plan), err)
	}
	r, err := a.Submit(ctx, ask("7400"))
	if err != nil || r.State != approval.Pending || names(r.Steps) != "ben cem" {
		t.Fatalf("%+v, %v", r, err)
	}
	if inbox(t, a, ben) != 1 || inbox(t, a, cem) != 0 || inbox(t, a, dia) != 0 {
		t.Error("only Ben's task is open")
	}
	if _, err := a.Approve(ctx, approval.Vote{By: cem, Request: r.ID}); !errors.Is(err, approval.ErrNotAssigned) {
		t.Errorf("Cem votes before his turn: %v", err)
	}
	if r, err = a.Approve(ctx, approval.Vote{By: ben, Request: r.ID, Version: 1, Why: "customer visit"}); err != nil ||
		r.State != approval.Pending {
		t.Fatalf("%+v, %v", r, err)
	}
	if inbox(t, a, ben) != 0 || inbox(t, a, cem) != 1 || inbox(t, a, dia) != 0 {
		t.Error("only Cem's task is open")
	}
	if ok, err := a.Approved(ctx, "expense", claim, "d1"); ok || err != nil {
		t.Error("half approved is not approved", err)
	}
	if r, err = a.Approve(ctx, approval.Vote{By: cem, Request: r.ID}); err != nil || r.State != approval.Approved ||
		inbox(t, a, cem) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if ok, err := a.Approved(ctx, "expense", claim, "d1"); !ok || err != nil {
		t.Error("approved is approved", err)
	}
	if got := told(t, db); got != "submitted advanced approved" {
		t.Errorf("told %q", got)
	}
	for _, by := range []storage.Ref{ben, cem, dia} {
		if _, err := a.Approve(ctx, approval.Vote{By: by, Request: r.ID}); !errors.Is(err, approval.ErrStepClosed) {
			t.Errorf("%s votes after the end: %v", by, err)
		}
	}
	again, err := a.Get(ctx, r.ID)
	if err != nil || again.Steps[0].Decision.Why != "customer visit" || again.Steps[1].Decision.By != cem ||
		!again.Closed.Equal(noon) {
		t.Errorf("stored as %+v, %v", again, err)
	}
}

func TestW2TheBoundaryIsInclusiveInTheServiceToo(t *testing.T) {
	ctx, a := t.Context(), desk(t, open(t))
	for amount, want := range map[string]string{"1000.00": "ben", "1000.01": "ben cem"} {
		c := ask(amount)
		c.Subject.ID = amount
		if r, err := a.Submit(ctx, c); err != nil || names(r.Steps) != want {
			t.Errorf("%s: %q, %v", amount, names(r.Steps), err)
		}
	}
	r, err := a.Submit(ctx, ask("100"))
	if err != nil || r.State != approval.NotNeeded || len(r.Steps) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if ok, err := a.Approved(ctx, "expense", claim, "d1"); !ok || err != nil {
		t.Error("what needs no approval may go on", err)
	}
}

func TestWhoMayDecide(t *testing.T) {
	ctx, a := t.Context(), desk(t, open(t))
	r, err := a.Submit(ctx, ask("7400"))
	if err != nil {
		t.Fatal(err)
	}
	vote := func(by storage.Ref) approval.Vote { return approval.Vote{By: by, Request: r.ID} }
	for name, c := range map[string]struct {
		do   func(context.Context, approval.Vote) (*approval.Request, error)
		vote approval.Vote
		want error
	}{
		"the requester":         {a.Approve, vote(ana), approval.ErrRequester},
		"the requester says no": {a.Reject, vote(ana), approval.ErrRequester},
		"someone else":          {a.Approve, vote(dia), approval.ErrNotAssigned},
		"the system":            {a.Approve, vote(storage.Ref{}), approval.ErrNotAssigned},
		"another recalls":       {a.Recall, vote(ben), approval.ErrNotRequester},
		"an old version":        {a.Approve, approval.Vote{By: ben, Request: r.ID, Version: 7}, storage.ErrStale},
		"no such request":       {a.Approve, approval.Vote{By: ben}, storage.ErrNotFound},
	} {
		if _, err := c.do(ctx, c.vote); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := a.Approve(ctx, vote(ben)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Approve(ctx, vote(ben)); !errors.Is(err, approval.ErrStepClosed) {
		t.Errorf("a second vote: %v", err)
	}
	if got, err := a.Get(ctx, r.ID); err != nil || got.Version != 2 {
		t.Errorf("refused votes left something: %+v, %v", got, err)
	}
	verbs := fmt.Sprint(r.Verbs(ben))
	if verbs != "[{approve } {reject } {recall only the requester may recall}]" {
		t.Errorf("Ben may %s", verbs)
	}
}

func TestRejectRecallVoidAndResubmit(t *testing.T) {
	db := open(t)
	ctx, a := t.Context(), desk(t, db)
	submit := func(digest string) *approval.Request {
		t.Helper()
		c := ask("500")
		c.Digest = digest
		r, err := a.Submit(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := submit("d1")
	if _, err := a.Submit(ctx, ask("500")); !errors.Is(err, approval.ErrPending) {
		t.Errorf("a second request: %v", err)
	}
	if r, _ = a.Reject(ctx, approval.Vote{By: ben, Request: r.ID, Why: "too much"}); r == nil ||
		r.State != approval.Rejected || inbox(t, a, ben) != 0 {
		t.Fatalf("%+v", r)
	}
	r = submit("d2")
	if r.Generation != 2 {
		t.Errorf("generation %d", r.Generation)
	}
	if r, _ = a.Recall(ctx, approval.Vote{By: ana, Request: r.ID}); r == nil || r.State != approval.Cancelled ||
		inbox(t, a, ben) != 0 {
		t.Fatalf("%+v", r)
	}
	r = submit("d3")
	edit := func(digest string) *approval.Request {
		t.Helper()
		r, err := a.Void(ctx, approval.Edit{By: ana, Policy: "expense", Subject: claim, Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if same := edit("d3"); same.State != approval.Pending || same.Version != 1 {
		t.Errorf("the same content voided it: %+v", same)
	}
	if _, err := a.Approve(ctx, approval.Vote{By: ben, Request: r.ID}); err != nil {
		t.Fatal(err)
	}
	if ok, _ := a.Approved(ctx, "expense", claim, "d4"); ok {
		t.Error("another content is not approved")
	}
	if r = edit("d4"); r.State != approval.Void {
		t.Errorf("%+v", r)
	}
	if ok, _ := a.Approved(ctx, "expense", claim, "d3"); ok {
		t.Error("void is not approved")
	}
	if r = edit("d5"); r.State != approval.Void || r.Version != 3 {
		t.Errorf("void twice: %+v", r)
	}
	submit("d4")
	if r = edit(""); r.State != approval.Void || inbox(t, a, ben) != 0 {
		t.Errorf("a pending one is not void: %+v", r)
	}
	if _, err := a.Void(ctx, approval.Edit{Policy: "expense", Subject: ana}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("void of nothing: %v", err)
	}
	want := "submitted rejected submitted recalled submitted approved voided submitted voided"
	if got := told(t, db); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	page, err := a.Page(ctx, approval.Filter{Subject: claim, State: approval.Void}, "")
	if err != nil || len(page.Items) != 2 {
		t.Errorf("%d void, %v", len(page.Items), err)
	}
}

func TestAskingAboutAnotherContentVoidsWhatIsPending(t *testing.T) {
	db := open(t)
	ctx, a := t.Context(), desk(t, db)
	first, err := a.Submit(ctx, ask("7400"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Approve(ctx, approval.Vote{By: ben, Request: first.ID}); err != nil {
		t.Fatal(err)
	}
	c := ask("500")
	c.Digest = "d2"
	second, err := a.Submit(ctx, c)
	if err != nil || second.Generation != 2 || second.Ref().Kind != "approval.request" {
		t.Fatalf("%+v, %v", second, err)
	}
	if first, err = a.Get(ctx, first.ID); err != nil || first.State != approval.Void {
		t.Errorf("%+v, %v", first, err)
	}
	if inbox(t, a, cem) != 0 || inbox(t, a, ben) != 1 || told(t, db) != "submitted advanced voided submitted" {
		t.Errorf("%d, %d, %s", inbox(t, a, cem), inbox(t, a, ben), told(t, db))
	}
}

func TestAnyOneOfARole(t *testing.T) {
	ctx, a := t.Context(), desk(t, open(t))
	r, err := a.Submit(ctx, approval.Submit{By: ana, Policy: "payment", Subject: claim})
	if err != nil || names(r.Steps) != "fay|gus" || inbox(t, a, fay) != 1 || inbox(t, a, gus) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = a.Approve(ctx, approval.Vote{By: gus, Request: r.ID}); err != nil || r.State != approval.Approved {
		t.Fatalf("%+v, %v", r, err)
	}
	if inbox(t, a, fay) != 0 || inbox(t, a, gus) != 0 {
		t.Error("tasks are left")
	}
	if _, err := a.Approve(ctx, approval.Vote{By: fay, Request: r.ID}); !errors.Is(err, approval.ErrStepClosed) {
		t.Errorf("Fay, too late: %v", err)
	}
}

func TestBadSubmissionsAreRefusedAndLeaveNothing(t *testing.T) {
	db := open(t)
	ctx, a := t.Context(), desk(t, db)
	with := func(change func(*approval.Submit)) approval.Submit {
		c := ask("500")
		change(&c)
		return c
	}
	for want, c := range map[string]approval.Submit{
		"policy required":    with(func(c *approval.Submit) { c.Policy = "" }),
		"subject required":   with(func(c *approval.Submit) { c.Subject = storage.Ref{} }),
		"requester required": with(func(c *approval.Submit) { c.By = storage.Ref{} }),
		"amount negative":    with(func(c *approval.Submit) { c.Amount = eur("-1") }),
		"percent negative":   with(func(c *approval.Submit) { c.Percent = decimal.NewFromInt(-1) }),
		"amount scale":       with(func(c *approval.Submit) { c.Amount = eur("500.001") }),
		"text encoding":      with(func(c *approval.Submit) { c.Text = "a\x00b" }),
		"text too_long":      with(func(c *approval.Submit) { c.Text = strings.Repeat("x", 10001) }),
		"fields.x unknown":   with(func(c *approval.Submit) { c.Fields = storage.Fields{"x": 1} }),
	} {
		path, code, _ := strings.Cut(want, " ")
		if _, err := a.Submit(ctx, c); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for name, c := range map[string]struct {
		submit approval.Submit
		want   error
	}{
		"no such policy": {with(func(c *approval.Submit) { c.Policy = "'; DROP TABLE policy" }), storage.ErrNotFound},
		"a circle":       {with(func(c *approval.Submit) { c.By = fay }), approval.ErrCycle},
		"no manager":     {with(func(c *approval.Submit) { c.By = eli }), approval.ErrNoApprover},
		"other currency": {with(func(c *approval.Submit) { c.Amount = money.MustParse("5 USD") }), approval.ErrCurrency},
	} {
		if _, err := a.Submit(ctx, c.submit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := a.Current(ctx, "expense", claim); !errors.Is(err, storage.ErrNotFound) || told(t, db) != "" {
		t.Errorf("something is left: %v, %q", err, told(t, db))
	}
	if _, err := approval.New(db, approval.Ports{}).Submit(ctx, ask("500")); !errors.Is(err, approval.ErrNoApprover) {
		t.Errorf("without an organisation: %v", err)
	}
}

// endless is an organisation in which everyone has a manager nobody has heard of.
type endless struct{ org }

func (endless) Manager(_ context.Context, _ *storage.Tx, p storage.Ref) (storage.Ref, error) {
	return storage.Ref{Kind: "x", ID: p.ID + "x"}, nil
}

func TestAnEndlessOrganisationIsRefused(t *testing.T) {
	db := open(t)
	desk(t, db)
	if _, err := approval.New(db, approval.Ports{Org: endless{house}}).Submit(t.Context(), ask("500")); !errors.Is(err,
		approval.ErrCycle) {
		t.Error(err)
	}
}

func TestAKeyedCommandHappensOnce(t *testing.T) {
	db := open(t)
	ctx, a := t.Context(), desk(t, db)
	c := ask("500")
	c.Key = "web-1"
	first, err := a.Submit(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := a.Submit(ctx, c); err != nil || second.ID != first.ID {
		t.Errorf("%+v, %v", second, err)
	}
	v := approval.Vote{By: ben, Key: "web-2", Request: first.ID}
	for range 2 {
		if r, err := a.Approve(ctx, v); err != nil || r.State != approval.Approved {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if told(t, db) != "submitted approved" {
		t.Error(told(t, db))
	}
}

func TestAPolicyChangesForLaterRequestsOnly(t *testing.T) {
	ctx, a := t.Context(), desk(t, open(t))
	r, err := a.Submit(ctx, ask("500"))
	if err != nil {
		t.Fatal(err)
	}
	p := expense
	p.Stages = append(p.Stages, approval.Stage{Who: approval.Role, Role: "finance"})
	if _, err := a.SetPolicy(ctx, approval.SetPolicy{Policy: p, Version: 9}); !errors.Is(err, storage.ErrStale) {
		t.Errorf("%v", err)
	}
	if p, err := a.SetPolicy(ctx, approval.SetPolicy{Policy: p, Version: 1}); err != nil || p.Version != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	if r, err = a.Approve(ctx, approval.Vote{By: ben, Request: r.ID}); err != nil || r.State != approval.Approved {
		t.Errorf("%+v, %v", r, err)
	}
	if plan, err := a.Plan(ctx, ask("500")); err != nil || names(plan) != "ben fay|gus" {
		t.Errorf("%q, %v", names(plan), err)
	}
}

func TestAHostCanVetoAVote(t *testing.T) {
	veto := storage.NewError("host.friday", "not on Fridays")
	db := open(t, storage.WithGuard(func(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string, _, _ any) error {
		if verb == "approval.request.approve" {
			return veto
		}
		return nil
	}), storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if kind == "approval.request" {
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("requester", by)}}
		}
		return storage.Narrowing{}
	}))
	ctx, a := t.Context(), desk(t, db)
	r, err := a.Submit(ctx, ask("500"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Approve(ctx, approval.Vote{By: ben, Request: r.ID}); !errors.Is(err, veto) || inbox(t, a, ben) != 1 {
		t.Errorf("%v", err)
	}
	if _, err := a.Get(ctx, r.ID, gus); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("Gus sees Ana's request: %v", err)
	}
	if _, err := a.Get(ctx, r.ID, ana); err != nil {
		t.Errorf("Ana does not see her request: %v", err)
	}
}

func TestTheFormOfEventsIsKept(t *testing.T) {
	db := open(t)
	ctx, a := t.Context(), desk(t, db)
	p := expense
	p.Name, p.Measure = "discount", approval.Always
	if _, err := a.SetPolicy(ctx, approval.SetPolicy{Policy: p}); err != nil {
		t.Fatal(err)
	}
	c := ask("7400")
	c.Policy, c.Percent = "discount", decimal.RequireFromString("12.5")
	r, err := a.Submit(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Approve(ctx, approval.Vote{By: ben, Request: r.ID}); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for e, err := range event.All(ctx, db, event.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name == "approval.request.advanced" {
			payload, err := approval.Advanced.Read(*e)
			if err != nil {
				t.Fatal(err)
			}
			got, _ = json.MarshalIndent(payload, "", "  ")
		}
	}
	want, err := os.ReadFile("testdata/request.v1.json")
	if err != nil || strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%v: now it is\n%s", err, got)
	}
}
