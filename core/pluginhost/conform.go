// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
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
		err := p.withProcess(ctx, func(_ context.Context, pr *process) {
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

// withProcess starts a process that serves nobody else, and ends it: at the latest with ctx,
// with the host, or when the version is suspended for all or removed.
func (p *Plugin) withProcess(ctx context.Context, f func(context.Context, *process)) error {
	e := p.entry
	ctx, leave, err := e.gate.enter(ctx, "")
	if err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer leave()
	if err := e.usable(); err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(p.host.ctx, stop)()
	over := make(chan struct{})
	defer close(over)
	e.spawn(func() { <-over }) // Close and Remove wait for it
	starting, cancel := context.WithTimeout(ctx, p.host.cfg.StartTimeout)
	defer cancel()
	if err := p.host.room.take(starting, p.host.evictIdle); err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer p.host.room.leave(false)
	pr, err := p.host.startProcess(starting, e)
	if err != nil && errors.Is(context.Cause(ctx), errSuspended) {
		err = errSuspended
	}
	if err != nil {
		return fmt.Errorf("pluginhost: start: %w", err)
	}
	defer pr.end()
	defer context.AfterFunc(ctx, pr.runner.kill)()
	f(ctx, pr)
	return nil
}
