// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// FollowPolicies loads each policy as soon as the database tells that it moved, so that the
// next request need not wait for it, until ctx ends. It only hastens: without it, or with its
// connection cut, the check that opens every transaction makes the process load it then.
func (s *Service) FollowPolicies(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.db.FollowPolicies(ctx, func(n tenant.NetworkID, version int64) { s.policyMoved(ctx, n, version) }); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "policies cannot be followed; they are loaded when asked for", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}
}

// policyMoved loads a policy that this process uses and has an older version of; without a
// network, every one it uses.
func (s *Service) policyMoved(ctx context.Context, n tenant.NetworkID, version int64) {
	for _, used := range s.policies.Networks() {
		if n != "" && n != used {
			continue
		}
		if have, ok := s.policies.Get(used); ok && n != "" && have.Version() >= version {
			continue
		}
		if err := s.reload(ctx, used); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "a policy that moved cannot be loaded", "network", used, "error", err)
		}
	}
}
