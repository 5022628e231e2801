package driver

import (
	"context"
	"iter"
)

// An Engine is one store of tables: a database, a file, a map. It is safe for concurrent use.
type Engine interface {
	// Migrate brings what is stored to the declarations: it creates, adds and renames (Column.Was), never drops, and leaves alone
	// what it does not know. It runs under a lock, so two processes may call it at once; calling it again changes nothing.
	// A table must be given to Migrate before a transaction uses it.
	Migrate(ctx context.Context, s Schema) error
	// Begin opens a transaction. It may put off talking to the database until the first statement.
	Begin(ctx context.Context, o TxOptions) (Tx, error)
	// Close frees what the engine opened. Transactions still open fail with ErrClosed.
	Close() error
}

// TxOptions says what a transaction is for.
type TxOptions struct {
	// Tenant is whose rows the transaction works on. "" is a tenant too: the store itself.
	Tenant string
	// ReadOnly transactions see one snapshot; their writes fail with ErrReadOnly.
	ReadOnly bool
	// Across opens a read-only transaction over all tenants, in which only Query is allowed; each row carries its tenant as one more
	// value at its end, and the order is that of the query's columns, then tenant, then key. Tenant is ignored.
	Across bool
}

// A Tx is one transaction. It is used by one goroutine at a time.
type Tx interface {
	// Do runs the operations in order, in as few round trips as the backend can, and answers each.
	Do(ctx context.Context, ops ...Op) ([]Result, error)
	// Query yields rows in the query's order. The caller may stop early, and must not use the Tx while it iterates.
	Query(ctx context.Context, q Query) iter.Seq2[Row, error]
	// Sum groups the rows that fulfil q.Where by the columns in by and yields, ordered by those, one row a group:
	// the by values, the sum of each Int column in sum, and last the number of rows. Without by it yields exactly one row. A sum
	// beyond 64 bits fails with ErrOverflow. Order, After and Limit are ignored.
	Sum(ctx context.Context, q Query, sum, by []int) iter.Seq2[Row, error]
	// Tail reads a tailed table in an order in which no row can later appear before one already returned, and in which rows
	// written under one lock come as the lock was held.
	Tail(ctx context.Context, q TailQuery) (TailPage, error)
	// Savepoint marks a place to which the transaction can return. Savepoints nest.
	Savepoint(ctx context.Context) (Savepoint, error)
	// Commit runs the last operations, in the same round trip where that is possible, and makes everything durable. When it
	// cannot tell whether it did, it fails with ErrUnknown; after any other error nothing was written. The Tx is over either way.
	// The results of the last operations are not returned, but their errors are.
	Commit(ctx context.Context, last ...Op) error
	// Rollback undoes everything. On a Tx that is over it does nothing.
	Rollback(ctx context.Context) error
}

// A Savepoint ends in one of two ways.
type Savepoint interface {
	// Release keeps what was done since, as part of the enclosing scope.
	Release(ctx context.Context) error
	// RollBack undoes what was done since, locks excepted, and lifts a doom that struck after it was set.
	RollBack(ctx context.Context) error
}

// A HostTx is a transaction that the host began with the database's own driver, and that the host alone commits or
// rolls back. An engine makes one in its Join method.
type HostTx interface {
	// Bind gives the transaction a tenant. The Tx it returns works inside the host's transaction: its Commit runs the last operations and
	// leaves the transaction open, its Rollback returns to where Bind found it and leaves the host's own work alone. A host's
	// transaction may be bound more than once, one Tx after another.
	Bind(ctx context.Context, tenant string) (Tx, error)
}

// A Printer can show its schema as statements that a host may run with a tool of its own.
type Printer interface {
	// SQL returns the statements, in order, that create the schema in an empty database.
	SQL(s Schema) []string
}

// An Inspector can tell what is really stored, so that drift from the declarations can be found.
type Inspector interface {
	// Drift names each difference between what is stored and the declarations, sorted, one sentence each; columns and indexes
	// that a host added for itself are not differences. No difference is an empty list.
	Drift(ctx context.Context, s Schema) ([]string, error)
}
