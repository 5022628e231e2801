package date

import "time"

// The calendar's arithmetic counts in years that begin on 1 March, so that the leap day is the last of its year, and in eras of 400 years,
// which all have the same number of days.
const (
	daysPerEra     = 146_097
	daysPerCentury = 36_524 // without the leap day that ends every fourth
	daysPerFour    = 1_461
	marchOffset    = 306 // from 0000-03-01 to 0001-01-01
)

// civil returns the date of a day that exists.
func civil(year int, month time.Month, day int) Date {
	m := int32(month)
	y := int32(year)
	if m <= 2 {
		y, m = y-1, m+12
	}
	// 153 days make five months from March on: 31, 30, 31, 30, 31.
	return Date{y*365 + y/4 - y/100 + y/400 + (153*m-457)/5 + int32(day) - marchOffset}
}

// fromOrdinal is the inverse of civil.
func fromOrdinal(n int32) (year int, month time.Month, day int) {
	days := uint32(n + marchOffset - 1) // since 0000-03-01
	era, days := days/daysPerEra, days%daysPerEra
	century := min(days/daysPerCentury, 3)
	days -= century * daysPerCentury
	four, days := days/daysPerFour, days%daysPerFour
	one := min(days/365, 3)
	days -= one * 365
	y := era*400 + century*100 + four*4 + one
	m := (5*days + 2) / 153 // 0 is March
	d := days - (153*m+2)/5 + 1
	if m += 3; m > 12 {
		y, m = y+1, m-12
	}
	return int(y), time.Month(m), int(d)
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year int, month time.Month) int {
	if month == time.February {
		if leap(year) {
			return 29
		}
		return 28
	}
	return 30 + int((month+month>>3)&1)
}
