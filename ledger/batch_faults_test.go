package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
)

func TestAFaultOfOneEntryHidesNoneOfTheNext(t *testing.T) {
	b := ledger.New(open(t))
	short := simple("2017-03-01", ledger.Travel, ledger.Bank, "1")
	short.Legs = short.Legs[:1]
	lame := simple("2017-03-01", ledger.Travel, ledger.Bank, "1")
	lame.Legs[0].Amount = lame.Legs[0].Amount.Neg()
	_, err := b.Post(t.Context(), short, lame)
	require.True(t, storage.Has(err, "entries.0.legs", ledger.CodeTooFew), "%v", err)
	require.True(t, storage.Has(err, "entries.1.legs", "ledger.unbalanced"), "%v", err)
}
