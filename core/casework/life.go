// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"slices"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// State is where an individualised project stands.
type State string

// The states up to the start of a project, and its two early ends.
const (
	Draft            State = "draft"
	CoDesign         State = "co_design"
	CoSigned         State = "co_signed"
	Submitted        State = "submitted"
	UnderEvaluation  State = "under_evaluation"
	ChangesRequested State = "changes_requested"
	Evaluated        State = "evaluated"
	Approved         State = "approved"
	Rejected         State = "rejected"
	Active           State = "active"
	Withdrawn        State = "withdrawn"
)

// States lists them in the order a project goes through them.
func States() []State {
	return []State{Draft, CoDesign, CoSigned, Submitted, UnderEvaluation, ChangesRequested,
		Evaluated, Approved, Rejected, Active, Withdrawn}
}

// Valid reports whether s is a state.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// Editable reports whether the plan can be changed.
func (s State) Editable() bool { return s == Draft || s == CoDesign }

// TakesDecisions reports whether a subsidy can be decided for the project: until it is
// submitted, and again while it runs. What is being judged keeps the decision it came with.
func (s State) TakesDecisions() bool {
	return s.Editable() || s == CoSigned || s == ChangesRequested || s == Active
}

// TakesEnrolments reports whether the person can be enrolled in a course: as long as the
// project has not come to an end.
func (s State) TakesEnrolments() bool { return s != Withdrawn && s != Rejected }

// Event is what someone does to a project.
type Event string

// The events. Create and Edit have routes of their own; Seal is the system's, when the
// last of the three signatures is there.
const (
	Create           Event = "create"
	Edit             Event = "edit"
	ShareForCoDesign Event = "share_for_co_design"
	Sign             Event = "sign"
	RecordAdhesion   Event = "record_adhesion"
	Seal             Event = "seal"
	Submit           Event = "submit"
	StartEvaluation  Event = "start_evaluation"
	RequestChanges   Event = "request_changes"
	Revise           Event = "revise"
	Recommend        Event = "recommend"
	Approve          Event = "approve"
	Reject           Event = "reject"
	Reopen           Event = "reopen"
	Start            Event = "start"
	Withdraw         Event = "withdraw"
)

// arrow is one row of the table of DOMAIN: from where, by what, to where.
type arrow struct {
	event Event
	from  []State
	to    State
}

// life is the whole table. Who may draw an arrow is the policy's to say; what else must
// hold is said by the guards below.
var life = []arrow{
	{ShareForCoDesign, []State{Draft}, CoDesign},
	{Edit, []State{Draft, CoDesign}, ""},
	{Sign, []State{CoDesign}, CoDesign},
	{RecordAdhesion, []State{CoDesign}, CoDesign},
	{Seal, []State{CoDesign}, CoSigned},
	{Submit, []State{CoSigned}, Submitted},
	{StartEvaluation, []State{Submitted}, UnderEvaluation},
	{RequestChanges, []State{UnderEvaluation}, ChangesRequested},
	{Revise, []State{ChangesRequested}, CoDesign},
	{Recommend, []State{UnderEvaluation}, Evaluated},
	{Approve, []State{Evaluated}, Approved},
	{Reject, []State{Evaluated}, Rejected},
	{Reopen, []State{Rejected}, CoDesign},
	{Start, []State{Approved}, Active},
	{Withdraw, []State{Draft, CoDesign, CoSigned, Submitted, UnderEvaluation, ChangesRequested, Evaluated, Approved, Rejected, Active}, Withdrawn},
}

// Transitions lists the events a caller can ask for by name, in the order of the table.
func Transitions() []Event {
	var out []Event
	for _, a := range life {
		if a.event != Edit && a.event != Seal {
			out = append(out, a.event)
		}
	}
	return out
}

// Next tells where an event leads from a state. An event that the state does not know is a
// Conflict; it names both, so that the reader sees what happened meanwhile.
func (s State) Next(e Event) (State, error) {
	for _, a := range life {
		if a.event != e || !slices.Contains(a.from, s) {
			continue
		}
		if a.to == "" {
			return s, nil
		}
		return a.to, nil
	}
	return "", fault.New(fault.Conflict, "state_forbids", "state", string(s), "event", string(e))
}

// OpensVersion reports whether an event begins a new version of the plan.
func (e Event) OpensVersion() bool { return e == Revise || e == Reopen }

// NeedsReason reports whether an event must say why.
func (e Event) NeedsReason() bool { return e == Reject }

// Side is one of the three that sign a plan.
type Side string

// The three sides: the entity signs, the social services sign, the person adheres.
const (
	SideEntity         Side = "entity"
	SideSocialServices Side = "social_services"
	SidePerson         Side = "person"
)

// Sides lists the three in the order they are shown.
func Sides() []Side { return []Side{SideEntity, SideSocialServices, SidePerson} }

// SideOf tells for which side an organisation signs.
func SideOf(k tenant.Kind) (Side, bool) {
	switch k {
	case tenant.ImplementingEntity:
		return SideEntity, true
	case tenant.SocialServices:
		return SideSocialServices, true
	}
	return "", false
}

// Opposed reports whether one person must not sign for both sides: the entity and the
// service answer for each other. Whoever signs for the entity may record the adhesion.
func Opposed(a, b Side) bool { return a != b && a != SidePerson && b != SidePerson }

// Hands are the users who had a part in a version: what separates the duties.
type Hands struct {
	// Authors saved or signed it, or opened it again.
	Authors []tenant.UserID
	// Evaluators had a part in its evaluation.
	Evaluators []tenant.UserID
	// ActorInAuthorsTenant is true where the one who acts also belongs to the entity or to
	// the service that wrote the project.
	ActorInAuthorsTenant bool
}

// CheckDuties refuses what the separation of duties forbids whatever the policy says:
// nobody evaluates or approves what he wrote, nobody approves what he evaluated, and
// neither belongs to the author's organisation.
func CheckDuties(e Event, actor tenant.UserID, h Hands) error {
	judging := e == StartEvaluation || e == RequestChanges || e == Recommend || e == Approve || e == Reject
	if !judging {
		return nil
	}
	if slices.Contains(h.Authors, actor) {
		return fault.New(fault.Forbidden, "author_may_not_judge")
	}
	if h.ActorInAuthorsTenant {
		return fault.New(fault.Forbidden, "authors_tenant_may_not_judge")
	}
	if (e == Approve || e == Reject) && slices.Contains(h.Evaluators, actor) {
		return fault.New(fault.Forbidden, "evaluator_may_not_approve")
	}
	return nil
}
