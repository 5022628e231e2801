package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func aPosted() (*Posted, []*part) {
	p := &Posted{ID: storage.ID[Posted]{15: 1}, Date: date.FromDays(1), ValueDate: date.FromDays(-1), At: time.UnixMicro(3).UTC(),
		By: storage.Ref{Kind: "u", ID: "7"}, Text: "Hi", Salt: "aa"}
	return p, []*part{
		{Entry: p.ID, Leg: 1, No: 1, Account: "1", Currency: "EUR", Amount: 5, Dims: Dims{Deal: "d"}, Text: "t"},
		{Entry: p.ID, Leg: 2, No: 1, Account: "2", Currency: "EUR", Amount: -5}}
}

// The bytes here are written by hand from the page in digest.go, not by the program.
func TestTheDigestIsOfTheDocumentedBytes(t *testing.T) {
	p, rows := aPosted()
	text := sha256.Sum256([]byte("aa" + "\x02Hi" + "\x01t" + "\x00"))
	p.TextDigest, _ = p.textDigest(nil, rows)
	require.Equal(t, hex.EncodeToString(text[:]), p.TextDigest)
	b := "\x14tutas.ledger.entry.1" + string(make([]byte, 15)) + "\x01" + "\x02" + "\x01" + "\x06" + "\x01u\x017" + "\x00\x00" +
		string(make([]byte, 16)) + "\x00" + "\x40" + hex.EncodeToString(text[:]) + "\x00" + "\x04" +
		"\x02\x02" + "\x011" + "\x03EUR" + "\x0a" + "\x04deal\x01d" + "\x00" +
		"\x04\x02" + "\x012" + "\x03EUR" + "\x09" + "\x00"
	want := sha256.Sum256([]byte(b))
	got, _ := p.digest(nil, rows)
	require.Equal(t, hex.EncodeToString(want[:]), got)
}

func TestErasingTextsLeavesTheDigestValidAndAnyOtherChangeDoesNot(t *testing.T) {
	p, rows := aPosted()
	p.TextDigest, _ = p.textDigest(nil, rows)
	want, _ := p.digest(nil, rows)
	p.Text, p.Salt, rows[0].Text = "", "", ""
	got, _ := p.digest(nil, rows)
	require.Equal(t, want, got)
	for name, change := range map[string]func(p *Posted, rows []*part){
		"date":     func(p *Posted, _ []*part) { p.Date = p.Date.AddDays(1) },
		"actor":    func(p *Posted, _ []*part) { p.By.ID = "8" },
		"source":   func(p *Posted, _ []*part) { p.Source.Kind = "x" },
		"kind":     func(p *Posted, _ []*part) { p.Adjusting = true },
		"closing":  func(p *Posted, _ []*part) { p.Closing = true },
		"reverses": func(p *Posted, _ []*part) { p.Reverses[3] = 1 },
		"amount":   func(_ *Posted, rows []*part) { rows[1].Amount-- },
		"account":  func(_ *Posted, rows []*part) { rows[1].Account = "1" },
		"moved":    func(_ *Posted, rows []*part) { rows[0].Dims = Dims{Region: "d"} },
		"text":     func(p *Posted, _ []*part) { p.TextDigest = p.TextDigest[1:] },
	} {
		p, rows := aPosted()
		p.TextDigest, _ = p.textDigest(nil, rows)
		change(p, rows)
		got, _ := p.digest(nil, rows)
		require.NotEqual(t, want, got, name)
	}
}

func TestPayloadsOfEventsKeepTheirForm(t *testing.T) {
	id := storage.ID[Posted]{6: 0x70, 15: 9}
	for name, payload := range map[string]any{
		"ledger.entry.posted.1": PostedPayload{Date: date.FromDays(17000),
			Source: storage.Ref{Kind: "billing.invoice", ID: "1"}, Reverses: id, Closing: true},
		"ledger.entry.reversed.1": ReversedPayload{By: id, Date: date.FromDays(17000)},
		"ledger.account.opened.1": AccountPayload{Code: "1010", Name: "Bank", Type: Asset},
		"ledger.account.closed.1": AccountPayload{Code: "1010", Name: "Bank", Type: Asset},
		"ledger.books.locked.1":   LockPayload{Through: date.FromDays(17000)},

		"ledger.entry.text_erased.1": ErasedPayload{Why: "asked for"},
	} {
		got, err := json.MarshalIndent(payload, "", "  ")
		require.NoError(t, err)
		file := filepath.Join("testdata", name+".json")
		if *update {
			require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(bytes.TrimSpace(want)), string(got), name)
	}
}
