// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

func (s *server) courseRoutes() {
	list := describe(http.MethodGet, "/courses", "list-courses", "courses", "Search the editions of the catalogs that are active for the organisation, the soonest first")
	route(s, list, s.listCourses)
	route(s, describe(http.MethodGet, "/courses/{catalog}/{edition}", "get-course", "courses", "Read an edition with its seats"), s.getCourse)
	load := conflicting(describe(http.MethodPost, "/course-imports", "import-courses", "courses", "Import a catalog's courses"), http.StatusOK)
	load.Description = "A feed is the whole catalog: an edition that is not in it is withdrawn, and who is enrolled in it stays. " +
		"Without `format` the editions that the plugin comes with are taken over. At most 3 MiB."
	route(s, s.large(load, s.svc.MayImportCourses, "application/json"), s.importCourses)
}

// courseEdition is a course held once.
type courseEdition struct {
	casework.Edition
	Left int  `json:"left" doc:"Free seats"`
	Open bool `json:"open" doc:"Somebody can be enrolled today"`
}

func (s *server) editionOf(e casework.Edition) courseEdition {
	if e.Prerequisites == nil {
		e.Prerequisites = []casework.Prerequisite{}
	}
	return courseEdition{e, e.Left(), e.Open(casework.DateOf(s.now()))}
}

// courseCatalog is a catalog to look in.
type courseCatalog struct {
	Code          string    `json:"code"`
	Title         form.Text `json:"title"`
	Formats       []string  `json:"formats" doc:"What its feed may be"`
	PluginID      string    `json:"plugin_id"`
	PluginVersion string    `json:"plugin_version"`
}

// coursePage is a page of editions, with what to choose among.
type coursePage struct {
	Items    []courseEdition `json:"items"`
	Next     string          `json:"next" doc:"The cursor of the next page; empty on the last one"`
	Total    int             `json:"total" doc:"How many match in all"`
	Places   []string        `json:"places" doc:"The municipalities there are courses in"`
	Catalogs []courseCatalog `json:"catalogs" doc:"Those active for the organisation"`
}

type courseQuery struct {
	Paging
	Text         string `query:"text" doc:"Words that must all begin a word of the edition; case and accents do not count"`
	Municipality string `query:"municipality" doc:"A name, or an ISTAT code"`
	Area         string `query:"area" doc:"language, vocational, licence or other"`
	From         string `query:"from" doc:"The earliest first day"`
	To           string `query:"to" doc:"The latest first day"`
	Catalog      string `query:"catalog"`
	Open         bool   `query:"open" doc:"Leave out what nobody can be enrolled in today"`
}

func (s *server) listCourses(ctx context.Context, in *courseQuery) (*struct {
	Link string `header:"Link" doc:"rel=next leads to the next page"`
	Body coursePage
}, error) {
	f := service.CourseFilter{Text: in.Text, Municipality: in.Municipality, Area: in.Area, From: casework.Date(in.From), To: casework.Date(in.To), Catalog: in.Catalog, Open: in.Open}
	c, err := s.svc.Courses(ctx, f, in.request())
	if err != nil {
		return nil, err
	}
	p := pageOf(ctx, convert(c.Items, s.editionOf), c.Next)
	out := coursePage{Items: p.Body.Items, Next: p.Body.Next, Total: c.Total, Places: present(c.Places), Catalogs: convert(c.Catalogs, func(c pluginhost.Catalog) courseCatalog {
		return courseCatalog{c.Code, c.Title, present(c.Formats), c.PluginID, c.PluginVersion}
	})}
	return &struct {
		Link string `header:"Link" doc:"rel=next leads to the next page"`
		Body coursePage
	}{p.Link, out}, nil
}

func (s *server) getCourse(ctx context.Context, in *struct {
	Catalog string `path:"catalog" maxLength:"64"`
	Edition string `path:"edition" maxLength:"200" doc:"The edition's id in its catalog"`
}) (*struct{ Body courseEdition }, error) {
	e, err := s.svc.Course(ctx, in.Catalog, in.Edition)
	if err != nil {
		return nil, err
	}
	return &struct{ Body courseEdition }{s.editionOf(e)}, nil
}

// courseImport is what an import did, or would do.
type courseImport struct {
	Catalog        string           `json:"catalog"`
	Read           int              `json:"read" doc:"Editions of the feed"`
	New            int              `json:"new"`
	Changed        int              `json:"changed"`
	Unchanged      int              `json:"unchanged"`
	Withdrawn      int              `json:"withdrawn" doc:"Editions that the feed does not have any more"`
	WithdrawnTaken int              `json:"withdrawn_taken" doc:"Seats that people have in those"`
	Remarks        []sdk.Diagnostic `json:"remarks" doc:"What was left out: 3 is the third line, 3/seats a column of it"`
	Stored         bool             `json:"stored" doc:"False for a trial"`
}

func (s *server) importCourses(ctx context.Context, in *struct {
	Body struct {
		Catalog string `json:"catalog"`
		Format  string `json:"format,omitempty" doc:"csv or json, as the catalog's formats say"`
		Content string `json:"content,omitempty" doc:"The feed's text"`
		Trial   bool   `json:"trial,omitempty" doc:"Tell what would be done and store nothing"`
		Accept  bool   `json:"accept_withdrawals,omitempty" doc:"Store it even where it withdraws more than a third of what is offered"`
	}
}) (*struct{ Body courseImport }, error) {
	b := in.Body
	r, err := s.svc.ImportCourses(ctx, service.ImportRequest{Catalog: b.Catalog, Format: b.Format, Content: []byte(b.Content), Trial: b.Trial, AcceptWithdrawals: b.Accept})
	if err != nil {
		return nil, err
	}
	return &struct{ Body courseImport }{courseImport{r.Catalog, r.Read, r.New, r.Changed, r.Unchanged, r.Withdrawn, r.WithdrawnTaken, present(r.Remarks), r.Stored}}, nil
}
