// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func draftPath(id string) string { return policyPath + "/bozze/" + id }

// draftPage is a draft with what it would change.
type draftPage struct {
	frame
	Address  string
	State    tagView
	Facts    []summaryRow
	Reason   string
	Base     int64
	Outdated bool
	// What the viewer can do.
	MayEdit, MaySubmit, MayPublish, MaySendBack, Mine bool
	// Kinds are the matrices to change it in.
	Kinds []optionView
	Diff  policyDiff
	// Roles are those given and taken.
	Roles  []roleLine
	Broken []string
	// Replay says what was replayed, Changed what would come out differently.
	Replay  string
	Changed []changeLine
	// Published leads to the version that it became, PublishedText names it; then the rest
	// tells what that version changed, not what the draft would.
	Published, PublishedText string
}

func (*draftPage) template() string { return "policy-draft" }

func draftTag(f *frame, state string) tagView {
	tone := map[string]string{postgres.DraftOpen: "neutral", postgres.DraftSubmitted: "info", postgres.DraftSentBack: "warn", postgres.DraftPublished: "good"}[state]
	return tagView{f.t("draft_state." + state), tone}
}

// beginDraft begins a draft from a version; an older one is how a network goes back.
func (s *site) beginDraft(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	from, _ := strconv.ParseInt(r.PostForm.Get("from"), 10, 64)
	f := s.frame(r)
	c := service.DraftChange{Defaults: r.PostForm.Has("defaults")}
	switch {
	case from > 0:
		c.Reason = f.t("policy.back_to", "N", from)
	case c.Defaults:
		c.Reason = f.t("policy.new_defaults")
	}
	d, err := s.svc.CreatePolicyDraft(r.Context(), from, c)
	if err != nil {
		return err
	}
	http.Redirect(w, r, draftPath(d.ID), http.StatusSeeOther)
	return nil
}

func (s *site) showDraft(w http.ResponseWriter, r *http.Request) error {
	return s.draftWith(w, r, http.StatusOK, nil)
}

// draftWith shows a draft, with the complaints about what was just asked.
func (s *site) draftWith(w http.ResponseWriter, r *http.Request, status int, complaints []complaintView) error {
	v, err := s.svc.PreviewPolicyDraft(r.Context(), chi.URLParam(r, "draft"))
	if err != nil {
		return err
	}
	d, f := v.Draft, s.frame(r)
	title := f.t("policy.draft_of", "Who", d.AuthorName)
	p := &draftPage{frame: f.titled(title, "policies"), Address: draftPath(d.ID), State: draftTag(&f, d.State), Reason: d.Reason, Base: d.Revision, Outdated: d.Outdated(),
		MayEdit: d.MayEdit, MaySubmit: d.MaySubmit, MayPublish: d.MayPublish, MaySendBack: d.MaySendBack, Mine: d.MaySendBack && !d.MayPublish && !d.Outdated(),
		Diff: diffOf(&f, v.Added, v.Removed, v.Effect, v.PolicyNames)}
	p.Errors = complaints
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.versions"), policyPath + "/versioni"}, {title, ""}}
	p.Facts = []summaryRow{{Label: f.t("policy.base"), Values: []string{f.t("policy.version", "N", d.Base)}}, {Label: f.t("policy.reason"), Values: filled(d.Reason)}}
	if d.Note != "" {
		p.Facts = append(p.Facts, summaryRow{Label: f.t("policy.note"), Values: []string{d.Note, d.ReviewerName}})
	}
	for _, k := range tenant.Kinds() {
		p.Kinds = append(p.Kinds, optionView{Value: string(k), Label: f.t("kind." + string(k))})
	}
	p.Roles = rolesOf(&f, d.Changes, v.Problems, v.PolicyNames)
	p.Diff.People = peopleOf(&f, d.Changes, v.Effect, v.PolicyNames)
	if d.Published != nil {
		return s.publishedDraft(w, r, status, p, *d.Published)
	}
	if d.State != postgres.DraftPublished {
		p.Broken = append(p.Broken, rolesBroken(&f, v.Problems)...)
	}
	for _, b := range v.Broken {
		p.Broken = append(p.Broken, f.t("role."+string(b.Role))+" – "+permissionText(&f, b.Permission)+". "+f.texts.Fault(f.Lang, b.Code, nil))
	}
	p.Replay = f.t("policy.replayed", "Count", v.Replay.Asked)
	for _, c := range v.Replay.Changes {
		tone, word := "bad", "policy.would_refuse"
		if c.Allowed {
			tone, word = "good", "policy.would_allow"
		}
		var roles []string
		for _, role := range c.Roles {
			roles = append(roles, f.t("role."+string(role)))
		}
		p.Changed = append(p.Changed, changeLine{tagView{f.t(word), tone}, v.Tenants[c.Tenant] + ", " + strings.Join(roles, ", ") + " – " + permissionText(&f, c.Permission), c.Count})
	}
	return s.render(w, status, p)
}

// publishedDraft shows what a draft changed when it came into force, as its publisher read it:
// compared with today it would change nothing.
func (s *site) publishedDraft(w http.ResponseWriter, r *http.Request, status int, p *draftPage, version int64) error {
	before, err := s.before(r, version)
	if err != nil {
		return err
	}
	c, err := s.changeBetween(r, &p.frame, before, version)
	if err != nil {
		return err
	}
	p.Diff, p.Roles = c.Diff, c.Roles
	p.Published, p.PublishedText = versionPath(version), p.t("policy.version", "N", version)
	return s.render(w, status, p)
}

func filled(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// saveDraft stores the reason, and brings the draft up to the version in force where asked.
func (s *site) saveDraft(w http.ResponseWriter, r *http.Request) error {
	return s.moveDraft(w, r, "policy.saved", func(id string, base int64, form url.Values) error {
		_, err := s.svc.SavePolicyDraft(r.Context(), id, base, service.DraftChange{Reason: form.Get("reason"), Rebase: form.Has("rebase")})
		return err
	})
}

func (s *site) submitDraft(w http.ResponseWriter, r *http.Request) error {
	return s.moveDraft(w, r, "policy.submitted", func(id string, base int64, _ url.Values) error {
		_, err := s.svc.SubmitPolicyDraft(r.Context(), id, base)
		return err
	})
}

func (s *site) publishDraft(w http.ResponseWriter, r *http.Request) error {
	return s.moveDraft(w, r, "policy.now_in_force", func(id string, base int64, _ url.Values) error {
		_, err := s.svc.PublishPolicyDraft(r.Context(), id, base)
		return err
	})
}

func (s *site) sendBackDraft(w http.ResponseWriter, r *http.Request) error {
	return s.moveDraft(w, r, "policy.sent_back", func(id string, base int64, form url.Values) error {
		_, err := s.svc.SendBackPolicyDraft(r.Context(), id, base, form.Get("note"))
		return err
	})
}

// discardDraft throws a draft away and leads to those that are left.
func (s *site) discardDraft(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	base, _ := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
	err := s.svc.DiscardPolicyDraft(r.Context(), chi.URLParam(r, "draft"), base)
	if fault.Is(err, fault.Conflict) {
		return s.draftWith(w, r, http.StatusConflict, s.refusals(r, err))
	}
	if err != nil {
		return err
	}
	return s.finish(w, r, "policy.discarded", policyPath+"/versioni")
}

// moveDraft does something to a draft; what is refused is said on its page.
func (s *site) moveDraft(w http.ResponseWriter, r *http.Request, done string, do func(id string, base int64, form url.Values) error) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	base, _ := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
	err := do(chi.URLParam(r, "draft"), base, r.PostForm)
	switch {
	case fault.Is(err, fault.Invalid):
		return s.draftWith(w, r, http.StatusUnprocessableEntity, s.refusals(r, err))
	case fault.Is(err, fault.Conflict):
		return s.draftWith(w, r, http.StatusConflict, s.refusals(r, err))
	case err != nil:
		return err
	}
	s.sessions.Notify(r.Context(), done)
	http.Redirect(w, r, draftPath(chi.URLParam(r, "draft")), http.StatusSeeOther)
	return nil
}

// refusals are the complaints of an error, each once.
func (s *site) refusals(r *http.Request, err error) (out []complaintView) {
	e, ok := isFault(err)
	if !ok {
		return nil
	}
	f, fields := s.frame(r), e.Fields
	if len(fields) == 0 {
		fields = []fault.Field{{Code: e.Code, Params: e.Params}}
	}
	for _, c := range fields {
		text := complaintView{Text: s.texts.Fault(languageOf(r), c.Code, c.Params)}
		part, line, _ := strings.Cut(c.Path, "/")
		switch part {
		case "reason", "note":
			text.Text = s.say(r, "policy."+c.Path) + ": " + text.Text
			text.Href = "#f-" + c.Path
		case "rules", "grants":
			if line != "" {
				text.Text = f.t(map[string]string{"rules": "policy.line_rules", "grants": "policy.line_grants"}[part], "N", line) + ": " + text.Text
			}
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func (s *site) showDraftMatrix(w http.ResponseWriter, r *http.Request) error {
	return s.draftMatrix(w, r, matrixQuery(r), http.StatusOK, nil)
}

func (s *site) draftMatrix(w http.ResponseWriter, r *http.Request, q service.MatrixQuery, status int, complaints []complaintView) error {
	q.Draft = chi.URLParam(r, "draft")
	d, err := s.svc.PolicyDraft(r.Context(), q.Draft)
	if err != nil {
		return err
	}
	m, err := s.svc.PolicyMatrix(r.Context(), q)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := matrixPageOf(f.titled(f.t("policy.draft_matrix"), "policies"), m, draftPath(d.ID)+"/ruoli")
	p.Back, p.Base, p.Errors = draftPath(d.ID), d.Revision, complaints
	if d.MayEdit {
		p.Draft = p.Address
	}
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.draft_of", "Who", d.AuthorName), draftPath(d.ID)}, {p.Title, ""}}
	return s.render(w, status, p)
}

// saveDraftMatrix makes the chosen changes, cell by cell: what was left as it was is no change.
func (s *site) saveDraftMatrix(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	q := service.MatrixQuery{Kind: tenant.Kind(r.PostForm.Get("tipo")), Tenant: tenant.ID(r.PostForm.Get("organizzazione")), Draft: chi.URLParam(r, "draft")}
	d, err := s.svc.PolicyDraft(r.Context(), q.Draft)
	if err != nil {
		return err
	}
	m, err := s.svc.PolicyMatrix(r.Context(), q)
	if err != nil {
		return err
	}
	base, _ := strconv.ParseInt(r.PostForm.Get("_base"), 10, 64)
	_, err = s.svc.SavePolicyDraft(r.Context(), d.ID, base, service.DraftChange{Reason: d.Reason, Edits: chosenEdits(m, r.PostForm)})
	if fault.Is(err, fault.Invalid) {
		return s.draftMatrix(w, r, q, http.StatusUnprocessableEntity, s.refusals(r, err))
	}
	if err != nil {
		return err
	}
	s.sessions.Notify(r.Context(), "policy.saved")
	http.Redirect(w, r, draftPath(d.ID), http.StatusSeeOther)
	return nil
}

func chosenEdits(m service.PolicyMatrix, form url.Values) (out []policy.CellEdit) {
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			name := string(c.Role) + "|" + string(row.Object) + "|" + string(row.Action)
			if e := policy.Effect(form.Get(name)); e != "" && e != c.Own {
				out = append(out, policy.CellEdit{Place: policy.Place{Role: c.Role, Tenant: m.Tenant, Permission: row.Permission}, Effect: e})
			}
		}
	}
	return out
}
