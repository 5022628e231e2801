package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
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
	for _, f := range []storage.FieldSpec{{Name: "since", Type: storage.DateField, Indexed: true}, {Name: "size",
		Type: storage.IntField}, {Name: "memo", Type: storage.TextField, Indexed: true}} {
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
	e := ledger.Entry{Date: someDate, Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}),
		ledger.Credit(ledger.Revenue, eur("10"), ledger.Dims{})}}
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
	{"an invoice in no currency of this world",
		func(o *office) error { return o.draft(func(d *billing.Draft) { d.Currency = "ZZZ" }) }, []string{"currency currency"}},
	{"a payment in another currency", func(o *office) error {
		i, err := o.Invoices.IssueNew(o.ctx, billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: "w",
			Quantity: dec("1"), Price: dec("10")}}})
		if err != nil {
			return err
		}
		_, err = o.Invoices.Receive(o.ctx, billing.Receive{Customer: someone, Amount: money.MustParse("10 USD"),
			For: []billing.Settle{{Invoice: i.ID}}})
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

	{"an entry that does not balance",
		func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Amount = eur("10.01") }) }, []string{"ledger.unbalanced"}},
	{"an entry that balances only across currencies", func(o *office) error {
		return o.post(func(e *ledger.Entry) { e.Legs[0].Amount = money.MustParse("10 USD") })
	}, []string{"ledger.unbalanced"}},
	{"an entry of one leg", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs = e.Legs[:1] }) },
		[]string{"legs too_few"}},
	{"an entry without a date", func(o *office) error { return o.post(func(e *ledger.Entry) { e.Date = date.Date{} }) },
		[]string{"date required"}},
	{"an entry on no account",
		func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Account = "nowhere" }) }, []string{"ledger.no_account"}},
	{"an entry on an account of a sub-ledger",
		func(o *office) error { return o.post(func(e *ledger.Entry) { e.Legs[0].Account = ledger.Receivables }) }, []string{"ledger.control"}},
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
	{"a tenant that can be none", func(o *office) error { _, err := o.Tenant(o.ctx, "a\x00'; DROP TABLE"); return err },
		[]string{"unknown_tenant"}},
	{"a second tenant of one name", func(o *office) error {
		_, err := o.Create(o.ctx,
			storage.Tenant{ID: "acme"})
		return err
	}, []string{"tenant_exists"}},
	{"a tenant of a bad name", func(o *office) error {
		_, err := o.Create(o.ctx,
			storage.Tenant{ID: "Ünal & Co"})
		return err
	}, []string{"id format"}},
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

	{"text where a date belongs, in a file",
		func(o *office) error { return o.importing("name,fields.since\nAsel,yesterday\n") }, []string{"fields.since type"}},
	{"a date that is none, in a file", func(o *office) error { return o.importing("name,fields.since\nAsel,2026-02-30\n") },
		[]string{"fields.since type"}},
	{"text where a number belongs, in a file", func(o *office) error { return o.importing("name,fields.size\nAsel,many\n") },
		[]string{"fields.size type"}},
	{"text where a date belongs", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"since": "yesterday"} })
	}, []string{"fields.since type"}},
	{"a field that nobody declared", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"nobody": "x"} })
	}, []string{"fields.nobody unknown"}},
	{"a file without the column that is needed", func(o *office) error { return o.importing("email\nasel@example.org\n") },
		[]string{"name required"}},
	{"a row with a missing column", func(o *office) error { return o.importing("name,email,role\nAsel,asel@example.org\n") },
		[]string{"role required"}},
	{"a row with a column too many", func(o *office) error { return o.importing("name,role\nAsel,buyer,,\n") },
		[]string{"row format"}},
	{"a row with a quote in the middle", func(o *office) error { return o.importing("name,role\nAs\"el,buyer\n") },
		[]string{"row format"}},
	{"a row with a bad address", func(o *office) error { return o.importing("name,email\nAsel,at home\n") },
		[]string{"email format"}},
	{"a file of no columns that we know", func(o *office) error { return o.importing("name,shoe\nAsel,43\n") },
		[]string{"columns.1 unknown"}},
	{"a row that is no text", func(o *office) error { return o.importing("name,role\nAsel,\xff\n") }, []string{"role encoding"}},
	{"an empty file", func(o *office) error { return o.importing("") }, []string{"name required"}},

	{"a negative quantity on an invoice",
		func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("-1") }) }, []string{"lines.0.quantity negative"}},
	{"a negative quantity in an order",
		func(o *office) error { return o.order(func(d *sales.Draft) { d.Lines[0].Quantity = dec("-1") }) }, []string{"lines.0.quantity negative"}},
	{"a negative quantity in a deal", func(o *office) error {
		return o.deal(func(d *pipeline.Open) {
			d.Lines = []pipeline.Line{{Text: "a", Quantity: dec("-1"), ListPrice: eur("1")}}
		})
	}, []string{"lines.0.quantity negative"}},
	{"negative hours", func(o *office) error {
		_, err := o.Projects.LogTime(o.ctx, project.LogTime{Times: []project.Hours{{Project: id[project.Project](o.Project),
			Person: someone, Date: someDate, Hours: dec("-1")}}})
		return err
	}, []string{"times.0.hours negative", "times.0.hours range"}},
	{"a negative payment", func(o *office) error {
		_, err := o.Invoices.Receive(o.ctx, billing.Receive{Customer: someone, Amount: eur("-1")})
		return err
	}, []string{"amount negative"}},
	{"a quantity of five decimals",
		func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("0.00001") }) }, []string{"lines.0.quantity scale"}},
	{"a quantity beyond all counting",
		func(o *office) error { return o.draft(func(d *billing.Draft) { d.Lines[0].Quantity = dec("1e20") }) }, []string{"range"}},

	{"a key that is too long", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Key = storage.Key(strings.Repeat("k", 300)) })
	}, []string{"key too_long"}},
	{"a key that is no text", func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Key = "a\x00b" }) },
		[]string{"key encoding"}},
	{"a key used for something else",
		func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Key = "before/deal" }) }, []string{"key_reused"}},
	{"an actor that is no text", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.By = storage.Ref{Kind: "u", ID: "\xff"} })
	}, []string{"encoding"}},
	{"a reason that is no text", func(o *office) error { return o.deal(func(d *pipeline.Open) { d.Why = "a\x00b" }) },
		[]string{"why encoding"}},
	{"a field of one's own that is no text", func(o *office) error {
		return o.deal(func(d *pipeline.Open) { d.Fields = storage.Fields{"memo": "a\x00b"} })
	}, []string{"fields.memo encoding"}},

	{"a cursor of nowhere", func(o *office) error { _, err := o.Deals.Page(o.ctx, pipeline.Filter{}, "%%%"); return err },
		[]string{"bad_cursor"}},
	{"a condition on no field", func(o *office) error {
		_, err := o.Deals.Page(o.ctx, pipeline.Filter{Where: []storage.Cond{storage.Eq("1=1; --", "x")}}, "")
		return err
	}, []string{"1=1; -- unknown"}},
	{"a condition that compares a date with a text", func(o *office) error {
		_, err := o.Deals.Page(o.ctx, pipeline.Filter{Where: []storage.Cond{storage.Ge("opened", "yesterday")}}, "")
		return err
	}, []string{"opened type"}},
	{"nobody's identifier", func(o *office) error { _, err := o.Deals.Get(o.ctx, storage.ID[pipeline.Deal]{1}); return err },
		[]string{"not_found"}},
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
