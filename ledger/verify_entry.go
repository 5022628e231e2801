// What an entry is held against: its digest, its own parts, its event, its reversal.

package ledger

import (
	"context"
	"slices"
	"strconv"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A found is an entry as it is stored now, with all that speaks for it.
type found struct {
	entry  *Posted // nil if it is gone
	rows   []*part
	event  *event.Event
	broken *Break
}

// load reads the entries of some lines.
func (v *verifier) load(ctx context.Context, lines []line) ([]found, error) {
	ids := make([]storage.ID[Posted], len(lines))
	for i, l := range lines {
		ids[i] = l.id
	}
	list, err := entries.GetMany(ctx, v.tx, ids...)
	if err != nil {
		return nil, err
	}
	return v.complete(ctx, ids, list)
}

// complete adds parts and events to entries.
func (v *verifier) complete(ctx context.Context, ids []storage.ID[Posted], list []*Posted) ([]found, error) {
	out := make([]found, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	at := make(map[storage.ID[Posted]]int, len(ids))
	refs := make([]storage.Ref, len(ids))
	var there []*Posted
	for i, id := range ids {
		at[id], refs[i] = i, entries.Ref(id)
		if out[i].entry = list[i]; list[i] != nil {
			there = append(there, list[i])
		}
	}
	if err := fillDetails(ctx, v.tx, storage.Ref{}, there...); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(ids, manyIDs) {
		for row, err := range parts.All(ctx, v.tx, storage.Query{Where: []storage.Cond{storage.In("entry", some...)}}) {
			if err != nil {
				return nil, err
			}
			i := at[row.Entry]
			out[i].rows = append(out[i].rows, row)
		}
	}
	i := 0
	for some := range slices.Chunk(refs, manyIDs) {
		told, err := event.Of(ctx, v.tx, EntryPosted.Name, some...)
		if err != nil {
			return nil, err
		}
		for _, e := range told {
			out[i].event = e
			i++
		}
	}
	return out, nil
}

// manyIDs is how many rows are asked for by name at once: more are found faster by looking at all.
const manyIDs = 200

// verify holds an entry against the digest that it had when it was sealed, and notes what is wrong.
func (f *found) verify(v *verifier, sealed hash) {
	p := f.entry
	if p == nil {
		f.broken = &Break{What: WasRemoved}
		return
	}
	var fields []string
	if p.Digest != sealed.String() {
		fields = append(fields, "digest")
	}
	if field := v.links[p.ID]; field != "" {
		fields = append(fields, field)
	}
	fields = append(fields, p.contradictions(f.rows)...)
	digest, _ := p.digest(nil, f.rows)
	switch {
	case len(fields) > 0 || digest != sealed.String():
		f.broken = &Break{What: WasChanged, Fields: fields}
	case f.event == nil:
		f.broken = &Break{What: WasInserted, Fields: []string{"event"}}
	}
}

// erased reports whether the entry had texts once.
func (p *Posted) erased(rows []*part) bool {
	return p.TextDigest != "" && p.Salt == "" && !p.hasText(rows)
}

// contradictions lists what no digest covers and what contradicts what one does.
func (p *Posted) contradictions(rows []*part) (fields []string) {
	if !p.erased(rows) && (p.TextDigest != "" || p.Salt != "" || p.hasText(rows)) {
		if want, _ := p.textDigest(nil, rows); want != p.TextDigest {
			fields = append(fields, "text")
		}
	}
	for _, c := range p.copies(rows) {
		fields = append(fields, c.part.path(c.field))
	}
	return fields
}

// A miscopy is a field of a part that repeats another one, wrongly.
type miscopy struct {
	part                   *part
	field, expected, found string
}

// copies finds those: what sums are made by and no digest covers.
func (p *Posted) copies(rows []*part) (wrong []miscopy) {
	flag := strconv.FormatBool
	for _, r := range rows {
		if r.Date != p.Date {
			wrong = append(wrong, miscopy{r, "date", p.Date.String(), r.Date.String()})
		}
		if month := monthOf(r.Date); r.Month != month {
			wrong = append(wrong, miscopy{r, "month", strconv.Itoa(month), strconv.Itoa(r.Month)})
		}
		if r.Closing != p.Closing {
			wrong = append(wrong, miscopy{r, "closing", flag(p.Closing), flag(r.Closing)})
		}
		if credit := r.Amount < 0; r.Credit != credit {
			wrong = append(wrong, miscopy{r, "credit", flag(credit), flag(r.Credit)})
		}
	}
	return wrong
}

// path is where a part stands in its entry: "legs.0.parts.1.amount".
func (r *part) path(field string) string {
	return "legs." + strconv.Itoa(r.Leg-1) + ".parts." + strconv.Itoa(r.No-1) + "." + field
}

// checkLinks finds links between entries and their reversals that are not returned. The link of the reversal is in its digest,
// the other one is not, so it is the one that is wrong.
func (v *verifier) checkLinks(ctx context.Context) error {
	err := eachLinked(ctx, v.tx, "reverses", func(p *Posted, _ storage.ID[Posted], other *Posted) {
		if other != nil && other.ReversedBy != p.ID {
			v.links[other.ID] = "reversed_by"
		}
	})
	if err != nil {
		return err
	}
	return eachLinked(ctx, v.tx, "reversed_by", func(p *Posted, _ storage.ID[Posted], other *Posted) {
		if other == nil || other.Reverses != p.ID {
			v.links[p.ID] = "reversed_by"
		}
	})
}

// eachLinked calls fn with each entry that names another one in a field, "reverses" or "reversed_by", with that one's ID, and
// with it itself, nil if it is not there.
func eachLinked(ctx context.Context, tx *storage.Tx, field string, fn func(p *Posted, id storage.ID[Posted], other *Posted)) error {
	var list []*Posted
	flush := func() error {
		ids := make([]storage.ID[Posted], len(list))
		for i, p := range list {
			if ids[i] = p.Reverses; field == "reversed_by" {
				ids[i] = p.ReversedBy
			}
		}
		others, err := entries.GetMany(ctx, tx, ids...)
		for i, other := range others {
			fn(list[i], ids[i], other)
		}
		list = list[:0]
		return err
	}
	for p, err := range entries.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Ne(field, storage.ID[Posted]{})}}) {
		if err != nil {
			return err
		}
		if list = append(list, p); len(list) == MaxBlock {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
