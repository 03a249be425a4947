// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
)

// forFlags say whom an activation is for.
type forFlags struct {
	Everywhere bool     `help:"Every implementing entity, those to come too, but for those whose version is pinned."`
	For        []string `placeholder:"ORGANISATION" sep:"none" help:"One implementing entity, by id or name; repeat the flag."`
	Reason     string   `required:"" help:"Why; it stays in the version's history."`
}

// body is the request; names are looked up among the organisations of the catalogue.
func (f forFlags) body(ctx context.Context, server *apiClient, a versionArgs) (map[string]any, error) {
	if !f.Everywhere && len(f.For) == 0 {
		return nil, usage("say for whom: --everywhere, or --for with an organisation")
	}
	out := map[string]any{"everywhere": f.Everywhere, "reason": f.Reason}
	if len(f.For) == 0 {
		return out, nil
	}
	var p pluginAnswer
	if _, err := server.get(ctx, a.path(), &p); err != nil {
		return nil, err
	}
	var ids []string
	for _, name := range f.For {
		id, err := p.organisation(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	out["tenants"] = ids
	return out, nil
}

// organisation finds an implementing entity by its id, its name, or the only name that begins so.
func (p pluginAnswer) organisation(name string) (string, error) {
	if tenant.ValidUUID(name) {
		return name, nil
	}
	var found []string
	for _, o := range p.Organisations {
		if strings.EqualFold(o.Name, name) {
			return o.Tenant, nil
		}
		if strings.HasPrefix(strings.ToLower(o.Name), strings.ToLower(name)) {
			found = append(found, o.Tenant)
		}
	}
	if len(found) != 1 {
		return "", usage("%d organisations are called %q: show lists them", len(found), name)
	}
	return found[0], nil
}

type pluginActivateCmd struct {
	stepCmd
	forFlags
	Pin bool `help:"The organisations given keep this version when another becomes active everywhere."`
}

// Run makes the version active.
func (c pluginActivateCmd) Run(ctx context.Context, std streams) error {
	if c.Pin && len(c.For) == 0 {
		return usage("--pin goes with --for")
	}
	return c.put(ctx, std, "activations", c.forFlags, map[string]any{"pinned": c.Pin})
}

type pluginDeactivateCmd struct {
	stepCmd
	forFlags
}

// Run takes the plugin away.
func (c pluginDeactivateCmd) Run(ctx context.Context, std streams) error {
	return c.put(ctx, std, "deactivations", c.forFlags, nil)
}

func (c stepCmd) put(ctx context.Context, std streams, word string, whom forFlags, more map[string]any) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	body, err := whom.body(ctx, server, c.versionArgs)
	if err != nil {
		return err
	}
	for k, v := range more {
		body[k] = v
	}
	var p pluginAnswer
	if _, err := server.post(ctx, c.path(word), body, &p); err != nil {
		return err
	}
	return c.tellOne(std.out, p)
}
