// Command customfields is a company with a field, two rules and a view of its own.
//
// It answers one question: how does what only this company knows get into the library? The purchase-order number is a field
// that the company declares; set on the deal it goes with order, project and invoice, and finds them all again. Two guards (no
// invoice without a purchase-order number; only managers approve) and a scope (agents see their own deals) are functions of the
// host (rules.go); they hold on every path, and main.go runs into each of them.
//
//	go run ./examples/customfields
package main
