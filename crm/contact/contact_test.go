package contact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

var ctx = context.Background()

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func company(t *testing.T, options ...storage.Option) *storage.DB {
	t.Helper()
	store := storage.Open(memory.New(), append([]storage.Option{storage.Clock(func() time.Time { return now })}, options...)...)
	if err := store.Migrate(ctx, event.Package(), party.Package(), contact.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func add(t *testing.T, book *contact.Contacts, a contact.Add) *contact.Contact {
	t.Helper()
	c, err := book.Add(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func count(t *testing.T, db *storage.DB) (people, contacts int) {
	t.Helper()
	for _, err := range party.New(db).All(ctx, party.Filter{}) {
		if people++; err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range contact.New(db, contact.Ports{}).All(ctx, contact.Filter{}) {
		if contacts++; err != nil {
			t.Fatal(err)
		}
	}
	return people, contacts
}

func TestBadInputIsRefusedByPathAndLeavesNothing(t *testing.T) {
	db := company(t)
	book := contact.New(db, contact.Ports{})
	for name, x := range map[string]struct {
		a          contact.Add
		path, code string
	}{
		"no name":      {contact.Add{}, "name", storage.CodeRequired},
		"long name":    {contact.Add{Name: strings.Repeat("ә", 5000)}, "name", storage.CodeTooLong},
		"NUL":          {contact.Add{Name: "a\x00b"}, "name", storage.CodeEncoding},
		"bad UTF-8":    {contact.Add{Name: "a\xffb"}, "name", storage.CodeEncoding},
		"e-mail":       {contact.Add{Name: "A", Emails: []string{"a@b.kz", "nobody"}}, "emails.1", storage.CodeFormat},
		"phone":        {contact.Add{Name: "A", Phones: []string{"call me"}}, "phones.0", storage.CodeFormat},
		"role":         {contact.Add{Name: "A", Role: strings.Repeat("x", 201)}, "role", storage.CodeTooLong},
		"own field":    {contact.Add{Name: "A", Fields: storage.Fields{"x": 1}}, "fields.x", storage.CodeUnknown},
		"organisation": {contact.Add{Name: "A", Organisation: storage.Ref{Kind: "x", ID: "\x00"}}, "organisation", storage.CodeEncoding},
	} {
		if _, err := book.Add(ctx, x.a); !storage.Has(err, x.path, x.code) {
			t.Errorf("%s: %v, want %s at %s", name, err, x.code, x.path)
		}
	}
	if p, c := count(t, db); p+c != 0 {
		t.Errorf("%d parties and %d contacts are left behind", p, c)
	}
	if _, err := book.Add(ctx, contact.Add{Person: storage.ID[party.Party]{1}}); !errors.Is(err, contact.ErrPerson) {
		t.Errorf("an unknown person: %v", err)
	}
}

func TestConsentFollowsTheLatestWordAndANoAtTheSameInstant(t *testing.T) {
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	word := func(h int, given bool) contact.Consent {
		return contact.Consent{Channel: contact.Email, Purpose: "news", Given: given, At: at(h)}
	}
	for name, x := range map[string]struct {
		said []contact.Consent
		want bool
	}{
		"nothing said":          {nil, false},
		"yes":                   {[]contact.Consent{word(1, true)}, true},
		"yes, then no":          {[]contact.Consent{word(1, true), word(2, false)}, false},
		"no, then yes":          {[]contact.Consent{word(1, false), word(2, true)}, true},
		"entered out of order":  {[]contact.Consent{word(3, false), word(1, true)}, false},
		"both at once":          {[]contact.Consent{word(1, true), word(1, false)}, false},
		"both at once, reverse": {[]contact.Consent{word(1, false), word(1, true)}, false},
		"only later":            {[]contact.Consent{word(9, true)}, false},
		"another purpose":       {[]contact.Consent{{Channel: contact.Email, Purpose: "offers", Given: true, At: at(1)}}, false},
		"another channel":       {[]contact.Consent{{Channel: contact.Phone, Purpose: "news", Given: true, At: at(1)}}, false},
	} {
		if got := contact.Allowed(x.said, contact.Email, "news", at(5)); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}

	book := contact.New(company(t), contact.Ports{})
	c := add(t, book, contact.Add{Name: "Гүлнар"})
	say := func(given bool, when time.Time) error {
		_, err := book.Consent(ctx, contact.Consents{ID: c.ID, Channel: contact.Email, Purpose: "news", Given: given, At: when, Source: "fair"})
		return err
	}
	if err := say(true, now.Add(time.Hour)); !storage.Has(err, "at", storage.CodeRange) {
		t.Errorf("a word from the future: %v", err)
	}
	if err := errors.Join(say(true, now.Add(-time.Hour)), say(false, now.Add(-2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	ok, err := book.Allowed(ctx, c.ID, contact.Email, "news")
	said, _ := book.Said(ctx, c.ID)
	if !ok || err != nil || len(said) != 2 || said[0].Given || said[1].Source != "fair" {
		t.Errorf("allowed %v, %v, said %+v", ok, err, said)
	}
	if _, err := book.Consent(ctx, contact.Consents{ID: c.ID, Channel: "pigeon"}); !storage.Has(err, "channel", storage.CodeChoice) ||
		!storage.Has(err, "purpose", storage.CodeRequired) {
		t.Errorf("a strange channel: %v", err)
	}
}

func TestDuplicatesSayTheirReason(t *testing.T) {
	book := contact.New(company(t), contact.Ports{})
	acme, globex := storage.Ref{Kind: "shop.customer", ID: "1"}, storage.Ref{Kind: "shop.customer", ID: "2"}
	a := add(t, book, contact.Add{Name: "Өмірбек Қ.", Emails: []string{"O@Acme.kz"}, Phones: []string{"+7 727 250 00 00"}, Organisation: acme})
	mail := add(t, book, contact.Add{Name: "O. K.", Emails: []string{"x@y.kz", " o@acme.KZ "}})
	phone := add(t, book, contact.Add{Name: "Reception", Phones: []string{"007 (727) 250-00-00"}, Organisation: globex})
	name := add(t, book, contact.Add{Name: "өмірбек  қ", Organisation: acme})
	add(t, book, contact.Add{Name: "Өмірбек Қ.", Organisation: globex})          // another place: only the name is alike
	add(t, book, contact.Add{Person: a.Person, Organisation: globex, Role: "2"}) // the same person, in another role
	gone := add(t, book, contact.Add{Name: "Old", Emails: []string{"o@acme.kz"}})
	if _, err := book.Archive(ctx, contact.Archive{ID: gone.ID}); err != nil {
		t.Fatal(err)
	}
	list, err := book.Duplicates(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[storage.ID[contact.Contact]]contact.Reason{mail.ID: contact.SameEmail, phone.ID: contact.SamePhone, name.ID: contact.SameName}
	for _, m := range list {
		if !slices.Equal(m.Why, []contact.Reason{want[m.Contact.ID]}) {
			t.Errorf("%s: %v, want %v", m.Person.Name, m.Why, want[m.Contact.ID])
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d found, want %d", len(list), len(want))
	}
}

func TestAMergeGivesWhatWasLackingAndUndoingTakesExactlyThatBack(t *testing.T) {
	db := company(t)
	if err := storage.DeclareField(ctx, db, storage.FieldSpec{Kind: "contact.contact", Name: "badge", Type: storage.IntField}); err != nil {
		t.Fatal(err)
	}
	book, parties := contact.New(db, contact.Ports{}), party.New(db)
	acme := storage.Ref{Kind: "shop.customer", ID: "1"}
	keep := add(t, book, contact.Add{Name: "Lyazzat", Emails: []string{"l@acme.kz"}, Organisation: acme})
	gone := add(t, book, contact.Add{Name: "Ляззат", Emails: []string{"L@ACME.kz", "home@l.kz"}, Phones: []string{"+77010000000"}, Role: "buyer",
		Language: "kk", Fields: storage.Fields{"badge": int64(7)}})
	if _, err := book.Consent(ctx, contact.Consents{ID: gone.ID, Channel: contact.Post, Purpose: "cards", Given: true}); err != nil {
		t.Fatal(err)
	}

	m, err := book.Merge(ctx, contact.Merge{Keep: keep.ID, Gone: gone.ID})
	if err != nil {
		t.Fatal(err)
	}
	card, _ := book.Card(ctx, keep.ID)
	if got := strings.Join(card.Person.Emails, " "); got != "l@acme.kz home@l.kz" || card.Person.Phones[0] != "+77010000000" ||
		card.Contact.Role != "buyer" || card.Person.Language != "kk" || card.Contact.Fields["badge"] != int64(7) || card.Person.Name != "Lyazzat" {
		t.Errorf("merged: %+v %+v", card.Contact, card.Person)
	}
	if now, err := book.Resolve(ctx, gone.ID); err != nil || now.ID != keep.ID {
		t.Errorf("the other one leads to %v, %v", now, err)
	}
	if ok, _ := book.Allowed(ctx, keep.ID, contact.Post, "cards"); !ok {
		t.Error("the consent of the other one does not count")
	}
	if p, _ := parties.Get(ctx, gone.Person); p.Archived.IsZero() {
		t.Error("the person behind the other one is still in use")
	}
	for what, err := range map[string]error{
		"again":  second(book.Merge(ctx, contact.Merge{Keep: keep.ID, Gone: gone.ID})),
		"into":   second(book.Merge(ctx, contact.Merge{Keep: gone.ID, Gone: keep.ID})),
		"change": second(book.Change(ctx, contact.Change{Contact: contact.Contact{ID: gone.ID}})),
	} {
		if !errors.Is(err, contact.ErrMerged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := book.Merge(ctx, contact.Merge{Keep: keep.ID, Gone: keep.ID}); !errors.Is(err, contact.ErrSame) {
		t.Errorf("with itself: %v", err)
	}

	// Meanwhile life goes on: a new phone, and another role.
	card.Person.Phones = append(card.Person.Phones, "+77020000000")
	if _, err := parties.Change(ctx, party.Change{Party: *card.Person}); err != nil {
		t.Fatal(err)
	}
	card.Contact.Role = "head buyer"
	if _, err := book.Change(ctx, contact.Change{Contact: *card.Contact}); err != nil {
		t.Fatal(err)
	}

	if _, err = book.Undo(ctx, contact.Undo{ID: m.ID}); err != nil {
		t.Fatal(err)
	}
	card, _ = book.Card(ctx, keep.ID)
	if got := strings.Join(append(card.Person.Emails, card.Person.Phones...), " "); got != "l@acme.kz +77020000000" ||
		card.Contact.Role != "head buyer" || card.Person.Language != "" || len(card.Contact.Fields) != 0 {
		t.Errorf("undone: %+v %+v", card.Contact, card.Person)
	}
	back, err := book.Card(ctx, gone.ID)
	if err != nil || !back.Contact.Archived.IsZero() || !back.Contact.Into.IsZero() || !back.Person.Archived.IsZero() || back.Contact.Role != "buyer" {
		t.Errorf("the other one: %+v %+v %v", back.Contact, back.Person, err)
	}
	if ok, _ := book.Allowed(ctx, keep.ID, contact.Post, "cards"); ok {
		t.Error("the consent of the other one still counts")
	}
	if _, err := book.Undo(ctx, contact.Undo{ID: m.ID}); !errors.Is(err, contact.ErrUndone) {
		t.Errorf("undone twice: %v", err)
	}
	if list, err := book.Merges(ctx, keep.ID); err != nil || len(list) != 1 || list[0].Undone.IsZero() {
		t.Errorf("merges: %v %v", list, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAVersionThatIsOldIsStale(t *testing.T) {
	book := contact.New(company(t), contact.Ports{})
	c := add(t, book, contact.Add{Name: "A"})
	c.Role = "one"
	if _, err := book.Change(ctx, contact.Change{Contact: *c}); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Change(ctx, contact.Change{Contact: *c}); !errors.Is(err, storage.ErrStale) {
		t.Errorf("got %v", err)
	}
}

func TestAnImportEntersEachLineCompletelyOrNotAtAll(t *testing.T) {
	db := company(t, storage.WithGuard(func(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string, _, after any) error {
		if c, ok := after.(*contact.Contact); ok && verb == "contact.contact.add" && c.Role == "spy" {
			return storage.ErrForbidden
		}
		return nil
	}))
	if err := storage.DeclareField(ctx, db, storage.FieldSpec{Kind: "contact.contact", Name: "born", Type: storage.DateField}); err != nil {
		t.Fatal(err)
	}
	book := contact.New(db, contact.Ports{})
	source := "\ufeffName,email,phone,organisation,role,fields.born\n" + // 1
		"Әлия Нұрғали,aliya@acme.kz,+7 701 000 00 01,Ақ Жол,buyer,1990-05-17\n" + // 2
		"Robert'); DROP TABLE party_party;--,,,Ақ Жол,,\n" + // 3
		"Too few,x@y.kz\n" + // 4
		"Too many,,,,,,,\n" + // 5
		"Bad mail,nobody,,,,\n" + // 6
		"NUL\x00,,,New Org One,,\n" + // 7
		"Bad \xff,,,New Org Two,,\n" + // 8
		strings.Repeat("n", 10000) + ",,,New Org Three,,\n" + // 9
		",,,,,\n" + // 10
		"Bad date,,,New Org Four,,yesterday\n" + // 11
		"Aliya again,ALIYA@acme.kz,,,,\n" + // 12
		"James,,,New Org Five,spy,\n" + // 13
		"\"Quote\" wrong,,,,,\n" + // 14
		"\"Two\nlines\",,,,,\n" // 15 and 16
	run := func() contact.Report {
		report, err := book.Import(ctx, contact.Import{Key: "march", Source: strings.NewReader(source)})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	report := run()
	want := []struct {
		line    int
		outcome contact.Outcome
		path    string
		code    string
	}{
		{2, contact.Entered, "", ""}, {3, contact.Entered, "", ""}, {4, contact.Refused, "phone", storage.CodeRequired},
		{5, contact.Refused, "row", storage.CodeFormat}, {6, contact.Refused, "email", storage.CodeFormat},
		{7, contact.Refused, "name", storage.CodeEncoding}, {8, contact.Refused, "name", storage.CodeEncoding},
		{9, contact.Refused, "name", storage.CodeTooLong}, {10, contact.Refused, "name", storage.CodeRequired},
		{11, contact.Refused, "fields.born", storage.CodeType}, {12, contact.Duplicate, "", ""}, {13, contact.Refused, "", ""},
		{14, contact.Refused, "row", storage.CodeFormat}, {15, contact.Entered, "", ""},
	}
	if len(report.Rows) != len(want) || report.Entered != 3 || report.Duplicates != 1 || report.Refused != 10 {
		t.Fatalf("%+v", report)
	}
	for i, w := range want {
		got := report.Rows[i]
		if got.Line != w.line || got.Outcome != w.outcome || (w.path != "" && !storage.Has(got.Err, w.path, w.code)) {
			t.Errorf("line %d: %+v, want %+v", w.line, got, w)
		}
	}
	if !errors.Is(report.Rows[11].Err, storage.ErrForbidden) {
		t.Errorf("the guard: %v", report.Rows[11].Err)
	}
	if report.Rows[10].Contact != report.Rows[0].Contact {
		t.Error("the duplicate does not name the contact that is alike")
	}
	if people, contacts := count(t, db); people != 4 || contacts != 3 { // three people and one organisation
		t.Errorf("%d parties and %d contacts, want 4 and 3", people, contacts)
	}

	again := run()
	if people, contacts := count(t, db); people != 4 || contacts != 3 || again.Entered != 3 || again.Rows[0].Contact != report.Rows[0].Contact {
		t.Errorf("a second run: %d parties and %d contacts, %+v", people, contacts, again)
	}

	var out bytes.Buffer
	if err := book.Export(ctx, &out, contact.Filter{}); err != nil {
		t.Fatal(err)
	}
	exported := "name,email,phone,organisation,role,language,fields.born\n" +
		"Әлия Нұрғали,aliya@acme.kz,+7 701 000 00 01,Ақ Жол,buyer,,1990-05-17\n" +
		"Robert'); DROP TABLE party_party;--,,,Ақ Жол,,,\n" + "\"Two\nlines\",,,,,,\n"
	if out.String() != exported {
		t.Errorf("exported:\n%s\nwant:\n%s", out.String(), exported)
	}
	other := company(t)
	if err := storage.DeclareField(ctx, other, storage.FieldSpec{Kind: "contact.contact", Name: "born", Type: storage.DateField}); err != nil {
		t.Fatal(err)
	}
	copied := contact.New(other, contact.Ports{})
	if r, err := copied.Import(ctx, contact.Import{Source: bytes.NewReader(out.Bytes())}); err != nil || r.Entered != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	var twice bytes.Buffer
	if err := copied.Export(ctx, &twice, contact.Filter{}); err != nil || twice.String() != exported {
		t.Errorf("what was exported and imported is exported differently: %v\n%s", err, twice.String())
	}
}

func TestAnImportWithWrongColumnsIsRefusedAsAWhole(t *testing.T) {
	book := contact.New(company(t), contact.Ports{})
	for source, want := range map[string][2]string{
		"":                      {"name", storage.CodeRequired},
		"email\na@b.kz\n":       {"name", storage.CodeRequired},
		"name,shoe size\nA,4\n": {"columns.1", storage.CodeUnknown},
		"name,Name\nA,B\n":      {"columns.1", storage.CodeDuplicate},
		"name,fields.x\nA,B\n":  {"columns.1", storage.CodeUnknown},
		"\"name\nA\n":           {"columns", storage.CodeFormat},
	} {
		if _, err := book.Import(ctx, contact.Import{Source: strings.NewReader(source)}); !storage.Has(err, want[0], want[1]) {
			t.Errorf("%q: %v, want %v", source, err, want)
		}
	}
}

func TestAScopeHidesContactsOnEveryPath(t *testing.T) {
	agent := storage.Ref{Kind: "user", ID: "7"}
	acme := storage.Ref{Kind: "shop.customer", ID: "1"}
	db := company(t, storage.WithScope(func(_ string, _ storage.Ref, kind string) storage.Narrowing {
		if kind != "contact.contact" {
			return storage.Narrowing{}
		}
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("organisation", acme)}}
	}))
	book := contact.New(db, contact.Ports{})
	mine := add(t, book, contact.Add{Name: "Mine", Organisation: acme, Emails: []string{"a@b.kz"}})
	other := add(t, book, contact.Add{Name: "Other", Emails: []string{"a@b.kz"}})
	for what, err := range map[string]error{
		"get": second(book.Get(ctx, other.ID, agent)), "card": second(book.Card(ctx, other.ID, agent)), "said": second(book.Said(ctx, other.ID, agent)),
		"describe": second(book.Describe(ctx, other.ID, agent)), "resolve": second(book.Resolve(ctx, other.ID, agent)),
		"merges": second(book.Merges(ctx, other.ID, agent)), "duplicates": second(book.Duplicates(ctx, other.ID, agent)),
	} {
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := book.Duplicates(ctx, mine.ID, agent); err != nil || len(list) != 0 {
		t.Errorf("duplicates: %v %v", list, err)
	}
	if page, err := book.Page(ctx, contact.Filter{By: agent}, ""); err != nil || len(page.Items) != 1 {
		t.Errorf("page: %v %v", page, err)
	}
	var out bytes.Buffer
	if err := book.Export(ctx, &out, contact.Filter{By: agent}); err != nil || strings.Contains(out.String(), "Other") {
		t.Errorf("export: %v %s", err, out.String())
	}
}

func TestThePayloadOfEventsIsAsItWas(t *testing.T) {
	for name, payload := range map[string]any{
		"contact.1.json":   contact.Happened{Organisation: storage.Ref{Kind: "shop.customer", ID: "42"}},
		"consented.1.json": contact.Spoke{Channel: contact.Email, Purpose: "news", Given: true, At: now},
	} {
		got, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("%s: the payload is now %s, %v", name, got, err)
		}
	}
}

func FuzzImportNeverPanicsAndReportsEachLine(f *testing.F) {
	f.Add("name\nA\n")
	f.Add("name,email\n\"A\nB\",x@y.kz\n\xff,\n")
	f.Fuzz(func(t *testing.T, source string) {
		book := contact.New(company(t), contact.Ports{})
		report, err := book.Import(ctx, contact.Import{Source: strings.NewReader(source)})
		var bad *storage.Invalid
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if report.Entered+report.Duplicates+report.Refused != len(report.Rows) {
			t.Fatalf("%+v", report)
		}
	})
}
