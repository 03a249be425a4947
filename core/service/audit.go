// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"fmt"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// AuditEntries lists the entries of the actor's own organisation, newest first. before is
// the last number seen; 0 starts at the newest.
func (s *Service) AuditEntries(ctx context.Context, before int64, limit int) (out []audit.Stored, err error) {
	limit = PageRequest{Limit: limit}.size()
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.AuditOwn, policy.Read, ""); err != nil {
			return err
		}
		out, err = a.tx.LatestAudit(a, a.actor.Tenant, before, limit)
		return err
	})
	return answer(out, err)
}

// VerifyAudit follows the chain of the actor's own organisation. The error wraps
// audit.ErrBroken where it does not hold.
func (s *Service) VerifyAudit(ctx context.Context) (entries int64, err error) {
	actor, err := tenant.From(ctx)
	if err != nil {
		return 0, fault.Wrap(err, fault.Unauthenticated, "sign_in")
	}
	return s.verifyChain(ctx, actor.Tenant, func(ctx context.Context, fn func(*postgres.Tx) error) error {
		return s.read(ctx, func(a *act) error {
			if err := a.allow(policy.AuditOwn, policy.Verify, ""); err != nil {
				return err
			}
			return fn(a.tx)
		})
	})
}

// verifyChain reads a chain in batches, so that a long one needs little memory.
func (s *Service) verifyChain(ctx context.Context, t tenant.ID, in func(context.Context, func(*postgres.Tx) error) error) (int64, error) {
	const batch = 5000
	var v audit.Verifier
	err := in(ctx, func(tx *postgres.Tx) error {
		// The newest entry is read before the head, which may only have moved on since: a
		// head that lies before it, or is gone, was set back.
		newest, err := tx.LatestAudit(ctx, t, 0, 1)
		if err != nil {
			return err
		}
		head, err := tx.AuditHead(ctx, t)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if len(newest) > 0 && newest[0].Seq > head.Seq {
			return fmt.Errorf("%w: entry %d lies behind its head, which says %d", audit.ErrBroken, newest[0].Seq, head.Seq)
		}
		for v.Count() < head.Seq {
			list, err := tx.AuditEntries(ctx, t, v.Count(), batch)
			if err != nil {
				return err
			}
			for _, e := range list {
				if e.Seq > head.Seq {
					break // written since the head was read
				}
				if err := v.Add(e); err != nil {
					return err
				}
			}
			if len(list) == 0 {
				break
			}
		}
		return v.Finish(head)
	})
	return v.Count(), err
}
