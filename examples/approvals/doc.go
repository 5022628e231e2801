// Command approvals is a clinic that refunds patients: a document of its own, an organisation chart of its own, and the library's approvals.
//
// It answers one question: must my documents and my people live in the library, for it to say who must agree? No: the document stays
// in a table of the clinic's with a life of its own (refund.go), the chart is whatever already knows who reports to whom (chart.go),
// and events tell when all have agreed (main.go). A rule that an office manager edited as JSON sends word of large refunds.
//
//	go run ./examples/approvals
package main
