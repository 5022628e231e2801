package approval_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

func user(name string) storage.Ref { return storage.Ref{Kind: "user", ID: name} }

var (
	monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	bosses = []approval.Manager{
		{Person: user("ben"), Limited: true, Limit: money.MustParse("1000 EUR"), PercentLimited: true, Percent: decimal.NewFromInt(15)},
		{Person: user("cem"), Limited: true, Limit: money.MustParse("10000 EUR")},
		{Person: user("dia")},
	}
)

// An expense above a limit, while the manager who could approve it is away: the delegate acts, within the manager's limit.
func Example_expenseWithADelegate() {
	policy := approval.Policy{Name: "expense", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.Managers}}}
	people := approval.Candidates{Managers: bosses,
		Delegations: []approval.Delegation{{From: user("cem"), To: user("fay"), Since: monday, Until: monday.AddDate(0, 0, 7)}}}
	situation := approval.Situation{Policy: &policy, People: &people}
	var request approval.Request
	for _, c := range []approval.Command{
		{By: user("ana"), Action: approval.AskFor, Ask: approval.Ask{Requester: user("ana"), Subject: storage.Ref{Kind: "claim", ID: "7"}},
			Content: approval.Content{Amount: money.MustParse("7400 EUR")}},
		{By: user("ben"), Action: approval.Approve},
		{By: user("fay"), Action: approval.Approve},
	} {
		records, err := approval.Decide(request, c, situation, monday)
		if err != nil {
			fmt.Println(err)
			return
		}
		request = approval.Fold(request, records...)
	}
	last := request.Steps[1].Decision
	fmt.Println(request.State, "by", last.By.ID, "for", last.For.ID)
	// Output: approved by fay for cem
}

// A discount is judged by the worst line of the quote: 4 % on average would hide the 20 % on one of them.
func ExampleWorst() {
	policy := approval.Policy{Name: "discount", Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(10),
		Stages: []approval.Stage{{Who: approval.Managers}}}
	worst := approval.Worst(decimal.NewFromInt(0), decimal.NewFromInt(0), decimal.NewFromInt(20), decimal.NewFromInt(0), decimal.NewFromInt(0))
	steps, err := approval.Resolve(policy, approval.Facts{Requester: user("ana"), Percent: worst}, approval.Candidates{Managers: bosses})
	for _, s := range steps {
		fmt.Println(s.Approvers[0].ID+":", s.Reason)
	}
	fmt.Println(err)
	// Output:
	// ben: manager whose limit of 1000.00 EUR and 15 % does not suffice
	// cem: manager whose limit of 10000.00 EUR suffices
	// <nil>
}

// A purchase order needs two of the three people in finance.
func ExampleQuorum() {
	policy := approval.Policy{Name: "purchase", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.Role, Role: "finance",
		Quorum: approval.Quorum{Count: approval.NOf, N: 2}}}}
	people := approval.Candidates{Roles: map[string][]storage.Ref{"finance": {user("fay"), user("gus"), user("hal")}}}
	situation := approval.Situation{Policy: &policy, People: &people}
	var request approval.Request
	for _, c := range []approval.Command{
		{By: user("ana"), Action: approval.AskFor, Ask: approval.Ask{Requester: user("ana"), Subject: storage.Ref{Kind: "order", ID: "1"}}},
		{By: user("fay"), Action: approval.Reject, Why: "over budget"},
		{By: user("hal"), Action: approval.Approve},
		{By: user("gus"), Action: approval.Approve},
	} {
		records, err := approval.Decide(request, c, situation, monday)
		if err != nil {
			fmt.Println(err)
			return
		}
		request = approval.Fold(request, records...)
		fmt.Println(request.State, request.Waiting())
	}
	// Output:
	// pending [user/fay user/gus user/hal]
	// pending [user/gus user/hal]
	// pending [user/gus]
	// approved []
}

// Who would have to approve this? With the reasons, of those who would be passed by too.
func ExampleExplain() {
	small := money.MustParse("5000 EUR")
	policy := approval.Policy{Name: "expense", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.Managers},
		{Who: approval.People, People: []storage.Ref{user("gus")}, AboveAmount: &small}}}
	plan, err := approval.Explain(policy, approval.Facts{Requester: user("ana"), Beneficiary: user("ben"), Amount: small, At: monday},
		approval.Candidates{Managers: bosses})
	for _, s := range plan.Steps {
		fmt.Println(s.Approvers[0].ID+":", s.Reason)
	}
	for _, note := range plan.Notes {
		fmt.Println(note)
	}
	fmt.Println(err)
	// Output:
	// cem: manager whose limit of 10000.00 EUR suffices
	// stage 1: user/ben benefits from it
	// stage 2: 5000.00 EUR is not above 5000.00 EUR
	// <nil>
}
