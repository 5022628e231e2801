package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A catalog is what is stored: the part of the database's own description of itself that declarations are about.
type catalog struct {
	schema  bool
	cluster string // identifies the cluster; "" if it does not say
	tables  map[string]*storedTable
}

type storedTable struct {
	columns  map[string]storedColumn
	indexes  map[string]storedIndex
	foreign  map[string]storedForeign
	secure   bool
	policies map[string]bool
}

type storedColumn struct {
	kind    string // as PostgreSQL spells the type
	collate string
	notNull bool
	def     string // the expression of the default, "" for none
	comment string
}

type storedIndex struct {
	columns []string
	unique  bool
	primary bool
	valid   bool
	where   string // without quotes, which our names do not need
}

type storedForeign struct {
	columns []string
	parent  string
	valid   bool
}

const (
	tablesQuery = `SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`

	columnsQuery = `SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), coalesce(l.collname, ''), a.attnotnull,
	coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''), coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`

	indexesQuery = `SELECT c.relname, i.relname, x.indisunique, x.indisprimary, x.indisvalid AND x.indisready,
	coalesce(pg_catalog.pg_get_expr(x.indpred, x.indrelid, true), ''),
	ARRAY(SELECT coalesce(a.attname::text, '?') FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(n, place)
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n AND k.n > 0
		WHERE k.place <= x.indnkeyatts ORDER BY k.place)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index x ON x.indrelid = c.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`

	foreignQuery = `SELECT c.relname, f.conname, p.relname, f.convalidated,
	ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k(n, place)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n ORDER BY k.place)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
WHERE n.nspname = $1`

	policiesQuery = `SELECT c.relname, o.polname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_policy o ON o.polrelid = c.oid WHERE n.nspname = $1`

	clusterQuery = `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1),
	has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')`
)

// readCatalog describes what the engine's schema holds.
func (e *Engine) readCatalog(ctx context.Context, conn *pgx.Conn) (*catalog, error) {
	c := &catalog{tables: map[string]*storedTable{}}
	var mayAsk bool
	if err := conn.QueryRow(ctx, clusterQuery, e.schema).Scan(&c.schema, &mayAsk); err != nil {
		return nil, fmt.Errorf("postgres: read the catalog: %w", err)
	}
	if mayAsk {
		err := conn.QueryRow(ctx, `SELECT system_identifier::text FROM pg_catalog.pg_control_system()`).Scan(&c.cluster)
		if err != nil {
			return nil, fmt.Errorf("postgres: read the catalog: %w", err)
		}
	}
	var table, name, other string
	var flags [3]bool
	var columns []string
	var col storedColumn
	known := func(fn func(t *storedTable)) func() error {
		return func() error {
			if t := c.tables[table]; t != nil {
				fn(t)
			}
			return nil
		}
	}
	for _, q := range []struct {
		sql  string
		into []any
		keep func() error
	}{
		{tablesQuery, []any{&table, &flags[0]}, func() error {
			c.tables[table] = &storedTable{columns: map[string]storedColumn{}, indexes: map[string]storedIndex{},
				foreign: map[string]storedForeign{}, policies: map[string]bool{}, secure: flags[0]}
			return nil
		}},
		{columnsQuery, []any{&table, &name, &col.kind, &col.collate, &col.notNull, &col.def, &col.comment},
			known(func(t *storedTable) { t.columns[name] = col })},
		{indexesQuery, []any{&table, &name, &flags[0], &flags[1], &flags[2], &other, &columns}, known(func(t *storedTable) {
			t.indexes[name] = storedIndex{columns: columns, unique: flags[0], primary: flags[1], valid: flags[2], where: strings.ReplaceAll(other, `"`, "")}
			columns = nil
		})},
		{foreignQuery, []any{&table, &name, &other, &flags[0], &columns}, known(func(t *storedTable) {
			t.foreign[name] = storedForeign{columns: columns, parent: other, valid: flags[0]}
			columns = nil
		})},
		{policiesQuery, []any{&table, &name}, known(func(t *storedTable) { t.policies[name] = true })},
	} {
		rows, err := conn.Query(ctx, q.sql, e.schema)
		if err == nil {
			_, err = pgx.ForEachRow(rows, q.into, q.keep)
		}
		if err != nil {
			return nil, fmt.Errorf("postgres: read the catalog: %w", err)
		}
	}
	return c, nil
}
