package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

func typedCases() []scenario {
	return []scenario{
		{name: "typed_lost_update", run: typedLostUpdate,
			promise: "Versions are compared, and a lost race is tried again: no update through a typed table is lost."},
		{name: "typed_closure_twice", run: typedClosureTwice,
			promise: "Closures may run twice, and take effect once."},
		{name: "typed_nested", run: typedNested,
			promise: "A nested Update runs in a savepoint: if it fails, what it did is undone and the transaction stays usable."},
		{name: "typed_refused_in_host", run: typedRefusedInHost, needs: needsHost,
			promise: "Every service call on a joined Tx runs in a savepoint: a refused call leaves nothing and the host's transaction stays usable."},
		{name: "typed_numbers", run: typedNumbers,
			promise: "Numbers have no gaps, also with 50 writers of which some roll back."},
		{name: "typed_key", run: typedKey,
			promise: "A Key makes a command happen once: the first outcome is stored with it and replayed, refusals included."},
		{name: "typed_key_race", run: typedKeyRace,
			promise: "A Key makes a command happen once, though many bring it at the same moment."},
		{name: "typed_unknown", run: typedUnknown,
			promise: "With a key, an unknown outcome of the commit is resolved by asking again."},
		{name: "typed_loop", run: typedLoop,
			promise: "All over a DB reads page by page and holds no transaction while it yields, so writing inside the loop works."},
		{name: "typed_export", run: typedExport, once: true,
			promise: "Exporting the tenant from one engine and importing it into another changes nothing."},
	}
}

// A purse is what the typed cases work on.
type purse struct {
	ID      storage.ID[purse]
	Version int64
	Owner   string
	Coins   int64
}

var purses = storage.Define("storagetest.purse", func(p *purse) []storage.Field {
	return []storage.Field{storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("owner", &p.Owner).Limit(100),
		storage.Int("coins", &p.Coins)}
}, storage.Unique("owner", "owner"))

// A receipt has a number of a gapless series.
type receipt struct {
	Number int64
	Text   string
}

var receipts = storage.Define("storagetest.receipt", func(r *receipt) []storage.Field {
	return []storage.Field{storage.Int("number", &r.Number).Key(), storage.Text("text", &r.Text)}
})

var errRefused = storage.NewError("storagetest_refused", "refused by a rule")

// company opens the typed layer on an engine, and the scenario's tenant.
func (p *probe) company(e driver.Engine) *storage.DB {
	store := storage.Open(e, storage.Attempts(1000, time.Millisecond),
		storage.Clock(func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }))
	p.ok(store.Migrate(p.ctx, storage.Package{Name: "storagetest", Tables: []storage.Declaration{purses, receipts}}))
	db, err := store.Tenant(p.ctx, p.tenant)
	if errors.Is(err, storage.ErrUnknownTenant) {
		db, err = store.CreateTenant(p.ctx, storage.Tenant{ID: p.tenant, Zone: "Asia/Almaty", Currency: "KZT"})
	}
	p.ok(err)
	p.note(store.Schema().Tables...)
	return db
}

// purse adds one.
func (p *probe) purse(s storage.Session, owner string, coins int64) storage.ID[purse] {
	var id storage.ID[purse]
	p.ok(s.Update(p.ctx, func(tx *storage.Tx) error {
		id = storage.NewID[purse](tx)
		return purses.Insert(p.ctx, tx, &purse{ID: id, Owner: owner, Coins: coins})
	}))
	return id
}

// earn is the simplest command: it reads, and writes what depends on that.
func earn(ctx context.Context, tx *storage.Tx, id storage.ID[purse], coins int64) (int64, error) {
	v, err := purses.Get(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	v.Coins += coins
	return v.Coins, purses.Update(ctx, tx, v)
}

// coins ends the scenario unless the owners' purses, in their order, are exactly these.
func (p *probe) coins(db *storage.DB, want string) {
	var got []string
	for v, err := range purses.All(p.ctx, db, storage.Query{Order: []string{"owner"}}) {
		p.ok(err)
		got = append(got, fmt.Sprintf("%s %d", v.Owner, v.Coins))
	}
	if strings.Join(got, ", ") != want {
		p.fail("the purses are %q, want %q", strings.Join(got, ", "), want)
	}
}

func typedLostUpdate(p *probe) {
	db := p.company(p.e)
	id := p.purse(db, "a", 0)
	const writers, times = 8, 5
	p.together(writers, func(int) {
		for range times {
			p.ok(db.Update(p.ctx, func(tx *storage.Tx) error {
				_, err := earn(p.ctx, tx, id, 1)
				return err
			}))
		}
	})
	p.coins(db, fmt.Sprintf("a %d", writers*times))
}

func typedClosureTwice(p *probe) {
	id := p.purse(p.company(p.e), "a", 0)
	for _, kind := range []CallKind{CallCommit, CallDo} {
		faulty := Faulty(p.e, Plan{})
		db := p.company(faulty)
		faulty.arm(Plan{Kinds: []CallKind{kind}, Err: driver.ErrConflict})
		runs, committed := 0, 0
		p.ok(db.Update(p.ctx, func(tx *storage.Tx) error {
			runs++
			tx.AfterCommit(func() { committed++ })
			_, err := earn(p.ctx, tx, id, 1)
			return err
		}))
		if runs != 2 || committed != 1 {
			p.fail("after a %s that lost a race, the closure ran %d times and committed %d times, want 2 and 1", kind, runs, committed)
		}
	}
	p.coins(p.company(p.e), "a 2")
}

func typedNested(p *probe) {
	db := p.company(p.e)
	id := p.purse(db, "a", 10)
	p.ok(db.Update(p.ctx, func(tx *storage.Tx) error {
		if _, err := earn(p.ctx, tx, id, 1); err != nil {
			return err
		}
		for range 3 {
			p.is(tx.Update(p.ctx, func(tx *storage.Tx) error {
				if _, err := earn(p.ctx, tx, id, 100); err != nil {
					return err
				}
				return errRefused
			}), errRefused)
			// One that the engine refuses, not the rule.
			err := tx.Update(p.ctx, func(tx *storage.Tx) error {
				if err := purses.Insert(p.ctx, tx, &purse{ID: storage.NewID[purse](tx), Owner: "a"}); err != nil {
					return err
				}
				return tx.Flush(p.ctx)
			})
			if !storage.IsDuplicate(err, purses, "owner") {
				p.fail("a second purse of one owner: got %v", err)
			}
		}
		return tx.Update(p.ctx, func(tx *storage.Tx) error {
			_, err := earn(p.ctx, tx, id, 2)
			return err
		})
	}))
	p.coins(db, "a 13")
}

func typedRefusedInHost(p *probe) {
	db := p.company(p.e)
	id := p.purse(db, "a", 10)
	work := func(h *host) *storage.Tx {
		tx, err := db.Join(p.ctx, h.tx)
		p.ok(err)
		p.purse(tx, "b", 1)
		p.is(tx.Update(p.ctx, func(tx *storage.Tx) error {
			if _, err := earn(p.ctx, tx, id, 100); err != nil {
				return err
			}
			if err := tx.Flush(p.ctx); err != nil {
				return err
			}
			return errRefused
		}), errRefused)
		err = tx.Update(p.ctx, func(tx *storage.Tx) error {
			if err := purses.Insert(p.ctx, tx, &purse{ID: storage.NewID[purse](tx), Owner: "a"}); err != nil {
				return err
			}
			return tx.Flush(p.ctx)
		})
		if !storage.IsDuplicate(err, purses, "owner") {
			p.fail("a second purse of one owner: got %v", err)
		}
		p.ok(tx.Update(p.ctx, func(tx *storage.Tx) error {
			_, err := earn(p.ctx, tx, id, 2)
			return err
		}))
		return tx
	}
	h := p.host()
	work(h)
	p.ok(h.rollback(p.ctx))
	p.coins(db, "a 10")
	h = p.host()
	work(h)
	p.ok(h.commit(p.ctx))
	p.coins(db, "a 12, b 1")
}

// issue writes a receipt with the next number.
func issue(ctx context.Context, tx *storage.Tx, text string) (int64, error) {
	n, err := tx.Number(ctx, "receipts")
	if err != nil {
		return 0, err
	}
	return n, receipts.Insert(ctx, tx, &receipt{Number: n, Text: text})
}

func typedNumbers(p *probe) {
	db := p.company(p.e)
	const writers = 50
	p.together(writers, func(i int) {
		for round := range 2 {
			lost := (i+round)%3 == 0
			err := db.Update(p.ctx, func(tx *storage.Tx) error {
				if i%5 == 0 { // a refused part of it gives its number back
					err := tx.Update(p.ctx, func(tx *storage.Tx) error {
						if _, err := issue(p.ctx, tx, "undone"); err != nil {
							return err
						}
						return errRefused
					})
					if !errors.Is(err, errRefused) {
						return err
					}
				}
				if _, err := issue(p.ctx, tx, fmt.Sprint(i)); err != nil {
					return err
				}
				if lost {
					return errRefused
				}
				return nil
			})
			if lost != errors.Is(err, errRefused) || !lost && err != nil {
				p.fail("writer %d: %v", i, err)
			}
		}
	})
	want := int64(0)
	for r, err := range receipts.All(p.ctx, db, storage.Query{}) {
		p.ok(err)
		if want++; r.Number != want || r.Text == "undone" {
			p.fail("number %d (%s) comes after %d", r.Number, r.Text, want-1)
		}
	}
	expected := int64(0)
	for i := range writers {
		for round := range 2 {
			if (i+round)%3 != 0 {
				expected++
			}
		}
	}
	if want != expected {
		p.fail("%d numbers, want %d", want, expected)
	}
}

func typedKey(p *probe) {
	db := p.company(p.e)
	id := p.purse(db, "a", 0)
	runs := 0
	pay := func(key storage.Key, coins int64) (int64, error) {
		return storage.Once(p.ctx, db, key, "storagetest.pay", coins, func(tx *storage.Tx) (int64, error) {
			runs++
			if coins < 0 {
				if _, err := earn(p.ctx, tx, id, 1000); err != nil {
					return 0, err
				}
				return 0, errRefused.With("%d", coins)
			}
			return earn(p.ctx, tx, id, coins)
		})
	}
	for range 3 {
		got, err := pay("k1", 5)
		if err != nil || got != 5 {
			p.fail("the command answered %d, %v; want 5", got, err)
		}
		_, err = pay("k2", -5)
		p.is(err, errRefused)
		if !strings.Contains(err.Error(), "-5") {
			p.fail("the refusal lost its details: %v", err)
		}
	}
	if runs != 2 {
		p.fail("two commands ran %d times", runs)
	}
	_, err := pay("k1", 6)
	p.is(err, storage.ErrKeyReused)
	p.coins(db, "a 5")
	for i := range int64(2) { // without a key it happens each time
		if got, err := pay("", 1); err != nil || got != 6+i {
			p.fail("got %d, %v", got, err)
		}
	}
	p.coins(db, "a 7")
}

func typedKeyRace(p *probe) {
	db := p.company(p.e)
	id := p.purse(db, "a", 0)
	const keys, callers = 3, 6
	p.together(keys*callers, func(i int) {
		key := storage.Key(fmt.Sprint("key ", i%keys))
		_, err := storage.Once(p.ctx, db, key, "storagetest.pay", i%keys, func(tx *storage.Tx) (int64, error) {
			return earn(p.ctx, tx, id, 1)
		})
		p.ok(err)
	})
	p.coins(db, fmt.Sprintf("a %d", keys))
}

func typedUnknown(p *probe) {
	plain := p.company(p.e)
	id := p.purse(plain, "a", 0)
	for i, after := range []bool{true, false} { // it took effect, and it did not
		plan := Plan{Kinds: []CallKind{CallCommit}, After: after, Err: driver.ErrUnknown}
		faulty := Faulty(p.e, Plan{})
		db := p.company(faulty)
		faulty.arm(plan)
		_, err := storage.Once(p.ctx, db, storage.Key(fmt.Sprint("key ", i)), "storagetest.pay", i, func(tx *storage.Tx) (int64, error) {
			return earn(p.ctx, tx, id, 1)
		})
		p.ok(err)
		p.coins(plain, fmt.Sprintf("a %d", i+1))
		// Without a key nobody may try again.
		faulty.arm(plan)
		err = db.Update(p.ctx, func(tx *storage.Tx) error {
			_, err := earn(p.ctx, tx, id, 0)
			return err
		})
		p.is(err, driver.ErrUnknown)
	}
}

func typedLoop(p *probe) {
	db := p.company(p.e)
	const n = 700 // more than a page
	p.ok(db.Update(p.ctx, func(tx *storage.Tx) error {
		for i := range n {
			if err := purses.Insert(p.ctx, tx, &purse{ID: storage.NewID[purse](tx), Owner: fmt.Sprintf("%03d", i), Coins: int64(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	seen := 0
	for v, err := range purses.All(p.ctx, db, storage.Query{Order: []string{"owner"}}) {
		p.ok(err)
		if v.Owner != fmt.Sprintf("%03d", seen) {
			p.fail("the purse of %s came at place %d", v.Owner, seen)
		}
		if seen++; seen%50 == 1 {
			p.ok(db.Update(p.ctx, func(tx *storage.Tx) error { return purses.Delete(p.ctx, tx, v) }))
		}
	}
	if seen != n {
		p.fail("%d purses seen, want %d", seen, n)
	}
	p.ok(db.View(p.ctx, func(tx *storage.Tx) error {
		left, err := purses.Count(p.ctx, tx, storage.Query{})
		if err == nil && left != n-n/50 {
			p.fail("%d purses left, want %d", left, n-n/50)
		}
		return err
	}))
}

func typedExport(p *probe) {
	db := p.company(p.e)
	for i, owner := range alphabet {
		if owner != "" {
			p.purse(db, owner, int64(i)<<50)
		}
	}
	for i := range 3 {
		_, err := storage.Once(p.ctx, db, storage.Key(fmt.Sprint("k", i)), "storagetest.issue", i, func(tx *storage.Tx) (int64, error) {
			return issue(p.ctx, tx, "қ")
		})
		p.ok(err)
	}
	var first, second, third bytes.Buffer
	p.ok(db.Store().ExportTenant(p.ctx, p.tenant, &first))
	other := p.suite.harness.Open(p.t)
	defer func() { _ = other.Close() }()
	store := storage.Open(other)
	p.ok(store.Migrate(p.ctx, storage.Package{Name: "storagetest", Tables: []storage.Declaration{purses, receipts}}))
	moved, err := store.ImportTenant(p.ctx, bytes.NewReader(first.Bytes()), p.tenant)
	p.ok(err)
	p.ok(store.ExportTenant(p.ctx, p.tenant, &second))
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		p.fail("exported, imported elsewhere and exported again, it is\n%s\nand no longer\n%s", second.String(), first.String())
	}
	var n atomic.Int64
	got, err := storage.Once(p.ctx, moved, "k1", "storagetest.issue", 1, func(*storage.Tx) (int64, error) { return n.Add(1), nil })
	if err != nil || got != 2 || n.Load() != 0 {
		p.fail("a key that has moved along answers %d, %v, and ran %d times", got, err, n.Load())
	}
	p.ok(moved.Update(p.ctx, func(tx *storage.Tx) error {
		next, err := issue(p.ctx, tx, "goes on")
		if err == nil && next != 4 {
			p.fail("the series goes on with %d, want 4", next)
		}
		return err
	}))
	p.ok(db.Store().ExportTenant(p.ctx, p.tenant, &third))
	if !bytes.Equal(first.Bytes(), third.Bytes()) {
		p.fail("the tenant that was exported has changed")
	}
}
