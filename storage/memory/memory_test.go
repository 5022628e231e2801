package memory_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

func text(s string) driver.Value { return driver.TextValue(s) }
func num(i int64) driver.Value   { return driver.IntValue(i) }

type fixture struct {
	t       *testing.T
	ctx     context.Context
	e       *memory.Engine
	accts   *driver.Table
	entries *driver.Table
}

// Columns of accts.
const (
	aID = iota
	aVersion
	aName
	aCode
	aBalance
	aDue
)

func newFixture(t *testing.T, o ...memory.Option) *fixture {
	t.Helper()
	f := &fixture{t: t, ctx: t.Context(), e: memory.New(o...)}
	t.Cleanup(func() { _ = f.e.Close() })
	f.accts = &driver.Table{Name: "accts", Key: 1, Version: aVersion, Columns: []driver.Column{
		{Name: "id", Kind: driver.Int}, {Name: "version", Kind: driver.Int}, {Name: "name", Kind: driver.Text},
		{Name: "code", Kind: driver.Text, Nullable: true}, {Name: "balance", Kind: driver.Int},
		{Name: "due", Kind: driver.Instant, Nullable: true},
	}, Indexes: []driver.Index{
		{Name: "code", Columns: []int{aCode}, Unique: true},
		{Name: "name", Columns: []int{aName, aBalance}},
		{Name: "due", Columns: []int{aDue}, Sparse: true, Global: true},
	}}
	f.entries = &driver.Table{Name: "entries", Key: 2, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "acct", Kind: driver.Int}, {Name: "no", Kind: driver.Int}, {Name: "note", Kind: driver.Text},
	}, Parent: &driver.ForeignKey{Table: f.accts, Columns: []int{0}}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{f.accts, f.entries}}))
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) is(err, want error) {
	f.t.Helper()
	if !errors.Is(err, want) {
		f.t.Fatalf("got %v, want %v", err, want)
	}
}

func (f *fixture) begin(o driver.TxOptions) driver.Tx {
	f.t.Helper()
	tx, err := f.e.Begin(f.ctx, o)
	f.must(err)
	f.t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func (f *fixture) do(tenant string, ops ...driver.Op) {
	f.t.Helper()
	f.must(f.begin(driver.TxOptions{Tenant: tenant}).Commit(f.ctx, ops...))
}

func (f *fixture) rows(s iter.Seq2[driver.Row, error]) string {
	f.t.Helper()
	out := ""
	for row, err := range s {
		f.must(err)
		out += "["
		for i, v := range row {
			if i > 0 {
				out += " "
			}
			switch {
			case v.IsNull():
				out += "-"
			case driver.Compare(v, num(v.Int())) == 0:
				out += fmt.Sprint(v.Int())
			default:
				out += v.Text()
			}
		}
		out += "]"
	}
	return out
}

func acct(id, version int64, name string, code driver.Value, balance int64, due driver.Value) driver.Row {
	return driver.Row{num(id), num(version), text(name), code, num(balance), due}
}

func TestWhatIsCommittedCanBeRead(t *testing.T) {
	f := newFixture(t)
	f.do("a", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{
		acct(1, 1, "cash", text("100"), 5, driver.Null),
		acct(2, 1, "bank", text("101"), 7, num(50)),
		acct(3, 1, "bank", driver.Null, 6, num(40)),
		acct(4, 1, "bank", driver.Null, 8, num(60)),
	}})
	f.do("b", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{acct(9, 1, "x", driver.Null, 0, num(45))}})
	v := f.begin(driver.TxOptions{Tenant: "a", ReadOnly: true})
	for _, c := range []struct {
		q    driver.Query
		want string
	}{
		{driver.Query{Where: []driver.Cond{{Column: aName, Op: driver.Eq, Values: []driver.Value{text("bank")}}},
			Order: []int{aBalance}, Desc: true, After: driver.Row{num(8), num(4)}}, "[2 1 bank 101 7 50][3 1 bank - 6 40]"},
		{driver.Query{Where: []driver.Cond{{Column: aCode, Op: driver.Prefix, Values: []driver.Value{text("10")}}}},
			"[1 1 cash 100 5 -][2 1 bank 101 7 50]"},
		{driver.Query{Where: []driver.Cond{{Column: aCode, Op: driver.IsNull}}, Limit: 1}, "[3 1 bank - 6 40]"},
		{driver.Query{Where: []driver.Cond{{Column: aName, Op: driver.In, Values: []driver.Value{text("cash"), text("bank")}}},
			Order: []int{aBalance}, Limit: 2}, "[1 1 cash 100 5 -][3 1 bank - 6 40]"},
	} {
		c.q.Table = f.accts
		if got := f.rows(v.Query(f.ctx, c.q)); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
	if got := f.rows(v.Sum(f.ctx, driver.Query{Table: f.accts}, []int{aBalance}, []int{aName})); got != "[bank 21 3][cash 5 1]" {
		t.Error(got)
	}
	all := f.begin(driver.TxOptions{Across: true})
	q := driver.Query{Table: f.accts, Where: []driver.Cond{{Column: aDue, Op: driver.Lt, Values: []driver.Value{num(55)}}},
		Order: []int{aDue}}
	if got := f.rows(all.Query(f.ctx, q)); got != "[3 1 bank - 6 40 a][9 1 x - 0 45 b][2 1 bank 101 7 50 a]" {
		t.Error(got)
	}
	q.After = driver.Row{num(40), text("a"), num(3)}
	if got := f.rows(all.Query(f.ctx, q)); got != "[9 1 x - 0 45 b][2 1 bank 101 7 50 a]" {
		t.Error(got)
	}
	q = driver.Query{Table: f.accts, Order: []int{aName}, Limit: 2}
	if got := f.rows(all.Query(f.ctx, q)); got != "[2 1 bank 101 7 50 a][3 1 bank - 6 40 a]" {
		t.Error(got)
	}
}
