// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/tenant"
)

// get asks the API with a token and decodes the answer.
func (d *demoProcess) get(token, path string, into any) int {
	d.t.Helper()
	return d.call(token, http.MethodGet, path, "", nil, into)
}

// call does one request; a connection that fails is status 0.
func (d *demoProcess) call(token, method, path, ifMatch string, body, into any) int {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			d.t.Error(err)
			return 0
		}
		send = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, d.file.URL+"/api/v1"+path, send)
	if err != nil {
		d.t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if ifMatch != "" {
		r.Header.Set("If-Match", ifMatch)
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0
	}
	if into != nil && answer.StatusCode < 300 {
		if err := json.Unmarshal(text, into); err != nil {
			d.t.Errorf("%s %s: %v", method, path, err)
		}
	}
	return answer.StatusCode
}

type projects struct {
	Items []struct {
		ID      string `json:"id"`
		Code    string `json:"code"`
		State   string `json:"state"`
		Version int    `json:"version"`
	} `json:"items"`
}

// The demo starts from nothing, answers, ends with everything it started, and goes on with
// the same data.
func TestDemo(t *testing.T) {
	dir := demoFolder(t)
	d := startDemo(t, dir)
	checkAccounts(t, d)
	if s := d.status("/api/v1/status"); s != http.StatusOK {
		t.Errorf("/api/v1/status: %d", s)
	}
	for _, a := range d.file.Accounts {
		var me struct {
			User   struct{ ID, Name string }
			Tenant struct{ ID, Name, Kind string }
			Roles  []tenant.Role
		}
		if s := d.get(a.Token, "/me", &me); s != http.StatusOK {
			t.Fatalf("/me as %v: %d", a.Roles, s)
		}
		if me.User.ID != string(a.UserID) || me.User.Name != a.Name || me.Tenant.Name != a.Tenant ||
			me.Tenant.Kind != string(a.TenantKind) || !slices.Equal(me.Roles, a.Roles) {
			t.Errorf("%+v is not %+v", me, a)
		}
	}
	operator := d.account("operator", 0)
	checkPages(t, d, operator)
	var before, after projects
	d.get(operator.Token, "/projects?limit=100", &before)
	if len(before.Items) < 5 {
		t.Errorf("the operator has %d projects", len(before.Items))
	}
	if strings.Contains(d.out.String(), operator.Token) || !strings.Contains(d.out.String(), operator.Password) || !strings.Contains(d.out.String(), d.file.URL) {
		t.Errorf("printed:\n%s", d.out)
	}

	started := family(d.cmd.Process.Pid)
	if len(started) < 3 {
		t.Errorf("%d processes: neither PostgreSQL nor the plugin runs", len(started))
	}
	if code := d.terminate(); code != exitDone {
		t.Errorf("exit code %d: %s", code, d.errs)
	}
	mustEnd(t, started)

	again := startDemo(t, dir)
	if diff := cmp.Diff(d.file.Accounts, again.file.Accounts); diff != "" {
		t.Errorf("the accounts changed: %s", diff)
	}
	again.get(operator.Token, "/projects?limit=100", &after)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the projects changed: %s", diff)
	}
	checkSecondDemo(t, again)

	started = family(again.cmd.Process.Pid)
	again.kill()
	mustEnd(t, started)
	checkLostAccounts(t, d)
}

// checkPages: with the printed password a person gets in and sees the list of projects.
func checkPages(t *testing.T, d *demoProcess, a account) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	defer browser.CloseIdleConnections()
	r, err := browser.PostForm(d.file.URL+"/accedi", url.Values{"email": {a.Email}, "password": {a.Password}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r, err = browser.Get(d.file.URL + "/progetti"); err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || r.Request.URL.Path != "/progetti" || strings.Count(string(page), "PI-") < 5 {
		t.Errorf("%d at %s, %d bytes, %v", r.StatusCode, r.Request.URL.Path, len(page), err)
	}
}

// checkAccounts: every role, complete, and the social worker of Viareggio first.
func checkAccounts(t *testing.T, d *demoProcess) {
	t.Helper()
	count := map[tenant.Role]int{}
	tenants := map[tenant.Kind]map[string]bool{}
	for _, a := range d.file.Accounts {
		count[a.Roles[0]]++
		if tenants[a.TenantKind] == nil {
			tenants[a.TenantKind] = map[string]bool{}
		}
		tenants[a.TenantKind][a.Tenant] = true
		if !strings.HasSuffix(a.Email, ".example") || !credential.IsToken(a.Token) || !tenant.ValidUUID(string(a.TenantID)) || !tenant.ValidUUID(string(a.UserID)) ||
			credential.CheckStrength(a.Password, a.Email, a.Name) != "" {
			t.Errorf("account of %v is not complete", a.Roles)
		}
	}
	for _, k := range tenant.Kinds() {
		for _, r := range tenant.RolesOf(k) {
			least := map[tenant.Role]int{tenant.Evaluator: 2, tenant.PolicyAdmin: 2, tenant.Operator: 4, tenant.EntityManager: 3}[r]
			if count[r] < max(1, least) {
				t.Errorf("%d accounts of %s", count[r], r)
			}
		}
	}
	if len(tenants[tenant.LeadAgency]) != 1 || len(tenants[tenant.ImplementingEntity]) != 3 || len(tenants[tenant.SocialServices]) != 2 {
		t.Errorf("organisations: %v", tenants)
	}
	if w := d.account("social_worker", 0); !strings.Contains(w.Tenant, "Versilia") {
		t.Errorf("the first social worker is of %s", w.Tenant)
	}
	if info, err := os.Stat(filepath.Join(d.dir, "demo.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json: %v %v", info.Mode(), err)
	}
}

// checkSecondDemo: neither the port nor the folder can be had twice, and each is said in one line.
func checkSecondDemo(t *testing.T, d *demoProcess) {
	t.Helper()
	for want, args := range map[string][]string{
		"cannot listen on":    {"--listen", strings.TrimPrefix(d.file.URL, "http://"), "--data", filepath.Join(t.TempDir(), "x")},
		"a demo already runs": {"--listen", "127.0.0.1:0", "--data", d.dir},
	} {
		out, err := exec.Command(program, append([]string{"demo"}, args...)...).CombinedOutput()
		if exit := exitOf(err); exit != exitMissing || !strings.Contains(string(out), want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: exit code %d, %s", want, exit, out)
		}
	}
}

// checkLostAccounts: without demo.json a start gives new passwords and tokens, and the old
// ones open nothing.
func checkLostAccounts(t *testing.T, old *demoProcess) {
	t.Helper()
	if err := os.Remove(filepath.Join(old.dir, "demo.json")); err != nil {
		t.Fatal(err)
	}
	d := startDemo(t, old.dir)
	if len(d.file.Accounts) != len(old.file.Accounts) {
		t.Fatalf("%d accounts, were %d", len(d.file.Accounts), len(old.file.Accounts))
	}
	for i, a := range d.file.Accounts {
		was := old.file.Accounts[i]
		if a.UserID != was.UserID || a.TenantID != was.TenantID || a.Token == was.Token || a.Password == was.Password {
			t.Errorf("account %d: not the same user with new secrets", i)
		}
		if s, z := d.get(a.Token, "/me", nil), d.get(was.Token, "/me", nil); s != http.StatusOK || z != http.StatusUnauthorized {
			t.Errorf("new token %d, old token %d", s, z)
		}
	}
	d.terminate()
}

func TestOpenDoors_takenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, f := range []listenFlags{
		{Listen: l.Addr().String(), MetricsListen: "off"},
		{Listen: "127.0.0.1:0", MetricsListen: l.Addr().String()},
	} {
		if _, err := openDoors(f); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestOpenDemoDir(t *testing.T) {
	root := t.TempDir()
	foreign := filepath.Join(root, "foreign")
	if err := os.MkdirAll(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "letter.txt"), []byte("dear"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{false, true} {
		if _, err := openDemoDir(foreign, fresh); err == nil {
			t.Errorf("a folder with something else in it passes, fresh %v", fresh)
		}
	}
	d, err := openDemoDir(filepath.Join(root, "a", "demo"), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.renewSecrets(); err != nil {
		t.Fatal(err)
	}
	if err := d.markSeeded(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file("note.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if d, err = openDemoDir(string(d), true); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, _ := os.ReadDir(string(d))
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if diff := cmp.Diff([]string{"note.txt", demoMark}, left); diff != "" {
		t.Errorf("left after --fresh: %s", diff)
	}
}
