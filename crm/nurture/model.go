package nurture

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A Model says what events of a contact are worth, and what scores matter.
type Model struct {
	ID      storage.ID[Model] `json:"id"`
	Version int64             `json:"version"`
	Name    string            `json:"name"`
	// Halve is after how many full days of age points halve, and again after as many; 0 keeps them.
	Halve int `json:"halve"`
	// Rules that match an event all count.
	Rules      []PointRule `json:"rules"`
	Thresholds []Threshold `json:"thresholds"`
	// Declared are the fields of events that conditions may ask about.
	Declared []Declared     `json:"declared,omitempty"`
	Fields   storage.Fields `json:"fields,omitempty"`
	Created  time.Time      `json:"created"`
}

// A PointRule gives points for events of a kind.
type PointRule struct {
	// Kind is that of the events: "page.viewed".
	Kind string             `json:"kind"`
	If   workflow.Condition `json:"if,omitzero"`
	// Points may be negative; they have at most four decimals.
	Points decimal.Decimal `json:"points"`
	// Halve takes the place of the model's; Fixed points never decay.
	Halve int  `json:"halve,omitempty"`
	Fixed bool `json:"fixed,omitempty"`
}

// A Threshold is a score that matters: it is reached when the score is At or more, and again only after it was less.
type Threshold struct {
	Name string          `json:"name"`
	At   decimal.Decimal `json:"at"`
}

// MaxHalvings is after how many halvings nothing is left of points: of a million, less than one.
const MaxHalvings = 20

// Limits of a model.
const (
	MaxPointRules = 500
	MaxThresholds = 20
	maxPoints     = 1_000_000_000
)

// Ref points to the model.
func (m *Model) Ref() storage.Ref { return models.Ref(m.ID) }

// A Scorer is a compiled model. It is immutable and safe for concurrent use.
type Scorer struct {
	model Model
	tests []*workflow.Test[*subject]
}

// Compile checks a model.
//
// Errors: *storage.Invalid with paths such as "rules.0.points" and "thresholds.1.name".
func (m Model) Compile() (*Scorer, error) {
	var bad storage.Invalid
	bad.Check(m.Name != "", "name", storage.CodeRequired, "")
	bad.Text("name", m.Name, maxName)
	days := func(path string, n int) {
		bad.Check(n >= 0 && n <= maxDays, path, storage.CodeRange, "0 to "+strconv.Itoa(maxDays))
	}
	days("halve", m.Halve)
	bad.Check(len(m.Rules) > 0, "rules", storage.CodeRequired, "")
	bad.Check(len(m.Rules) <= MaxPointRules, "rules", storage.CodeRange, "at most "+strconv.Itoa(MaxPointRules))
	bad.Check(len(m.Thresholds) <= MaxThresholds, "thresholds", storage.CodeRange, "at most "+strconv.Itoa(MaxThresholds))
	v := newVocabulary(&bad, m.Declared, nil)
	s := &Scorer{model: m}
	s.model.Rules, s.model.Thresholds = slices.Clone(m.Rules), slices.Clone(m.Thresholds)
	for i, r := range m.Rules[:min(len(m.Rules), MaxPointRules)] {
		at := "rules." + strconv.Itoa(i) + "."
		bad.Check(r.Kind != "", at+"kind", storage.CodeRequired, "")
		bad.Text(at+"kind", r.Kind, maxName)
		points(&bad, at+"points", r.Points)
		bad.Check(!r.Points.IsZero(), at+"points", storage.CodeRequired, "")
		days(at+"halve", r.Halve)
		bad.Check(!r.Fixed || r.Halve == 0, at+"halve", storage.CodeChoice, "fixed points do not halve")
		s.tests = append(s.tests, v.check(&bad, at+"if", r.If))
	}
	names := map[string]bool{}
	for i, t := range m.Thresholds[:min(len(m.Thresholds), MaxThresholds)] {
		at := "thresholds." + strconv.Itoa(i) + "."
		bad.Check(t.Name != "", at+"name", storage.CodeRequired, "")
		bad.Text(at+"name", t.Name, maxName)
		bad.Check(!names[t.Name], at+"name", storage.CodeDuplicate, "")
		names[t.Name] = true
		points(&bad, at+"at", t.At)
		bad.Check(t.At.IsPositive(), at+"at", storage.CodeRange, "more than nothing")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.model.Thresholds, func(a, b Threshold) int { return a.At.Cmp(b.At) })
	return s, nil
}

func points(bad *storage.Invalid, path string, d decimal.Decimal) {
	if e := d.Exponent(); e > 10 || e < -10 { // written out, such numbers could fill the memory
		bad.Add(path, storage.CodeRange, "")
		return
	}
	bad.Check(d.Shift(4).IsInteger(), path, storage.CodeScale, "at most four decimals")
	bad.Check(d.Abs().Cmp(decimal.New(maxPoints, 0)) <= 0, path, storage.CodeRange, "")
}

// halve is after how many days points of a rule halve; 0 never.
func (s *Scorer) halve(r *PointRule) int {
	switch {
	case r.Fixed:
		return 0
	case r.Halve > 0:
		return r.Halve
	}
	return s.model.Halve
}

// memory is how many days back events still count; false where some count for ever.
func (s *Scorer) memory() (days int, ends bool) {
	for i := range s.model.Rules {
		h := s.halve(&s.model.Rules[i])
		if h == 0 {
			return 0, false
		}
		days = max(days, h*(MaxHalvings+1))
	}
	return days, true
}

// knows reports whether a kind of event counts at all.
func (m *Model) knows(kind string) bool {
	return slices.ContainsFunc(m.Rules, func(r PointRule) bool { return r.Kind == kind })
}

// SetModel is the command to declare a model, or to change the one of the same name.
type SetModel struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Version is that of the model to be changed, as By saw it; 0 does not care.
	Version int64
	// Model is what it shall be; its ID, Version and Created are not looked at.
	Model Model
}

// SetModel declares a model, or changes the one of the same name. The scores of all contacts of whom anything is known are then
// made anew of the stored events, with the next Tick; a threshold that is reached by that is reached now.
//
// Errors: *storage.Invalid, storage.ErrStale, storage.ErrKeyReused.
func (n *Nurture) SetModel(ctx context.Context, c SetModel) (*Model, error) {
	if _, err := c.Model.Compile(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.model.set", c, func(tx *storage.Tx) (*Model, error) {
		m := c.Model
		m.Fields = maps.Clone(m.Fields)
		change := event.Change[Model]{By: c.By, Verb: "nurture.model.set", Why: c.Why, After: &m}
		old, err := modelNamed(ctx, tx, m.Name)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			if err := storage.CheckVersion(c.Version, 0); err != nil {
				return nil, err
			}
			m.ID, m.Version, m.Created = storage.NewID[Model](tx), 0, tx.Now()
		case err != nil:
			return nil, err
		default:
			if err := storage.CheckVersion(c.Version, old.Version); err != nil {
				return nil, err
			}
			m.ID, m.Version, m.Created = old.ID, old.Version, old.Created
			change.Before = old
		}
		if err := event.Apply(ctx, tx, models, change); err != nil {
			return nil, err
		}
		return &m, workflow.SetTimer(ctx, tx, workflow.Timer{Name: modelTimer, For: m.Ref(), Due: tx.Now()})
	})
}

// Model returns the model of a name.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Model(ctx context.Context, name string, by ...storage.Ref) (m *Model, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		m, err = modelNamed(ctx, tx, name, by...)
		return err
	})
	return m, err
}

// Models yields all models by name.
func (n *Nurture) Models(ctx context.Context, by ...storage.Ref) iter.Seq2[*Model, error] {
	return models.All(ctx, n.s, storage.Query{By: actor(by), Order: []string{"name"}})
}

func modelNamed(ctx context.Context, tx *storage.Tx, name string, by ...storage.Ref) (*Model, error) {
	m, err := models.First(ctx, tx, storage.Query{By: actor(by), Where: []storage.Cond{storage.Eq("name", name)}})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, storage.ErrNotFound.With("model %q", name)
	}
	return m, err
}
