// Package memory is the reference engine: the whole store in the process's own memory, with real transactions.
//
// It answers one question: how does a store behave that keeps every promise of package driver and loses nothing but the
// power supply? Tests run on it, small tools may live on it, and the other engines are compared with it. Three nouns:
//
//   - Engine holds the tables of all tenants;
//   - Tx is one transaction on it, a snapshot or a writer;
//   - HostTx plays the part of a host's own transaction, so that joining can be tried without a database.
//
// In use:
//
//	engine := memory.New()
//	defer engine.Close()
//	err := engine.Migrate(ctx, schema)
//	tx, err := engine.Begin(ctx, driver.TxOptions{Tenant: "acme"})
//	err = tx.Commit(ctx, driver.Op{Kind: driver.Insert, Table: invoices, Rows: rows})
//
// # How it works
//
// Each tenant has, for each table, one tree of its rows by primary key and one per index. What somebody else may be looking at is never changed: a
// change then copies the nodes on its way, so a snapshot is one pointer, a savepoint is a handful of them, and going back means putting them in place
// again. A commit that brings all that the transaction writes, as nearly every one does, finds trees that nobody holds unless a snapshot was
// taken since the last one; it changes them in place, and takes back row by row what it did if it is refused. Rows are kept packed, see record.
// Keys are encoded to bytes whose order is the order of the values; equality, ranges, prefixes and the place after a page are then all
// the same thing, a stretch of bytes.
//
// One transaction at a time writes to a tenant; it takes the tenant's turn at its first write or Lock, first come, first served,
// and keeps it until its end. Until then it reads what is committed; afterwards that and its own writes, to which nobody adds.
// Different tenants write side by side. Readers wait for no transaction, only for the moment in which one is put in place. Rows of a tailed table
// are numbered as they are written, and because turns do not overlap that is the order of commits.
//
// # What was decided where the contract is silent
//
// A unique index that is global is checked when a row is written, against what is committed, and again at the commit, where
// losing to another tenant is ErrConflict. References are checked at the end of each Op, so that one Op may hold a parent and
// its children. A nullable column that is added without a Default is null in older rows. A Sum over nulls counts them as 0.
// After, in a transaction across tenants, is the order's values, then the tenant, then the key. Malformed rows and queries fail
// with ErrSchema. Rollbacks ignore a cancelled context.
//
// It does not write to disk, does not evict, and does not limit how much is put in.
package memory
