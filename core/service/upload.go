// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"

	"github.com/satis-toscana/satis/core/policy"
)

// MaySubmitPlugin asks whether the actor may upload plugins, before a body of many megabytes
// is read for him: Forbidden where he may not. SubmitPlugin asks again.
func (s *Service) MaySubmitPlugin(ctx context.Context) error {
	return s.permit(ctx, policy.PluginNetwork, policy.Submit)
}

// MayImportCourses asks whether the actor may import courses, before a feed is read for him:
// Forbidden where he may not. ImportCourses asks again.
func (s *Service) MayImportCourses(ctx context.Context) error {
	return s.permit(ctx, policy.CourseNetwork, policy.Import)
}
