package storage

import (
	"context"
	"slices"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// A Package is what one package of the library, or of a host, keeps in a store.
type Package struct {
	// Name is the package's own: "ledger", "crm/pipeline".
	Name string
	// Major rises when an older program must not write any more; a store with a higher one is refused. 0 counts as 1.
	Major  int
	Tables []Declaration
	// Data lists changes to stored values, in the order of their numbers.
	Data []DataMigration
}

// A DataMigration changes the stored values of each tenant once.
type DataMigration struct {
	// Number is 1, 2, 3 … within the package.
	Number int
	// Step does a bounded part of the work in a transaction of its own and says whether that was all. It is called until
	// it is done, also by a later process if this one is stopped; it finds out from the data where it was.
	Step func(ctx context.Context, tx *Tx) (done bool, err error)
}

type schemaVersion struct {
	Package string
	Major   int
}

type migrated struct {
	Package string
	Number  int
	At      time.Time
}

var (
	schemaVersions = Define("storage.schema", func(v *schemaVersion) []Field {
		return []Field{Text("package", &v.Package).Key().Limit(100), Int("major", &v.Major)}
	})
	migrations = Define("storage.migration", func(m *migrated) []Field {
		return []Field{Text("package", &m.Package).Key().Limit(100), Int("number", &m.Number).Key(), Instant("at", &m.At)}
	})
)

// own is what this package itself keeps.
func own() Package {
	return Package{Name: "storage", Major: 1,
		Tables: []Declaration{schemaVersions, tenants, migrations, seriesTable, outcomes, specs, stamps}}
}

// Migrate brings the engine's tables to the declarations of the packages: it creates what is missing, adds and renames, never drops. Call it
// once when the program starts; it is cheap when there is nothing to do, and safe when two processes call it at once. A store
// may be migrated more than once, with further packages.
//
// Errors: ErrNewerSchema, ErrSchema.
func (s *Store) Migrate(ctx context.Context, packages ...Package) error {
	all := append([]Package{own()}, packages...)
	if err := s.engine.Migrate(ctx, driver.Schema{Tables: []*driver.Table{schemaVersions.table}}); err != nil {
		return err
	}
	known := map[string]int{}
	err := s.system().View(ctx, func(tx *Tx) error {
		for v, err := range schemaVersions.All(ctx, tx, Query{}) {
			if err != nil {
				return err
			}
			known[v.Package] = v.Major
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		if known[p.Name] > max(p.Major, 1) {
			return ErrNewerSchema.With("%s is at %d, this program knows %d", p.Name, known[p.Name], max(p.Major, 1))
		}
		for _, t := range p.Tables {
			s.register(t.declared())
		}
	}
	if err := s.engine.Migrate(ctx, s.Schema()); err != nil {
		return err
	}
	return s.system().Update(ctx, func(tx *Tx) error {
		for _, p := range all {
			v := &schemaVersion{Package: p.Name}
			found, err := schemaVersions.LoadLocked(ctx, tx, v)
			if err != nil {
				return err
			}
			if found[0] && v.Major >= max(p.Major, 1) {
				continue
			}
			v.Major = max(p.Major, 1)
			if found[0] {
				err = schemaVersions.Update(ctx, tx, v)
			} else {
				_, err = schemaVersions.InsertNew(ctx, tx, v)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// MigrateData runs the numbered data migrations of the packages for every tenant that has not had them. It resumes where an earlier
// run was stopped.
func (s *Store) MigrateData(ctx context.Context, packages ...Package) error {
	for from := Cursor(""); ; {
		page, err := s.Tenants(ctx, from)
		if err != nil {
			return err
		}
		for _, t := range page.Items {
			db, err := s.Tenant(ctx, t.ID)
			if err != nil {
				return err
			}
			for _, p := range packages {
				for _, m := range p.Data {
					if err := db.migrate(ctx, p.Name, m); err != nil {
						return err
					}
				}
			}
		}
		if from = page.Next; from == "" {
			return nil
		}
	}
}

func (db *DB) migrate(ctx context.Context, name string, m DataMigration) error {
	for done := false; !done; {
		err := db.Update(ctx, func(tx *Tx) error {
			mark := &migrated{Package: name, Number: m.Number}
			found, err := migrations.Load(ctx, tx, mark)
			if err != nil {
				return err
			}
			if done = found[0]; done {
				return nil
			}
			if done, err = m.Step(ctx, tx); err != nil || !done {
				return err
			}
			mark.At = tx.Now()
			_, err = migrations.InsertNew(ctx, tx, mark)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// register adds a declaration, after its parent.
func (s *Store) register(d *declaration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[d.kind] == nil {
		s.ordered = append(s.ordered, d)
	} else {
		s.ordered[slices.Index(s.ordered, s.tables[d.kind])] = d
	}
	s.tables[d.kind] = d
	slices.SortStableFunc(s.ordered, func(a, b *declaration) int { return depth(a.table) - depth(b.table) })
}

func depth(t *driver.Table) int {
	n := 0
	for ; t.Parent != nil && n < 100; n++ {
		t = t.Parent.Table
	}
	return n
}

// declarations lists the tables, parents before children.
func (s *Store) declarations() []*declaration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ordered)
}

func (s *Store) declaration(kind string) *declaration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tables[kind]
}

// Schema is all tables that Migrate was given, in the driver's terms: for driver.Printer and driver.Inspector.
func (s *Store) Schema() driver.Schema {
	var schema driver.Schema
	for _, d := range s.declarations() {
		schema.Tables = append(schema.Tables, d.table)
	}
	return schema
}

// SQL returns the statements that create the tables of the packages in an empty database, for hosts that migrate with a tool of their own; nil if
// the engine has no SQL.
func (s *Store) SQL(packages ...Package) []string {
	p, ok := s.engine.(driver.Printer)
	if !ok {
		return nil
	}
	var schema driver.Schema
	for _, pkg := range append([]Package{own()}, packages...) {
		for _, t := range pkg.Tables {
			schema.Tables = append(schema.Tables, t.declared().table)
		}
	}
	slices.SortStableFunc(schema.Tables, func(a, b *driver.Table) int { return depth(a) - depth(b) })
	return p.SQL(schema)
}
