package approval

import (
	"fmt"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// Decide tells what a command does to a request, as records: Evolve makes the new request of them, Effects what has to follow. No records with no
// error mean that nothing changes. At equal instants the commands of people go before those of timers.
//
// Errors: ErrRequester, ErrBeneficiary, ErrEditor, ErrNotRequester, ErrNotAssigned, ErrStepClosed, ErrPending, *storage.Invalid, those of Resolve.
func Decide(r Request, c Command, s Situation, at time.Time) ([]Record, error) {
	first, err := decide(&r, &c, &s, at)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	return settle(r, first, &s, at), nil
}

// Fold is a request after some records.
func Fold(r Request, records ...Record) Request {
	for _, e := range records {
		r = Evolve(r, e)
	}
	return r
}

func decide(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	switch c.Action {
	case AskFor:
		return ask(r, c, s, at)
	case Approve, Reject:
		return vote(r, c, s, at)
	case Return:
		return sendBack(r, c, s, at)
	case Recall:
		if r.State != Pending && r.State != Draft {
			return nil, ErrStepClosed.With("the request is %s", r.State)
		}
		if c.By != r.Requester && !c.By.IsZero() {
			return nil, ErrNotRequester
		}
		return []Record{r.record(DidRecall, c, at)}, nil
	case Invalidate:
		current := r.State == Pending || r.State == Approved || r.State == NotNeeded
		if !current || (c.Digest != "" && c.Digest == r.Digest) {
			return nil, nil
		}
		return []Record{r.record(DidVoid, c, at)}, nil
	case Amend:
		return amend(r, c, s, at)
	case Add:
		return addPerson(r, c, s, at)
	case Remark:
		return remark(r, c, at)
	case Reassign:
		return reassign(r, c, s, at), nil
	case Escalate, Remind:
		return lapse(r, c, s, at), nil
	case Migrate:
		return migrate(r, c, s, at)
	}
	return nil, invalid("action", storage.CodeChoice, "")
}

func invalid(path, code, text string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: path, Code: code, Text: text}}}
}

// record is the next record of the request.
func (r *Request) record(name Happening, c *Command, at time.Time) Record {
	return Record{Number: r.Flow.Count + 1, Name: name, Generation: r.Generation, At: at, By: c.By, Why: c.Why}
}

// settle follows up on what was decided: seats of steps that have just opened go to delegates, and are served by earlier consents.
func settle(r Request, records []Record, s *Situation, at time.Time) []Record {
	turn := r.Flow.Turn
	next := Fold(r, records...)
	for more := true; more && next.State == Pending && next.Flow.Turn > turn; {
		more = false
		for i := range next.Steps {
			step := &next.Steps[i]
			if step.State != StepOpen || step.Turn <= turn {
				continue
			}
			moved := assignments(&next, i, s, at)
			if len(moved) == 0 && next.Flow.Repeat != AskAgain {
				moved = served(&next, i, at)
			}
			if len(moved) > 0 {
				records, next, more = append(records, moved...), Fold(next, moved...), true
				break
			}
		}
	}
	return records
}

// served finds the first seat of an open step whose holder has agreed before, as the policy's Repeat lets it count.
func served(r *Request, i int, at time.Time) []Record {
	step := &r.Steps[i]
	for k := range step.Seats {
		seat := &step.Seats[k]
		if !seat.waits() || step.voted(seat.Holder) {
			continue
		}
		for n := len(r.Steps) - 1; n >= 0; n-- {
			old := &r.Steps[n]
			directly := old.Group == step.Group-1
			if old.State != StepApproved || old.Group >= step.Group || r.Flow.Repeat == Consecutive && !directly || r.Flow.Repeat == Distinct {
				continue
			}
			if v := old.consent(seat.Holder); v != nil {
				e := r.record(DidSatisfy, &Command{By: seat.Holder}, at)
				e.Step, e.Seat, e.Verdict, e.From = i+1, k, Yes, n+1
				if v.From > 0 {
					e.From = v.From
				}
				if seat.Person != seat.Holder {
					e.For = seat.Person
				}
				e.Reason = fmt.Sprintf("agreed in step %d", e.From)
				return []Record{e}
			}
		}
	}
	return nil
}

// consent is a person's consent in the step, nil if there is none.
func (s *Step) consent(by storage.Ref) *Decision {
	for i := range s.Seats {
		if v := s.Seats[i].Vote; v != nil && v.By == by && v.Verdict == Yes {
			return v
		}
	}
	return nil
}

// ask submits a request, or submits it again.
func ask(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	if s.Policy == nil {
		return nil, invalid("policy", storage.CodeRequired, "")
	}
	if r.State == Pending {
		return nil, ErrPending.With("%s", r.ID)
	}
	e := r.record(DidSubmit, c, at)
	a, content := c.Ask, c.Content
	a.Policy, a.PolicyVersion, a.Repeat, a.Locked = s.Policy.Name, s.Policy.Version, s.Policy.Terms.Repeat, s.Policy.Terms.Locked
	a.Rule, a.Notes, a.Cited = "", nil, storage.Ref{}
	e.Generation = r.Generation + 1
	if s.Cited != nil && content.Digest != "" && s.Cited.Policy == a.Policy && s.Cited.State == Approved && s.Cited.Covers(content.Digest) {
		a.Cited, e.Reason = s.Cited.Ref(), "the same content was approved before"
	} else {
		if s.Cited != nil {
			a.Notes = append(a.Notes, "what was cited does not cover this content")
		}
		found, err := Explain(*s.Policy, s.facts(a, storage.Ref{}, content, at), s.people())
		if err != nil {
			return nil, err
		}
		a.Rule, a.Notes, e.Steps = found.Rule, append(a.Notes, found.Notes...), found.Steps
	}
	e.Ask, e.Content = &a, &content
	return []Record{e}, nil
}

// remark adds a comment.
func remark(r *Request, c *Command, at time.Time) ([]Record, error) {
	var bad storage.Invalid
	bad.Check(c.Why != "" || len(c.Attachments) > 0, "why", storage.CodeRequired, "")
	bad.Text("why", c.Why, maxText)
	bad.Check(len(c.Attachments) <= maxPeople, "attachments", storage.CodeRange, "")
	for i, to := range c.Attachments[:min(len(c.Attachments), maxPeople)] {
		checkRef(&bad, fmt.Sprintf("attachments.%d", i), to)
	}
	bad.Check(len(r.Flow.Comments) < maxComments, "comments", storage.CodeRange, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	e := r.record(DidComment, c, at)
	e.Comment = &Comment{By: c.By, At: at, Text: c.Why, Attachments: slices.Clone(c.Attachments)}
	return []Record{e}, nil
}
