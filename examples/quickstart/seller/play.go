package seller

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Clock is the simulated time of a play. Give its Now to storage.Clock.
type Clock struct{ now time.Time }

// NewClock makes a clock that stands before the first deal.
func NewClock() *Clock { return &Clock{time.Date(2016, 1, 1, 9, 0, 0, 0, time.UTC)} }

// Now is the simulated instant.
func (c *Clock) Now() time.Time { return c.now }

// player is the company with what is still to come.
type player struct {
	*company
	engaged, closed map[date.Date][]opportunity
	deals           map[string]storage.ID[pipeline.Deal]
	pay             map[date.Date][]payment // by customers
	suppliers       map[date.Date]money.Amount
	owedToStaff     money.Amount // commission and hours, paid with the salaries
	claims          map[date.Date][]claimToPay
}

type payment struct {
	customer storage.Ref
	invoice  storage.ID[billing.Invoice]
	amount   money.Amount
}

// Play enters the data set in date order, one transaction a day: engaged deals, wins with all that follows, losses, payments, and at the end of each month what
// the company costs. Progress gets a line a month.
func Play(ctx context.Context, c *tutas.Company, clock *Clock, progress io.Writer) error {
	d, err := load()
	if err != nil {
		return err
	}
	return d.play(ctx, c, clock, progress)
}

func (d dataset) play(ctx context.Context, c *tutas.Company, clock *Clock, progress io.Writer) error {
	s, err := setUp(ctx, c, d)
	if err != nil {
		return err
	}
	p := &player{company: s, engaged: map[date.Date][]opportunity{}, closed: map[date.Date][]opportunity{}, deals: map[string]storage.ID[pipeline.Deal]{},
		pay: map[date.Date][]payment{}, suppliers: map[date.Date]money.Amount{}, owedToStaff: usd("0"), claims: map[date.Date][]claimToPay{}}
	first := lastDay
	for _, o := range d.opportunities {
		on := o.engaged
		if on.IsZero() {
			on = lastDay // the data has no date: it is entered with the state that it records
		}
		p.engaged[on] = append(p.engaged[on], o)
		if !o.closed.IsZero() {
			p.closed[o.closed] = append(p.closed[o.closed], o)
		}
		first = date.Earlier(first, on)
	}
	for day := first; !day.After(lastDay); day = day.AddDays(1) {
		clock.now = day.Time(time.UTC, 9, 0)
		if err := c.Update(ctx, func(tx *storage.Tx) error { return p.day(ctx, c.In(tx), day) }); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
		if day == day.EndOfMonth() {
			_, _ = fmt.Fprintf(progress, "%s  %d deals entered\n", day.Month(), len(p.deals))
		}
	}
	return nil
}

// day is everything that happens on one day.
func (p *player) day(ctx context.Context, c *tutas.Company, day date.Date) error {
	for _, o := range p.engaged[day] {
		if err := p.open(ctx, c, o, day); err != nil {
			return fmt.Errorf("%s: %w", o.id, err)
		}
	}
	for _, o := range p.closed[day] {
		if err := p.close(ctx, c, o, day); err != nil {
			return fmt.Errorf("%s: %w", o.id, err)
		}
	}
	for _, due := range p.pay[day] {
		if _, err := c.Invoices.Receive(ctx, billing.Receive{Customer: due.customer, Date: day, Amount: due.amount,
			For: []billing.Settle{{Invoice: due.invoice}}}); err != nil {
			return err
		}
	}
	if owed, ok := p.suppliers[day]; ok {
		if err := post(ctx, c, day, "suppliers", ledger.Debit(ledger.Accrued, owed, ledger.Dims{}), ledger.Credit(ledger.Bank, owed, ledger.Dims{})); err != nil {
			return err
		}
	}
	if err := p.payClaims(ctx, c, day); err != nil {
		return err
	}
	if day == day.EndOfMonth() && !day.Before(firstDay) {
		return p.monthEnd(ctx, c, day)
	}
	return nil
}

func (p *player) open(ctx context.Context, c *tutas.Company, o opportunity, day date.Date) error {
	product := p.products[o.product]
	list, err := product.PriceOn(day)
	if err != nil {
		return err
	}
	stage := "engaging"
	if o.stage == "Prospecting" {
		stage = "prospecting"
	}
	deal, err := c.Deals.Open(ctx, pipeline.Open{Name: o.id, Customer: p.customers[o.account], Owner: p.agents[o.agent], Pipeline: p.pipeline, Stage: stage,
		Lines: []pipeline.Line{{Product: product.Ref(), Text: product.Name, ListPrice: list}}, At: day, Region: p.regions[o.agent], Team: p.managers[o.agent]})
	if err == nil {
		p.deals[o.id] = deal.ID
	}
	return err
}

func (p *player) close(ctx context.Context, c *tutas.Company, o opportunity, day date.Date) error {
	if o.stage == "Lost" {
		_, err := c.Deals.Lose(ctx, pipeline.Lose{ID: p.deals[o.id], By: p.agents[o.agent], Reason: "not recorded", At: day})
		return err
	}
	return p.win(ctx, c, o, day)
}

func post(ctx context.Context, c *tutas.Company, day date.Date, text string, legs ...ledger.Leg) error {
	_, err := c.Books.Post(ctx, ledger.Entry{Date: day, Text: text, Legs: legs})
	return err
}

// add sums two amounts of dollars.
func add(a, b money.Amount) money.Amount {
	sum, err := a.Add(b)
	if err != nil {
		return a
	}
	return sum
}
