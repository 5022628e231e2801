package ledger

// An Activity is what the cash flows of an account belong to (IAS 7.6).
type Activity string

// The activities. An account without one is of Financing if it is equity, else of Operating.
const (
	// CashActivity marks what counts as cash: bank accounts, money under way between them (IAS 7.6 to 9).
	CashActivity Activity = "cash"
	Operating    Activity = "operating"
	// Investing is the buying and selling of what serves for years (IAS 7.16), Financing what owners and lenders give and get
	// back (IAS 7.17).
	Investing Activity = "investing"
	Financing Activity = "financing"
	// NonCash marks income and expense that no money is paid for, such as depreciation (IAS 7.20), and the accounts that take
	// nothing but these.
	NonCash Activity = "non_cash"
)

var activities = []Activity{"", CashActivity, Operating, Investing, Financing, NonCash}

// ActivityOf returns the account's activity or, where it has none, that of its type.
func (a *Account) ActivityOf() Activity {
	switch {
	case a.Activity != "":
		return a.Activity
	case a.Type == Equity:
		return Financing
	}
	return Operating
}

// chartActivities are those of the ready charts where they are not what the type says.
var chartActivities = map[string]Activity{
	Bank: CashActivity, Clearing: CashActivity, Equipment: Investing, Loans: Financing, Exchange: Operating,
	DepreciationCosts: NonCash,
}
