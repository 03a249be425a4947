// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) policyRoutes() {
	route(s, describe(http.MethodGet, "/policies", "list-policies", "policies", "List the versions of the network's policy, newest first"), s.listPolicies)
	matrix := describe(http.MethodGet, "/policies/in-force", "get-policy-matrix", "policies", "Spell out what each role may")
	matrix.Description = "Each cell leads to the rules that decide it and to the version that set it. `kind`, or one organisation with its own rules: `tenant_id`."
	route(s, matrix, s.getMatrix)
	one := describe(http.MethodGet, "/policies/{version}", "get-policy", "policies", "Read one version")
	one.Description = "`hash` is the SHA-256 over the hash before and all that stands here, `chained` tells that it is; see docs/policies.md. Going back to a version gives and takes no roles."
	route(s, one, s.getPolicy)
	route(s, describe(http.MethodGet, "/policies/{version}/diff", "get-policy-diff", "policies", "Compare a version with another"), s.getPolicyDiff)
	s.draftRoutes()
	try := describe(http.MethodPost, "/policies/try", "try-policy", "policies", "Tell whether somebody may do something, and why")
	try.Description = "Nothing is done. Asking about a project, by its code, tells what its state and the separation of duties add."
	route(s, try, s.tryPolicy)
}

// policyVersion is a policy that is or was in force.
type policyVersion struct {
	Version       int64         `json:"version"`
	InForce       bool          `json:"in_force"`
	Reason        string        `json:"reason"`
	PublishedBy   tenant.UserID `json:"published_by,omitempty" doc:"Left out for what the host put in force"`
	PublisherName string        `json:"publisher_name,omitempty"`
	PublishedAt   time.Time     `json:"published_at"`
	Hash          string        `json:"hash"`
	Chained       bool          `json:"chained" doc:"The hash follows from the version before"`
	Added         []string      `json:"added" doc:"Rules that the version before had not"`
	Removed       []string      `json:"removed"`
	Roles         []roleGrant   `json:"roles" doc:"Given and taken with it"`
	Rules         []string      `json:"rules,omitempty" doc:"Left out in lists"`
}

func policyOf(v service.PolicyVersion) policyVersion {
	return policyVersion{Version: v.Version, InForce: v.InForce, Reason: v.Reason, PublishedBy: v.PublishedBy, PublisherName: v.PublisherName,
		PublishedAt: v.PublishedAt, Hash: hex.EncodeToString(v.Hash), Chained: v.Chained, Roles: rolesOf(v.Roles), Added: lines(v.Added), Removed: lines(v.Removed)}
}

// lines spells rules as a policy file does.
func lines(rules []policy.Rule) []string { return convert(rules, policy.Rule.String) }

func (s *server) listPolicies(ctx context.Context, _ *nothing) (*many[policyVersion], error) {
	list, err := s.svc.PolicyVersions(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, policyOf)), nil
}

// ByPolicy names a version of the policy.
type ByPolicy struct {
	Version int64 `path:"version" minimum:"1"`
}

func (s *server) getPolicy(ctx context.Context, in *struct {
	ByPolicy
	IfNone
}) (*one[policyVersion], error) {
	v, err := s.svc.PolicyVersion(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	out := policyOf(v)
	out.Rules = lines(v.Rules)
	tag := `"` + out.Hash[:16] + map[bool]string{true: "+", false: ""}[v.InForce] + `"`
	return oneOf(out, tag, in.IfNoneMatch), nil
}

// policyDiff is what leads from one policy to another.
type policyDiff struct {
	Added   []string       `json:"added"`
	Removed []string       `json:"removed"`
	Roles   []roleChange   `json:"roles" doc:"What roles gain and lose"`
	Members []memberChange `json:"members" doc:"What that means for today's members, by all their roles together"`
}

type roleChange struct {
	Gains  bool          `json:"gains"`
	Role   tenant.Role   `json:"role"`
	Tenant tenant.ID     `json:"tenant_id,omitempty" doc:"The one organisation where it changes; left out for every one of the kind"`
	Except []tenant.ID   `json:"except_tenant_ids,omitempty"`
	Object policy.Object `json:"object"`
	Action policy.Action `json:"action"`
}

type memberChange struct {
	Gains  bool            `json:"gains"`
	Tenant named           `json:"tenant"`
	Object policy.Object   `json:"object"`
	Action policy.Action   `json:"action"`
	Users  []tenant.UserID `json:"user_ids"`
}

func diffOf(added, removed []policy.Rule, d policy.Diff, names service.PolicyNames) policyDiff {
	return policyDiff{Added: lines(added), Removed: lines(removed),
		Roles: convert(d.Roles, func(r policy.RoleChange) roleChange {
			return roleChange{r.Gains, r.Role, r.Tenant, r.Except, r.Object, r.Action}
		}),
		Members: convert(d.Members, func(m policy.MemberChange) memberChange {
			return memberChange{m.Gains, named{m.Tenant, names.Tenants[m.Tenant]}, m.Object, m.Action, m.Users}
		})}
}

func (s *server) getPolicyDiff(ctx context.Context, in *struct {
	ByPolicy
	From int64 `query:"from" minimum:"0" doc:"The version it is compared with; 0 is the one in force"`
}) (*struct{ Body policyDiff }, error) {
	c, err := s.svc.PolicyDifference(ctx, in.From, in.Version)
	if err != nil {
		return nil, err
	}
	return &struct{ Body policyDiff }{diffOf(c.Added, c.Removed, c.Effect, c.PolicyNames)}, nil
}

// policyMatrix is what each role of a kind may.
type policyMatrix struct {
	Version int64         `json:"version"`
	Kind    tenant.Kind   `json:"kind"`
	Tenant  tenant.ID     `json:"tenant_id,omitempty"`
	Roles   []tenant.Role `json:"roles"`
	Rows    []matrixRow   `json:"rows"`
	Missing []string      `json:"missing_defaults" doc:"Default rules that this network's policy never knew; a draft with defaults adds them"`
}

type matrixRow struct {
	Object policy.Object `json:"object"`
	Action policy.Action `json:"action"`
	Cells  []matrixCell  `json:"cells"`
}

type matrixCell struct {
	Role    tenant.Role   `json:"role"`
	Allowed bool          `json:"allowed"`
	Own     policy.Effect `json:"own" enum:"allow,deny,default" doc:"What the rules for exactly this place say"`
	Rules   []string      `json:"rules" doc:"Those that decide; none means that nothing allows it"`
	Version int64         `json:"version,omitempty" doc:"The one that last set it"`
	Never   string        `json:"never,omitempty" doc:"The law that keeps any policy from allowing it"`
}

func (s *server) getMatrix(ctx context.Context, in *struct {
	Kind   string `query:"kind" doc:"implementing_entity, social_services or lead_agency"`
	Tenant string `query:"tenant_id" doc:"An organisation, with its own rules"`
}) (*struct{ Body policyMatrix }, error) {
	m, err := s.svc.PolicyMatrix(ctx, service.MatrixQuery{Kind: tenant.Kind(in.Kind), Tenant: tenant.ID(in.Tenant)})
	if err != nil {
		return nil, err
	}
	return &struct{ Body policyMatrix }{policyMatrix{m.Version, m.Kind, m.Tenant, m.Roles, convert(m.Rows, rowOf), lines(m.Missing)}}, nil
}

func rowOf(r service.MatrixRow) matrixRow {
	return matrixRow{r.Object, r.Action, convert(r.Cells, func(c service.MatrixCell) matrixCell {
		out := matrixCell{Role: c.Role, Allowed: c.Allowed, Own: c.Own, Rules: lines(c.Rules), Version: c.SetBy}
		if c.NeverAllow != nil {
			out.Never = c.NeverAllow.Code
		}
		return out
	})}
}

// trial is the answer to what was tried.
type trial struct {
	Allowed bool          `json:"allowed"`
	Code    string        `json:"code" doc:"Why, as a stable name: a rule, a law above policies, the record's state or a duty"`
	Text    string        `json:"text" doc:"The same in the reader's language"`
	Roles   []tenant.Role `json:"roles" doc:"Those that were asked for"`
	Rules   []trialRule   `json:"rules" doc:"Those that decided"`
	Version int64         `json:"version" doc:"The rules in force"`
}

type trialRule struct {
	Rule    string `json:"rule"`
	Version int64  `json:"version" doc:"The one that brought it"`
}

func (s *server) tryPolicy(ctx context.Context, in *struct {
	Body struct {
		Email   string `json:"email,omitempty" doc:"A user's address, or else a role"`
		Role    string `json:"role,omitempty"`
		Tenant  string `json:"tenant_id,omitempty" doc:"The organisation acted for; may be left out with a role"`
		Object  string `json:"object" doc:"project@own"`
		Action  string `json:"action"`
		Project string `json:"project_code,omitempty" doc:"A project that was submitted"`
	}
}) (*struct{ Body trial }, error) {
	b := in.Body
	if b.Email != "" && b.Role != "" {
		return nil, fault.OfFields([]fault.Field{fault.At("role", "not_an_option")})
	}
	t, err := s.svc.TryDecision(ctx, service.TrialRequest{Email: b.Email, Role: tenant.Role(b.Role), Tenant: tenant.ID(b.Tenant),
		Permission: policy.Permission{Object: policy.Object(b.Object), Action: policy.Action(b.Action)}, ProjectCode: b.Project})
	if err != nil {
		return nil, err
	}
	out := trial{Allowed: t.Allowed, Code: t.Code, Text: say(callOf(ctx).lang, t.Code, "not_allowed", t.Params), Roles: present(t.Roles), Rules: []trialRule{}, Version: t.Version}
	for i, r := range t.Rules {
		out.Rules = append(out.Rules, trialRule{r.String(), t.SetBy[i]})
	}
	return &struct{ Body trial }{out}, nil
}
