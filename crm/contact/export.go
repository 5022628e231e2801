package contact

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
)

// Export writes contacts as CSV, in the columns that Import reads, the tenant's own fields after the others: one line each,
// oldest first. Of several e-mails or phones it writes the first. Cells are written as they are stored: a spreadsheet may take
// one that begins with '=' or '+' for a formula.
//
// It reads each contact's person by itself, so its cost goes with the number of contacts. A person whom the actor may not see is
// left out.
func (s *Contacts) Export(ctx context.Context, w io.Writer, f Filter) error {
	out := csv.NewWriter(w)
	err := s.s.View(ctx, func(tx *storage.Tx) error {
		declared, err := storage.DeclaredFields(ctx, tx, contacts.Kind())
		if err != nil {
			return err
		}
		head := append([]string(nil), columns...)
		for _, d := range declared {
			head = append(head, "fields."+d.Name)
		}
		if err := out.Write(head); err != nil {
			return err
		}
		organisations := map[storage.Ref]string{}
		for c, err := range contacts.All(ctx, tx, f.query()) {
			if err != nil {
				return err
			}
			p, err := party.New(tx).Get(ctx, c.Person, f.By)
			if errors.Is(err, storage.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			name, known := organisations[c.Organisation]
			if !known {
				if name, err = s.organisationName(ctx, tx, c.Organisation); err != nil {
					return err
				}
				organisations[c.Organisation] = name
			}
			cells := []string{p.Name, first(p.Emails), first(p.Phones), name, c.Role, p.Language}
			for _, d := range declared {
				cells = append(cells, show(c.Fields[d.Name]))
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
		return nil
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// show writes a value of a field of the tenant's own as parse reads it.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}
