// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Decision is an answer with everything that is needed to explain it and to ask again.
type Decision struct {
	Answer sdk.SubsidyAnswer
	// Ref is the version that answered.
	Ref Ref
	// The plugin that answered: its version, its binary and the contract both spoke.
	PluginID, PluginVersion, BinarySHA256, ContractVersion string
	// Request and Response are the messages as bytes, the response as it came. Equal requests
	// are equal bytes, and a rule answers equal requests with equal bytes.
	Request, Response []byte
	// Duration is that of the call which answered.
	Duration time.Duration
}

// Evaluate asks the rule of a subsidy for a decision, for a tenant.
//
// A subsidy that this version does not declare is a fault.Invalid at "subsidy", facts that do not fit the
// form are one with fields below "facts". All else that goes wrong is a fault.Unavailable:
// plugin_unavailable (no process, a plugin in quarantine, or the rule failed), plugin_timeout,
// plugin_busy (no place within the time of a call or a start), plugin_circuit_open, plugin_suspended
// (see Host.Suspend; or removed), or plugin_bad_answer where the
// answer was nonsense. A call lost with its process is tried once more on a new one: rules are pure.
func (p *Plugin) Evaluate(ctx context.Context, t tenant.ID, req sdk.SubsidyRequest) (Decision, error) {
	facts, err := p.facts(t, req.Subsidy)
	if err != nil {
		return Decision{}, err
	}
	sent, err := p.request(facts, req)
	if err != nil {
		return Decision{}, err
	}
	return p.evaluate(ctx, t, facts, sent)
}

// evaluate asks with the bytes that request made.
func (p *Plugin) evaluate(ctx context.Context, t tenant.ID, facts form.Form, sent []byte) (Decision, error) {
	call := func(ctx context.Context, p *process) (string, error) { return p.rules.evaluate(ctx, sent) }
	a, from, err := ask(ctx, p.entry, t, call)
	if err != nil {
		return Decision{Request: sent}, err
	}
	d, err := p.entry.decision(a, from, facts)
	d.Request = sent
	return d, err
}

// facts finds what a tenant is asked for a decision on a subsidy.
func (p *Plugin) facts(t tenant.ID, subsidy string) (form.Form, error) {
	if t == "" {
		return form.Form{}, fault.New(fault.Internal, "no_tenant")
	}
	sub, ok := p.entry.subsidy(subsidy)
	switch {
	case !ok:
		return sub.Facts, notAnOption("subsidy")
	case p.entry.isQuarantined():
		return sub.Facts, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	return sub.Facts, nil
}

// request checks a request and makes the bytes of its message.
func (p *Plugin) request(facts form.Form, req sdk.SubsidyRequest) ([]byte, error) {
	if err := checkRequest(facts, "facts/", req.AsOf, req.Locale, req.Facts); err != nil {
		return nil, err
	}
	sent := sdk.AppendRequest(nil, facts, req)
	return sent, p.host.fits(len(sent), "facts")
}

func notAnOption(path string) error {
	return fault.OfFields([]fault.Field{fault.At(path, form.CodeNotAnOption)})
}

// marshalRequest gives the bytes of a request, and refuses one that is too large, at path.
func (h *Host) marshalRequest(m proto.Message, path string) ([]byte, error) {
	sent, err := marshal(m)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "plugin_request")
	}
	return sent, h.fits(len(sent), path)
}

func (h *Host) fits(size int, path string) error {
	if size > h.cfg.MaxMessage {
		return fault.OfFields([]fault.Field{fault.At(path, form.CodeTooLarge, "limit", strconv.Itoa(h.cfg.MaxMessage))})
	}
	return nil
}

// decision checks an answer and keeps where it came from.
func (e *entry) decision(answer string, from origin, declared form.Form) (Decision, error) {
	a, err := sdk.ReadAnswer(answer)
	if err == nil {
		err = a.Check(declared)
	}
	if err != nil {
		return Decision{}, e.badAnswer(err)
	}
	return Decision{
		Ref: e.ref(), Answer: a, PluginID: e.id(), PluginVersion: e.bundle.manifest.Version, BinarySHA256: e.bundle.image.sha256,
		ContractVersion: from.contract, Duration: from.took, Response: []byte(answer),
	}, nil
}

func (e *entry) badAnswer(err error) error {
	e.note(faultAnswer)
	return fault.Wrap(err, fault.Unavailable, "plugin_bad_answer")
}

// checkRequest refuses what would not be understood.
func checkRequest(declared form.Form, prefix, asOf, locale string, facts sdk.Facts) error {
	var fields []fault.Field
	if !isDay(asOf) {
		fields = append(fields, fault.At("as_of", form.CodeBadDate))
	}
	if locale != "it" && locale != "en" {
		fields = append(fields, fault.At("locale", form.CodeNotAnOption))
	}
	for _, p := range declared.Validate(facts, form.Complete) {
		fields = append(fields, fault.Field{Path: prefix + p.Path, Code: p.Code, Params: p.Params})
	}
	return fault.OfFields(fields)
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}
