package ledger

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

// aLog is books with a log in two blocks: trips 1 to 6; the reversal of the third, and trips 7 to 9. Trips 10 and 11 are open.
type aLog struct {
	t    *testing.T
	db   *storage.DB
	b    *Books
	ids  []storage.ID[Posted] // by sequence, from 1
	tx   *storage.Tx
	head Head
}

func newLog(t *testing.T) *aLog {
	_, db := openLog(t, memory.New())
	l := &aLog{t: t, db: db, b: New(db), ids: make([]storage.ID[Posted], 1)}
	l.ids = append(l.ids, trips(t, l.b, 6)...)
	p, err := l.b.Reverse(t.Context(), Reverse{Entry: l.ids[3], Date: date.Must(2017, 5, 1)})
	require.NoError(t, err)
	l.ids = append(l.ids, p.ID)
	for i := range 5 {
		if i == 3 {
			_, err := l.b.Seal(t.Context())
			require.NoError(t, err)
		}
		e := aTrip(7 + i)
		if i == 1 {
			e.Meta = map[string]string{"ticket": "7"}
			e.Attachments = []storage.Ref{{Kind: "file", ID: "1"}}
		}
		p, err := l.b.Post(t.Context(), e)
		require.NoError(t, err)
		l.ids = append(l.ids, p[0].ID)
	}
	l.head, err = l.b.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(10), l.head.Sequence)
	return l
}

// edit changes rows by hand, past all rules.
func (l *aLog) edit(fn func()) {
	l.t.Helper()
	require.NoError(l.t, l.db.Update(l.t.Context(), func(tx *storage.Tx) error {
		l.tx = tx
		fn()
		return nil
	}))
}

func (l *aLog) entry(n int, change func(*Posted)) {
	p, err := entries.Get(l.t.Context(), l.tx, l.ids[n])
	require.NoError(l.t, err)
	change(p)
	require.NoError(l.t, entries.Update(l.t.Context(), l.tx, p))
}

// parts changes parts of an entry, and with them, if asked to, its digest.
func (l *aLog) parts(n int, change func([]*part)) {
	byEntry, err := partsOf(l.t.Context(), l.tx, storage.Ref{}, &Posted{ID: l.ids[n]})
	require.NoError(l.t, err)
	change(byEntry[l.ids[n]])
	require.NoError(l.t, parts.Update(l.t.Context(), l.tx, byEntry[l.ids[n]]...))
}

// digest gives an entry the digest that it has now.
func (l *aLog) digest(n int) {
	p := l.full(n)
	byEntry, err := partsOf(l.t.Context(), l.tx, storage.Ref{}, p)
	require.NoError(l.t, err)
	p.Digest, _ = p.digest(nil, byEntry[p.ID])
	require.NoError(l.t, entries.Update(l.t.Context(), l.tx, p))
}

func (l *aLog) full(n int) *Posted {
	p, err := entries.Get(l.t.Context(), l.tx, l.ids[n])
	require.NoError(l.t, err)
	require.NoError(l.t, fillDetails(l.t.Context(), l.tx, storage.Ref{}, p))
	return p
}

func (l *aLog) removePart(n, i int) {
	byEntry, err := partsOf(l.t.Context(), l.tx, storage.Ref{}, &Posted{ID: l.ids[n]})
	require.NoError(l.t, err)
	require.NoError(l.t, parts.Delete(l.t.Context(), l.tx, byEntry[l.ids[n]][i]))
}

func (l *aLog) remove(n int) {
	for i := 2; i >= 0; i-- {
		l.removePart(n, i)
	}
	p := l.full(n)
	if d := p.detail(); d != nil {
		require.NoError(l.t, details.Delete(l.t.Context(), l.tx, d))
	}
	require.NoError(l.t, entries.Delete(l.t.Context(), l.tx, p))
}

// forge inserts an entry that is sound in itself, with its parts, as someone who writes to the database can.
func (l *aLog) forge() storage.ID[Posted] {
	p := l.full(2)
	byEntry, err := partsOf(l.t.Context(), l.tx, storage.Ref{}, p)
	require.NoError(l.t, err)
	rows := byEntry[p.ID]
	p.ID[15] ^= 1
	for _, r := range rows {
		r.Entry = p.ID
	}
	p.seal(l.tx, nil, rows)
	require.NoError(l.t, entries.Insert(l.t.Context(), l.tx, p))
	require.NoError(l.t, parts.Insert(l.t.Context(), l.tx, rows...))
	return p.ID
}

func (l *aLog) block(n int64, change func(*block)) {
	b := &block{Number: n}
	_, err := blocks.Load(l.t.Context(), l.tx, b)
	require.NoError(l.t, err)
	change(b)
	require.NoError(l.t, blocks.Update(l.t.Context(), l.tx, b))
}

func (l *aLog) removeBlock(n int64) {
	b := &block{Number: n}
	_, err := blocks.Load(l.t.Context(), l.tx, b)
	require.NoError(l.t, err)
	require.NoError(l.t, blocks.Delete(l.t.Context(), l.tx, b))
}

// swap changes two lines of a block.
func swap(b *block, i, j, bytes int) {
	raw, _ := base64.RawStdEncoding.DecodeString(b.Lines)
	x, y := raw[i*lineSize:][:bytes], raw[j*lineSize:][:bytes]
	for k := range x {
		x[k], y[k] = y[k], x[k]
	}
	b.Lines = base64.RawStdEncoding.EncodeToString(raw)
}

// rewrite seals the whole log anew, as it is now.
func (l *aLog) rewrite() {
	ctx := l.t.Context()
	last := &block{}
	for b, err := range blocks.All(ctx, l.tx, storage.Query{}) {
		require.NoError(l.t, err)
		lines, _ := b.lines()
		var list []*Posted
		for _, line := range lines {
			p, err := entries.Get(ctx, l.tx, line.id)
			if err == nil {
				list = append(list, p)
			}
		}
		last = last.seal(list, b.At)
		require.NoError(l.t, blocks.Update(ctx, l.tx, last))
	}
}

func TestVerifyNamesTheFirstEntryThatWasMeddledWith(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(l *aLog)
		want Break // without Block and Entry, which follow from the sequence
	}{
		{"nothing", func(*aLog) {}, Break{}},
		{"the amount of a part", func(l *aLog) { l.parts(4, func(p []*part) { p[2].Amount-- }) },
			Break{What: WasChanged, Sequence: 4, Fields: []string{"legs.1.parts.0.amount"}, Was: "-4.10 EUR"}},
		{"the amount of a part, to the other side", func(l *aLog) { l.parts(4, func(p []*part) { p[2].Amount = 5 }) },
			Break{What: WasChanged, Sequence: 4, Fields: []string{"legs.1.parts.0.credit", "legs.1.parts.0.amount"}, Was: "-4.10 EUR"}},
		{"two amounts, so that they balance", func(l *aLog) { l.parts(4, func(p []*part) { p[0].Amount++; p[2].Amount-- }) },
			Break{What: WasChanged, Sequence: 4}},
		{"a dimension, and a later amount", func(l *aLog) {
			l.parts(9, func(p []*part) { p[0].Amount++ })
			l.parts(5, func(p []*part) { p[0].Dims.Project = "" })
		}, Break{What: WasChanged, Sequence: 5}},
		{"a dimension that a neighbour has", func(l *aLog) { l.parts(5, func(p []*part) { p[1].Dims.Project = "p" }) },
			Break{What: WasChanged, Sequence: 5, Fields: []string{"legs.0.parts.1.dims.project"}}},
		{"an account", func(l *aLog) { l.parts(1, func(p []*part) { p[2].Account = Receivables }) },
			Break{What: WasChanged, Sequence: 1, Fields: []string{"legs.1.parts.0.account"}, Was: Bank}},
		{"the date of an entry", func(l *aLog) { l.entry(6, func(p *Posted) { p.Date = p.Date.AddDays(1) }) },
			Break{What: WasChanged, Sequence: 6, Fields: []string{"legs.0.parts.0.date", "legs.0.parts.1.date", "legs.1.parts.0.date",
				"date"}, Was: "2017-03-07"}},
		{"the date of an entry and its parts", func(l *aLog) {
			l.entry(6, func(p *Posted) { p.Date = p.Date.AddDays(1) })
			l.parts(6, func(rows []*part) {
				for _, r := range rows {
					r.Date = r.Date.AddDays(1)
				}
			})
		}, Break{What: WasChanged, Sequence: 6, Fields: []string{"date"}, Was: "2017-03-07"}},
		{"the date of a part alone", func(l *aLog) { l.parts(6, func(p []*part) { p[1].Date = p[1].Date.AddDays(1) }) },
			Break{What: WasChanged, Sequence: 6, Fields: []string{"legs.0.parts.1.date"}}},
		{"the month of a part", func(l *aLog) { l.parts(6, func(p []*part) { p[1].Month++ }) },
			Break{What: WasChanged, Sequence: 6, Fields: []string{"legs.0.parts.1.month"}}},
		{"the value date", func(l *aLog) { l.entry(6, func(p *Posted) { p.ValueDate = p.Date.AddDays(99) }) },
			Break{What: WasChanged, Sequence: 6, Fields: []string{"value_date"}, Was: "2017-03-07"}},
		{"the actor", func(l *aLog) { l.entry(2, func(p *Posted) { p.By = storage.Ref{Kind: "user", ID: "7"} }) },
			Break{What: WasChanged, Sequence: 2, Fields: []string{"by"}}},
		{"the source and the instant", func(l *aLog) {
			l.entry(2, func(p *Posted) { p.Source, p.At = storage.Ref{Kind: "x", ID: "7"}, p.At.Add(time.Hour) })
		}, Break{What: WasChanged, Sequence: 2, Fields: []string{"source", "at"}}},
		{"a closing entry", func(l *aLog) { l.entry(2, func(p *Posted) { p.Closing = true }) }, Break{What: WasChanged, Sequence: 2,
			Fields: []string{"legs.0.parts.0.closing", "legs.0.parts.1.closing", "legs.1.parts.0.closing", "closing"}}},
		{"the text", func(l *aLog) { l.entry(2, func(p *Posted) { p.Text = "x" }) },
			Break{What: WasChanged, Sequence: 2, Fields: []string{"text"}}},
		{"the text of a leg", func(l *aLog) { l.parts(2, func(p []*part) { p[0].Text = "x" }) },
			Break{What: WasChanged, Sequence: 2, Fields: []string{"text"}}},
		{"the text and its digest", func(l *aLog) {
			l.entry(2, func(p *Posted) { p.Text, p.Salt, p.TextDigest = "", "", "" })
			l.parts(2, func(p []*part) { p[0].Text = "" })
		}, Break{What: WasChanged, Sequence: 2}},
		{"the metadata", func(l *aLog) {
			p := l.full(9)
			p.Meta["ticket"] = "8"
			require.NoError(l.t, details.Update(l.t.Context(), l.tx, p.detail()))
		}, Break{What: WasChanged, Sequence: 9, Fields: []string{"text"}}},
		{"the attachments", func(l *aLog) {
			p := l.full(9)
			p.Attachments = nil
			require.NoError(l.t, details.Update(l.t.Context(), l.tx, p.detail()))
		}, Break{What: WasChanged, Sequence: 9}},
		{"the digest alone", func(l *aLog) { l.entry(2, func(p *Posted) { p.Digest = l.full(1).Digest }) },
			Break{What: WasChanged, Sequence: 2, Fields: []string{"digest"}}},
		{"an amount with its digest", func(l *aLog) { l.parts(3, func(p []*part) { p[0].Amount++ }); l.digest(3) },
			Break{What: WasChanged, Sequence: 3, Fields: []string{"digest", "legs.0.parts.0.amount"}, Was: "1.03 EUR"}},
		{"the link to the reversal", func(l *aLog) { l.entry(3, func(p *Posted) { p.ReversedBy = storage.ID[Posted]{} }) },
			Break{What: WasChanged, Sequence: 3, Fields: []string{"reversed_by"}}},
		{"a link to no reversal", func(l *aLog) { l.entry(5, func(p *Posted) { p.ReversedBy = l.ids[7] }) },
			Break{What: WasChanged, Sequence: 5, Fields: []string{"reversed_by"}}},
		{"the link from the reversal", func(l *aLog) { l.entry(7, func(p *Posted) { p.Reverses = l.ids[2] }) },
			Break{What: WasChanged, Sequence: 2, Fields: []string{"reversed_by"}}},
		{"a part removed", func(l *aLog) { l.removePart(8, 0) }, Break{What: WasChanged, Sequence: 8, Fields: []string{"legs.0.parts.0.removed"}}},
		{"the last part removed", func(l *aLog) { l.removePart(8, 2) }, Break{What: WasChanged, Sequence: 8, Fields: []string{"legs"}}},
		{"a part inserted", func(l *aLog) {
			require.NoError(l.t, parts.Insert(l.t.Context(), l.tx, &part{Entry: l.ids[8], Leg: 2, No: 2, Account: Bank, Currency: "EUR",
				Date: date.Must(2017, 3, 8), Month: 201703, Amount: 5}))
		}, Break{What: WasChanged, Sequence: 8, Fields: []string{"legs.1.parts.1.inserted"}}},
		{"an entry removed with its parts", func(l *aLog) { l.remove(6) }, Break{What: WasRemoved, Sequence: 6}},
		{"the first and the last removed", func(l *aLog) { l.remove(1); l.remove(10) }, Break{What: WasRemoved, Sequence: 1}},
		{"the last of the log removed", func(l *aLog) { l.remove(10) }, Break{What: WasRemoved, Sequence: 10}},
		{"an entry forged", func(l *aLog) { l.forge() }, Break{What: WasInserted, Fields: []string{"event"}}},
		{"an entry forged, and a later amount", func(l *aLog) { l.forge(); l.parts(9, func(p []*part) { p[0].Amount++ }) },
			Break{What: WasChanged, Sequence: 9, Fields: []string{"legs.0.parts.0.amount"}, Was: "2.70 EUR"}},
		{"two entries swapped", func(l *aLog) {
			a, b := l.full(4), l.full(5)
			a.ID, b.ID = b.ID, a.ID
			require.NoError(l.t, entries.Update(l.t.Context(), l.tx, a, b))
			l.parts(4, func(p []*part) {
				l.parts(5, func(q []*part) {
					for i := range p {
						p[i].Amount, q[i].Amount = q[i].Amount, p[i].Amount
						p[i].Date, q[i].Date = q[i].Date, p[i].Date
					}
				})
			})
		}, Break{What: WasChanged, Sequence: 4, Fields: []string{"digest", "date", "at"}}},
		{"an open entry", func(l *aLog) { l.parts(12, func(p []*part) { p[2].Amount-- }) },
			Break{What: WasChanged, Fields: []string{"legs.1.parts.0.amount"}, Was: "-11.10 EUR"}},
		{"an open entry removed", func(l *aLog) { l.remove(12) }, Break{What: WasRemoved, Fields: []string{"event"}}},

		{"lines of a block swapped", func(l *aLog) { l.block(1, func(b *block) { swap(b, 1, 3, lineSize) }) },
			Break{What: WasReordered, Sequence: 2}},
		{"entries in lines swapped", func(l *aLog) { l.block(2, func(b *block) { swap(b, 0, 2, lineSize-markSize) }) },
			Break{What: WasReordered, Sequence: 7}},
		{"a line edited to fit an entry", func(l *aLog) {
			l.parts(8, func(p []*part) { p[2].Amount-- })
			l.digest(8)
			digest, _ := parseHash(l.full(8).Digest)
			l.block(2, func(b *block) {
				raw, _ := base64.RawStdEncoding.DecodeString(b.Lines)
				copy(raw[lineSize+16:], digest[:])
				b.Lines = base64.RawStdEncoding.EncodeToString(raw)
			})
		}, Break{What: BlockChanged, Sequence: 8, Fields: []string{"lines"}}},
		{"a line cut off", func(l *aLog) {
			l.block(1, func(b *block) {
				raw, _ := base64.RawStdEncoding.DecodeString(b.Lines)
				b.Lines = base64.RawStdEncoding.EncodeToString(raw[:len(raw)-lineSize])
			})
		}, Break{What: BlockChanged, Sequence: 6, Fields: []string{"count"}}},
		{"lines that are none", func(l *aLog) { l.block(2, func(b *block) { b.Lines = "?" }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"count"}}},
		{"the hash of a block", func(l *aLog) { l.block(2, func(b *block) { b.Hash = b.Previous }) },
			Break{What: BlockChanged, Sequence: 11, Fields: []string{"hash"}}},
		{"the previous hash", func(l *aLog) { l.block(2, func(b *block) { b.Previous = b.Hash }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"previous"}}},
		{"the instant of a block", func(l *aLog) { l.block(1, func(b *block) { b.At = b.At.Add(-time.Hour) }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"at"}}},
		{"the count", func(l *aLog) { l.block(1, func(b *block) { b.Count++ }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"count"}}},
		{"the first", func(l *aLog) { l.block(2, func(b *block) { b.First++ }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"first"}}},
		{"the lowest ID", func(l *aLog) { l.block(1, func(b *block) { b.Low = b.High }) },
			Break{What: BlockChanged, Sequence: 7, Fields: []string{"low"}}},
		{"the first block removed", func(l *aLog) {
			l.removeBlock(1)
		}, Break{What: BlockChanged, Sequence: 1, Fields: []string{"number"}}},
		{"a log rewritten from the fourth entry on, without an anchor", func(l *aLog) {
			l.parts(4, func(p []*part) { p[0].Amount++; p[2].Amount-- })
			l.digest(4)
			l.rewrite()
		}, Break{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLog(t)
			l.edit(func() { c.edit(l) })
			v, err := l.b.Verify(t.Context(), VerifyFilter{})
			require.NoError(t, err)
			if c.want.What == "" {
				require.Nil(t, v.Break)
				require.Equal(t, []int64{10, 2}, []int64{v.Checked, v.Open})
				return
			}
			require.NotNil(t, v.Break)
			got := *v.Break
			if n := got.Sequence; n > 0 && n < 11 {
				require.Equal(t, n-1, v.Head.Sequence, "the head is before the break")
				if got.What != BlockChanged && got.What != WasReordered {
					require.Equal(t, l.ids[n], got.Entry)
				}
			}
			got.Block, got.Entry = 0, storage.ID[Posted]{}
			require.Equal(t, c.want, got)
		})
	}
}

func TestAnchorsTellALogThatWasRewritten(t *testing.T) {
	l := newLog(t)
	var heads []Head
	for s, err := range l.b.Log(t.Context(), 1) {
		require.NoError(t, err)
		heads = append(heads, Head{s.Sequence, s.Hash})
	}
	require.Equal(t, l.head, heads[9])
	verify := func(f VerifyFilter) Verification {
		t.Helper()
		v, err := l.b.Verify(t.Context(), f)
		require.NoError(t, err)
		return v
	}
	for from := int64(0); from < 12; from++ {
		v := verify(VerifyFilter{From: from, Anchors: heads})
		require.Nil(t, v.Break, from)
		require.Equal(t, l.head, v.Head)
	}
	require.Equal(t, Verification{Checked: 4, Open: 2, Head: l.head}, verify(VerifyFilter{From: 8}))
	l.edit(func() {
		l.parts(4, func(p []*part) { p[0].Amount++; p[2].Amount-- })
		l.digest(4)
		l.rewrite()
	})
	require.Nil(t, verify(VerifyFilter{}).Break, "nothing tells without an anchor")
	require.Nil(t, verify(VerifyFilter{Anchors: heads[:3]}).Break)
	require.Equal(t, &Break{What: WasRewritten, Sequence: 10, Block: 2, Entry: l.ids[10]},
		verify(VerifyFilter{Anchors: []Head{l.head}}).Break)
	require.Equal(t, &Break{What: WasRewritten, Sequence: 4, Block: 1, Entry: l.ids[4]}, verify(VerifyFilter{Anchors: heads}).Break)
	require.Equal(t, &Break{What: WasRewritten, Sequence: 6}, verify(VerifyFilter{From: 7, Anchors: heads}).Break)

	l = newLog(t)
	l.edit(func() { // the end is cut off, with its block
		l.removeBlock(2)
		for n := 7; n <= 10; n++ {
			l.remove(n)
		}
		l.entry(3, func(p *Posted) { p.ReversedBy = storage.ID[Posted]{} })
	})
	require.Equal(t, &Break{What: WasRemoved, Entry: l.ids[7], Fields: []string{"event"}}, verify(VerifyFilter{}).Break)
	require.Equal(t, &Break{What: WasRemoved, Sequence: 7, Block: 2}, verify(VerifyFilter{Anchors: []Head{l.head}}).Break)
}

func TestVerifyFromALaterSequenceStillMissesWhatIsGone(t *testing.T) {
	l := newLog(t)
	l.edit(func() { l.remove(2) })
	v, err := l.b.Verify(t.Context(), VerifyFilter{From: 9})
	require.NoError(t, err)
	require.Equal(t, &Break{What: WasRemoved, Sequence: 2, Block: 1, Entry: l.ids[2]}, v.Break)
}

func TestErasedTextsLeaveTheLogValid(t *testing.T) {
	l := newLog(t)
	for range 2 {
		require.NoError(t, l.b.EraseText(t.Context(), EraseText{Entry: l.ids[3], Why: "asked for"}))
		require.NoError(t, l.b.EraseText(t.Context(), EraseText{Entry: l.ids[9]}))
	}
	v, err := l.b.Verify(t.Context(), VerifyFilter{Anchors: []Head{l.head}})
	require.NoError(t, err)
	require.Equal(t, Verification{Checked: 10, Open: 2, Erased: 3, Head: l.head}, v)
	for _, n := range []int{3, 7, 9} {
		p, err := l.b.Entry(t.Context(), l.ids[n])
		require.NoError(t, err)
		require.Zero(t, fmt.Sprint(p.Text, p.Salt, p.Legs[0].Text, p.Legs[1].Text))
		require.Empty(t, p.Meta)
	}
	kept, err := l.b.Entry(t.Context(), l.ids[9])
	require.NoError(t, err)
	require.Len(t, kept.Attachments, 1)
	err = l.b.EraseText(context.Background(), EraseText{Entry: storage.ID[Posted]{1}})
	require.ErrorIs(t, err, storage.ErrNotFound)
	l.edit(func() { l.entry(3, func(p *Posted) { p.Text = "something else" }) })
	v, err = l.b.Verify(t.Context(), VerifyFilter{})
	require.NoError(t, err)
	require.Equal(t, int64(3), v.Break.Sequence)
}
