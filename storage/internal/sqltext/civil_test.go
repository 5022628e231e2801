package sqltext_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tutas/tutas/storage/internal/sqltext"
)

func TestDatesAndInstantsAreWrittenAsTheTimePackageDoes(t *testing.T) {
	seed := uint64(20260101)
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	check := func(micros int64) {
		t.Helper()
		at := time.UnixMicro(micros).UTC()
		got := string(sqltext.AppendInstant(nil, micros))
		if want := at.Format("2006-01-02T15:04:05.000000Z"); got != want {
			t.Fatalf("%d is %s, want %s", micros, got, want)
		}
		if back, err := sqltext.ParseInstant(got); err != nil || back != micros {
			t.Fatalf("%s is read as %d, %v", got, back, err)
		}
	}
	for day := int64(sqltext.MinDay); day <= sqltext.MaxDay; day += 1 + r.Int64N(40) {
		got := string(sqltext.AppendDate(nil, day))
		if want := time.Unix(day*86400, 0).UTC().Format("2006-01-02"); got != want {
			t.Fatalf("day %d is %s, want %s", day, got, want)
		}
		if back, err := sqltext.ParseDate(got); err != nil || back != day {
			t.Fatalf("%s is read as %d, %v", got, back, err)
		}
		check(day*86_400_000_000 + r.Int64N(86_400_000_000))
	}
	for _, m := range []int64{sqltext.MinMicro, -1, 0, 1, sqltext.MaxMicro} {
		check(m)
	}
	if got := string(sqltext.AppendDate(nil, sqltext.MinDay)); got != "0001-01-01" {
		t.Errorf("the first day is %s", got)
	}
	if got := string(sqltext.AppendInstant(nil, sqltext.MaxMicro)); got != "9999-12-31T23:59:59.999999Z" {
		t.Errorf("the last instant is %s", got)
	}
}

func TestWhatIsNoDateIsRefused(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "0000-01-01",
		"2026/01/01", "2026-1-1", "+026-01-01", "2026-01-0x", " 2026-01-01", "2026-01-01T"} {
		if d, err := sqltext.ParseDate(s); err == nil {
			t.Errorf("%q is read as day %d", s, d)
		}
	}
	for _, s := range []string{"", "2026-01-01T00:00:00Z", "2026-01-01T24:00:00.000000Z", "2026-01-01T00:60:00.000000Z",
		"2026-01-01T00:00:60.000000Z", "2026-02-30T00:00:00.000000Z", "2026-01-01 00:00:00.000000Z", "2026-01-01T00:00:00.00000-Z"} {
		if m, err := sqltext.ParseInstant(s); err == nil {
			t.Errorf("%q is read as %d", s, m)
		}
	}
	for _, s := range []string{"", "0190c2a0-0000-7000-8000-00000000000", "0190C2A0-0000-7000-8000-000000000000",
		"0190c2a0_0000-7000-8000-000000000000", "0190c2a0-0000-7000-8000-00000000000g"} {
		if id, err := sqltext.ParseUUID(s); err == nil {
			t.Errorf("%q is read as %x", s, id)
		}
	}
}

func TestUUIDsComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		var id [16]byte
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		s := string(sqltext.AppendUUID(nil, id))
		if back, err := sqltext.ParseUUID(s); err != nil || back != id {
			t.Fatalf("%x is written as %s and read as %x, %v", id, s, back, err)
		}
	}
}

// within is what a prefix condition must mean.
func within(s, p string) bool {
	from, to, none := sqltext.PrefixRange(p)
	return !none && s >= from && (to == "" || s < to)
}

// The code points at which encodings change their length or skip something.
var edges = []rune{1, 'a', 'b', 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF,
	0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000, utf8.MaxRune}

func TestAPrefixIsARangeOfValidTexts(t *testing.T) {
	var texts []string
	for _, a := range edges {
		texts = append(texts, string(a))
		for _, b := range edges {
			texts = append(texts, string(a)+string(b), string(a)+string(b)+"x")
		}
	}
	prefixes := []string{"", "\x00", "a\x00", "\xff", "a\xff", "\xc0", "\x80", "\xed\xa0", "\xf4\x90", "\xf5", "a\xe2\x28", "\xe0\x80"}
	for _, s := range texts {
		for n := 1; n <= len(s); n++ {
			prefixes = append(prefixes, s[:n]) // also in the middle of a code point
		}
	}
	for _, p := range prefixes {
		from, to, none := sqltext.PrefixRange(p)
		if !utf8.ValidString(from) || !utf8.ValidString(to) || strings.Contains(from+to, "\x00") {
			t.Fatalf("the range of %q is %q to %q, which a database may refuse", p, from, to)
		}
		for _, s := range texts {
			if got, want := within(s, p), strings.HasPrefix(s, p); got != want {
				t.Fatalf("%q begins with %q: %v, want %v (%q to %q, none %v)", s, p, got, want, from, to, none)
			}
		}
	}
}

func FuzzPrefixRange(f *testing.F) {
	f.Add("abc", "ab")
	f.Add("\U0010ffff", "\xf4\x8f\xbf")
	f.Fuzz(func(t *testing.T, s, p string) {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			return
		}
		if got, want := within(s, p), strings.HasPrefix(s, p); got != want {
			t.Fatalf("%q begins with %q: %v, want %v", s, p, got, want)
		}
	})
}

func FuzzParseInstant(f *testing.F) {
	f.Add("2026-01-01T00:00:00.000000Z")
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := sqltext.ParseInstant(s); err == nil && string(sqltext.AppendInstant(nil, m)) != s {
			t.Fatalf("%q is read as %d", s, m)
		}
	})
}
