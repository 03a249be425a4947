// SPDX-License-Identifier: AGPL-3.0-or-later

// Package httpkit is what the pages and the JSON API share: the one wrapper that turns an
// error into an answer, the security headers, sessions, and what every request passes
// through before it reaches a handler.
//
// It knows nothing of projects or persons and writes no personal data to any log.
package httpkit

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/satis-toscana/satis/core/fault"
)

// Handler answers one request, or returns the error that prevents it. It must not have
// written anything when it returns an error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ErrorRenderer turns an error into what the client understands: a page or a problem document.
type ErrorRenderer interface {
	RenderError(w http.ResponseWriter, r *http.Request, err error)
}

// Wrapper makes http handlers out of Handlers.
type Wrapper struct {
	// Errors renders what a handler returns.
	Errors ErrorRenderer
	// Log gets the internal text of errors that are our own mistake.
	Log *slog.Logger
}

// Handle wraps one handler: an error is logged if it is ours, then rendered; a panic is an error.
func (k Wrapper) Handle(h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := &tracked{ResponseWriter: w}
		err := k.run(h, t, r)
		if err == nil {
			return
		}
		k.note(r, err)
		if t.wrote {
			return // too late for a page: the connection carries half an answer already
		}
		k.Errors.RenderError(t, r, err)
	}
}

// run calls the handler and makes an error of a panic. http.ErrAbortHandler passes through.
func (k Wrapper) run(h Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		err = fault.Wrap(panicError{stack: debug.Stack(), what: panicText(v)}, fault.Internal, "internal")
	}()
	return h(w, r)
}

// note logs errors that somebody has to repair. What a visitor did wrong is no log matter.
func (k Wrapper) note(r *http.Request, err error) {
	kind := fault.KindOf(err)
	if kind != fault.Internal && kind != fault.Unavailable {
		return
	}
	args := []any{"request_id", RequestID(r.Context()), "route", routePattern(r), "error", err.Error()}
	if p, ok := asPanic(err); ok {
		args = append(args, "stack", string(p.stack))
	}
	k.Log.ErrorContext(r.Context(), "request failed", args...)
}

// StatusOf is the HTTP status of an error.
func StatusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Stale:
		return http.StatusPreconditionFailed
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limited:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// panicError is a recovered panic: its text and where it happened.
type panicError struct {
	what  string
	stack []byte
}

func (p panicError) Error() string { return "panic: " + p.what }

// panicText names a panic without printing values that may be personal: runtime errors and
// errors say what they are, anything else only its type.
func panicText(v any) string {
	if err, ok := v.(error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

// tracked remembers whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	wrote  bool
	status int
	bytes  int64
}

func (t *tracked) WriteHeader(status int) {
	if !t.wrote {
		t.wrote, t.status = true, status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(p []byte) (int, error) {
	if !t.wrote {
		t.wrote, t.status = true, http.StatusOK
	}
	n, err := t.ResponseWriter.Write(p)
	t.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }
