// Package billing answers: what have we invoiced, what has been paid, and who still owes how much since when?
//
// Its nouns are the Invoice (a draft, then a numbered document that never changes), the Payment and the Allocation (which part of a payment settles which
// invoice). Every invoice and payment is in the books in the same transaction: the receivables account is at all times the sum of what is open.
//
//	invoices := billing.New(db, billing.Ports{Journal: journal})
//	inv, err := invoices.IssueNew(ctx, billing.Draft{Customer: customer, Currency: "USD", Lines: lines})
//	pay, err := invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: inv.Gross})
//	ageing, err := invoices.Ageing(ctx, billing.Filter{}, today)
//
// Numbers are gapless: they are taken inside the transaction that issues. A correction is a credit note, never an edit.
//
// It sends nothing, talks to no bank, and keeps no payment details.
package billing
