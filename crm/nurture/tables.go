package nurture

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// Package is what this package keeps in a store. It needs workflow.Package beside it, for its timers.
func Package() storage.Package {
	return storage.Package{Name: "crm/nurture", Tables: []storage.Declaration{sequences, editions, enrolments, places, reaches, records, mails,
		models, occurrences, scores}}
}

var sequences = storage.Define("nurture.sequence", func(q *Sequence) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &q.ID).Key(), storage.Version(&q.Version), storage.Text("name", &q.Name).Limit(maxName),
		storage.Text("purpose", &q.Purpose).Limit(maxName), storage.JSON("steps", &q.Steps), storage.JSON("window", &q.Window),
		storage.JSON("limit", &q.Limit), storage.JSON("goal", &q.Goal), storage.JSON("declared", &q.Declared), storage.JSON("scores", &q.Scores),
		storage.Bool("once", &q.Once), storage.Bool("closed", &q.Closed), storage.Custom(&q.Fields), storage.Instant("created", &q.Created),
	}
}, storage.Unique("name", "name"))

// An edition is a version of a sequence as it was, for enrolments that are pinned to it.
type edition struct {
	Sequence storage.ID[Sequence]
	Version  int64
	Body     Sequence
}

var editions = storage.Define("nurture.edition", func(e *edition) []storage.Field {
	return []storage.Field{
		storage.UUID("sequence", &e.Sequence).Key(), storage.Int("version", &e.Version).Key(), storage.JSON("body", &e.Body),
	}
}, storage.ChildOf(sequences, "sequence"), storage.Settled())

var enrolments = storage.Define("nurture.enrolment", func(e *Enrolment) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &e.ID).Key(), storage.Version(&e.Version), storage.Text("sequence", &e.Sequence).Limit(maxName),
		storage.Int("edition", &e.Edition), storage.RefTo("contact", &e.Contact),
		storage.Enum("state", &e.State, Active, Paused, Finished, Exited), storage.Text("next", &e.Next).Limit(maxName),
		storage.Instant("due", &e.Due).Optional(), storage.Int("turn", &e.Turn), storage.Int("sent", &e.Sent),
		storage.Text("mailed", &e.Mailed).Limit(maxName), storage.Bool("answered", &e.Answered),
		storage.Enum("reason", &e.Reason, "", Replied, Unsubscribed, Bounced, Goal, Manual, NoConsent, NoAddress, Gone),
		storage.Instant("ended", &e.Ended).Optional(), storage.RefTo("owner", &e.Owner), storage.RefTo("origin", &e.Origin),
		storage.Instant("began", &e.Began), storage.Custom(&e.Fields),
	}
}, storage.Index("contact", "contact", "state"), storage.Index("sequence", "sequence", "state"), storage.Index("began", "began"))

// A place is one contact in one sequence: it names the latest enrolment, and is the row that is locked so that two cannot begin at
// once.
type place struct {
	Sequence  string
	Contact   storage.Ref
	Enrolment storage.ID[Enrolment]
}

var places = storage.Define("nurture.place", func(p *place) []storage.Field {
	return []storage.Field{
		storage.Text("sequence", &p.Sequence).Key().Limit(maxName), storage.RefTo("contact", &p.Contact).Key(), storage.UUID("enrolment", &p.Enrolment),
	}
})

// lockPlace locks the row of a contact in a sequence, and adds it if this is the first time.
func lockPlace(ctx context.Context, tx *storage.Tx, sequence string, contact storage.Ref) (*place, error) {
	p := &place{Sequence: sequence, Contact: contact}
	if _, err := places.InsertNew(ctx, tx, &place{Sequence: sequence, Contact: contact}); err != nil {
		return nil, err
	}
	found, err := places.LoadLocked(ctx, tx, p)
	if err == nil && !found[0] { // someone else is adding it at this moment
		err = storage.ErrConflict
	}
	return p, err
}

// A reach is what is known of a contact beyond any one sequence. It is locked while a mail to the contact is decided on, so that a
// limit holds over all sequences.
type reach struct {
	Contact      storage.Ref
	Unsubscribed time.Time
}

var reaches = storage.Define("nurture.reach", func(r *reach) []storage.Field {
	return []storage.Field{storage.RefTo("contact", &r.Contact).Key(), storage.Instant("unsubscribed", &r.Unsubscribed).Optional()}
}, storage.Rank(5))

func lockReach(ctx context.Context, tx *storage.Tx, contact storage.Ref) (*reach, error) {
	r := &reach{Contact: contact}
	found, err := reaches.LoadLocked(ctx, tx, r)
	if err != nil || found[0] {
		return r, err
	}
	if _, err := reaches.InsertNew(ctx, tx, &reach{Contact: contact}); err != nil {
		return nil, err
	}
	found, err = reaches.LoadLocked(ctx, tx, r)
	if err == nil && !found[0] {
		err = storage.ErrConflict
	}
	return r, err
}

// A noted record is a row of the history of an enrolment.
type noted struct {
	Enrolment storage.ID[Enrolment]
	Number    int64
	Body      Record
}

var records = storage.Define("nurture.record", func(n *noted) []storage.Field {
	return []storage.Field{
		storage.UUID("enrolment", &n.Enrolment).Key(), storage.Int("number", &n.Number).Key(), storage.JSON("body", &n.Body),
	}
}, storage.ChildOf(enrolments, "enrolment"))

// A sentMail is a mail that has left. Its key lets there be one for a step of an enrolment.
type sentMail struct {
	Enrolment storage.ID[Enrolment]
	Step      string
	Sequence  string
	Edition   int64
	Contact   storage.Ref
	Template  string
	At        time.Time
}

var mails = storage.Define("nurture.mail", func(m *sentMail) []storage.Field {
	return []storage.Field{
		storage.UUID("enrolment", &m.Enrolment).Key(), storage.Text("step", &m.Step).Key().Limit(maxName),
		storage.Text("sequence", &m.Sequence).Limit(maxName), storage.Int("edition", &m.Edition), storage.RefTo("contact", &m.Contact),
		storage.Text("template", &m.Template).Limit(maxName), storage.Instant("at", &m.At),
	}
}, storage.ChildOf(enrolments, "enrolment"), storage.Index("contact", "contact", "at"), storage.Index("sequence", "sequence", "step"))

var models = storage.Define("nurture.model", func(m *Model) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &m.ID).Key(), storage.Version(&m.Version), storage.Text("name", &m.Name).Limit(maxName), storage.Int("halve", &m.Halve),
		storage.JSON("rules", &m.Rules), storage.JSON("thresholds", &m.Thresholds), storage.JSON("declared", &m.Declared),
		storage.Custom(&m.Fields), storage.Instant("created", &m.Created),
	}
}, storage.Unique("name", "name"))

var occurrences = storage.Define("nurture.occurrence", func(o *Occurrence) []storage.Field {
	return []storage.Field{
		storage.RefTo("contact", &o.Contact).Key(), storage.Text("event", &o.Event).Key().Limit(maxName), storage.Text("kind", &o.Kind).Limit(maxName),
		storage.Instant("at", &o.At), storage.JSON("facts", &o.Facts), storage.Instant("recorded", &o.Recorded),
	}
}, storage.Index("at", "contact", "at"))

var scores = storage.Define("nurture.score", func(s *Score) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &s.ID).Key(), storage.Version(&s.Version), storage.Text("model", &s.Model).Limit(maxName),
		storage.RefTo("contact", &s.Contact), storage.Exact("points", &s.Points), storage.Instant("at", &s.At), storage.JSON("reached", &s.Reached),
		storage.Text("level", &s.Level).Limit(maxName), storage.Instant("next", &s.Next).Optional(),
	}
}, storage.Unique("what", "contact", "model"), storage.Index("level", "model", "level"))
