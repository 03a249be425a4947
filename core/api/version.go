// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/casework"
)

func (s *server) versionRoutes() {
	route(s, describe(http.MethodGet, "/projects/{id}/versions", "list-versions", "versions", "List the sealed versions of a plan, newest first"), s.listVersions)
	get := describe(http.MethodGet, "/projects/{id}/versions/{n}", "get-version", "versions", "Read a sealed version")
	get.Description = "What is sealed never changes; being submitted is added to it."
	route(s, cached(get), s.getVersion)
	diff := describe(http.MethodGet, "/projects/{id}/versions/{n}/diff", "diff-versions", "versions", "List what changed up to a version")
	diff.Description = "From version `from` to version `n`, field by field. For those who write the plan, `n` may be the version in the works."
	route(s, diff, s.diffVersions)
}

// version is a plan frozen by its three signatures.
type version struct {
	Version        int                `json:"version"`
	ContentHash    string             `json:"content_hash"`
	SealedAt       time.Time          `json:"sealed_at"`
	SubmittedAt    *time.Time         `json:"submitted_at,omitempty"`
	OverrideReason string             `json:"override_reason,omitempty" doc:"Why it was submitted against the advice of a rule"`
	Findings       []casework.Finding `json:"findings,omitempty" doc:"What the rules said at submission"`
	Plan           *casework.Plan     `json:"plan,omitempty" doc:"Left out in lists"`
}

func versionOf(v casework.Version) version {
	out := version{Version: v.Version, ContentHash: v.ContentHash, SealedAt: v.SealedAt, OverrideReason: v.OverrideReason, Findings: v.Findings}
	if !v.SubmittedAt.IsZero() {
		out.SubmittedAt = &v.SubmittedAt
	}
	return out
}

func (s *server) listVersions(ctx context.Context, in *ByID) (*many[version], error) {
	list, err := s.svc.Versions(ctx, casework.ProjectID(in.ID))
	if err != nil {
		return nil, err
	}
	return whole(convert(list, versionOf)), nil
}

// ByVersion names one version of a plan.
type ByVersion struct {
	ByID
	N int `path:"n" minimum:"1" maximum:"10000"`
}

func (s *server) getVersion(ctx context.Context, in *struct {
	ByVersion
	IfNone
}) (*one[version], error) {
	v, err := s.svc.Version(ctx, casework.ProjectID(in.ID), in.N)
	if err != nil {
		return nil, err
	}
	out := versionOf(v)
	plan := v.Plan.Normal()
	out.Plan = &plan
	etag := `"` + strconv.Itoa(v.Version) + `-sealed"`
	if out.SubmittedAt != nil {
		etag = `"` + strconv.Itoa(v.Version) + `-submitted"`
	}
	return oneOf(out, etag, in.IfNoneMatch), nil
}

func (s *server) diffVersions(ctx context.Context, in *struct {
	ByVersion
	From int `query:"from" required:"true" minimum:"1" maximum:"10000"`
}) (*many[casework.Change], error) {
	list, err := s.svc.Diff(ctx, casework.ProjectID(in.ID), in.From, in.N)
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}
