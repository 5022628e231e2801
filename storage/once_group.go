package storage

import (
	"context"
	"encoding/json"
	"errors"
)

// An Answer is what one of several callers gets.
type Answer[R any] struct {
	Results []R
	Err     error
}

// OnceGroup carries out the commands of several callers in one transaction. The commands of a caller stand or fall together, as with OnceEach, but each caller by
// itself and in turn: one that is refused leaves nothing and does not fail the others. Each command has a key, and no key stands twice. Fn gets the place of a caller and
// the positions of those of its commands whose outcome is not stored, and answers for these, in that order; it is called again when the transaction has to be.
//
// It first goes ahead as if all keys were new, as OnceNew does: fn may run for nothing.
//
// A refusal is stored with the key where the caller has one command. An answer is an error of that caller alone: ErrKeyReused, and those of fn. The error of the whole
// is one of the engine, and then nobody's commands were carried out; only after ErrUnknown they may have been, and the keys make asking again safe.
//
// Errors: *Invalid for a key that is missing or stands twice, and those of the engine.
func OnceGroup[R any](ctx context.Context, db *DB, verb string, callers [][]Command, fn func(tx *Tx, caller int, todo []int) ([]R, error),
	ahead ...func(*Tx) error) ([]Answer[R], error) {
	var all []outcome
	seen := map[Key]bool{}
	for _, commands := range callers {
		for _, c := range commands {
			if c.Key == "" {
				return nil, invalid("key", CodeRequired, "")
			}
			if seen[c.Key] {
				return nil, invalid("key", CodeDuplicate, string(c.Key))
			}
			seen[c.Key] = true
			digest, err := digestOf(verb, c.Content)
			if err != nil {
				return nil, err
			}
			all = append(all, outcome{Key: c.Key, Verb: verb, Digest: digest})
		}
	}
	g := group[R]{callers: callers, all: all, fn: fn}
	_, err := db.attempt(ctx, false, func(tx *Tx) error { return g.run(ctx, tx, true) })
	if err == nil {
		return g.answers, nil
	}
	if !mayDiffer(ctx, err) {
		return nil, err
	}
	db = db.careful()
	for attempt := 1; ; attempt++ {
		err := db.Update(ctx, func(tx *Tx) error {
			for _, announce := range ahead {
				if err := announce(tx); err != nil {
					return err
				}
			}
			return g.run(ctx, tx, false)
		})
		if err == nil {
			return g.answers, nil
		}
		if !errors.Is(err, ErrUnknown) || attempt >= db.store.attempts {
			return nil, err
		}
		if wait := db.store.pause(ctx, attempt); wait != nil {
			return nil, errors.Join(err, wait)
		}
	}
}

// A group is the commands of several callers in one attempt.
type group[R any] struct {
	callers [][]Command
	all     []outcome // of each command, in turn
	fn      func(*Tx, int, []int) ([]R, error)
	answers []Answer[R]
	write   []*outcome
}

// errHopeless: a command was refused, and nothing would be stored under its key that shows whether it came before.
var errHopeless = NewError("hopeless", "the keys have to be looked up")

func (g *group[R]) run(ctx context.Context, tx *Tx, hopeful bool) error {
	known, found := make([]*outcome, len(g.all)), make([]bool, len(g.all))
	if !hopeful {
		for i := range g.all {
			known[i] = &outcome{Key: g.all[i].Key}
		}
		var err error
		if found, err = outcomes.Load(ctx, tx, known...); err != nil {
			return err
		}
	}
	g.answers, g.write = make([]Answer[R], len(g.callers)), make([]*outcome, 0, len(g.all))
	at := 0
	for i, commands := range g.callers {
		to := at + len(commands)
		stored := len(g.write)
		if err := g.caller(ctx, tx, i, g.all[at:to], known[at:to], found[at:to]); err != nil {
			return err
		}
		if hopeful && len(g.write) == stored {
			return errHopeless
		}
		at = to
	}
	return outcomes.Insert(ctx, tx, g.write...)
}

// caller does what one caller wants. The error is one of the engine.
func (g *group[R]) caller(ctx context.Context, tx *Tx, i int, fresh []outcome, known []*outcome, found []bool) error {
	a := &g.answers[i]
	a.Results = make([]R, len(fresh))
	var todo []int
	for j, k := range known {
		if !found[j] {
			todo = append(todo, j)
			continue
		}
		switch {
		case k.Verb != fresh[j].Verb || k.Digest != fresh[j].Digest:
			a.Err = ErrKeyReused.With("%s", k.Key)
		case k.Code != "":
			a.Err = &Error{Code: k.Code, Text: k.Text}
		default:
			if err := json.Unmarshal(k.Result, &a.Results[j]); err != nil {
				return err
			}
		}
		if a.Err != nil {
			return nil
		}
	}
	if len(todo) == 0 {
		return nil
	}
	var got []R
	a.Err = tx.Update(ctx, func(tx *Tx) (err error) {
		got, err = g.fn(tx, i, todo)
		return err
	})
	if a.Err != nil && (tx.doom != nil || isConflict(a.Err)) {
		return a.Err
	}
	var coded *Error
	if errors.As(a.Err, &coded) && len(fresh) == 1 {
		o := fresh[0]
		o.At, o.Code, o.Text = tx.now, coded.Code, a.Err.Error()
		g.write = append(g.write, &o)
	}
	if a.Err != nil {
		return nil
	}
	for j, at := range todo {
		o := fresh[at]
		a.Results[at], o.At = got[j], tx.now
		var err error
		if o.Result, err = json.Marshal(got[j]); err != nil {
			return err
		}
		g.write = append(g.write, &o)
	}
	return nil
}
