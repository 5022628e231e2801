package billing_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestTheFormOfEventsIsKept(t *testing.T) {
	on, id := date.Must(2026, 3, 2), storage.ID[billing.Invoice]{1}
	for name, payload := range map[string]any{
		"issued.v1": billing.IssuedPayload{Number: "1", Kind: billing.Normal, Customer: customer, Origin: storage.Ref{Kind: "sales.order", ID: "7"},
			Gross: eur("120"), Date: on, Due: on.AddDays(30)},
		"received.v1":  billing.ReceivedPayload{Customer: customer, Amount: eur("120"), Date: on, Settled: []storage.ID[billing.Invoice]{id}},
		"allocated.v1": billing.AllocatedPayload{Customer: customer, Amount: eur("20"), Date: on, Settled: []storage.ID[billing.Invoice]{id}},
		"refunded.v1":  billing.RefundedPayload{Customer: customer, Amount: eur("5"), Date: on},
	} {
		got, err := json.Marshal(payload)
		require.NoError(t, err)
		want, err := os.ReadFile("testdata/" + name + ".json")
		require.NoError(t, err)
		require.Equal(t, strings.TrimSpace(string(want)), string(got), name)
	}
}
