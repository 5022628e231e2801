package storage

// ErrPanicked: a function of the host's panicked, and what it was part of goes on without it.
var ErrPanicked = NewError("panicked", "a function panicked")

// Contain runs a function of the host's where its panic must not end what others need: a handler among many. A panic becomes an error.
//
// Errors: ErrPanicked with what was thrown, and those of fn.
func Contain(fn func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = ErrPanicked.With("%v", thrown)
		}
	}()
	return fn()
}
