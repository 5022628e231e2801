//go:build !race

package peers_test

import (
	"math/rand/v2"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/workflow"
)

const sixLeaves = `{"all":[{"field":"stage","op":"in","value":["won","lost"]},{"field":"value","op":"ge","value":{"amount":"1000","currency":"EUR"}},
	{"field":"chance","op":"gt","value":"0.5"},{"field":"due","op":"le","value":{"today":3}},
	{"any":[{"field":"hot","op":"eq","value":true},{"field":"tags","op":"contains","value":"north"}]}]}`

// theirLeaves is the same in the language of both peers: cents, hundredths and days are integers there.
const theirLeaves = `stage in ["won", "lost"] && currency == "EUR" && cents >= 100000 && chance > 50 && due <= today + 3 && (hot || "north" in tags)`

type deal struct {
	stage  string
	value  money.Amount
	chance decimal.Decimal
	due    date.Date
	hot    bool
	tags   []string
}

// flat is a deal as the peers see it.
type flat struct {
	Stage    string   `expr:"stage"`
	Currency string   `expr:"currency"`
	Cents    int      `expr:"cents"`
	Chance   int      `expr:"chance"`
	Due      int      `expr:"due"`
	Today    int      `expr:"today"`
	Hot      bool     `expr:"hot"`
	Tags     []string `expr:"tags"`
}

var (
	today = date.Must(2026, 5, 1)
	day   = int(today.Days())
)

// deal is the same, for us.
func (f *flat) deal(t testing.TB) *deal {
	value, err := money.Minor(money.Currency(f.Currency), int64(f.Cents))
	require.NoError(t, err)
	return &deal{stage: f.Stage, value: value, chance: decimal.New(int64(f.Chance), -2), due: date.FromDays(int64(f.Due)), hot: f.Hot, tags: f.Tags}
}

// cel is the same in CEL's own values, so that nothing is left to convert.
func (f *flat) cel() map[string]any {
	vars := map[string]any{"stage": f.Stage, "currency": f.Currency, "cents": f.Cents, "chance": f.Chance, "due": f.Due, "today": f.Today,
		"hot": f.Hot, "tags": f.Tags}
	for name, v := range vars {
		vars[name] = types.DefaultTypeAdapter.NativeToValue(v)
	}
	return vars
}

// A question is a deal, ready to be asked about over and over.
type question func() bool

func askOurs(t testing.TB) func(*flat) question {
	v, err := workflow.NewVocabulary(nil,
		workflow.EnumFact("stage", func(d *deal) string { return d.stage }, "new", "quoted", "won", "lost"),
		workflow.MoneyFact("value", func(d *deal) money.Amount { return d.value }),
		workflow.NumberFact("chance", func(d *deal) (decimal.Decimal, bool) { return d.chance, true }),
		workflow.BoolFact("hot", func(d *deal) bool { return d.hot }),
		workflow.DateFact("due", func(d *deal) date.Date { return d.due }),
		workflow.ListFact("tags", func(d *deal) []string { return d.tags }))
	require.NoError(t, err)
	c, err := workflow.ParseCondition([]byte(sixLeaves))
	require.NoError(t, err)
	test, err := v.Compile(c)
	require.NoError(t, err)
	return func(f *flat) question {
		facts := &workflow.Facts[*deal]{Doc: f.deal(t), Today: today}
		return func() bool { return test.Holds(facts) }
	}
}

func askExpr(t testing.TB) func(*flat) question {
	program, err := expr.Compile(theirLeaves, expr.Env(&flat{}), expr.AsBool())
	require.NoError(t, err)
	var machine vm.VM // used again and again, it allocates less
	return func(f *flat) question {
		return func() bool {
			out, err := machine.Run(program, f)
			return err == nil && out.(bool)
		}
	}
}

func askCEL(t testing.TB) func(*flat) question {
	env, err := cel.NewEnv(cel.Variable("stage", cel.StringType), cel.Variable("currency", cel.StringType), cel.Variable("cents", cel.IntType),
		cel.Variable("chance", cel.IntType), cel.Variable("due", cel.IntType), cel.Variable("today", cel.IntType),
		cel.Variable("hot", cel.BoolType), cel.Variable("tags", cel.ListType(cel.StringType)))
	require.NoError(t, err)
	ast, issues := env.Compile(theirLeaves)
	require.NoError(t, issues.Err())
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	require.NoError(t, err)
	return func(f *flat) question {
		vars, err := cel.NewActivation(f.cel())
		require.NoError(t, err)
		return func() bool {
			out, _, err := program.Eval(vars)
			return err == nil && out.Value().(bool)
		}
	}
}

func aDeal() *flat {
	return &flat{Stage: "won", Currency: "EUR", Cents: 100_000, Chance: 75, Due: day + 3, Today: day, Tags: []string{"vip", "north"}}
}

// The deals lie around the limits of each leaf; each field has a value, since the peers have no word for one that is missing.
func TestThePeersAnswerAsWeDo(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	we, peers := askOurs(t), map[string]func(*flat) question{"expr": askExpr(t), "cel": askCEL(t)}
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	held := 0
	for range 1000 {
		f := &flat{Stage: pick("won", "lost", "won", "quoted"), Currency: pick("EUR", "EUR", "EUR", "USD"), Cents: 99_998 + rng.IntN(8),
			Chance: 48 + rng.IntN(10), Due: day - 5 + rng.IntN(11), Today: day, Hot: rng.IntN(2) == 0}
		for range rng.IntN(3) {
			f.Tags = append(f.Tags, pick("vip", "north", "south"))
		}
		want := we(f)()
		if want {
			held++
		}
		for name, peer := range peers {
			require.Equal(t, want, peer(f)(), "%s: %+v", name, f)
		}
	}
	require.Greater(t, held, 100)
	require.Less(t, held, 900)
}

func BenchmarkSixLeavesBesideExprAndCEL(b *testing.B) {
	ask := func(name string, q question) side {
		return side{name, func(n int) {
			for range n {
				if !q() {
					b.Fatal(name + ": does not hold")
				}
			}
		}}
	}
	versus(b, ask("ours", askOurs(b)(aDeal())), ask("expr", askExpr(b)(aDeal())), ask("cel", askCEL(b)(aDeal())))
}
