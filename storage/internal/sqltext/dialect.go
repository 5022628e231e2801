package sqltext

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// Tenant is the name of the column that stands in front of each primary key.
const Tenant = "tenant"

// A Dialect is one way of spelling SQL, together with the place where the tables live. It is comparable and safe to copy.
type Dialect struct {
	postgres bool
	space    string
}

// PostgreSQL spells for PostgreSQL, with all tables in one schema; "" leaves the schema to the search path.
func PostgreSQL(schema string) Dialect { return Dialect{postgres: true, space: schema} }

// SQLite spells for SQLite, with a prefix before each table's and index's name.
func SQLite(prefix string) Dialect { return Dialect{space: prefix} }

// Quote returns a name as a quoted identifier.
func (d Dialect) Quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// TableName returns the bare name a table has in the database: with the prefix in SQLite, without the schema in PostgreSQL.
func (d Dialect) TableName(name string) string {
	if d.postgres {
		return name
	}
	return d.space + name
}

// Table returns a table's qualified, quoted name.
func (d Dialect) Table(name string) string {
	if d.postgres && d.space != "" {
		return d.Quote(d.space) + "." + d.Quote(name)
	}
	return d.Quote(d.TableName(name))
}

// maxName leaves room under PostgreSQL's 63 bytes for the suffix that a distributed engine adds.
const maxName = 54

// IndexName returns the bare name of an index or constraint of a table: table$index, shortened by a hash when it is long.
// The dollar sign cannot occur in a table's name, so no index is ever called as a table is. Backends find the index that
// an error is about by comparing names, not by cutting them apart.
func (d Dialect) IndexName(table, index string) string {
	name := d.TableName(table) + "$" + index
	if len(name) <= maxName {
		return name
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("%s$%08x", name[:maxName-9], h.Sum32())
}

// The names of the constraints that come with a table, to be given to IndexName.
const (
	KeyConstraint    = "key"
	ParentConstraint = "parent"
)

// Placeholder returns how the n-th argument is written, counting from 1.
func (d Dialect) Placeholder(n int) string {
	if d.postgres {
		return "$" + strconv.Itoa(n)
	}
	return "?"
}

// Type returns the type of a column of this kind.
func (d Dialect) Type(k driver.Kind) string {
	if d.postgres {
		switch k {
		case driver.Bool:
			return "boolean"
		case driver.Int:
			return "bigint"
		case driver.UUID:
			return "uuid"
		case driver.Date:
			return "date"
		case driver.Instant:
			return "timestamptz"
		case driver.Decimal:
			return "numeric"
		case driver.JSON:
			return "json"
		}
		return "text"
	}
	if k == driver.Bool || k == driver.Int {
		return "INTEGER"
	}
	return "TEXT"
}

// Collation returns what a column of this kind needs, with a space before it, so that it is ordered bytewise.
func (d Dialect) Collation(k driver.Kind) string {
	if d.postgres && k == driver.Text {
		return ` COLLATE "C"`
	}
	return "" // SQLite's own BINARY is bytewise
}

// Literal returns a constant of this kind. Null stands for the kind's own zero.
func (d Dialect) Literal(k driver.Kind, v driver.Value) string {
	switch k {
	case driver.Bool:
		if d.postgres {
			return strconv.FormatBool(v.Bool())
		}
		if v.Bool() {
			return "1"
		}
		return "0"
	case driver.Int:
		return strconv.FormatInt(v.Int(), 10)
	case driver.UUID:
		id := v.UUID()
		return "'" + string(AppendUUID(nil, id)) + "'"
	case driver.Date:
		return "'" + string(AppendDate(nil, v.Int())) + "'"
	case driver.Instant:
		return "'" + string(AppendInstant(nil, v.Int())) + "'"
	case driver.Decimal:
		if v.IsNull() {
			v = driver.TextValue("0")
		}
		if d.postgres {
			return "'" + strings.ReplaceAll(v.Text(), "'", "''") + "'::numeric"
		}
	case driver.JSON:
		if v.IsNull() {
			v = driver.TextValue("null")
		}
		if d.postgres {
			return "'" + strings.ReplaceAll(v.Text(), "'", "''") + "'::json"
		}
	}
	return "'" + strings.ReplaceAll(v.Text(), "'", "''") + "'"
}

// Columns returns the quoted names of all columns of a table, separated by commas, without the tenant.
func (d Dialect) Columns(t *driver.Table) string {
	var b strings.Builder
	for i := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Quote(t.Columns[i].Name))
	}
	return b.String()
}

// KeyColumns returns the quoted names of the key columns of a table, separated by commas, without the tenant.
func (d Dialect) KeyColumns(t *driver.Table) string {
	k := driver.Table{Columns: t.Columns[:t.Key]}
	return d.Columns(&k)
}
