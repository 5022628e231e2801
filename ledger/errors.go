package ledger

import "github.com/tutas/tutas/storage"

// Refusals of this package. Those about an entry carry a *storage.Invalid that lists all that is wrong with it, each fault
// with the code of its sentinel.
var (
	// ErrUnbalanced: the legs do not sum to zero in some currency.
	ErrUnbalanced = storage.NewError("ledger.unbalanced", "the entry does not balance")
	// ErrNoAccount: no account has this code.
	ErrNoAccount = storage.NewError("ledger.no_account", "there is no such account")
	// ErrAccountClosed: the account is not open at the date.
	ErrAccountClosed = storage.NewError("ledger.account_closed", "the account is not open at this date")
	// ErrHeading: the account only groups others.
	ErrHeading = storage.NewError("ledger.heading", "the account is a heading and takes no postings")
	// ErrCurrency: the account takes another currency only.
	ErrCurrency = storage.NewError("ledger.currency", "the account does not take this currency")
	// ErrCommodity: a currency without a minor unit of its own that was not declared.
	ErrCommodity = storage.NewError("ledger.commodity", "the commodity is not declared")
	// ErrControl: only the account's sub-ledger may post to it.
	ErrControl = storage.NewError("ledger.control", "only its sub-ledger may post to this account")
	// ErrDimension: the account demands a dimension that the leg does not have.
	ErrDimension = storage.NewError("ledger.dimension", "the account demands a dimension")
	// ErrClosedPeriod: the day is in a closed period or year, or the books are locked through it or a later one.
	ErrClosedPeriod = storage.NewError("ledger.closed_period", "this day is closed for postings")
	// ErrReversed: the entry was reversed before.
	ErrReversed = storage.NewError("ledger.reversed", "the entry is reversed already")
	// ErrAccountExists: the code is taken.
	ErrAccountExists = storage.NewError("ledger.account_exists", "the account exists already")
	// ErrNoRate: no rate of the pair is known on or before the day.
	ErrNoRate = storage.NewError("ledger.no_rate", "no rate is known")
	// ErrNoYear: no fiscal year of this number was opened.
	ErrNoYear = storage.NewError("ledger.no_year", "there is no such fiscal year")
	// ErrNoPeriod: the fiscal year has no such period.
	ErrNoPeriod = storage.NewError("ledger.no_period", "there is no such period")
	// ErrYearExists: the fiscal year, or one that shares days with it, was opened before.
	ErrYearExists = storage.NewError("ledger.year_exists", "the fiscal year exists already")
	// ErrYearOpen: what came before the fiscal year is not closed.
	ErrYearOpen = storage.NewError("ledger.year_open", "an earlier fiscal year is open")
	// ErrYearClosed: the fiscal year, or a later one, is closed.
	ErrYearClosed = storage.NewError("ledger.year_closed", "the fiscal year is closed")
	// ErrBegun: the books have opening balances.
	ErrBegun = storage.NewError("ledger.begun", "the books have opening balances already")
	// ErrNoResidue: nothing is left, or not in one currency only.
	ErrNoResidue = storage.NewError("ledger.no_residue", "no residue is left in one currency only")
	// ErrUsed: the account has postings or sub-accounts that forbid the change.
	ErrUsed = storage.NewError("ledger.account_used", "the account is in use")
	// ErrWriterBusy: the caller's time ended before a Writer had room for its call. Nothing is posted.
	ErrWriterBusy = storage.NewError("ledger.writer_busy", "the writer has more waiting than it takes")
)

// Codes of faults that are no refusals of their own.
const (
	CodeTooFew = "too_few" // fewer than two legs
	CodeZero   = "zero"    // a leg of nothing
	CodeSelf   = "self"    // a leg that undoes others on the same account
)
