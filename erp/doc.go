// Package erp holds what every commercial document shares: lines, totals, terms and numbers.
//
// It answers: what does this quote, order or invoice come to, when is it due, and what is it called? Its nouns are the Line (a quantity of something at a price),
// the Totals (what the lines come to, rounded so that it adds up) and the Terms (when payment is due).
//
//	lines := []erp.Line{{Text: "Installation", Quantity: two, Price: hundred, TaxCode: "standard", TaxPercent: twenty}}
//	totals, err := erp.Compute("EUR", tax.PerLine, lines)
//	due := erp.Terms{Days: 30}.Due(invoiced)
//	number, err := erp.Numbering{Series: "invoice", Format: "INV-{year}-{n:4}"}.Next(ctx, tx, invoiced)
//
// It stores nothing of its own: each document package declares a table of lines with LineFields.
package erp
