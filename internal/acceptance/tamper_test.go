package acceptance_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
)

// A vandal has a database's own connection, and changes what is in it past everything.
type vandal struct {
	t      *testing.T
	db     *sql.DB
	table  func(string) string
	sqlite bool
	store  *storage.Store

	tenant string
	books  *ledger.Books
	ids    []storage.ID[ledger.Posted] // by sequence, from 1
	head   ledger.Head
}

// vandals opens the two databases, each with a connection of its own.
func vandals(t *testing.T, fn func(t *testing.T, v *vandal)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "books.db")
		e, err := sqlite.Open(t.Context(), path, sqlite.Synchronous("OFF"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = e.Close() })
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		db.SetMaxOpenConns(1)
		fn(t, &vandal{db: db, sqlite: true, store: storage.Open(e), table: func(name string) string { return "tutas_ledger_" + name }})
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		pool, err := pgxpool.New(t.Context(), dsn)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		e, err := postgres.Open(t.Context(), pool, postgres.Schema("vandalised"))
		require.NoError(t, err)
		db, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		db.SetMaxOpenConns(1)
		fn(t, &vandal{db: db, store: storage.Open(e), table: func(name string) string { return "vandalised.ledger_" + name }})
	})
}

// begin makes books with a log in two blocks, in a tenant of their own: trips 1 to 6; the reversal of the third, trips 7 to 9.
// Trips 10 and 11 are open.
func (v *vandal) begin(t *testing.T, tenant string) *vandal {
	t.Helper()
	w := *v
	w.t, w.tenant = t, tenant
	require.NoError(t, w.store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := w.store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"},
		ledger.Template(ledger.ServicesChart()))
	require.NoError(t, err)
	w.books, w.ids = ledger.New(db), make([]storage.ID[ledger.Posted], 1)
	for i := 1; i <= 12; i++ {
		if i == 7 {
			_, err := w.books.Seal(t.Context())
			require.NoError(t, err)
			p, err := w.books.Reverse(t.Context(), ledger.Reverse{Entry: w.ids[3], Date: date.Must(2026, 5, 1)})
			require.NoError(t, err)
			w.ids = append(w.ids, p.ID)
			continue
		}
		if i == 11 {
			w.sealAll(10)
		}
		a := eur(fmt.Sprintf("%d.10", i))
		p, err := w.books.Post(t.Context(), ledger.Entry{Date: date.Must(2026, 3, 1).AddDays(i), Legs: []ledger.Leg{
			ledger.Debit(ledger.Travel, a, ledger.Dims{Department: "sales"}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
		require.NoError(t, err)
		w.ids = append(w.ids, p[0].ID)
	}
	w.head, err = w.books.Head(t.Context())
	require.NoError(t, err)
	return &w
}

// sealAll seals until the log has n entries: others on the same server may hold it back for a moment.
func (v *vandal) sealAll(n int64) {
	v.t.Helper()
	for range 10_000 {
		_, err := v.books.Seal(v.t.Context())
		require.NoError(v.t, err)
		if h, err := v.books.Head(v.t.Context()); err == nil && h.Sequence == n {
			return
		}
		<-time.After(time.Millisecond)
	}
	v.t.Fatal("it is never sealed")
}

// do runs statements as they are: {part} is a table, {4} the ID of the entry at a sequence, WHERE ours the tenant.
func (v *vandal) do(statements ...string) {
	v.t.Helper()
	for _, s := range statements {
		_, err := v.db.Exec(v.sql(s))
		require.NoError(v.t, err, s)
	}
}

func (v *vandal) sql(s string) string {
	pairs := []string{"ours", "tenant = '" + v.tenant + "'"}
	for _, name := range []string{"entry", "part", "block", "total"} {
		pairs = append(pairs, "{"+name+"}", v.table(name))
	}
	for i, id := range v.ids {
		pairs = append(pairs, fmt.Sprint("{", i, "}"), "'"+id.String()+"'")
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// digest is that of an entry as it is stored, by the page in ledger/digest.go.
func (v *vandal) digest(id storage.ID[ledger.Posted]) [32]byte {
	v.t.Helper()
	p, err := v.books.Entry(v.t.Context(), id)
	require.NoError(v.t, err)
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b := append(text(nil, "tutas.ledger.entry.1"), p.ID[:]...)
	for _, n := range []int64{p.Date.Days(), p.ValueDate.Days(), p.At.UnixMicro()} {
		b = binary.AppendVarint(b, n)
	}
	b = text(text(text(text(b, p.By.Kind), p.By.ID), p.Source.Kind), p.Source.ID)
	b = text(append(append(b, p.Reverses[:]...), 0), p.TextDigest) // not a closing entry
	b = binary.AppendVarint(b, 0)                                  // no attachments
	b = binary.AppendVarint(b, int64(len(p.Legs)))
	for i, l := range p.Legs {
		b = binary.AppendVarint(binary.AppendVarint(b, int64(i+1)), 1)
		b = text(text(b, l.Account), string(l.Amount.Currency()))
		n, err := l.Amount.Minor()
		require.NoError(v.t, err)
		if b = binary.AppendVarint(b, n); l.Parts[0].Dims.Department != "" {
			b = text(text(b, "department"), l.Parts[0].Dims.Department)
		}
		b = text(b, "")
	}
	return sha256.Sum256(b)
}

// fit gives an entry the digest of what it now holds.
func (v *vandal) fit(n int) {
	digest := v.digest(v.ids[n])
	v.do(fmt.Sprintf("UPDATE {entry} SET digest = '%x' WHERE ours AND id = {%d}", digest, n))
}

// forge inserts an entry that is sound in itself; its place in the tail is the last, or before the end of the log.
func (v *vandal) forge(last bool) {
	v.t.Helper()
	id := v.ids[2]
	id[15] ^= 1
	for _, table := range []string{"entry", "part"} {
		rows, err := v.db.Query(v.sql("SELECT * FROM {" + table + "} WHERE 1 = 0"))
		require.NoError(v.t, err)
		names, err := rows.Columns()
		require.NoError(v.t, err)
		require.NoError(v.t, rows.Close())
		var into, from []string
		for _, name := range names {
			switch name {
			case "id", "entry":
				into, from = append(into, name), append(from, "'"+id.String()+"'")
			case "tail_pos":
				if last {
					into, from = append(into, name), append(from, "(SELECT max(tail_pos) + 1 FROM {"+table+"})")
				}
			case "tx_id", "tx_place", "tx_time", "tx_era":
				if !last {
					into, from = append(into, name), append(from, name)
				}
			default:
				into, from = append(into, `"`+name+`"`), append(from, `"`+name+`"`)
			}
		}
		where := " WHERE ours AND id = {2}"
		if table == "part" {
			where = " WHERE ours AND entry = {2}"
		}
		v.do("INSERT INTO {" + table + "} (" + strings.Join(into, ", ") + ") SELECT " + strings.Join(from, ", ") + " FROM {" + table + "}" +
			where)
	}
	v.do(fmt.Sprintf("UPDATE {entry} SET digest = '%x' WHERE ours AND id = '%s'", v.digest(id), id))
}

// rewrite seals the whole log anew as the entries now are, by the page in ledger/seal.go.
func (v *vandal) rewrite() {
	v.t.Helper()
	var h [32]byte
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for n, blocks := 1, [][2]int{{1, 6}, {7, 10}}; n <= len(blocks); n++ {
		previous := hex.EncodeToString(h[:])
		var lines []byte
		for i := blocks[n-1][0]; i <= blocks[n-1][1]; i++ {
			digest := v.digest(v.ids[i])
			b := binary.AppendVarint(text(nil, "tutas.ledger.chain.1"), int64(i))
			b = append(append(append(b, h[:]...), v.ids[i][:]...), digest[:]...)
			h = sha256.Sum256(b)
			lines = append(append(append(lines, v.ids[i][:]...), digest[:]...), h[:8]...)
		}
		var raw any
		require.NoError(v.t, v.db.QueryRow(v.sql(fmt.Sprint(`SELECT at FROM {block} WHERE ours AND number = `, n))).Scan(&raw))
		at, ok := raw.(time.Time)
		if !ok {
			var err error
			at, err = time.Parse(time.RFC3339Nano, fmt.Sprint(raw))
			require.NoError(v.t, err)
		}
		b := text(nil, "tutas.ledger.block.1")
		for _, x := range []int{n, blocks[n-1][0], blocks[n-1][1] - blocks[n-1][0] + 1} {
			b = binary.AppendVarint(b, int64(x))
		}
		b = binary.AppendVarint(text(text(b, previous), hex.EncodeToString(h[:])), at.UnixMicro())
		v.do(fmt.Sprintf("UPDATE {block} SET previous = '%s', hash = '%x', lines = '%s', digest = '%x' WHERE ours AND number = %d",
			previous, h, base64.RawStdEncoding.EncodeToString(lines), sha256.Sum256(b), n))
	}
}

func TestVerifyNamesTheFirstEntryThatWasEditedByHand(t *testing.T) {
	credit := func(amount, rest string) string {
		return "UPDATE {part} SET amount = " + amount + " WHERE ours AND entry = {4} AND leg = 2" + rest
	}
	cases := []struct {
		name     string
		edit     func(v *vandal)
		sql      []string
		anchored bool
		want     ledger.Break
	}{
		{name: "nothing"},
		{name: "an amount", sql: []string{credit("amount - 1", "")},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 4, Fields: []string{"legs.1.parts.0.amount"}, Was: "-4.10 EUR"}},
		{name: "both amounts", sql: []string{credit("amount - 1", ""),
			"UPDATE {part} SET amount = amount + 1 WHERE ours AND entry = {4} AND leg = 1"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 4}},
		{name: "an amount and a later one", sql: []string{"UPDATE {part} SET amount = amount + 1 WHERE ours AND entry = {9} AND leg = 1",
			credit("amount - 1", "")},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 4, Fields: []string{"legs.1.parts.0.amount"}, Was: "-4.10 EUR"}},
		{name: "a dimension", sql: []string{"UPDATE {part} SET department = 'x' WHERE ours AND entry = {5} AND leg = 1"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 5}},
		{name: "a dimension that was not", sql: []string{"UPDATE {part} SET customer = 'x' WHERE ours AND entry = {5} AND leg = 1"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 5, Fields: []string{"legs.0.parts.0.dims.customer"}}},
		{name: "an account", sql: []string{"UPDATE {part} SET account = '1100' WHERE ours AND entry = {10} AND leg = 2"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 10, Fields: []string{"legs.1.parts.0.account"}, Was: ledger.Bank}},
		{name: "a date, here and there", sql: []string{"UPDATE {entry} SET date = '2026-04-01' WHERE ours AND id = {2}",
			"UPDATE {part} SET date = '2026-04-01', month = 202604 WHERE ours AND entry = {2}"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 2, Fields: []string{"date"}, Was: "2026-03-03"}},
		{name: "the date of parts only", sql: []string{"UPDATE {part} SET date = '2026-04-01' WHERE ours AND entry = {2} AND leg = 1"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 2, Fields: []string{"legs.0.parts.0.date", "legs.0.parts.0.month"}}},
		{name: "a value date", sql: []string{"UPDATE {entry} SET value_date = '2026-12-31' WHERE ours AND id = {2}"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 2, Fields: []string{"value_date"}, Was: "2026-03-03"}},
		{name: "a part deleted", sql: []string{"DELETE FROM {part} WHERE ours AND entry = {8} AND leg = 1"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 8, Fields: []string{"legs.0.parts.0.removed"}}},
		{name: "an entry deleted with its parts", sql: []string{"DELETE FROM {part} WHERE ours AND entry = {6}",
			"DELETE FROM {entry} WHERE ours AND id = {6}"}, want: ledger.Break{What: ledger.WasRemoved, Sequence: 6}},
		{name: "the first and the last deleted", sql: []string{"DELETE FROM {part} WHERE ours AND (entry = {1} OR entry = {10})",
			"DELETE FROM {entry} WHERE ours AND (id = {1} OR id = {10})"}, want: ledger.Break{What: ledger.WasRemoved, Sequence: 1}},
		{name: "an open entry deleted", sql: []string{"DELETE FROM {part} WHERE ours AND entry = {12}",
			"DELETE FROM {entry} WHERE ours AND id = {12}"}, want: ledger.Break{What: ledger.WasRemoved, Fields: []string{"event"}}},
		{name: "an entry forged in the midst of the log", edit: func(v *vandal) { v.forge(false) },
			want: ledger.Break{What: ledger.WasInserted, Fields: []string{"log"}}},
		{name: "an entry forged at the end", edit: func(v *vandal) { v.forge(true) },
			want: ledger.Break{What: ledger.WasInserted, Fields: []string{"event"}}},
		{name: "an entry forged and sealed", edit: func(v *vandal) { v.forge(true); v.sealAll(13) },
			want: ledger.Break{What: ledger.WasInserted, Sequence: 13, Fields: []string{"event"}}},
		{name: "an entry and its own digest", edit: func(v *vandal) {
			v.do(credit("amount - 1", ""), "UPDATE {part} SET amount = amount + 1 WHERE ours AND entry = {4} AND leg = 1")
			v.fit(4)
		}, want: ledger.Break{What: ledger.WasChanged, Sequence: 4, Fields: []string{"digest"}}},
		{name: "two entries swapped", sql: []string{
			"UPDATE {part} SET amount = CASE leg WHEN 1 THEN 510 ELSE -510 END WHERE ours AND entry = {4}",
			"UPDATE {part} SET amount = CASE leg WHEN 1 THEN 410 ELSE -410 END WHERE ours AND entry = {5}"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 4}},
		{name: "a reversal undone", sql: []string{
			"UPDATE {entry} SET reversed_by = '00000000-0000-0000-0000-000000000000' WHERE ours AND id = {3}"},
			want: ledger.Break{What: ledger.WasChanged, Sequence: 3, Fields: []string{"reversed_by"}}},
		{name: "the hash of a block", sql: []string{"UPDATE {block} SET hash = previous WHERE ours AND number = 2"},
			want: ledger.Break{What: ledger.BlockChanged, Sequence: 11, Fields: []string{"hash"}}},
		{name: "the instant of a block", sql: []string{"UPDATE {block} SET at = '2020-01-01T00:00:00.000000Z' WHERE ours AND number = 1"},
			want: ledger.Break{What: ledger.BlockChanged, Sequence: 7, Fields: []string{"at"}}},
		{name: "a block deleted", sql: []string{"DELETE FROM {block} WHERE ours AND number = 1"},
			want: ledger.Break{What: ledger.BlockChanged, Sequence: 1, Fields: []string{"number"}}},
		{name: "lines of a block swapped", edit: func(v *vandal) {
			var lines string
			require.NoError(v.t, v.db.QueryRow(v.sql("SELECT lines FROM {block} WHERE ours AND number = 1")).Scan(&lines))
			raw, err := base64.RawStdEncoding.DecodeString(lines)
			require.NoError(v.t, err)
			swapped := append(append(append(append([]byte{}, raw[:56]...), raw[3*56:4*56]...), raw[2*56:3*56]...), raw[56:2*56]...)
			swapped = append(swapped, raw[4*56:]...)
			v.do("UPDATE {block} SET lines = '" + base64.RawStdEncoding.EncodeToString(swapped) + "' WHERE ours AND number = 1")
		}, want: ledger.Break{What: ledger.WasReordered, Sequence: 2}},
		{name: "the log rewritten, with an anchor", anchored: true, edit: rewritten,
			want: ledger.Break{What: ledger.WasRewritten, Sequence: 10}},
		{name: "the log rewritten, and nobody kept a head", edit: rewritten},
		{name: "texts erased as they may be", anchored: true, edit: func(v *vandal) {
			require.NoError(v.t, v.books.EraseText(v.t.Context(), ledger.EraseText{Entry: v.ids[3]}))
		}},
	}
	vandals(t, func(t *testing.T, all *vandal) {
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				v := all.begin(t, fmt.Sprint("t", i))
				if v.do(c.sql...); c.edit != nil {
					c.edit(v)
				}
				f := ledger.VerifyFilter{}
				if c.anchored {
					f.Anchors = []ledger.Head{v.head}
				}
				got, err := v.books.Verify(t.Context(), f)
				require.NoError(t, err)
				if c.want.What == "" {
					require.Nil(t, got.Break)
					require.Equal(t, []int64{10, 2}, []int64{got.Checked, got.Open})
					return
				}
				require.NotNil(t, got.Break)
				if n := got.Break.Sequence; n > 0 && n <= 10 && got.Break.What != ledger.BlockChanged && got.Break.What != ledger.WasReordered {
					require.Equal(t, v.ids[n], got.Break.Entry)
				}
				got.Break.Block, got.Break.Entry = 0, storage.ID[ledger.Posted]{}
				require.Equal(t, c.want, *got.Break)
			})
		}
	})
}

// rewritten changes an entry with its digest, and then the whole log with all its hashes.
func rewritten(v *vandal) {
	v.do("UPDATE {part} SET amount = amount - 1 WHERE ours AND entry = {4} AND leg = 2",
		"UPDATE {part} SET amount = amount + 1 WHERE ours AND entry = {4} AND leg = 1")
	v.fit(4)
	v.rewrite()
}

func TestAnAuditFindsWhatWasEditedByHand(t *testing.T) {
	vandals(t, func(t *testing.T, all *vandal) {
		v := all.begin(t, "audited")
		_, err := v.books.Fold(t.Context())
		require.NoError(t, err)
		clean, err := v.books.Audit(t.Context())
		require.NoError(t, err)
		require.Empty(t, clean.Findings)
		require.Equal(t, []int64{12, 24}, []int64{clean.Entries, clean.Parts})
		loose, tight := "SET session_replication_role = replica", "SET session_replication_role = origin"
		if v.sqlite {
			loose, tight = "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"
		}
		v.do(loose, "DELETE FROM {entry} WHERE ours AND id = {5}", tight,
			"UPDATE {part} SET amount = amount - 1 WHERE ours AND entry = {4} AND leg = 2",
			"UPDATE {part} SET account = 'nowhere' WHERE ours AND entry = {6} AND leg = 2",
			"UPDATE {entry} SET reversed_by = '00000000-0000-0000-0000-000000000000' WHERE ours AND id = {3}",
			"UPDATE {total} SET debit = debit + 1 WHERE ours AND account = '"+ledger.Travel+"'")
		got, err := v.books.Audit(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"part.entry": 2, "entry.unbalanced": 1, "part.account": 1, "entry.reversed_by": 1,
			"total.sum": 4, "day_total.sum": 3, "log.changed": 1}, got.Counts, "%v", got.Findings)
	})
}
