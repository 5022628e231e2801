// Package customstore is a storage backend of your own: all of Tutas on bbolt, a key-value file with a single writer.
//
// It answers one question: what does it take to bring a database that Tutas does not know? Its three nouns:
//
//   - Store is the driver.Engine (store.go, and migrate.go for its tables);
//   - tx is the driver.Tx (tx.go for its life, write.go and read.go for what it does);
//   - an id is a row's tenant and primary key, as bytes that sort as the values do.
//
// Package storage/backend has what is the same for every database: the rules of a transaction's life, keys as bytes,
// what a store remembers of a table, conditions and sums in Go. To use the store:
//
//	engine, err := customstore.Open("company.bolt", 5*time.Second)
//	...
//	store := storage.Open(engine)
//
// To believe in it, run the public suite, as customstore_test.go does; to write your own, begin there.
//
// A row lies under its table's name and its id; an index has the id under its values. A reference to a parent is an
// index too, and so is the order of a tailed table, by a running number. With one writer, a lock on a row is just a
// read, nobody loses a race, and the running numbers come in the order of commits. What bbolt lacks is savepoints: an
// undo list stands in for them.
//
// It does not read in an index's order: an index serves equality, and what that leaves over is sorted in memory. Of
// Global and Sparse it makes nothing, as they promise speed, not meaning. Beyond a gigabyte the writer may wait for readers.
package customstore
