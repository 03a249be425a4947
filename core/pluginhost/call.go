// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// origin is what is known of an answer besides its content.
type origin struct {
	contract string
	took     time.Duration
}

// ask lets a call of a tenant through gate and circuit and turns every failure into a fault.
func ask[A any](ctx context.Context, e *entry, t tenant.ID, call func(context.Context, *process) (A, error)) (A, origin, error) {
	var none A
	ctx, leave, err := e.gate.enter(ctx, t)
	if err != nil {
		return none, origin{}, suspended()
	}
	defer leave()
	s := e.slotOf(t)
	trial, ok := s.breaker.enter()
	if !ok {
		return none, origin{}, fault.New(fault.Unavailable, "plugin_circuit_open")
	}
	answer, from, err := attempt(ctx, s, call)
	s.breaker.leave(trial, err == nil)
	if err != nil {
		return none, from, asFault(ctx, err)
	}
	s.entry.counters.answered(from.took)
	return answer, from, nil
}

// attempt asks a process, and another one if the first dies of it or died meanwhile.
func attempt[A any](ctx context.Context, s *slot, call func(context.Context, *process) (A, error)) (A, origin, error) {
	var none A
	if err := s.enter(ctx); err != nil {
		if errors.Is(err, errBusy) {
			s.entry.note(faultBusy)
		}
		return none, origin{}, err
	}
	defer s.leave()
	const attempts, dismissals = 2, 8
	for n, dismissed := 1, 0; ; n++ {
		p, err := s.acquire(ctx)
		if err != nil {
			return none, origin{}, err
		}
		began := time.Now()
		callCtx, cancel := context.WithTimeout(ctx, s.entry.callTimeout())
		answer, err := call(callCtx, p)
		cancel()
		if err == nil {
			return answer, origin{p.contract, time.Since(began)}, nil
		}
		// A connection that is closed under a call answers Canceled, though nobody cancelled it.
		lost := ctx.Err() == nil && (status.Code(err) == codes.Unavailable || status.Code(err) == codes.Canceled)
		if lost {
			s.discard(p)
		}
		if lost && p.dismissed.Load() && dismissed < dismissals {
			dismissed++
			n-- // the host took it away from under the call: that was no attempt
			continue
		}
		if !lost || n == attempts {
			s.judge(ctx, p, began, err)
			return none, origin{}, err
		}
	}
}

// probeTimeout is how long a process may take to show that it is still there.
const probeTimeout = time.Second

// judge decides what a call that began then and failed says about the process.
func (s *slot) judge(ctx context.Context, p *process, began time.Time, err error) {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled:
		if ctx.Err() == nil {
			s.failed(p, faultExit)
		}
	case codes.DeadlineExceeded:
		// The caller's own patience, shorter than ours, is no fault of a process that is well.
		// Deadlines are compared, not ctx.Err: the plugin's clock may strike a moment earlier.
		deadline, has := ctx.Deadline()
		if has && deadline.Before(began.Add(s.entry.callTimeout())) && s.probe(p) {
			return
		}
		s.failed(p, faultTimeout)
		s.discard(p)
	default:
		s.entry.note(faultRule)
	}
}

func (s *slot) probe(p *process) bool {
	ctx, cancel := context.WithTimeout(s.entry.host.ctx, probeTimeout)
	defer cancel()
	return p.healthy(ctx) == nil
}

// suspended is what those are told whose version was suspended or removed.
func suspended() error { return fault.New(fault.Unavailable, "plugin_suspended") }

// asFault keeps what a plugin said out of what people and logs are told.
func asFault(ctx context.Context, err error) error {
	code := status.Code(err)
	switch {
	case errors.Is(context.Cause(ctx), errSuspended), errors.Is(err, errSuspended), errors.Is(err, errRemoved):
		return suspended()
	case ctx.Err() != nil, code == codes.DeadlineExceeded:
		return fault.Wrap(context.DeadlineExceeded, fault.Unavailable, "plugin_timeout")
	case code == codes.ResourceExhausted, code == codes.Unimplemented:
		return fault.Wrap(errors.New(code.String()), fault.Unavailable, "plugin_bad_answer")
	case errors.Is(err, errBusy):
		return fault.Wrap(err, fault.Unavailable, "plugin_busy")
	case code == codes.Unknown: // ours, not the plugin's: a start that failed
		return fault.Wrap(errors.New(faultStart), fault.Unavailable, "plugin_unavailable")
	}
	return fault.Wrap(errors.New(code.String()), fault.Unavailable, "plugin_unavailable")
}
