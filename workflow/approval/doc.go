// Package approval answers: who must agree to this, have they, and to exactly what?
//
// Its three nouns are the Policy (above which amount or percentage approval is needed, and who gives it), the Request (one
// document that asks, with its steps and decisions) and the Step (the people of whom one must decide).
//
//	approvals := approval.New(db, approval.Ports{Org: people})
//	policy, err := approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "discount",
//		Measure: approval.ByPercent, AbovePercent: decimal.NewFromInt(10), Stages: []approval.Stage{{Who: approval.Managers}}}})
//	request, err := approvals.Submit(ctx, approval.Submit{By: agent, Policy: "discount", Subject: deal,
//		Percent: discount, Digest: digest})
//	request, err = approvals.Approve(ctx, approval.Vote{By: manager, Request: request.ID})
//
// # Decisions
//
// The rules, Resolve and Decide, are pure: they can be used on any document without any storage, and Plan, which answers
// "who would have to approve this?" before anyone asks, uses the same Resolve as Submit.
//
// Bounds are inclusive: what equals the threshold needs no approval, and a limit covers the amount that equals it. Amounts
// are compared as they are, never rounded. A person without a limit may approve anything.
//
// A request keeps the steps that were found when it was submitted: a policy or an organisation that changes later does not
// move it. What is approved is a content, known by its digest: Void ends an approval whose document has changed since, and
// Approved asks for the content that is about to be used. Who asked never decides.
//
// A request below the threshold is stored too, as NotNeeded, so that one question, Approved, serves all documents.
//
// A manager chain climbs from the requester until a limit suffices. A chain that returns to someone, has no one, ends below
// the amount or never ends is refused when the request is submitted, each with its own code.
//
// It does not notify anyone (follow its events), know documents, convert currencies, or let someone vote for another.
package approval
