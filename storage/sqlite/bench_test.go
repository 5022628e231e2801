package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/sqlite"
)

// Each benchmark does the same thing twice in turn: through the engine, and by SQL written by hand for these two
// tables, prepared, through the same driver, with the same durability, on a file of its own. The caches hold both
// files, for the driver's connections share their pages, and who gets more of them is luck. ns/op is the engine's
// median, x/handwritten the ratio of the two medians.

var postings = &driver.Table{
	Name: "posting", Key: 1, Version: 8,
	Columns: []driver.Column{
		{Name: "id", Kind: driver.UUID},
		{Name: "account", Kind: driver.UUID},
		{Name: "entry", Kind: driver.UUID},
		{Name: "at", Kind: driver.Instant},
		{Name: "day", Kind: driver.Date},
		{Name: "amount", Kind: driver.Int},
		{Name: "note", Kind: driver.Text},
		{Name: "open", Kind: driver.Bool},
		{Name: "version", Kind: driver.Int},
	},
	Indexes: []driver.Index{{Name: "by_account", Columns: []int{1, 4}}},
}

var balances = &driver.Table{
	Name: "balance", Key: 3, Version: -1,
	Columns: []driver.Column{
		{Name: "account", Kind: driver.UUID},
		{Name: "currency", Kind: driver.Text},
		{Name: "month", Kind: driver.Date},
		{Name: "debit", Kind: driver.Int},
		{Name: "credit", Kind: driver.Int},
	},
}

type posting struct {
	id, account, entry uuid.UUID
	at, day            time.Time
	amount             int64
	note               string
	open               bool
	version            int64
}

func (p *posting) row() driver.Row {
	return driver.Row{
		driver.UUIDValue(p.id), driver.UUIDValue(p.account), driver.UUIDValue(p.entry), driver.IntValue(p.at.UnixMicro()),
		driver.IntValue(p.day.Unix() / 86400), driver.IntValue(p.amount), driver.TextValue(p.note), driver.BoolValue(p.open),
		driver.IntValue(p.version),
	}
}

func (p *posting) read(r driver.Row) {
	p.id, p.account, p.entry = r[0].UUID(), r[1].UUID(), r[2].UUID()
	p.at, p.day = time.UnixMicro(r[3].Int()).UTC(), time.Unix(r[4].Int()*86400, 0).UTC()
	p.amount, p.note, p.open, p.version = r[5].Int(), r[6].Text(), r[7].Bool(), r[8].Int()
}

const layout = "2006-01-02T15:04:05.000000Z"

// scan reads a posting as a careful hand would.
func (p *posting) scan(rows interface{ Scan(...any) error }) error {
	var id, account, entry, at, day string
	err := rows.Scan(&id, &account, &entry, &at, &day, &p.amount, &p.note, &p.open, &p.version)
	if err != nil {
		return err
	}
	if p.id, err = uuid.Parse(id); err == nil {
		if p.account, err = uuid.Parse(account); err == nil {
			p.entry, err = uuid.Parse(entry)
		}
	}
	if err == nil {
		p.at, err = time.Parse(layout, at)
	}
	if err == nil {
		p.day, err = time.Parse(time.DateOnly, day)
	}
	return err
}

const (
	tenant     = "acme"
	accounts   = 100
	allColumns = `id, account, entry, at, day, amount, note, open, version`
)

func account(i int) uuid.UUID { return uuid.UUID{0: 1, 14: byte(i >> 8), 15: byte(i)} }

func nth(i int) posting {
	id := uuid.UUID{0: 1, 6: 0x70, 8: 0x80, 12: byte(i >> 24), 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
	at := time.Date(2026, 1, 1, 0, 0, i%50_000_000, i%1000*1000, time.UTC)
	return posting{id: id, account: account(i % accounts), entry: id, at: at, day: at.Truncate(24 * time.Hour), amount: int64(i) * 17,
		note: "Delivery of hardware, part one", open: i%2 == 0, version: 1}
}

// bench is the two files, each holding n postings and the balances.
type bench struct {
	*testing.B
	engine *sqlite.Engine
	db     *sql.DB
	n      int
	stmts  map[string]*sql.Stmt
}

func newBench(b *testing.B, n int) *bench {
	dir := b.TempDir()
	x := &bench{B: b, n: n}
	x.open(dir)
	schema := driver.Schema{Tables: []*driver.Table{postings, balances}}
	for _, text := range x.engine.SQL(schema) {
		_, err := x.db.Exec(text)
		x.must(err)
	}
	x.stmt(handInsert)
	x.fill()
	x.must(x.engine.Close())
	x.must(x.db.Close())
	x.open(dir) // so that both begin with a cold cache
	x.stmt(handInsert)
	b.Cleanup(func() { x.db.Close() })
	return x
}

func (x *bench) open(dir string) {
	x.engine = openFile(x.B, filepath.Join(dir, "engine.db"), sqlite.Cache(512))
	x.must(x.engine.Migrate(x.Context(), driver.Schema{Tables: []*driver.Table{postings, balances}}))
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "hand.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(wal)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-524288)")
	x.must(err)
	db.SetMaxOpenConns(1)
	x.db, x.stmts = db, map[string]*sql.Stmt{}
}

func (x *bench) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

func (x *bench) update(ops ...driver.Op) {
	tx, err := x.engine.Begin(x.Context(), driver.TxOptions{Tenant: tenant})
	x.must(err)
	x.must(tx.Commit(x.Context(), ops...))
}

func (x *bench) stmt(text string) *sql.Stmt {
	s := x.stmts[text]
	if s == nil {
		var err error
		s, err = x.db.Prepare(text)
		x.must(err)
		x.stmts[text] = s
	}
	return s
}

func (x *bench) inTx(fn func(tx *sql.Tx)) {
	tx, err := x.db.BeginTx(context.Background(), nil)
	x.must(err)
	fn(tx)
	x.must(tx.Commit())
}

func (x *bench) handInsert(tx *sql.Tx, p posting) {
	_, err := tx.Stmt(x.stmts[handInsert]).Exec(tenant, p.id.String(), p.account.String(), p.entry.String(), p.at.Format(layout),
		p.day.Format(time.DateOnly), p.amount, p.note, p.open, p.version)
	x.must(err)
}

const handInsert = `INSERT INTO tutas_posting (tenant, ` + allColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// compare runs both, now the one first and now the other, and compares the medians, for a mean would measure who else
// was at work.
func (x *bench) compare(warm int, ours, hand func(i int)) {
	var a, b []time.Duration
	timed := func(into *[]time.Duration, fn func(i int), i int) {
		start := time.Now()
		fn(i)
		*into = append(*into, time.Since(start))
	}
	for i := range warm { // a new connection starts with an empty cache
		ours(i)
		hand(i)
	}
	for i := warm; x.Loop(); i++ {
		if i%2 == 0 {
			timed(&a, ours, i)
			timed(&b, hand, i)
		} else {
			timed(&b, hand, i)
			timed(&a, ours, i)
		}
	}
	slices.Sort(a)
	slices.Sort(b)
	m := len(a) / 2
	x.ReportMetric(float64(a[m].Nanoseconds()), "ns/op")
	x.ReportMetric(float64(a[m])/float64(b[m]), "x/handwritten")
}

// sizes runs a benchmark over tables of several sizes.
func sizes(b *testing.B, run func(x *bench)) {
	all := []int{1_000, 100_000, 1_000_000}
	if testing.Short() {
		all = all[:2]
	}
	for _, n := range all {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { run(newBench(b, n)) })
	}
}

// fill inserts the same rows into both files.
func (x *bench) fill() {
	const step = 10_000
	for i := 0; i < x.n; i += step {
		var rows []driver.Row
		for j := i; j < min(i+step, x.n); j++ {
			p := nth(j)
			rows = append(rows, p.row())
		}
		x.update(driver.Op{Kind: driver.Insert, Table: postings, Rows: rows})
		x.inTx(func(tx *sql.Tx) {
			for j := i; j < min(i+step, x.n); j++ {
				x.handInsert(tx, nth(j))
			}
		})
	}
}

func BenchmarkStorageInsert(b *testing.B) {
	for _, batch := range []int{1, 100} {
		b.Run(fmt.Sprintf("commit=%d", batch), func(b *testing.B) {
			sizes(b, func(x *bench) {
				x.compare(20, func(i int) {
					rows := make([]driver.Row, batch)
					for j := range rows {
						p := nth(x.n + i*batch + j)
						rows[j] = p.row()
					}
					x.update(driver.Op{Kind: driver.Insert, Table: postings, Rows: rows})
				}, func(i int) {
					x.inTx(func(tx *sql.Tx) {
						for j := range batch {
							x.handInsert(tx, nth(x.n+i*batch+j))
						}
					})
				})
			})
		})
	}
}

// BenchmarkStorageUpdate writes 100 rows over, versions compared.
func BenchmarkStorageUpdate(b *testing.B) {
	const batch = 100
	sizes(b, func(x *bench) {
		versions := map[int]int64{}
		hand := map[int]int64{}
		const text = `UPDATE tutas_posting SET account = ?, entry = ?, at = ?, day = ?, amount = ?, note = ?, open = ?, version = ?
			WHERE tenant = ? AND id = ? AND version = ?`
		x.stmt(text)
		x.compare(20, func(i int) {
			rows := make([]driver.Row, batch)
			for j := range rows {
				k := (i*batch + j) * 7919 % x.n
				p := nth(k)
				versions[k]++
				p.version, p.amount = versions[k]+1, int64(i)
				rows[j] = p.row()
			}
			x.update(driver.Op{Kind: driver.Update, Table: postings, Rows: rows})
		}, func(i int) {
			x.inTx(func(tx *sql.Tx) {
				for j := range batch {
					k := (i*batch + j) * 7919 % x.n
					p := nth(k)
					hand[k]++
					p.version, p.amount = hand[k]+1, int64(i)
					r, err := tx.Stmt(x.stmts[text]).Exec(p.account.String(), p.entry.String(), p.at.Format(layout), p.day.Format(time.DateOnly),
						p.amount, p.note, p.open, p.version, tenant, p.id.String(), p.version-1)
					x.must(err)
					if n, _ := r.RowsAffected(); n != 1 {
						x.Fatal("a version moved on")
					}
				}
			})
		})
	})
}

// view reads in a transaction of the engine's.
func (x *bench) view(fn func(tx driver.Tx)) {
	tx, err := x.engine.Begin(x.Context(), driver.TxOptions{Tenant: tenant, ReadOnly: true})
	x.must(err)
	fn(tx)
	x.must(tx.Rollback(x.Context()))
}

// BenchmarkStorageGet reads one row, and 100 rows, each time in a snapshot of its own; the hand reads them one by one
// in none.
func BenchmarkStorageGet(b *testing.B) {
	const text = `SELECT ` + allColumns + ` FROM tutas_posting WHERE tenant = ? AND id = ?`
	for _, batch := range []int{1, 100} {
		b.Run(fmt.Sprintf("keys=%d", batch), func(b *testing.B) {
			sizes(b, func(x *bench) {
				x.stmt(text)
				x.compare(5_000/batch, func(i int) {
					keys := make([]driver.Row, batch)
					for j := range keys {
						keys[j] = driver.Row{driver.UUIDValue(nth((i*batch + j) * 7919 % x.n).id)}
					}
					x.view(func(tx driver.Tx) {
						r, err := tx.Do(x.Context(), driver.Op{Kind: driver.Get, Table: postings, Rows: keys})
						x.must(err)
						for j, row := range r[0].Rows {
							var p posting
							if p.read(row); p.id != keys[j][0].UUID() {
								x.Fatal("not the row that was asked for")
							}
						}
					})
				}, func(i int) {
					for j := range batch {
						id := nth((i*batch + j) * 7919 % x.n).id
						var p posting
						x.must(p.scan(x.stmts[text].QueryRow(tenant, id.String())))
						if p.id != id {
							x.Fatal("not the row that was asked for")
						}
					}
				})
			})
		})
	}
}

// BenchmarkStoragePage reads a page of 50 in the middle of an account.
func BenchmarkStoragePage(b *testing.B) {
	const page = 50
	const text = `SELECT ` + allColumns + ` FROM tutas_posting WHERE tenant = ? AND account = ? AND (day, id) > (?, ?) ORDER BY day, id LIMIT ?`
	sizes(b, func(x *bench) {
		x.stmt(text)
		start := nth(x.n / 3)
		want := 0
		x.compare(1_000, func(i int) {
			start.account = account(i % accounts)
			x.view(func(tx driver.Tx) {
				want = 0
				for row, err := range tx.Query(x.Context(), driver.Query{
					Table: postings, Order: []int{4}, Limit: page,
					Where: []driver.Cond{{Column: 1, Op: driver.Eq, Values: []driver.Value{driver.UUIDValue(start.account)}}},
					After: driver.Row{driver.IntValue(start.day.Unix() / 86400), driver.UUIDValue(start.id)},
				}) {
					x.must(err)
					var p posting
					p.read(row)
					want++
				}
			})
		}, func(i int) {
			rows, err := x.stmts[text].Query(tenant, start.account.String(), start.day.Format(time.DateOnly), start.id.String(), page)
			x.must(err)
			got := 0
			for rows.Next() {
				var p posting
				x.must(p.scan(rows))
				got++
			}
			x.must(rows.Close())
			if got != want || got == 0 {
				x.Fatalf("%d rows by hand, %d by the engine", got, want)
			}
		})
	})
}

// balanceOf is the i-th balance: an account in a month.
func balanceOf(i int) (uuid.UUID, time.Time) {
	return account(i & 0xffff), time.Date(2026, time.Month(1+i>>16), 1, 0, 0, 0, 0, time.UTC)
}

const handAdd = `INSERT INTO tutas_balance (tenant, account, currency, month, debit, credit) VALUES (?, ?, ?, ?, ?, ?)
	ON CONFLICT (tenant, account, currency, month) DO UPDATE SET debit = debit + excluded.debit, credit = credit + excluded.credit`

// add adds to the balances with these numbers, through the engine.
func (x *bench) add(amount int64, which ...int) {
	rows := make([]driver.Row, len(which))
	for j, i := range which {
		a, month := balanceOf(i)
		rows[j] = driver.Row{driver.UUIDValue(a), driver.TextValue("EUR"), driver.IntValue(month.Unix() / 86400), driver.IntValue(amount), driver.IntValue(0)}
	}
	x.update(driver.Op{Kind: driver.Add, Table: balances, Rows: rows, Sums: []int{3, 4}})
}

// addHand does the same by hand.
func (x *bench) addHand(amount int64, which ...int) {
	x.inTx(func(tx *sql.Tx) {
		for _, i := range which {
			a, month := balanceOf(i)
			_, err := tx.Stmt(x.stmts[handAdd]).Exec(tenant, a.String(), "EUR", month.Format(time.DateOnly), amount, int64(0))
			x.must(err)
		}
	})
}

// BenchmarkStorageAdd adds to four balances in one commit, as one ledger entry does, among as many as the size says.
func BenchmarkStorageAdd(b *testing.B) {
	const step = 10_000
	sizes(b, func(x *bench) {
		x.stmt(handAdd)
		for i := 0; i < x.n; i += step {
			var which []int
			for j := i; j < min(i+step, x.n); j++ {
				which = append(which, j)
			}
			x.add(1, which...)
			x.addHand(1, which...)
		}
		four := func(i int) []int {
			return []int{i * 7919 % x.n, (i*7919 + 251) % x.n, (i*7919 + 503) % x.n, (i*7919 + 757) % x.n}
		}
		x.compare(20, func(i int) { x.add(int64(i), four(i)...) }, func(i int) { x.addHand(int64(i), four(i)...) })
	})
}
