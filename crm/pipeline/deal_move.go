package pipeline

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Advance is the command to move a deal to another open stage, forward or back.
type Advance struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	Stage   string
	// At is the business date; no date is today.
	At date.Date
}

// Advance moves a deal to another open stage.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStage, ErrWon, ErrLost, storage.ErrKeyReused.
func (s *Deals) Advance(ctx context.Context, c Advance) (*Deal, error) {
	return s.move(ctx, change{c.By, c.Key, "pipeline.deal.advance", c.Why, c.ID, c.Version, c.At}, c, Advanced,
		func(_ *storage.Tx, d Deal, p *Pipeline, at date.Date) (Deal, error) {
			return d.Advanced(p, c.Stage, at)
		})
}

// Win is the command to win a deal.
type Win struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	// Value is what the customer agreed to pay; Amount{} is the expected amount.
	Value money.Amount
	// Lines is the value of each line; none spreads Value over them in proportion to what they were expected to bring.
	Lines []money.Amount
	// Stage is where it goes; "" is the pipeline's first won stage.
	Stage string
	// At is the business date; no date is today.
	At date.Date
}

// Win closes a deal that the customer agreed to.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStage, ErrWon, ErrLost, storage.ErrKeyReused, and what the
// host's guards say.
func (s *Deals) Win(ctx context.Context, c Win) (*Deal, error) {
	return s.move(ctx, change{c.By, c.Key, "pipeline.deal.win", c.Why, c.ID, c.Version, c.At}, c, Won,
		func(_ *storage.Tx, d Deal, p *Pipeline, at date.Date) (Deal, error) {
			return d.Wins(p, c.Stage, c.Value, c.Lines, at)
		})
}

// Lose is the command to give a deal up.
type Lose struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	// Reason is why it came to nothing.
	Reason string
	// Stage is where it goes; "" is the pipeline's first lost stage.
	Stage string
	// At is the business date; no date is today.
	At date.Date
}

// Lose closes a deal that came to nothing.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStage, ErrWon, ErrLost, storage.ErrKeyReused.
func (s *Deals) Lose(ctx context.Context, c Lose) (*Deal, error) {
	return s.move(ctx, change{c.By, c.Key, "pipeline.deal.lose", c.Why, c.ID, c.Version, c.At}, c, Lost,
		func(_ *storage.Tx, d Deal, p *Pipeline, at date.Date) (Deal, error) {
			return d.Loses(p, c.Stage, c.Reason, at)
		})
}

// Reopen is the command to take up a closed deal again.
type Reopen struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	// Stage is where it goes; "" is the stage that it was closed from.
	Stage string
	// At is the business date; no date is today.
	At date.Date
}

// Reopen takes up a closed deal again. What was agreed is forgotten; the history keeps it.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStage, ErrOpen, storage.ErrKeyReused.
func (s *Deals) Reopen(ctx context.Context, c Reopen) (*Deal, error) {
	return s.move(ctx, change{c.By, c.Key, "pipeline.deal.reopen", c.Why, c.ID, c.Version, c.At}, c, Reopened,
		func(tx *storage.Tx, d Deal, p *Pipeline, at date.Date) (Deal, error) {
			stage := c.Stage
			if stage == "" {
				last, err := stageChanges.First(ctx, tx, storage.Query{Order: []string{"deal", "no"}, Desc: true,
					Where: []storage.Cond{storage.Eq("deal", d.ID)}})
				if err != nil {
					return d, err
				}
				stage = last.From
			}
			return d.Reopened(p, stage, at)
		})
}

// change is what all commands about a deal have in common.
type change struct {
	by      storage.Ref
	key     storage.Key
	verb    string
	why     string
	id      storage.ID[Deal]
	version int64
	at      date.Date
}

// move carries out a verb that changes the stage.
func (s *Deals) move(ctx context.Context, h change, command any, kind event.Type[Happened],
	rule func(tx *storage.Tx, d Deal, p *Pipeline, at date.Date) (Deal, error)) (*Deal, error) {
	return s.change(ctx, h, command, func(tx *storage.Tx, old *Deal, at date.Date) (*Deal, []event.Draft, error) {
		p, err := pipelines.Get(ctx, tx, old.Pipeline)
		if err != nil {
			return nil, nil, err
		}
		d, err := rule(tx, *old.clone(), p, at)
		if err != nil {
			return nil, nil, err
		}
		return &d, []event.Draft{kind.Draft(happened(old, &d, at))}, nil
	})
}

// change locks a deal, asks a rule what becomes of it, and applies that.
func (s *Deals) change(ctx context.Context, h change, command any,
	rule func(tx *storage.Tx, old *Deal, at date.Date) (*Deal, []event.Draft, error)) (*Deal, error) {
	return storage.Once(ctx, s.s, h.key, h.verb, command, func(tx *storage.Tx) (*Deal, error) {
		at, err := businessDate(tx, h.at)
		if err != nil {
			return nil, err
		}
		old, err := deals.Lock(ctx, tx, h.id)
		if err == nil {
			err = storage.CheckVersion(h.version, old.Version)
		}
		if err == nil {
			err = loadLines(ctx, tx, storage.Ref{}, old)
		}
		if err != nil {
			return nil, err
		}
		d, drafts, err := rule(tx, old, at)
		if err != nil {
			return nil, err
		}
		return apply(ctx, tx, event.Change[Deal]{By: h.by, Verb: h.verb, Why: h.why, Before: old, After: d, Events: drafts}, at)
	})
}
