package memory_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

var sizes = []int{1e3, 1e5, 1e6}

// benchTable has ten columns and two indexes, as a document of the trade would.
func benchTable() *driver.Table {
	return &driver.Table{Name: "docs", Key: 1, Version: 1, Columns: []driver.Column{
		{Name: "id", Kind: driver.UUID}, {Name: "version", Kind: driver.Int}, {Name: "status", Kind: driver.Text},
		{Name: "date", Kind: driver.Date}, {Name: "customer", Kind: driver.UUID}, {Name: "net", Kind: driver.Int},
		{Name: "tax", Kind: driver.Int}, {Name: "number", Kind: driver.Text, Nullable: true},
		{Name: "note", Kind: driver.Text}, {Name: "changed", Kind: driver.Instant},
	}, Indexes: []driver.Index{
		{Name: "status_date", Columns: []int{2, 3}},
		{Name: "customer", Columns: []int{4, 3}},
	}}
}

var statuses = []string{"draft", "open", "paid", "void"}

// benchID is in the order of i, like identifiers that begin with a time.
func benchID(i int) driver.Value {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(i)<<12)
	binary.BigEndian.PutUint64(id[8:], uint64(i)*0x9e3779b97f4a7c15)
	return driver.UUIDValue(id)
}

func benchRow(i int) driver.Row {
	customer := [16]byte{0: byte(uint64(i) * 0x9e3779b9 >> 8), 1: byte(i)}
	return driver.Row{benchID(i), num(1), text(statuses[uint32(i)*2654435761>>30]), num(int64(i / 50)), driver.UUIDValue(customer),
		num(int64(i)), num(19), driver.Null, text("as agreed by telephone"), num(int64(i))}
}

var loaded = map[int]*memory.Engine{}
var docs = benchTable()

// load returns an engine with n rows of tenant "t"; it is kept from one benchmark to the next.
func load(b *testing.B, n int) *memory.Engine {
	b.Helper()
	if e := loaded[n]; e != nil {
		return e
	}
	e := memory.New()
	ctx := context.Background()
	if err := e.Migrate(ctx, driver.Schema{Tables: []*driver.Table{docs}}); err != nil {
		b.Fatal(err)
	}
	for i := 0; i < n; {
		rows := make([]driver.Row, 0, 1000)
		for ; len(rows) < 1000 && i < n; i++ {
			rows = append(rows, benchRow(i))
		}
		run(b, e, driver.Op{Kind: driver.Insert, Table: docs, Rows: rows})
	}
	loaded[n] = e
	return e
}

func run(b *testing.B, e driver.Engine, ops ...driver.Op) {
	b.Helper()
	tx, err := e.Begin(context.Background(), driver.TxOptions{Tenant: "t"})
	if err == nil {
		err = tx.Commit(context.Background(), ops...)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func each(b *testing.B, fn func(b *testing.B, e *memory.Engine, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := load(b, n)
			b.ReportAllocs()
			b.ResetTimer()
			fn(b, e, n)
		})
	}
}

func begin(b *testing.B, e driver.Engine, readOnly bool) driver.Tx {
	b.Helper()
	tx, err := e.Begin(context.Background(), driver.TxOptions{Tenant: "t", ReadOnly: readOnly})
	if err != nil {
		b.Fatal(err)
	}
	return tx
}

func BenchmarkStorageGet(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		tx := begin(b, e, true)
		for i := range b.N {
			res, err := tx.Do(context.Background(), driver.Op{Kind: driver.Get, Table: docs,
				Rows: []driver.Row{{benchID(int(uint32(i) * 2654435761 % uint32(n)))}}})
			if err != nil || res[0].Rows[0] == nil {
				b.Fatal(res, err)
			}
		}
	})
}

// BenchmarkStorageInsert inserts in transactions of 100 rows and takes back what it wrote.
func BenchmarkStorageInsert(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		for i := 0; i < b.N; {
			tx := begin(b, e, false)
			for range 10 {
				rows := make([]driver.Row, 0, 10)
				for ; len(rows) < 10; i++ {
					rows = append(rows, benchRow(n+i))
				}
				if _, err := tx.Do(context.Background(), driver.Op{Kind: driver.Insert, Table: docs, Rows: rows}); err != nil {
					b.Fatal(err)
				}
			}
			_ = tx.Rollback(context.Background())
		}
	})
}

// BenchmarkStorageInsertOne commits each row by itself and deletes it again, so that the size stays: two transactions.
func BenchmarkStorageInsertOne(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		for i := range b.N {
			row := benchRow(n + i)
			run(b, e, driver.Op{Kind: driver.Insert, Table: docs, Rows: []driver.Row{row}})
			run(b, e, driver.Op{Kind: driver.Delete, Table: docs, Rows: []driver.Row{row}})
		}
	})
}

func BenchmarkStorageUpdateOne(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		for i := range b.N {
			at := int(uint32(i) * 2654435761 % uint32(n))
			tx := begin(b, e, false)
			res, err := tx.Do(context.Background(), driver.Op{Kind: driver.Lock, Table: docs, Rows: []driver.Row{{benchID(at)}}})
			if err != nil {
				b.Fatal(err)
			}
			row := res[0].Rows[0]
			row[1], row[5] = num(row[1].Int()+1), num(int64(i))
			if err := tx.Commit(context.Background(), driver.Op{Kind: driver.Update, Table: docs, Rows: res[0].Rows}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkStorageUpdateSeen is BenchmarkStorageUpdateOne with a snapshot taken before each transaction, which then may change nothing in place.
func BenchmarkStorageUpdateSeen(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		for i := range b.N {
			key := driver.Row{benchID(int(uint32(i) * 2654435761 % uint32(n)))}
			res, err := begin(b, e, true).Do(context.Background(), driver.Op{Kind: driver.Get, Table: docs, Rows: []driver.Row{key}})
			if err != nil {
				b.Fatal(err)
			}
			row := res[0].Rows[0]
			row[1], row[5] = num(row[1].Int()+1), num(int64(i))
			run(b, e, driver.Op{Kind: driver.Update, Table: docs, Rows: res[0].Rows})
		}
	})
}

// BenchmarkStoragePage reads a page of 50 rows by an index, from a place in the middle on.
func BenchmarkStoragePage(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		tx := begin(b, e, true)
		q := driver.Query{Table: docs, Where: []driver.Cond{{Column: 2, Op: driver.Eq, Values: []driver.Value{text("open")}}},
			Order: []int{3}, Limit: 50, After: driver.Row{num(int64(n / 100)), benchID(n / 2)}}
		for range b.N {
			rows := 0
			for _, err := range tx.Query(context.Background(), q) {
				if rows++; err != nil {
					b.Fatal(err)
				}
			}
			if rows != 50 {
				b.Fatal(rows)
			}
		}
	})
}

func BenchmarkStorageSum(b *testing.B) {
	each(b, func(b *testing.B, e *memory.Engine, n int) {
		tx := begin(b, e, true)
		for range b.N {
			for _, err := range tx.Sum(context.Background(), driver.Query{Table: docs}, []int{5, 6}, []int{2}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
	})
}

// BenchmarkStorageAdd adds to four balances in one commit, as one ledger entry does, among as many balances as the size says.
func BenchmarkStorageAdd(b *testing.B) {
	balances := &driver.Table{Name: "balances", Key: 2, Version: -1, Columns: []driver.Column{
		{Name: "account", Kind: driver.Text}, {Name: "month", Kind: driver.Int}, {Name: "debit", Kind: driver.Int}, {Name: "credit", Kind: driver.Int}}}
	balance := func(i int) driver.Row {
		return driver.Row{text(fmt.Sprintf("4%06d", i/12)), num(int64(202601 + i%12)), num(5), num(0)}
	}
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := memory.New()
			if err := e.Migrate(context.Background(), driver.Schema{Tables: []*driver.Table{balances}}); err != nil {
				b.Fatal(err)
			}
			for i := 0; i < n; {
				rows := make([]driver.Row, 0, 1000)
				for ; len(rows) < 1000 && i < n; i++ {
					rows = append(rows, balance(i))
				}
				run(b, e, driver.Op{Kind: driver.Insert, Table: balances, Rows: rows})
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				rows := make([]driver.Row, 4)
				for j := range rows {
					rows[j] = balance(int(uint32(i*4+j) * 2654435761 % uint32(n)))
				}
				run(b, e, driver.Op{Kind: driver.Add, Table: balances, Rows: rows, Sums: []int{2, 3}})
			}
		})
	}
}

// BenchmarkStorageHotRow lets 32 writers add to one row.
func BenchmarkStorageHotRow(b *testing.B) {
	e := memory.New()
	t := &driver.Table{Name: "totals", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "n", Kind: driver.Int}}}
	if err := e.Migrate(context.Background(), driver.Schema{Tables: []*driver.Table{t}}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var group sync.WaitGroup
	for w := range 32 {
		group.Go(func() {
			for i := w; i < b.N; i += 32 {
				run(b, e, driver.Op{Kind: driver.Add, Table: t, Rows: []driver.Row{{num(1), num(1)}}, Sums: []int{1}})
			}
		})
	}
	group.Wait()
}
