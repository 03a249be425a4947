// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// Types lists the types as the manifest declares them.
func (s *server) Types(context.Context, *pluginpb.TypesRequest) (*pluginpb.TypesResponse, error) {
	return EncodeTypes(s.manifest)
}

// EncodeTypes makes the list of types that a plugin with this manifest must give: the host
// compares. An error says that the manifest cannot be spelled as JSON.
func EncodeTypes(m Manifest) (*pluginpb.TypesResponse, error) {
	out := &pluginpb.TypesResponse{}
	for _, i := range m.Interventions {
		text, err := json.Marshal(i.Form)
		if err != nil {
			return nil, err
		}
		out.Types = append(out.Types, &pluginpb.InterventionType{Code: i.Code, Title: encodeText(i.Title), FormJson: text})
	}
	return out, nil
}

// SameTypes compares two lists of types; how the JSON of a form is spelled does not count.
func SameTypes(a, b *pluginpb.TypesResponse) bool {
	return slices.EqualFunc(a.GetTypes(), b.GetTypes(), func(x, y *pluginpb.InterventionType) bool {
		var fx, fy any
		if json.Unmarshal(x.GetFormJson(), &fx) != nil || json.Unmarshal(y.GetFormJson(), &fy) != nil {
			return false
		}
		return x.GetCode() == y.GetCode() && proto.Equal(x.GetTitle(), y.GetTitle()) && reflect.DeepEqual(fx, fy)
	})
}

// intervention finds the type of a request and checks that the details fit its form.
func (s *server) intervention(m *pluginpb.InterventionRequest) (InterventionType, InterventionRequest, error) {
	declared, ok := s.manifest.InterventionOf(m.GetType())
	if !ok {
		return nil, InterventionRequest{}, status.Error(codes.NotFound, "no such type")
	}
	req := DecodeIntervention(m)
	if len(declared.Form.Validate(req.Details, form.Complete)) > 0 {
		return nil, req, status.Error(codes.InvalidArgument, "details do not fit the form")
	}
	return s.types[m.GetType()], req, nil
}

func (s *server) Validate(ctx context.Context, m *pluginpb.InterventionRequest) (*pluginpb.ValidateResponse, error) {
	t, req, err := s.intervention(m)
	if err != nil {
		return nil, err
	}
	list, err := guard(ctx, func() ([]Diagnostic, error) { return t.Validate(ctx, req) })
	if err != nil {
		return nil, err
	}
	return &pluginpb.ValidateResponse{Diagnostics: encodeDiagnostics(list)}, nil
}

func (s *server) Plan(ctx context.Context, m *pluginpb.InterventionRequest) (*pluginpb.PlanResponse, error) {
	t, req, err := s.intervention(m)
	if err != nil {
		return nil, err
	}
	c, err := guard(ctx, func() (Contribution, error) { return t.Plan(ctx, req) })
	if err != nil {
		return nil, err
	}
	return EncodeContribution(c), nil
}

func (s *server) Import(ctx context.Context, m *pluginpb.ImportRequest) (*pluginpb.ImportResponse, error) {
	declared, ok := s.manifest.CatalogOf(m.GetCatalog())
	if !ok {
		return nil, status.Error(codes.NotFound, "no such catalog")
	}
	if !slices.Contains(declared.Formats, m.GetFormat()) {
		return nil, status.Error(codes.InvalidArgument, "no such format")
	}
	got, err := guard(ctx, func() (Import, error) { return s.catalogs[m.GetCatalog()].Import(ctx, DecodeFeed(m)) })
	if err != nil {
		return nil, err
	}
	return EncodeImport(got), nil
}

func (s *server) Search(ctx context.Context, m *pluginpb.SearchRequest) (*pluginpb.SearchResponse, error) {
	if _, ok := s.manifest.CatalogOf(m.GetCatalog()); !ok {
		return nil, status.Error(codes.NotFound, "no such catalog")
	}
	page, err := guard(ctx, func() (CoursePage, error) { return s.catalogs[m.GetCatalog()].Search(ctx, DecodeQuery(m)) })
	if err != nil {
		return nil, err
	}
	return EncodePage(page), nil
}
