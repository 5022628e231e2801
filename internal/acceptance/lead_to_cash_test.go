package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeadToCashTiesOnEveryEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		w := begin(t, e.open(t), nil, nil)
		c := w.company(t, "acme")
		for n := 1; n <= 3; n++ {
			r, err := chain(t.Context(), c, fmt.Sprint("c", n))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(n), r.Number)
			require.Equal(t, "1440.00", r.Gross)
			invariants(t, c, w.today())
		}
		finished(t, c, 3)
		before := counts(t, w.Store(), "acme")
		for n := 1; n <= 3; n++ { // once more under the same keys
			_, err := chain(t.Context(), c, fmt.Sprint("c", n))
			require.NoError(t, err)
		}
		require.Equal(t, before, counts(t, w.Store(), "acme"), "a chain that is started again does nothing twice")
		_, err := w.Tick(t.Context())
		require.NoError(t, err)
		invariants(t, c, w.today()) // folded totals say the same
		finished(t, c, 3)
	})
}
