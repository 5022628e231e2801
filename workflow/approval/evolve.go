package approval

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// Evolve is the request after a record. It is pure: the request that was given stays as it was, and nothing follows but the new one.
func Evolve(r Request, e Record) Request {
	r.Flow.Count = e.Number
	switch e.Name {
	case DidSubmit:
		r.submitted(e)
	case DidVote, DidSatisfy:
		d := &Decision{By: e.By, For: e.For, Verdict: e.Verdict, At: e.At, Why: e.Why, From: e.From}
		step := r.change(e.Step)
		step.Seats[e.Seat].Vote = d
		step.count(d)
		r.advance(e.At)
	case DidReturn:
		r.returned(e)
	case DidRecall:
		r.close(Cancelled, e.At)
	case DidVoid:
		r.close(Void, e.At)
	case DidAmend:
		r.content(*e.Content)
		if e.Material {
			r.Generation, r.Flow.Asked, r.Flow.Editor = e.Generation, *e.Content, e.By
			if e.Ask != nil {
				r.Flow.Rule, r.Flow.Notes = e.Ask.Rule, e.Ask.Notes
			}
			r.begin(e.Steps, e.At)
		}
	case DidAdd:
		r.added(e)
	case DidComment:
		r.Flow.Comments = append(slices.Clip(r.Flow.Comments), *e.Comment)
	case DidReassign:
		step := r.change(e.Step)
		step.Seats[e.Seat] = e.Seats[0]
		step.seated()
	case DidEscalate:
		step := r.change(e.Step)
		for _, i := range e.Gone {
			step.Seats[i].Gone = true
		}
		step.Seats = append(step.Seats, e.Seats...)
		step.Escalated++
		step.Turn = r.turn()
		step.seated()
	case DidMigrate:
		r.PolicyVersion, r.Flow.Rule, r.Flow.Notes = e.Ask.PolicyVersion, e.Ask.Rule, e.Ask.Notes
		r.Flow.Repeat, r.Flow.Locked = e.Ask.Repeat, e.Ask.Locked
		r.Steps = slices.Clone(e.Steps)
		r.advance(e.At)
	}
	return r
}

// change makes a step of its own to be changed, by its number.
func (r *Request) change(number int) *Step {
	r.Steps = slices.Clone(r.Steps)
	step := &r.Steps[number-1]
	step.Seats = slices.Clone(step.Seats)
	return step
}

func (r *Request) turn() int64 {
	r.Flow.Turn++
	return r.Flow.Turn
}

func (r *Request) content(c Content) {
	r.SubjectVersion, r.Digest, r.Amount, r.Percent = c.SubjectVersion, c.Digest, c.Amount, c.Percent
	r.Flow.Base, r.Flow.Rate, r.Flow.Document = c.Base, c.Rate, c.Document
}

func (r *Request) submitted(e Record) {
	a := e.Ask
	r.Policy, r.PolicyVersion, r.Subject, r.Requester, r.Text = a.Policy, a.PolicyVersion, a.Subject, a.Requester, a.Text
	r.Flow.Beneficiary, r.Flow.Rule, r.Flow.Notes, r.Flow.Repeat = a.Beneficiary, a.Rule, a.Notes, a.Repeat
	r.Flow.Locked, r.Flow.Cited, r.Flow.Editor = a.Locked, a.Cited, storage.Ref{}
	if r.Created.IsZero() {
		r.Created = e.At
	}
	r.Generation, r.Flow.Asked = e.Generation, *e.Content
	r.content(*e.Content)
	r.begin(e.Steps, e.At)
	if !a.Cited.IsZero() {
		r.State = Approved
	}
}

// begin opens the first of new steps; without any, no approval is needed.
func (r *Request) begin(steps []Step, at time.Time) {
	r.State, r.Closed, r.Steps = Pending, time.Time{}, slices.Clone(steps)
	if len(steps) == 0 {
		r.State, r.Closed = NotNeeded, at
		return
	}
	r.advance(at)
}

// advance opens what comes next, or closes the request.
func (r *Request) advance(at time.Time) {
	next := -1
	for i := range r.Steps {
		switch r.Steps[i].State {
		case StepRejected:
			r.close(Rejected, at)
			return
		case StepApproved:
		default:
			if next < 0 {
				next = i
			}
		}
	}
	if next < 0 {
		r.close(Approved, at)
		return
	}
	group, fresh := r.Steps[next].Group, false
	for i := range r.Steps {
		if s := r.Steps[i]; s.Group == group && s.State == StepWaiting {
			if !fresh {
				r.Steps, fresh = slices.Clone(r.Steps), true
			}
			r.Steps[i].State, r.Steps[i].Turn = StepOpen, r.turn()
		}
	}
}

// close ends the request; steps that were open wait for ever.
func (r *Request) close(to State, at time.Time) {
	r.State, r.Closed = to, at
	r.shut()
}

func (r *Request) shut() {
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		if r.Steps[i].State == StepOpen {
			r.Steps[i].State = StepWaiting
		}
	}
}

// returned takes the request back to a step, or to whoever asked.
func (r *Request) returned(e Record) {
	if e.Step == 0 {
		r.State = Draft
		r.shut()
		return
	}
	r.Steps = slices.Clone(r.Steps)
	group := r.Steps[e.Step-1].Group
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Group > group || i == e.Step-1 {
			s.reset()
		}
	}
	r.advance(e.At)
}

func (r *Request) added(e Record) {
	r.Steps = slices.Insert(slices.Clone(r.Steps), e.Step-1, e.Steps[0])
	if e.After {
		for i := e.Step; i < len(r.Steps); i++ {
			r.Steps[i].Group++
		}
	}
	r.advance(e.At)
}
