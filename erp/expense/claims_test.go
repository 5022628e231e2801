package expense_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

var boss = storage.Ref{Kind: "people.person", ID: "boss"}

// journal wires claims to the books.
type journal struct{ books *ledger.Books }

func (j journal) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := j.books.In(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return posted[0].Ref(), nil
}

// approvers wires claims to the approvals.
type approvers struct{ approvals *approval.Approvals }

func (a approvers) Ask(ctx context.Context, tx *storage.Tx, q expense.Question) (expense.Answer, error) {
	r, err := a.approvals.In(tx).Current(ctx, q.Policy, q.Claim)
	if errors.Is(err, storage.ErrNotFound) || err == nil && r.Digest != q.Digest {
		r, err = a.approvals.In(tx).Submit(ctx, approval.Submit{By: q.By, Policy: q.Policy, Subject: q.Claim, Digest: q.Digest, Requester: q.Person, Amount: q.Amount})
	}
	if err != nil {
		return expense.Answer{}, err
	}
	verdict := expense.Refused
	switch r.State {
	case approval.Pending:
		verdict = expense.Waiting
	case approval.Approved, approval.NotNeeded:
		verdict = expense.Granted
	}
	return expense.Answer{Request: r.Ref(), Verdict: verdict}, nil
}

var accounts = expense.Accounts{Payable: "owed", Advances: "held", Tax: "tax", Bank: "bank", ByCategory: map[string]string{"travel": "trips", "meals": "food"}}

type desk struct {
	t         testing.TB
	now       time.Time
	db        *storage.DB
	books     *ledger.Books
	approvals *approval.Approvals
	*expense.Claims
}

func open(t testing.TB, o ...storage.Option) *desk {
	d := &desk{t: t, now: time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), append(o, storage.Clock(func() time.Time { return d.now }))...)
	ctx := context.Background()
	require.NoError(t, store.Migrate(ctx, event.Package(), ledger.Package(), approval.Package(), expense.Package()))
	var err error
	d.db, err = store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	d.books, d.approvals = ledger.New(d.db), approval.New(d.db, approval.Ports{})
	require.NoError(t, d.books.OpenAccounts(ctx, storage.Ref{},
		ledger.OpenAccount{Code: "owed", Name: "Owed to people", Type: ledger.Liability, Control: "expense"},
		ledger.OpenAccount{Code: "held", Name: "Advances", Type: ledger.Asset, Control: "expense"}, ledger.OpenAccount{Code: "bank", Name: "Bank", Type: ledger.Asset},
		ledger.OpenAccount{Code: "tax", Name: "Input tax", Type: ledger.Asset}, ledger.OpenAccount{Code: "trips", Name: "Travel", Type: ledger.Expense},
		ledger.OpenAccount{Code: "food", Name: "Meals", Type: ledger.Expense}))
	_, err = d.approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "expense", Measure: approval.Always,
		Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{boss}}}}})
	require.NoError(t, err)
	d.Claims = expense.New(d.db, d.ports())
	return d
}

func (d *desk) ports() expense.Ports {
	return expense.Ports{Journal: journal{d.books}, Accounts: accounts, Approvals: approvers{d.approvals}, Limit: eur("10000")}
}

// balance reads an account in the books.
func (d *desk) balance(code string) string {
	d.t.Helper()
	b, err := d.books.Balance(d.t.Context(), code, "EUR", date.Date{})
	require.NoError(d.t, err)
	return b.Text()
}

// post submits and posts a claim.
func (d *desk) post(s expense.Submit) *expense.Claim {
	d.t.Helper()
	c, err := d.Submit(d.t.Context(), s)
	require.NoError(d.t, err)
	c, err = d.Post(d.t.Context(), expense.Post{Claim: c.ID})
	require.NoError(d.t, err)
	return c
}

// owed is what is open on all posted claims.
func (d *desk) owed() string {
	d.t.Helper()
	open, err := d.Open(d.t.Context(), expense.Filter{})
	require.NoError(d.t, err)
	if len(open) == 0 {
		return "0.00"
	}
	require.Len(d.t, open, 1)
	return open[0].Text()
}

func TestWE_X1AClaimInTheBooks(t *testing.T) {
	d := open(t)
	s := claim("140", "7")
	s.Lines[0].Dims = ledger.Dims{Department: "sales", CostCentre: "fair", Project: "p1"}
	c := d.post(s)
	require.Equal(t, "130.84 9.16 -140.00", d.balance("trips")+" "+d.balance("tax")+" "+d.balance("owed"))
	entries, err := d.books.BySource(t.Context(), expense.Ref(c.ID))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, c.Entry, entries[0].Ref())
	require.Equal(t, "2026-01-08", entries[0].Date.String(), "on the claim's date")
	require.Equal(t, ledger.Dims{Department: "sales", CostCentre: "fair", Project: "p1", Person: "ana"}, entries[0].Legs[0].Parts[0].Dims)
}

func TestWE_X2AnAdvanceIsUsedUpFirst(t *testing.T) {
	d, ctx := open(t), t.Context()
	_, err := d.Advance(ctx, expense.Advance{Person: ana, Amount: eur("500")})
	require.NoError(t, err)
	require.Equal(t, "500.00 -500.00", d.balance("held")+" "+d.balance("bank"))
	s := claim("1000", "0")
	s.Advance = eur("500")
	c := d.post(s)
	require.Equal(t, "500.00", c.Open.Text())
	require.Equal(t, "0.00 -500.00 1000.00", d.balance("held")+" "+d.balance("owed")+" "+d.balance("trips"))
	again, err := d.Submit(ctx, s)
	require.NoError(t, err)
	_, err = d.Post(ctx, expense.Post{Claim: again.ID})
	require.ErrorIs(t, err, expense.ErrAdvance, "the advance is used up")
	p, err := d.Reimburse(ctx, expense.Reimburse{Claim: c.ID})
	require.NoError(t, err)
	require.Equal(t, "500.00", p.Amount.Text())
	require.Equal(t, "0.00 -1000.00", d.balance("owed")+" "+d.balance("bank"))
}

func TestAnAdvanceIsUsedByItsOwnHolderOldestFirst(t *testing.T) {
	d, ctx := open(t), t.Context()
	for day, amount := range map[string]string{"2026-01-02": "30", "2026-01-01": "50"} {
		_, err := d.Advance(ctx, expense.Advance{Person: ana, Amount: eur(amount), Date: date.MustParse(day)})
		require.NoError(t, err)
	}
	s := claim("60", "0")
	s.Advance = eur("60")
	require.Equal(t, expense.Paid, d.post(s).State, "nothing is left to pay")
	var left []string
	for p, err := range d.Payments(ctx, ana) {
		require.NoError(t, err)
		left = append(left, p.Left.Text())
	}
	require.Equal(t, []string{"0.00", "20.00"}, left)
	s.Person, s.Advance = boss, eur("1")
	c, err := d.Submit(ctx, s)
	require.NoError(t, err)
	_, err = d.Post(ctx, expense.Post{Claim: c.ID})
	require.ErrorIs(t, err, expense.ErrAdvance, "it is someone else's")
	d.holds()
}

func TestWE_X5PartPayments(t *testing.T) {
	d, ctx := open(t), t.Context()
	c := d.post(claim("5500", "0"))
	for _, step := range [][2]string{{"500", "5000.00"}, {"2000", "3000.00"}, {"3000", "0.00"}} {
		_, err := d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Amount: eur(step[0])})
		require.NoError(t, err)
		got, err := d.Get(ctx, c.ID)
		require.NoError(t, err)
		require.Equal(t, step[1], got.Open.Text())
		require.Equal(t, step[1], d.owed())
	}
	got, err := d.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, expense.Paid, got.State)
	_, err = d.Reimburse(ctx, expense.Reimburse{Claim: c.ID})
	require.ErrorIs(t, err, expense.ErrNotPosted)
	n := 0
	for p, err := range d.Payments(ctx, ana) {
		require.NoError(t, err)
		require.Equal(t, c.ID, p.Claim)
		n++
	}
	require.Equal(t, 3, n)
}

func TestAClaimAboveTheLimitFollowsItsApproval(t *testing.T) {
	d, ctx := open(t), t.Context()
	c, err := d.Submit(ctx, claim("10000", "0"))
	require.NoError(t, err)
	require.Equal(t, expense.Approved, c.State, "what equals the limit is free")
	yes, err := d.Submit(ctx, claim("10000.01", "7"))
	require.NoError(t, err)
	require.Equal(t, expense.Submitted, yes.State)
	require.Equal(t, "approval.request", yes.Approval.Kind)
	no, err := d.Submit(ctx, claim("20000", "7"))
	require.NoError(t, err)
	_, err = d.Post(ctx, expense.Post{Claim: yes.ID})
	require.ErrorIs(t, err, expense.ErrNotApproved)
	_, err = d.Approve(ctx, expense.Decide{By: boss, Claim: yes.ID})
	require.ErrorIs(t, err, expense.ErrNeedsApproval)
	_, err = d.Reject(ctx, expense.Decide{By: boss, Claim: yes.ID})
	require.ErrorIs(t, err, expense.ErrNotRejected)
	vote := func(c *expense.Claim) approval.Vote {
		id, err := storage.RefID[approval.Request](c.Approval)
		require.NoError(t, err)
		return approval.Vote{By: boss, Request: id}
	}
	_, err = d.approvals.Approve(ctx, vote(yes))
	require.NoError(t, err)
	_, err = d.approvals.Reject(ctx, vote(no))
	require.NoError(t, err)
	_, err = d.Approve(ctx, expense.Decide{By: ana, Claim: yes.ID})
	require.ErrorIs(t, err, expense.ErrOwnClaim)
	yes, err = d.Approve(ctx, expense.Decide{By: boss, Claim: yes.ID})
	require.NoError(t, err)
	require.Equal(t, expense.Approved, yes.State)
	_, err = d.Approve(ctx, expense.Decide{By: boss, Claim: no.ID})
	require.ErrorIs(t, err, expense.ErrNeedsApproval)
	no, err = d.Reject(ctx, expense.Decide{By: boss, Claim: no.ID, Why: "too dear"})
	require.NoError(t, err)
	require.Equal(t, expense.Rejected, no.State)
	_, err = d.Reject(ctx, expense.Decide{By: boss, Claim: no.ID})
	require.ErrorIs(t, err, expense.ErrDecided)
	_, err = d.Post(ctx, expense.Post{Claim: no.ID})
	require.ErrorIs(t, err, expense.ErrNotApproved)
	_, err = d.Post(ctx, expense.Post{Claim: yes.ID})
	require.NoError(t, err)
	require.Equal(t, "-10000.01", d.balance("owed"))
	var told []string
	for e, err := range event.All(ctx, d.db, event.Filter{Subject: expense.Ref(yes.ID)}) {
		require.NoError(t, err)
		told = append(told, e.Name)
	}
	require.Equal(t, []string{"expense.claim.submitted", "expense.claim.approved", "expense.claim.posted"}, told)
}

func TestWithoutApprovalsSomeoneElseDecides(t *testing.T) {
	d, ctx := open(t), t.Context()
	p := d.ports()
	p.Approvals, p.Limit = nil, money.Amount{}
	claims := expense.New(d.db, p)
	c, err := claims.Submit(ctx, claim("1", "0"))
	require.NoError(t, err)
	require.Equal(t, expense.Submitted, c.State)
	_, err = claims.Approve(ctx, expense.Decide{By: ana, Claim: c.ID})
	require.ErrorIs(t, err, expense.ErrOwnClaim)
	_, err = claims.Approve(ctx, expense.Decide{By: boss, Claim: c.ID, Version: 1})
	require.NoError(t, err)
	_, err = claims.Post(ctx, expense.Post{Claim: c.ID, Version: 1})
	require.ErrorIs(t, err, storage.ErrStale)
}

func TestPeopleAreAtAllTimesOwedWhatIsOpenOnTheirClaims(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d, ctx := open(t), t.Context()
	people := []storage.Ref{ana, boss}
	amount := func(most int64) money.Amount { return eur(decimal.New(1+r.Int64N(most), -2).String()) }
	var all []storage.ID[expense.Claim]
	for range 150 {
		person := people[r.IntN(2)]
		switch n := r.IntN(10); {
		case n < 3 || len(all) == 0:
			s := claim("1", "0")
			s.Person, s.Lines[0].Amount, s.Lines[0].TaxPercent = person, amount(50000), decimal.New(r.Int64N(30), 0)
			s.Lines = append(s.Lines, expense.Line{Category: "meals", Text: "x", Amount: amount(5000)})
			if r.IntN(3) == 0 {
				s.Advance = amount(20000)
			}
			if c, err := d.Submit(ctx, s); err == nil {
				all = append(all, c.ID)
			} else {
				require.True(t, storage.Has(err, "advance", storage.CodeRange), "%v", err)
			}
		case n == 3:
			_, err := d.Advance(ctx, expense.Advance{Person: person, Amount: amount(30000)})
			require.NoError(t, err)
		case n < 7:
			_, err := d.Post(ctx, expense.Post{Claim: all[r.IntN(len(all))]})
			require.True(t, err == nil || errors.Is(err, expense.ErrNotApproved) || errors.Is(err, expense.ErrAdvance), "%v", err)
		default:
			pay := expense.Reimburse{Claim: all[r.IntN(len(all))]}
			if r.IntN(2) == 0 {
				pay.Amount = amount(30000)
			}
			_, err := d.Reimburse(ctx, pay)
			require.True(t, err == nil || errors.Is(err, expense.ErrNotPosted) || errors.Is(err, expense.ErrOverpaid), "%v", err)
		}
		d.holds()
	}
}

// holds checks the invariants: for each claim what was paid, advanced and is open sums to the gross; the books say the same of all.
func (d *desk) holds() {
	d.t.Helper()
	ctx := d.t.Context()
	paid, held := map[storage.ID[expense.Claim]]money.Amount{}, eur("0")
	for p, err := range d.Payments(ctx, storage.Ref{}) {
		require.NoError(d.t, err)
		paid[p.Claim], err = paid[p.Claim].Add(p.Amount)
		require.NoError(d.t, err)
		held, err = held.Add(p.Left)
		require.NoError(d.t, err)
		require.Equal(d.t, p.Held, !p.Left.IsZero())
	}
	for c, err := range d.All(ctx, expense.Filter{}) {
		require.NoError(d.t, err)
		sum, err := money.Sum(paid[c.ID], c.Advance, c.Open)
		require.NoError(d.t, err)
		require.Equal(d.t, c.Gross, sum, "paid + advanced + open = gross")
		require.Equal(d.t, c.State == expense.Paid, c.Open.IsZero() && !c.Entry.IsZero())
	}
	require.Equal(d.t, d.balance("held"), held.Text(), "advances account = advances held")
	require.Equal(d.t, strings.TrimPrefix(d.balance("owed"), "-"), d.owed(), "payable account = open claims")
}

func TestBadClaimsAreRefusedByFieldAndNothingIsWritten(t *testing.T) {
	d, ctx := open(t), t.Context()
	for want, change := range bad {
		s := claim("140", "7")
		change(&s)
		path, code, _ := strings.Cut(want, " ")
		_, err := d.Submit(ctx, s)
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
	for c := range d.All(ctx, expense.Filter{}) {
		t.Fatalf("%+v was written", c)
	}
	for e := range event.All(ctx, d.db, event.Filter{}) {
		require.NotContains(t, e.Name, "expense", "nothing is told either")
	}
	s := claim("140", "7")
	s.Text, s.Lines[0].Text, s.Lines[0].Merchant = "'; DROP TABLE claims; --", "Тұтас", "әғқңөұүһі"
	c := d.post(s)
	got, err := d.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, s.Text+s.Lines[0].Text+s.Lines[0].Merchant, got.Text+got.Lines[0].Text+got.Lines[0].Merchant)
	for amount, want := range map[string]string{"-1 EUR": storage.CodeNegative, "0 EUR": storage.CodeNegative, "1 ZZZ": storage.CodeCurrency,
		"0.001 EUR": storage.CodeScale, "1000000000000 EUR": storage.CodeRange} {
		_, err := d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Amount: money.MustParse(amount)})
		require.True(t, storage.Has(err, "amount", want), "%s: %v", amount, err)
		_, err = d.Advance(ctx, expense.Advance{Person: ana, Amount: money.MustParse(amount)})
		require.True(t, storage.Has(err, "amount", want), "%s: %v", amount, err)
	}
	_, err = d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Amount: money.MustParse("1 USD")})
	require.ErrorIs(t, err, expense.ErrCurrency)
	_, err = d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Amount: eur("140.01")})
	require.ErrorIs(t, err, expense.ErrOverpaid)
	_, err = d.Reimburse(ctx, expense.Reimburse{Claim: storage.ID[expense.Claim]{1}})
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Bank: "nowhere"})
	require.ErrorIs(t, err, ledger.ErrNoAccount)
	d.holds()
	require.Equal(t, "0.00", d.balance("bank"))
}

func TestAKeyMakesEachStepOnce(t *testing.T) {
	d, ctx := open(t), t.Context()
	s := claim("140", "7")
	s.Key = "receipt-1"
	for range 2 {
		c, err := d.Submit(ctx, s)
		require.NoError(t, err)
		require.Len(t, c.Lines, 1)
		c, err = d.Post(ctx, expense.Post{Claim: c.ID, Key: "post-1"})
		require.NoError(t, err)
		_, err = d.Reimburse(ctx, expense.Reimburse{Claim: c.ID, Key: "pay-1", Amount: eur("40")})
		require.NoError(t, err)
	}
	require.Equal(t, "100.00", d.owed())
	require.Equal(t, "-40.00", d.balance("bank"))
}

func TestOnlyTheVerbsThatAClaimOffersSucceed(t *testing.T) {
	d, ctx := open(t), t.Context()
	p := d.ports()
	p.Approvals = nil
	claims := expense.New(d.db, p)
	submit := func(amount string, then ...func(storage.ID[expense.Claim]) error) storage.ID[expense.Claim] {
		c, err := claims.Submit(ctx, claim(amount, "0"))
		require.NoError(t, err)
		for _, f := range then {
			require.NoError(t, f(c.ID))
		}
		return c.ID
	}
	verbs := map[string]func(storage.ID[expense.Claim]) error{
		"approve": func(id storage.ID[expense.Claim]) error {
			_, err := claims.Approve(ctx, expense.Decide{Claim: id})
			return err
		},
		"reject": func(id storage.ID[expense.Claim]) error {
			_, err := claims.Reject(ctx, expense.Decide{Claim: id})
			return err
		},
		"post": func(id storage.ID[expense.Claim]) error {
			_, err := claims.Post(ctx, expense.Post{Claim: id})
			return err
		},
		"reimburse": func(id storage.ID[expense.Claim]) error {
			_, err := claims.Reimburse(ctx, expense.Reimburse{Claim: id})
			return err
		},
	}
	for state, make := range map[expense.State]func() storage.ID[expense.Claim]{
		expense.Submitted: func() storage.ID[expense.Claim] { return submit("20000") },
		expense.Approved:  func() storage.ID[expense.Claim] { return submit("1") },
		expense.Rejected:  func() storage.ID[expense.Claim] { return submit("20000", verbs["reject"]) },
		expense.Posted:    func() storage.ID[expense.Claim] { return submit("1", verbs["post"]) },
		expense.Paid:      func() storage.ID[expense.Claim] { return submit("1", verbs["post"], verbs["reimburse"]) },
	} {
		for name, verb := range verbs {
			id := make()
			c, err := claims.Get(ctx, id)
			require.NoError(t, err)
			require.Equal(t, state, c.State)
			for _, v := range c.Verbs() {
				if v.Name == name {
					require.Equal(t, v.Why == "", verb(id) == nil, "%s of a claim that is %s", name, state)
				}
			}
		}
	}
}

func TestListsAreNarrowedByFilterAndScope(t *testing.T) {
	d := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if by == ana && (kind == "expense.claim" || kind == "expense.payment") {
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("person", ana)}}
		}
		return storage.Narrowing{}
	}))
	ctx := t.Context()
	trip := storage.Ref{Kind: "project.project", ID: "1"}
	s := claim("10", "0")
	s.Origin = trip
	a := d.post(s)
	s = claim("20", "0")
	s.Person, s.Date = boss, date.MustParse("2025-12-31")
	b := d.post(s)
	_, err := d.Reimburse(ctx, expense.Reimburse{Claim: b.ID, Amount: eur("5")})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		f    expense.Filter
		want []storage.ID[expense.Claim]
		open string
	}{
		"all":    {expense.Filter{Order: []string{"date"}}, []storage.ID[expense.Claim]{b.ID, a.ID}, "25.00"},
		"person": {expense.Filter{Person: boss}, []storage.ID[expense.Claim]{b.ID}, "15.00"},
		"origin": {expense.Filter{Origin: trip}, []storage.ID[expense.Claim]{a.ID}, "10.00"},
		"state":  {expense.Filter{State: expense.Posted}, []storage.ID[expense.Claim]{a.ID, b.ID}, "25.00"},
		"from":   {expense.Filter{From: date.MustParse("2026-01-01")}, []storage.ID[expense.Claim]{a.ID}, "10.00"},
		"to":     {expense.Filter{To: date.MustParse("2025-12-31")}, []storage.ID[expense.Claim]{b.ID}, "15.00"},
		"scope":  {expense.Filter{By: ana}, []storage.ID[expense.Claim]{a.ID}, "10.00"},
	} {
		page, err := d.Page(ctx, c.f, "")
		require.NoError(t, err, name)
		var got []storage.ID[expense.Claim]
		for _, x := range page.Items {
			got = append(got, x.ID)
		}
		require.Equal(t, c.want, got, name)
		sum, err := d.Open(ctx, c.f)
		require.NoError(t, err, name)
		require.Equal(t, c.open, sum[0].Text(), name)
	}
	_, err = d.Get(ctx, b.ID, ana)
	require.ErrorIs(t, err, storage.ErrNotFound)
	for range d.Payments(ctx, storage.Ref{}, ana) {
		t.Fatal("someone else's payment")
	}
}

func TestTheFormOfEventsIsKept(t *testing.T) {
	got, err := json.Marshal(expense.Happened{State: expense.Posted, Person: ana, Origin: storage.Ref{Kind: "project.project", ID: "1"},
		Approval: storage.Ref{Kind: "approval.request", ID: "2"}, Gross: eur("140"), Open: eur("40"), On: date.MustParse("2026-01-10")})
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/claim.v1.json")
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(string(want)), string(got))
}
