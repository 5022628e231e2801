package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
)

// indirect goes from the profit to the cash. Closing entries do not count in the profit, so they count nowhere, but for a row
// of the cash that they moved.
func (s *casher) indirect(ctx context.Context) error {
	c := s.c
	c.closing, c.daily = false, s.t.daily()
	moved, err := s.r.columns(ctx, c, s.slots[:s.books])
	if err != nil {
		return err
	}
	if moved, err = s.plan(ctx, moved); err != nil {
		return err
	}
	n := len(moved)
	result, change, cash := newFigures(n), newFigures(n), newFigures(n)
	elsewhere := newFigures(n) // income and expense of investing and financing
	for i := range moved {
		for at, x := range moved[i] {
			activity := s.activity(at.account)
			switch {
			case activity == CashActivity:
				cash[i][at] = x
			case s.r.ofResult(at.account):
				if result[i][at] = x; activity == Investing || activity == Financing {
					elsewhere[i][at] = x
				}
			default:
				change[i][at] = x
			}
		}
	}
	added, corrected, err := s.nonCash(ctx, n)
	if err != nil {
		return err
	}
	for i := range corrected {
		for at, x := range corrected[i] {
			if err := change[i].add(at, x.debit, x.credit, x.count); err != nil {
				return err
			}
		}
	}
	if err := s.closingCash(ctx, c, cash); err != nil {
		return err
	}
	flow := s.t.flow(s.slots)
	for _, l := range []struct {
		cashLine
		of []figures
	}{
		{cashLine{kind: ProfitRow, section: Operating, sum: true, sign: -1}, result},
		{cashLine{kind: AdjustmentRow, section: Operating, sign: 1}, added},
		{cashLine{kind: ElsewhereRow, section: Operating, sign: 1}, elsewhere},
		{cashLine{kind: ChangeRow, sign: -1}, change},
		{cashLine{kind: AccountRow, sign: -1}, elsewhere},
		{cashLine{kind: ClosingEntryRow, section: NonCash, sum: true, sign: 1}, cash},
	} {
		if l.values, err = s.r.values(ctx, l.of, net, s.t, flow); err != nil {
			return err
		}
		s.lines = append(s.lines, l.cashLine)
	}
	return nil
}

// nonCash finds what is to be added to the profit, and what these expenses did to other accounts, with the opposite sign.
func (s *casher) nonCash(ctx context.Context, n int) (added, corrected []figures, err error) {
	added, corrected = newFigures(n), newFigures(n)
	var codes []string
	for _, a := range s.r.ordered {
		if s.r.ofResult(a.Code) && a.ActivityOf() == NonCash {
			codes = append(codes, a.Code)
		}
	}
	for _, p := range united(s.slots[:s.books]) {
		err := s.r.counters(ctx, codes, p, false, []storage.Cond{storage.Eq("closing", false)}, func(x counterShare) error {
			code := x.part.Account
			if code == "" || s.activity(code) == CashActivity || s.r.ofResult(code) || !x.part.Dims.has(s.f.Where) {
				return nil // paid after all, or within the profit
			}
			if err := s.share(added, x.base, x, x.units); err != nil {
				return err
			}
			return s.share(corrected, code, x, x.units)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return added, corrected, nil
}

// closingCash leaves of the movements of cash those by closing entries.
func (s *casher) closingCash(ctx context.Context, c cut, cash []figures) error {
	c.closing = true
	c.limit(s.cash)
	all, err := s.r.columns(ctx, c, s.slots[:s.books])
	if err != nil {
		return err
	}
	for i := range all {
		for at, x := range all[i] {
			without := cash[i][at]
			if x = (figure{x.debit - without.debit, x.credit - without.credit, x.count - without.count}); x == (figure{}) {
				delete(cash[i], at)
			} else {
				cash[i][at] = x
			}
		}
	}
	return nil
}
