package nurture_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

var (
	ctx   = context.Background()
	lead  = storage.Ref{Kind: "host.lead", ID: "7"}
	agent = storage.Ref{Kind: "user", ID: "agent"}
)

// letter is a mail that the host's sender wrote to where mails leave from. Its number is its own, so one that leaves twice is there twice.
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

// A desk is a host: its contacts, its sender, its tasks, and a clock that stands still.
type desk struct {
	*nurture.Nurture
	db     *storage.DB
	ticker *event.Ticker
	relay  *event.Relay
	now    time.Time
	people map[storage.Ref]*nurture.Person
	broken bool
	tries  int
	tasks  []nurture.Task
}

func (d *desk) Person(_ context.Context, _ *storage.Tx, contact storage.Ref, _ string) (nurture.Person, error) {
	if p := d.people[contact]; p != nil {
		return *p, nil
	}
	return nurture.Person{}, storage.ErrNotFound.With("%s", contact)
}

func (d *desk) Send(ctx context.Context, tx *storage.Tx, m nurture.Mail) error {
	if d.tries++; d.broken {
		return errors.New("the mail server is down")
	}
	return letters.Insert(ctx, tx, &letter{ID: storage.NewID[letter](tx), Key: m.Key, Step: m.Step, To: m.Address, At: m.At})
}

func (d *desk) Plan(_ context.Context, tx *storage.Tx, t nurture.Task) error {
	tx.AfterCommit(func() { d.tasks = append(d.tasks, t) })
	return nil
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// in reads a time as a clock in a zone shows it.
func in(zone, s string) time.Time {
	z, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, z)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func newYork(s string) time.Time { return in("America/New_York", s) }

func openDesk(t testing.TB, now time.Time, simulated ...bool) *desk {
	return openDeskWith(t, now, len(simulated) > 0)
}

func openDeskWith(t testing.TB, now time.Time, simulated bool, options ...storage.Option) *desk {
	d := &desk{now: now, people: map[storage.Ref]*nurture.Person{lead: {Zone: "America/New_York", Address: "lead@example.org", Consent: true}}}
	store := storage.Open(memory.New(), append(options, storage.Clock(func() time.Time { return d.now }))...)
	require.NoError(t, store.Migrate(ctx, event.Package(), workflow.Package(), nurture.Package(),
		storage.Package{Name: "host", Tables: []storage.Declaration{letters}}))
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	d.db = db
	d.Nurture = nurture.New(db, nurture.Ports{Contacts: d, Sender: d, Tasks: d, Simulated: simulated})
	timers := workflow.NewTimers()
	nurture.HandleTimers(timers, d.In)
	d.relay = event.NewRelay()
	d.ticker = event.NewTicker(store, d.relay)
	timers.Attach(d.ticker)
	return d
}

// at moves the clock and does what is due.
func (d *desk) at(t testing.TB, now time.Time) {
	t.Helper()
	d.now = now
	stats, err := d.ticker.Tick(ctx)
	require.NoError(t, errors.Join(err, stats.Err))
	require.Zero(t, stats.Left)
}

// sent lists the mails that left, as "step at time" by the clocks of New York.
func (d *desk) sent(t testing.TB) (list []string) {
	t.Helper()
	zone, _ := time.LoadLocation("America/New_York")
	for _, l := range each(t, letters.All(ctx, d.db, storage.Query{})) {
		list = append(list, l.Step+" "+l.At.In(zone).Format("Mon 2 Jan 15:04 MST"))
	}
	return list
}

func each[T any](t testing.TB, seq iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for v, err := range seq {
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func second[T any](_ T, err error) error { return err }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// threeMails is the sequence of W31.
func threeMails() nurture.Sequence {
	return nurture.Sequence{Name: "nurture", Window: nurture.Office(), Steps: []nurture.Step{{Name: "first", Do: nurture.SendMail, Template: "hello"},
		{Do: nurture.Wait, Days: 3}, {Name: "second", Do: nurture.SendMail, Template: "a story"}, {Do: nurture.Wait, Days: 4},
		{Name: "third", Do: nurture.SendMail, Template: "an offer"}}}
}

func (d *desk) set(t testing.TB, q nurture.Sequence) *nurture.Sequence {
	t.Helper()
	return must[*nurture.Sequence](t)(d.SetSequence(ctx, nurture.SetSequence{Sequence: q}))
}

func (d *desk) enrol(t testing.TB, sequence string) *nurture.Enrolment {
	t.Helper()
	return must[*nurture.Enrolment](t)(d.Enrol(ctx, nurture.Enrol{By: agent, Sequence: sequence, Contact: lead}))
}

func (d *desk) get(t testing.TB, e *nurture.Enrolment) *nurture.Enrolment {
	t.Helper()
	return must[*nurture.Enrolment](t)(d.Get(ctx, e.ID))
}
