package nurture_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// someModel draws a model, and somewhere events of its kinds.
func someModel(r *rand.Rand) (*nurture.Scorer, []nurture.Occurrence, time.Time) {
	kinds := []string{"a", "b", "c"}
	m := nurture.Model{Name: "m", Halve: r.IntN(40), Thresholds: []nurture.Threshold{{Name: "low", At: dec("8")}, {Name: "high", At: dec("25")}}}
	for _, k := range kinds {
		m.Rules = append(m.Rules, nurture.PointRule{Kind: k, Points: decimal.New(int64(r.IntN(60)-15)*2+1, -1), Fixed: r.IntN(6) == 0})
		if r.IntN(3) == 0 && !m.Rules[len(m.Rules)-1].Fixed {
			m.Rules[len(m.Rules)-1].Halve = 1 + r.IntN(20)
		}
	}
	s, err := m.Compile()
	if err != nil {
		panic(err)
	}
	start := instant("2026-01-01T00:00:00Z")
	var list []nurture.Occurrence
	for i := range r.IntN(12) {
		list = append(list, nurture.Occurrence{Event: fmt.Sprint("e", i), Kind: kinds[r.IntN(3)], At: start.Add(time.Duration(r.IntN(100*24)) * time.Hour)})
	}
	return s, list, start
}

func TestAScoreIsTheFoldOfItsEventsInAnyOrder(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, list, start := someModel(r)
		at := start.Add(time.Duration(r.IntN(200*24)) * time.Hour)
		score, told := s.Evaluate(nurture.Score{}, list, zone, at)
		shuffled := slices.Concat(list, list[:len(list)/2])
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		other, toldOther := s.Evaluate(nurture.Score{}, shuffled, zone, at)
		require.Equal(t, score.Points.String(), other.Points.String(), "seed %d", seed)
		require.Equal(t, show(told), show(toldOther), "seed %d", seed)
		sum := decimal.Decimal{}
		for _, sh := range s.Shares(list, zone, at) {
			want := sh.Points
			for range sh.Halvings {
				want = want.Mul(dec("0.5"))
			}
			require.True(t, sh.Counts.Equal(want) || sh.Halvings > nurture.MaxHalvings)
			sum = sum.Add(sh.Counts)
		}
		require.True(t, sum.Equal(score.Points))
	}
}

func TestAScoreDayByDayAndInOneJumpIsTheSame(t *testing.T) {
	crossings := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		s, list, start := someModel(r)
		end := start.AddDate(0, 0, 400)
		jump, told := s.Evaluate(nurture.Score{}, list, time.UTC, end)
		var step nurture.Score
		var all []nurture.Crossing
		for at := start; at.Before(end); at = at.Add(time.Duration(1+r.IntN(200)) * time.Hour) {
			var some []nurture.Crossing
			step, some = s.Evaluate(step, list, time.UTC, at)
			all = append(all, some...)
		}
		step, some := s.Evaluate(step, list, time.UTC, end)
		all = append(all, some...)
		require.Equal(t, show(told), show(all), "seed %d", seed)
		require.Equal(t, jump.Points.String(), step.Points.String())
		require.Equal(t, jump.Reached, step.Reached)
		// Next tells the truth: nothing crosses before, something does then.
		if !jump.Next.IsZero() {
			_, none := s.Evaluate(jump, list, time.UTC, jump.Next.Add(-time.Microsecond))
			require.Empty(t, none)
			_, some := s.Evaluate(jump, list, time.UTC, jump.Next)
			require.NotEmpty(t, some, "seed %d", seed)
		} else {
			_, none := s.Evaluate(jump, list, time.UTC, end.AddDate(10, 0, 0))
			require.Empty(t, none)
		}
		crossings += len(told)
	}
	require.Greater(t, crossings, 300)
}

func show(list []nurture.Crossing) (out []string) {
	for _, c := range list {
		out = append(out, fmt.Sprint(c.Threshold, c.Up, c.Points, c.At))
	}
	return out
}

// Each threshold is reached and fallen below in turn, whatever comes late.
func TestAThresholdIsNeverReachedTwiceWithoutFallingBelow(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		s, list, start := someModel(r)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) // the order in which they are told
		up := map[string]bool{}
		var score nurture.Score
		at := start
		for i := range list {
			if at = at.Add(time.Duration(r.IntN(48)) * time.Hour); at.Before(list[i].At) {
				at = list[i].At
			}
			var told []nurture.Crossing
			score, told = s.Evaluate(score, list[:i+1], time.UTC, at)
			for _, c := range told {
				require.NotEqual(t, up[c.Threshold], c.Up, "seed %d", seed)
				up[c.Threshold] = c.Up
			}
			for name, yes := range up {
				require.Equal(t, yes, slices.Contains(score.Reached, name))
			}
		}
	}
}

// Whatever happens to an enrolment, its mails leave in the order of its steps, each once, never while it is paused or after its end; and its records
// make it.
func TestAnyWayThroughASequenceKeepsItsOrder(t *testing.T) {
	q := threeMails()
	require.NoError(t, q.Check())
	ends := map[nurture.State]int{}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := nurture.Situation{Sequence: &q, Person: &nurture.Person{Zone: "America/New_York", Address: "a@b.c", Consent: true}}
		now := newYork("2026-03-02 08:00:00").Add(time.Duration(r.IntN(100)) * time.Hour)
		e := nurture.Enrolment{}
		var all []nurture.Record
		var sent []string
		do := func(c nurture.Command) {
			list, err := nurture.Decide(e, c, s, now)
			if err != nil {
				require.Empty(t, list)
				return
			}
			for _, f := range nurture.Effects(e, list...) {
				if f.Kind == nurture.MailLeaves {
					require.Equal(t, nurture.Active, e.State)
					require.False(t, now.Before(e.Due))
					sent = append(sent, f.Step)
				}
			}
			all, e = append(all, list...), nurture.Fold(e, list...)
		}
		do(nurture.Command{Action: nurture.Begin})
		for range 60 {
			now = now.Add(time.Duration(r.IntN(16)) * time.Hour)
			switch r.IntN(12) {
			case 0:
				do(nurture.Command{Action: nurture.Pausing})
			case 1, 2:
				do(nurture.Command{Action: nurture.Resumes})
			case 3:
				if r.IntN(8) == 0 {
					do(nurture.Command{Action: nurture.Leave, Reason: nurture.Replied})
				}
			case 4:
				do(nurture.Command{Action: nurture.Advance, Turn: e.Turn - 1}) // a stale timer
			default:
				do(nurture.Command{Action: nurture.Advance, Turn: e.Turn})
			}
		}
		require.Equal(t, []string{"first", "second", "third"}[:len(sent)], append([]string{}, sent...), "seed %d", seed)
		require.Equal(t, len(sent), e.Sent)
		require.Equal(t, e, nurture.Fold(nurture.Enrolment{}, all...))
		for i, rec := range all {
			require.EqualValues(t, i+1, rec.Number)
		}
		ends[e.State]++
	}
	require.Len(t, ends, 4, "%v", ends)
}

// Two processes tick at once, over and over: a mail of a step leaves once.
func TestTwoTickersSendAtMostOneMailPerStep(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, threeMails())
	for i := range 30 {
		ref := storage.Ref{Kind: "host.lead", ID: fmt.Sprint("n", i)}
		d.people[ref] = &nurture.Person{Address: "x@example.org", Consent: true, Zone: "America/New_York"}
		must[*nurture.Enrolment](t)(d.Enrol(ctx, nurture.Enrol{Sequence: "nurture", Contact: ref}))
	}
	quiet := quietSender{}
	tickers := make([]*event.Ticker, 2)
	for i := range tickers {
		timers := workflow.NewTimers()
		nurture.HandleTimers(timers, nurture.New(d.db, nurture.Ports{Contacts: d, Sender: quiet}).In)
		tickers[i] = event.NewTicker(d.db.Store(), event.NewRelay())
		timers.Attach(tickers[i])
	}
	for day := range 12 {
		d.now = newYork("2026-03-06 10:00:00").AddDate(0, 0, day)
		var work sync.WaitGroup
		for _, ticker := range tickers {
			work.Go(func() {
				for range 3 {
					stats, err := ticker.Tick(ctx)
					if err = errors.Join(err, stats.Err); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
	}
	keys := map[storage.Key]int{}
	for _, l := range each(t, letters.All(ctx, d.db, storage.Query{})) {
		keys[l.Key]++
		require.Equal(t, 1, keys[l.Key], l.Key)
	}
	require.Len(t, keys, 90)
}

type quietSender struct{}

func (quietSender) Send(ctx context.Context, tx *storage.Tx, m nurture.Mail) error {
	return letters.Insert(ctx, tx, &letter{ID: storage.NewID[letter](tx), Key: m.Key, Step: m.Step, To: m.Address, At: m.At})
}
