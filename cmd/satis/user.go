// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

type userCmd struct {
	Create   userCreateCmd   `cmd:"" help:"Create a user with roles in an organisation and print the id."`
	Grant    userGrantCmd    `cmd:"" help:"Give a user more roles, in this or another organisation."`
	Revoke   userRevokeCmd   `cmd:"" help:"Take a role away; it is gone at the user's next request."`
	Password userPasswordCmd `cmd:"" help:"Set a new password."`
	Token    userTokenCmd    `cmd:"" help:"Issue an API token, in place of one of the same name, and print it once."`
}

// userFlags name a user in an organisation.
type userFlags struct {
	databaseFlags
	Email  string `required:"" help:"Address the user signs in with."`
	Tenant string `required:"" help:"Id of the organisation."`
}

// withUser runs an order on an existing user.
func (f userFlags) withUser(ctx context.Context, log *slog.Logger, order func(service.Host, tenant.ID, tenant.UserID) error) error {
	t, err := tenant.ParseID(f.Tenant)
	if err != nil {
		return usage("--tenant is no id: see `satis tenant list`")
	}
	return f.withHost(ctx, log, func(h service.Host) error {
		u, err := h.FindUser(ctx, f.Email)
		if err != nil {
			return err
		}
		return order(h, t, u)
	})
}

type userCreateCmd struct {
	userFlags
	Name         string        `required:"" help:"Name as others read it."`
	Role         []tenant.Role `required:"" help:"Role in the organisation; repeat the flag."`
	Lang         string        `enum:"it,en" default:"it" help:"Language of the pages."`
	PasswordFile string        `required:"" placeholder:"FILE" help:"File with the first password; - reads standard input."`
}

// Run creates the user.
func (c userCreateCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	t, err := tenant.ParseID(c.Tenant)
	if err != nil {
		return usage("--tenant is no id: see `satis tenant list`")
	}
	password, err := readSecret(std, c.PasswordFile, "password")
	if err != nil {
		return err
	}
	return c.withHost(ctx, log, func(h service.Host) error {
		if _, err := h.FindUser(ctx, c.Email); err == nil {
			return usage("there is already a user with this address: `satis user grant` gives roles, `satis user password` a password")
		}
		id, err := h.PutUser(ctx, service.NewUser{Email: c.Email, Name: c.Name, Password: password, Lang: c.Lang, Tenant: t, Roles: c.Role})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, id)
		return err
	})
}

type userGrantCmd struct {
	userFlags
	Role []tenant.Role `required:"" help:"Role to give; repeat the flag."`
}

// Run gives the roles.
func (c userGrantCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.withUser(ctx, log, func(h service.Host, t tenant.ID, _ tenant.UserID) error {
		_, err := h.PutUser(ctx, service.NewUser{Email: c.Email, Tenant: t, Roles: c.Role})
		return err
	})
}

type userRevokeCmd struct {
	userFlags
	Role tenant.Role `required:"" help:"Role to take away."`
}

// Run takes the role away.
func (c userRevokeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return c.withUser(ctx, log, func(h service.Host, t tenant.ID, u tenant.UserID) error { return h.TakeRole(ctx, t, u, c.Role) })
}

type userPasswordCmd struct {
	databaseFlags
	Email        string `required:"" help:"Address the user signs in with."`
	PasswordFile string `required:"" placeholder:"FILE" help:"File with the new password; - reads standard input."`
}

// Run sets the password.
func (c userPasswordCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	password, err := readSecret(std, c.PasswordFile, "password")
	if err != nil {
		return err
	}
	return c.withHost(ctx, log, func(h service.Host) error { return h.SetPassword(ctx, c.Email, password) })
}

type userTokenCmd struct {
	userFlags
	Name      string        `required:"" help:"What the token is for."`
	Lasts     time.Duration `default:"2160h" help:"How long it works, in hours."`
	TokenFile string        `placeholder:"FILE" help:"New file the token is written to, readable by its owner only, instead of standard output."`
}

// Run issues the token.
func (c userTokenCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	if c.Lasts <= 0 || c.Lasts > 366*24*time.Hour {
		return usage("--lasts must be more than nothing and at most a year (8784h)")
	}
	return c.withUser(ctx, log, func(h service.Host, t tenant.ID, u tenant.UserID) error {
		token, err := h.IssueToken(ctx, t, u, c.Name, c.Lasts)
		if err != nil {
			return err
		}
		if c.TokenFile != "" {
			return writeSecretFile(c.TokenFile, token)
		}
		_, err = fmt.Fprintln(std.out, token)
		return err
	})
}
