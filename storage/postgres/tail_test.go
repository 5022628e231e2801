package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

func outbox() *driver.Table {
	return &driver.Table{Name: "outbox", Key: 1, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "id", Kind: driver.UUID}, {Name: "what", Kind: driver.Text},
	}}
}

func event(n int) driver.Op {
	return driver.Op{Kind: driver.Insert, Table: nil, Rows: []driver.Row{{driver.UUIDValue(benchID(n)), driver.TextValue(fmt.Sprint(n))}}}
}

func insertEvents(t *driver.Table, ns ...int) driver.Op {
	op := driver.Op{Kind: driver.Insert, Table: t}
	for _, n := range ns {
		op.Rows = append(op.Rows, event(n).Rows...)
	}
	return op
}

// tailOf reads a page in a transaction of its own and returns what its rows say.
func tailOf(t *testing.T, e *Engine, q driver.TailQuery) (string, driver.TailPage) {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme", ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}()
	page, err := tx.Tail(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return saying(page.Rows), page
}

func saying(rows []driver.Row) (s string) {
	for _, r := range rows {
		s += r[1].Text() + " "
	}
	return s
}

func begun(t *testing.T, e *Engine, ops ...driver.Op) driver.Tx {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	if err == nil && len(ops) > 0 {
		_, err = tx.Do(t.Context(), ops...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func TestTheTailNeverSkipsALateCommit(t *testing.T) {
	e := newEngine(t, newPool(t))
	box := outbox()
	migrated(t, e, box)
	commit(t, e, insertEvents(box, 1, 2, 3))
	got, page := tailOf(t, e, driver.TailQuery{Table: box, Limit: 2})
	if got != "1 2 " || !page.Behind {
		t.Fatalf("the first page is %q, behind %v", got, page.Behind)
	}
	a := begun(t, e, insertEvents(box, 10)) // takes its number first, commits last
	b := begun(t, e, insertEvents(box, 20))
	if err := b.Commit(t.Context(), insertEvents(box, 21)); err != nil {
		t.Fatal(err)
	}
	got, held := tailOf(t, e, driver.TailQuery{Table: box, After: page.Next})
	if got != "3 " || !held.Behind {
		t.Fatalf("while A is open, the tail is %q, behind %v; B may not come before A has ended", got, held.Behind)
	}
	if got, _ := tailOf(t, e, driver.TailQuery{Table: box, After: page.Next, Unsettled: true}); got != "3 20 21 " {
		t.Errorf("unsettled, the tail is %q", got)
	}
	if err := a.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, end := tailOf(t, e, driver.TailQuery{Table: box, After: held.Next})
	if got != "10 20 21 " || end.Behind {
		t.Errorf("after A, the tail is %q, behind %v", got, end.Behind)
	}
	if got, last := tailOf(t, e, driver.TailQuery{Table: box, After: end.Next, Limit: 5}); got != "" || last.Next != end.Next || last.Behind {
		t.Errorf("at the end comes %q, behind %v", got, last.Behind)
	}
}

func TestATransactionsOwnRowsAreNotCommittedToItsTail(t *testing.T) {
	e := newEngine(t, newPool(t))
	box := outbox()
	migrated(t, e, box)
	commit(t, e, insertEvents(box, 1))
	tx := begun(t, e, insertEvents(box, 2, 3))
	page, err := tx.Tail(t.Context(), driver.TailQuery{Table: box, Limit: 10})
	if err != nil || saying(page.Rows) != "1 " || page.Behind {
		t.Errorf("the tail is %q, behind %v, %v", saying(page.Rows), page.Behind, err)
	}
	page, err = tx.Tail(t.Context(), driver.TailQuery{Table: box, Limit: 10, Unsettled: true})
	if err != nil || saying(page.Rows) != "1 2 3 " {
		t.Errorf("unsettled, the tail is %q, %v", saying(page.Rows), err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAPositionThatIsNoneIsRefused(t *testing.T) {
	e := newEngine(t, newPool(t))
	box := outbox()
	migrated(t, e, box)
	for _, p := range []driver.Position{"x", "1.2", "1.2.", "-1.2.EAAAAAAAAAAAAAAAAAAAAAA", "1.2.EAAA", "1.2._____________________w", "1.2.AAAA",
		"99999999999999999999.1.EAAAAAAAAAAAAAAAAAAAAAA", "1.2.EA==", "1..", "..", "1.2.3.4", "1.2.3.", "1.2.-3.EAAAAAAAAAAAAAAAAAAAAAA",
		"1.9223372036854775807.EAAAAAAAAAAAAAAAAAAAAAA", "1.2.9223372036854775807.EAAAAAAAAAAAAAAAAAAAAAA", "1.2.3.4.EAAAAAAAAAAAAAAAAAAAAAA"} {
		tx := begun(t, e)
		if _, err := tx.Tail(t.Context(), driver.TailQuery{Table: box, After: p}); err == nil {
			t.Errorf("%q was taken for a position", p)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzPositionsAreReadBackOrRefused(f *testing.F) {
	tab := compile(sqltext.PostgreSQL("tutas"), &driver.Table{Name: "t", Key: 3, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "a", Kind: driver.Text}, {Name: "b", Kind: driver.Int}, {Name: "c", Kind: driver.UUID}}})
	f.Add("0.1.", uint64(1), "x", int64(-1))
	f.Fuzz(func(t *testing.T, junk string, tx uint64, text string, n int64) {
		if row, err := tab.parsePosition(driver.Position(junk)); err == nil && junk != "" && len(row) != inTail+3 {
			t.Errorf("%q was read as %v", junk, row)
		}
		want := driver.Row{driver.IntValue(3), driver.IntValue(int64(tx >> 1)), driver.IntValue(int64(tx % sqltext.MaxMicro)),
			driver.TextValue(text), driver.IntValue(n), driver.UUIDValue([16]byte{1})}
		found := append(append(driver.Row{}, want[:inTail]...), driver.BoolValue(true), driver.BoolValue(false))
		got, err := tab.parsePosition(tab.position(append(found, want[inTail:]...)))
		if err != nil || driver.CompareRows(got, want) != 0 {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	})
}

// A dump that is restored in another cluster brings numbers of transactions along that the new cluster has not reached.
func TestATailRestoredInAnotherClusterGoesOnWhereItEnded(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	box := outbox()
	migrated(t, e, box)
	commit(t, e, insertEvents(box, 1, 2))
	command(t, pool, `UPDATE tutas.outbox SET tx_id = '999999999999', tx_place = 1999999999998; COMMENT ON COLUMN tutas.outbox.tx_era IS 'cluster 1'`)
	got, page := tailOf(t, e, driver.TailQuery{Table: box})
	if got != "1 2 " || page.Behind {
		t.Fatalf("what was restored is %q, behind %v", got, page.Behind)
	}
	for range 2 {
		migrated(t, e, box)
	}
	commit(t, e, insertEvents(box, 3))
	if got, _ := tailOf(t, e, driver.TailQuery{Table: box, After: page.Next}); got != "3 " {
		t.Errorf("after the restored rows comes %q", got)
	}
	var eras string
	if err := pool.QueryRow(t.Context(), "SELECT string_agg(DISTINCT tx_era::text, ' ') FROM tutas.outbox").Scan(&eras); err != nil || eras != "0 1" {
		t.Errorf("the eras are %q (%v)", eras, err)
	}
	if drift, err := e.Drift(t.Context(), driver.Schema{Tables: []*driver.Table{box}}); err != nil || len(drift) > 0 {
		t.Errorf("drift: %v, %v", drift, err)
	}
}

func TestATableBecomesTailedWithItsOldRowsInFront(t *testing.T) {
	e := newEngine(t, newPool(t))
	plain := outbox()
	plain.Tailed = false
	migrated(t, e, plain)
	commit(t, e, insertEvents(plain, 2, 1))
	box := outbox()
	migrated(t, e, box)
	commit(t, e, insertEvents(box, 0))
	commit(t, e, insertEvents(plain, 3)) // an older binary, which does not know
	if got, _ := tailOf(t, e, driver.TailQuery{Table: box}); got != "1 2 0 3 " {
		t.Errorf("the tail is %q", got)
	}
}

// What is inserted when nothing with a higher number has ended stands at its own transaction, else behind the latest that has.
func TestRowsUnderOneLockComeAsItWasHeld(t *testing.T) {
	e := newEngine(t, newPool(t))
	box, subject := outbox(), &driver.Table{Name: "subject", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}}}
	migrated(t, e, box, subject)
	one := []driver.Row{{driver.IntValue(1)}}
	commit(t, e, driver.Op{Kind: driver.Insert, Table: subject, Rows: one})
	hold := func(tx driver.Tx, n int) {
		t.Helper()
		if _, err := tx.Do(t.Context(), driver.Op{Kind: driver.Lock, Table: subject, Rows: one}, insertEvents(box, n)); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a := begun(t, e, insertEvents(box, 90))
	b := begun(t, e, insertEvents(box, 91))
	c := begun(t, e, insertEvents(box, 92))
	hold(c, 5)
	got, page := tailOf(t, e, driver.TailQuery{Table: box})
	if got != "" || !page.Behind {
		t.Fatalf("while A and B are open, the tail is %q, behind %v", got, page.Behind)
	}
	hold(b, 4)
	hold(a, 3)
	got, page = tailOf(t, e, driver.TailQuery{Table: box})
	if got != "90 91 92 5 4 3 " || page.Behind {
		t.Errorf("the tail is %q, behind %v", got, page.Behind)
	}
}

// An idle server gives out no further numbers: what is committed must be settled without one.
func TestTheLastRowOfAnIdleServerIsSettled(t *testing.T) {
	e := newEngine(t, newPool(t))
	box := outbox()
	migrated(t, e, box)
	a := begun(t, e, insertEvents(box, 1))
	commit(t, e, insertEvents(box, 2)) // a higher number ends
	if err := a.Commit(t.Context(), insertEvents(box, 3)); err != nil {
		t.Fatal(err)
	}
	if got, page := tailOf(t, e, driver.TailQuery{Table: box}); got != "1 2 3 " || page.Behind {
		t.Errorf("the tail is %q, behind %v", got, page.Behind)
	}
}

func TestATailFromBeforePlacesKeepsItsOrderAndItsReaders(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	box := outbox()
	migrated(t, e, box)
	for _, n := range []int{7, 3, 5} {
		commit(t, e, insertEvents(box, n))
	}
	var tx string
	if err := pool.QueryRow(t.Context(), "SELECT tx_id::text FROM tutas.outbox WHERE what = '3'").Scan(&tx); err != nil {
		t.Fatal(err)
	}
	_, page := tailOf(t, e, driver.TailQuery{Table: box, Limit: 2})
	key := page.Next[strings.LastIndexByte(string(page.Next), '.'):]
	old := driver.Position("0."+tx) + key
	command(t, pool, `ALTER TABLE tutas.outbox DROP COLUMN tx_place, DROP COLUMN tx_time`) // and the index with them
	for range 2 {
		migrated(t, e, box)
	}
	commit(t, e, insertEvents(box, 1))
	if got, _ := tailOf(t, e, driver.TailQuery{Table: box}); got != "7 3 5 1 " {
		t.Errorf("the tail is %q", got)
	}
	if got, _ := tailOf(t, e, driver.TailQuery{Table: box, After: old}); got != "5 1 " {
		t.Errorf("after a position of the old form comes %q", got)
	}
	noDrift(t, e, driver.Schema{Tables: []*driver.Table{box}})
}
