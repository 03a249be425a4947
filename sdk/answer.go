// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/satis-toscana/satis/sdk/form"
)

// Bounds of a sensible answer. Those with a public name count while an answer is read already:
// ReadAnswer gives up as soon as one is passed. Check looks at all of them.
const (
	// MaxSteps is how many steps an explanation has at most, with those inside others.
	MaxSteps = 500
	// MaxStepDepth is how deep steps lie inside each other at most; 1 is no other inside.
	MaxStepDepth = 8
	// MaxFactsUsed is how many facts a step names at most.
	MaxFactsUsed = 200
	// MaxRemarks is how many diagnostics and hints an answer has at most.
	MaxRemarks = 200

	maxCents  = 1_000_000_000_00 // a thousand million euro: beyond it something overflowed
	maxMonths = 1200
	maxText   = 4_000
	maxPath   = 300
)

// Check reports the first thing that makes an answer nonsense, given the facts its subsidy
// declares, or nil. The core refuses a decision whose answer does not pass. The error
// names the place, never a value.
func (a SubsidyAnswer) Check(declared form.Form) error {
	if err := a.checkAmounts(); err != nil {
		return err
	}
	if len(a.Explanation) == 0 {
		return errors.New("answer: no explanation")
	}
	left := MaxSteps
	if err := checkSteps("explanation", a.Explanation, declared, 1, &left); err != nil {
		return err
	}
	if len(a.Diagnostics)+len(a.ChangeHints) > MaxRemarks {
		return errors.New("answer: too many remarks")
	}
	if err := CheckDiagnostics(a.Diagnostics, declared); err != nil {
		return err
	}
	for i, t := range a.ChangeHints {
		if err := checkText(t); err != nil {
			return fmt.Errorf("answer: change_hints/%d: %w", i, err)
		}
	}
	return nil
}

func (a SubsidyAnswer) checkAmounts() error {
	for _, part := range [...]struct {
		name     string
		n, limit int64
	}{{"monthly amount", a.MonthlyCents, maxCents}, {"total amount", a.TotalCents, maxCents}, {"months", int64(a.Months), maxMonths}} {
		if err := within(part.name, part.n, 0, part.limit); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	switch {
	case !a.Eligible && (a.MonthlyCents != 0 || a.TotalCents != 0 || a.Months != 0):
		return errors.New("answer: not eligible, and yet an amount or months")
	case a.MonthlyCents > 0 && a.TotalCents != a.MonthlyCents*int64(a.Months):
		return errors.New("answer: total is not the monthly amount times the months")
	}
	return nil
}

func checkSteps(at string, steps []Step, declared form.Form, depth int, left *int) error {
	if depth > MaxStepDepth {
		return errors.New("answer: explanation nested too deep")
	}
	for i := range steps {
		s := &steps[i]
		if *left--; *left < 0 {
			return errors.New("answer: explanation has too many steps")
		}
		if err := s.check(declared); err != nil {
			return fmt.Errorf("answer: %s/%d: %w", at, i, err)
		}
		if len(s.Children) == 0 {
			continue
		}
		if err := checkSteps(fmt.Sprintf("%s/%d/children", at, i), s.Children, declared, depth+1, left); err != nil {
			return err
		}
	}
	return nil
}

func (s *Step) check(declared form.Form) error {
	if strings.TrimSpace(s.RuleID) == "" || len(s.RuleID) > 200 || !sound(s.RuleID) {
		return errors.New("rule_id is missing")
	}
	for _, part := range [...]struct {
		name string
		text Text
	}{{"legal_basis", s.LegalBasis}, {"title", s.Title}, {"outcome", s.Outcome}} {
		if err := checkText(part.text); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if len(s.FactsUsed) > MaxFactsUsed {
		return errors.New("facts_used names too many")
	}
	for _, name := range s.FactsUsed {
		if _, ok := declared.Field(name); !ok {
			return errors.New("facts_used names what is no declared fact")
		}
	}
	if s.AmountCents != nil {
		return within("amount", *s.AmountCents, -maxCents, maxCents)
	}
	return nil
}

// within tells on which side a number is out of its range, and the bound there; never the number.
func within(what string, n, low, high int64) error {
	switch {
	case n < low && low == 0:
		return fmt.Errorf("%s out of range: it is negative", what)
	case n < low:
		return fmt.Errorf("%s out of range: it is less than %d", what, low)
	case n > high:
		return fmt.Errorf("%s out of range: it is more than %d", what, high)
	}
	return nil
}

func checkText(t Text) error {
	for _, s := range [...]struct{ language, text string }{{"it", t.IT}, {"en", t.EN}} {
		switch {
		case strings.TrimSpace(s.text) == "":
			return fmt.Errorf("text missing in %s", s.language)
		case len(s.text) > maxText && utf8.RuneCountInString(s.text) > maxText:
			return fmt.Errorf("text too long in %s: at most %d characters", s.language, maxText)
		case !sound(s.text):
			return fmt.Errorf("text with characters that cannot be stored in %s", s.language)
		}
	}
	return nil
}

// sound refuses what no database column holds.
func sound(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
