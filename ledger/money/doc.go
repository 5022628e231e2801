// Package money answers: how much is it, exactly, and of what?
//
// Its three nouns:
//
//   - Amount, an exact decimal number of one Currency: 12.34 USD;
//   - Mode, a named way of rounding: rounding never happens unless it is asked for by name;
//   - Rate, what one currency is worth in another, and RateTable, rates by date.
//
// In use:
//
//	price, err := money.Of("EUR", "19.90")
//	line := price.Times(3)                               // 59.70 EUR
//	tax := line.Mul(rate).Round(money.HalfUp)            // exact, then rounded once
//	total, err := line.Add(tax)                          // an error if the currencies differ
//	parts, err := total.Split(7)                         // to the cent, nothing lost
//
// # Decisions
//
// An amount keeps finer decimals than its currency has until it is rounded, so unit prices, taxes per line and rates lose
// nothing. Minor refuses such an amount (ErrInexact) instead of cutting it.
//
// Currencies on the ISO 4217 list (published 2024-06-25) know their decimals. A commodity of one's own (points, hours, shares)
// is any other code; there is no registry, whoever knows its scale passes it: Scaled, MinorAt, RoundAt, AllocateAt.
// ParseCurrency is the gate for input that must be a real currency.
//
// Amount{} is neutral: the sum of nothing, of no currency yet.
//
// There is no way from or to floating point. Numbers are texts in JSON.
//
// It does not know dates (rates are kept by any type that can compare itself), accounts, or how to fetch rates.
package money
