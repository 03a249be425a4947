// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

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
}

func newServer(p Plugin) (*server, error) {
	m, err := ParseManifest(p.Manifest)
	if err != nil {
		return nil, err
	}
	s := &server{manifest: m, rules: map[string]SubsidyRule{}}
	if s.manifestJSON, err = m.JSON(); err != nil {
		return nil, err
	}
	for _, r := range p.Rules {
		if _, declared := m.SubsidyOf(r.Subsidy()); !declared {
			return nil, fmt.Errorf("sdk: the manifest does not declare subsidy %q", r.Subsidy())
		}
		if s.rules[r.Subsidy()] != nil {
			return nil, fmt.Errorf("sdk: two rules for subsidy %q", r.Subsidy())
		}
		s.rules[r.Subsidy()] = r
	}
	if len(s.rules) != len(m.Subsidies) {
		return nil, errors.New("sdk: a subsidy of the manifest has no rule")
	}
	return s, nil
}

func (s *server) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.DescribeResponse, error) {
	return &pluginpb.DescribeResponse{ManifestJson: s.manifestJSON, ContractMinor: ContractMinor}, nil
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
	answer, err := call(ctx, s.rules[m.GetSubsidy()], req)
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	if err != nil {
		// The text may hold facts: it stays in this process's own log.
		fmt.Fprintln(os.Stderr, "rule failed:", err)
		return nil, status.Error(codes.Internal, "the rule failed")
	}
	return EncodeAnswer(answer), nil
}

// call runs a rule and turns a panic into an error, so that one bad request does not take the rest along.
func call(ctx context.Context, r SubsidyRule, req SubsidyRequest) (a SubsidyAnswer, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v\n%s", x, debug.Stack())
		}
	}()
	return r.Evaluate(ctx, req)
}

func (s *server) EvaluateBatch(ctx context.Context, m *pluginpb.EvaluateBatchRequest) (*pluginpb.EvaluateBatchResponse, error) {
	if len(m.GetRequests()) > maxBatch {
		return nil, status.Errorf(codes.InvalidArgument, "more than %d requests", maxBatch)
	}
	out := &pluginpb.EvaluateBatchResponse{}
	for _, req := range m.GetRequests() {
		answer, err := s.Evaluate(ctx, req)
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		result := &pluginpb.BatchResult{Outcome: &pluginpb.BatchResult_Answer{Answer: answer}}
		if err != nil {
			result.Outcome = &pluginpb.BatchResult_Failure{Failure: status.Code(err).String()}
		}
		out.Results = append(out.Results, result)
	}
	return out, nil
}
