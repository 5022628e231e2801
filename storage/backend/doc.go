// Package backend holds what a storage backend need not write again.
//
// It answers one question: which duties of package driver are the same whatever the database? Its three nouns:
//
//   - Guard keeps the rules of a transaction's life: over is over, an error dooms, a reader does not write;
//   - Table is what a store remembers of a declaration, so that declarations may change;
//   - a key (AppendValue) is bytes that sort as the values do, for stores that know nothing but bytes.
//
// Besides, Select and Sum do in Go what a database without a query language cannot:
//
//	func (t *tx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
//		return t.guard.Rows(ctx, true, func() ([]driver.Row, error) { return backend.Select(q, t.rows(q)), nil })
//	}
//
// examples/customstore is a whole backend built with it. One that has its own means, an SQL database above all, needs
// only the Guard, or nothing of this.
//
// It stores nothing, and no domain package imports it.
package backend
