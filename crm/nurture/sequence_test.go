package nurture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

func TestBranchesAndTasks(t *testing.T) {
	branching := nurture.Sequence{Name: "branching", Declared: []nurture.Declared{{Name: "size", Kind: workflow.KindNumber}}, Scores: []string{"interest"},
		Steps: []nurture.Step{{Name: "hello", Do: nurture.SendMail, Template: "hello"}, {Name: "large?", Do: nurture.Branch, Else: "later",
			If: workflow.Condition{Any: []workflow.Condition{{Field: "size", Op: workflow.OpGe, Value: json.RawMessage("100")},
				{Field: "score.interest", Op: workflow.OpGe, Value: json.RawMessage("20")}}}},
			{Name: "call", Do: nurture.AskPerson, Title: "Call them", Within: 2}, {Name: "done", Do: nurture.Branch, Then: nurture.End},
			{Name: "later", Do: nurture.Wait, Days: 1}, {Name: "more", Do: nurture.SendMail, Template: "more"}}}
	for name, c := range map[string]struct {
		size, visits int
		tasks        int
		sent         int
		path         string
	}{
		"small":            {10, 1, 0, 2, "enrolled sent branched waiting sent finished"},
		"large":            {100, 1, 1, 1, "enrolled sent branched tasked branched finished"},
		"small but eager":  {10, 2, 1, 1, "enrolled sent branched tasked branched finished"},
		"nothing is known": {-1, 0, 0, 2, "enrolled sent branched waiting sent finished"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t, newYork("2026-03-06 10:00:00"))
			must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: nurture.Model{Name: "interest",
				Rules: []nurture.PointRule{{Kind: "visit", Points: dec("10")}}}}))
			for i := range c.visits {
				must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: lead, Event: fmt.Sprint(i), Kind: "visit"}))
			}
			if c.size >= 0 {
				d.people[lead].Facts = must[nurture.Facts](t)(nurture.NewFacts(map[string]any{"size": c.size}))
			}
			d.set(t, branching)
			e := d.enrol(t, "branching")
			d.at(t, d.now)
			d.at(t, d.now.AddDate(0, 0, 1))
			require.Len(t, d.tasks, c.tasks)
			require.Len(t, d.sent(t), c.sent)
			path := ""
			for _, r := range must[[]nurture.Record](t)(d.History(ctx, e.ID)) {
				path += " " + string(r.Name)
			}
			require.Equal(t, " "+c.path, path)
			if c.tasks > 0 {
				require.Equal(t, nurture.Task{Key: storage.Key("nurture/" + e.ID.String() + "/call"), Enrolment: e.Ref(), Contact: lead, Title: "Call them",
					Owner: agent, Due: date.MustParse("2026-03-08")}, d.tasks[0])
			}
		})
	}
}

func TestAGoalEndsASequence(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	q := threeMails()
	q.Declared = []nurture.Declared{{Name: "customer", Kind: workflow.KindBool}}
	q.Goal = &workflow.Condition{Field: "customer", Op: workflow.OpEq, Value: json.RawMessage("true")}
	d.set(t, q)
	e := d.enrol(t, "nurture")
	d.at(t, d.now)
	d.people[lead].Facts = must[nurture.Facts](t)(nurture.NewFacts(map[string]any{"customer": true}))
	d.at(t, d.now.AddDate(0, 0, 3))
	require.Equal(t, nurture.Goal, d.get(t, e).Reason)
	require.Len(t, d.sent(t), 1)
}

func TestWhatASequenceFindsWhenAMailIsToLeave(t *testing.T) {
	for want, change := range map[nurture.Reason]func(d *desk){
		nurture.NoConsent: func(d *desk) { d.people[lead].Consent = false },
		nurture.NoAddress: func(d *desk) { d.people[lead].Address = "" },
		nurture.Gone:      func(d *desk) { delete(d.people, lead) },
	} {
		t.Run(string(want), func(t *testing.T) {
			d := openDesk(t, newYork("2026-03-06 10:00:00"))
			d.set(t, threeMails())
			e := d.enrol(t, "nurture")
			d.at(t, d.now)
			change(d)
			d.at(t, d.now.AddDate(0, 0, 3))
			require.Equal(t, want, d.get(t, e).Reason)
			require.Len(t, d.sent(t), 1)
		})
	}
}

func TestALimitHoldsOverAllSequences(t *testing.T) {
	d := openDesk(t, newYork("2026-03-02 10:00:00"))
	for _, name := range []string{"a", "b", "c"} {
		d.set(t, nurture.Sequence{Name: name, Window: nurture.Office(), Limit: nurture.Limit{Mails: 2, Days: 5},
			Steps: []nurture.Step{{Name: name, Do: nurture.SendMail, Template: name}}})
		d.enrol(t, name)
		d.at(t, d.now)
		d.at(t, d.now.Add(time.Hour))
	}
	require.Equal(t, []string{"a Mon 2 Mar 10:00 EST", "b Mon 2 Mar 11:00 EST"}, d.sent(t))
	d.at(t, newYork("2026-03-07 10:00:00"))
	require.Len(t, d.sent(t), 2, "Saturday: five days on, and no window")
	d.at(t, newYork("2026-03-09 09:00:00"))
	require.Equal(t, "c Mon 9 Mar 09:00 EDT", d.sent(t)[2])
}

func TestPauseAndResume(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	e := d.enrol(t, "nurture")
	d.at(t, d.now)
	must[*nurture.Enrolment](t)(d.Pause(ctx, nurture.Pause{ID: e.ID, By: agent, Why: "on holiday"}))
	d.at(t, newYork("2026-03-09 10:00:00"))
	d.at(t, newYork("2026-03-10 18:00:00"))
	require.Len(t, d.sent(t), 1)
	resumed := must[*nurture.Enrolment](t)(d.Resume(ctx, nurture.Resume{ID: e.ID, By: agent}))
	require.Equal(t, d.now, resumed.Due)
	d.at(t, d.now)
	require.Len(t, d.sent(t), 1, "the window is closed")
	d.at(t, newYork("2026-03-11 09:00:00"))
	require.Equal(t, "second Wed 11 Mar 09:00 EDT", d.sent(t)[1])
	must[*nurture.Enrolment](t)(d.Pause(ctx, nurture.Pause{ID: e.ID}))
	require.Equal(t, newYork("2026-03-15 09:00:00"), must[*nurture.Enrolment](t)(d.Resume(ctx, nurture.Resume{ID: e.ID})).Due, "a short rest changes nothing")
	must[*nurture.Enrolment](t)(d.Pause(ctx, nurture.Pause{ID: e.ID}))
	must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Bounced}))
	require.Equal(t, nurture.Bounced, d.get(t, e).Reason)
	require.ErrorIs(t, second(d.Resume(ctx, nurture.Resume{ID: e.ID})), nurture.ErrEnded)
}

func TestAnEnrolmentKeepsItsVersion(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	first := d.set(t, threeMails())
	e := d.enrol(t, "nurture")
	d.at(t, d.now)
	short := threeMails()
	short.Steps = short.Steps[:1]
	short.Once = true
	second := d.set(t, short)
	require.Equal(t, []int64{1, 2}, []int64{first.Version, second.Version})
	d.at(t, newYork("2026-03-09 10:00:00"))
	d.at(t, newYork("2026-03-13 10:00:00"))
	require.Len(t, d.sent(t), 3)
	require.Equal(t, e.ID, d.enrol(t, "nurture").ID, "the new version is for once")
	other := storage.Ref{Kind: "host.lead", ID: "8"}
	d.people[other] = &nurture.Person{Address: "o@example.org", Consent: true}
	must[*nurture.Enrolment](t)(d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: other}))
	d.at(t, d.now)
	require.Len(t, d.sent(t), 4)
	d.at(t, d.now.AddDate(0, 0, 30))
	require.Len(t, d.sent(t), 4)
	all := must[nurture.Figures](t)(d.Figures(ctx, nurture.FiguresFilter{Sequence: "nurture"}))
	require.Equal(t, []nurture.StepFigures{{Step: "first", Sent: 2}, {Step: "second", Sent: 1}, {Step: "third", Sent: 1}}, all.Steps)
	require.EqualValues(t, 1, must[nurture.Figures](t)(d.Figures(ctx, nurture.FiguresFilter{Sequence: "nurture", Edition: 2})).Sent)
}

func TestASenderThatFailsIsAskedAgainAndGivenUp(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	e := d.enrol(t, "nurture")
	d.broken = true
	start := d.now
	for _, m := range []int{0, 1, 3, 7, 15, 60} {
		d.at(t, start.Add(time.Duration(m)*time.Minute))
	}
	require.Equal(t, 5, d.tries)
	failure, stuck, err := d.Stuck(ctx, e.ID)
	require.NoError(t, err)
	require.True(t, stuck)
	require.Equal(t, "the mail server is down", failure)
	got := d.get(t, e)
	require.Equal(t, nurture.Active, got.State)
	require.Zero(t, got.Sent)
	require.Empty(t, d.sent(t))
	require.Zero(t, must[nurture.Figures](t)(d.Figures(ctx, nurture.FiguresFilter{Sequence: "nurture"})).Sent)
	d.broken = false
	must[*nurture.Enrolment](t)(d.Retry(ctx, nurture.Retry{ID: e.ID, By: agent}))
	d.at(t, d.now)
	require.Equal(t, []string{"first Fri 6 Mar 11:00 EST"}, d.sent(t))
	require.Equal(t, newYork("2026-03-09 11:00:00"), d.get(t, e).Due, "the wait begins when the mail has left")
	_, stuck, err = d.Stuck(ctx, e.ID)
	require.NoError(t, err)
	require.False(t, stuck)
}

// After an outage mails keep to the window and to their distance; a simulation does what was due as of then.
func TestAnOutage(t *testing.T) {
	late := newYork("2026-03-28 23:00:00") // a Saturday
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	d.enrol(t, "nurture")
	d.at(t, late)
	require.Empty(t, d.sent(t))
	d.at(t, newYork("2026-03-30 09:00:00"))
	require.Equal(t, []string{"first Mon 30 Mar 09:00 EDT"}, d.sent(t))

	d = openDesk(t, newYork("2026-03-06 10:00:00"), true)
	d.set(t, threeMails())
	d.enrol(t, "nurture")
	d.at(t, late)
	require.Equal(t, []string{"first Fri 6 Mar 10:00 EST", "second Mon 9 Mar 10:00 EDT", "third Fri 13 Mar 10:00 EDT"}, d.sent(t))
}

func TestFiguresByStep(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	var all []*nurture.Enrolment
	for i := range 6 {
		ref := storage.Ref{Kind: "host.lead", ID: fmt.Sprint("n", i)}
		d.people[ref] = &nurture.Person{Address: "x@example.org", Consent: true, Zone: "America/New_York"}
		all = append(all, must[*nurture.Enrolment](t)(d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: ref})))
	}
	d.at(t, d.now)
	must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: all[0].Contact, Signal: nurture.Replied}))
	d.at(t, newYork("2026-03-09 10:00:00"))
	must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: all[1].Contact, Signal: nurture.Replied}))
	must[*nurture.Enrolment](t)(d.Exit(ctx, nurture.Exit{ID: all[2].ID, Why: "a competitor"}))
	must[*nurture.Enrolment](t)(d.Pause(ctx, nurture.Pause{ID: all[3].ID}))
	d.at(t, newYork("2026-03-13 10:00:00"))
	must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: all[4].Contact, Signal: nurture.Replied, Enrolment: all[4].ID}))
	require.Equal(t, nurture.Figures{Enrolled: 6, Paused: 1, Finished: 2, Exited: map[nurture.Reason]int64{nurture.Replied: 2, nurture.Manual: 1},
		Sent: 6 + 5 + 2, Replied: 3, Steps: []nurture.StepFigures{{Step: "first", Sent: 6, Replied: 1}, {Step: "2"}, {Step: "second", Sent: 5, Replied: 1},
			{Step: "4"}, {Step: "third", Active: 1, Sent: 2, Replied: 1}}}, must[nurture.Figures](t)(d.Figures(ctx, nurture.FiguresFilter{Sequence: "nurture"})))
	require.True(t, d.get(t, all[4]).Answered, "a reply after the end")
	for _, signal := range []nurture.Reason{nurture.Replied, nurture.Goal, nurture.Bounced} {
		require.Empty(t, must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: all[4].Contact, Signal: signal, Enrolment: all[4].ID})), "what has ended stays so")
	}
	page := must[storage.Page[nurture.Enrolment]](t)(d.Page(ctx, nurture.Filter{Sequence: "nurture", State: nurture.Exited, Limit: 2}, ""))
	require.Len(t, page.Items, 2)
	require.Len(t, must[storage.Page[nurture.Enrolment]](t)(d.Page(ctx, nurture.Filter{Sequence: "nurture", State: nurture.Exited, Limit: 2}, page.Next)).Items, 1)
}

// A reply that a reader hears of at the very instant of a mail comes before the mail: events are delivered before timers fire.
func TestAReplyThatIsAnEventComesBeforeTheTimer(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.relay.Add(event.Reader{Name: "inbox", Names: []string{"host.mail.received"}, Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		_, err := d.In(tx).Tell(ctx, nurture.Tell{Contact: e.Subject, Signal: nurture.Replied, At: e.At})
		return err
	}})
	d.set(t, threeMails())
	e := d.enrol(t, "nurture")
	d.at(t, d.now)
	d.now = newYork("2026-03-09 10:00:00")
	require.NoError(t, d.db.Update(ctx, func(tx *storage.Tx) error {
		return event.Append(ctx, tx, storage.Ref{}, lead, 1, event.Draft{Name: "host.mail.received"})
	}))
	d.at(t, d.now)
	require.Equal(t, nurture.Replied, d.get(t, e).Reason)
	require.Len(t, d.sent(t), 1)
}
