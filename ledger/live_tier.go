package ledger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
)

// A swing is a day, a month or a year of an account in one currency. The days of a month, the months of a year and the years
// make a tier each: so the lowest balance from any day on is found among at most 31 days, 12 months and the years.
type swing struct {
	no  int   // the day, the month, or the year
	net int64 // debits less credits
	cr  int64 // credits held, not positive
	dr  int64 // debits held, not negative
	low int64 // the lowest that net and cr came to by the end of a day, counted from the beginning of the swing
	top int64 // the highest that net and dr came to
}

// tier is swings in order.
type tier []swing

// most is how far a balance may go, either way: what is further is an overflow. Bounds and amounts are far from it, so that
// differences still fit.
const most = 9_000_000_000_000_000_000

func plus(a, b int64) (int64, error) {
	if b > 0 && a > most-b || b < 0 && a < -most-b {
		return 0, storage.ErrOverflow
	}
	return a + b, nil
}

// total makes one swing of a tier.
func (t tier) total(no int) (s swing, err error) {
	s.no = no
	var low, top int64 // running
	for i := range t {
		x := &t[i]
		a, err1 := plus(low, x.low)
		b, err2 := plus(top, x.top)
		if err1 != nil || err2 != nil {
			return s, storage.ErrOverflow
		}
		if i == 0 {
			s.low, s.top = a, b
		}
		s.low, s.top = min(s.low, a), max(s.top, b)
		if s.net, err1 = plus(s.net, x.net); err1 != nil {
			return s, err1
		}
		s.cr, err1 = plus(s.cr, x.cr)
		s.dr, err2 = plus(s.dr, x.dr)
		if err1 != nil || err2 != nil {
			return s, storage.ErrOverflow
		}
		if low, err1 = plus(s.net, s.cr); err1 != nil {
			return s, err1
		}
		if top, err1 = plus(s.net, s.dr); err1 != nil {
			return s, err1
		}
	}
	return s, nil
}

// find is where a swing is, or belongs.
func (t tier) find(no int) (int, bool) {
	return slices.BinarySearchFunc(t, no, func(s swing, no int) int { return s.no - no })
}

// with is the tier with one swing set; without any below it, gone.
func (t tier) with(s swing, gone bool) tier {
	out := make(tier, 0, len(t)+1)
	i, there := t.find(s.no)
	out = append(out, t[:i]...)
	if !gone {
		out = append(out, s)
	}
	if there {
		i++
	}
	return append(out, t[i:]...)
}

// before sums what comes before a swing.
func (t tier) before(no int) (sum swing) {
	for i := range t {
		if t[i].no >= no {
			break
		}
		sum.net, sum.cr, sum.dr = sum.net+t[i].net, sum.cr+t[i].cr, sum.dr+t[i].dr
	}
	return sum
}

// extreme is the first swing in which the balance is lowest, or highest.
func (t tier) extreme(highest bool) (no int) {
	var low, top, best int64
	for i := range t {
		x := &t[i]
		at := low + x.low
		if highest {
			at = -(top + x.top)
		}
		if i == 0 || at < best {
			best, no = at, x.no
		}
		low, top = low+x.net+x.cr, top+x.net+x.dr
	}
	return no
}

// text is how a tier is kept: a swing is "no,net", or "no,net,low,top" where these differ, or "no,net,low,top,cr,dr" where
// something is held; swings are apart by spaces.
func (t tier) text() string {
	b := make([]byte, 0, 16*len(t))
	for i := range t {
		s := &t[i]
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(s.no), 10)
		b = strconv.AppendInt(append(b, ','), s.net, 10)
		held := s.cr != 0 || s.dr != 0
		if held || s.low != s.net || s.top != s.net {
			b = strconv.AppendInt(append(b, ','), s.low, 10)
			b = strconv.AppendInt(append(b, ','), s.top, 10)
		}
		if held {
			b = strconv.AppendInt(append(b, ','), s.cr, 10)
			b = strconv.AppendInt(append(b, ','), s.dr, 10)
		}
	}
	return string(b)
}

// readTier reads what text wrote.
func readTier(text string) (tier, error) {
	if text == "" {
		return nil, nil
	}
	t := make(tier, 0, 1+strings.Count(text, " "))
	for text != "" {
		var one string
		one, text, _ = strings.Cut(text, " ")
		var n [6]int64
		i := 0
		for ; one != "" && i < len(n); i++ {
			var field string
			field, one, _ = strings.Cut(one, ",")
			var err error
			if n[i], err = strconv.ParseInt(field, 10, 64); err != nil {
				return nil, errSpan.With("%q", field)
			}
		}
		s := swing{no: int(n[0]), net: n[1], low: n[2], top: n[3], cr: n[4], dr: n[5]}
		switch i {
		case 2:
			s.low, s.top = s.net, s.net
		case 4, 6:
		default:
			return nil, errSpan.With("%d figures", i)
		}
		t = append(t, s)
	}
	return t, nil
}

// errSpan: what is stored is not what text writes.
var errSpan = storage.NewError("ledger.live_span", "a live balance is damaged")
