// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	for in, want := range map[string]int64{
		"1.234,50": 123450, "1234,5": 123450, "1234.50": 123450, "€ 20": 2000, "20 €": 2000, "1.234": 123400, "0": 0, "0,01": 1,
		"1.234.567,89": 123456789, "1\u00a0234,50": 123450, "-3,10": -310, "12.3": 1230,
	} {
		if got, ok := parseMoney(in); !ok || got != want {
			t.Errorf("%q: got %d %v, want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "abc", "1,234", "1.23.4", "1.2345,00", "12,345", ",50", "1..2", "1,2,3", "99999999999999", "1e3", "٣"} {
		if got, ok := parseMoney(in); ok {
			t.Errorf("%q was read as %d", in, got)
		}
	}
}

func TestParseWhole(t *testing.T) {
	for in, want := range map[string]int64{"12": 12, "1.200": 1200, " 7 ": 7, "-4": -4} {
		if got, ok := parseWhole(in); !ok || got != want {
			t.Errorf("%q: got %d %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "1,5", "1.20", "dodici", "--1", "1.2000"} {
		if got, ok := parseWhole(in); ok {
			t.Errorf("%q was read as %d", in, got)
		}
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"15/01/2027": "2027-01-15", "1/2/2027": "2027-02-01", "15.1.2027": "2027-01-15", "15-01-2027": "2027-01-15", "2027-01-15": "2027-01-15", "15 01 2027": "2027-01-15",
	} {
		if got, ok := parseDate(in); !ok || got != want {
			t.Errorf("%q: got %q %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "31/02/2027", "15/13/2027", "15/01/27", "gennaio", "15/01", "1/1/1/2027", "001/01/2027"} {
		if got, ok := parseDate(in); ok {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, c := range [][2]string{
		{formatMoney("it", 123450), "1.234,50\u00a0€"}, {formatMoney("en", 123450), "€1,234.50"}, {formatMoney("it", 5), "0,05\u00a0€"},
		{formatMoney("it", -100), "−1,00\u00a0€"}, {formatMoney("it", math.MinInt64), "−92.233.720.368.547.758,08\u00a0€"}, {formatNumber("it", 12345), "12.345"},
		{formatNumber("en", -1234), "−1,234"}, {formatDate("it", "2027-01-15"), "15 gennaio 2027"}, {formatDate("en", "2027-01-15"), "15 January 2027"},
		{formatDate("it", ""), ""}, {formatTime("it", sampleTime), "15 gennaio 2027, 14:05"}, {shortHash("abc"), "abc"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}

// What the page writes into an input, the server reads back.
func TestTypedMoneyReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-1e12, 1e12).Draw(t, "cents")
		if got, ok := parseMoney(typedMoney(cents)); !ok || got != cents {
			t.Fatalf("%d typed as %q reads as %d %v", cents, typedMoney(cents), got, ok)
		}
	})
}

func FuzzParseMoney(f *testing.F) {
	f.Add("1.234,50")
	f.Add("€ 1..2")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := parseMoney(s); ok && n < 0 && !strings.Contains(s, "-") {
			t.Errorf("%q reads as %d", s, n)
		}
	})
}
