package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

var hal = person("hal")

// above is the chart of the scenarios for everyone in it.
var above = map[storage.Ref]storage.Ref{ana: ben, ben: cem, cem: dia, dia: eli}

// run is a request that is decided without any storage, with all that happened to it.
type run struct {
	t         *testing.T
	request   approval.Request
	situation approval.Situation
	at        time.Time
	records   []approval.Record
	effects   []string
}

func start(t *testing.T, p approval.Policy, people approval.Candidates) *run {
	if p.Measure == "" {
		p.Name, p.Measure = "p", approval.Always
	}
	if p.Version == 0 {
		p.Version = 1
	}
	return &run{t: t, situation: approval.Situation{Policy: &p, People: &people}, at: noon}
}

func (r *run) do(c approval.Command) error {
	r.t.Helper()
	list, err := approval.Decide(r.request, c, r.situation, r.at)
	if err != nil {
		require.Empty(r.t, list)
		return err
	}
	after := approval.Fold(r.request, list...)
	for _, e := range approval.Effects(r.request, after) {
		r.effects = append(r.effects, strings.Trim(fmt.Sprint(e.Kind, " ", e.Person.ID, e.Timer, e.State), " "))
	}
	r.request, r.records = after, append(r.records, list...)
	replayed := approval.Fold(approval.Request{}, r.records...)
	require.JSONEq(r.t, encode(r.t, r.request), encode(r.t, replayed))
	require.Equal(r.t, int64(len(r.records)), r.request.Flow.Count, "the version is the number of events")
	return nil
}

func encode(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func (r *run) submit(amount string) {
	r.t.Helper()
	require.NoError(r.t, r.ask(approval.Content{Amount: money.MustParse(amount)}))
}

func (r *run) ask(c approval.Content) error {
	r.t.Helper()
	return r.do(approval.Command{By: ana, Action: approval.AskFor, Content: c, Ask: approval.Ask{Requester: ana, Subject: claim}})
}

func (r *run) approve(by storage.Ref) error {
	return r.do(approval.Command{By: by, Action: approval.Approve})
}

func (r *run) reject(by storage.Ref) error {
	return r.do(approval.Command{By: by, Action: approval.Reject})
}

func (r *run) count(effect string) (n int) {
	for _, e := range r.effects {
		if e == effect {
			n++
		}
	}
	return n
}

func waiting(r approval.Request) string {
	var list []string
	for _, p := range r.Waiting() {
		list = append(list, p.ID)
	}
	return strings.Join(list, " ")
}

func people(list ...storage.Ref) approval.Stage {
	return approval.Stage{Who: approval.People, People: list}
}

func always(stages ...approval.Stage) approval.Policy {
	return approval.Policy{Name: "p", Measure: approval.Always, Stages: stages}
}

func TestScenarios(t *testing.T) {
	chain := approval.Candidates{Managers: chart, Above: above}
	t.Run("W1 chain until limit", func(t *testing.T) {
		r := start(t, expense, chain)
		r.submit("7400.00 EUR")
		require.Equal(t, "ben cem", names(r.request.Steps))
		require.Equal(t, "ben", waiting(r.request))
		require.NoError(t, r.approve(ben))
		require.Equal(t, "cem", waiting(r.request))
		require.Zero(t, r.count("open_task dia"))
		require.NoError(t, r.approve(cem))
		require.Equal(t, approval.Approved, r.request.State)
		require.Equal(t, 1, r.count("became approved"))
		require.Equal(t, 1, r.count("unlock"))
	})
	t.Run("W2 boundary and currency", func(t *testing.T) {
		at := func(amount, rate string) approval.Content {
			a, by := money.MustParse(amount+" USD"), decimal.RequireFromString(rate)
			base, err := approval.Convert(a, "EUR", by)
			require.NoError(t, err)
			return approval.Content{Amount: a, Rate: by, Base: base}
		}
		for amount, want := range map[string]string{"1086.95": "ben", "1086.96": "ben cem"} {
			r := start(t, expense, chain)
			require.NoError(t, r.ask(at(amount, "0.92")))
			require.Equal(t, want, names(r.request.Steps), amount)
		}
		require.Equal(t, "999.994", at("1086.95", "0.92").Base.Decimal().String())
		require.Equal(t, "1000.0032", at("1086.96", "0.92").Base.Decimal().String())
		r := start(t, expense, chain)
		require.NoError(t, r.ask(at("1086.95", "0.92")))
		require.NoError(t, r.do(approval.Command{By: ben, Action: approval.Return}))
		require.Equal(t, "999.994", r.request.Flow.Base.Decimal().String(), "pinned")
		require.NoError(t, r.ask(at("1086.95", "0.95")))
		require.Equal(t, "ben cem", names(r.request.Steps), "resubmitted at the new rate: 1032.6025")
		for amount, want := range map[string]string{"1000.00": "ben", "1000.01": "ben cem"} {
			r := start(t, expense, chain)
			r.submit(amount + " EUR")
			require.Equal(t, want, names(r.request.Steps))
		}
	})
	t.Run("W4 quorum two of three, refused when unreachable", func(t *testing.T) {
		pool := approval.Stage{Who: approval.Role, Role: "finance", Quorum: approval.Quorum{Count: approval.NOf, N: 2}, Due: 8 * time.Hour}
		finance := approval.Candidates{Roles: map[string][]storage.Ref{"finance": {fay, gus, hal}}}
		r := start(t, always(pool), finance)
		r.submit("1 EUR")
		require.NoError(t, r.reject(fay))
		require.Equal(t, approval.Pending, r.request.State)
		require.Equal(t, "gus hal", waiting(r.request))
		require.NoError(t, r.reject(gus))
		require.Equal(t, approval.Rejected, r.request.State)
		require.Equal(t, 1, r.count("close_task hal"))
		require.Equal(t, 1, r.count("cancel_timers"))
		require.ErrorIs(t, r.approve(hal), approval.ErrStepClosed)
		pool.Quorum.Veto = true
		r = start(t, always(pool), finance)
		r.submit("1 EUR")
		require.NoError(t, r.reject(fay))
		require.Equal(t, approval.Rejected, r.request.State)
	})
	t.Run("W7 the same person thrice", func(t *testing.T) {
		for repeat, want := range map[approval.Repeat]string{approval.Consecutive: "ben fay ben", approval.Once: "ben fay", approval.AskAgain: "ben ben fay ben"} {
			p := always(people(ben, ben, fay, ben))
			p.Terms.Repeat = repeat
			r := start(t, p, chain)
			r.submit("1 EUR")
			var asked []string
			for r.request.State == approval.Pending {
				by := r.request.Waiting()[0]
				asked = append(asked, by.ID)
				require.NoError(t, r.approve(by))
			}
			require.Equal(t, want, strings.Join(asked, " "), string(repeat))
			require.Equal(t, approval.Approved, r.request.State)
			if last := r.records[len(r.records)-1]; repeat == approval.Once {
				require.Equal(t, approval.DidSatisfy, last.Name)
				require.Equal(t, ben, last.By)
				require.Equal(t, 1, last.From)
				require.Equal(t, 4, last.Step)
			}
		}
		p := always(people(ben, ben, fay, ben))
		p.Terms.Repeat = approval.Distinct
		r := start(t, p, chain)
		r.submit("1 EUR")
		require.Equal(t, "ben cem fay dia", names(r.request.Steps))
	})
	t.Run("W11 delegation ends while pending", func(t *testing.T) {
		for _, first := range []storage.Ref{ben, fay} {
			away := chain
			away.Delegations = []approval.Delegation{{From: ben, To: fay, Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}}
			r := start(t, expense, away)
			r.submit("900 EUR")
			require.Equal(t, "fay", waiting(r.request))
			require.ErrorIs(t, r.approve(ben), approval.ErrNotAssigned, "while away")
			r.at = noon.Add(time.Hour) // half-open: it is over now
			other := fay
			if first == fay {
				other = ben
			}
			require.NoError(t, r.approve(first))
			require.Equal(t, approval.Approved, r.request.State)
			vote := r.request.Steps[0].Decision
			require.Equal(t, first, vote.By)
			if first == fay {
				require.Equal(t, ben, vote.For, "both are named")
			}
			require.ErrorIs(t, r.approve(other), approval.ErrStepClosed)
		}
	})
	t.Run("W14 two approve at once, any of", func(t *testing.T) {
		r := start(t, always(approval.Stage{Who: approval.Role, Role: "f"}), approval.Candidates{Roles: map[string][]storage.Ref{"f": {fay, gus}}})
		r.submit("1 EUR")
		for range 6 {
			require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Remark, Why: "soon?"}))
		}
		require.EqualValues(t, 7, r.request.Flow.Count)
		require.NoError(t, r.approve(fay))
		require.EqualValues(t, 8, r.request.Flow.Count)
		err := r.approve(gus)
		require.ErrorIs(t, err, approval.ErrStepClosed)
		require.ErrorContains(t, err, "by person/fay")
		require.Equal(t, 1, r.count("became approved"))
	})
	t.Run("W15 two approve at once, all of", func(t *testing.T) {
		r := start(t, always(approval.Stage{Who: approval.Role, Role: "f", Quorum: approval.Quorum{Count: approval.AllOf}}),
			approval.Candidates{Roles: map[string][]storage.Ref{"f": {fay, gus}}})
		r.submit("1 EUR")
		for range 6 {
			require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Remark, Why: "soon?"}))
		}
		require.NoError(t, r.approve(fay))
		require.EqualValues(t, 8, r.request.Flow.Count)
		require.NoError(t, r.approve(gus))
		require.EqualValues(t, 9, r.request.Flow.Count)
		require.Equal(t, 1, r.count("became approved"))
		require.NotNil(t, r.request.Steps[0].Seats[0].Vote)
		require.NotNil(t, r.request.Steps[0].Seats[1].Vote)
	})
	t.Run("W16 escalation at the very instant of approval", func(t *testing.T) {
		due := func(replace bool) *run {
			s := approval.Stage{Who: approval.People, People: []storage.Ref{cem}, Due: 8 * time.Hour, Escalate: &approval.Escalation{Replace: replace}}
			r := start(t, always(s), chain)
			r.submit("1 EUR")
			r.at = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
			return r
		}
		r := due(true)
		timer := approval.Command{Action: approval.Escalate, Step: 1, Turn: r.request.Steps[0].Turn}
		require.NoError(t, r.approve(cem))
		n := len(r.records)
		require.NoError(t, r.do(timer))
		require.Len(t, r.records, n, "the timer finds its generation closed")
		r = due(false)
		require.NoError(t, r.do(timer))
		require.Equal(t, "cem dia", waiting(r.request))
		require.NoError(t, r.do(timer), "stale: no event")
		require.Equal(t, "cem dia", waiting(r.request))
		require.NoError(t, r.approve(cem))
		require.Equal(t, approval.Approved, r.request.State)
		r = due(true)
		require.NoError(t, r.do(timer))
		err := r.approve(cem)
		require.ErrorIs(t, err, approval.ErrNotAssigned)
		require.ErrorContains(t, err, "now [person/dia]")
		require.NoError(t, r.approve(dia))
		require.Equal(t, approval.Approved, r.request.State)
	})
	t.Run("W17 edit after approval", func(t *testing.T) {
		p := expense
		p.Terms = approval.Terms{Material: []string{"amount"}, Tolerance: decimal.NewFromInt(5)}
		edited := func(amounts ...string) *run {
			r := start(t, p, chain)
			r.submit("900.00 EUR")
			require.NoError(t, r.approve(ben))
			for _, a := range amounts {
				require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Amend, Content: approval.Content{Amount: money.MustParse(a)}}))
			}
			return r
		}
		for _, c := range []struct {
			amounts []string
			state   approval.State
			gen     int64
		}{{[]string{"945.00 EUR"}, approval.Approved, 1}, {[]string{"945.01 EUR"}, approval.Pending, 2},
			{[]string{"940 EUR"}, approval.Approved, 1}, {[]string{"940 EUR", "980 EUR"}, approval.Pending, 2}} {
			r := edited(c.amounts...)
			require.Equal(t, c.state, r.request.State, "%v", c.amounts)
			require.Equal(t, c.gen, r.request.Generation, "%v", c.amounts)
			if c.gen == 2 {
				require.Nil(t, r.request.Steps[0].Seats[0].Vote)
				require.Equal(t, "ben", waiting(r.request))
			}
		}
		r := edited()
		note, err := approval.NewDocument(map[string]any{"note": "with the train"})
		require.NoError(t, err)
		require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Amend, Content: approval.Content{Amount: eur("900"), Document: note}}))
		require.Equal(t, approval.Approved, r.request.State)
		p.Terms.Currency = "EUR"
		r = edited()
		require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Amend, Content: approval.Content{Amount: money.MustParse("900 USD"), Base: eur("900")}}))
		require.Equal(t, approval.Pending, r.request.State)
		require.EqualValues(t, 2, r.request.Generation)
	})
	t.Run("W18 definition changed in flight", func(t *testing.T) {
		v1, v2 := always(people(ben)), always(people(ben, fay))
		v1.Version, v2.Version = 1, 2
		r := start(t, v1, chain)
		r.submit("1 EUR")
		require.NoError(t, r.approve(ben))
		require.Equal(t, approval.Approved, r.request.State, "under version 1")
		r = start(t, v1, chain)
		r.submit("1 EUR")
		require.NoError(t, r.do(approval.Command{By: ana, Action: approval.Recall}))
		r.situation.Policy = &v2
		r.submit("1 EUR")
		require.Equal(t, "ben fay", names(r.request.Steps))
		require.EqualValues(t, 2, r.request.PolicyVersion)
		r = start(t, v1, chain)
		r.submit("1 EUR")
		r.situation.Policy = &v2
		require.NoError(t, r.do(approval.Command{Action: approval.Migrate, Map: map[int]int{1: 1}}))
		require.Equal(t, approval.DidMigrate, r.records[1].Name)
		require.NoError(t, r.approve(ben))
		require.Equal(t, "fay", waiting(r.request))
		require.NoError(t, r.approve(fay))
		require.Equal(t, approval.Approved, r.request.State)
	})
	t.Run("W19 reject to a step", func(t *testing.T) {
		r := start(t, always(people(ben, cem, fay)), chain)
		r.submit("1 EUR")
		require.NoError(t, r.approve(ben))
		require.NoError(t, r.approve(cem))
		require.NoError(t, r.do(approval.Command{By: fay, Action: approval.Return, Step: 2}))
		require.Equal(t, "cem", waiting(r.request))
		require.NotNil(t, r.request.Steps[0].Decision)
		require.Nil(t, r.request.Steps[1].Seats[0].Vote)
		require.NoError(t, r.approve(cem))
		require.NoError(t, r.do(approval.Command{By: fay, Action: approval.Return}))
		require.Equal(t, approval.Draft, r.request.State)
		r.submit("1 EUR")
		require.EqualValues(t, 2, r.request.Generation)
		require.Equal(t, "ben", waiting(r.request))
		old := slices.IndexFunc(r.records, func(e approval.Record) bool { return e.Generation == 1 && e.Name == approval.DidVote })
		require.GreaterOrEqual(t, old, 0, "the first generation stays in the audit")
	})
	t.Run("W22 dry run", func(t *testing.T) {
		away := chain
		away.Delegations = []approval.Delegation{{From: cem, To: fay, Since: noon}}
		f := approval.Facts{Requester: ana, Amount: eur("12000"), At: noon}
		plan, err := approval.Explain(expense, f, away)
		require.NoError(t, err)
		require.Equal(t, "ben fay dia", names(plan.Steps))
		require.Equal(t, cem, plan.Steps[1].Seats[0].Person)
		require.Equal(t, "manager whose limit of 10000.00 EUR does not suffice; delegated to fay", plan.Steps[1].Seats[0].Reason)
		r := start(t, expense, away)
		r.submit("12000 EUR")
		require.Equal(t, names(plan.Steps), names(r.request.Steps))
	})
}
