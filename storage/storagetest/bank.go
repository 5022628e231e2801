package storagetest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// The bank is what Crash's child writes to: a few accounts, keyed transfers between them, each with a gapless number.
const (
	bankTenant   = "bank"
	bankAccounts = 8
	bankEach     = 1_000_000
	bankSeries   = "transfers"
	bankWorkers  = 4

	readyLine = "tutas-ready"
	doneLine  = "tutas-done "
)

// bankTables are accounts (id, version, balance, label), transfers (key, number, from, to, amount), whose numbers are
// unique, and a series (name, last).
func bankTables() (accts, transfers, series *driver.Table) {
	accts = accounts()
	transfers = &driver.Table{Name: "transfers", Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "key", Kind: driver.Text}, {Name: "number", Kind: driver.Int}, {Name: "source", Kind: driver.Text},
		{Name: "target", Kind: driver.Text}, {Name: "amount", Kind: driver.Int},
	}, Indexes: []driver.Index{{Name: "number", Columns: []int{1}, Unique: true}}}
	series = &driver.Table{Name: "series", Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "name", Kind: driver.Text}, {Name: "last", Kind: driver.Int}}}
	return accts, transfers, series
}

func bankAccount(i int) string { return fmt.Sprint("account ", i) }

func fillBank(ctx context.Context, e driver.Engine) error {
	accts, transfers, series := bankTables()
	if err := e.Migrate(ctx, driver.Schema{Tables: []*driver.Table{accts, transfers, series}}); err != nil {
		return err
	}
	tx, err := e.Begin(ctx, driver.TxOptions{Tenant: bankTenant})
	if err != nil {
		return err
	}
	var rs []driver.Row
	for i := range bankAccounts {
		rs = append(rs, row(bankAccount(i), 1, bankEach, ""))
	}
	return tx.Commit(ctx, insert(accts, rs...), insert(series, row(bankSeries, 0)))
}

// CrashChild is what the child process of Crash does: it writes transfers from several goroutines and says so on its
// standard output, until it is killed or the engine fails. Call it, and exit, where CrashRun is set in the
// environment: in a test of its own that is skipped otherwise, or in TestMain.
func CrashChild(ctx context.Context, e driver.Engine) error {
	accts, transfers, series := bankTables()
	if err := e.Migrate(ctx, driver.Schema{Tables: []*driver.Table{accts, transfers, series}}); err != nil {
		return err
	}
	c := &teller{e: e, out: os.Stdout, accounts: accts, transfers: transfers, series: series}
	c.say(readyLine)
	run := os.Getenv(CrashRun)
	seed := fnv.New64a()
	_, _ = io.WriteString(seed, run)
	errs := make([]error, bankWorkers)
	var wg sync.WaitGroup
	for w := range bankWorkers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed.Sum64(), uint64(w)))
			for i := 0; errs[w] == nil; i++ {
				errs[w] = c.transfer(ctx, fmt.Sprintf("%s-%d-%d", run, w, i), rnd)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// A teller writes transfers and acknowledges them.
type teller struct {
	e                           driver.Engine
	accounts, transfers, series *driver.Table

	mu  sync.Mutex
	out io.Writer
}

func (c *teller) say(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintln(c.out, line) // one write, so that a line is there whole or not at all
}

// transfer does one transfer under a key, and acknowledges it. After a lost race, or a commit whose outcome is not
// known, it tries again under the same key.
func (c *teller) transfer(ctx context.Context, key string, rnd *rand.Rand) error {
	from := rnd.IntN(bankAccounts)
	to := (from + 1 + rnd.IntN(bankAccounts-1)) % bankAccounts
	amount := 1 + rnd.Int64N(100)
	for {
		err := c.attempt(ctx, key, bankAccount(from), bankAccount(to), amount)
		if err == nil {
			c.say(doneLine + key)
			return nil
		}
		if !errors.Is(err, driver.ErrConflict) && !errors.Is(err, driver.ErrUnknown) && !errors.Is(err, driver.ErrBusy) {
			return err
		}
	}
}

func (c *teller) attempt(ctx context.Context, key, from, to string, amount int64) error {
	tx, err := c.e.Begin(ctx, driver.TxOptions{Tenant: bankTenant})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	// The series is locked last, and after it nothing more is locked: that is one order for all.
	res, err := tx.Do(ctx, get(c.transfers, row(key)), lock(c.accounts, row(from), row(to)), lock(c.series, row(bankSeries)))
	if err != nil {
		return err
	}
	if res[0].Rows[0] != nil {
		return nil // an earlier attempt took effect after all
	}
	source, target, last := res[1].Rows[0], res[1].Rows[1], res[2].Rows[0][1].Int()
	return tx.Commit(ctx,
		update(c.accounts,
			row(from, source[1].Int()+1, source[2].Int()-amount, ""),
			row(to, target[1].Int()+1, target[2].Int()+amount, "")),
		insert(c.transfers, row(key, last+1, from, to, amount)),
		update(c.series, row(bankSeries, last+1)))
}

// checkBank looks at what is left, and returns how many transfers there are.
func checkBank(ctx context.Context, e driver.Engine, acknowledged map[string]bool) (int, error) {
	accts, transfers, series := bankTables()
	if err := e.Migrate(ctx, driver.Schema{Tables: []*driver.Table{accts, transfers, series}}); err != nil {
		return 0, err
	}
	tx, err := e.Begin(ctx, driver.TxOptions{Tenant: bankTenant, ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	done, err := collect(tx.Query(ctx, driver.Query{Table: transfers, Order: []int{1}}))
	if err != nil {
		return 0, err
	}
	balances, changes, found := map[string]int64{}, map[string]int64{}, map[string]bool{}
	for i, r := range done {
		key := r[0].Text()
		if r[1].Int() != int64(i+1) {
			return 0, fmt.Errorf("the transfer after number %d has number %d", i, r[1].Int())
		}
		if found[key] {
			return 0, fmt.Errorf("transfer %s is there twice", key)
		}
		found[key] = true
		balances[r[2].Text()] -= r[4].Int()
		balances[r[3].Text()] += r[4].Int()
		changes[r[2].Text()]++
		changes[r[3].Text()]++
	}
	for key := range acknowledged {
		if !found[key] {
			return 0, fmt.Errorf("transfer %s was acknowledged and is gone", key)
		}
	}
	now, err := collect(tx.Query(ctx, driver.Query{Table: accts}))
	if err != nil {
		return 0, err
	}
	if len(now) != bankAccounts {
		return 0, fmt.Errorf("there are %d accounts, want %d", len(now), bankAccounts)
	}
	for _, r := range now {
		id := r[0].Text()
		if r[2].Int() != bankEach+balances[id] || r[1].Int() != 1+changes[id] {
			return 0, fmt.Errorf("%s has %d after %d changes; its %d transfers make %d",
				id, r[2].Int(), r[1].Int()-1, changes[id], bankEach+balances[id])
		}
	}
	total, err := collect(tx.Sum(ctx, driver.Query{Table: accts}, []int{2}, nil))
	if err != nil {
		return 0, err
	}
	if total[0][0].Int() != bankAccounts*bankEach {
		return 0, fmt.Errorf("the accounts hold %d, want %d", total[0][0].Int(), bankAccounts*bankEach)
	}
	last, err := tx.Do(ctx, get(series, row(bankSeries)))
	if err != nil {
		return 0, err
	}
	if n := last[0].Rows[0][1].Int(); n != int64(len(done)) {
		return 0, fmt.Errorf("the series is at %d, but there are %d transfers", n, len(done))
	}
	return len(done), nil
}
