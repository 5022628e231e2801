package storage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// spy counts what reaches the engine.
type spy struct {
	driver.Engine
	reads, savepoints int
	inserts, updates  int
}

type spyTx struct {
	driver.Tx
	s *spy
}

func (s *spy) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := s.Engine.Begin(ctx, o)
	return &spyTx{tx, s}, err
}

func (t *spyTx) count(ops []driver.Op) {
	for _, op := range ops {
		switch op.Kind {
		case driver.Get, driver.Lock:
			t.s.reads += len(op.Rows)
		case driver.Insert:
			t.s.inserts += len(op.Rows)
		case driver.Update:
			t.s.updates += len(op.Rows)
		}
	}
}

func (t *spyTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	t.count(ops)
	return t.Tx.Do(ctx, ops...)
}

func (t *spyTx) Commit(ctx context.Context, last ...driver.Op) error {
	t.count(last)
	return t.Tx.Commit(ctx, last...)
}

func (t *spyTx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	t.s.savepoints++
	return t.Tx.Savepoint(ctx)
}

type paper struct {
	ID      storage.ID[paper]
	Version int64
	Name    string
}

type rate struct {
	Code    string
	Percent int
}

var (
	papers = storage.Define("within.paper", func(p *paper) []storage.Field {
		return []storage.Field{storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("name", &p.Name)}
	}, storage.Unique("name", "name"))
	rates = storage.Define("within.rate", func(r *rate) []storage.Field {
		return []storage.Field{storage.Text("code", &r.Code).Key().Limit(50), storage.Int("percent", &r.Percent)}
	}, storage.Settled())
)

func spied(t *testing.T) (*storage.DB, *spy) {
	t.Helper()
	s := &spy{Engine: memory.New()}
	store := storage.Open(s)
	if err := store.Migrate(t.Context(), storage.Package{Name: "within", Tables: []storage.Declaration{papers, rates}}); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	*s = spy{Engine: s.Engine}
	return db, s
}

func update(t *testing.T, s storage.Session, fn func(tx *storage.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestARowThatIsWrittenAndChangedInOneTransactionIsWrittenOnce(t *testing.T) {
	db, spy := spied(t)
	var id storage.ID[paper]
	update(t, db, func(tx *storage.Tx) error {
		id = storage.NewID[paper](tx)
		if err := papers.Insert(t.Context(), tx, &paper{ID: id, Name: "draft"}); err != nil {
			return err
		}
		refused := errors.New("refused")
		err := tx.Update(t.Context(), func(tx *storage.Tx) error { // leaves nothing
			p, err := papers.Lock(t.Context(), tx, id)
			if err != nil || p.Name != "draft" {
				t.Errorf("%+v, %v", p, err)
			}
			p.Name = "never"
			if err := papers.Update(t.Context(), tx, p); err != nil {
				return err
			}
			if p, err := papers.Get(t.Context(), tx, id); err != nil || p.Name != "never" || p.Version != 2 {
				t.Errorf("%+v, %v", p, err)
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Error(err)
		}
		return tx.Update(t.Context(), func(tx *storage.Tx) error {
			p, err := papers.Lock(t.Context(), tx, id)
			if err != nil || p.Name != "draft" || p.Version != 1 {
				t.Errorf("%+v, %v", p, err)
			}
			p.Name = "final"
			return papers.Update(t.Context(), tx, p)
		})
	})
	if spy.reads != 0 || spy.savepoints != 0 || spy.inserts != 1 || spy.updates != 0 {
		t.Errorf("%+v", spy)
	}
	if err := db.View(t.Context(), func(tx *storage.Tx) error {
		p, err := papers.Get(t.Context(), tx, id)
		if err == nil && (p.Name != "final" || p.Version != 2) {
			t.Errorf("%+v", p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestANameThatWasFreedInBetweenCanBeTaken(t *testing.T) {
	db, _ := spied(t)
	old := &paper{Name: "taken"}
	update(t, db, func(tx *storage.Tx) error {
		old.ID = storage.NewID[paper](tx)
		return papers.Insert(t.Context(), tx, old)
	})
	update(t, db, func(tx *storage.Tx) error {
		late := &paper{ID: storage.NewID[paper](tx), Name: "waiting"}
		if err := papers.Insert(t.Context(), tx, late); err != nil {
			return err
		}
		old.Name, late.Name = "freed", "taken"
		if err := papers.Update(t.Context(), tx, old); err != nil {
			return err
		}
		return papers.Update(t.Context(), tx, late)
	})
}

func TestADeletedRowIsNotFoundByItsOwnTransaction(t *testing.T) {
	db, _ := spied(t)
	update(t, db, func(tx *storage.Tx) error {
		p := &paper{ID: storage.NewID[paper](tx), Name: "short-lived"}
		if err := papers.Insert(t.Context(), tx, p); err != nil {
			return err
		}
		if err := papers.Delete(t.Context(), tx, p); err != nil {
			return err
		}
		if _, err := papers.Get(t.Context(), tx, p.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
}

func TestASettledRowIsReadOnceATransactionUnlessItIsChangedOrLocked(t *testing.T) {
	db, spy := spied(t)
	percent := func(tx *storage.Tx) (int, bool) {
		r := &rate{Code: "standard"}
		found, err := rates.Load(t.Context(), tx, r)
		if err != nil {
			t.Fatal(err)
		}
		return r.Percent, found[0]
	}
	update(t, db, func(tx *storage.Tx) error {
		for range 3 {
			if _, found := percent(tx); found {
				t.Error("found where there is none")
			}
		}
		if spy.reads != 1 {
			t.Errorf("%d reads", spy.reads)
		}
		refused := errors.New("refused")
		_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
			if err := rates.Insert(t.Context(), tx, &rate{"standard", 19}); err != nil {
				return err
			}
			if n, _ := percent(tx); n != 19 {
				t.Errorf("%d", n)
			}
			return refused
		})
		if _, found := percent(tx); found {
			t.Error("what was undone is still seen")
		}
		return rates.Insert(t.Context(), tx, &rate{"standard", 20})
	})
	update(t, db, func(tx *storage.Tx) error {
		if n, _ := percent(tx); n != 20 {
			t.Errorf("%d", n)
		}
		update(t, tx.DB(), func(other *storage.Tx) error { return rates.Update(t.Context(), other, &rate{"standard", 21}) })
		if n, _ := percent(tx); n != 20 {
			t.Errorf("%d: it moved under the transaction", n)
		}
		r := &rate{Code: "standard"}
		if _, err := rates.LoadLocked(t.Context(), tx, r); err != nil || r.Percent != 21 {
			t.Errorf("%d, %v", r.Percent, err)
		}
		if n, _ := percent(tx); n != 21 {
			t.Errorf("%d after the lock", n)
		}
		return nil
	})
}

func TestWhatAnUndoneUpdateAskedCountsAsNotAsked(t *testing.T) {
	db, _ := spied(t)
	update(t, db, func(tx *storage.Tx) error {
		refused := errors.New("refused")
		_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
			_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
				if !tx.FirstTime("a") || tx.FirstTime("a") {
					t.Error("asked once")
				}
				return nil
			})
			return refused
		})
		if !tx.FirstTime("a") || tx.FirstTime("a") {
			t.Error("asked anew")
		}
		for i := range 30 { // few or many, some of them undone
			_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
				if !tx.FirstTime(i) || tx.FirstTime(i) || tx.FirstTime("a") {
					t.Errorf("%d: asked once", i)
				}
				if i%3 == 0 {
					return refused
				}
				return nil
			})
		}
		for i := range 30 {
			if tx.FirstTime(i) != (i%3 == 0) {
				t.Errorf("%d: asked anew", i)
			}
		}
		return nil
	})
}
