package date_test

import (
	"testing"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

var (
	sinkDate date.Date
	sinkInt  int
	sinkText string
)

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkDate, _ = date.Parse("2017-03-31")
	}
}

// What the standard library takes, for comparison.
func BenchmarkParseTime(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		t, _ := time.Parse("2006-01-02", "2017-03-31")
		sinkInt = t.Day()
	}
}

func BenchmarkAppendText(b *testing.B) {
	d := date.MustParse("2017-03-31")
	buf := make([]byte, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = d.AppendText(buf[:0])
	}
}

func BenchmarkString(b *testing.B) {
	d := date.MustParse("2017-03-31")
	b.ReportAllocs()
	for b.Loop() {
		sinkText = d.String()
	}
}

func BenchmarkDate(b *testing.B) {
	d := date.MustParse("2017-03-31")
	b.ReportAllocs()
	for b.Loop() {
		y, m, day := d.Date()
		sinkInt += y + int(m) + day
	}
}

func BenchmarkDateTime(b *testing.B) {
	d := time.Date(2017, 3, 31, 0, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		y, m, day := d.Date()
		sinkInt += y + int(m) + day
	}
}

func BenchmarkAddMonths(b *testing.B) {
	d := date.MustParse("2017-03-31")
	b.ReportAllocs()
	for b.Loop() {
		sinkDate = d.AddMonths(11)
	}
}

func BenchmarkFiscalIndex(b *testing.B) {
	uk, d := date.FiscalYear{Month: time.April, Day: 6}, date.MustParse("2017-03-31")
	b.ReportAllocs()
	for b.Loop() {
		_, sinkInt = uk.Index(d)
	}
}
