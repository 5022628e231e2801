// Package pipeline answers: what may we win, how likely is it, and how much of what we hoped for came?
//
// Its three nouns:
//
//   - Pipeline, the stages that deals of one sort go through, each with the probability of being won;
//   - Deal, a chance to sell something to someone: open, won or lost;
//   - Forecast, what the open deals are worth by their probabilities, and how much of that is believable.
//
// In use:
//
//	deals := pipeline.New(db)
//	sales, err := deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
//	deal, err := deals.Open(ctx, pipeline.Open{Name: "Forty chairs", Pipeline: sales.ID, Owner: agent, Customer: acme, Amount: amount})
//	deal, err = deals.Win(ctx, pipeline.Win{By: agent, ID: deal.ID, Value: agreed})
//	forecast, err := deals.Forecast(ctx, pipeline.Filter{Owner: agent}, date.Date{})
//
// # Decisions
//
// A deal without a customer is allowed and counted: Filter.NoCustomer lists them. A customer, an owner, a product is any Ref, so
// a host's own customers with integer keys serve as well as parties.
//
// All amounts of a deal are of one currency. A forecast, a back-test and the list of discounts are made in the company's currency
// and say how many deals they left out for being in another; statistics have a row for each currency.
//
// Commands carry a business date, so that a history can be entered after the fact: not after today, and for one deal not before its
// last change of stage. Each change of stage or of the expected amount is a row of pipeline.stage_change: that is what a
// back-test reads.
//
// Engaged is the date on which a deal first was in an open stage other than the first. A cycle is counted from there (from the
// opening if it never was), and a deal that was never engaged has no age.
//
// A weighted amount is rounded half up for each deal, so that every grouping of a forecast adds up to the same total.
//
// Stages are never removed, only retired: deals remember them.
//
// # Growth
//
// Stats and Cycle add up in the engine: they read an index or the deals of the filter once, and return as many rows as there are
// groups. By product, the deals of the filter and their lines pass through the program, 250 at a time. Forecast reads the open
// deals, Discounts the won ones, BackTest the history up to its date; none holds more than 250 deals in memory.
//
// It does not know quotes and orders (package sales, which tells it what is quoted), tasks and the next step (package activity),
// scores of leads, or commission.
package pipeline
