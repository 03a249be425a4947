// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/satis-toscana/satis/core/casework"
)

func (s *server) replayRoutes() {
	op := conflicting(describe(http.MethodPost, "/subsidy-decisions/{id}/replay", "replay-decision", "subsidies", "Ask the program that made a decision again"), http.StatusOK)
	op.Description = "Runs the very binary on the request that is stored with the decision and compares the bytes of the answers. Nothing is stored. " +
		"503 `plugin_file_gone` where the program is not kept any more."
	route(s, slow(op), s.replay)
}

// decisionReplay is what came of it. The answers themselves are in the decision.
type decisionReplay struct {
	Decision      casework.DecisionID `json:"decision_id"`
	PluginID      string              `json:"plugin_id"`
	PluginVersion string              `json:"plugin_version"`
	SHA256        string              `json:"plugin_sha256" doc:"Of the binary, in hex"`
	Same          bool                `json:"same" doc:"Not one byte differs"`
	Stored        string              `json:"stored_sha256" doc:"Of the stored answer, in hex"`
	Again         string              `json:"again_sha256" doc:"Of the answer now"`
}

func (s *server) replay(ctx context.Context, in *ByID) (*struct{ Body decisionReplay }, error) {
	r, err := s.svc.ReplayDecision(ctx, casework.DecisionID(in.ID))
	if err != nil {
		return nil, err
	}
	return &struct{ Body decisionReplay }{decisionReplay{r.Decision, r.Plugin, r.Version, r.SHA256, r.Same, hexSum(r.Stored), hexSum(r.Again)}}, nil
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
