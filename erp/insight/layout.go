package insight

import (
	"slices"

	"github.com/tutas/tutas/ledger"
)

// A Line is a line of the result.
type Line string

// The lines.
const (
	Revenue    Line = "revenue"
	Goods      Line = "goods"
	Delivery   Line = "delivery"
	Payroll    Line = "payroll"
	Commission Line = "commission"
	Claims     Line = "claims"
	Overhead   Line = "overhead"
	Other      Line = "other"
)

// A Layout says which accounts make which line, by their codes. The code of a heading stands for all accounts below it that are
// not named themselves.
type Layout struct {
	Revenue []string `json:"revenue,omitempty"`
	// Goods and Delivery are what sales cost directly.
	Goods      []string `json:"goods,omitempty"`
	Delivery   []string `json:"delivery,omitempty"`
	Payroll    []string `json:"payroll,omitempty"`
	Commission []string `json:"commission,omitempty"`
	// Claims is where the expenses of people go.
	Claims   []string `json:"claims,omitempty"`
	Overhead []string `json:"overhead,omitempty"`
	// Other is income and expense that has nothing to do with sales.
	Other []string `json:"other,omitempty"`
	// Paperwork is expense that nobody is ever paid for: depreciation, bad debts. It stays in its line, and out of the cash outlook.
	Paperwork []string `json:"paperwork,omitempty"`
	// Bank is where the money is, Receivable what customers owe, Owed what we owe and shall soon pay.
	Bank       []string `json:"bank,omitempty"`
	Receivable []string `json:"receivable,omitempty"`
	Owed       []string `json:"owed,omitempty"`
}

// Usual reads the ready charts, ledger.TradingChart and ledger.ServicesChart. Travel, office and marketing count as claims,
// since that is where claims are posted; a company that also buys advertising takes Marketing out.
func Usual() Layout {
	return Layout{
		Revenue: []string{"4000"}, Goods: []string{ledger.GoodsCost}, Delivery: []string{"5000"},
		Payroll: []string{ledger.Payroll, ledger.SocialCharges}, Commission: []string{ledger.Commission},
		Claims: []string{ledger.Travel, ledger.OfficeExpense, ledger.Marketing}, Overhead: []string{"6000"},
		Other:     []string{ledger.OtherIncome, ledger.ExchangeGains, ledger.ExchangeLosses},
		Paperwork: []string{ledger.DepreciationCosts, ledger.BadDebts, ledger.Rounding},
		Bank:      []string{ledger.Bank, ledger.Clearing}, Receivable: []string{ledger.Receivables},
		Owed: []string{ledger.Payables, ledger.EmployeePayables, ledger.AccruedWages, ledger.TaxPayable, ledger.Accrued},
	}
}

func (l Layout) isZero() bool {
	for _, list := range [][]string{l.Revenue, l.Goods, l.Delivery, l.Payroll, l.Commission, l.Claims, l.Overhead, l.Other,
		l.Paperwork, l.Bank,
		l.Receivable, l.Owed} {
		if len(list) > 0 {
			return false
		}
	}
	return true
}

// named returns the line that names a code.
func (l Layout) named(code string) (Line, bool) {
	for _, at := range []struct {
		line  Line
		codes []string
	}{{Revenue, l.Revenue}, {Goods, l.Goods}, {Delivery, l.Delivery}, {Payroll, l.Payroll}, {Commission, l.Commission}, {Claims,
		l.Claims},
		{Overhead, l.Overhead}, {Other, l.Other}} {
		if slices.Contains(at.codes, code) {
			return at.line, true
		}
	}
	return "", false
}

// maxDepth bounds how far up a chart is searched, so that a chart of one's own that goes in a circle does no harm.
const maxDepth = 20

// LineOf returns the line that an account of the income statement belongs to: that of its own code, or of the nearest account
// above it that is named; else income is revenue and expense is overhead. Parent returns the code above another, "" at the top.
func (l Layout) LineOf(code string, t ledger.Type, parent func(string) string) Line {
	for range maxDepth {
		if line, ok := l.named(code); ok {
			return line
		}
		if code = parent(code); code == "" {
			break
		}
	}
	if t == ledger.Income {
		return Revenue
	}
	return Overhead
}

// within reports whether an account is one of some, or below one of them.
func within(codes []string, code string, parent func(string) string) bool {
	for range maxDepth {
		if slices.Contains(codes, code) {
			return true
		}
		if code = parent(code); code == "" {
			break
		}
	}
	return false
}
