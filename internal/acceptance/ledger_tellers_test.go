package acceptance_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
	"github.com/tutas/tutas/storage/storagetest"
)

// A bank is books with twenty wallets, between which tellers move money at random.
const (
	wallets  = 20
	tellers  = 16
	inWallet = 600 // so that some run out of money
)

func wallet(i int) string { return fmt.Sprintf("W%02d", i) }

// openBank opens the books of the bank, and founds them if they are not there.
func openBank(t testing.TB, e driver.Engine) *ledger.Books {
	t.Helper()
	store := storage.Open(e, storage.Attempts(50, time.Millisecond))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	if db, err := store.Tenant(t.Context(), "bank"); err == nil {
		return ledger.New(db)
	}
	chart := []ledger.OpenAccount{{Code: "bank", Name: "Bank", Type: ledger.Asset}}
	for i := range wallets {
		chart = append(chart, ledger.OpenAccount{Code: wallet(i), Name: "Wallet", Type: ledger.Liability,
			Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}}})
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "bank", Currency: "EUR"}, ledger.Template(chart))
	require.NoError(t, err)
	books, deposit := ledger.New(db), eur(strconv.Itoa(inWallet))
	for i := range wallets {
		_, err := books.Post(t.Context(), ledger.Entry{Date: someDate, Legs: []ledger.Leg{
			ledger.Debit("bank", deposit, ledger.Dims{}), ledger.Credit(wallet(i), deposit, ledger.Dims{})}})
		require.NoError(t, err)
	}
	return books
}

// work lets each teller move money n times, a third of the time by two entries at once, now and then by a hold that is posted, in part,
// or voided, and try again after whatever failure with the same keys. It says of each deed, by name, that it is done, and with how many
// entries: none where a wallet lacks money.
func work(ctx context.Context, books *ledger.Books, run string, n int, seed uint64, done func(name string, entries int)) {
	var all sync.WaitGroup
	for g := range tellers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(g)))
			for i := range n {
				name := fmt.Sprintf("%s-%d-%d", run, g, i)
				list := make([]ledger.Entry, 1+rng.IntN(3)/2)
				for j := range list {
					from := rng.IntN(wallets)
					to := (from + 1 + rng.IntN(wallets-1)) % wallets
					a, _ := money.Minor("EUR", 1+rng.Int64N(50_000))
					list[j] = ledger.Entry{Key: storage.Key(name + "/" + strconv.Itoa(j)), Date: someDate.AddDays(rng.IntN(60)),
						Source: storage.Ref{Kind: "bank.transfer", ID: name + "/" + strconv.Itoa(j)},
						Legs:   []ledger.Leg{ledger.Debit(wallet(from), a, ledger.Dims{}), ledger.Credit(wallet(to), a, ledger.Dims{})}}
				}
				deed := func() error { _, err := books.Post(ctx, list...); return err }
				if rng.IntN(6) == 0 {
					void, half := rng.IntN(2) == 0, rng.IntN(2) == 0
					first := list[0]
					deed = func() error { return reserve(ctx, books, first, void, half) }
					if list = list[:1]; void {
						list = nil
					}
				}
				for range 30 {
					if err := deed(); err == nil {
						done(name, len(list))
						break
					} else if errors.Is(err, ledger.ErrBelowFloor) {
						done(name, 0)
						break
					} else if ctx.Err() != nil {
						return
					}
				}
				if g == 0 && i%10 == 9 {
					_, _ = books.Fold(ctx) // fails as the rest does; another will do it
				}
			}
		})
	}
	all.Wait()
}

// reserve holds the amounts of an entry, and then posts all or half of it, or gives it up.
func reserve(ctx context.Context, books *ledger.Books, e ledger.Entry, void, half bool) error {
	key := e.Key
	e.Key += "/hold"
	h, err := books.Hold(ctx, ledger.Hold{Entry: e})
	if err != nil {
		return err
	}
	if void {
		_, err := books.VoidHold(ctx, ledger.VoidHold{Key: key, Hold: h.ID})
		return err
	}
	cmd := ledger.PostHold{Key: key, Hold: h.ID}
	if n := units(e.Legs[0].Amount); half && n > 1 {
		cmd.Amount = amountOf("EUR", n/2)
	}
	_, err = books.PostHold(ctx, cmd)
	return err
}

// audited checks what must hold of the bank, whatever failed: each deed that was said to be done is there once, every other at most once and
// whole, and no money came or went.
func audited(t *testing.T, books *ledger.Books, acknowledged map[string]int) {
	t.Helper()
	// What a killed teller had sent may still be committed by the server meanwhile: so all of it is of one moment.
	require.NoError(t, books.Snapshot(t.Context(), func(books *ledger.Books) error {
		counted(t, books, acknowledged)
		return nil
	}))
	for i := range wallets {
		l, err := books.LiveBalance(t.Context(), wallet(i), "EUR", someDate.AddDays(1000))
		require.NoError(t, err)
		require.False(t, l.Booked.Sign() < 0 || l.Available.Sign() < 0, "%+v", l)
	}
	_, err := books.Seal(t.Context())
	require.NoError(t, err)
	log, err := books.Verify(t.Context(), ledger.VerifyFilter{})
	require.NoError(t, err)
	require.Nil(t, log.Break)
	report, err := books.Audit(t.Context())
	require.NoError(t, err)
	require.Empty(t, report.Findings)
}

// counted holds the deeds and the balances of one moment against one another.
func counted(t *testing.T, books *ledger.Books, acknowledged map[string]int) {
	t.Helper()
	seen := map[string]int{}
	held := map[string]money.Amount{}
	for p, err := range books.Entries(t.Context(), ledger.EntryFilter{}) {
		require.NoError(t, err)
		if !p.Source.IsZero() {
			seen[p.Source.ID]++
		}
		full, err := books.Entry(t.Context(), p.ID)
		require.NoError(t, err)
		sum := money.Zero("EUR")
		for _, l := range full.Legs {
			if held[l.Account].Currency() == "" {
				held[l.Account] = money.Zero("EUR")
			}
			held[l.Account], err = held[l.Account].Add(l.Amount)
			require.NoError(t, err)
			sum, err = sum.Add(l.Amount)
			require.NoError(t, err)
		}
		require.True(t, sum.IsZero(), "entry %s does not balance", p.ID)
	}
	names := map[string]int{}
	for id, n := range seen {
		require.Equal(t, 1, n, "%s is there more than once", id)
		names[strings.Split(id, "/")[0]]++
	}
	for name, entries := range acknowledged {
		require.Equal(t, entries, names[name], "%s was acknowledged", name)
	}
	got, err := books.Balances(t.Context(), ledger.BalanceFilter{})
	require.NoError(t, err)
	total := money.Zero("EUR")
	for _, b := range got.Rows {
		require.Equal(t, held[b.Account].String(), b.Amount.String(), b.Account)
		if b.Account != "bank" {
			total, err = total.Sub(b.Amount)
			require.NoError(t, err)
		}
	}
	require.Equal(t, eur(strconv.Itoa(wallets*inWallet)).String(), total.String(), "money is conserved")
}

func TestSixteenTellersLoseNothingWhateverStorageCallFails(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		books := openBank(t, board)
		seed := storagetest.Seed(t)
		acknowledged := map[string]int{}
		var mu sync.Mutex
		n := 12
		if storagetest.Long() {
			n = 200
		}
		faulty := storagetest.Faulty(board.Engine, storagetest.Plan{Rate: 12, Seed: seed})
		board.plugged.Store(faulty)
		work(t.Context(), books, "faults", n, seed, func(name string, entries int) {
			mu.Lock()
			defer mu.Unlock()
			acknowledged[name] = entries
		})
		board.plugged.Store(nil)
		require.NotEmpty(t, faulty.Failed())
		require.Len(t, acknowledged, tellers*n, "each came through in the end")
		audited(t, books, acknowledged)
	})
}

// What tells a child process of the test which bank to work for.
const (
	tellerEngine = "TUTAS_TELLERS_ENGINE"
	tellerPlace  = "TUTAS_TELLERS_PLACE"
	tellerRun    = "TUTAS_TELLERS_RUN"
)

// openPlace opens an engine by the place of its data, for several processes.
func openPlace(t testing.TB, name, place string) driver.Engine {
	t.Helper()
	if name == "sqlite" {
		e, err := sqlite.Open(t.Context(), place, sqlite.BusyTimeout(time.Minute))
		require.NoError(t, err)
		return e
	}
	pool, err := pgxpool.New(t.Context(), place)
	require.NoError(t, err)
	e, err := postgres.Open(t.Context(), pool, postgres.BusyTimeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return e
}

// TestTellersChild is the process that is killed; in a run of the tests it has nothing to do.
func TestTellersChild(t *testing.T) {
	name := os.Getenv(tellerEngine)
	if name == "" {
		return
	}
	books := openBank(t, openPlace(t, name, os.Getenv(tellerPlace)))
	var mu sync.Mutex
	run := os.Getenv(tellerRun)
	seed, err := strconv.ParseUint(strings.Split(run, "x")[0], 10, 64)
	require.NoError(t, err)
	work(t.Context(), books, run, 1_000_000, seed, func(name string, entries int) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf("done %s %d\n", name, entries)
	})
}

func TestKilledTellersLoseNothingTheyAcknowledged(t *testing.T) {
	places := map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "bank.db") },
		"postgres": func() string { return pgtest.DSN(t) },
	}
	kills := 3
	if storagetest.Long() {
		kills = 30
	}
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			place := places[name]()
			seed := storagetest.Seed(t)
			rng := rand.New(rand.NewPCG(seed, 0))
			e := openPlace(t, name, place)
			openBank(t, e)
			require.NoError(t, e.Close())
			acknowledged := map[string]int{}
			for i := range kills {
				killOnce(t, name, place, fmt.Sprintf("%dx%d", seed+uint64(i), i), rng.IntN(150), acknowledged)
				e := openPlace(t, name, place)
				audited(t, openBank(t, e), acknowledged)
				require.NoError(t, e.Close())
			}
			require.NotEmpty(t, acknowledged)
		})
	}
}

// killOnce starts tellers in a process of their own, kills it after n deeds, and notes which were acknowledged.
func killOnce(t *testing.T, name, place, run string, n int, acknowledged map[string]int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTellersChild$")
	cmd.Env = append(os.Environ(), tellerEngine+"="+name, tellerPlace+"="+place, tellerRun+"="+run)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	killed := false
	lines := bufio.NewScanner(out)
	for count := 0; lines.Scan(); {
		var deed string
		var entries int
		if _, err := fmt.Sscanf(lines.Text(), "done %s %d", &deed, &entries); err != nil {
			continue
		}
		acknowledged[deed] = entries
		if count++; count > n && !killed {
			killed = true
			require.NoError(t, cmd.Process.Kill())
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	require.True(t, killed && errors.As(err, &exit), "the child ended by itself: %v", err)
}
