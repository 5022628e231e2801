// Package billing answers: what have we invoiced, what has been paid, and who still owes how much since when?
//
// Its nouns are the Invoice (a draft, then a numbered document that never changes), the Payment and the Allocation (which part of a payment or of a credit note settles
// which invoice). Every invoice and payment is in the books in the same transaction: the receivables account is at all times the sum of what is open.
//
//	invoices := billing.New(db, billing.Ports{Journal: journal, Matcher: journal})
//	inv, err := invoices.IssueNew(ctx, billing.Draft{Customer: customer, Currency: "USD", Lines: lines})
//	pay, err := invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: inv.Gross})
//	ageing, err := invoices.Ageing(ctx, billing.Filter{}, today)
//
// Numbers are gapless: they are taken inside the transaction that issues. A correction is a credit note, never an edit.
//
// # Open items
//
// Where the receivables account keeps open items (ledger.Account.Items, as in the ready charts) each document is one there, due when the document is, and what settles what
// is matched there by the same command, through the port Matcher: so the books age what billing ages, to the cent, as of any day. Discounts, write-offs and exchange
// differences are posted by the books' rule for matches. Over an account without items, or without a Matcher, billing posts discounts and write-offs itself, and the
// account is the sum of what is open all the same. A Journal of the host's over books with items needs its Matcher.
//
// What a customer pays too much, and what a credit note leaves, is the customer's credit: Allocate settles later invoices with it, Refund pays it back. Release undoes what a
// payment settled from a day on, and leaves earlier days as they were reported. A payment that failed is released and refunded.
//
// An early discount of the terms is granted if the payment is in time and falls short by no more than that; by itself where the payment names no invoices, else where
// Settle asks for it. Credit takes an invoice back whole, and with it what was granted and given up: the customer's credit is what was paid.
//
// It sends nothing, talks to no bank, and keeps no payment details.
package billing
