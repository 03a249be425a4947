// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/sample"
)

// TestPluginIsHandedOver: another's version is refused at the file, the page says whose the
// plugin is, and a form hands it over to a publisher who is trusted.
func TestPluginIsHandedOver(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	other, ctx := sample.NamedAgency(t, "Seconda agenzia"), w.As(w.Lead, "plugin_admin")
	first, err := w.Service.AddPublisher(ctx, agency.Line)
	if err != nil {
		t.Fatal(err)
	}
	b := w.as(t, w.Lead, "plugin_admin")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.0.0", 50)).want(200, "Appartiene a", first.KeyID, aidAt+"/cedi")
	b.get(aidAt+"/cedi").want(200, "Cedere aid a un altro editore", "di nessun altro editore", `href="/plugin/editori"`)
	b.get("/plugin/editori").send("/plugin/editori", "", "line", other.Line).want(200, "Seconda agenzia")
	gone, err := w.Service.AddPublisher(ctx, sample.NamedAgency(t, "Agenzia lasciata").Line)
	if err == nil {
		err = w.Service.WithdrawPublisher(ctx, gone.KeyID)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.upload("/plugin/carica", "aid.satisplugin", other.Pack(t, "2.0.0", 70)).want(409, "File del plugin: ", "è di Agenzia di prova (chiave "+first.KeyID+")")

	b.get(aidAt+"/cedi").want(200, "Ora è di Agenzia di prova, chiave "+first.KeyID, "Seconda agenzia (")
	if strings.Contains(b.body, "Agenzia lasciata") || strings.Contains(b.body, `value="`+first.KeyID+`"`) {
		t.Error("it can be given to who is not trusted, or to who has it")
	}
	_, after, _ := strings.Cut(b.body, `name="key_id" value="`)
	key, _, _ := strings.Cut(after, `"`)
	page := *b
	b.send(aidAt+"/cedi", "").want(422, "Motivo: Manca la risposta.")
	b.send(aidAt+"/cedi", "", "reason", "Chiave nuova").want(422, "Nuovo editore: Manca la risposta.", "Chiave nuova</textarea>")
	b.post(aidAt+"/cedi", url.Values{"_base": {"1"}, "key_id": {gone.KeyID}, "reason": {"x"}}).want(422, "scegline uno di fiducia")
	b.post(aidAt+"/cedi", url.Values{"key_id": {key}, "reason": {"x"}}).want(422)
	b.get(aidAt+"/cedi").send(aidAt+"/cedi", "", "key_id", key, "reason", "Chiave nuova").
		want(200, "Plugin ceduto al nuovo editore", "Plugin ceduto: da Agenzia di prova ("+first.KeyID+") a Seconda agenzia ("+key+")", "Chiave nuova", "Non si può approvare")
	page.send(aidAt+"/cedi", "", "key_id", key, "reason", "Ancora").want(412, "passato di mano", "Ora è di Seconda agenzia, chiave "+key)

	b.send(aidAt+"/verifica", "").want(200, "Verifica superata", "questa versione non può essere approvata")
	if strings.Contains(b.body, aidAt+"/approva") {
		t.Error("a version of the owner before is offered for approval")
	}
	b.post(aidAt+"/approva", url.Values{"_base": {"2"}, "reason": {"x"}}).want(409, "Questa versione non è dell")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "3.0.0", 70)).want(409, "è di Seconda agenzia")
	b.upload("/plugin/carica", "aid.satisplugin", other.Pack(t, "2.0.0", 70)).want(200, "la firma è valida", "Seconda agenzia")
	if err := w.Service.WithdrawPublisher(ctx, key); err != nil {
		t.Fatal(err)
	}
	b.get(aidAt).want(200, "La rete non si fida più di questa chiave")
}

// TestBundledPluginHasNoPublisher: what came with the installation says so, and is not given away.
func TestBundledPluginHasNoPublisher(t *testing.T) {
	dir, agency := t.TempDir(), sample.NewAgency(t)
	if err := sample.Unpack(agency.Pack(t, "1.0.0", 50), dir); err != nil {
		t.Fatal(err)
	}
	host, err := pluginhost.New(pluginhost.Config{Dir: dir, AllowUnjailed: true, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	w, _ := newPluginWorld(t, host)
	pub, err := w.Service.AddPublisher(w.As(w.Lead, "plugin_admin"), agency.Line)
	if err != nil {
		t.Fatal(err)
	}
	b := w.as(t, w.Lead, "plugin_admin")
	b.get(aidAt).want(200, "Appartiene a</dt><dd><p>installazione</p>")
	if strings.Contains(b.body, "/cedi") {
		t.Error("the installation's plugin can be handed over")
	}
	b.get(aidAt+"/cedi").want(409, "fa parte dell")
	b.post(aidAt+"/cedi", url.Values{"_base": {"1"}, "key_id": {pub.KeyID}, "reason": {"x"}}).want(409, "fa parte dell")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "2.0.0", 70)).want(409, "File del plugin: ", "fa parte dell")
}
