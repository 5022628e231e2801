package expense

import "strings"

// A Rule finds the category of a receipt. Both conditions must hold; an empty one always does. Upper and lower case are the same.
type Rule struct {
	// Merchant is the whole name of who was paid.
	Merchant string `json:"merchant"`
	// Prefix is how the text begins.
	Prefix   string `json:"prefix"`
	Category string `json:"category"`
}

// Matches reports whether the rule is about a receipt. A rule without any condition matches all: put last, it is the rest.
func (r Rule) Matches(l Line) bool {
	return (r.Merchant == "" || plain(r.Merchant) == plain(l.Merchant)) && strings.HasPrefix(plain(l.Text), plain(r.Prefix))
}

func plain(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Categorise gives each line without a category that of the first rule that matches; a line that none matches stays without.
func Categorise(lines []Line, rules ...Rule) {
	for i := range lines {
		for _, r := range rules {
			if lines[i].Category == "" && r.Matches(lines[i]) {
				lines[i].Category = r.Category
			}
		}
	}
}
