// Package tutas is the business core of an application as one library: winning customers, delivering and getting paid, the books behind both, and
// the rules that keep order, over one set of data in the host's own database.
//
// It answers the two questions of every growing company. How do we win customers predictably? That is crm: party, contact, activity, pipeline, nurture. How do we
// run what we have won, and what do we keep? That is erp: catalog, tax, people, sales, project, billing, expense, planning, cost, and insight, which reads it all. Under
// both lie ledger, where every amount ends, workflow, where it is decided who must agree and what follows from what, and storage, which keeps it.
//
// This package is the top floor: it connects the others. Its nouns are the Business (all tenants of a store), the Company (one tenant, with a service for each
// package) and the Chain (from any amount back to the deal that began it, and from any deal to the money that was kept).
//
//	store := storage.Open(memory.New())
//	business := tutas.Open(store)
//	err := business.Migrate(ctx)
//	acme, err := business.Create(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
//	deal, err := acme.Deals.Open(ctx, pipeline.Open{Name: "First deal"})
//
// Each package also works alone: import ledger and you have a ledger. A package may import only from floors below its own; floors_test.go holds the table.
//
// It has no server, no UI, no goroutine and no global state. Nothing runs by itself: the host calls Tick, or Run in as many processes as it likes.
package tutas
