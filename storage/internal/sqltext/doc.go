// Package sqltext writes the SQL that the SQLite and the PostgreSQL backend share.
//
// It answers one question: how is a driver.Table, a driver.Query or an index spelt in a dialect? Its nouns:
//
//   - Dialect, PostgreSQL(schema) or SQLite(prefix): names, types, literals, placeholders;
//   - Statement, a text that depends on the shape of what was asked alone, so that it can be prepared once, and its Args;
//   - Arg, one value (or a list of them) with the kind of its column, for the backend to convert.
//
// In use:
//
//	d := sqltext.PostgreSQL("tutas")
//	ddl := d.CreateTable(table)
//	s := d.Select(query, sqltext.Scope{Tenant: "acme"})
//	rows, err := tx.Query(ctx, s.Text, convert(s.Args)...)
//
// It opens nothing, sends nothing and converts no values. Writing statements (insert, update, …) differ too much between
// the two databases to be shared; each backend spells its own with the helpers for names and column lists.
package sqltext
