package ledger_test

import (
	"encoding/json"
	"testing"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestThePayloadWritesItselfAsPackageJSONWould(t *testing.T) {
	for _, text := range []string{"", "42", "a\"b\\c", "<&>", "\x00\x1f\x7f", "é\u2028日", "\xff"} {
		for _, p := range []ledger.PostedPayload{
			{}, {Date: day("2017-03-01"), Closing: true}, {Date: date.FromDays(0), Reverses: storage.ID[ledger.Posted]{0: 1, 15: 0xab}},
			{Source: storage.Ref{Kind: text, ID: "1"}}, {Source: storage.Ref{ID: text}}, {Source: storage.Ref{Kind: text}}} {
			want, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.AppendJSON(nil); err != nil || string(got) != string(want) {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
		}
	}
}
