package bench_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A ledgerHand keeps books by SQL that a competent engineer writes by hand: entries, postings with an index by account, and a
// balance of each account that is brought up to date with each posting, its rows always in the order of their codes. Both
// prepare arguments beforehand and return what is to be measured. It checks nothing: that the legs sum to zero, that the
// accounts are open, that the amounts fit.
type ledgerHand interface {
	// one posts a move in a commit of its own.
	one(m move) func(ctx context.Context) error
	// many posts moves in one commit.
	many(moves []move) func(ctx context.Context) error
}

// schemaOf is the tables of a hand. All has those of equal as well.
func schemaOf(prefix, uuidType, jsonType, instant string, all bool) []string {
	list := []string{
		"CREATE TABLE " + prefix + "account (code text PRIMARY KEY, balance bigint NOT NULL)",
		"CREATE TABLE " + prefix + "entry (id " + uuidType + " PRIMARY KEY, date date NOT NULL, at " + instant + " NOT NULL, text text NOT NULL, source text NOT NULL)",
		"CREATE TABLE " + prefix + "posting (entry " + uuidType + " NOT NULL, leg int NOT NULL, account text NOT NULL, amount bigint NOT NULL, PRIMARY KEY (entry, leg))",
		"CREATE INDEX posting_account ON " + prefix + "posting (account, entry)",
	}
	if all {
		list = append(list,
			"CREATE TABLE "+prefix+"key (key text PRIMARY KEY, verb text NOT NULL, digest text NOT NULL, result text NOT NULL, at "+instant+" NOT NULL)",
			"CREATE TABLE "+prefix+"event (id "+uuidType+" PRIMARY KEY, name text NOT NULL, subject text NOT NULL, by text NOT NULL, at "+instant+
				" NOT NULL, payload "+jsonType+" NOT NULL)",
			"CREATE INDEX event_subject ON "+prefix+"event (subject)",
			"CREATE TABLE "+prefix+"audit (id "+uuidType+" PRIMARY KEY, verb text NOT NULL, subject text NOT NULL, by text NOT NULL, at "+instant+
				" NOT NULL, changes "+jsonType+" NOT NULL)",
			"CREATE INDEX audit_subject ON "+prefix+"audit (subject)")
	}
	return list
}

// A written is a move with what the hand's program makes of it.
type written struct {
	move
	id, event, audit uuid.UUID
	at               time.Time
	digest, payload  string
	sorted           []leg // in the order of the codes
}

const handActor = "shop.user/42"

func (m move) written() written {
	w := written{move: m, id: uuid.Must(uuid.NewV7()), event: uuid.Must(uuid.NewV7()), audit: uuid.Must(uuid.NewV7()), at: time.Now().UTC()}
	sum := sha256.Sum256(fmt.Append(nil, m))
	w.digest = hex.EncodeToString(sum[:])
	w.payload = fmt.Sprintf(`{"date":%q,"source":%q}`, m.date, m.source())
	w.sorted = slices.SortedFunc(slices.Values(m.legs), func(a, b leg) int { return strings.Compare(a.account, b.account) })
	return w
}

func (w written) subject() string { return "entry/" + w.id.String() }

// pgxBooks are the hand's books in a schema of PostgreSQL. Of one move, bare calls a function of the database and equal
// pipelines a statement a row; of many, each has statements of many rows, pipelined.
type pgxBooks struct {
	pool   *pgxpool.Pool
	schema string
	all    bool
}

func newPgxBooks(b testing.TB, p *pgxpool.Pool, schema string, all bool) *pgxBooks {
	h := &pgxBooks{p, schema, all}
	list := append([]string{"CREATE SCHEMA " + schema}, schemaOf(schema+".", "uuid", "jsonb", "timestamptz", all)...)
	list = append(list, h.spell(`CREATE FUNCTION $.post(i uuid, d date, t text, s text, a text, x bigint, b text, y bigint) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
	INSERT INTO $.entry VALUES (i, d, clock_timestamp(), t, s);
	INSERT INTO $.posting VALUES (i, 1, a, x), (i, 2, b, y);
	IF a < b THEN
		UPDATE $.account SET balance = balance + x WHERE code = a;
		UPDATE $.account SET balance = balance + y WHERE code = b;
	ELSE
		UPDATE $.account SET balance = balance + y WHERE code = b;
		UPDATE $.account SET balance = balance + x WHERE code = a;
	END IF;
END $f$`), h.spell(`CREATE FUNCTION $.post(i uuid, d date, t text, s text, codes text[], amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
	INSERT INTO $.entry VALUES (i, d, clock_timestamp(), t, s);
	INSERT INTO $.posting SELECT i, n, a, x FROM unnest(codes, amounts) WITH ORDINALITY AS l(a, x, n);
	FOR n IN 1 .. cardinality(codes) LOOP
		UPDATE $.account SET balance = balance + amounts[n] WHERE code = codes[n];
	END LOOP;
END $f$`))
	for _, text := range list {
		_, err := p.Exec(b.Context(), text)
		must(b, err)
	}
	var codes []string
	for _, a := range chart() {
		codes = append(codes, a.Code)
	}
	_, err := p.Exec(b.Context(), h.spell("INSERT INTO $.account SELECT code, 0 FROM unnest($1::text[]) AS c(code)"), codes)
	must(b, err)
	return h
}

// spell puts the schema into a statement.
func (h *pgxBooks) spell(text string) string { return strings.ReplaceAll(text, "$.", h.schema+".") }

func (h *pgxBooks) one(m move) func(ctx context.Context) error {
	w := m.written()
	day := w.date.Time(time.UTC, 0, 0)
	if h.all {
		batch := &pgx.Batch{}
		add := func(text string, args ...any) { batch.Queue(h.spell(text), args...) }
		add("BEGIN")
		add("INSERT INTO $.entry VALUES ($1, $2, $3, $4, $5)", w.id, day, w.at, w.text, w.source())
		for i, l := range w.legs {
			add("INSERT INTO $.posting VALUES ($1, $2, $3, $4)", w.id, i+1, l.account, l.cents)
		}
		for _, l := range w.sorted {
			add("UPDATE $.account SET balance = balance + $1 WHERE code = $2", l.cents, l.account)
		}
		add("INSERT INTO $.key VALUES ($1, $2, $3, $4, $5)", w.name, "post", w.digest, w.id.String(), w.at)
		add("INSERT INTO $.event VALUES ($1, $2, $3, $4, $5, $6)", w.event, "posted", w.subject(), handActor, w.at, w.payload)
		add("INSERT INTO $.audit VALUES ($1, $2, $3, $4, $5, $6)", w.audit, "post", w.subject(), handActor, w.at, w.payload)
		add("COMMIT")
		return func(ctx context.Context) error { return h.pool.SendBatch(ctx, batch).Close() }
	}
	text, args := h.spell("SELECT $.post($1, $2, $3, $4, $5, $6, $7, $8)"), []any{w.id, day, w.text, w.source()}
	if len(w.legs) == 2 {
		args = append(args, w.legs[0].account, w.legs[0].cents, w.legs[1].account, w.legs[1].cents)
	} else {
		text = h.spell("SELECT $.post($1, $2, $3, $4, $5::text[], $6::bigint[])")
		codes, amounts := columns(w.sorted)
		args = append(args, codes, amounts)
	}
	return func(ctx context.Context) error {
		_, err := h.pool.Exec(ctx, text, args...)
		return err
	}
}

func columns(legs []leg) (codes []string, amounts []int64) {
	for _, l := range legs {
		codes, amounts = append(codes, l.account), append(amounts, l.cents)
	}
	return codes, amounts
}

func (h *pgxBooks) many(moves []move) func(ctx context.Context) error {
	var ids, events, audits, entryOf []uuid.UUID
	var days, ats []time.Time
	var texts, sources, keys, digests, results, subjects, payloads []string
	var places []int32
	var legs, sums []leg
	for _, m := range moves {
		w := m.written()
		ids, events, audits = append(ids, w.id), append(events, w.event), append(audits, w.audit)
		days, ats = append(days, w.date.Time(time.UTC, 0, 0)), append(ats, w.at)
		texts, sources = append(texts, w.text), append(sources, w.source())
		keys, digests, results = append(keys, w.name), append(digests, w.digest), append(results, w.id.String())
		subjects, payloads = append(subjects, w.subject()), append(payloads, w.payload)
		for i, l := range w.legs {
			entryOf, places, legs = append(entryOf, w.id), append(places, int32(i+1)), append(legs, l)
		}
	}
	sums = summed(legs)
	codes, amounts := columns(legs)
	totalOf, totals := columns(sums)
	batch := &pgx.Batch{}
	add := func(text string, args ...any) { batch.Queue(h.spell(text), args...) }
	add("BEGIN")
	add("INSERT INTO $.entry SELECT * FROM unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::text[], $5::text[])", ids, days, ats, texts, sources)
	add("INSERT INTO $.posting SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[])", entryOf, places, codes, amounts)
	add("UPDATE $.account AS a SET balance = balance + s.x FROM unnest($1::text[], $2::bigint[]) AS s(code, x) WHERE a.code = s.code", totalOf, totals)
	if h.all {
		add("INSERT INTO $.key SELECT k, 'post', d, r, t FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS x(k, d, r, t)",
			keys, digests, results, ats)
		for name, id := range map[string][]uuid.UUID{"event": events, "audit": audits} {
			add("INSERT INTO $."+name+" SELECT i, 'post', s, $5, t, p::jsonb FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS x(i, s, t, p)",
				id, subjects, ats, payloads, handActor)
		}
	}
	add("COMMIT")
	return func(ctx context.Context) error { return h.pool.SendBatch(ctx, batch).Close() }
}

// summed adds legs up by account, in the order of the codes.
func summed(legs []leg) (sums []leg) {
	byCode := map[string]int64{}
	for _, l := range legs {
		byCode[l.account] += l.cents
	}
	for code, cents := range byCode {
		sums = append(sums, leg{code, cents})
	}
	slices.SortFunc(sums, func(a, b leg) int { return strings.Compare(a.account, b.account) })
	return sums
}
