// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/sample"
)

// startPlugins builds the rent subsidy and runs it out of process.
func startPlugins(t *testing.T) *pluginhost.Host {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "rent-subsidy"), "./plugins/rent-subsidy")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the plugin: %v\n%s", err, out)
	}
	manifest, err := os.ReadFile(filepath.Join("..", "..", "plugins", "rent-subsidy", "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rent-subsidy.yaml"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// TestSubsidy asks the rule, stores its decision, and kills it in between: what was typed
// stays, the page says what happened, and the next try works.
func TestSubsidy(t *testing.T) {
	host := startPlugins(t)
	w := newWorldWith(t, sample.Options{Plugins: host})
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	at := home + "/contributo"
	b := w.as(t, w.Entity, "operator")
	b.get(at).want(200, "Canone mensile", `value="6"`)
	facts := []string{"monthly_rent", "450", "household_size", "2", "monthly_income", "600,50"}
	b.send(at, "", "monthly_rent", "molto", "azione", "prova").want(422, "Scrivi un importo", `value="molto"`, "Manca la risposta")
	b.send(at, "", append(facts, "azione", "prova")...).want(200, "Perché", "È una prova", `value="600,50"`)
	if strings.Contains(b.body, "Decisioni registrate") {
		t.Error("a trial was recorded")
	}
	form := b.form(at, "")
	form.Set("azione", "decidi")
	for _, info := range host.Plugins() {
		if info.PID != 0 {
			if err := syscall.Kill(info.PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.post(at, form).want(503, "non risponde", `value="600,50"`)
	b.post(at, form).want(200, "Decisione registrata", "Contributo deciso", "Dati usati", "600,50")
	b.get(at).want(200, "Decisioni registrate")
	w.as(t, w.Entity, "entity_manager").get(at).want(200, "Prova senza registrare")
	w.as(t, w.OtherEntity, "operator").get(at).want(404)
	b.get(home + "/contributo/" + newUUID).want(404)
}

// newUUID is an id that nothing has.
const newUUID = "0192aaaa-0000-7000-8000-000000000000"
