// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// second is an invented major: its services have another name, its languages another
// spelling. The adapter is all that the host needs to speak it.
func second(conn grpc.ClientConnInterface) clients {
	c := speak(otherNames{conn})
	c.rules = otherLanguages{c.rules}
	return c
}

type otherNames struct{ grpc.ClientConnInterface }

func (o otherNames) Invoke(ctx context.Context, method string, in, out any, opts ...grpc.CallOption) error {
	return o.ClientConnInterface.Invoke(ctx, strings.Replace(method, ".v1.", ".v2.", 1), in, out, opts...)
}

type otherLanguages struct{ rulesClient }

func (o otherLanguages) evaluate(ctx context.Context, request []byte) (string, error) {
	var m pluginpb.EvaluateRequest
	if err := proto.Unmarshal(request, &m); err != nil {
		return "", err
	}
	m.Locale += "-IT"
	b, err := proto.Marshal(&m)
	if err != nil {
		return "", err
	}
	return o.rulesClient.evaluate(ctx, b)
}

func (o otherLanguages) batch(ctx context.Context, message []byte) (string, error) {
	var m pluginpb.EvaluateBatchRequest
	if err := proto.Unmarshal(message, &m); err != nil {
		return "", err
	}
	for _, r := range m.GetRequests() {
		r.Locale += "-IT"
	}
	b, err := proto.Marshal(&m)
	if err != nil {
		return "", err
	}
	return o.rulesClient.batch(ctx, b)
}

// staticHostile is the hostile plugin as a stranger would pack it.
var staticHostile = sync.OnceValues(func() ([]byte, error) {
	out := filepath.Join(built, "hostile-static")
	cmd := exec.Command("go", "build", "-o", out, "./testdata/hostile")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return text, err
	}
	return os.ReadFile(out)
})

// packed is the hostile plugin under a name, for a range of contracts.
func packed(t *testing.T, name, span string) *pack.Verified {
	t.Helper()
	binary, err := staticHostile()
	if err != nil {
		t.Fatalf("%v: %s", err, binary)
	}
	text, err := os.ReadFile("testdata/hostile/plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	said := strings.NewReplacer("id: hostile", "id: "+name, "{min: 1, max: 1}", span)
	v, _ := sign(t, []byte(said.Replace(string(text))), binary)
	return v
}

// Plugins of one major and of the next are served side by side, each in the newest major
// that both sides allow; what lies outside the range is refused.
func TestTwoMajorsSideBySide(t *testing.T) {
	h := newHost(t, Config{contracts: map[int]contract{1: {sdk.ContractMinor, speak}, 2: {0, second}}})
	for name, tt := range map[string]struct{ span, contract, fault string }{
		"hostile": {"{min: 1, max: 1}", "1.1", ""},
		"second":  {"{min: 2, max: 2}", "2.0", ""},
		"both":    {"{min: 1, max: 2}", "2.0", ""},
		"future":  {"{min: 3, max: 4}", "", faultContract},
	} {
		i, err := h.Install(packed(t, name, tt.span))
		if err != nil || i.LastError != tt.fault {
			t.Fatalf("%s: %+v, %v", name, i, err)
		}
		p, _ := h.Plugin(i.Ref)
		d, err := p.Evaluate(t.Context(), someTenant, odd("good"))
		if tt.fault == "" && (err != nil || d.ContractVersion != tt.contract) || tt.fault != "" && codeOf(err) != "plugin_unavailable" {
			t.Errorf("%s: contract %q, %v", name, d.ContractVersion, err)
		}
		out, err := p.EvaluateBatch(t.Context(), someTenant, "odd", []sdk.SubsidyRequest{odd("good"), odd("good")})
		if err != nil || tt.fault == "" && (out[1].Err != nil || !bytes.Equal(out[1].Decision.Response, d.Response)) {
			t.Errorf("%s: batch: %v, %v", name, out, err)
		}
	}
	if n := children(t); n != 3 {
		t.Errorf("%d processes at once", n)
	}
}

// The range of the manifest counts, whatever the binary could do; and a binary that does
// not serve what its manifest says does not start.
func TestRangeOfTheManifest(t *testing.T) {
	h := newHost(t, Config{StartTimeout: time.Second})
	for name, tt := range map[string]struct{ span, contract, fault string }{
		"both":   {"{min: 1, max: 2}", "1.1", ""},
		"second": {"{min: 2, max: 2}", "", faultContract},
	} {
		i, err := h.Install(packed(t, name, tt.span))
		if err != nil || i.LastError != tt.fault {
			t.Fatalf("%s: %+v, %v", name, i, err)
		}
		p, _ := h.Plugin(i.Ref)
		if d, err := p.Evaluate(t.Context(), someTenant, odd("good")); d.ContractVersion != tt.contract {
			t.Errorf("%s: contract %q, %v", name, d.ContractVersion, err)
		}
	}
	i, err := h.Install(packed(t, "second", "{min: 1, max: 2}"))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin(i.Ref)
	if _, err := p.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_unavailable" || p.Info().LastError != faultStart {
		t.Errorf("serves another major than it says: %v, %+v", err, p.Info())
	}
}

// What a plugin does not say that it can, the host does without.
func TestPluginWithoutTags(t *testing.T) {
	v := packed(t, "plain", "{min: 1, max: 1}")
	text := strings.Replace(string(v.ManifestText), "kinds: [subsidy_rules]\n",
		"kinds: [subsidy_rules, courses]\ncatalogs:\n  - {code: odd, title: {it: Corsi, en: Courses}, formats: [csv]}\n", 1)
	v, _ = sign(t, []byte(text), v.Binaries[pack.ThisPlatform()])
	h := newHost(t, Config{})
	i, err := h.Install(v)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin(i.Ref)
	reqs := []sdk.SubsidyRequest{odd("good"), odd("negative"), odd("dice"), odd("fail")}
	out, err := p.EvaluateBatch(t.Context(), someTenant, "odd", reqs)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"", "plugin_bad_answer", "", "plugin_unavailable"} {
		if codeOf(out[n].Err) != want || len(out[n].Decision.Request) == 0 {
			t.Errorf("%d: %v", n, out[n].Err)
		}
	}
	e := sdk.Edition{ID: "a", Course: "it-a2", Title: sdk.Text{IT: "Italiano", EN: "Italian"}, Area: sdk.AreaLanguage, Provider: "CPIA",
		ISTATCode: "046033", Municipality: "Viareggio", Starts: "2027-01-11", Ends: "2027-04-30", Hours: 80, Seats: 18}
	page, err := p.SearchCourses(t.Context(), someTenant, sdk.CourseQuery{Catalog: "odd", Text: "ital", Editions: []sdk.Edition{e}})
	if err != nil || page.Total != 1 {
		t.Errorf("%+v, %v", page, err)
	}
}
