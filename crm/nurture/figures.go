package nurture

import (
	"cmp"
	"context"
	"slices"

	"github.com/tutas/tutas/storage"
)

// Figures say how a sequence does.
type Figures struct {
	// Enrolled is how many have begun: each is active, paused, finished, or exited for a reason.
	Enrolled int64            `json:"enrolled"`
	Active   int64            `json:"active"`
	Paused   int64            `json:"paused"`
	Finished int64            `json:"finished"`
	Exited   map[Reason]int64 `json:"exited"`
	// Sent and Replied are the sums over the steps.
	Sent    int64         `json:"sent"`
	Replied int64         `json:"replied"`
	Steps   []StepFigures `json:"steps"`
}

// StepFigures say how one step does.
type StepFigures struct {
	Step string `json:"step"`
	// Active is how many have it as their next, paused ones too; Sent how many of its mails have left; Replied how many replied to
	// it, and to no later one.
	Active  int64 `json:"active"`
	Sent    int64 `json:"sent"`
	Replied int64 `json:"replied"`
}

// FiguresFilter says of what figures are.
type FiguresFilter struct {
	// By is on whose behalf.
	By       storage.Ref
	Sequence string
	// Edition is a version of the sequence; 0 is all.
	Edition int64
}

// Figures counts how a sequence does, step by step: those of its present version in their order, then those that only earlier
// versions had, by name. They are read in one snapshot. A scope that narrows enrolments narrows what has left only if it narrows
// "nurture.mail" too.
//
// Errors: storage.ErrNotFound.
func (n *Nurture) Figures(ctx context.Context, f FiguresFilter) (out Figures, err error) {
	err = n.s.View(ctx, func(tx *storage.Tx) error {
		out = Figures{Exited: map[Reason]int64{}}
		q, err := sequenceNamed(ctx, tx, f.Sequence, f.By)
		if err != nil {
			return err
		}
		of := storage.Query{By: f.By, Where: []storage.Cond{storage.Eq("sequence", f.Sequence)}}
		if f.Edition != 0 {
			of.Where = append(of.Where, storage.Eq("edition", f.Edition))
		}
		steps := map[string]*StepFigures{}
		at := func(name string) *StepFigures {
			if steps[name] == nil {
				steps[name] = &StepFigures{Step: name}
			}
			return steps[name]
		}
		groups, err := enrolments.Sum(ctx, tx, of, nil, []string{"state", "reason", "next", "mailed", "answered"})
		if err != nil {
			return err
		}
		for _, g := range groups {
			e := g.Group
			out.Enrolled += g.Count
			switch e.State {
			case Active:
				out.Active += g.Count
				at(e.Next).Active += g.Count
			case Paused:
				out.Paused += g.Count
				at(e.Next).Active += g.Count
			case Finished:
				out.Finished += g.Count
			case Exited:
				out.Exited[e.Reason] += g.Count
			}
			if e.Answered && e.Mailed != "" {
				out.Replied += g.Count
				at(e.Mailed).Replied += g.Count
			}
		}
		sent, err := mails.Sum(ctx, tx, of, nil, []string{"step"})
		if err != nil {
			return err
		}
		for _, g := range sent {
			out.Sent += g.Count
			at(g.Group.Step).Sent += g.Count
		}
		for _, s := range q.Steps {
			out.Steps = append(out.Steps, *at(s.Name))
			delete(steps, s.Name)
		}
		var earlier []StepFigures
		for _, s := range steps {
			earlier = append(earlier, *s)
		}
		slices.SortFunc(earlier, func(a, b StepFigures) int { return cmp.Compare(a.Step, b.Step) })
		out.Steps = append(out.Steps, earlier...)
		return nil
	})
	return out, err
}
