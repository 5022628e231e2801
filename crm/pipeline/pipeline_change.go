package pipeline

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// CreatePipeline is the command to set up a pipeline.
type CreatePipeline struct {
	By   storage.Ref
	Key  storage.Key
	Why  string
	Name string
	// Stages in their order; Usual has some.
	Stages []Stage
}

// CreatePipeline sets up a pipeline.
//
// Errors: *storage.Invalid, storage.ErrKeyReused.
func (s *Deals) CreatePipeline(ctx context.Context, c CreatePipeline) (*Pipeline, error) {
	draft := Pipeline{Name: c.Name, Stages: c.Stages}
	if err := draft.Check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, s.s, c.Key, "pipeline.pipeline.create", c, func(tx *storage.Tx) (*Pipeline, error) {
		p := draft
		p.ID, p.Created = storage.NewID[Pipeline](tx), tx.Now()
		created := event.Change[Pipeline]{By: c.By, Verb: "pipeline.pipeline.create", Why: c.Why, After: &p}
		if err := event.Apply(ctx, tx, pipelines, created); err != nil {
			return nil, err
		}
		return &p, nil
	})
}

// ChangePipeline is the command to change a pipeline: as it was read, with what shall be different.
type ChangePipeline struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Pipeline takes the place of the stored one. Its Version must be the stored one, or 0 for whatever is stored. Every stage
	// that there was must still be there with the same status, retired if need be: deals remember it.
	Pipeline Pipeline
	// Archive puts the pipeline away: its deals go on, new ones do not enter. Without it the pipeline is in use (again).
	Archive bool
}

// ChangePipeline renames, weighs, orders, adds or retires stages, and archives a pipeline.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStage for a stage that is missing or changed its status,
// storage.ErrKeyReused.
func (s *Deals) ChangePipeline(ctx context.Context, c ChangePipeline) (*Pipeline, error) {
	return storage.Once(ctx, s.s, c.Key, "pipeline.pipeline.change", c, func(tx *storage.Tx) (*Pipeline, error) {
		old, err := pipelines.Lock(ctx, tx, c.Pipeline.ID)
		if err == nil {
			err = storage.CheckVersion(c.Pipeline.Version, old.Version)
		}
		if err != nil {
			return nil, err
		}
		p := *old
		p.Name, p.Stages = c.Pipeline.Name, slices.Clone(c.Pipeline.Stages)
		if err := p.Check(); err != nil {
			return nil, err
		}
		for _, was := range old.Stages {
			if now, err := p.Stage(was.Code); err != nil || now.Status != was.Status {
				return nil, ErrStage.With("%q must stay, and stay %s", was.Code, was.Status)
			}
		}
		switch {
		case !c.Archive:
			p.Archived = time.Time{}
		case old.Archived.IsZero():
			p.Archived = tx.Now()
		}
		change := event.Change[Pipeline]{By: c.By, Verb: "pipeline.pipeline.change", Why: c.Why, Before: old, After: &p}
		if err := event.Apply(ctx, tx, pipelines, change); err != nil {
			return nil, err
		}
		return &p, nil
	})
}

// Pipeline reads a pipeline; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Deals) Pipeline(ctx context.Context, id storage.ID[Pipeline], by ...storage.Ref) (p *Pipeline, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		p, err = pipelines.Get(ctx, tx, id, by...)
		return err
	})
	return p, err
}

// Pipelines yields all pipelines, archived ones too, oldest first.
func (s *Deals) Pipelines(ctx context.Context, by ...storage.Ref) iter.Seq2[*Pipeline, error] {
	return pipelines.All(ctx, s.s, storage.Query{By: actor(by)})
}
