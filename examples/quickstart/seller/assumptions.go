package seller

import (
	"hash/fnv"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// This file is everything that the report marks [assumed]: read it, change it, run again.

// costOf is what one unit costs us to buy, and how many hours its delivery and installation takes.
var costOf = map[string]struct {
	goods string
	hours string
}{
	"GTX Basic":      {"330", "2"},
	"GTX Pro":        {"2950", "4"},
	"MG Special":     {"30", "1"}, // cheaper to sell than to install: a loss that only the books can see
	"MG Advanced":    {"2260", "5"},
	"GTX Plus Pro":   {"3480", "6"},
	"GTX Plus Basic": {"650", "3"},
	"GTK 500":        {"17800", "40"},
}

var (
	// hourCost is what an installer's hour costs us; hourPrice is what a customer's invoice shows for it, as a part of the price agreed.
	hourCost  = usd("42")
	hourPrice = decimal.NewFromInt(50)
	// installersPerRegion work 8 hours a day, Monday to Friday, less the holidays.
	installersPerRegion = 3
	holidays            = []string{"2017-05-29", "2017-07-04", "2017-09-04", "2017-11-23", "2017-12-25"}

	// Salaries are paid on the last day of each month, commission on what was won in it.
	agentSalary   = usd("3000")
	managerSalary = usd("5000")
	commission    = decimal.RequireFromString("0.03")

	// Rent and systems cost the same each month; they are split over the regions by head count.
	rent    = usd("15000")
	systems = usd("9000")

	// openingCash is what the owners had put in when the books began.
	openingCash = usd("400000")

	// discountLimit is the largest share below list, in percent, that an agent may grant alone.
	discountLimit = decimal.NewFromInt(10)
	// claimLimit is the largest expense claim that needs no approval.
	claimLimit = usd("300")
	// termDays is when customers are to pay; suppliers are paid so many days after delivery.
	termDays     = 30
	supplierDays = 30
)

// firstDay and lastDay bound the books.
var (
	firstDay = date.Must(2017, 3, 1)
	lastDay  = date.Must(2017, 12, 31)
)

// payDelay is how many days after the due date a deal's invoice is paid: most on time, some weeks late, a few very late. The choice depends on the deal's identifier
// alone, so that every run and every engine sees the same.
func payDelay(id string) int {
	switch n := draw("pay", id) % 100; {
	case n < 65:
		return 0
	case n < 85:
		return 5 + int(draw("late", id)%16)
	case n < 95:
		return 25 + int(draw("later", id)%21)
	}
	return 70 + int(draw("latest", id)%40)
}

// claimOf is what an agent claims in a month: travel mostly; nothing in some months.
func claimOf(agent string, month date.Month) (amount money.Amount, category string) {
	n := draw("claim", agent+month.String())
	if n%5 == 0 {
		return money.Zero("USD"), ""
	}
	cents := int64(6000 + n%46000)
	amount, _ = money.Minor("USD", cents)
	return amount, []string{"travel", "travel", "office", "marketing"}[n/7%4]
}

// draw is a fixed number for a purpose and a name.
func draw(purpose, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose + "|" + name))
	return h.Sum64() >> 11
}

func usd(s string) money.Amount { return money.MustParse(s + " USD") }
