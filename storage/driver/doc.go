// Package driver is the small contract between Tutas and a storage backend.
//
// It answers one question: what must a database be able to do so that a whole company can be run on it? Domain
// packages never import it; they hold a *storage.DB and typed tables. A backend (memory, SQLite, PostgreSQL, or one
// of yours) implements three nouns:
//
//   - Engine opens transactions and brings the stored tables to their declarations;
//   - Tx reads and writes rows of one tenant, many at a time;
//   - Table declares columns, a key and indexes.
//
// A backend of your own takes a few hundred lines: implement Engine and Tx, then run
//
//	storagetest.Run(t, storagetest.Harness{Open: open})
//
// and every promise of this page is checked.
//
// # The promises
//
// A Tx belongs to one tenant, and each row it reads, writes, counts or locks is that tenant's; tables do not list the tenant
// among their columns, the backend puts it in front of each key. A read-only Tx sees one snapshot from its first
// statement to its last and never waits for a writer. A writing Tx sees what was committed before each of its statements, and its own writes.
//
// Any error from Do, Query, Sum, Tail or Savepoint dooms the Tx: all that follows fails with ErrDoomed until it is
// rolled back, whole or to a savepoint that was set before the failure. All engines are alike in this.
//
// A tail never skips: no row can appear in it before one that was already read, though a transaction that began first commits last. And rows
// that are written under one lock come in the order in which the lock was held, whichever transaction began first; so events of one subject,
// which their writers lock, come in its order.
//
// Text is ordered bytewise. Rows are the caller's: a backend keeps no reference to a Row it was given or has returned, and the caller
// makes the rows of its next transaction in the memory of those of the last.
//
// It does not retry, does not buffer, knows no types of a domain, reads no clock and generates no identifiers.
package driver
