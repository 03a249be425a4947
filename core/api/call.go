// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/text/language"
)

// call is what the rest of the package needs to know of the request it answers.
type call struct {
	method string
	url    *url.URL
	// lang is the language of texts; asked tells whether the client named one it has.
	lang  string
	asked bool
}

type callKey struct{}

// withCall puts the call into the context and says in which language the answer is.
func withCall(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{method: r.Method, url: r.URL}
		c.lang, c.asked = langOf(r.Header.Get("Accept-Language"))
		w.Header().Set("Content-Language", c.lang)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	})
}

func callOf(ctx context.Context) call {
	c, ok := ctx.Value(callKey{}).(call)
	if !ok {
		return call{lang: "it", url: &url.URL{}}
	}
	return c
}

var languages = []language.Tag{language.Italian, language.English}

// langOf chooses the language of an Accept-Language header: Italian where it names none we have.
func langOf(header string) (lang string, asked bool) {
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "it", false
	}
	for _, w := range wanted {
		base, _ := w.Base()
		i := slices.IndexFunc(languages, func(t language.Tag) bool { have, _ := t.Base(); return have == base })
		if i >= 0 {
			return base.String(), true
		}
	}
	return "it", false
}
