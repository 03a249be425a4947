// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zone must be known on a machine without a zone database

	"github.com/satis-toscana/satis/core/casework"
)

var months = map[string][12]string{
	"it": {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// formatMoney writes euro cents as people read them: "1.234,50 €", in English "€1,234.50".
func formatMoney(lang string, cents int64) string {
	sign := ""
	n := uint64(cents)
	if cents < 0 {
		sign, n = "−", uint64(-cents)
	}
	euro, rest := group(strconv.FormatUint(n/100, 10), separator(lang)), strconv.FormatUint(100+n%100, 10)[1:]
	if lang == "en" {
		return sign + "€" + euro + "." + rest
	}
	return sign + euro + "," + rest + "\u00a0€" // no-break space: the sign stays with its number
}

// formatNumber writes a whole number with its thousands apart.
func formatNumber(lang string, n int64) string {
	s := strconv.FormatInt(n, 10)
	if digits, negative := strings.CutPrefix(s, "-"); negative {
		return "−" + group(digits, separator(lang))
	}
	return group(s, separator(lang))
}

func separator(lang string) string {
	if lang == "en" {
		return ","
	}
	return "."
}

// group puts sep between the thousands of a row of digits.
func group(digits, sep string) string {
	if len(digits) <= 3 {
		return digits
	}
	return group(digits[:len(digits)-3], sep) + sep + digits[len(digits)-3:]
}

// formatDate writes a civil date in words: "15 gennaio 2027"; "" for no date.
func formatDate(lang string, d casework.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return dayInWords(lang, t)
}

// formatTime writes an instant as the date and hour in Rome: "15 gennaio 2027, 14:05".
func formatTime(lang string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(casework.Rome)
	return dayInWords(lang, t) + ", " + t.Format("15:04")
}

func dayInWords(lang string, t time.Time) string {
	names, ok := months[lang]
	if !ok {
		names = months["it"]
	}
	return strconv.Itoa(t.Day()) + " " + names[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// shortHash is the beginning of a hash, enough to compare two by eye.
func shortHash(h string) string { return h[:min(len(h), 12)] }
