package date_test

import (
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

func ExampleParse() {
	d, err := date.Parse("2017-03-31")
	fmt.Println(d.Year(), d.Quarter(), d.Weekday(), err)
	_, err = date.Parse("2017-02-29")
	fmt.Println(err)
	// Output:
	// 2017 1 Friday <nil>
	// "2017-02-29": no such date
}

func ExampleFromTime() {
	instant := time.Date(2026, time.March, 31, 20, 0, 0, 0, time.UTC)
	fmt.Println(date.FromTime(instant, time.UTC), date.FromTime(instant, time.FixedZone("Almaty", 5*3600)))
	// Output: 2026-03-31 2026-04-01
}

func ExampleDate_EndOfMonth() {
	issued := date.Must(2019, time.January, 15)
	fmt.Println("45 days after the end of the month:", issued.EndOfMonth().AddDays(45))
	// Output: 45 days after the end of the month: 2019-03-17
}

func ExampleMonthly() {
	for d := range date.Monthly(date.Must(2026, time.January, 31), 1) {
		if d.Month().Month() > time.April {
			break
		}
		fmt.Println(d)
	}
	// Output:
	// 2026-01-31
	// 2026-02-28
	// 2026-03-31
	// 2026-04-30
}

func ExamplePeriod_Share() {
	used := date.Until(date.MustParse("2024-02-01"), date.MustParse("2024-02-15"))
	february, _ := date.ParseMonth("2024-02")
	days, of := used.Share(february.Period())
	fmt.Printf("%d of %d days\n", days, of)
	// Output: 14 of 29 days
}

func ExamplePeriod_Months() {
	p := date.Period{From: date.MustParse("2017-01-15"), To: date.MustParse("2017-03-10")}
	for part := range p.Months() {
		fmt.Println(part, part.Days())
	}
	// Output:
	// 2017-01-15/2017-01-31 17
	// 2017-02-01/2017-02-28 28
	// 2017-03-01/2017-03-10 10
}

func ExampleFiscalYear() {
	uk := date.FiscalYear{Month: time.April, Day: 6}
	d := date.MustParse("2019-04-05")
	year, period := uk.Index(d)
	fmt.Println(uk.Label(d), year, period, uk.Quarter(d), uk.Period(year))
	// Output: 2018/19 2018 12 4 2018-04-06/2019-04-05
}
