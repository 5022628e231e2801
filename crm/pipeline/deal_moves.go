package pipeline

import (
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Refusals.
var (
	// ErrStage: the pipeline has no such stage, or a deal cannot enter it this way.
	ErrStage = storage.NewError("pipeline.stage", "not a stage that the deal can enter")
	// ErrWon: the deal is won; Reopen it first.
	ErrWon = storage.NewError("pipeline.won", "the deal is won")
	// ErrLost: the deal is lost; Reopen it first.
	ErrLost = storage.NewError("pipeline.lost", "the deal is lost")
	// ErrOpen: the deal is open, so there is nothing to reopen.
	ErrOpen = storage.NewError("pipeline.open", "the deal is open")
	// ErrArchived: the pipeline was put away, and deals no longer enter it.
	ErrArchived = storage.NewError("pipeline.archived", "the pipeline is archived")
)

// enter moves the deal to a stage on a date.
func (d *Deal) enter(p *Pipeline, s Stage, at date.Date) error {
	if at.Before(d.Moved) {
		return &storage.Invalid{Fields: []storage.Fault{{Path: "at", Code: storage.CodeRange,
			Text: "before " + d.Moved.String() + ", when the deal last changed its stage"}}}
	}
	d.Stage, d.Status, d.Moved = s.Code, s.Status, at
	d.Closed, d.cycle = date.Date{}, -1
	if first, err := p.First(StatusOpen); err == nil && s.Status == StatusOpen && s.Code != first.Code && d.Engaged.IsZero() {
		d.Engaged = at
	}
	if s.Status != StatusOpen {
		d.Closed = at
		days, _ := d.Cycle()
		d.cycle = int64(days)
	}
	return nil
}

// Advanced is the deal after it went to another open stage.
//
// Errors: ErrWon, ErrLost, ErrStage; *storage.Invalid for a date before its last move.
func (d Deal) Advanced(p *Pipeline, stage string, at date.Date) (Deal, error) {
	to, err := d.next("advance")
	if err != nil {
		return d, err
	}
	s, err := p.target(stage, to)
	if err != nil {
		return d, err
	}
	if s.Code == d.Stage {
		return d, ErrStage.With("it is in %q already", stage)
	}
	return d, d.enter(p, s, at)
}

// Wins is the deal after the customer agreed to pay a value; Amount{} is the expected amount. The value is spread over the lines
// in proportion to what each was expected to bring, unless the value of each line is given.
//
// Errors: ErrWon, ErrLost, ErrStage; *storage.Invalid for a value below zero, of another currency, or that is not the sum of the
// lines' values.
func (d Deal) Wins(p *Pipeline, stage string, value money.Amount, lines []money.Amount, at date.Date) (Deal, error) {
	to, err := d.next("win")
	if err != nil {
		return d, err
	}
	s, err := p.target(stage, to)
	if err != nil {
		return d, err
	}
	var bad storage.Invalid
	cur := d.Amount.Currency()
	sum := money.Zero(cur)
	for i, v := range lines {
		path := "lines." + strconv.Itoa(i) + ".value"
		if amount(&bad, path, v, cur) {
			sum, _ = sum.Add(v)
		}
	}
	bad.Check(len(lines) == 0 || len(lines) == len(d.Lines), "lines", storage.CodeRange, "one value for each line")
	switch {
	case value != money.Amount{}:
		amount(&bad, "value", value, cur)
		bad.Check(len(lines) == 0 || value == sum, "value", storage.CodeRange, "not the sum of the lines' values")
	case len(lines) > 0:
		value = sum
	default:
		value = d.Amount
	}
	if err := bad.Err(); err != nil {
		return d, err
	}
	if len(lines) == 0 && len(d.Lines) > 0 {
		if lines, err = d.Shares(value); err != nil {
			return d, err
		}
	}
	d.Lines = slices.Clone(d.Lines)
	for i := range d.Lines {
		d.Lines[i].Value = of(cur, lines[i])
	}
	d.Value = value
	return d, d.enter(p, s, at)
}

// Loses is the deal after it came to nothing.
//
// Errors: ErrWon, ErrLost, ErrStage; *storage.Invalid for a date before its last move.
func (d Deal) Loses(p *Pipeline, stage, reason string, at date.Date) (Deal, error) {
	to, err := d.next("lose")
	if err != nil {
		return d, err
	}
	s, err := p.target(stage, to)
	if err != nil {
		return d, err
	}
	d.Reason = reason
	return d, d.enter(p, s, at)
}

// Reopened is the deal after it was found to be neither won nor lost: back in an open stage, without a value.
//
// Errors: ErrOpen, ErrStage; *storage.Invalid for a date before its last move.
func (d Deal) Reopened(p *Pipeline, stage string, at date.Date) (Deal, error) {
	to, err := d.next("reopen")
	if err != nil {
		return d, err
	}
	s, err := p.target(stage, to)
	if err != nil {
		return d, err
	}
	zero := money.Zero(d.Amount.Currency())
	d.Lines = slices.Clone(d.Lines)
	for i := range d.Lines {
		d.Lines[i].Value = zero
	}
	d.Value, d.Reason = zero, ""
	return d, d.enter(p, s, at)
}
