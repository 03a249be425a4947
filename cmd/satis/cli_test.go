// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/credential"
	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/tenant"
)

// satis runs a command in this process.
func satis(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, streams{strings.NewReader(stdin), &o, &e})
	return code, o.String(), e.String()
}

func exitOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return exitDone
}

// What is wrong with a command line is said in one line on standard error, with code 2.
func TestRun_usage(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open.secret")
	if err := os.WriteFile(open, []byte(strings.Repeat("x", 40)), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		args string
		says string
	}{
		{"fly", "unexpected argument fly"},
		{"serve", "--database-url is needed (or SATIS_DATABASE_URL)"},
		{"serve --listen 0.0.0.0:0", "without TLS"},
		{"serve --listen :8080", "without TLS"},
		{"serve --tls-cert a.pem", "go together"},
		{"serve --tls-cert a.pem --tls-key b.pem --behind-proxy", "exclude each other"},
		{"serve --tls-cert a.pem --tls-key b.pem", "a.pem: no such file"},
		{"serve --metrics-listen 0.0.0.0:9090", "loopback"},
		{"demo --metrics-listen :9090", "loopback"},
		{"migrate up", "--database-secret-file is needed"},
		{"migrate up --database-secret-file " + open, "chmod 600"},
		{"migrate up --database-secret-file " + filepath.Join(dir, "none"), "no such file"},
		{"migrate status", "--admin-url-file is needed"},
		{"tenant create --kind club --name x", "--kind must be one of"},
		{"tenant create --kind lead_agency --name x --network 7", "--network is no id"},
		{"tenant suspend 7", "no id of an organisation"},
		{"user create --email a@b.example --tenant 7 --name N --role operator --password-file -", "--tenant is no id"},
		{"user token --email a@b.example --tenant 7 --name n", "--tenant is no id"},
		{"user token --email a@b.example --tenant 7 --name n --lasts 0s", "--lasts"},
		{"audit verify -o yaml", "must be one of"},
	}
	for _, tc := range cases {
		code, out, errs := satis(t, "", strings.Fields(tc.args)...)
		if code != exitUsage || !strings.Contains(errs, tc.says) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("satis %s: code %d, out %q, says %q", tc.args, code, out, errs)
		}
	}
}

func TestRun_help(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"user", "token", "--help"}} {
		if code, out, _ := satis(t, "", args...); code != exitDone || !strings.Contains(out, "Usage: satis") {
			t.Errorf("%v: code %d", args, code)
		}
	}
	if code, out, _ := satis(t, "", "version"); code != exitDone || !strings.HasPrefix(out, "satis ") {
		t.Errorf("version: %d %q", code, out)
	}
}

// No command takes a secret as an argument: every process of the machine could read it.
func TestRun_noSecretsInArguments(t *testing.T) {
	for _, args := range [][]string{{"user", "create"}, {"user", "password"}, {"user", "token"}, {"serve"}, {"migrate", "up"}} {
		_, out, _ := satis(t, "", append(args, "--help")...)
		for _, flag := range []string{"--password=", "--token=", "--secret=", "--master-key="} {
			if strings.Contains(out, flag) {
				t.Errorf("%v has %s", args, flag)
			}
		}
	}
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	code, out, _ := satis(t, "", "init", dir)
	if code != exitDone {
		t.Fatalf("code %d", code)
	}
	for _, path := range strings.Fields(out) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	before, _ := os.ReadFile(filepath.Join(dir, masterName))
	if code, _, errs := satis(t, "", "init", dir); code != exitUsage || !strings.Contains(errs, "is not overwritten") {
		t.Errorf("again: %d %s", code, errs)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, masterName)); !bytes.Equal(before, after) {
		t.Error("the master key was overwritten")
	}
}

// host is an installation's command line on a database of its own.
type host struct {
	*testing.T
	env   dbtest.Env
	flags []string
}

func newHost(t *testing.T) host {
	t.Helper()
	e := dbtest.New(t)
	dir := filepath.Join(t.TempDir(), "keys")
	if code, _, errs := satis(t, "", "init", dir); code != exitDone {
		t.Fatal(errs)
	}
	secret := filepath.Join(dir, "test.secret")
	if err := writeSecretFile(secret, string(e.Secret)); err != nil {
		t.Fatal(err)
	}
	return host{t, e, []string{"--database-url", e.URL, "--database-secret-file", secret, "--master-key-file", filepath.Join(dir, masterName)}}
}

// do runs a command that must succeed and gives its output.
func (h host) do(stdin string, args ...string) string {
	h.Helper()
	code, out, errs := satis(h.T, stdin, append(args, h.flags...)...)
	if code != exitDone {
		h.Fatalf("%v: code %d: %s", args, code, errs)
	}
	return strings.TrimSpace(out)
}

// fail runs a command that must not succeed.
func (h host) fail(code int, says, stdin string, args ...string) {
	h.Helper()
	got, out, errs := satis(h.T, stdin, append(args, h.flags...)...)
	if got != code || !strings.Contains(errs, says) {
		h.Errorf("%v: code %d, %q, %q", args, got, out, errs)
	}
}

const goodPassword = "otto-barche-al-largo"

// A host sets up a network, people come and go, and the audit knows of all of it.
func TestHost(t *testing.T) {
	h := newHost(t)
	lead := h.do("", "tenant", "create", "--kind", "lead_agency", "--name", "Comune capofila", "--network-name", "Rete")
	var list []tenantRow
	if err := json.Unmarshal([]byte(h.do("", "tenant", "list", "-o", "json")), &list); err != nil || len(list) != 1 || string(list[0].ID) != lead {
		t.Fatalf("list: %v %v", list, err)
	}
	entity := h.do("", "tenant", "create", "--kind", "implementing_entity", "--name", "Associazione", "--network", string(list[0].Network))
	other := h.do("", "tenant", "create", "--kind", "social_services", "--name", "Servizi", "--network", string(list[0].Network), "--municipality", "Viareggio", "--municipality", "Camaiore")
	if table := h.do("", "tenant", "list"); !strings.Contains(table, "Viareggio, Camaiore") || strings.Count(table, "\n") != 3 {
		t.Errorf("table:\n%s", table)
	}
	h.fail(exitFailed, "", "", "tenant", "create", "--kind", "lead_agency", "--name", "Un'altra", "--network", string(list[0].Network))

	who := []string{"--email", "Ada.Bini@example.org", "--tenant", entity}
	create := append([]string{"user", "create", "--name", "Ada Bini", "--role", "operator", "--password-file", "-"}, who...)
	h.fail(exitUsage, "password_too_short", "breve\n", create...)
	id := h.do(goodPassword+"\n", create...)
	if !tenant.ValidUUID(id) {
		t.Errorf("created %q", id)
	}
	h.fail(exitUsage, "already a user", goodPassword, create...)
	h.do("", append([]string{"user", "grant", "--role", "entity_manager"}, who...)...)
	h.fail(exitUsage, "roles: ", "", append([]string{"user", "grant", "--role", "approver"}, who...)...)
	h.fail(exitUsage, "Not among the admitted values", "", append([]string{"user", "grant", "--role", "approver"}, who...)...)
	h.fail(exitUsage, "not_found", "", "user", "grant", "--role", "operator", "--email", "nobody@example.org", "--tenant", entity)
	h.do("", append([]string{"user", "revoke", "--role", "operator"}, who...)...)
	h.fail(exitUsage, "not_found", "", append([]string{"user", "revoke", "--role", "operator"}, who...)...)
	h.fail(exitUsage, "password_too_known", "ada.bini@example.org", "user", "password", "--email", "ada.bini@example.org", "--password-file", "-")
	h.do("nove-barche-al-largo", "user", "password", "--email", "ada.bini@example.org", "--password-file", "-")
	h.token(who)

	h.do("", "tenant", "suspend", other)
	h.do("", "tenant", "resume", other)
	h.verify(3)
}

func (h host) token(who []string) {
	h.Helper()
	args := append([]string{"user", "token", "--name", "ufficio"}, who...)
	if token := h.do("", args...); !credential.IsToken(token) {
		h.Errorf("printed %d characters, no token", len(token))
	}
	file := filepath.Join(h.TempDir(), "token")
	if out := h.do("", append(args, "--token-file", file)...); out != "" {
		h.Errorf("printed %q beside the file", out)
	}
	text, err := os.ReadFile(file)
	if err != nil || !credential.IsToken(strings.TrimSpace(string(text))) {
		h.Errorf("token file: %v", err)
	}
	var live int
	h.env.Query(h, &live, `SELECT count(*) FROM api_token`)
	if live != 1 {
		h.Errorf("%d tokens of one name", live)
	}
}

// verify: every chain holds; then one entry is changed behind the product's back, and the
// list names the organisation and the entry.
func (h host) verify(tenants int) {
	h.Helper()
	var chains []chain
	if err := json.Unmarshal([]byte(h.do("", "audit", "verify", "-o", "json")), &chains); err != nil || len(chains) != tenants {
		h.Fatalf("%v %v", chains, err)
	}
	for _, c := range chains {
		if !c.Holds || c.Entries == 0 {
			h.Errorf("%+v", c)
		}
	}
	h.env.Admin(h, `SET row_security = off`,
		`UPDATE audit_entry SET payload = replace(payload, 'create', 'delete') WHERE seq = 1 AND tenant_id = (SELECT id FROM tenant WHERE name = 'Associazione')`)
	code, out, errs := satis(h.T, "", append([]string{"audit", "verify"}, h.flags...)...)
	var line string
	for l := range strings.Lines(out) {
		if strings.HasPrefix(l, "Associazione") {
			line = l
		}
	}
	if code != exitBroken || !strings.Contains(line, "entry 1") || !strings.Contains(line, "false") || strings.Count(out, "true") != tenants-1 || errs == "" {
		h.Errorf("code %d, %s\n%s", code, errs, out)
	}
}

// The schema is made and its steps are listed; a wrong address is code 4 and tells no password.
func TestMigrate(t *testing.T) {
	h := newHost(t)
	secret := h.flags[3]
	admin := filepath.Join(t.TempDir(), "admin.url")
	if err := writeSecretFile(admin, h.env.AdminURL); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := satis(t, "", "migrate", "up", "--admin-url-file", admin, "--database-secret-file", secret); code != exitDone {
		t.Fatalf("up: %s", errs)
	}
	code, out, _ := satis(t, h.env.AdminURL+"\n", "migrate", "status", "--admin-url-file", "-", "-o", "json")
	if code != exitDone || strings.Count(out, `"applied": true`) < 3 || strings.Contains(out, `"applied": false`) {
		t.Errorf("status: %d %s", code, out)
	}
	away := "postgres://someone:verysecret@127.0.0.1:1/none?sslmode=disable"
	code, _, errs := satis(t, away, "migrate", "up", "--admin-url-file", "-", "--database-secret-file", secret)
	if code != exitMissing || strings.Contains(errs, "verysecret") {
		t.Errorf("away: %d %s", code, errs)
	}
	h.flags[1] = "postgres://127.0.0.1:1/none?sslmode=disable"
	h.fail(exitMissing, "satis migrate up", "", "tenant", "list")
}
