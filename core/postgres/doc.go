// SPDX-License-Identifier: AGPL-3.0-or-later

// Package postgres keeps everything that lasts. It is the only importer of sqlx and lib/pq.
//
// Nothing of a tenant is reachable outside InTenant: a transaction that carries the tenant,
// the network and the policy version it was decided under, and runs as the database role of
// the tenant's kind, which row-level security binds to that tenant's rows. Sign-in, policy
// loading and the host's own orders run AsSystem, a role without any right on cases.
//
// It must not know who may do what: that is core/policy's and core/service's.
package postgres
