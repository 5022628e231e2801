package pipeline

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
)

// Status says what has become of a deal, and of deals in a stage.
type Status string

// The statuses.
const (
	StatusOpen Status = "open"
	StatusWon  Status = "won"
	StatusLost Status = "lost"
)

// A Pipeline is the way that deals of one sort go: stages in their order, from the first talk to won or lost.
type Pipeline struct {
	ID      storage.ID[Pipeline] `json:"id"`
	Version int64                `json:"version"`
	Name    string               `json:"name"`
	Stages  []Stage              `json:"stages"`
	// Archived is when it was put away; zero while deals may enter it.
	Archived time.Time `json:"archived"`
	Created  time.Time `json:"created"`
}

// A Stage is a step of a pipeline.
type Stage struct {
	// Code is what deals store; it never changes. "" takes the Name.
	Code string `json:"code"`
	Name string `json:"name"`
	// Probability is how many of 100 deals in this stage are won, 0 to 100 with at most two decimals. Won stages have 100 and
	// lost ones 0, whatever is given.
	Probability decimal.Decimal `json:"probability"`
	// Status is what deals in this stage are; "" is open.
	Status Status `json:"status"`
	// Retired stages are kept for the deals that have been in them; no deal enters any more.
	Retired bool `json:"retired,omitempty"`
}

// Percent writes a probability: Percent("12.5"). It is for constants: a text that is no number gives zero.
func Percent(s string) decimal.Decimal {
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}
	}
	return d
}

// Usual is a short way that suits many: Prospecting 10 %, Engaging 40 %, Won, Lost.
func Usual() []Stage {
	return []Stage{
		{Code: "prospecting", Name: "Prospecting", Probability: Percent("10")},
		{Code: "engaging", Name: "Engaging", Probability: Percent("40")},
		{Code: "won", Name: "Won", Status: StatusWon}, {Code: "lost", Name: "Lost", Status: StatusLost},
	}
}

var hundred = decimal.New(100, 0)

// complete fills in what a stage may leave out.
func (s Stage) complete() Stage {
	if s.Code == "" {
		s.Code = s.Name
	}
	if s.Name == "" {
		s.Name = s.Code
	}
	switch s.Status {
	case "":
		s.Status = StatusOpen
	case StatusWon:
		s.Probability = hundred
	case StatusLost:
		s.Probability = decimal.Decimal{}
	}
	return s
}

// Check completes a pipeline and finds what is wrong with it, without any storage.
//
// Errors: *storage.Invalid.
func (p *Pipeline) Check() error {
	var bad storage.Invalid
	bad.Check(strings.TrimSpace(p.Name) != "", "name", storage.CodeRequired, "")
	bad.Text("name", p.Name, maxName)
	bad.Check(len(p.Stages) <= 100, "stages", storage.CodeRange, "at most 100")
	count := map[Status]int{}
	p.Stages = slices.Clone(p.Stages)
	for i := range p.Stages {
		at := "stages." + strconv.Itoa(i)
		p.Stages[i] = p.Stages[i].complete()
		s := p.Stages[i]
		if !s.Retired {
			count[s.Status]++
		}
		bad.Check(s.Code != "", at+".code", storage.CodeRequired, "")
		bad.Text(at+".code", s.Code, 100)
		bad.Text(at+".name", s.Name, maxName)
		bad.Check(s.Status == StatusOpen || s.Status == StatusWon || s.Status == StatusLost, at+".status", storage.CodeChoice, "open, won or lost")
		bad.Check(!s.Probability.IsNegative() && s.Probability.Cmp(hundred) <= 0, at+".probability", storage.CodeRange, "0 to 100")
		bad.Check(s.Probability.Shift(2).IsInteger(), at+".probability", storage.CodeScale, "at most two decimals")
		first := slices.IndexFunc(p.Stages[:i], func(o Stage) bool { return o.Code == s.Code })
		bad.Check(first < 0, at+".code", storage.CodeDuplicate, "")
	}
	complete := count[StatusOpen] > 0 && count[StatusWon] > 0 && count[StatusLost] > 0
	bad.Check(complete, "stages", storage.CodeRequired, "at least one open, one won and one lost")
	return bad.Err()
}

// Stage returns the stage with a code.
//
// Errors: ErrStage.
func (p *Pipeline) Stage(code string) (Stage, error) {
	for _, s := range p.Stages {
		if s.Code == code {
			return s, nil
		}
	}
	return Stage{}, ErrStage.With("%q", code)
}

// First returns the first stage in use with a status: where deals begin, and where they go when they are won or lost.
//
// Errors: ErrStage.
func (p *Pipeline) First(of Status) (Stage, error) {
	for _, s := range p.Stages {
		if s.Status == of && !s.Retired {
			return s, nil
		}
	}
	return Stage{}, ErrStage.With("none is %s", of)
}

// target finds the stage that a deal shall enter: the one with the code, or the first of the status if there is no code.
func (p *Pipeline) target(code string, of Status) (Stage, error) {
	if code == "" {
		return p.First(of)
	}
	s, err := p.Stage(code)
	switch {
	case err != nil:
		return s, err
	case s.Retired:
		return s, ErrStage.With("%q is retired", code)
	case s.Status != of:
		return s, ErrStage.With("%q is %s, not %s", code, s.Status, of)
	}
	return s, nil
}

// maxName is the most bytes of a name, maxWord of a shorter text.
const (
	maxName = 500
	maxWord = 200
)
