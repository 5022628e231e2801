// Package ledger is double-entry books: what a company has, owes, earns and spends, in any currencies, cut by any dimension.
//
// It answers: what is the balance, as of any day, and what is it made of? Its nouns are the Account (a place in the chart,
// found by its code), the Entry (legs that sum to zero in each currency, at a date, never changed afterwards) and the Dims
// (whom and what a part of a leg is about: customer, project, department and so on).
//
//	err := store.Migrate(ctx, event.Package(), ledger.Package())
//	books := ledger.New(db)
//	err := books.OpenAccounts(ctx, actor, ledger.ServicesChart()...)
//	posted, err := books.Post(ctx, ledger.Entry{Key: "rent-2017-03", Date: date.Must(2017, 3, 1), Text: "Rent", Legs: []ledger.Leg{
//		ledger.Debit(ledger.RentExpense, rent, ledger.Dims{Department: "sales"}), ledger.Credit(ledger.Bank, rent, ledger.Dims{})}})
//	trial, err := books.TrialBalance(ctx, ledger.TrialFilter{Period: date.Must(2017, 3, 1).Month().Period()})
//
// What is due by the clock, such as folding totals, sealing and holds that expire, is done by a ticker that the program moves:
//
//	ticker := event.NewTicker(store, event.NewRelay())
//	ledger.Handle(ticker)
//	stats, err := ticker.Tick(ctx)
//
// # Decisions
//
// Debits are positive, credits negative, everywhere but on statements (balance sheet, income, cash flow), which show figures as
// people read them, and in limits and live balances, which are in the natural sense of their account.
//
// An account is its code: postings carry it, so tables are readable and a lookup costs nothing. A new code is a new account
// and an entry that moves the balance.
//
// A leg may be split by weights into parts with dimensions of their own; parts are whole minor units and sum to the leg, by
// the method of money.Allocate. Parts of nothing are left out.
//
// Post writes the entry, its parts, an event and the key, and touches no row that another post touches, so posts do not wait
// for one another. Totals per account, currency and month, and per value of each dimension, are folded from the parts later
// (Fold). A report reads folded totals and the parts not folded yet in one snapshot: it is exact at any moment. Totals of days
// serve periods that begin or end within a month; of one dimension, the parts of such months are added up, and of several those
// of the whole period. Periods side by side, and what they are compared with, are read once. Cost says what was read.
//
// Statements come per currency, or translated into one (Translation). Each figure is then rounded once, and what rounding and
// different rates leave is a row of its own. Every figure can be asked what it is made of (Explain), and the answer sums to it.
//
// What is cash, and which activity an account's cash flows belong to, is a field of the account (Activity). The direct method
// of CashFlow sees no purchase that was not paid in cash; the indirect method, which goes by changes, shows such a purchase in
// both activities that it touched (IAS 7.43 tells it in the notes).
//
// A Writer lets posts that come at once share a transaction: the commit's sync is paid once for all of them, and each has its own
// answer.
//
// An account may have limits (Bounds): a floor and a ceiling on its balance, in its natural sense, for each currency. They hold at
// the end of every business date, not only today: a past-dated entry is refused if any later day would lack its amount, and
// money dated in the future cannot be spent today, unless the account says NowOnly. A day is judged by its closing balance
// after each entry, in the order of posting; a batch after each of its entries. An entry that brings a balance nearer to its
// bounds is never refused. Only accounts with limits, or with Live, keep their balance in the posting transaction, under a
// lock of their own: days of a month, months of a year and years, each with its sum and its lowest and highest balance, so a
// check costs the same however much was posted before or after. Locks are taken in the order of codes; who posts several
// times in one transaction of his own should post in one call.
//
// Entries are sealed after they were posted (Seal), in blocks, with dense sequence numbers and a chain of hashes, so that posts
// do not wait for one another for a place in the log. The hash at a sequence depends on the entries and their order alone, not
// on blocks or engines, so a log that is replayed or moved has the same heads. Sealing takes each digest as it is stored and
// does not read the parts: Verify does. A change by hand is found in what is sealed, and in what is not as far as it contradicts
// the entry's digest or its event; who rewrites an entry with its digest and its event before it is sealed, or the whole log,
// is found out by a head that was kept elsewhere, and by nothing else. Blocks are never written again: each Seal leaves at least
// one if there was anything to seal, so seal in batches. "As known at" is a sequence; the business date is another axis.
//
// A hold is an entry that waits. It counts at once on the live accounts among its legs, of which it needs one: what is to leave an
// account counts against its floor, what is to come against its ceiling, from the entry's date on, and neither is available. It
// is posted in full, in parts, or voided; at its expiry it stops counting by the clock, though nobody calls: whoever next has
// the account's lock takes it out, and the ticker notes it and tells.
//
// A refusal for what is in the books (a closed account, a locked period) is kept with the key and comes again under it, as its
// code and its sentence; a fault in the input is not.
//
// Closing entries are marked, and kept apart in the totals, so that an income statement still shows the year that they closed.
//
// What is closed is kept in one row, put together from years, periods and exceptions whenever one of them changes, so that a
// posting learns all of it without asking for more. Days that are in no opened year take postings. A hard closed period takes
// none from anyone; a soft closed one, and the lock by date, let those through who have an exception, and each entry that
// needed one says so. Adjusting entries are marked by Entry.Adjusting; the adjusting period has the days of the last one.
// A closing, like every change of the chart, holds for all that is posted after it has answered: whatever commits checks that nothing
// it was held against has changed, and a change waits for those that are about to commit. In a host's transaction the check holds until the
// host ends it, and a change meanwhile waits. CloseYear is about balances as they are, and posts the difference again.
//
// Books are kept in a base currency (Configure; without it the tenant's). A rate holds from its day until the next one of its
// pair; what has no rate of its own is the inverse, or crossed over the base currency, exactly. The ledger never looks for
// rates outside: SetRates brings them.
//
// A leg on an account with Items is an open item, kept in a row beside it: due dates, open amounts and values are no part of the
// digest, since nothing but the legs is money. Match pairs items; each pair has a first and, once undone, a last day, so that
// what was open as of any day sums to the account's balance of that day. Nothing of an item is matched before the day on which
// it was last unmatched. A post writes its items without a lock; matches lock theirs in key order, after entries and matches.
//
// The value of an item in foreign currency is what its entry's exchange legs book it at, else the rate of its day. When the two
// sides of a pair differ in value the difference is posted between the exchange account and gains or losses, unless neither
// value ever passed through the exchange account.
//
// What an amount in foreign currency is booked at is not kept but found from the entries: by what passes through the exchange
// account, at average cost, and with what matches have realised. So a revaluation is a function of the entries, the matches and
// the rates, and can be done again. What comes in at another rate than it was booked at is won or lost for good: matched items
// post it, else ClearResidue does.
//
// Amounts are up to MaxMinor minor units a leg. Dates are of the years 1000 to 2999.
//
// It does not number documents, fetch rates, keep stock, or know what a customer is.
package ledger
