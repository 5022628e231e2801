// Package tax answers: how much tax is on a sale, and does what is printed add up?
//
// Its nouns are the Rate (a percentage under a code, at a place, from a date on), the Item (a quantity at a price, net or gross) and the Result (net, tax and
// gross of each item and of the whole).
//
//	result, err := tax.Compute("EUR", tax.PerLine, []tax.Item{{Quantity: two, Price: price, Percent: twenty}})
//	fmt.Println(result.Net, result.Tax, result.Gross)
//	rates := tax.New(db)
//	_, err = rates.Define(ctx, tax.DefineRate{Code: "standard", Percent: twenty, From: start})
//	rate, err := rates.At(ctx, "standard", "", today)
//
// Money is rounded half up (away from zero), to the currency's own digits or to a step such as 0.05.
//
// It files no returns, knows no country's rules by itself, and computes one percentage per item.
package tax
