package workflow_test

import (
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/workflow"
)

// A deadline in working time passes over nights, weekends and holidays.
func ExampleCalendar_Compile() {
	hours, err := workflow.Calendar{Zone: "Europe/Berlin", Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0)),
		Holidays: map[date.Date]string{date.Must(2026, 4, 3): "Good Friday", date.Must(2026, 4, 6): "Easter Monday"}}.Compile()
	if err != nil {
		panic(err)
	}
	assigned := date.Must(2026, 4, 2).Time(hours.Zone(), 15, 0)
	due, err := hours.AddWorkingTime(assigned, 8*time.Hour)
	fmt.Println(due.Format("Mon 2 Jan 15:04"), err)
	pay, err := hours.AddWorkingDays(date.Must(2026, 4, 2), 2)
	fmt.Println(pay, err)
	// Output:
	// Tue 7 Apr 15:00 <nil>
	// 2026-04-08 <nil>
}

// A schedule knows what it has to do after an outage, and names each run for good.
func ExampleTimetable_Due() {
	table, err := workflow.Schedule{Name: "reminders", Zone: "Europe/Berlin", Cron: "0 6 * * mon-fri",
		CatchUp: workflow.CatchUp{Policy: workflow.CatchUpAll}}.Compile(nil)
	if err != nil {
		panic(err)
	}
	lastRun := time.Date(2026, 5, 6, 4, 0, 0, 0, time.UTC)
	due, err := table.Due(lastRun, time.Date(2026, 5, 8, 12, 0, 0, 0, time.UTC))
	for _, o := range due.Runs {
		fmt.Println(table.Key(o))
	}
	fmt.Println(due.Missed, due.Next.At.Format(time.RFC3339), err)
	// Output:
	// reminders/2026-05-07T04:00:00Z
	// reminders/2026-05-08T04:00:00Z
	// 0 2026-05-11T04:00:00Z <nil>
}
