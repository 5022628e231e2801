package workflow

import "github.com/tutas/tutas/storage"

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "workflow", Tables: []storage.Declaration{timerTable, plans, runs, ruleTable, editions, ruleRuns, marks}}
}
