// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"errors"
	"net/http"

	"github.com/satis-toscana/satis/core/fault"
)

// PageBody and DataBody are the most bytes a posted page or API document may have.
const (
	PageBody int64 = 1 << 20
	DataBody int64 = 1 << 20
)

// LimitBody stops reading a request body after max bytes.
func LimitBody(max int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, max)
			next.ServeHTTP(w, r)
		})
	}
}

// ParseForm reads a posted form. It returns fault.Invalid where the body is too large or is
// no form; the error never quotes the body.
func ParseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.Invalid, "body_too_large")
	}
	return fault.New(fault.Invalid, "bad_form")
}

// SameOrigin refuses requests that change something and come from another site, through
// the standard library's check of Sec-Fetch-Site and Origin.
func (k Wrapper) SameOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(k.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "cross_origin")
	}))
	return p.Handler(next)
}
