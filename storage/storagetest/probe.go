package storagetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

// A probe is what a scenario works with: an engine, a tenant, and short forms of what it does all the time. A short
// form that fails ends the scenario.
type probe struct {
	t      *testing.T
	suite  *suite
	e      driver.Engine
	ctx    context.Context
	tenant string

	mu       sync.Mutex
	tables   []*driver.Table
	open     []driver.Tx
	failures []string
}

// record notes a failure, and the place in the scenario where it arose.
func (p *probe) record(text string) {
	place := ""
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for f, more := frames.Next(); ; f, more = frames.Next() {
		base := filepath.Base(f.File)
		if base != "probe.go" && base != "run.go" && base != "concurrent.go" || !more {
			place = fmt.Sprintf("%s:%d: ", base, f.Line)
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = append(p.failures, fmt.Sprintf("%stenant %q: %s", place, p.tenant, text))
}

// fail records a failure and ends the goroutine.
func (p *probe) fail(format string, args ...any) {
	p.record(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (p *probe) failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failures) > 0
}

// ok ends the scenario on an error.
func (p *probe) ok(err error) {
	if err != nil {
		p.fail("unexpected error: %v", err)
	}
}

// is ends the scenario unless err is the target.
func (p *probe) is(err, target error) {
	if !errors.Is(err, target) {
		p.fail("the error is %v, want %v", err, target)
	}
}

// key ends the scenario unless err is a *KeyError about this table and index.
func (p *probe) key(err, target error, table, index string) {
	p.is(err, target)
	var k *driver.KeyError
	if !errors.As(err, &k) {
		p.fail("%v holds no *driver.KeyError", err)
	}
	if k.Table != table || k.Index != index {
		p.fail("the KeyError is about table %q, index %q; want %q, %q", k.Table, k.Index, table, index)
	}
}

func (p *probe) migrate(tables ...*driver.Table) {
	p.ok(p.e.Migrate(p.ctx, driver.Schema{Tables: tables}))
	p.note(tables...)
}

// note remembers declarations, the newest of each name, for dump and disturb.
func (p *probe) note(tables ...*driver.Table) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range tables {
		p.tables = slices.DeleteFunc(p.tables, func(o *driver.Table) bool { return o.Name == t.Name })
		p.tables = append(p.tables, t)
	}
}

func (p *probe) begin(o driver.TxOptions) driver.Tx {
	tx, err := p.e.Begin(p.ctx, o)
	p.ok(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = append(p.open, tx)
	return tx
}

func (p *probe) write() driver.Tx { return p.begin(driver.TxOptions{Tenant: p.tenant}) }

func (p *probe) read() driver.Tx { return p.begin(driver.TxOptions{Tenant: p.tenant, ReadOnly: true}) }

// rollBackAll ends what a scenario left open, so that the next one need not wait for it.
func (p *probe) rollBackAll() {
	p.mu.Lock()
	open := p.open
	p.open = nil
	p.mu.Unlock()
	for _, tx := range open {
		_ = tx.Rollback(p.ctx)
	}
}

// do runs operations that must succeed.
func (p *probe) do(tx driver.Tx, ops ...driver.Op) []driver.Result {
	res, err := tx.Do(p.ctx, ops...)
	p.ok(err)
	if len(res) != len(ops) {
		p.fail("%d operations got %d results", len(ops), len(res))
	}
	return res
}

// try runs operations and returns only the error.
func (p *probe) try(tx driver.Tx, ops ...driver.Op) error {
	_, err := tx.Do(p.ctx, ops...)
	return err
}

func (p *probe) commit(tx driver.Tx, last ...driver.Op) { p.ok(tx.Commit(p.ctx, last...)) }

func (p *probe) rollback(tx driver.Tx) { p.ok(tx.Rollback(p.ctx)) }

func (p *probe) savepoint(tx driver.Tx) driver.Savepoint {
	sp, err := tx.Savepoint(p.ctx)
	p.ok(err)
	return sp
}

// apply runs operations in a transaction of their own.
func (p *probe) apply(ops ...driver.Op) { p.commit(p.write(), ops...) }

// refused runs operations in a transaction of their own, which is rolled back, and returns their error.
func (p *probe) refused(ops ...driver.Op) error {
	tx := p.write()
	err := p.try(tx, ops...)
	p.rollback(tx)
	return err
}

func (p *probe) query(tx driver.Tx, q driver.Query) []driver.Row {
	rows, err := collect(tx.Query(p.ctx, q))
	p.ok(err)
	return rows
}

// rows reads what a query finds, in a transaction of its own.
func (p *probe) rows(q driver.Query) []driver.Row {
	tx := p.read()
	rows := p.query(tx, q)
	p.rollback(tx)
	return rows
}

func (p *probe) all(t *driver.Table) []driver.Row { return p.rows(driver.Query{Table: t}) }

func (p *probe) sum(tx driver.Tx, q driver.Query, sum, by []int) []driver.Row {
	rows, err := collect(tx.Sum(p.ctx, q, sum, by))
	p.ok(err)
	return rows
}

// get reads one row, nil if there is none.
func (p *probe) get(tx driver.Tx, t *driver.Table, key ...any) driver.Row {
	return p.do(tx, get(t, row(key...)))[0].Rows[0]
}

// same ends the scenario unless both lists hold equal rows in the same order.
func (p *probe) same(got, want []driver.Row) {
	if !slices.EqualFunc(got, want, equal) {
		p.fail("got %d rows, want %d\ngot:\n%s\nwant:\n%s", len(got), len(want), show(got), show(want))
	}
}

// holds ends the scenario unless the table holds exactly these rows.
func (p *probe) holds(t *driver.Table, want ...driver.Row) { p.same(p.all(t), want) }

func collect(seq iter.Seq2[driver.Row, error]) (rows []driver.Row, err error) {
	for r, err := range seq {
		if err != nil {
			return rows, err
		}
		rows = append(rows, r.Clone())
	}
	return rows, nil
}

func equal(a, b driver.Row) bool { return (a == nil) == (b == nil) && slices.Equal(a, b) }

// show prints rows, one a line, at most forty of them.
func show(rows []driver.Row) string {
	var b strings.Builder
	for i, r := range rows {
		if i == 40 {
			fmt.Fprintf(&b, "  … and %d more\n", len(rows)-i)
			break
		}
		b.WriteString("  " + showRow(r) + "\n")
	}
	return b.String()
}

func showRow(r driver.Row) string {
	if r == nil {
		return "nil"
	}
	cells := make([]string, len(r))
	for i, v := range r {
		switch {
		case v.IsNull():
			cells[i] = "null"
		case v.Text() != "" || v == driver.TextValue(""):
			cells[i] = fmt.Sprintf("%.60q", v.Text())
		default:
			cells[i] = fmt.Sprint(v.Int())
		}
	}
	return strings.Join(cells, ", ")
}

// dump prints all rows of a tenant.
func (p *probe) dump(tenant string) string {
	tx := p.begin(driver.TxOptions{Tenant: tenant, ReadOnly: true})
	var b strings.Builder
	for _, t := range p.tables {
		fmt.Fprintf(&b, "%s\n", t.Name)
		for _, r := range p.query(tx, driver.Query{Table: t}) {
			b.WriteString("  " + showRow(r) + "\n")
		}
	}
	p.rollback(tx)
	return b.String()
}

// disturb changes each column that nothing hangs on, in each row, so that a write which strays to this tenant cannot
// happen to write what is there already.
func (p *probe) disturb() {
	for _, t := range p.tables {
		bound := map[int]bool{}
		for i := range t.Key {
			bound[i] = true
		}
		for _, ix := range t.Indexes {
			for _, c := range ix.Columns {
				bound[c] = true
			}
		}
		if t.Parent != nil {
			for _, c := range t.Parent.Columns {
				bound[c] = true
			}
		}
		rows := p.all(t)
		for _, r := range rows {
			for i, c := range t.Columns {
				switch {
				case i == t.Version:
					r[i] = driver.IntValue(r[i].Int() + 1)
				case bound[i]:
				case c.Kind == driver.Int:
					r[i] = driver.IntValue(r[i].Int() ^ 77)
				case c.Kind == driver.Text:
					r[i] = driver.TextValue(r[i].Text() + "~")
				}
			}
		}
		if len(rows) > 0 {
			p.apply(update(t, rows...))
		}
	}
}
