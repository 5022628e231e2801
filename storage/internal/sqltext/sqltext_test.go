package sqltext_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// The tables of these tests: a parent, and a child with every kind of column and index.
func tables() (firm, deal *driver.Table) {
	firm = &driver.Table{
		Name: "firm", Key: 1, Version: 1,
		Columns: []driver.Column{{Name: "id", Kind: driver.UUID}, {Name: "version", Kind: driver.Int}},
	}
	deal = &driver.Table{
		Name: "deal", Key: 2, Version: -1,
		Columns: []driver.Column{
			{Name: "firm", Kind: driver.UUID},
			{Name: "line", Kind: driver.Int},
			{Name: "name", Kind: driver.Text, Default: driver.TextValue("it's")},
			{Name: "note", Kind: driver.Text, Nullable: true},
			{Name: "won", Kind: driver.Bool, Default: driver.BoolValue(true)},
			{Name: "due", Kind: driver.Date, Default: driver.IntValue(-1)},
			{Name: "at", Kind: driver.Instant, Default: driver.IntValue(1)},
			{Name: "rate", Kind: driver.Decimal},
			{Name: "fields", Kind: driver.JSON},
			{Name: "owner", Kind: driver.UUID, Nullable: true},
		},
		Indexes: []driver.Index{
			{Name: "by_due", Columns: []int{5, 1}},
			{Name: "code", Columns: []int{2}, Unique: true},
			{Name: "mine", Columns: []int{9, 5}, Sparse: true},
			{Name: "wake", Columns: []int{6}, Global: true},
			{Name: "one_in_all", Columns: []int{2, 5}, Unique: true, Global: true, Sparse: true},
		},
		Parent: &driver.ForeignKey{Table: firm, Columns: []int{0}},
	}
	return firm, deal
}

var dialects = []struct {
	name string
	sqltext.Dialect
}{
	{"postgres", sqltext.PostgreSQL("tutas")},
	{"sqlite", sqltext.SQLite("tutas_")},
}

func text(s string) driver.Value { return driver.TextValue(s) }

func number(n int64) driver.Value { return driver.IntValue(n) }

// TestStatementsAreSpeltAsInTheGoldenFiles shows all texts side by side; -rewrite writes them anew, for a reviewer to
// read the difference.
func TestStatementsAreSpeltAsInTheGoldenFiles(t *testing.T) {
	firm, deal := tables()
	id := driver.UUIDValue([16]byte{15: 1})
	in := func(n int) driver.Cond {
		c := driver.Cond{Column: 1, Op: driver.In}
		for i := range n {
			c.Values = append(c.Values, number(int64(i)))
		}
		return c
	}
	acme := sqltext.Scope{Tenant: "acme"}
	for _, d := range dialects {
		var b strings.Builder
		show := func(title, text string) { fmt.Fprintf(&b, "-- %s\n%s\n\n", title, text) }
		query := func(title string, s sqltext.Statement) {
			show(title, s.Text)
			for _, a := range s.Args {
				fmt.Fprintf(&b, "   %d %q %d of %d\n", a.Kind, a.Value.Text(), a.Value.Int(), len(a.List))
			}
			b.WriteString("\n")
		}
		show("create a table", d.CreateTable(firm))
		show("create a child with a column of the backend's own", d.CreateTable(deal, "tail_pos bigint"))
		for _, ix := range sqltext.Indexes(deal) {
			show("create index "+ix.Name, d.CreateIndex(deal, ix, ix.Name == "by_due"))
		}
		show("add a column", d.AddColumn(deal, driver.Column{Name: "tag", Kind: driver.Text}))
		show("add a nullable column", d.AddColumn(deal, driver.Column{Name: "n", Kind: driver.Int, Nullable: true}))
		show("rename a column", d.RenameColumn(deal, "tag", "label"))

		query("all", d.Select(driver.Query{Table: deal}, acme))
		query("a page backwards after a row", d.Select(driver.Query{
			Table: deal, Order: []int{5, 2}, Desc: true, Limit: 50,
			After: driver.Row{number(10), text("x"), id, number(3)},
		}, acme))
		query("an order that holds a key column", d.Select(driver.Query{
			Table: deal, Order: []int{1, 5, 1}, After: driver.Row{number(7), number(10), number(7), id, number(7)},
		}, acme))
		query("across tenants, after a row", d.Select(driver.Query{
			Table: deal, Order: []int{6}, After: driver.Row{number(10), text("acme"), id, number(3)}, Limit: 2,
		}, sqltext.Scope{Across: true}))
		query("every comparison", d.Select(driver.Query{Table: deal, Where: []driver.Cond{
			{Column: 4, Op: driver.Eq, Values: []driver.Value{driver.BoolValue(true)}},
			{Column: 2, Op: driver.Ne, Values: []driver.Value{text("a")}},
			{Column: 5, Op: driver.Lt, Values: []driver.Value{number(1)}},
			{Column: 5, Op: driver.Le, Values: []driver.Value{number(2)}},
			{Column: 5, Op: driver.Gt, Values: []driver.Value{number(3)}},
			{Column: 5, Op: driver.Ge, Values: []driver.Value{number(4)}},
			{Column: 9, Op: driver.IsNull},
			{Column: 3, Op: driver.NotNull},
			{Column: 2, Op: driver.Prefix, Values: []driver.Value{text("Қазақ")}},
			{Column: 2, Op: driver.Prefix, Values: []driver.Value{text("")}},
			{Column: 2, Op: driver.Prefix, Values: []driver.Value{text("a\xffb")}},
		}}, acme))
		query("in nothing, three, 65", d.Select(driver.Query{Table: deal, Where: []driver.Cond{in(0), in(3), in(65)}}, acme))
		query("sum by two", d.Sum(driver.Query{Table: deal}, acme, []int{1, 1}, []int{3, 5}, false))
		query("sum of all, in halves", d.Sum(driver.Query{Table: deal}, acme, []int{1}, nil, true))

		path := filepath.Join("testdata", d.name+".sql")
		if *rewrite {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != string(want) {
			g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
			for i := range g {
				if i >= len(w) || g[i] != w[i] {
					t.Fatalf("%s line %d:\n%s\nwant\n%s", path, i+1, g[i], w[min(i, len(w)-1)])
				}
			}
			t.Fatalf("%s is longer than what was written", path)
		}
	}
}

func TestOneShapeHasOneText(t *testing.T) {
	_, deal := tables()
	for _, d := range dialects {
		seen := map[string]bool{}
		for n := 1; n <= 1000; n++ {
			c := driver.Cond{Column: 1, Op: driver.In}
			for i := range n {
				c.Values = append(c.Values, number(int64(i)))
			}
			seen[d.Select(driver.Query{Table: deal, Where: []driver.Cond{c}}, sqltext.Scope{Tenant: fmt.Sprint(n)}).Text] = true
		}
		if len(seen) > 8 {
			t.Errorf("%s: lists of 1 to 1,000 values have %d texts", d.name, len(seen))
		}
	}
}

func TestLongIndexNamesStayApartAndFitPostgreSQL(t *testing.T) {
	d := sqltext.PostgreSQL("tutas")
	table := strings.Repeat("t", 48)
	a, b := d.IndexName(table, "by_customer"), d.IndexName(table, "by_customer_2")
	if a == b || len(a) > 54 || len(b) > 54 {
		t.Errorf("%q and %q", a, b)
	}
}

func TestAParentComesBeforeItsChildren(t *testing.T) {
	firm, deal := tables()
	got, err := sqltext.Ordered(driver.Schema{Tables: []*driver.Table{deal, firm}})
	if err != nil || got[0] != firm || got[1] != deal {
		t.Errorf("got %v, %v", got, err)
	}
}
