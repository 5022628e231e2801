// Package journal reads and writes plain-text journals: those of hledger, ledger and beancount.
//
// It answers: what do these files say that each account holds, and how do our books and theirs become the other? Its nouns are
// the Journal (what was read, balanced), the Transaction with its Postings, and the Number, an exact decimal of any length.
//
//	j, err := journal.Read(ctx, os.DirFS("books"), "2024.journal", journal.Options{})
//	err = j.Check() // its balance assertions
//	for _, b := range j.Balances().Rows() {
//		fmt.Println(b.Account.Name, b.Amount)
//	}
//
// Scan yields the transactions one at a time, for books that need not be kept in memory.
//
// # What is read
//
// For hledger and ledger: dates with - / and . , with a default year, secondary dates; status, code, description; comments at
// the end of a line, on lines, in blocks; tags; real, balanced and unbalanced virtual postings; symbols on either side, in
// quotes, with marks between thousands and either decimal mark; D, commodity, decimal-mark; P; costs @ @@ (@) (@@) and lots {}
// {{}} {=} []; assertions and assignments = == =* ==*; an amount left out, also of several commodities; include, with patterns;
// plain and regular aliases; apply account, tag and year; account with types, payee, tag, bucket and A; arithmetic in
// parentheses; periodic and automated transactions.
//
// For beancount: transactions with flags, tags, links and metadata, open, close, commodity, balance, pad, price, note,
// document, event, query, custom, option, plugin, include, pushtag and pushmeta; lots with cost, date and label, booked STRICT,
// FIFO, LIFO or NONE; units, prices and costs that are left out; its tolerances.
//
// # How it is understood
//
// Each format has its program's rules. To hledger a single mark in a number is the decimal one (1,000 is one) unless a
// directive says otherwise, D gives bare numbers a commodity, assertions hold in the order of dates, and a lot changes no
// balance. To ledger a comma before three digits is none, assertions hold in the order of the file, and a posting with lot and
// cost weighs its lot. Where a program is stricter than needed to know what is meant (an option of the other one, two left out
// amounts of different kinds), this package reads on.
//
// A transaction balances if what is left of each commodity rounds, half to even, to nothing at the decimals that the
// transaction's own amounts show, as hledger does today; hledger 1.25 took those of the whole journal, ledger those seen so
// far. Beancount's tolerance is its own.
//
// Automated transactions are applied for ledger, from their line on, and for hledger with Options.Automated; their queries are
// patterns of account names, their postings have amounts and balance.
//
// # What is refused
//
// With file, line and column, because leaving it out could change a balance or skip a check: time clock entries, C conversions,
// assert, check, define, eval and other code, capture, beancount's plugins but those known to change no balance, booking
// AVERAGE and merged lots, files outside the file system or including one another in a circle, and whatever is not known.
//
// Bounds: 1 GiB a file, 1 MiB a line, 32 files in one another, 1000 digits a number, exponents up to 1000, 32 parentheses in
// one another, 1000 bytes and 100 parts a name.
//
// It does not value holdings at market prices, make reports, or run hledger's and ledger's queries.
package journal
