package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"github.com/jackc/pgx/v5"
)

// ErrMissing: there is no PostgreSQL here, neither named nor installed. The text says what was looked for.
var ErrMissing = errors.New("no PostgreSQL")

// ErrForeign: a server that was only named, and not started here, cannot be stopped.
var ErrForeign = errors.New("the server was not started here")

// Option changes how Start makes a server.
type Option func(*options)

type options struct {
	noSync    bool
	throwaway bool
	settings  []string
}

// NoSync starts a cluster that does not wait for the disk: faster, and worthless after a crash of the machine.
func NoSync() Option {
	return func(o *options) {
		o.noSync = true
		o.settings = append(o.settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
}

// Throwaway starts a cluster of its own even where TUTAS_POSTGRES_DSN names a server, so that it can be stopped and crashed.
func Throwaway() Option { return func(o *options) { o.throwaway = true } }

// Setting adds one line of configuration, such as "max_connections=20".
func Setting(s string) Option { return func(o *options) { o.settings = append(o.settings, s) } }

// A Server is a running PostgreSQL.
type Server struct {
	dsn   string
	local *cluster // nil for a server that was only named
	mu    sync.Mutex
}

// Start uses the server that TUTAS_POSTGRES_DSN names, or else starts a throwaway cluster, which Close ends. It fails with
// ErrMissing where there is neither.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if dsn := os.Getenv("TUTAS_POSTGRES_DSN"); dsn != "" && !o.throwaway {
		s := &Server{dsn: dsn}
		return s, s.ping(ctx)
	}
	c, err := newCluster(ctx, o.settings)
	if err != nil {
		return nil, err
	}
	s := &Server{dsn: c.dsn(), local: c}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return s, nil
}

// DSN returns the address of the server's maintenance database, as a URL.
func (s *Server) DSN() string { return s.dsn }

// Stop ends the server: "fast" rolls open transactions back and writes everything down, "immediate" is a crash, after which
// Restart recovers from the log. The data stay.
func (s *Server) Stop(mode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local == nil {
		return ErrForeign
	}
	return s.local.stop(mode)
}

// Restart starts a stopped server, and a running one anew, and returns once it takes connections.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local == nil {
		return ErrForeign
	}
	if err := s.local.stop("fast"); err != nil {
		return err
	}
	if err := s.local.start(ctx); err != nil {
		return err
	}
	return s.local.await(ctx, s.ping)
}

// Close stops the server and removes its data. A server that was only named is left alone.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local == nil {
		return nil
	}
	return errors.Join(s.local.stop("immediate"), s.local.remove())
}

// Create makes an empty database and returns its DSN and a function that drops it. Its default collation is not bytewise
// where the server can do that, so that a query that relies on the default shows.
func (s *Server) Create(ctx context.Context) (dsn string, drop func(context.Context) error, err error) {
	name := "tutas_" + rand.Text()[:16]
	err = s.exec(ctx, `CREATE DATABASE "`+name+`" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`)
	if err != nil {
		err = s.exec(ctx, `CREATE DATABASE "`+name+`" TEMPLATE template0 ENCODING 'UTF8'`)
	}
	if err != nil {
		return "", nil, fmt.Errorf("pgtest: create a database: %w", err)
	}
	dsn, err = withDatabase(s.dsn, name)
	drop = func(ctx context.Context) error { return s.exec(ctx, `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`) }
	return dsn, drop, err
}

func (s *Server) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return fmt.Errorf("pgtest: connect: %w", err)
	}
	return conn.Close(ctx)
}

// withDatabase returns dsn with another database in it; dsn may be a URL or a list of words.
func withDatabase(dsn, name string) (string, error) {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		q := u.Query()
		q.Del("dbname")
		q.Del("database")
		u.RawQuery = q.Encode()
		return u.String(), nil
	}
	if _, err := pgx.ParseConfig(dsn); err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	return dsn + " dbname=" + name, nil // of two, the last one holds
}
