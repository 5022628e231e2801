package bench_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// A recorder is an engine that notes what a transaction writes.
type recorder struct {
	driver.Engine
	ops []driver.Op
}

type recordedTx struct {
	driver.Tx
	r *recorder
}

func (r *recorder) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := r.Engine.Begin(ctx, o)
	return &recordedTx{tx, r}, err
}

func (t *recordedTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	t.r.keep(ops)
	return t.Tx.Do(ctx, ops...)
}

func (t *recordedTx) Commit(ctx context.Context, last ...driver.Op) error {
	t.r.keep(last)
	return t.Tx.Commit(ctx, last...)
}

// keep copies the operations: their rows are the caller's.
func (r *recorder) keep(ops []driver.Op) {
	for _, op := range ops {
		rows := op.Rows
		op.Rows = make([]driver.Row, len(rows))
		for i, row := range rows {
			op.Rows[i] = row.Clone()
		}
		r.ops = append(r.ops, op)
	}
}

// Rows are what one chain leaves: the new rows of each table, parents first, and the number series that it moves on.
type rows struct {
	tables []*tableRows
	series []string
}

type tableRows struct {
	*driver.Table
	rows []driver.Row
}

func (t *tableRows) find(key driver.Row) int {
	return slices.IndexFunc(t.rows, func(r driver.Row) bool { return driver.CompareRows(r[:t.Key], key[:t.Key]) == 0 })
}

// recordChain plays a chain on the memory engine, after a first one, and folds what it writes into its final state.
func recordChain(b testing.TB) *rows {
	b.Helper()
	r := &recorder{Engine: memory.New()}
	s := open(b, r)
	must(b, s.chains(b.Context(), 1))
	r.ops = nil
	must(b, s.chains(b.Context(), 1))
	out := &rows{}
	for _, op := range r.ops {
		switch op.Kind {
		case driver.Get, driver.Lock, driver.Check:
			continue
		case driver.Insert, driver.Update:
		default:
			b.Fatalf("a chain is expected to insert and update only, not %d in %s", op.Kind, op.Table.Name)
		}
		t := out.table(op.Table)
		for _, row := range op.Rows {
			switch at := t.find(row); {
			case asksForFold(t, row): // one entry in 64 does, by chance
			case op.Kind == driver.Insert:
				t.rows = append(t.rows, row.Clone())
			case at >= 0:
				t.rows[at] = row.Clone()
			case op.Table.Name == "storage_series":
				out.series = append(out.series, row[0].Text())
			default:
				b.Fatalf("a row of %s was there before the chain", op.Table.Name)
			}
		}
	}
	out.tables = slices.DeleteFunc(out.tables, func(t *tableRows) bool { return len(t.rows) == 0 })
	return out
}

func asksForFold(t *tableRows, row driver.Row) bool {
	kind := slices.IndexFunc(t.Columns, func(c driver.Column) bool { return c.Name == "kind" })
	return t.Name == "storage_wake" && row[kind].Text() == ledger.FoldWork
}

func (r *rows) table(d *driver.Table) *tableRows {
	for _, t := range r.tables {
		if t.Table == d {
			return t
		}
	}
	r.tables = append(r.tables, &tableRows{Table: d})
	return r.tables[len(r.tables)-1]
}

// list says how many rows are in which table.
func (r *rows) list() string {
	var names []string
	n := len(r.series)
	for _, t := range r.tables {
		names = append(names, fmt.Sprintf("%s %d", t.Name, len(t.rows)))
		n += len(t.rows)
	}
	slices.Sort(names)
	return fmt.Sprintf("%d rows: %s; storage_series %d (updated)", n, strings.Join(names, ", "), len(r.series))
}

// again gives all rows of the n-th chain of a commit identifiers of their own, in the order of time as ours are; what points to them follows. The wake-up is one for all.
func (r *rows) again(n int) [][]driver.Row {
	var pairs []string
	raw := map[string]driver.Value{}
	for _, t := range r.tables {
		for _, row := range t.rows {
			for c, old := range row[:t.Key] {
				if _, known := raw[old.Text()]; known || t.Columns[c].Kind != driver.UUID {
					continue
				}
				id := uuid.Must(uuid.NewV7())
				raw[old.Text()] = driver.UUIDValue(id)
				pairs = append(pairs, uuid.UUID(old.UUID()).String(), id.String())
			}
		}
	}
	texts := strings.NewReplacer(pairs...)
	out := make([][]driver.Row, len(r.tables))
	for i, t := range r.tables {
		if n > 0 && t.Name == "storage_wake" {
			continue
		}
		for _, row := range t.rows {
			row = row.Clone()
			for c := range row {
				switch k := t.Columns[c].Kind; {
				case row[c].IsNull():
				case k == driver.UUID:
					if id, ok := raw[row[c].Text()]; ok {
						row[c] = id
					}
				case k == driver.Text || k == driver.JSON:
					row[c] = driver.TextValue(texts.Replace(row[c].Text()))
				}
			}
			out[i] = append(out[i], row)
		}
	}
	return out
}

// number is the column that holds a number of the series, -1 if none does.
func (t *tableRows) number() (column int, series string) {
	series, ok := map[string]string{"sales_order": "sales.order", "billing_invoice": "billing.invoice"}[t.Name]
	if !ok {
		return -1, ""
	}
	return slices.IndexFunc(t.Columns, func(c driver.Column) bool { return c.Name == "number" }), series
}

func TestRowsOfAChainAreTheSameEachTime(t *testing.T) {
	a, b := recordChain(t), recordChain(t)
	if a.list() != b.list() {
		t.Fatalf("%s\n%s", a.list(), b.list())
	}
	again := a.again(0)
	for i, table := range a.tables {
		for j, row := range table.rows {
			if slices.EqualFunc(again[i][j][:table.Key], row[:table.Key], func(x, y driver.Value) bool { return driver.Compare(x, y) == 0 }) {
				t.Fatalf("the hand would write a row of %s twice", table.Name)
			}
		}
	}
	t.Log(a.list())
}
