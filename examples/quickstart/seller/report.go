package seller

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// books is the time that the report is about.
var books = date.Period{From: firstDay, To: lastDay}

// printer writes the report, section by section, out of one snapshot of the company.
type printer struct {
	*tutas.Company
	w       io.Writer
	verbose bool
}

// Print writes the report. All of it is read in one snapshot.
func Print(ctx context.Context, c *tutas.Company, w io.Writer, verbose bool) error {
	return c.View(ctx, func(tx *storage.Tx) error {
		p := &printer{c.In(tx), w, verbose}
		for _, section := range []func(context.Context) error{p.head, p.crm, p.result, p.kept, p.forecast, p.cash, p.keeping, p.tension, p.chain, p.checks} {
			if err := section(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// dollars writes whole dollars, rounded half up, with thousands apart.
func dollars(a money.Amount) string {
	return a.RoundAt(0, money.HalfUp).Format(money.Layout{Group: ",", Point: ".", Whole: true})
}

// cents writes dollars and cents.
func cents(a money.Amount) string { return a.Format(money.Layout{Group: ",", Point: "."}) }

// spent writes an amount that goes out.
func spent(a money.Amount) string { return dollars(a.Neg()) }

// count writes a number with thousands apart.
func count[N int | int64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rate writes a percentage with one digit.
func rate(d decimal.Decimal) string { return d.StringFixed(1) + " %" }

// list joins words as people do.
func list(words ...string) string { return strings.Join(words, ", ") }

func (p *printer) head(ctx context.Context) error {
	customers, products, agents, idle, deals := 0, 0, 0, 0, int64(0)
	d, err := load()
	if err != nil {
		return err
	}
	selling := map[string]bool{}
	for _, o := range d.opportunities {
		selling[o.agent] = true
	}
	for _, a := range d.agents {
		if agents++; !selling[a.name] {
			idle++
		}
	}
	for _, err := range p.Parties.All(ctx, allParties) {
		if err != nil {
			return err
		}
		customers++
	}
	for _, err := range p.Products.All(ctx, allProducts) {
		if err != nil {
			return err
		}
		products++
	}
	stats, err := p.Deals.Stats(ctx, allDeals)
	if err != nil {
		return err
	}
	for _, s := range stats {
		deals += s.Won + s.Lost + s.Open
	}
	p.line("TUTAS QUICK START   one company, 1 Mar - 31 Dec 2017, USD")
	p.line("%s opportunities, %d customers, %d products, %d selling agents (%d more have no deals)", count(deals), customers, products, agents-idle, idle)
	p.line("[data] = from the files   [assumed] = rules in assumptions.go: cost, hours, payment, overhead")
	p.line("")
	return nil
}
