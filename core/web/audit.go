// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/audit"
)

// auditPage lists what was done in the viewer's organisation, the latest first.
type auditPage struct {
	frame
	Items []auditRow
	Pager pager
}

func (*auditPage) template() string { return "audit" }

type auditRow struct {
	Seq               int64
	When, What, About string
	Roles             string
	Refused           bool
}

const auditRows = 50

func (s *site) showAudit(w http.ResponseWriter, r *http.Request) error {
	return s.auditList(w, r, nil)
}

func (s *site) auditList(w http.ResponseWriter, r *http.Request, n *noticeView) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("da"), 10, 64)
	list, err := s.svc.AuditEntries(r.Context(), max(before, 0), auditRows)
	if err != nil {
		return err
	}
	f := s.frame(r)
	p := &auditPage{frame: f.titled(f.t("nav.audit"), "audit")}
	p.Here = "/registro"
	if n != nil {
		p.Notice = n
	}
	next := ""
	for _, e := range list {
		p.Items = append(p.Items, s.auditRow(&f, e))
		next = strconv.FormatInt(e.Seq, 10)
	}
	if len(list) == auditRows && next != "1" {
		p.Pager.Next = "/registro?da=" + next
	}
	if before > 0 {
		p.Pager.First = "/registro"
	}
	return s.render(w, http.StatusOK, p)
}

// auditRow shows an entry by its codes. One that cannot be read is shown by its number
// alone: that something is there must never be hidden.
func (s *site) auditRow(f *frame, stored audit.Stored) auditRow {
	row := auditRow{Seq: stored.Seq, When: formatTime(f.Lang, stored.At), What: stored.Action}
	e, err := stored.Entry()
	if err != nil {
		return row
	}
	row.About, row.Refused = e.Object, e.Outcome == audit.Refused
	var roles []string
	for _, role := range e.Roles {
		roles = append(roles, f.t("role."+string(role)))
	}
	row.Roles = strings.Join(roles, ", ")
	return row
}

// verifyAudit follows the chain and says whether it holds.
func (s *site) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	n, err := s.svc.VerifyAudit(r.Context())
	f := s.frame(r)
	switch {
	case errors.Is(err, audit.ErrBroken):
		return s.auditList(w, r, &noticeView{Tone: "bad", Title: f.t("audit.broken"), Text: f.t("audit.broken_text")})
	case err != nil:
		return err
	}
	return s.auditList(w, r, &noticeView{Tone: "good", Text: f.t("audit.holds", "Count", int(n))})
}
