// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) draftRoutes() {
	const at = "/policies/drafts/{draft}"
	route(s, describe(http.MethodGet, "/policies/drafts", "list-policy-drafts", "policies", "List the drafts, last changed first"), s.listDrafts)
	post := describe(http.MethodPost, "/policies/drafts", "post-policy-draft", "policies", "Begin a draft")
	post.Description = "From the rules in force, or from those of the version `from`: so a network goes back. Refused whole, with the line of every mistake, where the rules cannot be."
	post.DefaultStatus = http.StatusCreated
	route(s, post, s.postDraft)
	route(s, describe(http.MethodGet, at, "get-policy-draft", "policies", "Read a draft"), s.getDraft)
	route(s, guarded(describe(http.MethodPut, at, "put-policy-draft", "policies", "Change a draft: only its author does")), s.putDraft)
	discard := guarded(describe(http.MethodDelete, at, "delete-policy-draft", "policies", "Throw a draft away"))
	discard.Description = "Its author does, while it waits for nobody: one that was submitted or published is answered 409. The audit keeps that it was there."
	discard.DefaultStatus = http.StatusNoContent
	route(s, discard, s.deleteDraft)
	s.roleRoutes()
	preview := describe(http.MethodGet, at+"/preview", "preview-policy-draft", "policies", "Tell what a draft would change")
	preview.Description = "Who gains and who loses what where; which of the cases that every version keeps it would turn; which of the decisions that were lately recorded would come out differently. " +
		"Lists and readings that were allowed are not recorded, but for identities: a draft that denies them shows in what is lost, not in the replay."
	route(s, preview, s.previewDraft)
	route(s, guarded(describe(http.MethodPost, at+"/submit", "submit-policy-draft", "policies", "Ask a second administrator to publish")), s.submitDraft)
	publish := guarded(describe(http.MethodPost, at+"/publish", "publish-policy-draft", "policies", "Put a draft into force"))
	publish.Description = "A second administrator does: its author is answered 403. It holds from everybody's next request on."
	route(s, publish, s.publishDraft)
	route(s, guarded(describe(http.MethodPost, at+"/send-back", "send-back-policy-draft", "policies", "Give a draft back to its author")), s.sendBackDraft)
}

// guarded is an operation that demands the revision its caller read.
func guarded(op huma.Operation) huma.Operation {
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	return op
}

// policyDraft is a policy that is being written.
type policyDraft struct {
	ID       string        `json:"id"`
	State    string        `json:"state" enum:"draft,submitted,sent_back,published"`
	Base     int64         `json:"base_version"`
	Outdated bool          `json:"outdated" doc:"Another version came into force since: rebase it"`
	Reason   string        `json:"reason"`
	Rules    string        `json:"rules,omitempty" doc:"The whole text; left out in lists"`
	Roles    []roleGrant   `json:"roles" doc:"Roles to be given and taken with the rules"`
	Author   tenant.UserID `json:"author_id"`
	By       string        `json:"author_name"`
	Reviewer string        `json:"reviewer_name,omitempty"`
	Note     string        `json:"note,omitempty" doc:"Why it was sent back"`
	Version  *int64        `json:"published_version,omitempty"`
	Allowed  []string      `json:"allowed" doc:"What the actor can do now: edit, submit, publish, send_back"`
	Created  time.Time     `json:"created_at"`
	Updated  time.Time     `json:"updated_at"`
}

func draftOf(v service.PolicyDraftView) policyDraft {
	out := policyDraft{ID: v.ID, State: v.State, Base: v.Base, Outdated: v.Outdated(), Reason: v.Reason, Rules: v.Rules, Roles: rolesOf(v.Changes), Author: v.Author, By: v.AuthorName,
		Reviewer: v.ReviewerName, Note: v.Note, Version: v.Published, Allowed: []string{}, Created: v.CreatedAt, Updated: v.UpdatedAt}
	for _, do := range []struct {
		may  bool
		name string
	}{{v.MayEdit, "edit"}, {v.MaySubmit, "submit"}, {v.MayPublish, "publish"}, {v.MaySendBack, "send_back"}} {
		if do.may {
			out.Allowed = append(out.Allowed, do.name)
		}
	}
	return out
}

func draftNow(v service.PolicyDraftView, err error) (*one[policyDraft], error) {
	if err != nil {
		return nil, atRoles(err)
	}
	return oneOf(draftOf(v), etagOf(v.Revision), ""), nil
}

// ByDraft names a draft.
type ByDraft struct {
	Draft string `path:"draft" doc:"UUID"`
}

// ByDraftRead names a draft and what was read of it.
type ByDraftRead struct {
	ByDraft
	IfMatch string `header:"If-Match" doc:"The ETag that was read"`
}

// DraftBody is what an author wants.
type DraftBody struct {
	Reason *string    `json:"reason,omitempty" doc:"Needed to submit; the version keeps it. Left out to keep what is there"`
	Rules  *string    `json:"rules,omitempty" doc:"The whole text, one rule a line; left out to keep what is there"`
	Edits  []cellEdit `json:"edits,omitempty" doc:"Made in the text, cell by cell"`
	// Roles, if given, are all of them.
	Roles *[]roleGrant `json:"roles,omitempty" doc:"All the roles to be given and taken; left out to keep what is there"`
}

type cellEdit struct {
	Role   tenant.Role   `json:"role"`
	Tenant string        `json:"tenant_id,omitempty" doc:"One organisation; left out for every one of the role's kind"`
	Object policy.Object `json:"object"`
	Action policy.Action `json:"action"`
	Effect policy.Effect `json:"effect" enum:"allow,deny,default"`
}

func (b DraftBody) change() service.DraftChange {
	var reason string
	if b.Reason != nil {
		reason = *b.Reason
	}
	return service.DraftChange{Reason: reason, KeepReason: b.Reason == nil, Rules: b.Rules, Roles: grantsOf(b.Roles), Edits: convert(b.Edits, func(e cellEdit) policy.CellEdit {
		return policy.CellEdit{Place: policy.Place{Role: e.Role, Tenant: tenant.ID(e.Tenant), Permission: policy.Permission{Object: e.Object, Action: e.Action}}, Effect: e.Effect}
	})}
}

func (s *server) listDrafts(ctx context.Context, _ *nothing) (*many[policyDraft], error) {
	list, err := s.svc.PolicyDrafts(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, func(v service.PolicyDraftView) policyDraft {
		v.Rules = ""
		return draftOf(v)
	})), nil
}

func (s *server) postDraft(ctx context.Context, in *struct {
	Body struct {
		From     int64 `json:"from,omitempty" minimum:"0" doc:"The version to begin from; 0 is the one in force"`
		Defaults bool  `json:"defaults,omitempty" doc:"Add the default rules that came into the product after the network's policy"`
		DraftBody
	}
}) (*created[policyDraft], error) {
	c := in.Body.change()
	c.Defaults = in.Body.Defaults
	v, err := s.svc.CreatePolicyDraft(ctx, in.Body.From, c)
	if err != nil {
		return nil, atRoles(err)
	}
	return &created[policyDraft]{Location: Prefix + "/policies/drafts/" + v.ID, ETag: etagOf(v.Revision), Body: draftOf(v)}, nil
}

func (s *server) getDraft(ctx context.Context, in *ByDraft) (*one[policyDraft], error) {
	return draftNow(s.svc.PolicyDraft(ctx, in.Draft))
}

func (s *server) putDraft(ctx context.Context, in *struct {
	ByDraftRead
	Body struct {
		Rebase bool `json:"rebase,omitempty" doc:"Make the draft's changes on the version in force now"`
		DraftBody
	}
}) (*one[policyDraft], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	c := in.Body.change()
	c.Rebase = in.Body.Rebase
	return draftNow(s.svc.SavePolicyDraft(ctx, in.Draft, base, c))
}

func (s *server) deleteDraft(ctx context.Context, in *ByDraftRead) (*nothing, error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return nil, s.svc.DiscardPolicyDraft(ctx, in.Draft, base)
}

func (s *server) submitDraft(ctx context.Context, in *ByDraftRead) (*one[policyDraft], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return draftNow(s.svc.SubmitPolicyDraft(ctx, in.Draft, base))
}

func (s *server) publishDraft(ctx context.Context, in *ByDraftRead) (*one[policyDraft], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return draftNow(s.svc.PublishPolicyDraft(ctx, in.Draft, base))
}

func (s *server) sendBackDraft(ctx context.Context, in *struct {
	ByDraftRead
	Body struct {
		Note string `json:"note,omitempty" doc:"Why; its author, who takes it back, need not say"`
	}
}) (*one[policyDraft], error) {
	base, err := baseOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return draftNow(s.svc.SendBackPolicyDraft(ctx, in.Draft, base, in.Body.Note))
}

// draftPreview is what a draft would change.
type draftPreview struct {
	policyDiff
	Problems []roleProblem `json:"role_problems" doc:"Changes of roles that can no longer be made: the draft can be neither submitted nor published"`
	Broken   []brokenCase  `json:"broken_cases" doc:"Cases that every version keeps and this one would turn: it cannot be submitted"`
	Replay   replayed      `json:"replay"`
}

type brokenCase struct {
	Code   string        `json:"code"`
	Text   string        `json:"text"`
	Allow  bool          `json:"must_allow"`
	Role   tenant.Role   `json:"role"`
	Tenant tenant.ID     `json:"tenant_id,omitempty"`
	Object policy.Object `json:"object"`
	Action policy.Action `json:"action"`
}

// replayed is what would become of decisions that were really made. It tells neither who
// asked nor for which record.
type replayed struct {
	Asked   int              `json:"asked" doc:"How many recorded decisions were made again; allowed lists and readings are not recorded"`
	Since   *time.Time       `json:"since,omitempty"`
	Changes []replayedChange `json:"changes"`
}

type replayedChange struct {
	Allowed bool          `json:"allowed" doc:"What it would become"`
	Tenant  named         `json:"tenant"`
	Roles   []tenant.Role `json:"roles"`
	Object  policy.Object `json:"object"`
	Action  policy.Action `json:"action"`
	Count   int           `json:"count"`
	Last    time.Time     `json:"last_at"`
}

func (s *server) previewDraft(ctx context.Context, in *ByDraft) (*struct{ Body draftPreview }, error) {
	p, err := s.svc.PreviewPolicyDraft(ctx, in.Draft)
	if err != nil {
		return nil, err
	}
	out := draftPreview{policyDiff: diffOf(p.Added, p.Removed, p.Effect, p.PolicyNames), Replay: replayed{Asked: p.Replay.Asked}}
	if p.Replay.Asked > 0 {
		out.Replay.Since = &p.Replay.Since
	}
	lang := callOf(ctx).lang
	out.Problems = problemsOf(lang, p.Problems)
	out.Broken = convert(p.Broken, func(b policy.Broken) brokenCase {
		return brokenCase{b.Code, say(lang, b.Code, "policy_refused", nil), b.Allow, b.Role, b.Tenant, b.Object, b.Action}
	})
	out.Replay.Changes = convert(p.Replay.Changes, func(c service.ReplayChange) replayedChange {
		return replayedChange{c.Allowed, named{c.Tenant, p.Tenants[c.Tenant]}, c.Roles, c.Object, c.Action, c.Count, c.Last}
	})
	return &struct{ Body draftPreview }{out}, nil
}
