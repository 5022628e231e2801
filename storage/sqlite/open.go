package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// An Option changes how a file is opened.
type Option func(*options)

type options struct {
	prefix      string
	busy        time.Duration
	synchronous string
	readers     int
	cache       int
}

// Prefix sets what stands before each table's name, "tutas_" by default. Two stores with unlike prefixes may share a file.
func Prefix(p string) Option { return func(o *options) { o.prefix = p } }

// BusyTimeout sets how long a writer waits for another one, 5 seconds by default, before it fails with driver.ErrBusy.
func BusyTimeout(d time.Duration) Option { return func(o *options) { o.busy = d } }

// Synchronous sets SQLite's durability: "FULL" (the default) or "EXTRA"; "NORMAL" may lose the last commits when the
// power fails, and "OFF" may then damage the file. A killed process loses nothing with any of them.
func Synchronous(mode string) Option { return func(o *options) { o.synchronous = mode } }

// Readers sets how many read-only transactions may run at once, 64 by default; one more waits.
func Readers(n int) Option { return func(o *options) { o.readers = n } }

// Cache sets how many MiB of the file each connection may keep in memory, 16 by default. The connections of one process
// share what they may keep together.
func Cache(mib int) Option { return func(o *options) { o.cache = mib } }

// An Engine is one open file. It is safe for concurrent use.
type Engine struct {
	path    string
	options options
	dialect sqltext.Dialect
	source  sqldriver.Connector

	// writer holds the writing connection while nobody uses it, or nil after it broke, so that the next one opens another.
	writer chan *conn
	// reading counts the read connections in use; idle holds the others.
	reading chan struct{}
	mu      sync.Mutex
	idle    []*conn
	host    *sql.DB

	tables atomic.Pointer[map[*driver.Table]*table]
	closed atomic.Bool
}

var (
	_ driver.Engine    = (*Engine)(nil)
	_ driver.Printer   = (*Engine)(nil)
	_ driver.Inspector = (*Engine)(nil)
)

// Open opens the file at a path, and creates it if it does not exist. It fails if the file is no SQLite database or
// cannot be put into WAL mode, as a database in memory cannot.
func Open(ctx context.Context, path string, opts ...Option) (*Engine, error) {
	o := options{prefix: "tutas_", busy: 5 * time.Second, synchronous: "FULL", readers: 64, cache: 16}
	for _, opt := range opts {
		opt(&o)
	}
	if path == "" || strings.Contains(path, ":memory:") || strings.Contains(path, "mode=memory") {
		return nil, errors.New("sqlite: a database in memory is not supported: use the package storage/memory, or a file")
	}
	switch strings.ToUpper(o.synchronous) {
	case "OFF", "NORMAL", "FULL", "EXTRA":
	default:
		return nil, fmt.Errorf("sqlite: synchronous cannot be %q: use FULL, EXTRA, NORMAL or OFF", o.synchronous)
	}
	if strings.Trim(o.prefix, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.HasPrefix(o.prefix, "sqlite_") {
		return nil, fmt.Errorf("sqlite: the prefix %q may hold only lower-case letters, digits and underscores", o.prefix)
	}
	o.busy = max(o.busy, 0)
	o.readers, o.cache = max(o.readers, 1), max(o.cache, 1)
	source, err := modernc.NewConnector(dsn(path, o, ""))
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	e := &Engine{
		path: path, options: o, dialect: sqltext.SQLite(o.prefix), source: source,
		writer: make(chan *conn, 1), reading: make(chan struct{}, o.readers),
	}
	e.tables.Store(&map[*driver.Table]*table{})
	c, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	mode, err := c.text(ctx, "PRAGMA journal_mode")
	if err == nil && mode != "wal" {
		err = fmt.Errorf("the journal mode of %s is %q and cannot be wal", path, mode)
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	e.writer <- c
	return e, nil
}

// dsn spells the connection string. The path is escaped, for it may hold any character.
func dsn(path string, o options, more string) string {
	p := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	if filepath.VolumeName(path) != "" {
		p = "/" + p
	}
	v := url.Values{}
	v.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", o.busy.Milliseconds()))
	v.Add("_pragma", "journal_mode(wal)")
	v.Add("_pragma", "synchronous("+o.synchronous+")")
	v.Add("_pragma", "foreign_keys(1)")
	v.Add("_pragma", fmt.Sprintf("cache_size(-%d)", o.cache*1024))
	v.Add("_pragma", "wal_autocheckpoint(4000)") // 16 MB: a page that is written again and again goes back to the file less often
	v.Add("_dqs", "0")
	return "file:" + p + "?" + v.Encode() + more
}

// DB returns a *sql.DB over the same file, for the host's own tables and for transactions to be joined. Its
// transactions take the write lock when they begin, as the engine's own do. The engine closes it.
func (e *Engine) DB() *sql.DB {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.host == nil {
		e.host = sql.OpenDB(hostConnector{e})
	}
	return e.host
}

// hostConnector opens the host's connections; it fails once the engine is closed.
type hostConnector struct{ e *Engine }

func (h hostConnector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	if h.e.closed.Load() {
		return nil, driver.ErrClosed
	}
	c, err := modernc.NewConnector(dsn(h.e.path, h.e.options, "&_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	return c.Connect(ctx)
}

func (h hostConnector) Driver() sqldriver.Driver { return h.e.source.Driver() }

// Close closes the file. Transactions that are still open fail with driver.ErrClosed; their connections close when they end.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	e.mu.Lock()
	idle, host := e.idle, e.host
	e.idle = nil
	e.mu.Unlock()
	var errs []error
	if host != nil {
		errs = append(errs, host.Close())
	}
	for _, c := range idle {
		errs = append(errs, c.close())
	}
	select {
	case c := <-e.writer:
		if c != nil {
			errs = append(errs, c.close())
		}
		e.writer <- nil // whoever waits in line finds the engine closed
	default:
	}
	return errors.Join(errs...)
}
