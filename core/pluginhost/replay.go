// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Replay puts a stored request, Decision.Request, to this version again and gives the bytes
// of the answer: those of Decision.Response, where the plugin is what it says. It asks a
// process of its own, which serves nobody else and ends with the call, and takes a start each
// time: EvaluateBatch is for many requests at once.
//
// Bytes that are no request are a fault.Internal "plugin_request", a subsidy that this
// version does not declare is a fault.Invalid at "subsidy". Otherwise the errors are Evaluate's.
func (p *Plugin) Replay(ctx context.Context, request []byte) ([]byte, error) {
	m := &pluginpb.EvaluateRequest{}
	if err := proto.Unmarshal(request, m); err != nil {
		return nil, fault.New(fault.Internal, "plugin_request")
	}
	sub, ok := p.entry.subsidy(m.GetSubsidy())
	if !ok {
		return nil, notAnOption("subsidy")
	}
	var d Decision
	var asked error
	err := p.withProcess(ctx, func(ctx context.Context, pr *process) {
		ctx, cancel := context.WithTimeout(ctx, p.entry.callTimeout())
		defer cancel()
		a, err := pr.rules.evaluate(ctx, request)
		if err == nil {
			d, asked = p.entry.decision(a, origin{contract: pr.contract}, sub.Facts)
			return
		}
		asked = asFault(ctx, err)
	})
	if err != nil {
		return nil, asFault(ctx, err)
	}
	return d.Response, asked
}
