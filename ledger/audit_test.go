package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

func TestAnAuditFindsEachContradiction(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(l *aLog)
		// codes are what is found, without what the totals then say; code is the one looked at.
		code            string
		place           func(l *aLog) string
		expected, found string
	}{
		{name: "nothing", edit: func(*aLog) {}},
		{"an amount", func(l *aLog) { l.parts(4, func(p []*part) { p[0].Amount += 7 }) }, "entry.unbalanced",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() }, "0.00 EUR", "0.07 EUR"},
		{"an account that is not there", func(l *aLog) { l.parts(4, func(p []*part) { p[2].Account = "nowhere" }) }, "part.account",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() + " legs.1.parts.0.account" }, "", "nowhere"},
		{"a heading", func(l *aLog) {
			a := &Account{Code: Bank}
			_, err := accounts.Load(l.t.Context(), l.tx, a)
			require.NoError(l.t, err)
			a.Heading = true
			require.NoError(l.t, accounts.Update(l.t.Context(), l.tx, a))
		}, "part.heading", func(l *aLog) string { return entries.Ref(l.ids[1]).String() + " legs.1.parts.0.account" }, "", Bank},
		{"an account of one currency", func(l *aLog) {
			a := &Account{Code: Bank}
			_, err := accounts.Load(l.t.Context(), l.tx, a)
			require.NoError(l.t, err)
			a.Currency = "USD"
			require.NoError(l.t, accounts.Update(l.t.Context(), l.tx, a))
		}, "part.currency", func(l *aLog) string { return entries.Ref(l.ids[1]).String() + " legs.1.parts.0.currency" }, "USD", "EUR"},
		{"a parent", func(l *aLog) {
			a := &Account{Code: Bank}
			_, err := accounts.Load(l.t.Context(), l.tx, a)
			require.NoError(l.t, err)
			a.Parent = "nowhere"
			require.NoError(l.t, accounts.Update(l.t.Context(), l.tx, a))
		}, "account.parent", func(*aLog) string { return "ledger.account/" + Bank }, "nowhere", ""},
		{"a date", func(l *aLog) { l.parts(4, func(p []*part) { p[1].Date = date.Must(2017, 3, 6) }) }, "part.date",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() + " legs.0.parts.1.date" }, "2017-03-05", "2017-03-06"},
		{"a month", func(l *aLog) { l.parts(4, func(p []*part) { p[1].Month = 201704 }) }, "part.month",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() + " legs.0.parts.1.month" }, "201703", "201704"},
		{"a side", func(l *aLog) { l.parts(4, func(p []*part) { p[1].Credit = true }) }, "part.credit",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() + " legs.0.parts.1.credit" }, "false", "true"},
		{"a closing mark", func(l *aLog) { l.parts(4, func(p []*part) { p[1].Closing = true }) }, "part.closing",
			func(l *aLog) string { return entries.Ref(l.ids[4]).String() + " legs.0.parts.1.closing" }, "false", "true"},
		{"all parts", func(l *aLog) {
			for i := 2; i >= 0; i-- {
				l.removePart(4, i)
			}
		}, "entry.parts", func(l *aLog) string { return entries.Ref(l.ids[4]).String() }, "", "0"},
		{"a link to a reversal", func(l *aLog) { l.entry(3, func(p *Posted) { p.ReversedBy = storage.ID[Posted]{} }) }, "entry.reversed_by",
			func(l *aLog) string { return entries.Ref(l.ids[3]).String() }, "reversal", ""},
		{"a link to no reversal", func(l *aLog) { l.entry(5, func(p *Posted) { p.ReversedBy = l.ids[1] }) }, "entry.reverses",
			func(l *aLog) string { return entries.Ref(l.ids[1]).String() }, "fifth", ""},
		{"the date of a detail", func(l *aLog) {
			d := l.full(9).detail()
			d.Date = d.Date.AddDays(1)
			require.NoError(l.t, details.Update(l.t.Context(), l.tx, d))
		}, "detail.date", func(l *aLog) string { return "ledger.detail/" + l.ids[9].String() }, "2017-03-09", "2017-03-10"},
		{"the mark of a detail", func(l *aLog) { l.entry(9, func(p *Posted) { p.Detailed = false }) }, "detail.detailed",
			func(l *aLog) string { return "ledger.detail/" + l.ids[9].String() }, "true", "false"},
		{"a correction of what still stands", func(l *aLog) {
			d := l.full(9).detail()
			d.Corrects = l.ids[1]
			require.NoError(l.t, details.Update(l.t.Context(), l.tx, d))
		}, "detail.corrects", func(l *aLog) string { return "ledger.detail/" + l.ids[9].String() }, "first", ""},
		{"a total", func(l *aLog) {
			require.NoError(l.t, totals.Add(l.t.Context(), l.tx, sums, &total{Account: Bank, Currency: "EUR", Month: 201703, Debit: 5}))
		}, "total.sum", func(*aLog) string { return "ledger.total/1010 EUR 201703" },
			"debit 0 credit 6710 count 11", "debit 5 credit 6710 count 11"},
		{"a total of nothing", func(l *aLog) {
			require.NoError(l.t, totals.Insert(l.t.Context(), l.tx, &total{Account: "x", Currency: "EUR", Month: 201703, Credit: 5}))
		}, "total.sum", func(*aLog) string { return "ledger.total/x EUR 201703" },
			"debit 0 credit 0 count 0", "debit 0 credit 5 count 0"},
		{"a total of a day", func(l *aLog) {
			require.NoError(l.t, dayTotals.Add(l.t.Context(), l.tx, sums, &dayTotal{Account: Bank, Currency: "EUR",
				Date: date.Must(2017, 3, 2), Month: 201703, Count: 1}))
		}, "day_total.sum", func(*aLog) string { return "ledger.day_total/1010 EUR 2017-03-02" },
			"debit 0 credit 110 count 1", "debit 0 credit 110 count 2"},
		{"a total of a dimension", func(l *aLog) {
			require.NoError(l.t, dimensionTotals.Add(l.t.Context(), l.tx, sums, &dimensionTotal{Dimension: Department, Value: "sales",
				total: total{Account: Travel, Currency: "EUR", Month: 201703, Debit: -1}}))
		}, "dimension_total.sum", func(*aLog) string { return "ledger.dimension_total/department sales 6400 EUR 201703" },
			"debit 2237 credit 0 count 11", "debit 2236 credit 0 count 11"},
		{"the log", func(l *aLog) { l.entry(6, func(p *Posted) { p.By.Kind = "x" }) }, "log.changed",
			func(l *aLog) string { return "changed at 6, " + entries.Ref(l.ids[6]).String() + ": by" }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, folded := range []bool{true, false} {
				l := newLog(t)
				_, err := l.b.Fold(t.Context()) // totals of which some rows can be edited
				require.NoError(t, err)
				if !folded {
					_, err = l.b.Post(t.Context(), Entry{Date: date.Must(2017, 4, 1), Legs: aTrip(1).Legs})
					require.NoError(t, err)
				}
				l.edit(func() { c.edit(l) })
				got, err := l.b.Audit(t.Context())
				require.NoError(t, err)
				if c.code == "" {
					require.Empty(t, got.Findings)
					require.Empty(t, got.Counts)
					require.GreaterOrEqual(t, got.Entries, int64(12))
					require.Equal(t, 3*got.Entries, got.Parts)
					continue
				}
				want := Finding{c.code, c.place(l), c.expected, c.found}
				switch c.expected {
				case "reversal":
					want.Expected = l.ids[7].String()
				case "fifth":
					want.Expected = l.ids[5].String()
				case "first":
					want.Expected = l.ids[1].String()
				}
				require.Contains(t, got.Findings, want)
			}
		})
	}
}

func TestAnAuditHoldsLiveBalancesAndOpenItemsAgainstTheParts(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(l *aLog)
		want Finding
	}{
		{"nothing", func(*aLog) {}, Finding{}},
		{"a day of a live balance", func(l *aLog) {
			s := &liveSpan{Account: Bank, Currency: "EUR", Span: 201703}
			_, err := liveSpans.Load(l.t.Context(), l.tx, s)
			require.NoError(l.t, err)
			days, err := readTier(s.Items)
			require.NoError(l.t, err)
			days[0].net++
			s.Items = days.text()
			require.NoError(l.t, liveSpans.Update(l.t.Context(), l.tx, s))
		}, Finding{"live.sum", "ledger.live_span/1010 EUR 20170302", "net -110 credit held 0 debit held 0",
			"net -109 credit held 0 debit held 0"}},
		{"a live balance removed", func(l *aLog) {
			_, err := dropSpans(l.t.Context(), l.tx, Bank)
			require.NoError(l.t, err)
			h := &live{Account: Bank}
			_, err = lives.Load(l.t.Context(), l.tx, h)
			require.NoError(l.t, err)
			require.NoError(l.t, lives.Delete(l.t.Context(), l.tx, h))
		}, Finding{"live.account", "ledger.live/1010", "true", "false"}},
		{"an item", func(l *aLog) {
			i := l.item()
			i.Amount++
			require.NoError(l.t, items.Update(l.t.Context(), l.tx, i))
		}, Finding{"item.sum", "ledger.item/1100 EUR 2017-03-20", "5000", "5001"}},
		{"what is open of an item", func(l *aLog) {
			i := l.item()
			i.Open = 6000
			require.NoError(l.t, items.Update(l.t.Context(), l.tx, i))
		}, Finding{"item.open", "", "at most 5000", "6000"}},
		{"an item closed", func(l *aLog) {
			i := l.item()
			i.Closed = i.Date
			require.NoError(l.t, items.Update(l.t.Context(), l.tx, i))
		}, Finding{"item.closed", "", "false", "2017-03-20"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLog(t)
			l.edit(func() {
				a := &Account{Code: Bank}
				_, err := accounts.LoadLocked(t.Context(), l.tx, a)
				require.NoError(t, err)
				old := *a
				a.Live = true
				require.NoError(t, changeLive(t.Context(), l.tx, &old, a))
				require.NoError(t, accounts.Update(t.Context(), l.tx, a))
				a = &Account{Code: Receivables}
				_, err = accounts.Load(t.Context(), l.tx, a)
				require.NoError(t, err)
				a.Items = true
				require.NoError(t, accounts.Update(t.Context(), l.tx, a))
			})
			a := money.MustParse("50 EUR")
			_, err := l.b.Post(t.Context(), Entry{Date: date.Must(2017, 3, 20), Source: storage.Ref{Kind: "billing.invoice", ID: "1"},
				Legs: []Leg{Debit(Receivables, a, Dims{Customer: "c"}), Credit(Revenue, a, Dims{})}})
			require.NoError(t, err)
			_, err = l.b.Post(t.Context(), aTrip(3))
			require.NoError(t, err)
			l.edit(func() { c.edit(l) })
			got, err := l.b.Audit(t.Context())
			require.NoError(t, err)
			if c.want.Code == "" {
				require.Empty(t, got.Findings)
				return
			}
			for i := range got.Findings {
				if c.want.Place == "" {
					got.Findings[i].Place = ""
				}
			}
			require.Equal(t, []Finding{c.want}, got.Findings)
		})
	}
}

// item is the one open item.
func (l *aLog) item() *item {
	i, err := items.First(l.t.Context(), l.tx, storage.Query{})
	require.NoError(l.t, err)
	return i
}

func TestAnAuditListsAHundredOfAKindAndCountsAll(t *testing.T) {
	_, db := openLog(t, memory.New())
	b := New(db)
	ids := trips(t, b, MaxFindings+3)
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		for _, id := range ids {
			p, err := entries.Get(t.Context(), tx, id)
			require.NoError(t, err)
			p.ReversedBy = id
			require.NoError(t, entries.Update(t.Context(), tx, p))
		}
		return nil
	}))
	got, err := b.Audit(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"entry.reverses": MaxFindings + 3, "log.changed": 1}, got.Counts)
	require.Len(t, got.Findings, MaxFindings+1)
}
