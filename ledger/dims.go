package ledger

import (
	"github.com/tutas/tutas/storage"
)

// A Dimension is a direction in which the books can be cut.
type Dimension string

// The dimensions. Spare1 and Spare2 mean what a host wants.
const (
	Customer   Dimension = "customer"
	Supplier   Dimension = "supplier"
	Project    Dimension = "project"
	Department Dimension = "department"
	CostCentre Dimension = "cost_centre"
	Product    Dimension = "product"
	Person     Dimension = "person"
	Campaign   Dimension = "campaign"
	Deal       Dimension = "deal"
	Region     Dimension = "region"
	Spare1     Dimension = "spare1"
	Spare2     Dimension = "spare2"
)

// dimensions lists all of them in the order of their columns and of their encoding in digests.
var dimensions = [...]Dimension{Customer, Supplier, Project, Department, CostCentre, Product, Person, Campaign, Deal,
	Region, Spare1, Spare2}

// Dimensions lists all dimensions.
func Dimensions() []Dimension { return append([]Dimension(nil), dimensions[:]...) }

// Dims says whom and what an amount is about: the identifier of a value in each dimension, "" for none.
type Dims struct {
	Customer   string `json:"customer,omitempty"`
	Supplier   string `json:"supplier,omitempty"`
	Project    string `json:"project,omitempty"`
	Department string `json:"department,omitempty"`
	CostCentre string `json:"cost_centre,omitempty"`
	Product    string `json:"product,omitempty"`
	Person     string `json:"person,omitempty"`
	Campaign   string `json:"campaign,omitempty"`
	Deal       string `json:"deal,omitempty"`
	Region     string `json:"region,omitempty"`
	Spare1     string `json:"spare1,omitempty"`
	Spare2     string `json:"spare2,omitempty"`
}

// maxValue is the longest identifier of a dimension's value, in bytes.
const maxValue = 200

func (d *Dims) all() [len(dimensions)]*string {
	return [...]*string{&d.Customer, &d.Supplier, &d.Project, &d.Department, &d.CostCentre, &d.Product, &d.Person,
		&d.Campaign, &d.Deal,
		&d.Region, &d.Spare1, &d.Spare2}
}

// Of returns the value in a dimension, "" for none or for a dimension that does not exist.
func (d Dims) Of(which Dimension) string {
	for i, name := range dimensions {
		if name == which {
			return *d.all()[i]
		}
	}
	return ""
}

// With returns the same with another value in a dimension.
func (d Dims) With(which Dimension, value string) Dims {
	for i, name := range dimensions {
		if name == which {
			*d.all()[i] = value
		}
	}
	return d
}

// Or returns these values, and where there is none those of others.
func (d Dims) Or(others Dims) Dims {
	mine, theirs := d.all(), others.all()
	for i, p := range mine {
		if *p == "" {
			*p = *theirs[i]
		}
	}
	return d
}

func (w Dimension) known() bool {
	for _, name := range dimensions {
		if name == w {
			return true
		}
	}
	return false
}

// check notes values that cannot be kept.
func (d Dims) check(bad *faults, path func() string) {
	if d == (Dims{}) {
		return
	}
	for i, p := range d.all() {
		if code := textFault(*p, maxValue); code != "" {
			bad.add(path()+"."+string(dimensions[i]), code)
		}
	}
}

// fields binds the columns.
func (d *Dims) fields() (list [len(dimensions)]storage.Field) {
	for i, p := range d.all() {
		list[i] = storage.Text(string(dimensions[i]), p).Limit(maxValue)
	}
	return list
}
