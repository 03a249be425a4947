// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/satis-toscana/satis/core/service"
)

// policyStepView is what led from one version to another, as the second administrator read it.
type policyStepView struct {
	Diff policyDiff
	// Roles are those given and taken.
	Roles []roleLine
}

// changeBetween says in words what leads from one version to another.
func (s *site) changeBetween(r *http.Request, f *frame, from, to int64) (policyStepView, error) {
	c, err := s.svc.PolicyDifference(r.Context(), from, to)
	if err != nil {
		return policyStepView{}, err
	}
	out := policyStepView{diffOf(f, c.Added, c.Removed, c.Effect, c.PolicyNames), rolesOf(f, c.Roles, nil, c.PolicyNames)}
	out.Diff.People = peopleOf(f, c.Roles, c.Effect, c.PolicyNames)
	return out, nil
}

// versionNumber reads a version's number; what is none is one that no network has.
func versionNumber(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// before is the number of the version before another; 0 where there is none.
func (s *site) before(r *http.Request, n int64) (before int64, err error) {
	list, err := s.svc.PolicyVersions(r.Context())
	for _, v := range list { // newest first
		if v.Version < n {
			return v.Version, err
		}
	}
	return 0, err
}

func comparePath(from, to int64) string {
	return policyPath + "/confronto?" + url.Values{"prima": {strconv.FormatInt(from, 10)}, "dopo": {strconv.FormatInt(to, 10)}}.Encode()
}

// comparePage sets any two versions side by side.
type comparePage struct {
	frame
	From, To []optionView
	// Same: one version was chosen twice.
	Same, Back bool
	Change     policyStepView
}

func (*comparePage) template() string { return "policy-compare" }

// comparePolicies compares two versions; the last two where none are named.
func (s *site) comparePolicies(w http.ResponseWriter, r *http.Request) error {
	list, err := s.svc.PolicyVersions(r.Context())
	if err != nil {
		return err
	}
	from, to := list[min(1, len(list)-1)].Version, list[0].Version
	for name, n := range map[string]*int64{"prima": &from, "dopo": &to} {
		if text := r.URL.Query().Get(name); text != "" {
			*n = versionNumber(text)
		}
	}
	f := s.frame(r)
	p := &comparePage{frame: f.titled(f.t("policy.compare"), "policies"), Same: from == to, Back: from > to}
	if p.Change, err = s.changeBetween(r, &f, from, to); err != nil {
		return err
	}
	p.Crumbs = []crumb{{f.t("policy.title"), policyPath}, {f.t("policy.versions"), policyPath + "/versioni"}, {p.Title, ""}}
	p.From, p.To = versionOptions(&f, list, from), versionOptions(&f, list, to)
	return s.render(w, http.StatusOK, p)
}

func versionOptions(f *frame, list []service.PolicyVersion, chosen int64) (out []optionView) {
	for _, v := range list {
		out = append(out, optionView{Value: strconv.FormatInt(v.Version, 10), Label: f.t("policy.version", "N", v.Version) + " – " + formatTime(f.Lang, v.PublishedAt), Chosen: v.Version == chosen})
	}
	return out
}
