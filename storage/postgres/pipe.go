package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// maxPrepared is how many statements a connection keeps prepared for us.
const maxPrepared = 512

// A stmt is one statement on its way.
type stmt struct {
	sql string
	// once says that the text will hardly come again and is not worth preparing.
	once bool
	// fill writes the arguments; nil stands for none.
	fill func(a *args)
	// formats are those of the columns that come back.
	formats []int16
	// read takes the answer; nil passes over it. A statement that is streamed is read by whoever asked for it.
	read func(r *pgconn.ResultReader) error
	// about is what the statement was for, to explain its errors.
	about about
}

// A wire sends statements over one connection.
type wire struct {
	pg       *pgconn.PgConn
	prepares bool
	trips    interface{ Add(int64) int64 }
	args     args
}

// failure is an error together with the statement that it struck.
type failure struct {
	err   error
	index int // which statement; -1 if it cannot be told
	// flushed says that something may have reached the server.
	flushed bool
	// open says that the server's answer did not arrive, so that it may have gone on.
	open bool
}

// run sends the statements in one round trip and reads all answers but, if stream is true, that of the last one, which it returns.
// A pipeline that is returned must be closed.
func (w *wire) run(ctx context.Context, stmts []stmt, stream bool) (*pgconn.ResultReader, *pgconn.Pipeline, *failure) {
	// All is encoded before anything is queued: what is queued cannot be taken back.
	w.args.reset()
	for i := range stmts {
		w.args.statement()
		if stmts[i].fill != nil {
			stmts[i].fill(&w.args)
		}
		if w.args.err != nil {
			return nil, nil, &failure{err: w.args.err, index: i}
		}
	}
	cache := cacheOf(w.pg)
	p := w.pg.StartPipeline(ctx)
	for i := range stmts {
		w.send(p, cache, &stmts[i], i)
	}
	w.trips.Add(1)
	if err := p.Sync(); err != nil {
		_ = p.Close() // it repeats the error
		cache.settle(err)
		return nil, nil, &failure{err: err, index: -1, flushed: !pgconn.SafeToRetry(err), open: !pgconn.SafeToRetry(err)}
	}
	for i := range stmts {
		r, err := answer(p, cache, &stmts[i])
		if err == nil {
			if stream && i == len(stmts)-1 {
				return r, p, nil
			}
			if stmts[i].read != nil {
				err = stmts[i].read(r)
			}
			if _, err2 := r.Close(); err2 != nil {
				err = err2
			}
		}
		if err != nil {
			return nil, nil, w.abandon(p, cache, err, i)
		}
	}
	if err := p.Close(); err != nil {
		return nil, nil, &failure{err: err, index: len(stmts) - 1, flushed: true, open: lost(err)}
	}
	return nil, nil, nil
}

func (w *wire) abandon(p *pgconn.Pipeline, cache *cache, err error, i int) *failure {
	_ = p.Close() // it repeats the error, or finds the connection gone, which err says already
	cache.settle(err)
	return &failure{err: err, index: i, flushed: true, open: lost(err)}
}

// lost reports whether an error leaves open what the server did: it is none of the server's own, or its last.
func lost(err error) bool {
	var pg *pgconn.PgError
	return !errors.As(err, &pg) || pg.Severity == "FATAL" || pg.Severity == "PANIC" || pg.SeverityUnlocalized == "FATAL"
}

func (w *wire) send(p *pgconn.Pipeline, cache *cache, s *stmt, i int) {
	values, formats := w.args.of(i)
	if !w.prepares || s.once {
		p.SendQueryParams(s.sql, values, nil, formats, s.formats)
		return
	}
	e := cache.known[s.sql]
	if e != nil && e.sd != nil {
		p.SendQueryStatement(e.sd, values, formats, s.formats)
		return
	}
	if e == nil {
		e = cache.add(p, s.sql)
		p.SendPrepare(e.name, s.sql, nil)
	}
	p.SendQueryPrepared(e.name, values, formats, s.formats)
}

// answer waits for a statement to begin answering. The answers to what was sent besides, to prepare it, come first.
func answer(p *pgconn.Pipeline, cache *cache, s *stmt) (*pgconn.ResultReader, error) {
	for {
		r, err := p.GetResults()
		if err != nil {
			return nil, err
		}
		switch r := r.(type) {
		case *pgconn.ResultReader:
			return r, nil
		case *pgconn.StatementDescription:
			if e := cache.known[s.sql]; e != nil {
				e.sd = &pgconn.StatementDescription{Name: e.name, SQL: s.sql, ParamOIDs: r.ParamOIDs, Fields: r.Fields}
			}
		case *pgconn.CloseComplete:
		default:
			return nil, errors.New("postgres: the server left out an answer")
		}
	}
}

// A cache knows what a connection has prepared for us. It lives with the connection.
type cache struct {
	known map[string]*prepared
	next  int
}

// prepared is a statement that the server knows by name; sd is nil until the server has confirmed it.
type prepared struct {
	name string
	sd   *pgconn.StatementDescription
}

const cacheKey = "github.com/tutas/tutas/storage/postgres"

func cacheOf(pg *pgconn.PgConn) *cache {
	c, ok := pg.CustomData()[cacheKey].(*cache)
	if !ok {
		c = &cache{known: map[string]*prepared{}}
		pg.CustomData()[cacheKey] = c
	}
	return c
}

func (c *cache) add(p *pgconn.Pipeline, sql string) *prepared {
	if len(c.known) >= maxPrepared {
		for text, e := range c.known { // any one: it is prepared anew when it comes again
			if e.sd != nil {
				p.SendDeallocate(e.name)
				delete(c.known, text)
				break
			}
		}
	}
	c.next++
	e := &prepared{name: "tutas_" + strconv.Itoa(c.next)}
	c.known[sql] = e
	return e
}

// settle drops what the server did not confirm, and everything if it no longer knows what it had confirmed: a pooler
// gave us another server, or a migration changed what a statement returns.
func (c *cache) settle(err error) {
	if isStale(err) {
		c.forget()
		return
	}
	for text, e := range c.known {
		if e.sd == nil {
			delete(c.known, text)
		}
	}
}

func (c *cache) forget() { clear(c.known) }

func isStale(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "26000" || pg.Code == "0A000" && pg.Routine == "RevalidateCachedQuery")
}
