// Package sqlite stores everything in one SQLite file, without cgo.
//
// It answers one question: how does a program on one machine keep its business in a file that survives a kill at any
// moment? Its nouns:
//
//   - Engine, opened on a path, given to storage.Open;
//   - Option, what may differ from the defaults: the prefix of the tables' names, the busy timeout, the durability;
//   - the host's own *sql.Tx, joined with Engine.Join.
//
// In use:
//
//	engine, err := sqlite.Open(ctx, "company.db")
//	if err != nil { … }
//	defer engine.Close()
//	store := storage.Open(engine)
//
// # What is in the file
//
// Each table is a STRICT, WITHOUT ROWID table named prefix + name ("tutas_deal"), its first column the tenant. Columns
// can be read with any tool: a UUID is text of 36 characters, a date 'YYYY-MM-DD', an instant
// 'YYYY-MM-DDTHH:MM:SS.ffffffZ' (UTC, always six digits, so that texts sort as instants do), a decimal its text, JSON
// its text, a Bool 0 or 1. A tailed table has a column tail_pos more; the table prefix + "$tail" counts them.
//
// The file is in WAL mode with synchronous FULL: what Commit has acknowledged survives a killed process and a lost
// power supply. There is one writer at a time. A writing transaction takes the lock at its first statement (BEGIN
// IMMEDIATE), waits in line for it, and gives up when its context ends or after the busy timeout, with driver.ErrBusy.
// Readers never wait: a read-only transaction is a snapshot.
//
// A database in memory (":memory:") is refused: use storage/memory, which is faster and has concurrent readers.
//
// It does not vacuum, back up, encrypt or replicate; that remains the host's, with SQLite's own means. Several
// processes may open one file on one machine; a file on a network share is not safe.
package sqlite
