// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/base64"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/service"
)

const courseImportPath = pluginPath + "/corsi"

// What the page of the import does: tell what would be done, or do it.
const (
	importAction = "azione"
	importStore  = "registra"
	importOwn    = "plugin" // takes over what the plugin comes with
)

// courseImportPage takes courses in: first a trial, then the same stored.
type courseImportPage struct {
	frame
	Catalog fieldView
	Own     bool
	File    fieldView
	Accept  string
	Down    *noticeView
	Trial   *courseTrial
}

func (*courseImportPage) template() string { return "plugin-courses" }

// courseTrial is what an import would do, with what has to be sent again to do it.
type courseTrial struct {
	Catalog, Source string
	Counts          []summaryRow
	Nothing         bool
	Warning         string
	Remarks         []summaryRow
	Hidden          []hiddenInput
}

// catalogsToImport are the catalogs that some organisation uses.
func (s *site) catalogsToImport(r *http.Request) ([]pluginhost.Catalog, error) {
	found, err := s.svc.Courses(r.Context(), service.CourseFilter{}, service.PageRequest{Limit: 1})
	return found.Catalogs, err
}

func (s *site) showCourseImport(w http.ResponseWriter, r *http.Request) error {
	// Who may only search courses has no page here.
	if err := s.only(r, policy.CourseNetwork, policy.Import); err != nil {
		return err
	}
	list, err := s.catalogsToImport(r)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, s.courseImportPage(r, list, service.ImportRequest{}, nil))
}

func (s *site) courseImportPage(r *http.Request, list []pluginhost.Catalog, asked service.ImportRequest, why []fault.Field) *courseImportPage {
	f := s.frame(r)
	p := &courseImportPage{frame: f.titled(f.t("course_import.import"), "plugins"), Own: asked.Catalog != "" && asked.Format == "" && len(why) == 0}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {p.Title, ""}}
	p.Catalog = fieldView{Shape: "select", Path: "catalog", ID: "f-catalog", Label: f.t("course_import.catalog"), Required: true}
	for _, c := range list {
		p.Catalog.Options = append(p.Catalog.Options, optionView{Value: c.Code, Label: c.Title.In(f.Lang), Chosen: c.Code == asked.Catalog || len(list) == 1})
		for _, name := range c.Formats {
			if !strings.Contains(p.Accept, "."+name) {
				p.Accept = strings.TrimPrefix(p.Accept+",."+name, ",")
			}
		}
	}
	p.File = fieldView{Shape: "file", Path: "file", ID: "f-file", Label: f.t("course_import.file"), Hint: f.t("course_import.file_hint"), Required: true}
	for _, c := range why {
		text := s.texts.Fault(f.Lang, c.Code, c.Params)
		switch c.Path {
		case "catalog":
			p.Catalog.Error = text
		case "file":
			p.File.Error = text
		}
	}
	p.Errors = p.summary(why, p.Catalog, p.File)
	return p
}

// importCourses tries an import or stores it. The file comes back with what was tried, so that
// what is stored is what was read.
func (s *site) importCourses(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.svc.Publishers(r.Context()); err != nil {
		return err
	}
	patience(w, pluginWait, pluginWait)
	u, err := readUpload(r, service.MaxCourseFeed, base64.StdEncoding.EncodedLen(service.MaxCourseFeed)+4)
	if err != nil {
		return err
	}
	list, err := s.catalogsToImport(r)
	if err != nil {
		return err
	}
	asked, why := askedImport(u, list)
	if len(why) > 0 {
		return s.render(w, http.StatusUnprocessableEntity, s.courseImportPage(r, list, asked, why))
	}
	done, err := s.svc.ImportCourses(r.Context(), asked)
	switch {
	case err == nil && done.Stored:
		return s.finish(w, r, "course_import.stored", courseImportPath)
	case err == nil:
		p := s.courseImportPage(r, list, asked, nil)
		p.Trial = trialOf(&p.frame, list, asked, u.name, done)
		return s.render(w, http.StatusOK, p)
	case fault.Is(err, fault.Unavailable):
		p := s.courseImportPage(r, list, asked, nil)
		p.Down = &noticeView{"bad", p.t("plugin.no_answer"), p.t("plugin.no_answer_text")}
		return s.render(w, http.StatusServiceUnavailable, p)
	}
	fields, ok := complaintsOf(err)
	if !ok {
		return err
	}
	for i := range fields {
		if fields[i].Path == "content" || fields[i].Path == "format" {
			fields[i].Path = "file"
		}
	}
	return s.render(w, http.StatusUnprocessableEntity, s.courseImportPage(r, list, asked, fields))
}

// askedImport reads what was asked for, and what is wrong with it.
func askedImport(u upload, list []pluginhost.Catalog) (asked service.ImportRequest, why []fault.Field) {
	asked = service.ImportRequest{Catalog: u.values.Get("catalog"), Trial: u.values.Get(importAction) != importStore}
	asked.AcceptWithdrawals = !asked.Trial // the trial before told how many
	i := slices.IndexFunc(list, func(c pluginhost.Catalog) bool { return c.Code == asked.Catalog })
	if i < 0 {
		return asked, []fault.Field{fault.At("catalog", "required")}
	}
	if u.values.Get("source") == importOwn {
		return asked, nil
	}
	name := strings.ToLower(strings.TrimPrefix(path.Ext(u.name), "."))
	asked.Content = u.file
	if sent := u.values.Get("_content"); sent != "" {
		var err error
		if asked.Content, err = base64.StdEncoding.DecodeString(sent); err != nil {
			return asked, []fault.Field{fault.At("file", "required")}
		}
		name = u.values.Get("_format")
	}
	switch {
	case u.tooLarge:
		return asked, []fault.Field{fault.At("file", "file_too_large", "limit", "3 MiB")}
	case len(asked.Content) == 0:
		return asked, []fault.Field{fault.At("file", "required")}
	case !slices.Contains(list[i].Formats, name):
		return asked, []fault.Field{fault.At("file", "file_format", "formats", strings.ToUpper(strings.Join(list[i].Formats, ", ")))}
	}
	asked.Format = name
	return asked, nil
}

// trialOf says what an import would do.
func trialOf(f *frame, list []pluginhost.Catalog, asked service.ImportRequest, file string, d service.CourseImport) *courseTrial {
	t := &courseTrial{Catalog: d.Catalog, Source: file, Nothing: d.New+d.Changed+d.Withdrawn == 0}
	if i := slices.IndexFunc(list, func(c pluginhost.Catalog) bool { return c.Code == d.Catalog }); i >= 0 {
		t.Catalog = list[i].Title.In(f.Lang)
	}
	if asked.Format == "" {
		t.Source = f.t("course_import.own")
	}
	row := func(key string, n int) summaryRow {
		return summaryRow{Label: f.t(key), Values: []string{formatNumber(f.Lang, int64(n))}}
	}
	t.Counts = []summaryRow{row("course_import.read", d.Read), row("course_import.new", d.New), row("course_import.changed", d.Changed), row("course_import.unchanged", d.Unchanged), row("course_import.withdrawn", d.Withdrawn)}
	if d.WithdrawnTaken > 0 {
		t.Warning = f.t("course_import.withdrawn_taken", "Count", d.WithdrawnTaken)
	}
	var lines []string
	if asked.Format == "csv" { // elsewhere nobody knows what counts as a line
		lines = strings.Split(string(asked.Content), "\n")
	}
	t.Remarks = lineRemarks(f, d.Remarks, lines)
	t.Hidden = []hiddenInput{{"catalog", asked.Catalog}}
	if asked.Format == "" {
		t.Hidden = append(t.Hidden, hiddenInput{"source", importOwn})
	} else {
		t.Hidden = append(t.Hidden, hiddenInput{"_format", asked.Format}, hiddenInput{"_content", base64.StdEncoding.EncodeToString(asked.Content)})
	}
	return t
}
