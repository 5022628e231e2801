package workflow

import (
	"slices"
	"strconv"
)

// A Flaw is something in a life that works, but hardly as it was meant.
type Flaw struct {
	// Kind is one of the words below.
	Kind string `json:"kind"`
	// State or Action and Transition (its place in the declaration) say where.
	State      string `json:"state,omitempty"`
	Action     Action `json:"action,omitempty"`
	Transition int    `json:"transition,omitempty"`
	Text       string `json:"text"`
}

// The kinds of flaws.
const (
	// FlawUnreachable: no way leads from the initial state to this one.
	FlawUnreachable = "unreachable"
	// FlawDeadEnd: the state is not final, and nothing leads out of it.
	FlawDeadEnd = "dead_end"
	// FlawNoEnd: from this state no final state can be reached.
	FlawNoEnd = "no_end"
	// FlawAmbiguous: two transitions of one state and action have the same guards, or an earlier one has none: the later never comes.
	FlawAmbiguous = "ambiguous"
)

// Lint names what is odd in the life, in the order of its declaration.
func (m *Machine[S, D]) Lint() (flaws []Flaw) {
	next := m.successors()
	reached := walk(next, int(m.states[m.life.Initial]))
	hasEnd := slices.ContainsFunc(m.life.States, func(s State[S]) bool { return s.Final })
	for i, s := range m.life.States {
		out := walk(next, i)
		switch ends := slices.ContainsFunc(m.life.States, func(t State[S]) bool { return t.Final && out[m.states[t.Name]] }); {
		case !reached[i]:
			flaws = append(flaws, Flaw{Kind: FlawUnreachable, State: string(s.Name), Text: "nothing leads to " + string(s.Name)})
		case !s.Final && len(next[i]) == 0:
			flaws = append(flaws, Flaw{Kind: FlawDeadEnd, State: string(s.Name), Text: "nothing leads out of " + string(s.Name)})
		case hasEnd && !ends:
			flaws = append(flaws, Flaw{Kind: FlawNoEnd, State: string(s.Name), Text: "no end can be reached from " + string(s.Name)})
		}
	}
	return append(flaws, m.ambiguous()...)
}

// successors lists, for each state, the states to which something leads; staying does not count, nor does coming back.
func (m *Machine[S, D]) successors() [][]int {
	next := make([][]int, len(m.life.States))
	for place, steps := range m.table {
		from := place / len(m.names)
		for _, x := range steps {
			if int(x.to) != from {
				next[from] = append(next[from], int(x.to))
			}
		}
	}
	return next
}

// walk marks what can be reached from a state, itself included.
func walk(next [][]int, from int) []bool {
	seen := make([]bool, len(next))
	seen[from] = true
	for todo := []int{from}; len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		for _, to := range next[at] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return seen
}

// ambiguous finds transitions that are hidden by an earlier one, each once.
func (m *Machine[S, D]) ambiguous() (flaws []Flaw) {
	said := map[int]bool{}
	for place, steps := range m.table {
		for i, later := range steps {
			for _, earlier := range steps[:i] {
				if hides(earlier.when, later.when) && !said[later.origin] {
					said[later.origin] = true
					flaws = append(flaws, Flaw{Kind: FlawAmbiguous, State: string(m.from[place/len(m.names)]),
						Action: m.life.Transitions[later.origin].Action, Transition: later.origin,
						Text: "transition " + strconv.Itoa(earlier.origin) + " always comes first"})
				}
			}
		}
	}
	slices.SortFunc(flaws, func(a, b Flaw) int { return a.Transition - b.Transition })
	return flaws
}

// hides reports whether guards pass whenever others do: they are among them.
func hides[D any](earlier, later []Guard[D]) bool {
	for _, g := range earlier {
		if !slices.ContainsFunc(later, func(l Guard[D]) bool { return l.Name == g.Name }) {
			return false
		}
	}
	return true
}
