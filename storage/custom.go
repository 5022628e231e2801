package storage

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// Fields holds the values of fields that a tenant declared for itself, by name: string, bool, int64, decimal.Decimal, date.Date or
// time.Time, as declared. They travel with an aggregate from lead to invoice.
type Fields map[string]any

// FieldType is the type of a tenant's own field.
type FieldType string

// The types of a tenant's own fields.
const (
	TextField    FieldType = "text"
	ChoiceField  FieldType = "choice"
	BoolField    FieldType = "bool"
	IntField     FieldType = "int"
	DecimalField FieldType = "decimal"
	DateField    FieldType = "date"
	InstantField FieldType = "instant"
)

// A FieldSpec declares a field of a tenant's own.
type FieldSpec struct {
	// Kind is the kind of aggregate that carries it ("crm.deal"); "" is every kind that has custom fields, so that a
	// value can travel along the chain from lead to invoice.
	Kind string
	// Name is 1 to 63 of a-z, 0-9 and '_', beginning with a letter.
	Name string
	Type FieldType
	// Label is what a screen shows.
	Label string
	// Choices are the words of a ChoiceField.
	Choices []string
	// Indexed asks for a column of its own, so that long lists can be filtered by it fast and sums narrowed by it. There are 4 for text
	// and choices, 4 for numbers and bools (decimals to 4 digits), 2 for dates and 2 for instants per kind.
	Indexed bool
	// Required refuses an aggregate without a value.
	Required bool

	slot int
}

type specRow struct {
	FieldSpec
	Slot int
}

var specs = Define("storage.field", func(s *specRow) []Field {
	return []Field{
		Text("kind", &s.Kind).Key().Limit(100), Text("name", &s.Name).Key().Limit(63),
		Enum("type", &s.Type, TextField, ChoiceField, BoolField, IntField, DecimalField, DateField, InstantField),
		Text("label", &s.Label), JSON("choices", &s.Choices), Bool("indexed", &s.Indexed), Bool("required", &s.Required), Int("slot", &s.Slot),
	}
})

// slots is how many indexed columns each kind of aggregate has, in this order: text, numbers, dates, instants.
var slots = []struct {
	letter string
	kind   driver.Kind
	count  int
}{{"t", driver.Text, 4}, {"n", driver.Int, 4}, {"d", driver.Date, 2}, {"i", driver.Instant, 2}}

// slotFirst is the offset of the first slot that a type may use, within the custom columns (the JSON is at 0), and their number.
func slotFirst(t FieldType) (first, count int) {
	switch t {
	case TextField, ChoiceField:
		return 1, 4
	case DateField:
		return 9, 2
	case InstantField:
		return 11, 2
	}
	return 5, 4
}

// ErrNoSlot: all columns for indexed fields of this type are in use.
var ErrNoSlot = NewError("no_slot", "no indexed column of this type is left")

// DeclareField adds a field to every aggregate of a kind, or changes its label, choices and whether it is required. The type of a field never
// changes, and an indexed field stays indexed.
//
// Errors: *Invalid, ErrNoSlot.
func DeclareField(ctx context.Context, s Session, f FieldSpec) error {
	var bad Invalid
	ok := f.Name != "" && len(f.Name) <= 63 && f.Name[0] >= 'a' && f.Name[0] <= 'z' &&
		strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	bad.Check(ok, "name", CodeFormat, "1 to 63 of a-z, 0-9 and '_', beginning with a letter")
	bad.Check(f.Type != ChoiceField || len(f.Choices) > 0, "choices", CodeRequired, "")
	for i, word := range f.Choices {
		at := "choices." + strconv.Itoa(i)
		bad.Check(word != "", at, CodeRequired, "")
		bad.Check(!slices.Contains(f.Choices[:i], word), at, CodeDuplicate, "")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.Update(ctx, func(tx *Tx) error {
		row := &specRow{FieldSpec: FieldSpec{Kind: f.Kind, Name: f.Name}}
		found, err := specs.LoadLocked(ctx, tx, row)
		if err != nil {
			return err
		}
		if found[0] && row.Type != f.Type {
			return invalid("type", CodeType, "the type of a field cannot change")
		}
		slot, had := row.Slot, row.Slot > 0
		row.FieldSpec = f
		if f.Indexed && !had {
			if slot, err = freeSlot(ctx, tx, f); err != nil {
				return err
			}
		}
		row.Slot, row.Indexed = slot, slot > 0
		tx.db.tenant.custom.drop()
		tx.AfterCommit(tx.db.tenant.custom.drop)
		if found[0] {
			return specs.Update(ctx, tx, row)
		}
		return specs.Insert(ctx, tx, row)
	})
}

// freeSlot finds a column that no other field of the kind uses, nor one declared for every kind.
func freeSlot(ctx context.Context, tx *Tx, f FieldSpec) (int, error) {
	used := map[int]bool{}
	for s, err := range specs.All(ctx, tx, Query{}) {
		if err != nil {
			return 0, err
		}
		if s.Kind == f.Kind || s.Kind == "" || f.Kind == "" {
			used[s.Slot] = true
		}
	}
	first, count := slotFirst(f.Type)
	for i := first; i < first+count; i++ {
		if !used[i] {
			return i, nil
		}
	}
	return 0, ErrNoSlot.With("%s", f.Name)
}

// DeclaredFields lists the tenant's own fields of a kind, by name.
func DeclaredFields(ctx context.Context, s Session, kind string) (list []FieldSpec, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		byName, err := tx.customSpecs(ctx, kind, true)
		list = nil
		for _, f := range byName {
			list = append(list, f)
		}
		slices.SortFunc(list, func(a, b FieldSpec) int { return strings.Compare(a.Name, b.Name) })
		return err
	})
	return list, err
}

// customCache keeps a tenant's declarations, since every write of an aggregate needs them.
type customCache struct {
	mu     sync.Mutex
	byKind map[string]map[string]FieldSpec
}

func (c *customCache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byKind = nil
}

// customSpecs returns the declarations for a kind; fresh reads them anew.
func (tx *Tx) customSpecs(ctx context.Context, kind string, fresh bool) (map[string]FieldSpec, error) {
	c := &tx.db.tenant.custom
	if !fresh {
		c.mu.Lock()
		known, ok := c.byKind[kind]
		c.mu.Unlock()
		if ok {
			return known, nil
		}
	}
	byName := map[string]FieldSpec{}
	for s, err := range specs.All(ctx, tx, Query{Where: []Cond{In("kind", "", kind)}}) {
		if err != nil {
			return nil, err
		}
		f := s.FieldSpec
		f.slot = s.Slot
		byName[f.Name] = f
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKind == nil {
		c.byKind = map[string]map[string]FieldSpec{}
	}
	c.byKind[kind] = byName
	return byName, nil
}
