// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"slices"
	"strconv"

	"github.com/satis-toscana/satis/core/fault"
)

// Parameters are what a network decides for itself. The source text fixes one number only:
// housing support lasts at most 12 months.
type Parameters struct {
	// HousingMonths is the limit on housing support, summed over a person's whole history.
	HousingMonths int `json:"housing_months"`
	// HousingSupports are the kinds of housing support that count towards the limit.
	HousingSupports []string `json:"housing_supports"`
	// DemandConsent makes the adhesion wait for the recorded consents.
	DemandConsent bool `json:"demand_consent"`
	// Criteria are what an evaluation scores.
	Criteria []Criterion `json:"criteria"`
}

// DefaultParameters are what a new network starts with.
func DefaultParameters() Parameters {
	return Parameters{
		HousingMonths:   12,
		HousingSupports: []string{SupportSearch, SupportFurnishing, SupportRent},
		Criteria:        defaultCriteria(),
	}
}

// The kinds of housing support.
const (
	SupportSearch     = "search"
	SupportFurnishing = "furnishing"
	SupportRent       = "rent"
)

// Duration is how many months an intervention lasts: as stated, or counted from its dates
// with a begun month counting whole; 0 where neither tells.
func (v Intervention) Duration() int {
	counted := v.StartsOn.MonthsUntil(v.EndsOn)
	return max(v.Months, counted)
}

// Supports lists the kinds of housing support an intervention gives.
func (v Intervention) Supports() []string {
	var out []string
	switch list := v.Details["supports"].(type) {
	case []any:
		for _, s := range list {
			if t, ok := s.(string); ok {
				out = append(out, t)
			}
		}
	case []string:
		out = list
	}
	return out
}

// CountsAsHousing reports whether the months of an intervention count towards the limit.
// One that does not say what it supports counts: in doubt, the stricter reading.
func (v Intervention) CountsAsHousing(pm Parameters) bool {
	if v.Type != TypeHousing {
		return false
	}
	supports := v.Supports()
	return len(supports) == 0 || slices.ContainsFunc(supports, func(s string) bool {
		return slices.Contains(pm.HousingSupports, s)
	})
}

// HousingMonths sums the months of housing support in a plan.
func (p Plan) HousingMonths(pm Parameters) int {
	sum := 0
	for _, v := range p.Interventions {
		if v.CountsAsHousing(pm) {
			sum += v.Duration()
		}
	}
	return sum
}

// CheckHousing refuses a plan that brings a person's housing support over the limit.
// already is what the person had before, in every other project and elsewhere. No role, no
// reason and no plugin can override it. The complaint stands at the intervention that
// crosses the limit.
func (p Plan) CheckHousing(pm Parameters, already int) []fault.Field {
	sum := already
	for i, v := range p.Interventions {
		if !v.CountsAsHousing(pm) {
			continue
		}
		sum += v.Duration()
		if sum > pm.HousingMonths && v.Duration() > 0 {
			return []fault.Field{fault.At(path("interventions", i)+"/months", "housing_limit",
				"limit", strconv.Itoa(pm.HousingMonths), "already", strconv.Itoa(already), "total", strconv.Itoa(already+p.HousingMonths(pm)))}
		}
	}
	return nil
}
