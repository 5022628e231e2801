package workflow

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tutas/tutas/storage"
)

// A Rule says what follows from what: when something happens to a document of a kind, and the condition holds, the actions are done.
type Rule struct {
	// Name tells rules apart for good.
	Name    string `json:"name"`
	Version int64  `json:"version"`
	// Kind is that of the documents: "crm.deal".
	Kind string `json:"kind"`
	// Order is when it has its turn among the rules that fire; equal ones go by name. Stop ends the turn of those after it.
	Order int  `json:"order,omitempty"`
	Stop  bool `json:"stop,omitempty"`
	// On says what makes it look; any of them will do.
	On []Trigger `json:"on"`
	If Condition `json:"if"`
	// Repeat says how often it fires for one document.
	Repeat  Repeat `json:"repeat,omitempty"`
	Actions []Task `json:"actions"`
	Paused  bool   `json:"paused,omitempty"`

	since time.Time // from when on it looks at dates
}

// A Trigger is one of: a document was created, changed (in one of some fields, or any that the condition reads), or deleted; an
// event of a name happened to it; or a date of it is so far away.
type Trigger struct {
	Create bool     `json:"create,omitempty"`
	Change bool     `json:"change,omitempty"`
	Fields []string `json:"fields,omitempty"`
	Delete bool     `json:"delete,omitempty"`
	Event  string   `json:"event,omitempty"`
	// Date names a date or instant field: the rule looks Days after it (before it, where negative), at the time At in the tenant's zone.
	Date string `json:"date,omitempty"`
	Days int    `json:"days,omitempty"`
	At   Clock  `json:"at,omitempty"`
}

// Repeat is one of the words below.
type Repeat string

// How often a rule fires for one document.
const (
	// Always fires each time.
	Always Repeat = ""
	// OnceEver fires once.
	OnceEver Repeat = "once"
	// OnceAgain fires again only after it was looked at and did not match.
	OnceAgain Repeat = "once_again"
)

// A Task is what a rule does: the name of a handler of the program, and what it is to be done with.
type Task struct {
	Do   string          `json:"do"`
	With json.RawMessage `json:"with,omitempty"`
}

// Limits of a rule book; MaxRuleBytes is that of a rule's JSON.
const (
	MaxRules     = 10_000
	MaxTriggers  = 50
	MaxTasks     = 50
	MaxRuleBytes = 4 << 20
)

// ParseRule reads a rule from JSON. A name that rules do not have is a fault: a condition that is spelled wrong would else be none, and the
// rule would fire each time. What the rule speaks of is for Set to check.
//
// Errors: *storage.Invalid.
func ParseRule(data []byte) (r Rule, err error) {
	err = decode(data, MaxRuleBytes, 200, &r)
	return r, err
}

// check finds what is wrong with the rule by itself.
func (r *Rule) check(bad *storage.Invalid, path string) {
	bad.Check(r.Name != "", path+"name", storage.CodeRequired, "")
	bad.Text(path+"name", r.Name, 200)
	bad.Check(r.Kind != "", path+"kind", storage.CodeRequired, "")
	bad.Text(path+"kind", r.Kind, 100)
	bad.Check(len(r.On) > 0, path+"on", storage.CodeRequired, "")
	bad.Check(len(r.On) <= MaxTriggers, path+"on", storage.CodeTooLong, "")
	bad.Check(len(r.Actions) > 0, path+"actions", storage.CodeRequired, "")
	bad.Check(len(r.Actions) <= MaxTasks, path+"actions", storage.CodeTooLong, "")
	bad.Check(slices.Contains([]Repeat{Always, OnceEver, OnceAgain}, r.Repeat), path+"repeat", storage.CodeChoice, "")
	for i, t := range r.On {
		at := path + "on." + strconv.Itoa(i)
		given := 0
		for _, yes := range []bool{t.Create, t.Change, t.Delete, t.Event != "", t.Date != ""} {
			if yes {
				given++
			}
		}
		bad.Check(given == 1, at, CodeShape, "one of create, change, delete, event and date")
		bad.Check(len(t.Fields) == 0 || t.Change, at+".fields", CodeShape, "fields are watched for changes")
		bad.Check(t.At >= 0 && t.At < 24*3600, at+".at", storage.CodeRange, "")
		bad.Check(t.Days >= -farDays && t.Days <= farDays, at+".days", storage.CodeRange, "")
	}
	for i, a := range r.Actions {
		at := path + "actions." + strconv.Itoa(i)
		bad.Check(a.Do != "", at+".do", storage.CodeRequired, "")
		bad.Check(len(a.With) == 0 || json.Valid(a.With), at+".with", storage.CodeFormat, "")
		bad.Check(len(a.With) <= maxWith, at+".with", storage.CodeTooLong, "")
		bad.Check(utf8.Valid(a.With), at+".with", storage.CodeEncoding, "")
	}
}

// farDays bounds how far from a date a rule may look, maxWith what an action is done with, in bytes.
const (
	farDays = 3660
	maxWith = 64 << 10
)
