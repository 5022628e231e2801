package main

import (
	"context"
	"slices"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// purchaseOrder is a field of the company's own. It names no kind, so each document has it.
var purchaseOrder = storage.FieldSpec{Name: "purchase_order", Label: "Purchase order", Type: storage.TextField, Indexed: true}

// The people, as the host knows them.
var (
	ana, cem, boss = user("ana"), user("cem"), user("boss")
	agents         = []storage.Ref{ana, cem}
	managers       = []storage.Ref{boss}
)

func user(name string) storage.Ref { return storage.Ref{Kind: "user", ID: name} }

// desk says who sits at the sales desk: one of them is to decide. It satisfies approval.Roles.
type desk struct{}

// Members returns the people of a role.
func (desk) Members(context.Context, *storage.Tx, string) ([]storage.Ref, error) {
	return []storage.Ref{cem, boss}, nil
}

// The company's refusals.
var (
	errNoPurchaseOrder = storage.NewError("acme.no_purchase_order", "no invoice without a purchase-order number")
	errManagersOnly    = storage.NewError("acme.managers_only", "only managers approve")
)

// invoices is a guard: no invoice without a purchase-order number.
func invoices(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string, _, after any) error {
	if i, ok := after.(*billing.Invoice); ok && verb == "billing.invoice.issue" && i.Fields["purchase_order"] == nil {
		return errNoPurchaseOrder
	}
	return nil
}

// approvals is a guard: only managers approve, whoever a policy asks.
func approvals(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, _, after any) error {
	if _, ok := after.(*approval.Request); ok && verb == "approval.request.approve" && !slices.Contains(managers, by) {
		return errManagersOnly
	}
	return nil
}

// ownDeals is a scope: agents see their own deals.
func ownDeals(_ string, by storage.Ref, kind string) (n storage.Narrowing) {
	if kind == "pipeline.deal" && slices.Contains(agents, by) {
		n.Where = []storage.Cond{storage.Eq("owner", by)}
	}
	return n
}
