// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/sdk/sdktest"
)

// Conform holds this version to the contract before anybody relies on it: the kit of the SDK
// runs against a process of its own, in the jail like any other, and against a second one,
// whose answers must be the same. An error says that no process could be started.
func (p *Plugin) Conform(ctx context.Context, cases []sdktest.Case) ([]sdktest.Finding, error) {
	var findings []sdktest.Finding
	var answers []map[string]string
	for round := range 2 {
		err := p.withProcess(ctx, func(pr *process) {
			if round == 0 {
				findings = sdktest.CheckConn(pr.conn, p.entry.bundle.manifestJSON, cases)
			}
			answers = append(answers, sdktest.Answers(pr.conn, p.entry.bundle.manifestJSON, cases))
		})
		if err != nil {
			return findings, err
		}
	}
	for _, c := range cases {
		if answers[0][c.Name] != answers[1][c.Name] {
			findings = append(findings, sdktest.Finding{Rule: "determinism", Case: c.Name, Detail: "another process answers the same request otherwise"})
		}
	}
	slices.SortFunc(findings, func(a, b sdktest.Finding) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(findings), nil
}

// withProcess starts a process that serves nobody else, and ends it.
func (p *Plugin) withProcess(ctx context.Context, f func(*process)) error {
	if err := p.entry.usable(); err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.host.cfg.StartTimeout)
	defer cancel()
	if err := p.host.room.take(ctx, p.host.evictIdle); err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer p.host.room.leave(false)
	pr, err := p.host.startProcess(ctx, p.entry)
	if err != nil {
		return fmt.Errorf("pluginhost: start: %w", err)
	}
	defer pr.end()
	f(pr)
	return nil
}
