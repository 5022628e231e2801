// Command hostcustomers is a shop that keeps its customers where they always were: in its own table, with integer keys.
//
// It answers one question: must I move my customers into the library? No: a customer is a storage.Ref, Kind "shop.customer"
// and ID "42", and a port of ten lines (customers.go) says what it is called. From then on deals, orders, projects, invoices
// and reports speak of "Aigerim's Bakery" (main.go).
//
//	go run ./examples/hostcustomers
package main
