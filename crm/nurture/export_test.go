package nurture

// Life is the table, for tests that look into it.
var Life = life
