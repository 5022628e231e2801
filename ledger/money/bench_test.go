package money_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

var (
	sinkAmount  money.Amount
	sinkDecimal decimal.Decimal
	sinkText    string
	sinkParts   []money.Amount
)

func BenchmarkAdd(b *testing.B) {
	x, y := money.MustParse("0.00 USD"), money.MustParse("19.90 USD")
	b.ReportAllocs()
	for b.Loop() {
		x, _ = x.Add(y)
	}
	sinkAmount = x
}

// What Add would cost on decimals, for comparison.
func BenchmarkAddDecimal(b *testing.B) {
	x, y := dec("0.00"), dec("19.90")
	b.ReportAllocs()
	for b.Loop() {
		x = x.Add(y)
	}
	sinkDecimal = x
}

func BenchmarkAddFinerDecimals(b *testing.B) {
	x, y := money.MustParse("12.34 USD"), money.MustParse("0.0625 USD")
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = x.Add(y)
	}
}

func BenchmarkCmp(b *testing.B) {
	x, y := money.MustParse("12.34 USD"), money.MustParse("12.35 USD")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		c, _ := x.Cmp(y)
		n += c
	}
	_ = n
}

func BenchmarkMulRound(b *testing.B) {
	x, rate := money.MustParse("1299.95 USD"), dec("0.0825")
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount = x.Mul(rate).Round(money.HalfUp)
	}
}

func BenchmarkMulRoundDecimal(b *testing.B) {
	x, rate := dec("1299.95"), dec("0.0825")
	b.ReportAllocs()
	for b.Loop() {
		sinkDecimal = x.Mul(rate).Round(2)
	}
}

func BenchmarkMulRoundLarge(b *testing.B) {
	x, rate := money.MustParse("12345678901234567.95 USD"), dec("0.0825")
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount = x.Mul(rate).Round(money.HalfUp)
	}
}

func BenchmarkRoundToStep(b *testing.B) {
	x, step := money.MustParse("42.07 CHF"), dec("0.05")
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = x.RoundTo(step, money.HalfUp)
	}
}

func BenchmarkMinor(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = money.Minor("USD", 123456)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = money.Parse("1234567.89 USD")
	}
}

func BenchmarkString(b *testing.B) {
	x := money.MustParse("1234567.89 USD")
	b.ReportAllocs()
	for b.Loop() {
		sinkText = x.String()
	}
}

func BenchmarkMarshalJSON(b *testing.B) {
	x := money.MustParse("1234567.89 USD")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = x.MarshalJSON()
	}
}

func BenchmarkUnmarshalJSON(b *testing.B) {
	data := []byte(`{"amount":"1234567.89","currency":"USD"}`)
	b.ReportAllocs()
	for b.Loop() {
		_ = sinkAmount.UnmarshalJSON(data)
	}
}

func BenchmarkAllocateInts(b *testing.B) {
	x := money.MustParse("100.03 USD")
	b.ReportAllocs()
	for b.Loop() {
		sinkParts, _ = x.AllocateInts(7, 3, 5)
	}
}

func BenchmarkAllocate(b *testing.B) {
	x, weights := money.MustParse("100.03 USD"), decs("0.5 0.3 0.2")
	b.ReportAllocs()
	for b.Loop() {
		sinkParts, _ = x.Allocate(weights...)
	}
}

func BenchmarkConvert(b *testing.B) {
	x, rate := money.MustParse("1234.56 USD"), money.Rate{From: "USD", To: "JPY", Value: dec("184.09"), Per: dec("1.175")}
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = money.Convert(x, rate, money.HalfUp)
	}
}

func BenchmarkRateTable(b *testing.B) {
	table := ecb(b)
	on := date.MustParse("2024-06-16")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = table.Rate("USD", "JPY", on)
	}
}
