// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/sdk/form"
)

// The forms about a person. They are the same closed descriptions as those of plugins, so
// that one codec and one set of partials serve all.

func tx(it, en string) form.Text { return form.Text{IT: it, EN: en} }

func identityForm() form.Form {
	line := func(name string, required bool, label form.Text) form.Field {
		return form.Field{Name: name, Kind: form.KindText, Class: form.ClassIdentity, Required: required, Label: label}
	}
	return form.Form{Fields: []form.Field{
		line("given_name", true, tx("Nome", "Given name")),
		line("family_name", true, tx("Cognome", "Family name")),
		{Name: "birth_date", Kind: form.KindDate, Class: form.ClassIdentity, Required: true, Label: tx("Data di nascita", "Date of birth")},
		line("phone", false, tx("Telefono", "Telephone")),
		line("email", false, tx("Email", "Email")),
		line("address", false, tx("Indirizzo", "Address")),
		line("document_number", false, tx("Numero del documento", "Document number")),
	}}
}

// factsForm asks for the case facts of a person.
func factsForm(lang string) form.Form {
	zero, most := int64(0), int64(600)
	return form.Form{Fields: []form.Field{
		{Name: "citizenship", Kind: form.KindChoice, Class: form.ClassCase, Required: true, Label: tx("Cittadinanza", "Citizenship"), Options: countryOptions(lang)},
		{Name: "municipality", Kind: form.KindText, Class: form.ClassCase, Required: true, Label: tx("Comune competente", "Competent municipality")},
		{Name: "municipality_reason", Kind: form.KindChoice, Class: form.ClassCase, Required: true, Label: tx("Perché è competente", "Why it is competent"), Options: []form.Option{
			{Value: string(casework.Residence), Label: tx("Residenza", "Residence")},
			{Value: string(casework.PlaceOfNeed), Label: tx("Luogo del bisogno", "Place of need")}}},
		{Name: "taken_in_charge_on", Kind: form.KindDate, Class: form.ClassCase, Required: true, Label: tx("Presa in carico", "Taken in charge on")},
		{Name: "prior_housing_months", Kind: form.KindInteger, Class: form.ClassCase, Unit: "months", Min: &zero, Max: &most,
			Label: tx("Mesi di sostegno abitativo già avuti altrove", "Months of housing support already received elsewhere"),
			Hint:  tx("Contano nel limite complessivo.", "They count towards the overall limit.")},
	}}
}

func factsValues(p casework.Person) map[string]any {
	return map[string]any{"citizenship": p.Citizenship, "municipality": p.Municipality, "municipality_reason": string(p.MunicipalityReason),
		"taken_in_charge_on": string(p.TakenInChargeOn), "prior_housing_months": int64(p.PriorHousingMonths)}
}

func personOf(values map[string]any) casework.Person {
	prior, _ := wholeOf(values["prior_housing_months"])
	return casework.Person{Citizenship: textOf(values["citizenship"]), Municipality: textOf(values["municipality"]),
		MunicipalityReason: casework.MunicipalityReason(textOf(values["municipality_reason"])),
		TakenInChargeOn:    casework.Date(textOf(values["taken_in_charge_on"])), PriorHousingMonths: int(prior)}
}

// consentsForm asks the three questions at once, as one conversation.
func consentsForm(lang string, texts *Texts) form.Form {
	f := form.Form{}
	for _, k := range casework.ConsentKinds() {
		f.Fields = append(f.Fields, form.Field{Name: string(k), Kind: form.KindYesNo, Class: form.ClassCase,
			Label: form.Text{IT: texts.T("it", "consent."+string(k)), EN: texts.T("en", "consent."+string(k))}})
	}
	f.Fields = append(f.Fields, conversation(lang)...)
	return f
}

// consentForm asks one question anew.
func consentForm(lang string, texts *Texts) form.Form {
	kind := form.Field{Name: "kind", Kind: form.KindChoice, Class: form.ClassCase, Required: true, Label: tx("Che cosa", "What")}
	for _, k := range casework.ConsentKinds() {
		kind.Options = append(kind.Options, form.Option{Value: string(k), Label: form.Text{IT: texts.T("it", "consent."+string(k)), EN: texts.T("en", "consent."+string(k))}})
	}
	given := form.Field{Name: "given", Kind: form.KindYesNo, Class: form.ClassCase, Required: true, Label: tx("La persona acconsente", "The person agrees")}
	return form.Form{Fields: append([]form.Field{kind, given}, conversation(lang)...)}
}

// conversation is when and in which language the person was asked.
func conversation(lang string) []form.Field {
	return []form.Field{
		{Name: "on", Kind: form.KindDate, Class: form.ClassCase, Label: tx("Data del colloquio", "Date of the conversation")},
		{Name: "language", Kind: form.KindChoice, Class: form.ClassCase, Label: tx("Lingua del colloquio", "Language of the conversation"), Options: languageOptions(lang)},
		{Name: "mediator", Kind: form.KindYesNo, Class: form.ClassCase, Label: tx("Con mediazione culturale", "With a cultural mediator")},
	}
}

// consentOf reads one answer; the date is today's where none was typed.
func consentOf(kind casework.ConsentKind, given bool, values map[string]any, today casework.Date) casework.Consent {
	c := casework.Consent{Kind: kind, Given: given, On: casework.Date(textOf(values["on"])), Language: textOf(values["language"])}
	c.Mediator, _ = values["mediator"].(bool)
	if c.On == "" {
		c.On = today
	}
	return c
}

// countryOptions lists the countries by their names in a language.
func countryOptions(lang string) []form.Option {
	return byLabel(lang, casework.Countries(), countryName)
}

// languageOptions are the languages most often spoken in the network's conversations.
func languageOptions(lang string) []form.Option {
	return byLabel(lang, strings.Fields("it en fr es pt ar ru uk ro sq zh bn ur pa hi fa ti am so wo yo ig ha tw ka pl bg"), languageName)
}

func byLabel(lang string, codes []string, name func(lang, code string) string) []form.Option {
	out := make([]form.Option, len(codes))
	for i, c := range codes {
		out[i] = form.Option{Value: c, Label: form.Text{IT: name("it", c), EN: name("en", c)}}
	}
	slices.SortFunc(out, func(a, b form.Option) int { return cmp.Compare(sortKey(a.Label.In(lang)), sortKey(b.Label.In(lang))) })
	return out
}

// sortKey lets accented capitals stand where a reader looks for them.
func sortKey(s string) string {
	return strings.NewReplacer("Å", "A", "É", "E", "Ö", "O", "à", "a", "é", "e", "ô", "o").Replace(s)
}
