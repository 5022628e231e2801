package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

// The benchmarks do the same work twice, turn and turn about, in the same process and with the same durability: through
// the engine, and with SQL written by hand for pgx. They report the ratio of the two medians as x/handwritten.

// entries is a table as a ledger has it; balances is what it adds to.
func benchTables() (entries, balances *driver.Table) {
	entries = &driver.Table{Name: "entries", Key: 1, Version: 1, Columns: []driver.Column{
		{Name: "id", Kind: driver.UUID}, {Name: "version", Kind: driver.Int}, {Name: "account", Kind: driver.Text},
		{Name: "amount", Kind: driver.Int}, {Name: "memo", Kind: driver.Text, Nullable: true}, {Name: "day", Kind: driver.Date},
		{Name: "at", Kind: driver.Instant}, {Name: "rate", Kind: driver.Decimal}, {Name: "meta", Kind: driver.JSON},
	}, Indexes: []driver.Index{{Name: "by_day", Columns: []int{5}}}}
	balances = &driver.Table{Name: "balances", Key: 2, Version: -1, Columns: []driver.Column{
		{Name: "account", Kind: driver.Text}, {Name: "month", Kind: driver.Int}, {Name: "debit", Kind: driver.Int}, {Name: "credit", Kind: driver.Int},
	}}
	return entries, balances
}

func benchID(n int) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// an entry by hand, as a program would hold it.
type entry struct {
	id      [16]byte
	version int64
	account string
	amount  int64
	memo    *string
	day, at time.Time
	rate    string
	meta    string
}

func benchEntry(n int) entry {
	memo := fmt.Sprintf("entry number %d", n)
	at := time.UnixMicro(1_760_000_000_000_000 + int64(n)*1e6).UTC()
	return entry{id: benchID(n), version: 1, account: fmt.Sprintf("4%03d", n%200), amount: int64(n), memo: &memo,
		day: at.Truncate(24 * time.Hour), at: at, rate: "1.1825", meta: `{"source": "bench"}`}
}

func (e entry) row() driver.Row {
	return driver.Row{driver.UUIDValue(e.id), driver.IntValue(e.version), driver.TextValue(e.account), driver.IntValue(e.amount),
		driver.TextValue(*e.memo), driver.IntValue(e.day.Unix() / 86400), driver.IntValue(e.at.UnixMicro()), driver.TextValue(e.rate), driver.TextValue(e.meta)}
}

const (
	handInsertOne = `INSERT INTO hand.entries (tenant, id, version, account, amount, memo, day, at, rate, meta)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	handInsertMany = `INSERT INTO hand.entries (tenant, id, version, account, amount, memo, day, at, rate, meta)
SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::date[], $8::timestamptz[], $9::numeric[], $10::json[])`
	handGet     = `SELECT id, version, account, amount, memo, day, at, rate::text, meta FROM hand.entries WHERE tenant = $1 AND id = $2`
	handGetMany = `SELECT id, version, account, amount, memo, day, at, rate::text, meta FROM hand.entries WHERE tenant = $1 AND id = ANY ($2)`
	handUpdate  = `UPDATE hand.entries SET version = $3, account = $4, amount = $5, memo = $6, day = $7, at = $8, rate = $9, meta = $10
WHERE tenant = $1 AND id = $2 AND version = $3 - 1`
	handPage = `SELECT id, version, account, amount, memo, day, at, rate::text, meta FROM hand.entries
WHERE tenant = $1 AND (day, id) > ($2, $3) ORDER BY day, id LIMIT 50`
	handAdd = `INSERT INTO hand.balances AS b (tenant, account, month, debit, credit)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
ON CONFLICT (tenant, account, month) DO UPDATE SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit`
)

func (e entry) args() []any {
	return []any{"acme", e.id, e.version, e.account, e.amount, e.memo, e.day, e.at, e.rate, e.meta}
}

func scanEntry(r pgx.CollectableRow) (e entry, err error) {
	err = r.Scan(&e.id, &e.version, &e.account, &e.amount, &e.memo, &e.day, &e.at, &e.rate, &e.meta)
	return e, err
}

// bench is one pair of programs, and what they work on.
type bench struct {
	*testing.B
	ctx               context.Context
	pool              *pgxpool.Pool
	e                 *Engine
	entries, balances *driver.Table
	size              int // how many entries each of the two begins with
	next              int // the next entry nobody has written
}

// newBench fills two schemas of a database, ours and the hand's, with as many entries.
func newBench(b *testing.B, dsn string, size int) *bench {
	x := &bench{B: b, ctx: b.Context(), pool: poolOf(b, dsn), size: size}
	x.entries, x.balances = benchTables()
	command(b, x.pool, "DROP SCHEMA IF EXISTS tutas CASCADE; DROP SCHEMA IF EXISTS hand CASCADE")
	x.e = newEngine(b, x.pool)
	migrated(b, x.e, x.entries, x.balances)
	migrated(b, newEngine(b, x.pool, Schema("hand")), x.entries, x.balances)
	for x.next < size {
		x.insertEngine(x.rows(1000))
		x.next -= 1000
		x.insertHand(x.rows(1000))
	}
	command(b, x.pool, "VACUUM ANALYZE")
	command(b, x.pool, "CHECKPOINT")
	return x
}

func (x *bench) rows(n int) []entry {
	out := make([]entry, n)
	for i := range out {
		out[i] = benchEntry(x.next + i)
	}
	x.next += n
	return out
}

func (x *bench) must(err error) {
	if err != nil {
		x.Helper()
		x.Fatal(err)
	}
}

// write runs one command of the engine: a transaction that only writes.
func (x *bench) write(ops ...driver.Op) {
	tx, err := x.e.Begin(x.ctx, driver.TxOptions{Tenant: "acme"})
	x.must(err)
	x.must(tx.Commit(x.ctx, ops...))
}

func (x *bench) read(fn func(tx driver.Tx)) {
	tx, err := x.e.Begin(x.ctx, driver.TxOptions{Tenant: "acme", ReadOnly: true})
	x.must(err)
	fn(tx)
	x.must(tx.Commit(x.ctx))
}

// hand runs a transaction of pgx, as careful as the engine's.
func (x *bench) hand(o pgx.TxOptions, fn func(tx pgx.Tx) error) {
	x.must(pgx.BeginTxFunc(x.ctx, x.pool, o, fn))
}

var snapshot = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

func (x *bench) insertEngine(es []entry) {
	rows := make([]driver.Row, len(es))
	for i, e := range es {
		rows[i] = e.row()
	}
	x.write(driver.Op{Kind: driver.Insert, Table: x.entries, Rows: rows})
}

func (x *bench) insertHand(es []entry) {
	if len(es) == 1 {
		_, err := x.pool.Exec(x.ctx, handInsertOne, es[0].args()...)
		x.must(err)
		return
	}
	var ids [][16]byte
	var versions, amounts []int64
	var accounts, rates, metas []string
	var memos []*string
	var days, ats []time.Time
	for _, e := range es {
		ids, versions, accounts, amounts = append(ids, e.id), append(versions, e.version), append(accounts, e.account), append(amounts, e.amount)
		memos, days, ats = append(memos, e.memo), append(days, e.day), append(ats, e.at)
		rates, metas = append(rates, e.rate), append(metas, e.meta)
	}
	_, err := x.pool.Exec(x.ctx, handInsertMany, "acme", ids, versions, accounts, amounts, memos, days, ats, rates, metas)
	x.must(err)
}

// compare runs the two turn and turn about.
func (x *bench) compare(engine, hand func()) {
	var a, b []time.Duration
	clock := func(fn func()) time.Duration {
		start := time.Now()
		fn()
		return time.Since(start)
	}
	for range 20 { // until both have their statements prepared and their plans made
		engine()
		hand()
	}
	for x.Loop() {
		a = append(a, clock(engine))
		b = append(b, clock(hand))
	}
	slices.Sort(a)
	slices.Sort(b)
	ours, theirs := a[len(a)/2], b[len(b)/2]
	x.ReportMetric(float64(ours)/float64(theirs), "x/handwritten")
	x.ReportMetric(float64(ours)/1e3, "µs/engine")
	x.ReportMetric(float64(theirs)/1e3, "µs/handwritten")
	x.ReportMetric(0, "ns/op")
}

func BenchmarkStorage(b *testing.B) {
	for _, mode := range []string{"durable", "nosync"} {
		b.Run(mode, func(b *testing.B) {
			var opts []pgtest.Option
			if mode == "nosync" {
				opts = append(opts, pgtest.NoSync())
			}
			dsn := pgtest.Own(b, append(opts, pgtest.Setting("max_wal_size=4GB"))...).DSN()
			for _, size := range benchSizes() {
				b.Run(fmt.Sprintf("rows=%d", size), func(b *testing.B) { newBench(b, dsn, size).all() })
			}
		})
	}
}

func benchSizes() []int {
	all := []int{1_000, 100_000, 1_000_000}
	if testing.Short() {
		return all[:2]
	}
	return all
}

func (x *bench) all() {
	for _, c := range []struct {
		name string
		run  func(x *bench)
	}{
		{"insert_1", func(x *bench) { x.inserts(1) }}, {"insert_100", func(x *bench) { x.inserts(100) }},
		{"get", (*bench).gets}, {"get_100", (*bench).getMany}, {"update", (*bench).updates}, {"page_50", (*bench).pages},
		{"add_2", (*bench).additions}, {"command", (*bench).commands},
	} {
		x.Run(c.name, func(b *testing.B) {
			y := *x
			y.B, y.ctx = b, b.Context()
			c.run(&y)
			x.next = y.next
		})
	}
}

func (x *bench) inserts(n int) {
	x.compare(func() { x.insertEngine(x.rows(n)) }, func() { x.insertHand(x.rows(n)) })
}

func (x *bench) gets() {
	n := 0
	x.compare(func() {
		n = (n + 7919) % x.size
		x.read(func(tx driver.Tx) {
			res, err := tx.Do(x.ctx, driver.Op{Kind: driver.Get, Table: x.entries, Rows: []driver.Row{{driver.UUIDValue(benchID(n))}}})
			x.must(err)
			if res[0].Rows[0] == nil {
				x.Fatal("not there")
			}
		})
	}, func() {
		x.hand(snapshot, func(tx pgx.Tx) error {
			rows, err := tx.Query(x.ctx, handGet, "acme", benchID(n))
			if err == nil {
				_, err = pgx.CollectExactlyOneRow(rows, scanEntry)
			}
			return err
		})
	})
}

func (x *bench) getMany() {
	n := 0
	ids := func() (ids [][16]byte) {
		for i := range 100 {
			ids = append(ids, benchID((n+i*101)%x.size))
		}
		return ids
	}
	x.compare(func() {
		n = (n + 7919) % x.size
		x.read(func(tx driver.Tx) {
			var keys []driver.Row
			for _, id := range ids() {
				keys = append(keys, driver.Row{driver.UUIDValue(id)})
			}
			res, err := tx.Do(x.ctx, driver.Op{Kind: driver.Get, Table: x.entries, Rows: keys})
			x.must(err)
			if len(res[0].Rows) != 100 || res[0].Rows[99] == nil {
				x.Fatal("not there")
			}
		})
	}, func() {
		x.hand(snapshot, func(tx pgx.Tx) error {
			rows, err := tx.Query(x.ctx, handGetMany, "acme", ids())
			if err == nil {
				_, err = pgx.CollectRows(rows, scanEntry)
			}
			return err
		})
	})
}

func (x *bench) updates() {
	ours, theirs := 0, 0
	versions := map[bool]int64{true: 1, false: 1}
	turn := func(n *int, us bool) entry {
		if *n++; *n == x.size {
			*n = 0
			versions[us]++
		}
		e := benchEntry(*n)
		e.version, e.amount = versions[us]+1, e.amount+1
		return e
	}
	x.compare(func() {
		x.write(driver.Op{Kind: driver.Update, Table: x.entries, Rows: []driver.Row{turn(&ours, true).row()}})
	}, func() {
		tag, err := x.pool.Exec(x.ctx, handUpdate, turn(&theirs, false).args()...)
		x.must(err)
		if tag.RowsAffected() != 1 {
			x.Fatal("stale")
		}
	})
}

func (x *bench) pages() {
	n := 0
	x.compare(func() {
		n = (n + 7919) % (x.size - 50)
		e := benchEntry(n)
		x.read(func(tx driver.Tx) {
			count := 0
			for _, err := range tx.Query(x.ctx, driver.Query{Table: x.entries, Order: []int{5}, Limit: 50,
				After: driver.Row{driver.IntValue(e.day.Unix() / 86400), driver.UUIDValue(e.id)}}) {
				x.must(err)
				count++
			}
			if count == 0 {
				x.Fatal("an empty page")
			}
		})
	}, func() {
		e := benchEntry(n)
		x.hand(snapshot, func(tx pgx.Tx) error {
			rows, err := tx.Query(x.ctx, handPage, "acme", e.day, e.id)
			if err == nil {
				_, err = pgx.CollectRows(rows, scanEntry)
			}
			return err
		})
	})
}

func (x *bench) additions() {
	n := 0
	x.compare(func() {
		n++
		var rows []driver.Row
		for i := range 2 {
			rows = append(rows, driver.Row{driver.TextValue(fmt.Sprintf("4%03d", (n+i*50)%200)), driver.IntValue(202611), driver.IntValue(5), driver.IntValue(0)})
		}
		x.write(driver.Op{Kind: driver.Add, Table: x.balances, Rows: rows, Sums: []int{2, 3}})
	}, func() {
		accounts := []string{fmt.Sprintf("4%03d", n%200), fmt.Sprintf("4%03d", (n+50)%200)}
		slices.Sort(accounts)
		_, err := x.pool.Exec(x.ctx, handAdd, "acme", accounts, []int64{202611, 202611}, []int64{5, 5}, []int64{0, 0})
		x.must(err)
	})
}

// commands locks a row, and then changes it, writes two more and adds to two balances: the shape of a posting.
func (x *bench) commands() {
	n := 0
	totals := func() (accounts []string) { return []string{"4001", "4002"} }
	versions := func(schema string) int64 {
		command(x, x.pool, "UPDATE "+schema+".entries SET version = 1 WHERE id = '"+pgxUUID(benchID(5))+"'")
		return 1
	}
	ours, theirs := versions("tutas"), versions("hand")
	x.compare(func() {
		n++
		tx, err := x.e.Begin(x.ctx, driver.TxOptions{Tenant: "acme"})
		x.must(err)
		res, err := tx.Do(x.ctx, driver.Op{Kind: driver.Lock, Table: x.entries, Rows: []driver.Row{{driver.UUIDValue(benchID(5))}}})
		x.must(err)
		row := res[0].Rows[0]
		row[1] = driver.IntValue(ours + 1)
		ours++
		var adds []driver.Row
		for _, a := range totals() {
			adds = append(adds, driver.Row{driver.TextValue(a), driver.IntValue(202611), driver.IntValue(5), driver.IntValue(0)})
		}
		es := x.rows(2)
		x.must(tx.Commit(x.ctx,
			driver.Op{Kind: driver.Update, Table: x.entries, Rows: []driver.Row{row}},
			driver.Op{Kind: driver.Insert, Table: x.entries, Rows: []driver.Row{es[0].row(), es[1].row()}},
			driver.Op{Kind: driver.Add, Table: x.balances, Rows: adds, Sums: []int{2, 3}}))
	}, func() {
		x.hand(pgx.TxOptions{}, func(tx pgx.Tx) error {
			rows, err := tx.Query(x.ctx, handGet+" FOR NO KEY UPDATE", "acme", benchID(5))
			if err != nil {
				return err
			}
			e, err := pgx.CollectExactlyOneRow(rows, scanEntry)
			if err != nil {
				return err
			}
			e.version = theirs + 1
			theirs++
			var b pgx.Batch
			b.Queue(handUpdate, e.args()...)
			for _, e := range x.rows(2) {
				b.Queue(handInsertOne, e.args()...)
			}
			b.Queue(handAdd, "acme", totals(), []int64{202611, 202611}, []int64{5, 5}, []int64{0, 0})
			return tx.SendBatch(x.ctx, &b).Close()
		})
	})
}

func pgxUUID(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
