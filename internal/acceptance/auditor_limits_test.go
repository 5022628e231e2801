package acceptance_test

import (
	"slices"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A swing is what a day does to a balance: what is posted, and the credits and debits that are held.
type swing struct {
	spot
	date        date.Date
	net, cr, dr int64
}

type jottedHold struct {
	id      storage.ID[ledger.Held]
	entry   ledger.Entry
	expires time.Time
	left    []int64 // of each leg
	state   ledger.HoldState
}

// swings lists all that counts on a place.
func (a *auditor) swings(at spot) (list []swing) {
	for _, j := range a.entries {
		for _, part := range j.jots {
			if part.spot == at {
				list = append(list, swing{spot: at, date: j.date, net: part.units})
			}
		}
	}
	for _, h := range a.holds {
		for _, s := range h.claims(1) {
			if s.spot == at {
				list = append(list, s)
			}
		}
	}
	return list
}

// claims is what a hold that is open claims, or frees.
func (h *jottedHold) claims(sign int64) (list []swing) {
	if h.state != ledger.HoldOpen {
		return nil
	}
	return claimsOf(h.entry, h.left, sign)
}

func claimsOf(e ledger.Entry, left []int64, sign int64) (list []swing) {
	for i, n := range left {
		s := swing{spot: spot{e.Legs[i].Account, e.Legs[i].Amount.Currency()}, date: e.Date}
		if !plainChart[s.account].isLive() {
			continue
		}
		if n < 0 {
			s.cr = sign * n
		} else {
			s.dr = sign * n
		}
		list = append(list, s)
	}
	return list
}

// swingsOf is what entries that are posted do.
func swingsOf(d date.Date, jots []jot) (list []swing) {
	for _, part := range jots {
		list = append(list, swing{spot: part.spot, date: d, net: part.units})
	}
	return list
}

// extremes finds the lowest balance, with credits held, and the highest, with debits held, at the end of any day since one.
func extremes(list []swing, since date.Date, nowOnly bool) (low, top int64) {
	var days []date.Date
	for _, s := range list {
		if s.date.After(since) {
			days = append(days, s.date)
		}
	}
	for i, d := range append([]date.Date{since}, days...) {
		var l, t int64
		for _, s := range list {
			if nowOnly || !s.date.After(d) {
				l, t = l+s.net+s.cr, t+s.net+s.dr
			}
		}
		if i == 0 {
			low, top = l, t
		}
		low, top = min(low, l), max(top, t)
	}
	return low, top
}

// broken lists the refusals that moves deserve which come together: that they make some day worse than a limit allows.
func (a *auditor) broken(before, more []swing) (codes []string) {
	since := map[spot]date.Date{}
	for _, s := range more {
		if d, seen := since[s.spot]; !seen || s.date.Before(d) {
			since[s.spot] = s.date
		}
	}
	for at, d := range since {
		p := plainChart[at.account]
		if p.least == nil && p.most == nil && !p.creditsNotAbove {
			continue
		}
		var was []swing
		for _, s := range append(a.swings(at), before...) {
			if s.spot == at {
				was = append(was, s)
			}
		}
		is := slices.Clone(was)
		for _, s := range more {
			if s.spot == at {
				is = append(is, s)
			}
		}
		lowWas, topWas := extremes(was, d, p.nowOnly)
		low, top := extremes(is, d, p.nowOnly)
		if p.sense() < 0 {
			lowWas, topWas, low, top = -topWas, -lowWas, -top, -low
		}
		if at.currency == "EUR" && p.least != nil && low < *p.least && low < lowWas || p.creditsNotAbove && low < 0 && low < lowWas {
			codes = append(codes, "ledger.below_floor")
		}
		if at.currency == "EUR" && p.most != nil && top > *p.most && top > topWas {
			codes = append(codes, "ledger.above_ceiling")
		}
	}
	return codes
}

// live is what an account holds, what is held of it and what is to come, at the end of a day.
func (a *auditor) live(at spot, d date.Date) [3]int64 {
	var net, cr, dr int64
	for _, s := range a.swings(at) {
		if !s.date.After(d) {
			net, cr, dr = net+s.net, cr-s.cr, dr+s.dr
		}
	}
	if plainChart[at.account].sense() < 0 {
		return [3]int64{-net, dr, cr}
	}
	return [3]int64{net, cr, dr}
}

// tick lets holds end by the clock.
func (a *auditor) tick(d time.Duration) {
	a.now = a.now.Add(d)
	for _, h := range a.holds {
		if h.state == ledger.HoldOpen && !h.expires.IsZero() && !h.expires.After(a.now) {
			h.state = ledger.HoldExpired
		}
	}
}

type jottedItem struct {
	entry *jotting
	jot
	since date.Date
}

// A jottedMatch settles a debit with a credit from a day on, until another one.
type jottedMatch struct {
	id            storage.ID[ledger.Matched]
	debit, credit *jottedItem
	units         int64
	on, until     date.Date
	reversal      bool
	posted        *jotting
}

// open is what is open of an item at the end of a day; no date is as things stand.
func (a *auditor) open(i *jottedItem, asOf date.Date) int64 {
	n := i.units
	for _, m := range a.matches {
		counts := m.until.IsZero()
		if !asOf.IsZero() {
			counts = !m.on.After(asOf) && (m.until.IsZero() || m.until.After(asOf))
		}
		switch {
		case !counts:
		case m.debit == i:
			n -= m.units
		case m.credit == i:
			n += m.units
		}
	}
	return n
}

func (a *auditor) itemsOf(j *jotting) (list []*jottedItem) {
	for _, i := range a.items {
		if i.entry == j {
			list = append(list, i)
		}
	}
	return list
}

// matched says whether something that is no reversal settles items of an entry.
func (a *auditor) matched(j *jotting) bool {
	return slices.ContainsFunc(a.matches, func(m *jottedMatch) bool {
		return m.until.IsZero() && !m.reversal && (m.debit.entry == j || m.credit.entry == j)
	})
}

// settleReversal lets the items of a reversal settle those of the entry. What an entry that was a reversal itself had settled
// is open again first.
func (a *auditor) settleReversal(j, r *jotting) {
	var ends []*jottedMatch
	from := r.date
	for _, m := range a.matches {
		if m.reversal && m.until.IsZero() && (m.debit.entry == j || m.credit.entry == j) {
			ends, from = append(ends, m), later(from, m.on)
		}
	}
	for _, m := range ends {
		m.until, m.debit.since, m.credit.since = from, from, from
	}
	was, own := a.itemsOf(j), a.itemsOf(r)
	for n, i := range was {
		on := later(i.since, r.date)
		m := &jottedMatch{debit: i, credit: own[n], units: i.units, on: on, reversal: true}
		if i.units < 0 {
			m.debit, m.credit, m.units = own[n], i, -i.units
		}
		a.matches = append(a.matches, m)
	}
}

func later(a, b date.Date) date.Date {
	if a.After(b) {
		return a
	}
	return b
}

func amountOf(c money.Currency, n int64) money.Amount { m, _ := money.Minor(c, n); return m }
