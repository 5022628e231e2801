// Package acceptance holds what must be true of the whole, on every engine.
//
// It answers one question: may a company be run on this library, whatever the database, and whatever fails? Its three nouns:
//
//   - an engine is one of memory, SQLite and PostgreSQL; each test runs on all of them;
//   - the chain is one piece of business from a customer's name to settled money, each command under a key;
//   - an invariant is what must hold of a company after every transaction, also after one that failed.
//
// In use:
//
//	go test ./internal/acceptance/...
//	go test -short ./internal/acceptance/...                           fewer faults, fewer tenants
//	TUTAS_LONG=1 go test ./internal/acceptance/...                     each fault on each engine
//	TUTAS_SEED=7 go test -run Fault ./internal/acceptance/...          the faults of an earlier run
//
// It has tests only. It does not test what one package promises by itself: that is done beside the package; nor what a
// backend promises, which is
// the business of storagetest.
package acceptance
