package driver

// A Table declares what is stored under one name. The backend adds the tenant in front of the primary key and of every index.
type Table struct {
	// Name is lower-case letters, digits and underscores, unique in the schema, at most 48 bytes.
	Name string
	// Columns holds the key columns first.
	Columns []Column
	// Key is how many leading columns form the primary key, at least 1.
	Key int
	// Version is the position of the Int column that counts the changes of a row, or -1. See Update and Delete.
	Version int
	// Indexes lists the ordered indexes besides the primary key.
	Indexes []Index
	// Parent, when set, is the row of another table that must exist while this one does.
	Parent *ForeignKey
	// Tailed asks for the bookkeeping that Tx.Tail needs. Rows of a tailed table are inserted and deleted, and updated only
	// in ways that a tail does not care about: their position stays that of the insert.
	Tailed bool
}

// A Column is one named value of each row.
type Column struct {
	Name string
	Kind Kind
	// Nullable columns may hold Null. Columns that are a key or sort an index that is not sparse never are.
	Nullable bool
	// Default is what rows get that were written before the column was added, or by a binary that does not know it.
	// The zero Value stands for null in a nullable column, and else for the kind's own zero: false, 0, "", the zero UUID,
	// 1970-01-01, "0", or JSON null.
	Default Value
	// Was lists earlier names, newest first, so that a migration renames rather than adds.
	Was []string
}

// An Index orders the rows of a table by some columns, then by the primary key.
type Index struct {
	// Name is unique in its table, and not "parent": that is the index of the foreign key.
	Name    string
	Columns []int
	// Unique refuses a second row with the same values in all columns; rows with a null among them are not compared.
	Unique bool
	// Sparse leaves out rows whose first indexed column is null.
	Sparse bool
	// Global leaves the tenant out of the index, to serve a Tx that is opened across tenants.
	Global bool
}

// A ForeignKey says which columns hold the primary key of a row in another table.
type ForeignKey struct {
	Table   *Table
	Columns []int
}

// A Schema is all tables that an engine is to hold.
type Schema struct {
	Tables []*Table
}
