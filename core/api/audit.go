// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) auditRoutes() {
	list := describe(http.MethodGet, "/audit-entries", "list-audit-entries", "audit", "List the audit of the actor's organisation, newest first")
	list.Description = "`payload` is the recorded text: SHA-256(previous hash, number, newline, payload) is `hash`. " +
		"`rules_version` is the published version whose rules were in force, as at /policies/{version}; `policy_version` counts every change of rules, roles and plugins, see docs/policies.md."
	route(s, list, s.listAudit)
	export := describe(http.MethodGet, "/audit-entries/export", "export-audit-entries", "audit", "Take a copy of the entries that fit out")
	export.Description = "As JSON lines, from which every hash can be recomputed, or as CSV for spreadsheets. That it was taken is recorded first. " +
		"A copy that breaks off ends without the last chunk: the client sees the transfer fail."
	export.Responses = map[string]*huma.Response{"200": {Description: "The entries, newest first",
		Content: map[string]*huma.MediaType{"application/jsonl": {}, "text/csv": {}}}}
	route(s, export, s.exportAudit)
	route(s, describe(http.MethodPost, "/audit-entries/verify", "verify-audit-entries", "audit", "Follow the chain of the organisation"), s.verifyAudit)
}

// AuditFilter narrows the entries.
type AuditFilter struct {
	Actor    string `query:"actor" doc:"A user's UUID"`
	Action   string `query:"action"`
	Outcome  string `query:"outcome" doc:"allowed or refused"`
	Object   string `query:"object" doc:"A sort of thing with its relation: project@submitted"`
	ObjectID string `query:"object_id" doc:"UUID"`
	From     string `query:"from" doc:"The first day, in Europe/Rome"`
	To       string `query:"to" doc:"The last day"`
}

func (f AuditFilter) query() service.AuditQuery {
	return service.AuditQuery{Actor: tenant.UserID(f.Actor), Action: f.Action, Outcome: audit.Outcome(f.Outcome), Object: f.Object, ObjectID: f.ObjectID,
		From: casework.Date(f.From), To: casework.Date(f.To)}
}

// auditEntry is one act, as the chain keeps it.
type auditEntry struct {
	Seq          int64  `json:"seq"`
	Hash         string `json:"hash"`
	PrevHash     string `json:"prev_hash"`
	RulesVersion int64  `json:"rules_version,omitempty" doc:"The published version of the policy in force then; left out for the host's own orders"`
	audit.Entry
	Payload string `json:"payload"`
}

func (s *server) listAudit(ctx context.Context, in *struct {
	Paging
	AuditFilter
}) (*many[auditEntry], error) {
	q := in.query()
	q.Limit = in.Limit
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return nil, fault.OfFields([]fault.Field{fault.At("cursor", "bad_cursor")})
		}
		q.Before = n
	}
	list, err := s.svc.DecisionAudit(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([]auditEntry, len(list))
	for i, st := range list {
		e, err := st.Entry()
		if err != nil {
			return nil, fmt.Errorf("api: audit entry %d: %w", st.Seq, err)
		}
		out[i] = auditEntry{Seq: st.Seq, Hash: hex.EncodeToString(st.Hash), PrevHash: hex.EncodeToString(st.PrevHash), RulesVersion: st.RulesVersion, Entry: e, Payload: st.Payload}
	}
	next := ""
	if n := len(out); n > 0 && n == in.Limit && out[n-1].Seq > 1 { // the chain counts from 1
		next = strconv.FormatInt(out[n-1].Seq, 10)
	}
	return pageOf(ctx, out, next), nil
}

// exportAudit streams a copy. Once the first byte is out an error can only cut it short.
func (s *server) exportAudit(ctx context.Context, in *struct {
	Format string `query:"format" enum:"jsonl,csv" default:"jsonl"`
	AuditFilter
}) (*huma.StreamResponse, error) {
	export, err := s.svc.ExportAudit(ctx, in.query())
	if err != nil {
		return nil, err
	}
	kind, write := "application/jsonl", export.JSONLines
	if in.Format == "csv" {
		kind, write = "text/csv; charset=utf-8", export.CSV
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", kind)
		h.SetHeader("Content-Disposition", `attachment; filename="satis-audit.`+in.Format+`"`)
		if err := write(ctx, h.BodyWriter()); err != nil {
			s.problem(ctx, h.Operation().Path, err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// chain is what following it found.
type chain struct {
	Entries int64 `json:"entries" doc:"How many were followed"`
	Holds   bool  `json:"holds"`
}

func (s *server) verifyAudit(ctx context.Context, _ *nothing) (*struct{ Body chain }, error) {
	n, err := s.svc.VerifyAudit(ctx)
	if err != nil && !errors.Is(err, audit.ErrBroken) {
		return nil, err
	}
	return &struct{ Body chain }{chain{n, err == nil}}, nil
}
