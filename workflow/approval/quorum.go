package approval

import (
	"github.com/tutas/tutas/storage"
)

// Count says how the votes of a step's people are counted.
type Count string

// The ways to count.
const (
	// FirstVote lets whoever decides first decide, either way. It is the default.
	FirstVote Count = ""
	// AnyOf needs one consent; it is refused when all have refused.
	AnyOf Count = "any"
	// AllOf needs everyone's consent.
	AllOf Count = "all"
	// NOf needs N consents.
	NOf Count = "n"
	// Ratio needs N out of every Of, rounded up: 2 of 3 of five people are four.
	Ratio Count = "ratio"
)

// A Quorum says how many of a step's people must agree. A step is refused as soon as the number cannot be reached any more.
type Quorum struct {
	Count Count `json:"count,omitempty"`
	N     int   `json:"n,omitempty"`
	Of    int   `json:"of,omitempty"`
	// Veto lets a single refusal end it.
	Veto bool `json:"veto,omitempty"`
}

// ErrQuorum: more consents are asked for than there are people.
var ErrQuorum = storage.NewError("approval.quorum", "the quorum is larger than the number of people")

// Need is how many of a number of people must agree. Ratios are of integers and rounded up.
//
// Errors: ErrQuorum.
func (q Quorum) Need(people int) (int, error) {
	need := 1
	switch q.Count {
	case AllOf:
		need = people
	case NOf:
		need = q.N
	case Ratio:
		if q.N < 0 || q.N > q.Of || q.Of > maxRatio {
			return 0, ErrQuorum.With("%d of %d is no ratio", q.N, q.Of)
		}
		need = (people*q.N + q.Of - 1) / max(q.Of, 1)
	}
	if need > people {
		return 0, ErrQuorum.With("%d of %d", need, people)
	}
	return need, nil
}

func (q Quorum) check(bad *storage.Invalid, path string) {
	switch q.Count {
	case FirstVote, AnyOf, AllOf:
		bad.Check(q.N == 0 && q.Of == 0, path+"n", storage.CodeRange, "this way of counting has no number")
	case NOf:
		bad.Check(q.N > 0 && q.N <= maxPeople, path+"n", storage.CodeRange, "")
	case Ratio:
		bad.Check(q.Of > 0 && q.Of <= maxRatio, path+"of", storage.CodeRange, "")
		bad.Check(q.N > 0 && q.N <= q.Of, path+"n", storage.CodeRange, "a ratio is above 0 and at most 1")
	default:
		bad.Add(path+"count", storage.CodeChoice, "")
	}
	bad.Check(!q.Veto || q.Count != FirstVote, path+"veto", storage.CodeChoice, "the first vote decides anyway")
}
