package storage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// An Error is a refusal with a stable code that a program can test and a UI can translate. Packages declare theirs with
// NewError and return them as they are, or with details through With. Two Errors with one code are the same to errors.Is, also when one of
// them was stored and replayed.
type Error struct {
	// Code is stable: "package.reason" in lower case, or a bare word for those of this package.
	Code string
	// Text is for people, in English.
	Text  string
	cause error
}

// NewError declares a sentinel.
func NewError(code, text string) *Error { return &Error{Code: code, Text: text} }

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Is reports whether the target has the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Unwrap returns the cause given to Because.
func (e *Error) Unwrap() error { return e.cause }

// With returns the same refusal with details after the text.
func (e *Error) With(format string, args ...any) *Error {
	return &Error{Code: e.Code, Text: e.Text + ": " + fmt.Sprintf(format, args...), cause: e.cause}
}

// Because returns the same refusal with a cause that errors.Is and errors.As find too.
func (e *Error) Because(cause error) *Error {
	return &Error{Code: e.Code, Text: e.Text + ": " + cause.Error(), cause: cause}
}

// Refusals of this package.
var (
	// ErrNotFound: there is no such row, or the actor may not see it.
	ErrNotFound = NewError("not_found", "not found")
	// ErrStale: the version that the command carried is not the stored one any more. Read again and decide anew; it is never retried.
	ErrStale = NewError("stale", "changed by someone else since it was read")
	// ErrForbidden: a guard of the host said no.
	ErrForbidden = NewError("forbidden", "not allowed")
	// ErrUnknownTenant: no tenant has this name.
	ErrUnknownTenant = NewError("unknown_tenant", "there is no such tenant")
	// ErrTenantExists: the name of a new tenant is taken.
	ErrTenantExists = NewError("tenant_exists", "the tenant exists already")
	// ErrKeyReused: an idempotency key came back with another command.
	ErrKeyReused = NewError("key_reused", "the key was used before for a different command")
	// ErrBadCursor: a cursor belongs to another list, another filter, or is no cursor at all.
	ErrBadCursor = NewError("bad_cursor", "the cursor does not belong to this list")
	// ErrNewerSchema: what is stored was written by a newer major version of the library.
	ErrNewerSchema = NewError("newer_schema", "the stored schema is newer than this program")
)

// What a backend can report; see package driver for each.
var (
	ErrExists    = driver.ErrExists
	ErrReference = driver.ErrReference
	ErrConflict  = driver.ErrConflict
	ErrBusy      = driver.ErrBusy
	ErrUnknown   = driver.ErrUnknown
	ErrOverflow  = driver.ErrOverflow
	ErrReadOnly  = driver.ErrReadOnly
	ErrDoomed    = driver.ErrDoomed
	ErrClosed    = driver.ErrClosed
	ErrSchema    = driver.ErrSchema
)

// A Fault is what is wrong with one input field.
type Fault struct {
	// Path leads to the field by the names in the table's declaration: "lines.2.quantity".
	Path string `json:"path"`
	// Code is one of the Code constants, or a code of the package that found it.
	Code string `json:"code"`
	// Text is for people, in English; it may be empty.
	Text string `json:"text,omitempty"`
}

// Codes of faults that any package may report.
const (
	CodeRequired  = "required"   // a value is missing
	CodeTooLong   = "too_long"   // a text has too many bytes
	CodeEncoding  = "encoding"   // a text is not valid UTF-8, or contains NUL
	CodeRange     = "range"      // a number, date or instant is outside what can be stored or makes sense
	CodeScale     = "scale"      // a decimal has more digits than the field keeps
	CodeChoice    = "choice"     // a word is not among the choices
	CodeType      = "type"       // a value is of another type than the field
	CodeUnknown   = "unknown"    // there is no such field, or nothing has that name
	CodeCurrency  = "currency"   // a currency is missing, unknown, or not the one that belongs here
	CodeNegative  = "negative"   // a number must not be below zero
	CodeFormat    = "format"     // a text does not have the form that is asked for
	CodeDuplicate = "duplicate"  // a value stands twice where it may stand once
	CodeNotSorted = "not_sorted" // a list cannot be filtered or sorted by this field
)

// Invalid collects everything that is wrong with an input, so that a form can show it all at once.
type Invalid struct {
	Fields []Fault
}

// Add notes a fault.
func (v *Invalid) Add(path, code, text string) {
	v.Fields = append(v.Fields, Fault{Path: path, Code: code, Text: text})
}

// Check notes a fault unless ok.
func (v *Invalid) Check(ok bool, path, code, text string) {
	if !ok {
		v.Add(path, code, text)
	}
}

// Text notes what would keep a text from being stored in a field of so many bytes, under the path that a form knows.
func (v *Invalid) Text(path, s string, limit int) {
	switch code := textFault(s); {
	case code == CodeEncoding:
		v.Add(path, code, "not valid UTF-8, or with NUL")
	case code != "" || len(s) > limit:
		v.Add(path, CodeTooLong, "at most "+strconv.Itoa(limit)+" bytes")
	}
}

// Err returns the collection as an error, nil if nothing is wrong.
func (v *Invalid) Err() error {
	if len(v.Fields) == 0 {
		return nil
	}
	return v
}

// Error lists the faults.
func (v *Invalid) Error() string {
	var b strings.Builder
	b.WriteString("invalid input")
	for i, f := range v.Fields {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(f.Path + " (" + f.Code + ")")
		if f.Text != "" {
			b.WriteString(" " + f.Text)
		}
	}
	return b.String()
}

// Has reports whether the error holds a fault with this path and code.
func Has(err error, path, code string) bool {
	var v *Invalid
	if !errors.As(err, &v) {
		return false
	}
	for _, f := range v.Fields {
		if f.Path == path && f.Code == code {
			return true
		}
	}
	return false
}

// invalid returns an Invalid with one fault.
func invalid(path, code, text string) error {
	return &Invalid{Fields: []Fault{{Path: path, Code: code, Text: text}}}
}

// A KeyError names the table and index that ErrExists or ErrReference is about.
type KeyError = driver.KeyError

// IsDuplicate reports whether an error says that a unique index of this table refused a row; index "" stands for the primary key.
func IsDuplicate(err error, t Declaration, index string) bool {
	var k *KeyError
	return errors.As(err, &k) && errors.Is(k.Err, ErrExists) && k.Table == t.declared().table.Name && k.Index == index
}
