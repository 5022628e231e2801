package nurture_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

func TestBadInputIsRefusedByPath(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	sequence := func(change func(q *nurture.Sequence)) error {
		q := threeMails()
		change(&q)
		return second(d.SetSequence(ctx, nurture.SetSequence{Sequence: q}))
	}
	step := func(s nurture.Step) error {
		return sequence(func(q *nurture.Sequence) { q.Steps = []nurture.Step{{Name: "a", Do: nurture.Wait, Days: 1}, s} })
	}
	model := func(change func(m *nurture.Model)) error {
		m := nurture.Model{Name: "m", Halve: 30, Rules: []nurture.PointRule{{Kind: "visit", Points: dec("1")}},
			Thresholds: []nurture.Threshold{{Name: "warm", At: dec("5")}}}
		change(&m)
		return second(d.SetModel(ctx, nurture.SetModel{Model: m}))
	}
	asks := func(field string) workflow.Condition {
		return workflow.Condition{All: []workflow.Condition{{Field: field, Op: workflow.OpGt, Value: json.RawMessage("1")}}}
	}
	many := make([]nurture.Step, nurture.MaxSteps+1)
	for name, x := range map[string]struct {
		err        error
		path, code string
	}{
		"no name":         {sequence(func(q *nurture.Sequence) { q.Name = "" }), "name", storage.CodeRequired},
		"long name":       {sequence(func(q *nurture.Sequence) { q.Name = strings.Repeat("x", 201) }), "name", storage.CodeTooLong},
		"NUL":             {sequence(func(q *nurture.Sequence) { q.Purpose = "a\x00" }), "purpose", storage.CodeEncoding},
		"no steps":        {sequence(func(q *nurture.Sequence) { q.Steps = nil }), "steps", storage.CodeRequired},
		"many steps":      {sequence(func(q *nurture.Sequence) { q.Steps = many }), "steps", storage.CodeRange},
		"half a limit":    {sequence(func(q *nurture.Sequence) { q.Limit.Mails = 2 }), "limit.days", storage.CodeRequired},
		"negative limit":  {sequence(func(q *nurture.Sequence) { q.Limit.Mails = -1 }), "limit.mails", storage.CodeRange},
		"window":          {sequence(func(q *nurture.Sequence) { q.Window.Hours[1][0].To = 0 }), "window.hours.1.0.to", storage.CodeRange},
		"goal":            {sequence(func(q *nurture.Sequence) { c := asks("size"); q.Goal = &c }), "goal.all.0.field", workflow.CodeUnknownField},
		"unknown score":   {sequence(func(q *nurture.Sequence) { c := asks("score.x"); q.Goal = &c }), "goal.all.0.field", workflow.CodeUnknownField},
		"declared kind":   {sequence(func(q *nurture.Sequence) { q.Declared = []nurture.Declared{{Name: "x", Kind: "fax"}} }), "declared.0.kind", storage.CodeChoice},
		"declared twice":  {sequence(func(q *nurture.Sequence) { q.Declared = []nurture.Declared{{Name: "sent", Kind: workflow.KindNumber}} }), "declared", storage.CodeDuplicate},
		"score's name":    {sequence(func(q *nurture.Sequence) { q.Scores = []string{""} }), "scores.0", storage.CodeRequired},
		"same step":       {step(nurture.Step{Name: "a", Do: nurture.Wait, Days: 1}), "steps.1.name", storage.CodeDuplicate},
		"called end":      {step(nurture.Step{Name: nurture.End, Do: nurture.Wait, Days: 1}), "steps.1.name", storage.CodeChoice},
		"kind":            {step(nurture.Step{Do: "fax"}), "steps.1.do", storage.CodeChoice},
		"no template":     {step(nurture.Step{Do: nurture.SendMail}), "steps.1.template", storage.CodeRequired},
		"days of a mail":  {step(nurture.Step{Do: nurture.SendMail, Template: "x", Days: 1}), "steps.1.days", storage.CodeChoice},
		"no wait":         {step(nurture.Step{Do: nurture.Wait}), "steps.1.days", storage.CodeRequired},
		"negative wait":   {step(nurture.Step{Do: nurture.Wait, Days: -1}), "steps.1.days", storage.CodeRange},
		"long wait":       {step(nurture.Step{Do: nurture.Wait, Hours: 1 << 40}), "steps.1.hours", storage.CodeRange},
		"no title":        {step(nurture.Step{Do: nurture.AskPerson}), "steps.1.title", storage.CodeRequired},
		"unknown way":     {step(nurture.Step{Do: nurture.Branch, Then: "b"}), "steps.1.then", storage.CodeUnknown},
		"way back":        {step(nurture.Step{Do: nurture.Branch, Else: "a"}), "steps.1.else", storage.CodeRange},
		"no choice":       {step(nurture.Step{Do: nurture.Branch}), "steps.1.else", storage.CodeDuplicate},
		"condition":       {step(nurture.Step{Do: nurture.Branch, Then: nurture.End, If: asks("size")}), "steps.1.if.all.0.field", workflow.CodeUnknownField},
		"model's name":    {model(func(m *nurture.Model) { m.Name = "" }), "name", storage.CodeRequired},
		"no rules":        {model(func(m *nurture.Model) { m.Rules = nil }), "rules", storage.CodeRequired},
		"no kind":         {model(func(m *nurture.Model) { m.Rules[0].Kind = "" }), "rules.0.kind", storage.CodeRequired},
		"no points":       {model(func(m *nurture.Model) { m.Rules[0].Points = dec("0") }), "rules.0.points", storage.CodeRequired},
		"fine points":     {model(func(m *nurture.Model) { m.Rules[0].Points = dec("0.00001") }), "rules.0.points", storage.CodeScale},
		"huge points":     {model(func(m *nurture.Model) { m.Rules[0].Points = decimal.New(1, 2000000) }), "rules.0.points", storage.CodeRange},
		"many points":     {model(func(m *nurture.Model) { m.Rules[0].Points = dec("1000000001") }), "rules.0.points", storage.CodeRange},
		"negative halve":  {model(func(m *nurture.Model) { m.Halve = -1 }), "halve", storage.CodeRange},
		"fixed and not":   {model(func(m *nurture.Model) { m.Rules[0].Halve, m.Rules[0].Fixed = 1, true }), "rules.0.halve", storage.CodeChoice},
		"rule's question": {model(func(m *nurture.Model) { m.Rules[0].If = asks("pages") }), "rules.0.if.all.0.field", workflow.CodeUnknownField},
		"no level":        {model(func(m *nurture.Model) { m.Thresholds[0].At = dec("0") }), "thresholds.0.at", storage.CodeRange},
		"level twice": {model(func(m *nurture.Model) { m.Thresholds = append(m.Thresholds, m.Thresholds[0]) }), "thresholds.1.name",
			storage.CodeDuplicate},
		"enrol nobody":   {second(d.Enrol(ctx, nurture.Enrol{Sequence: "x"})), "contact", storage.CodeRequired},
		"enrol nowhere":  {second(d.Enrol(ctx, nurture.Enrol{Contact: lead})), "sequence", storage.CodeRequired},
		"NUL sequence":   {second(d.Enrol(ctx, nurture.Enrol{Contact: lead, Sequence: "\x00"})), "sequence", storage.CodeEncoding},
		"tell of nobody": {second(d.Tell(ctx, nurture.Tell{Signal: nurture.Replied})), "contact", storage.CodeRequired},
		"tell what":      {second(d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Manual})), "signal", storage.CodeChoice},
		"tell tomorrow":  {second(d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Replied, At: d.now.AddDate(0, 0, 1)})), "at", storage.CodeRange},
		"observe nobody": {second(d.Observe(ctx, nurture.Observe{Event: "e", Kind: "k"})), "contact", storage.CodeRequired},
		"no event":       {second(d.Observe(ctx, nurture.Observe{Contact: lead, Kind: "k"})), "event", storage.CodeRequired},
		"event's kind":   {second(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "e"})), "kind", storage.CodeRequired},
		"event tomorrow": {second(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "e", Kind: "k", At: d.now.AddDate(0, 0, 1)})), "at", storage.CodeRange},
		"no JSON":        {second(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "e", Kind: "k", Facts: nurture.Facts{"x": []byte("{")}})), "facts.x", storage.CodeFormat},
		"no UTF-8":       {second(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "e", Kind: "k", Facts: nurture.Facts{"x": []byte("\"\xff\"")}})), "facts.x", storage.CodeEncoding},
		"much JSON":      {second(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "e", Kind: "k", Facts: nurture.Facts{"x": []byte(`"` + strings.Repeat("x", 20000) + `"`)}})), "facts", storage.CodeTooLong},
		"forget nobody":  {second(d.Forget(ctx, nurture.Forget{})), "contact", storage.CodeRequired},
	} {
		if !storage.Has(x.err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, x.err, x.code, x.path)
		}
	}
	require.Empty(t, each(t, d.Sequences(ctx)))
	require.Empty(t, each(t, d.Models(ctx)))
}

func TestRefusals(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	closed := threeMails()
	closed.Name, closed.Closed = "closed", true
	d.set(t, closed)
	nobody := storage.Ref{Kind: "host.lead", ID: "none"}
	astray := storage.Ref{Kind: "host.lead", ID: "astray"}
	d.people[astray] = &nurture.Person{Zone: "Mars/Olympus"}
	none := storage.ID[nurture.Enrolment]{1}
	alone := nurture.New(d.db, nurture.Ports{})
	deaf := nurture.New(d.db, nurture.Ports{Contacts: d})
	e := d.enrol(t, "nurture")
	for name, x := range map[string]struct {
		err  error
		want error
	}{
		"no sequence":     {second(d.Enrol(ctx, nurture.Enrol{Sequence: "x", Contact: lead})), storage.ErrNotFound},
		"no contact":      {second(d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: nobody})), storage.ErrNotFound},
		"closed":          {second(d.Enrol(ctx, nurture.Enrol{Sequence: "closed", Contact: lead})), nurture.ErrClosed},
		"no contacts":     {second(alone.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: lead})), nurture.ErrNoPort},
		"no sender":       {second(deaf.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: lead})), nurture.ErrNoPort},
		"pause nothing":   {second(d.Pause(ctx, nurture.Pause{ID: none})), storage.ErrNotFound},
		"stale":           {second(d.Pause(ctx, nurture.Pause{ID: e.ID, Version: 7})), storage.ErrStale},
		"resume":          {second(d.Resume(ctx, nurture.Resume{ID: e.ID})), nurture.ErrActive},
		"retry":           {second(d.Retry(ctx, nurture.Retry{ID: e.ID})), nurture.ErrNotStuck},
		"another's":       {second(d.Tell(ctx, nurture.Tell{Contact: nobody, Signal: nurture.Replied, Enrolment: e.ID})), storage.ErrNotFound},
		"stale sequence":  {second(d.SetSequence(ctx, nurture.SetSequence{Version: 7, Sequence: threeMails()})), storage.ErrStale},
		"no such version": {second(d.Get(ctx, none)), storage.ErrNotFound},
		"no history":      {second(d.History(ctx, none)), storage.ErrNotFound},
		"no figures":      {second(d.Figures(ctx, nurture.FiguresFilter{Sequence: "x"})), storage.ErrNotFound},
		"no model":        {second(d.Explain(ctx, "x", lead)), storage.ErrNotFound},
		"no score":        {second(d.Score(ctx, "x", lead)), storage.ErrNotFound},
	} {
		if !errors.Is(x.err, x.want) {
			t.Errorf("%s: %v, want %v", name, x.err, x.want)
		}
	}
	_, err := d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: astray})
	require.True(t, storage.Has(err, "zone", storage.CodeChoice), err)
	_, err = d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: storage.Ref{Kind: "host.lead", ID: "a\x00"}})
	var bad *storage.Invalid
	require.True(t, errors.As(err, &bad) || errors.Is(err, storage.ErrNotFound), err)
}
