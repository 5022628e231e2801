package activity

import "github.com/tutas/tutas/storage"

var activities = storage.Define("activity.activity", func(a *Activity) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &a.ID).Key(), storage.Version(&a.Version), storage.Enum("kind", &a.Kind, Call, Email, Meeting, Note, Task),
		storage.RefTo("subject", &a.Subject), storage.Text("title", &a.Title).Limit(maxTitle).Personal(),
		storage.Text("text", &a.Text).Limit(maxText).Personal(), storage.Instant("at", &a.At), storage.RefTo("owner", &a.Owner),
		storage.Date("due", &a.Due).Optional(), storage.Bool("open", &a.Open), storage.Text("outcome", &a.Outcome).Limit(maxText).Personal(),
		storage.Custom(&a.Fields), storage.Instant("created", &a.Created),
	}
}, storage.Index("subject", "subject", "at"), storage.Index("step", "open", "subject"), storage.Index("owner", "open", "owner"))

var handovers = storage.Define("activity.handover", func(h *Handover) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &h.ID).Key(), storage.Version(&h.Version), storage.RefTo("subject", &h.Subject),
		storage.RefTo("from", &h.From), storage.RefTo("to", &h.To), storage.JSON("promises", &h.Promises),
		storage.Text("text", &h.Text).Limit(maxText), storage.Enum("state", &h.State, Offered, Accepted, Returned), storage.Date("offered_on", &h.OfferedOn),
		storage.Date("decided_on", &h.DecidedOn).Optional(), storage.RefTo("decided_by", &h.DecidedBy),
		storage.Text("reason", &h.Reason).Limit(2000), storage.Custom(&h.Fields), storage.Instant("created", &h.Created),
	}
}, storage.Index("subject", "subject", "state"), storage.Index("to", "to", "state"))

// living holds one row for each subject with a handover that was not given back, so that there is never a second.
type living struct {
	Subject  storage.Ref
	Handover storage.ID[Handover]
}

var livings = storage.Define("activity.living", func(l *living) []storage.Field {
	return []storage.Field{storage.RefTo("subject", &l.Subject).Key(), storage.UUID("handover", &l.Handover)}
})

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "crm/activity", Tables: []storage.Declaration{activities, handovers, livings}}
}
