package approval

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "workflow/approval", Tables: []storage.Declaration{policies, editions, requests, matters, tasks, records, delegations}}
}

var policies = storage.Define("approval.policy", func(p *Policy) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("name", &p.Name).Limit(maxName),
		storage.Enum("measure", &p.Measure, Always, ByAmount, ByPercent),
		storage.Minor("above_amount", &p.AboveAmount).Label("Above amount"),
		storage.Exact("above_percent", &p.AbovePercent).Label("Above %"), storage.JSON("stages", &p.Stages),
		storage.JSON("terms", &p.Terms),
		storage.Instant("created", &p.Created), storage.Custom(&p.Fields),
	}
}, storage.Unique("name", "name"))

var requests = storage.Define("approval.request", func(r *Request) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version),
		storage.Text("policy", &r.Policy).Limit(maxName), storage.Int("policy_version", &r.PolicyVersion),
		storage.RefTo("subject", &r.Subject), storage.Int("subject_version", &r.SubjectVersion),
		storage.Text("digest", &r.Digest).Limit(maxName),
		storage.Int("generation", &r.Generation), storage.RefTo("requester", &r.Requester),
		storage.Minor("amount", &r.Amount), storage.Exact("percent", &r.Percent).Label("%"), storage.Text("text", &r.Text).Limit(10000),
		storage.Enum("state", &r.State, Pending, Approved, Rejected, Cancelled, Void, NotNeeded, Draft),
		storage.JSON("steps", &r.Steps), storage.JSON("flow", &r.Flow),
		storage.Instant("created", &r.Created), storage.Instant("closed", &r.Closed).Optional(), storage.Custom(&r.Fields),
	}
}, storage.Index("subject", "subject", "created"), storage.Index("requester", "requester", "created"),
	storage.Index("state", "state", "created"),
	storage.Index("created", "created"))

// A matter is one document under one policy. It names the latest request, and is the row that is locked so that two people
// cannot submit at once.
type matter struct {
	Policy     string
	Subject    storage.Ref
	Request    storage.ID[Request]
	Generation int64
}

var matters = storage.Define("approval.matter", func(m *matter) []storage.Field {
	return []storage.Field{
		storage.Text("policy", &m.Policy).Key().Limit(maxName), storage.RefTo("subject", &m.Subject).Key(),
		storage.UUID("request", &m.Request), storage.Int("generation", &m.Generation),
	}
})

// lockMatter locks the row of a document under a policy, and adds it if this is the first time.
func lockMatter(ctx context.Context, tx *storage.Tx, policy string, subject storage.Ref) (*matter, error) {
	m := &matter{Policy: policy, Subject: subject}
	if _, err := matters.InsertNew(ctx, tx, &matter{Policy: policy, Subject: subject}); err != nil {
		return nil, err
	}
	found, err := matters.LoadLocked(ctx, tx, m)
	if err == nil && !found[0] { // someone else is adding it at this moment
		err = storage.ErrConflict
	}
	return m, err
}

// An edition is a version of a policy as it was, for requests that are pinned to it.
type edition struct {
	Policy  storage.ID[Policy]
	Version int64
	Body    Policy
}

var editions = storage.Define("approval.edition", func(e *edition) []storage.Field {
	return []storage.Field{
		storage.UUID("policy", &e.Policy).Key(), storage.Int("version", &e.Version).Key(), storage.JSON("body", &e.Body),
	}
}, storage.ChildOf(policies, "policy"))

// A noted record is a row of the history of a request.
type noted struct {
	Request storage.ID[Request]
	Number  int64
	At      time.Time
	By      storage.Ref
	Name    Happening
	Body    Record
}

var records = storage.Define("approval.record", func(n *noted) []storage.Field {
	return []storage.Field{
		storage.UUID("request", &n.Request).Key(), storage.Int("number", &n.Number).Key(), storage.Instant("at", &n.At), storage.RefTo("by", &n.By),
		storage.Text("name", &n.Name).Limit(maxName), storage.JSON("body", &n.Body),
	}
}, storage.ChildOf(requests, "request"))
