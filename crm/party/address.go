package party

import (
	"strings"

	"github.com/tutas/tutas/storage"
)

// An Address is where post reaches a party.
type Address struct {
	// Use says what for: "billing", "delivery"; "" is the general one.
	Use string `json:"use"`
	// Street holds the lines before the town, separated by newlines.
	Street     string `json:"street"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code"`
	// Region is the state, province or oblast, where it is written.
	Region string `json:"region"`
	// Country is an ISO 3166 code of two capitals: "KZ".
	Country string `json:"country"`
}

// cityFirst are countries where the postal code stands after the city and the region.
var cityFirst = map[string]bool{"US": true, "CA": true, "AU": true, "NZ": true, "GB": true, "IE": true, "IN": true, "SG": true}

// Lines writes the address for an envelope, without the name. The order of postal code and city follows the country; it is a rule
// of thumb, not the postal standard of each country.
func (a Address) Lines() []string {
	var lines []string
	add := func(parts ...string) {
		var words []string
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" {
				words = append(words, p)
			}
		}
		if len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	for street := range strings.SplitSeq(a.Street, "\n") {
		add(street)
	}
	if cityFirst[a.Country] {
		city := strings.TrimSpace(a.City)
		if city != "" && a.Region != "" {
			city += ","
		}
		add(city, a.Region, a.PostalCode)
	} else {
		add(a.PostalCode, a.City)
		add(a.Region)
	}
	add(a.Country)
	return lines
}

func (a Address) check(bad *storage.Invalid, at string) {
	bad.Text(at+".use", a.Use, 50)
	bad.Text(at+".street", a.Street, 1000)
	bad.Text(at+".city", a.City, maxWord)
	bad.Text(at+".postal_code", a.PostalCode, 50)
	bad.Text(at+".region", a.Region, maxWord)
	two := len(a.Country) == 2 && a.Country[0] >= 'A' && a.Country[0] <= 'Z' && a.Country[1] >= 'A' && a.Country[1] <= 'Z'
	bad.Check(a.Country == "" || two, at+".country", storage.CodeFormat, "two capitals of ISO 3166")
}

// Address returns the address for a use, or the general one, or the first; false if there is none.
func (p *Party) Address(use string) (Address, bool) {
	for _, want := range []string{use, ""} {
		for _, a := range p.Addresses {
			if a.Use == want {
				return a, true
			}
		}
	}
	if len(p.Addresses) > 0 {
		return p.Addresses[0], true
	}
	return Address{}, false
}
