package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestLTC6ZeroLegsSelfTransfersAndOverflowHaveOneAnswer(t *testing.T) {
	leg := func(account, amount, department string) ledger.Leg {
		return ledger.Leg{Account: account, Amount: money.MustParse(amount), Dims: ledger.Dims{Department: department}}
	}
	for _, c := range []struct {
		name       string
		legs       []ledger.Leg
		path, code string
		allow      func(*ledger.Entry)
	}{
		{"a zero leg", []ledger.Leg{leg("a", "5 EUR", ""), leg("b", "-5 EUR", ""), leg("c", "0 EUR", "")}, "legs.2.amount", ledger.CodeZero,
			func(e *ledger.Entry) { e.AllowZero = true }},
		{"to itself", []ledger.Leg{leg("a", "5 EUR", ""), leg("a", "-5 EUR", "")}, "legs.1.account", ledger.CodeSelf,
			func(e *ledger.Entry) { e.AllowSelf = true }},
		{"to itself, in parts, among others", []ledger.Leg{leg("a", "5 EUR", "x"), leg("b", "1 EUR", ""), leg("a", "-3 EUR", "x"),
			leg("c", "-1 EUR", ""), leg("a", "-2 EUR", "x")}, "legs.4.account", ledger.CodeSelf,
			func(e *ledger.Entry) { e.AllowSelf = true }},
		{"to another department", []ledger.Leg{leg("a", "5 EUR", "x"), leg("a", "-5 EUR", "y")}, "", "", nil},
		{"not of the same amount", []ledger.Leg{leg("a", "5 EUR", ""), leg("a", "-3 EUR", ""), leg("b", "-2 EUR", "")}, "", "", nil},
		{"more than fits", []ledger.Leg{leg("a", "1000000000000000.01 EUR", ""), leg("b", "-1000000000000000.01 EUR", "")},
			"legs.0.amount", storage.CodeRange, nil},
	} {
		t.Run("LT-C6 "+c.name, func(t *testing.T) {
			rules := ledger.RulesFor(ledger.Account{Code: "a", Type: ledger.Asset}, ledger.Account{Code: "b", Type: ledger.Asset},
				ledger.Account{Code: "c", Type: ledger.Asset})
			e := ledger.Entry{Date: day("2017-03-01"), Legs: c.legs}
			_, err := rules.Admit(e)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			require.True(t, storage.Has(err, c.path, c.code), "%v", err)
			if c.allow != nil {
				c.allow(&e)
				_, err = rules.Admit(e)
				require.NoError(t, err)
			}
		})
	}
}
