// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Outcome is the decision on one request of a batch, or what went wrong with it.
type Outcome struct {
	Decision Decision
	// Err is of the kinds that Evaluate gives.
	Err error
}

// batchSize is how many requests go out in one message.
const batchSize = 64

// EvaluateBatch asks for many decisions on one subsidy, as a re-run over the past does. The
// outcomes are in the order of the requests; one that fails does not stop the others. The
// error is that of Evaluate where nothing could be asked at all.
func (h *Host) EvaluateBatch(ctx context.Context, t tenant.ID, subsidy string, reqs []sdk.SubsidyRequest) ([]Outcome, error) {
	return h.decider(subsidy).EvaluateBatch(ctx, t, subsidy, reqs)
}

// EvaluateBatch is Host.EvaluateBatch by this version of this plugin.
func (p *Plugin) EvaluateBatch(ctx context.Context, t tenant.ID, subsidy string, reqs []sdk.SubsidyRequest) ([]Outcome, error) {
	if p.entry == nil {
		return nil, notAnOption("subsidy")
	}
	out := make([]Outcome, len(reqs))
	var chunk batch
	for i, req := range reqs {
		req.Subsidy = subsidy
		_, m, sent, err := p.prepare(t, req)
		if err != nil {
			out[i].Err = err
			continue
		}
		if len(chunk.at) == batchSize || chunk.bytes+len(sent) > p.host.cfg.MaxMessage/2 {
			p.send(ctx, t, &chunk, out)
		}
		out[i].Decision.Request = sent
		chunk.at = append(chunk.at, i)
		chunk.bytes += len(sent)
		chunk.m = append(chunk.m, m)
	}
	p.send(ctx, t, &chunk, out)
	return out, nil
}

// batch is what goes out together: messages, and where their outcomes belong.
type batch struct {
	m     []*pluginpb.EvaluateRequest
	at    []int
	bytes int
}

// send asks for a batch and empties it.
func (p *Plugin) send(ctx context.Context, t tenant.ID, b *batch, out []Outcome) {
	if len(b.at) == 0 {
		return
	}
	m := &pluginpb.EvaluateBatchRequest{Requests: b.m}
	call := func(ctx context.Context, p *process) (*pluginpb.EvaluateBatchResponse, error) {
		if !p.can(sdk.FeatureBatch) {
			return nil, nil
		}
		return p.rules.EvaluateBatch(ctx, m)
	}
	got, from, err := ask(ctx, p.entry, t, call)
	if err == nil && got == nil {
		p.oneByOne(ctx, t, b, out)
		return
	}
	if err == nil && len(got.GetResults()) != len(b.at) {
		err = p.entry.badAnswer(errors.New("a batch with results left out"))
	}
	from.took /= time.Duration(len(b.at))
	for n, i := range b.at {
		if err != nil {
			out[i].Err = err
			continue
		}
		out[i] = p.entry.outcome(got.GetResults()[n], from, out[i].Decision.Request, b.m[n].GetSubsidy())
	}
	*b = batch{}
}

// oneByOne asks a plugin for each decision alone that cannot be asked for many.
func (p *Plugin) oneByOne(ctx context.Context, t tenant.ID, b *batch, out []Outcome) {
	for n, i := range b.at {
		m, sent := b.m[n], out[i].Decision.Request
		out[i].Decision, out[i].Err = p.evaluate(ctx, t, m, sent)
	}
	*b = batch{}
}

// outcome checks one result of a batch as if it had come alone.
func (e *entry) outcome(r *pluginpb.BatchResult, from origin, sent []byte, subsidy string) Outcome {
	sub, _ := e.subsidy(subsidy)
	if r.GetAnswer() == nil {
		e.note(faultRule)
		return Outcome{Decision{Request: sent}, fault.New(fault.Unavailable, "plugin_unavailable")}
	}
	d, err := e.decision(r.GetAnswer(), from, sub.Facts)
	d.Request = sent
	return Outcome{d, err}
}
