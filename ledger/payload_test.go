package ledger_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestThePayloadWritesItselfAsPackageJSONWould(t *testing.T) {
	check := func(p ledger.PostedPayload) {
		t.Helper()
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.AppendJSON(nil); err != nil || string(got) != string(want) {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
	check(ledger.PostedPayload{})
	for _, text := range []string{"42", "a\"b\\c", "<&>", "\x00\x1f\x7f", "é\u2028日", "\xff"} {
		check(ledger.PostedPayload{Source: storage.Ref{Kind: text, ID: "1"}})
		check(ledger.PostedPayload{Source: storage.Ref{ID: text}})
		check(ledger.PostedPayload{Source: storage.Ref{Kind: text}})
	}
	var all ledger.PostedPayload
	for i := range reflect.TypeFor[ledger.PostedPayload]().NumField() {
		var one ledger.PostedPayload
		for _, p := range []*ledger.PostedPayload{&one, &all} {
			switch f := reflect.ValueOf(p).Elem().Field(i).Addr().Interface().(type) {
			case *bool:
				*f = true
			case *date.Date:
				*f = day("2017-03-01")
			case *storage.Ref:
				*f = storage.Ref{Kind: "k", ID: "1"}
			case *storage.ID[ledger.Posted]:
				*f = storage.ID[ledger.Posted]{0: 1, 15: 0xab}
			case *storage.ID[ledger.Exception]:
				*f = storage.ID[ledger.Exception]{1: 1}
			default:
				t.Fatalf("the test has to learn about %T", f)
			}
		}
		check(one)
	}
	check(all)
}
