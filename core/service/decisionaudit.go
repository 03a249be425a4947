// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// AuditQuery narrows the record of decisions; an empty field narrows nothing.
type AuditQuery struct {
	Actor    tenant.UserID
	Action   string
	Outcome  audit.Outcome
	Object   string // a sort of thing with its relation: "project@submitted"
	ObjectID string
	// From and To are days in Rome, both included.
	From, To casework.Date
	// Before is the last number seen; 0 starts at the newest.
	Before int64
	Limit  int
}

var (
	auditWord   = regexp.MustCompile(`^[a-z_]{1,60}$`)
	auditObject = regexp.MustCompile(`^[a-z_]{1,40}@[a-z]{1,20}$`)
)

// filter checks the query and turns it into what the database wants.
func (q AuditQuery) filter() (postgres.AuditFilter, error) {
	var fields []fault.Field
	complain := func(path, code string, wrong bool) {
		if wrong {
			fields = append(fields, fault.At(path, code))
		}
	}
	complain("actor", "bad_id", q.Actor != "" && !tenant.ValidUUID(string(q.Actor)))
	complain("action", "not_an_option", q.Action != "" && !auditWord.MatchString(q.Action))
	complain("outcome", "not_an_option", q.Outcome != "" && q.Outcome != audit.Allowed && q.Outcome != audit.Refused)
	complain("object", "not_an_option", q.Object != "" && !auditObject.MatchString(q.Object))
	complain("object_id", "bad_id", q.ObjectID != "" && !tenant.ValidUUID(q.ObjectID))
	complain("from", "bad_date", q.From != "" && !q.From.Valid())
	complain("to", "bad_date", q.To != "" && !q.To.Valid())
	complain("to", "from_after_to", q.From != "" && q.To != "" && q.To < q.From)
	f := postgres.AuditFilter{Actor: q.Actor, Action: q.Action, Outcome: q.Outcome, Object: q.Object, ObjectID: q.ObjectID}
	if q.From != "" {
		f.From = romeMidnight(q.From, 0)
	}
	if q.To != "" {
		f.Until = romeMidnight(q.To, 1)
	}
	return f, fault.OfFields(fields)
}

// romeMidnight is when a day begins in Rome, some days later.
func romeMidnight(d casework.Date, days int) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, casework.Rome)
}

// Decision is an entry of the record.
type Decision struct {
	audit.Stored
	// RulesVersion is the published version whose rules were in force then; 0 where none is
	// told: an order of the host's, or an entry that cannot be read.
	RulesVersion int64
}

// decisionsOf tells the versions of entries.
func decisionsOf(list []audit.Stored, versions []int64) []Decision {
	out := make([]Decision, len(list))
	for i, e := range list {
		out[i].Stored = e
		if entry, err := e.Entry(); err == nil {
			out[i].RulesVersion = rulesVersionAt(versions, entry.PolicyVersion)
		}
	}
	return out
}

// rulesVersionAt finds the version in force when the policy's counter stood at n: the
// greatest published one that is not above it. versions ascend.
func rulesVersionAt(versions []int64, n int64) int64 {
	i, found := slices.BinarySearch(versions, n)
	switch {
	case found:
		return n
	case i == 0:
		return 0
	}
	return versions[i-1]
}

// DecisionAudit lists the recorded decisions of the actor's own organisation that fit,
// allowed and refused, newest first.
func (s *Service) DecisionAudit(ctx context.Context, q AuditQuery) ([]Decision, error) {
	var out []Decision
	f, bad := q.filter()
	err := s.read(ctx, func(a *act) (err error) {
		if err := a.allow(policy.AuditOwn, policy.Read, ""); err != nil {
			return err
		}
		if bad != nil {
			return bad
		}
		list, err := a.tx.FilteredAudit(a, a.actor.Tenant, f, q.Before, PageRequest{Limit: q.Limit}.size())
		if err != nil {
			return err
		}
		versions, err := a.tx.RulesVersions(a)
		out = decisionsOf(list, versions)
		return err
	})
	return answer(out, err)
}

// AuditExport is a copy of the record on its way out.
type AuditExport struct {
	s      *Service
	filter postgres.AuditFilter
	from   int64
}

// ExportAudit records that a copy of the decisions that fit is taken out, and only then
// gives it. The entry of the export itself is not in it.
func (s *Service) ExportAudit(ctx context.Context, q AuditQuery) (*AuditExport, error) {
	out := &AuditExport{s: s}
	f, bad := q.filter()
	out.filter = f
	err := s.write(ctx, func(a *act) error {
		if err := a.allow(policy.AuditOwn, policy.Export, ""); err != nil {
			return err
		}
		if bad != nil {
			return bad
		}
		head, err := a.tx.AuditHead(a, a.actor.Tenant)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		out.from = head.Seq + 1
		return a.audit(policy.Export, policy.AuditOwn, "", "action", q.Action, "outcome_wanted", string(q.Outcome), "kind", q.Object,
			"from", string(q.From), "to", string(q.To), "of", string(q.Actor), "thing", q.ObjectID)
	})
	return answer(out, err)
}

// exportBatch is how many entries are read at once. Each batch is a transaction of its
// own: a right that is revoked ends the export, and a slow reader holds nothing.
const exportBatch = 100

// each gives the entries to fn, newest first.
func (x *AuditExport) each(ctx context.Context, fn func(Decision) error) error {
	for before := x.from; before > 1; {
		var list []Decision
		err := x.s.read(ctx, func(a *act) (err error) {
			if err := a.allow(policy.AuditOwn, policy.Export, ""); err != nil {
				return err
			}
			stored, err := a.tx.FilteredAudit(a, a.actor.Tenant, x.filter, before, exportBatch)
			if err != nil {
				return err
			}
			versions, err := a.tx.RulesVersions(a)
			list = decisionsOf(stored, versions)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
			before = e.Seq
		}
		if len(list) < exportBatch {
			return nil
		}
	}
	return nil
}

// JSONLines writes an entry a line: its number, hashes and the recorded text, from which
// anyone can recompute the hash, and the version of the rules in force then.
func (x *AuditExport) JSONLines(ctx context.Context, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return x.each(ctx, func(e Decision) error {
		return enc.Encode(struct {
			Seq          int64  `json:"seq"`
			Hash         string `json:"hash"`
			PrevHash     string `json:"prev_hash"`
			RulesVersion int64  `json:"rules_version,omitempty"`
			Payload      string `json:"payload"`
		}{e.Seq, hex.EncodeToString(e.Hash), hex.EncodeToString(e.PrevHash), e.RulesVersion, e.Payload})
	})
}

// auditColumns head the table that CSV writes.
var auditColumns = []string{"seq", "at", "actor", "roles", "action", "object", "object_id", "outcome", "rules_version", "policy_version", "detail", "hash", "prev_hash"}

// CSV writes a table with a head, for spreadsheets.
func (x *AuditExport) CSV(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(auditColumns); err != nil {
		return fmt.Errorf("service: write export: %w", err)
	}
	err := x.each(ctx, func(s Decision) error {
		if err := out.Write(auditRecord(s)); err != nil {
			return fmt.Errorf("service: write export: %w", err)
		}
		return nil
	})
	out.Flush()
	if err == nil && out.Error() != nil {
		err = fmt.Errorf("service: write export: %w", out.Error())
	}
	return err
}

// auditRecord is the row of an entry. One that cannot be read shows its number and hashes.
func auditRecord(s Decision) []string {
	e, err := s.Entry()
	version, rules := strconv.FormatInt(e.PolicyVersion, 10), ""
	if err != nil {
		e, version = audit.Entry{}, ""
	}
	if s.RulesVersion > 0 {
		rules = strconv.FormatInt(s.RulesVersion, 10)
	}
	roles := make([]string, len(e.Roles))
	for i, r := range e.Roles {
		roles[i] = string(r)
	}
	var detail []string
	for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
		detail = append(detail, k+"="+e.Detail[k])
	}
	return []string{strconv.FormatInt(s.Seq, 10), s.At.UTC().Format(time.RFC3339Nano), string(e.Actor), strings.Join(roles, " "), e.Action, e.Object, e.ID,
		string(e.Outcome), rules, version, strings.Join(detail, "; "), hex.EncodeToString(s.Hash), hex.EncodeToString(s.PrevHash)}
}
