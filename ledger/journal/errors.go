package journal

import (
	"strconv"

	"github.com/tutas/tutas/storage"
)

// What can be wrong with a journal. What Read, Parse and Check return is an *Error with the place, which unwraps to one of these.
var (
	// ErrSyntax: a line is not what may stand there.
	ErrSyntax = storage.NewError("journal.syntax", "not readable here")
	// ErrDate: a date is missing, not of the calendar, or without a year where no default year is known.
	ErrDate = storage.NewError("journal.date", "no such date")
	// ErrAmount: an amount is not a number with at most one commodity, or makes no sense where it stands.
	ErrAmount = storage.NewError("journal.amount", "not an amount")
	// ErrAccount: an account's name is empty or malformed; in beancount also one that is not open.
	ErrAccount = storage.NewError("journal.account", "no such account")
	// ErrElided: more than one posting of a transaction has no amount.
	ErrElided = storage.NewError("journal.elided", "more than one amount is left out")
	// ErrUnbalanced: the postings of a transaction do not sum to zero at cost.
	ErrUnbalanced = storage.NewError("journal.unbalanced", "the transaction does not balance")
	// ErrAssertion: an account does not hold what the journal asserts.
	ErrAssertion = storage.NewError("journal.assertion", "the balance is not what is asserted")
	// ErrAssignment: a balance is assigned where it cannot be known, as in Scan.
	ErrAssignment = storage.NewError("journal.assignment", "the balance cannot be assigned here")
	// ErrLot: a reduction matches no lot, or more than one.
	ErrLot = storage.NewError("journal.lot", "the lot is not clear")
	// ErrPad: a pad directive pads nothing, or something held at cost.
	ErrPad = storage.NewError("journal.pad", "nothing to pad")
	// ErrInclude: an included file is missing, outside the file system, or includes itself.
	ErrInclude = storage.NewError("journal.include", "the file cannot be included")
	// ErrDirective: a directive is unknown, or one that this package refuses because leaving it out could change balances or
	// skip a check.
	ErrDirective = storage.NewError("journal.directive", "the directive is not read")
	// ErrTooLarge: a number, an expression, a line, the nesting or the result is beyond its bound.
	ErrTooLarge = storage.NewError("journal.too_large", "beyond what is read")
	// ErrEncoding: the file is not UTF-8, or contains NUL.
	ErrEncoding = storage.NewError("journal.encoding", "not a text in UTF-8")
	// ErrWrite: the journal holds what the other format has no form for.
	ErrWrite = storage.NewError("journal.write", "cannot be written in this format")
)

// A Position is a place in a file. Line and Column count from 1, the column in bytes; 0 is unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// String writes file:line:column, as compilers do.
func (p Position) String() string {
	s := p.File
	if s == "" {
		s = "journal"
	}
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	return s
}

// An Error says what is wrong with a journal and where.
type Error struct {
	Position
	// Err is one of the sentinels of this package.
	Err *storage.Error
	// Detail is for people, in English; it may be empty.
	Detail string
}

// Error writes place, reason and detail.
func (e *Error) Error() string {
	s := e.Position.String() + ": " + e.Err.Text
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }
