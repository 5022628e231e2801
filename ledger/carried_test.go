package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestWhatAnEntryCarriesAlongComesBackAndIsFound(t *testing.T) {
	db := open(t)
	require.NoError(t, storage.DeclareField(t.Context(), db, storage.FieldSpec{Kind: "ledger.detail", Name: "cost_type", Type: storage.TextField}))
	b := ledger.New(db)
	e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
	e.Key = "taxi"
	e.Meta = map[string]string{"receipt": "77", "gate": "b"}
	e.Attachments = []storage.Ref{{Kind: "file", ID: "scan-77.pdf"}}
	e.Fields = storage.Fields{"cost_type": "taxi"}
	posted := post(t, b, e, simple("2017-03-02", ledger.Travel, ledger.Bank, "20"))
	full, err := b.Entry(t.Context(), posted[0].ID)
	require.NoError(t, err)
	require.Equal(t, e.Carried, full.Carried)
	require.NotEmpty(t, full.Salt, "metadata can be erased as texts can")

	again := post(t, b, e)
	require.Equal(t, posted[0].ID, again[0].ID)
	require.Equal(t, e.Carried, again[0].Carried)
	e.Attachments[0].ID = "scan-78.pdf"
	_, err = b.Post(t.Context(), e)
	require.ErrorIs(t, err, storage.ErrKeyReused)

	var found []storage.ID[ledger.Posted]
	for p, err := range b.Entries(t.Context(), ledger.EntryFilter{Fields: []storage.Cond{storage.Eq("fields.cost_type", "taxi")}}) {
		require.NoError(t, err)
		found = append(found, p.ID)
	}
	require.Equal(t, []storage.ID[ledger.Posted]{posted[0].ID}, found)

	for path, c := range map[string]ledger.Carried{
		"meta.x":           {Meta: map[string]string{"x": "\x00"}},
		"meta":             {Meta: map[string]string{"": "x"}},
		"attachments.0":    {Attachments: []storage.Ref{{}}},
		"fields.cost_type": {Fields: storage.Fields{"cost_type": 7}},
	} {
		e := simple("2017-03-01", ledger.Travel, ledger.Bank, "10")
		e.Carried = c
		_, err := b.Post(t.Context(), e)
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad, path)
		require.Equal(t, path, bad.Fields[0].Path)
	}
}

func TestValuePassesBetweenCurrenciesThroughTheExchangeAccountOnly(t *testing.T) {
	b := ledger.New(open(t))
	usd, eur80 := money.MustParse("100 USD"), money.MustParse("80 EUR")
	e := ledger.Entry{Date: day("2017-03-01"), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(ledger.Clearing, usd, ledger.Dims{}), ledger.Credit(ledger.Revenue, eur80, ledger.Dims{})}}
	posted := post(t, b, e)
	full, err := b.Entry(t.Context(), posted[0].ID)
	require.NoError(t, err)
	require.Len(t, full.Legs, 4)
	for c, want := range map[money.Currency]money.Amount{"USD": usd.Neg(), "EUR": eur80} {
		got, err := b.Balance(t.Context(), ledger.Exchange, c, day("2017-03-01"))
		require.NoError(t, err)
		require.Equal(t, want.String(), got.String())
	}
	e.Exchange = ""
	_, err = b.Post(t.Context(), e)
	require.ErrorIs(t, err, ledger.ErrUnbalanced)
	one := ledger.Entry{Date: day("2017-03-01"), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(ledger.Clearing, usd, ledger.Dims{}), ledger.Credit(ledger.Revenue, money.MustParse("90 USD"), ledger.Dims{})}}
	_, err = b.Post(t.Context(), one)
	require.ErrorIs(t, err, ledger.ErrUnbalanced, "one currency alone is a mistake, not an exchange")
}

func TestACorrectionIsTheReversalAndTheRightEntryOrNothing(t *testing.T) {
	b := ledger.New(open(t))
	wrong := post(t, b, simple("2017-03-01", ledger.Travel, ledger.Bank, "10"))[0]
	cmd := ledger.Correct{Key: "fix", Why: "it was 12", Entry: wrong.ID, Instead: simple("2017-03-01", ledger.Travel, ledger.Bank, "12")}
	broken := cmd
	broken.Key = ""
	broken.Instead.Legs = append([]ledger.Leg(nil), cmd.Instead.Legs...)
	broken.Instead.Legs[0].Account = "nowhere"
	_, err := b.Correct(t.Context(), broken)
	require.ErrorIs(t, err, ledger.ErrNoAccount)
	var bad *storage.Invalid
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "instead.legs.0.account", bad.Fields[0].Path)
	still, err := b.Entry(t.Context(), wrong.ID)
	require.NoError(t, err)
	require.True(t, still.ReversedBy.IsZero(), "a refused correction leaves nothing")

	got, err := b.Correct(t.Context(), cmd)
	require.NoError(t, err)
	again, err := b.Correct(t.Context(), cmd)
	require.NoError(t, err)
	require.Equal(t, got.Instead.ID, again.Instead.ID)
	require.Equal(t, wrong.ID, got.Reversal.Reverses)
	full, err := b.Entry(t.Context(), got.Instead.ID)
	require.NoError(t, err)
	require.Equal(t, wrong.ID, full.Corrects)
	held, err := b.Balance(t.Context(), ledger.Travel, "EUR", day("2017-03-01"))
	require.NoError(t, err)
	require.Equal(t, "12.00 EUR", held.String())
	_, err = b.Correct(t.Context(), ledger.Correct{Entry: wrong.ID, Instead: cmd.Instead})
	require.ErrorIs(t, err, ledger.ErrReversed)
}
