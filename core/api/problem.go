// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
)

// Problem is an error as a document (RFC 9457). It has no instance and no request id, so
// that the same refusal always reads the same; X-Request-Id leads to the log.
type Problem struct {
	Type   string      `json:"type" doc:"urn:satis:fault: and the code"`
	Title  string      `json:"title" doc:"The kind of problem, in words"`
	Status int         `json:"status"`
	Detail string      `json:"detail" doc:"What is wrong, in the reader's language"`
	Code   string      `json:"code" doc:"A stable name of what is wrong"`
	Errors []Complaint `json:"errors,omitempty" doc:"The places that must be corrected"`

	header http.Header
}

// Complaint ties one problem to its place in the request. It never holds what was sent.
type Complaint struct {
	Location string            `json:"location" doc:"body/, query/, path/ or header/ and the place in it: body/interventions/0/details/hours"`
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Params   map[string]string `json:"params,omitempty" doc:"Limits and names of options"`
}

// Error is for the log.
func (p *Problem) Error() string { return p.Code }

// GetStatus tells huma the status to answer with.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells huma the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of problem documents.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// send writes the problem where huma is not at work.
func (p *Problem) send(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// refusal is an error of the protocol itself, which no layer below knows.
type refusal struct {
	status int
	code   string
	params map[string]string
	fields []Complaint
	header http.Header
}

func (r refusal) Error() string { return r.code }

// RenderError turns any error into a problem document.
func (s *server) RenderError(w http.ResponseWriter, r *http.Request, err error) {
	problemOf(r.Context(), err).send(w)
}

// problem makes the document of an error a handler returned, and logs the error where
// somebody has to repair something.
func (s *server) problem(ctx context.Context, route string, err error) *Problem {
	p := problemOf(ctx, err)
	if p.Status >= http.StatusInternalServerError && !errors.Is(ctx.Err(), context.Canceled) { // nobody waits any more
		s.log.ErrorContext(ctx, "request failed", "request_id", httpkit.RequestID(ctx), "route", route, "error", err.Error())
	}
	return p
}

// problemOf makes the document of an error.
func problemOf(ctx context.Context, err error) *Problem {
	if r, ok := errors.AsType[refusal](err); ok {
		return newProblem(ctx, r.status, r.code, r.params, r.fields, r.header)
	}
	status, code := httpkit.StatusOf(err), fault.KindOf(err).String()
	var params map[string]string
	var fields []Complaint
	if e, ok := errors.AsType[*fault.Error](err); ok {
		code, params = e.Code, e.Params
		for _, f := range e.Fields {
			fields = append(fields, Complaint{Location: place(ctx, f.Path), Code: f.Code, Params: f.Params})
		}
	}
	header := http.Header{}
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(code))
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "5")
	case http.StatusTooManyRequests:
		header.Set("Retry-After", "60")
	}
	return newProblem(ctx, status, code, params, fields, header)
}

// maxComplaints bounds an answer: a request can be wrong in very many places.
const maxComplaints = 100

func newProblem(ctx context.Context, status int, code string, params map[string]string, fields []Complaint, header http.Header) *Problem {
	lang := callOf(ctx).lang
	fields = fields[:min(len(fields), maxComplaints)]
	for i, f := range fields {
		fields[i].Message = say(lang, f.Code, "wrong_kind", f.Params)
	}
	kind := kindOfStatus(status)
	return &Problem{Type: "urn:satis:fault:" + code, Title: texts()[lang]["title."+kind], Status: status,
		Detail: say(lang, code, kind, params), Code: code, Errors: fields, header: header}
}

// kindOfStatus names the family of texts of a status.
func kindOfStatus(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		return "stale"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusTooManyRequests:
		return "limited"
	}
	if status >= http.StatusInternalServerError {
		return "internal"
	}
	return "invalid"
}

// place says where in the request a complaint of the service layer belongs: it knows paths
// in the input only.
func place(ctx context.Context, path string) string {
	if m := callOf(ctx).method; m == http.MethodGet || m == http.MethodHead {
		return safePlace("query/" + path)
	}
	return safePlace("body/" + path)
}

var placeShape = regexp.MustCompile(`^[a-z]+(/[A-Za-z0-9_-]{1,64}){1,12}$`)

// safePlace keeps a place that looks like one. A client chooses the names of unknown
// fields, and could put anything there; such a place shrinks to the part of the request.
func safePlace(at string) string {
	if placeShape.MatchString(at) {
		return at
	}
	part, _, _ := strings.Cut(at, "/")
	return part
}
