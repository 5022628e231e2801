// Package activity answers: what was said and done, what comes next, and did what was promised reach those who deliver it?
//
// Its three nouns:
//
//   - Activity, a call, an e-mail, a meeting or a note on the timeline of anything, or a task with a day by which it is due;
//   - the next step, the open task of a deal that is due first: an open deal without one is flagged;
//   - Handover, the list of what was promised when a deal was won, handed to someone who accepts it or gives it back.
//
// In use:
//
//	log := activity.New(db)
//	_, err := log.Log(ctx, activity.Log{By: agent, Kind: activity.Call, Subject: deal.Ref(), Title: "They like the price"})
//	task, err := log.Plan(ctx, activity.Plan{By: agent, Subject: deal.Ref(), Title: "Send the contract", Due: friday})
//	left, err := log.WithoutNextStep(ctx, openDeals...)
//	handover, err := log.Offer(ctx, activity.Offer{By: agent, Subject: deal.Ref(), To: planner, Promises: []string{"Delivery before Nauryz"}})
//
// # Decisions
//
// A subject is any Ref: a deal, a contact, an invoice, a host's ticket. This package does not ask whether it exists.
//
// A task is the kind of activity that may be open; all others happened. A task that is done keeps its place on the timeline at the
// instant when it was done.
//
// A handover can be accepted only when each promise was confirmed by those who will keep it. Giving it back takes a reason. There
// is one living handover for a subject.
//
// It sends no e-mail, keeps no calendar and reminds nobody: whoever shows tasks asks for those that are due.
package activity
