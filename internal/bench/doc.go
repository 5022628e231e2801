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
// It has tests only. What the engines cost by themselves is measured beside each of them (BenchmarkStorage…), reports in their packages.
package bench
