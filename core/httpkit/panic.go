// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"errors"
	"net/http"
	"runtime/debug"

	"github.com/satis-toscana/satis/core/fault"
)

// asPanic finds a recovered panic in an error's chain.
func asPanic(err error) (panicError, bool) {
	var p panicError
	ok := errors.As(err, &p)
	return p, ok
}

// Recover is the outermost net: a panic in middleware, where no Handler is, still becomes
// an error page instead of a cut connection.
func (k Wrapper) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &tracked{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			err := fault.Wrap(panicError{stack: debug.Stack(), what: panicText(v)}, fault.Internal, "internal")
			k.note(r, err)
			if !t.wrote {
				k.Errors.RenderError(t, r, err)
			}
		}()
		next.ServeHTTP(t, r)
	})
}
