-- create a table
CREATE TABLE "tutas_firm" (
	"tenant" TEXT NOT NULL,
	"id" TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	"version" INTEGER NOT NULL DEFAULT 0,
	CONSTRAINT "tutas_firm$key" PRIMARY KEY ("tenant", "id")
) STRICT, WITHOUT ROWID

-- create a child with a column of the backend's own
CREATE TABLE "tutas_deal" (
	"tenant" TEXT NOT NULL,
	"firm" TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	"line" INTEGER NOT NULL DEFAULT 0,
	"name" TEXT NOT NULL DEFAULT 'it''s',
	"note" TEXT,
	"won" INTEGER NOT NULL DEFAULT 1,
	"due" TEXT NOT NULL DEFAULT '1969-12-31',
	"at" TEXT NOT NULL DEFAULT '1970-01-01T00:00:00.000001Z',
	"rate" TEXT NOT NULL DEFAULT '0',
	"fields" TEXT NOT NULL DEFAULT 'null',
	"owner" TEXT,
	tail_pos bigint,
	CONSTRAINT "tutas_deal$key" PRIMARY KEY ("tenant", "firm", "line"),
	CONSTRAINT "tutas_deal$parent" FOREIGN KEY ("tenant", "firm") REFERENCES "tutas_firm" ("tenant", "id")
) STRICT, WITHOUT ROWID

-- create index by_due
CREATE INDEX "tutas_deal$by_due" ON "tutas_deal" ("tenant", "due", "line", "firm")

-- create index code
CREATE UNIQUE INDEX "tutas_deal$code" ON "tutas_deal" ("tenant", "name")

-- create index mine
CREATE INDEX "tutas_deal$mine" ON "tutas_deal" ("tenant", "owner", "due", "firm", "line") WHERE "owner" IS NOT NULL

-- create index wake
CREATE INDEX "tutas_deal$wake" ON "tutas_deal" ("at", "tenant", "firm", "line")

-- create index one_in_all
CREATE UNIQUE INDEX "tutas_deal$one_in_all" ON "tutas_deal" ("name", "due") WHERE "name" IS NOT NULL

-- add a column
ALTER TABLE "tutas_deal" ADD COLUMN "tag" TEXT NOT NULL DEFAULT ''

-- add a nullable column
ALTER TABLE "tutas_deal" ADD COLUMN "n" INTEGER

-- rename a column
ALTER TABLE "tutas_deal" RENAME COLUMN "tag" TO "label"

-- all
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas_deal" WHERE "tenant" = ? ORDER BY "firm", "line"

   3 "acme" 0 of 0

-- a page backwards after a row
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas_deal" WHERE "tenant" = ? AND ("due", "name", "firm", "line") < (?, ?, ?, ?) ORDER BY "due" DESC, "name" DESC, "firm" DESC, "line" DESC LIMIT ?

   3 "acme" 0 of 0
   5 "" 10 of 0
   3 "x" 0 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0
   2 "" 3 of 0
   2 "" 50 of 0

-- an order that holds a key column
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas_deal" WHERE "tenant" = ? AND ("line", "due", "firm") > (?, ?, ?) ORDER BY "line", "due", "firm"

   3 "acme" 0 of 0
   2 "" 7 of 0
   5 "" 10 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0

-- across tenants, after a row
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner", "tenant" FROM "tutas_deal" WHERE 1 AND ("at", "tenant", "firm", "line") > (?, ?, ?, ?) ORDER BY "at", "tenant", "firm", "line" LIMIT ?

   6 "" 10 of 0
   3 "acme" 0 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0
   2 "" 3 of 0
   2 "" 2 of 0

-- every comparison
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas_deal" WHERE "tenant" = ? AND "won" = ? AND "name" <> ? AND "due" < ? AND "due" <= ? AND "due" > ? AND "due" >= ? AND "owner" IS NULL AND "note" IS NOT NULL AND "name" >= ? AND "name" < ? AND "name" >= ? AND 0 ORDER BY "firm", "line"

   3 "acme" 0 of 0
   1 "" 1 of 0
   3 "a" 0 of 0
   5 "" 1 of 0
   5 "" 2 of 0
   5 "" 3 of 0
   5 "" 4 of 0
   3 "Қазақ" 0 of 0
   3 "ҚазаҜ" 0 of 0
   3 "" 0 of 0

-- in nothing, three, 65
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas_deal" WHERE "tenant" = ? AND 0 AND "line" IN (?, ?, ?, ?) AND "line" IN (SELECT value FROM json_each(?)) ORDER BY "firm", "line"

   3 "acme" 0 of 0
   2 "" 0 of 0
   2 "" 1 of 0
   2 "" 2 of 0
   2 "" 2 of 0
   2 "" 0 of 65

-- sum by two
SELECT "note", "due", coalesce(sum("line"), 0), coalesce(sum("line"), 0), count(*) FROM "tutas_deal" WHERE "tenant" = ? GROUP BY "note", "due" ORDER BY "note", "due"

   3 "acme" 0 of 0

-- sum of all, in halves
SELECT coalesce(sum("line" >> 32), 0), coalesce(sum("line" & 4294967295), 0), count(*) FROM "tutas_deal" WHERE "tenant" = ?

   3 "acme" 0 of 0

