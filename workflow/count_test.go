package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A host sees how often actions of rules were done, failed, were tried again and were given up.
func TestActionsOfRulesAreCounted(t *testing.T) {
	o := newOffice(t)
	o.set(workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "a"}, {Do: "b"}, {Do: "c"}}})
	o.broken["b"] = true
	o.create("1", "")
	for range 20 {
		o.tick(time.Minute)
	}
	require.Equal(t, event.Tally{Done: 1, Failed: 5, Retried: 4, Dead: 1}, o.ticker.Counters().Kinds["workflow.rules"])
	require.Equal(t, event.Tally{Done: 4}, o.ticker.Counters().Kinds["workflow.timers"], "the timers that try again did what they are for")
}
