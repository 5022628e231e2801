package workflow_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// An item of a purchase order: which approvals it is known to need, and which it has had.
type item struct{ needs, had map[string]bool }

var (
	errNotReleased = storage.NewError("test.not_released", "the order has not been released")
	errNotUnlocked = storage.NewError("test.not_unlocked", "the invoice is blocked for payment")
	errNoInvoice   = storage.NewError("test.no_invoice", "no invoice has been recorded")
)

// Approvals are the deeds that allow a payment, each with the guard that waits for it.
var approvals = []struct {
	guard, deed string
	err         *storage.Error
}{
	{"requisition released", "Release Purchase Requisition", errNotReleased},
	{"order released", "Release Purchase Order", errNotReleased},
	{"requester's system done", "SRM: Document Completed", errNotReleased},
	{"payment unlocked", "Remove Payment Block", errNotUnlocked},
	{"invoice recorded", "Record Invoice Receipt", errNoInvoice},
}

// orderLife is the life of an item: what else is done to it happens in any order, in the real log too, so only deletion and
// waiting for approval are states of their own.
func orderLife(all *census) workflow.Life[state, *item] {
	type way = workflow.Transition[state, *item]
	l := workflow.Life[state, *item]{Name: "purchase order item", Initial: "open",
		States: []workflow.State[state]{{Name: "open"}, {Name: "awaiting"}, {Name: "deleted"}, {Name: "cleared"}}}
	var guards []workflow.Guard[*item]
	for _, a := range approvals {
		guards = append(guards, workflow.Guard[*item]{Name: a.guard, Check: func(i *item) error {
			if i.needs[a.deed] && !i.had[a.deed] {
				return a.err
			}
			return nil
		}})
	}
	states := []state{"open", "awaiting", "deleted", "cleared"}
	special := []way{
		{Action: "SRM: Awaiting Approval", From: []state{"open"}, To: "awaiting"},
		{Action: "SRM: Document Completed", From: []state{"awaiting"}, To: "open"},
		{Action: "Delete Purchase Order Item", From: states, To: "deleted"},
		{Action: "Reactivate Purchase Order Item", From: []state{"deleted"}, To: "open"},
		{Action: "Clear Invoice", From: []state{"open", "deleted", "cleared"}, To: "cleared", When: guards}, // debts of a deleted item are paid too
		{Action: "Cancel Invoice Receipt", From: []state{"cleared"}, To: "open"},
	}
	l.Transitions = special
	for _, a := range sortedKeys(all.Activities) {
		if a != "Clear Invoice" {
			l.Transitions = append(l.Transitions, way{Action: workflow.Action(a), From: states, Stay: true})
		}
	}
	return l
}

func sortedKeys(m map[string]int) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// 1,115 items of purchase orders pass a machine; those that were paid before an approval that came later are refused by the guard that waits for it.
//
// The breach: the item's first Clear Invoice comes before the first of one of the approvals that the case is known, by hindsight, to have needed.
func TestALogOfPurchaseOrdersIsReplayed(t *testing.T) {
	list := stories(t, "purchase-orders.csv")
	want := expected(t, "purchase-orders.csv")
	m := workflow.MustCompile(orderLife(want))
	for _, flaw := range m.Lint() { // every deed may stay where it is, after the ways that lead on
		require.NotEqual(t, workflow.FlawUnreachable, flaw.Kind)
	}
	got := newCensus()
	breaches := map[string][]string{} // by guard
	for _, s := range list {
		i, at := &item{map[string]bool{}, map[string]bool{}}, m.Initial()
		for _, d := range s.deeds {
			i.needs[d.does] = true
		}
		said := false
		for _, d := range s.deeds {
			next, _, err := m.Fire(at, workflow.Action(d.does), i)
			if err != nil {
				var refused *workflow.Refused
				require.ErrorAs(t, err, &refused, s.name)
				require.Equal(t, workflow.Action("Clear Invoice"), refused.Action)
				require.True(t, errors.Is(err, errNotReleased) || errors.Is(err, errNotUnlocked) || errors.Is(err, errNoInvoice))
				if !said {
					breaches[refused.Guard] = append(breaches[refused.Guard], s.name)
				}
				said, next = true, "cleared" // it was paid all the same
			}
			at, i.had[d.does] = next, true
		}
		got.add(s.deeds)
	}
	got.finish(len(want.Top))
	// Of the direct successions the 100 most frequent are given.
	least := 0
	for _, n := range want.Follows {
		if least == 0 || n < least {
			least = n
		}
	}
	for pair, n := range got.Follows {
		if _, listed := want.Follows[pair]; !listed {
			require.LessOrEqual(t, n, least, pair)
			delete(got.Follows, pair)
		}
	}
	require.Equal(t, want, got)

	// The reckoning looks at places in the list only.
	reckoned := map[string][]string{}
	for _, s := range list {
		first := func(does string) int { return slices.IndexFunc(s.deeds, func(d deed) bool { return d.does == does }) }
		paid := first("Clear Invoice")
		for _, a := range approvals {
			if paid >= 0 && first(a.deed) > paid {
				reckoned[a.guard] = append(reckoned[a.guard], s.name)
				break // the first guard is the one that is named
			}
		}
	}
	require.Equal(t, reckoned, breaches)
	for guard, names := range breaches {
		t.Logf("%s: %d items, the first %s", guard, len(names), names[0])
	}
	require.NotEmpty(t, breaches)
}
