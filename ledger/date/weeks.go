package date

import "fmt"

// Weeks says how a year by weeks is cut into periods.
type Weeks uint8

// The usual patterns.
const (
	// NoWeeks: the year has twelve periods of a month.
	NoWeeks Weeks = iota
	// Weeks445: four quarters of three periods with 4, 4 and 5 weeks.
	Weeks445
	// Weeks454: the same with 4, 5 and 4 weeks.
	Weeks454
	// Weeks544: the same with 5, 4 and 4 weeks.
	Weeks544
	// Weeks13: thirteen periods of four weeks. Quarters have 3, 3, 3 and 4 of them.
	Weeks13
)

// pattern returns the weeks of the periods of a quarter; of Weeks13, those of every period.
func (w Weeks) pattern() []int {
	switch w {
	case Weeks454:
		return []int{4, 5, 4}
	case Weeks544:
		return []int{5, 4, 4}
	case Weeks13:
		return []int{4}
	}
	return []int{4, 4, 5}
}

var weeksWords = [...]string{"", "4-4-5", "4-5-4", "5-4-4", "13x4"}

// String returns the pattern as a word: "4-4-5", "13x4"; "" for NoWeeks.
func (w Weeks) String() string {
	if int(w) < len(weeksWords) {
		return weeksWords[w]
	}
	return fmt.Sprintf("weeks-%d", uint8(w))
}

// MarshalText writes the word. It fails with ErrDate for a number that is no pattern.
func (w Weeks) MarshalText() ([]byte, error) {
	if w > Weeks13 {
		return nil, fmt.Errorf("%s: %w", w, ErrDate)
	}
	return []byte(weeksWords[w]), nil
}

// UnmarshalText reads the word. It fails with ErrDate, and then leaves the pattern alone.
func (w *Weeks) UnmarshalText(text []byte) error {
	for i, word := range weeksWords {
		if string(text) == word {
			*w = Weeks(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q: %w", text, ErrDate)
}
