// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
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
	manifest      sdk.Manifest
	rules         pluginpb.SubsidyRulesClient
	interventions pluginpb.InterventionsClient
	courses       pluginpb.CoursesClient
	features      []string
	findings      []Finding
}

func newKit(m sdk.Manifest, conn grpc.ClientConnInterface) *kit {
	return &kit{
		manifest: m, rules: pluginpb.NewSubsidyRulesClient(conn),
		interventions: pluginpb.NewInterventionsClient(conn), courses: pluginpb.NewCoursesClient(conn),
	}
}

func (k *kit) found(rule, name, detail string) {
	k.findings = append(k.findings, Finding{Rule: rule, Case: name, Detail: detail})
}

func (k *kit) describe(c pluginpb.PluginClient) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d, err := c.Describe(ctx, &pluginpb.DescribeRequest{})
	want, _ := k.manifest.JSON()
	said, perr := sdk.ParseManifest(d.GetManifestJson())
	got, _ := said.JSON()
	if err != nil || perr != nil || !bytes.Equal(got, want) {
		k.found("contract", "", "Describe does not equal the manifest")
	}
	k.features = d.GetFeatures()
	if _, err := c.CheckHealth(ctx, &pluginpb.CheckHealthRequest{}); err != nil {
		k.found("contract", "", "CheckHealth fails")
	}
}

// strays are cases that ask for what the manifest does not declare.
func (k *kit) strays(cases []Case) {
	for _, c := range cases {
		var declared bool
		switch {
		case c.Intervention != nil:
			_, declared = k.manifest.InterventionOf(c.Intervention.Type)
		case c.Feed != nil:
			_, declared = k.manifest.CatalogOf(c.Feed.Catalog)
		case c.Query != nil:
			_, declared = k.manifest.CatalogOf(c.Query.Catalog)
		default:
			_, declared = k.manifest.SubsidyOf(c.Request.Subsidy)
		}
		if !declared {
			k.found("fit", c.Name, "asks for what the manifest does not declare")
		}
	}
}

// unfit tells every place where the facts of a case do not fit the form, and the limit there.
func (k *kit) unfit(name, what string, problems []form.Problem) {
	for _, p := range problems {
		detail := what + " do not fit the form at " + p.Path + ": " + strings.ReplaceAll(p.Code, "_", " ")
		for _, param := range slices.Sorted(maps.Keys(p.Params)) {
			detail += ", " + param + " " + p.Params[param]
		}
		k.found("fit", name, detail)
	}
}

// ask is one call of a plugin.
type ask func(ctx context.Context) (proto.Message, error)

func (a ask) once() (proto.Message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return a(ctx)
}

func (a ask) bytes() []byte {
	m, err := a.once()
	if err != nil {
		return []byte(status.Code(err).String())
	}
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	return b
}

// determinism asks the same again and again, all at once: equal bytes must come back. The
// other asks for a reader of the other language, and must give the same too; nil is none.
func (k *kit) determinism(name string, a, other ask) {
	answers := make([][]byte, repeats)
	var wg sync.WaitGroup
	for i := range repeats {
		wg.Go(func() { answers[i] = a.bytes() })
	}
	wg.Wait()
	for _, b := range answers[1:] {
		if !bytes.Equal(b, answers[0]) {
			k.found("determinism", name, "the same request has different answers")
			return
		}
	}
	if other != nil && !bytes.Equal(other.bytes(), answers[0]) {
		k.found("determinism", name, "the answer depends on the reader's language")
	}
}

// cancellation asks with a caller who has already gone.
func (k *kit) cancellation(name string, a ask) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
	defer cancel()
	<-ctx.Done()
	began := time.Now()
	if _, err := a(ctx); err == nil || time.Since(began) > promptness {
		k.found("cancellation", name, "goes on although the caller is gone")
	}
}

// golden compares an answer with the one that the case says, and tells the first difference.
func (k *kit) golden(c Case, answer any) {
	if c.Want == nil {
		return
	}
	got, err := json.Marshal(answer)
	if err != nil {
		k.found("golden", c.Name, "the answer cannot be written as JSON")
		return
	}
	if d := difference(c.Want, got); d != "" {
		k.found("golden", c.Name, d)
	}
}

// refused asks what no host would: the plugin must say so with one of the codes, and live on.
func (k *kit) refused(detail string, a ask, want ...codes.Code) {
	_, err := a.once()
	for _, c := range want {
		if status.Code(err) == c {
			return
		}
	}
	k.found("malformed", "", detail+" is answered with "+status.Code(err).String())
}

func otherLocale(locale string) string {
	if locale == "en" {
		return "it"
	}
	return "en"
}

// variants gives the facts of a case with each number at the ends of its range, and without
// each fact that can be missing, as far as the form allows.
func variants(f form.Form, facts sdk.Facts) map[string]sdk.Facts {
	out := map[string]sdk.Facts{}
	for _, field := range f.Fields {
		for _, v := range ends(field) {
			changed := maps.Clone(facts)
			changed[field.Name] = v
			if len(f.Validate(changed, form.Complete)) == 0 {
				out[field.Name+" at its end"] = changed
			}
		}
		if _, there := facts[field.Name]; there && !field.Required && field.RequiredWhen == nil {
			changed := maps.Clone(facts)
			delete(changed, field.Name)
			if len(f.Validate(changed, form.Complete)) == 0 {
				out[field.Name+" not known"] = changed
			}
		}
	}
	return out
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
