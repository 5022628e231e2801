package workflow

import (
	"errors"

	"github.com/tutas/tutas/storage"
)

// Next is Fire for services that answer in their own words: the state that an action leads to, or the refusal of the document's
// own package.
//
// Errors: ErrNoState, ErrNoAction, what Life.NotNow says or else ErrNotNow, and the guard's own reason.
func (m *Machine[S, D]) Next(state S, action Action, doc D) (S, error) {
	to, _, err := m.Fire(state, action, doc)
	return to, own(err)
}

// own is the guard's reason without what the machine says around it, and any other error as it is.
func own(err error) error {
	var r *Refused
	if errors.As(err, &r) {
		return r.Why
	}
	return err
}

// Verbs lists actions, all if none are named, as a description shows them: with the reason for each no, as Next gives it.
func (m *Machine[S, D]) Verbs(state S, doc D, actions ...Action) []storage.Verb {
	if len(actions) == 0 {
		actions = m.names
	}
	list := make([]storage.Verb, len(actions))
	for i, a := range actions {
		list[i].Name = string(a)
		if _, err := m.Next(state, a, doc); err != nil {
			list[i].Why = err.Error()
		}
	}
	return list
}
