package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Questions with a text that cannot be stored anywhere: nothing is like it, or the question is refused. On no engine it is a
// failure of the engine.
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
		"enrolments of": func() (int, error) {
			p, err := o.Nurture.Page(o.ctx, nurture.Filter{Contact: ref}, "")
			return count(len(p.Items), err)
		},
		"enrolments in": func() (int, error) {
			p, err := o.Nurture.Page(o.ctx, nurture.Filter{Sequence: text}, "")
			return count(len(p.Items), err)
		},
		"scores at": func() (int, error) {
			p, err := o.Nurture.ScorePage(o.ctx, nurture.ScoreFilter{Model: text, Level: text}, "")
			return count(len(p.Items), err)
		},
		"a sequence":   func() (int, error) { _, err := o.Nurture.Sequence(o.ctx, text); return 0, err },
		"a score":      func() (int, error) { _, err := o.Nurture.Explain(o.ctx, text, ref); return 0, err },
		"a policy":     func() (int, error) { _, err := o.Approvals.Policy(o.ctx, text); return 0, err },
		"an e-mail":    func() (int, error) { p, err := o.Parties.Find(o.ctx, "email", text); return count(len(p), err) },
		"a tax number": func() (int, error) { p, err := o.Parties.Find(o.ctx, "vat", text); return count(len(p), err) },
	}
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
			p, err := o.Products.Create(o.ctx, catalog.Create{Code: fmt.Sprintf("p%x", len(name)) + fmt.Sprint(sum(name)),
				Name: name})
			if err != nil {
				return "", err
			}
			p, err = o.Products.Get(o.ctx, p.ID)
			return p.Name, err
		},
		"account": func() (string, error) {
			a, err := o.Books.OpenAccount(o.ctx, ledger.OpenAccount{Code: "x" + fmt.Sprint(sum(name)), Name: name,
				Type: ledger.Asset})
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
		"sequence": func() (string, error) {
			q, err := o.Nurture.SetSequence(o.ctx, nurture.SetSequence{Sequence: nurture.Sequence{Name: name,
				Steps: []nurture.Step{{Do: nurture.Wait, Days: 1}}}})
			if err != nil {
				return "", err
			}
			q, err = o.Nurture.Sequence(o.ctx, q.Name)
			if err != nil {
				return "", err
			}
			return q.Name, nil
		},
		"model of scores": func() (string, error) {
			m, err := o.Nurture.SetModel(o.ctx, nurture.SetModel{Model: nurture.Model{Name: name,
				Rules: []nurture.PointRule{{Kind: "visit", Points: dec("1")}}}})
			if err != nil {
				return "", err
			}
			m, err = o.Nurture.Model(o.ctx, m.Name)
			if err != nil {
				return "", err
			}
			return m.Name, nil
		},
		"activity": func() (string, error) {
			a, err := o.Activities.Log(o.ctx, activity.Log{Subject: o.Deal, Title: name})
			if err != nil {
				return "", err
			}
			return a.Title, nil
		},
		"line of an invoice": func() (string, error) {
			i, err := o.Invoices.Draft(o.ctx, billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: name,
				Quantity: dec("1"), Price: dec("10")}}})
			if err != nil {
				return "", err
			}
			i, err = o.Invoices.Get(o.ctx, i.ID)
			return i.Lines[0].Text, err
		},
		"text of an entry": func() (string, error) {
			p, err := o.Books.Post(o.ctx, ledger.Entry{Date: someDate, Text: name, Legs: []ledger.Leg{
				ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}), ledger.Credit(ledger.OfficeExpense, eur("10"),
					ledger.Dims{})}})
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
				require.True(t, slices.ContainsFunc(got, func(g string) bool { return strings.HasSuffix(g, " "+bad[1]) }),
					"%s: %q (%v)", question, got, err)
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
		"Әлия Құрманғазы Өтеген Ұлан Үміт Һафиз Іңкәр ә ғ қ ң ө ұ ү һ і", "Ә́ with a combining mark, e\u0301 and é",
		"日本 العربية 👩🏽‍🚀 \u202eback\u202c", "tab\tand newline\nand \u2028",
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
