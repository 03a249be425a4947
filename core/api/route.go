// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/service"
)

// describe begins the description of an operation. The tag is the noun it belongs to.
func describe(method, path, id, tag, summary string) huma.Operation {
	op := huma.Operation{Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary,
		Security: []map[string][]string{{bearer: {}}},
		Errors:   []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}}
	if strings.Contains(path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return op
}

// open marks an operation that asks for no token.
func open(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{}
	op.Errors = []int{http.StatusServiceUnavailable}
	return op
}

func isPublic(op *huma.Operation) bool { return op.Security != nil && len(op.Security) == 0 }

// route registers an operation with its handler. An error becomes a problem document.
func route[I, O any](s *server, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, op.Path, err)
		}
		return out, nil
	})
}

// one is the answer with a single resource.
type one[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"Send it back as If-Match or If-None-Match"`
	Body   T
}

// cached adds to a description that the client may have the resource already.
func cached(op huma.Operation) huma.Operation {
	op.Responses = map[string]*huma.Response{"304": {Description: "The ETag is still the one in If-None-Match"}}
	return op
}

// oneOf answers with a resource, or with 304 where the client has it already.
func oneOf[T any](body T, etag, ifNoneMatch string) *one[T] {
	out := &one[T]{Status: http.StatusOK, ETag: etag, Body: body}
	if matches(ifNoneMatch, etag) {
		out.Status = http.StatusNotModified
	}
	return out
}

// created is the answer with a resource that is new.
type created[T any] struct {
	Location string `header:"Location" doc:"Where it can be read"`
	ETag     string `header:"ETag"`
	Body     T
}

// page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"The cursor of the next page; empty on the last one"`
}

// many is the answer with a page.
type many[T any] struct {
	Link string `header:"Link" doc:"rel=next leads to the next page"`
	Body page[T]
}

// whole answers with a list that has one page.
func whole[T any](items []T) *many[T] {
	if items == nil {
		items = []T{}
	}
	return &many[T]{Body: page[T]{Items: items}}
}

// pageOf answers with a page, and links to the next one at the same address.
func pageOf[T any](ctx context.Context, items []T, next string) *many[T] {
	out := whole(items)
	out.Body.Next = next
	q := callOf(ctx).url.Query()
	// A name in an address is personal: it is not repeated in another one.
	if next != "" && !q.Has("name") {
		q.Set("cursor", next)
		path := callOf(ctx).url.Path
		if !strings.HasPrefix(path, Prefix) {
			path = Prefix + path
		}
		out.Link = "<" + path + "?" + q.Encode() + `>; rel="next"`
	}
	return out
}

// convert maps a list.
func convert[A, B any](list []A, to func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = to(v)
	}
	return out
}

// The parts of requests that operations share. They are exported because huma looks for
// parameters in exported fields only, and an embedded field is named like its type.
type (
	// ByID names one thing.
	ByID struct {
		ID string `path:"id" doc:"UUID"`
	}
	// IfNone asks for a thing only where it changed.
	IfNone struct {
		IfNoneMatch string `header:"If-None-Match" doc:"Answers 304 where the ETag is still this"`
	}
	// Paging asks for a part of a list.
	Paging struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items"`
		Cursor string `query:"cursor" doc:"The next of the page before"`
	}
	nothing struct{}
)

func (p Paging) request() service.PageRequest {
	return service.PageRequest{Limit: p.Limit, Cursor: p.Cursor}
}

// baseOf reads the revision out of an If-Match header: 428 where there is none. Anything
// but one strong tag of ours matches no revision, so that the change is refused as stale
// once the caller's right to know of the thing is clear.
func baseOf(ifMatch string) (int64, error) {
	tag := strings.TrimSpace(ifMatch)
	if tag == "" || tag == "*" {
		return 0, refusal{status: http.StatusPreconditionRequired, code: "precondition_required",
			fields: []Complaint{{Location: "header/If-Match", Code: "required"}}}
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 1 || etagOf(n) != tag {
		return -1, nil
	}
	return n, nil
}

// matches compares an If-None-Match header with a tag, weakly, as RFC 9110 asks.
func matches(header, etag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t != "" && (t == "*" || strings.TrimPrefix(t, "W/") == etag) {
			return true
		}
	}
	return false
}
