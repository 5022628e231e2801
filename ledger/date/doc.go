// Package date answers: on which day, in which month, period or fiscal year?
//
// Its three nouns:
//
//   - Date, a day of the calendar without a time or a zone: 2017-03-31;
//   - Period, the days from one to another, both included; a Month is the one everybody knows;
//   - FiscalYear, the rule by which a company cuts time into years, quarters and periods.
//
// In use:
//
//	issued, err := date.Parse("2019-01-15")
//	due := issued.EndOfMonth().AddDays(45)           // 2019-03-17
//	for d := range date.Monthly(issued, 1) { … }     // on the 15th of each month
//	uk := date.FiscalYear{Month: time.April, Day: 6}
//	uk.Label(issued)                                 // "2018/19"
//
// # Decisions
//
// The calendar is the Gregorian one, from 0001-01-01 to 9999-12-31, also for days before it was adopted. Date{} is no date;
// arithmetic that leaves the calendar, or starts from no date, gives no date, so it can be checked once at the end with IsZero.
//
// Periods include their last day, as people write them: "1 January to 31 March". An absent end is open. Until makes a period
// from an end that is not included.
//
// Adding months keeps to the day, or takes the last day of a shorter month. A series of months is counted from its first day,
// never from the one before, so that 31 January, 28 February goes on with 31 March.
//
// It does not know holidays or working days, time of day, or what today is.
package date
