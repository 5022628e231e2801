// Command hosttx is a shop that keeps its own tables and lets the library work inside its own transactions.
//
// It answers one question: my program has a transaction already; how do its row and the library's invoice become one? It
// takes the host's *sql.Tx on SQLite (sqlite.go) or its pgx.Tx on PostgreSQL (postgres.go); what is done inside is the same
// for both (shop.go).
//
//	go run ./examples/hosttx                     SQLite, in a file that is thrown away
//	go run ./examples/hosttx -dsn postgres://…   an empty PostgreSQL database
//
// Four orders: one is committed, one is refused by a rule of the shop's and kept by the shop as "on hold", one is rolled back
// after its invoice had a number already, and the last one shows that the number was never taken.
package main
