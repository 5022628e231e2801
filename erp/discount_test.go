package erp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

func TestWE_E5AndWE_E9AnEarlyDiscountTakesTaxAlongButNoFixedOne(t *testing.T) {
	d := erp.EarlyDiscount{Percent: dec("10"), Days: 10}
	for _, c := range []struct{ net, tax, gross, netOff, taxOff, pay string }{
		{"1500", "225", "1725.05", "150.00", "22.50", "1552.55"}, // WE-E5, 0.05 of it fixed
		{"50", "7.50", "57.55", "5.00", "0.75", "51.80"},
		{"200", "36", "236", "20.00", "3.60", "212.40"}, // WE-E9
	} {
		netOff, taxOff, err := d.Of(money.MustParse(c.net+" EUR"), money.MustParse(c.tax+" EUR"))
		require.NoError(t, err)
		require.Equal(t, []string{c.netOff, c.taxOff}, []string{netOff.Text(), taxOff.Text()})
		pay, err := money.Sum(money.MustParse(c.gross+" EUR"), netOff.Neg(), taxOff.Neg())
		require.NoError(t, err)
		require.Equal(t, c.pay, pay.Text())
	}
	require.Equal(t, "2017-03-11", d.Until(date.MustParse("2017-03-01")).String())
}

func TestWE_E6TaxOnTheDiscountedPriceFromTheStart(t *testing.T) {
	d := erp.EarlyDiscount{Percent: dec("2"), Upfront: true}
	tax, err := d.Tax(money.MustParse("21 EUR"))
	require.NoError(t, err)
	total, err := tax.Add(money.MustParse("100 EUR"))
	require.NoError(t, err)
	require.Equal(t, []string{"20.58", "120.58"}, []string{tax.Text(), total.Text()})
	_, taxOff, err := d.Of(money.MustParse("100 EUR"), tax)
	require.NoError(t, err)
	require.True(t, taxOff.IsZero())
}

func TestWE_P6NetAndTaxAsTwoInstalments(t *testing.T) {
	got, err := erp.Schedule([]erp.Instalment{{Terms: erp.Terms{Days: 10}, Net: dec("100")}, {Terms: erp.Terms{Days: 30}, Tax: dec("100")}},
		date.MustParse("2017-03-01"), money.MustParse("200 EUR"), money.MustParse("36 EUR"))
	require.NoError(t, err)
	require.Equal(t, "[{2017-03-11 200.00 EUR} {2017-03-31 36.00 EUR}]", fmt.Sprint(got))
}

// Thirds of 100.00 sum to it; the last instalment has the odd cent.
func ExampleSchedule() {
	third := erp.Instalment{Net: dec("33.33"), Tax: dec("33.33")}
	list := []erp.Instalment{third, third, third}
	for i := range list {
		list[i].Terms.Days = 30 * i
	}
	dues, err := erp.Schedule(list, date.Must(2017, 3, 1), money.MustParse("100 EUR"), money.MustParse("0 EUR"))
	fmt.Println(dues, err)
	// Output: [{2017-03-01 33.33 EUR} {2017-03-31 33.33 EUR} {2017-04-30 33.34 EUR}] <nil>
}
