// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// table is that of the domain, written down a second time: what is not in it is refused.
var table = map[casework.State]map[casework.Event]casework.State{
	"draft":             {"edit": "draft", "share_for_co_design": "co_design", "withdraw": "withdrawn"},
	"co_design":         {"edit": "co_design", "sign": "co_design", "record_adhesion": "co_design", "seal": "co_signed", "withdraw": "withdrawn"},
	"co_signed":         {"submit": "submitted", "withdraw": "withdrawn"},
	"submitted":         {"start_evaluation": "under_evaluation", "withdraw": "withdrawn"},
	"under_evaluation":  {"request_changes": "changes_requested", "recommend": "evaluated", "withdraw": "withdrawn"},
	"changes_requested": {"revise": "co_design", "withdraw": "withdrawn"},
	"evaluated":         {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"},
	"approved":          {"start": "active", "withdraw": "withdrawn"},
	"rejected":          {"reopen": "co_design", "withdraw": "withdrawn"},
	"active":            {"withdraw": "withdrawn"},
	"withdrawn":         {},
}

func TestEveryStateAndEvent(t *testing.T) {
	if len(table) != len(casework.States()) {
		t.Fatalf("%d states, the table has %d", len(casework.States()), len(table))
	}
	events := append(casework.Transitions(), casework.Create, casework.Edit, casework.Seal, "", "fly")
	for _, s := range append(casework.States(), "", "lost") {
		for _, e := range events {
			want, known := table[s][e]
			got, err := s.Next(e)
			switch {
			case known && (err != nil || got != want):
				t.Errorf("%s in %s leads to %s, %v; want %s", e, s, got, err, want)
			case !known && (got != "" || !fault.Is(err, fault.Conflict)):
				t.Errorf("%s in %s leads to %s, %v; want a conflict", e, s, got, err)
			}
		}
		if _, known := table[s]; s.Valid() != known {
			t.Errorf("%q valid = %v", s, s.Valid())
		}
		if s.Editable() != (table[s]["edit"] != "") {
			t.Errorf("%q editable = %v, but the table says otherwise", s, s.Editable())
		}
	}
}

// Only what a caller may name is offered, and the person can leave from every state but the end.
func TestTransitions(t *testing.T) {
	for _, e := range []casework.Event{casework.Create, casework.Edit, casework.Seal} {
		if slices.Contains(casework.Transitions(), e) {
			t.Errorf("%s can be asked for by name", e)
		}
	}
	for _, s := range casework.States() {
		if _, err := s.Next(casework.Withdraw); (err == nil) != (s != casework.Withdrawn) {
			t.Errorf("withdraw in %s: %v", s, err)
		}
	}
	for _, e := range casework.Transitions() {
		if e.OpensVersion() != (e == casework.Revise || e == casework.Reopen) || e.NeedsReason() != (e == casework.Reject) {
			t.Errorf("%s: opens %v, needs reason %v", e, e.OpensVersion(), e.NeedsReason())
		}
	}
}

func TestCheckDuties(t *testing.T) {
	const me, other = tenant.UserID("me"), tenant.UserID("other")
	judging := []casework.Event{casework.StartEvaluation, casework.RequestChanges, casework.Recommend, casework.Approve, casework.Reject}
	for _, e := range append(casework.Transitions(), casework.Edit, casework.Seal) {
		judges, decides := slices.Contains(judging, e), e == casework.Approve || e == casework.Reject
		for name, tc := range map[string]struct {
			hands  casework.Hands
			refuse bool
		}{
			"nobody's hands":   {casework.Hands{}, false},
			"others' hands":    {casework.Hands{Authors: []tenant.UserID{other}, Evaluators: []tenant.UserID{other}}, false},
			"author":           {casework.Hands{Authors: []tenant.UserID{other, me}}, judges},
			"author's house":   {casework.Hands{ActorInAuthorsTenant: true}, judges},
			"evaluator":        {casework.Hands{Evaluators: []tenant.UserID{me}}, decides},
			"other in my role": {casework.Hands{Evaluators: []tenant.UserID{other}}, false},
		} {
			err := casework.CheckDuties(e, me, tc.hands)
			if (err != nil) != tc.refuse || (err != nil && !fault.Is(err, fault.Forbidden)) {
				t.Errorf("%s by %s: %v, want refused = %v", e, name, err, tc.refuse)
			}
		}
	}
}

func TestSides(t *testing.T) {
	for k, want := range map[tenant.Kind]casework.Side{tenant.ImplementingEntity: "entity", tenant.SocialServices: "social_services", tenant.LeadAgency: "", "": ""} {
		if got, ok := casework.SideOf(k); got != want || ok != (want != "") {
			t.Errorf("%q signs as %q, %v", k, got, ok)
		}
	}
}

// A version is complete when all three sides signed the same content, in any order.
func TestComplete(t *testing.T) {
	sign := func(hash string, sides ...casework.Side) (out []casework.Signature) {
		for _, s := range sides {
			out = append(out, casework.Signature{Side: s, ContentHash: hash})
		}
		return out
	}
	for name, tc := range map[string]struct {
		have []casework.Signature
		want bool
	}{
		"none":          {nil, false},
		"all":           {sign("h", "person", "entity", "social_services"), true},
		"two":           {sign("h", "person", "entity"), false},
		"one twice":     {sign("h", "person", "entity", "entity"), false},
		"other content": {append(sign("h", "person", "entity"), sign("g", "social_services")...), false},
		"stranger":      {sign("h", "person", "entity", "lead"), false},
	} {
		if got := casework.Complete(tc.have, "h"); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRelationTo(t *testing.T) {
	p := casework.Project{Tenant: "e", SocialServices: "s", Network: "n", State: casework.CoDesign, Shared: true}
	submitted, draft, left := p, p, p
	submitted.SubmittedVersion = 1
	draft.State, draft.Shared = casework.Draft, false
	left.State, left.Shared = casework.Withdrawn, false // given up before it was ever shared
	actor := func(id tenant.ID, k tenant.Kind, n tenant.NetworkID) tenant.Actor {
		return tenant.Actor{Tenant: id, Kind: k, Network: n}
	}
	for name, tc := range map[string]struct {
		p     casework.Project
		actor tenant.Actor
		want  casework.Relation
	}{
		"owner":                 {p, actor("e", tenant.ImplementingEntity, "n"), casework.Own},
		"owner of a draft":      {draft, actor("e", tenant.ImplementingEntity, "n"), casework.Own},
		"other entity":          {submitted, actor("x", tenant.ImplementingEntity, "n"), ""},
		"its service":           {p, actor("s", tenant.SocialServices, "n"), casework.Shared},
		"its service, a draft":  {draft, actor("s", tenant.SocialServices, "n"), ""},
		"its service, never":    {left, actor("s", tenant.SocialServices, "n"), ""},
		"other service":         {submitted, actor("y", tenant.SocialServices, "n"), ""},
		"lead before":           {p, actor("l", tenant.LeadAgency, "n"), ""},
		"lead after":            {submitted, actor("l", tenant.LeadAgency, "n"), casework.Received},
		"lead of another":       {submitted, actor("m", tenant.LeadAgency, "o"), ""},
		"entity posing as lead": {submitted, actor("x", tenant.SocialServices, "n"), ""},
	} {
		got, ok := tc.p.RelationTo(tc.actor)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, tc.want)
		}
	}
}
