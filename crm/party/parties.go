package party

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Refusals.
var (
	// ErrArchived: the party was put away; Restore it first.
	ErrArchived = storage.NewError("party.archived", "the party is archived")
	// ErrLive: the party is in use, so there is nothing to restore.
	ErrLive = storage.NewError("party.live", "the party is not archived")
	// ErrCycle: the parent stands below the party already.
	ErrCycle = storage.NewError(codeCycle, "nobody is above itself")
	// ErrParent: the parent is not there, archived, or not an organisation.
	ErrParent = storage.NewError("party.parent", "the parent is not an organisation in use")
)

const codeCycle = "party.cycle"

// What happens to a party. Payloads name no one: whoever reacts reads the party.
var (
	Created  = event.NewType[Happened]("party.party.created")
	Changed  = event.NewType[Happened]("party.party.changed")
	Archived = event.NewType[Happened]("party.party.archived")
	Restored = event.NewType[Happened]("party.party.restored")
)

// Happened is the payload of a party's events.
type Happened struct {
	Kind   Kind              `json:"kind"`
	Parent storage.ID[Party] `json:"parent"`
}

// Parties keeps the parties of a tenant.
type Parties struct{ s storage.Session }

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session) *Parties { return &Parties{s} }

// In is the same service inside a transaction.
func (s *Parties) In(tx *storage.Tx) *Parties { return &Parties{tx} }

// A Directory knows what to call whatever a Ref points to. Parties is one; so is a host with customers of its own.
type Directory interface {
	// Name returns the name of what a Ref points to, storage.ErrNotFound if there is no such thing.
	Name(ctx context.Context, tx *storage.Tx, r storage.Ref) (string, error)
}

// Name returns the name of the party that a Ref points to; it makes Parties a Directory.
//
// Errors: storage.ErrNotFound.
func (s *Parties) Name(ctx context.Context, tx *storage.Tx, r storage.Ref) (string, error) {
	id, err := storage.RefID[Party](r)
	if err != nil || r.Kind != parties.Kind() {
		return "", storage.ErrNotFound.With("%s", r)
	}
	p, err := parties.Get(ctx, tx, id)
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

// A Filter narrows a list of parties.
type Filter struct {
	// By is on whose behalf.
	By storage.Ref
	// Name is how the name begins; case, punctuation and spaces do not matter.
	Name string
	// Kind, Sector and Parent keep those that have it.
	Kind   Kind
	Sector string
	Parent storage.ID[Party]
	// Archived lists those that were put away instead of those in use.
	Archived bool
	// Where holds further conditions, on fields of the tenant's own above all: storage.Eq("fields.segment", "A").
	Where []storage.Cond
	// Limit is the most parties; 0 is all (for a page: 50).
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Order: []string{"search"}, Limit: f.Limit, Where: append([]storage.Cond(nil), f.Where...)}
	if f.Name != "" {
		q.Where = append(q.Where, storage.Prefix("search", NormalName(f.Name)))
	}
	if f.Kind != "" {
		q.Where = append(q.Where, storage.Eq("kind", f.Kind))
	}
	if f.Sector != "" {
		q.Where = append(q.Where, storage.Eq("sector", f.Sector))
	}
	if !f.Parent.IsZero() {
		q.Where = append(q.Where, storage.Eq("parent", f.Parent))
	}
	if f.Archived {
		q.Where = append(q.Where, storage.Present("archived"))
	} else {
		q.Where = append(q.Where, storage.Absent("archived"))
	}
	return q
}

// Get reads a party, also an archived one; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Parties) Get(ctx context.Context, id storage.ID[Party], by ...storage.Ref) (p *Party, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		p, err = parties.Get(ctx, tx, id, by...)
		return err
	})
	return p, err
}

// All yields parties by name.
func (s *Parties) All(ctx context.Context, f Filter) iter.Seq2[*Party, error] {
	return parties.All(ctx, s.s, f.query())
}

// Page reads one screen of parties by name.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Parties) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Party], error) {
	return parties.Page(ctx, s.s, f.query(), from)
}

// Subsidiaries yields the organisations right below one, by name.
func (s *Parties) Subsidiaries(ctx context.Context, of storage.ID[Party], by ...storage.Ref) iter.Seq2[*Party, error] {
	f := Filter{Parent: of}
	if len(by) > 0 {
		f.By = by[0]
	}
	if of.IsZero() {
		return func(func(*Party, error) bool) {}
	}
	return s.All(ctx, f)
}

// Find returns the parties in use that have an e-mail (scheme Email), a phone (Phone) or an identifier, however it is written.
func (s *Parties) Find(ctx context.Context, scheme, value string, by ...storage.Ref) (list []*Party, err error) {
	n := normal(scheme, value)
	if n == "" {
		return nil, nil
	}
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		list = nil
		var ids []storage.ID[Party]
		for k, err := range keys.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("scheme", scheme), storage.Eq("value", n)}}) {
			if err != nil {
				return err
			}
			ids = append(ids, k.Party)
		}
		if len(ids) == 0 {
			return nil
		}
		f := Filter{Where: []storage.Cond{storage.In("id", ids...)}}
		if len(by) > 0 {
			f.By = by[0]
		}
		for p, err := range s.In(tx).All(ctx, f) {
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

// Verbs says what may be done with a party now.
func Verbs(p *Party) []storage.Verb {
	live, away := "", ErrLive.Text
	if !p.Archived.IsZero() {
		live, away = ErrArchived.Text, ""
	}
	return []storage.Verb{{Name: "party.party.change", Why: live}, {Name: "party.party.archive", Why: live},
		{Name: "party.party.restore", Why: away}}
}

// Describe tells a UI what a party is made of and what may be done with this one.
//
// Errors: storage.ErrNotFound.
func (s *Parties) Describe(ctx context.Context, id storage.ID[Party], by ...storage.Ref) (d storage.Description, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		p, err := parties.Get(ctx, tx, id, by...)
		if err != nil {
			return err
		}
		d, err = parties.Describe(ctx, tx)
		d.Verbs = Verbs(p)
		return err
	})
	return d, err
}
