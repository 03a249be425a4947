// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// alreadySupported is the fact by which a rule learns of a person's history. A rule that
// asks for it must keep to the months of the programme.
const (
	alreadySupported  = "months_already_supported"
	monthsOfProgramme = 12
)

func (k *kit) evaluate(m *pluginpb.EvaluateRequest) ask {
	return func(ctx context.Context) (proto.Message, error) { return k.rules.Evaluate(ctx, m) }
}

func (k *kit) subsidy(s sdk.SubsidyManifest, cases []Case) {
	n := 0
	for _, c := range cases {
		if c.Request.Subsidy != s.Code || c.Intervention != nil || c.Feed != nil || c.Query != nil {
			continue
		}
		n++
		if problems := s.Facts.Validate(c.Request.Facts, form.Complete); len(problems) > 0 {
			k.unfit(c.Name, "facts", problems)
			continue
		}
		if a, ok := k.answer(s, c.Name, c.Request); ok {
			k.golden(c, a)
		}
		other := c.Request
		other.Locale = otherLocale(c.Request.Locale)
		a := k.evaluate(sdk.EncodeRequest(s.Facts, c.Request))
		k.determinism(c.Name, a, k.evaluate(sdk.EncodeRequest(s.Facts, other)))
		k.cancellation(c.Name, a)
		for name, facts := range variants(s.Facts, c.Request.Facts) {
			req := c.Request
			req.Facts = facts
			k.answer(s, c.Name+", "+name, req)
		}
		k.twelveMonths(s, c)
	}
	if n == 0 {
		k.found("cases", "", "no case for subsidy "+s.Code)
	}
	k.batch(s, cases)
	k.malformedRequests(s)
}

// answer checks sense, languages and that the amount is explained.
func (k *kit) answer(s sdk.SubsidyManifest, name string, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, bool) {
	r, err := k.evaluate(sdk.EncodeRequest(s.Facts, req)).once()
	if err != nil {
		k.found("answer", name, "the rule fails: "+status.Code(err).String())
		return sdk.SubsidyAnswer{}, false
	}
	a := sdk.DecodeAnswer(r.(*pluginpb.EvaluateResponse))
	if err := a.Check(s.Facts); err != nil {
		k.found("answer", name, err.Error())
		return a, false
	}
	amount := a.MonthlyCents
	if amount == 0 {
		amount = a.TotalCents
	}
	if amount > 0 && !explains(a.Explanation, amount) {
		k.found("explanation", name, "no step arrives at the amount")
	}
	return a, true
}

func explains(steps []sdk.Step, amount int64) bool {
	return slices.ContainsFunc(steps, func(s sdk.Step) bool {
		return s.AmountCents != nil && *s.AmountCents == amount || explains(s.Children, amount)
	})
}

// twelveMonths asks with every length of history: had and granted are never more than twelve.
func (k *kit) twelveMonths(s sdk.SubsidyManifest, c Case) {
	field, ok := s.Facts.Field(alreadySupported)
	if !ok {
		return
	}
	for had := range int64(15) {
		req := c.Request
		req.Facts = sdk.Facts{}
		for name, v := range c.Request.Facts {
			req.Facts[name] = v
		}
		req.Facts[field.Name] = had
		if len(s.Facts.Validate(req.Facts, form.Complete)) > 0 {
			continue
		}
		r, err := k.evaluate(sdk.EncodeRequest(s.Facts, req)).once()
		if err != nil {
			continue // answer has said so
		}
		if months := int64(r.(*pluginpb.EvaluateResponse).GetMonths()); months > 0 && had+months > monthsOfProgramme {
			k.found("twelve months", c.Name, "after "+strconv.FormatInt(had, 10)+" months it grants "+strconv.FormatInt(months, 10)+" more")
			return
		}
	}
}

// batch asks all cases at once: each answer must be the one that it has alone.
func (k *kit) batch(s sdk.SubsidyManifest, cases []Case) {
	if !slices.Contains(k.features, sdk.FeatureBatch) {
		return // the core asks such a plugin one by one
	}
	all := &pluginpb.EvaluateBatchRequest{}
	for _, c := range cases {
		if c.Request.Subsidy == s.Code {
			all.Requests = append(all.Requests, sdk.EncodeRequest(s.Facts, c.Request))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got, err := k.rules.EvaluateBatch(ctx, all)
	if err != nil || len(got.GetResults()) != len(all.Requests) {
		k.found("batch", "", "EvaluateBatch fails or leaves results out")
		return
	}
	for i, m := range all.Requests {
		alone, err := k.evaluate(m).once()
		again, err2 := k.evaluate(m).once()
		if err == nil && err2 == nil && proto.Equal(alone, again) && !proto.Equal(alone, got.GetResults()[i].GetAnswer()) {
			k.found("batch", "", "result "+strconv.Itoa(i)+" is not the answer that the request has alone")
		}
	}
}

func (k *kit) malformedRequests(s sdk.SubsidyManifest) {
	stranger, empty := strangeFacts(s.Facts)
	k.refused("an unknown subsidy", k.evaluate(&pluginpb.EvaluateRequest{Subsidy: "no_such_subsidy"}), codes.InvalidArgument, codes.NotFound)
	k.refused("an undeclared fact", k.evaluate(&pluginpb.EvaluateRequest{Subsidy: s.Code, Facts: stranger}), codes.InvalidArgument)
	k.refused("a fact with no value", k.evaluate(&pluginpb.EvaluateRequest{Subsidy: s.Code, Facts: empty}), codes.InvalidArgument)
	big := &pluginpb.EvaluateRequest{Subsidy: s.Code, AsOf: string(bytes.Repeat([]byte("x"), sdk.MaxMessage))}
	k.refused("a message over the size limit", k.evaluate(big), codes.ResourceExhausted)
}

// strangeFacts are a fact that no form declares, and one that is declared but says nothing.
func strangeFacts(f form.Form) (stranger, empty []*pluginpb.Fact) {
	stranger = []*pluginpb.Fact{{Name: "no_such_fact", Value: &pluginpb.Value{Kind: &pluginpb.Value_Text{Text: "x"}}}}
	return stranger, []*pluginpb.Fact{{Name: f.Fields[0].Name}}
}
