// Package workflow answers: what may happen next, what follows from what, and when?
//
// Its nouns are the Machine (the life of a kind of document: states, and the actions that lead from one to another) and,
// beside it, conditions, calendars, schedules, timers and rules.
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
// Effects are words: what they do is the business of whoever fires. A self transition (To is the state itself) is left and
// entered, with the effects of both; an internal one (Stay) is neither.
package workflow
