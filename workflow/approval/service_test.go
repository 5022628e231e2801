package approval_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// A firm is the chart of the scenarios with a clock, leavers, a rate and limits in percent.
type firm struct {
	org
	left map[storage.Ref]bool
	rate string
}

func (f *firm) Left(_ context.Context, _ *storage.Tx, p storage.Ref) (bool, error) {
	return f.left[p], nil
}

func (f *firm) Rate(_ context.Context, _ *storage.Tx, _, _ money.Currency) (decimal.Decimal, error) {
	return decimal.RequireFromString(f.rate), nil
}

func (f *firm) PercentLimit(_ context.Context, _ *storage.Tx, p storage.Ref, policy string) (decimal.Decimal, bool, error) {
	return decimal.NewFromInt(map[storage.Ref]int64{ben: 15, cem: 25}[p]), policy == "discount" && (p == ben || p == cem), nil
}

type office struct {
	*approval.Approvals
	t      *testing.T
	db     *storage.DB
	firm   *firm
	now    time.Time
	ticker *event.Ticker
}

// calendarB is that of the scenarios.
func calendarB(t *testing.T) *workflow.Hours {
	h, err := workflow.Calendar{Zone: "Europe/Berlin", Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0)),
		Holidays: map[date.Date]string{date.MustParse("2026-04-03"): "Good Friday", date.MustParse("2026-04-06"): "Easter Monday"}}.Compile()
	require.NoError(t, err)
	return h
}

func openOffice(t *testing.T, policies ...approval.Policy) *office {
	o := &office{t: t, firm: &firm{org: house, left: map[storage.Ref]bool{}, rate: "0.92"}, now: noon}
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return o.now }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), workflow.Package(), approval.Package()))
	var err error
	o.db, err = store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	o.Approvals = approval.New(o.db, approval.Ports{Org: o.firm, Roles: o.firm, Rates: o.firm, Hours: calendarB(t)})
	timers := workflow.NewTimers()
	approval.HandleTimers(timers, o.Approvals.In)
	o.ticker = event.NewTicker(store, nil)
	timers.Attach(o.ticker)
	for _, p := range policies {
		o.set(p)
	}
	return o
}

func (o *office) set(p approval.Policy) {
	o.t.Helper()
	_, err := o.SetPolicy(o.t.Context(), approval.SetPolicy{Policy: p})
	require.NoError(o.t, err)
}

func (o *office) ok(r *approval.Request, err error) *approval.Request {
	o.t.Helper()
	require.NoError(o.t, err)
	var state approval.Request
	for e, err := range o.History(o.t.Context(), r.ID) {
		require.NoError(o.t, err)
		state = approval.Evolve(state, *e)
	}
	stored, err := o.Get(o.t.Context(), r.ID)
	require.NoError(o.t, err)
	stored.ID, stored.Version, stored.Fields = state.ID, 0, nil
	require.JSONEq(o.t, encode(o.t, state), encode(o.t, stored), "what is stored is the fold of the history")
	return r
}

func (o *office) tick(at time.Time) {
	o.t.Helper()
	o.now = at
	_, err := o.ticker.Tick(o.t.Context())
	require.NoError(o.t, err)
}

func (o *office) happened(id storage.ID[approval.Request]) string {
	var list []string
	for e, err := range o.History(o.t.Context(), id) {
		require.NoError(o.t, err)
		list = append(list, string(e.Name))
	}
	return strings.Join(list, " ")
}

func vote(by storage.Ref, r *approval.Request) approval.Vote {
	return approval.Vote{By: by, Request: r.ID}
}

func TestW2AmountsAreConvertedOnceInTheServiceToo(t *testing.T) {
	o := openOffice(t, expense)
	ctx := t.Context()
	for amount, want := range map[string]string{"1086.95": "ben", "1086.96": "ben cem"} {
		c := ask("1")
		c.Subject.ID, c.Amount = amount, money.MustParse(amount+" USD")
		r := o.ok(o.Submit(ctx, c))
		require.Equal(t, want, names(r.Steps))
		o.firm.rate = "0.95"
		r = o.ok(o.Approve(ctx, vote(ben, r)))
		require.Equal(t, want, names(r.Steps), "the rate is pinned")
		if want == "ben" {
			c.Digest = "again"
			r = o.ok(o.Submit(ctx, c))
			require.Equal(t, "ben cem", names(r.Steps), "resubmitted at the new rate")
		}
		o.firm.rate = "0.92"
	}
}

func TestW11DelegationsAreKept(t *testing.T) {
	o := openOffice(t, expense)
	ctx := t.Context()
	r := o.ok(o.Submit(ctx, ask("900")))
	m, err := o.Delegate(ctx, approval.Delegate{By: ben, Delegation: approval.Delegation{From: ben, To: fay, Until: noon.Add(48 * time.Hour)}})
	require.NoError(t, err)
	require.Equal(t, "submitted reassigned", o.happened(r.ID))
	require.Equal(t, 1, inbox(t, o.Approvals, fay))
	_, err = o.Approve(ctx, vote(ben, r))
	require.ErrorIs(t, err, approval.ErrNotAssigned)
	_, err = o.EndDelegation(ctx, approval.EndDelegation{By: ben, Delegation: m.ID})
	require.NoError(t, err)
	r = o.ok(o.Approve(ctx, vote(ben, r)))
	require.Equal(t, approval.Approved, r.State)
	_, err = o.Approve(ctx, vote(fay, r))
	require.ErrorIs(t, err, approval.ErrStepClosed)
	require.Zero(t, inbox(t, o.Approvals, fay)+inbox(t, o.Approvals, ben))
	_, err = o.Delegate(ctx, approval.Delegate{Delegation: approval.Delegation{From: ben, To: ben}})
	require.True(t, storage.Has(err, "to", storage.CodeDuplicate))
}

func TestW11ADelegationThatBeginsLaterPutsTasksOnTheDelegatesList(t *testing.T) {
	o := openOffice(t, expense)
	ctx := t.Context()
	r := o.ok(o.Submit(ctx, ask("900")))
	give := func(since, until time.Duration) *approval.Mandate {
		m, err := o.Delegate(ctx, approval.Delegate{By: ben, Delegation: approval.Delegation{From: ben, To: fay, Since: noon.Add(since),
			Until: noon.Add(until)}})
		require.NoError(t, err)
		return m
	}
	withdrawn := give(time.Hour, 9*time.Hour)
	_, err := o.EndDelegation(ctx, approval.EndDelegation{By: ben, Delegation: withdrawn.ID})
	require.NoError(t, err)
	give(2*time.Hour, 3*time.Hour)
	o.tick(noon.Add(2*time.Hour - time.Microsecond))
	require.Zero(t, inbox(t, o.Approvals, fay))
	o.tick(noon.Add(2 * time.Hour))
	require.Equal(t, 1, inbox(t, o.Approvals, fay))
	require.Equal(t, "submitted reassigned", o.happened(r.ID))
	give(3*time.Hour, 4*time.Hour)
	o.tick(noon.Add(5 * time.Hour)) // the ticker came late: it is as it was when it was due
	o.ok(o.Approve(ctx, vote(fay, r)))
}

func TestW16W23DeadlinesRunInWorkingTime(t *testing.T) {
	late := always(approval.Stage{Who: approval.People, People: []storage.Ref{cem}, Due: 8 * time.Hour, Remind: []int{50},
		Escalate: &approval.Escalation{Replace: true}})
	late.Name = "late"
	o := openOffice(t, late)
	ctx := t.Context()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	o.now = time.Date(2026, 4, 2, 15, 0, 0, 0, berlin)
	c := ask("1")
	c.Policy = "late"
	r := o.ok(o.Submit(ctx, c))
	var due []string
	for timer, err := range workflow.AllTimers(ctx, o.db, workflow.TimerFilter{}) {
		require.NoError(t, err)
		due = append(due, timer.Due.In(berlin).Format("Mon 2 15:04"))
	}
	require.Equal(t, []string{"Tue 7 11:00", "Tue 7 15:00"}, due)
	o.tick(time.Date(2026, 4, 7, 11, 0, 0, 0, berlin))
	require.Equal(t, "submitted reminded", o.happened(r.ID))
	o.tick(time.Date(2026, 4, 7, 15, 0, 0, 0, berlin))
	require.Equal(t, "submitted reminded escalated", o.happened(r.ID))
	_, err = o.Approve(ctx, vote(cem, r))
	require.ErrorIs(t, err, approval.ErrNotAssigned)
	require.Equal(t, 0, inbox(t, o.Approvals, cem))
	require.Equal(t, 1, inbox(t, o.Approvals, dia))
	o.ok(o.Approve(ctx, vote(dia, r)))
	for range workflow.AllTimers(ctx, o.db, workflow.TimerFilter{}) {
		t.Fatal("a timer is left")
	}
	c.Digest = "d2" // approved at the very instant at which it is due
	r = o.ok(o.Submit(ctx, c))
	o.now = o.now.Add(24 * time.Hour)
	r = o.ok(o.Approve(ctx, vote(cem, r)))
	o.tick(o.now)
	require.Equal(t, "submitted voted", o.happened(r.ID))
}

func TestW17EditsInTheService(t *testing.T) {
	p := expense
	p.Terms = approval.Terms{Material: []string{"amount"}, Tolerance: decimal.NewFromInt(5), Locked: []string{"amount"}}
	o := openOffice(t, p)
	ctx := t.Context()
	edit := func(by storage.Ref, amount, digest string) (*approval.Request, error) {
		return o.Amend(ctx, approval.Amendment{By: by, Policy: "expense", Subject: claim, Amount: eur(amount), Digest: digest})
	}
	r := o.ok(o.Submit(ctx, ask("900")))
	_, err := edit(ana, "901", "d2")
	require.True(t, storage.Has(err, "amount", approval.CodeLocked), "%v", err)
	o.ok(o.Approve(ctx, vote(ben, r)))
	r = o.ok(edit(ana, "945.00", "d2"))
	require.Equal(t, approval.Approved, r.State)
	yes, err := o.Approved(ctx, "expense", claim, "d2")
	require.True(t, err == nil && yes, "the approval holds for what was edited within the tolerance")
	r = o.ok(edit(ben, "945.01", "d3"))
	require.Equal(t, approval.Pending, r.State)
	require.EqualValues(t, 2, r.Generation)
	require.NotContains(t, names(r.Steps), "ben", "who edited last may not decide")
	_, err = o.Approve(ctx, vote(ben, r))
	require.ErrorIs(t, err, approval.ErrEditor)
	r = o.ok(o.Approve(ctx, vote(cem, r)))
	require.Equal(t, approval.Approved, r.State)
	c := ask("10000")
	c.Digest = "d4"
	r = o.ok(o.Submit(ctx, c))
	require.EqualValues(t, 3, r.Generation)
}

func TestW18PoliciesArePinnedAndMigratedOnlyByHand(t *testing.T) {
	v1, v2 := always(people(ben)), always(people(ben, fay))
	v1.Name, v2.Name = "expense", "expense"
	o := openOffice(t, v1)
	ctx := t.Context()
	r := o.ok(o.Submit(ctx, ask("1")))
	o.set(v2)
	moved := o.ok(o.Migrate(ctx, approval.Migration{Vote: approval.Vote{Request: r.ID}, Map: map[int]int{1: 1}}))
	require.Equal(t, "ben fay", names(moved.Steps))
	require.EqualValues(t, 2, moved.PolicyVersion)
	back := o.ok(o.Migrate(ctx, approval.Migration{Vote: approval.Vote{Request: r.ID}, To: 1}))
	require.Equal(t, "ben", names(back.Steps))
	require.Equal(t, "submitted migrated migrated", o.happened(r.ID))
	require.Equal(t, approval.Approved, o.ok(o.Approve(ctx, vote(ben, r))).State)
}

func TestW19RejectToTheRequesterAndAgain(t *testing.T) {
	p := always(people(ben, cem, fay))
	p.Name = "expense"
	o := openOffice(t, p)
	ctx := t.Context()
	r := o.ok(o.Submit(ctx, ask("1")))
	o.ok(o.Approve(ctx, vote(ben, r)))
	o.ok(o.Approve(ctx, vote(cem, r)))
	r = o.ok(o.Return(ctx, approval.Vote{By: fay, Request: r.ID, Step: 2}))
	require.Equal(t, "cem", waiting(*r))
	require.Equal(t, 1, inbox(t, o.Approvals, cem))
	r = o.ok(o.Return(ctx, vote(cem, r)))
	require.Equal(t, approval.Draft, r.State)
	require.Zero(t, inbox(t, o.Approvals, cem))
	again := o.ok(o.Submit(ctx, ask("1")))
	require.Equal(t, r.ID, again.ID)
	require.EqualValues(t, 2, again.Generation)
	require.Equal(t, "submitted voted voted returned returned submitted", o.happened(r.ID))
}

func TestW22BulkOfFive(t *testing.T) {
	o := openOffice(t, expense)
	ctx := t.Context()
	var votes []approval.Vote
	for i := range 5 {
		c := ask("900")
		c.Subject.ID = string(rune('a' + i))
		if i == 0 {
			c.Requester = ben
		}
		votes = append(votes, vote(ben, o.ok(o.Submit(ctx, c))))
	}
	votes[1].Version = 7
	results := o.DecideEach(ctx, approval.Approve, votes...)
	require.ErrorIs(t, results[0].Err, approval.ErrRequester)
	require.ErrorIs(t, results[1].Err, storage.ErrStale)
	for _, r := range results[2:] {
		require.Equal(t, approval.Approved, o.ok(r.Request, r.Err).State)
	}
	_, err := o.Delegate(ctx, approval.Delegate{Delegation: approval.Delegation{From: cem, To: fay}})
	require.NoError(t, err)
	plan, err := o.Plan(ctx, ask("12000"))
	require.NoError(t, err)
	require.Equal(t, "ben fay dia", names(plan))
	require.Equal(t, cem, plan[1].Seats[0].Person)
	r := o.ok(o.Submit(ctx, ask("12000")))
	require.Equal(t, names(plan), names(r.Steps))
}

func TestTheWorstLineDecidesAndTheNextDocumentCites(t *testing.T) {
	o := openOffice(t, approval.Policy{Name: "discount", Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(10),
		Stages: []approval.Stage{{Who: approval.Managers}}})
	ctx := t.Context()
	c := ask("100")
	c.Policy, c.Lines = "discount", []decimal.Decimal{decimal.NewFromInt(2), decimal.NewFromInt(16)}
	r := o.ok(o.Submit(ctx, c))
	require.Equal(t, "ben cem", names(r.Steps), "Ben gives up to 15 %, the average does not count")
	o.ok(o.Approve(ctx, vote(ben, r)))
	o.ok(o.Approve(ctx, vote(cem, r)))
	invoice := c
	invoice.Subject, invoice.Cites = storage.Ref{Kind: "invoice", ID: "1"}, r.ID
	cited := o.ok(o.Submit(ctx, invoice))
	require.Equal(t, approval.Approved, cited.State)
	require.Equal(t, r.Ref(), cited.Flow.Cited)
	invoice.Subject.ID, invoice.Digest = "2", "another"
	require.Equal(t, approval.Pending, o.ok(o.Submit(ctx, invoice)).State)
}

func TestLeaversAddedPeopleAndComments(t *testing.T) {
	o := openOffice(t, expense)
	ctx := t.Context()
	r := o.ok(o.Submit(ctx, ask("7400")))
	o.firm.left[ben] = true
	r = o.ok(o.Reassign(ctx, vote(storage.Ref{}, r)))
	require.Equal(t, "cem", waiting(*r))
	_, err := o.Add(ctx, approval.Addition{Vote: vote(fay, r), Person: gus})
	require.ErrorIs(t, err, approval.ErrNotAssigned)
	_, err = o.Add(ctx, approval.Addition{Vote: vote(cem, r), Person: ana})
	require.ErrorIs(t, err, approval.ErrRequester)
	r = o.ok(o.Add(ctx, approval.Addition{Vote: vote(cem, r), Person: gus}))
	require.Equal(t, "cem gus", waiting(*r))
	r = o.ok(o.Comment(ctx, approval.Say{By: ana, Request: r.ID, Text: "the receipt", Attachments: []storage.Ref{{Kind: "file", ID: "9"}}}))
	require.Len(t, r.Flow.Comments, 1)
	r = o.ok(o.Approve(ctx, vote(cem, r)))
	require.Equal(t, approval.Pending, r.State, "Gus has not agreed yet")
	r = o.ok(o.Approve(ctx, vote(gus, r)))
	require.Equal(t, "cem", waiting(*r), "once more, in his own step")
	require.Equal(t, approval.Approved, o.ok(o.Approve(ctx, vote(cem, r))).State)
	plan, err := o.Plan(ctx, ask("7400"))
	require.NoError(t, err)
	require.Equal(t, "cem", names(plan), "who has left is passed by")
}

func TestSpecificRulesGoBeforeGeneralOnes(t *testing.T) {
	cond := func(field, value string) workflow.Condition {
		return workflow.Condition{Field: field, Op: workflow.OpEq, Value: []byte(`"` + value + `"`)}
	}
	p := always(people(ben))
	p.Name = "expense"
	p.Terms.Declared = []approval.Declared{{Name: "region", Kind: workflow.KindText}, {Name: "kind", Kind: workflow.KindText},
		{Name: "owner", Kind: workflow.KindList}}
	p.Terms.Rules = []approval.Rule{{Name: "north", When: cond("region", "north"), Stages: []approval.Stage{people(cem)}},
		{Name: "northern travel", When: workflow.Condition{All: []workflow.Condition{cond("region", "north"), cond("kind", "travel")}},
			Stages: []approval.Stage{{Who: approval.Named, Field: "owner"}}}}
	o := openOffice(t, p)
	for want, doc := range map[string]map[string]any{"ben ": {}, "cem north": {"region": "north", "kind": "food"},
		"gus northern travel": {"region": "north", "kind": "travel", "owner": []string{"person/gus"}}} {
		c := ask("1")
		var err error
		c.Document, err = approval.NewDocument(doc)
		require.NoError(t, err)
		found, err := o.Explain(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, want, names(found.Steps)+" "+found.Rule)
	}
}

// A condition takes what it cannot read for missing, so that nobody would be asked.
func TestADocumentThatIsNotAsDeclaredIsRefused(t *testing.T) {
	p := always(people(ben))
	p.Name = "expense"
	when := workflow.Condition{Field: "risk", Op: workflow.OpGe, Value: []byte(`5`)}
	p.Stages[0].When = &when
	p.Terms.Declared = []approval.Declared{{Name: "risk", Kind: workflow.KindNumber}, {Name: "grade", Kind: workflow.KindEnum, Choices: []string{"a", "b"}},
		{Name: "new", Kind: workflow.KindBool}, {Name: "fee", Kind: workflow.KindMoney}, {Name: "due", Kind: workflow.KindDate},
		{Name: "met", Kind: workflow.KindInstant}, {Name: "owner", Kind: workflow.KindList}, {Name: "note", Kind: workflow.KindText}}
	o := openOffice(t, p)
	for _, fine := range []approval.Document{nil, {"risk": nil}, {"risk": []byte("null")}, {"other": []byte("{}")}, {"owner": []byte(`"person/gus"`)},
		{"risk": []byte(`"7.5"`), "grade": []byte(`"a"`), "new": []byte("true"), "fee": []byte(`{"amount":"1","currency":"EUR"}`), "due": []byte(`"2026-05-04"`),
			"met": []byte(`"2026-05-04T09:00:00Z"`), "owner": []byte(`["a"]`), "note": []byte(`""`)}} {
		c := ask("1")
		c.Document = fine
		_, err := o.Plan(t.Context(), c)
		require.NoError(t, err)
	}
	for _, c := range []struct{ name, value, code string }{{"risk", `"high"`, storage.CodeType}, {"risk", `1e2000`, storage.CodeRange}, {"risk", `1e2000000000`, storage.CodeType},
		{"grade", `"c"`, storage.CodeChoice}, {"grade", `1`, storage.CodeType}, {"new", `"yes"`, storage.CodeType}, {"fee", `5`, storage.CodeType},
		{"due", `"soon"`, storage.CodeType}, {"met", `"2026"`, storage.CodeType}, {"owner", `[1]`, storage.CodeType}, {"note", `{}`, storage.CodeType},
		{"note", `zz`, storage.CodeType}} {
		s := ask("1")
		s.Document = approval.Document{c.name: []byte(c.value)}
		_, err := o.Submit(t.Context(), s)
		require.True(t, storage.Has(err, "document."+c.name, c.code), "%s %s: %v", c.name, c.value, err)
	}
	s := ask("1")
	s.Document = approval.Document{"note": []byte("\"\xff\"")}
	_, err := o.Submit(t.Context(), s)
	require.True(t, storage.Has(err, "document", storage.CodeEncoding), "%v", err)
	s.Document = approval.Document{"risk": []byte("7")}
	o.ok(o.Submit(t.Context(), s))
	_, err = o.Amend(t.Context(), approval.Amendment{By: ana, Policy: "expense", Subject: s.Subject, Amount: s.Amount, Digest: "2",
		Document: approval.Document{"risk": []byte(`"lower"`)}})
	require.True(t, storage.Has(err, "document.risk", storage.CodeType), "%v", err)
}

func TestReferencesAreBoundedWhereverTheyAreKept(t *testing.T) {
	p := always(people(ben))
	p.Name = "expense"
	o := openOffice(t, p)
	r := o.ok(o.Submit(t.Context(), ask("1")))
	for code, id := range map[string]string{storage.CodeTooLong: strings.Repeat("x", 3<<20), storage.CodeEncoding: "a\x00b"} {
		bad := storage.Ref{Kind: "person", ID: id}
		q := always(people(bad))
		q.Name = "other"
		_, err := o.SetPolicy(t.Context(), approval.SetPolicy{Policy: q})
		require.True(t, storage.Has(err, "stages.0.people.0", code), "%.200v", err)
		c := ask("2")
		c.Requester, c.Beneficiary = bad, bad
		_, err = o.Submit(t.Context(), c)
		require.True(t, storage.Has(err, "requester", code) && storage.Has(err, "beneficiary", code), "%.200v", err)
		_, err = o.Comment(t.Context(), approval.Say{By: ana, Request: r.ID, Attachments: []storage.Ref{bad}})
		require.True(t, storage.Has(err, "attachments.0", code), "%.200v", err)
	}
}
