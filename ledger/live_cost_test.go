package ledger_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage/driver"
)

// rowCount counts the rows that are asked for and written.
type rowCount struct {
	driver.Engine
	rows atomic.Int64
}

type rowCountTx struct {
	driver.Tx
	e *rowCount
}

func (c *rowCount) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Engine.Begin(ctx, o)
	return rowCountTx{tx, c}, err
}

func (t rowCountTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	t.count(ops)
	return t.Tx.Do(ctx, ops...)
}

func (t rowCountTx) Commit(ctx context.Context, last ...driver.Op) error {
	t.count(last)
	return t.Tx.Commit(ctx, last...)
}

func (t rowCountTx) count(ops []driver.Op) {
	for _, op := range ops {
		t.e.rows.Add(int64(len(op.Rows)))
	}
}

func TestLTP14APastDatedEntryTouchesAsManyRowsAsOneOfToday(t *testing.T) {
	e := &rowCount{Engine: newEngine(t)}
	_, db := openOn(t, e)
	b := ledger.New(db)
	wallet(t, b, "w", limits(ledger.NonNegative()))
	post(t, b, fill("2013-05-05", "w", "100000"))
	later := 2_000
	if os.Getenv("TUTAS_LONG") == "1" {
		later = 100_000
	}
	var batch []ledger.Entry
	for i := range later {
		batch = append(batch, simple(day("2014-01-01").AddDays(i%1200).String(), "w", ledger.Bank, "0.10"))
		if len(batch) == 1000 {
			post(t, b, batch...)
			batch = batch[:0]
		}
	}
	var rows [2]int64
	for k := range 400 { // by turns, so that both have the same company
		i := k % 2
		e.rows.Store(0)
		post(t, b, spend([]string{"2013-05-06", "2017-06-01"}[i], "w", "0.01"))
		if k >= 2 { // their months are there then
			rows[i] = max(rows[i], e.rows.Load())
		}
	}
	t.Logf("%d rows in the past, %d today", rows[0], rows[1])
	require.LessOrEqual(t, rows[0], rows[1]+1) // one in 64 entries asks for a fold
}
