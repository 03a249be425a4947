// SPDX-License-Identifier: BSD-3-Clause

// Package sdk is what the author of a plugin imports.
//
// A plugin is a manifest and a few small Go values:
//
//	//go:embed plugin.yaml
//	var manifest []byte
//
//	func main() {
//		sdk.Serve(sdk.Plugin{Manifest: manifest, Rules: []sdk.SubsidyRule{rent{}}})
//	}
//
// The core starts the binary, sends it the facts that the manifest declares and nothing
// else, and checks every answer. A plugin keeps no state, asks nobody and owns nothing:
// states, seats and budgets stay with the core.
package sdk

import (
	"context"

	"github.com/satis-toscana/satis/sdk/form"
)

// Text is a text for people, in Italian and in English.
type Text = form.Text

// ContractMajor and ContractMinor are the version of the contract this package speaks.
const (
	ContractMajor = 1
	ContractMinor = 1
)

// MaxMessage is the size in bytes that no request and no answer may exceed.
const MaxMessage = 4 << 20

// SubsidyRule decides one subsidy.
type SubsidyRule interface {
	// Subsidy is the code under which the manifest declares the subsidy.
	Subsidy() string
	// Evaluate decides. It must be a pure function of the request and stop when ctx ends.
	// An error says that the rule failed, not that the person is not eligible; its text
	// goes to the plugin's own standard error and never to the core.
	Evaluate(ctx context.Context, req SubsidyRequest) (SubsidyAnswer, error)
}

// SubsidyRequest asks for one decision.
type SubsidyRequest struct {
	// Subsidy is the code of a subsidy in the manifest.
	Subsidy string
	// AsOf is the day the rules are those of, YYYY-MM-DD.
	AsOf string
	// Locale is the reader's language, "it" or "en". Answers hold both all the same.
	Locale string
	// Facts fit the form of the subsidy. In a rule they are canonical, see form.Canonical.
	Facts Facts
}

// SubsidyAnswer is a decision and its reasons. Amounts are euro cents.
type SubsidyAnswer struct {
	Eligible     bool  `json:"eligible"`
	MonthlyCents int64 `json:"monthly_cents"`
	Months       int32 `json:"months"`
	// TotalCents is MonthlyCents × Months where there is a monthly amount.
	TotalCents  int64        `json:"total_cents"`
	Explanation []Step       `json:"explanation"`
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
	// ChangeHints tell what would have to be otherwise for another answer.
	ChangeHints []Text `json:"change_hints,omitempty"`
}

// Step is one step of the reasoning.
type Step struct {
	RuleID string `json:"rule_id"`
	// LegalBasis names what the rule rests on. A parameter of the network is called that.
	LegalBasis Text     `json:"legal_basis"`
	Title      Text     `json:"title"`
	Outcome    Text     `json:"outcome"`
	FactsUsed  []string `json:"facts_used,omitempty"`
	// AmountCents is the amount after this step; nil where the step has none.
	AmountCents *int64 `json:"amount_cents,omitempty"`
	Children    []Step `json:"children,omitempty"`
}

// Diagnostic is a remark about one fact.
type Diagnostic struct {
	// Path is slash separated: "monthly_rent", "children/0/age".
	Path string `json:"path"`
	// Code is for programs: [a-z][a-z0-9_]*.
	Code string `json:"code"`
	Text Text   `json:"text"`
	// Advice is only worth knowing. What a type of intervention remarks otherwise has to be
	// put right before the plan is saved or signed.
	Advice bool `json:"advice,omitempty"`
}

// Facts are the answers to the form of a subsidy, by name. A fact that is not known is not there.
type Facts map[string]any

// Whole gives an integer, an amount in cents or a count of people; ok is false where it is not known.
func (f Facts) Whole(name string) (n int64, ok bool) {
	n, ok = f[name].(int64)
	return n, ok
}

// WholeOr gives a number, or what to take where it is not known.
func (f Facts) WholeOr(name string, otherwise int64) int64 {
	if n, ok := f.Whole(name); ok {
		return n
	}
	return otherwise
}

// Text gives a text, a date, a file id or the value of a choice; "" where it is not known.
func (f Facts) Text(name string) string {
	s, _ := f[name].(string)
	return s
}

// Yes reports whether a yes_no was answered with yes.
func (f Facts) Yes(name string) bool {
	b, _ := f[name].(bool)
	return b
}

// Choices gives the values of a multi_choice.
func (f Facts) Choices(name string) []string {
	s, _ := f[name].([]string)
	return s
}

// Rows gives the rows of a table.
func (f Facts) Rows(name string) []Facts {
	list, _ := f[name].([]map[string]any)
	out := make([]Facts, len(list))
	for i, row := range list {
		out[i] = row
	}
	return out
}
