// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/fault"
)

func (s *server) auditRoutes() {
	list := describe(http.MethodGet, "/audit-entries", "list-audit-entries", "audit", "List the audit of the actor's organisation, newest first")
	list.Description = "`payload` is the recorded text: SHA-256(previous hash, number, newline, payload) is `hash`."
	route(s, list, s.listAudit)
}

// auditEntry is one act, as the chain keeps it.
type auditEntry struct {
	Seq      int64  `json:"seq"`
	Hash     string `json:"hash"`
	PrevHash string `json:"prev_hash"`
	audit.Entry
	Payload string `json:"payload"`
}

func (s *server) listAudit(ctx context.Context, in *Paging) (*many[auditEntry], error) {
	var before int64
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return nil, fault.OfFields([]fault.Field{fault.At("cursor", "bad_cursor")})
		}
		before = n
	}
	list, err := s.svc.AuditEntries(ctx, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := make([]auditEntry, len(list))
	for i, st := range list {
		e, err := st.Entry()
		if err != nil {
			return nil, fmt.Errorf("api: audit entry %d: %w", st.Seq, err)
		}
		out[i] = auditEntry{Seq: st.Seq, Hash: hex.EncodeToString(st.Hash), PrevHash: hex.EncodeToString(st.PrevHash), Entry: e, Payload: st.Payload}
	}
	next := ""
	if n := len(out); n > 0 && n == in.Limit && out[n-1].Seq > 1 { // the chain counts from 1
		next = strconv.FormatInt(out[n-1].Seq, 10)
	}
	return pageOf(ctx, out, next), nil
}
