package party_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

var ctx = context.Background()

func company(t *testing.T, options ...storage.Option) *storage.DB {
	t.Helper()
	clock := storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) })
	store := storage.Open(memory.New(), append([]storage.Option{clock}, options...)...)
	if err := store.Migrate(ctx, event.Package(), party.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func create(t *testing.T, s *party.Parties, c party.Create) *party.Party {
	t.Helper()
	if c.Kind == "" {
		c.Kind = party.Organisation
	}
	p, err := s.Create(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func names(t *testing.T, s *party.Parties, f party.Filter) string {
	t.Helper()
	var list []string
	for p, err := range s.All(ctx, f) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p.Name)
	}
	return strings.Join(list, "|")
}

func second[T any](_ T, err error) error { return err }

func TestNamesAreStoredVerbatimAndFoundInAnyCase(t *testing.T) {
	s := party.New(company(t))
	for _, name := range []string{"Ақ Ғасыр Қала Ңұр Өріс Ұлы Үміт Һәм Ілгері", "Robert'); DROP TABLE party_party;--", "  spaced  out ", "O'Brien & \"Sons\"", "!!!", "株式会社"} {
		p := create(t, s, party.Create{Name: name})
		if got, err := s.Get(ctx, p.ID); err != nil || got.Name != name {
			t.Errorf("%q is stored as %q, %v", name, got.Name, err)
		}
	}
	for prefix, want := range map[string]string{
		"АҚ ҒАСЫР": "Ақ Ғасыр Қала Ңұр Өріс Ұлы Үміт Һәм Ілгері", "robert drop": "Robert'); DROP TABLE party_party;--", "Spaced, O": "  spaced  out ",
		"o brien": "O'Brien & \"Sons\"", "!": "!!!", "株": "株式会社", "brien": "", "%": "",
	} {
		if got := names(t, s, party.Filter{Name: prefix}); got != want {
			t.Errorf("%q finds %q, want %q", prefix, got, want)
		}
	}
}

func TestBadInputIsRefusedByPathAndLeavesNothing(t *testing.T) {
	s := party.New(company(t))
	org := func(c party.Create) party.Create { c.Kind, c.Name = party.Organisation, "A"; return c }
	for name, x := range map[string]struct {
		c          party.Create
		path, code string
	}{
		"kind":           {party.Create{Name: "A", Kind: "robot"}, "kind", storage.CodeChoice},
		"no name":        {party.Create{Kind: party.Person, Name: " \t"}, "name", storage.CodeRequired},
		"long name":      {party.Create{Kind: party.Person, Name: strings.Repeat("n", 10000)}, "name", storage.CodeTooLong},
		"long in bytes":  {party.Create{Kind: party.Person, Name: strings.Repeat("ә", 251)}, "name", storage.CodeTooLong},
		"NUL":            {party.Create{Kind: party.Person, Name: "a\x00"}, "name", storage.CodeEncoding},
		"bad UTF-8":      {party.Create{Kind: party.Person, Name: "a\xc3("}, "name", storage.CodeEncoding},
		"legal name":     {org(party.Create{LegalName: "\x00"}), "legal_name", storage.CodeEncoding},
		"language":       {org(party.Create{Language: "Қазақ"}), "language", storage.CodeFormat},
		"city":           {org(party.Create{Addresses: []party.Address{{}, {City: "\xff"}}}), "addresses.1.city", storage.CodeEncoding},
		"country":        {org(party.Create{Addresses: []party.Address{{Country: "Kazakhstan"}}}), "addresses.0.country", storage.CodeFormat},
		"e-mail":         {org(party.Create{Emails: []string{"a b@c.kz"}}), "emails.0", storage.CodeFormat},
		"phone":          {org(party.Create{Phones: []string{"12"}}), "phones.0", storage.CodeFormat},
		"scheme":         {org(party.Create{Identifiers: []party.Identifier{{Value: "1"}}}), "identifiers.0.scheme", storage.CodeRequired},
		"taken scheme":   {org(party.Create{Identifiers: []party.Identifier{{Scheme: "email", Value: "1"}}}), "identifiers.0.scheme", storage.CodeChoice},
		"no identifier":  {org(party.Create{Identifiers: []party.Identifier{{Scheme: "bin", Value: "-"}}}), "identifiers.0.value", storage.CodeRequired},
		"tag twice":      {org(party.Create{Tags: []string{"a", "a"}}), "tags.1", storage.CodeDuplicate},
		"own field":      {org(party.Create{Fields: storage.Fields{"size": "L"}}), "fields.size", storage.CodeUnknown},
		"too many":       {org(party.Create{Tags: make([]string, 201)}), "tags", storage.CodeRange},
		"person's group": {party.Create{Kind: party.Person, Name: "A", Parent: storage.ID[party.Party]{1}}, "parent", storage.CodeChoice},
	} {
		if _, err := s.Create(ctx, x.c); !storage.Has(err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, err, x.code, x.path)
		}
	}
	if err := second(s.Create(ctx, org(party.Create{Parent: storage.ID[party.Party]{1}}))); !errors.Is(err, party.ErrParent) {
		t.Errorf("an unknown parent: %v", err)
	}
	if left := names(t, s, party.Filter{}); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

func TestNormalForms(t *testing.T) {
	for in, want := range map[string]string{
		"+7 (727) 250-00-00": "+77272500000", "007 727 250 00 00": "+77272500000", "8 727 250 00 00": "87272500000", "250-00-00 ext 7": "2500000",
		"250.00.00 #7": "2500000", "+1/212/5550100": "+12125550100", "": "", "12": "", "+": "", "1234567890123456": "", "12\x00345": "", "++123": "", "12*345": "",
	} {
		if got, ok := party.NormalPhone(in); got != want || ok != (want != "") {
			t.Errorf("phone %q: %q", in, got)
		}
	}
	for in, want := range map[string]string{
		" Ann@Acme.KZ ": "ann@acme.kz", "ән@қала.қаз": "ән@қала.қаз", "a+b@c.d": "a+b@c.d", "a@localhost": "a@localhost", "a@": "", "@b": "", "a@b@c": "",
		"a b@c.d": "", "Ann <a@b.c>": "", "a@.b": "", "a@b.": "", "a@b..c": "", "a@\x00": "", "\xff@b.c": "",
	} {
		if got, ok := party.NormalEmail(in); got != want || ok != (want != "") {
			t.Errorf("e-mail %q: %q", in, got)
		}
	}
	for in, want := range map[string]string{"  Acme,  Inc. ": "acme inc", "ҚАЗАҚ": "қазақ", "A&B": "a b", "--": "--", "3M": "3m", "É́": "é́"} {
		if got := party.NormalName(in); got != want {
			t.Errorf("name %q: %q", in, got)
		}
	}
}

func FuzzNormalFormsAreStable(f *testing.F) {
	f.Add("Acme, Inc.")
	f.Add("+7 (727) 250-00-00")
	f.Add("Ann@Acme.kz")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := party.NormalPhone(s); ok {
			if q, again := party.NormalPhone(p); !again || p != q {
				t.Errorf("phone %q: %q, then %q", s, p, q)
			}
		}
		if e, ok := party.NormalEmail(s); ok {
			if d, again := party.NormalEmail(e); !again || e != d {
				t.Errorf("e-mail %q: %q, then %q", s, e, d)
			}
		}
		if n := party.NormalIdentifier(s); party.NormalIdentifier(n) != n {
			t.Errorf("identifier %q: %q", s, n)
		}
	})
}

func TestAddressesFollowTheirCountry(t *testing.T) {
	for want, a := range map[string]party.Address{
		"Абай 1/2 қабат/050000 Алматы/KZ":      {Street: "Абай 1\n2 қабат", City: "Алматы", PostalCode: "050000", Country: "KZ"},
		"1 Main St/Springfield, IL 62701/US":   {Street: "1 Main St", City: "Springfield", Region: "IL", PostalCode: "62701", Country: "US"},
		"10 Downing Street/London SW1A 2AA/GB": {Street: "10 Downing Street", City: "London", PostalCode: "SW1A 2AA", Country: "GB"},
		"":                                     {},
	} {
		if got := strings.Join(a.Lines(), "/"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	p := party.Party{Addresses: []party.Address{{Use: "billing", City: "B"}, {City: "G"}}}
	for use, city := range map[string]string{"billing": "B", "delivery": "G", "": "G"} {
		if a, ok := p.Address(use); !ok || a.City != city {
			t.Errorf("%q: %v", use, a)
		}
	}
}

func TestPartiesAreFoundByWhatTheyHaveNow(t *testing.T) {
	s := party.New(company(t))
	p := create(t, s, party.Create{Name: "A", Emails: []string{"One@a.kz"}, Phones: []string{"+7 1000"}, Identifiers: []party.Identifier{{Scheme: "bin", Value: "12-34"}}})
	create(t, s, party.Create{Name: "B", Emails: []string{"one@A.kz"}})
	found := func(scheme, value string) int {
		list, err := s.Find(ctx, scheme, value)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if found(party.Email, "ONE@A.KZ") != 2 || found(party.Phone, "0071000") != 1 || found("bin", "1234") != 1 || found("vat", "1234") != 0 || found(party.Email, "") != 0 {
		t.Error("not found by what they have")
	}
	p.Emails, p.Identifiers = []string{"two@a.kz"}, nil
	p, err := s.Change(ctx, party.Change{Party: *p})
	if err != nil {
		t.Fatal(err)
	}
	if found(party.Email, "one@a.kz") != 1 || found(party.Email, "two@a.kz") != 1 || found("bin", "1234") != 0 {
		t.Error("found by what they had")
	}
	if _, err := s.Archive(ctx, party.Archive{ID: p.ID, Version: p.Version}); err != nil {
		t.Fatal(err)
	}
	if found(party.Email, "two@a.kz") != 0 || names(t, s, party.Filter{}) != "B" || names(t, s, party.Filter{Archived: true}) != "A" {
		t.Error("an archived party is found")
	}
	if err := second(s.Change(ctx, party.Change{Party: *p})); !errors.Is(err, storage.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	p.Version = 0
	if err := second(s.Change(ctx, party.Change{Party: *p})); !errors.Is(err, party.ErrArchived) {
		t.Errorf("an archived party: %v", err)
	}
	if _, err := s.Restore(ctx, party.Archive{ID: p.ID}); err != nil || found(party.Email, "two@a.kz") != 1 {
		t.Errorf("not restored: %v", err)
	}
	if err := second(s.Restore(ctx, party.Archive{ID: p.ID})); !errors.Is(err, party.ErrLive) {
		t.Errorf("restored twice: %v", err)
	}
}

func TestNobodyIsAboveItself(t *testing.T) {
	s := party.New(company(t))
	a := create(t, s, party.Create{Name: "A"})
	b := create(t, s, party.Create{Name: "B", Parent: a.ID})
	c := create(t, s, party.Create{Name: "C", Parent: b.ID})
	a.Parent = c.ID
	if err := second(s.Change(ctx, party.Change{Party: *a})); !errors.Is(err, party.ErrCycle) {
		t.Errorf("a circle of three: %v", err)
	}
	a.Parent = a.ID
	if err := second(s.Change(ctx, party.Change{Party: *a})); !storage.Has(err, "parent", party.ErrCycle.Code) {
		t.Errorf("a circle of one: %v", err)
	}
	person := create(t, s, party.Create{Kind: party.Person, Name: "P"})
	b.Parent = person.ID
	if err := second(s.Change(ctx, party.Change{Party: *b})); !errors.Is(err, party.ErrParent) {
		t.Errorf("a person above: %v", err)
	}
	var below []string
	for sub := range s.Subsidiaries(ctx, a.ID) {
		below = append(below, sub.Name)
	}
	if len(below) != 1 || below[0] != "B" {
		t.Errorf("below A: %v", below)
	}
	// Two changes at once must not close a circle between them.
	x, y := create(t, s, party.Create{Name: "X"}), create(t, s, party.Create{Name: "Y"})
	x.Parent, y.Parent = y.ID, x.ID
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for i, p := range []*party.Party{x, y} {
		wait.Go(func() { _, errs[i] = s.Change(ctx, party.Change{Party: *p}) })
	}
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), party.ErrCycle) {
		t.Errorf("both at once: %v", errs)
	}
}

func TestACommandWithAKeyHappensOnceAlsoInATransaction(t *testing.T) {
	db := company(t)
	s := party.New(db)
	c := party.Create{Key: "k1", Kind: party.Organisation, Name: "A"}
	first := create(t, s, c)
	err := db.Update(ctx, func(tx *storage.Tx) error {
		again, err := s.In(tx).Create(ctx, c)
		if err == nil && again.ID != first.ID {
			t.Error("the key made a second party")
		}
		if err := second(s.In(tx).Create(ctx, party.Create{Kind: party.Organisation})); err == nil {
			t.Error("no name, no fault")
		}
		return err
	})
	c.Name = "B"
	if err != nil || !errors.Is(second(s.Create(ctx, c)), storage.ErrKeyReused) || names(t, s, party.Filter{}) != "A" {
		t.Errorf("%v, %s", err, names(t, s, party.Filter{}))
	}
}

func TestPagesGoByNameAndTheTrailKeepsNamesApart(t *testing.T) {
	db := company(t)
	s := party.New(db)
	for _, n := range []string{"delta", "Alpha", "charlie", "Bravo"} {
		create(t, s, party.Create{Name: n, Sector: "x"})
	}
	var got []string
	for cursor := storage.Cursor(""); ; {
		page, err := s.Page(ctx, party.Filter{Sector: "x", Limit: 3}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			got = append(got, p.Name)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if strings.Join(got, " ") != "Alpha Bravo charlie delta" {
		t.Errorf("pages %v", got)
	}
	p := create(t, s, party.Create{Kind: party.Person, Name: "Secret Name", Emails: []string{"secret@x.kz"}})
	if err := db.Update(ctx, func(tx *storage.Tx) error { return second(event.Forget(ctx, tx, p.Ref())) }); err != nil {
		t.Fatal(err)
	}
	for e, err := range event.Trail(ctx, db, event.Filter{Subject: p.Ref()}) {
		b, _ := json.Marshal(e)
		if err != nil || !e.Erased || strings.Contains(strings.ToLower(string(b)), "secret") {
			t.Errorf("the trail still says %s, %v", b, err)
		}
	}
	for e, err := range event.All(ctx, db, event.Filter{Subject: p.Ref()}) {
		if err != nil || strings.Contains(string(e.Payload), "ecret") {
			t.Errorf("the event says %s, %v", e.Payload, err)
		}
	}
}

func TestThePayloadOfEventsIsAsItWas(t *testing.T) {
	b, err := json.Marshal(party.Happened{Kind: party.Organisation})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "party.1.json", b)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%s: the payload is now %s", name, got)
	}
}

func TestADescriptionNamesFieldsAndVerbs(t *testing.T) {
	db := company(t)
	if err := storage.DeclareField(ctx, db, storage.FieldSpec{Kind: "party.party", Name: "size", Type: storage.ChoiceField, Choices: []string{"S", "L"}}); err != nil {
		t.Fatal(err)
	}
	s := party.New(db)
	p := create(t, s, party.Create{Name: "A", Fields: storage.Fields{"size": "L"}})
	d, err := s.Describe(ctx, p.ID)
	if err != nil || d.Fields[len(d.Fields)-1].Name != "fields.size" || d.Verbs[0].Why != "" || d.Verbs[2].Why == "" {
		t.Errorf("%+v %v", d, err)
	}
	if got := names(t, s, party.Filter{Where: []storage.Cond{storage.Eq("fields.size", "L")}}); got != "A" {
		t.Errorf("by its own field: %q", got)
	}
}
