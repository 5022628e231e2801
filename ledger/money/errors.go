package money

import (
	"errors"
	"fmt"
)

// What can go wrong with money. Every error of this package wraps one of these; test with errors.Is.
var (
	// ErrCurrency: two amounts, or an amount and a rate, are of different currencies.
	ErrCurrency = errors.New("currencies differ")
	// ErrCode: a text is no currency, or no code that a commodity may have.
	ErrCode = errors.New("no such currency")
	// ErrSyntax: a text is no plain decimal number, or no amount.
	ErrSyntax = errors.New("not an amount")
	// ErrInexact: the amount has more decimals than were asked for. Round it first, by name.
	ErrInexact = errors.New("more decimals than the currency has")
	// ErrOverflow: the number does not fit: 64 bits of minor units, or the longest text that is read.
	ErrOverflow = errors.New("amount out of range")
	// ErrScale: the currency has no minor unit of its own, so the number of decimals must be given; or what was given is no scale.
	ErrScale = errors.New("number of decimals unknown")
	// ErrDivision: division by zero.
	ErrDivision = errors.New("division by zero")
	// ErrWeights: shares that nothing can be divided by: none, a negative one, or all zero.
	ErrWeights = errors.New("nothing to share by")
	// ErrRate: a rate that is missing, or that is not a positive number.
	ErrRate = errors.New("no such rate")
	// ErrMode: a word that names no rounding mode.
	ErrMode = errors.New("no such rounding mode")
)

func unlike(a, b Currency) error { return fmt.Errorf("%s and %s: %w", a, b, ErrCurrency) }
