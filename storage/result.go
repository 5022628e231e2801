package storage

import (
	"context"
	"encoding/json"
)

// ResultOf reads what a keyed command of a verb answered, as JSON; nil where no such command has succeeded. It serves to tell how a command
// differs that was refused with ErrKeyReused.
func ResultOf(ctx context.Context, s Session, key Key, verb string) (result json.RawMessage, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		o := &outcome{Key: key}
		found, err := outcomes.Load(ctx, tx, o)
		if result = nil; err == nil && found[0] && o.Verb == verb && o.Code == "" {
			result = o.Result
		}
		return err
	})
	return result, err
}
