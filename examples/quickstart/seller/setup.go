package seller

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Departments and cost centres.
const (
	selling      = "Sales"
	installation = "Installation"
	office       = "Administration"
)

// company is the seller while it is being played: the services, and what the data's names became.
type company struct {
	*tutas.Company
	data       dataset
	pipeline   storage.ID[pipeline.Pipeline]
	customers  map[string]storage.Ref
	products   map[string]*catalog.Product
	agents     map[string]storage.Ref
	regions    map[string]string // of agents
	managers   map[string]string // of agents, by name
	managerOf  map[string]storage.Ref
	installers map[string][]storage.Ref // by region
	centres    []string
}

// centre is the cost centre of a region's department.
func centre(department, region string) string {
	return strings.ToLower(department + "-" + region)
}

// setUp creates everything that is there before the first deal.
func setUp(ctx context.Context, c *tutas.Company, d dataset) (*company, error) {
	s := &company{Company: c, data: d, customers: map[string]storage.Ref{}, products: map[string]*catalog.Product{}, agents: map[string]storage.Ref{},
		regions: map[string]string{}, managers: map[string]string{}, managerOf: map[string]storage.Ref{}, installers: map[string][]storage.Ref{}}
	err := c.Update(ctx, func(tx *storage.Tx) error {
		in := c.In(tx)
		for _, step := range []func(context.Context, *tutas.Company) error{s.catalogue, s.staff, s.accounts, s.rules, s.opening} {
			if err := step(ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

func (s *company) catalogue(ctx context.Context, c *tutas.Company) error {
	for _, p := range s.data.products {
		x, err := c.Products.Create(ctx, catalog.Create{Code: p.name, Name: p.name, Series: p.series, Price: usd(p.price.String()), Cost: usd(costOf[p.name].goods),
			From: date.Must(2016, 1, 1), DeliveryHours: decimal.RequireFromString(costOf[p.name].hours)})
		if err != nil {
			return err
		}
		s.products[p.name] = x
	}
	p, err := c.Deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Hardware", Stages: pipeline.Usual()})
	if err == nil {
		s.pipeline = p.ID
	}
	return err
}

// staff hires managers, agents and installers, and opens their cost centres.
func (s *company) staff(ctx context.Context, c *tutas.Company) error {
	cal := people.SetCalendar{Name: "USA"}
	for _, day := range holidays {
		cal.Holidays = append(cal.Holidays, people.Holiday{Date: date.MustParse(day)})
	}
	calendar, err := c.People.SetCalendar(ctx, cal)
	if err != nil {
		return err
	}
	hire := func(name, role, department, region string, manager storage.Ref) (storage.Ref, error) {
		p, err := c.People.Hire(ctx, people.Hire{Hired: date.Must(2016, 1, 1), Profile: people.Profile{Name: name, Role: role, Department: department,
			CostCentre: centre(department, region), Region: region, Manager: manager, Week: people.FullTime(), Calendar: calendar.ID}})
		if err != nil {
			return storage.Ref{}, err
		}
		return people.Ref(p.ID), nil
	}
	for _, a := range s.data.agents {
		if _, hired := s.managerOf[a.manager]; !hired {
			if s.managerOf[a.manager], err = hire(a.manager, "manager", selling, a.region, storage.Ref{}); err != nil {
				return err
			}
		}
		if s.agents[a.name], err = hire(a.name, "agent", selling, a.region, s.managerOf[a.manager]); err != nil {
			return err
		}
		s.regions[a.name], s.managers[a.name] = a.region, a.manager
	}
	for _, region := range []string{"Central", "East", "West"} {
		for i := range installersPerRegion {
			p, err := hire(fmt.Sprintf("Installer %s %d", region, i+1), "installer", installation, region, storage.Ref{})
			if err != nil {
				return err
			}
			id, err := storage.RefID[people.Person](p)
			if err != nil {
				return err
			}
			if _, err := c.People.SetRate(ctx, people.SetRate{Person: id, From: date.Must(2016, 1, 1), Hour: hourCost}); err != nil {
				return err
			}
			s.installers[region] = append(s.installers[region], p)
		}
		for _, department := range []string{selling, installation, office} {
			code := centre(department, region)
			if _, err := c.Costs.Open(ctx, cost.Open{Code: code, Profile: cost.Profile{Name: department + " " + region, Department: department}}); err != nil {
				return err
			}
			s.centres = append(s.centres, code)
		}
	}
	return nil
}

// accounts enters the customers, parents before their subsidiaries.
func (s *company) accounts(ctx context.Context, c *tutas.Company) error {
	left := s.data.accounts
	for len(left) > 0 {
		var later []account
		for _, a := range left {
			parent, known := s.customers[a.parent]
			if a.parent != "" && !known {
				later = append(later, a)
				continue
			}
			create := party.Create{Kind: party.Organisation, Name: a.name, Sector: a.sector}
			if known {
				id, err := storage.RefID[party.Party](parent)
				if err != nil {
					return err
				}
				create.Parent = id
			}
			p, err := c.Parties.Create(ctx, create)
			if err != nil {
				return err
			}
			s.customers[a.name] = p.Ref()
		}
		if len(later) == len(left) {
			return fault("accounts.csv", storage.CodeUnknown, "the parent of "+later[0].name)
		}
		left = later
	}
	return nil
}

// rules declares who must agree to what: an agent's manager, above the limits.
func (s *company) rules(ctx context.Context, c *tutas.Company) error {
	manager := []approval.Stage{{Who: approval.Managers, Levels: 1}}
	for _, p := range []approval.Policy{
		{Name: "discount", Measure: approval.ByPercent, AbovePercent: discountLimit, Stages: manager},
		{Name: "expense", Measure: approval.ByAmount, AboveAmount: claimLimit, Stages: manager},
	} {
		if _, err := c.Approvals.SetPolicy(ctx, approval.SetPolicy{Policy: p}); err != nil {
			return err
		}
	}
	return nil
}

func (s *company) opening(ctx context.Context, c *tutas.Company) error {
	_, err := c.Books.Post(ctx, ledger.Entry{Date: firstDay, Text: "what the owners put in", Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, openingCash, ledger.Dims{}), ledger.Credit(ledger.ShareCapital, openingCash, ledger.Dims{})}})
	return err
}
