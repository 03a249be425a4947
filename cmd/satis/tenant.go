// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

type tenantCmd struct {
	Create  tenantCreateCmd  `cmd:"" help:"Create an organisation and print its id. A lead agency without --network begins a network."`
	List    tenantListCmd    `cmd:"" help:"List every organisation."`
	Suspend tenantSuspendCmd `cmd:"" help:"Suspend an organisation: its users are out at their next request."`
	Resume  tenantResumeCmd  `cmd:"" help:"Let a suspended organisation back in."`
}

type tenantCreateCmd struct {
	databaseFlags
	Kind         string   `required:"" enum:"lead_agency,implementing_entity,social_services" help:"lead_agency, implementing_entity or social_services."`
	Name         string   `required:"" help:"Name of the organisation."`
	Network      string   `help:"Id of the network it joins: a lead agency's is in the list."`
	NetworkName  string   `help:"Name of a new network."`
	Municipality []string `help:"Municipality a social service is competent for; repeat the flag."`
}

// Run creates the organisation.
func (c tenantCreateCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	if c.Network != "" && !tenant.ValidUUID(c.Network) {
		return usage("--network is no id")
	}
	return c.withHost(ctx, log, func(h service.Host) error {
		t, err := h.CreateTenant(ctx, service.NewTenant{Network: tenant.NetworkID(c.Network), NetworkName: c.NetworkName,
			Kind: tenant.Kind(c.Kind), Name: c.Name, Municipalities: c.Municipality})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, t.ID)
		return err
	})
}

type tenantListCmd struct {
	databaseFlags
	outputFlag
}

// tenantRow is an organisation as the list tells it.
type tenantRow struct {
	ID             tenant.ID        `json:"id"`
	Network        tenant.NetworkID `json:"network_id"`
	Kind           tenant.Kind      `json:"kind"`
	Name           string           `json:"name"`
	Status         string           `json:"status"`
	Municipalities []string         `json:"municipalities"`
}

// Run lists the organisations.
func (c tenantListCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	return c.withHost(ctx, log, func(h service.Host) error {
		all, err := h.AllTenants(ctx)
		if err != nil {
			return err
		}
		return c.print(std.out, tenantValues(all), []string{"ID", "NETWORK", "KIND", "STATUS", "NAME", "MUNICIPALITIES"}, tenantRows(all))
	})
}

func tenantValues(all []postgres.Tenant) []tenantRow {
	out := make([]tenantRow, 0, len(all))
	for _, t := range all {
		out = append(out, tenantRow{t.ID, t.Network, t.Kind, t.Name, t.Status, append([]string{}, t.Municipalities...)})
	}
	return out
}

func tenantRows(all []postgres.Tenant) [][]string {
	out := make([][]string, 0, len(all))
	for _, t := range all {
		out = append(out, []string{string(t.ID), string(t.Network), string(t.Kind), t.Status, t.Name, strings.Join(t.Municipalities, ", ")})
	}
	return out
}

type tenantSuspendCmd struct {
	databaseFlags
	Tenant string `arg:"" help:"Id of the organisation."`
}

// Run suspends it.
func (c tenantSuspendCmd) Run(ctx context.Context, log *slog.Logger) error {
	return setTenantStatus(ctx, c.databaseFlags, log, c.Tenant, "suspended")
}

type tenantResumeCmd struct {
	databaseFlags
	Tenant string `arg:"" help:"Id of the organisation."`
}

// Run lets it back in.
func (c tenantResumeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return setTenantStatus(ctx, c.databaseFlags, log, c.Tenant, "active")
}

func setTenantStatus(ctx context.Context, f databaseFlags, log *slog.Logger, id, status string) error {
	t, err := tenant.ParseID(id)
	if err != nil {
		return usage("%q is no id of an organisation: see `satis tenant list`", id)
	}
	return f.withHost(ctx, log, func(h service.Host) error { return h.SetTenantStatus(ctx, t, status) })
}
