package billing_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfAnInvoiceIsSoundAndDrawn(t *testing.T) {
	require.Empty(t, billing.Life.Lint())
	require.Equal(t, `stateDiagram-v2
    s0 : Draft
    s1 : Issued
    s2 : Paid
    s3 : Credited
    [*] --> s0
    s0 --> s0 : Change
    s0 --> s2 : Issue [nothing is open]
    s0 --> s1 : Issue
    s1 --> s2 : Receive a payment [nothing is open]
    s1 --> s1 : Receive a payment
    s1 --> s1 : Release a payment [something is settled]
    s2 --> s1 : Release a payment [something is settled]
    s1 --> s3 : Credit [no credit note]
    s2 --> s3 : Credit [no credit note]
    s3 --> [*]
`, billing.LifeDiagram())
}

func TestTheServiceAnswersEachActionInEachStateAsTheLifeDoes(t *testing.T) {
	ctx := t.Context()
	type docs = *billing.Invoice
	credit := func(d *desk, i docs) (docs, error) { return d.Credit(ctx, billing.CreditInvoice{Invoice: i.ID}) }
	note := func(d *desk, i docs) docs {
		n, err := credit(d, i)
		require.NoError(t, err)
		return n
	}
	part := func(d *desk) docs { i := d.issue("100"); d.pay("40"); return i }
	paid := func(d *desk) docs { i := d.issue("100"); d.pay("100"); return i }
	ways := []struct {
		name    string
		state   billing.State
		allowed int
		make    func(*desk) docs
	}{
		{"draft", billing.Drafted, 2, func(d *desk) docs { i, err := d.Draft(ctx, draft("100")); require.NoError(t, err); return i }},
		{"issued", billing.Issued, 2, func(d *desk) docs { return d.issue("100") }},
		{"paid in part", billing.Issued, 3, part},
		{"paid", billing.Paid, 2, paid},
		{"for nothing", billing.Paid, 1, func(d *desk) docs { return d.issue("0") }},
		{"credited", billing.Credited, 0, func(d *desk) docs { i := part(d); note(d, i); return i }},
		{"credit note", billing.Issued, 1, func(d *desk) docs { return note(d, paid(d)) }},
		{"credit note that is used up", billing.Paid, 1, func(d *desk) docs {
			n := note(d, paid(d))
			d.pay("1", billing.Settle{Invoice: n.ID}, billing.Settle{Invoice: d.issue("100").ID})
			return n
		}},
	}
	verbs := map[string]func(*desk, docs) error{
		"change": func(d *desk, i docs) error {
			_, err := d.Redraft(ctx, billing.Redraft{Invoice: i.ID, Draft: draft("90")})
			return err
		},
		"issue": func(d *desk, i docs) error { _, err := d.Issue(ctx, billing.Issue{Invoice: i.ID}); return err },
		"receive": func(d *desk, i docs) error {
			list := []billing.Settle{{Invoice: i.ID, Amount: eur("1")}}
			if i.Open.Sign() < 0 { // all that a credit note has left adds to the payment of other invoices
				list = []billing.Settle{{Invoice: i.ID}, {Invoice: d.issue("500").ID}}
			}
			_, err := d.Receive(ctx, billing.Receive{Customer: customer, Amount: eur("1"), KeepCredit: true, For: list})
			return err
		},
		"release": func(d *desk, i docs) error {
			for a, err := range d.Settlements(ctx, i.ID) {
				if require.NoError(t, err); a.Payment.IsZero() {
					continue // by a credit note
				}
				_, err = d.Release(ctx, billing.Release{Payment: a.Payment})
				return err
			}
			return errNothing
		},
		"credit": func(d *desk, i docs) error { _, err := credit(d, i); return err },
	}
	for _, way := range ways {
		allowed := 0
		for n := range len(verbs) {
			d := open(t)
			i, err := d.Get(ctx, way.make(d).ID)
			require.NoError(t, err)
			require.Equal(t, way.state, i.State, way.name)
			p := i.Permitted()[n]
			err = verbs[string(p.Action)](d, i)
			require.Equal(t, p.Allowed, err == nil, "%s of what is %s: %v, the life says %+v", p.Action, way.name, err, p)
			if no := (*storage.Error)(nil); errors.As(err, &no) { // else there is no payment that could be released
				require.Equal(t, p.Code, no.Code, "%s of what is %s: %v", p.Action, way.name, err)
			}
			d.receivableIsOpenItems()
			if !p.Allowed {
				continue
			}
			allowed++
			i, err = d.Get(ctx, i.ID)
			require.NoError(t, err)
			if p.Action == "receive" && i.Open.IsZero() {
				p.To = string(billing.Paid)
			}
			require.Equal(t, p.To, string(i.State), "%s of what is %s", p.Action, way.name)
		}
		require.Equal(t, way.allowed, allowed, way.name)
	}
	require.Nil(t, (&billing.Invoice{State: "lost"}).Permitted())
}

var errNothing = errors.New("nothing to release")
