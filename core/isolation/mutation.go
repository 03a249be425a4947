// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"

	"github.com/satis-toscana/satis/core/postgres"
)

// mutation breaks the wall on purpose: each hole must be named by the catalogue's rules, and
// with the wall down altogether the pool's proof must see the other organisation's rows.
func (s *scratch) mutation(ctx context.Context, p *Proof) error {
	missed, err := postgres.MissedBreaches(ctx, s.adminURL)
	if err != nil {
		return err
	}
	p.Checked = len(postgres.Breaches()) + 2
	for _, b := range missed {
		p.offend(b.Statement, "goes unnoticed by the rule %q", b.Rule)
	}
	if err := postgres.TearDownWall(ctx, s.adminURL, s.name); err != nil {
		return err
	}
	list, err := postgres.Lint(ctx, s.adminURL)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		p.offend("row security switched off", "goes unnoticed by every rule")
	}
	version, err := s.policyVersion(ctx, s.lead.Network)
	if err != nil {
		return err
	}
	var blind Proof
	if _, _, err := s.owners(ctx, &blind, version); err != nil {
		return err
	}
	if len(blind.Offenders) == 0 {
		p.offend("row security switched off", "the pool's proof sees nothing of it")
	}
	p.note("each of %d holes was broken in a transaction that was never committed; then the whole wall was taken down in the scratch database", len(postgres.Breaches()))
	return nil
}
