// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

const (
	repeats    = 20
	patience   = 2 * time.Second // for one call
	promptness = time.Second     // for noticing that the caller is gone
)

// kit collects findings.
type kit struct {
	manifest sdk.Manifest
	rules    pluginpb.SubsidyRulesClient
	findings []Finding
}

func (k *kit) found(rule, name, detail string) {
	k.findings = append(k.findings, Finding{Rule: rule, Case: name, Detail: detail})
}

func (k *kit) describe(c pluginpb.PluginClient) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d, err := c.Describe(ctx, &pluginpb.DescribeRequest{})
	want, _ := k.manifest.JSON()
	if err != nil || !bytes.Equal(d.GetManifestJson(), want) {
		k.found("contract", "", "Describe does not equal the manifest")
	}
	if _, err := c.CheckHealth(ctx, &pluginpb.CheckHealthRequest{}); err != nil {
		k.found("contract", "", "CheckHealth fails")
	}
}

func (k *kit) subsidy(s sdk.SubsidyManifest, cases []Case) {
	n := 0
	for _, c := range cases {
		if c.Request.Subsidy != s.Code {
			continue
		}
		n++
		if problems := s.Facts.Validate(c.Request.Facts, form.Complete); len(problems) > 0 {
			k.found("cases", c.Name, "facts do not fit the form at "+problems[0].Path)
			continue
		}
		m := sdk.EncodeRequest(s.Facts, c.Request)
		k.answer(s, c.Name, m)
		k.determinism(c.Name, m)
		k.cancellation(c.Name, m)
		k.extremes(s, c)
	}
	if n == 0 {
		k.found("cases", "", "no case for subsidy "+s.Code)
	}
	k.malformed(s)
}

func (k *kit) ask(m *pluginpb.EvaluateRequest) (*pluginpb.EvaluateResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return k.rules.Evaluate(ctx, m)
}

// answer checks sense, languages and that the amount is explained.
func (k *kit) answer(s sdk.SubsidyManifest, name string, m *pluginpb.EvaluateRequest) {
	r, err := k.ask(m)
	if err != nil {
		k.found("answer", name, "the rule fails: "+status.Code(err).String())
		return
	}
	a := sdk.DecodeAnswer(r)
	if err := a.Check(s.Facts); err != nil {
		k.found("answer", name, err.Error())
		return
	}
	amount := a.MonthlyCents
	if amount == 0 {
		amount = a.TotalCents
	}
	if amount > 0 && !explains(a.Explanation, amount) {
		k.found("explanation", name, "no step arrives at the amount")
	}
}

func explains(steps []sdk.Step, amount int64) bool {
	for _, s := range steps {
		if s.AmountCents != nil && *s.AmountCents == amount || explains(s.Children, amount) {
			return true
		}
	}
	return false
}

// determinism asks the same again and again, all at once: equal bytes must come back.
func (k *kit) determinism(name string, m *pluginpb.EvaluateRequest) {
	answers := make([][]byte, repeats)
	var wg sync.WaitGroup
	for i := range repeats {
		wg.Go(func() {
			if r, err := k.ask(m); err == nil {
				answers[i], _ = proto.MarshalOptions{Deterministic: true}.Marshal(r)
			}
		})
	}
	wg.Wait()
	for _, a := range answers[1:] {
		if !bytes.Equal(a, answers[0]) {
			k.found("determinism", name, "the same request has different answers")
			return
		}
	}
	other := proto.CloneOf(m)
	if other.Locale = "en"; m.GetLocale() == "en" {
		other.Locale = "it"
	}
	if r, err := k.ask(other); err == nil {
		b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(r)
		if !bytes.Equal(b, answers[0]) {
			k.found("determinism", name, "the answer depends on the reader's language")
		}
	}
}

// cancellation asks with a caller who has already gone.
func (k *kit) cancellation(name string, m *pluginpb.EvaluateRequest) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
	defer cancel()
	<-ctx.Done()
	began := time.Now()
	if _, err := k.rules.Evaluate(ctx, m); err == nil || time.Since(began) > promptness {
		k.found("cancellation", name, "goes on although the caller is gone")
	}
}

// extremes sets each number of a case to the ends of its range: the answer must make sense.
func (k *kit) extremes(s sdk.SubsidyManifest, c Case) {
	for _, f := range s.Facts.Fields {
		for _, v := range ends(f) {
			facts := maps.Clone(map[string]any(c.Request.Facts))
			facts[f.Name] = v
			req := c.Request
			req.Facts = facts
			if len(s.Facts.Validate(facts, form.Complete)) == 0 {
				k.answer(s, c.Name+", "+f.Name+" at its end", sdk.EncodeRequest(s.Facts, req))
			}
		}
		if _, there := c.Request.Facts[f.Name]; there && !f.Required && f.RequiredWhen == nil {
			facts := maps.Clone(map[string]any(c.Request.Facts))
			delete(facts, f.Name)
			req := c.Request
			req.Facts = facts
			k.answer(s, c.Name+", "+f.Name+" not known", sdk.EncodeRequest(s.Facts, req))
		}
	}
}

func ends(f form.Field) []any {
	switch f.Kind {
	case form.KindInteger, form.KindMoney, form.KindPersonCount:
		out := []any{int64(0), int64(1), int64(1) << 40, int64(-1) << 40}
		for _, b := range []*int64{f.Min, f.Max} {
			if b != nil {
				out = append(out, *b)
			}
		}
		return out
	case form.KindYesNo:
		return []any{true, false}
	}
	return nil
}

// malformed asks what no host would: the plugin must say so and live on.
func (k *kit) malformed(s sdk.SubsidyManifest) {
	stranger := &pluginpb.Fact{Name: "no_such_fact", Value: &pluginpb.Value{Kind: &pluginpb.Value_Text{Text: "x"}}}
	empty := &pluginpb.Fact{Name: s.Facts.Fields[0].Name}
	for detail, m := range map[string]*pluginpb.EvaluateRequest{
		"an unknown subsidy":   {Subsidy: "no_such_subsidy"},
		"an undeclared fact":   {Subsidy: s.Code, Facts: []*pluginpb.Fact{stranger}},
		"a fact with no value": {Subsidy: s.Code, Facts: []*pluginpb.Fact{empty}},
	} {
		_, err := k.ask(m)
		if c := status.Code(err); c != codes.InvalidArgument && c != codes.NotFound {
			k.found("malformed", "", detail+" is answered with "+c.String())
		}
	}
	big := &pluginpb.EvaluateRequest{Subsidy: s.Code, AsOf: string(bytes.Repeat([]byte("x"), sdk.MaxMessage))}
	if _, err := k.ask(big); status.Code(err) != codes.ResourceExhausted {
		k.found("malformed", "", "a message over the size limit is read")
	}
}
