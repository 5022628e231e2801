// Package planning answers: who is busy when, and where is more promised than people can work?
//
// Its three nouns are the Allocation (hours of a person or a team promised to a project between two days), the Demand (hours
// worked and hours planned) and the Load (demand against capacity, month by month or week by week).
//
//	plans := planning.New(db, planning.Ports{People: staff, Hours: projects})
//	_, err := plans.Allocate(ctx, planning.Allocate{Who: installers, Project: project, From: first, To: last, Hours: hundred})
//	report, err := plans.Load(ctx, planning.LoadQuery{Who: installers, During: year})
//	for _, m := range report.Over() { … }        // the months above 100 %
//
// # Decisions
//
// What is past counts as it was worked, what is to come as it is planned: hours are read up to the day before AsOf,
// allocations from AsOf on.
//
// An allocation is spread over its days in proportion to the capacity in them, so that nobody is planned on a holiday; where
// there is no capacity at all, evenly by days. The parts sum to the whole, to four decimals.
//
// A team's load is that of its members together, plus what is allocated to the team itself. A month is overloaded when
// demand is above capacity: 100 % is not.
//
// It does not move work around, know skills, or plan hours of the day.
package planning
