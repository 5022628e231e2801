// Sealing: who does it, and how far it has come.

package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
)

// sealing is how far the entries have been sealed. What it says is the engine's affair: after an import the tail is read anew,
// and what is sealed already is passed over.
type sealing struct {
	Name     string
	Version  int64
	Position storage.Position
	// Left is how many sealed entries are still to be met in the tail.
	Left int64
}

// theSealing is the name of the one row.
const theSealing = "log"

var sealings = storage.Define("ledger.sealing", func(s *sealing) []storage.Field {
	return []storage.Field{storage.Text("name", &s.Name).Key().Limit(50), storage.Version(&s.Version),
		storage.Text("position", &s.Position), storage.Int("left", &s.Left)}
}, storage.Rank(41), storage.Local("position", "left"))

// Seal appends what was posted since the last time to the sealed log, up to MaxBlock entries a transaction, and answers how
// many entries it sealed. An entry whose transaction began before another that is still open may have to wait for that one to
// end; no entry is ever passed over. Any number of processes may seal at once. A Ticker does it too, see Handle, after one post
// in 64 by chance: call Seal before a head is published.
//
// An entry may be changed unnoticed, with its digest, by someone who writes to the database, until it is sealed; and the whole
// log until a head was kept elsewhere: see Verify.
func (b *Books) Seal(ctx context.Context) (sealed int, err error) {
	for {
		read := 0
		n := 0
		err := b.s.Update(ctx, func(tx *storage.Tx) (err error) {
			read, n, err = sealOnce(ctx, tx)
			return err
		})
		sealed += n
		if err != nil || read < MaxBlock {
			return sealed, err
		}
	}
}

// sealOnce takes a stretch of the tail and seals what is not sealed yet.
func sealOnce(ctx context.Context, tx *storage.Tx) (read, sealed int, err error) {
	at, err := lockSealing(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	head, err := lastBlock(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	at.resume(head)
	tail, err := entries.Tail(ctx, tx, at.Position, MaxBlock)
	if err != nil || len(tail.Items) == 0 {
		return 0, 0, err
	}
	fresh, err := at.unsealed(ctx, tx, tail.Items)
	if err != nil {
		return 0, 0, err
	}
	at.Position = tail.Next
	if len(fresh) > 0 {
		if err := blocks.Insert(ctx, tx, head.seal(fresh, tx.Now())); err != nil {
			return 0, 0, err
		}
	}
	return len(tail.Items), len(fresh), sealings.Update(ctx, tx, at)
}

// lockSealing takes the turn to seal.
func lockSealing(ctx context.Context, tx *storage.Tx) (*sealing, error) {
	at := &sealing{Name: theSealing}
	found, err := sealings.LoadLocked(ctx, tx, at)
	if err == nil && !found[0] {
		if _, err = sealings.InsertNew(ctx, tx, &sealing{Name: theSealing}); err == nil {
			_, err = sealings.LoadLocked(ctx, tx, at)
		}
	}
	return at, err
}

// resume finds out what is to be met again, where the place in the tail is that of another engine.
func (s *sealing) resume(head *block) {
	if s.Position == "" && head.Number > 0 {
		s.Left = head.last()
	}
}

// unsealed keeps those of a stretch of the tail that are in no block yet.
func (s *sealing) unsealed(ctx context.Context, tx *storage.Tx, list []*Posted) ([]*Posted, error) {
	if s.Left <= 0 {
		return list, nil
	}
	ids := make([]storage.ID[Posted], len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	sealed, err := sequences(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	var fresh []*Posted
	for _, p := range list {
		if sealed[p.ID] == 0 {
			fresh = append(fresh, p)
		}
	}
	s.Left -= int64(len(list) - len(fresh))
	return fresh, nil
}

// eachOpen yields the entries after the log, some at a time; the sealing goes along.
func (s *sealing) eachOpen(ctx context.Context, tx *storage.Tx, fn func([]*Posted) error) error {
	for {
		tail, err := entries.TailUnsettled(ctx, tx, s.Position, MaxBlock)
		if err != nil {
			return err
		}
		fresh, err := s.unsealed(ctx, tx, tail.Items)
		if err != nil {
			return err
		}
		if err := fn(fresh); err != nil || len(tail.Items) < MaxBlock {
			return err
		}
		s.Position = tail.Next
	}
}

// lastBlock reads the newest block; one of number 0 is none.
func lastBlock(ctx context.Context, tx *storage.Tx) (*block, error) {
	return firstBlock(ctx, tx, storage.Query{Desc: true})
}
