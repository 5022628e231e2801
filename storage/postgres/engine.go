package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// An Engine keeps tables in one schema of a PostgreSQL database. It is safe for concurrent use.
type Engine struct {
	pool     *pgxpool.Pool
	schema   string
	d        sqltext.Dialect
	busy     time.Duration
	secure   bool
	prepares bool
	closed   atomic.Bool
	trips    atomic.Int64 // round trips so far

	mu    sync.Mutex // held while known changes
	known atomic.Pointer[known]
}

// known is what Migrate was given. It is replaced, never changed.
type known struct {
	tables map[*driver.Table]*table
	names  map[string]driver.KeyError // the constraints and indexes, by the name they have in the database
}

var (
	_ driver.Engine    = (*Engine)(nil)
	_ driver.Printer   = (*Engine)(nil)
	_ driver.Inspector = (*Engine)(nil)
)

// An Option changes how an Engine works.
type Option func(*Engine)

// Schema names the schema that holds the tables; "tutas" if it is not given. Migrate creates it.
func Schema(name string) Option { return func(e *Engine) { e.schema = name } }

// BusyTimeout is how long a writing transaction waits for another one's lock before it fails with driver.ErrBusy; 5 seconds if it
// is not given. Zero leaves that to the server's own lock_timeout. Inside a host's own transaction the host's setting holds.
func BusyTimeout(d time.Duration) Option { return func(e *Engine) { e.busy = d } }

// WithRowSecurity has the database itself refuse to show one tenant another's rows: Migrate gives each table a policy, and each
// transaction tells its tenant in the setting app.tenant. See rowsecurity.go for what the policies say.
func WithRowSecurity() Option { return func(e *Engine) { e.secure = true } }

// Open makes an engine over a pool, which stays the host's to close. It says nothing to the server yet.
func Open(_ context.Context, pool *pgxpool.Pool, opts ...Option) (*Engine, error) {
	e := &Engine{pool: pool, schema: "tutas", busy: 5 * time.Second}
	for _, o := range opts {
		o(e)
	}
	if e.schema == "" || len(e.schema) > 63 || strings.ContainsRune(e.schema, 0) || strings.HasPrefix(e.schema, "pg_") {
		return nil, fmt.Errorf("postgres: %q cannot name a schema", e.schema)
	}
	if e.busy < 0 {
		return nil, fmt.Errorf("postgres: a busy timeout of %v", e.busy)
	}
	e.d = sqltext.PostgreSQL(e.schema)
	e.prepares = prepares(pool.Config().ConnConfig)
	e.known.Store(&known{})
	return e, nil
}

// prepares reports whether the host lets pgx prepare statements, which some poolers do not stand.
func prepares(c *pgx.ConnConfig) bool {
	return c.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement
}

// Close ends the engine: what is still open fails with driver.ErrClosed. The pool stays open.
func (e *Engine) Close() error {
	e.closed.Store(true)
	return nil
}

// Begin opens a transaction. The server learns of it with the first statement.
func (e *Engine) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if e.closed.Load() {
		return nil, driver.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &tx{engine: e, tenant: o.Tenant, readOnly: o.ReadOnly || o.Across, across: o.Across}
	t.queue = t.first[:0]
	if t.readOnly {
		t.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	} else {
		t.control("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
		if e.busy > 0 {
			t.control("SET LOCAL lock_timeout = " + strconv.FormatInt(max(1, e.busy.Milliseconds()), 10))
		}
	}
	t.identify()
	return t, nil
}

// table finds what Migrate made of a declaration.
func (e *Engine) table(decl *driver.Table) (*table, error) {
	if t := e.known.Load().tables[decl]; t != nil {
		return t, nil
	}
	name := ""
	if decl != nil {
		name = decl.Name
	}
	return nil, fmt.Errorf("%w: Migrate was not given the table %q", driver.ErrSchema, name)
}

// learn adds tables to those known.
func (e *Engine) learn(tables []*driver.Table) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.known.Load()
	k := &known{tables: make(map[*driver.Table]*table), names: make(map[string]driver.KeyError)}
	for d, t := range old.tables {
		k.tables[d] = t
	}
	for n, key := range old.names {
		k.names[n] = key
	}
	for _, d := range tables {
		if k.tables[d] == nil {
			k.tables[d] = compile(e.d, d)
		}
		k.names[e.d.IndexName(d.Name, sqltext.KeyConstraint)] = driver.KeyError{Table: d.Name}
		for _, ix := range d.Indexes {
			k.names[e.d.IndexName(d.Name, ix.Name)] = driver.KeyError{Table: d.Name, Index: ix.Name}
		}
	}
	e.known.Store(k)
}
