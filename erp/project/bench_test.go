package project_test

import (
	"testing"

	"github.com/tutas/tutas/erp/project"
)

func BenchmarkProjectFromOpenToBilled(b *testing.B) {
	ctx, books := b.Context(), &journal{}
	p := project.New(open(b), project.Ports{Rates: &rates{}, Journal: books, Delivery: "5100", Absorbed: "6900"})
	b.ReportAllocs()
	for b.Loop() {
		one := begin(b, p, project.Terms{Name: "Installation", Customer: customer, Price: usd("20")})
		log(b, p, hours(one, ana, "2017-03-01", "3"), hours(one, ben, "2017-03-01", "2"))
		if _, err := p.Complete(ctx, project.Move{Project: one.ID}); err != nil {
			b.Fatal(err)
		}
		bill, err := p.ToBill(ctx, project.Unbilled{Project: one.ID})
		if err == nil {
			_, err = p.MarkBilled(ctx, project.MarkBilled{Invoice: invoice, Times: bill.Times})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
