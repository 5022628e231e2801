//go:build !race

package peers_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/looplab/fsm"
	"github.com/qmuntal/stateless"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

type bill struct{ total, limit int64 }

var errTooMuch = storage.NewError("test.too_much", "more than the limit")

// fire leads a bill from a state by an action; no is why it does not.
type fire func(from, action string, doc *bill) (to string, no error)

func ours() fire {
	within := workflow.Guard[*bill]{Name: "within limit", Check: func(b *bill) error {
		if b.total > b.limit {
			return errTooMuch
		}
		return nil
	}}
	m := workflow.MustCompile(workflow.Life[string, *bill]{Name: "bill", Initial: "draft",
		States: []workflow.State[string]{{Name: "draft"}, {Name: "sent"}, {Name: "approved"}, {Name: "paid", Final: true}, {Name: "cancelled", Final: true}},
		Transitions: []workflow.Transition[string, *bill]{
			{Action: "send", From: []string{"draft"}, To: "sent"},
			{Action: "send", From: []string{"sent"}, To: "sent"},
			{Action: "note", From: []string{"sent"}, Stay: true},
			{Action: "approve", From: []string{"sent"}, To: "approved", When: []workflow.Guard[*bill]{within}},
			{Action: "pay", From: []string{"approved"}, To: "paid"},
			{Action: "cancel", To: "cancelled"},
		}})
	return func(from, action string, doc *bill) (string, error) {
		to, _, err := m.Fire(from, workflow.Action(action), doc)
		return to, err
	}
}

// viaStateless keeps the state where the one machine of all bills reads and writes it.
func viaStateless() fire {
	var now stateless.State
	m := stateless.NewStateMachineWithExternalStorage(
		func(context.Context) (stateless.State, error) { return now, nil },
		func(_ context.Context, s stateless.State) error { now = s; return nil }, stateless.FiringImmediate)
	within := func(_ context.Context, args ...any) bool { b := args[0].(*bill); return b.total <= b.limit }
	m.Configure("draft").Permit("send", "sent").Permit("cancel", "cancelled")
	m.Configure("sent").PermitReentry("send").Permit("approve", "approved", within).Permit("cancel", "cancelled").
		InternalTransition("note", func(context.Context, ...any) error { return nil })
	m.Configure("approved").Permit("pay", "paid").Permit("cancel", "cancelled")
	return func(from, action string, doc *bill) (string, error) {
		now = from
		err := m.Fire(action, doc)
		return now.(string), err
	}
}

func viaFSM() fire {
	m := fsm.NewFSM("draft", fsm.Events{
		{Name: "send", Src: []string{"draft", "sent"}, Dst: "sent"},
		{Name: "note", Src: []string{"sent"}, Dst: "sent"},
		{Name: "approve", Src: []string{"sent"}, Dst: "approved"},
		{Name: "pay", Src: []string{"approved"}, Dst: "paid"},
		{Name: "cancel", Src: []string{"draft", "sent", "approved"}, Dst: "cancelled"},
	}, fsm.Callbacks{"before_approve": func(_ context.Context, e *fsm.Event) {
		if b := e.Args[0].(*bill); b.total > b.limit {
			e.Cancel(errTooMuch)
		}
	}})
	ctx := context.Background()
	return func(from, action string, doc *bill) (string, error) {
		m.SetState(from)
		err := m.Event(ctx, action, doc)
		if same := (fsm.NoTransitionError{}); errors.As(err, &same) {
			err = same.Err // from a state to itself
		}
		return m.Current(), err
	}
}

func TestThePeersLeadABillWhereWeDo(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	we, peers := ours(), map[string]fire{"stateless": viaStateless(), "fsm": viaFSM()}
	states := []string{"draft", "sent", "approved", "paid", "cancelled"}
	actions := []string{"send", "note", "approve", "pay", "cancel", "fly"}
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	done, refused := 0, 0
	for range 1000 {
		from, action, doc := pick(states), pick(actions), &bill{rng.Int64N(4), rng.Int64N(4)}
		to, no := we(from, action, doc)
		if no == nil {
			done++
		} else if errors.Is(no, errTooMuch) {
			refused++
		}
		for name, peer := range peers {
			theirs, their := peer(from, action, doc)
			require.Equal(t, to, theirs, "%s: %s from %s", name, action, from)
			require.Equal(t, no == nil, their == nil, "%s: %s from %s: %v, ours %v", name, action, from, their, no)
		}
	}
	require.Greater(t, done, 200)
	require.Greater(t, refused, 5)
}

func BenchmarkTransitionBesideStatelessAndFSM(b *testing.B) {
	doc := &bill{1, 2}
	approve := func(name string, f fire) side {
		return side{name, func(n int) {
			for range n {
				if to, err := f("sent", "approve", doc); err != nil || to != "approved" {
					b.Fatal(to, err)
				}
			}
		}}
	}
	versus(b, approve("ours", ours()), approve("stateless", viaStateless()), approve("fsm", viaFSM()))
}
