package sales_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

var (
	customer = storage.Ref{Kind: "shop.customer", ID: "42"}
	deal     = storage.Ref{Kind: "pipeline.deal", ID: "H3K2E35I"}
	agent    = storage.Ref{Kind: "people.person", ID: "agent"}
	manager  = storage.Ref{Kind: "people.person", ID: "manager"}
)

// approved wires sales to the approvals.
type approved struct{ approvals *approval.Approvals }

func (a approved) Approval(ctx context.Context, tx *storage.Tx, policy string, subject storage.Ref, digest string) (storage.Ref, error) {
	r, err := a.approvals.In(tx).Current(ctx, policy, subject)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !r.Covers(digest) {
		return storage.Ref{}, nil
	}
	if err != nil {
		return storage.Ref{}, err
	}
	return storage.Ref{Kind: "approval.request", ID: r.ID.String()}, nil
}

type desk struct {
	t         testing.TB
	now       time.Time
	db        *storage.DB
	approvals *approval.Approvals
	*sales.Orders
}

func open(t testing.TB, o ...storage.Option) *desk {
	d := &desk{t: t, now: time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), append(o, storage.Clock(func() time.Time { return d.now }))...)
	ctx := context.Background()
	require.NoError(t, store.Migrate(ctx, event.Package(), approval.Package(), sales.Package()))
	var err error
	d.db, err = store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	d.approvals = approval.New(d.db, approval.Ports{})
	_, err = d.approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "discount", Measure: approval.ByPercent, AbovePercent: dec("10"),
		Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{manager}}}}})
	require.NoError(t, err)
	d.Orders = sales.New(d.db, sales.Ports{Approvals: approved{d.approvals}, Limit: dec("10")})
	return d
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// draft sells three of something whose list price is 100, and hours without one.
func draft(price string) sales.Draft {
	return sales.Draft{By: agent, Customer: customer, Origin: deal, Owner: agent, Currency: "EUR", Terms: erp.Terms{Days: 30},
		List: []decimal.Decimal{dec("100"), {}},
		Lines: []erp.Line{{Text: "box", Quantity: dec("3"), Price: dec(price), TaxCode: "vat", TaxPercent: dec("20")},
			{Text: "hours", Quantity: dec("2"), Price: dec("50")}}}
}

// approve lets the manager agree to what an order says, asked for a subject.
func (d *desk) approve(subject storage.Ref, o *sales.Order) {
	d.t.Helper()
	r, err := d.approvals.Submit(d.t.Context(), approval.Submit{By: agent, Policy: "discount", Subject: subject, Digest: o.Digest(), Percent: o.Discount})
	require.NoError(d.t, err)
	_, err = d.approvals.Approve(d.t.Context(), approval.Vote{By: manager, Request: r.ID})
	require.NoError(d.t, err)
}

func TestAnOrderGoesFromDraftToClosedAndTellsOfEachStep(t *testing.T) {
	d, ctx := open(t), t.Context()
	o, err := d.Draft(ctx, draft("95"))
	require.NoError(t, err)
	require.Equal(t, "", o.Number)
	require.Equal(t, "385.00 EUR 57.00 EUR 442.00 EUR 5", fmt.Sprint(o.Net, o.Tax, o.Gross, " ", o.Discount))
	o, err = d.Confirm(ctx, sales.Confirm{By: agent, Order: o.ID, Version: 1})
	require.NoError(t, err)
	require.Equal(t, "SO1", o.Number)
	d.now = d.now.AddDate(0, 0, 3)
	_, err = d.Fulfil(ctx, sales.Fulfil{Order: o.ID, Version: 1})
	require.ErrorIs(t, err, storage.ErrStale)
	_, err = d.Fulfil(ctx, sales.Fulfil{Order: o.ID, Date: date.MustParse("2026-01-09")})
	require.True(t, storage.Has(err, "date", storage.CodeRange), "delivered before it was ordered: %v", err)
	_, err = d.Fulfil(ctx, sales.Fulfil{Order: o.ID})
	require.NoError(t, err)
	_, err = d.Close(ctx, sales.Close{Order: o.ID, Date: date.MustParse("2026-01-12")})
	require.True(t, storage.Has(err, "date", storage.CodeRange), "closed before it was delivered: %v", err)
	_, err = d.Close(ctx, sales.Close{Order: o.ID})
	require.NoError(t, err)
	got, err := d.Get(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, sales.Closed, got.State)
	require.Equal(t, "2026-01-10 2026-01-13 2026-01-13", fmt.Sprint(got.ConfirmedOn, got.FulfilledOn, got.ClosedOn))
	require.Len(t, got.Lines, 2)
	require.Equal(t, "42", got.Lines[0].Dims.Customer)
	require.True(t, got.List[0].Equal(dec("100")) && got.List[1].IsZero())
	require.Equal(t, o.Digest(), got.Digest(), "a stored order has the digest of the draft")
	var told []string
	for e, err := range event.All(ctx, d.db, event.Filter{Subject: sales.Ref(o.ID)}) {
		require.NoError(t, err)
		told = append(told, e.Name)
	}
	require.Equal(t, []string{"sales.order.created", "sales.order.confirmed", "sales.order.fulfilled", "sales.order.closed"}, told)
}

func TestADiscountAboveTheLimitWaitsForTheManager(t *testing.T) {
	d, ctx := open(t), t.Context()
	_, err := d.Place(ctx, draft("90"))
	require.NoError(t, err, "what equals the limit is free")
	o, err := d.Draft(ctx, draft("89.99"))
	require.NoError(t, err)
	_, err = d.Confirm(ctx, sales.Confirm{Order: o.ID})
	require.ErrorIs(t, err, sales.ErrNeedsApproval)
	d.approve(sales.Ref(o.ID), o)
	changed := draft("80")
	o, err = d.Redraft(ctx, sales.Redraft{Order: o.ID, Draft: changed})
	require.NoError(t, err)
	_, err = d.Confirm(ctx, sales.Confirm{Order: o.ID})
	require.ErrorIs(t, err, sales.ErrNeedsApproval, "another price than the one that was approved")
	d.approve(sales.Ref(o.ID), o)
	o, err = d.Confirm(ctx, sales.Confirm{Order: o.ID})
	require.NoError(t, err)
	require.Equal(t, "SO2", o.Number, "refusals take no number")
	require.Equal(t, "approval.request", o.Approval.Kind)
	_, err = d.Redraft(ctx, sales.Redraft{Order: o.ID, Draft: changed})
	require.ErrorIs(t, err, sales.ErrNotDraft)
}

func TestAnApprovalOfTheDealServesItsOrder(t *testing.T) {
	d, ctx := open(t), t.Context()
	c := draft("80")
	_, err := d.Place(ctx, c)
	require.ErrorIs(t, err, sales.ErrNeedsApproval)
	planned, err := sales.Compose(c)
	require.NoError(t, err)
	d.approve(deal, planned)
	c.Terms, c.Note = erp.Terms{Days: 60}, "later" // may change freely
	o, err := d.Place(ctx, c)
	require.NoError(t, err)
	require.Equal(t, sales.Confirmed, o.State)
	require.Equal(t, "SO1", o.Number)
	c.Lines[0].Quantity = dec("4")
	_, err = d.Place(ctx, c)
	require.ErrorIs(t, err, sales.ErrNeedsApproval)
}

func TestWithoutApprovalsAnyDiscountIsFree(t *testing.T) {
	d := open(t)
	o, err := sales.New(d.db, sales.Ports{}).Place(t.Context(), draft("1"))
	require.NoError(t, err)
	require.Equal(t, "99", o.Discount.String())
	require.True(t, o.Approval.IsZero())
}

func TestTheDigestIsOfNumbersNotOfHowTheyAreWritten(t *testing.T) {
	a, err := sales.Compose(draft("80"))
	require.NoError(t, err)
	c := draft("100.00")
	c.Lines[0].Discount, c.Lines[0].Quantity = dec("20.0"), dec("3.000")
	b, err := sales.Compose(c)
	require.NoError(t, err)
	require.Equal(t, a.Digest(), b.Digest())
	for name, change := range map[string]func(*sales.Draft){
		"customer": func(c *sales.Draft) { c.Customer.ID = "43" }, "currency": func(c *sales.Draft) { c.Currency = "USD" },
		"text": func(c *sales.Draft) { c.Lines[1].Text = "days" }, "list": func(c *sales.Draft) { c.List[0] = dec("99") },
		"price": func(c *sales.Draft) { c.Lines[1].Price = dec("49") }, "product": func(c *sales.Draft) { c.Lines[0].Product = deal },
		"more": func(c *sales.Draft) { c.Lines, c.List = c.Lines[:1], c.List[:1] },
	} {
		c := draft("80")
		change(&c)
		other, err := sales.Compose(c)
		require.NoError(t, err)
		require.NotEqual(t, a.Digest(), other.Digest(), name)
	}
}

func TestOnlyTheVerbsThatAnOrderOffersSucceed(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r, d, ctx := rand.New(rand.NewPCG(seed, 1)), open(t), t.Context()
	var all []storage.ID[sales.Order]
	confirmed := 0
	for range 200 {
		if r.IntN(4) == 0 || len(all) == 0 {
			o, err := d.Draft(ctx, draft("95"))
			require.NoError(t, err)
			all = append(all, o.ID)
			continue
		}
		o, err := d.Get(ctx, all[r.IntN(len(all))])
		require.NoError(t, err)
		verb := o.Verbs()[1+r.IntN(4)]
		switch verb.Name {
		case "confirm":
			if _, err = d.Confirm(ctx, sales.Confirm{Order: o.ID}); err == nil {
				confirmed++
			}
		case "fulfil":
			_, err = d.Fulfil(ctx, sales.Fulfil{Order: o.ID})
		case "close":
			_, err = d.Close(ctx, sales.Close{Order: o.ID})
		case "cancel":
			_, err = d.Cancel(ctx, sales.Cancel{Order: o.ID})
		}
		require.Equal(t, verb.Why == "", err == nil, "%s of %s: %v", verb.Name, o.State, err)
	}
	numbers := map[string]bool{}
	for o, err := range d.All(ctx, sales.Filter{}) {
		require.NoError(t, err)
		if o.Number != "" {
			numbers[o.Number] = true
		}
	}
	for n := range confirmed {
		require.True(t, numbers[fmt.Sprintf("SO%d", n+1)], "numbers are 1..n")
	}
	require.Len(t, numbers, confirmed)
}

func TestBadOrdersAreRefusedByFieldAndNothingIsWritten(t *testing.T) {
	d, ctx := open(t), t.Context()
	for want, change := range map[string]func(*sales.Draft){
		"customer required":           func(c *sales.Draft) { c.Customer = storage.Ref{} },
		"customer encoding":           func(c *sales.Draft) { c.Customer.ID = "a\x00" },
		"currency currency":           func(c *sales.Draft) { c.Currency = "ZZZ" },
		"lines required":              func(c *sales.Draft) { c.Lines, c.List = nil, nil },
		"lines.0.quantity negative":   func(c *sales.Draft) { c.Lines[0].Quantity = dec("-1") },
		"lines.1.price scale":         func(c *sales.Draft) { c.Lines[1].Price = dec("0.0000001") },
		"lines.1.text too_long":       func(c *sales.Draft) { c.Lines[1].Text = strings.Repeat("ж", 5000) },
		"lines.1.text encoding":       func(c *sales.Draft) { c.Lines[1].Text = "a\x00b" },
		"lines.0.department too_long": func(c *sales.Draft) { c.Lines[0].Dims.Department = strings.Repeat("d", 201) },
		"list range":                  func(c *sales.Draft) { c.List = c.List[:1] },
		"list.0 negative":             func(c *sales.Draft) { c.List[0] = dec("-1") },
		"list.1 range":                func(c *sales.Draft) { c.List[1] = dec("1e12") },
		"list.0 range":                func(c *sales.Draft) { c.List[0] = decimal.New(1, 1<<30) },
		"terms.days negative":         func(c *sales.Draft) { c.Terms.Days = -1 },
		"note encoding":               func(c *sales.Draft) { c.Note = "a\xff" },
		"reference too_long":          func(c *sales.Draft) { c.Reference = strings.Repeat("x", 501) },
		"fields.po unknown":           func(c *sales.Draft) { c.Fields = storage.Fields{"po": "1"} },
	} {
		c := draft("95")
		change(&c)
		path, code, _ := strings.Cut(want, " ")
		_, err := d.Place(ctx, c)
		require.True(t, storage.Has(err, path, code), "place, %s: %v", want, err)
		_, err = d.Draft(ctx, c)
		require.True(t, storage.Has(err, path, code), "draft, %s: %v", want, err)
	}
	for range d.All(ctx, sales.Filter{}) {
		t.Fatal("something was written")
	}
	for e := range event.All(ctx, d.db, event.Filter{}) {
		require.NotEqual(t, sales.Ref(storage.ID[sales.Order]{}).Kind, e.Subject.Kind, e.Name)
	}
	c := draft("95")
	c.Note, c.Lines[0].Text = "'; DROP TABLE orders; --", "Тұтас әғқңөұүһі"
	o, err := d.Place(ctx, c)
	require.NoError(t, err)
	require.Equal(t, "SO1", o.Number)
	o, err = d.Get(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, c.Note+c.Lines[0].Text, o.Note+o.Lines[0].Text)
	_, err = d.Get(ctx, storage.ID[sales.Order]{1})
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = d.Confirm(ctx, sales.Confirm{Order: storage.ID[sales.Order]{1}})
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestListsAreNarrowedByFilterAndScope(t *testing.T) {
	d := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		if by == agent && kind == "sales.order" {
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("owner", agent)}}
		}
		return storage.Narrowing{}
	}))
	ctx := t.Context()
	require.NoError(t, storage.DeclareField(ctx, d.db, storage.FieldSpec{Name: "po", Type: storage.TextField, Indexed: true}))
	mine, theirs := draft("95"), draft("95")
	mine.Fields = storage.Fields{"po": "4711"}
	theirs.Owner, theirs.Customer, theirs.Origin, theirs.Date = manager, agent, storage.Ref{}, date.MustParse("2025-12-31")
	a, err := d.Place(ctx, mine)
	require.NoError(t, err)
	b, err := d.Draft(ctx, theirs)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		f    sales.Filter
		want []storage.ID[sales.Order]
	}{
		"all":      {sales.Filter{}, []storage.ID[sales.Order]{a.ID, b.ID}},
		"by date":  {sales.Filter{Order: []string{"date"}}, []storage.ID[sales.Order]{b.ID, a.ID}},
		"customer": {sales.Filter{Customer: customer}, []storage.ID[sales.Order]{a.ID}},
		"origin":   {sales.Filter{Origin: deal}, []storage.ID[sales.Order]{a.ID}},
		"state":    {sales.Filter{State: sales.Drafted}, []storage.ID[sales.Order]{b.ID}},
		"owner":    {sales.Filter{Owner: manager}, []storage.ID[sales.Order]{b.ID}},
		"from":     {sales.Filter{From: date.MustParse("2026-01-01")}, []storage.ID[sales.Order]{a.ID}},
		"to":       {sales.Filter{To: date.MustParse("2025-12-31")}, []storage.ID[sales.Order]{b.ID}},
		"own":      {sales.Filter{Where: []storage.Cond{storage.Eq("fields.po", "4711")}}, []storage.ID[sales.Order]{a.ID}},
		"scope":    {sales.Filter{By: agent}, []storage.ID[sales.Order]{a.ID}},
	} {
		page, err := d.Page(ctx, c.f, "")
		require.NoError(t, err, name)
		var paged, listed []storage.ID[sales.Order]
		for _, o := range page.Items {
			paged = append(paged, o.ID)
		}
		for o, err := range d.All(ctx, c.f) {
			require.NoError(t, err, name)
			listed = append(listed, o.ID)
		}
		require.Equal(t, c.want, paged, name)
		require.Equal(t, c.want, listed, name)
	}
	_, err = d.Get(ctx, b.ID, agent)
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestAKeyMakesAnOrderOnceAlsoInTheCallersTransaction(t *testing.T) {
	d, ctx := open(t), t.Context()
	c := draft("95")
	c.Key = "web-1"
	for range 2 {
		o, err := d.Place(ctx, c)
		require.NoError(t, err)
		require.Equal(t, "SO1", o.Number)
		require.Len(t, o.Lines, 2)
	}
	c.Note = "another"
	_, err := d.Place(ctx, c)
	require.ErrorIs(t, err, storage.ErrKeyReused)
	undone := errors.New("undone")
	err = d.db.Update(ctx, func(tx *storage.Tx) error {
		o, err := d.In(tx).Place(ctx, draft("95"))
		require.NoError(t, err)
		require.Equal(t, "SO2", o.Number)
		return undone
	})
	require.ErrorIs(t, err, undone)
	o, err := d.Place(ctx, draft("95"))
	require.NoError(t, err)
	require.Equal(t, "SO2", o.Number, "a rollback leaves no number behind")
}

func TestTheFormOfEventsIsKept(t *testing.T) {
	o, err := sales.Compose(draft("95"))
	require.NoError(t, err)
	got, err := json.Marshal(sales.Happened{Number: "SO1", State: sales.Confirmed, Customer: o.Customer, Origin: o.Origin, Owner: o.Owner,
		Net: o.Net, Gross: o.Gross,
		Discount: o.Discount, Approval: storage.Ref{Kind: "approval.request", ID: "1"}, On: date.MustParse("2026-01-10")})
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/order.v1.json")
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(string(want)), string(got))
}
