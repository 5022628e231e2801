package cost_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func usd(s string) money.Amount { return money.MustParse(s + " USD") }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func month(s string) date.Month { return date.MustParse(s + "-01").Month() }

func portions(list []cost.Portion) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Centre+" "+p.Amount.Text())
	}
	return strings.Join(out, "; ")
}

// Worked example TR40: 100.03 over 0.7 and 0.3.
func TestTR40CostsAreSharedByWeightAndSumExactly(t *testing.T) {
	for name, c := range map[string]struct {
		amount string
		shares []cost.Share
		want   string
	}{
		"TR40":              {"100.03", []cost.Share{{"a", dec("0.7")}, {"b", dec("0.3")}}, "a 70.02; b 30.01"},
		"thirds":            {"100", []cost.Share{{"a", dec("1")}, {"b", dec("1")}, {"c", dec("1")}}, "a 33.34; b 33.33; c 33.33"},
		"a weight of zero":  {"10", []cost.Share{{"a", dec("0")}, {"b", dec("2")}}, "a 0.00; b 10.00"},
		"a credit":          {"-100.03", []cost.Share{{"a", dec("0.7")}, {"b", dec("0.3")}}, "a -70.02; b -30.01"},
		"weights above one": {"0.01", []cost.Share{{"a", dec("70")}, {"b", dec("30")}}, "a 0.01; b 0.00"},
	} {
		got, err := cost.Distribute(usd(c.amount), c.shares)
		if err != nil || portions(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, portions(got), err, c.want)
		}
	}
	for want, shares := range map[string][]cost.Share{
		"shares required":           nil,
		"shares.0.centre required":  {{"", dec("1")}},
		"shares.1.centre duplicate": {{"a", dec("1")}, {"a", dec("1")}},
		"shares.0.weight negative":  {{"a", dec("-1")}},
		"shares.0.weight range":     {{"a", decimal.New(1, 100_000_000)}},
	} {
		path, code, _ := strings.Cut(want, " ")
		if _, err := cost.Distribute(usd("1"), shares); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := cost.Distribute(usd("1"), []cost.Share{{"a", dec("0")}}); !storage.Has(err, "shares", storage.CodeRequired) {
		t.Errorf("no weight: %v", err)
	}
	if _, err := cost.Distribute(usd("1.001"), []cost.Share{{"a", dec("1")}}); !storage.Has(err, "amount", storage.CodeScale) {
		t.Errorf("too fine: %v", err)
	}
}

// Whatever a centre holds, moving it balances, leaves nothing there and takes nothing from anyone.
func TestReallocationBalances(t *testing.T) {
	const seed = 5
	rng := rand.New(rand.NewPCG(seed, 1))
	for run := range 500 {
		rule := cost.Rule{Name: "r", From: "from"}
		for i := range 1 + rng.IntN(6) {
			rule.Shares = append(rule.Shares, cost.Share{Centre: fmt.Sprint(i), Weight: decimal.New(1+rng.Int64N(1000), -3)})
		}
		var totals []cost.Total
		for i := range rng.IntN(5) {
			a, _ := money.Minor("USD", rng.Int64N(2_000_001)-1_000_000)
			totals = append(totals, cost.Total{Centre: []string{"from", "other"}[rng.IntN(2)], Account: fmt.Sprint(6000 + i), Amount: a})
		}
		e, err := cost.Reallocate(rule, totals, date.MustParse("2017-03-31"))
		if err != nil {
			t.Fatalf("seed %d run %d: %v", seed, run, err)
		}
		if len(e.Legs) > 0 && e.Check() != nil {
			t.Fatalf("seed %d run %d: %v", seed, run, e.Check())
		}
		for _, total := range totals {
			left := money.Amount{}
			if total.Centre == "from" {
				left = total.Amount
			}
			for _, l := range e.Legs {
				if l.Account == total.Account && l.Dims.CostCentre == "from" {
					left, _ = left.Add(l.Amount)
				}
			}
			if !left.IsZero() {
				t.Fatalf("seed %d run %d: %s is left on %s", seed, run, left, total.Account)
			}
		}
	}
}

func show(lines []cost.Line) string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s/%s %s-%s=%s %s%%", l.Centre, l.Account, l.Budget.Text(), l.Actual.Text(), l.Left.Text(),
			l.Percent))
	}
	return strings.Join(out, "; ")
}

func TestComparisonRollsUp(t *testing.T) {
	id := func(n byte) storage.ID[cost.Centre] { return storage.ID[cost.Centre]{n} }
	centres := []cost.Centre{{ID: id(1), Code: "1"}, {ID: id(2), Code: "11", Profile: cost.Profile{Parent: id(1)}},
		{ID: id(3), Code: "111", Profile: cost.Profile{Parent: id(2)}}}
	planned := []cost.Budget{{Centre: id(3), Account: "rent", Amount: usd("100")},
		{Centre: id(1), Account: "rent", Amount: usd("50")},
		{Centre: id(9), Account: "rent", Amount: usd("7")}}
	actual := []cost.Total{{"111", "rent", usd("110")}, {"11", "rent", usd("20")}, {"", "rent", usd("5")},
		{"gone", "rent", usd("1")},
		{"1", "rent", money.MustParse("3 EUR")}}
	want := "/rent 0.00-5.00=-5.00 0%; 1/rent 0.00-3.00=-3.00 0%; 1/rent 50.00-0.00=50.00 0%; 11/rent 0.00-20.00=-20.00 0%; " +
		"111/rent 100.00-110.00=-10.00 110%; gone/rent 0.00-1.00=-1.00 0%"
	if got := show(cost.Compare(centres, planned, actual, false)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	want = "/rent 0.00-5.00=-5.00 0%; 1/rent 0.00-3.00=-3.00 0%; 1/rent 150.00-130.00=20.00 86.7%; 11/rent 100.00-130.00=-30.00 130%; " +
		"111/rent 100.00-110.00=-10.00 110%; gone/rent 0.00-1.00=-1.00 0%"
	if got := show(cost.Compare(centres, planned, actual, true)); got != want {
		t.Errorf("rolled up %s\nwant\n%s", got, want)
	}
	centres[0].Parent = id(3)
	if got := cost.Compare(centres, planned, actual, true); len(got) == 0 { // must end
		t.Error("a circle lost everything")
	}
}

// books is a host's own ledger: postings, summed by account and centre.
type books struct{ legs []leg }

type leg struct {
	on date.Date
	ledger.Leg
}

func (b *books) CentreTotals(_ context.Context, _ *storage.Tx, during date.Period) (list []cost.Total, err error) {
	at := map[string]int{}
	for _, l := range b.legs {
		if !during.Contains(l.on) {
			continue
		}
		key := l.Dims.CostCentre + "/" + l.Account
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, cost.Total{Centre: l.Dims.CostCentre, Account: l.Account})
		}
		if list[i].Amount, err = list[i].Amount.Add(l.Amount); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (b *books) Post(_ context.Context, _ *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	if err := e.Check(); err != nil {
		return storage.Ref{}, err
	}
	for _, l := range e.Legs {
		b.legs = append(b.legs, leg{e.Date, l})
	}
	return storage.Ref{Kind: "host.entry", ID: fmt.Sprint(len(b.legs))}, nil
}

func (b *books) spend(on, centre, account, amount string) {
	b.legs = append(b.legs, leg{date.MustParse(on), ledger.Debit(account, usd(amount), ledger.Dims{CostCentre: centre})})
}

func open(t testing.TB, options ...storage.Option) *storage.DB {
	t.Helper()
	now := func() time.Time { return time.Date(2017, 3, 1, 9, 0, 0, 0, time.UTC) }
	store := storage.Open(memory.New(), append(options, storage.Clock(now))...)
	if err := store.Migrate(t.Context(), event.Package(), cost.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func centre(t testing.TB, s *cost.Costs, code string, parent storage.ID[cost.Centre]) *cost.Centre {
	t.Helper()
	c, err := s.Open(t.Context(), cost.Open{Code: code, Profile: cost.Profile{Name: "Орталық " + code, Parent: parent,
		Department: "d" + code}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBudgetsAgainstTheBooks(t *testing.T) {
	b := &books{}
	ctx, s := t.Context(), cost.New(open(t), cost.Ports{Books: b, Journal: b})
	top := centre(t, s, "1", storage.ID[cost.Centre]{})
	rent := centre(t, s, "11", top.ID)
	list, err := s.SetBudget(ctx, cost.SetBudget{Centre: rent.ID, Account: "6300", From: month("2017-01"), Months: 3,
		Amount: usd("100")})
	if err != nil || len(list) != 3 || list[0].Amount != usd("33.34") || list[2].Amount != usd("33.33") ||
		list[2].Month != month("2017-03").First() {
		t.Fatalf("%+v, %v", list, err)
	}
	list, err = s.SetBudget(ctx, cost.SetBudget{Centre: rent.ID, Account: "6300", From: month("2017-03"), Amount: usd("40")})
	if err != nil || list[0].Version != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	b.spend("2017-01-31", "11", "6300", "30")
	b.spend("2017-03-31", "11", "6300", "45")
	b.spend("2017-04-01", "11", "6300", "99")
	b.spend("2017-02-01", "", "6400", "7")
	for want, c := range map[string]cost.Comparison{
		"/6400 0.00-7.00=-7.00 0%; 11/6300 106.67-75.00=31.67 70.3%": {From: month("2017-01"),
			To: month("2017-03")},
		"/6400 0.00-7.00=-7.00 0%; 1/6300 106.67-75.00=31.67 70.3%; 11/6300 106.67-75.00=31.67 70.3%": {From: month("2017-01"),
			To: month("2017-03"), RollUp: true},
		"11/6300 40.00-45.00=-5.00 112.5%": {From: month("2017-03"),
			To: month("2017-03")},
	} {
		lines, err := s.Compare(ctx, c)
		if err != nil || show(lines) != want {
			t.Errorf("%s, %v\nwant %s", show(lines), err, want)
		}
	}
	n := 0
	for range s.Budgets(ctx, rent.ID, month("2017-02"), date.Month{}, storage.Ref{}) {
		n++
	}
	if n != 2 {
		t.Errorf("%d budgets", n)
	}
}

func TestARuleMovesCostsOnce(t *testing.T) {
	b := &books{}
	ctx, s := t.Context(), cost.New(open(t), cost.Ports{Books: b, Journal: b})
	for _, code := range []string{"rent", "sales", "delivery"} {
		centre(t, s, code, storage.ID[cost.Centre]{})
	}
	if _, err := s.SetRule(ctx, cost.SetRule{Name: "premises", From: "rent", Shares: []cost.Share{{"sales", dec("0.7")},
		{"delivery", dec("0.3")}}}); err != nil {
		t.Fatal(err)
	}
	b.spend("2017-03-01", "rent", "6300", "100.03")
	b.spend("2017-04-01", "rent", "6300", "50")
	march := month("2017-03").Period()
	do := cost.Allocate{Rule: "premises", During: march, On: march.To}
	if ref, err := s.Allocate(ctx, do); err != nil || ref.IsZero() {
		t.Fatalf("%v, %v", ref, err)
	}
	totals, _ := b.CentreTotals(ctx, nil, march)
	got := ""
	for _, l := range totals {
		got += l.Centre + " " + l.Amount.Text() + "; "
	}
	if got != "rent 0.00; sales 70.02; delivery 30.01; " {
		t.Error(got)
	}
	if ref, err := s.Allocate(ctx, do); err != nil || !ref.IsZero() {
		t.Errorf("again: %v, %v", ref, err)
	}
	do.On = date.MustParse("2017-04-01")
	if _, err := s.Allocate(ctx, do); !storage.Has(err, "on", storage.CodeRange) {
		t.Errorf("in another month: %v", err)
	}
	do.Rule, do.On = "none", march.To
	if _, err := s.Allocate(ctx, do); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("no such rule: %v", err)
	}
	if _, err := cost.New(open(t), cost.Ports{}).Allocate(ctx, do); !errors.Is(err, cost.ErrNoBooks) {
		t.Errorf("no books: %v", err)
	}
	if _, err := s.SetRule(ctx, cost.SetRule{Name: "premises", Version: 9, From: "rent",
		Shares: []cost.Share{{"sales", dec("1")}}}); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	for range s.Rules(ctx, storage.Ref{}) {
		got = ""
	}
	if got != "" {
		t.Error("no rule is listed")
	}
}

func TestTheLifeOfACentre(t *testing.T) {
	ctx, s := t.Context(), cost.New(open(t), cost.Ports{})
	top := centre(t, s, "1", storage.ID[cost.Centre]{})
	sub := centre(t, s, "11", top.ID)
	circle := top.Profile
	circle.Parent = sub.ID
	ghost := top.Profile
	ghost.Parent = storage.ID[cost.Centre]{9}
	if _, err := s.Change(ctx, cost.Change{Centre: top.ID, Profile: circle}); !errors.Is(err, cost.ErrCycle) {
		t.Errorf("a circle: %v", err)
	}
	if _, err := s.Change(ctx, cost.Change{Centre: top.ID, Profile: ghost}); !storage.Has(err, "parent", storage.CodeUnknown) {
		t.Errorf("a ghost: %v", err)
	}
	if _, err := s.Change(ctx, cost.Change{Centre: top.ID, Version: 9, Profile: top.Profile}); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	renamed := sub.Profile
	renamed.Name, renamed.Manager = "Жөндеу", storage.Ref{Kind: "host.user", ID: "7"}
	if got, err := s.Change(ctx, cost.Change{Centre: sub.ID, Version: 1, Profile: renamed}); err != nil || got.Code != "11" ||
		got.Version != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	for f, want := range map[*cost.Filter]int{{}: 2, {Parent: top.ID}: 1, {Department: "d1"}: 1, {Manager: renamed.Manager}: 1,
		{Department: "x"}: 0} {
		if page, err := s.Page(ctx, *f, ""); err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d, %v", *f, len(page.Items), err)
		}
	}
	if got, err := s.Close(ctx, cost.Change{Centre: sub.ID}); err != nil || !got.Closed || got.Name != "Жөндеу" ||
		got.Verbs()[1].Why == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.SetBudget(ctx, cost.SetBudget{Centre: sub.ID, Account: "6300", From: month("2017-01"),
		Amount: usd("1")}); !errors.Is(err, cost.ErrClosed) {
		t.Errorf("a budget for a closed one: %v", err)
	}
	if _, err := s.Close(ctx, cost.Change{Centre: sub.ID}); !errors.Is(err, cost.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	deep := top.ID
	var err error
	for i := range 100 {
		var c *cost.Centre
		if c, err = s.Open(ctx, cost.Open{Code: fmt.Sprintf("d%03d", i), Profile: cost.Profile{Name: "x", Parent: deep}}); err != nil {
			break
		}
		deep = c.ID
	}
	if !errors.Is(err, cost.ErrCycle) {
		t.Errorf("a hundred deep: %v", err)
	}
}

func TestBadInputIsRefusedAndLeavesNothing(t *testing.T) {
	ctx, s := t.Context(), cost.New(open(t), cost.Ports{})
	one := centre(t, s, "1", storage.ID[cost.Centre]{})
	check := func(err error, want string) {
		t.Helper()
		path, code, _ := strings.Cut(want, " ")
		if !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for want, c := range map[string]cost.Open{
		"code required":    {Profile: cost.Profile{Name: "x"}},
		"name required":    {Code: "x"},
		"code duplicate":   {Code: "1", Profile: cost.Profile{Name: "x"}},
		"code too_long":    {Code: strings.Repeat("x", 10000), Profile: cost.Profile{Name: "x"}},
		"name encoding":    {Code: "x", Profile: cost.Profile{Name: "\xff"}},
		"parent unknown":   {Code: "x", Profile: cost.Profile{Name: "x", Parent: storage.ID[cost.Centre]{9}}},
		"fields.y unknown": {Code: "x", Profile: cost.Profile{Name: "x", Fields: storage.Fields{"y": 1}}},
	} {
		_, err := s.Open(ctx, c)
		check(err, want)
	}
	good := cost.SetBudget{Centre: one.ID, Account: "6300", From: month("2017-01"), Amount: usd("1")}
	with := func(change func(*cost.SetBudget)) cost.SetBudget {
		c := good
		change(&c)
		return c
	}
	for want, c := range map[string]cost.SetBudget{
		"account required": with(func(c *cost.SetBudget) { c.Account = "" }),
		"from required":    with(func(c *cost.SetBudget) { c.From = date.Month{} }),
		"months negative":  with(func(c *cost.SetBudget) { c.Months = -1 }),
		"months range":     with(func(c *cost.SetBudget) { c.Months = 1 << 40 }),
		"amount currency":  with(func(c *cost.SetBudget) { c.Amount = money.Amount{} }),
		"amount scale":     with(func(c *cost.SetBudget) { c.Amount = usd("1.001") }),
	} {
		_, err := s.SetBudget(ctx, c)
		check(err, want)
	}
	_, err := s.SetBudget(ctx, with(func(c *cost.SetBudget) { c.From, c.Months = date.MustParse("9999-12-01").Month(), 2 }))
	check(err, "months range")
	_, err = s.SetRule(ctx, cost.SetRule{Name: "r", From: "1", Shares: []cost.Share{{"2", dec("1")}}})
	check(err, "shares.0.centre unknown")
	_, err = s.SetRule(ctx, cost.SetRule{Name: "r", From: "1", Shares: []cost.Share{{"1", dec("1")}}})
	check(err, "shares.0.centre duplicate")
	_, err = s.SetRule(ctx, cost.SetRule{Name: "r", From: "3", Shares: []cost.Share{{"1", dec("1")}}})
	check(err, "from unknown")
	_, err = s.Compare(ctx, cost.Comparison{From: month("2017-02"), To: month("2017-01")})
	check(err, "to range")
	if _, err := s.Compare(ctx, cost.Comparison{From: month("2017-01"), To: month("2017-01")}); !errors.Is(err, cost.ErrNoBooks) {
		t.Errorf("%v", err)
	}
	for range s.Budgets(ctx, storage.ID[cost.Centre]{}, date.Month{}, date.Month{}, storage.Ref{}) {
		t.Error("a budget is left")
	}
}

func TestAManagerSeesOnlyTheirCentres(t *testing.T) {
	b, me := &books{}, storage.Ref{Kind: "host.user", ID: "me"}
	db := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if kind != "cost.centre" {
			return storage.Narrowing{}
		}
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("manager", by)}}
	}))
	ctx, s := t.Context(), cost.New(db, cost.Ports{Books: b})
	centre(t, s, "theirs", storage.ID[cost.Centre]{})
	if _, err := s.Open(ctx, cost.Open{Code: "mine", Profile: cost.Profile{Name: "x", Manager: me}}); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"mine", "theirs", ""} {
		b.spend("2017-01-01", code, "6300", "1")
	}
	lines, err := s.Compare(ctx, cost.Comparison{By: me, From: month("2017-01"), To: month("2017-01")})
	if err != nil || show(lines) != "mine/6300 0.00-1.00=-1.00 0%" {
		t.Errorf("%s, %v", show(lines), err)
	}
}
