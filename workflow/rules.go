package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"sync"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

var ruleTable = storage.Define("workflow.rule", func(r *Rule) []storage.Field {
	return []storage.Field{
		storage.Text("name", &r.Name).Key().Limit(200), storage.Version(&r.Version), storage.Text("kind", &r.Kind).Limit(100),
		storage.Int("order", &r.Order), storage.Bool("stop", &r.Stop), storage.JSON("on", &r.On), storage.JSON("if", &r.If),
		storage.Enum("repeat", &r.Repeat, Always, OnceEver, OnceAgain), storage.JSON("actions", &r.Actions), storage.Bool("paused", &r.Paused),
		storage.Instant("since", &r.since).Optional(),
	}
})

// edition tells one set of a tenant's rules from another, so that what was compiled is known to be of today.
type edition struct {
	Name    string
	Version int64
	// Stamp is new with each change: a count would come again after a change that was undone.
	Stamp storage.ID[edition]
	// Looked is the instant up to which dates were looked at.
	Looked time.Time
}

const theRules = "rules"

var editions = storage.Define("workflow.edition", func(e *edition) []storage.Field {
	return []storage.Field{storage.Text("name", &e.Name).Key().Limit(50), storage.Version(&e.Version), storage.Instant("looked", &e.Looked).Optional(),
		storage.UUID("stamp", &e.Stamp)}
}, storage.Rank(18))

// An ActionCall is one action that a rule asks for.
type ActionCall struct {
	// Key names the call for good, so that what is done outside the store can be done once: the run and the place of the action.
	Key  storage.Key
	Rule string
	Do   string
	With json.RawMessage
	// Subject is the document, Event what happened to it; zero for a date that came.
	Subject storage.Ref
	Event   storage.ID[event.Event]
}

// ActionHandler does an action, in a transaction of which an error undoes what it did; it is then tried again.
type ActionHandler func(ctx context.Context, tx *storage.Tx, c ActionCall) error

// Rules keeps the rules of tenants, and carries them out. It is safe for concurrent use once all is attached.
type Rules struct {
	handlers   map[string]ActionHandler
	predicates map[string]Predicate[*Document]
	retries    Retries
	timers     *Timers

	mu    sync.Mutex
	books map[string]*tenantBook
}

// tenantBook is the compiled rules of a tenant, of an edition.
type tenantBook struct {
	edition storage.ID[edition]
	book    *Rulebook[*Document]
	kinds   map[string]ruledKind
}

// ruledKind is a kind of documents that rules are about, and the facts that its fields are.
type ruledKind struct {
	desc  storage.Description
	facts []Fact[*Document]
}

// NewRules makes the service. Predicates are what conditions may ask by name.
func NewRules(predicates map[string]Predicate[*Document]) *Rules {
	return &Rules{handlers: map[string]ActionHandler{}, predicates: predicates, retries: DefaultRetries, books: map[string]*tenantBook{}}
}

// Handle names who does an action. Call it before the first Tick.
func (r *Rules) Handle(do string, h ActionHandler) { r.handlers[do] = h }

// SetRule keeps a rule under its name, or changes it.
type SetRule struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Rule Rule        `json:"rule"`
}

// Set keeps a rule. Runs that are under way keep the actions with which they began.
//
// Errors: *storage.Invalid, with paths such as "if/all/0/field", "actions.0.do" for an action that nobody does; storage.ErrStale where Rule.Version is
// given and old; storage.ErrKeyReused, storage.ErrForbidden.
func (r *Rules) Set(ctx context.Context, on storage.Session, cmd SetRule) (*Rule, error) {
	return storage.Once(ctx, on, cmd.Key, "workflow.rule.set", cmd, func(tx *storage.Tx) (*Rule, error) {
		if err := r.check(ctx, tx, cmd.Rule); err != nil {
			return nil, err
		}
		next, change := cmd.Rule, event.Change[Rule]{By: cmd.By, Verb: "workflow.rule.set", Why: cmd.Why}
		old := &Rule{Name: next.Name}
		found, err := ruleTable.LoadLocked(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		if !found[0] {
			old.Version = 0
		}
		if err := storage.CheckVersion(cmd.Rule.Version, old.Version); err != nil {
			return nil, err
		}
		if next.Version = old.Version; found[0] {
			change.Before = old
		}
		if next.since = tx.Now(); found[0] && !old.Paused && reflect.DeepEqual(old.On, next.On) {
			next.since = old.since
		}
		change.After = &next
		if err := event.Apply(ctx, tx, ruleTable, change); err != nil {
			return nil, err
		}
		return &next, r.newEdition(ctx, tx)
	})
}

// check holds a rule against the vocabulary of its kind and the actions that there are.
func (r *Rules) check(ctx context.Context, tx *storage.Tx, rule Rule) error {
	b, err := r.compile(ctx, tx, []Rule{rule})
	var bad *storage.Invalid
	if errors.As(err, &bad) {
		for i := range bad.Fields { // there is only one
			if len(bad.Fields[i].Path) > 2 {
				bad.Fields[i].Path = bad.Fields[i].Path[2:]
			}
		}
		return bad
	}
	if err != nil {
		return err
	}
	var unknown storage.Invalid
	for _, one := range b.book.Rules() {
		for i, a := range one.Actions {
			unknown.Check(r.handlers[a.Do] != nil, "actions."+itoa(i)+".do", storage.CodeUnknown, clip(a.Do))
		}
	}
	return unknown.Err()
}

// DropRule removes a rule; its runs stay.
//
// Errors: storage.ErrNotFound, storage.ErrForbidden.
func (r *Rules) DropRule(ctx context.Context, on storage.Session, by storage.Ref, name string) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		old := &Rule{Name: name}
		found, err := ruleTable.LoadLocked(ctx, tx, old)
		if err != nil {
			return err
		}
		if !found[0] {
			return storage.ErrNotFound.With("rule %s", clip(name))
		}
		if err := event.Apply(ctx, tx, ruleTable, event.Change[Rule]{By: by, Verb: "workflow.rule.drop", Before: old}); err != nil {
			return err
		}
		return r.newEdition(ctx, tx)
	})
}

// AllRules lists the rules by name.
func AllRules(ctx context.Context, on storage.Session) iter.Seq2[*Rule, error] {
	return ruleTable.All(ctx, on, storage.Query{})
}

// newEdition notes that the rules have changed, and lets dates be looked at.
func (r *Rules) newEdition(ctx context.Context, tx *storage.Tx) error {
	e := &edition{Name: theRules}
	found, err := editions.LoadLocked(ctx, tx, e)
	if err != nil {
		return err
	}
	e.Stamp = storage.NewID[edition](tx)
	if !found[0] {
		e.Looked = tx.Now()
		if err := editions.Insert(ctx, tx, e); err != nil {
			return err
		}
	} else if err := editions.Update(ctx, tx, e); err != nil {
		return err
	}
	b, err := r.read(ctx, tx)
	if err != nil {
		return err
	}
	return r.wakeForDates(ctx, tx, b)
}

// current finds the compiled rules of the tenant, nil where it has none.
func (r *Rules) current(ctx context.Context, tx *storage.Tx) (*tenantBook, error) {
	e := &edition{Name: theRules}
	found, err := editions.Load(ctx, tx, e)
	if err != nil || !found[0] {
		return nil, err
	}
	tenant := tx.Tenant().ID
	r.mu.Lock()
	known := r.books[tenant]
	r.mu.Unlock()
	if known != nil && known.edition == e.Stamp {
		return known, nil
	}
	b, err := r.read(ctx, tx)
	if err != nil {
		return nil, err
	}
	b.edition = e.Stamp
	r.mu.Lock()
	r.books[tenant] = b
	r.mu.Unlock()
	return b, nil
}

// read compiles what is stored.
func (r *Rules) read(ctx context.Context, tx *storage.Tx) (*tenantBook, error) {
	var list []Rule
	for one, err := range ruleTable.All(ctx, tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		list = append(list, *one)
	}
	return r.compile(ctx, tx, list)
}

func (r *Rules) compile(ctx context.Context, tx *storage.Tx, list []Rule) (*tenantBook, error) {
	b := &tenantBook{kinds: map[string]ruledKind{}}
	words := map[string]*Vocabulary[*Document]{}
	for _, one := range list {
		if _, seen := words[one.Kind]; seen || one.Kind == "" {
			continue
		}
		desc, err := tx.Describe(ctx, one.Kind)
		if errors.Is(err, storage.ErrNotFound) {
			continue // the fault will be named with its place
		}
		if err != nil {
			return nil, err
		}
		facts := factsOf(desc)
		v, err := NewVocabulary(r.predicates, facts...)
		if err != nil {
			return nil, err
		}
		words[one.Kind], b.kinds[one.Kind] = v, ruledKind{desc, facts}
	}
	var err error
	b.book, err = NewRulebook(func(kind string) *Vocabulary[*Document] { return words[kind] }, list...)
	return b, err
}
