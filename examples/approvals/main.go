package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// largeRefund is what the office manager's screen has sent.
const largeRefund = `{"name": "large refund", "kind": "clinic.refund", "on": [{"change": true}],
	"if": {"all": [{"field": "state", "op": "changed_to", "value": "granted"},
	               {"field": "amount", "op": "ge", "value": {"amount": "1000", "currency": "EUR"}}]},
	"actions": [{"do": "mail", "with": {"to": "insurance"}}]}`

func run(ctx context.Context, out io.Writer) error {
	house := chart{reports: map[string]string{"nina": "omar", "omar": "paula", "paula": "ruth"},
		signs: map[string]string{"omar": "200 EUR", "paula": "2000 EUR"}, left: map[string]bool{"omar": true}}
	rules := workflow.NewRules(nil)
	rules.Handle("mail", func(_ context.Context, _ *storage.Tx, c workflow.ActionCall) error {
		_, err := fmt.Fprintln(out, "mail:", c.Rule, string(c.With))
		return err
	})
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }))
	business := tutas.Open(store, tutas.WithPorts(tutas.Ports{Approval: approval.Ports{Org: house}}), tutas.WithReaders(answers), tutas.WithRules(rules))
	if err := business.Migrate(ctx, storage.Package{Name: "clinic", Tables: []storage.Declaration{refunds}}); err != nil {
		return err
	}
	clinic, err := business.Create(ctx, storage.Tenant{ID: "clinic", Currency: "EUR"})
	if err != nil {
		return err
	}
	if err := declare(ctx, clinic, rules); err != nil {
		return err
	}

	// Omar, who reports to Paula, has left: Nina's refunds go to Paula, and beyond what she signs to Ruth as well.
	for _, r := range []struct{ patient, amount string }{{"Mrs Ito", "40 EUR"}, {"Mr Bauer", "1500 EUR"}, {"Ms Osei", "2000.01 EUR"}} {
		var request *approval.Request
		if err := clinic.Update(ctx, func(tx *storage.Tx) (err error) {
			request, err = ask(ctx, tx, clinic.Approvals, staff("nina"), r.patient, r.amount)
			return err
		}); err != nil {
			return err
		}
		for len(request.Waiting()) > 0 {
			who := request.Waiting()[0]
			fmt.Fprintf(out, "%s: %s asks %s\n", r.patient, request.Amount, who.ID)
			if request, err = clinic.Approvals.Approve(ctx, approval.Vote{By: who, Request: request.ID}); err != nil {
				return err
			}
		}
	}
	if _, err := business.Tick(ctx); err != nil { // in a program: business.Run
		return err
	}
	for refund, err := range refunds.All(ctx, clinic, storage.Query{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s %s\n", refund.Patient, refund.Amount, refund.State)
	}
	return nil
}

// declare stores what is data: who must agree, and the office manager's rule.
func declare(ctx context.Context, clinic *tutas.Company, rules *workflow.Rules) error {
	if _, err := clinic.Approvals.SetPolicy(ctx, approval.SetPolicy{By: staff("ruth"), Policy: approval.Policy{Name: "refund", Measure: approval.ByAmount,
		AboveAmount: money.MustParse("50 EUR"), Stages: []approval.Stage{{Who: approval.Managers}}}}); err != nil {
		return err
	}
	rule, err := workflow.ParseRule([]byte(largeRefund))
	if err != nil {
		return err
	}
	_, err = rules.Set(ctx, clinic, workflow.SetRule{By: staff("vera"), Rule: rule})
	return err
}
