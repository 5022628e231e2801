package event

import (
	"encoding/json"

	"github.com/tutas/tutas/storage"
)

// A Type names a kind of event and the form of its payload. Declare one in a package variable of the package whose event it is.
type Type[P any] struct {
	Name   string
	Schema int
	// upcasts[i] turns a payload of schema i+1 into one of schema i+2.
	upcasts []func(map[string]any)
}

// NewType declares a kind of event whose payload is a P. The upcasters bring older payloads up, one schema version each; the current version is their number plus one.
func NewType[P any](name string, upcasts ...func(map[string]any)) Type[P] {
	return Type[P]{Name: name, Schema: len(upcasts) + 1, upcasts: upcasts}
}

// Draft makes an event of this type.
func (t Type[P]) Draft(payload P) Draft {
	return Draft{Name: t.Name, Schema: t.Schema, Payload: payload}
}

// ErrSchema: an event is of another type, of a newer schema than this program knows, or its payload is damaged.
var ErrSchema = storage.NewError("event.schema", "the event cannot be read")

// Read decodes the payload of an event of this type, of this or any older schema.
//
// Errors: ErrSchema.
func (t Type[P]) Read(e Event) (p P, err error) {
	if e.Name != t.Name || e.Schema < 1 || e.Schema > t.Schema {
		return p, ErrSchema.With("%s %d, wanted %s up to %d", e.Name, e.Schema, t.Name, t.Schema)
	}
	payload := []byte(e.Payload)
	if e.Schema < t.Schema {
		var m map[string]any
		if err := json.Unmarshal(payload, &m); err != nil {
			return p, ErrSchema.Because(err)
		}
		for _, up := range t.upcasts[e.Schema-1:] {
			up(m)
		}
		if payload, err = json.Marshal(m); err != nil {
			return p, ErrSchema.Because(err)
		}
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return p, ErrSchema.Because(err)
	}
	return p, nil
}
