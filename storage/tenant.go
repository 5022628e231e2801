package storage

import (
	"context"
	"errors"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage/driver"
)

// A Tenant is one company (or one ledger, one test): everything it owns is invisible to all others.
type Tenant struct {
	// ID is chosen by the host: 1 to 63 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit.
	ID string `json:"id"`
	// Name is for people.
	Name string `json:"name"`
	// Zone is the IANA time zone that business dates are taken in; "" is UTC.
	Zone string `json:"zone"`
	// Currency is the company's own; "" where the host has no use for one.
	Currency money.Currency `json:"currency"`
	// Created is when.
	Created time.Time `json:"created"`
	Version int64     `json:"version"`
}

var tenants = Define("storage.tenant", func(t *Tenant) []Field {
	return []Field{
		Text("id", &t.ID).Key().Limit(63), Version(&t.Version), Text("name", &t.Name).Limit(1000), Text("zone", &t.Zone).Limit(100),
		Text("currency", &t.Currency).Limit(20), Instant("created", &t.Created),
	}
})

var tenantID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// tenantState is what a process keeps of a tenant.
type tenantState struct {
	id     string
	now    atomic.Pointer[Tenant]
	zone   atomic.Pointer[time.Location]
	custom customCache
	memory atomic.Pointer[memory]
}

func (t *tenantState) load() Tenant { return *t.now.Load() }

func (t *tenantState) location() *time.Location { return t.zone.Load() }

func (t *tenantState) set(v Tenant) error {
	loc, err := time.LoadLocation(v.Zone)
	if err != nil || v.Zone == "Local" {
		return invalid("zone", CodeUnknown, "no such time zone")
	}
	t.now.Store(&v)
	t.zone.Store(loc)
	return nil
}

// system is the store's own data: the tenants, versions of the schema.
func (s *Store) system() *DB {
	t := &tenantState{}
	_ = t.set(Tenant{})
	return &DB{store: s, tenant: t}
}

// Template sets up a new tenant inside the transaction that creates it: a chart of accounts, stages, roles.
type Template func(ctx context.Context, tx *Tx) error

// CreateTenant adds a tenant and sets it up; if a template fails, there is no tenant.
//
// Errors: *Invalid, ErrTenantExists, those of the templates.
func (s *Store) CreateTenant(ctx context.Context, t Tenant, templates ...Template) (*DB, error) {
	return s.create(ctx, t, s.now(), templates, s.attempts)
}

// create adds a tenant; an import, which reads a stream, has one attempt.
func (s *Store) create(ctx context.Context, t Tenant, created time.Time, templates []Template, attempts int) (*DB, error) {
	var bad Invalid
	bad.Check(tenantID.MatchString(t.ID), "id", CodeFormat, "1 to 63 of a-z, 0-9, '-', '_' and '.'")
	state := &tenantState{id: t.ID}
	if err := state.set(t); err != nil {
		bad.Add("zone", CodeUnknown, "no such time zone")
	}
	bad.Check(t.Currency == "" || t.Currency.Valid(), "currency", CodeCurrency, "no such currency")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	t.Created, t.Version = created, 0
	err := s.system().Update(ctx, func(tx *Tx) error { return tenants.Insert(ctx, tx, &t) })
	if IsDuplicate(err, tenants, "") {
		return nil, ErrTenantExists.With("%s", t.ID)
	}
	if err != nil {
		return nil, err
	}
	_ = state.set(t)
	db := &DB{store: s, tenant: state}
	err = db.update(ctx, attempts, func(tx *Tx) error {
		tx.rely = reliance{known: true, missing: true, used: true, wrote: true}
		for _, set := range templates {
			if err := set(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.forget(context.WithoutCancel(ctx), t.ID))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenants[t.ID] = state
	return db, nil
}

// Tenant opens a tenant that exists.
//
// Errors: ErrUnknownTenant.
func (s *Store) Tenant(ctx context.Context, id string) (*DB, error) {
	s.mu.Lock()
	state := s.tenants[id]
	s.mu.Unlock()
	if state != nil {
		return &DB{store: s, tenant: state}, nil
	}
	if !tenantID.MatchString(id) {
		return nil, ErrUnknownTenant.With("%q", id)
	}
	t := Tenant{ID: id}
	err := s.system().View(ctx, func(tx *Tx) error {
		found, err := tenants.Load(ctx, tx, &t)
		if err == nil && !found[0] {
			err = ErrUnknownTenant.With("%q", id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	state = &tenantState{id: id}
	if err := state.set(t); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.tenants[id]; other != nil {
		state = other
	} else {
		s.tenants[id] = state
	}
	return &DB{store: s, tenant: state}, nil
}

// Tenants lists the tenants by ID, a page at a time.
func (s *Store) Tenants(ctx context.Context, from Cursor) (Page[Tenant], error) {
	return tenants.Page(ctx, s.system(), Query{Limit: 1000}, from)
}

// DropTenant removes a tenant and everything it owns, for good. It works in steps and can be called again if it was interrupted; the
// tenant is gone for everyone with the first step.
//
// Errors: ErrUnknownTenant.
func (s *Store) DropTenant(ctx context.Context, id string) error {
	db, err := s.Tenant(ctx, id)
	if err != nil {
		return err
	}
	if err := s.forget(ctx, id); err != nil {
		return err
	}
	return db.clear(ctx)
}

// forget removes the tenant's entry.
func (s *Store) forget(ctx context.Context, id string) error {
	s.mu.Lock()
	delete(s.tenants, id)
	s.mu.Unlock()
	return s.system().Update(ctx, func(tx *Tx) error {
		row, err := tenants.key(nil, &Tenant{ID: id})
		if err != nil {
			return err
		}
		return tx.write(ctx, tenants.declaration, driver.Op{Kind: driver.Delete, Table: tenants.table, Rows: []driver.Row{row}})
	})
}

// clear removes all rows, children before parents, a thousand at a time.
func (db *DB) clear(ctx context.Context) error {
	all := db.store.declarations()
	for i := len(all) - 1; i >= 0; i-- {
		t := all[i].table
		for more := true; more; {
			err := db.Update(ctx, func(tx *Tx) error {
				op := driver.Op{Kind: driver.Delete, Table: t}
				for row, err := range tx.dtx.Query(ctx, driver.Query{Table: t, Limit: 1000}) {
					if err != nil {
						return err
					}
					op.Rows = append(op.Rows, row[:t.Key])
				}
				if more = len(op.Rows) == 1000; len(op.Rows) == 0 {
					return nil
				}
				return tx.write(ctx, all[i], op)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ConfigureTenant changes the name, zone and currency of a tenant.
//
// Errors: *Invalid, ErrUnknownTenant, ErrStale.
func (s *Store) ConfigureTenant(ctx context.Context, t Tenant) error {
	db, err := s.Tenant(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := (&tenantState{}).set(t); err != nil {
		return err
	}
	if t.Currency != "" && !t.Currency.Valid() {
		return invalid("currency", CodeCurrency, "no such currency")
	}
	err = s.system().Update(ctx, func(tx *Tx) error {
		stored := Tenant{ID: t.ID}
		found, err := tenants.LoadLocked(ctx, tx, &stored)
		if err != nil {
			return err
		}
		if !found[0] {
			return ErrUnknownTenant.With("%q", t.ID)
		}
		if err := CheckVersion(t.Version, stored.Version); err != nil {
			return err
		}
		stored.Name, stored.Zone, stored.Currency = t.Name, t.Zone, t.Currency
		t = stored
		return tenants.Update(ctx, tx, &t)
	})
	if err != nil {
		return err
	}
	return db.tenant.set(t)
}
