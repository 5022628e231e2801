package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Lock closes the books through a day: nothing is posted on or before it. No date opens all of them, an earlier date a part.
type Lock struct {
	By      storage.Ref `json:"by"`
	Key     storage.Key `json:"key,omitempty"`
	Why     string      `json:"why,omitempty"`
	Through date.Date   `json:"through"`
}

// LockPayload tells followers through which day the books are locked; no date when they are open.
type LockPayload struct {
	Through date.Date `json:"through"`
}

// BooksLocked is the event of each change of the lock.
var BooksLocked = event.NewType[LockPayload]("ledger.books.locked")

// Lock closes the books through a day, or opens them again; who and why is in the audit trail. Once it has answered, nothing more comes
// in: it waits for postings that are about to commit, and the others under way are held against it.
//
// Errors: *storage.Invalid, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Lock(ctx context.Context, cmd Lock) error {
	if y := cmd.Through.Year(); !cmd.Through.IsZero() && (y < FirstYear || y > LastYear) {
		return &storage.Invalid{Fields: []storage.Fault{{Path: "through", Code: storage.CodeRange}}}
	}
	_, err := storage.Once(ctx, b.s, cmd.Key, "ledger.books.lock", cmd, func(tx *storage.Tx) (bool, error) {
		set, err := lockSettings(ctx, tx)
		if err != nil {
			return false, err
		}
		old := *set
		set.Locked = cmd.Through
		return true, event.Apply(ctx, tx, settings, event.Change[setting]{By: cmd.By, Verb: "ledger.books.lock", Why: cmd.Why,
			Before: &old, After: set,
			Events: []event.Draft{BooksLocked.Draft(LockPayload{cmd.Through})}})
	})
	return err
}

// Locked returns the day through which the books are locked, no date if they are open.
func (b *Books) Locked(ctx context.Context) (d date.Date, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		set := &setting{Name: allBooks}
		_, err := settings.Load(ctx, tx, set)
		d = set.Locked
		return err
	})
	return d, err
}

// DeclareCommodity declares a currency of one's own.
type DeclareCommodity struct {
	By    storage.Ref    `json:"by"`
	Key   storage.Key    `json:"key,omitempty"`
	Why   string         `json:"why,omitempty"`
	Code  money.Currency `json:"code"`
	Name  string         `json:"name"`
	Scale int            `json:"scale"`
}

// DeclareCommodity declares a commodity with its scale, or renames it.
//
// Errors: *storage.Invalid, also for a currency of the ISO list and for another scale than before; storage.ErrKeyReused,
// storage.ErrForbidden.
func (b *Books) DeclareCommodity(ctx context.Context, cmd DeclareCommodity) error {
	var bad storage.Invalid
	_, listed := cmd.Code.Digits()
	bad.Check(cmd.Code.Valid() && !listed, "code", storage.CodeCurrency, "a code that has no minor unit of its own")
	fault := textFault(cmd.Name, maxName)
	bad.Check(fault == "", "name", fault, "")
	bad.Check(cmd.Scale >= 0 && cmd.Scale <= money.MaxScale, "scale", storage.CodeRange, "")
	if err := bad.Err(); err != nil {
		return err
	}
	_, err := storage.Once(ctx, b.s, cmd.Key, "ledger.commodity.declare", cmd, func(tx *storage.Tx) (bool, error) {
		c := &Commodity{Code: cmd.Code}
		found, err := commodities.LoadLocked(ctx, tx, c)
		if err != nil {
			return false, err
		}
		change := event.Change[Commodity]{By: cmd.By, Verb: "ledger.commodity.declare", Why: cmd.Why, After: c}
		if old := *c; found[0] {
			if change.Before = &old; old.Scale != cmd.Scale {
				return false, &storage.Invalid{Fields: []storage.Fault{{Path: "scale", Code: storage.CodeRange,
					Text: "the scale never changes"}}}
			}
		}
		c.Name, c.Scale = cmd.Name, cmd.Scale
		return true, event.Apply(ctx, tx, commodities, change)
	})
	return err
}
