// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/httpkit"
)

// frame is what every page has around its content. Each page struct embeds it.
type frame struct {
	Lang string
	// Title is the page's own title, without any name of a person.
	Title string
	// Heading is the title as the page itself says it, where that is shorter.
	Heading string
	// Failed marks the title of a page that shows complaints.
	Failed bool
	// Area is the entry of the main navigation the page belongs to.
	Area   string
	Crumbs []crumb
	// Errors are shown on top of the page and take the focus.
	Errors []complaintView
	// Notice is said once, after something was done.
	Notice *noticeView
	// Strip says whom the page is about.
	Strip *identityStrip

	Nonce  string
	Viewer *viewer
	// Here is the address to come back to after the language was changed.
	Here string
	// Ends is when the session ends if nothing more is asked.
	Ends time.Time
	// Static pages carry no script and nothing that differs from one request to the next:
	// two answers that must not be told apart are the same bytes.
	Static bool
	// Bench pages are those of a plugin author's workbench: nobody signs in there, and the
	// addresses of the product do not exist.
	Bench bool
	texts *Texts
}

func (f *frame) base() *frame { return f }

// viewer is who is signed in, as the header shows it.
type viewer struct {
	Name, Tenant, Roles string
	Nav                 []navItem
	// Unread counts the notices that nobody has read, up to 100.
	Unread int
	// Others are the other organisations the user may act for.
	Others []tenantChoice
}

// UnreadText is the count as it is shown.
func (v *viewer) UnreadText() string {
	if v.Unread > 99 {
		return "99+"
	}
	return strconv.Itoa(v.Unread)
}

// navItem is one entry of the main navigation; Label is the key of its text.
type navItem struct{ Key, Label, Href string }

type tenantChoice struct{ ID, Name string }

// Current reports whether the page belongs to an entry of the navigation.
func (f *frame) Current(key string) bool { return f.Area == key }

// SignedIn reports whether there is somebody to show in the header.
func (f *frame) SignedIn() bool { return f.Viewer != nil }

// EndsUnix is the end of the session for the script that warns before it.
func (f *frame) EndsUnix() int64 {
	if f.Ends.IsZero() {
		return 0
	}
	return f.Ends.Unix()
}

// newFrame begins a page in the language asked for.
func (s *Renderer) newFrame(r *http.Request) frame {
	f := frame{Lang: languageOf(r), Nonce: httpkit.Nonce(r.Context()), Here: "/", texts: s.texts}
	if r.Method == http.MethodGet {
		f.Here = r.URL.Path
	}
	return f
}

// t gives a text in the page's language.
func (f *frame) t(key string, pairs ...any) string { return f.texts.T(f.Lang, key, pairs...) }

// say gives a text in the language of a request.
func (s *Renderer) say(r *http.Request, key string) string { return s.texts.T(languageOf(r), key) }

// titled names the page and the entry of the navigation it belongs to.
func (f frame) titled(title, area string) frame {
	f.Title, f.Area = title, area
	return f
}

// languageCookie remembers the language somebody chose. It holds nothing else.
const languageCookie = "satis-lang"

// languageOf is the language chosen, or Italian.
func languageOf(r *http.Request) string {
	c, err := r.Cookie(languageCookie)
	if err == nil && c.Value == "en" {
		return "en"
	}
	return "it"
}
