package workflow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

type deal struct {
	stage, name string
	value       money.Amount
	chance      decimal.Decimal
	rated       bool
	hot         bool
	due         date.Date
	seen        time.Time
	tags        []string
}

func dealWords(t testing.TB) *workflow.Vocabulary[*deal] {
	v, err := workflow.NewVocabulary(map[string]workflow.Predicate[*deal]{
		"long name": func(f *workflow.Facts[*deal]) bool { return len(f.Doc.name) > 10 }},
		workflow.EnumFact("stage", func(d *deal) string { return d.stage }, "new", "quoted", "won", "lost"),
		workflow.TextFact("name", func(d *deal) string { return d.name }),
		workflow.MoneyFact("value", func(d *deal) money.Amount { return d.value }),
		workflow.NumberFact("chance", func(d *deal) (decimal.Decimal, bool) { return d.chance, d.rated }),
		workflow.BoolFact("hot", func(d *deal) bool { return d.hot }),
		workflow.DateFact("due", func(d *deal) date.Date { return d.due }),
		workflow.InstantFact("seen", func(d *deal) time.Time { return d.seen }),
		workflow.ListFact("tags", func(d *deal) []string { return d.tags }))
	require.NoError(t, err)
	return v
}

func aDeal() *deal {
	return &deal{stage: "won", name: "Acme", value: money.MustParse("1000.00 EUR"), chance: decimal.RequireFromString("0.75"), rated: true,
		due: date.Must(2026, 5, 4), seen: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC), tags: []string{"vip", "north"}}
}

func facts(d, old *deal) *workflow.Facts[*deal] {
	f := &workflow.Facts[*deal]{Doc: d, Today: date.Must(2026, 5, 1), Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	if old != nil {
		f.Old, f.Changed = old, true
	}
	return f
}

func holds(t *testing.T, src string, f *workflow.Facts[*deal]) bool {
	c, err := workflow.ParseCondition([]byte(src))
	require.NoError(t, err, src)
	test, err := dealWords(t).Compile(c)
	require.NoError(t, err, src)
	return test.Holds(f)
}

func TestConditions(t *testing.T) {
	old := aDeal()
	old.stage, old.value, old.tags = "quoted", money.MustParse("900.00 EUR"), nil
	f := facts(aDeal(), old)
	for src, want := range map[string]bool{
		`{}`: true,
		`{"field":"stage","op":"eq","value":"won"}`:                                              true,
		`{"field":"stage","op":"ne","value":"won"}`:                                              false,
		`{"field":"stage","op":"changed_to","value":"won"}`:                                      true,
		`{"field":"stage","op":"changed_from","value":"quoted"}`:                                 true,
		`{"field":"stage","op":"changed_to","value":"lost"}`:                                     false,
		`{"field":"stage","op":"eq","value":"quoted","old":true}`:                                true,
		`{"field":"stage","op":"in","value":["won","lost"]}`:                                     true,
		`{"field":"name","op":"changed"}`:                                                        false,
		`{"field":"value","op":"changed"}`:                                                       true,
		`{"field":"tags","op":"changed"}`:                                                        true,
		`{"field":"name","op":"prefix","value":"Ac"}`:                                            true,
		`{"field":"name","op":"contains","value":"cm"}`:                                          true,
		`{"field":"value","op":"gt","value":{"amount":"999.99","currency":"EUR"}}`:               true,
		`{"field":"value","op":"ge","value":{"amount":"1000","currency":"EUR"}}`:                 true,
		`{"field":"value","op":"gt","value":{"amount":"1000","currency":"EUR"}}`:                 false,
		`{"field":"value","op":"gt","value":{"amount":"1","currency":"USD"}}`:                    false, // neither is more
		`{"field":"value","op":"lt","value":{"amount":"1","currency":"USD"}}`:                    false,
		`{"field":"value","op":"ne","value":{"amount":"1000","currency":"USD"}}`:                 true,
		`{"field":"chance","op":"between","value":["0.75","0.8"]}`:                               true,
		`{"field":"chance","op":"eq","value":0.750}`:                                             true, // digit for digit, never as a float
		`{"field":"chance","op":"lt","value":"0.7500000000000000000000000000000000001"}`:         true,
		`{"field":"due","op":"le","value":{"today":3}}`:                                          true,
		`{"field":"due","op":"lt","value":{"today":3}}`:                                          false,
		`{"field":"due","op":"ge","value":"2026-05-04"}`:                                         true,
		`{"field":"due","op":"lt","value":{"today_months":1}}`:                                   true,
		`{"field":"seen","op":"ge","value":{"now_hours":-2}}`:                                    true,
		`{"field":"seen","op":"gt","value":{"now_hours":-2}}`:                                    false,
		`{"field":"hot","op":"eq","value":false}`:                                                true,
		`{"field":"tags","op":"contains","value":"vip"}`:                                         true,
		`{"field":"tags","op":"any_of","value":["south","north"]}`:                               true,
		`{"field":"tags","op":"all_of","value":["south","north"]}`:                               false,
		`{"predicate":"long name"}`:                                                              false,
		`{"not":{"predicate":"long name"}}`:                                                      true,
		`{"any":[{"field":"hot","op":"eq","value":true},{"field":"tags","op":"is_present"}]}`:    true,
		`{"all":[{"field":"hot","op":"eq","value":true},{"field":"tags","op":"is_present"}]}`:    false,
		`{"field":"stage","op":"not_in","value":["won","lost"]}`:                                 false,
		`{"all":[{"all":[{"any":[{"not":{"field":"name","op":"eq","value":"Other"}}]}]}]}`:       true,
		`{"field":"tags","op":"is_empty","old":true}`:                                            true,
		`{"field":"value","op":"changed_from","value":{"amount":"900.000000","currency":"EUR"}}`: true,
	} {
		require.Equal(t, want, holds(t, src, f), src)
	}
}

func TestAMissingFieldMakesEveryComparisonFalseButIsEmpty(t *testing.T) {
	f := facts(&deal{}, nil)
	for _, fact := range dealWords(t).Facts() {
		if fact.Kind == workflow.KindBool {
			continue
		}
		value := map[workflow.Kind]string{workflow.KindText: `"x"`, workflow.KindEnum: `"won"`, workflow.KindNumber: `"1"`, workflow.KindList: `"x"`,
			workflow.KindMoney: `{"amount":"1","currency":"EUR"}`, workflow.KindDate: `"2026-01-01"`, workflow.KindInstant: `"2026-01-01T00:00:00Z"`}[fact.Kind]
		for _, op := range fact.Kind.Operators() {
			src := fmt.Sprintf(`{"field":%q,"op":%q,"value":%s}`, fact.Name, op, value)
			switch op {
			case workflow.OpEmpty, workflow.OpPresent, workflow.OpChanged:
				src = fmt.Sprintf(`{"field":%q,"op":%q}`, fact.Name, op)
			case workflow.OpBetween:
				src = fmt.Sprintf(`{"field":%q,"op":%q,"value":[%s,%s]}`, fact.Name, op, value, value)
			case workflow.OpIn, workflow.OpNotIn, workflow.OpAnyOf, workflow.OpAllOf:
				src = fmt.Sprintf(`{"field":%q,"op":%q,"value":[%s]}`, fact.Name, op, value)
			}
			require.Equal(t, op == workflow.OpEmpty, holds(t, src, f), src)
		}
	}
}

func TestABadConditionIsRefusedWithAJSONPointer(t *testing.T) {
	deep := strings.Repeat(`{"not":`, 21) + `{}` + strings.Repeat(`}`, 21)
	wide := `{"any":[` + strings.TrimSuffix(strings.Repeat(`{"field":"hot","op":"is_present"},`, 1000), ",") + `]}`
	many := `{"field":"name","op":"in","value":[` + strings.TrimSuffix(strings.Repeat(`"x",`, 1001), ",") + `]}`
	for src, want := range map[string]string{
		`{"field":"colour","op":"eq","value":"red"}`:                       "/field unknown_field",
		`{"all":[{"field":"hot","op":"gt","value":true}]}`:                 "/all/0/op operator",
		`{"any":[{},{"not":{"field":"stage","op":"eq","value":"tired"}}]}`: "/any/1/not/value choice",
		`{"field":"due","op":"le","value":"tomorrow"}`:                     "/value type",
		`{"field":"due","op":"le","value":{"today":3,"today_months":1}}`:   "/value type",
		`{"field":"due","op":"le","value":{"today":99999999}}`:             "/value range",
		`{"field":"chance","op":"in","value":["1","x"]}`:                   "/value/1 type",
		`{"field":"chance","op":"eq","value":"1e999999999"}`:               "/value type",
		`{"field":"chance","op":"between","value":["1"]}`:                  "/value shape",
		`{"field":"chance","op":"eq"}`:                                     "/value required",
		`{"field":"hot","op":"eq","value":null}`:                           "/value type",
		`{"field":"name","op":"in","value":["a",null]}`:                    "/value/1 type",
		"{\"field\":\"name\",\"op\":\"eq\",\"value\":\"a\xff\"}":           "/value encoding",
		`{"field":"hot","op":"is_present","value":true}`:                   "/value shape",
		`{"predicate":"nobody knows"}`:                                     "/predicate unknown_predicate",
		`{"field":"hot","op":"is_present","predicate":"long name"}`:        "/ shape",
		`{"op":"eq"}`: "/ shape",
		`{"field":"value","op":"gt","value":{"amount":"x","currency":"EUR"}}`: "/value type",
		`{"field":"hot","op":"is_present"} {}`:                                "/ format",
		`{"colour":"red"}`:                                                    "/ format",
		`[`:                                                                   "/ format",
		deep:                                                                  strings.Repeat("/not", 20) + " too_deep",
		wide:                                                                  "/any/999 too_many",
		many:                                                                  "/value too_many",
		strings.Repeat(`[`, 100_000):                                          "/ too_deep",
		`{"field":"name","op":"eq","value":"` + strings.Repeat("x", 10<<20) + `"}`: "/ too_long",
	} {
		c, err := workflow.ParseCondition([]byte(src))
		if err == nil {
			_, err = dealWords(t).Compile(c)
		}
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad, "%.100s", src)
		require.Equal(t, want, bad.Fields[0].Path+" "+bad.Fields[0].Code, "%.100s", src)
		require.Less(t, len(err.Error()), 500)
	}
}

func TestAConditionThatNeverWasJSONIsBoundedAsWell(t *testing.T) {
	long, err := json.Marshal(strings.Repeat("x", workflow.MaxConditionBytes))
	require.NoError(t, err)
	half := workflow.Condition{Field: "name", Op: workflow.OpEq, Value: long[:len(long)/2]}
	half.Value[len(half.Value)-1] = '"'
	_, err = dealWords(t).Compile(half)
	require.NoError(t, err)
	for path, c := range map[string]workflow.Condition{"/": {Field: "name", Op: workflow.OpEq, Value: long}, "/any/1": {Any: []workflow.Condition{half, half}}} {
		_, err = dealWords(t).Compile(c)
		require.True(t, storage.Has(err, path, storage.CodeTooLong), "%v", err)
	}
}

func TestExplainNamesTheLeavesThatDecided(t *testing.T) {
	c, err := workflow.ParseCondition([]byte(`{"all":[{"field":"stage","op":"eq","value":"won"},
		{"any":[{"field":"hot","op":"eq","value":true},{"field":"value","op":"gt","value":{"amount":"5000","currency":"EUR"}}]},
		{"not":{"field":"tags","op":"contains","value":"vip"}}]}`))
	require.NoError(t, err)
	test, err := dealWords(t).Compile(c)
	require.NoError(t, err)
	require.Equal(t, []string{"hot", "stage", "tags", "value"}, test.Reads())
	ok, because := test.Explain(facts(aDeal(), nil))
	require.False(t, ok)
	require.Equal(t, []workflow.Reason{
		{Pointer: "/all/1/any/0", Field: "hot", Op: "eq", Wanted: "true", Found: "false"},
		{Pointer: "/all/1/any/1", Field: "value", Op: "gt", Wanted: `{"amount":"5000","currency":"EUR"}`, Found: "1000.00 EUR"},
		{Pointer: "/all/2/not", Holds: true, Field: "tags", Op: "contains", Wanted: `"vip"`, Found: "vip, north"}}, because)
}

// The evaluation with shortcuts answers what plain truth tables do, and its explanation names only leaves that agree with it.
func TestTreesFollowTheTruthTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	words := dealWords(t)
	var tree func(depth int) (workflow.Condition, bool)
	f := facts(aDeal(), nil)
	tree = func(depth int) (workflow.Condition, bool) {
		switch n := rng.IntN(5); {
		case depth == 0 || n < 2:
			want := rng.IntN(2) == 0
			return workflow.Condition{Field: "hot", Op: workflow.OpEq, Value: json.RawMessage(fmt.Sprint(!want))}, want
		case n == 2:
			c, v := tree(depth - 1)
			return workflow.Condition{Not: &c}, !v
		default:
			var list []workflow.Condition
			all, any := true, false
			for range 1 + rng.IntN(3) {
				c, v := tree(depth - 1)
				list, all, any = append(list, c), all && v, any || v
			}
			if n == 3 {
				return workflow.Condition{All: list}, all
			}
			return workflow.Condition{Any: list}, any
		}
	}
	for range 20_000 {
		c, want := tree(4)
		test, err := words.Compile(c)
		require.NoError(t, err)
		got, because := test.Explain(f)
		if got != want || test.Holds(f) != want || len(because) == 0 {
			t.Fatalf("%s: %v, want %v, because %v", c, got, want, because)
		}
	}
}

const sixLeaves = `{"all":[{"field":"stage","op":"in","value":["won","lost"]},{"field":"value","op":"ge","value":{"amount":"1000","currency":"EUR"}},
	{"field":"chance","op":"gt","value":"0.5"},{"field":"due","op":"le","value":{"today":3}},
	{"any":[{"field":"hot","op":"eq","value":true},{"field":"tags","op":"contains","value":"north"}]}]}`

func TestASixLeafConditionAllocatesNothing(t *testing.T) {
	c, err := workflow.ParseCondition([]byte(sixLeaves))
	require.NoError(t, err)
	test, err := dealWords(t).Compile(c)
	require.NoError(t, err)
	f := facts(aDeal(), nil)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !test.Holds(f) {
			t.Error("does not hold")
		}
	}))
}

func BenchmarkSixLeafCondition(b *testing.B) {
	c, err := workflow.ParseCondition([]byte(sixLeaves))
	require.NoError(b, err)
	test, err := dealWords(b).Compile(c)
	require.NoError(b, err)
	f := facts(aDeal(), nil)
	b.ReportAllocs()
	for b.Loop() {
		if !test.Holds(f) {
			b.Fatal("does not hold")
		}
	}
}

func FuzzCondition(f *testing.F) {
	f.Add([]byte(sixLeaves))
	f.Add([]byte(`{"not":{"predicate":"long name"}}`))
	f.Add([]byte(`{"field":"seen","op":"changed_from","value":{"now_days":1}}`))
	words := dealWords(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := workflow.ParseCondition(data)
		if err != nil {
			return
		}
		again, err := workflow.ParseCondition([]byte(c.String()))
		require.NoError(t, err)
		require.Equal(t, c.String(), again.String())
		if test, err := words.Compile(c); err == nil {
			test.Explain(facts(aDeal(), &deal{}))
			test.Holds(facts(&deal{}, aDeal()))
		}
	})
}
