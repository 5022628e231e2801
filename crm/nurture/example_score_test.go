package nurture_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/nurture"
)

// interest is worth 10 for a download and 20 for a demo, half of it after 30 days.
var interest = nurture.Model{Name: "interest", Halve: 30, Rules: []nurture.PointRule{{Kind: "download", Points: decimal.NewFromInt(10)},
	{Kind: "demo", Points: decimal.NewFromInt(20)}}, Thresholds: []nurture.Threshold{{Name: "warm", At: decimal.NewFromInt(25)}}}

// A model says what events are worth.
func ExampleNurture_SetModel() {
	n, _ := open()
	m, err := n.SetModel(ctx, nurture.SetModel{Model: interest})
	fmt.Println(m.Name, m.Version, err)
	// Output: interest 1 <nil>
}

// An event counts once, however often it is told.
func ExampleNurture_Observe() {
	n, _ := open()
	_, _ = n.SetModel(ctx, nurture.SetModel{Model: interest})
	for _, e := range []string{"download/1", "demo/1", "demo/1"} {
		kind := e[:len(e)-2]
		list, err := n.Observe(ctx, nurture.Observe{Contact: lead, Event: e, Kind: kind})
		fmt.Println(list[0].Points, list[0].Level, err)
	}
	// Output:
	// 10  <nil>
	// 30 warm <nil>
	// 30 warm <nil>
}

// What a score is made of.
func ExampleNurture_Explain() {
	n, shop := open()
	_, _ = n.SetModel(ctx, nurture.SetModel{Model: interest})
	_, _ = n.Observe(ctx, nurture.Observe{Contact: lead, Event: "download/1", Kind: "download"})
	shop.wait(31)
	_, _ = n.Observe(ctx, nurture.Observe{Contact: lead, Event: "demo/1", Kind: "demo"})
	x, err := n.Explain(ctx, "interest", lead)
	fmt.Println(x.Points, x.Reached, x.Next.Format(time.DateOnly), err)
	for _, s := range x.Shares {
		fmt.Println(s.Event, s.Points, "after", s.Age, "days", s.Counts)
	}
	// Output:
	// 25 [warm] 2026-05-01 <nil>
	// download/1 10 after 31 days 5
	// demo/1 20 after 0 days 20
}

// What a contact did is erased.
func ExampleNurture_Forget() {
	n, _ := open()
	_, _ = n.SetModel(ctx, nurture.SetModel{Model: interest})
	_, _ = n.Observe(ctx, nurture.Observe{Contact: lead, Event: "download/1", Kind: "download"})
	gone, err := n.Forget(ctx, nurture.Forget{Contact: lead, Why: "asked us to"})
	fmt.Println(gone.Occurrences, gone.Scores, err)
	// Output: 1 1 <nil>
}

// The rules need no storage: a score is made of its events.
func ExampleScorer_Evaluate() {
	scorer, err := interest.Compile()
	if err != nil {
		fmt.Println(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 9, 0, 0, 0, time.UTC) }
	events := []nurture.Occurrence{{Event: "1", Kind: "download", At: day(0)}, {Event: "2", Kind: "demo", At: day(30)}}
	score, crossings := scorer.Evaluate(nurture.Score{}, events, time.UTC, day(60))
	fmt.Println(score.Points, score.Reached)
	for _, c := range crossings {
		fmt.Println(c.Threshold, c.Up, c.Points, c.At.Format(time.DateOnly))
	}
	// Output:
	// 12.5 []
	// warm true 25 2026-01-31
	// warm false 12.5 2026-03-02
}
