// Package postgres keeps the tables of Tutas in PostgreSQL 13 or newer, or in a database that is distributed by tenant and
// speaks as PostgreSQL does.
//
// It answers one question: how do many small transactions reach PostgreSQL in few round trips, and safely? Its nouns:
//
//   - Engine is a schema of tables, reached through the host's own pool of connections;
//   - Join lets an Engine work inside a transaction that the host began;
//   - WithRowSecurity adds the database's own check that no tenant sees another's row.
//
// In use:
//
//	pool, err := pgxpool.New(ctx, "postgres:///shop")
//	engine, err := postgres.Open(ctx, pool)
//	store := storage.Open(engine)
//
// # What travels when
//
// Begin says nothing to the server. BEGIN travels with the first statement, savepoints travel with the next one, and COMMIT with the
// last: a transaction that reads once and then writes takes two round trips, one that only writes takes one. All rows of
// an Op travel as arrays in one statement, whose text never changes, so that each connection prepares it once.
//
// # What is promised
//
// A writing transaction is READ COMMITTED, a read-only one REPEATABLE READ. Rows are locked FOR NO KEY UPDATE and in key
// order. Nothing relies on triggers, sequences, notifications or the server's clock; only Migrate takes an advisory lock.
//
// A dump may be restored in another cluster: run Migrate there before anything is written, so that tails go on where they ended.
//
// It does not open or close the pool, does not retry, and does not show its statements to the pool's tracer. Stopping a
// Query early that has no Limit still reads its rows to the end.
package postgres
