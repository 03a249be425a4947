// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
)

// historyPage tells what happened to a project, the latest first.
type historyPage struct {
	frame
	Steps     []historyEntry
	Revisions []historyEntry
	Back      string
}

func (*historyPage) template() string { return "history" }

func (s *site) showHistory(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Project(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	steps, err := s.svc.History(r.Context(), v.ID)
	if err != nil {
		return err
	}
	f := s.projectFrame(r, v.Project, s.say(r, "history.title"))
	p := &historyPage{frame: f, Back: "/progetti/" + string(v.ID)}
	for _, st := range slices.Backward(steps) {
		p.Steps = append(p.Steps, stepEntry(&f, st))
	}
	revisions, err := s.svc.Revisions(r.Context(), v.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	for _, rev := range revisions {
		p.Revisions = append(p.Revisions, historyEntry{When: rev.At, What: f.t("history.saved", "Version", rev.Version), Who: rev.AuthorName, Hash: rev.ContentHash})
	}
	return s.render(w, http.StatusOK, p)
}

// stepEntry says one transition in words. A name that is kept from the viewer is simply not there.
func stepEntry(f *frame, st casework.Step) historyEntry {
	e := historyEntry{When: st.At, What: f.t("step." + string(st.Event)), Reason: st.Reason, Hash: st.ContentHash}
	var who []string
	if st.ActorRole != "system" {
		who = append(who, nonEmpty(st.ActorName)...)
		who = append(who, f.t("role."+string(st.ActorRole)))
		who = append(who, nonEmpty(st.ActorTenant)...)
	}
	e.Who = strings.Join(who, ", ")
	for _, c := range st.Comments {
		e.Reason += "\n" + f.t("section."+string(c.Section)) + ": " + c.Text
	}
	e.Reason = strings.TrimSpace(e.Reason)
	if st.Event.OpensVersion() {
		e.What += " (" + f.t("strip.version") + " " + strconv.Itoa(st.Version+1) + ")"
	}
	return e
}
