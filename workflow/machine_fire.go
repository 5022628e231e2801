package workflow

import (
	"strings"

	"github.com/tutas/tutas/storage"
)

// Refusals of machines.
var (
	// ErrNoState: the document is in a state that the machine does not know.
	ErrNoState = storage.NewError("workflow.no_state", "there is no such state")
	// ErrNoAction: nothing of this name can be done with such documents.
	ErrNoAction = storage.NewError("workflow.no_action", "there is no such action")
	// ErrNotNow: the action exists, but not in the document's state.
	ErrNotNow = storage.NewError("workflow.not_now", "this cannot be done in the present state")
	// ErrGuarded: the action is possible in this state, but a guard refuses; the cause says why.
	ErrGuarded = storage.NewError("workflow.guarded", "this cannot be done now")
)

// Refused says which guard of which action refuses. It unwraps to ErrGuarded and to the guard's own reason.
type Refused struct {
	Action Action
	Guard  string
	Why    error
}

// Error gives the reason.
func (r *Refused) Error() string { return string(r.Action) + ": " + r.Why.Error() }

// Unwrap returns ErrGuarded and the reason.
func (r *Refused) Unwrap() []error { return []error{ErrGuarded, r.Why} }

// Fire finds where an action leads a document from a state, and what follows from it: the effects of leaving, of the
// transition, of entering, in this order. It changes nothing and, where it succeeds, allocates nothing; the effects belong to the machine.
//
// Errors: ErrNoState, ErrNoAction, ErrNotNow or what Life.NotNow says instead, *Refused.
func (m *Machine[S, D]) Fire(state S, action Action, doc D) (S, []Effect, error) {
	steps, err := m.steps(state, action)
	if err != nil {
		return state, nil, err
	}
	var refused error
	for i := range steps {
		x := &steps[i]
		guard, why := x.refuses(doc)
		if why == nil {
			return m.from[x.to], x.effects, nil
		}
		if refused == nil {
			refused = &Refused{Action: action, Guard: guard, Why: why}
		}
	}
	return state, nil, refused
}

// steps finds what an action may do in a state.
func (m *Machine[S, D]) steps(state S, action Action) ([]step[D], error) {
	s, ok := m.states[state]
	if !ok {
		return nil, ErrNoState.With("%q", clip(string(state)))
	}
	a, ok := m.actions[action]
	if !ok {
		return nil, ErrNoAction.With("%q", clip(string(action)))
	}
	steps := m.table[int(s)*len(m.names)+int(a)]
	if len(steps) > 0 {
		return steps, nil
	}
	if m.life.NotNow != nil {
		if err := m.life.NotNow(state, action); err != nil {
			return nil, err
		}
	}
	return nil, ErrNotNow.With("%s in state %s", action, state)
}

// clip shortens what someone else wrote, for an error.
func clip(s string) string { return clipTo(s, 60) }

// told is why something failed, as it is kept.
func told(err error) string { return clipTo(err.Error(), 900) }

// clipTo shortens a text to what can be stored.
func clipTo(s string, n int) string {
	short := s
	if len(s) > n {
		short = s[:n]
	}
	short = strings.ReplaceAll(strings.ToValidUTF8(short, ""), "\x00", "")
	if len(s) > n {
		short += "…"
	}
	return short
}

// refuses names the first guard that refuses, and its reason.
func (x *step[D]) refuses(doc D) (string, error) {
	for i := range x.when {
		if err := x.when[i].Check(doc); err != nil {
			return x.when[i].Name, err
		}
	}
	return "", nil
}

// A Permission says whether an action can be done now, and if not, why.
type Permission struct {
	Action  Action `json:"action"`
	Label   string `json:"label"`
	Allowed bool   `json:"allowed"`
	// To is the state that it would lead to, where it is allowed.
	To string `json:"to,omitempty"`
	// Reason is for people; Code can be translated.
	Reason string `json:"reason,omitempty"`
	Code   string `json:"code,omitempty"`
}

// Permitted lists the actions of a document's state in the order of their declaration, each with a yes or the reason for the no. With
// all, it lists the actions of other states too.
//
// Errors: ErrNoState.
func (m *Machine[S, D]) Permitted(state S, doc D, all bool) ([]Permission, error) {
	n, ok := m.states[state]
	if !ok {
		return nil, ErrNoState.With("%q", clip(string(state)))
	}
	var out []Permission
	for a, action := range m.names {
		p := Permission{Action: action, Label: m.label(action)}
		to, _, err := m.Fire(state, action, doc)
		if p.Allowed = err == nil; p.Allowed {
			p.To = string(to)
		} else {
			p.Reason, p.Code = err.Error(), code(err)
		}
		if all || len(m.table[int(n)*len(m.names)+a]) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// label is that of the first transition by an action.
func (m *Machine[S, D]) label(a Action) string {
	for _, t := range m.life.Transitions {
		if t.Action == a && t.Label != "" {
			return t.Label
		}
	}
	return string(a)
}

// code is that of the guard's own reason, where it has one.
func code(err error) string {
	if r, ok := err.(*Refused); ok {
		if e, ok := r.Why.(*storage.Error); ok {
			return e.Code
		}
		return ErrGuarded.Code
	}
	if e, ok := err.(*storage.Error); ok {
		return e.Code
	}
	return ""
}

// Initial is the state in which documents begin.
func (m *Machine[S, D]) Initial() S { return m.life.Initial }

// Final reports whether a state is the end of the life.
func (m *Machine[S, D]) Final(state S) bool {
	i, ok := m.states[state]
	return ok && m.life.States[i].Final
}

// States lists the states in the order of their declaration.
func (m *Machine[S, D]) States() []S { return append([]S(nil), m.from...) }
