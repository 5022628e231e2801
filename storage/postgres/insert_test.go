package postgres

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

// Rows come back as they were inserted, however many they are and whichever columns do not vary among them, also when there have been more
// such choices than have statements of their own.
func TestInsertedRowsAreTheSameInEveryShape(t *testing.T) {
	e := newEngine(t, poolOf(t, pgtest.DSN(t)), ownSchema())
	table := &driver.Table{Name: "wide", Key: 1, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int}, {Name: "flag", Kind: driver.Bool}, {Name: "n", Kind: driver.Int, Nullable: true},
		{Name: "word", Kind: driver.Text}, {Name: "of", Kind: driver.UUID}, {Name: "day", Kind: driver.Date, Nullable: true},
		{Name: "at", Kind: driver.Instant}, {Name: "exact", Kind: driver.Decimal}, {Name: "doc", Kind: driver.JSON},
	}}
	migrated(t, e, table)
	rng := rand.New(rand.NewPCG(1, 2))
	value := func(c int) driver.Value {
		n := rng.Int64N(1000)
		switch col := table.Columns[c]; {
		case col.Nullable && n%3 == 0:
			return driver.Null
		case col.Kind == driver.Bool:
			return driver.BoolValue(n%2 == 0)
		case col.Kind == driver.UUID:
			return driver.UUIDValue([16]byte{byte(n), byte(n >> 8)})
		case col.Kind == driver.JSON:
			return driver.TextValue(`{"n": ` + strconv.FormatInt(n, 10) + `}`)
		case col.Kind == driver.Text:
			return driver.TextValue([]string{"", `"quoted", \ and {braces}`, strconv.FormatInt(n, 10)}[n%3])
		case col.Kind == driver.Decimal:
			return driver.TextValue(strconv.FormatInt(n, 10) + ".5")
		}
		return driver.IntValue(n)
	}
	id := int64(0)
	for range 60 {
		alike := rng.IntN(1 << len(table.Columns))
		rows := make([]driver.Row, []int{1, 2, 3, 7, 8, 9, 10, 50}[rng.IntN(8)])
		keys := make([]driver.Row, len(rows))
		for i := range rows {
			id++
			rows[i] = driver.Row{driver.IntValue(id)}
			for c := 1; c < len(table.Columns); c++ {
				if i > 0 && alike&(1<<c) != 0 {
					rows[i] = append(rows[i], rows[0][c])
				} else {
					rows[i] = append(rows[i], value(c))
				}
			}
			keys[i] = rows[i][:1]
		}
		commit(t, e, driver.Op{Kind: driver.Insert, Table: table, Rows: rows})
		tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme", ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := tx.Do(t.Context(), driver.Op{Kind: driver.Get, Table: table, Rows: keys})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range got[0].Rows {
			for c := range rows[i] {
				if row == nil || row[c] != rows[i][c] {
					t.Fatalf("row %d of %d, alike %b: %v came back as %v", i, len(rows), alike, rows[i], row)
				}
			}
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
