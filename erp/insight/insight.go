package insight

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Sources are what reports are made from, beside the books, which are always there. What is nil is not known: a report that
// cannot do without it fails with ErrSource, and others leave out what they cannot tell.
type Sources struct {
	// Layout says how to read the chart of accounts; the zero Layout is that of the ready charts.
	Layout    Layout
	Deals     *pipeline.Deals
	Orders    *sales.Orders
	Invoices  *billing.Invoices
	Approvals *approval.Approvals
	People    *people.People
	Projects  *project.Projects
	Plans     *planning.Plans
	// Activities knows which deals have a next step.
	Activities *activity.Activities
	// Kinds says of which kind the values of a dimension are, where they are not the library's own: customers of the kind
	// "shop.customer", say.
	Kinds map[ledger.Dimension]string
	// Names says what such values are called. The library's own are looked up.
	Names party.Directory
	// Spots are the host's own blind spots.
	Spots []Spotter
}

// in returns the same sources inside a transaction.
func (s Sources) in(tx *storage.Tx) Sources {
	if s.Deals != nil {
		s.Deals = s.Deals.In(tx)
	}
	if s.Orders != nil {
		s.Orders = s.Orders.In(tx)
	}
	if s.Invoices != nil {
		s.Invoices = s.Invoices.In(tx)
	}
	if s.Approvals != nil {
		s.Approvals = s.Approvals.In(tx)
	}
	if s.People != nil {
		s.People = s.People.In(tx)
	}
	if s.Projects != nil {
		s.Projects = s.Projects.In(tx)
	}
	if s.Plans != nil {
		s.Plans = s.Plans.In(tx)
	}
	if s.Activities != nil {
		s.Activities = s.Activities.In(tx)
	}
	return s
}

// Insight makes reports. It stores nothing.
type Insight struct {
	s   storage.Session
	src Sources
}

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session, src Sources) *Insight {
	if src.Layout.isZero() {
		src.Layout = Usual()
	}
	return &Insight{s, src}
}

// In is the same service inside a transaction.
func (i *Insight) In(tx *storage.Tx) *Insight { return &Insight{tx, i.src} }

// Refusals of this package.
var (
	// ErrSource: the report needs something that New was not given.
	ErrSource = storage.NewError("insight.source", "the report needs a source that is not there")
	// ErrCurrency: neither the filter nor the tenant names a currency.
	ErrCurrency = storage.NewError("insight.currency", "in which currency?")
)

// moment is one snapshot of everything.
type moment struct {
	Sources
	tx    *storage.Tx
	by    storage.Ref
	cur   money.Currency
	books *ledger.Books
	zero  money.Amount
	chart chart
}

// view runs fn on one moment.
func (i *Insight) view(ctx context.Context, by storage.Ref, c money.Currency, fn func(*moment) error) error {
	if err := i.ready(ctx); err != nil {
		return err
	}
	return i.s.View(ctx, func(tx *storage.Tx) error {
		if c == "" {
			c = tx.Tenant().Currency
		}
		if c == "" {
			return ErrCurrency
		}
		m := &moment{Sources: i.src, tx: tx, by: by, cur: c, books: ledger.New(tx), zero: money.Zero(c)}
		m.Sources = m.in(tx)
		return fn(m)
	})
}

// ready has the books fold what they have not folded yet, if it is much: they do so before any report of theirs that is not
// inside a transaction, as ours all are. So the smallest report is asked for first: a day on which nothing can be posted.
func (i *Insight) ready(ctx context.Context) error {
	if _, inside := i.s.(*storage.Tx); inside {
		return nil
	}
	_, err := ledger.New(i.s).Totals(ctx, ledger.TotalsFilter{Period: date.On(date.Must(ledger.FirstYear-1, time.December, 31))})
	return err
}

// Coverage says what a report is made from, and what is not in it.
type Coverage struct {
	// Postings is how many postings were added up; 0 for what is not made of postings.
	Postings int64 `json:"postings"`
	// Cost says how the ledger came by them.
	Cost ledger.Cost `json:"cost"`
	// Others are the currencies of postings that are not in the report.
	Others []money.Currency `json:"others,omitempty"`
	// Skipped counts the documents that are not in it, for being in another currency.
	Skipped int64 `json:"skipped,omitempty"`
	// Missing names the sources that were not there.
	Missing []string `json:"missing,omitempty"`
}

func (c *Coverage) other(cur money.Currency) {
	for _, known := range c.Others {
		if known == cur {
			return
		}
	}
	c.Others = append(c.Others, cur)
}

var hundred = decimal.New(100, 0)

// Percent is a part in percent of a whole, exact and then rounded half up; 0 of nothing. Both are of one currency.
func Percent(part, whole money.Amount, places int) decimal.Decimal {
	return percent(part.Decimal(), whole.Decimal(), places)
}

func percent(part, whole decimal.Decimal, places int) decimal.Decimal {
	if whole.IsZero() {
		return decimal.Decimal{}
	}
	return part.Mul(hundred).DivRound(whole, int32(places))
}
