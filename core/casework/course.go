// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"slices"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// Edition is a course held once, as a partner agency's catalog tells it, with the seats as
// the core counts them.
type Edition struct {
	Catalog string `json:"catalog"`
	// ID names it in its catalog, for ever.
	ID string `json:"id"`
	// Course names the course that several editions may be of.
	Course string    `json:"course"`
	Title  form.Text `json:"title"`
	// Area is "language", "vocational", "licence" or "other".
	Area     string `json:"area"`
	Provider string `json:"provider"`
	// ISTATCode is the municipality's, six digits.
	ISTATCode    string `json:"istat_code"`
	Municipality string `json:"municipality"`
	Starts       Date   `json:"starts"`
	Ends         Date   `json:"ends"`
	// EnrolBy is the last day to enrol; empty where it is the first day.
	EnrolBy Date `json:"enrol_by,omitempty"`
	Hours   int  `json:"hours"`
	// Seats are all there are; Taken those that the network's people have.
	Seats int `json:"seats"`
	Taken int `json:"taken"`
	// Level is the CEFR level a language course leads to.
	Level         string         `json:"level,omitempty"`
	Qualification form.Text      `json:"qualification,omitzero"`
	Prerequisites []Prerequisite `json:"prerequisites"`
	// CostCents is what it costs for each person, in euro cents.
	CostCents int64 `json:"cost_cents"`
	Childcare bool  `json:"childcare,omitempty"`
	// Withdrawn editions were in no later import.
	Withdrawn  bool      `json:"withdrawn,omitempty"`
	ImportedAt time.Time `json:"imported_at,omitzero"`

	// Plugin read it; SearchText is its words without case and accents, a blank before each.
	Plugin     string `json:"-"`
	SearchText string `json:"-"`
}

// Prerequisite is what somebody needs to take part.
type Prerequisite struct {
	Code string    `json:"code"`
	Text form.Text `json:"text"`
}

// Areas lists the areas of courses.
func Areas() []string { return []string{"language", "vocational", "licence", "other"} }

// LastDay is the last day to enrol.
func (e Edition) LastDay() Date {
	if e.EnrolBy != "" {
		return e.EnrolBy
	}
	return e.Starts
}

// Left is how many seats are free.
func (e Edition) Left() int { return max(0, e.Seats-e.Taken) }

// Open reports whether somebody can be enrolled on a day.
func (e Edition) Open(today Date) bool { return e.whyClosed(today) == "" }

// whyClosed tells why nobody can be enrolled on a day, as a fault's code, or "".
func (e Edition) whyClosed(today Date) string {
	switch {
	case e.Withdrawn:
		return "edition_withdrawn"
	case today > e.LastDay():
		return "enrolment_over"
	case e.Left() == 0:
		return "no_seats_left"
	}
	return ""
}

// SameCourse reports whether two editions say the same, seats taken and time of import apart.
func (e Edition) SameCourse(o Edition) bool {
	if !slices.Equal(e.Prerequisites, o.Prerequisites) {
		return false
	}
	e.Prerequisites, o.Prerequisites = nil, nil
	return e.told() == o.told()
}

// told is what a catalog says of an edition in a form that compares.
type told struct {
	catalog, id, course, area, provider, istat, place, level, plugin string
	title, qualification                                             form.Text
	starts, ends, enrolBy                                            Date
	hours, seats                                                     int
	cost                                                             int64
	childcare, withdrawn                                             bool
}

func (e Edition) told() told {
	return told{e.Catalog, e.ID, e.Course, e.Area, e.Provider, e.ISTATCode, e.Municipality, e.Level, e.Plugin, e.Title, e.Qualification,
		e.Starts, e.Ends, e.EnrolBy, e.Hours, e.Seats, e.CostCents, e.Childcare, e.Withdrawn}
}

// EnrolmentID is the UUID of an enrolment.
type EnrolmentID string

// EnrolmentStatus is how an enrolment stands.
type EnrolmentStatus string

// The statuses of an enrolment.
const (
	Enrolled  EnrolmentStatus = "enrolled"
	Cancelled EnrolmentStatus = "cancelled"
)

// Enrolment is a seat that the person of a project has in an edition, or had.
type Enrolment struct {
	ID        EnrolmentID `json:"id"`
	Project   ProjectID   `json:"project_id"`
	Catalog   string      `json:"catalog"`
	EditionID string      `json:"edition_id"`
	// Intervention is the key of the plan's intervention it is for; empty for none.
	Intervention string `json:"intervention_key,omitempty"`
	// Prerequisites are the codes of those that the operator found to be there.
	Prerequisites []string        `json:"prerequisites"`
	Status        EnrolmentStatus `json:"status"`
	// Reason says why it was cancelled.
	Reason string `json:"reason,omitempty"`
	// Revision counts the changes: its ETag.
	Revision    int64     `json:"revision"`
	At          time.Time `json:"enrolled_at"`
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	Edition     Edition   `json:"edition"`

	Tenant tenant.ID     `json:"-"`
	By     tenant.UserID `json:"-"`
}

// Check says why the person of a project cannot be enrolled in an edition on a day: the
// project has ended (Conflict), enrolment is over or no seat is left (Conflict), a
// prerequisite was not found to be there or the intervention is not of the plan (Invalid).
func (e Enrolment) Check(in Edition, p Project, plan Plan, today Date) error {
	if !p.State.TakesEnrolments() {
		return fault.New(fault.Conflict, "state_forbids", "state", string(p.State), "event", "enrol")
	}
	if why := in.whyClosed(today); why != "" {
		return fault.New(fault.Conflict, why)
	}
	var fields []fault.Field
	for i, need := range in.Prerequisites {
		if !slices.Contains(e.Prerequisites, need.Code) {
			fields = append(fields, fault.At("prerequisites/"+strconv.Itoa(i), "prerequisite_not_confirmed"))
		}
	}
	for _, code := range e.Prerequisites {
		if !slices.ContainsFunc(in.Prerequisites, func(n Prerequisite) bool { return n.Code == code }) {
			fields = append(fields, fault.At("prerequisites", "not_an_option"))
		}
	}
	if e.Intervention != "" {
		if _, ok := plan.Intervention(e.Intervention); !ok {
			fields = append(fields, fault.At("intervention_key", "not_an_option"))
		}
	}
	return fault.OfFields(fields)
}
