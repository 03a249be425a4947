// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Proposal is the answer of an intervention case, as a golden file holds it.
type Proposal struct {
	Diagnostics  []sdk.Diagnostic `json:"diagnostics,omitempty"`
	Contribution sdk.Contribution `json:"contribution"`
}

func (k *kit) validate(m *pluginpb.InterventionRequest) ask {
	return func(ctx context.Context) (proto.Message, error) { return k.interventions.Validate(ctx, m) }
}

func (k *kit) plan(m *pluginpb.InterventionRequest) ask {
	return func(ctx context.Context) (proto.Message, error) { return k.interventions.Plan(ctx, m) }
}

func (k *kit) types() {
	want, err := sdk.EncodeTypes(k.manifest)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got, err := k.interventions.Types(ctx, &pluginpb.TypesRequest{})
	if err != nil || !sdk.SameTypes(got, want) {
		k.found("contract", "", "Types does not equal the manifest")
	}
}

func (k *kit) intervention(i sdk.InterventionManifest, cases []Case) {
	k.types()
	n := 0
	for _, c := range cases {
		if c.Intervention == nil || c.Intervention.Type != i.Code {
			continue
		}
		n++
		req := *c.Intervention
		if problems := i.Form.Validate(req.Details, form.Complete); len(problems) > 0 {
			k.unfit(c.Name, "details", problems)
			continue
		}
		if p, ok := k.proposal(i, c.Name, req); ok {
			k.golden(c, p)
		}
		other := req
		other.Locale = otherLocale(req.Locale)
		m, om := sdk.EncodeIntervention(i.Form, req), sdk.EncodeIntervention(i.Form, other)
		k.determinism(c.Name, k.plan(m), k.plan(om))
		k.determinism(c.Name, k.validate(m), k.validate(om))
		k.cancellation(c.Name, k.plan(m))
		for name, facts := range variants(i.Form, req.Details) {
			changed := req
			changed.Details = facts
			k.proposal(i, c.Name+", "+name, changed)
		}
	}
	if n == 0 {
		k.found("cases", "", "no case for intervention "+i.Code)
	}
	k.malformedDetails(i)
}

// proposal checks that remarks and contribution make sense, in both languages.
func (k *kit) proposal(i sdk.InterventionManifest, name string, req sdk.InterventionRequest) (Proposal, bool) {
	m := sdk.EncodeIntervention(i.Form, req)
	v, err := k.validate(m).once()
	if err != nil {
		k.found("answer", name, "Validate fails: "+status.Code(err).String())
		return Proposal{}, false
	}
	out := Proposal{Diagnostics: sdk.DecodeDiagnostics(v.(*pluginpb.ValidateResponse).GetDiagnostics())}
	if err := sdk.CheckDiagnostics(out.Diagnostics, i.Form); err != nil {
		k.found("answer", name, err.Error())
		return out, false
	}
	p, err := k.plan(m).once()
	if err != nil {
		k.found("answer", name, "Plan fails: "+status.Code(err).String())
		return out, false
	}
	out.Contribution = sdk.DecodeContribution(p.(*pluginpb.PlanResponse))
	if err := out.Contribution.Check(i.Form); err != nil {
		k.found("answer", name, err.Error())
		return out, false
	}
	return out, true
}

func (k *kit) malformedDetails(i sdk.InterventionManifest) {
	stranger, empty := strangeFacts(i.Form)
	for _, call := range []func(*pluginpb.InterventionRequest) ask{k.validate, k.plan} {
		k.refused("an unknown type", call(&pluginpb.InterventionRequest{Type: "no_such_type"}), codes.InvalidArgument, codes.NotFound)
		k.refused("an undeclared detail", call(&pluginpb.InterventionRequest{Type: i.Code, Details: stranger}), codes.InvalidArgument)
		k.refused("a detail with no value", call(&pluginpb.InterventionRequest{Type: i.Code, Details: empty}), codes.InvalidArgument)
	}
}
