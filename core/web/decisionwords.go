// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/policy"
)

// The record keeps codes and ids, and so do the addresses of its filters; the page says them
// in the words of the matrix, and people by name where they are members still.

// decisionPeople are who the record may speak of, by id: name, roles and organisation.
func (s *site) decisionPeople(r *http.Request, f *frame) (out []optionView, err error) {
	list, err := s.svc.DecisionPeople(r.Context())
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		id, label := string(m.User), m.Name+" – "+roleNames(f, m.Roles)
		if i := slices.IndexFunc(out, func(o optionView) bool { return o.Value == id }); i >= 0 {
			out[i].Label += "; " + roleNames(f, m.Roles)
			continue
		}
		out = append(out, optionView{Value: id, Label: label})
	}
	slices.SortFunc(out, func(a, b optionView) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return out, nil
}

// nameOf says who somebody is; by his id where he is a member no more.
func nameOf(people []optionView, id string) string {
	if i := slices.IndexFunc(people, func(o optionView) bool { return o.Value == id }); i >= 0 {
		name, _, _ := strings.Cut(people[i].Label, " – ")
		return name
	}
	return id
}

// actionWords and objectWords say a code in words; ok is false for one that has none.
func actionWords(f *frame, code string) (string, bool) {
	if code == "sign_in" { // the one act that is recorded and asks no policy
		return f.t("action.sign_in"), true
	}
	key := "action." + code
	return f.t(key), code != "" && f.texts.Has(key)
}

func objectWords(f *frame, code string) (string, bool) {
	key := objectKey(policy.Object(code))
	return f.t(key), code != "" && f.texts.Has(key)
}

// withWords makes lists of the filters for people, actions and objects. What an address asks
// for stays chosen, even where it is on no list.
func withWords(f *frame, views []fieldView, values url.Values, people []optionView) {
	actions, objects := []optionView{}, []optionView{}
	add := func(list *[]optionView, code string, words func(*frame, string) (string, bool)) {
		label, ok := words(f, code)
		if ok && !slices.ContainsFunc(*list, func(o optionView) bool { return o.Value == code }) {
			*list = append(*list, optionView{Value: code, Label: label})
		}
	}
	add(&actions, "sign_in", actionWords)
	for _, p := range policy.Permissions() {
		add(&actions, string(p.Action), actionWords)
		add(&objects, string(p.Object), objectWords)
	}
	for name, list := range map[string][]optionView{"action": actions, "object": objects, "actor": people} {
		i := slices.IndexFunc(views, func(v fieldView) bool { return v.Path == name })
		chosen := strings.TrimSpace(values.Get(name))
		list = slices.Clone(list)
		if name != "actor" {
			slices.SortFunc(list, func(a, b optionView) int { return strings.Compare(a.Label, b.Label) })
		}
		if chosen != "" && !slices.ContainsFunc(list, func(o optionView) bool { return o.Value == chosen }) {
			list = append(list, optionView{Value: chosen, Label: chosen})
		}
		for k := range list {
			list[k].Chosen = list[k].Value == chosen
		}
		views[i].Shape, views[i].Options = "select", list
	}
}
