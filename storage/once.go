package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// A Key makes a command happen once: the first outcome is stored with it and replayed, refusals included. "" means no such promise. Hosts
// derive it from what caused the command (a request, a message, an import line).
type Key string

// outcome is what a keyed command came to.
type outcome struct {
	Key    Key
	Verb   string
	Digest string
	At     time.Time
	Code   string // of a refusal; "" for success
	Text   string
	Result json.RawMessage
}

var outcomes = Define("storage.command", func(o *outcome) []Field {
	return []Field{
		Text("key", &o.Key).Key().Limit(200), Text("verb", &o.Verb).Limit(200), Text("digest", &o.Digest),
		Instant("at", &o.At), Text("code", &o.Code), Text("text", &o.Text), JSONText("result", &o.Result),
	}
})

// Once runs a command under its key. The first time it runs fn and stores its result, or the *Error with which it was refused; under
// the same key it then answers the same without running fn. A fault in the input (*Invalid) and a failure of the engine are not stored. With
// a key, an unknown outcome of the commit (ErrUnknown) is resolved by asking again. In a host's transaction the record lives and dies with the host's commit.
//
// The command is compared by its JSON, a []byte as it is; R must survive JSON. Each ahead may announce, before the key is looked up, what fn is going to read.
//
// Errors: ErrKeyReused, and those of fn.
func Once[R any](ctx context.Context, s Session, key Key, verb string, command any, fn func(*Tx) (R, error), ahead ...func(*Tx) error) (R, error) {
	var result R
	if key == "" {
		err := s.Update(ctx, func(tx *Tx) (err error) {
			result, err = fn(tx)
			return err
		})
		return result, err
	}
	digest, err := digestOf(verb, command)
	if err != nil {
		return result, err
	}
	for attempt := 1; ; attempt++ {
		var refusal error
		result, refusal, err = once(ctx, s, outcome{Key: key, Verb: verb, Digest: digest}, fn, ahead)
		if err == nil {
			return result, refusal
		}
		switch s := s.(type) {
		case *DB:
			if !errors.Is(err, ErrUnknown) || attempt >= s.store.attempts {
				return result, err
			}
			if wait := s.store.pause(ctx, attempt); wait != nil {
				return result, wait
			}
		default: // inside a transaction: the savepoint is undone, the winner's outcome can be read
			if !isKeyRace(err) || attempt > 1 {
				return result, err
			}
		}
	}
}

// OnceNew is Once for commands whose key is nearly always new: it does not look the key up first but runs fn and writes the key with all the rest. When fn fails, or the key is
// found there, it does the command again as Once does, and that decides. So a new command costs no round trip for its key, and one that comes
// again runs fn for nothing. Inside a transaction it is Once.
//
// Errors: as Once.
func OnceNew[R any](ctx context.Context, s Session, key Key, verb string, command any, fn func(*Tx) (R, error), ahead ...func(*Tx) error) (R, error) {
	db, ok := s.(*DB)
	if !ok || key == "" {
		return Once(ctx, s, key, verb, command, fn, ahead...)
	}
	o := outcome{Key: key, Verb: verb}
	var err error
	var result R
	if o.Digest, err = digestOf(verb, command); err != nil {
		return result, err
	}
	_, err = db.attempt(ctx, false, func(tx *Tx) (err error) {
		if result, err = fn(tx); err != nil {
			return err
		}
		o.At = tx.now
		if o.Result, err = encodeResult(result); err != nil {
			return err
		}
		return outcomes.Insert(ctx, tx, &o)
	})
	if err == nil || !mayDiffer(ctx, err) {
		return result, err
	}
	return Once(ctx, db.careful(), key, verb, command, fn, ahead...)
}

// mayDiffer reports whether a hopeful command that failed is worth doing with care: not where the engine itself fails.
func mayDiffer(ctx context.Context, err error) bool {
	var coded *Error
	var bad *Invalid
	var key *KeyError
	return ctx.Err() == nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrClosed) &&
		(errors.As(err, &coded) || errors.As(err, &bad) || errors.As(err, &key) || errors.Is(err, ErrConflict) || errors.Is(err, ErrUnknown))
}

// once is one try: a stored outcome, or a new one. The refusal is part of what is committed; err says that nothing was.
func once[R any](ctx context.Context, s Session, o outcome, fn func(*Tx) (R, error), ahead []func(*Tx) error) (result R, refusal, err error) {
	err = s.Update(ctx, func(tx *Tx) error {
		var zero R
		result, refusal = zero, nil
		for _, announce := range ahead {
			if err := announce(tx); err != nil {
				return err
			}
		}
		stored, err := knownOutcomes(ctx, tx, []outcome{{Key: o.Key}})
		if err != nil {
			return err
		}
		if known := stored[0]; known != nil {
			if known.Verb != o.Verb || known.Digest != o.Digest {
				return ErrKeyReused.With("%s", o.Key)
			}
			if known.Code != "" {
				refusal = &Error{Code: known.Code, Text: known.Text}
				return nil
			}
			return json.Unmarshal(known.Result, &result)
		}
		err = tx.Update(ctx, func(tx *Tx) (err error) {
			result, err = fn(tx)
			return err
		})
		o.At, o.Code, o.Text, o.Result = tx.now, "", "", nil // of this attempt
		var coded *Error
		switch {
		case err == nil:
			if o.Result, err = encodeResult(result); err != nil {
				return err
			}
		case errors.As(err, &coded) && tx.doom == nil:
			refusal, o.Code, o.Text = err, coded.Code, err.Error()
		default:
			return err
		}
		return outcomes.Insert(ctx, tx, &o)
	})
	return result, refusal, err
}

// isKeyRace reports whether two commands with one key ran at once: the loser asks again and finds the winner's outcome.
func isKeyRace(err error) bool {
	return isRaceFor(err, outcomes.table)
}

func isRaceFor(err error, t *driver.Table) bool {
	if err == nil {
		return false
	}
	var k *KeyError
	return errors.As(err, &k) && k.Table == t.Name
}

func digestOf(verb string, command any) (string, error) {
	b, ok := command.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(command); err != nil {
			return "", invalid("command", CodeType, err.Error())
		}
	}
	var few [512]byte
	sum := sha256.Sum256(append(append(append(few[:0], verb...), '\n'), b...))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:]), nil
}

// encodeResult is json.Marshal, with a shorter way for identifiers and what else writes itself, which most commands answer.
func encodeResult(result any) (json.RawMessage, error) {
	switch r := result.(type) {
	case interface{ AppendJSON([]byte) []byte }:
		return r.AppendJSON(make([]byte, 0, 38)), nil
	case interface{ AppendJSON([]byte) ([]byte, error) }:
		return r.AppendJSON(make([]byte, 0, 38))
	}
	return json.Marshal(result)
}
