// Package event is the outbox and the audit trail: what happened, written in the transaction in which it happened, and told to
// whoever follows.
//
// It answers two questions: who changed what, when and why; and how does one part of a company react to another without
// being called by it. Its nouns are the Event (a past-tense fact about a subject), the Reader (a durable name that follows events and reacts) and
// the Entry (one line of the audit trail).
//
//	err := event.Apply(ctx, tx, deals, event.Change[Deal]{By: actor, Verb: "pipeline.deal.win", Before: &old, After: deal,
//		Events: []event.Draft{Won.Draft(WonPayload{Value: deal.Value})}})
//	…
//	relay := event.NewRelay(event.Reader{Name: "projects", Names: []string{"pipeline.deal.won"}, Handle: startProject})
//	stats, err := event.NewTicker(store, relay).Tick(ctx)
//
// Apply is the one path on which aggregates are written: it asks the host's guards, writes the row, the audit entry and the events.
// A Reader gets every event at least once, events of one subject in order, and runs in a transaction of its own in
// which its place is kept too, so what it writes happens exactly once; what it does outside the transaction may happen again after a crash.
// Once makes the effect of any redelivered message happen once.
//
// It starts no goroutine, sends nothing over a network and does not order events of different subjects beyond the order of commits.
package event
