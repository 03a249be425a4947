// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// apiPrefix is where the API is mounted.
const apiPrefix = "/api/v1"

func isAPI(path string) bool { return strings.HasPrefix(path, apiPrefix+"/") }

// unknownID is a UUID that nothing has.
const unknownID = "0192a000-0000-7000-8000-000000000000"

// kind is a sort of thing that addresses name by its id.
type kind struct {
	id func(things) string
	// network: the organisations of one network know of it; only another's must not.
	network bool
}

// kinds tells what a parameter of an address names; {id} is named by the first word of the
// address. A route with a parameter that is neither here nor in besides is an offender:
// nobody has said whose its things are.
var kinds = map[string]kind{
	"person":     {id: func(t things) string { return t.person }},
	"project":    {id: func(t things) string { return t.project }},
	"decision":   {id: func(t things) string { return t.decision }},
	"notice":     {id: func(t things) string { return t.notice }},
	"invitation": {id: func(t things) string { return t.invitation }},
	"user":       {id: func(t things) string { return t.user }},
	"tenant":     {id: func(t things) string { return t.tenant }, network: true},
	"draft":      {id: func(t things) string { return t.draft }, network: true},
	"plugin":     {id: func(t things) string { return t.plugin }, network: true},
	"publisher":  {id: func(t things) string { return t.publisher }, network: true},
	"catalog":    {id: func(t things) string { return t.catalog }, network: true},
	"enrolment":  {id: func(t things) string { return t.enrolment }},
}

// firstWords are the addresses whose {id} is that of a kind.
var firstWords = map[string]string{"persons": "person", "persone": "person", "projects": "project", "progetti": "project", "subsidy-decisions": "decision",
	"enrolments": "enrolment"}

// besides are the parameters that are no id of anybody's, with a value for each: a version's
// number within the own network, say.
var besides = map[string]string{"n": "1", "role": "operator", "section": "needs", "key": "it", "name": "none", "version": "1", "plugin_version": provedVersion, "edition": provedEdition,
	"token": "none"} // an invitation's token is a secret, its test is the sign-in's

// route is an address that is served.
type route struct {
	method, pattern string
	body            any
}

// kindsOf tells what the route's parameters name, in their order. unknown is the first
// parameter of which nobody has said it.
func (r route) kindsOf() (out []kind, unknown string) {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.pattern, apiPrefix), "/"), "/")
	for _, p := range parameter.FindAllStringSubmatch(r.pattern, -1) {
		name := p[1]
		if name == "id" {
			name = firstWords[first]
		}
		if k, found := kinds[name]; found {
			out = append(out, k)
		} else if _, other := besides[name]; !other && unknown == "" {
			unknown = p[0]
		}
	}
	return out, unknown
}

// ofNetwork tells that the things named are known in all of a network.
func ofNetwork(list []kind) bool {
	return slices.ContainsFunc(list, func(k kind) bool { return k.network })
}

var parameter = regexp.MustCompile(`\{([a-z_]+)(:[^}]*)?\}`)

// unknowns are ids that nothing has.
var unknowns = things{unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID, unknownID}

// path puts ids into the address, and something plausible at every other place.
func (r route) path(ids things) string {
	named, _ := r.kindsOf()
	path := parameter.ReplaceAllStringFunc(r.pattern, func(p string) string {
		if v, other := besides[parameter.FindStringSubmatch(p)[1]]; other {
			return v
		}
		if len(named) == 0 {
			return unknownID
		}
		id := named[0].id(ids)
		named = named[1:]
		return id
	})
	switch {
	case strings.HasSuffix(path, "/diff"):
		path += "?from=1"
	case strings.HasSuffix(path, "/nuovo") && r.method == http.MethodGet:
		path += "?tipo=housing"
	}
	return path
}

// form is what pages get: something at every field that a page asks for before it looks.
func form() url.Values {
	return url.Values{"_base": {"1"}, "event": {"recommend"}, "_type": {"housing"}, "_hash": {"00"}}
}

// routes lists what is served, with a body for each that takes one, from the router itself
// and the API's own description: a new route needs no entry anywhere to be in it.
func (s *scratch) routes() (out []route, err error) {
	router, ok := s.main.(chi.Routes)
	if !ok {
		return nil, errors.New("the handler does not tell its routes")
	}
	r, err := (&user{}).request(context.Background(), http.MethodGet, apiPrefix+"/openapi.json", nil)
	if err != nil {
		return nil, err
	}
	doc, err := readDescription(serve(s.main, r).body)
	if err != nil {
		return nil, err
	}
	err = chi.Walk(router, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		pattern = strings.TrimSuffix(strings.ReplaceAll(pattern, "/*/", "/"), "/")
		if strings.HasSuffix(pattern, "*") || method == http.MethodHead || method == http.MethodOptions {
			return nil
		}
		one := route{method: method, pattern: pattern}
		switch {
		case isAPI(pattern):
			one.body = doc.body(method, strings.TrimPrefix(pattern, apiPrefix))
		case method == http.MethodPost:
			one.body = form()
		}
		out = append(out, one)
		return nil
	})
	return out, err
}

// description is what is needed of an OpenAPI document.
type description struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

func readDescription(text []byte) (d description, err error) {
	if err := json.Unmarshal(text, &d); err != nil || len(d.Paths) == 0 {
		return d, errors.New("the API's description cannot be read")
	}
	return d, nil
}
