package storage

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// The form of an export: lines of JSON. The first names the tenant and the form; then for each table a line with its name and
// columns, followed by one line per row, an array with one text, number, true, false or null per column. A UUID is base64 of its sixteen
// bytes, dates are days and instants microseconds since 1970. The last line says how many rows there are, so that a cut file is noticed.
type exportHead struct {
	Form   string `json:"form"`
	Tenant Tenant `json:"tenant"`
}

type exportTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type exportEnd struct {
	Rows *int `json:"rows"`
}

const exportForm = "tutas/1"

// ErrBadExport: what was to be imported is no export, is damaged, or comes from tables that this store does not have.
var ErrBadExport = NewError("bad_export", "not a readable export")

// ExportTenant writes everything that a tenant owns, as of one moment, so that ImportTenant can read it into any engine.
//
// Errors: ErrUnknownTenant.
func (s *Store) ExportTenant(ctx context.Context, id string, w io.Writer) error {
	db, err := s.Tenant(ctx, id)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err = db.View(ctx, func(tx *Tx) error {
		if err := enc.Encode(exportHead{exportForm, db.Tenant()}); err != nil {
			return err
		}
		rows := 0
		for _, d := range s.declarations() {
			if d.apart {
				continue
			}
			if err := d.export(ctx, tx, enc, &rows); err != nil {
				return err
			}
		}
		return enc.Encode(exportEnd{&rows})
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func (d *declaration) export(ctx context.Context, tx *Tx, enc *json.Encoder, rows *int) error {
	head := exportTable{Table: d.table.Name}
	for _, c := range d.table.Columns {
		head.Columns = append(head.Columns, c.Name)
	}
	if err := enc.Encode(head); err != nil {
		return err
	}
	local := d.columnsOf(d.local...)
	cells := make([]any, len(head.Columns))
	write := func(row driver.Row) error {
		for i, v := range row {
			if cells[i] = exportCell(d.table.Columns[i].Kind, v); slices.Contains(local, i) {
				cells[i] = nil
			}
		}
		*rows++
		return enc.Encode(cells)
	}
	if d.table.Tailed { // in the order of commits, so that readers meet the rows in the same order again
		q := driver.TailQuery{Table: d.table, Limit: 1000, Unsettled: true}
		for {
			page, err := tx.dtx.Tail(ctx, q)
			if err != nil {
				return err
			}
			for _, row := range page.Rows {
				if err := write(row); err != nil {
					return err
				}
			}
			if len(page.Rows) < q.Limit {
				return nil
			}
			q.After = page.Next
		}
	}
	for row, err := range tx.dtx.Query(ctx, driver.Query{Table: d.table}) {
		if err != nil {
			return err
		}
		if err := write(row); err != nil {
			return err
		}
	}
	return nil
}

func exportCell(k driver.Kind, v driver.Value) any {
	switch {
	case v.IsNull():
		return nil
	case k == driver.UUID:
		return base64.RawStdEncoding.EncodeToString([]byte(v.Text()))
	case k == driver.Bool:
		return v.Bool()
	case k == driver.Int, k == driver.Date, k == driver.Instant:
		return v.Int()
	}
	return v.Text()
}

// ImportTenant creates a tenant from an export, under the same ID or, if as is not "", under another. It is all there or not at all, and costs
// memory for a few thousand rows at a time.
//
// Errors: ErrBadExport, ErrTenantExists.
func (s *Store) ImportTenant(ctx context.Context, r io.Reader, as string) (*DB, error) {
	dec := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	dec.UseNumber()
	var head exportHead
	if err := dec.Decode(&head); err != nil || head.Form != exportForm {
		return nil, ErrBadExport.With("the first line does not say %q", exportForm)
	}
	if as != "" {
		head.Tenant.ID = as
	}
	created := head.Tenant.Created
	return s.create(ctx, head.Tenant, created, []Template{func(ctx context.Context, tx *Tx) error { return s.importRows(ctx, tx, dec) }}, 1)
}

func (s *Store) importRows(ctx context.Context, tx *Tx, dec *json.Decoder) error {
	var d *declaration
	var order []int // column of the table for each cell
	rows := 0
	for n := 2; ; n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return ErrBadExport.With("line %d: %v", n, err)
		}
		if raw[0] == '{' {
			var end exportEnd
			err := json.Unmarshal(raw, &end)
			if err == nil && end.Rows != nil {
				if *end.Rows != rows {
					return ErrBadExport.With("%d rows of %d", rows, *end.Rows)
				}
				return nil
			}
			if d, order, err = s.importHead(raw); err != nil {
				return err
			}
			continue
		}
		if d == nil {
			return ErrBadExport.With("line %d: a row before its table", n)
		}
		row, err := d.importRow(raw, order)
		if err != nil {
			return ErrBadExport.With("line %d: %v", n, err)
		}
		if err := tx.write(ctx, d, driver.Op{Kind: driver.Insert, Table: d.table, Rows: []driver.Row{row}}); err != nil {
			return err
		}
		rows++
	}
}

func (s *Store) importHead(raw json.RawMessage) (*declaration, []int, error) {
	var head exportTable
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, nil, ErrBadExport.Because(err)
	}
	for _, d := range s.declarations() {
		if d.table.Name != head.Table {
			continue
		}
		order := make([]int, len(head.Columns))
		for i, name := range head.Columns {
			order[i] = slices.IndexFunc(d.table.Columns, func(c driver.Column) bool { return c.Name == name || slices.Contains(c.Was, name) })
			if order[i] < 0 {
				return nil, nil, ErrBadExport.With("%s has no column %s here", head.Table, name)
			}
		}
		return d, order, nil
	}
	return nil, nil, ErrBadExport.With("there is no table %s here", head.Table)
}

func (d *declaration) importRow(raw json.RawMessage, order []int) (driver.Row, error) {
	var cells []json.RawMessage
	if err := json.Unmarshal(raw, &cells); err != nil || len(cells) != len(order) {
		return nil, fmt.Errorf("%d cells for %d columns", len(cells), len(order))
	}
	row := make(driver.Row, len(d.table.Columns))
	for i, c := range d.table.Columns {
		if !c.Nullable {
			row[i] = DefaultOf(c)
		}
	}
	for i, cell := range cells {
		c := d.table.Columns[order[i]]
		v, err := importCell(c, cell)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", c.Name, err)
		}
		if !v.IsNull() {
			row[order[i]] = v
		}
	}
	return row, nil
}

// DefaultOf is what a column without a value holds: its default, or its kind's zero.
func DefaultOf(c driver.Column) driver.Value {
	switch {
	case !c.Default.IsNull():
		return c.Default
	case c.Kind == driver.Text:
		return driver.TextValue("")
	case c.Kind == driver.UUID:
		return driver.UUIDValue([16]byte{})
	case c.Kind == driver.Decimal:
		return driver.TextValue("0")
	case c.Kind == driver.JSON:
		return driver.TextValue("null")
	}
	return driver.IntValue(0)
}

func importCell(c driver.Column, cell json.RawMessage) (driver.Value, error) {
	if string(cell) == "null" {
		return driver.Null, nil
	}
	switch c.Kind {
	case driver.Bool:
		var b bool
		err := json.Unmarshal(cell, &b)
		return driver.BoolValue(b), err
	case driver.Int, driver.Date, driver.Instant:
		var i int64
		err := json.Unmarshal(cell, &i)
		return driver.IntValue(i), err
	}
	var text string
	if err := json.Unmarshal(cell, &text); err != nil {
		return driver.Null, err
	}
	if c.Kind == driver.UUID {
		b, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(b) != 16 {
			return driver.Null, fmt.Errorf("not an identifier")
		}
		return driver.UUIDValue([16]byte(b)), nil
	}
	if len(text) <= maxText && textFault(text) != "" {
		return driver.Null, fmt.Errorf("not a text")
	}
	return driver.TextValue(text), nil
}
