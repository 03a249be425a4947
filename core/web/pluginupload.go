// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
)

const (
	// uploadBody is the most that is read of an upload: more than any file may have, so that
	// one that is too large is told so instead of being cut off.
	uploadBody = 2 * service.MaxPluginPack
	// uploadTime is how long a file may take to come in over a slow line.
	uploadTime = 10 * time.Minute
	// pluginWait is how long an answer may take that a plugin is asked for.
	pluginWait = 90 * time.Second
	// uploadsAtOnce bounds the memory that files take while they come in.
	uploadsAtOnce = 2
)

// limitUpload lets files in that are larger than other forms; anything else keeps to the
// common limit. What somebody sends who is not signed in is never read.
func limitUpload(next http.Handler) http.Handler {
	large, common := httpkit.LimitBody(uploadBody)(next), httpkit.LimitBody(httpkit.PageBody)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isUpload(r) {
			large.ServeHTTP(w, r)
			return
		}
		common.ServeHTTP(w, r)
	})
}

func isUpload(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// patience gives a request more time than the server does by itself: to come in, and to be answered.
func patience(w http.ResponseWriter, reading, answering time.Duration) {
	c := http.NewResponseController(w)
	if reading > 0 {
		_ = c.SetReadDeadline(time.Now().Add(reading)) // the common deadline holds where this cannot be set
	}
	_ = c.SetWriteDeadline(time.Now().Add(reading + answering))
}

// upload is a posted form with one file.
type upload struct {
	values url.Values
	file   []byte
	name   string
	// tooLarge tells that the file has more bytes than it may; file is empty then.
	tooLarge bool
}

// readUpload reads a form with a file of at most max bytes, part by part: nothing is written
// to disk. Values have at most maxValue bytes.
func readUpload(r *http.Request, max, maxValue int) (upload, error) {
	u := upload{values: url.Values{}}
	if !isUpload(r) {
		return u, fault.New(fault.Invalid, "bad_form")
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return u, fault.New(fault.Invalid, "bad_form")
	}
	for range 20 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err == nil {
			err = u.take(part, max, maxValue)
		}
		if err != nil {
			return u, uploadFault(err)
		}
	}
	return u, fault.New(fault.Invalid, "bad_form")
}

func (u *upload) take(part *multipart.Part, max, maxValue int) error {
	isFile := part.FileName() != "" || part.Header.Get("Content-Type") != ""
	limit := maxValue
	if isFile {
		limit = max
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(part, int64(limit)+1))
	if err != nil {
		return err
	}
	if n > int64(limit) {
		if !isFile {
			return fault.New(fault.Invalid, "body_too_large")
		}
		u.tooLarge = true
		_, err = io.Copy(io.Discard, part) // or the browser never reads why not
		return err
	}
	if isFile {
		u.file, u.name = b.Bytes(), part.FileName()
		return nil
	}
	u.values.Add(part.FormName(), b.String())
	return nil
}

// uploadFault keeps the words of what went wrong while a file came in, and none of its bytes.
func uploadFault(err error) error {
	if _, ok := isFault(err); ok {
		return err
	}
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return fault.New(fault.Invalid, "body_too_large")
	}
	return fault.New(fault.Invalid, "bad_form")
}

// uploadPage takes in a packed plugin.
type uploadPage struct {
	frame
	File fieldView
}

func (*uploadPage) template() string { return "plugin-upload" }

func (s *site) uploadPage(r *http.Request, why []fault.Field) *uploadPage {
	f := s.frame(r)
	p := &uploadPage{frame: f.titled(f.t("plugin.upload"), "plugins")}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {p.Title, ""}}
	p.File = fieldView{Shape: "file", Path: "file", ID: "f-file", Label: f.t("plugin.file"), Hint: f.t("plugin.file_hint"), Required: true}
	for _, c := range why {
		if c.Path == "file" {
			p.File.Error = s.texts.Fault(f.Lang, c.Code, c.Params)
		}
	}
	p.Errors = p.summary(why, p.File)
	return p
}

func (s *site) showUpload(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.svc.Publishers(r.Context()); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, s.uploadPage(r, nil))
}

// savePlugin takes a file in. Whoever may not is told so before a byte of it is read.
func (s *site) savePlugin(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.svc.Publishers(r.Context()); err != nil {
		return err
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	case <-r.Context().Done():
		return fault.Wrap(r.Context().Err(), fault.Unavailable, "unavailable")
	}
	patience(w, uploadTime, pluginWait)
	u, err := readUpload(r, service.MaxPluginPack, 1<<10)
	if err != nil {
		return err
	}
	switch {
	case u.tooLarge:
		return s.render(w, http.StatusUnprocessableEntity, s.uploadPage(r, []fault.Field{fault.At("file", "file_too_large", "limit", "64 MiB")}))
	case len(u.file) == 0:
		return s.render(w, http.StatusUnprocessableEntity, s.uploadPage(r, []fault.Field{fault.At("file", "required")}))
	}
	d, err := s.svc.SubmitPlugin(r.Context(), u.file)
	if err == nil {
		return s.finish(w, r, "plugin.submitted", versionOfPlugin(d.Plugin, d.Version))
	}
	if fields, ok := complaintsOf(err); ok {
		return s.render(w, http.StatusUnprocessableEntity, s.uploadPage(r, fields))
	}
	if e, ok := isFault(err); ok && e.Kind == fault.Conflict {
		return s.render(w, http.StatusConflict, s.uploadPage(r, []fault.Field{{Path: "file", Code: e.Code, Params: e.Params}}))
	}
	return err
}
