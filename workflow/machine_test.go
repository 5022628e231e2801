package workflow_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

type state string

const (
	draft     state = "draft"
	sent      state = "sent"
	approved  state = "approved"
	paid      state = "paid"
	cancelled state = "cancelled"
)

type bill struct{ total, limit int64 }

var errTooMuch = storage.NewError("test.too_much", "more than the limit")

var withinLimit = workflow.Guard[*bill]{Name: "within limit", Check: func(b *bill) error {
	if b.total > b.limit {
		return errTooMuch
	}
	return nil
}}

func billLife() workflow.Life[state, *bill] {
	return workflow.Life[state, *bill]{Name: "bill", Initial: draft,
		States: []workflow.State[state]{{Name: draft, Leave: []workflow.Effect{"number"}}, {Name: sent, Enter: []workflow.Effect{"mail"}},
			{Name: approved}, {Name: paid, Final: true}, {Name: cancelled, Final: true, Enter: []workflow.Effect{"tell"}}},
		Transitions: []workflow.Transition[state, *bill]{
			{Action: "send", From: []state{draft}, To: sent, Effects: []workflow.Effect{"print"}},
			{Action: "send", Label: "Send again", From: []state{sent}, To: sent},
			{Action: "note", From: []state{sent}, Stay: true, Effects: []workflow.Effect{"log"}},
			{Action: "approve", From: []state{sent}, To: approved, When: []workflow.Guard[*bill]{withinLimit}},
			{Action: "pay", From: []state{approved}, To: paid},
			{Action: "cancel", To: cancelled},
		}}
}

func TestAMachineLeadsWhereTheTableSaysWithEffectsInOrder(t *testing.T) {
	m, err := workflow.Compile(billLife())
	require.NoError(t, err)
	require.Empty(t, m.Lint())
	small, large := &bill{1, 2}, &bill{3, 2}
	for _, c := range []struct {
		from    state
		action  workflow.Action
		doc     *bill
		to      state
		effects []workflow.Effect
		err     error
	}{
		{draft, "send", small, sent, []workflow.Effect{"number", "print", "mail"}, nil},
		{sent, "send", small, sent, []workflow.Effect{"mail"}, nil}, // a self transition is left and entered
		{sent, "note", small, sent, []workflow.Effect{"log"}, nil},  // staying is neither
		{sent, "approve", small, approved, nil, nil},
		{sent, "approve", large, sent, nil, workflow.ErrGuarded},
		{sent, "approve", large, sent, nil, errTooMuch},
		{approved, "cancel", large, cancelled, []workflow.Effect{"tell"}, nil},
		{paid, "cancel", small, paid, nil, workflow.ErrNotNow},
		{draft, "pay", small, draft, nil, workflow.ErrNotNow},
		{draft, "fly", small, draft, nil, workflow.ErrNoAction},
		{"lost", "pay", small, "lost", nil, workflow.ErrNoState},
	} {
		to, effects, err := m.Fire(c.from, c.action, c.doc)
		require.Equal(t, c.to, to, "%s %s", c.from, c.action)
		require.ErrorIs(t, err, c.err)
		require.ElementsMatch(t, c.effects, effects)
		if len(c.effects) > 0 {
			require.Equal(t, c.effects, effects, "in order")
		}
	}
}

func TestPermittedSaysYesOrWhyNot(t *testing.T) {
	m := workflow.MustCompile(billLife())
	list, err := m.Permitted(sent, &bill{3, 2}, false)
	require.NoError(t, err)
	require.Equal(t, []workflow.Permission{
		{Action: "send", Label: "Send again", Allowed: true, To: "sent"},
		{Action: "note", Label: "note", Allowed: true, To: "sent"},
		{Action: "approve", Label: "approve", Reason: "approve: more than the limit", Code: "test.too_much"},
		{Action: "cancel", Label: "cancel", Allowed: true, To: "cancelled"}}, list)
	list, err = m.Permitted(paid, &bill{}, true)
	require.NoError(t, err)
	for _, p := range list {
		require.Equal(t, workflow.ErrNotNow.Code, p.Code)
	}
	_, err = m.Permitted("lost", &bill{}, true)
	require.ErrorIs(t, err, workflow.ErrNoState)
}

// The first transition whose guard agrees is taken, in the order of declaration.
func TestTheFirstTransitionThatMayIsTaken(t *testing.T) {
	l := billLife()
	l.Transitions = append(l.Transitions, workflow.Transition[state, *bill]{Action: "approve", From: []state{sent}, To: cancelled})
	m := workflow.MustCompile(l)
	to, _, err := m.Fire(sent, "approve", &bill{1, 2})
	require.NoError(t, err)
	require.Equal(t, approved, to)
	to, _, err = m.Fire(sent, "approve", &bill{3, 2})
	require.NoError(t, err)
	require.Equal(t, cancelled, to)
}

func TestTheLinterNamesWhatWasHardlyMeant(t *testing.T) {
	l := billLife()
	l.States = append(l.States, workflow.State[state]{Name: "island"}, workflow.State[state]{Name: "swamp"},
		workflow.State[state]{Name: "round"}, workflow.State[state]{Name: "trip"})
	l.Transitions[5].From = []state{draft, sent, approved} // not out of the new ones
	l.Transitions = append(l.Transitions,
		workflow.Transition[state, *bill]{Action: "leave", From: []state{"island"}, To: paid},
		workflow.Transition[state, *bill]{Action: "sink", From: []state{draft}, To: "swamp"},
		workflow.Transition[state, *bill]{Action: "roam", From: []state{draft, "trip"}, To: "round"},
		workflow.Transition[state, *bill]{Action: "roam", From: []state{"round"}, To: "trip"},
		workflow.Transition[state, *bill]{Action: "send", From: []state{draft}, To: approved, When: []workflow.Guard[*bill]{withinLimit}})
	m := workflow.MustCompile(l)
	var got [][3]any
	for _, f := range m.Lint() {
		got = append(got, [3]any{f.Kind, f.State, f.Transition})
	}
	require.Equal(t, [][3]any{
		{workflow.FlawUnreachable, "island", 0}, {workflow.FlawDeadEnd, "swamp", 0}, {workflow.FlawNoEnd, "round", 0},
		{workflow.FlawNoEnd, "trip", 0}, {workflow.FlawAmbiguous, "draft", 10}}, got)
}

func TestALifeThatMakesNoSenseIsRefusedWithThePlaces(t *testing.T) {
	_, err := workflow.Compile(workflow.Life[state, *bill]{Initial: "x", States: []workflow.State[state]{{Name: draft}, {Name: draft}, {},
		{Name: paid, Final: true}}, Transitions: []workflow.Transition[state, *bill]{
		{}, {Action: "a", From: []state{"y", paid}, To: draft}, {Action: "a", To: draft, Stay: true},
		{Action: "a", To: draft, When: []workflow.Guard[*bill]{{}}}}})
	var bad *storage.Invalid
	require.ErrorAs(t, err, &bad)
	var got []string
	for _, f := range bad.Fields {
		got = append(got, f.Path+" "+f.Code)
	}
	require.Equal(t, []string{"name required", "states.1.name duplicate", "states.2.name required", "initial unknown_state",
		"transitions.0.action required", "transitions.1.from.0 unknown_state", "transitions.1.from.1 final",
		"transitions.2.to choice", "transitions.3.when.0.name required", "transitions.3.when.0.check required"}, got)
}

func TestALifeIsDrawn(t *testing.T) {
	m := workflow.MustCompile(billLife())
	require.Equal(t, `stateDiagram-v2
    s0 : draft
    s1 : sent
    s2 : approved
    s3 : paid
    s4 : cancelled
    [*] --> s0
    s0 --> s1 : send
    s1 --> s1 : Send again
    s1 --> s1 : note
    s1 --> s2 : approve [within limit]
    s2 --> s3 : pay
    s0 --> s4 : cancel
    s1 --> s4 : cancel
    s2 --> s4 : cancel
    s3 --> [*]
    s4 --> [*]
`, m.Mermaid())
	require.Contains(t, m.DOT(), `"sent" -> "approved" [label="approve [within limit]"];`)
	require.Contains(t, m.DOT(), `"paid" [label="paid", shape=doubleoctagon];`)
}

func TestFiringAllocatesNothing(t *testing.T) {
	m, doc := workflow.MustCompile(billLife()), &bill{1, 2}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, _, err := m.Fire(sent, "approve", doc); err != nil {
			t.Error(err)
		}
	}))
	var refused *workflow.Refused
	_, _, err := m.Fire(sent, "approve", &bill{3, 2})
	require.True(t, errors.As(err, &refused))
	require.Equal(t, "within limit", refused.Guard)
}

func BenchmarkTransition(b *testing.B) {
	m, doc := workflow.MustCompile(billLife()), &bill{1, 2}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.Fire(sent, "approve", doc); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRefusalsMayBeInThePackagesOwnWords(t *testing.T) {
	life := billLife()
	errPaid := storage.NewError("test.paid", "it is paid")
	life.NotNow = func(s state, _ workflow.Action) error {
		if s == paid {
			return errPaid
		}
		return nil
	}
	m := workflow.MustCompile(life)
	b := &bill{3, 2}
	for _, c := range []struct {
		from   state
		action workflow.Action
		to     state
		err    error
	}{{draft, "send", sent, nil}, {paid, "send", paid, errPaid}, {draft, "pay", draft, workflow.ErrNotNow}, {sent, "approve", sent, errTooMuch},
		{"gone", "send", "gone", workflow.ErrNoState}, {draft, "dance", draft, workflow.ErrNoAction}} {
		to, err := m.Next(c.from, c.action, b)
		require.Equal(t, c.to, to)
		require.ErrorIs(t, err, c.err)
		require.NotErrorIs(t, err, workflow.ErrGuarded, "the package's own refusal")
	}
	require.Equal(t, []storage.Verb{{Name: "approve", Why: errTooMuch.Text}, {Name: "note"}}, m.Verbs(sent, b, "approve", "note"))
	require.Len(t, m.Verbs(paid, b), 5)
	all, err := m.Permitted(paid, b, true)
	require.NoError(t, err)
	for _, p := range all {
		require.Equal(t, [2]string{errPaid.Text, errPaid.Code}, [2]string{p.Reason, p.Code})
	}
	few, err := m.Permitted(paid, b, false)
	require.NoError(t, err)
	require.Empty(t, few, "nothing leads out of the state, whatever the refusal is called")
}
