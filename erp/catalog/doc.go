// Package catalog answers: what do we sell, in which unit, at what price, and what does it cost us?
//
// Its nouns are the Product, its dated prices (Dated: an amount from a date on), and the Line price that Price works out from them.
//
//	products := catalog.New(db)
//	p, err := products.Create(ctx, catalog.Create{Code: "GTX-PRO", Name: "GTX Pro", Unit: "piece", Kind: catalog.Goods,
//		Price: money.MustParse("4821 USD")})
//	p, err = products.ByCode(ctx, "GTX-PRO")
//	list, err := p.PriceOn(today)
//
// It keeps no stock and knows no customer's own price list.
package catalog
