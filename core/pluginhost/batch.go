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
	b := batch{facts: facts, parts: make([]part, 0, len(reqs))}
	for i, req := range reqs {
		if out[i].Err = err; err != nil {
			continue
		}
		req.Subsidy = subsidy
		if out[i].Err = checkRequest(facts, "facts/", req.AsOf, req.Locale, req.Facts); out[i].Err != nil {
			continue
		}
		message, size := sdk.AppendBatched(b.message, facts, req)
		if out[i].Err = p.host.fits(len(message)-len(b.message), "facts"); out[i].Err != nil {
			continue
		}
		if len(message) > p.host.cfg.MaxMessage/2 && len(b.parts) > 0 {
			p.send(ctx, t, &b, out)
			message, size = sdk.AppendBatched(nil, facts, req)
		}
		b.message = message
		b.parts = append(b.parts, part{i, len(message) - size, len(message)})
	}
	p.send(ctx, t, &b, out)
}

// batch is what goes out together: a message, and the requests in it.
type batch struct {
	facts   form.Form
	message []byte
	parts   []part
}

// part is a request, message[from:to], and where its outcome belongs.
type part struct{ outcome, from, to int }

func (b *batch) request(p part) []byte { return b.message[p.from:p.to:p.to] }

// empty leaves the message to the decisions that keep their requests in it.
func (b *batch) empty() { b.message, b.parts = nil, b.parts[:0] }

// send asks for a batch and empties it.
func (p *Plugin) send(ctx context.Context, t tenant.ID, b *batch, out []Outcome) {
	if len(b.parts) == 0 {
		return
	}
	defer b.empty()
	can := true
	call := func(ctx context.Context, p *process) (string, error) {
		if can = p.can(sdk.FeatureBatch); !can {
			return "", nil
		}
		return p.rules.batch(ctx, b.message)
	}
	answer, from, err := ask(ctx, p.entry, t, call)
	if err == nil && !can {
		for _, n := range b.parts { // one by one
			out[n.outcome].Decision, out[n.outcome].Err = p.evaluate(ctx, t, b.facts, b.request(n))
		}
		return
	}
	var results []sdk.BatchResult
	if err == nil {
		results, err = sdk.ReadResults(answer, len(b.parts))
		if err == nil && len(results) < len(b.parts) {
			err = errors.New("a batch with results left out")
		}
		if err != nil {
			err = p.entry.badAnswer(err)
		}
	}
	from.took /= time.Duration(len(b.parts))
	for i, n := range b.parts {
		if err != nil {
			out[n.outcome] = Outcome{Decision{Request: b.request(n)}, err}
			continue
		}
		out[n.outcome] = p.entry.outcome(results[i], from, b.request(n), b.facts)
	}
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
