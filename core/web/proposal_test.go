// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/sample"
)

// trainee are complete answers to the traineeship's form, with nothing to remark on.
func trainee() []string {
	return []string{"details/host", "Cooperativa Il Molo", "details/sector", "catering", "details/starts", time.Now().AddDate(0, 3, 0).Format("02/01/2006"),
		"details/months", "6", "details/weekly_hours", "25", "details/monthly_allowance", "600", "details/travel", "false", "details/host_insures", "false", "details/safety_done", "true"}
}

// TestTraineeship adds an intervention of a partner agency's type: proposed, remarked on, saved.
func TestTraineeship(t *testing.T) {
	host := startAll(t, "inclusion-traineeship")
	w := newWorldWith(t, sample.Options{Plugins: host})
	p := w.Project(t, w.Entity, 1)
	home := "/progetti/" + string(p.ID)
	newOne := home + "/interventi/nuovo"
	ask := newOne + "/proposta"
	b := w.as(t, w.Entity, "operator")
	b.get(home+"/sezioni/interventions").want(200, "Corso di lingua italiana", "Tirocinio di inclusione sociale", "SATIS, rete dimostrativa")
	b.get(newOne+"?tipo=inclusion_traineeship").want(200, "Soggetto ospitante", "Calcola la proposta", ask)
	fill := func(pairs ...string) url.Values {
		f := b.form(newOne, "_type")
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	b.post(ask, fill("details/host", "Il Molo", "amount_cents", "boh")).want(422, `value="Il Molo"`, `value="boh"`, "Manca la risposta")
	b.get(newOne + "?tipo=inclusion_traineeship")
	b.post(ask, fill(append(trainee(), "months", "6")...)).want(200, "La proposta", "Indennità di partecipazione", "3.600,00", "Usa questo importo", "Non è ancora nel progetto", `value="Cooperativa Il Molo"`, `name="months"`)
	cents := attr(b.body[strings.Index(b.body, `name="_amount"`):], "value")
	b.post(ask, fill("_amount", cents)).want(200, "Importo riportato", "Salva per tenerlo", `value="Cooperativa Il Molo"`, `name="amount_cents"`)
	if amount := fill().Get("amount_cents"); !strings.HasPrefix(amount, "3.") {
		t.Errorf("the amount is %q", amount)
	}
	b.send(newOne, "_type", "details/monthly_allowance", "100", "starts_on", "15/01/2027").want(422, "l'indennità minima", `value="100"`, `value="Cooperativa Il Molo"`)
	b.post(ask, fill()).want(200, "l'indennità minima", "La proposta")
	b.send(newOne, "_type", "details/monthly_allowance", "600").want(200, "Salvato")
	mine := home + "/interventi/inclusion-traineeship"
	b.get(mine).want(200, `value="Cooperativa Il Molo"`, mine+"/proposta")

	stop(t, host)
	form := b.form(mine, "_base")
	form.Set("details/months", "7")
	b.post(mine+"/proposta", form).want(503, "La proposta non arriva", `value="7"`)
	stop(t, host)
	b.post(mine, form).want(200, "Salvato")
	if got := w.plan(t, p.ID).Plan.Interventions[7].Details["months"]; fmt.Sprint(got) != "7" {
		t.Errorf("saved without its plugin: %v", got)
	}
	w.as(t, w.OtherEntity, "operator").post(ask, form).want(404)
	w.as(t, w.Entity, "entity_manager").post(ask, form).want(403)
	b.post(newOne+"/proposta", url.Values{"_base": {"1"}, "_type": {"housing"}}).want(404)

	w.withdraw(t, "inclusion-traineeship", w.Entity)
	b.get(home+"/sezioni/interventions").want(200, "Non più attivo", "Tirocinio di inclusione sociale")
	if strings.Contains(b.body, "tipo=inclusion_traineeship") {
		t.Error("what is not active is offered")
	}
	b.get(newOne + "?tipo=inclusion_traineeship").want(404)
	b.get(mine).want(200, "Non più attivo", "Cooperativa Il Molo", "Ristorazione", "Togli l'intervento")
	b.get(home+"/stampa").want(200, "Cooperativa Il Molo", "non è più attivo")
	b.post(mine+"/proposta", form).want(409, "Non più attivo", `value="Cooperativa Il Molo"`)
	form.Set("details/host", "Cooperativa Altra")
	b.post(mine, form).want(422, "non è più attivo", `value="Cooperativa Altra"`)
	form.Set("details/host", "Cooperativa Il Molo")
	form.Set("_type", "inclusion_traineeship")
	b.post(newOne, form).want(422, "non è più attivo", `value="Cooperativa Il Molo"`)
	b.get(mine + "/togli").want(200)
	b.send(mine+"/togli", "").want(200, "Intervento tolto")
}

// TestSeveralSubsidies: each has its form and its explanation; one that is not active is not there.
func TestSeveralSubsidies(t *testing.T) {
	w := newWorldWith(t, sample.Options{Plugins: startAll(t, "rent-subsidy", "furnishing-childcare")})
	p, other := w.Project(t, w.Entity, 1), w.Project(t, w.OtherEntity, 2)
	w.withdraw(t, "furnishing-childcare", w.OtherEntity)
	b := w.as(t, w.Entity, "operator")
	at := "/progetti/" + string(p.ID) + "/contributo"
	b.get("/progetti/"+string(p.ID)).want(200, "Contributi")
	b.get(at).want(200, "Quale contributo", "Contributo per l'arredo", "Contributo per la gestione dei figli", "canone di locazione")
	b.get(at+"?per=furnishing_grant").want(200, "Stato della casa", `value="co_housing" checked`)
	b.send(at, "", "azione", "prova").want(422, "Manca la risposta", "Contributo per l'arredo")
	b.send(at, "", "home_state", "empty", "home_ready_on", time.Now().AddDate(0, 0, 5).Format("02/01/2006"), "household_size", "2", "monthly_income", "500",
		"items/_rows", "1", "items/0/kind", "beds", "items/0/amount", "400", "items/0/document", "receipt", "azione", "decidi").want(200, "Contributo per l'arredo", "Decisione registrata", "Una volta sola", "Perché")
	b.get(at).want(200, "Decisioni registrate", "Contributo per l'arredo · ")
	b.get(at + "?per=none").want(404)
	form := b.get(at+"?per=furnishing_grant").want(200).form(at, "")
	form.Set("household_size", "3")
	w.withdraw(t, "furnishing-childcare", w.Entity) // while the form is open
	b.post(at, form).want(409, "non c'è più")
	rival := w.as(t, w.OtherEntity, "operator")
	there := "/progetti/" + string(other.ID)
	rival.get(there).want(200, "Contributo per il canone di locazione")
	rival.get(there+"/contributo").want(200, "Canone mensile")
	rival.get(there + "/contributo?per=furnishing_grant").want(404)
	if strings.Contains(rival.get(there+"/contributo").body, "arredo") {
		t.Error("a subsidy that is not active is spoken of")
	}
	w.as(t, w.Services, "social_worker").get(there).want(404)
}
