package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

var (
	ana     = storage.Ref{Kind: "host.agent", ID: "ana"}
	ben     = storage.Ref{Kind: "host.agent", ID: "ben"}
	trainee = storage.Ref{Kind: "host.trainee", ID: "tim"}
)

// theirOwn is a host's scope: agents see their own deals, and contacts who buy; a trainee sees all deals, but not what they
// were won for, why they were lost,
// or a field of the company's own.
func theirOwn(_ string, by storage.Ref, kind string) storage.Narrowing {
	switch by.Kind + " " + kind {
	case "host.agent pipeline.deal":
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("owner", by)}}
	case "host.agent contact.contact":
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("role", "buyer")}}
	case "host.trainee pipeline.deal":
		return storage.Narrowing{Hidden: []string{"value", "reason", "fields.margin"}}
	case "host.trainee pipeline.line":
		return storage.Narrowing{Hidden: []string{"value"}}
	case "host.trainee contact.contact":
		return storage.Narrowing{None: true}
	}
	return storage.Narrowing{}
}

// A floor is a company with two agents: each has won a deal and lost one.
type floor struct {
	*world
	*tutas.Company
	// won and lost are by agent.
	won, lost map[storage.Ref]*pipeline.Deal
	// sold is what came of the won ones.
	sold map[storage.Ref]result
}

const (
	whyLost = "the competitor's brother"
	margin  = "thin as paper"
)

func scoped(t *testing.T, e engine) *floor {
	t.Helper()
	ctx := t.Context()
	w := begin(t, e.open(t), []storage.Option{storage.WithScope(theirOwn)}, nil)
	f := &floor{world: w, Company: w.company(t, "acme"), won: map[storage.Ref]*pipeline.Deal{},
		lost: map[storage.Ref]*pipeline.Deal{},
		sold: map[storage.Ref]result{}}
	require.NoError(t, storage.DeclareField(ctx, f, storage.FieldSpec{Kind: "pipeline.deal", Name: "margin",
		Type: storage.TextField, Indexed: true}))
	way, _, err := setup(ctx, f.Company)
	require.NoError(t, err)
	for _, agent := range []storage.Ref{ana, ben} {
		r, err := chain(ctx, f.Company, agent.ID, seller{by: agent})
		require.NoError(t, err)
		f.sold[agent] = r
		id, err := storage.RefID[pipeline.Deal](r.Deal)
		require.NoError(t, err)
		f.won[agent], err = f.Deals.Get(ctx, id)
		require.NoError(t, err)
		d, err := f.Deals.Open(ctx, pipeline.Open{By: agent, Name: "No luck", Customer: r.Customer, Pipeline: way.ID,
			Amount: eur("300"),
			Fields: storage.Fields{"margin": margin}})
		require.NoError(t, err)
		f.lost[agent], err = f.Deals.Lose(ctx, pipeline.Lose{By: agent, ID: d.ID, Reason: whyLost})
		require.NoError(t, err)
		for _, role := range []string{"buyer", "spy"} {
			_, err := f.Contacts.Add(ctx, contact.Add{Name: role + " of " + agent.ID, Role: role,
				Emails: []string{role + agent.ID + "@example.org"}})
			require.NoError(t, err)
		}
	}
	return f
}

func TestAgentsSeeTheirOwnDealsOnlyOnAnyPath(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		f := scoped(t, e)
		mine := []string{f.won[ana].ID.String(), f.lost[ana].ID.String()}
		theirs := []*pipeline.Deal{f.won[ben], f.lost[ben]}
		require.Len(t, each(t, f.Deals.All(ctx, pipeline.Filter{})), 4, "the system sees all")

		for _, d := range theirs {
			for path, read := range map[string]func() error{
				"get":      func() error { _, err := f.Deals.Get(ctx, d.ID, ana); return err },
				"history":  func() error { _, err := f.Deals.History(ctx, d.ID, ana); return err },
				"describe": func() error { _, err := f.Deals.Describe(ctx, d.ID, ana); return err },
				"lineage":  func() error { _, err := f.Origins(ctx, d.Ref(), ana); return err },
			} {
				require.ErrorIs(t, read(), storage.ErrNotFound, path)
			}
			require.Empty(t, each(t, event.All(ctx, f, event.Filter{By: ana, Subject: d.Ref()})))
			require.Empty(t, each(t, event.Trail(ctx, f, event.Filter{By: ana, Subject: d.Ref()})))
		}
		for path, by := range map[string]pipeline.Filter{"all": {By: ana}, "owner": {By: ana, Owner: ana}, "stage": {By: ana,
			Where: []storage.Cond{storage.Ge("opened", someDate)}}} {
			var ids []string
			for _, d := range each(t, f.Deals.All(ctx, by)) {
				ids = append(ids, d.ID.String())
			}
			require.ElementsMatch(t, mine, ids, path)
		}
		require.Empty(t, each(t, f.Deals.All(ctx, pipeline.Filter{By: ana, Owner: ben})))
		require.Empty(t, each(t, f.Deals.All(ctx, pipeline.Filter{By: ana, Customer: f.sold[ben].Customer})))
		page, err := f.Deals.Page(ctx, pipeline.Filter{By: ana, Limit: 1}, "")
		require.NoError(t, err)
		require.Contains(t, mine, page.Items[0].ID.String())
		page, err = f.Deals.Page(ctx, pipeline.Filter{By: ana, Limit: 1}, page.Next)
		require.NoError(t, err)
		require.Contains(t, mine, page.Items[0].ID.String())
		require.Empty(t, page.Next, "a page does not tell of more")

		for _, group := range []pipeline.Group{pipeline.All, pipeline.ByOwner, pipeline.ByCustomer, pipeline.ByProduct,
			pipeline.ByStage, pipeline.ByMonth} {
			stats, err := f.Deals.Stats(ctx, pipeline.StatsFilter{Filter: pipeline.Filter{By: ana}, Group: group})
			require.NoError(t, err)
			value := eur("0")
			for _, s := range stats {
				value, err = value.Add(s.Value)
				require.NoError(t, err)
				require.NotEqual(t, ben, s.Ref)
				require.NotEqual(t, f.sold[ben].Customer, s.Ref)
			}
			require.Equal(t, "1200.00", value.Text(), "group %q", group)
		}
		cycle, err := f.Deals.Cycle(ctx, pipeline.Filter{By: ana})
		require.NoError(t, err)
		require.EqualValues(t, 2, cycle.Count)
		test, err := f.Deals.BackTest(ctx, pipeline.Filter{By: ana}, someDate.AddDays(-1), someDate)
		require.NoError(t, err)
		require.Zero(t, test.Won)
		kept, err := f.Deals.Retention(ctx, pipeline.Filter{By: ana}, date.On(someDate), date.On(someDate), dec("50"))
		require.NoError(t, err)
		require.Equal(t, 1, kept.Customers)
		given, err := f.Insight.Discounts(ctx, insight.DiscountFilter{By: ana})
		require.NoError(t, err)
		require.EqualValues(t, 1, given.Won)

		for what, list := range map[string]func(testing.TB) []string{"events": lists(ctx, f.Company, ana)["events"],
			"trail": lists(ctx, f.Company, ana)["trail"]} {
			all := list(t)
			require.Contains(t, all, f.won[ana].ID.String())
			for _, d := range theirs {
				require.NotContains(t, all, d.ID.String(), what)
			}
		}
		// From ben's invoice the way back ends before his deal; from her own it leads to hers.
		for agent, deals := range map[storage.Ref]int{ana: 1, ben: 0} {
			for _, from := range []storage.Ref{f.sold[agent].Invoice, f.sold[agent].Payment, f.sold[agent].Order} {
				way, err := f.Origins(ctx, from, ana)
				require.NoError(t, err)
				n := 0
				for _, l := range way {
					if l.Ref.Kind == "pipeline.deal" {
						require.Equal(t, f.won[ana].Ref(), l.Ref)
						n++
					}
				}
				require.Equal(t, deals, n, "from %v of %s: %v", from, agent.ID, way)
			}
		}
		require.NoError(t, f.View(ctx, func(tx *storage.Tx) error {
			for _, d := range theirs {
				ok, err := tx.Visible(ctx, ana, d.Ref())
				require.NoError(t, err)
				require.False(t, ok)
			}
			return nil
		}))
	})
}

func TestAListIsExportedAsFarAsTheActorSees(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		f := scoped(t, e)
		for by, want := range map[storage.Ref]int{{}: 4, ana: 2, trainee: 0} {
			var out bytes.Buffer
			require.NoError(t, f.Contacts.Export(ctx, &out, contact.Filter{By: by}))
			require.Equal(t, want, strings.Count(out.String(), "@example.org"), "by %v:\n%s", by, out.String())
			if !by.IsZero() {
				require.NotContains(t, out.String(), "spy")
			}
		}
	})
}

func TestAHiddenFieldShowsOnNoPath(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		f := scoped(t, e)
		clean := func(path string, v any) {
			t.Helper()
			b, err := json.Marshal(v)
			require.NoError(t, err)
			require.NotContains(t, string(b), whyLost, path)
			require.NotContains(t, string(b), margin, path)
		}
		nothing := func(path string, d *pipeline.Deal) {
			t.Helper()
			require.True(t, d.Value.IsZero(), "%s shows what %s was won for: %v", path, d.Name, d.Value)
			clean(path, d)
			for _, l := range d.Lines {
				require.True(t, l.Value.IsZero(), "%s shows what a line was won for: %v", path, l.Value)
			}
		}
		for _, id := range []storage.ID[pipeline.Deal]{f.won[ana].ID, f.lost[ana].ID} {
			d, err := f.Deals.Get(ctx, id, trainee)
			require.NoError(t, err)
			nothing("get", d)
			text, err := f.Deals.Describe(ctx, id, trainee)
			require.NoError(t, err)
			clean("describe", text)
			history, err := f.Deals.History(ctx, id, trainee)
			require.NoError(t, err)
			clean("history", history)
		}
		all := each(t, f.Deals.All(ctx, pipeline.Filter{By: trainee}))
		require.Len(t, all, 4)
		page, err := f.Deals.Page(ctx, pipeline.Filter{By: trainee}, "")
		require.NoError(t, err)
		for _, d := range append(all, page.Items...) {
			nothing("list", d)
		}
		for _, group := range []pipeline.Group{pipeline.All, pipeline.ByOwner, pipeline.ByProduct, pipeline.ByMonth} {
			stats, err := f.Deals.Stats(ctx, pipeline.StatsFilter{Filter: pipeline.Filter{By: trainee}, Group: group})
			if err != nil {
				require.True(t, storage.Has(err, "value", storage.CodeUnknown), "%v", err) // a refusal does not tell either
			}
			for _, s := range stats {
				require.True(t, s.Value.IsZero(), "group %q: %v", group, s.Value)
			}
		}
		given, err := f.Deals.Discounts(ctx, pipeline.Filter{By: trainee}, dec("0"))
		require.True(t, err != nil || given.Given.IsZero(), "%v %v", given, err)
		// Nobody may find out by asking whether it is more than something.
		for _, where := range []storage.Cond{storage.Ge("value", eur("1000")), storage.Eq("reason", whyLost),
			storage.Prefix("reason", "the"),
			storage.Eq("fields.margin", margin)} {
			for _, err := range f.Deals.All(ctx, pipeline.Filter{By: trainee, Where: []storage.Cond{where}}) {
				var bad *storage.Invalid
				require.ErrorAs(t, err, &bad, "a condition on a hidden field is answered")
			}
			_, err := f.Deals.Page(ctx, pipeline.Filter{By: trainee, Where: []storage.Cond{where}}, "")
			require.Error(t, err)
		}
		for _, entry := range each(t, event.Trail(ctx, f, event.Filter{By: trainee})) {
			for _, c := range entry.Changes {
				if entry.Subject.Kind == "pipeline.deal" {
					require.NotContains(t, []string{"value", "reason"}, c.Field, "the trail shows what is hidden")
				}
			}
			clean("trail", entry)
		}
		for _, ev := range each(t, event.All(ctx, f, event.Filter{By: trainee})) {
			if ev.Subject.Kind != "pipeline.deal" {
				continue
			}
			var payload map[string]any
			require.NoError(t, json.Unmarshal(ev.Payload, &payload))
			require.NotContains(t, payload, "value", fmt.Sprint(ev.Name, " shows what is hidden"))
		}
		seen, err := f.Origins(ctx, f.lost[ana].Ref(), trainee)
		require.NoError(t, err)
		clean("lineage", seen)
		seen, err = f.Origins(ctx, f.lost[ana].Ref())
		require.NoError(t, err)
		require.Equal(t, whyLost, seen[0].Fields["reason"], "the system sees all")
		way, err := f.Origins(ctx, f.sold[ana].Order, trainee)
		require.NoError(t, err)
		deals := 0
		for _, l := range way {
			if l.Ref.Kind == "pipeline.deal" {
				deals++
				require.NotContains(t, l.Fields, "value")
				require.NotContains(t, l.Fields, "reason")
			}
		}
		require.Equal(t, 1, deals)
	})
}
