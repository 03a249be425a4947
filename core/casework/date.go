// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"fmt"
	"time"
	_ "time/tzdata" // Europe/Rome must be known on a machine without a zone database.
)

// Date is a civil date in Europe/Rome, "2006-01-02". The empty Date is "not given".
// Dates of this form order as text.
type Date string

// Rome is where the law counts days.
var Rome = mustRome()

func mustRome() *time.Location {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic("casework: Europe/Rome is missing from the zone database: " + err.Error())
	}
	return loc
}

// DateOf is the civil date in Rome at an instant.
func DateOf(t time.Time) Date { return Date(t.In(Rome).Format(time.DateOnly)) }

// ParseDate checks a date written year-month-day.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return "", fmt.Errorf("casework: not a date between 1900 and 2200")
	}
	return Date(s), nil
}

// Valid reports whether d is a date that exists.
func (d Date) Valid() bool { _, err := ParseDate(string(d)); return err == nil }

// Time is midnight UTC of the date, for counting; the zero time where d is not valid.
func (d Date) Time() time.Time { t, _ := time.Parse(time.DateOnly, string(d)); return t }

// AddMonths moves the date by whole months; a day that the month lacks becomes its last.
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date(first.AddDate(0, 0, min(t.Day(), last)-1).Format(time.DateOnly))
}

// MonthsUntil counts the months that [d, end] touches: a begun month counts whole. It is 0
// where either date is missing or end lies before d.
func (d Date) MonthsUntil(end Date) int {
	if !d.Valid() || !end.Valid() || end < d {
		return 0
	}
	n := 1
	for d.AddMonths(n) <= end {
		n++
	}
	return n
}
