package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// An office is a company with one chain behind it, to which bad input is given.
type office struct {
	*world
	*tutas.Company
	result
	ctx context.Context
	way *pipeline.Pipeline
}

func openOffice(t *testing.T, e engine) *office {
	t.Helper()
	w := begin(t, e.open(t), nil, nil)
	o := &office{world: w, Company: w.company(t, "acme"), ctx: t.Context()}
	for _, f := range []storage.FieldSpec{{Name: "since", Type: storage.DateField, Indexed: true}, {Name: "size", Type: storage.IntField}, {Name: "memo", Type: storage.TextField, Indexed: true}} {
		require.NoError(t, storage.DeclareField(t.Context(), o, f))
	}
	var err error
	o.way, _, err = setup(t.Context(), o.Company)
	require.NoError(t, err)
	o.result, err = chain(t.Context(), o.Company, "before")
	require.NoError(t, err)
	return o
}

var someone = storage.Ref{Kind: "shop.customer", ID: "42"}

func (o *office) draft(change func(*billing.Draft)) error {
	d := billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: dec("10")}}}
	change(&d)
	_, err := o.Invoices.IssueNew(o.ctx, d)
	return err
}

func (o *office) order(change func(*sales.Draft)) error {
	d := sales.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: "work", Quantity: dec("1"), Price: dec("10")}}}
	change(&d)
	_, err := o.Orders.Place(o.ctx, d)
	return err
}

func (o *office) deal(change func(*pipeline.Open)) error {
	d := pipeline.Open{Name: "Deal", Pipeline: o.way.ID}
	change(&d)
	_, err := o.Deals.Open(o.ctx, d)
	return err
}

func (o *office) post(change func(*ledger.Entry)) error {
	e := ledger.Entry{Date: someDate, Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}), ledger.Credit(ledger.Revenue, eur("10"), ledger.Dims{})}}
	change(&e)
	_, err := o.Books.Post(o.ctx, e)
	return err
}

func (o *office) importing(csv string) error {
	report, err := o.Contacts.Import(o.ctx, contact.Import{Source: strings.NewReader(csv)})
	for _, r := range report.Rows {
		err = errors.Join(err, r.Err)
	}
	return err
}

func id[T any](r storage.Ref) storage.ID[T] {
	v, _ := storage.RefID[T](r)
	return v
}

// A refusal is one bad input: what is done, and the code that answers, after the path where there is one.
type refusal struct {
	name string
	do   func(o *office) error
	want []string
}

var refusals = []refusal{
	{"an invoice in no currency of this world", func(o *office) error { return o.draft(func(d *billing.Draft) { d.Currency = "ZZZ" }) }, []string{"currency currency"}},
	{"a payment in another currency", func(o *office) error {
		i, err := o.Invoices.IssueNew(o.ctx, billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: "w", Quantity: dec("1"), Price: dec("10")}}})
		if err != nil {
			return err
		}
		_, err = o.Invoices.Receive(o.ctx, billing.Receive{Customer: someone, Amount: money.MustParse("10 USD"), For: []billing.Settle{{Invoice: i.ID}}})
		_, undo := o.Invoices.Credit(o.ctx, billing.CreditInvoice{Invoice: i.ID})
		return errors.Join(err, undo)
	}, []string{"billing.currency"}},
	{"a deal in two currencies", func(o *office) error {
		return o.deal(func(d *pipeline.Open) {
			d.Lines = []pipeline.Line{{Text: "a", ListPrice: eur("1")}, {Text: "b", ListPrice: money.MustParse("1 USD")}}
		})
	}, []string{"lines.1.list_price currency"}},
	{"a company in no currency", func(o *office) error {
		_, err := o.Create(o.ctx, storage.Tenant{ID: "x", Currency: "EUR "})
		return err
	}, []string{"currency currency"}},

	{"an entry that does not balance", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Amount = eur("10.01") }) }, []string{"ledger.unbalanced"}},
	{"an entry that balances only across currencies", func(o *office) error {
		return o.post(func(e *ledger.Entry) { e.Legs[0].Amount = money.MustParse("10 USD") })
	}, []string{"ledger.unbalanced"}},
	{"an entry of one leg", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs = e.Legs[:1] }) }, []string{"legs too_few"}},
	{"an entry without a date", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Date = date.Date{} }) }, []string{"date required"}},
	{"an entry on no account", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Account = "nowhere" }) }, []string{"ledger.no_account"}},
	{"an entry on an account of a sub-ledger", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Account = ledger.Receivables }) }, []string{"ledger.control"}},
	{"an entry finer than a cent", func(o *office) error {
		return o.post(func(e *ledger.Entry) {
			e.Legs[0].Amount, e.Legs[1].Amount = eur("10.001"), eur("-10.001")
		})
	}, []string{"scale"}},
	{"an entry beyond all money", func(o *office) error {
		return o.post(func(e *ledger.Entry) {
			e.Legs[0].Amount, e.Legs[1].Amount = eur("1"+strings.Repeat("0", 30)), eur("-1"+strings.Repeat("0", 30))
		})
	}, []string{"range"}},

	{"an unknown tenant", func(o *office) error { _, err := o.Tenant(o.ctx, "nobody"); return err }, []string{"unknown_tenant"}},
	{"a tenant that can be none", func(o *office) error { _, err := o.Tenant(o.ctx, "a\x00'; DROP TABLE"); return err }, []string{"unknown_tenant"}},
	{"a second tenant of one name", func(o *office) error { _, err := o.Create(o.ctx, storage.Tenant{ID: "acme"}); return err }, []string{"tenant_exists"}},
	{"a tenant of a bad name", func(o *office) error { _, err := o.Create(o.ctx, storage.Tenant{ID: "Ünal & Co"}); return err }, []string{"id format"}},
	{"an export cut short", func(o *office) error {
		var b bytes.Buffer
		if err := o.Store().ExportTenant(o.ctx, "acme", &b); err != nil {
			return err
		}
		_, err := o.Store().ImportTenant(o.ctx, bytes.NewReader(b.Bytes()[:b.Len()/2]), "cut")
		if _, missing := o.Tenant(o.ctx, "cut"); !errors.Is(missing, storage.ErrUnknownTenant) {
			return errors.New("half a tenant is there")
		}
		return err
	}, []string{"bad_export"}},

	{"a stale deal", func(o *office) error {
		_, err := o.Deals.Reopen(o.ctx, pipeline.Reopen{ID: id[pipeline.Deal](o.Deal), Version: 1})
		return err
	}, []string{"stale"}},
	{"a stale party", func(o *office) error {
		_, err := o.Parties.Archive(o.ctx, party.Archive{ID: id[party.Party](o.Customer), Version: 99})
		return err
	}, []string{"stale"}},
	{"a stale invoice", func(o *office) error {
		_, err := o.Invoices.Credit(o.ctx, billing.CreditInvoice{Invoice: id[billing.Invoice](o.Invoice), Version: 1})
		return err
	}, []string{"stale"}},
	{"a stale project", func(o *office) error {
		_, err := o.Projects.Close(o.ctx, project.Move{Project: id[project.Project](o.Project), Version: 1})
		return err
	}, []string{"stale"}},

	{"text where a date belongs, in a file", func(o *office) error { return o.importing("name,fields.since\nAsel,yesterday\n") }, []string{"fields.since type"}},
	{"a date that is none, in a file", func(o *office) error { return o.importing("name,fields.since\nAsel,2026-02-30\n") }, []string{"fields.since type"}},
	{"text where a number belongs, in a file", func(o *office) error { return o.importing("name,fields.size\nAsel,many\n") }, []string{"fields.size type"}},
	{"text where a date belongs", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"since": "yesterday"} })
	}, []string{"fields.since type"}},
	{"a field that nobody declared", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"nobody": "x"} })
	}, []string{"fields.nobody unknown"}},
	{"a file without the column that is needed", func(o *office) error { return o.importing("email\nasel@example.org\n") }, []string{"name required"}},
	{"a row with a missing column", func(o *office) error { return o.importing("name,email,role\nAsel,asel@example.org\n") }, []string{"role required"}},
	{"a row with a column too many", func(o *office) error { return o.importing("name,role\nAsel,buyer,,\n") }, []string{"row format"}},
	{"a row with a quote in the middle", func(o *office) error { return o.importing("name,role\nAs\"el,buyer\n") }, []string{"row format"}},
	{"a row with a bad address", func(o *office) error { return o.importing("name,email\nAsel,at home\n") }, []string{"email format"}},
	{"a file of no columns that we know", func(o *office) error { return o.importing("name,shoe\nAsel,43\n") }, []string{"columns.1 unknown"}},
	{"a row that is no text", func(o *office) error { return o.importing("name,role\nAsel,\xff\n") }, []string{"role encoding"}},
	{"an empty file", func(o *office) error { return o.importing("") }, []string{"name required"}},

	{"a negative quantity on an invoice", func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("-1") }) }, []string{"lines.0.quantity negative"}},
	{"a negative quantity in an order", func(o *office) error { return o.order(func(d *sales.Draft) { d.Lines[0].Quantity = dec("-1") }) }, []string{"lines.0.quantity negative"}},
	{"a negative quantity in a deal", func(o *office) error {
		return o.deal(func(d *pipeline.Open) {
			d.Lines = []pipeline.Line{{Text: "a", Quantity: dec("-1"), ListPrice: eur("1")}}
		})
	}, []string{"lines.0.quantity negative"}},
	{"negative hours", func(o *office) error {
		_, err := o.Projects.LogTime(o.ctx, project.LogTime{Times: []project.Hours{{Project: id[project.Project](o.Project), Person: someone, Date: someDate, Hours: dec("-1")}}})
		return err
	}, []string{"times.0.hours negative", "times.0.hours range"}},
	{"a negative payment", func(o *office) error {
		_, err := o.Invoices.Receive(o.ctx, billing.Receive{Customer: someone, Amount: eur("-1")})
		return err
	}, []string{"amount negative"}},
	{"a quantity of five decimals", func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("0.00001") }) }, []string{"lines.0.quantity scale"}},
	{"a quantity beyond all counting", func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("1e20") }) }, []string{"range"}},

	{"a key that is too long", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Key = storage.Key(strings.Repeat("k", 300)) })
	}, []string{"key too_long"}},
	{"a key that is no text", func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Key = "a\x00b" }) }, []string{"key encoding"}},
	{"a key used for something else", func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Key = "before/deal" }) }, []string{"key_reused"}},
	{"an actor that is no text", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.By = storage.Ref{Kind: "u", ID: "\xff"} })
	}, []string{"encoding"}},
	{"a reason that is no text", func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Why = "a\x00b" }) }, []string{"why encoding"}},
	{"a field of one's own that is no text", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"memo": "a\x00b"} })
	}, []string{"fields.memo encoding"}},

	{"a cursor of nowhere", func(o *office) error { _, err := o.Deals.Page(o.ctx, pipeline.Filter{}, "%%%"); return err }, []string{"bad_cursor"}},
	{"a condition on no field", func(o *office) error {
		_, err := o.Deals.Page(o.ctx, pipeline.Filter{Where: []storage.Cond{storage.Eq("1=1; --", "x")}}, "")
		return err
	}, []string{"1=1; -- unknown"}},
	{"a condition that compares a date with a text", func(o *office) error {
		_, err := o.Deals.Page(o.ctx, pipeline.Filter{Where: []storage.Cond{storage.Ge("opened", "yesterday")}}, "")
		return err
	}, []string{"opened type"}},
	{"nobody's identifier", func(o *office) error { _, err := o.Deals.Get(o.ctx, storage.ID[pipeline.Deal]{1}); return err }, []string{"not_found"}},
}

// Questions with a text that cannot be stored anywhere: nothing is like it, or the question is refused. On no engine it is a failure of the engine.
func questions(o *office, text string) map[string]func() (int, error) {
	ref := storage.Ref{Kind: "k", ID: text}
	count := func(n int, err error) (int, error) { return n, err }
	return map[string]func() (int, error){
		"parties by name": func() (int, error) {
			p, err := o.Parties.Page(o.ctx, party.Filter{Name: text}, "")
			return count(len(p.Items), err)
		},
		"parties by sector": func() (int, error) {
			p, err := o.Parties.Page(o.ctx, party.Filter{Sector: text}, "")
			return count(len(p.Items), err)
		},
		"deals by customer": func() (int, error) {
			p, err := o.Deals.Page(o.ctx, pipeline.Filter{Customer: ref}, "")
			return count(len(p.Items), err)
		},
		"deals by source": func() (int, error) {
			p, err := o.Deals.Page(o.ctx, pipeline.Filter{Source: text}, "")
			return count(len(p.Items), err)
		},
		"deals by own field": func() (int, error) {
			p, err := o.Deals.Page(o.ctx, pipeline.Filter{Where: []storage.Cond{storage.Eq("fields.memo", text)}}, "")
			return count(len(p.Items), err)
		},
		"invoices by number": func() (int, error) {
			p, err := o.Invoices.Page(o.ctx, billing.Filter{Where: []storage.Cond{storage.Prefix("number", text)}}, "")
			return count(len(p.Items), err)
		},
		"invoices of": func() (int, error) {
			p, err := o.Invoices.Page(o.ctx, billing.Filter{Customer: ref}, "")
			return count(len(p.Items), err)
		},
		"entries of": func() (int, error) { p, err := o.Books.BySource(o.ctx, ref); return count(len(p), err) },
		"the way back from": func() (int, error) {
			p, err := o.Origins(o.ctx, storage.Ref{Kind: "billing.invoice", ID: text})
			return count(len(p), err)
		},
		"a balance": func() (int, error) {
			b, err := o.Books.Balance(o.ctx, text, "EUR", date.Date{})
			if b.IsZero() {
				return 0, err
			}
			return 1, err
		},
		"a policy":     func() (int, error) { _, err := o.Approvals.Policy(o.ctx, text); return 0, err },
		"an e-mail":    func() (int, error) { p, err := o.Parties.Find(o.ctx, "email", text); return count(len(p), err) },
		"a tax number": func() (int, error) { p, err := o.Parties.Find(o.ctx, "vat", text); return count(len(p), err) },
	}
}

// codes says of an error what a program can test: the codes, each after the path where there is one.
func codes(err error) (list []string) {
	var walk func(error)
	walk = func(err error) {
		var many interface{ Unwrap() []error }
		var bad *storage.Invalid
		var coded *storage.Error
		if errors.As(err, &many) {
			for _, one := range many.Unwrap() {
				walk(one)
			}
			return
		}
		if errors.As(err, &coded) {
			list = append(list, coded.Code)
		}
		if errors.As(err, &bad) {
			for _, f := range bad.Fields {
				list = append(list, strings.TrimSpace(f.Path+" "+f.Code))
			}
		}
		if coded == nil && bad == nil && err != nil {
			list = append(list, "no code: "+err.Error())
		}
	}
	walk(err)
	slices.Sort(list)
	return slices.Compact(list)
}

// answers holds what the first engine said to each question, for the others to say the same.
type answers map[string][]string

func (a answers) same(t *testing.T, engine, question string, got []string) {
	t.Helper()
	if first, ok := a[question]; ok {
		require.Equal(t, first, got, "%s answers otherwise than the engine before: %s", engine, question)
	}
	a[question] = got
}

func TestBadInputIsRefusedWithItsCodeAndLeavesNothing(t *testing.T) {
	said := answers{}
	onEach(t, func(t *testing.T, e engine) {
		o := openOffice(t, e)
		before := counts(t, o.Store(), "acme")
		for _, r := range refusals {
			err := r.do(o)
			got := codes(err)
			assert.NotEmpty(t, got, "%s: it was not refused", r.name)
			matches := r.want == nil
			for _, w := range r.want {
				matches = matches || slices.ContainsFunc(got, func(g string) bool { return g == w || strings.HasSuffix(g, " "+w) })
			}
			assert.True(t, matches, "%s: got %q, want one of %q (%v)", r.name, got, r.want, err)
			assert.NotContains(t, strings.Join(got, ", "), "no code", r.name)
			said.same(t, e.name, r.name, got)
			if r.name == "a payment in another currency" {
				before = counts(t, o.Store(), "acme") // it needed an invoice
				continue
			}
			assert.Equal(t, before, counts(t, o.Store(), "acme"), "%s: something was written", r.name)
		}
		invariants(t, o.Company, o.today())
	})
}

// naming writes one thing of each kind with a name.
func naming(o *office, name string) map[string]func() (string, error) {
	return map[string]func() (string, error){
		"party": func() (string, error) {
			p, err := o.Parties.Create(o.ctx, party.Create{Kind: party.Organisation, Name: name})
			if err != nil {
				return "", err
			}
			p, err = o.Parties.Get(o.ctx, p.ID)
			return p.Name, err
		},
		"contact": func() (string, error) {
			c, err := o.Contacts.Add(o.ctx, contact.Add{Name: name})
			if err != nil {
				return "", err
			}
			card, err := o.Contacts.Card(o.ctx, c.ID)
			if err != nil {
				return "", err
			}
			return card.Person.Name, nil
		},
		"deal": func() (string, error) {
			d, err := o.Deals.Open(o.ctx, pipeline.Open{Name: name, Pipeline: o.way.ID})
			if err != nil {
				return "", err
			}
			d, err = o.Deals.Get(o.ctx, d.ID)
			return d.Name, err
		},
		"pipeline": func() (string, error) {
			p, err := o.Deals.CreatePipeline(o.ctx, pipeline.CreatePipeline{Name: name, Stages: pipeline.Usual()})
			if err != nil {
				return "", err
			}
			p, err = o.Deals.Pipeline(o.ctx, p.ID)
			return p.Name, err
		},
		"project": func() (string, error) {
			p, err := o.Projects.Open(o.ctx, project.Open{Terms: project.Terms{Name: name, Customer: someone}})
			if err != nil {
				return "", err
			}
			p, err = o.Projects.Get(o.ctx, p.ID)
			return p.Name, err
		},
		"person": func() (string, error) {
			p, err := o.People.Hire(o.ctx, people.Hire{Hired: someDate, Profile: people.Profile{Name: name}})
			if err != nil {
				return "", err
			}
			p, err = o.People.Get(o.ctx, p.ID)
			return p.Name, err
		},
		"product": func() (string, error) {
			p, err := o.Products.Create(o.ctx, catalog.Create{Code: fmt.Sprintf("p%x", len(name)) + fmt.Sprint(sum(name)), Name: name})
			if err != nil {
				return "", err
			}
			p, err = o.Products.Get(o.ctx, p.ID)
			return p.Name, err
		},
		"account": func() (string, error) {
			a, err := o.Books.OpenAccount(o.ctx, ledger.OpenAccount{Code: "x" + fmt.Sprint(sum(name)), Name: name, Type: ledger.Asset})
			if err != nil {
				return "", err
			}
			a, err = o.Books.Account(o.ctx, a.Code)
			return a.Name, err
		},
		"cost centre": func() (string, error) {
			c, err := o.Costs.Open(o.ctx, cost.Open{Code: "c" + fmt.Sprint(sum(name)), Profile: cost.Profile{Name: name}})
			if err != nil {
				return "", err
			}
			return c.Name, err
		},
		"policy": func() (string, error) {
			p, err := o.Approvals.SetPolicy(o.ctx, approval.SetPolicy{Policy: approval.Policy{Name: name, Measure: approval.Always,
				Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{clerk}}}}})
			if err != nil {
				return "", err
			}
			p, err = o.Approvals.Policy(o.ctx, p.Name)
			if err != nil {
				return "", err
			}
			return p.Name, nil
		},
		"activity": func() (string, error) {
			a, err := o.Activities.Log(o.ctx, activity.Log{Subject: o.Deal, Title: name})
			if err != nil {
				return "", err
			}
			return a.Title, nil
		},
		"line of an invoice": func() (string, error) {
			i, err := o.Invoices.Draft(o.ctx, billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: name, Quantity: dec("1"), Price: dec("10")}}})
			if err != nil {
				return "", err
			}
			i, err = o.Invoices.Get(o.ctx, i.ID)
			return i.Lines[0].Text, err
		},
		"text of an entry": func() (string, error) {
			p, err := o.Books.Post(o.ctx, ledger.Entry{Date: someDate, Text: name, Legs: []ledger.Leg{
				ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}), ledger.Credit(ledger.OfficeExpense, eur("10"), ledger.Dims{})}})
			if err != nil {
				return "", err
			}
			e, err := o.Books.Entry(o.ctx, p[0].ID)
			if err != nil {
				return "", err
			}
			return e.Text, nil
		},
	}
}

// sum makes codes that differ where names do.
func sum(s string) (n uint32) {
	for _, b := range []byte(s) {
		n = n*31 + uint32(b)
	}
	return n
}

func TestANameThatCannotBeStoredIsRefusedEverywhere(t *testing.T) {
	said := answers{}
	onEach(t, func(t *testing.T, e engine) {
		o := openOffice(t, e)
		before := counts(t, o.Store(), "acme")
		for what, bad := range map[string][2]string{
			"10,000 characters": {strings.Repeat("ә", 10_000), storage.CodeTooLong},
			"invalid UTF-8":     {"Acme \xff\xfe Ltd", storage.CodeEncoding},
			"NUL":               {"Acme\x00Ltd", storage.CodeEncoding},
		} {
			for kind, write := range naming(o, bad[0]) {
				_, err := write()
				question := what + " as the name of: " + kind
				got := codes(err)
				require.True(t, slices.ContainsFunc(got, func(g string) bool { return strings.HasSuffix(g, " "+bad[1]) }), "%s: %q (%v)", question, got, err)
				said.same(t, e.name, question, got)
				require.Equal(t, before, counts(t, o.Store(), "acme"), "%s: something was written", question)
			}
			for kind, ask := range questions(o, bad[0]) {
				n, err := ask()
				require.Zero(t, n, "%s as %s", what, kind)
				for _, c := range codes(err) {
					require.NotContains(t, c, "no code", "%s as %s", what, kind)
				}
				said.same(t, e.name, what+" as "+kind, codes(err))
			}
		}
	})
}

func TestANameIsStoredVerbatim(t *testing.T) {
	names := []string{
		`Robert'); DROP TABLE "tutas"."pipeline_deal"; --`, `" OR 1=1 /*`, `$1 ? :name @p {0} %s %`, `back\slash\n\\`,
		"Әлия Құрманғазы Өтеген Ұлан Үміт Һафиз Іңкәр ә ғ қ ң ө ұ ү һ і", "Ә́ with a combining mark, e\u0301 and é", "日本 العربية 👩🏽‍🚀 \u202eback\u202c", "tab\tand newline\nand \u2028",
		"NULL", "null", "{}", "0", `\x00`, "a, \"b\"; c",
	}
	onEach(t, func(t *testing.T, e engine) {
		o := openOffice(t, e)
		for _, name := range names {
			for kind, write := range naming(o, name) {
				got, err := write()
				if err != nil && strings.ContainsAny(name, "\n\t\u2028") {
					require.NotContains(t, strings.Join(codes(err), ", "), "no code", "%q as the name of a %s", name, kind)
					continue // a control character may be refused, with a code
				}
				require.NoError(t, err, "%q as the name of a %s", name, kind)
				require.Equal(t, name, got, kind)
			}
		}
		for kind, ask := range questions(o, names[0]) {
			n, err := ask()
			require.NotContains(t, strings.Join(codes(err), ", "), "no code", kind)
			if kind != "parties by name" {
				require.Zero(t, n, kind)
			}
		}
		found := each(t, o.Parties.All(o.ctx, party.Filter{Name: "ӘЛИЯ құрман", Kind: party.Organisation}))
		require.Len(t, found, 1, "a name is found however it is capitalised")
		require.Equal(t, names[4], found[0].Name)
	})
}
