// Package insight answers: what do we keep, where do we keep it, what is coming, how far can we trust that, and where is the
// tension?
//
// Its three nouns:
//
//   - Figures, what came in, what it cost and what was kept: of the company, of one customer, product, region, project and so on;
//   - CashOutlook, the balance of the bank accounts on days to come, in scenarios: the gap between them is the risk;
//   - Diagnosis, growth held against structure in kept money: which comes first, and the three things to do.
//
// In use:
//
//	look := insight.New(db, insight.Sources{Deals: deals, Invoices: invoices})
//	result, err := look.Result(ctx, insight.ResultFilter{Period: year})
//	table, err := look.Margins(ctx, insight.MarginFilter{Period: year, Per: ledger.Region})
//	outlook, err := look.Cash(ctx, insight.CashPlan{From: today, Months: 3})
//	diagnosis, err := look.Diagnose(ctx, insight.DiagnosisFilter{Period: year})
//
// # Decisions
//
// Nothing is stored here. Every figure is a sum of postings or ties to one, and what ties it is handed over with it: a Tie says
// what was expected and what was found. Every report is made in one View, so that its figures are of one moment, and states its
// Coverage.
//
// A report is made in one currency, the tenant's own unless the filter says another; its coverage lists what else has postings.
//
// A Layout says which accounts are goods, delivery, payroll and so on. Income that it does not name is revenue, an expense that
// it does not name is overhead: so nothing is lost, and what is kept is always the profit of the income statement.
//
// What has no value in a dimension is a row of its own, so each table sums to the same gross profit.
//
// A deal is dead when it is older than any deal of its pipeline was when it was won. Only the scenario that believes the usual
// forecast counts on dead deals. What an outlook takes for granted (when invoices are paid, when deals close, what a month costs)
// it says in words, and a CashPlan can say otherwise.
//
// Forecasts, discounts, blind spots and diagnoses are in the tenant's currency, as those of crm/pipeline are.
//
// A diagnosis measures everything in kept money: hopes at the gross margin, gifts in full. Of two tensions that tell of the same
// money only the larger counts, and nothing is extrapolated beyond the period.
//
// Percentages are decimals rounded half up to two places; Percent gives other places from the amounts, so nothing has to be
// rounded twice.
//
// The rules are pure and need no storage: Layout.Arrange, Outlook, Pace.Closes, Diagnose.
//
// Reports cost what package ledger says: a table by one dimension reads folded totals, and postings that are not folded yet are
// read anew for each table. Where these are many, a report outside a transaction has them folded first.
//
// It does not draw, keep history of its own figures, plan budgets (erp/cost), or walk from an amount to its documents (the
// lineage of the root).
package insight
