package sqltext

import "errors"

// MinDay, MaxDay, MinMicro and MaxMicro bound the dates and instants that can be written: the years 1 to 9999.
const (
	MinDay   = -719162
	MaxDay   = 2932896
	MinMicro = MinDay * microsPerDay
	MaxMicro = (MaxDay+1)*microsPerDay - 1
)

const microsPerDay = 86_400_000_000

var (
	errDate    = errors.New("sqltext: not a date of the form YYYY-MM-DD")
	errInstant = errors.New("sqltext: not an instant of the form YYYY-MM-DDTHH:MM:SS.ffffffZ")
	errUUID    = errors.New("sqltext: not a UUID of 36 characters")
)

// AppendDate appends days since 1970-01-01 as YYYY-MM-DD. Days outside the years 1 to 9999 have no such form; a caller
// checks them against MinDay and MaxDay first.
func AppendDate(b []byte, days int64) []byte {
	y, m, d := civil(days)
	return append(b, digit(y/1000), digit(y/100), digit(y/10), digit(y), '-', digit(m/10), digit(m), '-', digit(d/10), digit(d))
}

// ParseDate reads what AppendDate wrote.
func ParseDate(s string) (days int64, err error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, errDate
	}
	y, ok1 := number(s[0:4])
	m, ok2 := number(s[5:7])
	d, ok3 := number(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, errDate
	}
	days = fromCivil(y, m, d)
	if d > 28 {
		if _, mm, dd := civil(days); mm != m || dd != d {
			return 0, errDate // such as 30 February
		}
	}
	return days, nil
}

// AppendInstant appends microseconds since 1970-01-01T00:00:00Z as YYYY-MM-DDTHH:MM:SS.ffffffZ, always with six
// digits of a second, so that texts sort as instants do. The same bounds hold as for AppendDate.
func AppendInstant(b []byte, micros int64) []byte {
	days := micros / microsPerDay
	rest := micros % microsPerDay
	if rest < 0 {
		days, rest = days-1, rest+microsPerDay
	}
	b = AppendDate(b, days)
	f := rest % 1_000_000
	rest /= 1_000_000
	h, m, s := rest/3600, rest/60%60, rest%60
	return append(b, 'T', digit(h/10), digit(h), ':', digit(m/10), digit(m), ':', digit(s/10), digit(s), '.',
		digit(f/100000), digit(f/10000), digit(f/1000), digit(f/100), digit(f/10), digit(f), 'Z')
}

// ParseInstant reads what AppendInstant wrote.
func ParseInstant(s string) (micros int64, err error) {
	if len(s) != 27 || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[26] != 'Z' {
		return 0, errInstant
	}
	days, err := ParseDate(s[:10])
	h, ok1 := number(s[11:13])
	m, ok2 := number(s[14:16])
	sec, ok3 := number(s[17:19])
	f, ok4 := number(s[20:26])
	if err != nil || !ok1 || !ok2 || !ok3 || !ok4 || h > 23 || m > 59 || sec > 59 {
		return 0, errInstant
	}
	return days*microsPerDay + ((h*60+m)*60+sec)*1_000_000 + f, nil
}

const hexDigits = "0123456789abcdef"

// AppendUUID appends sixteen bytes in the usual form of 36 characters.
func AppendUUID(b []byte, id [16]byte) []byte {
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// ParseUUID reads what AppendUUID wrote.
func ParseUUID(s string) (id [16]byte, err error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, errUUID
	}
	j := 0
	for i := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			j++
		}
		hi, lo := nibble[s[j]], nibble[s[j+1]]
		if hi|lo > 15 {
			return id, errUUID
		}
		id[i] = hi<<4 | lo
		j += 2
	}
	return id, nil
}

// nibble holds the value of each hexadecimal digit, 255 for other bytes.
var nibble = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range byte(16) {
		t[hexDigits[i]] = i
	}
	return t
}()

func digit(n int64) byte { return byte('0' + n%10) }

func number(s string) (n int64, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

// civil and fromCivil convert between days since 1970-01-01 and the proleptic Gregorian calendar. They count in eras of
// 400 years that begin on 1 March, so that the leap day is the last of a year.
func civil(days int64) (y, m, d int64) {
	days += 719468 // days from 0000-03-01
	era := days / 146097
	if days < 0 {
		era = (days - 146096) / 146097
	}
	doe := days - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func fromCivil(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400 // y is never negative here
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}
