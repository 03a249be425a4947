// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// CourseCatalog reads and searches one catalog of courses.
type CourseCatalog interface {
	// Catalog is the code under which the manifest declares the catalog.
	Catalog() string
	// Import reads a feed. A line that cannot be read becomes a remark, not an error.
	Import(ctx context.Context, feed Feed) (Import, error)
	// Search finds editions among those of the query, or among the plugin's own where the
	// query has none. FindEditions does what most catalogs need.
	// Both methods must be pure functions and stop when ctx ends.
	Search(ctx context.Context, query CourseQuery) (CoursePage, error)
}

// Feed is a list of courses that the core fetched, or that somebody uploaded.
type Feed struct {
	Catalog string
	// Format is one of those in the manifest.
	Format string
	// AsOf is the day of the import, YYYY-MM-DD.
	AsOf    string
	Content []byte
}

// Import is what was read out of a feed.
type Import struct {
	Editions []Edition `json:"editions"`
	// Diagnostics tell what was left out. Paths are "3" for the third line and "3/seats" for a column of it.
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
}

// Edition is a course held once: at a place, from a day to a day. How many seats are left
// is the core's to know.
type Edition struct {
	// ID names the edition in its catalog, for ever: letters, digits, dot, dash, underscore.
	ID string `json:"id"`
	// Course names the course that several editions may be of.
	Course string `json:"course"`
	Title  Text   `json:"title"`
	Area   Area   `json:"area"`
	// Provider is who holds it.
	Provider string `json:"provider"`
	// ISTATCode is the municipality's, six digits.
	ISTATCode    string `json:"istat_code"`
	Municipality string `json:"municipality"`
	// Starts and Ends are YYYY-MM-DD. EnrolBy is "" where it is Starts.
	Starts  string `json:"starts"`
	Ends    string `json:"ends"`
	EnrolBy string `json:"enrol_by,omitempty"`
	Hours   int32  `json:"hours"`
	// Seats are all there are, taken or not.
	Seats int32 `json:"seats"`
	// Level is the CEFR level that a language course leads to.
	Level         string         `json:"level,omitempty"`
	Qualification Text           `json:"qualification,omitzero"`
	Prerequisites []Prerequisite `json:"prerequisites,omitempty"`
	// CostCents is what the course costs for each person, in euro cents.
	CostCents int64 `json:"cost_cents"`
	// Childcare tells whether children can be looked after meanwhile.
	Childcare bool `json:"childcare,omitempty"`
}

// Prerequisite is what somebody needs to take part.
type Prerequisite struct {
	// Code is for programs: [a-z][a-z0-9_]*.
	Code string `json:"code"`
	Text Text   `json:"text"`
}

// Area is a sort of course.
type Area string

// The areas.
const (
	AreaLanguage   Area = "language"
	AreaVocational Area = "vocational"
	AreaLicence    Area = "licence"
	AreaOther      Area = "other"
)

// Areas lists the areas.
func Areas() []Area { return []Area{AreaLanguage, AreaVocational, AreaLicence, AreaOther} }

// CEFR lists the levels of a language, from the lowest.
func CEFR() []string { return []string{"A1", "A2", "B1", "B2", "C1", "C2"} }

// CourseQuery asks for editions. Empty fields do not bound anything.
type CourseQuery struct {
	Catalog string
	// Text are words that must all be found; case and accents do not count.
	Text      string
	ISTATCode string
	// From and To bound the first day of an edition.
	From, To string
	Area     Area
	// Limit is the size of a page: 0 is 50, and more than 200 is 200.
	Limit, Offset int32
	// Editions are those to search; none are the plugin's own.
	Editions []Edition
}

// CoursePage is a page of what was found.
type CoursePage struct {
	Editions []Edition `json:"editions"`
	// Total is how many match, on this page or not.
	Total int32 `json:"total"`
}

// Bounds of a sensible catalog.
const (
	maxEditions = 20_000
	maxHours    = 10_000
	maxSeats    = 10_000
	maxNeeds    = 30
	maxFound    = 200
	someFound   = 50
)

var (
	editionPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	istatPattern   = regexp.MustCompile(`^[0-9]{6}$`)
)

// Check reports the first thing that makes an edition nonsense, or nil.
func (e Edition) Check() error {
	switch {
	case !editionPattern.MatchString(e.ID):
		return fmt.Errorf("id must match %s", editionPattern)
	case !editionPattern.MatchString(e.Course):
		return fmt.Errorf("course must match %s", editionPattern)
	case !slices.Contains(Areas(), e.Area):
		return errors.New("area is not known")
	case !isLine(e.Provider) || !isLine(e.Municipality):
		return errors.New("provider or municipality missing")
	case !istatPattern.MatchString(e.ISTATCode):
		return errors.New("istat_code must have six digits")
	}
	if err := checkText(e.Title); err != nil {
		return fmt.Errorf("title: %w", err)
	}
	return errors.Join(e.checkNumbers(), e.checkNeeds())
}

func (e Edition) checkNumbers() error {
	switch {
	case !isDay(e.Starts, true) || !isDay(e.Ends, true) || !isDay(e.EnrolBy, false):
		return errors.New("starts, ends or enrol_by is no day of the calendar")
	case e.Ends < e.Starts:
		return errors.New("ends before it starts")
	case e.EnrolBy > e.Ends:
		return errors.New("enrol_by is after the end")
	case e.Level != "" && !slices.Contains(CEFR(), e.Level):
		return errors.New("level is none of CEFR")
	}
	return cmp.Or(within("hours", int64(e.Hours), 1, maxHours), within("seats", int64(e.Seats), 1, maxSeats), within("cost", e.CostCents, 0, maxCents))
}

func (e Edition) checkNeeds() error {
	if e.Qualification != (Text{}) {
		if err := checkText(e.Qualification); err != nil {
			return fmt.Errorf("qualification: %w", err)
		}
	}
	if len(e.Prerequisites) > maxNeeds {
		return errors.New("too many prerequisites")
	}
	for i, p := range e.Prerequisites {
		if len(p.Code) > 64 || !codePattern.MatchString(p.Code) || checkText(p.Text) != nil {
			return fmt.Errorf("prerequisites/%d: code or text is wrong", i)
		}
	}
	return nil
}

func isLine(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= 300 && sound(s) && !strings.ContainsAny(s, "\n\r")
}

// Check reports the first thing that makes an import nonsense, or nil.
func (m Import) Check() error {
	if len(m.Editions) > maxEditions || len(m.Diagnostics) > MaxRemarks {
		return errors.New("import: too many editions or remarks")
	}
	seen := map[string]bool{}
	for i, e := range m.Editions {
		if err := e.Check(); err != nil {
			return fmt.Errorf("import: editions/%d: %w", i, err)
		}
		if seen[e.ID] {
			return fmt.Errorf("import: editions/%d: id used twice", i)
		}
		seen[e.ID] = true
	}
	for i, d := range m.Diagnostics {
		if len(d.Path) > maxPath || !sound(d.Path) {
			return fmt.Errorf("import: diagnostics/%d: path is wrong", i)
		}
		if err := d.checkWords(); err != nil {
			return fmt.Errorf("import: diagnostics/%d: %w", i, err)
		}
	}
	return nil
}

// Check reports the first thing that makes a page nonsense for its query, or nil.
func (p CoursePage) Check(q CourseQuery) error {
	if len(p.Editions) > int(q.limit()) || int(p.Total) < len(p.Editions) {
		return errors.New("page: more editions than were asked for, or than there are")
	}
	for i, e := range p.Editions {
		if err := e.Check(); err != nil {
			return fmt.Errorf("page: editions/%d: %w", i, err)
		}
		if !q.bounds(e) {
			return fmt.Errorf("page: editions/%d: is not what was asked for", i)
		}
	}
	return nil
}
