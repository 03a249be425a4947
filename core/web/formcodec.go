// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

// Names of what a posted form holds beside its values. The path of a value is its input's
// name: "details/items/0/amount".
const (
	rowsSuffix = "/_rows"  // how many rows a table has
	addRow     = "_add"    // the path of the table that is to grow
	removeRow  = "_remove" // the path of the row that is to go
	wasTitle   = "/_was"   // the title a course had when the page was made
	maxRows    = 100       // rows looked at, whatever a client claims
)

// typed is a form as it was typed: a text for every input. It goes back to the page as it
// came, so nothing that cannot be read is lost.
type typed url.Values

func (t typed) get(path string) string { return url.Values(t).Get(path) }

// encode writes the values of a form as they would be typed, each under prefix + its name.
func encode(f form.Form, prefix string, values map[string]any) typed {
	out := typed{}
	for _, field := range f.Fields {
		if v, ok := values[field.Name]; ok {
			out.put(field, prefix+field.Name, v)
		}
	}
	return out
}

func (t typed) put(field form.Field, path string, v any) {
	set := func(at, s string) { t[at] = []string{s} }
	switch field.Kind {
	case form.KindMoney:
		if n, ok := wholeOf(v); ok {
			set(path, typedMoney(n))
		}
	case form.KindInteger, form.KindPersonCount:
		if n, ok := wholeOf(v); ok {
			set(path, strconv.FormatInt(n, 10))
		}
	case form.KindDate:
		set(path, typedDate(textOf(v)))
	case form.KindYesNo:
		if b, ok := v.(bool); ok {
			set(path, strconv.FormatBool(b))
		}
	case form.KindMultiChoice:
		for _, item := range listOf(v) {
			t[path] = append(t[path], textOf(item))
		}
	case form.KindDateRange, form.KindCourse:
		t.putMembers(field, path, v)
	case form.KindTable:
		t.putRows(field, path, listOf(v))
	default:
		set(path, textOf(v))
	}
}

// putMembers writes the parts of a compound value.
func (t typed) putMembers(field form.Field, path string, v any) {
	obj, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(obj)) {
		s := textOf(obj[name])
		if field.Kind == form.KindDateRange {
			s = typedDate(s)
		}
		t[path+"/"+name] = []string{s}
	}
}

func (t typed) putRows(field form.Field, path string, rows []any) {
	if len(rows) == 0 {
		return // the page decides whether a list begins with a blank row
	}
	t[path+rowsSuffix] = []string{strconv.Itoa(len(rows))}
	for i, row := range rows {
		values, _ := row.(map[string]any)
		maps.Copy(t, encode(form.Form{Fields: field.Columns}, path+"/"+strconv.Itoa(i)+"/", values))
	}
}

// decode reads the typed texts of a form. values holds what could be read; complaints name
// what could not, by the path below prefix. A question that the other answers hide is left out.
func decode(f form.Form, prefix string, t typed) (values map[string]any, complaints []fault.Field) {
	d := decoder{typed: t}
	values = d.fields(f, prefix)
	for i := range d.complaints {
		d.complaints[i].Path = strings.TrimPrefix(d.complaints[i].Path, prefix)
	}
	return values, d.complaints
}

type decoder struct {
	typed      typed
	complaints []fault.Field
}

func (d *decoder) fields(f form.Form, prefix string) map[string]any {
	values, said := map[string]any{}, len(d.complaints)
	for _, field := range f.Fields {
		if v, ok := d.value(field, prefix+field.Name); ok {
			values[field.Name] = v
		}
	}
	for _, field := range f.Fields {
		if f.Visible(field.Name, values) {
			continue
		}
		delete(values, field.Name)
		hidden := prefix + field.Name
		d.complaints = append(d.complaints[:said:said], slices.DeleteFunc(d.complaints[said:], func(c fault.Field) bool {
			return c.Path == hidden || strings.HasPrefix(c.Path, hidden+"/")
		})...)
	}
	return values
}

// value reads one field; ok is false where nothing was answered or it cannot be read.
func (d *decoder) value(field form.Field, path string) (v any, ok bool) {
	raw := strings.TrimSpace(strings.ReplaceAll(d.typed.get(path), "\r\n", "\n"))
	switch field.Kind {
	case form.KindMultiChoice:
		list := slices.DeleteFunc(slices.Clone(d.typed[path]), func(s string) bool { return s == "" })
		return anyList(list), len(list) > 0
	case form.KindDateRange:
		return d.dateRange(path)
	case form.KindCourse:
		return d.course(path)
	case form.KindTable:
		return d.rows(field, path)
	}
	if raw == "" {
		return nil, false
	}
	switch field.Kind {
	case form.KindMoney:
		n, ok := parseMoney(raw)
		return n, d.must(ok, path, "bad_money")
	case form.KindInteger, form.KindPersonCount:
		n, ok := parseWhole(raw)
		return n, d.must(ok, path, "bad_number")
	case form.KindDate:
		s, ok := parseDate(raw)
		return s, d.must(ok, path, "bad_date")
	case form.KindYesNo:
		return raw == "true", d.must(raw == "true" || raw == "false", path, "wrong_kind")
	}
	return raw, true
}

// must complains about path unless ok, and passes ok on.
func (d *decoder) must(ok bool, path, code string) bool {
	if !ok {
		d.complaints = append(d.complaints, fault.At(path, code))
	}
	return ok
}

func (d *decoder) dateRange(path string) (any, bool) {
	out := map[string]any{}
	for _, end := range []string{"from", "to"} {
		if raw := strings.TrimSpace(d.typed.get(path + "/" + end)); raw != "" {
			if s, ok := parseDate(raw); d.must(ok, path+"/"+end, "bad_date") {
				out[end] = s
			}
		}
	}
	return out, len(out) > 0
}

// course reads a title, and the catalogue's reference as long as the title is still the one
// it was chosen with: a title typed anew is another course.
func (d *decoder) course(path string) (any, bool) {
	title := strings.TrimSpace(d.typed.get(path + "/title"))
	if title == "" {
		return nil, false
	}
	out := map[string]any{"title": title}
	if title == d.typed.get(path+wasTitle) {
		for _, ref := range []string{"catalog", "edition"} {
			if s := d.typed.get(path + "/" + ref); s != "" {
				out[ref] = s
			}
		}
	}
	return out, true
}

// rows reads the rows of a table. Rows left blank are no rows: they are taken out of what
// was typed too, so that complaints count the rows as the page will show them again.
func (d *decoder) rows(field form.Field, path string) (any, bool) {
	list := []any{}
	for n := d.typed.rowCount(path); len(list) < n; {
		i, before := len(list), len(d.complaints)
		row := d.fields(form.Form{Fields: field.Columns}, path+"/"+strconv.Itoa(i)+"/")
		if len(row) == 0 && len(d.complaints) == before {
			d.typed.dropRow(path, i, n)
			n--
			continue
		}
		list = append(list, row)
	}
	return list, len(list) > 0
}

// rowCount is how many rows of a table were on the page.
func (t typed) rowCount(path string) int {
	n, err := strconv.Atoi(t.get(path + rowsSuffix))
	if err != nil {
		return 0
	}
	return max(0, min(n, maxRows))
}

// reshape does what the buttons "add a row" and "remove this row" ask for. It reports
// whether one of them was pressed, and the path of the row to look at next.
func (t typed) reshape() (focus string, pressed bool) {
	if table := t.get(addRow); table != "" {
		n := t.rowCount(table)
		if n < maxRows {
			t[table+rowsSuffix] = []string{strconv.Itoa(n + 1)}
		}
		return table + "/" + strconv.Itoa(n), true
	}
	row := t.get(removeRow)
	cut := strings.LastIndexByte(row, '/')
	if cut < 0 {
		return "", false
	}
	table := row[:cut]
	i, err := strconv.Atoi(row[cut+1:])
	if n := t.rowCount(table); err == nil && i >= 0 && i < n {
		t.dropRow(table, i, n)
	}
	return table, true
}

// dropRow takes row i of n away and moves the rows behind it one up.
func (t typed) dropRow(table string, i, n int) {
	moved := typed{}
	for key, v := range t {
		rest, ok := strings.CutPrefix(key, table+"/")
		if !ok {
			continue
		}
		number, name, _ := strings.Cut(rest, "/")
		row, err := strconv.Atoi(number)
		if err != nil || row < i {
			continue
		}
		delete(t, key)
		if row > i {
			moved[table+"/"+strconv.Itoa(row-1)+"/"+name] = v
		}
	}
	maps.Copy(t, moved)
	t[table+rowsSuffix] = []string{strconv.Itoa(n - 1)}
}
