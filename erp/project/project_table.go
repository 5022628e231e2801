package project

import "github.com/tutas/tutas/storage"

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/project", Tables: []storage.Declaration{projects, times, milestones}}
}

// Bounds on texts, in bytes: names, and values of the ledger's dimensions.
const (
	maxName  = 500
	maxValue = 200
)

var projects = storage.Define("project.project", func(p *Project) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("name", &p.Name).Limit(maxName),
		storage.RefTo("customer", &p.Customer), storage.RefTo("origin", &p.Origin), storage.RefTo("manager", &p.Manager),
		storage.Scaled("budget", hourScale, &p.Budget).Label("Budget, hours"), storage.Minor("price", &p.Price).Label("Price an hour"),
		storage.Enum("status", &p.Status, Planned, Active, Done, Closed),
		storage.Date("from", &p.From).Optional(), storage.Date("to", &p.To).Optional(),
		storage.Date("started", &p.Started).Optional(), storage.Date("completed", &p.Completed).Optional(),
		storage.Text("department", &p.Department).Limit(maxValue), storage.Text("cost_centre", &p.CostCentre).Limit(maxValue),
		storage.Text("product", &p.Product).Limit(maxValue), storage.Text("deal", &p.Deal).Limit(maxValue),
		storage.Text("region", &p.Region).Limit(maxValue), storage.Instant("created", &p.Created), storage.Custom(&p.Fields),
	}
}, storage.Index("created", "created"), storage.Index("customer", "customer", "created"),
	storage.Index("origin", "origin", "created"),
	storage.Index("manager", "manager", "created"), storage.Index("status", "status", "created"))

var times = storage.Define("project.time", func(t *Time) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &t.ID).Key(), storage.Version(&t.Version), storage.UUID("project", &t.Project),
		storage.RefTo("person", &t.Person), storage.Date("date", &t.Date), storage.Scaled("hours", hourScale, &t.Hours),
		storage.Text("text", &t.Text).Limit(10_000), storage.Bool("billable", &t.Billable),
		storage.Minor("price", &t.Price).Label("Price an hour"), storage.Minor("fixed", &t.Fixed).Label("Fixed price"),
		storage.Minor("rate", &t.Rate).Label("Cost an hour"), storage.Minor("cost", &t.Cost), storage.Bool("billed", &t.Billed),
		storage.RefTo("invoice", &t.Invoice), storage.RefTo("posting", &t.Posting), storage.Instant("created", &t.Created),
		storage.Custom(&t.Fields),
	}
}, storage.ChildOf(projects, "project"), storage.Index("project", "project", "date"),
	storage.Index("unbilled", "project", "billed", "date"),
	storage.Index("person", "person", "date"), storage.Index("invoice", "invoice", "date"), storage.Index("date", "date"))

var milestones = storage.Define("project.milestone", func(m *Milestone) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &m.ID).Key(), storage.Version(&m.Version), storage.UUID("project", &m.Project),
		storage.Text("name", &m.Name).Limit(maxName), storage.Date("due", &m.Due), storage.Date("reached", &m.Reached).Optional(),
		storage.Minor("amount", &m.Amount), storage.Instant("created", &m.Created),
	}
}, storage.ChildOf(projects, "project"), storage.Index("project", "project", "due"))
