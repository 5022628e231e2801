package approval_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

func person(name string) storage.Ref { return storage.Ref{Kind: "person", ID: name} }

var (
	ana, ben, cem, dia, eli = person("ana"), person("ben"), person("cem"), person("dia"), person("eli")
	fay, gus                = person("fay"), person("gus")
	noon                    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

func eur(s string) money.Amount { return money.MustParse(s + " EUR") }

// chart is the organisation of the scenarios: Ana, Ben up to 1,000, Cem up to 10,000, Dia up to 50,000, Eli without a limit.
var chart = []approval.Manager{{Person: ben, Limit: eur("1000"), Limited: true},
	{Person: cem, Limit: eur("10000"), Limited: true},
	{Person: dia, Limit: eur("50000"), Limited: true}, {Person: eli}}

var expense = approval.Policy{Name: "expense", Measure: approval.ByAmount, AboveAmount: eur("100"),
	Stages: []approval.Stage{{Who: approval.Managers}}}

func names(steps []approval.Step) string {
	var list []string
	for _, s := range steps {
		var any []string
		for _, p := range s.Approvers {
			any = append(any, p.ID)
		}
		list = append(list, strings.Join(any, "|"))
	}
	return strings.Join(list, " ")
}

func TestW2BoundsAreInclusiveAndTheChainClimbsUntilALimitSuffices(t *testing.T) {
	for amount, want := range map[string]string{
		"0": "", "100.00": "", "100.01": "ben", "1000.00": "ben", "1000.01": "ben cem", "7400.00": "ben cem", "10000.00": "ben cem",
		"10000.01": "ben cem dia", "50000.01": "ben cem dia eli", "1000.0001": "ben cem",
	} {
		steps, err := approval.Resolve(expense, approval.Facts{Requester: ana, Amount: eur(amount)},
			approval.Candidates{Managers: chart})
		if err != nil || names(steps) != want {
			t.Errorf("%s EUR asks %q, %v; want %q", amount, names(steps), err, want)
		}
	}
}

func TestAPolicyFindsItsPeople(t *testing.T) {
	percent := func(above int64, stages ...approval.Stage) approval.Policy {
		return approval.Policy{Name: "discount", Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(above), Stages: stages}
	}
	always := func(stages ...approval.Stage) approval.Policy {
		return approval.Policy{Name: "x", Measure: approval.Always, Stages: stages}
	}
	managers := approval.Stage{Who: approval.Managers}
	roles := map[string][]storage.Ref{"finance": {fay, gus}, "only": {ana}}
	for name, c := range map[string]struct {
		policy approval.Policy
		facts  approval.Facts
		want   string
		err    error
	}{
		"10 % needs none": {percent(10, managers), approval.Facts{Percent: decimal.NewFromInt(10)}, "", nil},
		"10.01 % needs the manager": {percent(10, managers), approval.Facts{Percent: decimal.RequireFromString("10.01")},
			"ben", nil},
		"a percentage climbs by amount": {percent(10, managers), approval.Facts{Percent: decimal.NewFromInt(20),
			Amount: eur("2000")}, "ben cem", nil},
		"0 % above 0 needs none": {percent(0, managers), approval.Facts{}, "", nil},
		"two levels, limits ignored": {always(approval.Stage{Who: approval.Managers, Levels: 2}),
			approval.Facts{Amount: eur("99999")}, "ben cem", nil},
		"more levels than managers": {always(approval.Stage{Who: approval.Managers, Levels: 9}), approval.Facts{},
			"ben cem dia eli", nil},
		"named people in order": {always(approval.Stage{Who: approval.People, People: []storage.Ref{gus, fay}}),
			approval.Facts{}, "gus fay", nil},
		"a named requester is passed by": {always(approval.Stage{Who: approval.People, People: []storage.Ref{ana, fay}}),
			approval.Facts{}, "fay", nil},
		"any one of a role": {always(approval.Stage{Who: approval.Role, Role: "finance"}), approval.Facts{},
			"fay|gus", nil},
		"stages one after another": {always(managers, approval.Stage{Who: approval.Role, Role: "finance"}),
			approval.Facts{}, "ben fay|gus", nil},
		"only the requester has the role": {always(approval.Stage{Who: approval.Role, Role: "only"}), approval.Facts{}, "",
			approval.ErrNoApprover},
		"no one has the role": {always(approval.Stage{Who: approval.Role, Role: "none"}), approval.Facts{}, "",
			approval.ErrNoApprover},
		"only the requester is named": {always(approval.Stage{Who: approval.People, People: []storage.Ref{ana}}),
			approval.Facts{}, "", approval.ErrNoApprover},
		"another currency than the bound": {expense, approval.Facts{Amount: money.MustParse("200 USD")}, "", approval.ErrCurrency},
		"another currency than the limit": {always(managers), approval.Facts{Amount: money.MustParse("200 USD")}, "",
			approval.ErrCurrency},
	} {
		c.facts.Requester = ana
		steps, err := approval.Resolve(c.policy, c.facts, approval.Candidates{Managers: chart, Roles: roles})
		if !errors.Is(err, c.err) || names(steps) != c.want {
			t.Errorf("%s: %q, %v; want %q, %v", name, names(steps), err, c.want, c.err)
		}
	}
}

func TestAChainThatLeadsNowhereIsRefused(t *testing.T) {
	low := func(p storage.Ref) approval.Manager {
		return approval.Manager{Person: p, Limit: eur("1"), Limited: true}
	}
	var endless []approval.Manager
	for i := range 1000 {
		endless = append(endless, low(person(fmt.Sprint(i))))
	}
	for name, c := range map[string]struct {
		chain []approval.Manager
		err   error
	}{
		"no manager":                     {nil, approval.ErrNoApprover},
		"one's own manager":              {[]approval.Manager{low(ana)}, approval.ErrCycle},
		"a circle":                       {[]approval.Manager{low(ben), low(cem), low(ben)}, approval.ErrCycle},
		"a circle through the requester": {[]approval.Manager{low(ben), {Person: ana}}, approval.ErrCycle},
		"no end":                         {endless, approval.ErrCycle},
		"nobody may approve so much":     {[]approval.Manager{low(ben), low(cem)}, approval.ErrLimit},
		"a circle that is not reached":   {[]approval.Manager{{Person: ben}, {Person: ben}}, nil},
	} {
		steps, err := approval.Resolve(expense, approval.Facts{Requester: ana, Amount: eur("500")},
			approval.Candidates{Managers: c.chain})
		if !errors.Is(err, c.err) || (err == nil) != (len(steps) > 0) {
			t.Errorf("%s: %q, %v; want %v", name, names(steps), err, c.err)
		}
	}
}

func TestAPolicyThatMakesNoSenseIsRefused(t *testing.T) {
	stage, dollar := []approval.Stage{{Who: approval.Managers}}, money.MustParse("1 USD")
	for want, p := range map[string]approval.Policy{
		"name required":         {Measure: approval.Always, Stages: stage},
		"name too_long":         {Name: strings.Repeat("x", 10000), Measure: approval.Always, Stages: stage},
		"measure choice":        {Name: "x", Measure: "mood", Stages: stage},
		"above_amount currency": {Name: "x", Measure: approval.ByAmount, Stages: stage},
		"above_amount currency, another one": {Name: "x", Measure: approval.ByAmount, AboveAmount: eur("1"), Stages: stage,
			Terms: approval.Terms{Currency: "USD"}},
		"stages.0.above_amount currency": {Name: "x", Measure: approval.ByAmount, AboveAmount: eur("1"),
			Stages: []approval.Stage{{Who: approval.Managers, AboveAmount: &dollar}}},
		"terms.declared.0.choices required": {Name: "x", Measure: approval.Always, Stages: stage,
			Terms: approval.Terms{Declared: []approval.Declared{{Name: "risk", Kind: workflow.KindEnum}}}},
		"above_amount negative":    {Name: "x", Measure: approval.ByAmount, AboveAmount: eur("-1"), Stages: stage},
		"above_percent negative":   {Name: "x", Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(-1), Stages: stage},
		"stages required":          {Name: "x", Measure: approval.Always},
		"stages range":             {Name: "x", Measure: approval.Always, Stages: make([]approval.Stage, 1000)},
		"stages.0.who choice":      {Name: "x", Measure: approval.Always, Stages: []approval.Stage{{}}},
		"stages.1.people required": {Name: "x", Measure: approval.Always, Stages: []approval.Stage{stage[0], {Who: approval.People}}},
		"stages.0.people.0 required": {Name: "x", Measure: approval.Always,
			Stages: []approval.Stage{{Who: approval.People, People: make([]storage.Ref, 1)}}},
		"stages.0.role required": {Name: "x", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.Role}}},
		"stages.0.levels negative": {Name: "x", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.Managers,
			Levels: -1}}},
	} {
		path, code, _ := strings.Cut(want, " ")
		code, _, _ = strings.Cut(code, ",")
		if _, err := approval.Resolve(p, approval.Facts{Requester: ana}, approval.Candidates{}); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestAPercentageNobodyWritesIsRefused(t *testing.T) {
	_, err := approval.New(nil, approval.Ports{}).Plan(t.Context(), approval.Submit{Policy: "p", Percent: decimal.New(1, 1<<30)})
	if !storage.Has(err, "percent", storage.CodeRange) {
		t.Error(err)
	}
}
