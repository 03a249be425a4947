// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// PluginOwner is whose a plugin's id is, or was before it was handed over.
type PluginOwner struct {
	Plugin string `db:"plugin_id"`
	// KeyID is the publisher's key and Name his name now; both are "" for the installation.
	KeyID string `db:"key_id"`
	Name  string `db:"name"`
	// WithdrawnAt is set where the network believes the publisher no more.
	WithdrawnAt *time.Time `db:"withdrawn_at"`
	// Revision is 1 for who came first, one more with each hand-over.
	Revision int64     `db:"revision"`
	Since    time.Time `db:"since"`
	// ActorName handed it over for Reason; both are "" for who came first.
	ActorName string `db:"actor_name"`
	Reason    string `db:"reason"`
}

// ClaimPlugin gives an id to a publisher, or with "" to the installation, where it is nobody's
// yet. Of two who claim the same at once the second waits for the first. Whose it is then,
// PluginOwners tells. Lead agency only, as all that follows.
func (tx *Tx) ClaimPlugin(ctx context.Context, plugin, keyID string, at time.Time) error {
	return tx.claimPlugin(ctx, tx.scope.Actor.Network, plugin, keyID, at)
}

func (tx *Tx) claimPlugin(ctx context.Context, n tenant.NetworkID, plugin, keyID string, at time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO plugin_owner (network_id, plugin_id, revision, key_id, since) VALUES ($1, $2, 1, nullif($3, ''), $4)
		ON CONFLICT DO NOTHING`, n, plugin, keyID, at)
	return err
}

// PluginOwners lists whose an id is and was, the present owner first; nothing for an id that
// is nobody's.
func (tx *Tx) PluginOwners(ctx context.Context, plugin string) (out []PluginOwner, err error) {
	err = tx.list(ctx, &out, `SELECT o.plugin_id, coalesce(o.key_id, '') AS key_id, coalesce(p.name, '') AS name, p.withdrawn_at, o.revision, o.since, o.actor_name, o.reason
		FROM plugin_owner o LEFT JOIN publisher p ON p.network_id = o.network_id AND p.key_id = o.key_id
		WHERE o.plugin_id = $1 ORDER BY o.revision DESC`, plugin)
	return out, err
}

// HandOverPlugin makes another publisher the owner, as o.Revision, the next one; Stale where
// somebody else did it meanwhile, Conflict where he is not believed or the id is the installation's.
func (tx *Tx) HandOverPlugin(ctx context.Context, o PluginOwner) error {
	return tx.must(ctx, `INSERT INTO plugin_owner (network_id, plugin_id, revision, key_id, since, actor_name, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, tx.scope.Actor.Network, o.Plugin, o.Revision, o.KeyID, o.Since, o.ActorName, o.Reason)
}

// claimForInstallation gives an id to the installation where it is nobody's yet; Conflict
// where it is an agency's.
func (tx *Tx) claimForInstallation(ctx context.Context, n tenant.NetworkID, plugin string, at time.Time) error {
	if err := tx.claimPlugin(ctx, n, plugin, "", at); err != nil {
		return err
	}
	var owner string
	if err := tx.get(ctx, &owner, `SELECT coalesce(key_id, '') FROM plugin_owner WHERE network_id = $1 AND plugin_id = $2 ORDER BY revision DESC LIMIT 1`, n, plugin); err != nil {
		return err
	}
	if owner != "" {
		return fault.New(fault.Conflict, "plugin_not_owners")
	}
	return nil
}

// ownerFault tells what the triggers of ownership complained of. The service asks the same
// before: it is seen only where somebody found a way round the service.
func ownerFault(code string, cause error) *fault.Error {
	if code == "SAT22" {
		return fault.Wrap(cause, fault.Conflict, "plugin_not_owners")
	}
	return nil
}
