package customstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

// A Store is one bbolt file that holds the tables of Tutas. It is safe for concurrent use.
type Store struct {
	db       *bbolt.DB
	patience time.Duration
	closing  context.Context
	close    context.CancelFunc
	schema   *schema
	evolving sync.Mutex // held from before a migration is committed until its schema is known

	mu   sync.Mutex
	open map[*tx]bool
}

// bucket holds everything that is ours in the file.
var bucket = []byte("tutas")

// Open opens a file, or creates it. A transaction waits as long as patience says for another one that writes, and then
// fails with driver.ErrBusy.
func Open(path string, patience time.Duration) (*Store, error) {
	// The map is address space, not memory: so much that no writer must wait for readers in order to grow the file.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: patience, InitialMmapSize: 1 << 30})
	if err != nil {
		return nil, fmt.Errorf("customstore: open %s: %w", path, err)
	}
	s := &Store{db: db, patience: patience, open: map[*tx]bool{}}
	s.closing, s.close = context.WithCancel(context.Background())
	if err := db.Update(s.load); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// DB returns the file, in which a host may keep buckets of its own, and begin transactions for Join.
func (s *Store) DB() *bbolt.DB { return s.db }

// Close rolls back what is still open, and closes the file. It waits for transactions that the host began itself.
func (s *Store) Close() error {
	s.mu.Lock()
	s.close()
	open := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, t := range open {
		_ = t.Rollback(context.Background())
	}
	return s.db.Close()
}

// Begin opens a transaction. One that writes waits for the one before it.
func (s *Store) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	o.ReadOnly = o.ReadOnly || o.Across
	t := s.newTx(nil, o)
	err := ctx.Err()
	if err == nil && o.ReadOnly {
		t.bolt, err = s.db.Begin(false) // its snapshot may hold more than the schema knows, but not less
	} else if err == nil {
		t.bolt, err = s.writer(ctx)
		t.schema = s.known() // nobody else can change it now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch closed := s.closing.Err() != nil; {
	case closed && err == nil:
		return nil, errors.Join(driver.ErrClosed, t.bolt.Rollback())
	case closed:
		return nil, driver.ErrClosed
	case err != nil:
		return nil, err
	}
	s.open[t] = true
	return t, nil
}

func (s *Store) newTx(bolt *bbolt.Tx, o driver.TxOptions) *tx {
	return &tx{Guard: backend.NewGuard(o), store: s, bolt: bolt, bound: bolt != nil, options: o, schema: s.known(),
		tenant: backend.AppendValue(nil, driver.Text, driver.TextValue(o.Tenant))}
}

func (s *Store) known() *schema {
	s.evolving.Lock()
	defer s.evolving.Unlock()
	return s.schema
}

// writer waits for the right to write. As bbolt's own wait cannot be broken off, a goroutine waits, and gives back what
// nobody wants any more by then.
func (s *Store) writer(ctx context.Context) (*bbolt.Tx, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, fmt.Errorf(
		"%w: %v for the only writer of %s; was a transaction left open?", driver.ErrBusy, s.patience, s.db.Path()))
	defer cancel()
	got, failed := make(chan *bbolt.Tx), make(chan error, 1)
	go func() {
		bolt, err := s.db.Begin(true)
		if err != nil {
			failed <- err
			return
		}
		select {
		case got <- bolt:
		case <-ctx.Done():
			_ = bolt.Rollback()
		}
	}()
	select {
	case bolt := <-got:
		return bolt, nil
	case err := <-failed:
		return nil, err
	case <-s.closing.Done():
		return nil, driver.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Join makes a transaction that the host began with DB().Begin(true) one that Tutas can work in.
func (s *Store) Join(bolt *bbolt.Tx) driver.HostTx { return &hostTx{s, bolt} }

type hostTx struct {
	store *Store
	bolt  *bbolt.Tx
}

func (h *hostTx) Bind(_ context.Context, tenant string) (driver.Tx, error) {
	if h.bolt.DB() == nil || h.store.closing.Err() != nil {
		return nil, driver.ErrClosed
	}
	return h.store.newTx(h.bolt, driver.TxOptions{Tenant: tenant}), nil
}
