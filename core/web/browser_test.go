// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
)

// world is a network with its pages served.
type world struct {
	*sample.World
	url     string
	handler http.Handler
}

func newWorld(t *testing.T) *world { return newWorldWith(t, sample.Options{}) }

func newWorldWith(t *testing.T, o sample.Options) *world {
	t.Helper()
	w := sample.With(t, o)
	h, err := New(Config{Service: w.Service, Sessions: postgres.Sessions{DB: w.DB, Now: time.Now}, Logger: quiet(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &world{World: w, url: srv.URL, handler: h}
}

// browser is somebody at a browser without JavaScript.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
	// last answer
	status int
	body   string
	at     string
	header http.Header
}

// open makes a browser; as signs it in as a user of the sample world.
func (w *world) open(t *testing.T) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t: t, base: w.url, http: &http.Client{Jar: jar}}
}

func (w *world) as(t *testing.T, in postgres.Tenant, nick string) *browser {
	t.Helper()
	b := w.open(t)
	b.post("/accedi", url.Values{"email": {w.Email(in, nick)}, "password": {sample.Password}})
	if b.status != http.StatusOK || b.at != "/" {
		t.Fatalf("signing in as %s: %d at %s", nick, b.status, b.at)
	}
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, b.base+path, nil)
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) *browser {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) do(r *http.Request) *browser {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.body, b.at, b.header = res.StatusCode, string(raw), res.Request.URL.RequestURI(), res.Header
	if !strings.Contains(b.header.Get("Content-Security-Policy"), "default-src 'none'") {
		b.t.Errorf("%s %s: no content security policy", r.Method, r.URL.Path)
	}
	return b
}

// want checks the status and that the page says things.
func (b *browser) want(status int, says ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s: status %d, want %d\n%s", b.at, b.status, status, b.text())
	}
	for _, s := range says {
		if !strings.Contains(b.body, html.EscapeString(s)) && !strings.Contains(b.body, s) {
			b.t.Errorf("%s does not say %q\n%s", b.at, s, b.text())
		}
	}
	return b
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// text is the page without its tags, for messages of failed tests.
func (b *browser) text() string {
	main := b.body
	if i := strings.Index(main, "<main"); i >= 0 {
		main = main[i:]
	}
	return html.UnescapeString(tags.ReplaceAllString(main, " "))
}

var (
	formTag   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`<input[^>]*>`)
	areaTag   = regexp.MustCompile(`(?s)<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>`)
	selectTag = regexp.MustCompile(`(?s)<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>`)
	chosenTag = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

func attr(tag, name string) string {
	m := regexp.MustCompile(`\b` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// form reads what the form with an action would send if it were sent untouched. Of several
// such forms it is the one that has the text with in it.
func (b *browser) form(action, with string) url.Values {
	b.t.Helper()
	for _, m := range formTag.FindAllStringSubmatch(b.body, -1) {
		if html.UnescapeString(m[1]) != action || !strings.Contains(m[2], with) {
			continue
		}
		out := url.Values{}
		for _, tag := range inputTag.FindAllString(m[2], -1) {
			if kind := attr(tag, "type"); (kind == "radio" || kind == "checkbox") && !strings.Contains(tag, " checked") {
				continue
			}
			out.Add(attr(tag, "name"), attr(tag, "value"))
		}
		for _, area := range areaTag.FindAllStringSubmatch(m[2], -1) {
			out.Add(html.UnescapeString(area[1]), html.UnescapeString(area[2]))
		}
		for _, sel := range selectTag.FindAllStringSubmatch(m[2], -1) {
			if c := chosenTag.FindStringSubmatch(sel[2]); c != nil {
				out.Add(html.UnescapeString(sel[1]), html.UnescapeString(c[1]))
			}
		}
		return out
	}
	b.t.Fatalf("%s has no form to %s\n%s", b.at, action, b.text())
	return nil
}

// send fills in a form of the page and sends it.
func (b *browser) send(action, with string, fill ...string) *browser {
	b.t.Helper()
	f := b.form(action, with)
	for i := 0; i+1 < len(fill); i += 2 {
		f.Set(fill[i], fill[i+1])
	}
	return b.post(action, f)
}
