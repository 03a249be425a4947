// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// How many recorded decisions a preview replays: of one organisation, and in all.
const (
	replayEach = 200
	replayMost = 2000
)

// DraftPreview is what a draft would change.
type DraftPreview struct {
	Draft          PolicyDraftView
	Added, Removed []policy.Rule
	// Effect tells who gains and who loses what where.
	Effect policy.Diff
	// Broken are the cases that every version keeps and this one would turn: it cannot be
	// submitted.
	Broken []policy.Broken
	// Problems are the changes of roles that can no longer be made, "grants/<line>" of the
	// draft's: it cannot be submitted or published either.
	Problems []fault.Field
	Replay   Replay
	PolicyNames
}

// Replay is what would become of decisions that were really made.
type Replay struct {
	// Asked is how many were replayed, Since the time of the oldest.
	Asked   int
	Since   time.Time
	Changes []ReplayChange
}

// ReplayChange is a sort of decision that would come out differently.
type ReplayChange struct {
	Tenant tenant.ID
	Roles  []tenant.Role
	policy.Permission
	// Allowed is what it would become.
	Allowed bool
	Count   int
	Last    time.Time
}

// PreviewPolicyDraft tells what a draft would change, without changing anything.
func (s *Service) PreviewPolicyDraft(ctx context.Context, id string) (out DraftPreview, err error) {
	err = s.read(ctx, func(a *act) error {
		d, view, err := a.openDraft(id)
		if err != nil {
			return err
		}
		out.Draft = view
		after, changes, problems, err := a.drafted(d)
		if err != nil {
			return err
		}
		out.Problems = problemsOf(problems)
		out.Added, out.Removed = policy.RuleDiff(a.rules.Rules(), after.Rules())
		out.Effect, out.Broken = policy.EffectiveDiff(a.rules, after), policy.CheckMust(after)
		if out.PolicyNames, err = a.policyNames(); err != nil {
			return err
		}
		recent, err := a.tx.RecentDecisions(a, replayEach, replayMost, membersOf(changes))
		if err != nil {
			return err
		}
		out.Replay = replay(recent, a.rules, after, changes)
		return nil
	})
	return answer(out, err)
}

// replay decides anew what was decided. A decision counts as changed where the policy in
// force still answers as was recorded and the other one does not: what separation of duties
// refused, or an older version decided, is not the draft's doing.
// Where the draft changes the roles of who asked, it is asked with those left to him.
func replay(recent []postgres.RecentDecision, now, then *policy.Snapshot, changes []policy.GrantChange) Replay {
	members := membersOf(changes)
	var out Replay
	found := map[string]*ReplayChange{}
	for _, e := range recent {
		p := policy.Permission{Object: policy.Object(e.Object), Action: policy.Action(e.Action)}
		if len(e.Roles) == 0 || !policy.Known(p.Object, p.Action) {
			continue // the host's own order, or a record of something that is no decision
		}
		out.Asked++
		out.Since = e.At
		was := e.Outcome == audit.Allowed
		left := e.Roles
		if e.Place > 0 {
			m := members[e.Place-1]
			left = policy.RolesAfter(left, m.User, m.Tenant, changes)
		}
		is := then.AllowedRoles(left, e.Tenant, p.Object, p.Action)
		if is == was || now.AllowedRoles(e.Roles, e.Tenant, p.Object, p.Action) != was {
			continue
		}
		key := fmt.Sprint(e.Tenant, e.Roles, p, is)
		c := found[key]
		if c == nil {
			c = &ReplayChange{Tenant: e.Tenant, Roles: e.Roles, Permission: p, Allowed: is, Last: e.At}
			found[key] = c
		}
		c.Count++
	}
	for _, c := range found {
		out.Changes = append(out.Changes, *c)
	}
	slices.SortFunc(out.Changes, func(a, b ReplayChange) int {
		return cmp.Or(b.Count-a.Count, b.Last.Compare(a.Last), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Action, b.Action))
	})
	return out
}
