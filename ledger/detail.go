package ledger

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Limits of what an entry carries along: pairs of metadata, bytes of a name and of a value, attachments.
const (
	MaxMeta        = 100
	MaxMetaName    = 100
	MaxMetaValue   = 2_000
	MaxAttachments = 100
)

// A Carried is what an entry carries along besides money. Nothing is computed from it.
type Carried struct {
	// Meta is free metadata, for machines. Like the texts it can be erased.
	Meta map[string]string `json:"meta,omitempty"`
	// Attachments point to files and documents that the host keeps.
	Attachments []storage.Ref `json:"attachments,omitempty"`
	// Fields are the tenant's own, as declared for "ledger.detail"; lists of entries can be filtered by them.
	Fields storage.Fields `json:"fields,omitempty"`
}

func (c *Carried) isZero() bool { return len(c.Meta)+len(c.Attachments)+len(c.Fields) == 0 }

// names lists the names of the metadata in bytewise order.
func (c *Carried) names() []string {
	names := make([]string, 0, len(c.Meta))
	for name := range c.Meta {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *Carried) check(bad *faults, path string) {
	if len(c.Meta) > MaxMeta {
		bad.add(path+"meta", storage.CodeTooLong)
		return
	}
	for _, name := range c.names() {
		if code := cmp.Or(textFault(name, MaxMetaName), textFault(c.Meta[name], MaxMetaValue)); code != "" {
			bad.add(path+"meta."+shortName(name), code)
		} else if name == "" {
			bad.add(path+"meta", storage.CodeRequired)
		}
	}
	if len(c.Attachments) > MaxAttachments {
		bad.add(path+"attachments", storage.CodeTooLong)
		return
	}
	for i, r := range c.Attachments {
		at := path + "attachments." + strconv.Itoa(i)
		if r.IsZero() {
			bad.add(at, storage.CodeRequired)
		}
		checkRef(bad, at, r)
	}
}

// shortName keeps a fault's path readable.
func shortName(s string) string {
	if textFault(s, MaxMetaName) != "" {
		return "?"
	}
	return s
}

// detail is the row of an entry that carries something along, or corrects another one.
type detail struct {
	Entry storage.ID[Posted]
	Date  date.Date
	// Corrects is the entry that this one stands instead of.
	Corrects    storage.ID[Posted]
	Meta        map[string]string
	Attachments []storage.Ref
	Fields      storage.Fields
}

var details = storage.Define("ledger.detail", func(d *detail) []storage.Field {
	return []storage.Field{
		storage.UUID("entry", &d.Entry).Key(), storage.Date("date", &d.Date), storage.UUID("corrects", &d.Corrects),
		storage.JSON("meta", &d.Meta).Personal(), storage.JSON("attachments", &d.Attachments), storage.Custom(&d.Fields),
	}
}, storage.ChildOf(entries, "entry"), storage.Index("date", "date"), storage.Index("corrects", "corrects"))

// carry gives a new entry what it carries along.
func (p *Posted) carry(c Carried) {
	p.Carried, p.Detailed = c, !c.isZero()
}

// detail is the row of a new entry, nil where it needs none.
func (p *Posted) detail() *detail {
	if !p.Detailed {
		return nil
	}
	return &detail{Entry: p.ID, Date: p.Date, Corrects: p.Corrects, Meta: p.Meta, Attachments: p.Attachments, Fields: p.Fields}
}

// fillDetails reads what entries carry along; it costs nothing where none does.
func fillDetails(ctx context.Context, tx *storage.Tx, by storage.Ref, list ...*Posted) error {
	byID := map[storage.ID[Posted]]*Posted{}
	var ids []storage.ID[Posted]
	for _, p := range list {
		if p.Detailed {
			byID[p.ID], ids = p, append(ids, p.ID)
		}
	}
	for some := range slices.Chunk(ids, fewCodes) {
		for d, err := range details.All(ctx, tx, storage.Query{By: by, Where: []storage.Cond{storage.In("entry", some...)}}) {
			if err != nil {
				return err
			}
			p := byID[d.Entry]
			p.Corrects, p.Carried = d.Corrects, Carried{d.Meta, d.Attachments, d.Fields}
		}
	}
	return nil
}

// byFieldsPage reads a page of entries through their details.
func (b *Books) byFieldsPage(ctx context.Context, f EntryFilter, from storage.Cursor) (out storage.Page[Posted], err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		page, err := details.Page(ctx, tx, storage.Query{By: f.By, Order: []string{"date"}, Desc: f.Desc, Limit: f.Limit,
			Where: append(partConds(f.Period, Dims{}), f.Fields...)}, from)
		if err != nil {
			return err
		}
		out = storage.Page[Posted]{Next: page.Next}
		ids := make([]storage.ID[Posted], len(page.Items))
		for i, d := range page.Items {
			ids[i] = d.Entry
		}
		if len(ids) == 0 {
			return nil
		}
		q := EntryFilter{By: f.By, Source: f.Source, Desc: f.Desc}.query()
		q.Where = append(q.Where, storage.In("id", ids...))
		for p, err := range entries.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			out.Items = append(out.Items, p)
		}
		return fillDetails(ctx, tx, f.By, out.Items...)
	})
	return out, err
}

func (b *Books) byFields(ctx context.Context, f EntryFilter) iter.Seq2[*Posted, error] {
	return func(yield func(*Posted, error) bool) {
		for from := storage.Cursor(""); ; {
			page, err := b.byFieldsPage(ctx, f, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range page.Items {
				if !yield(p, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}
