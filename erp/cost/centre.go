package cost

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Refusals about centres.
var (
	// ErrCycle: a centre would be below itself.
	ErrCycle = storage.NewError("cost.cycle", "the centres form a circle")
	// ErrClosed: the centre is closed.
	ErrClosed = storage.NewError("cost.closed", "the cost centre is closed")
)

// MaxDepth is how deep centres may be nested.
const MaxDepth = 32

// A Centre is a place where costs arise.
type Centre struct {
	ID      storage.ID[Centre] `json:"id"`
	Version int64              `json:"version"`
	// Code is its value in the ledger's dimension cost_centre.
	Code string `json:"code"`
	Profile
	Closed  bool      `json:"closed"`
	Created time.Time `json:"created"`
}

// A Profile is what can be said of a centre and changed at any time.
type Profile struct {
	Name string `json:"name"`
	// Parent is the centre that it is a part of; zero at the top.
	Parent storage.ID[Centre] `json:"parent"`
	// Department is the value of the ledger's dimension that it belongs to.
	Department string `json:"department"`
	// Manager answers for it.
	Manager storage.Ref    `json:"manager"`
	Fields  storage.Fields `json:"fields,omitempty"`
}

// Verbs says what can be done with the centre now, and why not.
func (c Centre) Verbs() []storage.Verb {
	list := []storage.Verb{{Name: "change"}, {Name: "budget"}, {Name: "close"}}
	if c.Closed {
		for i := range list {
			list[i].Why = ErrClosed.Text
		}
	}
	return list
}

// Open adds a centre.
type Open struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Code is 1 to 200 bytes.
	Code string
	Profile
}

// Open adds a centre.
//
// Errors: *storage.Invalid, also for a code that is taken or a parent that is not there; ErrCycle beyond MaxDepth.
func (s *Costs) Open(ctx context.Context, c Open) (*Centre, error) {
	var bad storage.Invalid
	bad.Check(c.Code != "", "code", storage.CodeRequired, "")
	bad.Check(c.Name != "", "name", storage.CodeRequired, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	one, err := storage.Once(ctx, s.s, c.Key, "cost.centre.open", c, func(tx *storage.Tx) (*Centre, error) {
		one := &Centre{ID: storage.NewID[Centre](tx), Code: c.Code, Profile: c.Profile, Created: tx.Now()}
		if err := place(ctx, tx, one); err != nil {
			return nil, err
		}
		if err := event.Apply(ctx, tx, centres, event.Change[Centre]{By: c.By, Verb: "cost.centre.open", Why: c.Why,
			After: one}); err != nil {
			return nil, err
		}
		return one, tx.Flush(ctx) // so that a code that is taken is known now
	})
	if storage.IsDuplicate(err, centres, "code") {
		return nil, fault("code", storage.CodeDuplicate)
	}
	return one, err
}

// Change replaces what is said of a centre.
type Change struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Centre  storage.ID[Centre]
	Profile
}

// Change replaces what is said of a centre.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrClosed, ErrCycle.
func (s *Costs) Change(ctx context.Context, c Change) (*Centre, error) {
	if c.Name == "" {
		return nil, fault("name", storage.CodeRequired)
	}
	return s.change(ctx, c, "cost.centre.change", func(tx *storage.Tx, one *Centre) error {
		one.Profile = c.Profile
		return place(ctx, tx, one)
	})
}

// Close closes a centre: it keeps its history and takes no budget any more.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrClosed.
func (s *Costs) Close(ctx context.Context, c Change) (*Centre, error) {
	return s.change(ctx, c, "cost.centre.close", func(_ *storage.Tx, one *Centre) error {
		one.Closed = true
		return nil
	})
}

func (s *Costs) change(ctx context.Context, c Change, verb string, alter func(*storage.Tx, *Centre) error) (*Centre, error) {
	return storage.Once(ctx, s.s, c.Key, verb, c, func(tx *storage.Tx) (*Centre, error) {
		old, err := centres.Lock(ctx, tx, c.Centre)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, old.Version); err != nil {
			return nil, err
		}
		if old.Closed {
			return nil, ErrClosed.With("%s", old.Code)
		}
		one := *old
		if err := alter(tx, &one); err != nil {
			return nil, err
		}
		return &one, event.Apply(ctx, tx, centres, event.Change[Centre]{By: c.By, Verb: verb, Why: c.Why, Before: old, After: &one})
	})
}

// place checks that the parent is there and that no centre is below itself.
func place(ctx context.Context, tx *storage.Tx, one *Centre) error {
	above := one.Parent
	for depth := 0; !above.IsZero(); depth++ {
		if above == one.ID || depth == MaxDepth {
			return ErrCycle.With("%s", one.Code)
		}
		found, err := centres.GetMany(ctx, tx, above)
		if err != nil {
			return err
		}
		if found[0] == nil {
			return fault("parent", storage.CodeUnknown)
		}
		above = found[0].Parent
	}
	return nil
}

// Get returns a centre, as far as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Costs) Get(ctx context.Context, id storage.ID[Centre], by ...storage.Ref) (one *Centre, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		one, err = centres.Get(ctx, tx, id, by...)
		return err
	})
	return one, err
}

// A Filter narrows a list of centres; zero fields do not narrow.
type Filter struct {
	// By is on whose behalf the list is read.
	By         storage.Ref
	Parent     storage.ID[Centre]
	Department string
	Manager    storage.Ref
	Where      []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where[:len(f.Where):len(f.Where)], Order: []string{"code"}}
	if !f.Parent.IsZero() {
		q.Where = append(q.Where, storage.Eq("parent", f.Parent))
	}
	if f.Department != "" {
		q.Where = append(q.Where, storage.Eq("department", f.Department))
	}
	if !f.Manager.IsZero() {
		q.Where = append(q.Where, storage.Eq("manager", f.Manager))
	}
	return q
}

// All yields centres by code.
func (s *Costs) All(ctx context.Context, f Filter) iter.Seq2[*Centre, error] {
	return centres.All(ctx, s.s, f.query())
}

// Page returns a screenful of centres by code.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Costs) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Centre], error) {
	return centres.Page(ctx, s.s, f.query(), from)
}

func fault(path, code string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: path, Code: code}}}
}
