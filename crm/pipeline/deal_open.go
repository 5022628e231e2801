package pipeline

import (
	"context"
	"maps"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Open is the command to enter a deal.
type Open struct {
	By  storage.Ref
	Key storage.Key
	Why string

	Name string
	// Customer may be zero: a deal whose customer nobody wrote down.
	Customer storage.Ref
	// Owner is who sells; zero is the actor.
	Owner storage.Ref
	// Pipeline is where it belongs; zero is the first that is in use and that the actor may see.
	Pipeline storage.ID[Pipeline]
	// Stage is where it begins; "" is the first of the pipeline.
	Stage string
	Lines []Line
	// Amount is what it is expected to bring; Amount{} is what the lines add up to. Where both are given the amount is spread
	// over the lines.
	Amount   money.Amount
	Expected date.Date
	// At is the business date; no date is today.
	At     date.Date
	Source string
	Origin storage.Ref
	Team   string
	Region string
	Fields storage.Fields
}

// Open enters a deal.
//
// Errors: *storage.Invalid, ErrStage, ErrArchived, storage.ErrNotFound for the pipeline, storage.ErrKeyReused, and what the
// host's guards say.
func (s *Deals) Open(ctx context.Context, c Open) (*Deal, error) {
	return storage.Once(ctx, s.s, c.Key, "pipeline.deal.open", c, func(tx *storage.Tx) (*Deal, error) {
		d := &Deal{Name: c.Name, Customer: c.Customer, Owner: c.Owner, Pipeline: c.Pipeline, Lines: c.Lines, Estimate: c.Amount, Expected: c.Expected,
			Source: c.Source, Origin: c.Origin, Team: c.Team, Region: c.Region, Fields: maps.Clone(c.Fields)}
		if d.Owner.IsZero() {
			d.Owner = c.By
		}
		if err := s.In(tx).place(ctx, d, c.By); err != nil {
			return nil, err
		}
		if err := d.complete(tx.Tenant().Currency); err != nil {
			return nil, err
		}
		at, err := businessDate(tx, c.At)
		if err != nil {
			return nil, err
		}
		p, err := pipelines.Get(ctx, tx, d.Pipeline)
		if err != nil {
			return nil, err
		}
		if !p.Archived.IsZero() {
			return nil, ErrArchived
		}
		stage, err := p.target(c.Stage, StatusOpen)
		if err != nil {
			return nil, err
		}
		for i := range d.Lines {
			d.Lines[i].Value = money.Zero(d.Amount.Currency())
		}
		d.ID, d.Created, d.Opened = storage.NewID[Deal](tx), tx.Now(), at
		if err := d.enter(p, stage, at); err != nil {
			return nil, err
		}
		return apply(ctx, tx, event.Change[Deal]{By: c.By, Verb: "pipeline.deal.open", Why: c.Why, After: d,
			Events: []event.Draft{Opened.Draft(happened(nil, d, at))}}, at)
	})
}

// place puts a deal that names no pipeline into the first one in use. Where there is none it stays without, which complete finds.
func (s *Deals) place(ctx context.Context, d *Deal, by storage.Ref) error {
	if !d.Pipeline.IsZero() {
		return nil
	}
	for p, err := range pipelines.All(ctx, s.s, storage.Query{By: by, Where: []storage.Cond{storage.Absent("archived")}, Limit: 1}) {
		if err != nil {
			return err
		}
		d.Pipeline = p.ID
	}
	return nil
}

// businessDate is the date that a command names, today if it names none. Tomorrow's business is tomorrow's.
func businessDate(tx *storage.Tx, at date.Date) (date.Date, error) {
	switch today := tx.Today(); {
	case at.IsZero():
		return today, nil
	case at.After(today):
		return at, &storage.Invalid{Fields: []storage.Fault{{Path: "at", Code: storage.CodeRange, Text: "after today, " + today.String()}}}
	}
	return at, nil
}
