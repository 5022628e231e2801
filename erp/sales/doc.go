// Package sales answers: what have customers ordered, at which price against the list, and what of it is still to be delivered?
//
// Its nouns are the Order (lines that a customer has agreed to; once confirmed it has a number and never changes), its discount
// (how far its worst line lies below the list price) and the approval that a large discount needs.
//
//	orders := sales.New(db, sales.Ports{Approvals: approvals, Limit: decimal.NewFromInt(10)})
//	o, err := orders.Place(ctx, sales.Draft{Customer: customer, Origin: deal, Currency: "USD", Lines: lines, List: list})
//	if errors.Is(err, sales.ErrNeedsApproval) { … ask for sales.Compose's Digest … }
//	o, err = orders.Fulfil(ctx, sales.Fulfil{Order: o.ID})
//	open, err := orders.Page(ctx, sales.Filter{State: sales.Confirmed}, "")
//
// # Decisions
//
// The number is taken when an order is confirmed, inside that transaction, so numbers have no gaps; a cancelled order keeps its
// number.
//
// What equals the limit needs no approval. An approval is of a content: customer, currency and, line by line, what is sold, how
// much of it, at which price after discount and against which list price. It may have been given to the order or to what the
// order came from (its Origin, a deal): a salesperson asks before the customer signs. Terms, dates, notes and tax may change
// without asking again.
//
// An order is in nobody's books. Package billing writes the invoice from the order's lines, with the order as Origin.
//
// It holds no stock, delivers in one go, knows no customer's price list, and sends nothing.
package sales
