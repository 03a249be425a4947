// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

func (s *server) Evaluate(ctx context.Context, m *pluginpb.EvaluateRequest) (*pluginpb.EvaluateResponse, error) {
	declared, ok := s.manifest.SubsidyOf(m.GetSubsidy())
	if !ok {
		return nil, status.Error(codes.NotFound, "no such subsidy")
	}
	req := DecodeRequest(m)
	if len(declared.Facts.Validate(req.Facts, form.Complete)) > 0 {
		return nil, status.Error(codes.InvalidArgument, "facts do not fit the form")
	}
	answer, err := guard(ctx, func() (SubsidyAnswer, error) { return s.rules[m.GetSubsidy()].Evaluate(ctx, req) })
	if err != nil {
		return nil, err
	}
	return EncodeAnswer(answer), nil
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

func (s *server) EvaluateBatch(ctx context.Context, m *pluginpb.EvaluateBatchRequest) (*pluginpb.EvaluateBatchResponse, error) {
	if len(m.GetRequests()) > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "more than %d requests", maxBatch)
	}
	out := &pluginpb.EvaluateBatchResponse{Results: make([]*pluginpb.BatchResult, len(m.GetRequests()))}
	// As calls come at once anyway, rules bear it: a part of the batch for each processor.
	part := max(fewest, (len(out.Results)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for from := 0; from < len(out.Results); from += part {
		to := min(from+part, len(out.Results))
		if to == len(out.Results) {
			s.evaluatePart(ctx, m.GetRequests()[from:to], out.Results[from:to])
			break
		}
		wg.Go(func() { s.evaluatePart(ctx, m.GetRequests()[from:to], out.Results[from:to]) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return out, nil
}

// fewest is how many requests of a batch are worth a goroutine.
const fewest = 16

func (s *server) evaluatePart(ctx context.Context, reqs []*pluginpb.EvaluateRequest, out []*pluginpb.BatchResult) {
	for i, req := range reqs {
		answer, err := s.Evaluate(ctx, req)
		if ctx.Err() != nil {
			return
		}
		out[i] = &pluginpb.BatchResult{Outcome: &pluginpb.BatchResult_Answer{Answer: answer}}
		if err != nil {
			out[i].Outcome = &pluginpb.BatchResult_Failure{Failure: status.Code(err).String()}
		}
	}
}
