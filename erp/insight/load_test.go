package insight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/storage"
)

// crew hires two installers, one of whom works 45 days of 8 hours in two months: more than a month has in September, none in
// October.
func (d *desk) crew() {
	ctx := d.t.Context()
	var first *people.Person
	for _, name := range []string{"Ana", "Ben"} {
		p, err := d.People.Hire(ctx, people.Hire{Profile: people.Profile{Name: name, Department: "installers",
			Week: people.FullTime()}, Hired: day("2017-09-01")})
		d.ok(err)
		if first == nil {
			first = p
		}
	}
	job, err := d.Projects.Open(ctx, project.Open{Terms: project.Terms{Name: "Big", Price: usd("100")}})
	d.ok(err)
	_, err = d.Projects.Start(ctx, project.Move{Project: job.ID, On: day("2017-09-01")})
	d.ok(err)
	var times []project.Hours
	for on := day("2017-09-01"); !on.After(day("2017-09-30")); on = on.AddDays(1) {
		times = append(times, project.Hours{Project: job.ID, Person: people.Ref(first.ID), Date: on, Hours: dec("12")})
	}
	_, err = d.Projects.LogTime(ctx, project.LogTime{Times: times})
	d.ok(err)
}

func TestOverloadedMonthsAreNamed(t *testing.T) {
	d := open(t)
	d.crew()
	l, err := d.look.Load(t.Context(), insight.LoadFilter{During: period("2017-09-01", "2017-10-31")})
	d.ok(err)
	require.Len(t, l.Teams, 1)
	team := l.Teams[0]
	require.Equal(t, "installers", team.Name)
	require.Len(t, team.Months, 2)
	require.Equal(t, 1, team.Over)
	require.Equal(t, "24", team.OverHours.String()) // 360 hours where two people have 336
	require.Equal(t, "107.1", team.Months[0].Percent.String())
	require.Equal(t, "688", team.Capacity.String())

	spots, err := d.look.BlindSpots(t.Context(), insight.SpotFilter{Period: period("2017-08-01", "2017-10-31"),
		Teams: []storage.Ref{people.Department("installers")}})
	d.ok(err)
	last := spots[len(spots)-1]
	require.Equal(t, "hours_missing", last.Code)
	require.Equal(t, []int64{3, 4}, []int64{last.Count, last.Of}) // Ben never, Ana in October; nobody was there in August
	require.Equal(t, "360", spots[len(spots)-2].Hours.String())
}
