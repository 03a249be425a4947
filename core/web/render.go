// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/satis-toscana/satis/core/web/ui"
)

//go:embed templates
var templateFiles embed.FS

// page is a typed page struct: it names its template and embeds a frame.
type page interface {
	template() string
	base() *frame
}

// Renderer writes pages. Every template is parsed once, for each language.
type Renderer struct {
	texts  *Texts
	assets ui.Assets
	sets   map[string]map[string]*template.Template // language, page
	log    *slog.Logger
}

// NewRenderer parses every template. It returns an error where one does not parse, which
// no later request can repair.
func NewRenderer(log *slog.Logger) (*Renderer, error) {
	texts, err := LoadTexts()
	if err != nil {
		return nil, err
	}
	r := &Renderer{texts: texts, assets: ui.Load(), sets: map[string]map[string]*template.Template{}, log: log}
	if !r.assets.Built() {
		log.Warn("compiled without the built style sheet and script: pages are plain (make ui builds them)")
	}
	for _, lang := range Languages {
		if r.sets[lang], err = r.parse(lang); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parse reads the partials once and gives every page a set of its own.
func (s *Renderer) parse(lang string) (map[string]*template.Template, error) {
	shared, err := template.New("base").Funcs(s.funcs(lang)).ParseFS(templateFiles, "templates/part/*.html")
	if err != nil {
		return nil, fmt.Errorf("parsing partials: %w", err)
	}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	out := make(map[string]*template.Template, len(files))
	for _, file := range files {
		set, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := set.ParseFS(templateFiles, file); err != nil {
			return nil, fmt.Errorf("parsing %s: %w", file, err)
		}
		out[strings.TrimSuffix(path.Base(file), ".html")] = set
	}
	return out, nil
}

// render writes a page. It writes nothing where the template fails, so that the error page
// can take its place.
func (s *Renderer) render(w http.ResponseWriter, status int, p page) error {
	f := p.base()
	f.Failed = f.Failed || len(f.Errors) > 0
	set, ok := s.sets[f.Lang][p.template()]
	if !ok {
		return fmt.Errorf("web: no template %q", p.template())
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, "base", p); err != nil {
		return fmt.Errorf("web: rendering %q: %w", p.template(), err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Lang)
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}
