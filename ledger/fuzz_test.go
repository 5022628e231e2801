package ledger_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Whatever is posted, the answer is an entry that balances or a coded error, and the books balance afterwards.
func FuzzPost(f *testing.F) {
	b := ledger.New(open(f))
	for _, e := range []ledger.Entry{
		simple("2017-03-01", ledger.Travel, ledger.Bank, "10"), {},
		{Date: day("2017-03-01"), Key: "k", Text: "\u0000", Legs: []ledger.Leg{
			{Account: ledger.Travel, Amount: eur("100.03"), Split: []ledger.Share{share("0.7", ledger.Dims{Deal: "a"}),
				share("0.3", ledger.Dims{})}},
			ledger.Credit(ledger.Bank, eur("100.03"), ledger.Dims{Region: "r"})}},
	} {
		seed, err := json.Marshal(e)
		require.NoError(f, err)
		f.Add(seed)
	}
	f.Add([]byte(`{"date":"2017-03-01","exchange":"3950","meta":{"a":"b"},"legs":[{"account":"1010","amount":{"amount":"100","currency":"USD"}},
		{"account":"4010","amount":{"amount":"-80","currency":"EUR"}}]}`))
	f.Add([]byte(`{"date":"2017-03-01","legs":[{"account":"1010","amount":{"amount":"9223372036854775808","currency":"EUR"},
		"split":[{"weight":"1e30"},{"weight":"1e-30"}]},
		{"account":"1010","amount":{"amount":"-9223372036854775808","currency":"EUR"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e ledger.Entry
		if json.Unmarshal(data, &e) != nil {
			return
		}
		posted, err := b.Post(t.Context(), e)
		var coded *storage.Error
		var bad *storage.Invalid
		if err != nil {
			if !errors.As(err, &coded) && !errors.As(err, &bad) {
				t.Fatalf("not a coded error: %v", err)
			}
			return
		}
		full, err := b.Entry(t.Context(), posted[0].ID)
		require.NoError(t, err)
		sums := map[money.Currency]money.Amount{}
		for i, l := range full.Legs {
			if i < len(e.Legs) { // the others are those of the exchange account
				require.Equal(t, e.Legs[i].Amount, l.Amount)
			}
			for _, p := range l.Parts {
				sums[l.Amount.Currency()], err = sums[l.Amount.Currency()].Add(p.Amount)
				require.NoError(t, err)
			}
		}
		for _, s := range sums {
			require.True(t, s.IsZero())
		}
		trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: date.Period{To: e.Date}})
		if errors.Is(err, storage.ErrOverflow) {
			return
		}
		require.NoError(t, err)
		for _, s := range trial.Totals {
			require.True(t, s.Closing.IsZero())
		}
	})
}
