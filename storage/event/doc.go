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
// # Several processes
//
// A Ticker does the due work of all tenants: see Tick, and Run for a process that does nothing else. Any number of processes may tick over one database. One row a
// tenant says whose turn it is: it is written when a turn begins and when it ends, and nothing is locked meanwhile, so no process waits for another; each passes
// over the tenants at which others are. So the work of a tenant is done by one process at a time, in its order. A turn is a bounded number of steps (Bounds), after
// which the next tenant has its own. A process that dies, or hangs, loses its turn when its lease has run out; should it go on after all, the rows it works on are locked or
// have versions, so that what it writes is written once. Only Work that a host adds, and that does something outside the store, may then be done twice.
//
// Counters tell a host what was done, what failed and what was given up, by kind, and how late the oldest due work is. The store's logger is told of each failure
// (a warning), of what is given up and of an engine that fails (errors), and of each Tick that did something (for debugging).
//
// It starts no goroutine, sends nothing over a network and does not order events of different subjects beyond the order of commits.
package event
