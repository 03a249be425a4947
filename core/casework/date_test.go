// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/casework"
)

func TestDateOfIsRome(t *testing.T) {
	for _, tc := range []struct {
		at   string
		want casework.Date
	}{
		{"2026-01-31T22:59:59Z", "2026-01-31"}, // 23:59:59 in Rome
		{"2026-01-31T23:00:00Z", "2026-02-01"}, // midnight in Rome, in winter one hour ahead
		{"2026-06-30T21:59:59Z", "2026-06-30"},
		{"2026-06-30T22:00:00Z", "2026-07-01"}, // in summer two hours ahead
		{"2026-03-29T00:30:00Z", "2026-03-29"}, // the night the clocks go forward
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := casework.DateOf(at); got != tc.want {
			t.Errorf("DateOf(%s) = %s, want %s", tc.at, got, tc.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for s, ok := range map[string]bool{
		"2026-02-28": true, "2024-02-29": true, "1900-01-01": true, "2200-12-31": true,
		"": false, "2026-02-29": false, "2026-13-01": false, "2026-1-2": false, "1899-12-31": false,
		"2201-01-01": false, "0000-00-00": false, "2026-02-28T00:00:00Z": false, " 2026-02-28": false, "31/12/2026": false,
	} {
		d, err := casework.ParseDate(s)
		if (err == nil) != ok || casework.Date(s).Valid() != ok || (ok && string(d) != s) {
			t.Errorf("ParseDate(%q) = %q, %v; want ok = %v", s, d, err, ok)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, tc := range []struct {
		from casework.Date
		n    int
		want casework.Date
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-01-31", 2, "2026-03-31"},
		{"2026-01-31", 3, "2026-04-30"}, {"2026-12-15", 1, "2027-01-15"}, {"2026-01-15", -1, "2025-12-15"},
		{"2026-03-31", -1, "2026-02-28"}, {"2024-02-29", 12, "2025-02-28"}, {"2026-05-05", 0, "2026-05-05"},
	} {
		if got := tc.from.AddMonths(tc.n); got != tc.want {
			t.Errorf("%s + %d months = %s, want %s", tc.from, tc.n, got, tc.want)
		}
	}
}

func TestMonthsUntil(t *testing.T) {
	for _, tc := range []struct {
		from, to casework.Date
		want     int
	}{
		{"2026-01-01", "2026-01-01", 1}, {"2026-01-01", "2026-01-31", 1}, {"2026-01-01", "2026-02-01", 2},
		{"2026-01-15", "2026-02-14", 1}, {"2026-01-15", "2026-02-15", 2}, {"2026-01-01", "2026-12-31", 12},
		{"2026-01-01", "2027-01-01", 13}, {"2026-01-31", "2026-02-27", 1}, {"2026-01-31", "2026-02-28", 2},
		{"2026-02-02", "2026-02-01", 0}, {"", "2026-02-01", 0}, {"2026-02-01", "", 0}, {"2026-02-30", "2026-05-01", 0},
	} {
		if got := tc.from.MonthsUntil(tc.to); got != tc.want {
			t.Errorf("%q.MonthsUntil(%q) = %d, want %d", tc.from, tc.to, got, tc.want)
		}
	}
}

func anyDate() *rapid.Generator[casework.Date] {
	return rapid.Custom(func(t *rapid.T) casework.Date {
		day := rapid.IntRange(0, 300*365).Draw(t, "day")
		return casework.Date(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.DateOnly))
	})
}

// AddMonths lands n months later, on the same day or on the month's last; MonthsUntil is
// its inverse: a period of n whole months touches n months, and a day more touches n + 1.
func TestMonthsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDate().Draw(t, "from"), rapid.IntRange(1, 40).Draw(t, "months")
		end := d.AddMonths(n)
		if !end.Valid() {
			return // past 2200
		}
		a, b := d.Time(), end.Time()
		if got := (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month()); got != n {
			t.Fatalf("%s + %d months = %s: %d months later", d, n, end, got)
		}
		if b.Day() != a.Day() && (b.Day() > a.Day() || b.AddDate(0, 0, 1).Day() != 1) {
			t.Fatalf("%s + %d months = %s: neither the same day nor the month's last", d, n, end)
		}
		eve := casework.Date(b.AddDate(0, 0, -1).Format(time.DateOnly))
		if got := d.MonthsUntil(eve); got != n {
			t.Fatalf("%s to %s touches %d months, want %d", d, eve, got, n)
		}
		if got := d.MonthsUntil(end); got != n+1 {
			t.Fatalf("%s to %s touches %d months, want %d", d, end, got, n+1)
		}
	})
}

// Dates of the form order as text exactly as they do as days.
func TestDatesOrderAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDate().Draw(t, "a"), anyDate().Draw(t, "b")
		if (a < b) != a.Time().Before(b.Time()) {
			t.Fatalf("%s and %s order differently", a, b)
		}
	})
}
