package driver

import "errors"

// What can go wrong in a backend. Backends wrap these; callers test with errors.Is.
var (
	// ErrExists: a primary key or unique index already holds these values. The error is a *KeyError.
	ErrExists = errors.New("already exists")
	// ErrReference: a row's parent is not there, or a row that children refer to was to be deleted. The error is a *KeyError.
	ErrReference = errors.New("broken reference")
	// ErrConflict: this attempt lost a race (a version moved on, a deadlock, a serialization failure). Nothing was written; try again.
	ErrConflict = errors.New("lost a race with another transaction")
	// ErrBusy: waited too long for another writer. The text says for what, and the likely cause.
	ErrBusy = errors.New("waited too long for another writer")
	// ErrUnknown: the connection broke while committing; the transaction took effect, or did not.
	ErrUnknown = errors.New("the outcome of the commit is unknown")
	// ErrOverflow: a sum left the range of 64 bits.
	ErrOverflow = errors.New("sum out of range")
	// ErrReadOnly: a write in a read-only transaction.
	ErrReadOnly = errors.New("the transaction is read-only")
	// ErrDoomed: an earlier statement of this transaction failed; only rolling back is left.
	ErrDoomed = errors.New("the transaction has failed and can only be rolled back")
	// ErrClosed: the transaction or the engine is over.
	ErrClosed = errors.New("closed")
	// ErrSchema: a table was used that Migrate was not given, or what is stored cannot be brought to the declarations.
	ErrSchema = errors.New("schema mismatch")
)

// A KeyError names the table and the index that ErrExists or ErrReference is about.
type KeyError struct {
	Table string
	// Index is the Name of the Index; "" stands for the primary key or the parent.
	Index string
	// Err is ErrExists or ErrReference.
	Err error
}

// Error says which index of which table refused.
func (e *KeyError) Error() string {
	s := e.Table
	if e.Index != "" {
		s += "." + e.Index
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns ErrExists or ErrReference.
func (e *KeyError) Unwrap() error { return e.Err }
