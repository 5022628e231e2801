package journal

import (
	"context"
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// currencyOf is the currency of a symbol.
func (m *importer) currencyOf(symbol string) money.Currency {
	if m.o.Currency != nil {
		if c := m.o.Currency(symbol); c != "" {
			return c
		}
	}
	switch code := signs[symbol]; {
	case symbol == "":
		return "XXX"
	case code != "":
		return money.Currency(code)
	}
	return money.Currency(symbol)
}

// findCurrencies decides with how many decimals the books keep each commodity.
func (m *importer) findCurrencies(ctx context.Context) error {
	declared := map[money.Currency]int{}
	for c, err := range m.books.Commodities(ctx, m.o.By) {
		if err != nil {
			return err
		}
		declared[c.Code] = c.Scale
	}
	most := map[*Commodity]int{}
	var order []*Commodity
	for _, t := range m.j.Transactions {
		for i := range t.Postings {
			a := t.Postings[i].Amount
			if a.Commodity == nil {
				continue
			}
			old, known := most[a.Commodity]
			if !known {
				order = append(order, a.Commodity)
			}
			if n := a.Scale(); n > old && n > 0 {
				old = max(old, int(a.trim(0).scale()))
			}
			most[a.Commodity] = old
		}
	}
	for _, c := range order {
		code := m.currencyOf(c.Symbol)
		if !code.Valid() {
			return &storage.Invalid{Fields: []storage.Fault{{Path: "currencies." + c.Symbol, Code: storage.CodeCurrency,
				Text: string(code)}}}
		}
		m.currencies[c] = code
		if digits, listed := code.Digits(); listed {
			m.scales[code] = digits
		} else if scale, known := declared[code]; known {
			m.scales[code] = scale
		} else if scale, given := m.o.Scales[code]; given {
			m.scales[code] = scale
			m.missing = append(m.missing, c)
		} else {
			m.scales[code] = max(m.scales[code], min(most[c], money.MaxScale))
			m.missing = append(m.missing, c)
		}
	}
	return nil
}

func (m *importer) declare(ctx context.Context) (list []money.Currency, err error) {
	for _, c := range m.missing {
		code := m.currencies[c]
		if slices.Contains(list, code) {
			continue
		}
		err := m.books.DeclareCommodity(ctx, ledger.DeclareCommodity{By: m.o.By, Code: code, Name: string(code), Scale: m.scales[code]})
		if err != nil {
			return list, err
		}
		list = append(list, code)
	}
	return list, nil
}

// declared is a tag of an account's declaration, or beancount's metadata of its open directive; "" if it has none.
func (m *importer) declared(a *Account, tag string) (value string) {
	if m.j.Format == Beancount && m.opens == nil {
		m.opens = map[string][]Tag{}
		for _, d := range m.j.Directives {
			if d.Name == "open" {
				name, _, _ := strings.Cut(d.Text, " ")
				m.opens[name] = d.Tags
			}
		}
	}
	for _, g := range m.opens[a.Name] {
		if n := len(g.Value); g.Name == tag && n > 1 && g.Value[0] == '"' && g.Value[n-1] == '"' {
			value = unescaped(unescape(g.Value[1 : n-1]))
		}
	}
	for _, g := range TagsIn(a.Comment) {
		if g.Name == tag && g.Value != "" {
			value = unescaped(g.Value)
		}
	}
	return value
}

// code is an account's code in the books.
func (m *importer) code(a *Account) string {
	if code, ok := m.codes[a]; ok {
		return code
	}
	code := a.Name
	if s := m.declared(a, "code"); s != "" {
		code = s
	}
	if m.o.Code != nil {
		if c := m.o.Code(a); c != "" {
			code = c
		}
	}
	m.codes[a] = code
	m.used = append(m.used, a)
	return code
}

// typeOf is an account's type, "" if nothing tells it.
func (m *importer) typeOf(a *Account) ledger.Type {
	for name := a.Name; name != ""; name = parentName(name) {
		if t := m.o.Types[name]; t != "" {
			return t
		}
	}
	words := map[string]ledger.Type{}
	for t, root := range rootNames {
		words[root] = t
	}
	for name := a.Name; name != ""; name = parentName(name) {
		if up := m.j.accounts[name]; up != nil && up.Type != "" {
			if t := words[rootOf(&Account{Name: "-", Type: up.Type})]; t != "" {
				return t
			}
		}
	}
	return words[rootOf(&Account{Name: a.Name})]
}

// openAccounts opens what the books do not have.
func (m *importer) openAccounts(ctx context.Context) (list []string, err error) {
	have := map[string]ledger.Type{}
	for a, err := range m.books.Accounts(ctx, ledger.AccountFilter{By: m.o.By}) {
		if err != nil {
			return nil, err
		}
		have[a.Code] = a.Type
	}
	var bad storage.Invalid
	var open []ledger.OpenAccount
	add := func(code, name string, t ledger.Type) {
		have[code] = t
		open = append(open, ledger.OpenAccount{Code: code, Name: name, Type: t})
		list = append(list, code)
	}
	slices.SortFunc(m.used, func(a, b *Account) int { return strings.Compare(a.Name, b.Name) }) // what is above comes first
	for _, a := range m.used {
		code := m.codes[a]
		if have[code] != "" {
			continue
		}
		t := m.typeOf(a)
		if t == "" {
			bad.Add("types."+a.Name, storage.CodeRequired, "nothing tells the type of this account")
			continue
		}
		name := a.Name[strings.LastIndexByte(a.Name, ':')+1:]
		if s := m.declared(a, "name"); s != "" {
			name = s
		}
		add(code, name, t)
		for up := parentName(a.Name); up != ""; up = parentName(up) {
			if p := m.j.accounts[up]; p != nil && have[m.codes[p]] == t && m.codes[p] != code {
				open[len(open)-1].Parent = m.codes[p]
				break
			}
		}
	}
	for _, code := range m.own {
		if have[code] != "" {
			continue
		}
		t := ledger.Equity
		if code == m.o.Rounding {
			t = ledger.Expense
		}
		add(code, code, t)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if len(open) == 0 {
		return nil, nil
	}
	return list, m.books.OpenAccounts(ctx, m.o.By, open...)
}
