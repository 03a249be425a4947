// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

const policyPath = "/politiche"

// policyRoutes are the pages on which the lead agency administers its policy.
func (s *site) policyRoutes(r chi.Router, h func(httpkit.Handler) http.HandlerFunc) {
	r.Get(policyPath, h(s.showMatrix))
	r.Get(policyPath+"/versioni", h(s.showPolicies))
	r.Get(policyPath+"/versioni/{version}", h(s.showPolicy))
	r.Get(policyPath+"/confronto", h(s.comparePolicies))
	r.Get(policyPath+"/prova", h(s.showTrial))
	r.Post(policyPath+"/prova", h(s.tryDecision))
	r.Post(policyPath+"/bozze", h(s.beginDraft))
	r.Get(policyPath+"/bozze/{draft}", h(s.showDraft))
	r.Post(policyPath+"/bozze/{draft}", h(s.saveDraft))
	r.Get(policyPath+"/bozze/{draft}/ruoli", h(s.showDraftMatrix))
	r.Post(policyPath+"/bozze/{draft}/ruoli", h(s.saveDraftMatrix))
	r.Get(policyPath+"/bozze/{draft}/persone", h(s.showDraftRoles))
	r.Post(policyPath+"/bozze/{draft}/persone", h(s.saveDraftRoles))
	r.Post(policyPath+"/bozze/{draft}/chiedi", h(s.submitDraft))
	r.Post(policyPath+"/bozze/{draft}/pubblica", h(s.publishDraft))
	r.Post(policyPath+"/bozze/{draft}/rimanda", h(s.sendBackDraft))
	r.Post(policyPath+"/bozze/{draft}/scarta", h(s.discardDraft))
}

// policyNavigation is for who writes policies and who watches over them: see navRights.
var policyNavigation = navItem{"policies", "nav.policies", policyPath}

// matrixPage is what each role of a kind of organisation may; in a draft, each cell can be changed.
type matrixPage struct {
	frame
	Address       string
	Kinds, Places []optionView
	Kind, Tenant  string
	Version       int64
	Roles         []string
	Rows          []matrixRow
	// Draft is the address that changes go to; empty where nothing can be changed.
	Draft, Back string
	Base        int64
	MayDraft    bool
	// Missing counts default rules that this network's policy never knew.
	Missing int
}

func (*matrixPage) template() string { return "policy-matrix" }

type matrixRow struct {
	Thing, Does string
	Cells       []matrixCell
}

// matrixCell leads to the rules that decide it, and to the version that set it.
type matrixCell struct {
	Role, About string
	Allowed     bool
	Rules       []string
	Set         int64
	// Never says why no policy can allow it, or nothing.
	Never string
	// Name is the input's, Options what can be chosen.
	Name    string
	Options []optionView
}

func (s *site) showMatrix(w http.ResponseWriter, r *http.Request) error {
	q := matrixQuery(r)
	m, err := s.svc.PolicyMatrix(r.Context(), q)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := matrixPageOf(f.titled(f.t("policy.title"), "policies"), m, policyPath)
	p.MayDraft, p.Missing = s.mayDraft(r), len(m.Missing)
	return s.render(w, http.StatusOK, p)
}

// mayDraft hides what the data protection officer has no use for; the service decides.
func (s *site) mayDraft(r *http.Request) bool {
	return s.offers(r).May(policy.PolicyNetwork, policy.Draft)
}

func matrixQuery(r *http.Request) service.MatrixQuery {
	q := service.MatrixQuery{Kind: tenant.Kind(r.URL.Query().Get("tipo")), Tenant: tenant.ID(r.URL.Query().Get("organizzazione"))}
	if !slices.Contains(tenant.Kinds(), q.Kind) {
		q.Kind = tenant.ImplementingEntity
	}
	return q
}

func matrixPageOf(f frame, m service.PolicyMatrix, address string) *matrixPage {
	p := &matrixPage{frame: f, Address: address, Kind: string(m.Kind), Tenant: string(m.Tenant), Version: m.Version}
	for _, k := range tenant.Kinds() {
		p.Kinds = append(p.Kinds, optionView{Value: string(k), Label: f.t("kind." + string(k)), Chosen: k == m.Kind})
	}
	for _, t := range m.Tenants {
		p.Places = append(p.Places, optionView{Value: string(t.ID), Label: t.Name, Chosen: t.ID == m.Tenant})
	}
	for _, role := range m.Roles {
		p.Roles = append(p.Roles, f.t("role."+string(role)))
	}
	for _, row := range m.Rows {
		out := matrixRow{Thing: f.t(objectKey(row.Object)), Does: f.t("action." + string(row.Action))}
		for _, c := range row.Cells {
			out.Cells = append(out.Cells, cellOf(&f, row.Permission, c))
		}
		p.Rows = append(p.Rows, out)
	}
	return p
}

func cellOf(f *frame, p policy.Permission, c service.MatrixCell) matrixCell {
	out := matrixCell{Role: f.t("role." + string(c.Role)), About: permissionText(f, p), Allowed: c.Allowed, Set: c.SetBy,
		Name: string(c.Role) + "|" + string(p.Object) + "|" + string(p.Action)}
	for _, r := range c.Rules {
		out.Rules = append(out.Rules, r.String())
	}
	for _, e := range []policy.Effect{policy.EffectDefault, policy.EffectAllow, policy.EffectDeny} {
		if (e == policy.EffectAllow && c.NeverAllow != nil) || (e == policy.EffectDeny && c.NeverDeny != nil) {
			continue
		}
		out.Options = append(out.Options, optionView{Value: string(e), Label: f.t("effect." + string(e)), Chosen: e == c.Own})
	}
	if c.NeverAllow != nil {
		out.Never = f.texts.Fault(f.Lang, c.NeverAllow.Code, nil)
	}
	return out
}

func objectKey(o policy.Object) string { return "object." + strings.ReplaceAll(string(o), "@", "_") }

// permissionText says a permission in words: "Progetto proprio: firmare".
func permissionText(f *frame, p policy.Permission) string {
	return f.t(objectKey(p.Object)) + ": " + f.t("action."+string(p.Action))
}

// policiesPage lists the versions and the drafts.
type policiesPage struct {
	frame
	Versions, Drafts []policyRow
	MayDraft         bool
}

func (*policiesPage) template() string { return "policy-versions" }

type policyRow struct {
	Text, Href, Who, When, Reason string
	Tag                           tagView
	Added, Removed                int
	Broken                        bool
}

func (s *site) showPolicies(w http.ResponseWriter, r *http.Request) error {
	list, err := s.svc.PolicyVersions(r.Context())
	if err != nil {
		return err
	}
	drafts, err := s.svc.PolicyDrafts(r.Context())
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &policiesPage{frame: f.titled(f.t("policy.versions"), "policies"), MayDraft: s.mayDraft(r)}
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.versions"), ""}}
	for _, v := range list {
		row := policyRow{Text: f.t("policy.version", "N", v.Version), Href: versionPath(v.Version), Who: publisher(&f, v), When: formatTime(f.Lang, v.PublishedAt),
			Reason: v.Reason, Added: len(v.Added), Removed: len(v.Removed), Broken: !v.Chained}
		if v.InForce {
			row.Tag = tagView{f.t("policy.in_force"), "good"}
		}
		p.Versions = append(p.Versions, row)
	}
	for _, d := range drafts {
		p.Drafts = append(p.Drafts, policyRow{Text: f.t("policy.draft_of", "Who", d.AuthorName), Href: draftPath(d.ID), When: formatTime(f.Lang, d.UpdatedAt), Reason: d.Reason, Tag: draftTag(&f, d.State)})
	}
	return s.render(w, http.StatusOK, p)
}

func versionPath(n int64) string { return policyPath + "/versioni/" + strconv.FormatInt(n, 10) }

func publisher(f *frame, v service.PolicyVersion) string {
	if v.PublishedBy == "" {
		return f.t("policy.host")
	}
	return v.PublisherName
}

// policyPage is one version, compared with the one before and with the one in force.
type policyPage struct {
	frame
	Version int64
	InForce bool
	Facts   []summaryRow
	// First is a network's first version: it has none before it.
	First bool
	// Brought is what it changed, Diff what going back to it would change.
	Brought policyStepView
	Diff    policyDiff
	// Compare leads to the comparison with any other.
	Compare  string
	MayDraft bool
}

func (*policyPage) template() string { return "policy-version" }

// policyDiff is a difference in words.
type policyDiff struct {
	Added, Removed []string
	Changes        []changeLine
	// People says what changes for single members by the roles they are given or lose.
	People []changeLine
}

type changeLine struct {
	Tag   tagView
	Text  string
	Users int
}

func (s *site) showPolicy(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.PolicyVersion(r.Context(), versionNumber(chi.URLParam(r, "version")))
	if err != nil {
		return err
	}
	c, err := s.svc.PolicyDifference(r.Context(), 0, v.Version)
	if err != nil {
		return err
	}
	before, err := s.before(r, v.Version)
	if err != nil {
		return err
	}
	f := s.frame(r)
	title := f.t("policy.version", "N", v.Version)
	p := &policyPage{frame: f.titled(title, "policies"), Version: v.Version, InForce: v.InForce, First: before == 0, MayDraft: s.mayDraft(r)}
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.versions"), policyPath + "/versioni"}, {title, ""}}
	p.Facts = []summaryRow{{Label: f.t("policy.published"), Values: []string{formatTime(f.Lang, v.PublishedAt)}}, {Label: f.t("policy.by"), Values: []string{publisher(&f, v)}},
		{Label: f.t("policy.reason"), Values: []string{v.Reason}}}
	if p.First {
		p.Brought = policyStepView{Diff: diffOf(&f, v.Added, v.Removed, policy.Diff{}, c.PolicyNames)}
	} else {
		p.Compare = comparePath(before, v.Version)
		if p.Brought, err = s.changeBetween(r, &f, before, v.Version); err != nil {
			return err
		}
	}
	p.Diff = diffOf(&f, c.Added, c.Removed, c.Effect, c.PolicyNames)
	return s.render(w, http.StatusOK, p)
}

// diffOf says who gains and who loses what where, and how many people that means.
func diffOf(f *frame, added, removed []policy.Rule, d policy.Diff, names service.PolicyNames) policyDiff {
	var out policyDiff
	for _, r := range added {
		out.Added = append(out.Added, r.String())
	}
	for _, r := range removed {
		out.Removed = append(out.Removed, r.String())
	}
	for _, c := range d.Roles {
		where := f.t("policy.everywhere")
		if c.Tenant != "" {
			where = names.Tenants[c.Tenant]
		}
		if len(c.Except) > 0 {
			var but []string
			for _, t := range c.Except {
				but = append(but, names.Tenants[t])
			}
			where += ", " + f.t("policy.except", "Who", strings.Join(but, ", "))
		}
		out.Changes = append(out.Changes, changeLine{gainTag(f, c.Gains), f.t("role."+string(c.Role)) + " – " + permissionText(f, c.Permission) + " (" + where + ")", usersOf(d, c)})
	}
	return out
}

// usersOf counts the members who gain or lose the permission where a role's change holds.
func usersOf(d policy.Diff, c policy.RoleChange) (n int) {
	for _, m := range d.Members {
		if m.Permission == c.Permission && m.Gains == c.Gains && (c.Tenant == "" && !slices.Contains(c.Except, m.Tenant) || c.Tenant == m.Tenant) {
			n += len(m.Users)
		}
	}
	return n
}

func gainTag(f *frame, gains bool) tagView {
	if gains {
		return tagView{f.t("policy.gains"), "good"}
	}
	return tagView{f.t("policy.loses"), "bad"}
}
