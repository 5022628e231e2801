// Package seller plays ten months of a hardware seller through the library, and prints what they came to.
//
// The deals are a data set that nobody here wrote (data, MIT, with its licence): 8,800 opportunities, 85 accounts, 7 products, 35 agents. What the data does
// not say (costs, hours, payments, overhead) follows from the rules in assumptions.go. In the report, [data] marks the one and [assumed] the other.
//
//	company, err := seller.Setup(ctx, business)
//	err = seller.Play(ctx, company, clock, progress)
//	err = seller.Print(ctx, company, os.Stdout)
package seller
