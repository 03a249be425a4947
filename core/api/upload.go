// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

const (
	// maxFeedDocument is a feed within JSON, where every character may take two.
	maxFeedDocument = 2*service.MaxCourseFeed + 4<<10
	// atOnce is how many large bodies are in memory at a time. Others are asked to come again.
	atOnce = 2
	// uploadTime bounds how long a large body may take to arrive, answerTime how long the work
	// on it, or on a plugin that is tried, may take after that.
	uploadTime = 2 * time.Minute
	answerTime = 75 * time.Second
)

// larger are the operations that take more than others, with the most bytes.
var larger = map[string]int64{"/plugins": service.MaxPluginPack, "/course-imports": maxFeedDocument}

// limitBody stops reading a body where its operation's limit is.
func limitBody(next http.Handler) http.Handler {
	usual := httpkit.LimitBody(httpkit.DataBody)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		max, ok := larger[strings.TrimPrefix(r.URL.Path, Prefix)]
		if !ok || r.Method != http.MethodPost {
			usual.ServeHTTP(w, r)
			return
		}
		// One byte more: the operation itself says that there is too much.
		httpkit.LimitBody(max+1)(next).ServeHTTP(w, r)
	})
}

// large makes an operation take a large body: from whom may only, of the types it names, and
// few at a time.
func (s *server) large(op huma.Operation, may func(context.Context) error, types ...string) huma.Operation {
	max := larger[op.Path]
	// Huma refuses what reaches its limit.
	op.MaxBodyBytes, op.BodyReadTimeout = max+1, uploadTime
	op.Errors = append(op.Errors, http.StatusRequestTimeout)
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		refuse := func(err error) {
			_, w := humachi.Unwrap(ctx)
			s.problem(ctx.Context(), op.Path, err).send(w)
		}
		kind, _, err := mime.ParseMediaType(ctx.Header("Content-Type"))
		if err != nil || !slices.Contains(types, kind) {
			refuse(refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type"})
			return
		}
		if err := may(ctx.Context()); err != nil {
			refuse(err)
			return
		}
		if n, err := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64); err == nil && n > max {
			refuse(tooLarge(max))
			return
		}
		select {
		case s.uploads <- struct{}{}:
			defer func() { <-s.uploads }()
		default:
			refuse(fault.New(fault.Unavailable, "plugin_busy"))
			return
		}
		patient(ctx, uploadTime+answerTime)
		next(ctx)
	})
	return op
}

// slow gives an operation time to try a plugin out.
func slow(op huma.Operation) huma.Operation {
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		patient(ctx, answerTime)
		next(ctx)
	})
	return op
}

// patient lets the answer be written later than the server allows otherwise. Where the
// connection knows no deadlines there is nothing to put off.
func patient(ctx huma.Context, d time.Duration) {
	_, w := humachi.Unwrap(ctx)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d))
}

// tooLarge refuses a body, and says how much may be sent.
func tooLarge(max int64) refusal {
	return refusal{status: http.StatusRequestEntityTooLarge, code: "body_too_large", params: mebibytes(max)}
}

func mebibytes(n int64) map[string]string {
	return map[string]string{"limit": strconv.FormatInt(n>>20, 10) + " MiB"}
}
