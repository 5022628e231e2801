package sales_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfAnOrderIsSoundAndDrawn(t *testing.T) {
	require.Empty(t, sales.Life.Lint())
	require.Equal(t, `stateDiagram-v2
    s0 : Draft
    s1 : Confirmed
    s2 : Fulfilled
    s3 : Closed
    s4 : Cancelled
    [*] --> s0
    s0 --> s0 : Change
    s0 --> s1 : Confirm
    s1 --> s2 : Fulfil
    s2 --> s3 : Close
    s0 --> s4 : Cancel
    s1 --> s4 : Cancel
    s3 --> [*]
    s4 --> [*]
`, sales.LifeDiagram())
}

func TestTheServiceAnswersEachActionInEachStateAsTheLifeDoes(t *testing.T) {
	d, ctx := open(t), t.Context()
	type id = storage.ID[sales.Order]
	verbs := map[string]func(id) error{
		"change":  func(o id) error { _, err := d.Redraft(ctx, sales.Redraft{Order: o, Draft: draft("96")}); return err },
		"confirm": func(o id) error { _, err := d.Confirm(ctx, sales.Confirm{Order: o}); return err },
		"fulfil":  func(o id) error { _, err := d.Fulfil(ctx, sales.Fulfil{Order: o}); return err },
		"close":   func(o id) error { _, err := d.Close(ctx, sales.Close{Order: o}); return err },
		"cancel":  func(o id) error { _, err := d.Cancel(ctx, sales.Cancel{Order: o}); return err },
	}
	ways := map[sales.State][]string{sales.Drafted: {}, sales.Confirmed: {"confirm"}, sales.Fulfilled: {"confirm", "fulfil"},
		sales.Closed: {"confirm", "fulfil", "close"}, sales.Cancelled: {"cancel"}}
	allowed := 0
	for _, state := range sales.Life.States() {
		for i := range verbs {
			o, err := d.Draft(ctx, draft("95"))
			require.NoError(t, err)
			for _, step := range ways[state] {
				require.NoError(t, verbs[step](o.ID))
			}
			o, err = d.Get(ctx, o.ID)
			require.NoError(t, err)
			require.Equal(t, state, o.State)
			permitted := o.Permitted()
			require.Len(t, permitted, len(verbs))
			for n, p := range permitted {
				if string(p.Action) != i {
					continue
				}
				err := verbs[i](o.ID)
				require.Equal(t, p.Allowed, err == nil, "%s of %s: %v", i, state, err)
				require.Equal(t, o.Verbs()[n], storage.Verb{Name: i, Why: p.Reason})
				if no := (*storage.Error)(nil); !p.Allowed {
					require.True(t, errors.As(err, &no))
					require.Equal(t, p.Code, no.Code)
					continue
				}
				allowed++
				o, err = d.Get(ctx, o.ID)
				require.NoError(t, err)
				require.Equal(t, p.To, string(o.State))
			}
		}
	}
	require.Equal(t, 6, allowed, "of 25 pairs")
	require.Nil(t, (&sales.Order{State: "lost"}).Permitted())
}
