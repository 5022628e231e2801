// Package approval answers: who must agree to this, have they, and to exactly what?
//
// Its three nouns are the Policy (above which amount or percentage approval is needed, and who gives it), the Request (one
// document that asks, with its steps and decisions) and the Step (the people of whom some must decide).
//
//	approvals := approval.New(db, approval.Ports{Org: people})
//	policy, err := approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "discount",
//		Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(10), Stages: []approval.Stage{{Who: approval.Managers}}}})
//	request, err := approvals.Submit(ctx, approval.Submit{By: agent, Policy: "discount", Subject: deal,
//		Percent: discount, Digest: digest})
//	request, err = approvals.Approve(ctx, approval.Vote{By: manager, Request: request.ID})
//
// # How it is built
//
// Decide takes a request, a command and what is known of the organisation, and answers Records; Evolve makes the request of
// them; Effects says what has to follow (tasks, timers, the outcome). All three are pure and need no storage. Approvals, the
// service, loads, decides and stores in one transaction, with the records: History is the audit, and folded it is the request.
// Plan and Explain answer "who would have to approve this?" by the same Resolve as Submit, and write nothing.
//
// # Decisions
//
// Bounds are inclusive: what equals the threshold needs no approval, a limit covers the amount that equals it, an edit that equals the
// tolerance is kept. Amounts are compared as they are, never rounded. One in another currency is converted once, when it is submitted; that rate
// stays until it is submitted again. A person without a limit may approve anything. Of a document with lines the worst percentage counts.
//
// Of the rules of a policy that apply, the one that makes the most comparisons is taken, of equal ones the first; where none applies, the stages are.
// Stages whose condition does not hold, or whose bound is not passed, are left out; if all are, no approval is needed.
//
// A request keeps the steps that were found when it was submitted, and the version of its policy: nothing but Migrate moves it, to another
// version or, with the same, in an organisation that has changed. Who was added by hand stays.
//
// Who asked, who benefits and who made the last material edit never decide, for themselves or for others. Nobody votes twice in a
// step: a delegate who sits there already does not take a second seat.
//
// A delegation is in force from Since until just before Until. The delegate acts within the limit of whoever delegates, and the vote names
// both. When it ends, what is open stays with the delegate too: whoever votes first decides. Delegations that run in a
// circle, or lead to someone who may not decide, leave the seat with its person.
//
// A step is refused as soon as its quorum cannot be reached. By default the first vote decides, either way. Who is to decide may send the request back
// alone, whatever the quorum, since that decides nothing.
//
// Who has left is replaced by the nearest manager above, found when the request is submitted, and again when a step opens.
//
// What is approved is a content, known by its digest: Void ends an approval whose document has changed since, Amend follows an edit and asks
// again where it was material, and Approved asks for the content that is about to be used. A document that came of another cites that one's request:
// an approval of the same digest under the same policy is not asked for twice.
//
// A request below the threshold is stored too, as NotNeeded, so that one question, Approved, serves all documents.
//
// A manager chain climbs from the requester until a limit suffices. A chain that returns to someone, has no one, ends below
// the amount or never ends is refused when the request is submitted, each with its own code.
//
// Deadlines run in working time (Ports.Hours). A timer has the turn of its step: one that was set before the step was closed, opened again or
// escalated does nothing. At the same instant people go before timers.
//
// It does not notify anyone (follow its events), know documents, or decide in anyone's stead when time is up.
package approval
