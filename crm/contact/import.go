package contact

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// The columns of an import and an export. Further ones are "fields.x", for fields of the tenant's own.
const (
	ColumnName         = "name"
	ColumnEmail        = "email"
	ColumnPhone        = "phone"
	ColumnOrganisation = "organisation"
	ColumnRole         = "role"
	ColumnLanguage     = "language"
)

var columns = []string{ColumnName, ColumnEmail, ColumnPhone, ColumnOrganisation, ColumnRole, ColumnLanguage}

// ErrAmbiguous: more than one organisation has this name.
var ErrAmbiguous = storage.NewError("contact.ambiguous", "more than one organisation has this name")

// Import is the command to read contacts from CSV: a line with the names of the columns, of which only "name" must be there, then
// one line each.
type Import struct {
	By storage.Ref
	// Key names the import: started again with the same key and source, it does not enter a line twice. "" makes no such promise.
	Key    storage.Key
	Source io.Reader
	// Comma separates the columns; zero is ','.
	Comma rune
	// Duplicates enters also those that may be there already.
	Duplicates bool
}

// An Outcome says what became of a line.
type Outcome string

// The outcomes.
const (
	Entered   Outcome = "entered"
	Duplicate Outcome = "duplicate" // left out: there is a contact like it
	Refused   Outcome = "refused"
)

// A Row reports on one line of an import.
type Row struct {
	// Line is where the row begins in the source, from 1; the names of the columns are in line 1.
	Line    int     `json:"line"`
	Outcome Outcome `json:"outcome"`
	// Contact is the one entered, or the one that is alike.
	Contact storage.ID[Contact] `json:"contact"`
	// Err is why the line was refused: a *storage.Invalid by the names of the columns, or a coded refusal.
	Err error `json:"-"`
}

// A Report is what became of an import.
type Report struct {
	Rows       []Row `json:"rows"`
	Entered    int   `json:"entered"`
	Duplicates int   `json:"duplicates"`
	Refused    int   `json:"refused"`
}

// Import reads contacts from CSV in UTF-8. Each line is carried out by itself and is entered completely or not at all; the report
// has a row for each. An organisation that no party is called by is entered too.
//
// Errors: *storage.Invalid if the columns are not as they should be. A failure of the source or of the store ends the import:
// what was entered before stays, and the report says what that is.
func (s *Contacts) Import(ctx context.Context, c Import) (report Report, err error) {
	source := bufio.NewReader(c.Source)
	if mark, err := source.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = source.Discard(3)
	}
	in := csv.NewReader(source)
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, false
	if c.Comma != 0 {
		in.Comma = c.Comma
	}
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		err = fault(ColumnName, storage.CodeRequired, "the source is empty")
	} else if err != nil {
		err = fault("columns", storage.CodeFormat, err.Error())
	}
	if err != nil {
		return report, err
	}
	own, err := s.columns(ctx, head)
	if err != nil {
		return report, err
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		row := Row{}
		var syntax *csv.ParseError
		switch {
		case errors.As(err, &syntax):
			row.Line, err = syntax.StartLine, fault("row", storage.CodeFormat, syntax.Err.Error())
		case err != nil:
			return report, err
		default:
			row.Line, _ = in.FieldPos(0)
			row.Contact, row.Outcome, err = s.importRow(ctx, c, head, cells, own, row.Line)
		}
		var bad *storage.Invalid
		var coded *storage.Error
		switch {
		case errors.As(err, &bad), errors.As(err, &coded):
			row.Outcome, row.Err = Refused, err
			report.Refused++
		case err != nil:
			return report, err
		case row.Outcome == Duplicate:
			report.Duplicates++
		default:
			report.Entered++
		}
		report.Rows = append(report.Rows, row)
	}
}

// columns checks the names of the columns and finds the tenant's own fields among them.
func (s *Contacts) columns(ctx context.Context, head []string) (map[string]storage.FieldSpec, error) {
	declared, err := storage.DeclaredFields(ctx, s.s, contacts.Kind())
	if err != nil {
		return nil, err
	}
	own := map[string]storage.FieldSpec{}
	for _, f := range declared {
		own["fields."+f.Name] = f
	}
	var bad storage.Invalid
	for i, name := range head {
		head[i] = strings.ToLower(strings.TrimSpace(name))
		_, mine := own[head[i]]
		bad.Check(mine || slices.Contains(columns, head[i]), "columns."+strconv.Itoa(i), storage.CodeUnknown, strconv.Quote(name))
		bad.Check(slices.Index(head[:i], head[i]) < 0, "columns."+strconv.Itoa(i), storage.CodeDuplicate, strconv.Quote(name))
	}
	bad.Check(slices.Contains(head, ColumnName), ColumnName, storage.CodeRequired, "there is no such column")
	return own, bad.Err()
}

type imported struct {
	Contact storage.ID[Contact]
	Outcome Outcome
}

// importRow enters one line, or finds out why not.
func (s *Contacts) importRow(ctx context.Context, c Import, head, cells []string, own map[string]storage.FieldSpec,
	line int) (storage.ID[Contact], Outcome, error) {
	var bad storage.Invalid
	for i := len(cells); i < len(head); i++ {
		bad.Add(head[i], storage.CodeRequired, "the line has no such column")
	}
	bad.Check(len(cells) <= len(head), "row", storage.CodeFormat, "more columns than have a name")
	a, organisation := Add{By: c.By}, ""
	for i, cell := range cells[:min(len(cells), len(head))] {
		before := len(bad.Fields)
		if bad.Text(head[i], cell, 1<<20); len(bad.Fields) > before {
			continue
		}
		switch head[i] {
		case ColumnName:
			a.Name = cell
		case ColumnEmail:
			a.Emails = some(cell)
		case ColumnPhone:
			a.Phones = some(cell)
		case ColumnOrganisation:
			organisation = cell
			bad.Text(ColumnOrganisation, cell, 500)
		case ColumnRole:
			a.Role = cell
			bad.Text(ColumnRole, cell, maxRole)
		case ColumnLanguage:
			a.Language = strings.TrimSpace(cell)
		default:
			if cell == "" {
				continue
			}
			v, ok := parse(own[head[i]].Type, cell)
			bad.Check(ok, head[i], storage.CodeType, "not a "+string(own[head[i]].Type))
			if a.Fields == nil {
				a.Fields = storage.Fields{}
			}
			a.Fields[strings.TrimPrefix(head[i], "fields.")] = v
		}
	}
	person := &party.Party{Kind: party.Person, Name: a.Name, Emails: a.Emails, Phones: a.Phones, Language: a.Language}
	var found *storage.Invalid
	if errors.As(person.Check(), &found) {
		for _, f := range found.Fields {
			f.Path = strings.NewReplacer("emails.0", ColumnEmail, "phones.0", ColumnPhone).Replace(f.Path)
			if !slices.ContainsFunc(bad.Fields, func(b storage.Fault) bool { return b.Path == f.Path }) {
				bad.Fields = append(bad.Fields, f)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return storage.ID[Contact]{}, Refused, err
	}
	var key storage.Key
	if c.Key != "" {
		key = c.Key + storage.Key("/"+strconv.Itoa(line))
	}
	command := []any{head, cells, c.By, c.Duplicates}
	r, err := storage.Once(ctx, s.s, key, "contact.contact.import", command, func(tx *storage.Tx) (imported, error) {
		var err error
		if a.Organisation, err = organisationOf(ctx, tx, c.By, organisation); err != nil {
			return imported{}, err
		}
		if !c.Duplicates {
			alike, err := matches(ctx, tx, Card{&Contact{Organisation: a.Organisation}, person})
			if err != nil {
				return imported{}, err
			}
			if len(alike) > 0 {
				return imported{alike[0].Contact.ID, Duplicate}, nil
			}
		}
		n, err := add(ctx, tx, a)
		if err != nil {
			return imported{}, err
		}
		return imported{n.ID, Entered}, nil
	})
	return r.Contact, r.Outcome, err
}

// organisationOf finds the organisation with a name, or enters it.
func organisationOf(ctx context.Context, tx *storage.Tx, by storage.Ref, name string) (storage.Ref, error) {
	if strings.TrimSpace(name) == "" {
		return storage.Ref{}, nil
	}
	parties := party.New(tx)
	var found *party.Party
	f := party.Filter{Kind: party.Organisation, Where: []storage.Cond{storage.Eq("search", party.NormalName(name))}, Limit: 2}
	for p, err := range parties.All(ctx, f) {
		if err != nil {
			return storage.Ref{}, err
		}
		if found != nil {
			return storage.Ref{}, ErrAmbiguous.With("%q", name)
		}
		found = p
	}
	if found == nil {
		var err error
		if found, err = parties.Create(ctx, party.Create{By: by, Kind: party.Organisation, Name: name}); err != nil {
			return storage.Ref{}, err
		}
	}
	return found.Ref(), nil
}

func fault(path, code, text string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: path, Code: code, Text: text}}}
}

func some(cell string) []string {
	if strings.TrimSpace(cell) == "" {
		return nil
	}
	return []string{cell}
}

// parse reads a value of a field of the tenant's own.
func parse(t storage.FieldType, s string) (any, bool) {
	switch t {
	case storage.BoolField:
		return s == "true", s == "true" || s == "false"
	case storage.IntField:
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	case storage.DecimalField:
		d, err := decimal.NewFromString(s)
		return d, err == nil && len(s) <= 100
	case storage.DateField:
		d, err := date.Parse(s)
		return d, err == nil
	case storage.InstantField:
		i, err := time.Parse(time.RFC3339Nano, s)
		return i, err == nil
	}
	return s, true
}
