// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// trialPage asks who may do what, and answers.
type trialPage struct {
	frame
	Email, Project             string
	Roles, Places, Permissions []optionView
	Answered, Allowed          bool
	Answer                     string
	Rules                      []trialRule
	Version                    int64
}

func (*trialPage) template() string { return "policy-try" }

type trialRule struct {
	Rule string
	Set  int64
}

func (s *site) showTrial(w http.ResponseWriter, r *http.Request) error {
	return s.trialWith(w, r, http.StatusOK, url.Values{}, nil, nil)
}

func (s *site) tryDecision(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	form := r.PostForm
	object, action, _ := strings.Cut(form.Get("permission"), " ")
	q := service.TrialRequest{Email: strings.TrimSpace(form.Get("email")), Role: tenant.Role(form.Get("role")), Tenant: tenant.ID(form.Get("tenant_id")),
		Permission: policy.Permission{Object: policy.Object(object), Action: policy.Action(action)}, ProjectCode: strings.TrimSpace(form.Get("project_code"))}
	t, err := s.svc.TryDecision(r.Context(), q)
	if fault.Is(err, fault.Invalid) {
		e, _ := isFault(err)
		var out []complaintView
		for _, c := range e.Fields {
			out = append(out, complaintView{Text: s.texts.Fault(languageOf(r), c.Code, c.Params), Href: "#f-" + c.Path})
		}
		return s.trialWith(w, r, http.StatusUnprocessableEntity, form, nil, out)
	}
	if err != nil {
		return err
	}
	return s.trialWith(w, r, http.StatusOK, form, &t, nil)
}

func (s *site) trialWith(w http.ResponseWriter, r *http.Request, status int, form url.Values, t *service.Trial, complaints []complaintView) error {
	places, err := s.svc.PolicyMatrix(r.Context(), service.MatrixQuery{Kind: tenant.LeadAgency}) // may he look at all?
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &trialPage{frame: f.titled(f.t("policy.try"), "policies"), Email: form.Get("email"), Project: form.Get("project_code"), Version: places.Version}
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {p.Title, ""}}
	p.Errors = complaints
	for _, role := range policy.AllRoles() {
		p.Roles = append(p.Roles, optionView{Value: string(role), Label: f.t("role." + string(role)), Chosen: form.Get("role") == string(role)})
	}
	list, err := s.svc.Tenants(r.Context())
	if err != nil {
		return err
	}
	for _, in := range list {
		p.Places = append(p.Places, optionView{Value: string(in.ID), Label: in.Name, Chosen: form.Get("tenant_id") == string(in.ID)})
	}
	for _, v := range policy.Permissions() {
		value := string(v.Object) + " " + string(v.Action)
		p.Permissions = append(p.Permissions, optionView{Value: value, Label: permissionText(&f, v), Chosen: form.Get("permission") == value})
	}
	if t != nil {
		p.Answered, p.Allowed, p.Answer, p.Version = true, t.Allowed, f.texts.Fault(f.Lang, t.Code, t.Params), t.Version
		for i, rule := range t.Rules {
			p.Rules = append(p.Rules, trialRule{rule.String(), t.SetBy[i]})
		}
	}
	return s.render(w, status, p)
}
