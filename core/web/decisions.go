// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/form"
)

// decisionFilter asks what the record of decisions is narrowed to.
func decisionFilter() form.Form {
	line := func(name string, label form.Text) form.Field {
		return form.Field{Name: name, Kind: form.KindText, Class: form.ClassNetwork, Label: label}
	}
	return form.Form{Fields: []form.Field{
		{Name: "outcome", Kind: form.KindChoice, Class: form.ClassNetwork, Label: tx("Esito", "Outcome"), Options: []form.Option{
			{Value: string(audit.Allowed), Label: tx("Consentito", "Allowed")}, {Value: string(audit.Refused), Label: tx("Negato", "Refused")}}},
		line("action", tx("Azione", "Action")), line("object", tx("Su che cosa", "About what")), line("object_id", tx("Identificativo", "Identifier")),
		line("actor", tx("Chi", "Who")),
		{Name: "from", Kind: form.KindDate, Class: form.ClassNetwork, Label: tx("Dal", "From")},
		{Name: "to", Kind: form.KindDate, Class: form.ClassNetwork, Label: tx("Al", "To")},
	}}
}

// auditQuery reads the filters out of an address.
func auditQuery(q url.Values) (service.AuditQuery, []fault.Field) {
	v, complaints := decode(decisionFilter(), "", typed(q))
	text := func(name string) string { return strings.TrimSpace(textOf(v[name])) }
	before, _ := strconv.ParseInt(q.Get("da"), 10, 64)
	return service.AuditQuery{Outcome: audit.Outcome(text("outcome")), Action: text("action"), Object: text("object"), ObjectID: text("object_id"),
		Actor: tenant.UserID(text("actor")), From: casework.Date(text("from")), To: casework.Date(text("to")), Before: max(before, 0), Limit: auditRows}, complaints
}

// showDecisions is the record of decisions with its filters, for the data protection officer.
func (s *site) showDecisions(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	q, complaints := auditQuery(values)
	var list []service.Decision
	var err error
	if len(complaints) == 0 {
		list, err = s.svc.DecisionAudit(r.Context(), q)
	} else {
		_, err = s.svc.DecisionAudit(r.Context(), service.AuditQuery{Limit: 1})
	}
	status := http.StatusOK
	if fields, ok := complaintsOf(err); ok {
		complaints, err = fields, nil
	}
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &listingPage{frame: f.titled(f.t("nav.decisions"), "decisions"), Filter: "/decisioni", None: f.t("admin.none"),
		Head: []string{f.t("audit.number"), f.t("audit.when"), f.t("audit.what"), f.t("audit.about"), f.t("audit.role"), f.t("decision.version")}}
	if len(complaints) > 0 {
		status = http.StatusUnprocessableEntity
	}
	people, err := s.decisionPeople(r, &f)
	if err != nil {
		return err
	}
	p.Filters = asFilters(newFormView(p.frame, typed(values), complaints).fields(decisionFilter(), ""))
	withWords(&f, p.Filters, values, people)
	p.Errors = p.summary(complaints, p.Filters...)
	a, err := tenant.From(r.Context())
	if err != nil {
		return err
	}
	opens := a.Kind == tenant.LeadAgency // a version is read by those who see the network's policy
	for _, e := range list {
		p.Rows = append(p.Rows, s.decisionRow(&f, e, opens, people))
	}
	s.pageDecisions(p, values, list)
	return s.render(w, status, p)
}

// asFilters makes questions fit on a line: choices are lists, and that each can be left
// out goes without saying.
func asFilters(views []fieldView) []fieldView {
	for i := range views {
		v := &views[i]
		v.Required, v.Hint = true, ""
		if v.Shape == "radios" {
			v.Shape = "select"
		}
	}
	return views
}

// pageDecisions adds the ways on: the next page and the copies, with the same filters.
func (s *site) pageDecisions(p *listingPage, values url.Values, list []service.Decision) {
	with := func(path, name, value string) string {
		out := url.Values{}
		for _, f := range decisionFilter().Fields {
			if v := values.Get(f.Name); v != "" {
				out.Set(f.Name, v)
			}
		}
		if name != "" {
			out.Set(name, value)
		}
		return path + "?" + out.Encode()
	}
	if values.Get("da") != "" {
		p.Pager.First = with("/decisioni", "", "")
	}
	if n := len(list); n == auditRows && list[n-1].Seq > 1 {
		p.Pager.Next = with("/decisioni", "da", strconv.FormatInt(list[n-1].Seq, 10))
	}
	if len(list) > 0 {
		p.Exports = []linkView{{p.t("decision.csv"), with("/decisioni/esporta", "formato", "csv"), ""}, {p.t("decision.jsonl"), with("/decisioni/esporta", "formato", "jsonl"), ""}}
	}
}

// decisionRow shows an entry in words, and by its code what has none; one that cannot be read by its number alone.
func (s *site) decisionRow(f *frame, stored service.Decision, opens bool, people []optionView) []cellView {
	row := s.auditRow(f, stored.Stored)
	e, err := stored.Entry()
	what := cellView{Label: f.t("audit.what"), Text: row.What, Code: true}
	if words, ok := actionWords(f, row.What); ok {
		what.Text, what.Code = words, false
	}
	about := cellView{Label: f.t("audit.about"), Text: row.About, Code: true}
	if words, ok := objectWords(f, row.About); ok {
		about.Text, about.Code = words, false
	}
	if row.Refused {
		what.Tag = tagView{f.t("audit.refused"), "bad"}
	}
	who := cellView{Label: f.t("audit.role"), Text: row.Roles}
	version := cellView{Label: f.t("decision.version")}
	if err == nil {
		who.Hint, about.Hint = nameOf(people, string(e.Actor)), e.ID
	}
	if n := stored.RulesVersion; n > 0 {
		version.Text = strconv.FormatInt(n, 10) // as versions are written everywhere
		if opens {
			version.Href = versionPath(n)
		}
	}
	return []cellView{{Label: f.t("audit.number"), Text: strconv.FormatInt(row.Seq, 10)}, {Label: f.t("audit.when"), Text: row.When}, what,
		about, who, version}
}

// exportDecisions sends a copy of what the filters leave. Once it has begun, an error can
// only cut it short, and the browser says that the file is not complete.
func (s *site) exportDecisions(w http.ResponseWriter, r *http.Request) error {
	q, complaints := auditQuery(r.URL.Query())
	if err := fault.OfFields(complaints); err != nil {
		return err
	}
	export, err := s.svc.ExportAudit(r.Context(), q)
	if err != nil {
		return err
	}
	kind, name, write := "text/csv; charset=utf-8", "satis-decisioni.csv", export.CSV
	if r.URL.Query().Get("formato") == "jsonl" {
		kind, name, write = "application/jsonl", "satis-decisioni.jsonl", export.JSONLines
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if err := write(r.Context(), w); err != nil {
		s.log.ErrorContext(r.Context(), "an export broke off", "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	return nil
}
