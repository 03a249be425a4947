// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/satis-toscana/satis/sdk/form"
)

// InterventionType is a type of intervention that an agency adds to the network's own.
type InterventionType interface {
	// Type is the code under which the manifest declares the type.
	Type() string
	// Validate says what the form cannot: that two answers do not go together, that a day
	// is a holiday. It is asked for details that fit the form; nil is nothing to say.
	Validate(ctx context.Context, req InterventionRequest) ([]Diagnostic, error)
	// Plan proposes what the intervention adds to a plan: budget, days, tasks.
	// Both methods must be pure functions of the request and stop when ctx ends.
	Plan(ctx context.Context, req InterventionRequest) (Contribution, error)
}

// InterventionRequest holds the answers to the form of a type.
type InterventionRequest struct {
	// Type is the code of a type in the manifest.
	Type string
	// AsOf is the day the rules are those of, YYYY-MM-DD.
	AsOf string
	// Locale is the reader's language, "it" or "en". Answers hold both all the same.
	Locale string
	// Details are canonical, see form.Canonical.
	Details Facts
}

// Contribution is what an intervention would add to a plan. The core decides what becomes of it.
type Contribution struct {
	Budget      []BudgetLine  `json:"budget,omitempty"`
	Dates       []PlannedDate `json:"dates,omitempty"`
	Tasks       []PlannedTask `json:"tasks,omitempty"`
	Diagnostics []Diagnostic  `json:"diagnostics,omitempty"`
}

// BudgetLine is a cost, in euro cents.
type BudgetLine struct {
	// Code is for programs: [a-z][a-z0-9_]*.
	Code  string `json:"code"`
	Label Text   `json:"label"`
	// AmountCents is due once, or in each of Months where that is more than 1.
	AmountCents int64 `json:"amount_cents"`
	Months      int32 `json:"months,omitempty"`
	// TotalCents is AmountCents × max(1, Months).
	TotalCents int64 `json:"total_cents"`
	// From and To are the first and the last day, "" where not known.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Reason says how the amount came about.
	Reason    Text     `json:"reason"`
	FactsUsed []string `json:"facts_used,omitempty"`
}

// PlannedDate is a day to remember.
type PlannedDate struct {
	Code  string `json:"code"`
	Label Text   `json:"label"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
}

// PlannedTask is something that somebody has to do.
type PlannedTask struct {
	Code  string `json:"code"`
	Label Text   `json:"label"`
	// Due is the day by which, "" where there is none.
	Due string `json:"due,omitempty"`
}

const maxLines = 200

// Check reports the first thing that makes a contribution nonsense, given the form of its
// type, or nil. The error names the place, never a value.
func (c Contribution) Check(declared form.Form) error {
	if len(c.Budget)+len(c.Dates)+len(c.Tasks) > maxLines {
		return errors.New("contribution: too many lines")
	}
	for i, l := range c.Budget {
		if err := l.check(declared); err != nil {
			return fmt.Errorf("contribution: budget/%d: %w", i, err)
		}
	}
	for i, d := range c.Dates {
		if err := checkEntry(d.Code, d.Label, d.Date, true); err != nil {
			return fmt.Errorf("contribution: dates/%d: %w", i, err)
		}
	}
	for i, t := range c.Tasks {
		if err := checkEntry(t.Code, t.Label, t.Due, false); err != nil {
			return fmt.Errorf("contribution: tasks/%d: %w", i, err)
		}
	}
	return CheckDiagnostics(c.Diagnostics, declared)
}

func (l BudgetLine) check(declared form.Form) error {
	if err := checkEntry(l.Code, l.Label, l.From, false); err != nil {
		return err
	}
	if err := cmp.Or(within("amount", l.AmountCents, 0, maxCents), within("total amount", l.TotalCents, 0, maxCents), within("months", int64(l.Months), 0, maxMonths)); err != nil {
		return err
	}
	if err := checkText(l.Reason); err != nil {
		return fmt.Errorf("reason: %w", err)
	}
	switch {
	case l.TotalCents != l.AmountCents*int64(max(1, l.Months)):
		return errors.New("total is not the amount times the months")
	case !isDay(l.To, false):
		return errors.New("to is no day")
	case l.From != "" && l.To != "" && l.To < l.From:
		return errors.New("ends before it begins")
	}
	for _, name := range l.FactsUsed {
		if _, ok := declared.Field(name); !ok {
			return errors.New("facts_used names what is no declared fact")
		}
	}
	return nil
}

func checkEntry(code string, label Text, day string, dayNeeded bool) error {
	if len(code) > 64 || !codePattern.MatchString(code) {
		return fmt.Errorf("code must match %s", codePattern)
	}
	if err := checkText(label); err != nil {
		return fmt.Errorf("label: %w", err)
	}
	if !isDay(day, dayNeeded) {
		return errors.New("no day of the calendar")
	}
	return nil
}

// isDay reports whether s is YYYY-MM-DD in the years a form can hold, or empty where it may be.
func isDay(s string, needed bool) bool {
	if s == "" {
		return !needed
	}
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1900 && t.Year() <= 2199
}

// CheckDiagnostics reports the first diagnostic that makes no sense for a form, or nil.
func CheckDiagnostics(list []Diagnostic, declared form.Form) error {
	if len(list) > MaxRemarks {
		return errors.New("answer: too many remarks")
	}
	for i, d := range list {
		name, _, _ := strings.Cut(d.Path, "/")
		if _, ok := declared.Field(name); !ok || len(d.Path) > maxPath || !sound(d.Path) {
			return fmt.Errorf("answer: diagnostics/%d: path is no declared fact", i)
		}
		if err := d.checkWords(); err != nil {
			return fmt.Errorf("answer: diagnostics/%d: %w", i, err)
		}
	}
	return nil
}

func (d Diagnostic) checkWords() error {
	if len(d.Code) > 64 || !codePattern.MatchString(d.Code) {
		return fmt.Errorf("code must match %s", codePattern)
	}
	return checkText(d.Text)
}
