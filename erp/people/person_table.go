package people

import (
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/people", Tables: []storage.Declaration{calendars, persons, rates, leaves}}
}

var persons = storage.Define("people.person", func(p *Person) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version),
		storage.Text("name", &p.Name).Limit(maxName).Personal().Label("Name"),
		storage.RefTo("party", &p.Party), storage.Text("role", &p.Role).Limit(maxName), storage.RefTo("manager", &p.Manager),
		storage.Text("department", &p.Department).Limit(maxName),
		storage.Text("cost_centre", &p.CostCentre).Limit(maxName).Label("Cost centre"),
		storage.Text("region", &p.Region).Limit(maxName), storage.Text("office", &p.Office).Limit(maxName),
		storage.JSON("week", &p.Week),
		storage.UUID("calendar", &p.Calendar), storage.JSON("limits", &p.Limits), storage.Date("hired", &p.Hired),
		storage.Date("left", &p.Left).Optional(), storage.Date("until", &p.until), storage.Instant("created", &p.Created),
		storage.Custom(&p.Fields),
	}
}, storage.Index("name", "name"), storage.Index("department", "department", "name"),
	storage.Index("cost_centre", "cost_centre", "name"),
	storage.Index("manager", "manager", "name"))

var rates = storage.Define("people.rate", func(r *Rate) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version), storage.UUID("person", &r.Person), storage.Date("from", &r.From),
		storage.Minor("hour", &r.Hour), storage.Instant("created", &r.Created),
	}
}, storage.ChildOf(persons, "person"), storage.Unique("from", "person", "from"))

var leaves = storage.Define("people.leave", func(l *Leave) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &l.ID).Key(), storage.Version(&l.Version), storage.UUID("person", &l.Person), storage.Date("from", &l.From),
		storage.Date("to", &l.To), storage.Text("kind", &l.Kind).Limit(maxName), storage.Instant("created", &l.Created),
	}
}, storage.ChildOf(persons, "person"), storage.Index("person", "person", "from"))

var calendars = storage.Define("people.calendar", func(c *Calendar) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &c.ID).Key(), storage.Version(&c.Version), storage.Text("name", &c.Name).Limit(maxName),
		storage.JSON("holidays", &c.Holidays), storage.Instant("created", &c.Created),
	}
}, storage.Index("name", "name"))

// forever stands for the end of an employment that has none, so that people can be filtered by it.
var forever = date.Must(9999, 12, 31)
