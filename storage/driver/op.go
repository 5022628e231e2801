package driver

// OpKind says what an Op does.
type OpKind uint8

// The kinds of operations.
const (
	// Get reads rows by primary key. Result.Rows is aligned with Op.Rows and holds nil where there is none.
	Get OpKind = iota + 1
	// Lock reads as Get does and keeps the rows locked for this transaction until it ends. The backend locks in key
	// order, whatever the order of Op.Rows. A row that does not exist is nil, and is not locked.
	Lock
	// Insert writes new rows. One whose primary key or unique values exist fails with ErrExists; with Skip it is left out
	// instead. A row without its parent fails with ErrReference.
	Insert
	// Update overwrites rows, found by primary key. In a table with a version the stored version must be one less than the
	// row's own, else ErrConflict; a row that does not exist is ErrConflict too. An index violation is ErrExists.
	Update
	// Delete removes rows. Given a whole row of a table with a version, the stored version must equal the row's, else
	// ErrConflict. Given only the key, it removes what is there, and nothing is wrong if nothing is. A row that children refer to fails with ErrReference.
	Delete
	// Add inserts a row or, where its key exists, adds the columns listed in Sums to the stored ones and leaves the others.
	// Keys within one Op are distinct. A sum beyond 64 bits fails with ErrOverflow. It waits for no lock longer than a
	// plain write would, and the backend adds in key order.
	Add
	// Check compares versions and changes nothing. Given whole rows of a table with a version, each must be there in the version given, else
	// ErrConflict; it then cannot change or go until this transaction ends, though others may check it too. The backend checks in key
	// order. Among the last operations of a Commit it makes the commit fail, and nothing is written.
	Check
)

// An Op is one statement over many rows of one table.
type Op struct {
	Kind  OpKind
	Table *Table
	// Rows holds keys for Get, Lock and Delete (values after the key are allowed, and matter only to Delete), whole rows for the others. Of
	// those of Check only the key and the version matter.
	Rows []Row
	// Sums lists the Int columns that Add adds.
	Sums []int
	// Skip makes Insert leave out rows that exist rather than fail.
	Skip bool
}

// A Result is what one Op answers.
type Result struct {
	// Rows answers Get and Lock.
	Rows []Row
	// Done answers Insert with Skip: which of the rows were written.
	Done []bool
}

// CondOp is the comparison of a Cond.
type CondOp uint8

// The comparisons. None but IsNull is true of a null.
const (
	Eq CondOp = iota + 1
	Ne
	Lt
	Le
	Gt
	Ge
	// In is true of a value among Cond.Values; of none when that is empty.
	In
	// IsNull and NotNull use no values.
	IsNull
	NotNull
	// Prefix is true of a Text that begins with the one value, bytewise.
	Prefix
)

// A Cond compares a column with constants. Decimal and JSON columns allow only IsNull and NotNull; a Bool or UUID only those, Eq, Ne and In.
type Cond struct {
	Column int
	Op     CondOp
	Values []Value
}

// A Query asks for rows of one table: all conditions hold, in one order, from one place on.
type Query struct {
	Table *Table
	Where []Cond
	// Order lists columns to sort by, never nullable ones; the primary key breaks ties, so the order is always total.
	Order []int
	// Desc turns the whole order around, the tie-break included.
	Desc bool
	// After holds the order columns' values and then the key of the last row already seen; nil starts at the beginning.
	After Row
	// Limit is the most rows to return; 0 means all.
	Limit int
}

// Position is a place in a tailed table's order of commits, opaque and meaningful only to the engine that made it. "" is the beginning.
type Position string

// A TailQuery asks for rows of a tailed table after a place.
type TailQuery struct {
	Table *Table
	After Position
	Limit int
	// Unsettled asks for every row visible after the place, also those that a transaction still open elsewhere might yet
	// precede. A position reached that way must not be kept.
	Unsettled bool
}

// A TailPage is a stretch of a tailed table, oldest first.
type TailPage struct {
	Rows []Row
	// Next is the position after the last row; equal to the query's own when there is none.
	Next Position
	// Behind says that rows are already committed after Next that were not returned: beyond Limit, or held back because
	// an open transaction may still commit in front of them.
	Behind bool
}
