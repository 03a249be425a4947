// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"github.com/satis-toscana/satis/core/service"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Follow the chain of every organisation. Exit code 0: all hold; 3: one is broken, and the list says which, where and how."`
}

type auditVerifyCmd struct {
	databaseFlags
	outputFlag
}

// errBroken is the exit code 3.
var errBroken = errors.New("the audit is broken")

// chain is what was found of one organisation's chain.
type chain struct {
	TenantID string `json:"tenant_id"`
	Tenant   string `json:"tenant"`
	// Entries is how many hold, from the beginning.
	Entries int64  `json:"entries"`
	Holds   bool   `json:"holds"`
	Problem string `json:"problem,omitempty"`
}

// Run verifies every chain.
func (c auditVerifyCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	return c.withHost(ctx, log, func(h service.Host) error {
		reports, err := h.VerifyAudit(ctx)
		if err != nil {
			return err
		}
		return c.tell(std, reports)
	})
}

func (c auditVerifyCmd) tell(std streams, reports []service.ChainReport) error {
	var broken error
	chains, rows := make([]chain, 0, len(reports)), make([][]string, 0, len(reports))
	for _, r := range reports {
		k := chain{TenantID: string(r.Tenant.ID), Tenant: r.Tenant.Name, Entries: r.Entries, Holds: r.Broken == nil}
		if r.Broken != nil {
			k.Problem, broken = r.Broken.Error(), errBroken
		}
		chains = append(chains, k)
		rows = append(rows, []string{k.Tenant, k.TenantID, strconv.FormatInt(k.Entries, 10), strconv.FormatBool(k.Holds), k.Problem})
	}
	if err := c.print(std.out, chains, []string{"ORGANISATION", "ID", "ENTRIES", "HOLDS", "PROBLEM"}, rows); err != nil {
		return err
	}
	return broken
}
