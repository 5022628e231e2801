// Package peers measures workflow beside the libraries that others use for the same work.
//
// It answers one question: does a document's next step, or a condition, cost more here than elsewhere? Its nouns are the life of a bill (five
// states, six transitions, one guard), held against qmuntal/stateless and looplab/fsm, and a condition of six leaves, held against
// expr-lang/expr and google/cel-go. All are asked turn and turn about in one run; the tests show that they answer alike.
//
//	go test -bench . ./internal/peers/
//
// ns/op and allocs/op are ours, X-ns and X-allocs those of peer X, and x/X is our speed by theirs: above 1 we are quicker. Each figure is
// the median of the rounds. The peers are asked in the manner that is quickest for them: machines are made once and used again, and
// have no effects to tell of; conditions see integers that were made before, where ours compares exact decimals, currencies and dates.
//
// It has tests only, in a module of its own, so that nothing else depends on the peers; they are left out under the race detector.
package peers
