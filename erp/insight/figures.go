package insight

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
)

// Figures are what came in, what it cost and what was kept, all of one currency and as people read it: income and expense
// positive.
type Figures struct {
	Revenue  money.Amount `json:"revenue"`
	Goods    money.Amount `json:"goods"`
	Delivery money.Amount `json:"delivery"`
	// Gross is Revenue less Goods and Delivery, and GrossRate that in percent of Revenue.
	Gross      money.Amount    `json:"gross"`
	GrossRate  decimal.Decimal `json:"gross_rate"`
	Payroll    money.Amount    `json:"payroll"`
	Commission money.Amount    `json:"commission"`
	Claims     money.Amount    `json:"claims"`
	Overhead   money.Amount    `json:"overhead"`
	// Other is income less expense that has nothing to do with sales.
	Other money.Amount `json:"other"`
	// Kept is Gross less all further costs, with Other: the profit. KeptRate is what was kept of every 100 that came in.
	Kept     money.Amount    `json:"kept"`
	KeptRate decimal.Decimal `json:"kept_rate"`
}

// Direct is what the sales cost directly: goods and delivery.
func (f Figures) Direct() (money.Amount, error) { return f.Goods.Add(f.Delivery) }

func nothing(c money.Currency) Figures {
	z := money.Zero(c)
	return Figures{Revenue: z, Goods: z, Delivery: z, Gross: z, Payroll: z, Commission: z, Claims: z, Overhead: z, Other: z, Kept: z}
}

// add puts an amount on a line. Profit is positive for income and negative for expense, whatever the line.
func (f *Figures) add(line Line, profit money.Amount) (err error) {
	put := func(to *money.Amount, a money.Amount) {
		if err == nil {
			*to, err = to.Add(a)
		}
	}
	switch line {
	case Revenue:
		put(&f.Revenue, profit)
	case Goods:
		put(&f.Goods, profit.Neg())
	case Delivery:
		put(&f.Delivery, profit.Neg())
	case Payroll:
		put(&f.Payroll, profit.Neg())
	case Commission:
		put(&f.Commission, profit.Neg())
	case Claims:
		put(&f.Claims, profit.Neg())
	case Other:
		put(&f.Other, profit)
	default:
		put(&f.Overhead, profit.Neg())
	}
	if line == Revenue || line == Goods || line == Delivery {
		put(&f.Gross, profit)
	}
	put(&f.Kept, profit)
	return err
}

// rated fills in the percentages.
func (f Figures) rated() Figures {
	f.GrossRate, f.KeptRate = Percent(f.Gross, f.Revenue, 2), Percent(f.Kept, f.Revenue, 2)
	return f
}

// Arrange puts the lines of an income statement in one currency into figures. It needs no storage; parent returns the code of
// the account above another.
func (l Layout) Arrange(s ledger.IncomeStatement, c money.Currency, parent func(string) string) (Figures, error) {
	f := nothing(c)
	for _, list := range []struct {
		lines []ledger.IncomeLine
		t     ledger.Type
	}{{s.Income, ledger.Income}, {s.Expense, ledger.Expense}} {
		for _, line := range list.lines {
			if line.Currency != c {
				continue
			}
			profit := line.Total
			if list.t == ledger.Expense {
				profit = profit.Neg()
			}
			if err := f.add(l.LineOf(line.Account, list.t, parent), profit); err != nil {
				return f, err
			}
		}
	}
	return f.rated(), nil
}
