package bench_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
)

// A move is what both sides post: an entry whose legs sum to zero.
type move struct {
	n    int
	name string // the key
	date date.Date
	text string
	legs []leg
}

type leg struct {
	account string
	cents   int64
}

func (m move) source() string { return fmt.Sprint("shop.order/", m.n) }

// entry is the move as our side takes it.
func (m move) entry() ledger.Entry {
	e := ledger.Entry{By: agent, Key: storage.Key(m.name), Date: m.date, Text: m.text,
		Source: storage.Ref{Kind: "shop.order", ID: fmt.Sprint(m.n)}, Legs: make([]ledger.Leg, len(m.legs))}
	for i, l := range m.legs {
		amount, err := money.Minor("EUR", l.cents)
		if err != nil {
			panic(err)
		}
		e.Legs[i] = ledger.Leg{Account: l.account, Amount: amount}
	}
	return e
}

func entriesOf(moves []move) []ledger.Entry {
	list := make([]ledger.Entry, len(moves))
	for i, m := range moves {
		list[i] = m.entry()
	}
	return list
}

// A source makes moves that never repeat.
type source struct {
	key  string
	mu   sync.Mutex
	n    int
	rng  *rand.Rand
	legs func(r *rand.Rand) (string, []leg)
}

func newSource(legs func(r *rand.Rand) (string, []leg)) *source {
	return &source{rng: rand.New(rand.NewPCG(1, 2)), legs: legs}
}

var firstDay = date.Must(2026, 1, 1)

func (s *source) take(n int) []move {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]move, n)
	for i := range list {
		s.n++
		list[i] = move{n: s.n, name: fmt.Sprint(s.key, "order-", s.n), date: firstDay.AddDays(s.rng.IntN(90))}
		list[i].text, list[i].legs = s.legs(s.rng)
	}
	return list
}

// spreadAccounts is how many accounts the moves are spread over.
func spreadAccounts() int { return short(100, 1000) }

func numbered(i int) string { return fmt.Sprintf("A%04d", i) }

// spread moves money between any two of a thousand accounts.
func spread(r *rand.Rand) (string, []leg) {
	a, b, cents := r.IntN(spreadAccounts()), r.IntN(spreadAccounts()-1), 100+r.Int64N(10_000)
	if b >= a {
		b++
	}
	return "Transfer", []leg{{numbered(a), cents}, {numbered(b), -cents}}
}

// hot moves money between one account and any other.
func hot(r *rand.Rand) (string, []leg) {
	cents := 100 + r.Int64N(10_000)
	return "Payment in", []leg{{hotAccount, cents}, {numbered(r.IntN(spreadAccounts())), -cents}}
}

// The hot account keeps its balance in the posting transaction, as the hands' accounts do; so does the limited one, which must not go
// below zero.
const hotAccount, limitedAccount = "A-hot", "A-limited"

// limited is hot, on the account with a limit.
func limited(r *rand.Rand) (string, []leg) {
	text, legs := hot(r)
	legs[0].account = limitedAccount
	return text, legs
}

// plain is hot, on an account like any other.
func plain(r *rand.Rand) (string, []leg) {
	text, legs := hot(r)
	legs[0].account = tradeBank
	return text, legs
}

// The accounts of a small trading company; ten with those that nothing here moves.
const (
	tradeBank, tradeReceivables, tradeRevenue, tradeTax, tradeGoods = "T-bank", "T-receivables", "T-revenue", "T-tax", "T-goods"
)

// trading is what it posts: of ten, seven sales with tax, two receipts and a purchase.
func trading(r *rand.Rand) (string, []leg) {
	net := 1000 + r.Int64N(50_000)
	tax := net / 5
	switch k := r.IntN(10); {
	case k < 7:
		return "Sale", []leg{{tradeReceivables, net + tax}, {tradeRevenue, -net}, {tradeTax, -tax}}
	case k < 9:
		return "Receipt", []leg{{tradeBank, net + tax}, {tradeReceivables, -net - tax}}
	default:
		return "Purchase", []leg{{tradeGoods, net}, {tradeTax, tax}, {tradeBank, -net - tax}}
	}
}

// chart lists the accounts of all workloads.
func chart() (list []ledger.OpenAccount) {
	add := func(code string, t ledger.Type) {
		list = append(list, ledger.OpenAccount{Code: code, Name: "Account " + code, Type: t})
	}
	for i := range spreadAccounts() {
		add(numbered(i), ledger.Asset)
	}
	for _, code := range []string{hotAccount, limitedAccount} {
		add(code, ledger.Asset)
	}
	list[len(list)-2].Live = true
	list[len(list)-1].Limits = []ledger.Limit{ledger.NonNegative()}
	for code, t := range map[string]ledger.Type{tradeBank: ledger.Asset, tradeReceivables: ledger.Asset, tradeRevenue: ledger.Income,
		tradeTax: ledger.Liability, tradeGoods: ledger.Expense, "T-rent": ledger.Expense, "T-payroll": ledger.Expense,
		"T-payables": ledger.Liability, "T-equity": ledger.Equity, "T-equipment": ledger.Asset} {
		add(code, t)
	}
	return list
}

// A rig is our books beside those of two hands, on one engine: bare is what a ledger cannot do without, equal writes a key, an
// event and an audit row as well.
type rig struct {
	name        string
	db          *storage.DB
	books       *ledger.Books
	bare, equal ledgerHand
	trips       *atomic.Int64
}

func openBooks(b testing.TB, e driver.Engine) (*storage.DB, *ledger.Books) {
	b.Helper()
	store := storage.Open(e)
	must(b, store.Migrate(b.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(b.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(chart()))
	must(b, err)
	return db, ledger.New(db)
}

func memoryRig(b testing.TB) *rig {
	db, books := openBooks(b, memory.New())
	return &rig{name: "memory", db: db, books: books}
}

// sqliteRig gives each side a file, for two writers of one file would empty each other's caches.
func sqliteRig(b testing.TB) *rig {
	dir := b.TempDir()
	e, err := sqlite.Open(b.Context(), filepath.Join(dir, "ours.db"))
	must(b, err)
	b.Cleanup(func() { _ = e.Close() })
	db, books := openBooks(b, e)
	return &rig{name: "sqlite", db: db, books: books, bare: newSQLiteBooks(b, filepath.Join(dir, "bare.db"), false),
		equal: newSQLiteBooks(b, filepath.Join(dir, "equal.db"), true)}
}

// pool opens a pool to the test server that counts round trips.
func pool(b testing.TB) (*pgxpool.Pool, *atomic.Int64) {
	config, err := pgxpool.ParseConfig(pgtest.DSN(b))
	must(b, err)
	trips := &atomic.Int64{}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &countingConn{Conn: c, trips: trips}, err
	}
	config.MaxConns = 33
	p, err := pgxpool.NewWithConfig(b.Context(), config)
	must(b, err)
	b.Cleanup(p.Close)
	findServer(b, p)
	return p, trips
}

// postgresRig gives each side a schema of one database.
func postgresRig(b testing.TB) *rig {
	p, trips := pool(b)
	e, err := postgres.Open(b.Context(), p, postgres.Schema(fresh("ours")), postgres.BusyTimeout(time.Minute))
	must(b, err)
	db, books := openBooks(b, e)
	r := &rig{name: "postgres", db: db, books: books, trips: trips, bare: newPgxBooks(b, p, fresh("bare"), false),
		equal: newPgxBooks(b, p, fresh("equal"), true)}
	// Some entries, and statistics of them, which a server gathers by itself within a minute.
	some := newSource(spread)
	some.key = "first-"
	moves := some.take(short(100, 2000))
	_, err = books.Post(b.Context(), entriesOf(moves)...)
	must(b, errors.Join(err, r.bare.many(moves)(b.Context()), r.equal.many(moves)(b.Context())))
	_, err = p.Exec(b.Context(), "ANALYZE")
	must(b, err)
	return r
}

var schemas atomic.Int64

// fresh names a schema that nobody has used.
func fresh(name string) string { return fmt.Sprint(name, schemas.Add(1)) }

// A side posts moves. Ready prepares what is not to be measured: the arguments.
type side func(moves []move) (post func(ctx context.Context) error)

// single posts one by one, with some callers at a time.
func single(callers int, ready func(m move) func(ctx context.Context) error) side {
	return func(moves []move) func(ctx context.Context) error {
		posts := make([]func(ctx context.Context) error, len(moves))
		for i, m := range moves {
			posts[i] = ready(m)
		}
		return func(ctx context.Context) error {
			return atOnce(callers, posts, func(post func(context.Context) error) error { return post(ctx) })
		}
	}
}

// atOnce deals work out to callers, who each do theirs in turn.
func atOnce[T any](callers int, work []T, do func(T) error) error {
	if callers == 1 {
		for _, w := range work {
			if err := do(w); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, callers)
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := c; i < len(work); i += callers {
				if errs[c] = do(work[i]); errs[c] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// batches posts in atomic batches, with some callers at a time.
func batches(callers, size int, ready func(moves []move) func(ctx context.Context) error) side {
	return func(moves []move) func(ctx context.Context) error {
		var posts []func(ctx context.Context) error
		for from := 0; from < len(moves); from += size {
			posts = append(posts, ready(moves[from:min(from+size, len(moves))]))
		}
		return func(ctx context.Context) error {
			return atOnce(callers, posts, func(post func(context.Context) error) error { return post(ctx) })
		}
	}
}

func (r *rig) single(callers int) side {
	return single(callers, func(m move) func(context.Context) error {
		e := m.entry()
		return func(ctx context.Context) error {
			_, err := r.books.Post(ctx, e)
			return err
		}
	})
}

func (r *rig) written(callers int) side {
	w := ledger.NewWriter(r.db, ledger.WriterOptions{})
	return single(callers, func(m move) func(context.Context) error {
		e := m.entry()
		return func(ctx context.Context) error {
			_, err := w.Post(ctx, e)
			return err
		}
	})
}

func (r *rig) batches(callers, size int) side {
	return batches(callers, size, func(moves []move) func(context.Context) error {
		list := entriesOf(moves)
		return func(ctx context.Context) error {
			_, err := r.books.Post(ctx, list...)
			return err
		}
	})
}

// A match lets our side and others post the same number of moves, turn and turn about.
type match struct {
	moves  *source
	n      int // moves a turn
	commit int // moves a commit, 1 if zero, -1 if it is not known
	ours   side
	others map[string]side // x/NAME is our throughput by theirs
	trips  *atomic.Int64
}

func (m match) run(b *testing.B) {
	b.Helper()
	names := slices.Sorted(maps.Keys(m.others))
	took, server := map[string][]float64{}, map[string][]float64{}
	var cpu, allocs, trips []float64
	turn := func(name string, s side) {
		moves := m.moves.take(m.n)
		post := s(moves)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s0, p, t := served(), used(), count(m.trips)
		start := time.Now()
		must(b, post(b.Context()))
		took[name] = append(took[name], float64(time.Since(start).Nanoseconds())/float64(m.n))
		if name == "" {
			cpu = append(cpu, float64((used()-p).Microseconds())/float64(m.n))
			trips = append(trips, float64(count(m.trips)-t)/float64(m.n)*math.Abs(float64(cmp.Or(m.commit, 1))))
			runtime.ReadMemStats(&after)
			allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(m.n))
		}
		server[name] = append(server[name], float64((served()-s0).Microseconds())/float64(m.n))
	}
	round := func(i int) {
		for k := range len(names) + 1 {
			if k = (k + i) % (len(names) + 1); k == 0 {
				turn("", m.ours)
			} else {
				turn(names[k-1], m.others[names[k-1]])
			}
		}
	}
	warm := 2
	if testing.Short() {
		warm = 1
	}
	for i := range warm { // until all have their statements prepared and their plans made
		round(i)
	}
	clear(took)
	clear(server)
	cpu, allocs, trips = nil, nil, nil
	for i := 0; b.Loop(); i++ {
		round(i)
	}
	ours := median(took[""])
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours, "ns/post")
	b.ReportMetric(mean(cpu), "cpu-us/post")
	b.ReportMetric(median(allocs), "allocs/post")
	for _, name := range names {
		b.ReportMetric(median(took[name])/ours, "x/"+name)
	}
	if m.trips != nil {
		if postmaster.Load() != 0 {
			b.ReportMetric(median(server[""]), "server-us/post")
			for _, name := range names {
				b.ReportMetric(median(server[name]), "server-us/"+name)
			}
		}
		b.ReportMetric(median(trips), "trips/"+map[bool]string{true: "post", false: "commit"}[m.commit < 0])
	}
}

func count(n *atomic.Int64) int64 {
	if n == nil {
		return 0
	}
	return n.Load()
}

// short chooses the smaller of two sizes in short runs, which only see that the benchmark works.
func short(small, usual int) int {
	if testing.Short() {
		return small
	}
	return usual
}
