package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

func approver(name string) storage.Ref { return storage.Ref{Kind: "person", ID: name} }

// A chartOf is the organisation of the workflow scenarios.
type chartOf struct{ rate string }

func (chartOf) Manager(_ context.Context, _ *storage.Tx, p storage.Ref) (storage.Ref, error) {
	above := map[string]string{"ana": "ben", "ben": "cem", "cem": "dia", "dia": "eli"}[p.ID]
	if above == "" {
		return storage.Ref{}, nil
	}
	return approver(above), nil
}

func (chartOf) Limit(_ context.Context, _ *storage.Tx, p storage.Ref, _ string) (money.Amount, bool, error) {
	limit := map[string]string{"ben": "1000 EUR", "cem": "10000 EUR", "dia": "50000 EUR"}[p.ID]
	if limit == "" {
		return money.Amount{}, false, nil
	}
	return money.MustParse(limit), true, nil
}

func (chartOf) Members(_ context.Context, _ *storage.Tx, role string) ([]storage.Ref, error) {
	if role == "pair" {
		return []storage.Ref{approver("fay"), approver("gus")}, nil
	}
	return []storage.Ref{approver("fay"), approver("gus"), approver("hal")}, nil
}

func (c *chartOf) Rate(context.Context, *storage.Tx, money.Currency, money.Currency) (decimal.Decimal, error) {
	return decimal.RequireFromString(c.rate), nil
}

type approvalDesk struct {
	*approval.Approvals
	t      *testing.T
	db     *storage.DB
	chart  *chartOf
	now    time.Time
	ticker *event.Ticker
}

func openApprovals(t *testing.T, e engine) *approvalDesk {
	d := &approvalDesk{t: t, chart: &chartOf{rate: "0.92"}, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	store := storage.Open(e.open(t), storage.Attempts(60, time.Millisecond), storage.Clock(func() time.Time { return d.now }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), workflow.Package(), approval.Package()))
	var err error
	d.db, err = store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	d.Approvals = approval.New(d.db, approval.Ports{Org: d.chart, Roles: d.chart, Rates: d.chart})
	timers := workflow.NewTimers()
	approval.HandleTimers(timers, d.In)
	d.ticker = event.NewTicker(store, nil)
	timers.Attach(d.ticker)
	tolerant := approval.Terms{Material: []string{"amount"}, Tolerance: decimal.NewFromInt(5)}
	d.set(approval.Policy{Name: "expense", Measure: approval.ByAmount, AboveAmount: money.MustParse("100 EUR"),
		Stages: []approval.Stage{{Who: approval.Managers}}, Terms: tolerant})
	d.set(named("three", approval.Stage{Who: approval.People, People: []storage.Ref{approver("ben"), approver("cem"), approver("fay")}}))
	d.set(named("two of three", approval.Stage{Who: approval.Role, Role: "finance", Due: time.Hour,
		Quorum: approval.Quorum{Count: approval.NOf, N: 2}}))
	d.set(named("any", approval.Stage{Who: approval.Role, Role: "pair"}))
	d.set(named("all", approval.Stage{Who: approval.Role, Role: "pair", Quorum: approval.Quorum{Count: approval.AllOf}}))
	d.set(named("late", approval.Stage{Who: approval.People, People: []storage.Ref{approver("cem")}, Due: time.Hour,
		Escalate: &approval.Escalation{Replace: true}}))
	return d
}

func named(name string, stages ...approval.Stage) approval.Policy {
	return approval.Policy{Name: name, Measure: approval.Always, Stages: stages}
}

func (d *approvalDesk) set(p approval.Policy) {
	d.t.Helper()
	_, err := d.SetPolicy(d.t.Context(), approval.SetPolicy{Policy: p})
	require.NoError(d.t, err)
}

// submit asks about a document of its own for each id.
func (d *approvalDesk) submit(policy, id, amount string) *approval.Request {
	d.t.Helper()
	return d.ok(d.Submit(d.t.Context(), asking(policy, id, amount)))
}

func asking(policy, id, amount string) approval.Submit {
	return approval.Submit{By: approver("ana"), Policy: policy, Subject: storage.Ref{Kind: "claim", ID: id}, Amount: money.MustParse(amount), Digest: amount}
}

// ok checks that what is stored is the fold of the history.
func (d *approvalDesk) ok(r *approval.Request, err error) *approval.Request {
	d.t.Helper()
	require.NoError(d.t, err)
	var state approval.Request
	for e, err := range d.History(d.t.Context(), r.ID) {
		require.NoError(d.t, err)
		state = approval.Evolve(state, *e)
	}
	stored, err := d.Get(d.t.Context(), r.ID)
	require.NoError(d.t, err)
	stored.ID, stored.Version, stored.Fields = state.ID, 0, nil
	a, err := json.Marshal(state)
	require.NoError(d.t, err)
	b, err := json.Marshal(stored)
	require.NoError(d.t, err)
	require.JSONEq(d.t, string(a), string(b))
	return r
}

func (d *approvalDesk) yes(r *approval.Request, by string) *approval.Request {
	d.t.Helper()
	return d.ok(d.Approve(d.t.Context(), approval.Vote{By: approver(by), Request: r.ID}))
}

// inboxes are those with a task of a request.
func (d *approvalDesk) inboxes(r *approval.Request) string {
	list := map[string]bool{}
	for task, err := range d.Tasks(d.t.Context(), approval.TaskFilter{}) {
		require.NoError(d.t, err)
		if task.Request == r.ID {
			list[task.Approver.ID] = true
		}
	}
	var out []string
	for _, name := range []string{"ben", "cem", "dia", "fay", "gus", "hal"} {
		if list[name] {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

func (d *approvalDesk) granted(r *approval.Request) (n int) {
	for e, err := range event.All(d.t.Context(), d.db, event.Filter{}) {
		require.NoError(d.t, err)
		if e.Name == "approval.request.approved" && e.Subject == r.Ref() {
			n++
		}
	}
	return n
}

func asked(steps []approval.Step) string {
	var list []string
	for _, s := range steps {
		list = append(list, s.Approvers[0].ID)
	}
	return strings.Join(list, " ")
}

func TestWorkflowScenariosOfApprovals(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		d := openApprovals(t, e)
		ctx := t.Context()
		vote := func(r *approval.Request, by string) approval.Vote {
			return approval.Vote{By: approver(by), Request: r.ID}
		}

		// W1
		r := d.submit("expense", "w1", "7400.00 EUR")
		require.Equal(t, "ben cem", asked(r.Steps))
		require.Equal(t, "ben", d.inboxes(r))
		d.yes(r, "ben")
		require.Equal(t, "cem", d.inboxes(r))
		require.Equal(t, approval.Approved, d.yes(r, "cem").State)
		require.Equal(t, 1, d.granted(r))

		// W2
		require.Equal(t, "ben", asked(d.submit("expense", "w2a", "1086.95 USD").Steps))
		require.Equal(t, "ben cem", asked(d.submit("expense", "w2b", "1086.96 USD").Steps))

		// W4
		r = d.submit("two of three", "w4", "1 EUR")
		d.ok(d.Reject(ctx, vote(r, "fay")))
		require.Equal(t, "gus hal", d.inboxes(r))
		require.Equal(t, approval.Rejected, d.ok(d.Reject(ctx, vote(r, "gus"))).State)
		require.Empty(t, d.inboxes(r))
		for timer, err := range workflow.AllTimers(ctx, d.db, workflow.TimerFilter{}) {
			require.NoError(t, err)
			t.Errorf("%s is left", timer)
		}

		// W7
		for repeat, want := range map[approval.Repeat]string{approval.Consecutive: "ben fay ben", approval.Once: "ben fay", approval.Distinct: "ben cem fay dia"} {
			p := named("thrice "+string(repeat), approval.Stage{Who: approval.People,
				People: []storage.Ref{approver("ben"), approver("ben"), approver("fay"), approver("ben")}})
			p.Terms.Repeat = repeat
			d.set(p)
			var voted []string
			for r = d.submit(p.Name, "w7", "1 EUR"); r.State == approval.Pending; r = d.yes(r, voted[len(voted)-1]) {
				voted = append(voted, d.inboxes(r))
			}
			require.Equal(t, want, strings.Join(voted, " "), string(repeat))
			require.Equal(t, approval.Approved, r.State)
		}

		// W11
		r = d.submit("expense", "w11", "900 EUR")
		m, err := d.Delegate(ctx, approval.Delegate{Delegation: approval.Delegation{From: approver("ben"), To: approver("fay")}})
		require.NoError(t, err)
		require.Equal(t, "ben fay", d.inboxes(r))
		_, err = d.Approve(ctx, vote(r, "ben"))
		require.ErrorIs(t, err, approval.ErrNotAssigned)
		_, err = d.EndDelegation(ctx, approval.EndDelegation{Delegation: m.ID})
		require.NoError(t, err)
		r = d.yes(r, "fay")
		require.Equal(t, approver("ben"), r.Steps[0].Decision.For)
		_, err = d.Approve(ctx, vote(r, "ben"))
		require.ErrorIs(t, err, approval.ErrStepClosed)

		// W16
		r = d.submit("late", "w16", "1 EUR")
		d.now = d.now.Add(time.Hour)
		_, err = d.ticker.Tick(ctx)
		require.NoError(t, err)
		require.Equal(t, "dia", d.inboxes(r))
		_, err = d.Approve(ctx, vote(r, "cem"))
		require.ErrorIs(t, err, approval.ErrNotAssigned)
		require.Equal(t, approval.Approved, d.yes(r, "dia").State)

		// W17
		r = d.yes(d.submit("expense", "w17", "900.00 EUR"), "ben")
		edit := func(amount string) *approval.Request {
			return d.ok(d.Amend(ctx, approval.Amendment{By: approver("ana"), Policy: "expense", Subject: r.Subject, Amount: money.MustParse(amount)}))
		}
		require.Equal(t, approval.Approved, edit("945.00 EUR").State)
		require.Equal(t, approval.Pending, edit("945.01 EUR").State)
		require.Equal(t, "ben", d.inboxes(r))

		// W18
		r = d.submit("three", "w18", "1 EUR")
		d.set(named("three", approval.Stage{Who: approval.People, People: []storage.Ref{approver("ben"), approver("gus")}}))
		require.Equal(t, "ben cem fay", asked(d.yes(r, "ben").Steps), "pinned")
		r = d.ok(d.Migrate(ctx, approval.Migration{Vote: approval.Vote{Request: r.ID}}))
		require.Equal(t, "ben gus", asked(r.Steps))
		require.Equal(t, "gus", d.inboxes(r))
		require.Equal(t, approval.Approved, d.yes(r, "gus").State)

		// W19
		r = d.yes(d.submit("three", "w19", "1 EUR"), "ben")
		r = d.ok(d.Return(ctx, approval.Vote{By: approver("gus"), Request: r.ID, Step: 1}))
		require.Equal(t, "ben", d.inboxes(r))
		require.Equal(t, approval.Draft, d.ok(d.Return(ctx, vote(r, "ben"))).State)
		require.EqualValues(t, 2, d.submit("three", "w19", "1 EUR").Generation)

		// W22
		own := asking("expense", "w22 own", "900 EUR")
		own.Requester = approver("ben")
		votes := []approval.Vote{vote(d.ok(d.Submit(ctx, own)), "ben")}
		for _, id := range []string{"1", "2", "3", "4"} {
			votes = append(votes, vote(d.submit("expense", "w22 "+id, "900 EUR"), "ben"))
		}
		votes[1].Version = 7
		results := d.DecideEach(ctx, approval.Approve, votes...)
		require.ErrorIs(t, results[0].Err, approval.ErrRequester)
		require.ErrorIs(t, results[1].Err, storage.ErrStale)
		for _, one := range results[2:] {
			require.Equal(t, approval.Approved, d.ok(one.Request, one.Err).State)
		}
		_, err = d.Delegate(ctx, approval.Delegate{Delegation: approval.Delegation{From: approver("cem"), To: approver("fay")}})
		require.NoError(t, err)
		plan, err := d.Plan(ctx, asking("expense", "w22", "12000 EUR"))
		require.NoError(t, err)
		require.Equal(t, "ben fay dia", asked(plan))
		require.Equal(t, asked(plan), asked(d.submit("expense", "w22", "12000 EUR").Steps))
	})
}

func TestTwoApproveAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		d := openApprovals(t, e)
		both := func(r *approval.Request) (errs [2]error) {
			for range 6 {
				d.ok(d.Comment(t.Context(), approval.Say{By: approver("ana"), Request: r.ID, Text: "soon?"}))
			}
			var wait sync.WaitGroup
			for i, by := range []string{"fay", "gus"} {
				wait.Go(func() { _, errs[i] = d.Approve(t.Context(), approval.Vote{By: approver(by), Request: r.ID}) })
			}
			wait.Wait()
			return errs
		}
		t.Run("W14 any of", func(t *testing.T) {
			r := d.submit("any", "w14", "1 EUR")
			errs := both(r)
			require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%v", errs)
			require.ErrorIs(t, errors.Join(errs[:]...), approval.ErrStepClosed)
			r, err := d.Get(t.Context(), r.ID)
			require.NoError(t, err)
			require.EqualValues(t, 8, r.Version)
			require.Equal(t, approval.Approved, r.State)
			require.Equal(t, 1, d.granted(r))
		})
		t.Run("W15 all of", func(t *testing.T) {
			r := d.submit("all", "w15", "1 EUR")
			errs := both(r)
			require.NoError(t, errors.Join(errs[:]...))
			r, err := d.Get(t.Context(), r.ID)
			require.NoError(t, err)
			require.EqualValues(t, 9, r.Version)
			require.Equal(t, approval.Approved, r.State)
			require.NotNil(t, r.Steps[0].Seats[0].Vote)
			require.NotNil(t, r.Steps[0].Seats[1].Vote)
			require.Equal(t, 1, d.granted(r))
		})
	})
}
