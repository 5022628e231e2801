package ledger

// Codes of accounts that the ready charts share, so that documents can name them. A host with a chart of its own uses its own
// codes.
const (
	Bank              = "1010"
	Clearing          = "1090" // payments under way
	Receivables       = "1100" // control: billing; open items
	SupplierAdvances  = "1150" // control: purchase; open items
	EmployeeAdvances  = "1160" // control: expense
	Goods             = "1200" // stock of a trading company; control: stock
	TaxReceivable     = "1300"
	Prepaid           = "1400"
	Equipment         = "1500"
	Payables          = "2010" // control: purchase; open items
	EmployeePayables  = "2100" // claims and wages owed; control: expense
	AccruedWages      = "2110"
	TaxPayable        = "2200"
	Accrued           = "2300" // received but not billed
	CustomerAdvances  = "2400" // control: billing; open items
	DeferredRevenue   = "2500"
	Loans             = "2600"
	ShareCapital      = "3010"
	RetainedEarnings  = "3100"
	OpeningBalances   = "3900"
	Exchange          = "3950" // value that passed between currencies
	Revenue           = "4010" // services
	GoodsRevenue      = "4020"
	DeliveryRevenue   = "4030" // delivery and installation
	Discounts         = "4090"
	OtherIncome       = "4900"
	ExchangeGains     = "4910"
	GoodsCost         = "5010"
	DeliveryCost      = "5020" // delivery and installation
	DirectLabour      = "5100" // hours of delivery
	Subcontractors    = "5200"
	Payroll           = "6010"
	SocialCharges     = "6020"
	Commission        = "6100"
	RentExpense       = "6200"
	Software          = "6300"
	Travel            = "6400"
	Marketing         = "6500"
	OfficeExpense     = "6600"
	ProfessionalFees  = "6700"
	BadDebts          = "6800"
	BankFees          = "6850"
	Rounding          = "6900"
	ExchangeLosses    = "6910"
	DepreciationCosts = "6950"
)

func heading(code, name string, t Type) OpenAccount {
	return OpenAccount{Code: code, Name: name, Type: t, Heading: true}
}

func under(parent, code, name string, t Type, control ...string) OpenAccount {
	a := OpenAccount{Code: code, Name: name, Type: t, Parent: parent, Activity: chartActivities[code]}
	if len(control) > 0 {
		a.Control = control[0]
	}
	switch code {
	case Receivables, Payables, CustomerAdvances, SupplierAdvances:
		a.Items = true
	}
	return a
}

// ServicesChart is the chart of a small company that sells its people's time.
func ServicesChart() []OpenAccount {
	chart := balanceSheet()
	chart = append(chart,
		heading("4000", "Income", Income),
		under("4000", Revenue, "Revenue from services", Income),
		under("4000", Discounts, "Discounts granted", Income),
		under("4000", OtherIncome, "Other income", Income),
		under("4000", ExchangeGains, "Exchange gains", Income),
		heading("5000", "Cost of delivery", Expense),
		under("5000", DirectLabour, "Hours of delivery", Expense),
		under("5000", Subcontractors, "Subcontractors", Expense))
	return append(chart, overheads()...)
}

// TradingChart is the chart of a company that sells goods, delivers and installs them.
func TradingChart() []OpenAccount {
	chart := append(balanceSheet(),
		under("1000", Goods, "Goods in stock", Asset, "stock"))
	chart = append(chart,
		heading("4000", "Income", Income),
		under("4000", Revenue, "Revenue from services", Income),
		under("4000", GoodsRevenue, "Revenue from goods", Income),
		under("4000", DeliveryRevenue, "Revenue from delivery and installation", Income),
		under("4000", Discounts, "Discounts granted", Income),
		under("4000", OtherIncome, "Other income", Income),
		under("4000", ExchangeGains, "Exchange gains", Income),
		heading("5000", "Cost of sales", Expense),
		under("5000", GoodsCost, "Cost of goods sold", Expense),
		under("5000", DeliveryCost, "Delivery and installation", Expense),
		under("5000", DirectLabour, "Hours of delivery", Expense),
		under("5000", Subcontractors, "Subcontractors", Expense))
	return append(chart, overheads()...)
}

func balanceSheet() []OpenAccount {
	return []OpenAccount{
		heading("1000", "Assets", Asset),
		under("1000", Bank, "Bank", Asset),
		under("1000", Clearing, "Payments under way", Asset),
		under("1000", Receivables, "Receivables", Asset, "billing"),
		under("1000", SupplierAdvances, "Advances to suppliers", Asset, "purchase"),
		under("1000", EmployeeAdvances, "Advances to employees", Asset, "expense"),
		under("1000", TaxReceivable, "Tax receivable", Asset),
		under("1000", Prepaid, "Prepaid expenses", Asset),
		under("1000", Equipment, "Equipment", Asset),
		heading("2000", "Liabilities", Liability),
		under("2000", Payables, "Payables", Liability, "purchase"),
		under("2000", EmployeePayables, "Owed to employees", Liability, "expense"),
		under("2000", AccruedWages, "Wages owed", Liability),
		under("2000", TaxPayable, "Tax payable", Liability),
		under("2000", Accrued, "Accrued liabilities", Liability),
		under("2000", CustomerAdvances, "Advances from customers", Liability, "billing"),
		under("2000", DeferredRevenue, "Deferred revenue", Liability),
		under("2000", Loans, "Loans", Liability),
		heading("3000", "Equity", Equity),
		under("3000", ShareCapital, "Share capital", Equity),
		under("3000", RetainedEarnings, "Retained earnings", Equity),
		under("3000", OpeningBalances, "Opening balances", Equity),
		under("3000", Exchange, "Currency exchange", Equity),
	}
}

func overheads() []OpenAccount {
	return []OpenAccount{
		heading("6000", "Operating expenses", Expense),
		under("6000", Payroll, "Salaries", Expense),
		under("6000", SocialCharges, "Social charges", Expense),
		under("6000", Commission, "Sales commission", Expense),
		under("6000", RentExpense, "Rent", Expense),
		under("6000", Software, "Software and hosting", Expense),
		under("6000", Travel, "Travel", Expense),
		under("6000", Marketing, "Marketing", Expense),
		under("6000", OfficeExpense, "Office", Expense),
		under("6000", ProfessionalFees, "Professional fees", Expense),
		under("6000", BadDebts, "Bad debts", Expense),
		under("6000", BankFees, "Bank fees", Expense),
		under("6000", Rounding, "Rounding differences", Expense),
		under("6000", ExchangeLosses, "Exchange losses", Expense),
		under("6000", DepreciationCosts, "Depreciation", Expense),
	}
}
