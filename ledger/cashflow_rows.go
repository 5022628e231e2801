package ledger

import (
	"slices"

	"github.com/tutas/tutas/ledger/money"
)

// cashNames are what rows are called in English; Kind and Section say the same to a program.
var cashNames = map[Activity]string{Operating: "Cash from operating activities", Investing: "Cash from investing activities",
	Financing: "Cash from financing activities"}

// part lays out one currency.
func (s *casher) part(c money.Currency) (out CashPart, err error) {
	out.Currency = c
	slots := len(s.slots)
	flows, opening, ending := zeros(c, slots), zeros(c, slots), zeros(c, slots)
	for _, section := range []Activity{Operating, Investing, Financing, NonCash} {
		sum := zeros(c, slots)
		for _, l := range s.lines {
			if err := s.rows(&out, l, section, c, sum); err != nil {
				return out, err
			}
		}
		if err := addAll(flows, sum, 1); err != nil {
			return out, err
		}
		switch section {
		case Operating:
			out.Operating = sum[:s.columns]
		case Investing:
			out.Investing = sum[:s.columns]
		case Financing:
			out.Financing = sum[:s.columns]
		default:
			continue
		}
		if err := s.row(&out, TotalRow, section, cashNames[section], "", sum, true); err != nil {
			return out, err
		}
	}
	for _, x := range []struct {
		to   []money.Amount
		from map[place][]money.Amount
	}{{opening, s.opening}, {ending, s.ending}} {
		for at, values := range x.from {
			if at.currency == c {
				if err := addAll(x.to[:s.books], values, 1); err != nil {
					return out, err
				}
			}
		}
	}
	if s.books < slots { // a budget's cash is the books' before it, and what it moves
		copy(opening[s.books:], opening[:s.columns])
		copy(ending[s.books:], opening[:s.columns])
		if err := addAll(ending[s.books:], flows[s.books:], 1); err != nil {
			return out, err
		}
	}
	if err := s.row(&out, TotalRow, "", "Change of cash", "", flows, true); err != nil {
		return out, err
	}
	left := slices.Clone(ending)
	if err := addAll(left, opening, -1); err != nil {
		return out, err
	}
	if err := addAll(left, flows, -1); err != nil {
		return out, err
	}
	kind, name := DifferenceRow, "Difference"
	out.Difference = left[:s.columns]
	if s.t != nil && s.whole {
		kind, name = TranslationRow, "Effect of exchange rates and rounding" // IAS 7.28
		out.Difference = zeros(c, s.columns)
	}
	for _, x := range []struct {
		kind   RowKind
		name   string
		values []money.Amount
		keep   bool
	}{{kind, name, left, false}, {OpeningRow, "Cash at the beginning", opening, true}, {EndRow, "Cash at the end", ending, true}} {
		if err := s.row(&out, x.kind, "", x.name, "", x.values, x.keep); err != nil {
			return out, err
		}
	}
	out.Opening, out.Closing = opening[:s.columns], ending[:s.columns]
	return out, nil
}

// rows adds the rows of a line that are of a section and a currency.
func (s *casher) rows(out *CashPart, l cashLine, section Activity, c money.Currency, sum []money.Amount) error {
	all := zeros(c, len(s.slots))
	for _, at := range placesOf(l.values) {
		if at.currency != c || s.sectionOf(l, at.account) != section {
			continue
		}
		values := zeros(c, len(s.slots))
		if err := addAll(values, l.values[at], l.sign); err != nil {
			return err
		}
		if err := addAll(all, values, 1); err != nil {
			return err
		}
		if l.sum {
			continue
		}
		name, _ := s.r.named(at.account)
		if at.account == "" {
			name = "Not seen"
		}
		if err := s.row(out, l.kind, section, name, at.account, values, false); err != nil {
			return err
		}
	}
	if l.sum && (l.section == section) {
		name := map[RowKind]string{ProfitRow: "Profit", ClosingEntryRow: "Cash moved by closing entries"}[l.kind]
		if err := s.row(out, l.kind, section, name, "", all, l.kind == ProfitRow); err != nil {
			return err
		}
	}
	return addAll(sum, all, 1)
}

// sectionOf is the section of an account's row: what no cash is paid for stands with the operating activities.
func (s *casher) sectionOf(l cashLine, account string) Activity {
	if l.section != "" {
		return l.section
	}
	if a := s.activity(account); a == Investing || a == Financing {
		return a
	}
	return Operating
}

func (s *casher) row(out *CashPart, kind RowKind, section Activity, name, account string, values []money.Amount,
	keep bool) error {
	if !keep && allZero(values) {
		return nil
	}
	level := 0
	if account != "" || kind == ProfitRow || kind == ReceiptRow || kind == PaymentRow {
		level = 1
	}
	cells, err := s.f.Compare.cells(values, s.columns)
	out.Rows = append(out.Rows, StatementRow{Kind: kind, Section: string(section), Level: level, Account: account, Name: name,
		Cells: cells})
	return err
}
