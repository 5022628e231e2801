package workflow

import (
	"context"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// dateTimer is the name of the timer that looks at dates: once a day at each time that a rule names.
const dateTimer = "workflow.rule_dates"

var datesRef = storage.Ref{Kind: "workflow.edition", ID: theRules}

// wakeForDates sets the timer to the next time of day at which a rule looks at dates; none cancels it.
func (r *Rules) wakeForDates(ctx context.Context, tx *storage.Tx, b *tenantBook) error {
	var next time.Time
	today := tx.Today()
	zone := tx.Zone()
	for _, rule := range b.book.rules {
		for _, t := range rule.On {
			if t.Date == "" || rule.Paused {
				continue
			}
			at := Resolve(zone, today, t.At).First
			if !at.After(tx.Now()) {
				at = Resolve(zone, today.AddDays(1), t.At).First
			}
			if next.IsZero() || at.Before(next) {
				next = at
			}
		}
	}
	if next.IsZero() {
		return CancelTimers(ctx, tx, datesRef, dateTimer)
	}
	return SetTimer(ctx, tx, Timer{Name: dateTimer, For: datesRef, Due: next})
}

// lookAtDates fires rules for the documents whose dates have come since it last looked, so that a day on which nothing ran is not lost. What it
// sees is the documents as they are now.
func (r *Rules) lookAtDates(ctx context.Context, tx *storage.Tx, _ Timer) error {
	b, err := r.current(ctx, tx)
	if err != nil || b == nil {
		return err
	}
	e := &edition{Name: theRules}
	if _, err := editions.LoadLocked(ctx, tx, e); err != nil {
		return err
	}
	now := tx.Present()
	for _, rule := range b.book.rules {
		for _, t := range rule.On {
			if t.Date == "" || rule.Paused {
				continue
			}
			from := e.Looked // what came before the rule was made, or while it was paused, is none of its business
			if rule.since.After(from) {
				from = rule.since
			}
			if err := r.lookAt(ctx, tx, b, rule, t, from, now); err != nil {
				return err
			}
		}
	}
	e.Looked = now
	if err := editions.Update(ctx, tx, e); err != nil {
		return err
	}
	return r.wakeForDates(ctx, tx.At(now), b)
}

// lookAt fires a rule for the documents whose date, moved by the trigger, lies in (from, to].
func (r *Rules) lookAt(ctx context.Context, tx *storage.Tx, b *tenantBook, rule *compiledRule[*Document], t Trigger, from, to time.Time) error {
	zone := tx.Zone()
	desc := b.kinds[rule.Kind].desc
	first, last := date.FromTime(from, zone).AddDays(-t.Days), date.FromTime(to, zone).AddDays(-t.Days)
	q := storage.Query{Where: []storage.Cond{storage.Ge(t.Date, first), storage.Le(t.Date, last)}}
	for _, f := range desc.Fields {
		if f.Name == t.Date && f.Type == "instant" {
			q.Where = []storage.Cond{storage.Ge(t.Date, first.Time(zone, 0, 0)), storage.Lt(t.Date, last.AddDays(1).Time(zone, 0, 0))}
		}
	}
	type found struct {
		doc *Document
		due time.Time
	}
	var list []found
	err := tx.Select(ctx, rule.Kind, q, func(ref storage.Ref, fields map[string]any) error {
		doc := documentOf(ref, desc, fields)
		day, ok := doc.values[t.Date].(date.Date)
		if at, is := doc.values[t.Date].(time.Time); is {
			day, ok = date.FromTime(at, zone), true
		}
		if !ok {
			return nil
		}
		if due := Resolve(zone, day.AddDays(t.Days), t.At).First; due.After(from) && !due.After(to) {
			list = append(list, found{doc, due})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, one := range list {
		facts := &Facts[*Document]{Doc: one.doc, Now: tx.Now(), Today: tx.Today()}
		run := &RuleRun{Rule: rule.Name, Subject: one.doc.Ref, Root: "date/" + one.due.UTC().Format("2006-01-02T15:04:05Z"), Tasks: rule.Actions}
		if err := r.fire(ctx, tx, rule.judge(facts), run); err != nil {
			return err
		}
	}
	return nil
}

// A Firing is a time when a rule would have fired.
type Firing struct {
	Subject storage.Ref `json:"subject"`
	Event   string      `json:"event"`
	At      time.Time   `json:"at"`
}

// WouldHaveFired asks a rule, stored or not, about all that happened from one instant to another, and writes nothing. It looks at events, not
// at dates, and takes no account of Repeat.
//
// Errors: *storage.Invalid, as Set.
func (r *Rules) WouldHaveFired(ctx context.Context, on storage.Session, rule Rule, from, to time.Time) (list []Firing, err error) {
	err = on.View(ctx, func(tx *storage.Tx) error {
		list = nil
		if err := r.check(ctx, tx, rule); err != nil {
			return err
		}
		rule.Paused = false
		b, err := r.compile(ctx, tx, []Rule{rule})
		if err != nil {
			return err
		}
		for e, err := range event.All(ctx, tx, event.Filter{}) {
			if err != nil {
				return err
			}
			if e.Subject.Kind != rule.Kind || e.At.Before(from) || e.At.After(to) {
				continue
			}
			h, err := b.happening(ctx, tx.At(e.At), *e)
			if err != nil {
				return err
			}
			for _, v := range b.book.Ask(h) {
				if v.Matches {
					list = append(list, Firing{e.Subject, e.Name, e.At})
				}
			}
		}
		return nil
	})
	return list, err
}
