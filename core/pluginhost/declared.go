// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Subsidy is a subsidy that some plugin decides.
type Subsidy struct {
	Code  string
	Title sdk.Text
	// Facts is the form to render. Evaluate takes its values.
	Facts form.Form
	// Purposes tells why each fact is asked for.
	Purposes                map[string]sdk.Text
	PluginID, PluginVersion string
	// Stopped is "suspended" or "revoked" where the plugin was taken away; who lists sets it.
	Stopped string
}

// Catalog is a catalog of courses that some plugin reads and searches.
type Catalog struct {
	Code  string
	Title sdk.Text
	// Formats are those that ImportCourses takes.
	Formats                 []string
	PluginID, PluginVersion string
}

// SubsidiesOf lists what a manifest says can be asked. It needs no process.
func SubsidiesOf(m sdk.Manifest) []Subsidy {
	out := make([]Subsidy, len(m.Subsidies))
	for i, d := range m.Subsidies {
		out[i] = Subsidy{Code: d.Code, Title: d.Title, Facts: d.Facts, Purposes: d.Purposes, PluginID: m.ID, PluginVersion: m.Version}
	}
	return out
}

// CatalogsOf lists the catalogs of a manifest. It needs no process.
func CatalogsOf(m sdk.Manifest) []Catalog {
	out := make([]Catalog, len(m.Catalogs))
	for i, d := range m.Catalogs {
		out[i] = Catalog{Code: d.Code, Title: d.Title, Formats: d.Formats, PluginID: m.ID, PluginVersion: m.Version}
	}
	return out
}

// subsidy finds a subsidy that this version declares.
func (e *entry) subsidy(code string) (Subsidy, bool) {
	m := e.bundle.manifest
	d, ok := m.SubsidyOf(code)
	return Subsidy{Code: d.Code, Title: d.Title, Facts: d.Facts, Purposes: d.Purposes, PluginID: m.ID, PluginVersion: m.Version}, ok
}
