// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
)

// aidVersion is where a version of the sample's plugin is.
func aidVersion(version string) string { return "/plugins/aid/versions/" + version }

// pluginSite is the API with a host that can run what is uploaded, whose lead agency believes
// an agency.
type pluginSite struct {
	*site
	agency sample.Agency
	admin  client
}

func newPluginSite(t *testing.T) pluginSite {
	t.Helper()
	h, err := pluginhost.New(pluginhost.Config{AllowUnjailed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return newSite(t, sample.Options{Plugins: h}).withAgency(t)
}

func (s *site) withAgency(t *testing.T) pluginSite {
	t.Helper()
	x := pluginSite{s, sample.NewAgency(t), s.as(t, s.Lead, "plugin_admin")}
	x.admin.want(201, "POST", "/plugin-publishers", obj{"line": x.agency.Line})
	return x
}

// upload sends a file as it is.
func (c client) upload(file []byte) answer {
	c.t.Helper()
	return c.do("POST", "/plugins", string(file), "Content-Type", "application/octet-stream")
}

// admit takes a version up to its approval.
func (x pluginSite) admit(t *testing.T, version string, share int) {
	t.Helper()
	if a := x.admin.upload(x.agency.Pack(t, version, share)); a.status != 201 {
		t.Fatalf("upload: %d %s", a.status, a.body)
	}
	a := x.admin.want(200, "POST", aidVersion(version)+"/check", nil)
	x.admin.want(200, "POST", aidVersion(version)+"/approve", obj{"reason": "vista"}, "If-Match", a.header.Get("ETag"))
}

func (x pluginSite) active(t *testing.T, version string, of ...postgres.Tenant) {
	t.Helper()
	x.admin.want(200, "POST", aidVersion(version)+"/activations", obj{"reason": "prova", "everywhere": len(of) == 0,
		"tenants": convert(of, func(o postgres.Tenant) string { return string(o.ID) })})
}

func aidAsk(project casework.ProjectID) obj {
	return obj{"subsidy": "aid", "project_id": project, "facts": obj{"cost": 10000}}
}

// The life of a plugin, over the API alone.
func TestPluginLife(t *testing.T) {
	x := newPluginSite(t)
	p, theirs := x.Project(t, x.Entity, 1), x.Project(t, x.OtherEntity, 2)
	mine, others := x.as(t, x.Entity, "operator"), x.as(t, x.OtherEntity, "operator")
	decide := func(c client, p casework.ProjectID, status int) (d casework.Decision) {
		t.Helper()
		a := c.want(status, "POST", "/subsidy-decisions", aidAsk(p))
		if status == 201 {
			a.into(t, &d)
		}
		return d
	}

	a := x.admin.upload(x.agency.Pack(t, "1.0.0", 50))
	var d pluginDetail
	a.into(t, &d)
	if a.status != 201 || a.header.Get("Location") != Prefix+aidVersion("1.0.0") || d.State != "verified" || d.Publisher != "Agenzia di prova" || len(d.Offers) != 3 ||
		len(d.Changes) != 7 || d.Offers[0].Facts[0].Purpose.IT == "" || len(d.Organisations) != 2 || len(d.Steps) != 1 {
		t.Fatalf("uploaded: %d %s", a.status, a.body)
	}
	if got := x.admin.upload(x.agency.Pack(t, "1.0.0", 50)); got.status != 409 || got.problem(t).Code != "plugin_version_exists" {
		t.Errorf("twice: %d %s", got.status, got.body)
	}
	x.admin.want(409, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": "senza prova"}, "If-Match", a.header.Get("ETag"))
	x.admin.want(409, "POST", aidVersion("1.0.0")+"/activations", obj{"everywhere": true, "reason": "prova"})
	checked := x.admin.want(200, "POST", aidVersion("1.0.0")+"/check", nil)
	checked.into(t, &d)
	if d.State != "conformant" || d.CheckedAt == nil || len(d.Findings) != 0 {
		t.Fatalf("checked: %s", checked.body)
	}
	x.admin.want(428, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": "vista"})
	x.admin.want(412, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": "vista"}, "If-Match", a.header.Get("ETag"))
	x.admin.want(422, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": " "}, "If-Match", checked.header.Get("ETag"))
	x.admin.want(200, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": "vista"}, "If-Match", checked.header.Get("ETag"))
	decide(mine, p.ID, 422)

	x.active(t, "1.0.0", x.Entity)
	first := decide(mine, p.ID, 201)
	if first.TotalCents != 5000 || first.PluginVersion != "1.0.0" {
		t.Errorf("decided %+v", first)
	}
	decide(others, theirs.ID, 422)
	decide(others, p.ID, 404)

	x.admit(t, "2.0.0", 60)
	x.admin.want(200, "POST", aidVersion("2.0.0")+"/shadow", nil).into(t, &d)
	if d.Shadow == nil || d.Before != "1.0.0" {
		t.Errorf("shadow: %+v", d)
	}
	x.active(t, "2.0.0")
	x.active(t, "2.0.0", x.Entity)
	if got := decide(mine, p.ID, 201); got.TotalCents != 6000 {
		t.Errorf("version 2 decided %d", got.TotalCents)
	}
	decide(others, theirs.ID, 201)
	x.active(t, "1.0.0", x.Entity)
	if got := decide(mine, p.ID, 201); got.TotalCents != 5000 {
		t.Errorf("rolled back, %d", got.TotalCents)
	}

	x.admin.want(200, "POST", aidVersion("1.0.0")+"/suspend", obj{"reason": "un dubbio"})
	decide(mine, p.ID, 503) // who had it is told why it is gone
	x.admin.want(409, "POST", aidVersion("1.0.0")+"/suspend", obj{"reason": "di nuovo"})
	x.admin.want(200, "POST", aidVersion("1.0.0")+"/resume", obj{"reason": "chiarito"})
	decide(mine, p.ID, 201)
	x.admin.want(200, "POST", aidVersion("1.0.0")+"/deactivations", obj{"tenants": []any{x.Entity.ID}, "reason": "prova"})
	decide(mine, p.ID, 422)
	x.admin.want(200, "POST", aidVersion("1.0.0")+"/revoke", obj{"reason": "mai più"})
	x.admin.want(409, "POST", aidVersion("1.0.0")+"/resume", obj{"reason": "no"})

	var r decisionReplay
	mine.want(200, "POST", "/subsidy-decisions/"+string(first.ID)+"/replay", nil).into(t, &r)
	if !r.Same || r.Stored != r.Again || r.PluginVersion != "1.0.0" || r.SHA256 != first.PluginHash {
		t.Errorf("replay: %+v", r)
	}
	others.want(404, "POST", "/subsidy-decisions/"+string(first.ID)+"/replay", nil)

	var list page[plugin]
	x.admin.want(200, "GET", "/plugins", nil).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Version != "2.0.0" || !list.Items[0].Everywhere || list.Items[1].State != "revoked" {
		t.Errorf("list: %+v", list)
	}
	last := x.admin.want(200, "GET", aidVersion("1.0.0"), nil)
	last.into(t, &d)
	if len(d.Steps) < 9 || last.header.Get("ETag") != etagOf(d.Revision) {
		t.Errorf("%d steps, %s", len(d.Steps), last.header.Get("ETag"))
	}
}

// What is refused is not stored, and is told at the body.
func TestUploadsRefused(t *testing.T) {
	x := newPluginSite(t)
	good := x.agency.Pack(t, "1.0.0", 50)
	changed := bytes.Clone(good)
	changed[len(changed)/2] ^= 1
	for name, in := range map[string]struct {
		file   []byte
		status int
		code   string
	}{
		"no plugin":  {[]byte("PK canary-7781"), 422, "pack_unreadable"},
		"a stranger": {sample.NewAgency(t).Pack(t, "1.0.0", 50), 422, "pack_publisher"},
		"changed":    {changed, 422, ""},
		"empty":      {nil, 400, "bad_json"},
	} {
		a := x.admin.upload(in.file)
		p := a.problem(t)
		if a.status != in.status || strings.Contains(string(a.body), "canary") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if in.status == 422 && (len(p.Errors) != 1 || p.Errors[0].Location != "body" || (in.code != "" && p.Errors[0].Code != in.code)) {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	x.admin.want(415, "POST", "/plugins", string(good))
	x.admin.want(415, "POST", "/plugins", string(good), "Content-Type", "text/html")
	operator := x.as(t, x.Entity, "operator")
	if a := operator.upload(good); a.status != 403 {
		t.Errorf("an operator uploads: %d", a.status)
	}
	var list page[plugin]
	x.admin.want(200, "GET", "/plugins", nil).into(t, &list)
	if len(list.Items) != 0 {
		t.Errorf("stored: %+v", list)
	}

	var pubs page[publisher]
	x.admin.want(200, "GET", "/plugin-publishers", nil).into(t, &pubs)
	if len(pubs.Items) != 1 || pubs.Items[0].Name != "Agenzia di prova" || len(pubs.Items[0].PublicKey) != 32 {
		t.Fatalf("publishers: %+v", pubs)
	}
	x.admin.want(204, "DELETE", "/plugin-publishers/"+pubs.Items[0].KeyID, nil)
	x.admin.want(404, "DELETE", "/plugin-publishers/0000000000000000", nil)
	x.admin.want(422, "POST", "/plugin-publishers", obj{"line": "canary"})
	if a := x.admin.upload(good); a.problem(t).Errors[0].Code != "pack_publisher" {
		t.Errorf("a publisher who is not believed any more: %d %s", a.status, a.body)
	}
}

// Large bodies are for who may send them, up to the limit, and few at a time; what is too
// large is not read.
func TestLargeBodies(t *testing.T) {
	x := newPluginSite(t)
	sent := func(c client, length int64, body *slowBody) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", c.url+"/plugins", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header.Set("Expect", "100-continue") // nothing is sent before somebody wants to read it
		r.ContentLength = length
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for _, in := range []struct {
		c      client
		length int64
		status int
	}{{x.as(t, x.Entity, "operator"), 32 << 20, 403}, {client{t, x.url, ""}, 32 << 20, 401}, {x.admin, service.MaxPluginPack + 1, 413}} {
		body := newSlowBody(0)
		if res := sent(in.c, in.length, body); res.StatusCode != in.status {
			t.Errorf("%d bytes: %d, want %d", in.length, res.StatusCode, in.status)
		}
		select {
		case <-body.asked:
			t.Errorf("a body was read that is answered with %d", in.status)
		default:
		}
	}
	// Two arrive slowly: a third is asked to come again, and comes in when they are done.
	var wait sync.WaitGroup
	bodies := []*slowBody{newSlowBody(1), newSlowBody(1)}
	for _, b := range bodies {
		wait.Go(func() { sent(x.admin, 1, b) })
	}
	for _, b := range bodies {
		<-b.asked
	}
	var busy answer
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if busy = x.admin.upload([]byte("x")); busy.status == 503 {
			break
		}
	}
	if busy.status != 503 || busy.problem(t).Code != "plugin_busy" || busy.header.Get("Retry-After") == "" {
		t.Errorf("a third: %d %s", busy.status, busy.body)
	}
	for _, b := range bodies {
		close(b.go_)
	}
	wait.Wait()
	if a := x.admin.upload([]byte("x")); a.status != 422 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
	if a := x.admin.do("POST", "/course-imports", obj{"catalog": "aid_courses", "content": strings.Repeat("x", 2<<20)}); a.status != 422 {
		t.Errorf("a feed of 2 MiB: %d %s", a.status, a.body)
	}
	if a := x.admin.do("POST", "/course-imports", obj{"catalog": strings.Repeat("x", 7<<20)}); a.status != 413 || !strings.Contains(a.problem(t).Detail, "6 MiB") {
		t.Errorf("7 MiB: %d %s", a.status, a.body)
	}
}

// slowBody is a body of n bytes that waits until it is let go.
type slowBody struct {
	n          int
	asked, go_ chan struct{}
	once       sync.Once
}

func newSlowBody(n int) *slowBody {
	return &slowBody{n: n, asked: make(chan struct{}), go_: make(chan struct{})}
}

func (b *slowBody) Read(p []byte) (int, error) {
	b.once.Do(func() { close(b.asked) })
	if b.n == 0 {
		return 0, io.EOF
	}
	<-b.go_
	p[0] = 'x'
	b.n--
	return 1, nil
}

// An intervention type of a plugin is in the list with the seven, and its plugin proposes.
func TestProposal(t *testing.T) {
	x := newPluginSite(t)
	p := x.Project(t, x.Entity, 1)
	c := x.as(t, x.Entity, "operator")
	at, ask := "/projects/"+string(p.ID)+"/proposals", obj{"type": "aid_visit", "details": obj{"day": "2027-03-01", "visits": 3}}
	if got := c.want(422, "POST", at, ask).problem(t); got.Errors[0].Location != "body/type" {
		t.Errorf("not active: %+v", got)
	}
	x.admit(t, "1.0.0", 50)
	x.active(t, "1.0.0", x.Entity)

	var types page[interventionType]
	c.want(200, "GET", "/intervention-types", nil).into(t, &types)
	if n := len(types.Items); n != 8 || types.Items[n-1].Code != "aid_visit" || types.Items[n-1].Plugin != "aid" || types.Items[n-1].Version != "1.0.0" || types.Items[n-1].Agency == "" {
		t.Errorf("types: %+v", types.Items)
	}
	x.as(t, x.OtherEntity, "operator").want(200, "GET", "/intervention-types", nil).into(t, &types)
	if len(types.Items) != 7 {
		t.Errorf("the other entity has %d types", len(types.Items))
	}
	var got proposal
	c.want(200, "POST", at, ask).into(t, &got)
	if got.TotalCents != 3000 || len(got.Contribution.Budget) != 1 || len(got.Remarks) != 0 || got.PluginVersion != "1.0.0" || got.Agency == "" {
		t.Errorf("proposal: %+v", got)
	}
	x.as(t, x.OtherEntity, "operator").want(404, "POST", at, ask)
	if bad := c.want(422, "POST", at, obj{"type": "aid_visit", "details": obj{"visits": 99}}).problem(t); len(bad.Errors) == 0 || !strings.HasPrefix(bad.Errors[0].Location, "body/details/") {
		t.Errorf("incomplete: %+v", bad)
	}
}
