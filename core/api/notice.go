// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

func (s *server) noticeRoutes() {
	list := describe(http.MethodGet, "/notices", "list-notices", "notices", "List what the organisation was told, newest first")
	list.Description = "Of accesses to an identity in an emergency, and of what others changed in the organisation and its users."
	route(s, list, s.listNotices)
	read := describe(http.MethodPost, "/notices/{notice}/read", "read-notice", "notices", "Mark a notice as read")
	read.DefaultStatus = http.StatusNoContent
	route(s, read, func(ctx context.Context, in *struct {
		Notice string `path:"notice" doc:"UUID"`
	}) (*nothing, error) {
		return &nothing{}, s.svc.MarkNotice(ctx, in.Notice)
	})
}

// notice tells an organisation what another did in it.
type notice struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind" enum:"break_glass,tenant_updated,tenant_resumed,user_invited,roles_changed,user_suspended,user_resumed"`
	ActorName   string     `json:"actor_name"`
	ByTenantID  tenant.ID  `json:"by_tenant_id"`
	ByTenant    string     `json:"by_tenant"`
	ObjectID    string     `json:"object_id" doc:"Of the access, the user, the invitation or the organisation"`
	CreatedAt   time.Time  `json:"created_at"`
	ReadAt      *time.Time `json:"read_at,omitempty"`
	ProjectID   string     `json:"project_id,omitempty"`
	ProjectCode string     `json:"project_code,omitempty"`
	Reason      string     `json:"reason,omitempty" doc:"Of the access, for those who may read projects"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	Reads       int        `json:"reads,omitempty"`
}

func (s *server) listNotices(ctx context.Context, in *Paging) (*many[notice], error) {
	list, err := s.svc.Notices(ctx, in.request())
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, convert(list.Items, func(n service.Notice) notice {
		return notice{n.ID, n.Kind, n.ActorName, n.By, n.ByName, n.Object, n.CreatedAt, n.ReadAt, n.ProjectID, n.ProjectCode, n.Reason, n.ExpiresAt, n.Reads}
	}), list.Next), nil
}
