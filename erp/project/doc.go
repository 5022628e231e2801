// Package project answers: what are we delivering, for whom, who worked on it how long, what did that cost, and what of it
// is still to be billed?
//
// Its three nouns are the Project (a delivery for a customer, from plan to close), the Time (hours that one person worked on
// one day, with what they cost) and the Milestone (a point that is reached once, and may be billed).
//
//	projects := project.New(db, project.Ports{Rates: staff})
//	p, err := projects.Open(ctx, project.Open{Terms: project.Terms{Name: "Installation", Customer: customer, Origin: deal}})
//	p, err = projects.Start(ctx, project.Move{Project: p.ID})
//	times, err := projects.LogTime(ctx, project.LogTime{Times: []project.Hours{
//		{Project: p.ID, Person: ana, Date: monday, Hours: three}}})
//	bill, err := projects.ToBill(ctx, project.Unbilled{Project: p.ID, UpTo: monday})
//	n, err := projects.MarkBilled(ctx, project.MarkBilled{Invoice: invoice, Times: bill.Times})
//
// # Decisions
//
// The cost of hours is pinned when they are entered: hours times what an hour of the person cost on that day, rounded half
// up. A rate that changes later does not change the past. Without the Rates port hours have no cost.
//
// Hours carry the price per hour at which they are billed, the project's unless they say another, or a fixed price, which
// beats the hourly one. A bill multiplies the sum of the hours of one price by it and rounds once, as the invoice's line
// does.
//
// Hours are billed once: they name their invoice, are frozen from then on, and are free again only when the invoice is given
// up (Unbill). So the hours of all invoices and those still to be billed are the billable hours worked.
//
// Time is logged on active projects only. With the Journal port the cost of hours is posted with them: a debit of the
// delivery cost with the project's dimensions, a credit of the labour that payroll has paid for already. A change of hours
// posts the difference.
//
// It does not write invoices, plan who works when (erp/planning), or know products and tasks.
package project
