// Package storage keeps a company's data in whatever database the host has, behind typed tables and one way of doing a transaction.
//
// It answers: where does it live, who may see it, and what happens when something fails half-way? Its nouns are the Store (an engine with its tenants),
// the Tx (one transaction of one tenant) and the Table (typed rows with a key, indexes and a version).
//
//	var notes = storage.Define("desk.note", func(n *Note) []storage.Field {
//		return []storage.Field{storage.UUID("id", &n.ID).Key(), storage.Version(&n.Version), storage.Text("text", &n.Text)}
//	})
//	store := storage.Open(memory.New())
//	err := store.Migrate(ctx, storage.Package{Name: "desk", Tables: []storage.Declaration{notes}})
//	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
//	err = db.Update(ctx, func(tx *storage.Tx) error { return notes.Insert(ctx, tx, &Note{ID: storage.NewID[Note](tx), Text: "hello"}) })
//
// # What can fail
//
// Three things are kept apart. ErrStale: the version that a command carried is old; it is never retried. ErrConflict: this
// attempt lost a race; Update retries it with a pause that grows. ErrUnknown: nobody knows whether the commit took effect; only a command with a Key is
// retried, see Once. Everything wrong with an input is in one *Invalid with stable codes and field paths; every other refusal is an *Error with a stable code.
//
// # Who sees what
//
// A Guard of the host may veto any verb inside the transaction; a Scope narrows what an actor sees in gets, lists, pages, sums and exports. Commands
// and queries carry By; zero is the system.
//
// # What seldom changes
//
// What a package makes of the rows of Settled tables, a chart or settings, it keeps in memory with Memo, and reads nothing for most of its transactions. Memory is not asked
// whether it is still right: each tenant has a few stamps, which a change of settled rows raises and each commit that relies on them checks, in the same round trip. So
// nothing is committed that rests on what was, and a change waits only for those who are about to commit. A host that keeps a joined
// transaction open makes changes of settled rows wait for it.
//
// It has no query language, no joins and no lazy loading; what needs those reads the tables with SQL, which it may: they are plain, typed tables.
package storage
