package workflow

import (
	"strconv"

	"github.com/tutas/tutas/storage"
)

// Action is what someone wants to do with a document: "confirm", "cancel".
type Action string

// Effect is what follows from a transition, as a word that the one who fires knows how to carry out.
type Effect string

// A Life declares the states of a kind of document and what leads from one to another. S is the document's own type of state,
// D what guards look at.
type Life[S ~string, D any] struct {
	Name string
	// Initial is the state in which documents begin.
	Initial     S
	States      []State[S]
	Transitions []Transition[S, D]
	// NotNow says in the package's own words why an action cannot be done in a state that it does not lead from. Without it, or where
	// it says nothing, the refusal is ErrNotNow.
	NotNow func(S, Action) error
}

// A State is a stage of the life.
type State[S ~string] struct {
	Name S
	// Label is what a screen shows; without one it is the name.
	Label string
	// Final states are left by nothing; the linter holds other states without a way out for dead ends.
	Final bool
	// Enter and Leave follow from each transition into and out of the state.
	Enter, Leave []Effect
}

// A Transition leads from states to a state by an action.
type Transition[S ~string, D any] struct {
	Action Action
	Label  string
	// From lists states; nothing means every state that is not final.
	From []S
	// To is the state after it. With Stay the state stays as it is, and is neither left nor entered.
	To   S
	Stay bool
	// When lets the transition pass; all guards must agree. Without any it always passes.
	When []Guard[D]
	// Effects come after those of leaving the old state and before those of entering the new one.
	Effects []Effect
}

// A Guard is a named demand on a document. Check returns nil where the document fulfils it, and else the reason, which should be
// a *storage.Error so that a screen can translate it.
type Guard[D any] struct {
	Name  string
	Check func(D) error
}

// A Machine is a compiled life. It is immutable and safe for concurrent use.
type Machine[S ~string, D any] struct {
	life    Life[S, D]
	states  map[S]int32
	actions map[Action]int32
	names   []Action
	table   [][]step[D] // by state × number of actions + action
	from    []S
}

// step is a transition out of one state.
type step[D any] struct {
	to      int32
	when    []Guard[D]
	effects []Effect
	origin  int // which transition
}

// Codes of faults in a life.
const (
	CodeUnknownState = "unknown_state"
	CodeFinal        = "final" // a transition out of a final state
)

// Compile checks a life and makes its table.
//
// Errors: *storage.Invalid with paths such as "transitions.2.to".
func Compile[S ~string, D any](life Life[S, D]) (*Machine[S, D], error) {
	m := &Machine[S, D]{life: life, states: map[S]int32{}, actions: map[Action]int32{}}
	var bad storage.Invalid
	bad.Check(life.Name != "", "name", storage.CodeRequired, "")
	bad.Text("name", life.Name, 100)
	for i, s := range life.States {
		at := "states." + strconv.Itoa(i) + ".name"
		_, twice := m.states[s.Name]
		bad.Check(s.Name != "", at, storage.CodeRequired, "")
		bad.Check(!twice, at, storage.CodeDuplicate, string(s.Name))
		m.states[s.Name] = int32(i)
		m.from = append(m.from, s.Name)
	}
	_, known := m.states[life.Initial]
	bad.Check(known, "initial", CodeUnknownState, string(life.Initial))
	for i := range life.Transitions {
		m.checkTransition(&bad, i)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	m.table = make([][]step[D], len(life.States)*len(m.names))
	for i := range life.Transitions {
		m.add(i)
	}
	return m, nil
}

// MustCompile is Compile for declarations in a program; it panics on a life that makes no sense.
func MustCompile[S ~string, D any](life Life[S, D]) *Machine[S, D] {
	m, err := Compile(life)
	if err != nil {
		panic(life.Name + ": " + err.Error())
	}
	return m
}

func (m *Machine[S, D]) checkTransition(bad *storage.Invalid, i int) {
	t := &m.life.Transitions[i]
	at := "transitions." + strconv.Itoa(i)
	bad.Check(t.Action != "", at+".action", storage.CodeRequired, "")
	if _, known := m.actions[t.Action]; !known {
		m.actions[t.Action] = int32(len(m.names))
		m.names = append(m.names, t.Action)
	}
	for j, s := range t.From {
		n, known := m.states[s]
		path := at + ".from." + strconv.Itoa(j)
		bad.Check(known, path, CodeUnknownState, string(s))
		bad.Check(!known || !m.life.States[n].Final, path, CodeFinal, string(s))
	}
	_, known := m.states[t.To]
	bad.Check(known || t.Stay, at+".to", CodeUnknownState, string(t.To))
	bad.Check(!t.Stay || t.To == "", at+".to", storage.CodeChoice, "a transition that stays leads nowhere")
	for j, g := range t.When {
		path := at + ".when." + strconv.Itoa(j)
		bad.Check(g.Name != "", path+".name", storage.CodeRequired, "")
		bad.Check(g.Check != nil, path+".check", storage.CodeRequired, "")
	}
}

// add enters a transition into the table, once for each state that it leads from.
func (m *Machine[S, D]) add(i int) {
	t := &m.life.Transitions[i]
	from := t.From
	if len(from) == 0 {
		for _, s := range m.life.States {
			if !s.Final {
				from = append(from, s.Name)
			}
		}
	}
	for _, s := range from {
		n := m.states[s]
		x := step[D]{to: n, when: t.When, effects: t.Effects, origin: i}
		if !t.Stay {
			x.to = m.states[t.To]
			all := append([]Effect(nil), m.life.States[n].Leave...)
			x.effects = append(append(all, t.Effects...), m.life.States[x.to].Enter...)
		}
		place := int(n)*len(m.names) + int(m.actions[t.Action])
		m.table[place] = append(m.table[place], x)
	}
}
