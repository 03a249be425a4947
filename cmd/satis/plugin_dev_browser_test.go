// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// awaits waits until the page says something, by itself.
func (w *window) awaits(says string) {
	w.t.Helper()
	until(w.t, time.Minute, "the page to say "+says, func() bool { return strings.Contains(w.text(), says) })
}

// The page of an author renews itself at every save, and takes along what was typed; every
// screen of the workbench can be used with a reader's tools and on a phone.
func TestPluginDevInTheBrowser(t *testing.T) {
	dir := newPlugin(t, "rule")
	main := filepath.Join(dir, "main.go")
	d := startDev(t, dir)
	c := startChromium(t, d.base)
	w := c.blank()
	w.open("/")
	w.look("banco")
	w.open(devForm)
	w.look("banco-modulo")

	w.fill("monthly_cost", "500") // typed and not sent
	rewrite(t, filepath.Join(dir, "plugin.yaml"), "it: Costo mensile", "it: Quanto costa")
	w.awaits("Quanto costa")
	if got := w.value("monthly_cost"); got != "500" {
		t.Errorf("what was typed became %q", got)
	}
	w.press("#ask")
	w.shows("100,00\u00a0€ al mese")
	w.look("banco-decisione")

	rewrite(t, main, "100_00", "70_00")
	w.awaits("70,00\u00a0€ al mese")
	rewrite(t, main, "70_00", "seventy")
	w.awaits("Il plugin non si compila")
	w.shows("main.go:", "undefined: seventy")
	w.look("banco-errore")
	rewrite(t, main, "seventy", "80_00")
	w.awaits("80,00\u00a0€ al mese")
	if got := w.value("monthly_cost"); got != "500" {
		t.Errorf("what was typed became %q", got)
	}

	w.press(`form.languages button[value="en"]`)
	w.awaits("€80.00 a month")
	w.fill("monthly_cost", "a lot")
	w.press("#ask")
	w.look("banco-correzione")
	w.press(`form.languages button[value="it"]`)
	w.press("#kit")
	w.shows("Il plugin è conforme")
	w.look("banco-conformita")
	if len(c.complaints) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(c.complaints, "\n"))
	}
}

// The other kinds, as an author sees them.
func TestPluginDevKindsInTheBrowser(t *testing.T) {
	root := sourceRoot(t)
	d := startDev(t, filepath.Join(root, "plugins", "inclusion-traineeship"))
	c := startChromium(t, d.base)
	w := c.blank()
	w.open("/")
	w.press("main .tasks a")
	w.fill("caso", "kitchen")
	w.press("#load-case")
	w.press("#ask")
	w.shows("Che cosa aggiunge al piano", "Costi", "In tutto")
	w.look("banco-intervento")
	d.terminate()

	d = startDev(t, newPlugin(t, "courses"))
	c.base = d.base
	w.open("/cataloghi/bonus_trasporti?caso=autumn")
	w.press("#ask")
	w.shows("Lette 2 edizioni.", "Riga 3", "CPIA Lucca")
	w.look("banco-catalogo")
	w.fill("istat_code", "047014")
	w.press("#ask")
	w.shows("Trovata un'edizione.", "Pistoia")
	if len(c.complaints) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(c.complaints, "\n"))
	}
}
