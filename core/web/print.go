// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strconv"
)

// printPage is the plan on paper: with three boxes to sign in, the version and the hash.
type printPage struct {
	frame
	Facts   []summaryRow
	Plan    []planSection
	Signed  []signatureView
	Version string
	Hash    string
	Back    string
}

func (*printPage) template() string { return "print" }

func (s *site) showPrint(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Plan(r.Context(), projectID(r))
	if err != nil {
		return err
	}
	f := s.projectFrame(r, v.Project.Project, s.say(r, "print.title"))
	staff, err := s.staff(r.Context(), &f, v)
	if err != nil {
		return err
	}
	p := &printPage{frame: f, Facts: s.projectFacts(&f, v), Plan: s.planSections(&f, v.Plan, v.Types, staff, nil), Signed: signatures(&f, v.Signatures),
		Version: strconv.Itoa(v.Project.Version), Hash: v.Project.ContentHash, Back: "/progetti/" + string(v.Project.ID)}
	if v.Sealed != nil {
		p.Version, p.Hash = strconv.Itoa(v.Sealed.Version), v.Sealed.ContentHash
	}
	return s.render(w, http.StatusOK, p)
}
