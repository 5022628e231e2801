-- create a table
CREATE TABLE "tutas"."firm" (
	"tenant" text COLLATE "C" NOT NULL,
	"id" uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	"version" bigint NOT NULL DEFAULT 0,
	CONSTRAINT "firm$key" PRIMARY KEY ("tenant", "id")
)

-- create a child with a column of the backend's own
CREATE TABLE "tutas"."deal" (
	"tenant" text COLLATE "C" NOT NULL,
	"firm" uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	"line" bigint NOT NULL DEFAULT 0,
	"name" text COLLATE "C" NOT NULL DEFAULT 'it''s',
	"note" text COLLATE "C",
	"won" boolean NOT NULL DEFAULT true,
	"due" date NOT NULL DEFAULT '1969-12-31',
	"at" timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00.000001Z',
	"rate" numeric NOT NULL DEFAULT '0'::numeric,
	"fields" json NOT NULL DEFAULT 'null'::json,
	"owner" uuid,
	tail_pos bigint,
	CONSTRAINT "deal$key" PRIMARY KEY ("tenant", "firm", "line"),
	CONSTRAINT "deal$parent" FOREIGN KEY ("tenant", "firm") REFERENCES "tutas"."firm" ("tenant", "id")
)

-- create index by_due
CREATE INDEX CONCURRENTLY "deal$by_due" ON "tutas"."deal" ("tenant", "due", "line", "firm")

-- create index code
CREATE UNIQUE INDEX "deal$code" ON "tutas"."deal" ("tenant", "name")

-- create index mine
CREATE INDEX "deal$mine" ON "tutas"."deal" ("tenant", "owner", "due", "firm", "line") WHERE "owner" IS NOT NULL

-- create index wake
CREATE INDEX "deal$wake" ON "tutas"."deal" ("at", "tenant", "firm", "line")

-- create index one_in_all
CREATE UNIQUE INDEX "deal$one_in_all" ON "tutas"."deal" ("name", "due") WHERE "name" IS NOT NULL

-- add a column
ALTER TABLE "tutas"."deal" ADD COLUMN "tag" text COLLATE "C" NOT NULL DEFAULT ''

-- add a nullable column
ALTER TABLE "tutas"."deal" ADD COLUMN "n" bigint

-- rename a column
ALTER TABLE "tutas"."deal" RENAME COLUMN "tag" TO "label"

-- all
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas"."deal" WHERE "tenant" = $1 ORDER BY "firm", "line"

   3 "acme" 0 of 0

-- a page backwards after a row
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas"."deal" WHERE "tenant" = $1 AND ("due", "name", "firm", "line") < ($2, $3, $4, $5) ORDER BY "due" DESC, "name" DESC, "firm" DESC, "line" DESC LIMIT 50

   3 "acme" 0 of 0
   5 "" 10 of 0
   3 "x" 0 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0
   2 "" 3 of 0

-- an order that holds a key column
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas"."deal" WHERE "tenant" = $1 AND ("line", "due", "firm") > ($2, $3, $4) ORDER BY "line", "due", "firm"

   3 "acme" 0 of 0
   2 "" 7 of 0
   5 "" 10 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0

-- across tenants, after a row
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner", "tenant" FROM "tutas"."deal" WHERE true AND ("at", "tenant", "firm", "line") > ($1, $2, $3, $4) ORDER BY "at", "tenant", "firm", "line" LIMIT 2

   6 "" 10 of 0
   3 "acme" 0 of 0
   4 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" 0 of 0
   2 "" 3 of 0

-- every comparison
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas"."deal" WHERE "tenant" = $1 AND "won" = $2 AND "name" <> $3 AND "due" < $4 AND "due" <= $5 AND "due" > $6 AND "due" >= $7 AND "owner" IS NULL AND "note" IS NOT NULL AND "name" >= $8 AND "name" < $9 AND "name" >= $10 AND false ORDER BY "firm", "line"

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
SELECT "firm", "line", "name", "note", "won", "due", "at", "rate", "fields", "owner" FROM "tutas"."deal" WHERE "tenant" = $1 AND false AND "line" = ANY ($2) AND "line" = ANY ($3) ORDER BY "firm", "line"

   3 "acme" 0 of 0
   2 "" 0 of 3
   2 "" 0 of 65

-- sum by two
SELECT "note", "due", coalesce(sum("line"), 0)::bigint, coalesce(sum("line"), 0)::bigint, count(*) FROM "tutas"."deal" WHERE "tenant" = $1 GROUP BY "note", "due" ORDER BY "note" NULLS FIRST, "due"

   3 "acme" 0 of 0

-- sum of all, in halves
SELECT coalesce(sum("line"), 0)::bigint, count(*) FROM "tutas"."deal" WHERE "tenant" = $1

   3 "acme" 0 of 0

