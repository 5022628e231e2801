package nurture_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// The rules alone: no storage, a list of records.
func TestTheRulesOfNurturing(t *testing.T) {
	q := threeMails()
	require.NoError(t, q.Check())
	person := nurture.Person{Zone: "America/New_York", Address: "a@b.c", Consent: true}
	s := nurture.Situation{Sequence: &q, Person: &person}
	step := func(e nurture.Enrolment, c nurture.Command, at time.Time) nurture.Enrolment {
		t.Helper()
		list, err := nurture.Decide(e, c, s, at)
		require.NoError(t, err)
		return nurture.Fold(e, list...)
	}
	advance := func(e nurture.Enrolment) nurture.Enrolment {
		return step(e, nurture.Command{Action: nurture.Advance, Turn: e.Turn}, e.Due)
	}
	begun := step(nurture.Enrolment{}, nurture.Command{Action: nurture.Begin}, newYork("2026-03-06 16:50:00"))
	t.Run("W31 days by the clocks of the contact", func(t *testing.T) {
		e := advance(begun)
		require.Equal(t, 1, e.Sent)
		require.Equal(t, newYork("2026-03-09 16:50:00"), e.Due)
		require.Equal(t, instant("2026-03-09T20:50:00Z"), e.Due)
		e = advance(e)
		require.Equal(t, newYork("2026-03-13 16:50:00"), e.Due)
		require.Equal(t, nurture.Finished, advance(e).State)
		require.Equal(t, 3, advance(e).Sent)
	})
	t.Run("W31 72 hours slip to Tuesday", func(t *testing.T) {
		hours := threeMails()
		hours.Steps[1] = nurture.Step{Do: nurture.Wait, Hours: 72}
		require.NoError(t, hours.Check())
		s.Sequence = &hours
		defer func() { s.Sequence = &q }()
		e := advance(begun)
		require.Equal(t, newYork("2026-03-09 17:50:00"), e.Due)
		e = advance(e)
		require.Equal(t, 1, e.Sent)
		require.Equal(t, newYork("2026-03-10 09:00:00"), e.Due)
	})
	t.Run("W31 at equal instants commands go before timers", func(t *testing.T) {
		e := advance(advance(begun))
		timer := nurture.Command{Action: nurture.Advance, Turn: e.Turn}
		replied := step(e, nurture.Command{Action: nurture.Leave, Reason: nurture.Replied, At: e.Due}, e.Due)
		require.Equal(t, nurture.Exited, replied.State)
		require.Equal(t, nurture.Replied, replied.Reason)
		list, err := nurture.Decide(replied, timer, s, e.Due)
		require.NoError(t, err)
		require.Empty(t, list, "the timer finds the turn gone")
	})
	t.Run("W31 a timer that is early, or of another turn, does nothing", func(t *testing.T) {
		e := advance(begun)
		for _, c := range []struct {
			turn int64
			at   time.Time
		}{{e.Turn, e.Due.Add(-time.Microsecond)}, {e.Turn - 1, e.Due}, {e.Turn + 1, e.Due}} {
			list, err := nurture.Decide(e, nurture.Command{Action: nurture.Advance, Turn: c.turn}, s, c.at)
			require.NoError(t, err)
			require.Empty(t, list)
		}
	})
}

func TestWindowsMayPassMidnight(t *testing.T) {
	night := nurture.Window{Hours: workflow.Weekdays(workflow.At(22, 0), workflow.At(30, 0))}
	for name, c := range map[string][3]string{
		"W31 Saturday 01:00 is Friday's":     {"America/New_York", "2026-03-14 01:00:00", "2026-03-14 01:00:00"},
		"W31 Monday 01:00 is nobody's":       {"America/New_York", "2026-03-16 01:00:00", "2026-03-16 22:00:00"},
		"Saturday 06:00 is over":             {"Europe/Berlin", "2026-03-14 06:00:00", "2026-03-16 22:00:00"},
		"Saturday 05:59:59 is the last":      {"Europe/Berlin", "2026-03-14 05:59:59", "2026-03-14 05:59:59"},
		"Tuesday noon waits for the night":   {"Asia/Almaty", "2026-03-17 12:00:00", "2026-03-17 22:00:00"},
		"the night in which clocks go ahead": {"America/New_York", "2026-03-08 03:30:00", "2026-03-09 22:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			next, err := night.Next(c[0], in(c[0], c[1]))
			require.NoError(t, err)
			require.Equal(t, in(c[0], c[2]), next)
		})
	}
	free := nurture.Window{}
	next, err := free.Next("Europe/Berlin", instant("2026-03-15T02:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, instant("2026-03-15T02:00:00Z"), next)
	_, err = night.Next("Mars/Olympus", instant("2026-03-15T02:00:00Z"))
	require.True(t, storage.Has(err, "zone", storage.CodeChoice), err)
}

func TestLaterGoesByTheClocksOfAZone(t *testing.T) {
	for name, c := range map[string]struct {
		zone, from string
		days       int
		length     time.Duration
		want       string
	}{
		"W31 over the change to summer time": {"America/New_York", "2026-03-06T21:50:00Z", 3, 0, "2026-03-09T20:50:00Z"},
		"back to winter time":                {"Europe/Berlin", "2026-10-24T08:00:00Z", 1, 0, "2026-10-25T09:00:00Z"},
		"hours are of elapsed time":          {"Europe/Berlin", "2026-10-24T08:00:00Z", 0, 24 * time.Hour, "2026-10-25T08:00:00Z"},
		"into the gap":                       {"Europe/Berlin", "2026-03-28T01:30:00Z", 1, 0, "2026-03-29T01:00:00Z"},
		"the first of two":                   {"Europe/Berlin", "2026-10-24T00:30:00Z", 1, 0, "2026-10-25T00:30:00Z"},
		"days and hours":                     {"UTC", "2026-01-31T23:00:00Z", 28, 2 * time.Hour, "2026-03-01T01:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			require.NoError(t, err)
			from := instant(c.from).Add(123456 * time.Microsecond)
			want := instant(c.want)
			if name != "into the gap" {
				want = want.Add(123456 * time.Microsecond)
			}
			require.Equal(t, want, nurture.Later(zone, from, c.days, c.length))
		})
	}
}

func TestNurturing(t *testing.T) {
	begin := func(t *testing.T) (*desk, *nurture.Enrolment) {
		d := openDesk(t, newYork("2026-03-06 16:50:00"))
		d.set(t, threeMails())
		e := d.enrol(t, "nurture")
		d.at(t, d.now)
		require.Equal(t, []string{"first Fri 6 Mar 16:50 EST"}, d.sent(t))
		return d, e
	}
	beforeThird := []string{"first Fri 6 Mar 16:50 EST", "second Mon 9 Mar 16:50 EDT"}
	t.Run("W31 three mails by wall time", func(t *testing.T) {
		d, e := begin(t)
		d.at(t, newYork("2026-03-09 16:49:59"))
		require.Len(t, d.sent(t), 1)
		d.at(t, newYork("2026-03-09 16:50:00"))
		require.Equal(t, beforeThird, d.sent(t))
		d.at(t, newYork("2026-03-13 16:49:59"))
		d.at(t, newYork("2026-03-13 16:50:00"))
		require.Equal(t, append(beforeThird, "third Fri 13 Mar 16:50 EDT"), d.sent(t))
		require.Equal(t, nurture.Finished, d.get(t, e).State)
	})
	t.Run("W31 a reply stamped at the instant of the mail", func(t *testing.T) {
		d, e := begin(t)
		d.at(t, newYork("2026-03-09 16:50:00"))
		d.now = newYork("2026-03-13 16:50:20") // it takes a while until anyone hears of it
		ended := must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Replied, At: newYork("2026-03-13 16:50:00")}))
		require.Len(t, ended, 1)
		require.Empty(t, each(t, workflow.AllTimers(ctx, d.db, workflow.TimerFilter{For: e.Ref()})))
		d.at(t, d.now)
		require.Equal(t, beforeThird, d.sent(t))
		got := d.get(t, e)
		require.Equal(t, nurture.Exited, got.State)
		require.Equal(t, nurture.Replied, got.Reason)
		require.Equal(t, newYork("2026-03-13 16:50:00"), got.Ended)
	})
	t.Run("W31 no retry after an unsubscription", func(t *testing.T) {
		d, e := begin(t)
		d.at(t, newYork("2026-03-09 16:50:00"))
		d.broken = true
		d.at(t, newYork("2026-03-13 16:50:00"))
		require.Equal(t, 3, d.tries, "the third was tried, and failed")
		_, err := d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Unsubscribed, At: newYork("2026-03-13 16:49:59")})
		require.NoError(t, err)
		d.broken = false
		for m := range 30 {
			d.at(t, newYork("2026-03-13 16:50:00").Add(time.Duration(m)*time.Minute))
		}
		require.Equal(t, 3, d.tries)
		require.Equal(t, beforeThird, d.sent(t))
		require.Equal(t, nurture.Unsubscribed, d.get(t, e).Reason)

		again := d.enrol(t, "nurture") // the word counts, whatever the contact book says
		d.at(t, newYork("2026-03-16 10:00:00"))
		require.Equal(t, nurture.Unsubscribed, d.get(t, again).Reason)
		d.people[lead].Since = newYork("2026-03-13 16:49:59") // at the same instant the no counts
		again = d.enrol(t, "nurture")
		d.at(t, newYork("2026-03-16 10:30:00"))
		require.Equal(t, nurture.Unsubscribed, d.get(t, again).Reason)
		d.people[lead].Since = newYork("2026-03-16 11:00:00") // until they agree anew
		again = d.enrol(t, "nurture")
		d.at(t, newYork("2026-03-16 12:00:00"))
		require.Equal(t, 1, d.get(t, again).Sent)
	})
	t.Run("W31 a reply from before", func(t *testing.T) {
		d, e := begin(t)
		ended := must[[]*nurture.Enrolment](t)(d.Tell(ctx, nurture.Tell{Contact: lead, Signal: nurture.Replied, At: newYork("2026-03-06 16:49:59")}))
		require.Empty(t, ended)
		require.Equal(t, nurture.Active, d.get(t, e).State)
	})
	t.Run("W31 a second enrolment while one is active", func(t *testing.T) {
		d, e := begin(t)
		d.at(t, newYork("2026-03-07 10:00:00"))
		for _, key := range []storage.Key{"", "form/1", "form/1", "form/2"} {
			again := must[*nurture.Enrolment](t)(d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: lead, Key: key}))
			require.Equal(t, e.ID, again.ID)
		}
		d.at(t, newYork("2026-03-09 16:50:00"))
		require.Equal(t, beforeThird, d.sent(t))
		require.Len(t, each(t, d.All(ctx, nurture.Filter{})), 1)
	})
}

func TestScoring(t *testing.T) {
	day := func(n int) time.Time { return instant("2026-01-01T12:00:00Z").AddDate(0, 0, n) }
	model := nurture.Model{Name: "interest", Halve: 30, Thresholds: []nurture.Threshold{{Name: "warm", At: dec("25")}},
		Rules: []nurture.PointRule{{Kind: "download", Points: dec("10")}, {Kind: "visit", Points: dec("5")}, {Kind: "demo", Points: dec("20")}}}
	all := []nurture.Occurrence{{Event: "a", Kind: "download", At: day(0)}, {Event: "b", Kind: "visit", At: day(10)}, {Event: "c", Kind: "demo", At: day(30)},
		{Event: "b", Kind: "visit", At: day(10)}}
	scorer := must[*nurture.Scorer](t)(model.Compile())
	t.Run("W32 the figures", func(t *testing.T) {
		for n, want := range map[int]string{0: "10", 9: "10", 10: "15", 29: "15", 30: "30", 40: "27.5", 59: "27.5", 60: "15", 70: "13.75"} {
			require.Equal(t, want, nurture.Total(scorer.Shares(all, time.UTC, day(n))).String(), "day %d", n)
		}
	})
	t.Run("W32 made anew of the events", func(t *testing.T) {
		score, crossings := scorer.Evaluate(nurture.Score{}, all, time.UTC, day(70))
		require.Equal(t, "13.75", score.Points.String())
		require.Empty(t, score.Reached)
		require.Len(t, crossings, 2)
		require.Equal(t, nurture.Crossing{Threshold: "warm", Up: true, Points: crossings[0].Points, At: day(30)}, crossings[0])
		require.Equal(t, nurture.Crossing{Threshold: "warm", Points: crossings[1].Points, At: instant("2026-03-02T00:00:00Z")}, crossings[1])
		require.Equal(t, "30", crossings[0].Points.String())
		require.Equal(t, "15", crossings[1].Points.String())
	})
	// crossings are what was told of a score.
	begin := func(t *testing.T) *desk {
		d := openDesk(t, day(0))
		must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: model}))
		return d
	}
	see := func(t *testing.T, d *desk, name, kind string, on int) *nurture.Score {
		t.Helper()
		list := must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: lead, Event: name, Kind: kind, At: day(on)}))
		require.Len(t, list, 1)
		return list[0]
	}
	t.Run("W32 fires once, is armed again on day 60", func(t *testing.T) {
		d := begin(t)
		see(t, d, "a", "download", 0)
		d.at(t, day(10))
		see(t, d, "b", "visit", 10)
		see(t, d, "b", "visit", 10)
		d.at(t, day(29))
		require.Equal(t, "15", must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead)).Points.String())
		require.Empty(t, crossed(t, d))
		d.at(t, day(30))
		s := see(t, d, "c", "demo", 30)
		require.Equal(t, "30", s.Points.String())
		require.Equal(t, "warm", s.Level)
		require.Equal(t, instant("2026-03-02T00:00:00Z"), s.Next, "day 60")
		require.Equal(t, []string{"+warm 30"}, crossed(t, d))
		d.at(t, day(40))
		x := must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead))
		require.Equal(t, "27.5", x.Points.String())
		require.Equal(t, []string{"a 10 40 1 5", "b 5 30 1 2.5", "c 20 10 0 20"}, shares(x))
		see(t, d, "c", "demo", 30)
		d.at(t, instant("2026-03-01T23:59:59Z"))
		require.Equal(t, []string{"+warm 30"}, crossed(t, d))
		d.at(t, instant("2026-03-02T00:00:00Z"))
		require.Equal(t, []string{"+warm 30", "-warm 15"}, crossed(t, d))
		require.Empty(t, must[*nurture.Score](t)(d.Score(ctx, "interest", lead)).Reached)
		d.at(t, day(70))
		require.Equal(t, "13.75", must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead)).Points.String())
		see(t, d, "d", "demo", 70)
		require.Equal(t, []string{"+warm 30", "-warm 15", "+warm 33.75"}, crossed(t, d))
	})
	t.Run("W32 a late event", func(t *testing.T) {
		d := begin(t)
		see(t, d, "a", "download", 0)
		d.at(t, day(30))
		s := see(t, d, "c", "demo", 30)
		require.Equal(t, "25", s.Points.String())
		d.at(t, day(35))
		s = see(t, d, "b", "visit", 10)
		require.Equal(t, "30", s.Points.String(), "5 + 5 + 20")
		require.Equal(t, []string{"+warm 25"}, crossed(t, d))
		require.Equal(t, instant("2026-03-02T00:00:00Z"), s.Next, "it falls later now: at day 40 it is 27.5")
		d.at(t, day(70))
		require.Equal(t, []string{"+warm 25", "-warm 15"}, crossed(t, d))
	})
	t.Run("W32 a late event that brings it over", func(t *testing.T) {
		d := begin(t)
		d.at(t, day(30))
		see(t, d, "c", "demo", 30)
		d.at(t, day(35))
		require.Equal(t, "25", see(t, d, "b", "visit", 10).Points.String())
		require.Equal(t, []string{"+warm 25"}, crossed(t, d), "it is reached now, and once")
		d.at(t, day(70))
		require.Equal(t, []string{"+warm 25", "-warm 22.5"}, crossed(t, d))
	})
}

func TestADecisionWithoutASequenceIsRefused(t *testing.T) {
	for _, q := range []*nurture.Sequence{nil, {}} {
		for _, action := range []nurture.Action{nurture.Begin, nurture.Advance} {
			_, err := nurture.Decide(nurture.Enrolment{State: nurture.Active}, nurture.Command{Action: action}, nurture.Situation{Sequence: q}, time.Time{})
			require.True(t, storage.Has(err, "sequence", storage.CodeRequired), "%v", err)
		}
	}
}
