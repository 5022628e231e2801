package tutas

import (
	"context"
	"time"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// Packages lists what all packages of the library keep in a store, for Store.Migrate and Store.SQL.
func Packages() []storage.Package {
	return []storage.Package{
		event.Package(), ledger.Package(), workflow.Package(), approval.Package(),
		party.Package(), contact.Package(), pipeline.Package(), activity.Package(), nurture.Package(),
		catalog.Package(), tax.Package(), people.Package(),
		sales.Package(), project.Package(), billing.Package(), expense.Package(), planning.Package(), cost.Package(),
	}
}

// A Business is all tenants of a store, with every package connected.
type Business struct {
	store  *storage.Store
	relay  *event.Relay
	ticker *event.Ticker
	ports  Ports

	timers    *workflow.Timers
	schedules *workflow.Schedules
}

// An Option refines a Business.
type Option func(*Business)

// WithPorts replaces what the packages need of one another, or of the host; see Ports.
func WithPorts(p Ports) Option { return func(b *Business) { b.ports = p } }

// WithReaders adds readers of events, the host's own.
func WithReaders(readers ...event.Reader) Option {
	return func(b *Business) { b.relay.Add(readers...) }
}

// WithRules lets rules follow what happens to the documents of all tenants. Without it no rule is carried out, and events cost nothing.
// The action "nurture.enrol" is among theirs already.
func WithRules(r *workflow.Rules) Option {
	return func(b *Business) {
		b.relay.Add(r.Reader())
		r.Attach(b.timers)
		nurture.HandleActions(r, func(tx *storage.Tx) *nurture.Nurture { return b.Company(tx).Nurture })
	}
}

// WithBounds limits how much work Ticks do at a time.
func WithBounds(bounds event.Bounds) Option { return func(b *Business) { b.ticker.Bound(bounds) } }

// Timers fires the timers of all tenants: give it the handlers of the host's own before the first Tick.
func (b *Business) Timers() *workflow.Timers { return b.timers }

// Schedules runs the plans of all tenants: give it the handlers of the host's own before the first Tick.
func (b *Business) Schedules() *workflow.Schedules { return b.schedules }

// Open connects all packages over a store. It does no I/O; call Migrate before the first tenant.
func Open(store *storage.Store, options ...Option) *Business {
	b := &Business{store: store, relay: event.NewRelay(), timers: workflow.NewTimers(), schedules: workflow.NewSchedules()}
	b.ticker = event.NewTicker(store, b.relay)
	ledger.Handle(b.ticker)
	b.schedules.Attach(b.timers)
	b.timers.Attach(b.ticker)
	approval.HandleTimers(b.timers, func(tx *storage.Tx) *approval.Approvals { return b.Company(tx).Approvals })
	nurture.HandleTimers(b.timers, func(tx *storage.Tx) *nurture.Nurture { return b.Company(tx).Nurture })
	for _, o := range options {
		o(b)
	}
	return b
}

// Migrate brings the store's tables to the declarations of all packages, and of further ones of the host's. Each process calls it
// before anything else, also where nothing has changed: it tells the Store its tables.
//
// Errors: storage.ErrNewerSchema, storage.ErrSchema.
func (b *Business) Migrate(ctx context.Context, further ...storage.Package) error {
	return b.store.Migrate(ctx, append(Packages(), further...)...)
}

// Store returns the store below.
func (b *Business) Store() *storage.Store { return b.store }

// Create adds a company set up by templates, by TradingCompany if there are none.
//
// Errors: *storage.Invalid, storage.ErrTenantExists, those of the templates.
func (b *Business) Create(ctx context.Context, t storage.Tenant, templates ...storage.Template) (*Company, error) {
	if len(templates) == 0 {
		templates = []storage.Template{TradingCompany}
	}
	db, err := b.store.CreateTenant(ctx, t, templates...)
	if err != nil {
		return nil, err
	}
	return b.Company(db), nil
}

// TradingCompany is the template of a company that sells, delivers and installs goods: the chart of ledger.TradingChart, and a
// pipeline "Sales" with the stages of pipeline.Usual.
func TradingCompany(ctx context.Context, tx *storage.Tx) error {
	return setUp(ctx, tx, ledger.TradingChart())
}

// ServicesCompany is the template of a company that sells its people's time: the chart of ledger.ServicesChart, and a pipeline
// "Sales" with the stages of pipeline.Usual.
func ServicesCompany(ctx context.Context, tx *storage.Tx) error {
	return setUp(ctx, tx, ledger.ServicesChart())
}

func setUp(ctx context.Context, tx *storage.Tx, chart []ledger.OpenAccount) error {
	if err := ledger.New(tx).OpenAccounts(ctx, storage.Ref{}, chart...); err != nil {
		return err
	}
	_, err := pipeline.New(tx).CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	return err
}

// Tenant opens a company that exists.
//
// Errors: storage.ErrUnknownTenant.
func (b *Business) Tenant(ctx context.Context, id string) (*Company, error) {
	db, err := b.store.Tenant(ctx, id)
	if err != nil {
		return nil, err
	}
	return b.Company(db), nil
}

// Tick does all work that is due now, for every tenant: it delivers events, folds the books' totals and seals their log, fires timers and
// runs plans. Nothing runs by itself; call it from a loop, a cron job, or a test. When the context ends, what is in hand is undone; Run finishes it instead.
func (b *Business) Tick(ctx context.Context) (event.Stats, error) { return b.ticker.Tick(ctx) }

// Run ticks at once and then after each pause, until the context ends: then it finishes what is in hand, leaves the rest to others, and returns the context's
// error. What went wrong with one tenant's work, or with the engine, is told to each, if there is such a function, and tried again with a later Tick. Any number of
// processes may run over one database; they share the tenants among them, and take over from one that died.
//
// Errors: those of the context; storage.ErrClosed.
func (b *Business) Run(ctx context.Context, every time.Duration, each func(event.Stats)) error {
	return b.ticker.Run(ctx, every, each)
}

// Counters say what this process has done in Ticks so far: how much of which kind, what failed, what was given up, and how late it is. They may be read at any time.
func (b *Business) Counters() event.Counters { return b.ticker.Counters() }
