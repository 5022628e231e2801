package memory

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/storage/driver"
)

// Tail reads a tailed table in the order of commits. Rows that the transaction itself has written come last, and only Unsettled.
func (t *Tx) Tail(ctx context.Context, q driver.TailQuery) (driver.TailPage, error) {
	if err := t.enter(ctx); err != nil {
		return driver.TailPage{}, err
	}
	page, err := t.tail(q)
	if err != nil {
		return driver.TailPage{}, t.fail(err)
	}
	return page, nil
}

func (t *Tx) tail(q driver.TailQuery) (driver.TailPage, error) {
	page := driver.TailPage{Next: q.After}
	if t.across != nil {
		return page, onlyQuery()
	}
	p, err := t.e.schema.Load().use(q.Table)
	if err != nil {
		return page, err
	}
	if !p.tailed {
		return page, schemaError("%s is not tailed", p.name)
	}
	seq, err := parsePosition(q.After)
	if err != nil {
		return page, err
	}
	if q.Limit < 0 {
		return page, schemaError("a limit of %d", q.Limit)
	}
	ts, settled := t.frozen(p.ord)
	if w := t.changes(); w != nil {
		settled = w.base.seq
	}
	from := seqKey(seq + 1)
	ts.tail.ascend(span{lo: from[:]}, func(r *record) bool {
		switch {
		case r.seq > settled && !q.Unsettled:
			return false
		case q.Limit > 0 && len(page.Rows) == q.Limit:
			page.Behind = r.seq <= settled
			return false
		}
		page.Rows = append(page.Rows, p.out(r))
		seq = r.seq
		return true
	})
	if len(page.Rows) > 0 {
		page.Next = driver.Position(strconv.FormatUint(seq, 10))
	}
	return page, nil
}

func parsePosition(p driver.Position) (uint64, error) {
	if p == "" {
		return 0, nil
	}
	seq, err := strconv.ParseUint(string(p), 10, 63)
	if err != nil {
		return 0, schemaError("%.40q is no position of this engine", string(p))
	}
	return seq, nil
}
