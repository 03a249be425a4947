// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// Shadow is what a version of a rule would have decided in the past. It names no person, no
// project and no fact: who administers plugins sees no case.
type Shadow struct {
	At time.Time `json:"at"`
	// Asked counts the decisions that were asked for again: the newest that submitted projects
	// rest on.
	Asked     int `json:"asked"`
	Unchanged int `json:"unchanged"`
	Changed   int `json:"changed"`
	// NotReplayable counts those whose facts do not fit this version's form, or that it failed on.
	NotReplayable int `json:"not_replayable"`
	// OldCents and NewCents are the totals of what could be replayed, in euro cents.
	OldCents int64 `json:"old_cents"`
	NewCents int64 `json:"new_cents"`
	// Differences are those that changed most, at most 50.
	Differences []ShadowDifference `json:"differences"`
}

// ShadowDifference is a decision that would come out otherwise.
type ShadowDifference struct {
	Subsidy string        `json:"subsidy"`
	AsOf    casework.Date `json:"as_of"`
	// Before and After: eligible or not, the monthly amount in cents, and the months.
	EligibleBefore bool  `json:"eligible_before"`
	EligibleAfter  bool  `json:"eligible_after"`
	MonthlyBefore  int64 `json:"monthly_before"`
	MonthlyAfter   int64 `json:"monthly_after"`
	MonthsBefore   int   `json:"months_before"`
	MonthsAfter    int   `json:"months_after"`
	TotalBefore    int64 `json:"total_before"`
	TotalAfter     int64 `json:"total_after"`
}

// Bounds of a shadow run.
const (
	shadowDecisions   = 2000
	shadowDifferences = 50
)

// ShadowPlugin asks a version of a subsidy rule for the newest decisions that submitted
// projects rest on, and keeps the difference: nothing of it is in force. Conflict where the
// version decides no subsidy or the kit has not passed it.
func (s *Service) ShadowPlugin(ctx context.Context, plugin, version string) (PluginDetail, error) {
	var out PluginDetail
	r, past, err := s.shadowInput(ctx, plugin, version)
	if err != nil {
		return out, err
	}
	actor, err := tenant.From(ctx)
	if err != nil {
		return out, err
	}
	p, err := s.run(ctx, actor.Network, refOf(r))
	if err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, pluginTime)
	defer cancel()
	shadow, err := runShadow(ctx, p, actor.Tenant, past)
	// The process saw facts of several organisations: it ends with the run.
	p.EndProcesses(actor.Tenant)
	if err != nil {
		return out, err
	}
	err = s.changePlugin(ctx, policy.Approve, plugin, version, func(a *act, r *postgres.PluginVersion) (string, []string, error) {
		shadow.At = a.at
		text, err := json.Marshal(shadow)
		if err != nil {
			return "", nil, fault.Wrap(err, fault.Internal, "internal")
		}
		r.Shadow = text
		return "shadowed", []string{"asked", itoa(shadow.Asked), "changed", itoa(shadow.Changed), "not_replayable", itoa(shadow.NotReplayable),
			"difference_cents", strconv.FormatInt(shadow.NewCents-shadow.OldCents, 10)}, nil
	}, "", &out)
	return answer(out, err)
}

func (s *Service) shadowInput(ctx context.Context, plugin, version string) (r postgres.PluginVersion, past []postgres.PastDecision, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Approve, ""); err != nil {
			return err
		}
		if r, err = a.tx.PluginVersion(a, plugin, version); err != nil {
			return err
		}
		m, err := manifestOf(r)
		if err != nil {
			return err
		}
		if r.State != postgres.PluginConformant && r.State != postgres.PluginApproved {
			return notInState(r, "plugin_not_conformant")
		}
		var codes []string
		for _, d := range m.Subsidies {
			codes = append(codes, d.Code)
		}
		if len(codes) == 0 {
			return fault.New(fault.Conflict, "plugin_no_subsidy")
		}
		past, err = a.tx.PastDecisions(a, codes, shadowDecisions)
		return err
	})
	return r, past, err
}

func runShadow(ctx context.Context, p *pluginhost.Plugin, t tenant.ID, past []postgres.PastDecision) (Shadow, error) {
	out := Shadow{Asked: len(past), Differences: []ShadowDifference{}}
	bySubsidy := map[string][]postgres.PastDecision{}
	for _, d := range past {
		bySubsidy[d.Subsidy] = append(bySubsidy[d.Subsidy], d)
	}
	for subsidy, list := range bySubsidy {
		if err := out.add(ctx, p, t, subsidy, list); err != nil {
			return out, err
		}
	}
	slices.SortStableFunc(out.Differences, func(a, b ShadowDifference) int {
		return cmp.Compare(abs(b.TotalAfter-b.TotalBefore), abs(a.TotalAfter-a.TotalBefore))
	})
	out.Differences = out.Differences[:min(len(out.Differences), shadowDifferences)]
	return out, nil
}

func abs(n int64) int64 { return max(n, -n) }

func (sh *Shadow) add(ctx context.Context, p *pluginhost.Plugin, t tenant.ID, subsidy string, list []postgres.PastDecision) error {
	declared, _ := p.Manifest().SubsidyOf(subsidy)
	reqs := make([]sdk.SubsidyRequest, len(list))
	for i, d := range list {
		var facts map[string]any
		if err := json.Unmarshal(d.Facts, &facts); err != nil {
			return fault.Wrap(err, fault.Internal, "internal")
		}
		// Facts that this version does not ask for any more are not told.
		for name := range facts {
			if _, asks := declared.Facts.Field(name); !asks {
				delete(facts, name)
			}
		}
		reqs[i] = sdk.SubsidyRequest{Subsidy: subsidy, AsOf: d.AsOf.Format(time.DateOnly), Locale: "it", Facts: facts}
	}
	answers, err := p.EvaluateBatch(ctx, t, subsidy, reqs)
	if err != nil {
		return err
	}
	var unanswered error
	for i, o := range answers {
		if o.Err == nil {
			sh.compare(list[i], o.Decision.Answer)
			continue
		}
		sh.NotReplayable++
		if fault.Is(o.Err, fault.Unavailable) {
			unanswered = o.Err
		}
	}
	if ctx.Err() != nil || sh.NotReplayable == sh.Asked {
		return unanswered // a plugin that answers nothing at all: that is no finding
	}
	return nil
}

func (sh *Shadow) compare(d postgres.PastDecision, a sdk.SubsidyAnswer) {
	// What is stored went through the core's limit; the bytes are what the rule answered.
	was, err := pluginhost.ReadAnswer(d.Answer)
	if err != nil {
		was = sdk.SubsidyAnswer{Eligible: d.Eligible, MonthlyCents: d.MonthlyCents, Months: int32(d.Months), TotalCents: d.TotalCents}
	}
	sh.OldCents += was.TotalCents
	sh.NewCents += a.TotalCents
	if was.Eligible == a.Eligible && was.MonthlyCents == a.MonthlyCents && was.Months == a.Months && was.TotalCents == a.TotalCents {
		sh.Unchanged++
		return
	}
	sh.Changed++
	sh.Differences = append(sh.Differences, ShadowDifference{Subsidy: d.Subsidy, AsOf: casework.Date(d.AsOf.Format(time.DateOnly)),
		EligibleBefore: was.Eligible, EligibleAfter: a.Eligible, MonthlyBefore: was.MonthlyCents, MonthlyAfter: a.MonthlyCents,
		MonthsBefore: int(was.Months), MonthsAfter: int(a.Months), TotalBefore: was.TotalCents, TotalAfter: a.TotalCents})
}

// DecisionReplay is what a stored decision's own plugin answers when it is asked again.
type DecisionReplay struct {
	Decision                casework.DecisionID
	Plugin, Version, SHA256 string
	// Same tells whether the bytes are those that are stored.
	Same bool
	// Stored and Again are the bytes of the answers.
	Stored, Again []byte
}

// ReplayDecision runs the very binary that made a decision on the request that is stored with
// it, and compares the bytes. It needs the right to read the decision; nothing is stored.
// Unavailable, plugin_file_gone, where the binary is not here any more.
func (s *Service) ReplayDecision(ctx context.Context, id casework.DecisionID) (DecisionReplay, error) {
	out := DecisionReplay{Decision: id}
	if _, err := s.Decision(ctx, id); err != nil {
		return out, err
	}
	var call postgres.StoredCall
	var network tenant.NetworkID
	err := s.read(ctx, func(a *act) (err error) {
		network = a.actor.Network
		call, err = a.tx.StoredCall(a, string(id))
		return err
	})
	if err != nil {
		return out, err
	}
	out.Plugin, out.Version, out.SHA256, out.Stored = call.PluginID, call.PluginVersion, call.PluginHash, call.Answer
	p, err := s.binary(ctx, network, call.PluginHash)
	if err != nil {
		return out, err
	}
	if out.Again, err = p.Replay(ctx, call.Request); err != nil {
		return out, err
	}
	out.Same = bytes.Equal(out.Again, out.Stored)
	return out, nil
}

// binary finds the plugin that has a binary of a hash.
func (s *Service) binary(ctx context.Context, n tenant.NetworkID, hash string) (*pluginhost.Plugin, error) {
	if s.plugins == nil {
		return nil, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	var f postgres.PluginFile
	err := s.db.AsSystem(ctx, postgres.JobPlugins, func(tx *postgres.Tx) (err error) {
		f, err = tx.PluginFileByBinary(ctx, n, hash)
		return err
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "plugin_file_gone")
	}
	return s.install(f)
}
