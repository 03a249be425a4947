// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/tenant"
)

// signInPage asks for address and password. It may carry a form that was sent after the
// session had ended.
type signInPage struct {
	frame
	Email, Return, Text    string
	ResumePath, ResumeBody string
}

func (*signInPage) template() string { return "sign-in" }

// resumePage gives back, after signing in again, what was typed before.
type resumePage struct {
	frame
	Action string
	Hidden []hiddenInput
}

func (*resumePage) template() string { return "resume" }

func (s *site) newSignIn(r *http.Request) *signInPage {
	f := s.frame(r)
	f.Here, f.Viewer = "/accedi", nil
	return &signInPage{frame: f.titled(f.t("signin.title"), "")}
}

func (s *site) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if _, err := tenant.From(r.Context()); err == nil {
		if _, err := s.svc.Me(r.Context()); err == nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		}
	}
	p := s.newSignIn(r)
	p.Return = localPath(r.URL.Query().Get("torna"))
	return s.render(w, http.StatusOK, p)
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	in := r.PostForm
	email := in.Get("email")
	err := s.limit.Allow(email, r.RemoteAddr)
	var a tenant.Actor
	if err == nil {
		a, err = s.svc.SignIn(r.Context(), email, in.Get("password"))
	}
	if kind := fault.KindOf(err); err != nil && (kind == fault.Unauthenticated || kind == fault.Limited) {
		p := s.newSignIn(r)
		p.Email, p.Return, p.ResumePath, p.ResumeBody = email, localPath(in.Get("torna")), localPath(in.Get("resume_path")), in.Get("resume_body")
		p.Errors = []complaintView{{Text: s.errorText(p.Lang, err), Href: "#email"}}
		return s.render(w, httpkit.StatusOf(err), p)
	}
	if err != nil {
		return err
	}
	s.limit.Forgive(email, r.RemoteAddr)
	if err := s.sessions.SignIn(r.Context(), a.User, a.Tenant); err != nil {
		return fault.Wrap(err, fault.Unavailable, "unavailable")
	}
	if _, err := r.Cookie(languageCookie); err != nil && a.Lang == "en" {
		s.putLanguage(w, a.Lang)
	}
	if path := localPath(in.Get("resume_path")); path != "/" && keepsTyped(path) {
		return s.resume(w, r.WithContext(tenant.With(r.Context(), a)), path, in.Get("resume_body"))
	}
	http.Redirect(w, r, localPath(in.Get("torna")), http.StatusSeeOther)
	return nil
}

// resume shows a button that sends the form again; the person decides, not the page.
func (s *site) resume(w http.ResponseWriter, r *http.Request, path, body string) error {
	values, err := url.ParseQuery(body)
	if err != nil {
		return fault.New(fault.Invalid, "bad_form")
	}
	f := s.frame(r)
	p := &resumePage{frame: f.titled(f.t("signin.resume_title"), ""), Action: path, Hidden: hiddenInputs(values)}
	return s.render(w, http.StatusOK, p)
}

// hiddenInputs carries a form's values through another page, in a fixed order.
func hiddenInputs(values url.Values, except ...string) []hiddenInput {
	var out []hiddenInput
	for name, list := range values {
		if slices.Contains(except, name) {
			continue
		}
		for _, v := range list {
			out = append(out, hiddenInput{name, v})
		}
	}
	slices.SortStableFunc(out, func(a, b hiddenInput) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// keepsTyped tells the forms whose content is worth carrying over a sign-in: those of the
// work, never those of the session itself.
func keepsTyped(path string) bool {
	return strings.HasPrefix(path, "/progetti/") || strings.HasPrefix(path, "/persone/")
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.SignOut(r.Context()); err != nil {
		return fault.Wrap(err, fault.Unavailable, "unavailable")
	}
	http.Redirect(w, r, "/accedi", http.StatusSeeOther)
	return nil
}

// quickExit ends the session and leads away. A link from another site cannot end it.
func (s *site) quickExit(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "" || site == "same-origin" || site == "none" {
		if err := s.sessions.SignOut(r.Context()); err != nil {
			s.log.Warn("quick exit could not end the session", "error", err.Error())
		}
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, s.cfg.QuickExit, http.StatusSeeOther)
	return nil
}

func (s *site) switchTenant(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	to, err := tenant.ParseID(r.PostForm.Get("tenant"))
	if err != nil {
		return fault.Missing()
	}
	a, err := s.svc.Switch(r.Context(), to)
	if err != nil {
		return err
	}
	if err := s.sessions.Switch(r.Context(), a.Tenant); err != nil {
		return fault.Wrap(err, fault.Unavailable, "unavailable")
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *site) setLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	lang := r.PostForm.Get("lang")
	if !slices.Contains(Languages, lang) {
		return fault.New(fault.Invalid, "bad_language")
	}
	if _, err := tenant.From(r.Context()); err == nil {
		if err := s.svc.SetLang(r.Context(), lang); err != nil {
			return err
		}
	}
	s.putLanguage(w, lang)
	http.Redirect(w, r, localPath(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

func (s *site) putLanguage(w http.ResponseWriter, lang string) {
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: s.cfg.SecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// keepSession tells the script when the session ends now; asking is what keeps it.
func (s *site) keepSession(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.svc.Me(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]int64{"ends": s.sessions.Ends(r.Context()).Unix()})
}

// localPath is p where it leads to a page of ours, and "/" otherwise.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}
