// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Outcome is the decision on one request of a batch, or what went wrong with it.
type Outcome struct {
	Decision Decision
	// Err is of the kinds that Evaluate gives.
	Err error
}

// A batch goes out in chunks of this many requests, two at once: while the plugin thinks
// about one the host makes the next and checks the one before.
const (
	chunkSize    = 64
	chunksAtOnce = 2
)

// EvaluateBatch asks for many decisions on one subsidy, as a re-run over the past does. The
// outcomes are in the order of the requests; one that fails does not stop the others. The
// error is that of Evaluate where nothing could be asked at all.
func (p *Plugin) EvaluateBatch(ctx context.Context, t tenant.ID, subsidy string, reqs []sdk.SubsidyRequest) ([]Outcome, error) {
	out := make([]Outcome, len(reqs))
	var next atomic.Int64 // where the next chunk begins
	work := func() {
		for {
			from := int(next.Add(chunkSize)) - chunkSize
			if from >= len(reqs) {
				return
			}
			to := min(from+chunkSize, len(reqs))
			p.chunk(ctx, t, subsidy, reqs[from:to], out[from:to])
		}
	}
	var others sync.WaitGroup
	for range min(chunksAtOnce, (len(reqs)+chunkSize-1)/chunkSize) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return out, nil
}

// chunk asks for some of the decisions, in one message where that is not too large.
func (p *Plugin) chunk(ctx context.Context, t tenant.ID, subsidy string, reqs []sdk.SubsidyRequest, out []Outcome) {
	facts, err := p.facts(t, subsidy)
	b := batch{facts: facts, sent: make([][]byte, 0, len(reqs)), at: make([]int, 0, len(reqs))}
	for i, req := range reqs {
		if err != nil {
			out[i].Err = err
			continue
		}
		req.Subsidy = subsidy
		sent, err := p.request(facts, req)
		if err != nil {
			out[i].Err = err
			continue
		}
		if b.bytes+len(sent) > p.host.cfg.MaxMessage/2 {
			p.send(ctx, t, &b, out)
		}
		out[i].Decision.Request = sent
		b.at = append(b.at, i)
		b.bytes += len(sent)
		b.sent = append(b.sent, sent)
	}
	p.send(ctx, t, &b, out)
}

// batch is what goes out together: messages as bytes, and where their outcomes belong.
type batch struct {
	facts form.Form
	sent  [][]byte
	at    []int
	bytes int
}

func (b *batch) empty() { b.sent, b.at, b.bytes = b.sent[:0], b.at[:0], 0 }

// send asks for a batch and empties it.
func (p *Plugin) send(ctx context.Context, t tenant.ID, b *batch, out []Outcome) {
	if len(b.at) == 0 {
		return
	}
	can := true
	call := func(ctx context.Context, p *process) (string, error) {
		if can = p.can(sdk.FeatureBatch); !can {
			return "", nil
		}
		return p.rules.batch(ctx, b.sent)
	}
	answer, from, err := ask(ctx, p.entry, t, call)
	if err == nil && !can {
		p.oneByOne(ctx, t, b, out)
		return
	}
	var results []sdk.BatchResult
	if err == nil {
		results, err = sdk.ReadResults(answer, len(b.at))
		if err == nil && len(results) < len(b.at) {
			err = errors.New("a batch with results left out")
		}
		if err != nil {
			err = p.entry.badAnswer(err)
		}
	}
	from.took /= time.Duration(len(b.at))
	for n, i := range b.at {
		if err != nil {
			out[i].Err = err
			continue
		}
		out[i] = p.entry.outcome(results[n], from, b.sent[n], b.facts)
	}
	b.empty()
}

// oneByOne asks a plugin for each decision alone that cannot be asked for many.
func (p *Plugin) oneByOne(ctx context.Context, t tenant.ID, b *batch, out []Outcome) {
	for n, i := range b.at {
		out[i].Decision, out[i].Err = p.evaluate(ctx, t, b.facts, b.sent[n])
	}
	b.empty()
}

// outcome checks one result of a batch as if it had come alone.
func (e *entry) outcome(r sdk.BatchResult, from origin, sent []byte, facts form.Form) Outcome {
	if r.Failed {
		e.note(faultRule)
		return Outcome{Decision{Request: sent}, fault.New(fault.Unavailable, "plugin_unavailable")}
	}
	d, err := e.decision(r.Answer, from, facts)
	d.Request = sent
	return Outcome{d, err}
}
