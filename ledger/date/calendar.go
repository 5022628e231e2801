package date

import "time"

// The calendar's arithmetic counts in years that begin on 1 March, so that the leap day is the last of its year: then months
// and years are, but for rounding, straight lines through the days. See Neri and Schneider, "Euclidean affine functions and
// their application to calendar algorithms" (2022), also for the two factors below.
const (
	daysPerFourCenturies = 146_097
	daysFromMarch        = 306       // from 1 March to 1 January
	perDay               = 2_939_745 // 2^32 / 1461, rounded up: years from quarter days without a division
	perMonth             = 2_141     // 2^16 / 30.6, cut off: months from days likewise
)

// civil returns the date of a day that exists.
func civil(year int, month time.Month, day int) Date {
	m := int32(month)
	y := int32(year)
	if m <= 2 {
		y, m = y-1, m+12
	}
	// 153 days make five months from March on: 31, 30, 31, 30, 31.
	return Date{y*365 + y/4 - y/100 + y/400 + (153*m-457)/5 + int32(day) - daysFromMarch}
}

// fromOrdinal is the inverse of civil.
func fromOrdinal(n int32) (year int, month time.Month, day int) {
	quarters := 4*uint32(n+daysFromMarch-1) + 3 // quarter days since 0000-03-01
	century, quarters := quarters/daysPerFourCenturies, quarters%daysPerFourCenturies|3
	line := uint64(quarters) * perDay
	dayOfYear := uint32(line) / perDay / 4
	year = int(100*century + uint32(line>>32))
	months := perMonth*dayOfYear + 3<<16 + 1305 // 3 is March
	month, day = time.Month(months>>16), int(months&0xffff/perMonth)+1
	if month > time.December {
		return year + 1, month - 12, day
	}
	return year, month, day
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
