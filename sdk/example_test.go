// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// rule is the rule of the README.
type rule struct{}

func (rule) Subsidy() string { return "rent" }

func (rule) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	rent, _ := req.Facts.Whole("monthly_rent") // cents
	half := rent / 2
	return sdk.SubsidyAnswer{
		Eligible: true, MonthlyCents: half, Months: 6, TotalCents: 6 * half,
		Explanation: []sdk.Step{{
			RuleID:      "half",
			LegalBasis:  sdk.Text{IT: "Parametro della rete.", EN: "Network parameter."},
			Title:       sdk.Text{IT: "Metà del canone", EN: "Half of the rent"},
			Outcome:     sdk.Text{IT: "Il contributo è metà del canone.", EN: "The contribution is half of the rent."},
			FactsUsed:   []string{"monthly_rent"},
			AmountCents: &half,
		}},
	}, nil
}

// A rule that forgets to bound its amount is found by the kit, which asks for the ends of every range.
func Example() {
	text := strings.NewReplacer("gift", "rent", "people", "monthly_rent", "person_count", "money").Replace(manifest)
	cases := []sdktest.Case{{Name: "plain", Request: sdk.SubsidyRequest{
		Subsidy: "rent", AsOf: "2026-01-01", Locale: "it", Facts: sdk.Facts{"monthly_rent": 400_00},
	}}}
	for _, f := range sdktest.Check(sdk.Plugin{Manifest: []byte(text), Rules: []sdk.SubsidyRule{rule{}}}, cases) {
		fmt.Println(f)
	}

	bounded := strings.Replace(text, "required: true", "required: true, max: 500000", 1)
	fmt.Println(len(sdktest.Check(sdk.Plugin{Manifest: []byte(bounded), Rules: []sdk.SubsidyRule{rule{}}}, cases)), "findings once the manifest bounds the rent")
	// Output:
	// answer [plain, monthly_rent at its end]: answer: monthly amount out of range: it is more than 100000000000
	// 0 findings once the manifest bounds the rent
}
