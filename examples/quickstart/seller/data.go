package seller

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

//go:embed data/accounts.csv data/products.csv data/sales_teams.csv data/sales_pipeline.csv
var files embed.FS

// account, product, agent and opportunity are the rows of the data set, as they stand there.
type (
	account struct{ name, sector, parent string }
	product struct {
		name, series string
		price        decimal.Decimal
	}
	agent       struct{ name, manager, region string }
	opportunity struct {
		id, agent, product, account, stage string
		engaged, closed                    date.Date
		value                              decimal.Decimal
	}
)

// dataset is all of it.
type dataset struct {
	accounts      []account
	products      []product
	agents        []agent
	opportunities []opportunity
}

// Load reads the data set that is embedded in the program.
func load() (d dataset, err error) {
	read := func(name string, width int, row func([]string) error) {
		if err != nil {
			return
		}
		f, bad := files.Open("data/" + name)
		if bad != nil {
			err = bad
			return
		}
		err = rows(name, f, width, row)
	}
	read("accounts.csv", 7, func(r []string) error {
		d.accounts = append(d.accounts, account{r[0], r[1], r[6]})
		return nil
	})
	read("products.csv", 3, func(r []string) error {
		price, err := decimal.NewFromString(r[2])
		d.products = append(d.products, product{r[0], r[1], price})
		return err
	})
	read("sales_teams.csv", 3, func(r []string) error {
		d.agents = append(d.agents, agent{r[0], r[1], r[2]})
		return nil
	})
	read("sales_pipeline.csv", 8, func(r []string) (err error) {
		o, err := readOpportunity(r)
		d.opportunities = append(d.opportunities, o)
		return err
	})
	return d, err
}

// rows reads the rows after the head line; a fault names the file, the line and, where it is known, the column.
func rows(name string, r io.Reader, width int, row func([]string) error) error {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	for n := 1; ; n++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		path := fmt.Sprintf("%s.%d", name, n)
		if err != nil {
			return fault(path, storage.CodeFormat, err.Error())
		}
		if len(record) != width {
			return fault(path, storage.CodeRequired, fmt.Sprintf("%d columns, %d are needed", len(record), width))
		}
		if n == 1 {
			continue
		}
		if err := row(record); err != nil {
			return fault(path, storage.CodeFormat, err.Error())
		}
	}
}

func fault(path, code, text string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: path, Code: code, Text: text}}}
}

func readOpportunity(r []string) (o opportunity, err error) {
	o = opportunity{id: r[0], agent: r[1], product: r[2], account: r[3], stage: r[4]}
	if o.product == "GTXPro" { // the one spelling that differs from products.csv
		o.product = "GTX Pro"
	}
	if o.engaged, err = day(r[5]); err != nil {
		return o, err
	}
	if o.closed, err = day(r[6]); err != nil {
		return o, err
	}
	if r[7] != "" {
		o.value, err = decimal.NewFromString(r[7])
	}
	return o, err
}

// day reads DD-MM-YYYY; "" is no date.
func day(s string) (date.Date, error) {
	if s == "" {
		return date.Date{}, nil
	}
	p := strings.Split(s, "-")
	if len(p) != 3 {
		return date.Date{}, fmt.Errorf("%q is not DD-MM-YYYY", s)
	}
	return date.Parse(p[2] + "-" + p[1] + "-" + p[0])
}
