package storagetest

import (
	"slices"
	"testing"
)

// Broken plays the named cases, or all that an engine can play, and returns the failures of those that failed.
func Broken(t *testing.T, h Harness, only ...string) map[string][]string {
	t.Helper()
	s := &suite{harness: h, seed: 1}
	broken := map[string][]string{}
	for _, g := range groups() {
		for _, sc := range g.scenarios {
			if s.missing(sc) != "" || len(only) > 0 && !slices.Contains(only, sc.name) {
				continue
			}
			if failures := s.outcome(t, sc); len(failures) > 0 {
				broken[sc.name] = failures
			}
		}
	}
	return broken
}
