// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Proposal is what an intervention would add to a plan, and who says so.
type Proposal struct {
	Contribution            sdk.Contribution
	Ref                     Ref
	PluginID, PluginVersion string
	BinarySHA256            string
	// Request and Response are the messages as bytes.
	Request, Response []byte
}

// ValidateIntervention checks the details of an intervention, for a tenant: first by the
// form, which needs no plugin, then by the type's own rules. Details that do not fit the
// form are a fault.Invalid with fields below "details"; what the plugin has to say comes
// back as remarks, whose paths are fields of the form. Otherwise the errors are Evaluate's.
func (p *Plugin) ValidateIntervention(ctx context.Context, t tenant.ID, req sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	declared, m, _, err := p.prepareIntervention(t, req)
	if err != nil {
		return nil, err
	}
	call := func(ctx context.Context, p *process) (*pluginpb.ValidateResponse, error) {
		return p.interventions.Validate(ctx, m)
	}
	a, _, err := ask(ctx, p.entry, t, call)
	if err != nil {
		return nil, err
	}
	list := sdk.DecodeDiagnostics(a.GetDiagnostics())
	if err := sdk.CheckDiagnostics(list, declared); err != nil {
		return nil, p.entry.badAnswer(err)
	}
	return list, nil
}

// PlanIntervention asks what an intervention would add to a plan. The errors are those of
// ValidateIntervention.
func (p *Plugin) PlanIntervention(ctx context.Context, t tenant.ID, req sdk.InterventionRequest) (Proposal, error) {
	declared, m, sent, err := p.prepareIntervention(t, req)
	if err != nil {
		return Proposal{}, err
	}
	call := func(ctx context.Context, p *process) (*pluginpb.PlanResponse, error) {
		return p.interventions.Plan(ctx, m)
	}
	a, _, err := ask(ctx, p.entry, t, call)
	if err != nil {
		return Proposal{Request: sent}, err
	}
	e := p.entry
	out := Proposal{
		Ref: e.ref(), Contribution: sdk.DecodeContribution(a), PluginID: e.id(), PluginVersion: e.bundle.manifest.Version,
		BinarySHA256: e.bundle.image.sha256, Request: sent,
	}
	if err := out.Contribution.Check(declared); err != nil {
		return Proposal{Request: sent}, e.badAnswer(err)
	}
	if out.Response, err = marshal(a); err != nil {
		return Proposal{Request: sent}, e.badAnswer(err)
	}
	return out, nil
}

func (p *Plugin) prepareIntervention(t tenant.ID, req sdk.InterventionRequest) (form.Form, *pluginpb.InterventionRequest, []byte, error) {
	if t == "" {
		return form.Form{}, nil, nil, fault.New(fault.Internal, "no_tenant")
	}
	d, ok := p.entry.bundle.manifest.InterventionOf(req.Type)
	switch {
	case !ok:
		return form.Form{}, nil, nil, notAnOption("type")
	case p.entry.isQuarantined():
		return form.Form{}, nil, nil, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	if err := checkRequest(d.Form, "details/", req.AsOf, req.Locale, req.Details); err != nil {
		return form.Form{}, nil, nil, err
	}
	m := sdk.EncodeIntervention(d.Form, req)
	sent, err := p.host.marshalRequest(m, "details")
	return d.Form, m, sent, err
}
