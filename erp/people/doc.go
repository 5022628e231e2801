// Package people answers: who works here, for whom, since when, how many hours, and what does an hour of theirs cost?
//
// Its three nouns are the Person (an employee with a place in the organisation), the Rate (what an hour costs from a date
// on) and the Calendar (the days on which nobody works).
//
//	staff := people.New(db)
//	ana, err := staff.Hire(ctx, people.Hire{Hired: monday,
//		Profile: people.Profile{Name: "Ana", Manager: ben, Week: people.FullTime()}})
//	_, err = staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: monday, Hour: money.MustParse("42.00 USD")})
//	cost, err := staff.CostRate(ctx, tx, people.Ref(ana.ID), today)
//	hours, err := staff.Capacity(ctx, tx, people.Ref(ana.ID), []date.Period{march})
//
// # Decisions
//
// Capacity counts the hours of the person's week on each day between hire and departure that is neither a holiday of the
// person's calendar nor a day of leave. Who has no calendar has no holidays; who has no week works no hours.
//
// A rate holds from its date until the next one begins. Before the first one a person has no rate, and asking for it is an
// error: a cost of nothing would be wrong without anyone noticing.
//
// A manager may be anyone a Ref can point to. Among our own people circles are refused when the manager is set. A chain is
// followed for 64 people at most.
//
// People satisfies the ports of others as it is: approval.Org (Manager, Limit), approval.Employment (Left), project.Rates (CostRate), planning.People
// (Members, Capacity). The people of a department are a team: a Ref of kind "people.department".
//
// It does not pay anyone: payroll, taxes on wages, applications and appraisals are not here.
package people
