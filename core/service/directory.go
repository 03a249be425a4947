// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"fmt"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// directory is the names of a network's organisations as of a policy version. Every list
// needs them and they hardly change: joined in, they took more than half of the database's time for the query.
type directory struct {
	version int64
	names   map[tenant.ID]string
}

// reloadDirectory reads the names together with the policy: whatever changes an
// organisation moves the policy's version too.
func (s *Service) reloadDirectory(ctx context.Context, tx *postgres.Tx, n tenant.NetworkID, version int64) error {
	list, err := tx.TenantsOf(ctx, n)
	if err != nil {
		return fmt.Errorf("service: load organisations: %w", err)
	}
	d := &directory{version: version, names: make(map[tenant.ID]string, len(list))}
	for _, t := range list {
		d.names[t.ID] = t.Name
	}
	s.directories.Store(n, d)
	return nil
}

// named fills in the names of the organisations of a project.
func (a *act) named(p casework.Project) casework.Project {
	if d, ok := a.directories.Load(a.actor.Network); ok {
		names := d.(*directory).names
		p.TenantName, p.SocialServicesName = names[p.Tenant], names[p.SocialServices]
	}
	return p
}

// tenantName tells the name of an organisation of the actor's network.
func (a *act) tenantName(t tenant.ID) string {
	if d, ok := a.directories.Load(a.actor.Network); ok {
		return d.(*directory).names[t]
	}
	return ""
}
