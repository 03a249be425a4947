// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

// radioLimit is up to how many options a choice shows as radio buttons; more are a list.
const radioLimit = 6

// fieldView is one question as the page shows it.
type fieldView struct {
	// Shape chooses the partial: input, textarea, radios, select, checkboxes, range, course, rows.
	Shape            string
	Path, ID         string
	Base             string // of a course: the path of the whole answer
	Find             bool   // of a course: catalogs can be looked in
	Edition          string // of a course: the address of the chosen edition
	Label, Hint      string
	Value            string
	Options          []optionView
	Required         bool
	Error            string
	Unit             string
	InputMode        string
	Width            string // "short", "medium" or "": how long an answer is expected
	Autocomplete     string
	Type             string // of an input; "text" unless set
	From, To         *fieldView
	Was              []hiddenInput
	Rows             []rowView
	RowsPath         string
	RowName          string
	Quiet            bool // the heading of the page already says what the rows are
	CanAdd           bool
	WhenPath, WhenIn string // the question that shows or hides this one, and the answers that show it
	Nonce            string
	Action           string   // where the buttons of a list post to
	Suggest          []string // what an input offers to complete
	Focus            bool
}

// DescribedBy lists the ids of what explains the input, for aria-describedby.
func (f fieldView) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

type optionView struct {
	ID, Value, Label string
	Chosen           bool
}

type hiddenInput struct{ Name, Value string }

// rowView is one row of a table: shown as a block of its own, so that it fits a phone.
type rowView struct {
	Number int
	Path   string
	Fields []fieldView
}

// formView turns a form's description, what was typed and what is wrong with it into what
// the page shows.
type formView struct {
	texts      *Texts
	lang       string
	nonce      string
	typed      typed
	complaints map[string]fault.Field
	action     string
	focus      string
}

// newFormView prepares the questions of one page. Paths of complaints are those of the inputs.
func newFormView(f frame, t typed, complaints []fault.Field) *formView {
	by := make(map[string]fault.Field, len(complaints))
	for _, c := range complaints {
		if _, had := by[c.Path]; !had {
			by[c.Path] = c
		}
	}
	return &formView{texts: f.texts, lang: f.Lang, nonce: f.Nonce, action: f.Here, typed: t, complaints: by}
}

// fields gives the views of a form whose inputs' names begin with prefix.
func (v *formView) fields(f form.Form, prefix string) []fieldView {
	out := make([]fieldView, 0, len(f.Fields))
	for _, field := range f.Fields {
		out = append(out, v.field(field, prefix))
	}
	return out
}

func (v *formView) field(field form.Field, prefix string) fieldView {
	path := prefix + field.Name
	if field.Kind == form.KindMoney {
		v.limitsInEuro(path)
	}
	out := fieldView{
		Path: path, ID: inputID(path), Label: field.Label.In(v.lang), Hint: field.Hint.In(v.lang),
		Value: v.typed.get(path), Required: field.Required || field.RequiredWhen != nil, Error: v.complaint(path),
		Nonce: v.nonce, Action: v.action, Type: "text", Shape: "input", Autocomplete: "off",
	}
	if c := field.VisibleWhen; c != nil {
		out.WhenPath, out.WhenIn = prefix+c.Field, strings.Join(c.In, " ")
	}
	v.shape(&out, field)
	if v.focus != "" && out.Shape != "rows" && strings.HasPrefix(path, v.focus+"/") {
		out.Focus, v.focus = true, ""
	}
	return out
}

// shape fills in what depends on the kind of the field.
func (v *formView) shape(out *fieldView, field form.Field) {
	switch field.Kind {
	case form.KindLongText:
		out.Shape = "textarea"
	case form.KindInteger, form.KindPersonCount:
		out.InputMode, out.Width, out.Unit = "numeric", "short", v.unit(field)
	case form.KindMoney:
		out.InputMode, out.Width, out.Unit = "decimal", "short", "€"
	case form.KindDate:
		v.dateShape(out)
	case form.KindDateRange:
		v.rangeShape(out)
	case form.KindChoice:
		out.Shape = "select"
		if len(field.Options) <= radioLimit {
			out.Shape = "radios"
		}
		out.Options = v.options(*out, field.Options)
	case form.KindMultiChoice:
		out.Shape, out.Options = "checkboxes", v.options(*out, field.Options)
	case form.KindYesNo:
		out.Shape, out.Width = "radios", "inline"
		out.Options = v.options(*out, []form.Option{
			{Value: "true", Label: v.both("form.yes")}, {Value: "false", Label: v.both("form.no")}})
	case form.KindFile:
		out.Width = "medium"
		out.Hint = join(out.Hint, v.texts.T(v.lang, "form.file_hint"))
	case form.KindCourse:
		v.courseShape(out)
	case form.KindTable:
		v.rowsShape(out, field)
	}
}

func (v *formView) dateShape(out *fieldView) {
	out.InputMode, out.Width = "numeric", "short"
	out.Hint = join(out.Hint, v.texts.T(v.lang, "form.date_hint"))
}

func (v *formView) rangeShape(out *fieldView) {
	out.Shape = "range"
	for key, end := range map[string]**fieldView{"form.from": &out.From, "form.to": &out.To} {
		path := out.Path + strings.Replace(key, "form.", "/", 1)
		*end = &fieldView{
			Shape: "input", Path: path, ID: inputID(path), Label: v.texts.T(v.lang, key), Type: "text",
			Value: v.typed.get(path), Error: v.complaint(path), InputMode: "numeric", Width: "short", Autocomplete: "off",
		}
	}
	out.Hint = join(out.Hint, v.texts.T(v.lang, "form.date_hint"))
}

// courseShape asks for a title and keeps the catalogue's reference beside it.
func (v *formView) courseShape(out *fieldView) {
	base := out.Path
	out.Base = base
	if e := v.complaint(base + "/title"); e != "" {
		out.Error = e
	}
	out.Path, out.ID = base+"/title", inputID(base+"/title")
	out.Value = v.typed.get(out.Path)
	for _, ref := range []string{"catalog", "edition"} {
		if s := v.typed.get(base + "/" + ref); s != "" {
			out.Was = append(out.Was, hiddenInput{base + "/" + ref, s})
		}
	}
	if c, e := v.typed.get(base+"/catalog"), v.typed.get(base+"/edition"); c != "" && e != "" {
		out.Edition = editionPath(casework.Edition{Catalog: c, ID: e})
	}
	if out.Was != nil {
		was := v.typed.get(base + wasTitle)
		if was == "" {
			was = out.Value
		}
		out.Was = append(out.Was, hiddenInput{base + wasTitle, was})
	}
}

func (v *formView) rowsShape(out *fieldView, field form.Field) {
	out.Shape, out.RowsPath, out.RowName = "rows", out.Path+rowsSuffix, v.texts.T(v.lang, "form.row")
	n := v.typed.rowCount(out.Path)
	if n == 0 && field.Required && v.typed.get(out.RowsPath) == "" {
		n = 1 // a list that is needed and not begun starts with one blank row
	}
	out.Value = strconv.Itoa(n)
	out.CanAdd = n < maxRows && (field.Max == nil || int64(n) < *field.Max)
	for i := range n {
		row := out.Path + "/" + strconv.Itoa(i)
		out.Rows = append(out.Rows, rowView{Number: i + 1, Path: row, Fields: v.fields(form.Form{Fields: field.Columns}, row+"/")})
	}
}

func (v *formView) options(field fieldView, options []form.Option) []optionView {
	chosen := v.typed[field.Path]
	out := make([]optionView, len(options))
	for i, o := range options {
		out[i] = optionView{ID: field.ID + "-" + strconv.Itoa(i), Value: o.Value, Label: o.Label.In(v.lang), Chosen: slices.Contains(chosen, o.Value)}
	}
	if len(out) > 0 && field.Shape != "select" {
		out[0].ID = field.ID // where the error summary leads to
	}
	return out
}

// complaint is the text of what is wrong at a path, or at a member of a compound value.
func (v *formView) complaint(path string) string {
	if c, ok := v.complaints[path]; ok {
		return v.texts.Fault(v.lang, c.Code, c.Params)
	}
	return ""
}

// limitsInEuro rewrites the limits of a complaint about money, which come in cents.
func (v *formView) limitsInEuro(path string) {
	c, ok := v.complaints[path]
	if !ok {
		return
	}
	c.Params = maps.Clone(c.Params)
	for name, value := range c.Params {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			c.Params[name] = formatMoney(v.lang, n)
		}
	}
	v.complaints[path] = c
}

func (v *formView) unit(field form.Field) string {
	if field.Unit == "" || field.Unit == "cents" {
		return ""
	}
	if key := "unit." + field.Unit; v.texts.Has(key) {
		return v.texts.T(v.lang, key)
	}
	return ""
}

func (v *formView) both(key string) form.Text {
	return form.Text{IT: v.texts.T("it", key), EN: v.texts.T("en", key)}
}

// join puts two hints behind one another.
func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// inputID makes an id of a path; "/" would have to be escaped in links and style sheets.
func inputID(path string) string { return "f-" + strings.ReplaceAll(path, "/", "-") }
