package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// openLog makes books with a clock that moves by a second with each transaction.
func openLog(t testing.TB, e driver.Engine, options ...storage.Option) (*storage.Store, *storage.DB) {
	t.Helper()
	var seconds atomic.Int64
	clock := func() time.Time { return time.Date(2017, 6, 1, 9, 0, int(seconds.Add(1)), 0, time.UTC) }
	store := storage.Open(e, append([]storage.Option{storage.Clock(clock)}, options...)...)
	require.NoError(t, store.Migrate(t.Context(), event.Package(), Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, Template(TradingChart()))
	require.NoError(t, err)
	return store, db
}

// aTrip is an entry of two legs, the first of two parts.
func aTrip(i int) Entry {
	a := money.MustParse(fmt.Sprintf("%d.10 EUR", i))
	return Entry{Date: date.Must(2017, 3, 1).AddDays(i), Text: fmt.Sprint("trip ", i), Legs: []Leg{
		{Account: Travel, Amount: a, Text: "train", Split: []Share{{Weight: weightOf(1), Dims: Dims{Department: "sales", Project: "p"}},
			{Weight: weightOf(2), Dims: Dims{Department: "delivery"}}}},
		Credit(Bank, a, Dims{})}}
}

// trips posts entries 1 to n, each in a transaction of its own, and seals them.
func trips(t testing.TB, b *Books, n int) (ids []storage.ID[Posted]) {
	t.Helper()
	for i := range n {
		p, err := b.Post(t.Context(), aTrip(i+1))
		require.NoError(t, err)
		ids = append(ids, p[0].ID)
	}
	sealed, err := b.Seal(t.Context())
	require.NoError(t, err)
	require.Equal(t, n, sealed)
	return ids
}

// The bytes here are written by hand from the page in seal.go, not by the program.
func TestTheChainIsOfTheDocumentedBytes(t *testing.T) {
	one, two := storage.ID[Posted]{15: 1}, storage.ID[Posted]{14: 1}
	d1, d2 := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	at := time.UnixMicro(3).UTC()
	first := (&block{}).seal([]*Posted{{ID: one, Digest: hex.EncodeToString(d1[:]), At: at},
		{ID: two, Digest: hex.EncodeToString(d2[:]), At: time.UnixMicro(5).UTC()}}, at)
	h1 := sha256.Sum256([]byte("\x14tutas.ledger.chain.1" + "\x02" + string(make([]byte, 32)) + string(make([]byte, 15)) + "\x01" +
		string(d1[:])))
	h2 := sha256.Sum256([]byte("\x14tutas.ledger.chain.1" + "\x04" + string(h1[:]) + string(make([]byte, 14)) + "\x01\x00" +
		string(d2[:])))
	require.Equal(t, hex.EncodeToString(h2[:]), first.Hash)
	require.Equal(t, hex.EncodeToString(make([]byte, 32)), first.Previous)
	lines := string(one[:]) + string(d1[:]) + string(h1[:8]) + string(two[:]) + string(d2[:]) + string(h2[:8])
	require.Equal(t, base64.RawStdEncoding.EncodeToString([]byte(lines)), first.Lines)
	row := sha256.Sum256([]byte("\x14tutas.ledger.block.1" + "\x02\x02\x04" + "\x40" + first.Previous + "\x40" + first.Hash + "\x0a"))
	require.Equal(t, hex.EncodeToString(row[:]), first.Digest)
	require.Equal(t, []any{int64(1), int64(1), int64(2), one.String(), two.String(), time.UnixMicro(5).UTC()},
		[]any{first.Number, first.First, first.Count, first.Low, first.High, first.At})

	none := first.seal([]*Posted{{ID: one, Digest: "not a digest"}}, at)
	h3 := sha256.Sum256([]byte("\x14tutas.ledger.chain.1" + "\x06" + string(h2[:]) + string(one[:]) + string(make([]byte, 32))))
	require.Equal(t, hex.EncodeToString(h3[:]), none.Hash)
	require.Equal(t, first.Hash, none.Previous)
	require.Equal(t, first.At, none.At, "never before the block before it")
}

func TestTheHashAtASequenceDoesNotDependOnBlocks(t *testing.T) {
	heads := map[Head]bool{}
	for _, each := range []int{1, 3, 7} {
		random := byte(0)
		_, db := openLog(t, memory.New(), storage.Randomness(func(b []byte) {
			for i := range b {
				random++
				b[i] = random
			}
		}), storage.Clock(func() time.Time { return time.Unix(1_500_000_000, 0) }))
		b := New(db)
		for i := range 7 {
			_, err := b.Post(t.Context(), aTrip(i+1))
			require.NoError(t, err)
			if i%each == each-1 {
				_, err = b.Seal(t.Context())
				require.NoError(t, err)
			}
		}
		_, err := b.Seal(t.Context())
		require.NoError(t, err)
		h, err := b.Head(t.Context())
		require.NoError(t, err)
		heads[h] = true
	}
	require.Len(t, heads, 1)
}

func TestSealingIsDenseAndOnce(t *testing.T) {
	_, db := openLog(t, memory.New())
	b := New(db)
	h, err := b.Head(t.Context())
	require.NoError(t, err)
	require.Zero(t, h)
	ids := trips(t, b, 3)
	n, err := b.Seal(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	var many []Entry
	for i := range 2*MaxBlock + 5 {
		many = append(many, aTrip(i+1))
	}
	posted, err := b.Post(t.Context(), many...)
	require.NoError(t, err)
	for _, p := range posted {
		ids = append(ids, p.ID)
	}
	n, err = b.Seal(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(many), n)
	for i, id := range ids {
		if i > 5 && i < len(ids)-5 && i%97 > 0 {
			continue
		}
		n, err := b.Sequence(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, int64(i+1), n)
	}
	at := 0
	for s, err := range b.Log(t.Context(), 1) {
		require.NoError(t, err)
		require.Equal(t, []any{int64(at + 1), ids[at], 2}, []any{s.Sequence, s.Entry.ID, len(s.Entry.Legs)})
		at++
	}
	require.Equal(t, len(ids), at)
	late, err := b.Post(t.Context(), aTrip(1))
	require.NoError(t, err)
	open, err := b.Sequence(t.Context(), late[0].ID)
	require.NoError(t, err)
	require.Zero(t, open)
	_, err = b.Sequence(t.Context(), storage.ID[Posted]{1})
	require.ErrorIs(t, err, storage.ErrNotFound)
	v, err := b.Verify(t.Context(), VerifyFilter{})
	require.NoError(t, err)
	h, err = b.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, Verification{Checked: int64(len(ids)), Open: 1, Head: h}, v)
}

func TestSequenceAtAnInstant(t *testing.T) {
	_, db := openLog(t, memory.New())
	b := New(db)
	var at []time.Time
	for range 3 {
		trips(t, b, 2)
		require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
			at = append(at, tx.Now())
			return nil
		}))
	}
	for i, instant := range append([]time.Time{{}}, at...) {
		n, err := b.SequenceAt(t.Context(), instant)
		require.NoError(t, err)
		require.Equal(t, int64(2*i), n)
	}
}

func TestTheTimerSeals(t *testing.T) {
	store, db := openLog(t, memory.New())
	b := New(db)
	ticker := event.NewTicker(store, nil)
	Handle(ticker)
	for i := range 500 { // one in 64 asks, by chance
		_, err := b.Post(t.Context(), aTrip(i+1))
		require.NoError(t, err)
	}
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, err)
	require.NoError(t, stats.Err)
	h, err := b.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(500), h.Sequence)
}

func TestSealingMovesWithATenantAndPassesOverWhatIsSealed(t *testing.T) {
	store, db := openLog(t, memory.New())
	b := New(db)
	ids := trips(t, b, MaxBlock+20)
	_, err := b.Reverse(context.Background(), Reverse{Entry: ids[7], Date: date.Must(2017, 5, 1)})
	require.NoError(t, err)
	moved := importInto(t, store)
	check := func(checked, open int64) {
		t.Helper()
		v, err := moved.Verify(t.Context(), VerifyFilter{})
		require.NoError(t, err)
		require.Nil(t, v.Break)
		require.Equal(t, []int64{checked, open}, []int64{v.Checked, v.Open})
	}
	check(MaxBlock+20, 1)
	n, err := moved.Seal(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	check(MaxBlock+21, 0)
	trips(t, moved, 2)
	check(MaxBlock+23, 0)
}
