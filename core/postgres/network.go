// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/tenant"
)

// Tenant is an organisation's master data.
type Tenant struct {
	ID             tenant.ID        `db:"id"`
	Network        tenant.NetworkID `db:"network_id"`
	Kind           tenant.Kind      `db:"kind"`
	Name           string           `db:"name"`
	Municipalities pq.StringArray   `db:"municipalities"`
	Status         string           `db:"status"`
}

// InsertNetwork stores a new network with its parameters.
func (tx *Tx) InsertNetwork(ctx context.Context, id tenant.NetworkID, name string, pm casework.Parameters) error {
	text, err := json.Marshal(pm)
	if err != nil {
		return fmt.Errorf("postgres: encode parameters: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO network (id, name, parameters) VALUES ($1, $2, $3)`, id, name, string(text))
	return err
}

// Network tells the name of the network and what it decided for itself.
func (tx *Tx) Network(ctx context.Context, id tenant.NetworkID) (name string, pm casework.Parameters, err error) {
	var row struct {
		Name       string `db:"name"`
		Parameters []byte `db:"parameters"`
	}
	if err := tx.get(ctx, &row, `SELECT name, parameters FROM network WHERE id = $1`, id); err != nil {
		return "", pm, err
	}
	pm = casework.DefaultParameters()
	if err := json.Unmarshal(row.Parameters, &pm); err != nil {
		return "", pm, fmt.Errorf("postgres: decode parameters: %w", err)
	}
	return row.Name, pm, nil
}

// Networks lists every network. System only.
func (tx *Tx) Networks(ctx context.Context) (out []tenant.NetworkID, err error) {
	err = tx.list(ctx, &out, `SELECT id FROM network ORDER BY created_at, id`)
	return out, err
}

// InsertTenant stores a new organisation.
func (tx *Tx) InsertTenant(ctx context.Context, t Tenant) error {
	_, err := tx.exec(ctx, `INSERT INTO tenant (id, network_id, kind, name, municipalities) VALUES ($1, $2, $3, $4, $5)`,
		t.ID, t.Network, t.Kind, t.Name, append(pq.StringArray{}, t.Municipalities...))
	return err
}

const tenantColumns = `id, network_id, kind, name, municipalities, status`

// Tenants lists the organisations of the actor's network by kind and name.
func (tx *Tx) Tenants(ctx context.Context) (out []Tenant, err error) {
	err = tx.list(ctx, &out, `SELECT `+tenantColumns+` FROM tenant ORDER BY kind, name, id`)
	return out, err
}

// TenantsOf lists the organisations of a network. System only.
func (tx *Tx) TenantsOf(ctx context.Context, n tenant.NetworkID) (out []Tenant, err error) {
	err = tx.list(ctx, &out, `SELECT `+tenantColumns+` FROM tenant WHERE network_id = $1`, n)
	return out, err
}

// Tenant reads one organisation; NotFound outside the actor's network.
func (tx *Tx) Tenant(ctx context.Context, id tenant.ID) (t Tenant, err error) {
	err = tx.get(ctx, &t, `SELECT `+tenantColumns+` FROM tenant WHERE id = $1`, id)
	return t, err
}

// InsertKeys stores a tenant's wrapped keys. System only.
func (tx *Tx) InsertKeys(ctx context.Context, id tenant.ID, wrapped []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO tenant_key (tenant_id, wrapped) VALUES ($1, $2)`, id, wrapped)
	return err
}

// Keys reads a tenant's wrapped keys. System only.
func (tx *Tx) Keys(ctx context.Context, id tenant.ID) (wrapped []byte, err error) {
	err = tx.get(ctx, &wrapped, `SELECT wrapped FROM tenant_key WHERE tenant_id = $1`, id)
	return wrapped, err
}
