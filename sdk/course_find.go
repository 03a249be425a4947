// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func (q CourseQuery) limit() int32 {
	if q.Limit <= 0 {
		return someFound
	}
	return min(q.Limit, maxFound)
}

// bounds reports whether an edition is of the place, the days and the area that were asked for.
func (q CourseQuery) bounds(e Edition) bool {
	return (q.ISTATCode == "" || e.ISTATCode == q.ISTATCode) &&
		(q.From == "" || e.Starts >= q.From) && (q.To == "" || e.Starts <= q.To) &&
		(q.Area == "" || e.Area == q.Area)
}

// FindEditions searches editions: those of the query or, where it has none, own. Each word
// of the text must begin a word of the title, the course, the provider, the municipality,
// the level or the qualification, in either language. The soonest come first.
func FindEditions(q CourseQuery, own []Edition) CoursePage {
	from := q.Editions
	if len(from) == 0 {
		from = own
	}
	words := SearchWords(q.Text)
	var found []Edition
	for _, e := range from {
		if q.bounds(e) && e.has(words) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b Edition) int {
		return cmp.Or(strings.Compare(a.Starts, b.Starts), strings.Compare(a.ID, b.ID))
	})
	page := CoursePage{Total: int32(len(found))}
	start := min(len(found), int(max(0, q.Offset)))
	page.Editions = found[start:min(len(found), start+int(q.limit()))]
	return page
}

func (e Edition) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	here := e.SearchWords()
	for _, w := range words {
		if !slices.ContainsFunc(here, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

// SearchWords are the words by which an edition is found.
func (e Edition) SearchWords() []string {
	return SearchWords(strings.Join([]string{e.Title.IT, e.Title.EN, e.Course, e.Provider, e.Municipality, e.Level, e.Qualification.IT, e.Qualification.EN}, " "))
}

// SearchWords takes a text apart into words without case and accents: letters and digits only.
func SearchWords(s string) []string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}
