// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/core/web/ui"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// Bench is a plugin under work: who made the workbench builds it and runs it.
type Bench interface {
	// Now is how the plugin is at this moment. Its host lives until done is called.
	Now() (state BenchState, done func())
	// Newer waits until there is a state with another number, or ctx ends, and tells the number.
	Newer(ctx context.Context, than int64) int64
}

// BenchState is one state of a plugin under work. Every build makes a new one.
type BenchState struct {
	// Number names the state; no two are alike, those of an earlier run neither.
	Number int64
	// Folder is the name of the author's folder, without the way to it.
	Folder string
	// Problem is why there is no plugin to ask; nil where there is one, or where Building.
	Problem  *BenchProblem
	Building bool
	Manifest sdk.Manifest
	Host     *pluginhost.Host
	// Cases are the golden cases; CasesProblem says why they cannot be read.
	Cases        []sdktest.Case
	CasesProblem string
	// Conform runs the conformance kit.
	Conform func(context.Context) ([]sdktest.Finding, error)
	BuiltAt time.Time
	Took    time.Duration
}

// plugin is the one plugin of the host.
func (st BenchState) plugin() *pluginhost.Plugin {
	for _, info := range st.Host.Plugins() {
		if p, ok := st.Host.Plugin(info.Ref); ok {
			return p
		}
	}
	panic("web: a workbench without a plugin") // a state without a Problem has one
}

// BenchProblem is what keeps a plugin from being built or started.
type BenchProblem struct {
	// Manifest says that plugin.yaml is wrong and not the program.
	Manifest bool
	Places   []BenchPlace
	// Output is all that was said about it.
	Output string
}

// BenchPlace is one mistake in a file.
type BenchPlace struct {
	File string
	Line int
	Text string
	// Source is that line of the file, "" where it could not be read.
	Source string
}

// WorkbenchConfig is what the workbench stands on.
type WorkbenchConfig struct {
	Bench  Bench
	Logger *slog.Logger
	// Now is the clock; nil means the real one.
	Now func() time.Time
}

// benchTenant is whom the plugin works for on the workbench. There is no such organisation.
const benchTenant tenant.ID = "banco-di-prova"

// benchBody is the most bytes a posted page may have: a feed may lie in it, with room for
// the spelling of a form.
const benchBody = 3 * sdk.MaxMessage

// workbench shows a plugin to its author as the product will show it.
type workbench struct {
	*Renderer
	bench Bench
	now   func() time.Time

	mu   sync.Mutex
	last benchCall
}

// benchCall is the last call of the plugin.
type benchCall struct {
	Number int64
	At     time.Time
	Took   time.Duration
	Failed bool
}

// NewWorkbench makes the pages of `satis plugin dev`. They have no sign-in and no database,
// and answer only where they are asked as a name of this machine itself. It returns an error
// where a template or a text is broken.
func NewWorkbench(c WorkbenchConfig) (http.Handler, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	r, err := NewRenderer(c.Logger)
	if err != nil {
		return nil, err
	}
	return (&workbench{Renderer: r, bench: c.Bench, now: c.Now}).routes(), nil
}

func (b *workbench) routes() http.Handler {
	k := httpkit.Wrapper{Errors: b, Log: b.log}
	h := k.Handle
	r := chi.NewRouter()
	r.Use(httpkit.Identify, httpkit.SecurePages(false), k.Recover, b.here(k), httpkit.LimitBody(benchBody), k.SameOrigin)
	r.NotFound(h(func(http.ResponseWriter, *http.Request) error { return fault.Missing() }))
	r.MethodNotAllowed(h(func(http.ResponseWriter, *http.Request) error { return fault.Missing() }))
	r.Get(assetPath+"{name}", h(b.showAsset))
	r.Get("/banco.js", h(showBenchScript))
	r.Get("/eventi", h(b.tell))
	r.Post("/lingua", h(b.setLanguage))
	for path, page := range map[string]benchHandler{
		"/": b.showHome, "/prova": b.showKit, "/contributi/{code}": b.showRule, "/interventi/{code}": b.showIntervention, "/cataloghi/{code}": b.showCatalog,
	} {
		r.Get(path, h(b.on(page)))
		r.Post(path, h(b.on(page)))
	}
	return r
}

// here refuses requests that name another machine: a page of the network whose name was made
// to lead to this one must not get through.
func (b *workbench) here(k httpkit.Wrapper) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return k.Handle(func(w http.ResponseWriter, r *http.Request) error {
			host, _, err := net.SplitHostPort(r.Host)
			if err != nil {
				host = r.Host
			}
			if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
				return fault.New(fault.Forbidden, "cross_origin")
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// benchVisit is one request with the state it is answered from.
type benchVisit struct {
	w     http.ResponseWriter
	r     *http.Request
	state BenchState
	// typed is what was posted; nil where the page was only opened.
	typed typed
}

type benchHandler func(benchVisit) error

// on reads what was posted and takes the state of this moment. Where there is no plugin to
// ask, the page says why, and keeps what was typed.
func (b *workbench) on(page benchHandler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := benchVisit{w: w, r: r}
		if r.Method == http.MethodPost {
			var err error
			if v.typed, err = benchForm(r); err != nil {
				return err
			}
		}
		var done func()
		v.state, done = b.bench.Now()
		defer done()
		if v.state.Host == nil || v.state.Problem != nil {
			return b.showProblem(v)
		}
		return page(v)
	}
}

// tell says, for as long as the page is open, when there is something newer.
func (b *workbench) tell(w http.ResponseWriter, r *http.Request) error {
	than, err := strconv.ParseInt(r.URL.Query().Get("da"), 10, 64)
	if err != nil {
		return fault.Missing()
	}
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	for {
		wait, stop := context.WithTimeout(r.Context(), 15*time.Second)
		number := b.bench.Newer(wait, than)
		stop()
		line := ": \n\n" // shows that we are still here
		if number != than {
			line, than = "data: "+strconv.FormatInt(number, 10)+"\n\n", number
		}
		if _, err := w.Write([]byte(line)); err != nil || r.Context().Err() != nil {
			return nil
		}
		if err := out.Flush(); err != nil {
			return nil
		}
	}
}

func showBenchScript(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, err := w.Write(ui.WorkbenchScript())
	return err
}

func (b *workbench) setLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := httpkit.ParseForm(r); err != nil {
		return err
	}
	lang := r.PostForm.Get("lang")
	if !slices.Contains(Languages, lang) {
		return fault.New(fault.Invalid, "bad_language")
	}
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, localPath(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

// RenderError shows an error as a page.
func (b *workbench) RenderError(w http.ResponseWriter, r *http.Request, err error) {
	f := b.newFrame(r)
	f.Bench, f.Here = true, "/"
	p := &errorPage{frame: f.titled(f.t("error."+fault.KindOf(err).String()), ""), Text: b.errorText(f.Lang, err)}
	if err := b.render(w, httpkit.StatusOf(err), p); err != nil {
		b.log.Error("error page failed", "error", err.Error())
	}
}

// call asks the plugin and notes how long it took.
func (b *workbench) call(number int64, ask func() error) error {
	began := b.now()
	err := ask()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = benchCall{Number: number, At: began, Took: b.now().Sub(began), Failed: err != nil}
	return err
}
