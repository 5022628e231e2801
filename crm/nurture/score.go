package nurture

import (
	"cmp"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// An Occurrence is something that a contact did, or that happened to it.
type Occurrence struct {
	Contact storage.Ref `json:"contact"`
	// Event is the host's name of it, by which it counts once.
	Event string `json:"event"`
	// Kind is what rules go by: "page.viewed".
	Kind string `json:"kind"`
	// At is when it happened, Recorded when that was told.
	At       time.Time `json:"at"`
	Facts    Facts     `json:"facts,omitempty"`
	Recorded time.Time `json:"recorded"`
}

// A Score is what a contact's events are worth by a model, as it was when it was last looked at.
type Score struct {
	ID      storage.ID[Score] `json:"id"`
	Version int64             `json:"version"`
	Model   string            `json:"model"`
	Contact storage.Ref       `json:"contact"`
	// Points are those At that instant; Explain gives those of now.
	Points decimal.Decimal `json:"points"`
	At     time.Time       `json:"at"`
	// Reached are the thresholds that the score has come to, lowest first; Level is the highest. They always hold for now.
	Reached []string `json:"reached"`
	Level   string   `json:"level"`
	// Next is when decay alone changes that; zero is never.
	Next time.Time `json:"next"`
}

// A Share is what one event gives to a score by one rule.
type Share struct {
	Event string    `json:"event"`
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	// Rule is the place of the rule in the model, from 0; Points are what it gives to a new event.
	Rule   int             `json:"rule"`
	Points decimal.Decimal `json:"points"`
	// Age is how many days ago it happened, Halvings how often the points have halved. Counts is what is left of them.
	Age      int             `json:"age"`
	Halvings int             `json:"halvings"`
	Counts   decimal.Decimal `json:"counts"`

	halve int
	day   date.Date
}

// A Crossing is a threshold that was reached, or fallen below.
type Crossing struct {
	Threshold string          `json:"threshold"`
	Up        bool            `json:"up"`
	Points    decimal.Decimal `json:"points"`
	At        time.Time       `json:"at"`
}

// Shares lists what events give at an instant, by when they happened; days are those of a zone. Events of one name count once, the
// first of them; later events do not count yet. The order in which events are given changes nothing.
func (s *Scorer) Shares(list []Occurrence, zone *time.Location, at time.Time) (shares []Share) {
	today := date.FromTime(at, zone)
	for _, o := range inOrder(list) {
		if o.At.After(at) {
			continue
		}
		for i := range s.model.Rules {
			r := &s.model.Rules[i]
			day := date.FromTime(o.At, zone)
			if r.Kind != o.Kind || !s.tests[i].Holds(&workflow.Facts[*subject]{Doc: &subject{facts: o.Facts}, Now: o.At, Today: day}) {
				continue
			}
			sh := Share{Event: o.Event, Kind: o.Kind, At: o.At, Rule: i, Points: r.Points, Age: today.Sub(day), halve: s.halve(r), day: day}
			if sh.halve > 0 {
				sh.Halvings = sh.Age / sh.halve
			}
			sh.Counts = halved(r.Points, sh.Halvings)
			shares = append(shares, sh)
		}
	}
	return shares
}

// inOrder sorts events by time and leaves out those that come twice.
func inOrder(list []Occurrence) []Occurrence {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Occurrence) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Event, b.Event)) })
	seen := map[string]bool{}
	return slices.DeleteFunc(sorted, func(o Occurrence) bool {
		twice := seen[o.Event]
		seen[o.Event] = true
		return twice
	})
}

// halves are what is left of one point after some halvings, exactly: each is five tenths.
var halves = func() (list [MaxHalvings + 1]decimal.Decimal) {
	for k := range list {
		fives := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(k)), nil)
		list[k] = decimal.NewFromBigInt(fives, -int32(k))
	}
	return list
}()

// halved is points after some halvings.
func halved(points decimal.Decimal, times int) decimal.Decimal {
	if times > MaxHalvings {
		return decimal.Decimal{}
	}
	return points.Mul(halves[times])
}

// Total adds up what shares count.
func Total(shares []Share) (sum decimal.Decimal) {
	for _, s := range shares {
		sum = sum.Add(s.Counts)
	}
	return sum
}

// A change is what happens to a score at an instant.
type change struct {
	at    time.Time
	delta decimal.Decimal
}

// changes lists how shares come and decay after an instant, in order. Days begin at midnight in a zone.
func changes(shares []Share, zone *time.Location, after time.Time) (list []change) {
	today := date.FromTime(after, zone)
	days := map[date.Date]decimal.Decimal{}
	for _, s := range shares {
		if s.At.After(after) {
			list = append(list, change{s.At, s.Points})
		}
		if s.halve == 0 {
			continue
		}
		first := max(1, today.Sub(s.day)/s.halve)
		for k := first; k <= MaxHalvings+1; k++ {
			if day := s.day.AddDays(k * s.halve); !day.Before(today) {
				days[day] = days[day].Add(halved(s.Points, k)).Sub(halved(s.Points, k-1))
			}
		}
	}
	for day, delta := range days { // sorted below
		if at := workflow.Resolve(zone, day, 0).First; at.After(after) {
			list = append(list, change{at, delta})
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
	return list
}

// Evaluate brings a score to an instant: it goes through all that happened since the score was last looked at, events and decay,
// and tells which thresholds were crossed on the way. Events from before that count for what the score is, and cross nothing
// earlier than now. A score that was never looked at goes through all, so that Evaluate of nothing and the stored events is the
// score made anew. An instant before the last changes nothing.
func (s *Scorer) Evaluate(old Score, list []Occurrence, zone *time.Location, at time.Time) (Score, []Crossing) {
	if at.Before(old.At) {
		return old, nil
	}
	reached := map[string]bool{}
	for _, t := range s.model.Thresholds {
		reached[t.Name] = slices.Contains(old.Reached, t.Name)
	}
	points := decimal.Decimal{}
	if !old.At.IsZero() {
		points = Total(s.Shares(list, zone, old.At))
	}
	var crossings []Crossing
	look := func(when time.Time) {
		for _, t := range s.model.Thresholds {
			if up := points.Cmp(t.At) >= 0; up != reached[t.Name] {
				reached[t.Name] = up
				crossings = append(crossings, Crossing{Threshold: t.Name, Up: up, Points: points, At: when})
			}
		}
	}
	all := changes(s.Shares(list, zone, at), zone, old.At)
	i := 0
	for ; i < len(all) && !all[i].at.After(at); i++ {
		if points = points.Add(all[i].delta); i+1 == len(all) || !all[i+1].at.Equal(all[i].at) {
			look(all[i].at)
		}
	}
	look(at)
	next := old
	next.Points, next.At, next.Next, next.Reached, next.Level = points, at, time.Time{}, []string{}, ""
	for _, t := range s.model.Thresholds {
		if reached[t.Name] {
			next.Reached, next.Level = append(next.Reached, t.Name), t.Name
		}
	}
	for ; i < len(all); i++ { // what is to come, if nothing happens
		if points = points.Add(all[i].delta); i+1 < len(all) && all[i+1].at.Equal(all[i].at) {
			continue
		}
		if slices.ContainsFunc(s.model.Thresholds, func(t Threshold) bool { return (points.Cmp(t.At) >= 0) != reached[t.Name] }) {
			next.Next = all[i].at
			break
		}
	}
	return next, crossings
}
