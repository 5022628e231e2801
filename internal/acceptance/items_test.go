package acceptance_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// openLedger makes books whose receivables and advances are open items.
func openLedger(t testing.TB, store *storage.Store, tenant string) *ledger.Books {
	t.Helper()
	chart := ledger.TradingChart()
	for i, a := range chart {
		if a.Code == ledger.Receivables || a.Code == ledger.CustomerAdvances {
			chart[i].Items, chart[i].Control = true, ""
		}
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(chart))
	require.NoError(t, err)
	return ledger.New(db)
}

func itemStore(t testing.TB, e driver.Engine) *storage.Store {
	t.Helper()
	store := storage.Open(e, storage.Attempts(60, time.Millisecond))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	return store
}

// owe posts an item of a customer against the bank, worth something in euro.
func owe(t testing.TB, b *ledger.Books, account, a, value string, on date.Date) ledger.ItemKey {
	t.Helper()
	customer := ledger.Dims{Customer: "c"}
	legs := []ledger.Leg{{Account: account, Amount: money.MustParse(a), Dims: customer},
		{Account: ledger.Bank, Amount: money.MustParse(value).Neg(), Dims: customer}}
	p, err := b.Post(t.Context(), ledger.Entry{Date: on, Exchange: ledger.Exchange, Legs: legs})
	require.NoError(t, err)
	return ledger.ItemKey{Entry: p[0].ID, Leg: 1}
}

// itemsAgree checks that what is open of each account is its balance at some days, and never more or less than nothing.
func itemsAgree(t testing.TB, b *ledger.Books) {
	t.Helper()
	for n := range 3 {
		asOf := someDate.AddDays(35 * n)
		sums := map[string]decimal.Decimal{}
		for i, err := range b.OpenItems(t.Context(), ledger.ItemFilter{AsOf: asOf}) {
			require.NoError(t, err)
			require.Equal(t, i.Amount.Sign(), i.Open.Sign())
			require.LessOrEqual(t, i.Open.Decimal().Abs().Cmp(i.Amount.Decimal().Abs()), 0)
			at := i.Account + string(i.Amount.Currency())
			sums[at] = sums[at].Add(i.Open.Decimal())
		}
		held, err := b.Balances(t.Context(), ledger.BalanceFilter{AsOf: asOf,
			Chosen: ledger.Chosen{Accounts: []string{ledger.Receivables, ledger.CustomerAdvances}}})
		require.NoError(t, err)
		for _, r := range held.Rows {
			at := r.Account + string(r.Currency)
			require.Equal(t, r.Amount.Decimal().String(), sums[at].String(), "%s as of %s", at, asOf)
		}
	}
}

func TestItemsMatchAlikeOnEveryEngine(t *testing.T) {
	want := ""
	onEach(t, func(t *testing.T, e engine) {
		b := openLedger(t, itemStore(t, e.open(t)), "items")
		rng := rand.New(rand.NewPCG(11, 12))
		var keys []ledger.ItemKey
		for n := range 30 {
			account := []string{ledger.Receivables, ledger.Receivables, ledger.CustomerAdvances}[rng.IntN(3)]
			sign := []string{"", "-"}[n%2]
			a := fmt.Sprint(sign, 100+rng.IntN(900), " ", []string{"EUR", "USD", "JPY"}[n/2%3])
			value := fmt.Sprint(sign, 100+rng.IntN(900), " EUR")
			if n/2%3 == 0 { // in base currency it is worth itself
				value = a
			}
			keys = append(keys, owe(t, b, account, a, value, someDate.AddDays(rng.IntN(60))))
		}
		var made []storage.ID[ledger.Matched]
		log := ""
		for range 14 {
			m := ledger.Match{Move: rng.IntN(2) == 0}
			for _, at := range rng.Perm(len(keys))[:6] {
				m.Items = append(m.Items, ledger.MatchItem{Item: keys[at]})
			}
			if rng.IntN(4) == 0 {
				m.WriteOff = &ledger.WriteOff{Account: ledger.BadDebts, Max: eur("300")}
			}
			out, err := b.Match(t.Context(), m)
			if err == nil {
				made = append(made, out.ID)
				for _, p := range out.Pairs {
					log += fmt.Sprintln(out.Date, p.Amount, p.DebitValue, p.CreditValue)
				}
			} else {
				log += err.Error() + "\n"
			}
			if len(made) > 0 && rng.IntN(4) == 0 {
				_, err := b.Unmatch(t.Context(), ledger.Unmatch{Match: made[rng.IntN(len(made))], Date: someDate.AddDays(60 + rng.IntN(30))})
				log += fmt.Sprintln(errors.Is(err, ledger.ErrUnmatched), err == nil)
			}
			itemsAgree(t, b)
		}
		aged, err := b.Ageing(t.Context(), ledger.AgeingFilter{AsOf: someDate.AddDays(200), ByParty: true})
		require.NoError(t, err)
		log += fmt.Sprint(aged)
		if want == "" {
			want = log
		}
		require.Equal(t, want, log)
	})
}

func TestSixteenClerksMatchTheSameItems(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		b := openLedger(t, itemStore(t, e.open(t)), "items")
		var debits, credits []ledger.ItemKey
		for n := range 6 {
			debits = append(debits, owe(t, b, ledger.Receivables, "100 USD", fmt.Sprint(80+n, " EUR"), someDate))
			credits = append(credits, owe(t, b, ledger.Receivables, "-70 USD", fmt.Sprint(-60-n, " EUR"), someDate.AddDays(n)))
		}
		rounds := 2
		if storagetest.Long() {
			rounds = 40
		}
		var all sync.WaitGroup
		for g := range 16 {
			all.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(g), 3))
				for range rounds {
					m := ledger.Match{}
					for _, list := range [][]ledger.ItemKey{debits, credits} {
						for _, at := range rng.Perm(len(list))[:1+rng.IntN(3)] {
							m.Items = append(m.Items, ledger.MatchItem{Item: list[at]})
						}
					}
					rng.Shuffle(len(m.Items), func(i, j int) { m.Items[i], m.Items[j] = m.Items[j], m.Items[i] })
					if rng.IntN(3) == 0 {
						m.Items[0].Amount = money.MustParse(fmt.Sprint(1+rng.IntN(40), " USD"))
					}
					out, err := b.Match(t.Context(), m)
					switch {
					case err == nil && rng.IntN(2) == 0:
						_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: out.ID})
						if !errors.Is(err, ledger.ErrUnmatched) {
							require.NoError(t, err)
						}
					case errors.Is(err, ledger.ErrNoCounterpart), errors.Is(err, ledger.ErrOverMatched):
					default:
						require.NoError(t, err)
					}
					if rng.IntN(6) == 0 {
						_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: debits[rng.IntN(len(debits))].Entry, Date: someDate,
							Unmatch: true})
						if !errors.Is(err, ledger.ErrReversed) && !errors.Is(err, ledger.ErrMatched) {
							require.NoError(t, err)
						}
					}
				}
			})
		}
		all.Wait()
		itemsAgree(t, b)
	})
}

func TestAFaultAtEachStorageCallOfAMatchLeavesAllOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		store := itemStore(t, board)
		deed := func(b *ledger.Books, invoice, payment ledger.ItemKey) error {
			m, err := b.Match(t.Context(), ledger.Match{Key: "match", Move: true,
				Items:    []ledger.MatchItem{{Item: invoice}, {Item: payment}},
				WriteOff: &ledger.WriteOff{Account: ledger.BadDebts}})
			if err != nil {
				return err
			}
			_, err = b.Unmatch(t.Context(), ledger.Unmatch{Key: "unmatch", Match: m.ID, Date: someDate.AddDays(30)})
			return err
		}
		prepare := func(tenant string) (*ledger.Books, ledger.ItemKey, ledger.ItemKey) {
			b := openLedger(t, store, tenant)
			return b, owe(t, b, ledger.Receivables, "100 USD", "90 EUR", someDate),
				owe(t, b, ledger.CustomerAdvances, "-95 USD", "-80 EUR", someDate.AddDays(9))
		}
		b, invoice, payment := prepare("sound")
		counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
		board.plugged.Store(counting)
		require.NoError(t, deed(b, invoice, payment))
		board.plugged.Store(nil)
		rows := func(tenant string) map[string]int {
			n := counts(t, store, tenant)
			delete(n, "storage_wake") // whether an entry asks for a fold is left to chance
			return n
		}
		want := rows("sound")
		blows := blowsFor(counting.Calls())
		if all := len(blows); !e.fast && !storagetest.Long() {
			blows = sample(blows, 12, storagetest.Seed(t))
			t.Logf("%d of %d faults", len(blows), all)
		}
		for i, blow := range blows {
			tenant := fmt.Sprint("t", i)
			b, invoice, payment := prepare(tenant)
			board.plugged.Store(storagetest.Faulty(board.Engine, blow.plan))
			struck := deed(b, invoice, payment)
			board.plugged.Store(nil)
			itemsAgree(t, b)
			require.NoError(t, deed(b, invoice, payment), "%s: after %v", blow.where, struck)
			itemsAgree(t, b)
			require.Equal(t, want, rows(tenant), "%s: after %v", blow.where, struck)
		}
	})
}
