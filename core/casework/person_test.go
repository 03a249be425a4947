// SPDX-License-Identifier: AGPL-3.0-or-later

package casework_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
)

const today casework.Date = "2026-11-22"

// said lists complaints as "path code", sorted.
func said(fields []fault.Field) []string {
	out := []string{}
	for _, f := range fields {
		out = append(out, f.Path+" "+f.Code)
	}
	slices.Sort(out)
	return out
}

func TestIdentityCheck(t *testing.T) {
	good := casework.Identity{GivenName: "Amina", FamilyName: "Okoro", BirthDate: "1995-05-05"}
	for name, tc := range map[string]struct {
		change func(*casework.Identity)
		want   []string
	}{
		"good":            {func(*casework.Identity) {}, []string{}},
		"born today":      {func(i *casework.Identity) { i.BirthDate = today }, []string{}},
		"empty":           {func(i *casework.Identity) { *i = casework.Identity{} }, []string{"identity/birth_date required", "identity/family_name required", "identity/given_name required"}},
		"only spaces":     {func(i *casework.Identity) { i.GivenName = " \t" }, []string{"identity/given_name required"}},
		"no such day":     {func(i *casework.Identity) { i.BirthDate = "1995-02-30" }, []string{"identity/birth_date bad_date"}},
		"born tomorrow":   {func(i *casework.Identity) { i.BirthDate = "2026-11-23" }, []string{"identity/birth_date in_future"}},
		"long name":       {func(i *casework.Identity) { i.GivenName = strings.Repeat("è", 121) }, []string{"identity/given_name too_long"}},
		"longest name":    {func(i *casework.Identity) { i.GivenName = strings.Repeat("è", 120) }, []string{}},
		"no address sign": {func(i *casework.Identity) { i.Email = "amina" }, []string{"identity/email bad_email"}},
		"NUL":             {func(i *casework.Identity) { i.FamilyName = "Oko\x00ro" }, []string{"identity/family_name bad_text"}},
		"not UTF-8":       {func(i *casework.Identity) { i.FamilyName = "Oko\xffro" }, []string{"identity/family_name bad_text"}},
		"everything long": {func(i *casework.Identity) {
			i.Phone, i.Address, i.DocumentNumber = strings.Repeat("1", 41), strings.Repeat("a", 301), strings.Repeat("b", 61)
		}, []string{"identity/address too_long", "identity/document_number too_long", "identity/phone too_long"}},
	} {
		id := good
		tc.change(&id)
		if diff := cmp.Diff(tc.want, said(id.Check(today))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestIdentityClean(t *testing.T) {
	got := casework.Identity{GivenName: "  Amina \t Joy ", Email: " a@b ", BirthDate: "1995-05-05"}.Clean()
	want := casework.Identity{GivenName: "Amina Joy", Email: "a@b", BirthDate: "1995-05-05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(got, got.Clean()); diff != "" {
		t.Error("cleaning twice changes it:", diff)
	}
}

func TestPersonCheck(t *testing.T) {
	good := casework.Person{Citizenship: "NGA", Municipality: "Viareggio", MunicipalityReason: casework.Residence, TakenInChargeOn: today}
	for name, tc := range map[string]struct {
		change func(*casework.Person)
		want   []string
	}{
		"good":       {func(*casework.Person) {}, []string{}},
		"stateless":  {func(p *casework.Person) { p.Citizenship = casework.Stateless }, []string{}},
		"empty":      {func(p *casework.Person) { *p = casework.Person{} }, []string{"citizenship bad_country", "municipality required", "municipality_reason not_an_option", "taken_in_charge_on bad_date"}},
		"lower case": {func(p *casework.Person) { p.Citizenship = "nga" }, []string{"citizenship bad_country"}},
		"tomorrow":   {func(p *casework.Person) { p.TakenInChargeOn = "2026-11-23" }, []string{"taken_in_charge_on in_future"}},
		"negative":   {func(p *casework.Person) { p.PriorHousingMonths = -1 }, []string{"prior_housing_months out_of_range"}},
		"most":       {func(p *casework.Person) { p.PriorHousingMonths = 600 }, []string{}},
		"too many":   {func(p *casework.Person) { p.PriorHousingMonths = 601 }, []string{"prior_housing_months out_of_range"}},
		"NUL":        {func(p *casework.Person) { p.Municipality = "Via\x00reggio" }, []string{"municipality bad_text"}},
	} {
		p := good
		tc.change(&p)
		if diff := cmp.Diff(tc.want, said(p.Check(today))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCountries(t *testing.T) {
	list := casework.Countries()
	if len(list) != 250 || !slices.Contains(list, "ITA") || !slices.Contains(list, casework.Stateless) {
		t.Errorf("%d countries, want the 249 of ISO 3166-1 and one for the stateless", len(list))
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(list) {
		t.Error("a country is listed twice")
	}
}

// Codes tell nothing: two hundred of them differ, and none has a letter that is misread.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		for prefix, code := range map[string]string{"P-": casework.NewPersonCode(), "PI-": casework.NewProjectCode()} {
			body, ok := strings.CutPrefix(code, prefix)
			if !ok || len(body) != 9 || strings.ContainsAny(body, "01OILU") || seen[code] {
				t.Fatalf("code %q", code)
			}
			seen[code] = true
		}
	}
}

func TestConsents(t *testing.T) {
	yes := func(k casework.ConsentKind) casework.Consent {
		return casework.Consent{Kind: k, Given: true, On: today}
	}
	no := func(k casework.ConsentKind) casework.Consent { return casework.Consent{Kind: k, On: today} }
	info, data := casework.ProgrammeInformation, casework.ConsentData
	for name, tc := range map[string]struct {
		have               casework.Consents
		relaxed, demanding bool
	}{
		"nothing asked":    {casework.Consents{}, true, false},
		"all given":        {casework.Consents{info: yes(info), data: yes(data)}, true, true},
		"data refused":     {casework.Consents{info: yes(info), data: no(data)}, false, false},
		"not informed":     {casework.Consents{info: no(info), data: yes(data)}, false, false},
		"data never asked": {casework.Consents{info: yes(info)}, true, false},
		"identity refused": {casework.Consents{info: yes(info), data: yes(data), casework.ConsentIdentity: no(casework.ConsentIdentity)}, true, true},
	} {
		for demanded, want := range map[bool]bool{false: tc.relaxed, true: tc.demanding} {
			err := tc.have.AllowAdhesion(demanded)
			if (err == nil) != want || (err != nil && !fault.Is(err, fault.Conflict)) {
				t.Errorf("%s, demanded %v: %v", name, demanded, err)
			}
		}
	}
	for _, k := range casework.ConsentKinds() {
		if got := said(yes(k).Check(today)); len(got) != 0 {
			t.Errorf("%s: %v", k, got)
		}
	}
	bad := casework.Consent{Kind: "other", On: "2026-11-23", Language: "ital"}
	if diff := cmp.Diff([]string{"kind not_an_option", "language bad_language", "on in_future"}, said(bad.Check(today))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"on bad_date"}, said(casework.Consent{Kind: data}.Check(today))); diff != "" {
		t.Error(diff)
	}
}
