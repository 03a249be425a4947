// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chromedp/chromedp"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/sdk"
)

// agencyKey is a partner agency that signs plugins for this test.
type agencyKey struct {
	private ed25519.PrivateKey
	line    string
}

func newAgencyKey(t *testing.T) agencyKey {
	t.Helper()
	text, line, err := pack.NewKey("Agenzia Casa e Lavoro")
	if err != nil {
		t.Fatal(err)
	}
	key, err := pack.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return agencyKey{key, line}
}

// packChange is a file of a bundled plugin that another version of it has otherwise.
type packChange struct {
	file string
	with *strings.Replacer
}

// pack builds a bundled plugin, changed as told, and signs it, with other golden
// cases than its own where some are given. It gives the file.
func (a agencyKey) pack(t *testing.T, plugin string, cases map[string]string, changes ...packChange) string {
	t.Helper()
	source, dir := filepath.Join("..", "..", "plugins", plugin), t.TempDir()
	manifest, err := os.ReadFile(filepath.Join(source, "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, c := range changes {
		text, err := os.ReadFile(filepath.Join(source, c.file))
		if err != nil {
			t.Fatal(err)
		}
		changed, out := c.with.Replace(string(text)), filepath.Join(dir, c.file)
		if changed == string(text) {
			t.Fatalf("%s of %s is not what it was when this test was written", c.file, plugin)
		}
		if err := os.WriteFile(out, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.file == "plugin.yaml" {
			manifest = []byte(changed)
		}
		whole, _ := filepath.Abs(filepath.Join(source, c.file))
		replace[whole] = out
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": replace})
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "binary")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./plugins/"+plugin)
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %s", plugin, text)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sdk.ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	p := &pack.Pack{ManifestText: manifest, Manifest: m, Binaries: map[string][]byte{pack.ThisPlatform(): content}}
	golden := os.DirFS(filepath.Join(source, "testdata", "golden"))
	if cases != nil {
		mine := fstest.MapFS{}
		for name, text := range cases {
			mine[name] = &fstest.MapFile{Data: []byte(text)}
		}
		golden = mine
	}
	if err := p.AddCases(golden); err != nil {
		t.Fatal(err)
	}
	if err := p.Sign(a.private); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, plugin+".satisplugin")
	if err := os.WriteFile(out, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

const rentCase = `{"about": "one person", "subsidy": "rent", "as_of": "2026-06-01", "facts": {"monthly_rent": 50000, "household_size": 1, "monthly_income": 40000, "months_already_supported": 0, "months_requested": 6}%s}`

// With ownID a bundled plugin becomes the agency's: nobody takes the installation's own. It
// brings what that brings, in its place.
const bundledID, ownID = "id: rent-subsidy", "id: rent-agency"

// TestBrowserPlugins is the way of a plugin through the catalogue in a real browser: an
// agency's rent subsidy takes the place of the bundled one; its new version is uploaded,
// checked, approved, compared with the past, activated, rolled back, suspended and revoked;
// it is handed over to another publisher; courses are taken in.
func TestBrowserPlugins(t *testing.T) {
	agency := newAgencyKey(t)
	taken := agency.pack(t, "rent-subsidy", nil, packChange{"plugin.yaml", strings.NewReplacer("version: 1.0.0", "version: 9.0.0")})
	first := agency.pack(t, "rent-subsidy", nil, packChange{"plugin.yaml", strings.NewReplacer(bundledID, ownID)})
	newer := strings.NewReplacer(bundledID, ownID, "version: 1.0.0", "version: 1.1.0", "memory_mb: 512", "memory_mb: 384",
		"        - name: other_housing_benefits\n", "        - name: disability\n          kind: yes_no\n          class: case\n          label: {it: Disabilità nel nucleo, en: Disability in the household}\n        - name: other_housing_benefits\n",
		"    purposes:\n", "    purposes:\n      disability: {it: Alza il massimale quando serve una casa accessibile., en: It raises the ceiling where an accessible home is needed.}\n")
	rent := agency.pack(t, "rent-subsidy", map[string]string{"one.json": strings.Replace(rentCase, "%s", "", 1)},
		packChange{"plugin.yaml", newer}, packChange{"parameters.go", strings.NewReplacer("350_00, 450_00", "320_00, 470_00")})
	broken := agency.pack(t, "rent-subsidy", map[string]string{"one.json": strings.Replace(rentCase, "%s", `, "answer": {"eligible": false}`, 1)},
		packChange{"plugin.yaml", strings.NewReplacer(bundledID, ownID, "version: 1.0.0", "version: 1.2.0")})
	courses := agency.pack(t, "course-catalog", nil)

	d := startDemo(t, demoFolder(t))
	c := startChromium(t, d.file.URL)
	w := c.window(d.account("plugin_admin", 0))
	believe(w, agency, rent)
	replaceBundled(w, taken, first)
	w.open("/plugin/carica")
	w.upload(rent)
	w.shows("la firma è valida", "Disabilità nel nucleo", "prima 512\u00a0MiB, ora 384\u00a0MiB")
	at := w.at()
	w.look("plugin-caricato")
	w.press("#check")
	w.shows("Verifica superata")
	w.press("#compare")
	w.shows("Le differenze più grandi")
	w.press("#approve")
	w.shows("Manca la risposta")
	w.fill("reason", "Massimali 2027 letti con l'agenzia, confronto visto.")
	w.look("plugin-da-approvare")
	w.press("#approve")
	w.shows("Ora puoi attivarla")
	activate(w, at)
	stop(w, at)
	w.open("/plugin/carica")
	w.upload(broken)
	w.press("#check")
	w.shows("Verifica non superata", "Non risponde come dice il suo autore")
	w.look("plugin-non-conforme")
	handOver(w)
	takeInCourses(w, courses)
	w.open("/plugin")
	w.look("plugin-elenco")
	s := c.window(d.account("secretariat", 0))
	s.open("/plugin")
	s.look("plugin-elenco-segreteria")

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.complaints {
		t.Errorf("the browser complains: %s", text)
	}
}

// upload chooses a file and sends the form it is in.
func (w *window) upload(file string) {
	w.t.Helper()
	w.run(chromedp.SetUploadFiles("#f-file", []string{file}, chromedp.ByQuery))
	w.press("#send")
}

// believe adds the agency's key; before, its plugin is refused at the field.
func believe(w *window, agency agencyKey, file string) {
	w.t.Helper()
	w.open("/plugin")
	w.press("#upload")
	w.look("plugin-carica")
	w.upload(file)
	w.shows("editore che la rete non conosce")
	w.look("plugin-carica-errore")
	w.open("/plugin")
	w.press("#publishers")
	w.look("plugin-editori-nessuno")
	w.fill("line", "satis-publisher")
	w.press("#save")
	w.shows("Non è la riga di un editore")
	w.fill("line", strings.TrimSpace(agency.line))
	w.press("#save")
	w.shows("Editore aggiunto", "Agenzia Casa e Lavoro")
	w.look("plugin-editori")
}

// replaceBundled is refused what is the installation's, and makes the agency's own plugin
// active in its place.
func replaceBundled(w *window, taken, first string) {
	w.t.Helper()
	w.open("/plugin/carica")
	w.upload(taken)
	w.shows("fa parte dell'installazione")
	w.look("plugin-carica-installazione")
	w.open("/plugin/rent-subsidy/versioni/1.0.0")
	w.look("plugin-installazione")
	w.press("#deactivate")
	w.fill("where", "all", "reason", "Lo sostituisce quello dell'agenzia.")
	w.press("#confirm")
	w.open("/plugin/carica")
	w.upload(first)
	w.press("#check")
	w.shows("Verifica superata")
	w.fill("reason", "Uguale a quello che c'era.")
	w.press("#approve")
	w.press("#activate")
	w.fill("where", "all", "reason", "Per tutti.")
	w.press("#confirm")
	w.shows("Versione attivata")
}

// handOver gives the plugin whose page is open to a publisher who is added for it.
func handOver(w *window) {
	w.t.Helper()
	at := w.at()
	w.press("#hand-over")
	w.shows("di nessun altro editore")
	w.look("plugin-cedi-nessuno")
	w.press("#publishers")
	_, line, err := pack.NewKey("Consorzio Abitare")
	if err != nil {
		w.t.Fatal(err)
	}
	w.fill("line", strings.TrimSpace(line))
	w.press("#save")
	w.open(at)
	w.press("#hand-over")
	w.fill("reason", "Il consorzio continua il lavoro dell'agenzia.")
	w.press("#confirm")
	w.shows("Nuovo editore: Manca la risposta")
	w.look("plugin-cedi")
	w.run(chromedp.Evaluate(`document.getElementById('f-key_id').click()`, nil))
	w.press("#confirm")
	w.shows("Plugin ceduto al nuovo editore", "Non si può approvare")
	w.look("plugin-ceduto")
}

func activate(w *window, at string) {
	w.t.Helper()
	w.press("#activate")
	w.fill("reason", "Prova con un ente.")
	w.press("#confirm")
	w.shows("Scegli almeno un ente")
	w.look("plugin-attiva")
	w.fill("where", "all", "reason", "Delibera 12 della cabina di regia.")
	w.press("#confirm")
	w.shows("Versione attivata", "È in uso")
	w.look("plugin-attivo")
	w.press("a[data-back]")
	w.shows("Tornare a rent-agency 1.0.0")
	w.look("plugin-torna")
	w.open(at)
	w.press("#deactivate")
	w.look("plugin-disattiva")
	w.open(at)
}

func stop(w *window, at string) {
	w.t.Helper()
	w.press("#suspend")
	w.look("plugin-sospendi")
	w.fill("reason", "Un ente segnala importi strani.")
	w.press("#confirm")
	w.shows("Versione sospesa")
	w.look("plugin-sospeso")
	w.press("#revoke")
	w.press("#confirm")
	w.shows("Manca la risposta")
	w.look("plugin-revoca")
	w.fill("reason", "Errore di calcolo confermato dall'agenzia.")
	w.press("#confirm")
	w.shows("Versione revocata", "mai più")
	w.look("plugin-revocato")
}

// takeInCourses uploads a catalog, activates it and takes its courses in.
func takeInCourses(w *window, file string) {
	w.t.Helper()
	w.open("/plugin/carica")
	w.upload(file)
	w.press("#check")
	w.shows("Verifica superata")
	w.fill("reason", "Catalogo di prova.")
	w.press("#approve")
	w.press("#activate")
	w.fill("where", "all", "reason", "Per tutti.")
	w.press("#confirm")
	w.open("/plugin/corsi")
	w.look("plugin-corsi")
	w.fill("source", "plugin")
	w.press("#try")
	w.shows("Ecco che cosa cambierebbe", "200")
	w.press("#store")
	w.shows("Corsi registrati")
	list, err := os.ReadFile("../../plugins/course-catalog/editions.csv")
	if err != nil {
		w.t.Fatal(err)
	}
	lines := strings.SplitAfter(string(list), "\n")
	short := filepath.Join(w.t.TempDir(), "corsi.csv")
	if err := os.WriteFile(short, []byte(strings.Join(lines[:20], "")+"saldatura;x;;;;;;;;;;;;;;;;\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.run(chromedp.SetUploadFiles("#f-file", []string{short}, chromedp.ByQuery))
	w.press("#try")
	w.shows("Ritirate", "Righe lasciate fuori")
	w.look("plugin-corsi-prova")
	w.press("#store")
	w.shows("Corsi registrati")
}
