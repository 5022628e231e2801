package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

var pipelines = storage.Define("pipeline.pipeline", func(p *Pipeline) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("name", &p.Name).Limit(maxName),
		storage.JSON("stages", &p.Stages), storage.Instant("archived", &p.Archived).Optional(), storage.Instant("created", &p.Created),
	}
}, storage.Settled())

var deals = storage.Define("pipeline.deal", func(d *Deal) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &d.ID).Key(), storage.Version(&d.Version), storage.Text("name", &d.Name).Limit(maxName),
		storage.RefTo("customer", &d.Customer), storage.RefTo("owner", &d.Owner),
		storage.UUID("pipeline", &d.Pipeline), storage.Text("stage", &d.Stage).Limit(100),
		storage.Enum("status", &d.Status, StatusOpen, StatusWon, StatusLost), storage.Int("line_count", &d.count), storage.Minor("list", &d.List),
		storage.Minor("estimate", &d.Estimate), storage.Minor("quoted", &d.Quoted),
		storage.Minor("amount", &d.Amount), storage.Minor("value", &d.Value),
		storage.Date("expected", &d.Expected).Optional(), storage.Date("opened", &d.Opened),
		storage.Date("engaged", &d.Engaged).Optional(), storage.Date("closed", &d.Closed).Optional(), storage.Date("moved", &d.Moved),
		storage.Int("cycle_days", &d.cycle).Default(int64(-1)),
		storage.Text("reason", &d.Reason).Limit(2000), storage.Text("source", &d.Source).Limit(maxWord), storage.RefTo("origin", &d.Origin),
		storage.Text("team", &d.Team).Limit(maxWord), storage.Text("region", &d.Region).Limit(maxWord),
		storage.Custom(&d.Fields), storage.Instant("created", &d.Created),
	}
},
	storage.Index("owner", "owner", "status"), storage.Index("customer", "customer", "status"), storage.Index("stage", "pipeline", "stage"),
	storage.Index("cycle", "pipeline", "status", "cycle_days"), storage.Sparse("closed", "closed"), storage.Index("origin", "origin"))

// lineRow is a Line with its place in a deal.
type lineRow struct {
	Deal     storage.ID[Deal]
	Position int
	Line
}

var lines = storage.Define("pipeline.line", func(l *lineRow) []storage.Field {
	return []storage.Field{
		storage.UUID("deal", &l.Deal).Key(), storage.Int("position", &l.Position).Key(), storage.RefTo("product", &l.Product),
		storage.Text("text", &l.Text).Limit(2000), storage.Scaled("quantity", 4, &l.Quantity), storage.Minor("list_price", &l.ListPrice),
		storage.Minor("amount", &l.Amount), storage.Minor("value", &l.Value),
	}
}, storage.ChildOf(deals, "deal"), storage.Index("product", "product"))

// A StageChange is one step in the history of a deal. Where From equals To, only the amount changed.
type StageChange struct {
	Deal storage.ID[Deal] `json:"deal"`
	// No is the deal's version after the change.
	No int64 `json:"no"`
	// At is the business date; Recorded is when it was entered, By whom.
	At       date.Date   `json:"at"`
	From     string      `json:"from"`
	To       string      `json:"to"`
	Status   Status      `json:"status"`
	Recorded time.Time   `json:"recorded"`
	By       storage.Ref `json:"by"`
	// Amount is what was expected then.
	Amount money.Amount `json:"amount"`
}

var stageChanges = storage.Define("pipeline.stage_change", func(c *StageChange) []storage.Field {
	return []storage.Field{
		storage.UUID("deal", &c.Deal).Key(), storage.Int("no", &c.No).Key(), storage.Date("at", &c.At),
		storage.Text("from", &c.From).Limit(100), storage.Text("to", &c.To).Limit(100),
		storage.Enum("status", &c.Status, StatusOpen, StatusWon, StatusLost), storage.Instant("recorded", &c.Recorded), storage.RefTo("by", &c.By), storage.Minor("amount", &c.Amount),
	}
}, storage.ChildOf(deals, "deal"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "crm/pipeline", Tables: []storage.Declaration{pipelines, deals, lines, stageChanges}}
}

// batch is how many deals are read and joined with their lines at a time: few enough for every engine to look each of them up.
const batch = 250

// loadLines reads the lines of some deals, as the actor may see them, in one round trip for each batch.
func loadLines(ctx context.Context, tx *storage.Tx, by storage.Ref, ds ...*Deal) error {
	for chunk := range slices.Chunk(ds, batch) {
		at := map[storage.ID[Deal]]*Deal{}
		var ids []storage.ID[Deal]
		for _, d := range chunk {
			if d.count > 0 {
				at[d.ID], ids = d, append(ids, d.ID)
				d.Lines = nil
			}
		}
		if len(ids) == 0 {
			continue
		}
		if len(ids) == 1 && by.IsZero() {
			if err := loadLinesOf(ctx, tx, at[ids[0]]); err != nil {
				return err
			}
			continue
		}
		for l, err := range lines.All(ctx, tx, storage.Query{By: by, Where: []storage.Cond{storage.In("deal", ids...)}}) {
			if err != nil {
				return err
			}
			at[l.Deal].Lines = append(at[l.Deal].Lines, l.Line)
		}
	}
	return nil
}

// loadLinesOf reads the lines of one deal by their keys, which costs nothing where the transaction has just written them.
func loadLinesOf(ctx context.Context, tx *storage.Tx, d *Deal) error {
	rows := make([]*lineRow, d.count)
	for i := range rows {
		rows[i] = &lineRow{Deal: d.ID, Position: i + 1}
	}
	found, err := lines.Load(ctx, tx, rows...)
	if err != nil {
		return err
	}
	for i, l := range rows {
		if found[i] {
			d.Lines = append(d.Lines, l.Line)
		}
	}
	return nil
}

// saveLines makes the stored lines those of the deal.
func saveLines(ctx context.Context, tx *storage.Tx, before, after *Deal) error {
	old := 0
	if before != nil {
		old = len(before.Lines)
	}
	for i := range max(old, len(after.Lines)) {
		var err error
		switch {
		case i >= len(after.Lines):
			err = lines.Delete(ctx, tx, &lineRow{Deal: after.ID, Position: i + 1})
		case i >= old:
			err = lines.Insert(ctx, tx, &lineRow{after.ID, i + 1, after.Lines[i]})
		case !sameLine(before.Lines[i], after.Lines[i]):
			err = lines.Update(ctx, tx, &lineRow{after.ID, i + 1, after.Lines[i]})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sameLine(a, b Line) bool {
	return a.Product == b.Product && a.Text == b.Text && a.Quantity.Equal(b.Quantity) && a.ListPrice == b.ListPrice &&
		a.Amount == b.Amount && a.Value == b.Value
}
