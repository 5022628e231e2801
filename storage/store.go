package storage

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// A Store is one engine with its tenants. It is safe for concurrent use; make one per process and engine.
type Store struct {
	engine   driver.Engine
	clock    func() time.Time
	ids      *idSource
	attempts int
	backoff  time.Duration
	guards   []Guard
	scopes   []Scope
	log      *slog.Logger

	mu      sync.Mutex
	tables  map[string]*declaration // by kind, as given to Migrate
	ordered []*declaration          // the same, parents before children
	tenants map[string]*tenantState

	memories memories
}

// An Option configures a Store.
type Option func(*Store)

// Open makes a store over an engine. It does no I/O: call Migrate before the first tenant is used.
func Open(e driver.Engine, options ...Option) *Store {
	s := &Store{engine: e, clock: time.Now, ids: newIDSource(), attempts: 10, backoff: 2 * time.Millisecond,
		log: slog.New(slog.DiscardHandler), tables: map[string]*declaration{}, tenants: map[string]*tenantState{}}
	for _, o := range options {
		o(s)
	}
	return s
}

// Clock replaces the wall clock, for simulations and tests. It must be safe for concurrent use.
func Clock(now func() time.Time) Option { return func(s *Store) { s.clock = now } }

// Randomness replaces the source of the random parts of identifiers, so that a run can be repeated exactly.
func Randomness(fill func([]byte)) Option { return func(s *Store) { s.ids.random = fill } }

// Attempts is how often an Update is tried that loses races, 10 by default, and how long it waits before the second attempt
// (2 ms by default; the wait doubles, with jitter).
func Attempts(n int, firstWait time.Duration) Option {
	return func(s *Store) { s.attempts, s.backoff = max(n, 1), firstWait }
}

// Logger receives what is worth knowing and is not an error: retries, slow waits.
func Logger(l *slog.Logger) Option { return func(s *Store) { s.log = l } }

// Log is what Logger gave, for packages above that have something to say; what there is to say is discarded where nothing was given.
func (s *Store) Log() *slog.Logger { return s.log }

// Close closes the engine.
func (s *Store) Close() error { return s.engine.Close() }

// Engine returns the engine below, for a host that needs it.
func (s *Store) Engine() driver.Engine { return s.engine }

// now is the instant of a new transaction: UTC, to the microsecond.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// pause waits before the given attempt, with jitter; it ends early with the context.
func (s *Store) pause(ctx context.Context, attempt int) error {
	d := s.backoff << min(attempt-1, 8)
	timer := time.NewTimer(d/2 + rand.N(d+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Session is where work happens: a *DB starts a transaction for it, a *Tx is inside one already. A service made from either works the same.
type Session interface {
	// View runs fn in a snapshot in which nothing changes.
	View(ctx context.Context, fn func(*Tx) error) error
	// Update runs fn in a transaction that is committed if fn returns nil, and else leaves nothing. On a DB it may run fn again
	// after a lost race, so fn must have no other effects; on a Tx it runs fn once, in a savepoint.
	Update(ctx context.Context, fn func(*Tx) error) error
}

// A DB is one tenant's data.
type DB struct {
	store  *Store
	tenant *tenantState
	at     time.Time // fixed instant, or zero for the store's clock
	verify bool      // its next Update trusts no memory
}

// Store returns the store that the tenant lives in.
func (db *DB) Store() *Store { return db.store }

// Tenant returns what is known of the tenant.
func (db *DB) Tenant() Tenant { return db.tenant.load() }

// At returns the same data with the clock standing still at an instant: due work runs with the instant at which it was due.
func (db *DB) At(instant time.Time) *DB {
	copied := *db
	copied.at = instant.UTC().Truncate(time.Microsecond)
	return &copied
}

// careful returns the same data for doing again what failed when it was done hopefully.
func (db *DB) careful() *DB {
	copied := *db
	copied.verify = true
	return &copied
}

func (db *DB) now() time.Time {
	if db.at.IsZero() {
		return db.store.now()
	}
	return db.at
}

func (db *DB) begin(ctx context.Context, readOnly bool) (*Tx, error) {
	dtx, err := db.store.engine.Begin(ctx, driver.TxOptions{Tenant: db.tenant.id, ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	return newTx(core{db: db, store: db.store, dtx: dtx, readOnly: readOnly}), nil
}

// View runs fn in a snapshot.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	tx, err := db.begin(ctx, true)
	if err != nil {
		return err
	}
	defer func() {
		_ = tx.dtx.Rollback(context.WithoutCancel(ctx))
		tx.release()
	}()
	return fn(tx)
}

// Update runs fn in a transaction. A lost race (ErrConflict) is tried again, with a pause that grows; what remains lost after
// all attempts is returned. ErrUnknown is returned at once: only a command with a key may be repeated then, see Once. When fn fails after it
// used a Memo, it is run once more with what is stored.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.update(ctx, db.store.attempts, fn)
}

func (db *DB) update(ctx context.Context, attempts int, fn func(*Tx) error) error {
	verify := db.verify
	if verify {
		plain := *db
		plain.verify, db = false, &plain
	}
	for attempt := 1; ; attempt++ {
		blame, err := db.attempt(ctx, verify, fn)
		if blame {
			verify, attempt = true, attempt-1
			continue
		}
		if !isConflict(err) || attempt >= attempts {
			return err
		}
		verify = true
		db.store.log.DebugContext(ctx, "lost a race, trying again", "attempt", attempt, "err", err)
		if wait := db.store.pause(ctx, attempt); wait != nil {
			return wait
		}
	}
}

// attempt runs fn once. Blame tells that it may have failed because memory was used without looking; with verify it is not.
func (db *DB) attempt(ctx context.Context, verify bool, fn func(*Tx) error) (blame bool, err error) {
	tx, err := db.begin(ctx, false)
	if err != nil {
		return false, err
	}
	tx.rely.verify = verify
	done := false
	defer func() {
		if !done { // fn failed or panicked
			_ = tx.dtx.Rollback(context.WithoutCancel(ctx))
		}
		tx.release()
	}()
	if err := fn(tx); err != nil {
		return tx.rely.trusted && tx.doom == nil && ctx.Err() == nil, err
	}
	if tx.doom != nil { // fn hid a failure of the engine
		return false, tx.doom
	}
	done = true
	err = tx.dtx.Commit(ctx, tx.closing(tx.scopes[0].ops(1))...)
	if err != nil {
		var key *KeyError
		return tx.rely.trusted && (errors.Is(err, ErrConflict) || errors.As(err, &key)), err
	}
	for _, after := range tx.scopes[0].after {
		after()
	}
	return false, nil
}

// Join makes a transaction that the host began its own: what is done through it takes effect when the host commits, and leaves nothing when it
// rolls back. The host commits; call Tx.Flush before it does if you wrote to tables without a service.
func (db *DB) Join(ctx context.Context, host driver.HostTx) (*Tx, error) {
	dtx, err := host.Bind(ctx, db.tenant.id)
	if err != nil {
		return nil, err
	}
	return newTx(core{db: db, store: db.store, dtx: dtx, joined: true}), nil
}

// Now is the store's clock: UTC, to the microsecond. Inside a transaction use Tx.Now, which stands still.
func (s *Store) Now() time.Time { return s.now() }
