package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
)

func TestAReusedKeyNamesTheFieldsThatDiffer(t *testing.T) {
	t.Run("LT-C4", func(t *testing.T) {
		b := ledger.New(open(t))
		first := func() ledger.Entry {
			e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
			e.Key, e.Text = "k", "taxi"
			e.Legs[0].Dims.Department = "sales"
			return e
		}
		post(t, b, first())
		post(t, b, first()) // the same is replayed
		for want, change := range map[string]func(*ledger.Entry){
			"text":                   func(e *ledger.Entry) { e.Text = "bus" },
			"date":                   func(e *ledger.Entry) { e.Date, e.ValueDate = e.Date.AddDays(1), e.Date },
			"source":                 func(e *ledger.Entry) { e.Source = storage.Ref{Kind: "x", ID: "1"} },
			"legs.1.account":         func(e *ledger.Entry) { e.Legs[1].Account = ledger.Clearing },
			"legs.0.dims.department": func(e *ledger.Entry) { e.Legs[0].Dims.Department = "it" },
			"legs":                   func(e *ledger.Entry) { e.Legs = append(e.Legs, e.Legs[0], e.Legs[1]); e.AllowSelf = true },
		} {
			e := first()
			change(&e)
			_, err := b.Post(t.Context(), e)
			require.ErrorIs(t, err, storage.ErrKeyReused, want)
			require.True(t, storage.Has(err, want, ledger.CodeDiffers), "%s: %v", want, err)
			var bad *storage.Invalid
			require.ErrorAs(t, err, &bad)
			require.Len(t, bad.Fields, 1, "%s: %v", want, err)
		}
		e := first()
		e.Legs[0].Amount, e.Legs[1].Amount = eur("12"), eur("-12")
		_, err := b.Post(t.Context(), simple("2017-03-01", ledger.Travel, ledger.Bank, "1"), e)
		require.True(t, storage.Has(err, "entries.1.legs.0.amount", ledger.CodeDiffers), "%v", err)
		require.ErrorContains(t, err, "it was 10.00 EUR")
	})
}
