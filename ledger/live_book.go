package ledger

import (
	"maps"
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// allYears is the name of the tier of years; that of the months of a year is the year, that of the days of a month is as 201703.
const allYears = 0

// liveKey names a live balance.
type liveKey struct {
	account  string
	currency money.Currency
}

// A book is the live balance of an account in one currency, as far as it is read.
type book struct {
	tiers   map[int]tier
	stored  map[int]bool // those that have a row
	changed map[int]bool
}

// move is a change of a live balance.
type move struct {
	liveKey
	date        date.Date
	net, cr, dr int64
}

// tiersOf names the tiers that a day is in.
func tiersOf(d date.Date) [3]int { return [3]int{allYears, d.Year(), monthOf(d)} }

// saved is the tiers of a day as they were.
type saved struct {
	b     *book
	names [3]int
	tiers [3]tier
}

func (s saved) restore() {
	for i, name := range s.names {
		s.b.tiers[name] = s.tiers[i]
	}
}

// add takes in a move on a day whose tiers are read. On an error nothing has changed.
func (b *book) add(m move) (saved, error) {
	was := saved{b: b, names: tiersOf(m.date)}
	for i, name := range was.names {
		was.tiers[i] = b.tiers[name]
	}
	day := swing{no: m.date.Day()}
	if i, there := was.tiers[2].find(day.no); there {
		day = was.tiers[2][i]
	}
	var err error
	for _, x := range [3]struct {
		to *int64
		by int64
	}{{&day.net, m.net}, {&day.cr, m.cr}, {&day.dr, m.dr}} {
		if *x.to, err = plus(*x.to, x.by); err != nil {
			return was, err
		}
	}
	if day.low, err = plus(day.net, day.cr); err != nil {
		return was, err
	}
	if day.top, err = plus(day.net, day.dr); err != nil {
		return was, err
	}
	days := was.tiers[2].with(day, day.net == 0 && day.cr == 0 && day.dr == 0)
	_, mm, _ := m.date.Date()
	month, err := days.total(int(mm))
	if err != nil {
		return was, err
	}
	months := was.tiers[1].with(month, len(days) == 0)
	year, err := months.total(m.date.Year())
	if err != nil {
		return was, err
	}
	years := was.tiers[0].with(year, len(months) == 0)
	if _, err = years.total(0); err != nil {
		return was, err
	}
	for i, t := range [3]tier{years, months, days} {
		b.tiers[was.names[i]] = t
	}
	return was, nil
}

// touch notes that the tiers of a day are to be written.
func (b *book) touch(d date.Date) {
	for _, name := range tiersOf(d) {
		b.changed[name] = true
	}
}

// An outlook is the lowest and the highest that an account comes to, amounts held included: of credits in the low, of debits
// in the top.
type outlook struct{ low, top int64 }

// from looks at the end of a day and of each day after it, or at what is recorded in all.
func (b *book) from(d date.Date, nowOnly bool) outlook {
	names := tiersOf(d)
	if nowOnly {
		all := b.tiers[allYears].before(LastYear + 1)
		return outlook{all.net + all.cr, all.net + all.dr}
	}
	day := d.Day()
	_, mm, _ := d.Date()
	s := b.prior(d)
	low, top := s.net+s.cr, s.net+s.dr
	var out outlook
	if _, there := b.tiers[names[2]].find(day); there {
		out = outlook{most, -most}
	} else {
		out = outlook{low, top}
	}
	for i, no := range [3]int{day, int(mm) + 1, d.Year() + 1} {
		t := b.tiers[names[2-i]]
		at, _ := t.find(no)
		for _, x := range t[at:] {
			out.low, out.top = min(out.low, low+x.low), max(out.top, top+x.top)
			low, top = low+x.net+x.cr, top+x.net+x.dr
		}
	}
	return out
}

// prior sums what comes before a day.
func (b *book) prior(d date.Date) (sum swing) {
	_, mm, dd := d.Date()
	for i, no := range [3]int{d.Year(), int(mm), dd} {
		s := b.tiers[tiersOf(d)[i]].before(no)
		sum.net, sum.cr, sum.dr = sum.net+s.net, sum.cr+s.cr, sum.dr+s.dr
	}
	return sum
}

// at sums all through a day.
func (b *book) at(d date.Date) swing {
	sum := b.prior(d)
	days := b.tiers[monthOf(d)]
	if i, there := days.find(d.Day()); there {
		sum.net, sum.cr, sum.dr = sum.net+days[i].net, sum.cr+days[i].cr, sum.dr+days[i].dr
	}
	return sum
}

// worst finds the first day, from a day on, with the lowest or highest balance. Where that is in a tier that is not read, its
// name is returned.
func (b *book) worst(d date.Date, highest bool) (day date.Date, unread int) {
	s := b.prior(d)
	names := tiersOf(d)
	_, mm, dd := d.Date()
	rest := tier{{no: 0, net: s.net, cr: s.cr, dr: s.dr, low: s.net + s.cr, top: s.net + s.dr}} // as on the day itself, if nothing is
	if _, there := b.tiers[names[2]].find(dd); there {
		rest[0].low, rest[0].top = most, -most
	}
	const months, years = 100, 10_000 // places of months and years behind those of days
	for i, no := range [3]int{dd, int(mm) + 1, d.Year() + 1} {
		t := b.tiers[names[2-i]]
		at, _ := t.find(no)
		for _, x := range t[at:] {
			x.no += [3]int{0, months, years}[i]
			rest = append(rest, x)
		}
	}
	no := rest.extreme(highest)
	year, month := d.Year(), 0
	switch {
	case no == 0:
		return d, 0
	case no < months:
		return d.Month().Day(no), 0
	case no < years:
		month = no - months
	default:
		year = no - years
		t, there := b.tiers[year]
		if !there {
			return d, year
		}
		month = t.extreme(highest)
	}
	t, there := b.tiers[year*100+month]
	if !there {
		return d, year*100 + month
	}
	day, _ = date.New(year, time.Month(month), t.extreme(highest))
	return day, 0
}

// first is the first day on which something moved; no date if nothing did. Where that is in a tier that is not read, its name is
// returned.
func (b *book) first() (d date.Date, unread int) {
	years := b.tiers[allYears]
	if len(years) == 0 {
		return d, 0
	}
	year := years[0].no
	months, there := b.tiers[year]
	if !there {
		return d, year
	}
	if len(months) == 0 {
		return d, 0
	}
	days, there := b.tiers[year*100+months[0].no]
	if !there {
		return d, year*100 + months[0].no
	}
	if len(days) > 0 {
		d, _ = date.New(year, time.Month(months[0].no), days[0].no)
	}
	return d, 0
}

// names lists the tiers that are to be written, in order.
func (b *book) names() []int { return slices.Sorted(maps.Keys(b.changed)) }
