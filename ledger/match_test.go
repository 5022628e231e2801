package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestMatchesAreRefusedByFieldPath(t *testing.T) {
	b := openItems(t, "EUR")
	i, p := invoice(t, b, "2017-03-01", "100 EUR", "100 EUR"), receipt(t, b, "2017-03-05", "40 EUR", "40 EUR")
	dollars := receipt(t, b, "2017-03-05", "40 USD", "30 EUR")
	part := func(k ledger.ItemKey, a string) ledger.MatchItem { return ledger.MatchItem{Item: k, Amount: amount(a)} }
	off := ledger.WriteOff{Account: ledger.BadDebts, Max: eur("59.99")}
	for want, m := range map[string]ledger.Match{
		"items required":                             {},
		"items.1.item duplicate":                     {Items: both(i, i)},
		"items.1.item unknown":                       {Items: both(i, ledger.ItemKey{Entry: i.Entry, Leg: 2})},
		"items.0.amount negative":                    {Items: []ledger.MatchItem{part(i, "-1 EUR"), {Item: p}}},
		"items.0.amount currency":                    {Items: []ledger.MatchItem{part(i, "1 USD"), {Item: p}}},
		"items.0.amount scale":                       {Items: []ledger.MatchItem{part(i, "1.001 EUR"), {Item: p}}},
		"items.0.amount ledger.over_matched":         {Items: []ledger.MatchItem{part(i, "100.01 EUR"), {Item: p}}},
		"items.0.amount ledger.no_counterpart":       {Items: []ledger.MatchItem{part(i, "41 EUR"), {Item: p}}},
		"items ledger.no_counterpart":                {Items: both(i, dollars)},
		"date range":                                 {Items: both(i, p), Date: day("2017-03-04")},
		"write_off.max ledger.write_off":             {Items: both(i, p), WriteOff: &off},
		"write_off.account required":                 {Items: both(i, p), WriteOff: &ledger.WriteOff{}},
		"write_off.legs.1.account ledger.no_account": {Items: both(i, p), WriteOff: &ledger.WriteOff{Account: "none"}},
		"discount.parts required":                    {Items: both(i, p), Discount: &ledger.Discount{}},
		"discount.parts.0.amount negative": {Items: both(i, p),
			Discount: &ledger.Discount{Parts: []ledger.DiscountPart{{Account: "x"}}}},
	} {
		_, err := b.Match(t.Context(), m)
		var path, code string
		_, _ = fmt.Sscan(want, &path, &code)
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
	require.Equal(t, []string{"100.00 EUR", "-40.00 EUR"}, []string{openOf(t, b, i), openOf(t, b, p)})
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2017-03-31")}))
	_, err := b.Match(t.Context(), ledger.Match{Items: both(i, p), Date: day("2017-03-31")})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	m := mustMatch(t, b, ledger.Match{Items: both(i, p)})
	require.Equal(t, day("2017-06-01"), m.Date, "today, since the day itself is locked")
}

func TestAKeyMatchesOnce(t *testing.T) {
	b := openItems(t, "EUR")
	m := ledger.Match{Key: "m", Items: both(invoice(t, b, "2017-03-01", "100 EUR", "100 EUR"), receipt(t, b, "2017-03-05",
		"40 EUR", "40 EUR"))}
	first, again := mustMatch(t, b, m), mustMatch(t, b, m)
	require.Equal(t, first, again)
	u := ledger.Unmatch{Key: "u", Match: first.ID}
	for range 2 {
		undone, err := b.Unmatch(t.Context(), u)
		require.NoError(t, err)
		require.Equal(t, first.Date, undone.Undone)
	}
	_, err := b.Unmatch(t.Context(), ledger.Unmatch{Match: first.ID})
	require.ErrorIs(t, err, ledger.ErrUnmatched)
}

func TestItemsOnControlAccountsDemandTheSubLedgersSource(t *testing.T) {
	b := openItems(t, "EUR")
	_, err := b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: ledger.Receivables, Name: "Receivables", Parent: "1000",
		Control: "billing", Items: new(true)})
	require.NoError(t, err)
	source := storage.Ref{Kind: "billing.payment", ID: "7"}
	sell := ledger.Entry{Date: day("2017-03-01"), Source: source, Legs: []ledger.Leg{
		ledger.Debit(ledger.Receivables, eur("10"), client), ledger.Credit(ledger.Receivables, eur("9"), client),
		ledger.Credit(ledger.Bank, eur("1"), client)}}
	id := post(t, b, sell)[0].ID
	m := ledger.Match{Items: both(ledger.ItemKey{Entry: id, Leg: 1}, ledger.ItemKey{Entry: id, Leg: 2}),
		WriteOff: &ledger.WriteOff{Account: ledger.BadDebts}}
	_, err = b.Match(t.Context(), m)
	require.True(t, storage.Has(err, "source", ledger.ErrControl.Code), "%v", err)
	m.Source = source
	done := mustMatch(t, b, m)
	e, err := b.Entry(t.Context(), done.WrittenOff)
	require.NoError(t, err)
	require.Equal(t, source, e.Source)
	_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: done.ID})
	require.ErrorIs(t, err, ledger.ErrControl)
	_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: done.ID, Source: source})
	require.NoError(t, err)
}

func TestAReversalClosesItsItemAndItsOwnReversalOpensItAgain(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "100 USD", "90 EUR")
	undo := func(id storage.ID[ledger.Posted], d string) storage.ID[ledger.Posted] {
		p, err := b.Reverse(t.Context(), ledger.Reverse{Entry: id, Date: day(d)})
		require.NoError(t, err)
		return p.ID
	}
	first := undo(i.Entry, "2017-03-05")
	require.Equal(t, "0.00 USD", openOf(t, b, i))
	undo(first, "2017-03-10")
	got, err := b.Item(t.Context(), i)
	require.NoError(t, err)
	require.Equal(t, []string{"100.00 USD", "90.00 EUR"}, []string{got.Open.String(), got.OpenValue.String()})
	for d, want := range map[string]int{"2017-03-04": 1, "2017-03-05": 0, "2017-03-09": 0, "2017-03-10": 1} {
		require.Len(t, openAt(t, b, d), want, d)
	}
	mustMatch(t, b, ledger.Match{Items: both(i, receipt(t, b, "2017-03-12", "100 USD", "90 EUR"))})
}

func openAt(t testing.TB, b *ledger.Books, d string) (list []*ledger.Item) {
	f := ledger.ItemFilter{Limit: 1}
	if d != "" {
		f.AsOf = day(d)
	}
	for i, err := range b.OpenItems(t.Context(), f) {
		require.NoError(t, err)
		list = append(list, i)
	}
	var paged []*ledger.Item
	for cursor := storage.Cursor(""); ; {
		page, err := b.OpenItemsPage(t.Context(), f, cursor)
		require.NoError(t, err)
		paged = append(paged, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	require.Equal(t, list, paged)
	return list
}

func TestTurningItemsOnMakesItemsOfWhatWasPosted(t *testing.T) {
	b := ledger.New(open(t))
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{}, ledger.OpenAccount{Code: "loan", Name: "Loans given",
		Type: ledger.Asset}))
	lend := func(d, a, v string) storage.ID[ledger.Posted] {
		return leg(t, b, d, ledger.Debit("loan", amount(a), client), ledger.Credit(ledger.Bank, amount(v), ledger.Dims{})).Entry
	}
	undo := func(id storage.ID[ledger.Posted]) storage.ID[ledger.Posted] {
		p, err := b.Reverse(t.Context(), ledger.Reverse{Entry: id, Date: day("2017-04-01")})
		require.NoError(t, err)
		return p.ID
	}
	for n := range 120 {
		lend("2017-01-01", fmt.Sprint(n+1, " EUR"), fmt.Sprint(n+1, " EUR"))
	}
	kept, undone, twice := lend("2017-02-01", "100 USD", "90 EUR"), lend("2017-02-02", "50 EUR", "50 EUR"),
		lend("2017-02-03", "70 EUR", "70 EUR")
	undo(undone)
	undo(undo(twice))
	change := ledger.ChangeAccount{Code: "loan", Name: "Loans given", Items: new(true)}
	_, err := b.ChangeAccount(t.Context(), change)
	require.NoError(t, err)
	got, err := b.Item(t.Context(), ledger.ItemKey{Entry: kept, Leg: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"100.00 USD", "90.00 EUR"}, []string{got.Open.String(), got.Value.String()})
	require.Equal(t, "0.00 EUR", openOf(t, b, ledger.ItemKey{Entry: undone, Leg: 1}))
	require.Equal(t, "70.00 EUR", openOf(t, b, ledger.ItemKey{Entry: twice, Leg: 1}))
	require.Len(t, openAt(t, b, ""), 122)
	aged, err := b.Ageing(t.Context(), ledger.AgeingFilter{AsOf: day("2017-06-01"), Accounts: []string{"loan"}, Currency: "EUR"})
	require.NoError(t, err)
	require.Equal(t, balance(t, b, "loan", "EUR"), aged.Totals[0].Total.String())

	change.Items = new(false)
	_, err = b.ChangeAccount(t.Context(), change)
	require.ErrorIs(t, err, ledger.ErrUsed)
	err = b.OpenAccounts(t.Context(), storage.Ref{}, ledger.OpenAccount{Code: "x", Name: "x", Type: ledger.Income, Items: true})
	require.True(t, storage.Has(err, "0.items", storage.CodeChoice), "%v", err)
}

func TestALegOverSeveralPartiesIsAnItemOfEach(t *testing.T) {
	b := openItems(t, "EUR")
	l := ledger.Debit(ledger.Receivables, amount("100 USD"), ledger.Dims{})
	l.Split = []ledger.Share{share("1", ledger.Dims{Customer: "a", Department: "x"}), share("1", ledger.Dims{Customer: "b"}),
		share("1", ledger.Dims{Customer: "a", Department: "y"})}
	l.Value, l.Due = eur("90"), day("2017-03-31")
	id := leg(t, b, "2017-03-01", l, ledger.Credit(ledger.Revenue, eur("90"), client)).Entry
	var got []string
	for _, i := range openAt(t, b, "") {
		got = append(got, fmt.Sprint(i.Party.ID, i.Part, i.Open, i.Value, i.Due))
	}
	require.Equal(t, []string{"a1 66.67 USD 60.00 EUR 2017-03-31", "b2 33.33 USD 30.00 EUR 2017-03-31"}, got)
	e, err := b.Entry(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []string{"2017-03-31", "90.00 EUR"}, []string{e.Legs[0].Due.String(), e.Legs[0].Value.String()})
	require.Equal(t, date.Date{}, e.Legs[1].Due)
	l.Value = amount("90 INR")
	_, err = b.Post(t.Context(), ledger.Entry{Date: day("2017-03-01"), Exchange: ledger.Exchange,
		Legs: []ledger.Leg{l, ledger.Credit(ledger.Revenue, eur("90"), client)}})
	require.True(t, storage.Has(err, "legs.0.value", storage.CodeCurrency), "%v", err)
}

func TestWithoutRatesAndExchangeLegsNothingIsGainedOrLost(t *testing.T) {
	b := openItems(t, "EUR")
	native := func(d, a string) ledger.ItemKey {
		return leg(t, b, d, ledger.Leg{Account: ledger.Receivables, Amount: amount(a), Dims: client},
			ledger.Leg{Account: ledger.Revenue, Amount: amount(a).Neg()})
	}
	m := mustMatch(t, b, ledger.Match{Items: both(native("2017-03-01", "100 USD"), native("2017-04-01", "-100 USD"))})
	require.True(t, m.Exchanged.IsZero())
	valued := invoice(t, b, "2017-03-01", "100 USD", "90 EUR")
	unvalued := native("2017-04-01", "-100 USD")
	_, err := b.Match(t.Context(), ledger.Match{Items: both(valued, unvalued)})
	require.ErrorIs(t, err, ledger.ErrNoRate)
	_, err = b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{{From: "USD", To: "EUR", Date: day("2017-04-01"),
		Value: decimal.RequireFromString("0.8")}}})
	require.NoError(t, err)
	mustMatch(t, b, ledger.Match{Items: both(valued, unvalued)})
	require.Equal(t, "10.00 EUR", balance(t, b, ledger.ExchangeLosses, "EUR"))
}

func TestProposalsTakeWhatIsNamedThenWhatFitsThenTheOldest(t *testing.T) {
	item := func(leg int, due, open, source string) ledger.Item {
		return ledger.Item{ItemKey: ledger.ItemKey{Leg: leg}, Due: day(due), Open: amount(open),
			Source: storage.Ref{Kind: "bill", ID: source},
			Party:  ledger.Party{Dimension: ledger.Customer, ID: "c1"}}
	}
	list := []ledger.Item{item(1, "2017-03-01", "50 EUR", "A1"), item(2, "2017-02-01", "70 EUR", "A2"),
		item(3, "2017-04-01", "30 EUR", "A3"), item(4, "2017-01-01", "30 USD", "A4"), item(5, "2017-01-01", "-10 EUR", "A5")}
	for name, c := range map[string]struct {
		in   ledger.Incoming
		want string
	}{
		"oldest first":      {ledger.Incoming{Amount: eur("-100")}, "[2 70.00 EUR] [1 30.00 EUR]"},
		"an exact amount":   {ledger.Incoming{Amount: eur("-30")}, "[3 30.00 EUR]"},
		"by text":           {ledger.Incoming{Amount: eur("-60"), Reference: "for a3 and XA2"}, "[3 30.00 EUR] [2 30.00 EUR]"},
		"by source":         {ledger.Incoming{Amount: eur("-20"), Sources: []storage.Ref{{Kind: "bill", ID: "A1"}}}, "[1 20.00 EUR]"},
		"named, then exact": {ledger.Incoming{Amount: eur("-80"), Reference: "A3"}, "[3 30.00 EUR] [1 50.00 EUR]"},
		"too much":          {ledger.Incoming{Amount: eur("-500")}, "[2 70.00 EUR] [1 50.00 EUR] [3 30.00 EUR]"},
		"the other side":    {ledger.Incoming{Amount: eur("4")}, "[5 4.00 EUR]"},
		"of another party":  {ledger.Incoming{Amount: eur("-4"), Party: ledger.Party{Dimension: ledger.Customer, ID: "c2"}}, ""},
	} {
		got := ""
		for _, m := range ledger.Propose(list, c.in) {
			if got += " "; got == " " {
				got = ""
			}
			got += fmt.Sprintf("[%d %s]", m.Item.Leg, m.Amount)
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestAPartysStatementRunsFromOpeningToClosing(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-02-15", "100 EUR", "100 EUR")
	p := receipt(t, b, "2017-03-10", "60 EUR", "60 EUR")
	invoice(t, b, "2017-03-05", "7 USD", "6 EUR")
	mustMatch(t, b, ledger.Match{Items: both(i, p), Date: day("2017-04-01")})
	f := ledger.PartyStatementFilter{Party: ledger.Party{Dimension: ledger.Customer, ID: "c1"},
		Period: day("2017-03-01").Month().Period()}
	s, err := b.PartyStatement(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "[100.00 EUR 0.00 USD] [40.00 EUR 7.00 USD]", fmt.Sprint(s.Opening, s.Closing))
	require.Len(t, s.Lines, 2)
	require.Equal(t, "7.00 USD 7.00 USD; -60.00 EUR 40.00 EUR; open -60.00 EUR", fmt.Sprintf("%s %s; %s %s; open %s",
		s.Lines[0].Item.Amount,
		s.Lines[0].Balance, s.Lines[1].Item.Amount, s.Lines[1].Balance, s.Lines[1].Item.Open))
}

func TestAPostWithoutItemsTouchesNoneOfTheirTables(t *testing.T) {
	b := openItems(t, "EUR")
	post(t, b, simple("2017-03-01", ledger.RentExpense, ledger.Bank, "5"))
	require.Empty(t, openAt(t, b, ""))
	_, err := b.Item(context.WithoutCancel(t.Context()), ledger.ItemKey{Leg: 1})
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestMatchesAreFoundByTheirItemsAndTheirDocument(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "100 EUR", "100 EUR")
	var made []storage.ID[ledger.Matched]
	for n, d := range []string{"2017-03-05", "2017-03-06"} {
		made = append(made, mustMatch(t, b, ledger.Match{Items: both(i, receipt(t, b, d, "40 EUR", "40 EUR")),
			Source: storage.Ref{Kind: "bank.line", ID: fmt.Sprint(n)}}).ID)
	}
	got, err := b.MatchesOf(t.Context(), i.Entry)
	require.NoError(t, err)
	require.Equal(t, made, []storage.ID[ledger.Matched]{got[0].ID, got[1].ID})
	ids := func(f ledger.MatchFilter) (list []storage.ID[ledger.Matched]) {
		for m, err := range b.Matches(t.Context(), f) {
			require.NoError(t, err)
			list = append(list, m.ID)
		}
		page, err := b.MatchesPage(t.Context(), f, "")
		require.NoError(t, err)
		require.Len(t, page.Items, len(list))
		return list
	}
	require.Equal(t, made[1:], ids(ledger.MatchFilter{Source: storage.Ref{Kind: "bank.line", ID: "1"}}))
	_, err = b.Unmatch(t.Context(), ledger.Unmatch{Match: made[0]})
	require.NoError(t, err)
	require.Equal(t, made[1:], ids(ledger.MatchFilter{}))
	require.Equal(t, made, ids(ledger.MatchFilter{Undone: true, Period: date.Period{To: day("2017-03-06")}}))
}

func TestAMatchPostsAnEntryAndSettlesItsLegs(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "100 USD", "90 EUR")
	pay := ledger.Entry{Date: day("2017-03-05"), Exchange: ledger.Exchange, Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("92"), client),
		ledger.Credit(ledger.Receivables, amount("99 USD"), client)}}
	own := ledger.ItemKey{Leg: 2}
	m := ledger.Match{Key: "pay", Entry: &pay, Items: both(own, i), WriteOff: &ledger.WriteOff{Account: ledger.BadDebts, Max: amount("2 USD")}}
	done := mustMatch(t, b, m)
	require.Equal(t, day("2017-03-05"), done.Date)
	own.Entry = done.Posted
	require.Equal(t, []string{"0.00 USD", "0.00 USD"}, []string{openOf(t, b, i), openOf(t, b, own)})
	require.Equal(t, []string{"0.90 EUR", "-2.90 EUR"}, []string{balance(t, b, ledger.BadDebts, "EUR"), balance(t, b, ledger.ExchangeGains, "EUR")},
		"the dollar that is given up was worth 0.90, the 99 that came 89.10")
	require.Equal(t, done, mustMatch(t, b, m), "once under its key")

	undone, err := b.Unmatch(t.Context(), ledger.Unmatch{Match: done.ID})
	require.NoError(t, err)
	read, err := b.Matched(t.Context(), done.ID)
	require.NoError(t, err)
	require.Equal(t, read, undone)
	e, err := b.Entry(t.Context(), done.Posted)
	require.NoError(t, err)
	require.True(t, e.ReversedBy.IsZero(), "the payment itself stays")
	require.Equal(t, []string{"100.00 USD", "-99.00 USD"}, []string{openOf(t, b, i), openOf(t, b, own)})
}

func TestTheEntryOfAMatchIsRefusedByFieldPathAndPostedWithItOrNotAtAll(t *testing.T) {
	b := openItems(t, "EUR")
	i := invoice(t, b, "2017-03-01", "100 EUR", "100 EUR")
	own := ledger.ItemKey{Leg: 2}
	for want, change := range map[string]func(m *ledger.Match){
		"entry.key choice":                           func(m *ledger.Match) { m.Entry.Key = "k" },
		"entry.legs ledger.unbalanced":               func(m *ledger.Match) { m.Entry.Legs[0].Amount = eur("39") },
		"entry.legs.0.account ledger.no_account":     func(m *ledger.Match) { m.Entry.Legs[0].Account = "none" },
		"items.0.item unknown":                       func(m *ledger.Match) { m.Items[0].Item.Leg = 1 },
		"items.1.item unknown":                       func(m *ledger.Match) { m.Items[1].Item.Leg = 2 },
		"items.0.amount ledger.over_matched":         func(m *ledger.Match) { m.Items[0].Amount = eur("41") },
		"items.1.amount ledger.no_counterpart":       func(m *ledger.Match) { m.Items[1].Amount, m.WriteOff = eur("41"), nil },
		"write_off.max ledger.write_off":             func(m *ledger.Match) { m.WriteOff.Max = eur("59.99") },
		"write_off.legs.1.account ledger.no_account": func(m *ledger.Match) { m.WriteOff.Account = "none" },
	} {
		m := ledger.Match{Entry: &ledger.Entry{Date: day("2017-03-05"), Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("40"), client),
			ledger.Credit(ledger.Receivables, eur("40"), client)}}, Items: both(own, i), WriteOff: &ledger.WriteOff{Account: ledger.BadDebts}}
		change(&m)
		_, err := b.Match(t.Context(), m)
		path, code, _ := strings.Cut(want, " ")
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
		require.Equal(t, "100.00 EUR", openOf(t, b, i), want)
		require.Equal(t, []string{"0.00 EUR", "100.00 EUR"}, []string{balance(t, b, ledger.Bank, "EUR"), balance(t, b, ledger.Receivables, "EUR")}, want)
	}
	m := ledger.Match{Items: both(own, i)} // of no entry
	_, err := b.Match(t.Context(), m)
	require.True(t, storage.Has(err, "items.0.item", storage.CodeUnknown), "%v", err)
}
