// Package expense answers: what have our people spent for the company, on what, and what do we still owe them?
//
// Its nouns are the Claim (receipts that one person asks to be paid for), its lines (one receipt each, in any currency, with the
// tax that it contains) and the Payment (an advance, or what was reimbursed).
//
//	claims := expense.New(db, expense.Ports{Journal: journal, Accounts: accounts, Approvals: approvals, Limit: limit})
//	c, err := claims.Submit(ctx, expense.Submit{Person: ana, Lines: []expense.Line{{Category: "travel", Text: "Train", Amount: price}}})
//	c, err = claims.Post(ctx, expense.Post{Claim: c.ID})
//	p, err := claims.Reimburse(ctx, expense.Reimburse{Claim: c.ID})
//	owed, err := claims.Open(ctx, expense.Filter{})
//
// # Decisions
//
// Amounts are gross, as printed on the receipt. The tax in them is gross × percent / (100 + percent), rounded half up; the net is
// the rest, so that each line adds up. A foreign amount is converted first, and rounded half up. Tax that cannot be reclaimed is
// claimed with 0 percent: then the gross is the cost.
//
// What equals the limit needs no approval. Submit asks for it, in the same transaction, through one port; Approve and Reject ask
// the same port how it ended, so neither can say what the approver did not. A claim never changes once it is submitted: a
// rejected one is submitted anew.
//
// Post puts the claim in the books on its own date: each line's net on the account of its category, the tax, and what the person
// is owed. Of advances that the person holds it uses up as much as the claim says, the oldest first. The account of what people
// are owed is at all times the sum of what is open on posted claims; a host that keeps advances on the same account sees the
// difference of the two.
//
// It reads no receipts, knows no per-diem rates, and moves no money: a payment is a record of one.
package expense
