// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// upload sends a form with a file, as browsers do.
func (b *browser) upload(path, name string, file []byte, fill ...string) *browser {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fill); i += 2 {
		if err := m.WriteField(fill[i], fill[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	r, _ := http.NewRequest(http.MethodPost, b.base+path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// again sends the form with an action as it stands, as the multipart form that it is.
func (b *browser) again(action, with string, fill ...string) *browser {
	b.t.Helper()
	for name, values := range b.form(action, with) {
		fill = append(fill, name, values[0])
	}
	return b.upload(action, "", nil, fill...)
}

// newPluginWorld has a plugin host, with what bundled gives, and an agency nobody believes yet.
func newPluginWorld(t *testing.T, host *pluginhost.Host) (*world, sample.Agency) {
	t.Helper()
	if host == nil {
		var err error
		// Machines without a jail run the suite too; what the jail holds is tested where it is.
		if host, err = pluginhost.New(pluginhost.Config{AllowUnjailed: true, Logger: quiet()}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(host.Close)
	}
	return newWorldWith(t, sample.Options{Plugins: host}), sample.NewAgency(t)
}

const aidAt = "/plugin/aid/versioni/1.0.0"

// TestPluginWay takes a plugin from its publisher's key to its revocation, by forms alone.
func TestPluginWay(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	b, file := w.as(t, w.Lead, "plugin_admin"), agency.Pack(t, "1.0.0", 50)
	b.get("/").want(200, `href="/plugin"`)
	b.get("/plugin").want(200, "Nessun plugin nel catalogo", "Carica un plugin", "Editori")
	b.get("/plugin/editori").want(200, "Nessun editore")
	b.send("/plugin/editori", "", "line", "satis-publisher").want(422, "Riga dell'editore: ", `value="satis-publisher"`)
	b.get("/plugin/carica").want(200, "Un file .satisplugin firmato")
	b.upload("/plugin/carica", "aid.satisplugin", file).want(422, "File del plugin: ", "editore che la rete non conosce")
	b.upload("/plugin/carica", "", nil).want(422, "Manca la risposta")
	b.upload("/plugin/carica", "aid.satisplugin", []byte("nothing")).want(422, "non è un plugin di SATIS")
	b.upload("/plugin/carica", "aid.satisplugin", make([]byte, service.MaxPluginPack+1)).want(422, "troppo grande: al massimo 64 MiB")
	b.get("/plugin/editori").send("/plugin/editori", "", "line", agency.Line).want(200, "Editore aggiunto", "Agenzia di prova", "Di fiducia")
	b.upload("/plugin/carica", "aid.satisplugin", file).want(200, "la firma è valida", "Prossimo passo: la verifica", "Aiuto di prova", "Se ne paga una parte.", "del caso", "È la prima versione")
	if b.at != aidAt {
		t.Fatalf("led to %s", b.at)
	}
	b.upload("/plugin/carica", "aid.satisplugin", file).want(409, "c'è già")
	b.get(aidAt)
	if strings.Contains(b.body, "/approva") || strings.Contains(b.body, "/attiva") {
		t.Error("it can be approved before the kit ran")
	}
	b.send(aidAt+"/verifica", "").want(200, "Verifica superata", "poi approva", "Verificata: 0 osservazioni")
	page := *b
	b.send(aidAt+"/approva", "").want(422, "Motivo: Manca la risposta.")
	b.get(aidAt).send(aidAt+"/confronto", "").want(200, "Non c'è ancora nessuna decisione")
	page.send(aidAt+"/approva", "", "reason", "Vista prima").want(412, "è cambiata mentre la leggevi")
	b.send(aidAt+"/approva", "", "reason", "Letta con l'agenzia").want(200, "Ora puoi attivarla", "Letta con l'agenzia", "nessun ente la usa")
	b.get(aidAt+"/attiva").want(200, w.Entity.Name, "nessuna versione")
	b.send(aidAt+"/attiva", "", "reason", "Prova").want(422, "Enti: Scegli almeno un ente.", "Prova</textarea>")
	b.send(aidAt+"/attiva", "", "reason", "Prova", "tenants", newUUID).want(422, "Scegli almeno un ente.")
	b.send(aidAt+"/attiva", "", "reason", " ", "tenants", string(w.Entity.ID)).want(422, "Motivo: Manca", `value="`+string(w.Entity.ID)+`" checked`)
	b.send(aidAt+"/attiva", "", "reason", "Prova", "tenants", string(w.Entity.ID)).want(200, "Versione attivata", "scelta per l'ente", "È in uso", "Attivata: per un ente")
	b.get("/plugin").want(200, "un ente", "parte da sola", "Agenzia di prova")

	// A second version: its differences, its activation for all, and the way back by name.
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.1.0", 60)).want(200, "Differenze dalla versione 1.0.0", "le stesse cose")
	next := b.at
	b.send(next+"/verifica", "").want(200, "Verifica superata")
	b.send(next+"/approva", "", "reason", "Importi nuovi").want(200)
	b.get(next+"/attiva").send(next+"/attiva", "", "where", "all", "reason", "Delibera").want(200, "per tutti gli enti", "Torna alla versione 1.0.0")
	b.get(aidAt+"/disattiva").send(aidAt+"/disattiva", "", "tenants", string(w.Entity.ID), "reason", "Basta").want(409, "usa la versione 1.1.0 di aid, non la 1.0.0", "Basta</textarea>")
	b.get(aidAt+"/attiva").want(200, "Tornare a aid 1.0.0", "usa la 1.1.0")
	b.send(aidAt+"/attiva", "", "tenants", string(w.Entity.ID), "pinned", "1", "reason", "Torna").want(200, "fissata per l'ente")
	b.get(next+"/disattiva").send(next+"/disattiva", "", "where", "all", "reason", "Basta").want(200, "Plugin disattivato")
	b.get(aidAt+"/sospendi").send(aidAt+"/sospendi", "").want(422, "Motivo: Manca")
	b.send(aidAt+"/sospendi", "", "reason", "Un controllo").want(200, "Versione sospesa", "È sospesa")
	b.post(aidAt+"/approva", url.Values{"_base": {"1"}, "reason": {"x"}}).want(412)
	b.get(aidAt+"/riammetti").send(aidAt+"/riammetti", "", "reason", "Tutto bene").want(200, "Versione riammessa")
	b.get(aidAt+"/revoca").want(200, "per sempre?", "non si potrà caricare di nuovo")
	b.send(aidAt+"/revoca", "", "reason", "Non serve più").want(200, "Versione revocata", "mai più")
	b.post(aidAt+"/riammetti", url.Values{"reason": {"x"}}).want(409, "non si può")
	b.post(aidAt+"/verifica", nil).want(409, "non si può")
	b.get("/plugin/editori")
	key, _, _ := strings.Cut(strings.SplitAfter(b.body, "/plugin/editori/")[1], "/")
	b.get("/plugin/editori/"+key+"/ritira").want(200, "Ritirare la fiducia a Agenzia di prova?")
	b.send("/plugin/editori/"+key+"/ritira", "").want(200, "Fiducia ritirata", "Ritirato il")
	b.get("/plugin/editori/" + key + "/ritira").want(404)
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.2.0", 70)).want(422, "editore che la rete non conosce")
}

// TestPluginsAreTheLeads: who may list sees no button, who may not sees nothing, and what
// another network has is not there.
func TestPluginsAreTheLeads(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	ctx := w.As(w.Lead, "plugin_admin")
	pub, err := w.Service.AddPublisher(ctx, agency.Line)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.SubmitPlugin(ctx, agency.Pack(t, "1.0.0", 50)); err != nil {
		t.Fatal(err)
	}
	for _, nick := range []string{"secretariat", "policy_admin"} {
		b := w.as(t, w.Lead, nick)
		b.get("/plugin").want(200, "aid", "Firma verificata", `href="/plugin"`)
		if strings.Contains(b.body, aidAt) || strings.Contains(b.body, "/plugin/carica") {
			t.Errorf("%s is offered more than the list", nick)
		}
		b.get(aidAt).want(403)
	}
	away := w.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
	w.User(t, away, "plugin_admin", tenant.PluginAdmin)
	far := w.as(t, away, "plugin_admin")
	far.get("/plugin").want(200, "Nessun plugin")
	paths := []string{"", "/attiva", "/disattiva", "/sospendi", "/riammetti", "/revoca", "/cedi"}
	posts := append(paths[1:], "/verifica", "/approva", "/confronto")
	ask := func(b *browser, at string) (out []reply) {
		for _, p := range paths {
			out = append(out, reply{b.get(at + p).status, b.body})
		}
		for _, p := range posts {
			b.post(at+p, url.Values{"_base": {"1"}, "reason": {"x"}, "where": {"all"}})
			out = append(out, reply{b.status, b.body})
		}
		return out
	}
	foreign, unknown := ask(far, aidAt), ask(far, "/plugin/nessuno/versioni/1.0.0")
	for i := range foreign {
		if foreign[i].status != 404 || foreign[i] != unknown[i] {
			t.Errorf("%d: another network's plugin answers %d, an unknown one %d", i, foreign[i].status, unknown[i].status)
		}
	}
	far.get("/plugin/editori/" + pub.KeyID + "/ritira").want(404)
	far.post("/plugin/editori/"+pub.KeyID+"/ritira", nil).want(404)
	far.get("/plugin/AID/versioni/%ff").want(404)
	for _, b := range []*browser{w.as(t, w.Entity, "operator"), w.as(t, w.Entity, "entity_admin"), w.as(t, w.Lead, "approver")} {
		b.get("/plugin").want(403)
		for _, got := range ask(b, aidAt) {
			if got.status != 403 {
				t.Errorf("who has no business with plugins gets %d", got.status)
			}
		}
		b.upload("/plugin/carica", "a", []byte("x")).want(403)
		b.upload("/plugin/corsi", "a", []byte("x")).want(403)
	}
	if d, err := w.Service.Plugin(ctx, "aid", "1.0.0"); err != nil || d.State != postgres.PluginVerified || d.Revision != 1 {
		t.Errorf("the version was touched: %+v, %v", d.PluginVersion, err)
	}
}

// TestUploadsKeepToTheirLimits: the large limit is for files of who is signed in, from our own pages.
func TestUploadsKeepToTheirLimits(t *testing.T) {
	w, _ := newPluginWorld(t, nil)
	w.open(t).upload("/plugin/carica", "a", make([]byte, 2<<20)).want(401)
	b := w.as(t, w.Lead, "plugin_admin")
	b.post("/plugin/carica", url.Values{"file": {strings.Repeat("a", 2<<20)}}).want(422)
	b.upload("/plugin/carica", "a", nil, "x", strings.Repeat("a", 2<<10)).want(422, "troppo grande")
	r, _ := http.NewRequest(http.MethodPost, w.url+"/plugin/carica", strings.NewReader("x"))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	b.do(r).want(http.StatusForbidden, "altro sito")
	r, _ = http.NewRequest(http.MethodPost, w.url+"/plugin/carica", strings.NewReader("x"))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	b.do(r).want(422)
}

// TestRefusedVersionIsNoMeasure: what was revoked before anybody approved it hides nothing
// of what the next version asks for.
func TestRefusedVersionIsNoMeasure(t *testing.T) {
	w, agency := newPluginWorld(t, nil)
	if _, err := w.Service.AddPublisher(w.As(w.Lead, "plugin_admin"), agency.Line); err != nil {
		t.Fatal(err)
	}
	b := w.as(t, w.Lead, "plugin_admin")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.0.0", 50)).want(200, "Non va bene?")
	b.get(aidAt+"/revoca").send(aidAt+"/revoca", "", "reason", "Chiede troppo").want(200, "Versione revocata")
	b.upload("/plugin/carica", "aid.satisplugin", agency.Pack(t, "1.1.0", 60)).want(200, "È la prima versione")
}
