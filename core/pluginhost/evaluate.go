// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Decision is an answer with everything that is needed to explain it and to ask again.
type Decision struct {
	Answer sdk.SubsidyAnswer
	// The plugin that answered: its version, its binary and the contract both spoke.
	PluginID, PluginVersion, BinarySHA256, ContractVersion string
	// Request and Response are the messages as bytes: equal messages are equal bytes.
	Request, Response []byte
	// Duration is that of the call which answered.
	Duration time.Duration
}

// Evaluate asks the rule of a subsidy for a decision, for a tenant.
//
// A subsidy that nobody declares is a fault.Invalid at "subsidy", facts that do not fit the
// form are one with fields below "facts". All else that goes wrong is a fault.Unavailable:
// plugin_unavailable (no process, a plugin in quarantine, or the rule failed), plugin_timeout, plugin_circuit_open, or plugin_bad_answer where the
// answer was nonsense. A call lost with its process is tried once more on a new one: rules are pure.
func (h *Host) Evaluate(ctx context.Context, t tenant.ID, req sdk.SubsidyRequest) (Decision, error) {
	if t == "" {
		return Decision{}, fault.New(fault.Internal, "no_tenant")
	}
	if h.byCode[req.Subsidy] == nil {
		return Decision{}, fault.OfFields([]fault.Field{fault.At("subsidy", form.CodeNotAnOption)})
	}
	sub, ok := h.Subsidy(req.Subsidy)
	if !ok { // its plugin was quarantined
		return Decision{}, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	if err := checkRequest(sub, req); err != nil {
		return Decision{}, err
	}
	m := sdk.EncodeRequest(sub.Facts, req)
	sent, err := marshal(m)
	if err != nil {
		return Decision{}, fault.Wrap(err, fault.Internal, "plugin_request")
	}
	if len(sent) > h.cfg.MaxMessage {
		return Decision{}, fault.OfFields([]fault.Field{fault.At("facts", form.CodeTooLarge, "limit", strconv.Itoa(h.cfg.MaxMessage))})
	}
	s := h.slotOf(t, req.Subsidy)
	d, err := s.decide(ctx, m, sub.Facts)
	d.Request = sent
	return d, err
}

// slotOf chooses the process. Today every tenant shares one a plugin; the key is here so
// that a process for each tenant changes this function and nothing else.
func (h *Host) slotOf(_ tenant.ID, subsidy string) *slot { return h.byCode[subsidy] }

// checkRequest refuses what would not be understood.
func checkRequest(sub Subsidy, req sdk.SubsidyRequest) error {
	var fields []fault.Field
	if _, err := time.Parse(time.DateOnly, req.AsOf); err != nil {
		fields = append(fields, fault.At("as_of", form.CodeBadDate))
	}
	if req.Locale != "it" && req.Locale != "en" {
		fields = append(fields, fault.At("locale", form.CodeNotAnOption))
	}
	for _, p := range sub.Facts.Validate(req.Facts, form.Complete) {
		fields = append(fields, fault.Field{Path: "facts/" + p.Path, Code: p.Code, Params: p.Params})
	}
	return fault.OfFields(fields)
}

func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// decide lets the call through the circuit and turns every failure into a fault.
func (s *slot) decide(ctx context.Context, m *pluginpb.EvaluateRequest, declared form.Form) (Decision, error) {
	trial, ok := s.breaker.enter()
	if !ok {
		return Decision{}, fault.New(fault.Unavailable, "plugin_circuit_open")
	}
	p, answer, took, err := s.call(ctx, m)
	s.breaker.leave(trial, err == nil)
	if err != nil {
		return Decision{}, s.asFault(ctx, err)
	}
	d := Decision{
		Answer: sdk.DecodeAnswer(answer), PluginID: s.id(), PluginVersion: s.bundle.manifest.Version,
		BinarySHA256: s.bundle.image.sha256, ContractVersion: p.contract, Duration: took,
	}
	if err := d.Answer.Check(declared); err != nil {
		s.note(faultAnswer)
		return Decision{}, fault.Wrap(err, fault.Unavailable, "plugin_bad_answer")
	}
	if d.Response, err = marshal(answer); err != nil {
		return Decision{}, fault.Wrap(err, fault.Unavailable, "plugin_bad_answer")
	}
	return d, nil
}

// call asks a process, and another one if the first dies of it or died meanwhile.
func (s *slot) call(ctx context.Context, m *pluginpb.EvaluateRequest) (*process, *pluginpb.EvaluateResponse, time.Duration, error) {
	const attempts = 2
	for n := 1; ; n++ {
		p, err := s.acquire(ctx)
		if err != nil {
			return nil, nil, 0, err
		}
		began := time.Now()
		callCtx, cancel := context.WithTimeout(ctx, s.callTimeout())
		answer, err := p.rules.Evaluate(callCtx, m)
		cancel()
		if err == nil {
			return p, answer, time.Since(began), nil
		}
		lost := status.Code(err) == codes.Unavailable && ctx.Err() == nil
		if lost {
			s.discard(p)
		}
		if !lost || n == attempts {
			s.judge(ctx, p, began, err)
			return nil, nil, 0, err
		}
	}
}

// callTimeout is the host's limit, or the plugin's own where that is stricter.
func (s *slot) callTimeout() time.Duration {
	limit := s.host.cfg.CallTimeout
	if ms := s.bundle.manifest.Limits.CallTimeoutMS; ms > 0 {
		limit = min(limit, time.Duration(ms)*time.Millisecond)
	}
	return limit
}

// probeTimeout is how long a process may take to show that it is still there.
const probeTimeout = time.Second

// judge decides what a call that began then and failed says about the process.
func (s *slot) judge(ctx context.Context, p *process, began time.Time, err error) {
	switch status.Code(err) {
	case codes.Unavailable:
		if ctx.Err() == nil {
			s.failed(p, faultExit)
		}
	case codes.DeadlineExceeded:
		// The caller's own patience, shorter than ours, is no fault of a process that is well.
		// Deadlines are compared, not ctx.Err: the plugin's clock may strike a moment earlier.
		deadline, has := ctx.Deadline()
		if has && deadline.Before(began.Add(s.callTimeout())) && s.probe(p) {
			return
		}
		s.failed(p, faultTimeout)
		s.discard(p)
	case codes.Canceled:
	default:
		s.note(faultRule)
	}
}

func (s *slot) probe(p *process) bool {
	ctx, cancel := context.WithTimeout(s.host.ctx, probeTimeout)
	defer cancel()
	return p.healthy(ctx) == nil
}

// asFault keeps what a plugin said out of what people and logs are told.
func (s *slot) asFault(ctx context.Context, err error) error {
	code := status.Code(err)
	switch {
	case ctx.Err() != nil, code == codes.DeadlineExceeded:
		return fault.Wrap(context.DeadlineExceeded, fault.Unavailable, "plugin_timeout")
	case code == codes.ResourceExhausted, code == codes.Unimplemented:
		return fault.Wrap(errors.New(code.String()), fault.Unavailable, "plugin_bad_answer")
	case code == codes.Unknown: // ours, not the plugin's: a start that failed
		return fault.Wrap(errors.New(faultStart), fault.Unavailable, "plugin_unavailable")
	}
	return fault.Wrap(errors.New(code.String()), fault.Unavailable, "plugin_unavailable")
}
