// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// Project is an individualised project: the head of its versions. It names the person by
// code only, so that the lead agency can read it.
type Project struct {
	ID      ProjectID
	Tenant  tenant.ID
	Network tenant.NetworkID
	Code    string

	Person     PersonID
	PersonCode string

	SocialServices tenant.ID
	State          State
	// Shared is true from the moment the project is shared for co-design; a draft given up
	// before that never becomes the service's to see.
	Shared bool
	// Version is the one being worked on or decided, counted from 1.
	Version int
	// Revision counts the saves and transitions of the project: its ETag.
	Revision int64
	// ContentHash is the SHA-256 of the canonical plan of Version as last saved, in hex.
	// The lead agency gets that of the last submitted version.
	ContentHash string
	// SubmittedVersion is the last version that was submitted; 0 before the first.
	SubmittedVersion int
	// Evaluator holds the evaluation of the submitted version; empty before it begins.
	Evaluator tenant.UserID
	CreatedBy tenant.UserID
	CreatedAt time.Time
	UpdatedAt time.Time
	// TotalCents is the budget of the plan as last saved, for lists.
	TotalCents int64

	// TenantName and SocialServicesName are filled in by core/service, for reading.
	TenantName         string
	SocialServicesName string
}

// Relation says what a project is to the organisation that looks at it; it is part of
// every question to the policy.
type Relation string

// The relations.
const (
	// Own: the organisation wrote it.
	Own Relation = "own"
	// Shared: the organisation co-designs it.
	Shared Relation = "shared"
	// Received: it was submitted to the organisation.
	Received Relation = "submitted"
)

// RelationTo tells what the project is to an actor; ok is false where it is nothing to him.
func (p Project) RelationTo(a tenant.Actor) (Relation, bool) {
	switch {
	case p.Tenant == a.Tenant:
		return Own, true
	case p.SocialServices == a.Tenant && p.Shared:
		return Shared, true
	case a.Kind == tenant.LeadAgency && p.Network == a.Network && p.SubmittedVersion > 0:
		return Received, true
	}
	return "", false
}

// Version is a plan frozen by its three signatures. Nothing changes it any more.
type Version struct {
	Project     ProjectID
	Version     int
	Plan        Plan
	ContentHash string
	SealedAt    time.Time
	// SubmittedAt is zero until it was submitted; the lead agency sees it from then on.
	SubmittedAt time.Time
	// OverrideReason is why it was submitted against the advice of a rule; empty otherwise.
	OverrideReason string
	// HousingBefore are the months of housing support the person had had when it was submitted.
	HousingBefore int
	// Findings are what the rules said at submission.
	Findings []Finding
	Authors  []tenant.UserID
}

// Revision is one save of a plan: who wrote what, when.
type Revision struct {
	Project      ProjectID
	Version      int
	Revision     int64
	Plan         Plan
	ContentHash  string
	Author       tenant.UserID
	AuthorName   string
	AuthorTenant tenant.ID
	At           time.Time
}

// Signature binds one side to the hash of a plan.
type Signature struct {
	Version     int       `json:"version"`
	Side        Side      `json:"side"`
	ContentHash string    `json:"content_hash"`
	SignerName  string    `json:"signer_name"`
	At          time.Time `json:"at"`

	Signer tenant.UserID `json:"-"`
}

// Complete reports whether all three sides have signed this very content.
func Complete(signatures []Signature, hash string) bool {
	have := map[Side]bool{}
	for _, s := range signatures {
		if s.ContentHash == hash {
			have[s.Side] = true
		}
	}
	for _, side := range Sides() {
		if !have[side] {
			return false
		}
	}
	return true
}

// Step is one transition in the history of a project.
type Step struct {
	Seq         int         `json:"seq"`
	Event       Event       `json:"event"`
	From        State       `json:"from"`
	To          State       `json:"to"`
	Version     int         `json:"version"`
	ActorRole   tenant.Role `json:"actor_role"`
	ActorTenant string      `json:"actor_tenant"`
	ActorName   string      `json:"actor_name,omitempty"`
	Reason      string      `json:"reason,omitempty"`
	ContentHash string      `json:"content_hash"`
	Comments    []Comment   `json:"comments,omitempty"`
	At          time.Time   `json:"at"`
}

// LiveIntervention is an intervention of an approved project that has begun.
type LiveIntervention struct {
	ID      InterventionID
	Project ProjectID
	Version int
	// Status is "planned" or "ended".
	Status   string
	Revision int64
	Intervention
}
