// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"
	"strings"
)

// conflictPage shows what two people wrote in the same place, and lets the second decide.
type conflictPage struct {
	frame
	Who     string
	Compare []compareView
	Action  string
	Hidden  []hiddenInput
}

func (*conflictPage) template() string { return "conflict" }

// showConflict keeps both texts: what was typed goes along in the page, what was saved
// stays saved until the viewer decides.
func (s *site) showConflict(w http.ResponseWriter, e editor) error {
	now := e.project
	f := e.page.frame
	f.Notice, f.Errors = nil, nil
	p := &conflictPage{frame: f, Action: e.page.Action, Who: savedText(&f, now.Saved)}
	p.Title = f.t("conflict.title") + " – " + now.Project.Code
	p.Hidden = append(hiddenInputs(map[string][]string(e.typed), "_base", "_choice"), hiddenInput{"_base", strconv.FormatInt(now.Project.Revision, 10)})
	theirs := e.theirs(now.Plan)
	for _, part := range e.parts {
		mine, _ := decode(part.form, part.prefix, e.typed)
		other, _ := decode(part.form, part.prefix, theirs)
		a, b := answers(f.Lang, s.texts, part.form, mine), answers(f.Lang, s.texts, part.form, other)
		p.Compare = append(p.Compare, compare(a, b)...)
	}
	return s.render(w, http.StatusConflict, p)
}

// compare lines two sets of answers up by their questions.
func compare(mine, theirs []summaryRow) []compareView {
	var out []compareView
	text := map[string]string{}
	for _, row := range theirs {
		text[row.Label] = flat(row)
	}
	for _, row := range mine {
		m, t := flat(row), text[row.Label]
		delete(text, row.Label)
		if m != "" || t != "" {
			out = append(out, compareView{Label: row.Label, Mine: m, Theirs: t, Differs: m != t})
		}
	}
	for _, row := range theirs {
		if t, left := text[row.Label]; left && t != "" {
			out = append(out, compareView{Label: row.Label, Theirs: t, Differs: true})
		}
	}
	return out
}

// flat is an answer as plain lines, those of a list one below the other.
func flat(row summaryRow) string {
	lines := append([]string{}, row.Values...)
	for i, item := range row.Rows {
		var cells []string
		for _, cell := range item {
			if t := flat(cell); t != "" {
				cells = append(cells, cell.Label+": "+t)
			}
		}
		lines = append(lines, strconv.Itoa(i+1)+". "+strings.Join(cells, "\n"))
	}
	return strings.Join(lines, "\n")
}
