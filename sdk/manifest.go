// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/satis-toscana/satis/sdk/form"
)

// Kind is a sort of work that a plugin does.
type Kind string

// The kinds of the contract. A plugin can be of several.
const (
	KindSubsidyRules  Kind = "subsidy_rules"
	KindInterventions Kind = "interventions"
	KindCourses       Kind = "courses"
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{KindSubsidyRules, KindInterventions, KindCourses} }

// Manifest is plugin.yaml: what a plugin is and which facts it asks for. The people who
// admit a plugin read it; the host holds the plugin to it.
type Manifest struct {
	// ID names the plugin: lower-case letters, digits and dashes.
	ID     string `json:"id"`
	Agency string `json:"agency"`
	// Version is a semantic version: "1.2.3".
	Version       string                 `json:"version"`
	Contract      Contract               `json:"contract"`
	Kinds         []Kind                 `json:"kinds"`
	Subsidies     []SubsidyManifest      `json:"subsidies,omitempty"`
	Interventions []InterventionManifest `json:"interventions,omitempty"`
	Catalogs      []CatalogManifest      `json:"catalogs,omitempty"`
	Limits        Limits                 `json:"limits,omitzero"`
}

// Contract is the range of major contract versions that a plugin serves.
type Contract struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Limits are what a plugin says it keeps to. The host takes the stricter of these and its own.
type Limits struct {
	// CallTimeoutMS bounds one call, in milliseconds.
	CallTimeoutMS int `json:"call_timeout_ms,omitempty"`
	// MemoryMB bounds the data a process can allocate, in MiB.
	MemoryMB int `json:"memory_mb,omitempty"`
}

// SubsidyManifest declares one subsidy.
type SubsidyManifest struct {
	// Code names the subsidy in the network: [a-z][a-z0-9_]*.
	Code  string `json:"code"`
	Title Text   `json:"title"`
	// Facts are what the rule may be told. None may be more sensitive than "case".
	Facts form.Form `json:"facts"`
	// Purposes tells for each fact why the rule needs it.
	Purposes map[string]Text `json:"purposes"`
}

// InterventionManifest declares one type of intervention.
type InterventionManifest struct {
	// Code names the type in the network: [a-z][a-z0-9_]*.
	Code  string `json:"code"`
	Title Text   `json:"title"`
	// Form is what is asked; the core draws it. No field may be more sensitive than "case".
	Form form.Form `json:"form"`
	// Purposes tells for each field why the plugin needs it.
	Purposes map[string]Text `json:"purposes"`
}

// CatalogManifest declares one catalog of courses.
type CatalogManifest struct {
	// Code names the catalog: [a-z][a-z0-9_]*.
	Code  string `json:"code"`
	Title Text   `json:"title"`
	// Formats are those that Import reads: "csv", "json".
	Formats []string `json:"formats,omitempty"`
}

const maxManifest = 256 << 10

var (
	idPattern      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	codePattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	versionPattern = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$`)
)

// ParseManifest reads and checks plugin.yaml. A key that is not known is an error. All faults
// come back joined: those of keys and values with their lines, then those of Check.
func ParseManifest(b []byte) (Manifest, error) {
	if len(b) > maxManifest {
		return Manifest{}, fmt.Errorf("sdk: manifest larger than %d bytes", maxManifest)
	}
	// YAML becomes JSON first, so that one set of tags serves both.
	var doc any
	var lines yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return Manifest{}, fmt.Errorf("sdk: manifest: %w", err)
	}
	if err := yaml.Unmarshal(b, &lines); err != nil {
		return Manifest{}, fmt.Errorf("sdk: manifest: %w", err)
	}
	var m Manifest
	var keys manifestKeys
	if lines.Kind != 0 { // 0 is an empty file
		keys.walk(&lines, reflect.TypeFor[Manifest](), "")
	}
	if err := remade(doc, &m); err != nil && !(keys.mistyped && errors.As(err, new(*json.UnmarshalTypeError))) {
		return Manifest{}, errors.Join(append(keys.faults, fmt.Errorf("sdk: manifest: %w", err))...)
	}
	return m, errors.Join(append(keys.faults, m.Check())...)
}

// remade reads a document into the manifest. The keys were looked at already: here they would
// end the reading at the first that is not known.
func remade(doc any, m *Manifest) error {
	j, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return json.Unmarshal(j, m)
}

// JSON gives the manifest in one fixed spelling, for comparing and for Describe.
func (m Manifest) JSON() ([]byte, error) { return json.Marshal(m) }

// Check reports every fault of the manifest, joined, or nil.
func (m Manifest) Check() error {
	var errs []error
	fail := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("sdk: manifest: "+format, args...))
		}
	}
	fail(len(m.ID) > 64 || !idPattern.MatchString(m.ID), "id must match %s and have at most 64 characters", idPattern)
	fail(strings.TrimSpace(m.Agency) == "" || len(m.Agency) > 200, "agency must be named")
	fail(!versionPattern.MatchString(m.Version), "version must be like 1.2.3")
	fail(m.Contract.Min < 1 || m.Contract.Max < m.Contract.Min, "contract must be a range of major versions from 1 on")
	fail(len(m.Kinds) == 0, "kinds must name one at least")
	for i, k := range m.Kinds {
		fail(!slices.Contains(Kinds(), k), "kind %q is not known; the kinds are %s, %s, %s", k, KindSubsidyRules, KindInterventions, KindCourses)
		fail(slices.Contains(m.Kinds[:i], k), "kind %q is named twice", k)
	}
	for kind, declared := range map[Kind]int{KindSubsidyRules: len(m.Subsidies), KindInterventions: len(m.Interventions), KindCourses: len(m.Catalogs)} {
		fail(slices.Contains(m.Kinds, kind) != (declared > 0), "%s must be there exactly where the kind %s is", sections[kind], kind)
	}
	fail(m.Limits.CallTimeoutMS < 0 || m.Limits.MemoryMB < 0, "limits cannot be negative")
	return errors.Join(append(errs, m.checkSections()...)...)
}

// SubsidyOf finds a subsidy by its code.
func (m Manifest) SubsidyOf(code string) (SubsidyManifest, bool) {
	for _, s := range m.Subsidies {
		if s.Code == code {
			return s, true
		}
	}
	return SubsidyManifest{}, false
}

// InterventionOf finds a type of intervention by its code.
func (m Manifest) InterventionOf(code string) (InterventionManifest, bool) {
	for _, i := range m.Interventions {
		if i.Code == code {
			return i, true
		}
	}
	return InterventionManifest{}, false
}

// CatalogOf finds a catalog by its code.
func (m Manifest) CatalogOf(code string) (CatalogManifest, bool) {
	for _, c := range m.Catalogs {
		if c.Code == code {
			return c, true
		}
	}
	return CatalogManifest{}, false
}

// Personal reports whether a fact of class case or above is asked for. The host runs such a
// plugin in a process of its own for each tenant.
func (m Manifest) Personal() bool {
	var all []form.Field
	for _, s := range m.Subsidies {
		all = append(all, s.Facts.Fields...)
	}
	for _, i := range m.Interventions {
		all = append(all, i.Form.Fields...)
	}
	for _, f := range all {
		for _, part := range append([]form.Field{f}, f.Columns...) {
			if !part.Class.AtMost(form.ClassNetwork) {
				return true
			}
		}
	}
	return false
}
