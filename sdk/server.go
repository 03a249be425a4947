// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// maxBatch bounds the requests of one EvaluateBatch.
const maxBatch = 1024

// server is the serving side of the contract.
type server struct {
	manifest     Manifest
	manifestJSON []byte
	rules        map[string]SubsidyRule
	types        map[string]InterventionType
	catalogs     map[string]CourseCatalog
}

func newServer(p Plugin) (*server, error) {
	m, err := ParseManifest(p.Manifest)
	if err != nil {
		return nil, err
	}
	s := &server{manifest: m}
	if s.manifestJSON, err = m.JSON(); err != nil {
		return nil, err
	}
	s.rules, err = byCode("subsidy", p.Rules, SubsidyRule.Subsidy, m.SubsidyOf, len(m.Subsidies))
	if err != nil {
		return nil, err
	}
	s.types, err = byCode("intervention", p.Interventions, InterventionType.Type, m.InterventionOf, len(m.Interventions))
	if err != nil {
		return nil, err
	}
	s.catalogs, err = byCode("catalog", p.Catalogs, CourseCatalog.Catalog, m.CatalogOf, len(m.Catalogs))
	return s, err
}

// byCode holds the values of a plugin to its manifest: each declared, none missing, none twice.
func byCode[T, D any](what string, list []T, code func(T) string, declared func(string) (D, bool), want int) (map[string]T, error) {
	out := map[string]T{}
	for _, v := range list {
		c := code(v)
		if _, ok := declared(c); !ok {
			return nil, fmt.Errorf("sdk: the manifest does not declare %s %q", what, c)
		}
		if _, twice := out[c]; twice {
			return nil, fmt.Errorf("sdk: %s %q is served twice", what, c)
		}
		out[c] = v
	}
	if len(out) != want {
		return nil, fmt.Errorf("sdk: the manifest declares %d of kind %s, the program serves %d", want, what, len(out))
	}
	return out, nil
}

// Tags of what a plugin can do, in Describe.
const (
	FeatureBatch  = "subsidies.batch"
	FeaturePlan   = "interventions.plan"
	FeatureImport = "courses.import"
	FeatureSearch = "courses.search"
)

func (s *server) features() []string {
	var out []string
	if len(s.rules) > 0 {
		out = append(out, FeatureBatch)
	}
	if len(s.types) > 0 {
		out = append(out, FeaturePlan)
	}
	if len(s.catalogs) > 0 {
		out = append(out, FeatureImport, FeatureSearch)
	}
	return out
}

func (s *server) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.DescribeResponse, error) {
	return &pluginpb.DescribeResponse{ManifestJson: s.manifestJSON, ContractMinor: ContractMinor, Features: s.features()}, nil
}

func (s *server) CheckHealth(context.Context, *pluginpb.CheckHealthRequest) (*pluginpb.CheckHealthResponse, error) {
	return &pluginpb.CheckHealthResponse{Status: pluginpb.CheckHealthResponse_STATUS_OK, Text: &pluginpb.Text{It: "In funzione", En: "Working"}}, nil
}

// evaluate has a rule decide, from the bytes of a request to those of an answer.
func (s *server) evaluate(ctx context.Context, request string) ([]byte, error) {
	req, ok := ReadRequest(request)
	if !ok {
		return nil, status.Error(codes.InvalidArgument, "no request")
	}
	declared, ok := s.manifest.SubsidyOf(req.Subsidy)
	if !ok {
		return nil, status.Error(codes.NotFound, "no such subsidy")
	}
	if len(declared.Facts.Validate(req.Facts, form.Complete)) > 0 {
		return nil, status.Error(codes.InvalidArgument, "facts do not fit the form")
	}
	answer, err := guard(ctx, func() (SubsidyAnswer, error) { return s.rules[req.Subsidy].Evaluate(ctx, req) })
	if err != nil {
		return nil, err
	}
	return AppendAnswer(nil, answer), nil
}

// guard runs an author's code. A panic becomes an error, so that one bad request does not
// take the rest along, and no error's text leaves the process: it may hold facts.
func guard[T any](ctx context.Context, f func() (T, error)) (T, error) {
	out, err := caught(f)
	if ctx.Err() != nil {
		return out, status.FromContextError(ctx.Err()).Err()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "plugin failed:", err)
		return out, status.Error(codes.Internal, "the plugin failed")
	}
	return out, nil
}

func caught[T any](f func() (T, error)) (out T, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v\n%s", x, debug.Stack())
		}
	}()
	return f()
}

func (s *server) evaluateBatch(ctx context.Context, batch string) ([]byte, error) {
	requests, err := readBatch(batch, maxBatch)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "no batch, or more than %d requests", maxBatch)
	}
	var results []byte
	for _, r := range requests {
		answer, err := s.evaluate(ctx, r)
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		failure := ""
		if err != nil {
			failure = status.Code(err).String()
		}
		results = appendResult(results, answer, failure)
	}
	return results, nil
}

// registerRules serves SubsidyRules in bytes. An empty message keeps as unknown fields whatever
// arrives, and sends what it is given as them: so any gRPC server can carry the bytes.
func (s *server) registerRules(g grpc.ServiceRegistrar) {
	d := pluginpb.SubsidyRules_ServiceDesc
	d.HandlerType = (*any)(nil)
	d.Methods = []grpc.MethodDesc{
		{MethodName: "Evaluate", Handler: inBytes(pluginpb.SubsidyRules_Evaluate_FullMethodName, s.evaluate)},
		{MethodName: "EvaluateBatch", Handler: inBytes(pluginpb.SubsidyRules_EvaluateBatch_FullMethodName, s.evaluateBatch)},
	}
	g.RegisterService(&d, s)
}

func inBytes(method string, handle func(context.Context, string) ([]byte, error)) grpc.MethodHandler {
	answer := func(ctx context.Context, in any) (any, error) {
		b, err := handle(ctx, string(in.(*emptypb.Empty).ProtoReflect().GetUnknown()))
		if err != nil {
			return nil, err
		}
		out := &emptypb.Empty{}
		out.ProtoReflect().SetUnknown(b)
		return out, nil
	}
	return func(srv any, ctx context.Context, read func(any) error, between grpc.UnaryServerInterceptor) (any, error) {
		in := &emptypb.Empty{}
		if err := read(in); err != nil {
			return nil, err
		}
		if between == nil {
			return answer(ctx, in)
		}
		return between(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: method}, answer)
	}
}
