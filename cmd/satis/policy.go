// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

type policyCmd struct {
	Test     policyTestCmd     `cmd:"" help:"Check policy files without a database. Exit code 0: a network could take them; 2: they are refused, with file, line and reason of each mistake."`
	Diff     policyDiffCmd     `cmd:"" help:"Tell what policy files would change in a network: rules, and who gains and loses what where. Exit codes as for test."`
	Apply    policyApplyCmd    `cmd:"" help:"Put policy files into force as a network's next version. Refused whole (exit code 2), the version in force stays."`
	Defaults policyDefaultsCmd `cmd:"" help:"Print the default rules about which a network never said anything: permissions newer than its policy, which it does not gain by itself. Nothing is changed; --whole prints the policy in force with them, for diff and apply."`
	Export   policyExportCmd   `cmd:"" help:"Print the rules in force in a network, as a policy file."`
}

// policyFiles are the files a policy is read from: together they are the whole of it.
type policyFiles struct {
	Files []string `arg:"" name:"file" help:"Policy files, together the whole policy, and roles to give and take (g, user:…, role:…, tenant:…, give or take); - reads standard input. The defaults are policies/*.csv but golden.csv and must.csv."`
}

// maxPolicyFile bounds a file: a rule takes some 70 bytes.
const maxPolicyFile = 4 << 20

// read parses the files; the error names file, line and reason of every mistake.
func (f policyFiles) read(std streams) ([]policy.Rule, []policy.GrantChange, error) {
	sources := make([]policy.Source, len(f.Files))
	for i, name := range f.Files {
		text, err := readPolicyFile(std, name)
		if err != nil {
			return nil, nil, usageError{fmt.Errorf("read policy: %w", err)}
		}
		sources[i] = policy.Source{Name: name, Text: string(text)}
	}
	rules, roles, err := policy.ParseFiles(sources)
	return rules, roles, plainRefusal(err)
}

func readPolicyFile(std streams, name string) ([]byte, error) {
	var in io.Reader = std.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPolicyFile+1))
	if err == nil && len(text) > maxPolicyFile {
		err = fmt.Errorf("%s: more than %d bytes", name, maxPolicyFile)
	}
	return text, err
}

// plainRefusal puts the complaints of a refused policy one a line, for people.
func plainRefusal(err error) error {
	if r, ok := errors.AsType[*policy.Refusal](err); ok {
		return usageError{fmt.Errorf("the policy is refused:\n%w", r)}
	}
	return err
}

// someNetwork stands for a network where none is asked for.
const someNetwork tenant.NetworkID = "00000000-0000-0000-0000-000000000000"

type policyTestCmd struct{ policyFiles }

// Run checks the files.
func (c policyTestCmd) Run(std streams) error {
	rules, roles, err := c.read(std)
	if err != nil {
		return err
	}
	snap, err := policy.Compile(someNetwork, 0, rules, nil)
	if err == nil {
		err = policy.RefuseBroken(snap)
	}
	if err != nil {
		return plainRefusal(err)
	}
	_, err = fmt.Fprintf(std.err, "%d rules, %d cases hold\n", len(rules), len(policy.Musts()))
	if len(roles) > 0 && err == nil {
		_, err = fmt.Fprintf(std.err, "%d changes of roles can be read; diff tells whether a network can make them\n", len(roles))
	}
	return err
}

// networkFlag chooses a network.
type networkFlag struct {
	Network string `help:"Id of the network; not needed where there is only one."`
}

func (f networkFlag) choose(ctx context.Context, h service.Host) (tenant.NetworkID, error) {
	if f.Network != "" {
		if !tenant.ValidUUID(f.Network) {
			return "", usage("--network is no id")
		}
		return tenant.NetworkID(f.Network), nil
	}
	all, err := h.Networks(ctx)
	if err != nil {
		return "", err
	}
	if len(all) != 1 {
		return "", usage("there are %d networks: give --network, see `satis tenant list`", len(all))
	}
	return all[0], nil
}

// policyChangeArgs are what diff and apply take.
type policyChangeArgs struct {
	databaseFlags
	networkFlag
	outputFlag
	policyFiles
}

// tell prints what the files change in a network, and puts them into force where there is a
// reason for it.
func (c policyChangeArgs) tell(ctx context.Context, std streams, log *slog.Logger, reason string) error {
	rules, roles, err := c.read(std)
	if err != nil {
		return err
	}
	return c.withHost(ctx, log, func(h service.Host) error {
		n, err := c.choose(ctx, h)
		if err != nil {
			return err
		}
		said := "nothing was changed: version %d stays in force\n"
		change, err := h.PreviewPolicy(ctx, n, rules, roles...)
		if err == nil && reason != "" {
			said = "version %d is in force\n"
			change, err = h.ApplyPolicy(ctx, n, rules, reason, roles...)
		}
		if err != nil {
			return plainRefusal(err)
		}
		if change.Unchanged() {
			said = "nothing changes: version %d stays in force\n"
		}
		fmt.Fprintf(std.err, said, change.Version)
		return c.tellChange(std, change)
	})
}

type policyDiffCmd struct{ policyChangeArgs }

// Run tells what would change.
func (c policyDiffCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	return c.tell(ctx, std, log, "")
}

type policyApplyCmd struct {
	policyChangeArgs
	DryRun bool   `help:"Tell what would change, and change nothing: as diff."`
	Reason string `help:"Why, for the version and the audit."`
}

// Run puts the files into force.
func (c policyApplyCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	if c.DryRun {
		return c.tell(ctx, std, log, "")
	}
	if strings.TrimSpace(c.Reason) == "" {
		return usage("--reason is needed: it stays with the version")
	}
	return c.tell(ctx, std, log, c.Reason)
}

type policyExportCmd struct {
	databaseFlags
	networkFlag
}

// Run prints the rules.
func (c policyExportCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	return c.withHost(ctx, log, func(h service.Host) error {
		n, err := c.choose(ctx, h)
		if err != nil {
			return err
		}
		rules, err := h.PolicyInForce(ctx, n)
		if err != nil {
			return err
		}
		_, err = io.WriteString(std.out, rules)
		return err
	})
}

type policyDefaultsCmd struct {
	databaseFlags
	networkFlag
	Whole bool `help:"Print the whole policy in force with them added."`
}

// Run prints what a network's policy never knew.
func (c policyDefaultsCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	return c.withHost(ctx, log, func(h service.Host) error {
		n, err := c.choose(ctx, h)
		if err != nil {
			return err
		}
		missing, whole, err := h.MissingDefaults(ctx, n)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.err, "%d default rules that the network never knew\n", len(missing))
		if c.Whole {
			missing = whole
		}
		_, err = io.WriteString(std.out, policy.Format(missing))
		return err
	})
}
