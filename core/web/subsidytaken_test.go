// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
)

// A subsidy that is suspended while its form is open: what was typed stays, and why there is
// no answer is said. Who evaluates finds what was decided, and no form.
func TestSubsidyTakenAway(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	ctx := w.As(w.Lead, "plugin_admin")
	if _, err := w.Service.AddPublisher(ctx, agency.Line); err != nil {
		t.Fatal(err)
	}
	admitted(t, w, agency.Pack(t, "1.0.0", 50), "1.0.0")
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	at := home + "/contributo"
	b := w.as(t, w.Entity, "operator")
	b.get(at + "?per=aid").want(200)
	b.send(at, "", "cost", "100,00", "azione", "decidi").want(200, "Decisione registrata")
	form := b.get(at+"?per=aid").want(200).form(at, "")
	form.Set("cost", "123,45")
	form.Set("azione", "decidi")
	if _, err := w.Service.SuspendPlugin(ctx, "aid", "1.0.0", "un allarme"); err != nil {
		t.Fatal(err)
	}
	b.post(at, form).want(409, "Sospeso da chi amministra la rete", `value="123,45"`)

	w.Walk(t, p.ID, w.Entity, casework.Submitted)
	e := w.as(t, w.Lead, "evaluator")
	e.get(home).want(200, `href="`+at+`"`)
	e.get(at).want(200, "Decisioni registrate", "Aiuto di prova")
	if strings.Contains(e.body, "Prova senza registrare") || strings.Contains(e.body, "Quale contributo") {
		t.Error("the evaluator is offered a form")
	}
}
