// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/httpkit"
)

// shapeHuma makes huma speak as we do. Its errors carry the rejected value and messages
// that quote it; ours carry a place and a code.
var shapeHuma = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return fromHuma(ctx.Context(), status, bodyLimit(ctx), errs)
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return fromHuma(context.Background(), status, httpkit.DataBody, errs)
	}
})

// bodyLimit is how many bytes the operation's body may have.
func bodyLimit(ctx huma.Context) int64 {
	if op := ctx.Operation(); op != nil && larger[op.Path] > 0 {
		return larger[op.Path]
	}
	return httpkit.DataBody
}

// fromHuma makes a problem of what huma found before any handler ran.
func fromHuma(ctx context.Context, status int, limit int64, errs []error) *Problem {
	code, ok := map[int]string{
		http.StatusBadRequest:            "bad_json",
		http.StatusRequestTimeout:        "body_too_slow",
		http.StatusRequestEntityTooLarge: "body_too_large",
		http.StatusUnsupportedMediaType:  "unsupported_media_type",
		http.StatusUnprocessableEntity:   "fields",
	}[status]
	if !ok {
		code = "internal"
	}
	if status == http.StatusRequestEntityTooLarge {
		return newProblem(ctx, status, code, mebibytes(limit), nil, nil)
	}
	var fields []Complaint
	if status == http.StatusUnprocessableEntity {
		for _, err := range errs {
			if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				fields = append(fields, complaintOf(d))
			}
		}
	}
	return newProblem(ctx, status, code, nil, fields, nil)
}

// rephrased maps how huma's messages begin to our codes. What follows the beginning is a
// limit of the schema where a parameter is named.
var rephrased = []struct{ begins, code, param string }{
	{"unexpected property", "unknown_field", ""},
	{"unknown query parameter", "unknown_field", ""},
	{"expected required property ", "required", ""},
	{"required ", "required", ""},
	{"expected value to be one of", "not_an_option", ""},
	{"expected number >= ", "too_small", "limit"},
	{"expected number <= ", "too_large", "limit"},
	{"expected length <= ", "too_long", "limit"},
	{"expected array length >= ", "too_few", "limit"},
	{"expected array length <= ", "too_many", "limit"},
}

func complaintOf(d *huma.ErrorDetail) Complaint {
	at := slashed(d.Location)
	for _, r := range rephrased {
		rest, ok := strings.CutPrefix(d.Message, r.begins)
		if !ok {
			continue
		}
		c := Complaint{Location: safePlace(at), Code: r.code}
		if r.param != "" {
			c.Params = map[string]string{r.param: rest}
		}
		if name, ok := strings.CutSuffix(rest, " to be present"); ok {
			c.Location = safePlace(at + "/" + name)
		}
		return c
	}
	return Complaint{Location: safePlace(at), Code: "wrong_kind"}
}

// slashed writes huma's body.items[3].tags as body/items/3/tags.
func slashed(at string) string {
	return strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(at)
}
