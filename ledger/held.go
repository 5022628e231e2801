package ledger

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// held is what the books hold in foreign currencies at the end of a day.
type held struct {
	*positions
	r   *report
	set Configuration
	day date.Date // of the entry that is being read
	// known are rates that were read before.
	known map[rateKey]Rate
}

type rateKey struct {
	currency money.Currency
	day      date.Date
}

// foreignHeld reads them from the entries in foreign currencies; no choice means all assets and liabilities.
func foreignHeld(ctx context.Context, tx *storage.Tx, through date.Date, f Chosen) (*held, error) {
	set, err := settingsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if set.Base == "" {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "base", Code: storage.CodeRequired, Text: "see Configure"}}}
	}
	h := &held{r: &report{tx: tx}, set: set, known: map[rateKey]Rate{}}
	if err := h.r.accounts(ctx); err != nil {
		return nil, err
	}
	if _, err := h.r.amount(ctx, set.Base, 0); err != nil {
		return nil, err
	}
	if len(f.Types) == 0 {
		f.Types = []Type{Asset, Liability}
	}
	h.positions = newPositions(set.Base, set.Exchange, func(code string) bool {
		a := h.r.chart[code]
		return a != nil && f.includes(a, h.r.chart)
	})
	rows, err := h.rows(ctx, through)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to].Entry == rows[from].Entry {
			to++
		}
		h.day = rows[from].Date
		if err := h.enter(rows[from:to], func(c money.Currency, n int64) (int64, error) { return h.rate(ctx, c, n) }); err != nil {
			return nil, err
		}
		from = to
	}
	return h, nil
}

// rows reads what is in foreign currency, and what passes through the exchange account in base currency, in the order of the
// books; entries of revaluations, which are undone again, do not count.
func (h *held) rows(ctx context.Context, through date.Date) ([]*part, error) {
	until := storage.Le("date", through)
	rows, err := collect(parts.All(ctx, h.r.tx, storage.Query{Where: []storage.Cond{storage.Ne("currency", h.set.Base), until}}))
	if err != nil {
		return nil, err
	}
	foreign := map[storage.ID[Posted]]bool{}
	for _, r := range rows {
		foreign[r.Entry] = true
	}
	base, err := collect(parts.All(ctx, h.r.tx, storage.Query{Where: []storage.Cond{storage.Eq("account", h.set.Exchange),
		storage.Eq("currency", h.set.Base), until}}))
	if err != nil {
		return nil, err
	}
	var alone []storage.ID[Posted]
	for _, r := range base {
		if !foreign[r.Entry] && (len(alone) == 0 || alone[len(alone)-1] != r.Entry) {
			alone = append(alone, r.Entry)
		}
	}
	revalued := map[storage.ID[Posted]]bool{}
	for some := range slices.Chunk(alone, 500) {
		heads, err := entries.GetMany(ctx, h.r.tx, some...)
		if err != nil {
			return nil, err
		}
		var others []*Posted
		for i, p := range heads {
			if revalued[some[i]] = p != nil && p.Source.Kind == revaluations.Kind(); p != nil && !revalued[some[i]] {
				others = append(others, p)
			}
		}
		if err := realisations(ctx, h.r.tx, others, h.realised); err != nil {
			return nil, err
		}
	}
	for _, r := range base {
		if !revalued[r.Entry] {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *part) int {
		return cmp.Or(a.Date.Compare(b.Date), bytes.Compare(a.Entry[:], b.Entry[:]), cmp.Compare(a.Leg, b.Leg), cmp.Compare(a.No, b.No))
	})
	return rows, nil
}

// rate values units at the rate of the entry's day.
func (h *held) rate(ctx context.Context, c money.Currency, n int64) (int64, error) {
	r, ok := h.known[rateKey{c, h.day}]
	if !ok {
		var err error
		if r, err = rateAt(ctx, h.r.tx, c, h.set.Base, h.day); err != nil {
			return 0, err
		}
		h.known[rateKey{c, h.day}] = r
	}
	a, err := h.r.amount(ctx, c, n)
	if err != nil {
		return 0, err
	}
	if a, err = h.convert(a, r); err != nil {
		return 0, err
	}
	scale, _ := h.r.rules.scale(h.set.Base)
	return a.MinorAt(scale)
}

// convert rounds half up to the scale of the base currency.
func (h *held) convert(a money.Amount, r Rate) (money.Amount, error) {
	scale, _ := h.r.rules.scale(h.set.Base)
	return money.ConvertAt(a, r.Money(), scale, money.HalfUp)
}
