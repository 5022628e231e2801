package acceptance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A letter is a mail that the host's sender wrote to where mails leave from. Its number is its own, so one that left twice is there twice.
type letter struct {
	ID   storage.ID[letter]
	Key  storage.Key
	Step string
	To   string
	At   time.Time
}

var letters = storage.Define("host.letter", func(l *letter) []storage.Field {
	return []storage.Field{storage.UUID("id", &l.ID).Key(), storage.Text("key", &l.Key), storage.Text("step", &l.Step), storage.Text("to", &l.To),
		storage.Instant("at", &l.At)}
})

// A postbox is the host's sender.
type postbox struct {
	broken atomic.Bool
	tries  atomic.Int64
}

func (p *postbox) Send(ctx context.Context, tx *storage.Tx, m nurture.Mail) error {
	p.tries.Add(1)
	if p.broken.Load() {
		return errors.New("the mail server is down")
	}
	return letters.Insert(ctx, tx, &letter{ID: storage.NewID[letter](tx), Key: m.Key, Step: m.Step, To: m.Address, At: m.At})
}

// A campaign is a business that nurtures a lead in New York.
type campaign struct {
	*world
	*tutas.Company
	post *postbox
	lead *contact.Contact
}

func newYork(t testing.TB, s string) time.Time {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, zone)
	require.NoError(t, err)
	return at.UTC()
}

// campaigns opens a business that sends mails.
func campaigns(t testing.TB, e engine, options ...tutas.Option) *campaign {
	t.Helper()
	c := &campaign{post: &postbox{}}
	c.world = begin(t, e.open(t), nil, append(options, tutas.WithPorts(tutas.Ports{Nurture: nurture.Ports{Sender: c.post}})),
		storage.Package{Name: "host", Tables: []storage.Declaration{letters}})
	return c
}

// company adds one with its lead, with the clock at an instant.
func (c *campaign) company(t testing.TB, id string, from time.Time) *campaign {
	t.Helper()
	ctx := t.Context()
	c = &campaign{world: c.world, post: c.post}
	c.now.Store(&from)
	var err error
	c.Company, err = c.Create(ctx, storage.Tenant{ID: id, Currency: "EUR"})
	require.NoError(t, err)
	require.NoError(t, storage.DeclareField(ctx, c, storage.FieldSpec{Kind: "contact.contact", Name: tutas.ZoneField, Type: storage.TextField}))
	c.lead = c.person(t, "Lee", "lee@example.org")
	return c
}

// person adds a contact in New York who agreed to mails.
func (c *campaign) person(t testing.TB, name, email string) *contact.Contact {
	t.Helper()
	p, err := c.Contacts.Add(t.Context(), contact.Add{Name: name, Emails: []string{email}, Fields: storage.Fields{tutas.ZoneField: "America/New_York"}})
	require.NoError(t, err)
	p, err = c.Contacts.Consent(t.Context(), contact.Consents{ID: p.ID, Channel: contact.Email, Purpose: nurture.DefaultPurpose, Given: true, Source: "fair"})
	require.NoError(t, err)
	return p
}

// at moves the clock and does what is due.
func (c *campaign) at(t testing.TB, now time.Time) {
	t.Helper()
	c.now.Store(&now)
	c.settle(t)
}

// left lists the mails that left, as "step time" by the clocks of New York.
func (c *campaign) left(t testing.TB) (list []string) {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for _, l := range each(t, letters.All(t.Context(), c.Company, storage.Query{})) {
		list = append(list, l.Step+" "+l.At.In(zone).Format("Mon 2 Jan 15:04:05 MST"))
	}
	return list
}

// threeMails is the sequence of W31.
func (c *campaign) threeMails(t testing.TB) {
	t.Helper()
	_, err := c.Nurture.SetSequence(t.Context(), nurture.SetSequence{Sequence: nurture.Sequence{Name: "nurture", Window: nurture.Office(),
		Steps: []nurture.Step{{Name: "first", Do: nurture.SendMail, Template: "hello"}, {Do: nurture.Wait, Days: 3},
			{Name: "second", Do: nurture.SendMail, Template: "a story"}, {Do: nurture.Wait, Days: 4},
			{Name: "third", Do: nurture.SendMail, Template: "an offer"}}}})
	require.NoError(t, err)
}

func (c *campaign) enrol(t testing.TB, key storage.Key) *nurture.Enrolment {
	t.Helper()
	e, err := c.Nurture.Enrol(t.Context(), nurture.Enrol{Sequence: "nurture", Contact: c.lead.Ref(), Key: key})
	require.NoError(t, err)
	return e
}

func TestNurturingOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		b, companies := campaigns(t, e), 0
		begin := func(t *testing.T) (*campaign, *nurture.Enrolment) {
			companies++
			c := b.company(t, fmt.Sprint("acme", companies), newYork(t, "2026-03-06 16:50:00"))
			c.threeMails(t)
			n := c.enrol(t, "form/1")
			c.settle(t)
			return c, n
		}
		two := []string{"first Fri 6 Mar 16:50:00 EST", "second Mon 9 Mar 16:50:00 EDT"}
		t.Run("W31 by wall time", func(t *testing.T) {
			c, n := begin(t)
			require.Equal(t, n.ID, c.enrol(t, "form/1").ID)
			require.Equal(t, n.ID, c.enrol(t, "form/2").ID, "while one is active another is nothing")
			c.at(t, newYork(t, "2026-03-09 16:49:59"))
			require.Equal(t, two[:1], c.left(t))
			c.at(t, newYork(t, "2026-03-09 16:50:00"))
			require.Equal(t, two, c.left(t))
			c.at(t, newYork(t, "2026-03-13 16:50:00"))
			require.Equal(t, append(two, "third Fri 13 Mar 16:50:00 EDT"), c.left(t))
			n, err := c.Nurture.Get(ctx, n.ID)
			require.NoError(t, err)
			require.Equal(t, nurture.Finished, n.State)
			figures, err := c.Nurture.Figures(ctx, nurture.FiguresFilter{Sequence: "nurture"})
			require.NoError(t, err)
			require.EqualValues(t, 3, figures.Sent)
			require.EqualValues(t, 1, figures.Finished)
			folded := nurture.Fold(nurture.Enrolment{ID: n.ID, Version: n.Version, Sequence: n.Sequence, Edition: n.Edition, Contact: n.Contact,
				Fields: n.Fields}, must[[]nurture.Record](t)(c.Nurture.History(ctx, n.ID))...)
			require.Equal(t, *n, folded, "replaying the records gives what is stored")
		})
		t.Run("W31 a reply at the instant of the mail", func(t *testing.T) {
			c, n := begin(t)
			c.at(t, newYork(t, "2026-03-09 16:50:00"))
			at := newYork(t, "2026-03-13 16:50:00")
			c.now.Store(&at)
			_, err := c.Nurture.Tell(ctx, nurture.Tell{Contact: c.lead.Ref(), Signal: nurture.Replied, At: at})
			require.NoError(t, err)
			c.settle(t)
			c.at(t, at.AddDate(0, 1, 0))
			require.Equal(t, two, c.left(t))
			n, err = c.Nurture.Get(ctx, n.ID)
			require.NoError(t, err)
			require.Equal(t, nurture.Replied, n.Reason)
		})
		t.Run("W31 no retry after an unsubscription", func(t *testing.T) {
			c, n := begin(t)
			c.at(t, newYork(t, "2026-03-09 16:50:00"))
			c.post.broken.Store(true)
			before := c.post.tries.Load()
			c.at(t, newYork(t, "2026-03-13 16:50:00"))
			tries := c.post.tries.Load()
			require.Greater(t, tries, before)
			_, err := c.Nurture.Tell(ctx, nurture.Tell{Contact: c.lead.Ref(), Signal: nurture.Unsubscribed, At: newYork(t, "2026-03-13 16:49:59")})
			require.NoError(t, err)
			c.post.broken.Store(false)
			c.at(t, newYork(t, "2026-03-13 16:59:00"))
			require.Equal(t, tries, c.post.tries.Load())
			require.Equal(t, two, c.left(t))
			n, err = c.Nurture.Get(ctx, n.ID)
			require.NoError(t, err)
			require.Equal(t, nurture.Unsubscribed, n.Reason)
		})
		t.Run("W31 consent is asked for when a mail leaves", func(t *testing.T) {
			c, n := begin(t)
			_, err := c.Contacts.Consent(ctx, contact.Consents{ID: c.lead.ID, Channel: contact.Email, Purpose: nurture.DefaultPurpose})
			require.NoError(t, err)
			c.at(t, newYork(t, "2026-03-09 16:50:00"))
			require.Equal(t, two[:1], c.left(t))
			n, err = c.Nurture.Get(ctx, n.ID)
			require.NoError(t, err)
			require.Equal(t, nurture.NoConsent, n.Reason)
		})
	})
}

func TestScoringOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		t.Run("W32", func(t *testing.T) {
			ctx := t.Context()
			day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 12, 0, 0, 0, time.UTC) }
			rules := workflow.NewRules(nil)
			c := campaigns(t, e, tutas.WithRules(rules)).company(t, "acme", day(0))
			rules.Handle("call", func(ctx context.Context, tx *storage.Tx, a workflow.ActionCall) error {
				_, err := c.In(tx).Activities.Plan(ctx, activity.Plan{Key: a.Key, Subject: a.Subject, Title: "Call", Owner: clerk})
				return err
			})
			c.threeMails(t)
			var rule workflow.Rule
			require.NoError(t, json.Unmarshal([]byte(`{"name": "warm leads", "kind": "nurture.score", "on": [{"event": "nurture.score.crossed"}],
				"actions": [{"do": "call"}, {"do": "nurture.enrol", "with": {"sequence": "nurture"}}]}`), &rule))
			_, err := rules.Set(ctx, c, workflow.SetRule{Rule: rule})
			require.NoError(t, err)
			_, err = c.Nurture.SetModel(ctx, nurture.SetModel{Model: nurture.Model{Name: "interest", Halve: 30,
				Thresholds: []nurture.Threshold{{Name: "warm", At: dec("25")}}, Rules: []nurture.PointRule{{Kind: "download", Points: dec("10")},
					{Kind: "visit", Points: dec("5")}, {Kind: "demo", Points: dec("20")}}}})
			require.NoError(t, err)
			see := func(name, kind string, on int) *nurture.Score {
				t.Helper()
				list, err := c.Nurture.Observe(ctx, nurture.Observe{Contact: c.lead.Ref(), Event: name, Kind: kind, At: day(on)})
				require.NoError(t, err)
				require.Len(t, list, 1)
				return list[0]
			}
			points := func() string {
				t.Helper()
				x, err := c.Nurture.Explain(ctx, "interest", c.lead.Ref())
				require.NoError(t, err)
				return x.Points.String()
			}
			count := func(name string) (n int) {
				for _, e := range each(t, event.All(ctx, c, event.Filter{})) {
					if e.Name == name {
						n++
					}
				}
				return n
			}
			see("a", "download", 0)
			c.at(t, day(29))
			require.Equal(t, "10", points())
			c.at(t, day(30))
			require.Equal(t, "25", see("c", "demo", 30).Points.String())
			c.settle(t)
			require.Equal(t, 1, count(nurture.Crossed.Name))
			c.at(t, day(35))
			require.Equal(t, "30", see("b", "visit", 10).Points.String(), "late: 5 + 5 + 20")
			see("b", "visit", 10)
			see("c", "demo", 30)
			c.settle(t)
			c.at(t, day(40))
			require.Equal(t, "27.5", points())
			require.Equal(t, 1, count(nurture.Crossed.Name), "no second firing")
			require.Equal(t, 0, count(nurture.Fell.Name))
			for _, n := range []int{41, 50, 57} { // 10:00 in New York, on working days
				c.at(t, day(n).Add(3*time.Hour))
			}
			require.Len(t, c.left(t), 3)
			c.at(t, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) // day 60
			require.Equal(t, "15", points())
			require.Equal(t, 1, count(nurture.Fell.Name))
			c.at(t, day(70))
			require.Equal(t, "13.75", points())
			require.Equal(t, "33.75", see("d", "demo", 70).Points.String())
			c.settle(t)
			require.Equal(t, 2, count(nurture.Crossed.Name), "it was armed again")

			require.Len(t, each(t, c.Nurture.All(ctx, nurture.Filter{Contact: c.lead.Ref()})), 1+1, "the first had finished")
			tasks := each(t, c.Activities.All(ctx, activity.Filter{Kind: activity.Task}))
			require.Len(t, tasks, 2)
		})
	})
}

func TestNurturingUnderManyHands(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		b := campaigns(t, e)
		t.Run("two tickers send each mail once", func(t *testing.T) { twoTickersSendEachMailOnce(t, b) })
		t.Run("contacts that are told of at once", func(t *testing.T) { contactsThatAreToldOfAtOnce(t, b) })
		t.Run("replies race with the clock", func(t *testing.T) { repliesRaceWithTheClock(t, b) })
		t.Run("sequences know the contact book", func(t *testing.T) { sequencesKnowTheContactBook(t, b) })
	})
}

// Two processes tick at once, people pause and resume, the mail server fails now and then: no mail of an enrolment leaves twice, and they leave in their order.
func twoTickersSendEachMailOnce(t *testing.T, b *campaign) {
	ctx := t.Context()
	c := b.company(t, "tickers", newYork(t, "2026-03-06 10:00:00"))
	c.threeMails(t)
	other := tutas.Open(c.Store(), tutas.WithPorts(tutas.Ports{Nurture: nurture.Ports{Sender: c.post}}))
	people := 12
	for i := range people {
		p := c.person(t, fmt.Sprint("Lee ", i), fmt.Sprintf("lee%d@example.org", i))
		_, err := c.Nurture.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: p.Ref()})
		require.NoError(t, err)
	}
	all := each(t, c.Nurture.All(ctx, nurture.Filter{}))
	require.Len(t, all, people)
	for day := range 14 {
		now := newYork(t, "2026-03-06 10:00:00").AddDate(0, 0, day)
		c.now.Store(&now)
		c.post.broken.Store(day == 3)
		var work sync.WaitGroup
		for _, b := range []*tutas.Business{c.Business, other} {
			work.Go(func() {
				for range 3 {
					if _, err := b.Tick(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Go(func() {
			n := all[day%people]
			if _, err := c.Nurture.Pause(ctx, nurture.Pause{ID: n.ID}); err == nil {
				if _, err := c.Nurture.Resume(ctx, nurture.Resume{ID: n.ID}); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, nurture.ErrEnded) {
				t.Error(err)
			}
		})
		work.Wait()
		c.settle(t)
		c.post.broken.Store(false)
		later := now.Add(10 * time.Minute)
		c.at(t, later)
	}
	byKey := map[storage.Key]int{}
	order := map[string][]string{}
	for _, l := range each(t, letters.All(ctx, c.Company, storage.Query{})) {
		byKey[l.Key]++
		order[l.To] = append(order[l.To], l.Step)
	}
	require.Len(t, byKey, 3*people)
	for key, n := range byKey {
		require.Equal(t, 1, n, key)
	}
	for to, steps := range order {
		require.Equal(t, []string{"first", "second", "third"}, steps, to)
	}
	require.True(t, slices.IndexFunc(each(t, c.Nurture.All(ctx, nurture.Filter{})), (*nurture.Enrolment).Open) < 0)
}

// Many tell the same at once: one enrolment, one score, each event counted once, each threshold reached once.
func contactsThatAreToldOfAtOnce(t *testing.T, b *campaign) {
	ctx := t.Context()
	c := b.company(t, "told", newYork(t, "2026-03-06 10:00:00"))
	c.threeMails(t)
	_, err := c.Nurture.SetModel(ctx, nurture.SetModel{Model: nurture.Model{Name: "interest", Halve: 30,
		Thresholds: []nurture.Threshold{{Name: "warm", At: dec("25")}}, Rules: []nurture.PointRule{{Kind: "visit", Points: dec("5")}}}})
	require.NoError(t, err)
	const writers, events = 6, 12
	var work sync.WaitGroup
	ids := make([]storage.ID[nurture.Enrolment], writers)
	for i := range writers {
		work.Go(func() {
			for n := range events { // everyone tells of every event, from another one on
				_, err := c.Nurture.Observe(ctx, nurture.Observe{Contact: c.lead.Ref(), Event: fmt.Sprint("visit/", (n+i)%events), Kind: "visit"})
				if err != nil {
					t.Error(err)
				}
			}
			one, err := c.Nurture.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: c.lead.Ref()})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = one.ID
		})
	}
	work.Wait()
	c.settle(t)
	x, err := c.Nurture.Explain(ctx, "interest", c.lead.Ref())
	require.NoError(t, err)
	require.Equal(t, "60", x.Points.String())
	require.Len(t, each(t, c.Nurture.Scores(ctx, nurture.ScoreFilter{})), 1)
	require.Len(t, each(t, c.Nurture.All(ctx, nurture.Filter{})), 1)
	require.Equal(t, 1, len(slices.Compact(ids)))
	reached := 0
	for _, e := range each(t, event.All(ctx, c, event.Filter{})) {
		if e.Name == nurture.Crossed.Name {
			reached++
		}
	}
	require.Equal(t, 1, reached)
	require.Len(t, c.left(t), 1)
}

// Replies and ticks race: whoever commits first wins, and after an exit nothing leaves.
func repliesRaceWithTheClock(t *testing.T, b *campaign) {
	ctx := t.Context()
	c := b.company(t, "replies", newYork(t, "2026-03-06 10:00:00"))
	c.threeMails(t)
	var all []*nurture.Enrolment
	for i := range 8 {
		p := c.person(t, fmt.Sprint("Lee ", i), fmt.Sprintf("lee%d@example.org", i))
		one, err := c.Nurture.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: p.Ref()})
		require.NoError(t, err)
		all = append(all, one)
	}
	c.settle(t)
	at := newYork(t, "2026-03-09 10:00:00")
	c.now.Store(&at)
	var work sync.WaitGroup
	work.Go(func() {
		if _, err := c.Tick(ctx); err != nil {
			t.Error(err)
		}
	})
	work.Go(func() {
		for _, one := range all {
			if _, err := c.Nurture.Tell(ctx, nurture.Tell{Contact: one.Contact, Signal: nurture.Replied, At: at}); err != nil {
				t.Error(err)
			}
		}
	})
	work.Wait()
	c.at(t, at.AddDate(0, 1, 0))
	sent := map[string]int{}
	for _, l := range each(t, letters.All(ctx, c.Company, storage.Query{})) {
		sent[string(l.Key)]++
	}
	for _, one := range all {
		n, err := c.Nurture.Get(ctx, one.ID)
		require.NoError(t, err)
		require.Equal(t, nurture.Replied, n.Reason)
		require.Equal(t, n.Sent, sent["nurture/"+n.ID.String()+"/first"]+sent["nurture/"+n.ID.String()+"/second"])
		require.Zero(t, sent["nurture/"+n.ID.String()+"/third"])
		require.Contains(t, []int{1, 2}, n.Sent)
	}
}

// The contact book is the company's own: zone, address and consent are read where they are kept, merged contacts are one, archived ones gone; tasks are activities.
func sequencesKnowTheContactBook(t *testing.T, b *campaign) {
	ctx := t.Context()
	c := b.company(t, "book", newYork(t, "2026-03-06 10:00:00"))
	_, err := c.Nurture.SetSequence(ctx, nurture.SetSequence{Sequence: nurture.Sequence{Name: "nurture",
		Declared: []nurture.Declared{{Name: "role", Kind: workflow.KindText}},
		Steps: []nurture.Step{{Name: "buyer?", Do: nurture.Branch, Else: nurture.End,
			If: workflow.Condition{Field: "role", Op: workflow.OpEq, Value: json.RawMessage(`"buyer"`)}},
			{Name: "call", Do: nurture.AskPerson, Title: "Call them", Owner: clerk, Within: 3}, {Name: "mail", Do: nurture.SendMail, Template: "hello"},
			{Do: nurture.Wait, Days: 1}, {Name: "more", Do: nurture.SendMail, Template: "more"}}}})
	require.NoError(t, err)
	enrol := func(p *contact.Contact) *nurture.Enrolment {
		t.Helper()
		one, err := c.Nurture.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: p.Ref()})
		require.NoError(t, err)
		return one
	}
	reread := func(e *nurture.Enrolment) *nurture.Enrolment {
		return must[*nurture.Enrolment](t)(c.Nurture.Get(ctx, e.ID))
	}
	buyer := func(name, email string) *contact.Contact {
		p := c.person(t, name, email)
		p.Role = "buyer"
		return must[*contact.Contact](t)(c.Contacts.Change(ctx, contact.Change{Contact: *p}))
	}
	other := enrol(c.lead) // no buyer
	kept, gone, put := buyer("Kim", "kim@example.org"), buyer("Kim K.", "kim.k@example.org"), buyer("Ada", "ada@example.org")
	merged, archived := enrol(gone), enrol(put)
	c.settle(t)
	require.Equal(t, nurture.Finished, reread(other).State)
	require.Len(t, each(t, c.Activities.All(ctx, activity.Filter{Kind: activity.Task})), 2)
	_, err = c.Contacts.Merge(ctx, contact.Merge{Keep: kept.ID, Gone: gone.ID})
	require.NoError(t, err)
	_, err = c.Contacts.Archive(ctx, contact.Archive{ID: put.ID})
	require.NoError(t, err)
	c.at(t, newYork(t, "2026-03-07 10:00:00"))
	require.Equal(t, nurture.Gone, reread(archived).Reason)
	require.Equal(t, nurture.Finished, reread(merged).State)
	var to []string
	for _, l := range each(t, letters.All(ctx, c.Company, storage.Query{})) {
		to = append(to, l.Step+" "+l.To)
	}
	slices.Sort(to)
	require.Equal(t, []string{"mail ada@example.org", "mail kim.k@example.org", "more kim@example.org"}, to)
}
