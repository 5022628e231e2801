// Package bench measures what the library costs beside SQL that a competent engineer writes by hand.
//
// It answers one question: what does a deed cost, from the first command to the commit, and how much of that is ours? Its three nouns:
//
//   - the chain is one piece of business, from a new customer to a settled invoice;
//   - its rows are what it leaves in each table, in their final state;
//   - the hand writes the same rows into a schema of its own, in the same process, through the same driver, with the same durability.
//
// In use:
//
//	go test -run NONE -bench LeadToCash ./internal/bench/
//	go test -run NONE -bench LeadToCash/postgres/100 -cpuprofile cpu.out ./internal/bench/
//	go test -run Rows -v ./internal/bench/                              lists the rows of one chain
//
// The ledger by itself is measured beside two hands that keep books of the same entries: bare writes an entry, its postings and the
// balances, and nothing else (on PostgreSQL one call of a function); equal writes a key, an event and an audit row as well. Both check
// nothing. x/bare and x/equal are our throughput by theirs. The names carry the targets (LT-P1 to LT-P14):
//
//	go test -run NONE -bench 'LedgerPost|LedgerBatch/LT' -benchtime 15x ./internal/bench/
//	go test -run NONE -bench 'LedgerMemory|LedgerSeal|LedgerDated' -benchtime 15x ./internal/bench/
//	go test -run NONE -bench 'LedgerRead' -benchtime 20x ./internal/bench/           TUTAS_LONG=1 adds a million entries
//	go test -run NONE -bench 'LedgerBatch/import' -benchtime 1x ./internal/bench/
//	TUTAS_LONG=1 go test -run LittleMemory -v ./internal/bench/                      the peak of posting a million entries
//
// It has tests only. What the engines cost by themselves is measured beside each of them (BenchmarkStorage…), reports in their packages.
package bench
