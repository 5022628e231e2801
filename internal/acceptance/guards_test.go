package acceptance_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow/approval"
)

var (
	errNoPO    = storage.NewError("host.no_po", "an invoice needs the customer's purchase-order number")
	errManager = errors.New("only managers approve")

	manager = storage.Ref{Kind: "host.manager", ID: "dana"}
	clerk   = storage.Ref{Kind: "host.clerk", ID: "erlan"}
)

// houseRules is a host's guard: no invoice without a purchase-order number, and only managers approve.
func houseRules(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, _, after any) error {
	switch verb {
	case "billing.invoice.issue":
		if po, _ := after.(*billing.Invoice).Fields["po"].(string); po == "" {
			return errNoPO.With("customer %s", after.(*billing.Invoice).Customer)
		}
	case "approval.request.approve":
		if by.Kind != manager.Kind {
			return errManager
		}
	}
	return nil
}

// guarded opens a company with the house rules and a field "po" on every document.
func guarded(t *testing.T, e engine) (*world, *tutas.Company) {
	t.Helper()
	w := begin(t, e.open(t), []storage.Option{storage.WithGuard(houseRules)}, nil)
	c := w.company(t, "acme")
	require.NoError(t, storage.DeclareField(t.Context(), c, storage.FieldSpec{Name: "po", Type: storage.TextField,
		Label: "Purchase order", Indexed: true}))
	return w, c
}

func TestNoInvoiceWithoutAPurchaseOrderOnAnyPath(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		w, c := guarded(t, e)
		_, err := chain(ctx, c, "without")
		require.ErrorIs(t, err, errNoPO)
		invariants(t, c, w.today())
		before := counts(t, w.Store(), "acme")
		require.Zero(t, before["billing_invoice"])

		draft := billing.Draft{Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, Currency: "EUR",
			Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: dec("10")}}}
		paths := map[string]func() error{
			"written and issued in one go": func() error { _, err := c.Invoices.IssueNew(ctx, draft); return err },
			"in a transaction of the host's": func() error {
				return c.Update(ctx, func(tx *storage.Tx) error { _, err := c.In(tx).Invoices.IssueNew(ctx, draft); return err })
			},
			"a refusal the host passes over": func() error {
				var refused error
				err := c.Update(ctx, func(tx *storage.Tx) error { _, refused = c.In(tx).Invoices.IssueNew(ctx, draft); return nil })
				return errors.Join(err, refused)
			},
			"a manager": func() error { d := draft; d.By = manager; _, err := c.Invoices.IssueNew(ctx, d); return err },
			"the service by itself, made by the host": func() error {
				_, err := billing.New(c.Session, billing.Ports{Journal: tutas.Journal{},
					Accounts: tutas.UsualAccounts()}).IssueNew(ctx, draft)
				return err
			},
		}
		for name, issue := range paths {
			require.ErrorIs(t, issue(), errNoPO, name)
			require.Equal(t, before, counts(t, w.Store(), "acme"), "%s: nothing half-written", name)
		}

		i, err := c.Invoices.Draft(ctx, draft) // a draft may be without
		require.NoError(t, err)
		_, err = c.Invoices.Issue(ctx, billing.Issue{Invoice: i.ID})
		require.ErrorIs(t, err, errNoPO, "a draft that is issued later")
		draft.Fields = storage.Fields{"po": "PO-8"}
		_, err = c.Invoices.Redraft(ctx, billing.Redraft{Invoice: i.ID, Draft: draft})
		require.NoError(t, err)
		issued, err := c.Invoices.Issue(ctx, billing.Issue{Invoice: i.ID})
		require.NoError(t, err)
		require.Equal(t, "1", issued.Number, "refusals took no number")

		r, err := chain(ctx, c, "with", seller{fields: storage.Fields{"po": "PO-7"}})
		require.NoError(t, err)
		require.Equal(t, "2", r.Number)
		found := each(t, c.Invoices.All(ctx, billing.Filter{Where: []storage.Cond{storage.Eq("fields.po", "PO-7")}}))
		require.Len(t, found, 1)
		require.Equal(t, r.Invoice, billing.Ref(found[0].ID))
		invariants(t, c, w.today())

		_, err = c.Invoices.IssueNew(ctx, billing.Draft{Key: "k", Customer: draft.Customer, Currency: "EUR", Lines: draft.Lines})
		require.ErrorIs(t, err, errNoPO)
		_, err = c.Invoices.IssueNew(ctx, billing.Draft{Key: "k", Customer: draft.Customer, Currency: "EUR", Lines: draft.Lines})
		require.ErrorIs(t, err, errNoPO, "a refusal is replayed under its key, and has the same code")
	})
}

func TestOnlyManagersApproveOnAnyPath(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		w, c := guarded(t, e)
		_, err := c.Approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "gift", Measure: approval.Always,
			Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{clerk}}, {Who: approval.People,
				People: []storage.Ref{manager}}}}})
		require.NoError(t, err)
		ask := func(id string) *approval.Request {
			r, err := c.Approvals.Submit(ctx, approval.Submit{Policy: "gift", Subject: storage.Ref{Kind: "host.gift", ID: id},
				Digest: "d", Requester: storage.Ref{Kind: "host.clerk", ID: "ok"}})
			require.NoError(t, err)
			return r
		}
		r := ask("1")
		before := counts(t, w.Store(), "acme")
		for name, approve := range map[string]func() error{
			"by the service": func() error {
				_, err := c.Approvals.Approve(ctx, approval.Vote{By: clerk,
					Request: r.ID})
				return err
			},
			"in a transaction": func() error {
				return c.Update(ctx, func(tx *storage.Tx) error {
					_, err := c.In(tx).Approvals.Approve(ctx, approval.Vote{By: clerk, Request: r.ID})
					return err
				})
			},
		} {
			err := approve()
			require.ErrorIs(t, err, storage.ErrForbidden, name)
			require.ErrorIs(t, err, errManager, name)
			require.Equal(t, before, counts(t, w.Store(), "acme"), "%s: nothing half-written", name)
		}
		_, err = c.Approvals.Reject(ctx, approval.Vote{By: clerk, Request: r.ID}) // that was not forbidden
		require.NoError(t, err)

		_, err = c.Approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "gift", Measure: approval.Always,
			Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{manager}}}}})
		require.NoError(t, err)
		done, err := c.Approvals.Approve(ctx, approval.Vote{By: manager, Request: ask("2").ID})
		require.NoError(t, err)
		require.Equal(t, approval.Approved, done.State)
		verbs := []string{}
		for _, e := range each(t, event.Trail(ctx, c, event.Filter{Subject: done.Ref()})) {
			verbs = append(verbs, e.Verb)
		}
		require.True(t, slices.Contains(verbs, "approval.request.approve"), "%v", verbs)
	})
}
