package acceptance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A drill does the same to the books on every engine, and to the auditor.
type drill struct {
	*testing.T
	*auditor
	rng    *rand.Rand
	seed   uint64
	deeds  uint64
	stands []*stand
	done   map[string]int // deeds by their name and outcome
	names  int
}

// A stand is one engine with its books.
type stand struct {
	name   string
	engine engine
	store  *storage.Store
	books  *ledger.Books
	random *rand.ChaCha8
	ticker *event.Ticker
}

func openDrill(t *testing.T, seed uint64) *drill {
	d := &drill{T: t, auditor: newAuditor(), rng: rand.New(rand.NewPCG(seed, 21)), seed: seed, done: map[string]int{}}
	d.now = someDay
	var chart []ledger.OpenAccount
	for _, code := range slices.Sorted(maps.Keys(plainChart)) {
		p := plainChart[code]
		a := ledger.OpenAccount{Code: code, Name: code, Type: p.typ, Items: p.items, Heading: p.heading, Control: p.control,
			Currency: p.currency, Bounds: ledger.Bounds{Live: p.live, NowOnly: p.nowOnly}}
		if code == "bank" || code == "usd" {
			a.Activity = ledger.CashActivity
		}
		if p.department {
			a.Requires = []ledger.Dimension{ledger.Department}
		}
		if p.least != nil {
			a.Limits = append(a.Limits, ledger.Floor(amountOf("EUR", *p.least)))
		}
		if p.most != nil {
			a.Limits = append(a.Limits, ledger.CreditLimit(amountOf("EUR", *p.most)))
		}
		if p.creditsNotAbove {
			a.Limits = append(a.Limits, ledger.CreditsNotOverDebits())
		}
		chart = append(chart, a)
	}
	for _, e := range engines {
		s := &stand{name: e.name, engine: e, random: rand.NewChaCha8([32]byte{1})}
		s.store = storage.Open(e.open(t), storage.Clock(func() time.Time { return d.now }),
			storage.Randomness(func(b []byte) { _, _ = s.random.Read(b) }))
		require.NoError(t, s.store.Migrate(t.Context(), event.Package(), ledger.Package()))
		db, err := s.store.CreateTenant(t.Context(), storage.Tenant{ID: "audited", Currency: "EUR"}, ledger.Template(chart))
		require.NoError(t, err)
		s.books, s.ticker = ledger.New(db), event.NewTicker(s.store, nil)
		ledger.Handle(s.ticker)
		d.stands = append(d.stands, s)
	}
	return d
}

// A verdict is what the auditor expects of a deed: all of these codes, or one of those; none of both is success.
type verdict struct{ all, oneOf []string }

func exactly(codes ...string) verdict { return verdict{all: codes} }

func (v verdict) refuses() bool { return len(v.all)+len(v.oneOf) > 0 }

// codesOf lists the codes of a refusal.
func codesOf(err error) (codes []string) {
	var bad *storage.Invalid
	var coded *storage.Error
	switch {
	case errors.Is(err, storage.ErrKeyReused): // with the fields that differ
		codes = []string{storage.ErrKeyReused.Code}
	case err == nil:
	case errors.As(err, &bad):
		for _, f := range bad.Fields {
			codes = append(codes, f.Code)
		}
	case errors.As(err, &coded):
		codes = []string{coded.Code}
	default:
		codes = []string{err.Error()}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// deed does something on every engine, and compares the outcomes with one another and with the verdict. It answers what the
// first engine does, and the codes of a refusal.
func (d *drill) deed(name string, want verdict, call func(b *ledger.Books) (any, error)) (out any, codes []string) {
	d.Helper()
	d.deeds++
	var first, said string
	for i, s := range d.stands {
		d.reseed(s)
		got, err := call(s.books)
		text, fault := json.Marshal(got)
		require.NoError(d, fault)
		words := fmt.Sprint(err)
		if err != nil {
			text = nil
		}
		if i == 0 {
			out, codes, first, said = got, codesOf(err), string(text), words
			switch {
			case len(want.oneOf) > 0:
				require.Len(d, codes, 1, "%s: %s", name, words)
				require.Contains(d, want.oneOf, codes[0], "%s: %s", name, words)
			default:
				all := slices.Clone(want.all)
				slices.Sort(all)
				require.Equal(d, slices.Compact(all), codes, "%s: %s", name, words)
			}
		}
		require.Equal(d, first, string(text), "%s on %s", name, s.name)
		require.Equal(d, said, words, "%s on %s", name, s.name)
	}
	d.done[fmt.Sprint(name, codes)]++
	return out, codes
}

// reseed gives each deed randomness of its own, so that what one engine asked for more makes no difference later.
func (d *drill) reseed(s *stand) {
	var key [32]byte
	copy(key[:], fmt.Sprint(d.seed, "/", d.deeds))
	s.random.Seed(key)
}

func (d *drill) today() date.Date { return date.FromTime(d.now, time.UTC) }

// day is some business date: past, today, or future.
func (d *drill) day() date.Date {
	if d.rng.IntN(3) == 0 {
		return d.today()
	}
	return date.Must(2025, 1, 2).AddDays(d.rng.IntN(640))
}

func (d *drill) key() storage.Key {
	if d.rng.IntN(3) > 0 {
		return ""
	}
	d.names++
	return storage.Key(fmt.Sprint("key ", d.names))
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// entry is something to post; one in six is wrong somewhere.
func (d *drill) entry() ledger.Entry {
	r := d.rng
	e := ledger.Entry{Date: d.day(), Key: d.key(), Text: pick(r, "", "Rent", "Қызмет")}
	plain := ledger.Dims{Customer: pick(r, "", "c1", "c2"), Project: pick(r, "", "p1")}
	leg := func(account string, c money.Currency, n int64) {
		l := ledger.Leg{Account: account, Amount: amountOf(c, n), Dims: plain}
		switch account {
		case "rec":
			l.Dims.Customer = pick(r, "c1", "c2")
		case "cost":
			l.Dims.Department = pick(r, "d1", "d2", "d3")
			if r.IntN(2) == 0 {
				for i := range 1 + r.IntN(3) {
					l.Split = append(l.Split, ledger.Share{Weight: decimal.New(1+r.Int64N(999), -2), Dims: ledger.Dims{
						Department: fmt.Sprint("d", i+1)}})
				}
			}
		}
		e.Legs = append(e.Legs, l)
	}
	two := func(c money.Currency, n int64, accounts ...string) {
		i := r.IntN(len(accounts))
		j := (i + 1 + r.IntN(len(accounts)-1)) % len(accounts)
		leg(accounts[i], c, n)
		leg(accounts[j], c, -n)
	}
	n := 1 + r.Int64N(90_000)
	switch r.IntN(10) {
	case 0: // several legs
		rest := int64(0)
		for range 1 + r.IntN(4) {
			m := r.Int64N(60_000) - 30_000
			if m == 0 {
				m = 1
			}
			rest += m
			leg(pick(r, "bank", "equip", "sup", "cost", "rev", "fee"), "EUR", m)
		}
		leg("bank", "EUR", -rest)
	case 1: // a currency by itself
		two(pick[money.Currency](r, "JPY", "KWD", "USD"), n, "bank", "equip", "sup", "tmp")
	case 2: // value that passes between currencies
		e.Exchange = ledger.Exchange
		sign := pick[int64](r, 1, 1, -1)
		leg(pick(r, "rec", "rec", "bank", "usd"), "USD", sign*n)
		leg(pick(r, "rev", "bank", "sup"), "EUR", -sign*(n*9/10+r.Int64N(500)+1))
	case 3, 4: // something owed, or paid
		two("EUR", n, "rec", "rec", "bank", "rev", "equip")
	case 5:
		two("EUR", n, "cost", "fee", "rev", "bank", "sup", "tmp")
	default: // purses
		two("EUR", n, "bank", "wa", "wb", "wc", "wd", "we", "wf", "bank")
	}
	if r.IntN(6) > 0 {
		return e
	}
	l := &e.Legs[r.IntN(len(e.Legs))]
	switch r.IntN(10) {
	case 0:
		l.Amount = amountOf(l.Amount.Currency(), units(l.Amount)+1)
	case 1:
		l.Amount = amountOf(l.Amount.Currency(), 0)
	case 2:
		e.Legs = e.Legs[:1]
	case 3:
		l.Account = "nowhere"
	case 4:
		l.Account = "head"
	case 5:
		l.Account = "usd"
	case 6:
		l.Account = "pay"
		e.Source = pick(r, storage.Ref{}, storage.Ref{Kind: "purchase.bill", ID: "1"})
	case 7:
		l.Account, l.Split, l.Dims.Department = "cost", nil, ""
	case 8:
		l.Account, e.Date = "tmp", d.today()
	case 9:
		e.Legs = []ledger.Leg{{Account: "bank", Amount: amountOf("EUR", n)}, {Account: "bank", Amount: amountOf("EUR", -n)}}
	}
	return e
}
