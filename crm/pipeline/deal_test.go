package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

var ctx = context.Background()

func usd(s string) money.Amount { return money.MustParse(s + " USD") }

func product(id string) storage.Ref { return storage.Ref{Kind: "catalog.product", ID: id} }

// sales is an empty company with one pipeline; its clock stands on 2 March 2026.
func sales(t *testing.T, options ...storage.Option) (*storage.DB, *pipeline.Deals, *pipeline.Pipeline) {
	t.Helper()
	db := open(ctx, options...)
	deals := pipeline.New(db)
	p, err := deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	if err != nil {
		t.Fatal(err)
	}
	return db, deals, p
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func second[T any](_ T, err error) error { return err }

func TestADealGoesItsWayAndEachStepIsRecorded(t *testing.T) {
	db, deals, way := sales(t)
	day := date.MustParse
	agent := storage.Ref{Kind: "user", ID: "7"}
	d := must(deals.Open(ctx, pipeline.Open{By: agent, Name: "Chairs", Pipeline: way.ID, At: day("2026-01-05"), Lines: []pipeline.Line{
		{Product: product("chair"), Quantity: decimal.New(40, 0), ListPrice: usd("120.00")}, {Product: product("table"), ListPrice: usd("200.00")}}}))(t)
	if d.Owner != agent || d.Stage != "prospecting" || d.List != usd("5000.00") || d.Amount != usd("5000.00") || !d.Engaged.IsZero() || d.Lines[1].Quantity.String() != "1" {
		t.Errorf("opened: %+v", d)
	}
	d = must(deals.Advance(ctx, pipeline.Advance{By: agent, ID: d.ID, Version: d.Version, Stage: "engaging", At: day("2026-01-12")}))(t)
	d = must(deals.Win(ctx, pipeline.Win{By: agent, ID: d.ID, Version: d.Version, Value: usd("4500.00"), At: day("2026-02-11")}))(t)
	got := must(deals.Get(ctx, d.ID))(t)
	days, _ := got.Cycle()
	if got.Status != pipeline.StatusWon || got.Value != usd("4500.00") || days != 30 || got.Lines[0].Value != usd("4320.00") || got.Lines[1].Value != usd("180.00") ||
		got.Discount().Percent.String() != "10" {
		t.Errorf("won: %+v", got)
	}
	d = must(deals.Reopen(ctx, pipeline.Reopen{ID: d.ID, At: day("2026-02-12")}))(t)
	if d.Stage != "engaging" || !d.Value.IsZero() || !d.Lines[0].Value.IsZero() || !d.Closed.IsZero() || d.Engaged != day("2026-01-12") {
		t.Errorf("reopened: %+v", d)
	}
	d = must(deals.Lose(ctx, pipeline.Lose{ID: d.ID, Reason: "Бағасы қымбат"}))(t)
	if d.Reason != "Бағасы қымбат" || d.Closed != day("2026-03-02") {
		t.Errorf("lost: %+v", d)
	}
	var steps []string
	for _, c := range must(deals.History(ctx, d.ID))(t) {
		steps = append(steps, c.At.String()+" "+c.From+">"+c.To)
	}
	want := []string{"2026-01-05 >prospecting", "2026-01-12 prospecting>engaging", "2026-02-11 engaging>won", "2026-02-12 won>engaging", "2026-03-02 engaging>lost"}
	if !slices.Equal(steps, want) {
		t.Errorf("history %v", steps)
	}
	var names []string
	for e, err := range event.All(ctx, db, event.Filter{Subject: d.Ref()}) {
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, strings.TrimPrefix(e.Name, "pipeline.deal.")); e.Name == pipeline.Won.Name {
			h := must(pipeline.Won.Read(*e))(t)
			if h.Value != usd("4500.00") || h.From != "engaging" || h.At != day("2026-02-11") || h.Owner != agent {
				t.Errorf("the event says %+v", h)
			}
		}
	}
	if !slices.Equal(names, []string{"opened", "advanced", "won", "reopened", "lost"}) {
		t.Errorf("events %v", names)
	}
}

func TestRefusals(t *testing.T) {
	_, deals, way := sales(t)
	day := date.MustParse
	opened := func() *pipeline.Deal {
		return must(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: way.ID, Amount: usd("100.00"), At: day("2026-02-01")}))(t)
	}
	live, won, lost := opened(), opened(), opened()
	must(deals.Win(ctx, pipeline.Win{ID: won.ID}))(t)
	must(deals.Lose(ctx, pipeline.Lose{ID: lost.ID}))(t)
	for name, x := range map[string]struct{ err, want error }{
		"win a won deal":            {second(deals.Win(ctx, pipeline.Win{ID: won.ID})), pipeline.ErrWon},
		"lose a won deal":           {second(deals.Lose(ctx, pipeline.Lose{ID: won.ID})), pipeline.ErrWon},
		"advance a lost deal":       {second(deals.Advance(ctx, pipeline.Advance{ID: lost.ID, Stage: "engaging"})), pipeline.ErrLost},
		"quote a lost deal":         {second(deals.Quote(ctx, pipeline.Quote{ID: lost.ID, Amount: usd("1.00")})), pipeline.ErrLost},
		"reopen an open deal":       {second(deals.Reopen(ctx, pipeline.Reopen{ID: live.ID})), pipeline.ErrOpen},
		"no such stage":             {second(deals.Advance(ctx, pipeline.Advance{ID: live.ID, Stage: "negotiating"})), pipeline.ErrStage},
		"advance to won":            {second(deals.Advance(ctx, pipeline.Advance{ID: live.ID, Stage: "won"})), pipeline.ErrStage},
		"where it is":               {second(deals.Advance(ctx, pipeline.Advance{ID: live.ID, Stage: "prospecting"})), pipeline.ErrStage},
		"win into lost":             {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Stage: "lost"})), pipeline.ErrStage},
		"open in won":               {second(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: way.ID, Stage: "won"})), pipeline.ErrStage},
		"no such pipeline":          {second(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: storage.ID[pipeline.Pipeline]{1}})), storage.ErrNotFound},
		"no such deal":              {second(deals.Win(ctx, pipeline.Win{ID: storage.ID[pipeline.Deal]{1}})), storage.ErrNotFound},
		"an old version":            {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Version: 9})), storage.ErrStale},
		"a closed deal's estimate":  {second(deals.Change(ctx, pipeline.Change{Deal: pipeline.Deal{ID: won.ID, Name: "A", Estimate: usd("99.00")}})), pipeline.ErrWon},
		"a stage gone from the way": {second(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: pipeline.Pipeline{ID: way.ID, Name: "S", Stages: pipeline.Usual()[1:]}})), pipeline.ErrStage},
	} {
		if !errors.Is(x.err, x.want) {
			t.Errorf("%s: %v, want %v", name, x.err, x.want)
		}
	}
	for name, x := range map[string]struct {
		err        error
		path, code string
	}{
		"negative value":      {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Value: usd("-1.00")})), "value", storage.CodeNegative},
		"another currency":    {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Value: money.MustParse("1 EUR")})), "value", storage.CodeCurrency},
		"too fine":            {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Value: usd("1.001")})), "value", storage.CodeScale},
		"lines it has not":    {second(deals.Win(ctx, pipeline.Win{ID: live.ID, Lines: []money.Amount{usd("1.00")}})), "lines", storage.CodeRange},
		"before it was moved": {second(deals.Win(ctx, pipeline.Win{ID: live.ID, At: day("2026-01-31")})), "at", storage.CodeRange},
		"tomorrow":            {second(deals.Lose(ctx, pipeline.Lose{ID: live.ID, At: day("2026-03-03")})), "at", storage.CodeRange},
		"quoted elsewhere":    {second(deals.Quote(ctx, pipeline.Quote{ID: live.ID, Amount: money.MustParse("1 EUR")})), "amount", storage.CodeCurrency},
		"long reason":         {second(deals.Lose(ctx, pipeline.Lose{ID: live.ID, Reason: strings.Repeat("x", 10000)})), "reason", storage.CodeTooLong},
	} {
		if !storage.Has(x.err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, x.err, x.code, x.path)
		}
	}
	if got := must(deals.Get(ctx, live.ID))(t); got.Version != 1 || len(must(deals.History(ctx, live.ID))(t)) != 1 {
		t.Errorf("a refusal left something behind: %+v", got)
	}
}

func TestBadInputIsRefusedByPathAndLeavesNothing(t *testing.T) {
	_, deals, way := sales(t)
	line := func(l pipeline.Line) pipeline.Open { return pipeline.Open{Name: "A", Lines: []pipeline.Line{{}, l}} }
	for name, x := range map[string]struct {
		c          pipeline.Open
		path, code string
	}{
		"no name":           {pipeline.Open{}, "name", storage.CodeRequired},
		"long name":         {pipeline.Open{Name: strings.Repeat("n", 10000)}, "name", storage.CodeTooLong},
		"NUL":               {pipeline.Open{Name: "a\x00"}, "name", storage.CodeEncoding},
		"bad UTF-8":         {pipeline.Open{Name: "a\xff"}, "name", storage.CodeEncoding},
		"team":              {pipeline.Open{Name: "A", Team: "\xff"}, "team", storage.CodeEncoding},
		"negative amount":   {pipeline.Open{Name: "A", Amount: usd("-0.01")}, "amount", storage.CodeNegative},
		"too fine":          {pipeline.Open{Name: "A", Amount: usd("0.001")}, "amount", storage.CodeScale},
		"too large":         {pipeline.Open{Name: "A", Amount: usd("92233720368547758.08")}, "amount", storage.CodeRange},
		"no real currency":  {pipeline.Open{Name: "A", Amount: money.MustParse("1 POINTS")}, "amount", storage.CodeCurrency},
		"negative quantity": {line(pipeline.Line{Quantity: decimal.New(-1, 0)}), "lines.1.quantity", storage.CodeNegative},
		"fine quantity":     {line(pipeline.Line{Quantity: decimal.New(1, -5)}), "lines.1.quantity", storage.CodeScale},
		"negative price":    {line(pipeline.Line{ListPrice: usd("-1.00")}), "lines.1.list_price", storage.CodeNegative},
		"NUL in a line":     {line(pipeline.Line{Text: "\x00"}), "lines.1.text", storage.CodeEncoding},
		"two currencies":    {pipeline.Open{Name: "A", Amount: usd("1.00"), Lines: []pipeline.Line{{ListPrice: money.MustParse("1 EUR")}}}, "lines.0.list_price", storage.CodeCurrency},
		"customer":          {pipeline.Open{Name: "A", Customer: storage.Ref{Kind: "x", ID: "\x00"}}, "customer", storage.CodeEncoding},
		"own field":         {pipeline.Open{Name: "A", Fields: storage.Fields{"x": 1}}, "fields.x", storage.CodeUnknown},
	} {
		x.c.Pipeline = way.ID
		if _, err := deals.Open(ctx, x.c); !storage.Has(err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, err, x.code, x.path)
		}
	}
	for d, err := range deals.All(ctx, pipeline.Filter{}) {
		t.Errorf("left behind: %v %v", d, err)
	}
	for _, name := range []string{"Ақ Ғасыр Қала Ңұр Өріс Ұлы Үміт Һәм Ілгері", "'); DROP TABLE pipeline_deal;--", "  spaced "} {
		d := must(deals.Open(ctx, pipeline.Open{Name: name, Pipeline: way.ID}))(t)
		if got := must(deals.Get(ctx, d.ID))(t); got.Name != name {
			t.Errorf("%q is stored as %q", name, got.Name)
		}
	}
	for name, x := range map[string]struct {
		stages     []pipeline.Stage
		path, code string
	}{
		"none":        {nil, "stages", storage.CodeRequired},
		"no lost":     {pipeline.Usual()[:3], "stages", storage.CodeRequired},
		"twice":       {append(pipeline.Usual(), pipeline.Stage{Name: "won"}), "stages.4.code", storage.CodeDuplicate},
		"101 percent": {append(pipeline.Usual(), pipeline.Stage{Name: "x", Probability: pipeline.Percent("101")}), "stages.4.probability", storage.CodeRange},
		"fine":        {append(pipeline.Usual(), pipeline.Stage{Name: "x", Probability: pipeline.Percent("0.001")}), "stages.4.probability", storage.CodeScale},
		"status":      {append(pipeline.Usual(), pipeline.Stage{Name: "x", Status: "asleep"}), "stages.4.status", storage.CodeChoice},
		"no code":     {append(pipeline.Usual(), pipeline.Stage{}), "stages.4.code", storage.CodeRequired},
	} {
		if err := second(deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "P", Stages: x.stages})); !storage.Has(err, x.path, x.code) {
			t.Errorf("stages, %s: %v, want %s at %s", name, err, x.code, x.path)
		}
	}
}

func TestChangeTakesTheWholeDealAndKeepsWhatHasVerbs(t *testing.T) {
	_, deals, way := sales(t)
	d := must(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: way.ID, Lines: []pipeline.Line{{Product: product("a"), ListPrice: usd("10.00")},
		{Product: product("b"), ListPrice: usd("20.00")}, {Product: product("c"), ListPrice: usd("30.00")}}}))(t)
	d = must(deals.Get(ctx, d.ID))(t)
	d.Name, d.Stage, d.Status, d.Owner = "B", "won", pipeline.StatusWon, storage.Ref{Kind: "user", ID: "1"}
	d.Lines, d.Estimate = d.Lines[1:], money.Amount{}
	d = must(deals.Change(ctx, pipeline.Change{Deal: *d}))(t)
	got := must(deals.Get(ctx, d.ID))(t)
	if got.Name != "B" || got.Stage != "prospecting" || got.Status != pipeline.StatusOpen || !got.Owner.IsZero() || got.Amount != usd("50.00") || len(got.Lines) != 2 ||
		got.Lines[0].Product != product("b") {
		t.Errorf("changed: %+v", got)
	}
	if h := must(deals.History(ctx, d.ID))(t); len(h) != 2 || h[1].From != h[1].To || h[1].Amount != usd("50.00") {
		t.Errorf("a new amount is no part of the history: %+v", h)
	}
	d = must(deals.Reassign(ctx, pipeline.Reassign{ID: d.ID, Owner: storage.Ref{Kind: "user", ID: "2"}, Team: "North"}))(t)
	if d.Owner.ID != "2" || d.Team != "North" || len(must(deals.History(ctx, d.ID))(t)) != 2 {
		t.Errorf("reassigned: %+v", d)
	}
	must(deals.Win(ctx, pipeline.Win{ID: d.ID, Lines: []money.Amount{usd("15.00"), usd("30.00")}}))(t)
	got = must(deals.Get(ctx, d.ID))(t)
	got.Source = "fair"
	got = must(deals.Change(ctx, pipeline.Change{Deal: *got}))(t)
	if got.Source != "fair" || got.Value != usd("45.00") || got.Lines[1].Value != usd("30.00") {
		t.Errorf("a won deal: %+v", got)
	}
	byProduct := must(deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByProduct}))(t)
	if len(byProduct) != 2 || byProduct[0].Value != usd("15.00") || byProduct[0].Won != 1 || byProduct[1].List != usd("30.00") {
		t.Errorf("by product: %+v", byProduct)
	}
}

func TestADealThatNamesNoPipelineEntersTheFirstInUse(t *testing.T) {
	hidden := storage.Ref{Kind: "user", ID: "8"}
	scope := storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		return storage.Narrowing{None: by == hidden && kind == "pipeline.pipeline"}
	})
	_, deals, first := sales(t, scope)
	must(deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Renewals", Stages: pipeline.Usual()[1:]}))(t)
	if d := must(deals.Open(ctx, pipeline.Open{Name: "A"}))(t); d.Pipeline != first.ID || d.Stage != "prospecting" {
		t.Errorf("into %s, %s", d.Pipeline, d.Stage)
	}
	if err := second(deals.Open(ctx, pipeline.Open{By: hidden, Name: "A"})); !storage.Has(err, "pipeline", storage.CodeRequired) {
		t.Errorf("of pipelines that the actor may not see: %v", err)
	}
	for p := range deals.Pipelines(ctx) {
		if d := must(deals.Open(ctx, pipeline.Open{Name: "B"}))(t); d.Pipeline != p.ID {
			t.Errorf("not into %s, the first that is left", p.Name)
		}
		must(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: *p, Archive: true}))(t)
	}
	if err := second(deals.Open(ctx, pipeline.Open{Name: " "})); !storage.Has(err, "pipeline", storage.CodeRequired) ||
		!storage.Has(err, "name", storage.CodeRequired) {
		t.Errorf("none in use: %v", err)
	}
}

func TestAPipelineRetiresStagesAndIsArchived(t *testing.T) {
	_, deals, way := sales(t)
	d := must(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: way.ID}))(t)
	way.Stages[1].Retired = true
	way.Stages = append(way.Stages, pipeline.Stage{Name: "Negotiating", Probability: pipeline.Percent("60")})
	way = must(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: *way}))(t)
	if err := second(deals.Advance(ctx, pipeline.Advance{ID: d.ID, Stage: "engaging"})); !errors.Is(err, pipeline.ErrStage) {
		t.Errorf("into a retired stage: %v", err)
	}
	must(deals.Advance(ctx, pipeline.Advance{ID: d.ID, Stage: "Negotiating"}))(t)
	old := *way
	way = must(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: *way, Archive: true}))(t)
	if err := second(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: old})); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	if err := second(deals.Open(ctx, pipeline.Open{Name: "B", Pipeline: way.ID})); !errors.Is(err, pipeline.ErrArchived) {
		t.Errorf("into an archived pipeline: %v", err)
	}
	must(deals.Win(ctx, pipeline.Win{ID: d.ID}))(t)
	must(deals.ChangePipeline(ctx, pipeline.ChangePipeline{Pipeline: *way}))(t)
	must(deals.Open(ctx, pipeline.Open{Name: "B", Pipeline: way.ID}))(t)
}

func TestACommandWithAKeyHappensOnceRefusalsIncluded(t *testing.T) {
	_, deals, way := sales(t)
	c := pipeline.Open{Key: "open-1", Name: "A", Pipeline: way.ID, Amount: usd("10.00")}
	first, again := must(deals.Open(ctx, c))(t), must(deals.Open(ctx, c))(t)
	if first.ID != again.ID {
		t.Error("two deals for one key")
	}
	lose := pipeline.Lose{Key: "lose-1", ID: first.ID}
	must(deals.Win(ctx, pipeline.Win{ID: first.ID}))(t)
	if err := second(deals.Lose(ctx, lose)); !errors.Is(err, pipeline.ErrWon) {
		t.Errorf("got %v", err)
	}
	must(deals.Reopen(ctx, pipeline.Reopen{ID: first.ID}))(t)
	if err := second(deals.Lose(ctx, lose)); !errors.Is(err, pipeline.ErrWon) {
		t.Errorf("the refusal is not replayed: %v", err)
	}
	c.Amount = usd("11.00")
	if err := second(deals.Open(ctx, c)); !errors.Is(err, storage.ErrKeyReused) {
		t.Errorf("another command under the key: %v", err)
	}
}

func TestGuardsAndScopesHoldOnEveryPath(t *testing.T) {
	agent, other := storage.Ref{Kind: "user", ID: "1"}, storage.Ref{Kind: "user", ID: "2"}
	scope := func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if kind != "pipeline.deal" {
			return storage.Narrowing{}
		}
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("owner", by)}}
	}
	guard := func(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, _, after any) error {
		if d, ok := after.(*pipeline.Deal); ok && verb == "pipeline.deal.win" && pipeline.Over(d.List, d.Value, decimal.New(10, 0)) && by.Kind != "manager" {
			return storage.ErrForbidden.With("a discount above 10 percent")
		}
		return nil
	}
	_, deals, way := sales(t, storage.WithScope(scope), storage.WithGuard(guard))
	opened := func(owner storage.Ref) *pipeline.Deal {
		return must(deals.Open(ctx, pipeline.Open{Owner: owner, Name: owner.ID, Pipeline: way.ID, Lines: []pipeline.Line{{Product: product("a"), ListPrice: usd("100.00")}}}))(t)
	}
	mine, theirs := opened(agent), opened(other)
	win := pipeline.Win{By: agent, ID: mine.ID, Value: usd("89.99")}
	if err := second(deals.Win(ctx, win)); !errors.Is(err, storage.ErrForbidden) {
		t.Errorf("the guard let pass: %v", err)
	}
	win.By.Kind = "manager"
	must(deals.Win(ctx, win))(t)
	must(deals.Win(ctx, pipeline.Win{ID: theirs.ID, Value: usd("90.00")}))(t)
	must(opened(other), nil)(t)

	for name, err := range map[string]error{"get": second(deals.Get(ctx, theirs.ID, agent)), "history": second(deals.History(ctx, theirs.ID, agent)),
		"describe": second(deals.Describe(ctx, theirs.ID, agent))} {
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := pipeline.Filter{By: agent}
	n := 0
	for d, err := range deals.All(ctx, f) {
		if n++; err != nil || d.ID != mine.ID || len(d.Lines) != 1 {
			t.Errorf("list: %+v %v", d, err)
		}
	}
	page := must(deals.Page(ctx, f, ""))(t)
	product := must(deals.Stats(ctx, pipeline.StatsFilter{Filter: f, Group: pipeline.ByProduct}))(t)
	all := must(deals.Stats(ctx, pipeline.StatsFilter{Filter: f}))(t)
	if n != 1 || len(page.Items) != 1 || all[0].Won+all[0].Open != 1 || product[0].Value != usd("89.99") {
		t.Errorf("%d in the list, %d on the page, sum %+v, by product %+v", n, len(page.Items), all, product)
	}
	if c := must(deals.Cycle(ctx, f))(t); c.Count != 1 {
		t.Errorf("cycle %+v", c)
	}
	if w := must(deals.Forecast(ctx, f, date.Date{}))(t); w.Total.Count != 0 {
		t.Errorf("forecast %+v", w)
	}
	if w := must(deals.Discounts(ctx, f, decimal.New(10, 0)))(t); w.Deals != 1 || w.Given != usd("10.01") {
		t.Errorf("discounts %+v", w)
	}
	if b := must(deals.BackTest(ctx, f, date.MustParse("2026-03-02"), date.MustParse("2026-03-02")))(t); b.Promised.Count != 0 {
		t.Errorf("back-test %+v", b)
	}
}

func TestVerbsSayWhyNot(t *testing.T) {
	why := func(s pipeline.Status) map[string]string {
		m := map[string]string{}
		for _, v := range pipeline.Verbs(&pipeline.Deal{Status: s}) {
			m[strings.TrimPrefix(v.Name, "pipeline.deal.")] = v.Why
		}
		return m
	}
	if w := why(pipeline.StatusOpen); w["win"] != "" || w["reopen"] != "the deal is open" {
		t.Errorf("open: %v", w)
	}
	if w := why(pipeline.StatusLost); w["win"] != "the deal is lost" || w["reopen"] != "" || w["reassign"] != "" {
		t.Errorf("lost: %v", w)
	}
}

func TestThePayloadOfEventsIsAsItWas(t *testing.T) {
	got, err := json.Marshal(pipeline.Happened{Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, From: "engaging", To: "won",
		Status: pipeline.StatusWon, At: date.MustParse("2026-03-02"), Amount: usd("10.00"), Value: usd("9.00")})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "deal.1.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("the payload is now %s", got)
	}
}
