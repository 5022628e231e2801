package journal

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tutas/tutas/ledger"
)

// names gives out each name once.
type names map[string]bool

// one returns the name, or where it is taken the same with a number, in at most so many bytes.
func (n names) one(s string, most int) string {
	s = cut(s, most)
	for k, first := 2, s; n[s]; k++ {
		tail := "-" + strconv.Itoa(k)
		s = strings.TrimRight(cut(first, most-len(tail)), "-") + tail
	}
	n[s] = true
	return s
}

// cut shortens a text between its characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most]
}

// rootNames are the first parts of exported accounts, and letters what hledger calls the types.
var (
	rootNames = map[ledger.Type]string{ledger.Asset: "Assets", ledger.Liability: "Liabilities", ledger.Equity: "Equity",
		ledger.Income: "Income", ledger.Expense: "Expenses"}
	letters = map[ledger.Type]string{ledger.Asset: "A", ledger.Liability: "L", ledger.Equity: "E", ledger.Income: "R",
		ledger.Expense: "X"}
)

// nameOf makes an account's name: its code if that is a path with colons, else the root of its type, its code and its name.
func nameOf(a *ledger.Account) string {
	if strings.Contains(a.Code, ":") {
		return a.Code
	}
	name := a.Code
	if a.Name != "" && a.Name != a.Code {
		name += " " + strings.ReplaceAll(a.Name, ":", "-")
	}
	return rootNames[a.Type] + ":" + name
}

// plainAccount makes a name that hledger and ledger take: no two blanks, nothing that begins a comment, a status or a virtual
// posting.
func plainAccount(name string) string {
	parts := strings.Split(name, ":")
	for i, part := range parts {
		part = strings.Join(strings.FieldsFunc(part, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
		part = strings.Map(func(c rune) rune {
			if strings.ContainsRune("()[];\"{}=*!@#|%~&", c) || !unicode.IsGraphic(c) {
				return '-'
			}
			return c
		}, part)
		if part == "" {
			part = "-"
		}
		parts[i] = part
	}
	return strings.Join(parts, ":")
}

// plainSymbol makes a symbol that stands in quotes.
func plainSymbol(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '"' || c == '\\' || c == ';' || unicode.IsControl(c) {
			return '\''
		}
		return c
	}, s)
}

// notes makes a text that means nothing to a program: no date in brackets, no tag that is read.
var notes = strings.NewReplacer("[", "(", "]", ")", "date:", "date -", "date2:", "date2 -", "::", ": :", "\t", " ")

// tidy makes a text of books fit for a line.
func tidy(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == 0x2028 || c == 0x2029 }), " ")
}

// keyName makes the name of a tag.
func keyName(s string) string {
	key := metaKey(strings.ToLower(s))
	if key == "date" || key == "date2" || key == "type" || key == "payee" {
		key = "x-" + key
	}
	return key
}

// sorted lists the names in a map.
func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
