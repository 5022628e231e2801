package storage

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tutas/tutas/storage/driver"
)

// A Command is one of several that are carried out together; see OnceEach.
type Command struct {
	// Key makes it happen once; "" carries it out each time.
	Key Key
	// Content is compared when the key comes again: a []byte as it is, anything else by its JSON.
	Content any
}

// OnceEach carries out several commands in one transaction, each once under its own key. Those whose outcome is stored are not handed to fn but answered from it; fn
// gets the positions of the others and answers for each of them, in that order. All or nothing: when fn fails, no key is used up, and a stored refusal refuses the
// whole. Before what it reads itself, each ahead may announce what fn is going to read.
//
// Over a DB it first goes ahead as if all keys were new, as OnceNew does: fn may run for nothing.
//
// Errors: ErrKeyReused, *Invalid for a key that stands twice, and those of fn.
func OnceEach[R any](ctx context.Context, s Session, verb string, commands []Command, fn func(tx *Tx, todo []int) ([]R, error), ahead ...func(*Tx) error) (
	results []R, err error) {
	fresh, at := make([]outcome, 0, len(commands)), make([]int, 0, len(commands))
	seen := make(map[Key]bool, len(commands))
	for i, c := range commands {
		if c.Key == "" {
			continue
		}
		if seen[c.Key] {
			return nil, invalid("key", CodeDuplicate, string(c.Key))
		}
		seen[c.Key] = true
		digest, err := digestOf(verb, c.Content)
		if err != nil {
			return nil, err
		}
		fresh, at = append(fresh, outcome{Key: c.Key, Verb: verb, Digest: digest}), append(at, i)
	}
	if db, ok := s.(*DB); ok && len(fresh) > 0 {
		_, err := db.attempt(ctx, false, func(tx *Tx) (err error) {
			results, err = onceFresh(ctx, tx, len(commands), fresh, at, make([]*outcome, len(fresh)), fn)
			return err
		})
		if err == nil || !mayDiffer(ctx, err) {
			return results, err
		}
		s = db.careful()
	}
	for attempt := 1; ; attempt++ {
		err := s.Update(ctx, func(tx *Tx) (err error) {
			for _, announce := range ahead {
				if err := announce(tx); err != nil {
					return err
				}
			}
			results, err = onceEach(ctx, tx, len(commands), fresh, at, fn)
			return err
		})
		switch s := s.(type) {
		case *DB:
			if !errors.Is(err, ErrUnknown) || len(fresh) < len(commands) || attempt >= s.store.attempts {
				return results, err
			}
			if wait := s.store.pause(ctx, attempt); wait != nil {
				return nil, wait
			}
		default:
			if !isKeyRace(err) || attempt > 1 {
				return results, err
			}
		}
	}
}

func onceEach[R any](ctx context.Context, tx *Tx, n int, fresh []outcome, at []int, fn func(*Tx, []int) ([]R, error)) ([]R, error) {
	known, err := knownOutcomes(ctx, tx, fresh)
	if err != nil {
		return nil, err
	}
	return onceFresh(ctx, tx, n, fresh, at, known, fn)
}

// onceFresh answers from the outcomes that are known, and carries out the other commands.
func onceFresh[R any](ctx context.Context, tx *Tx, n int, fresh []outcome, at []int, known []*outcome, fn func(*Tx, []int) ([]R, error)) (
	_ []R, err error) {
	results, done := make([]R, n), make([]bool, n)
	var todo []int
	for i, k := range known {
		switch {
		case k == nil:
		case k.Verb != fresh[i].Verb || k.Digest != fresh[i].Digest:
			return nil, ErrKeyReused.With("%s", k.Key)
		case k.Code != "":
			return nil, &Error{Code: k.Code, Text: k.Text}
		default:
			if err := json.Unmarshal(k.Result, &results[at[i]]); err != nil {
				return nil, err
			}
			done[at[i]] = true
		}
	}
	for i := range n {
		if !done[i] {
			todo = append(todo, i)
		}
	}
	if len(todo) == 0 {
		return results, nil
	}
	answers, err := fn(tx, todo)
	if err != nil {
		return nil, err
	}
	for i, a := range answers {
		results[todo[i]] = a
	}
	write := make([]*outcome, 0, len(fresh))
	for i := range fresh {
		if known[i] != nil {
			continue
		}
		o := &fresh[i]
		o.At = tx.now
		if o.Result, err = encodeResult(results[at[i]]); err != nil {
			return nil, err
		}
		write = append(write, o)
	}
	return results, outcomes.Insert(ctx, tx, write...)
}

// knownOutcomes reads what is stored under the keys of some outcomes, nil where there is nothing.
func knownOutcomes(ctx context.Context, tx *Tx, some []outcome) ([]*outcome, error) {
	known, keys := make([]*outcome, len(some)), make([]driver.Row, len(some))
	if len(some) == 0 {
		return known, nil
	}
	b := outcomes.borrow()
	defer outcomes.giveBack(b)
	for i := range some {
		var err error
		if keys[i], err = outcomes.keyBy(tx, b, &some[i]); err != nil {
			return nil, err
		}
	}
	rows, err := outcomes.read(ctx, tx, driver.Get, keys...)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if row != nil {
			known[i] = &outcome{}
			if err := outcomes.decodeBy(ctx, tx, b, row, known[i], nil); err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}
