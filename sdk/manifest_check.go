// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/satis-toscana/satis/sdk/form"
)

// ErrReserved says that a manifest declares a type of intervention which SATIS has itself.
var ErrReserved = errors.New("this code is one of SATIS's own types: choose another, such as one that begins with your agency's name")

// ReservedTypes lists the codes of the types of intervention that SATIS has itself. No
// plugin may declare one: a plan would say "housing" and mean something else.
func ReservedTypes() []string {
	return []string{"italian_course", "housing", "childcare", "basic_necessities", "vocational_course", "licence_course", "accompaniment"}
}

// sections names the list of the manifest that a kind needs.
var sections = map[Kind]string{KindSubsidyRules: "subsidies", KindInterventions: "interventions", KindCourses: "catalogs"}

// checkSections looks at everything that is declared.
func (m Manifest) checkSections() []error {
	var errs []error
	seen := map[string]bool{}
	declare := func(what, code string, err error) {
		if seen[what+code] {
			errs = append(errs, fmt.Errorf("sdk: manifest: %s %q is declared twice", what, code))
		}
		seen[what+code] = true
		errs = append(errs, err)
	}
	for _, s := range m.Subsidies {
		declare("subsidy", s.Code, asks{"subsidy", s.Code, s.Title, "facts", s.Facts, s.Purposes}.check())
	}
	for _, i := range m.Interventions {
		if slices.Contains(ReservedTypes(), i.Code) {
			errs = append(errs, fmt.Errorf("sdk: manifest: intervention %q: %w", i.Code, ErrReserved))
		}
		declare("intervention", i.Code, asks{"intervention", i.Code, i.Title, "form", i.Form, i.Purposes}.check())
	}
	for _, c := range m.Catalogs {
		declare("catalog", c.Code, c.check())
	}
	return errs
}

// asks is a part of the manifest that asks for facts.
type asks struct {
	what, code string
	title      Text
	key        string
	form       form.Form
	purposes   map[string]Text
}

func (a asks) check() error {
	var errs []error
	fail := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("sdk: manifest: %s %q: "+format, append([]any{a.what, a.code}, args...)...))
		}
	}
	fail(len(a.code) > 64 || !codePattern.MatchString(a.code), "code must match %s", codePattern)
	fault := func(at string, t Text) {
		if err := checkText(t); err != nil {
			fail(true, "%s must be there in both languages: %w", at, err)
		}
	}
	fault("title", a.title)
	if err := a.form.Check(); err != nil {
		fail(true, a.key+": %w", err)
	}
	fail(len(a.form.Fields) == 0, "no %s are declared", a.key)
	for _, f := range a.form.Fields {
		fault(fmt.Sprintf("fact %q: its purpose", f.Name), a.purposes[f.Name])
		for _, part := range append([]form.Field{f}, f.Columns...) {
			fail(!part.Class.AtMost(form.ClassCase), "fact %q: no plugin is told what is of class %s; write class: public, network or case", part.Name, part.Class.Effective())
		}
	}
	for name := range a.purposes {
		_, known := a.form.Field(name)
		fail(!known, "a purpose is given for %q, which is no fact", name)
	}
	return errors.Join(errs...)
}

func (c CatalogManifest) check() error {
	switch {
	case len(c.Code) > 64 || !codePattern.MatchString(c.Code):
		return fmt.Errorf("sdk: manifest: catalog %q: code must match %s", c.Code, codePattern)
	}
	if err := checkText(c.Title); err != nil {
		return fmt.Errorf("sdk: manifest: catalog %q: title must be there in both languages: %w", c.Code, err)
	}
	for _, f := range c.Formats {
		if f != "csv" && f != "json" {
			return fmt.Errorf("sdk: manifest: catalog %q: format %q is neither csv nor json", c.Code, f)
		}
	}
	return nil
}
