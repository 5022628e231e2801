// Package workflow answers: what may happen next, what follows from what, and when?
//
// Its nouns are the Machine (the life of a kind of document: states, and the actions that lead from one to another), the
// Condition (a question about a document, as a tree that people edit), the Calendar (when business is done), the Schedule (when
// something recurs), the Timer (what comes due once) and the Rule (what follows from what).
//
//	var life = workflow.MustCompile(workflow.Life[State, *Order]{Name: "order", Initial: Drafted, States: …, Transitions: …})
//	to, effects, err := life.Fire(order.State, "confirm", order)
//
// # Decisions
//
// A machine holds no state: the document does. So one compiled table serves all documents of a kind, at once, and firing
// allocates nothing.
//
// Of several transitions with one state and one action the first whose guard agrees is taken, in the order of their
// declaration; the linter names those that can never be reached.
//
// Callers of a package should meet that package's refusals, not the machine's: a life may say them (NotNow), and Next gives them, and
// those of guards, as they are.
//
// Effects are words: what they do is the business of whoever fires. A self transition (To is the state itself) is left and
// entered, with the effects of both; an internal one (Stay) is neither.
//
// A field without a value makes each comparison false but is_empty, and amounts of different currencies are unequal, neither
// of them more. There is no expression language: what the tree cannot say is a named function of the program.
//
// A time that clocks skip is the first instant after the gap, one that they show twice is the first of the two: so what is
// daily happens once on each civil day, in every zone. Intervals are of elapsed time and know nothing of days. An hourly cron
// goes by what clocks show: twice in the hour that comes twice.
//
// Working time is time that passes between opening and closing; what takes as long as is left of a day ends at closing time.
//
// Rules follow the events of documents of any kind, ours or the host's, after the transaction that wrote them: a rule that fails
// never fails what someone saves. They see the document as it was at that version, from what it is now and the audit trail. A rule fires once for
// a document and the first cause of a chain, and chains end after MaxChain events. Its actions are done in order, each in a savepoint; one that fails is
// tried again after 1, 2, 4 and 8 minutes, then the run is dead until it is replayed, from that action on.
//
// Timers fire in the transaction that removes them, with the clock at the instant at which they were due. A schedule that was
// missed is made up for as its CatchUp says, measured by the store's clock.
//
// An occurrence is known by the time that the schedule names, so its key is the same whoever makes it, and when.
package workflow
