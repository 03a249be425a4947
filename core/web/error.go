// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
)

// errorPage says what went wrong and what can be done.
type errorPage struct {
	frame
	Text, RequestID string
	// Back leads to where one can go on; the home page where empty.
	Back string
}

func (*errorPage) template() string { return "error" }

// RenderError shows an error as a page. "Not there" and "not yours" give the same bytes.
// Who is not signed in is asked to, and comes back afterwards.
func (s *site) RenderError(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Unauthenticated {
		s.askToSignIn(w, r, err)
		return
	}
	f := s.frame(r)
	f.Static, f.Here, f.Notice = true, "/", nil
	p := &errorPage{frame: f.titled(f.t("error."+kind.String()), ""), Text: s.errorText(f.Lang, err)}
	if kind == fault.Internal || kind == fault.Unavailable {
		p.RequestID = httpkit.RequestID(r.Context())
	}
	if v, ok := visitOf(r); ok && (kind == fault.Conflict || kind == fault.Stale || kind == fault.Forbidden) {
		p.Back = v.back
	}
	if kind == fault.Limited {
		w.Header().Set("Retry-After", "120")
	}
	s.mustRender(w, httpkit.StatusOf(err), p)
}

// mustRender is for pages that take the place of others: if even they fail, a line of text is left.
func (s *site) mustRender(w http.ResponseWriter, status int, p page) {
	if err := s.render(w, status, p); err != nil {
		s.log.Error("error page failed", "error", err.Error())
		http.Error(w, "SATIS", http.StatusInternalServerError)
	}
}

// askToSignIn leads to the sign-in page. What a form sent goes along with it, so that a
// session that ended takes nothing typed with it.
func (s *site) askToSignIn(w http.ResponseWriter, r *http.Request, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		q := url.Values{"torna": {r.URL.RequestURI()}}
		http.Redirect(w, r, "/accedi?"+q.Encode(), http.StatusSeeOther)
		return
	}
	p := s.newSignIn(r)
	if httpkit.ParseForm(r) == nil && len(r.PostForm) > 0 && keepsTyped(r.URL.Path) {
		p.ResumePath, p.ResumeBody = r.URL.Path, r.PostForm.Encode()
		p.Text = p.t("signin.resume")
	} else {
		p.Errors = []complaintView{{Text: s.errorText(p.Lang, err)}}
	}
	s.mustRender(w, http.StatusUnauthorized, p)
}

// noMethod answers a method that an address does not know.
func (s *site) noMethod(w http.ResponseWriter, r *http.Request) {
	f := s.frame(r)
	f.Static, f.Here = true, "/"
	s.mustRender(w, http.StatusMethodNotAllowed, &errorPage{frame: f.titled(f.t("error.method"), ""), Text: f.t("error.method_text")})
}

// isFault finds the fault in an error's chain.
func isFault(err error) (*fault.Error, bool) { return errors.AsType[*fault.Error](err) }
