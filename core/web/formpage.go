// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

// formPage is a page with one form: to register, to correct, to write a section.
type formPage struct {
	frame
	Lead   string
	Groups []fieldGroup
	Action string
	Submit string
	Back   string
	Hidden []hiddenInput
	// Saved tells when the content was last saved, and by whom.
	Saved string
	// Remarks are what an evaluator wrote about this part.
	Remarks []string
	// Remove leads to taking the thing away; empty where it cannot be.
	Remove string
	// Links lead to what belongs to the thing; Resume is where a suspended one is let back in.
	Links  []linkView
	Resume string
	// Propose is where a plugin is asked what the thing would cost; empty where none can be.
	Propose string
	// Proposal is what it answered.
	Proposal *proposalView
	// Kept are answers that the form does not ask for and that are kept all the same; Forget
	// tells that they are to go with the next save.
	Kept   []summaryRow
	Forget bool
	// finds tells that questions about a course lead to the catalogs.
	finds bool
}

func (*formPage) template() string { return "form" }

// part is one form within a page, with the prefix of its inputs' names.
type part struct {
	title, hint, prefix string
	form                form.Form
	// suggest offers answers to an input by its path.
	suggest map[string][]string
}

// show fills in the questions of a page with what was typed, and what is wrong with it.
func (p *formPage) show(parts []part, t typed, complaints []fault.Field, focus string) {
	v := newFormView(p.frame, t, complaints)
	v.action, v.focus = p.Action, focus
	var all []fieldView
	for _, part := range parts {
		g := fieldGroup{Title: part.title, Hint: part.hint, Fields: v.fields(part.form, part.prefix)}
		for i := range g.Fields {
			g.Fields[i].Suggest = part.suggest[g.Fields[i].Path]
		}
		p.Groups, all = append(p.Groups, g), append(all, g.Fields...)
	}
	p.Errors = append(p.Errors, p.summary(complaints, all...)...)
}

// read decodes the parts of a posted form, each into its own values.
func read(parts []part, t typed) (values []map[string]any, complaints []fault.Field) {
	for _, p := range parts {
		v, c := decode(p.form, p.prefix, t)
		for i := range c {
			c[i].Path = p.prefix + c[i].Path
		}
		values, complaints = append(values, v), append(complaints, c...)
	}
	return values, complaints
}

// questions are the inputs of one form with what was typed into it, and the error summary above them.
func questions(f frame, fields form.Form, t typed, complaints []fault.Field, action string) ([]fieldView, []complaintView) {
	v := newFormView(f, t, complaints)
	v.action = action
	views := v.fields(fields, "")
	return views, f.summary(complaints, views...)
}

// answersTo reads the typed answers to a form that must be complete, and all that is wrong with
// them: one complaint for each place.
func answersTo(f form.Form, t typed) (values map[string]any, complaints []fault.Field) {
	values, complaints = decode(f, "", t)
	for _, c := range f.Validate(values, form.Complete) {
		complaints = append(complaints, fault.Field{Path: c.Path, Code: c.Code, Params: c.Params})
	}
	return values, firstOfEach(complaints)
}

// complaintsOf are the fields an Invalid error complains about; ok is false for any other error.
func complaintsOf(err error) (fields []fault.Field, ok bool) {
	fe, isFault := errors.AsType[*fault.Error](err)
	if !isFault || fe.Kind != fault.Invalid || len(fe.Fields) == 0 {
		return nil, false
	}
	return fe.Fields, true
}

// under keeps the complaints below a prefix, which is cut off.
func under(fields []fault.Field, prefix string) []fault.Field {
	out := make([]fault.Field, 0, len(fields))
	for _, f := range fields {
		if rest, ok := strings.CutPrefix(f.Path, prefix); ok {
			f.Path = rest
		}
		out = append(out, f)
	}
	return out
}

// baseOf reads the revision an editor was opened at. Without one, saving could not notice
// that somebody else saved since: such a form is refused.
func baseOf(t typed) (int64, error) {
	base, err := strconv.ParseInt(t.get("_base"), 10, 64)
	if err != nil || base < 1 {
		return 0, fault.New(fault.Invalid, "bad_form")
	}
	return base, nil
}
