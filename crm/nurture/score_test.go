package nurture_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage/event"
)

// crossed lists what was told of scores: "+warm 30" for reached, "-warm 15" for fallen below.
func crossed(t testing.TB, d *desk) (list []string) {
	t.Helper()
	for _, e := range each(t, event.All(ctx, d.db, event.Filter{})) {
		for sign, typ := range map[string]event.Type[nurture.Reached]{"+": nurture.Crossed, "-": nurture.Fell} {
			if e.Name == typ.Name {
				r, err := typ.Read(*e)
				require.NoError(t, err)
				list = append(list, sign+r.Threshold+" "+r.Points.String())
			}
		}
	}
	return list
}

// shares writes what a score is made of: event, points, age, halvings, what counts.
func shares(x nurture.Explanation) (list []string) {
	for _, s := range x.Shares {
		list = append(list, fmt.Sprint(s.Event, " ", s.Points, " ", s.Age, " ", s.Halvings, " ", s.Counts))
	}
	return list
}
