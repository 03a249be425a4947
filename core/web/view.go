// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
)

// The small things pages are made of. Each has a partial of the same name in templates/part.

// tagView is a word about a state, with a tone: neutral, info, warn, good or bad. The tone
// only repeats what the word says.
type tagView struct{ Text, Tone string }

// stateTones are the tones of the states of a project.
var stateTones = map[casework.State]string{
	casework.Draft: "neutral", casework.CoDesign: "info", casework.CoSigned: "info",
	casework.Submitted: "info", casework.UnderEvaluation: "info", casework.ChangesRequested: "warn",
	casework.Evaluated: "info", casework.Approved: "good", casework.Rejected: "bad",
	casework.Active: "good", casework.Withdrawn: "neutral",
}

// identityStrip says above a page whom it is about: the code, never the name.
type identityStrip struct {
	Code, Href string
	// Project is the project's code, and its version where there is one.
	Project string
	Version int
	State   tagView
	Facts   []string
}

// taskGroup is a part of a task list; taskView one line of it.
type taskGroup struct {
	Title string
	Tasks []taskView
}

type taskView struct {
	ID, Text, Href, Hint string
	Tag                  tagView
}

// historyEntry is one line of what happened.
type historyEntry struct {
	When       time.Time
	What       string
	Who        string
	Reason     string
	Hash       string
	Href, Link string
}

// crumb is one step of the way back.
type crumb struct{ Text, Href string }

// pager leads through a list by cursor: to its beginning and to the next page.
type pager struct{ First, Next string }

// noticeView is a message on the page, with the tones of tagView.
type noticeView struct{ Tone, Title, Text string }

// summaryRow is one question and its answer, with a way to change it.
type summaryRow struct {
	Label  string
	Values []string
	Change string
	// Rows are the answer where it is a list of further questions and answers.
	Rows [][]summaryRow
}

// emptyState says that a list holds nothing, and what to do about it.
type emptyState struct{ Text, Action, Href string }

// fieldGroup is a part of a form under one heading.
type fieldGroup struct {
	Title, Hint string
	Fields      []fieldView
}

// complaintView is one line of the error summary.
type complaintView struct{ Text, Href string }

// compareView sets two texts of the same thing side by side.
type compareView struct {
	Label, Mine, Theirs string
	Differs             bool
}

// summary makes the error summary out of complaints; labels name the inputs.
func (f frame) summary(complaints []fault.Field, views ...fieldView) []complaintView {
	labels, order := map[string]fieldView{}, map[string]int{}
	index(views, labels, order)
	out := make([]complaintView, 0, len(complaints))
	for _, c := range inOrder(complaints, order) {
		text := f.texts.Fault(f.Lang, c.Code, c.Params)
		view, ok := labels[c.Path]
		if !ok {
			out = append(out, complaintView{Text: text})
			continue
		}
		if view.Error != "" {
			text = view.Error // the same words as beside the field
		}
		out = append(out, complaintView{Text: view.Label + ": " + text, Href: "#" + view.ID})
	}
	return out
}

// inOrder sorts complaints as their questions stand on the page; those about none come last.
func inOrder(complaints []fault.Field, order map[string]int) []fault.Field {
	place := func(c fault.Field) int {
		if at, asked := order[c.Path]; asked {
			return at
		}
		return len(order) + 1
	}
	return slices.SortedStableFunc(slices.Values(complaints), func(a, b fault.Field) int { return place(a) - place(b) })
}

// index finds every field by its path, those of rows and ranges too. Their labels say of
// which row or question they are; order counts them down the page.
func index(views []fieldView, into map[string]fieldView, order map[string]int) {
	for _, v := range views {
		into[v.Path] = v
		order[v.Path] = len(order) + 1
		if v.Base != "" {
			into[v.Base] = v
			order[v.Base] = order[v.Path]
		}
		for _, r := range v.Rows {
			named := slices.Clone(r.Fields)
			for i := range named {
				named[i].Label += " (" + v.RowName + " " + strconv.Itoa(r.Number) + ")"
			}
			index(named, into, order)
		}
		for _, end := range []*fieldView{v.From, v.To} {
			if end != nil {
				named := *end
				named.Label = v.Label + ", " + strings.ToLower(named.Label)
				into[end.Path] = named
				order[end.Path] = len(order) + 1
			}
		}
	}
}
