// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
)

// Invariant is a law above every policy. The code that serves requests keeps it as well; here
// a policy that contradicts it is refused while it is still a draft.
type Invariant struct {
	// Code is the text's key in the catalogue, as a fault.Field carries it.
	Code string
	// Why is the reason in plain words.
	Why string

	breaks func(r Rule, kind tenant.Kind) bool
}

var (
	caseThings = []string{"person", "identity", "consent", "project", "intervention", "subsidy", "enrolment"}
	authoring  = []Action{Create, ShareForCoDesign, Edit, RecordAdhesion, Sign, Submit, Revise, Reopen, Amend, Extend, Update}
	evaluating = []Action{StartEvaluation, RequestChanges, Recommend}
	deciding   = []Action{Approve, Reject, Revoke}
	rescuers   = []tenant.Role{tenant.Approver, tenant.Secretariat}
	caseless   = []tenant.Role{tenant.EntityAdmin, tenant.Secretariat, tenant.PolicyAdmin, tenant.PluginAdmin, tenant.DataProtectionOfficer}
)

// emergency is the one way to an identity for the lead agency: for a reason, for a limited
// time, with a notice to the entity. No reading without it can be allowed.
var emergency = Permission{IdentitySubmitted, BreakGlass}

// invariants are asked in this order; the first that a rule breaks is reported.
var invariants = []Invariant{
	{"policy_break_glass", "only an approver or the secretariat can be let in in an emergency", func(r Rule, _ tenant.Kind) bool {
		return !r.Deny && r.Action == BreakGlass && !slices.Contains(rescuers, r.Role)
	}},
	{"policy_identity_to_lead", "identity is never the lead agency's", func(r Rule, k tenant.Kind) bool {
		return !r.Deny && k == tenant.LeadAgency && r.Object.thing() == "identity" && r.permission() != emergency
	}},
	{"policy_lead_edits", "the lead agency never writes a plan", func(r Rule, k tenant.Kind) bool {
		return !r.Deny && k == tenant.LeadAgency && r.Object.isCase() && slices.Contains(authoring, r.Action)
	}},
	{"policy_author_decides", "nobody judges what his own side wrote", func(r Rule, k tenant.Kind) bool {
		return !r.Deny && k != tenant.LeadAgency && r.Object.thing() == "project" &&
			(slices.Contains(evaluating, r.Action) || slices.Contains(deciding, r.Action))
	}},
	{"policy_two_acts", "evaluating and deciding are two acts of two roles", func(r Rule, _ tenant.Kind) bool {
		if r.Deny || r.Object.thing() != "project" {
			return false
		}
		return slices.Contains(evaluating, r.Action) && r.Role != tenant.Evaluator ||
			slices.Contains(deciding, r.Action) && r.Role != tenant.Approver
	}},
	{"policy_case_content", "this role never sees case content", func(r Rule, _ tenant.Kind) bool {
		return !r.Deny && r.Object.isCase() && r.Action != Close && r.permission() != emergency && slices.Contains(caseless, r.Role)
	}},
	{"policy_relation", "an organisation of this kind never stands in this relation to it", func(r Rule, k tenant.Kind) bool {
		return !r.Deny && !r.Object.reaches(k, r.Action)
	}},
	{"policy_person_leaves", "the person can leave, and take a consent back, at any time", func(r Rule, _ tenant.Kind) bool {
		return r.Deny && r.Role == tenant.Operator && r.Action == Withdraw
	}},
	{"policy_lockout", "nobody could ever change the policy again", func(r Rule, _ tenant.Kind) bool {
		return r.Deny && r.Role == tenant.PolicyAdmin && r.Object == PolicyNetwork
	}},
}

// Invariants lists the laws that no policy may break.
func Invariants() []Invariant { return slices.Clone(invariants) }

// broken finds the first invariant that the rule breaks, or nil. The rule's role is known;
// its object and action may be any text.
func broken(r Rule) *Invariant {
	kind, _ := tenant.KindOf(r.Role)
	for i := range invariants {
		if invariants[i].breaks(r, kind) {
			return &invariants[i]
		}
	}
	return nil
}

// thing is the part before the @, relation the part behind it.
func (o Object) thing() string    { t, _, _ := strings.Cut(string(o), "@"); return t }
func (o Object) relation() string { _, r, _ := strings.Cut(string(o), "@"); return r }

// isCase tells the things that speak of a person from those that run the network.
func (o Object) isCase() bool { return slices.Contains(caseThings, o.thing()) }

// reaches tells which kinds of organisation can stand in the object's relation at all.
// Things of the network are the lead's to change; others may at most look, and not at its users.
func (o Object) reaches(k tenant.Kind, act Action) bool {
	switch o.relation() {
	case "own":
		return k == tenant.ImplementingEntity || !o.isCase()
	case "shared":
		return k == tenant.SocialServices
	case "submitted":
		return k == tenant.LeadAgency
	case "network":
		return k == tenant.LeadAgency || (act == List || act == Read) && o != UserNetwork
	}
	return true // self, and words that are refused as unknown
}
