// Package cost answers: where do costs arise, who answers for them, and are they within what was planned?
//
// Its three nouns are the Centre (a place where costs arise, with a manager and perhaps a parent), the Budget (what one
// account of a centre may take in a month) and the Rule (how the costs of one centre are shared among others).
//
//	costs := cost.New(db, cost.Ports{Books: books})
//	rent, err := costs.Open(ctx, cost.Open{Code: "100", Profile: cost.Profile{Name: "Premises"}})
//	_, err = costs.SetBudget(ctx, cost.SetBudget{Centre: rent.ID, Account: "6300", From: january, Months: 12, Amount: year})
//	lines, err := costs.Compare(ctx, cost.Comparison{From: january, To: june})
//	err = costs.Allocate(ctx, cost.Allocate{Rule: "premises", During: march, On: march.To})
//
// # Decisions
//
// A centre is known to the ledger by its code, the value of the dimension cost_centre; so the code never changes. Costs are
// positive, as debits are in the books.
//
// An amount for several months is split evenly, and an amount that a rule shares is split by its weights, both to the minor
// unit: the parts sum to the whole.
//
// A comparison shows what the books hold without any centre too, under "", and can add the lines of children to those of
// their parents.
//
// Allocate moves, account by account, what the rule's centre holds in a period to the others. Since nothing is left then,
// doing it again posts nothing.
//
// It does not stop a cost that is above its budget (use workflow/approval or a guard), forecast, or absorb overhead in products.
package cost
