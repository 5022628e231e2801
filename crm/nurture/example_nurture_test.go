package nurture_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// A shop knows its leads and prints what it sends. Until it is open nothing is sent.
type shop struct {
	now    time.Time
	ticker *event.Ticker
	shut   bool
}

func (s *shop) Person(context.Context, *storage.Tx, storage.Ref, string) (nurture.Person, error) {
	return nurture.Person{Zone: "America/New_York", Address: "lead@example.org", Consent: true}, nil
}

func (s *shop) Send(_ context.Context, _ *storage.Tx, m nurture.Mail) error {
	if s.shut {
		return errors.New("no connection")
	}
	fmt.Println("mail", m.Template, "to", m.Address)
	return nil
}

func (s *shop) Plan(_ context.Context, _ *storage.Tx, t nurture.Task) error {
	fmt.Println("task", t.Title, "by", t.Due)
	return nil
}

// wait moves the clock and does what is due.
func (s *shop) wait(days int) {
	s.now = s.now.AddDate(0, 0, days)
	if stats, err := s.ticker.Tick(context.Background()); errors.Join(err, stats.Err) != nil {
		log.Fatal(err, stats.Err)
	}
}

// open makes an empty company on a Monday morning, with a sequence of two mails and a task.
func open() (*nurture.Nurture, *shop) {
	ctx, s := context.Background(), &shop{now: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return s.now }))
	if err := store.Migrate(ctx, event.Package(), workflow.Package(), nurture.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		log.Fatal(err)
	}
	n := nurture.New(db, nurture.Ports{Contacts: s, Sender: s, Tasks: s})
	timers := workflow.NewTimers()
	nurture.HandleTimers(timers, n.In)
	s.ticker = event.NewTicker(store, event.NewRelay())
	timers.Attach(s.ticker)
	_, err = n.SetSequence(ctx, nurture.SetSequence{Sequence: nurture.Sequence{Name: "welcome", Window: nurture.Office(), Steps: []nurture.Step{
		{Name: "hello", Do: nurture.SendMail, Template: "hello"}, {Do: nurture.Wait, Days: 3},
		{Name: "story", Do: nurture.SendMail, Template: "a story"}, {Name: "call", Do: nurture.AskPerson, Title: "call them", Within: 1}}}})
	if err != nil {
		log.Fatal(err)
	}
	return n, s
}

// A lead is taken through a sequence.
func Example() {
	n, shop := open()
	_, _ = n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead, Key: "form/81"})
	shop.wait(0)
	shop.wait(3)
	for e, err := range n.All(ctx, nurture.Filter{Contact: lead}) {
		fmt.Println(e.State, e.Sent, err)
	}
	// Output:
	// mail hello to lead@example.org
	// mail a story to lead@example.org
	// task call them by 2026-03-06
	// finished 2 <nil>
}

// Whoever is on the way stays with the version that they began with.
func ExampleNurture_SetSequence() {
	n, _ := open()
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	q, _ := n.Sequence(ctx, "welcome")
	q.Limit = nurture.Limit{Mails: 2, Days: 7}
	q, err := n.SetSequence(ctx, nurture.SetSequence{Sequence: *q, Version: q.Version, Why: "no more than two a week"})
	fmt.Println(q.Version, e.Edition, err)
	_, err = n.SetSequence(ctx, nurture.SetSequence{Sequence: nurture.Sequence{Name: "short", Steps: []nurture.Step{{Do: nurture.SendMail}}}})
	fmt.Println(err)
	// Output:
	// 2 1 <nil>
	// invalid input: steps.0.template (required)
}

// Enrolling twice is enrolling once.
func ExampleNurture_Enrol() {
	n, _ := open()
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead, Key: "form/81"})
	again, err := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead, Key: "form/82"})
	fmt.Println(e.State, e.Next, again.ID == e.ID, err)
	// Output: active hello true <nil>
}

// A reply ends what the contact is in, and no mail leaves any more.
func ExampleNurture_Tell() {
	n, shop := open()
	_, _ = n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	shop.wait(0)
	ended, err := n.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Replied, Key: "message/17"})
	fmt.Println(len(ended), ended[0].Reason, ended[0].Mailed, err)
	shop.wait(3)
	// Output:
	// mail hello to lead@example.org
	// 1 replied hello <nil>
}

// What came due in the meantime has its turn when the enrolment goes on.
func ExampleNurture_Pause() {
	n, shop := open()
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	_, _ = n.Pause(ctx, nurture.Pause{ID: e.ID, Why: "a meeting is planned"})
	shop.wait(1)
	e, err := n.Resume(ctx, nurture.Resume{ID: e.ID})
	fmt.Println(e.State, err)
	shop.wait(0)
	// Output:
	// active <nil>
	// mail hello to lead@example.org
}

// Waits go on during a pause.
func ExampleNurture_Resume() {
	n, shop := open()
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	shop.wait(0)
	e, _ = n.Pause(ctx, nurture.Pause{ID: e.ID})
	shop.wait(1)
	e, err := n.Resume(ctx, nurture.Resume{ID: e.ID})
	fmt.Println(e.Next, e.Due.Format(time.DateTime), err)
	// Output:
	// mail hello to lead@example.org
	// story 2026-03-05 15:00:00 <nil>
}

// Someone takes a lead out by hand.
func ExampleNurture_Exit() {
	n, _ := open()
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	e, err := n.Exit(ctx, nurture.Exit{ID: e.ID, By: agent, Why: "a competitor"})
	fmt.Println(e.State, e.Reason, err)
	_, err = n.Pause(ctx, nurture.Pause{ID: e.ID})
	fmt.Println(err)
	// Output:
	// exited manual <nil>
	// the enrolment has ended
}

// A mail that could not be sent for too long waits until someone has it tried again.
func ExampleNurture_Retry() {
	n, shop := open()
	shop.shut = true
	e, _ := n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: lead})
	for shop.wait(0); shop.now.Weekday() < time.Friday; {
		shop.wait(1)
	}
	why, stuck, _ := n.Stuck(ctx, e.ID)
	fmt.Println(stuck, why)
	shop.shut = false
	_, err := n.Retry(ctx, nurture.Retry{ID: e.ID})
	fmt.Println(err)
	shop.wait(0)
	// Output:
	// true no connection
	// <nil>
	// mail hello to lead@example.org
}

// How a sequence does.
func ExampleNurture_Figures() {
	n, shop := open()
	for _, id := range []string{"1", "2", "3"} {
		_, _ = n.Enrol(ctx, nurture.Enrol{Sequence: "welcome", Contact: storage.Ref{Kind: "host.lead", ID: id}})
	}
	shop.wait(0)
	_, _ = n.Tell(ctx, nurture.Tell{Contact: storage.Ref{Kind: "host.lead", ID: "2"}, Signal: nurture.Replied})
	f, err := n.Figures(ctx, nurture.FiguresFilter{Sequence: "welcome"})
	fmt.Println(f.Enrolled, f.Active, f.Sent, f.Replied, err)
	for _, s := range f.Steps {
		fmt.Println(s.Step, s.Active, s.Sent, s.Replied)
	}
	// Output:
	// mail hello to lead@example.org
	// mail hello to lead@example.org
	// mail hello to lead@example.org
	// 3 2 3 1 <nil>
	// hello 0 3 1
	// 2 0 0 0
	// story 2 0 0
	// call 0 0 0
}

// The rules need no storage: an enrolment goes its way by itself.
func ExampleDecide() {
	q := nurture.Sequence{Name: "welcome", Steps: []nurture.Step{{Do: nurture.SendMail, Template: "hello"}, {Do: nurture.Wait, Days: 3},
		{Do: nurture.SendMail, Template: "a story"}}}
	if err := q.Check(); err != nil {
		log.Fatal(err)
	}
	s := nurture.Situation{Sequence: &q, Person: &nurture.Person{Zone: "America/New_York", Address: "lead@example.org", Consent: true}}
	friday := time.Date(2026, 3, 6, 21, 50, 0, 0, time.UTC)
	var e nurture.Enrolment
	for _, c := range []nurture.Command{{Action: nurture.Begin}, {Action: nurture.Advance, Turn: 1}} {
		records, err := nurture.Decide(e, c, s, friday)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(nurture.Effects(e, records...)[0].Kind)
		e = nurture.Fold(e, records...)
	}
	fmt.Println(e.Sent, e.Next, e.Due)
	fmt.Println(date.FromTime(e.Due, time.UTC).Weekday())
	// Output:
	// set_timer
	// mail
	// 1 3 2026-03-09 20:50:00 +0000 UTC
	// Monday
}
