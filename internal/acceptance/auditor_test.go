package acceptance_test

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An auditor keeps books beside the books: what was posted, held and matched as plain lists, reckoned anew for each question. It uses nothing
// of package ledger but the words in which commands are given.
type auditor struct {
	now     time.Time
	entries []*jotting // in the order of recording
	at      map[entryID]*jotting
	holds   []*jottedHold
	items   []*jottedItem
	matches []*jottedMatch
	keys    map[storage.Key]jottedKey
	locked  date.Date
	shutTmp date.Date // the last day of the account "tmp"
	years   map[int]bool
	months  map[date.Date]bool // closed ones, by their first days
	sealed  []entryID
}

type (
	entryID = storage.ID[ledger.Posted]
	spot    struct {
		account  string
		currency money.Currency
	}
	// A jot is a part, in minor units.
	jot struct {
		spot
		leg   int
		units int64
		dims  ledger.Dims
	}
	jotting struct {
		id                   entryID
		date                 date.Date
		source               storage.Ref
		closing              bool
		jots                 []jot
		reversedBy, reverses *jotting
	}
	jottedKey struct {
		content string
		codes   []string
		posted  entryID
	}
	sums struct{ debit, credit int64 }
)

// A plainAccount is what the auditor knows of an account. The least and the most are in its natural sense, in cents of a euro.
type plainAccount struct {
	typ             ledger.Type
	items, heading  bool
	department      bool // demanded
	control         string
	currency        money.Currency
	live, nowOnly   bool
	least, most     *int64
	creditsNotAbove bool // debits, in any currency
}

func cents(n int64) *int64 { return &n }

var plainChart = map[string]plainAccount{
	"bank": {typ: ledger.Asset}, "rec": {typ: ledger.Asset, items: true}, "equip": {typ: ledger.Asset}, "tmp": {typ: ledger.Asset},
	"usd": {typ: ledger.Asset, currency: "USD"}, "head": {typ: ledger.Asset, heading: true},
	"pay": {typ: ledger.Liability, control: "purchase"}, "sup": {typ: ledger.Liability},
	"wa": {typ: ledger.Liability, least: cents(0)}, "wb": {typ: ledger.Liability, least: cents(0), most: cents(150_000)},
	"wc": {typ: ledger.Liability, least: cents(0), nowOnly: true}, "wd": {typ: ledger.Liability, least: cents(-20_000)},
	"we": {typ: ledger.Asset, creditsNotAbove: true}, "wf": {typ: ledger.Asset, live: true},
	"rev": {typ: ledger.Income}, "cost": {typ: ledger.Expense, department: true}, "fee": {typ: ledger.Expense},
	ledger.Exchange: {typ: ledger.Equity}, ledger.RetainedEarnings: {typ: ledger.Equity}, ledger.OpeningBalances: {typ: ledger.Equity},
	ledger.ExchangeGains: {typ: ledger.Income}, ledger.ExchangeLosses: {typ: ledger.Expense}, ledger.Rounding: {typ: ledger.Expense},
}

func (p plainAccount) isLive() bool {
	return p.live || p.least != nil || p.most != nil || p.creditsNotAbove
}

func (p plainAccount) sense() int64 {
	if p.typ == ledger.Asset || p.typ == ledger.Expense {
		return 1
	}
	return -1
}

func newAuditor() *auditor {
	return &auditor{at: map[entryID]*jotting{}, keys: map[storage.Key]jottedKey{}, years: map[int]bool{}, months: map[date.Date]bool{}}
}

// units is an amount in minor units.
func units(a money.Amount) int64 { n, _ := a.Minor(); return n }

// shut says whether nobody may post on a day.
func (a *auditor) shut(d date.Date) bool {
	return !a.locked.IsZero() && !d.After(a.locked) || a.years[d.Year()] || a.months[d.Month().First()]
}

// faults lists what is wrong with an entry: by itself, and if nothing is, in these books.
func (a *auditor) faults(e ledger.Entry) (early, late []string) {
	if len(e.Legs) < 2 {
		return []string{"too_few"}, nil
	}
	type place struct {
		spot
		dims ledger.Dims
	}
	lack, moved := map[money.Currency]int64{}, map[place]int64{}
	for _, l := range e.Legs {
		at := place{spot{l.Account, l.Amount.Currency()}, l.Dims}
		lack[at.currency] += units(l.Amount)
		if l.Amount.IsZero() {
			early = append(early, "zero")
		} else if len(l.Split) == 0 {
			moved[at] += units(l.Amount)
		}
	}
	if len(early) > 0 {
		return early, nil
	}
	over, under := false, false
	for _, n := range lack {
		over, under = over || n > 0, under || n < 0
	}
	if (over || under) && (e.Exchange == "" || !over || !under) {
		early = append(early, "ledger.unbalanced")
	}
	for _, n := range moved {
		if n == 0 {
			early = append(early, "self")
		}
	}
	if len(early) > 0 {
		return early, nil
	}
	if a.shut(e.Date) {
		late = append(late, "ledger.closed_period")
	}
	for _, l := range exchangeLegs(e) {
		p, there := plainChart[l.Account]
		if !there {
			late = append(late, "ledger.no_account")
			continue
		}
		if p.heading {
			late = append(late, "ledger.heading")
		}
		if l.Account == "tmp" && !a.shutTmp.IsZero() && e.Date.After(a.shutTmp) {
			late = append(late, "ledger.account_closed")
		}
		if p.control != "" && !strings.HasPrefix(e.Source.Kind, p.control+".") {
			late = append(late, "ledger.control")
		}
		if p.currency != "" && p.currency != l.Amount.Currency() {
			late = append(late, "ledger.currency")
		}
		for _, part := range divided(l) {
			if p.department && part.dims.Department == "" {
				late = append(late, "ledger.dimension")
			}
		}
	}
	return nil, late
}

// exchangeLegs are the legs with those that the exchange account takes: one for each currency that lacks, in the order of their coming.
func exchangeLegs(e ledger.Entry) []ledger.Leg {
	legs := slices.Clone(e.Legs)
	if e.Exchange == "" {
		return legs
	}
	var order []money.Currency
	lack := map[money.Currency]int64{}
	for _, l := range e.Legs {
		c := l.Amount.Currency()
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
		lack[c] += units(l.Amount)
	}
	for _, c := range order {
		if lack[c] != 0 {
			m, _ := money.Minor(c, -lack[c])
			legs = append(legs, ledger.Leg{Account: e.Exchange, Amount: m})
		}
	}
	return legs
}

// divided is a leg in parts: by weights, rounded toward zero, what is left over one unit each to the largest remainders, the first of equals
// first; parts of nothing are left out.
func divided(l ledger.Leg) (out []jot) {
	at := spot{l.Account, l.Amount.Currency()}
	n, sign := units(l.Amount), int64(1)
	if len(l.Split) == 0 {
		return []jot{{spot: at, units: n, dims: l.Dims}}
	}
	if n < 0 {
		n, sign = -n, -1
	}
	var weights, rests []*big.Int
	total := new(big.Int)
	for _, s := range l.Split {
		w := s.Weight.Shift(6).BigInt()
		weights, total = append(weights, w), total.Add(total, w)
	}
	got, left := make([]int64, len(weights)), n
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(n), w), total, new(big.Int))
		got[i], rests = q.Int64(), append(rests, r)
		left -= got[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rests {
			if rests[i].Cmp(rests[best]) > 0 {
				best = i
			}
		}
		got[best]++
		rests[best] = big.NewInt(-1)
	}
	for i, s := range l.Split {
		if got[i] == 0 {
			continue
		}
		d := l.Dims
		if s.Dims.Department != "" {
			d.Department = s.Dims.Department
		}
		if s.Dims.Project != "" {
			d.Project = s.Dims.Project
		}
		out = append(out, jot{spot: at, units: sign * got[i], dims: d})
	}
	return out
}

// book writes down an entry that the books say they posted.
func (a *auditor) book(id entryID, d date.Date, source storage.Ref, closing bool, jots []jot) *jotting {
	j := &jotting{id: id, date: d, source: source, closing: closing, jots: jots}
	a.entries, a.at[id] = append(a.entries, j), j
	for _, part := range jots {
		if plainChart[part.account].items {
			a.items = append(a.items, &jottedItem{entry: j, jot: part, since: d})
		}
	}
	return j
}

// jotsOf are the parts of an entry that is to be posted.
func jotsOf(e ledger.Entry) (list []jot) {
	for i, l := range exchangeLegs(e) {
		for _, part := range divided(l) {
			part.leg = i + 1
			list = append(list, part)
		}
	}
	return list
}

// opposite turns parts around.
func opposite(list []jot) []jot {
	out := slices.Clone(list)
	for i := range out {
		out[i].units = -out[i].units
	}
	return out
}

// undo writes down the reversal of an entry.
func (a *auditor) undo(j *jotting, id entryID, d date.Date, source storage.Ref) *jotting {
	if source.IsZero() {
		source = j.source
	}
	r := a.book(id, d, source, j.closing, opposite(j.jots))
	r.reverses, j.reversedBy = j, r
	a.settleReversal(j, r)
	return r
}

// total adds up what was posted in some of the entries in a period.
func (a *auditor) total(entries []*jotting, p date.Period, closing bool) map[spot]sums {
	out := map[spot]sums{}
	for _, j := range entries {
		if !p.Contains(j.date) || j.closing && !closing {
			continue
		}
		for _, part := range j.jots {
			s := out[part.spot]
			if part.units > 0 {
				s.debit += part.units
			} else {
				s.credit -= part.units
			}
			out[part.spot] = s
		}
	}
	return out
}
