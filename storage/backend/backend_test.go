package backend_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

func TestKeysSortAsTheirValuesDo(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	kinds := []driver.Kind{driver.Text, driver.Int, driver.UUID, driver.Text}
	texts := []string{"", "a", "a\x00", "a\x00\x01", "a\x00\xff", "a\x01", "ab", "ә", "👍", "\x00", "\x01"}
	ints := []int64{math.MinInt64, -1, 0, 1, 255, 256, math.MaxInt64}
	random := func() (r driver.Row) {
		for _, k := range kinds {
			switch {
			case rnd.IntN(6) == 0:
				r = append(r, driver.Null)
			case k == driver.Int:
				r = append(r, driver.IntValue(ints[rnd.IntN(len(ints))]))
			case k == driver.UUID:
				r = append(r, driver.UUIDValue([16]byte{byte(rnd.IntN(2)), 15: byte(rnd.IntN(2) * 255)}))
			default:
				r = append(r, driver.TextValue(texts[rnd.IntN(len(texts))]))
			}
		}
		return r
	}
	key := func(r driver.Row) (b []byte) {
		for i, v := range r {
			b = backend.AppendValue(b, kinds[i], v)
		}
		return b
	}
	for range 20_000 {
		a, b := random(), random()
		if got, want := bytes.Compare(key(a), key(b)), driver.CompareRows(a, b); got != want {
			t.Fatalf("%v and %v compare as %d, their keys %x and %x as %d", a, b, want, key(a), key(b), got)
		}
		if bytes.HasPrefix(key(b), key(a)) && !slices.Equal(a, b) {
			t.Fatalf("the key of %v begins that of %v", a, b)
		}
		rest := key(a)
		for i, want := range a {
			var got driver.Value
			if got, rest = backend.CutValue(rest, kinds[i]); got != want {
				t.Fatalf("%v came back as %v", want, got)
			}
		}
	}
}

func FuzzCutValueTakesWhateverItIsGiven(f *testing.F) {
	f.Add([]byte{1, 0, 1}, uint8(driver.Text))
	f.Add([]byte{1, 2, 3}, uint8(driver.Int))
	f.Fuzz(func(t *testing.T, key []byte, kind uint8) {
		for n := 0; len(key) > 0; n++ {
			_, rest := backend.CutValue(key, driver.Kind(kind))
			if len(rest) >= len(key) {
				t.Fatal("it does not get on")
			}
			key = rest
		}
	})
}

func TestAGuardKeepsTheRulesOfATransaction(t *testing.T) {
	ctx := context.Background()
	fail := errors.New("refused")
	g := backend.NewGuard(driver.TxOptions{})
	run := func(err error) error { return g.Run(ctx, false, func() error { return err }) }
	for i, step := range []struct{ got, want error }{
		{run(nil), nil},
		{run(fail), fail},
		{run(nil), driver.ErrDoomed},
		{g.Undo(func() error { return fail }), fail},
		{run(nil), driver.ErrDoomed},
		{g.Undo(func() error { return nil }), nil},
		{run(nil), nil},
		{g.End(func() error { return nil }), nil},
		{g.End(func() error { return nil }), driver.ErrClosed},
		{run(nil), driver.ErrClosed},
		{g.Undo(func() error { return nil }), driver.ErrClosed},
	} {
		if !errors.Is(step.got, step.want) {
			t.Errorf("step %d: got %v, want %v", i, step.got, step.want)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	g = backend.NewGuard(driver.TxOptions{})
	if err := g.Run(ended, false, func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, o := range []driver.TxOptions{{ReadOnly: true}, {Across: true}} {
		g = backend.NewGuard(o)
		if _, err := g.Do(ctx, []driver.Op{{Kind: driver.Insert}}, nil); !errors.Is(err, driver.ErrReadOnly) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

func TestATableEvolvesByAddingAndRenaming(t *testing.T) {
	d := &driver.Table{Name: "notes", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "body", Kind: driver.Text}}}
	first, added, err := backend.Evolve(nil, d)
	if err != nil || len(added) != 0 {
		t.Fatal(added, err)
	}
	stored := first.Encode(first.Fill(driver.Row{driver.IntValue(1), driver.TextValue("a")}, nil))
	wider := &driver.Table{Name: "notes", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int},
		{Name: "rank", Kind: driver.Int, Default: driver.IntValue(7)}, {Name: "text", Kind: driver.Text, Was: []string{"body"}}},
		Indexes: []driver.Index{{Name: "rank", Columns: []int{1}}}}
	second, added, err := backend.Evolve(first.Table, wider)
	if err != nil || len(added) != 1 || added[0].Columns[0] != 2 {
		t.Fatal(added, err)
	}
	if got := second.Cut(second.Decode(stored)); !slices.Equal(got, driver.Row{driver.IntValue(1), driver.IntValue(7), driver.TextValue("a")}) {
		t.Errorf("an old row reads as %v", got)
	}
	if len(first.Columns) != 2 {
		t.Error("the old table was changed")
	}
	if _, _, err := backend.Evolve(second.Table, &driver.Table{Name: "notes", Key: 1, Columns: []driver.Column{{Name: "id", Kind: driver.Text}}}); !errors.Is(err, driver.ErrSchema) {
		t.Errorf("another kind: %v", err)
	}
}

func TestPathTakesTheIndexThatFixesMost(t *testing.T) {
	d := &driver.Table{Name: "t", Key: 2, Columns: []driver.Column{{Name: "a", Kind: driver.Int}, {Name: "b", Kind: driver.Int}, {Name: "c", Kind: driver.Int}},
		Indexes: []driver.Index{{Name: "c", Columns: []int{2}}, {Name: "cb", Columns: []int{2, 1}}}}
	v, _, err := backend.Evolve(nil, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		columns []int
		want    string
	}{{nil, ""}, {[]int{0}, ""}, {[]int{2}, "c"}, {[]int{1}, ""}, {[]int{2, 1}, "cb"}, {[]int{0, 1, 2}, ""}, {[]int{0, 2}, ""}} {
		var conds []driver.Cond
		for _, column := range c.columns {
			conds = append(conds, driver.Cond{Column: column, Op: driver.Eq, Values: []driver.Value{driver.IntValue(1)}})
		}
		if ix, _ := v.Path(conds); ix.Name != c.want {
			t.Errorf("columns %v: got %q, want %q", c.columns, ix.Name, c.want)
		}
	}
}
