package cost

import "github.com/tutas/tutas/storage"

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/cost", Tables: []storage.Declaration{centres, budgets, rules}}
}

// Bounds on texts, in bytes: names, and values of the ledger's dimensions.
const (
	maxName  = 500
	maxValue = 200
)

var centres = storage.Define("cost.centre", func(c *Centre) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &c.ID).Key(), storage.Version(&c.Version), storage.Text("code", &c.Code).Limit(maxValue),
		storage.Text("name", &c.Name).Limit(maxName), storage.UUID("parent", &c.Parent),
		storage.Text("department", &c.Department).Limit(maxValue),
		storage.RefTo("manager", &c.Manager), storage.Bool("closed", &c.Closed), storage.Instant("created", &c.Created),
		storage.Custom(&c.Fields),
	}
}, storage.Unique("code", "code"), storage.Index("children", "parent", "code"), storage.Index("department", "department", "code"),
	storage.Index("manager", "manager", "code"))

var budgets = storage.Define("cost.budget", func(b *Budget) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &b.ID).Key(), storage.Version(&b.Version), storage.UUID("centre", &b.Centre),
		storage.Text("account", &b.Account).Limit(maxValue), storage.Date("month", &b.Month), storage.Minor("amount", &b.Amount),
		storage.Instant("created", &b.Created),
	}
}, storage.ChildOf(centres, "centre"), storage.Unique("month", "centre", "account", "month"), storage.Index("by_month", "month"))

var rules = storage.Define("cost.rule", func(r *Rule) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version), storage.Text("name", &r.Name).Limit(maxName),
		storage.Text("from", &r.From).Limit(maxValue), storage.JSON("shares", &r.Shares), storage.Instant("created", &r.Created),
	}
}, storage.Unique("name", "name"))
