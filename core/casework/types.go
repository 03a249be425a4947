// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import "github.com/satis-toscana/satis/sdk/form"

// InterventionType is one sort of intervention: built in, or from a plugin. Both are the
// same closed form description and go through the same code.
type InterventionType struct {
	Code  string
	Label form.Text
	// Hint says in one line what it is for.
	Hint form.Text
	Form form.Form
	// Former are the forms of other versions of its plugin: the labels of answers that were
	// given to those. They are filled in for reading only.
	Former []form.Form
	// Plugin is the id of the plugin it comes from, Version its version and Agency whose it
	// is; empty for the built-in seven.
	Plugin, Version, Agency string
	// Inactive types cannot be put into a plan, nor can a plan that has one be signed or
	// submitted: the plugin is not active for the organisation any more.
	Inactive bool
	// Had is true of an inactive type that the organisation could use until it was taken away:
	// it is told why. Of others it does not know that they exist.
	Had bool
}

// Types are the intervention types a tenant can use, in the order they are offered.
type Types []InterventionType

// Find looks a type up by its code.
func (ts Types) Find(code string) (InterventionType, bool) {
	for _, t := range ts {
		if t.Code == code {
			return t, true
		}
	}
	return InterventionType{}, false
}

// Offered are those that can be put into a plan.
func (ts Types) Offered() Types {
	var out Types
	for _, t := range ts {
		if !t.Inactive {
			out = append(out, t)
		}
	}
	return out
}

// The codes of the seven interventions that have priority in the network's programme.
const (
	TypeItalian       = "italian_course"
	TypeHousing       = "housing"
	TypeChildcare     = "childcare"
	TypeNecessities   = "basic_necessities"
	TypeVocational    = "vocational_course"
	TypeLicence       = "licence_course"
	TypeAccompaniment = "accompaniment"
)

// BuiltIn are the seven, in the order of the source text. The list is open: plugins add to it.
func BuiltIn() Types {
	return Types{italianCourse(), housing(), childcare(), necessities(), vocational(), licence(), accompaniment()}
}

func italianCourse() InterventionType {
	return InterventionType{Code: TypeItalian,
		Label: tx("Corso di lingua italiana", "Italian course"),
		Hint:  tx("Livello, ente, ore.", "Level, provider, hours."),
		Form: form.Form{Fields: []form.Field{
			choice("level", true, tx("Livello da raggiungere", "Level to reach"),
				opt("pre_a1", "Alfabetizzazione", "Literacy"), opt("a1", "A1", "A1"), opt("a2", "A2", "A2"),
				opt("b1", "B1", "B1"), opt("b2", "B2", "B2"), opt("c1", "C1", "C1")),
			course("course", false, tx("Corso o edizione", "Course or edition")),
			line("provider", true, tx("Ente che tiene il corso", "Provider")),
			hours("hours", true),
			yesNo("certificate", tx("Si prevede un certificato finale", "A final certificate is planned")),
			note("attendance", tx("Frequenza prevista", "Planned attendance")),
		}}}
}

func housing() InterventionType {
	return InterventionType{Code: TypeHousing,
		Label: tx("Autonomia abitativa", "Housing autonomy"),
		Hint:  tx("Ricerca della casa, arredo, affitto: al massimo 12 mesi in tutto.", "House search, furnishing, rent: at most 12 months in all."),
		Form: form.Form{Fields: []form.Field{
			choice("arrangement", true, tx("Sistemazione", "Arrangement"),
				opt("individual", "Individuale", "Individual"), opt("co_housing", "Co-housing", "Co-housing")),
			{Name: "supports", Kind: form.KindMultiChoice, Class: form.ClassCase, Required: true,
				Label: tx("Sostegni", "Supports"), Options: []form.Option{
					opt(SupportSearch, "Ricerca della casa", "House search"),
					opt(SupportFurnishing, "Arredo", "Furnishing"), opt(SupportRent, "Affitto", "Rent")}},
			{Name: "monthly_rent", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Min: num(0), Max: num(1_000_000),
				Label: tx("Affitto al mese", "Monthly rent"), RequiredWhen: when("supports", SupportRent), VisibleWhen: when("supports", SupportRent)},
			{Name: "monthly_support", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Min: num(0), Max: num(1_000_000),
				Label:        tx("Contributo chiesto al mese", "Monthly support asked for"),
				Hint:         tx("Se supera quello deciso dalla regola, va motivato all'invio.", "If it is more than the rule decides, a reason is asked on submission."),
				RequiredWhen: when("supports", SupportRent), VisibleWhen: when("supports", SupportRent)},
			{Name: "furnishing_amount", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Min: num(0), Max: num(5_000_000),
				Label: tx("Spesa per l'arredo", "Furnishing cost"), VisibleWhen: when("supports", SupportFurnishing)},
			line("municipality", false, tx("Comune della casa", "Municipality of the home")),
			note("search_steps", tx("Come si cerca la casa", "How the home is searched for")),
		}}}
}

func childcare() InterventionType {
	return InterventionType{Code: TypeChildcare,
		Label: tx("Attività educative e gestione dei figli", "Childcare and education"),
		Hint:  tx("Nido, babysitter, attività educative.", "Nursery, babysitting, educational activities."),
		Form: form.Form{Fields: []form.Field{
			{Name: "children", Kind: form.KindPersonCount, Class: form.ClassCase, Required: true, Min: num(1), Max: num(20),
				Label: tx("Quanti figli", "How many children")},
			choice("service", true, tx("Servizio", "Service"),
				opt("nursery", "Nido o scuola dell'infanzia", "Nursery or preschool"), opt("babysitting", "Babysitter", "Babysitting"),
				opt("educational", "Attività educative", "Educational activities"), opt("other", "Altro", "Other")),
			line("provider", false, tx("Chi lo offre", "Provider")),
			hours("hours", false),
			{Name: "child_benefit", Kind: form.KindYesNo, Class: form.ClassCase, Label: tx("Riceve già il bonus nido o un altro aiuto", "Already receives a nursery bonus or other help")},
			{Name: "child_benefit_amount", Kind: form.KindMoney, Class: form.ClassCase, Unit: "cents", Min: num(0), Max: num(1_000_000),
				Label: tx("Quanto al mese", "How much a month"), RequiredWhen: when("child_benefit", "true"), VisibleWhen: when("child_benefit", "true")},
			note("notes", tx("Annotazioni", "Notes")),
		}}}
}

func necessities() InterventionType {
	return InterventionType{Code: TypeNecessities,
		Label: tx("Beni e spese di prima necessità", "Basic necessities"),
		Hint:  tx("Beni o spese, con il loro importo.", "Goods or expenses, with their amount."),
		Form: form.Form{Fields: []form.Field{
			{Name: "items", Kind: form.KindTable, Class: form.ClassCase, Required: true, Min: num(1), Max: num(30),
				Label: tx("Beni e spese", "Goods and expenses"), Columns: []form.Field{
					choice("kind", true, tx("Genere", "Kind"), opt("food", "Alimenti", "Food"), opt("clothing", "Vestiario", "Clothing"),
						opt("health", "Salute", "Health"), opt("transport", "Trasporti", "Transport"), opt("documents", "Documenti", "Documents"),
						opt("utilities", "Utenze", "Utilities"), opt("other", "Altro", "Other")),
					line("description", false, tx("Descrizione", "Description")),
					{Name: "amount", Kind: form.KindMoney, Class: form.ClassCase, Required: true, Unit: "cents", Min: num(0), Max: num(1_000_000), Label: tx("Importo", "Amount")},
				}},
			choice("delivery", false, tx("Come si consegna", "How it is delivered"),
				opt("goods", "Beni in natura", "Goods in kind"), opt("vouchers", "Buoni", "Vouchers"), opt("refund", "Rimborso", "Refund")),
		}}}
}

func vocational() InterventionType {
	return InterventionType{Code: TypeVocational,
		Label: tx("Corso professionalizzante", "Vocational course"),
		Hint:  tx("Corso, ore, qualifica.", "Course, hours, qualification."),
		Form: form.Form{Fields: []form.Field{
			course("course", true, tx("Corso o edizione", "Course or edition")),
			line("provider", false, tx("Ente di formazione", "Training provider")),
			hours("hours", true),
			line("qualification", false, tx("Qualifica", "Qualification")),
			yesNo("internship", tx("Comprende un tirocinio", "Includes an internship")),
		}}}
}

func licence() InterventionType {
	return InterventionType{Code: TypeLicence,
		Label: tx("Patente di guida, HACCP e simili", "Driving licence, HACCP and the like"),
		Hint:  tx("Genere, ente, date d'esame.", "Kind, provider, exam dates."),
		Form: form.Form{Fields: []form.Field{
			choice("kind", true, tx("Genere", "Kind"), opt("licence_b", "Patente B", "Driving licence B"), opt("licence_am", "Patente AM o A1", "Driving licence AM or A1"),
				opt("haccp", "HACCP", "HACCP"), opt("safety", "Sicurezza sul lavoro", "Workplace safety"), opt("forklift", "Muletto", "Forklift"), opt("other", "Altro", "Other")),
			{Name: "other_kind", Kind: form.KindText, Class: form.ClassCase, MaxLength: 200, Label: tx("Quale", "Which"),
				RequiredWhen: when("kind", "other"), VisibleWhen: when("kind", "other")},
			line("provider", true, tx("Ente o autoscuola", "Provider or driving school")),
			{Name: "exam_on", Kind: form.KindDate, Class: form.ClassCase, Label: tx("Data d'esame prevista", "Planned exam date")},
			choice("outcome", false, tx("Esito", "Outcome"), opt("pending", "In attesa", "Pending"), opt("passed", "Superato", "Passed"), opt("failed", "Non superato", "Failed")),
		}}}
}

func accompaniment() InterventionType {
	return InterventionType{Code: TypeAccompaniment,
		Label: tx("Affiancamento degli operatori di riferimento", "Accompaniment by reference operators"),
		Hint:  tx("Ore previste e scopo.", "Planned hours and purpose."),
		Form: form.Form{Fields: []form.Field{
			hours("planned_hours", true),
			choice("frequency", false, tx("Frequenza", "Frequency"), opt("weekly", "Ogni settimana", "Weekly"),
				opt("fortnightly", "Ogni due settimane", "Fortnightly"), opt("monthly", "Ogni mese", "Monthly"), opt("as_needed", "Al bisogno", "As needed")),
			{Name: "purpose", Kind: form.KindLongText, Class: form.ClassCase, Required: true, MaxLength: 2000, Label: tx("In che cosa consiste", "What it consists of")},
		}}}
}

func tx(it, en string) form.Text { return form.Text{IT: it, EN: en} }

func opt(value, it, en string) form.Option { return form.Option{Value: value, Label: tx(it, en)} }

func num(n int64) *int64 { return &n }

func when(field string, in ...string) *form.Condition { return &form.Condition{Field: field, In: in} }

func choice(name string, required bool, label form.Text, options ...form.Option) form.Field {
	return form.Field{Name: name, Kind: form.KindChoice, Class: form.ClassCase, Required: required, Label: label, Options: options}
}

func line(name string, required bool, label form.Text) form.Field {
	return form.Field{Name: name, Kind: form.KindText, Class: form.ClassCase, Required: required, Label: label, MaxLength: 200}
}

func note(name string, label form.Text) form.Field {
	return form.Field{Name: name, Kind: form.KindLongText, Class: form.ClassCase, Label: label, MaxLength: 2000}
}

func yesNo(name string, label form.Text) form.Field {
	return form.Field{Name: name, Kind: form.KindYesNo, Class: form.ClassCase, Label: label}
}

func hours(name string, required bool) form.Field {
	return form.Field{Name: name, Kind: form.KindInteger, Class: form.ClassCase, Required: required, Unit: "hours", Min: num(1), Max: num(5000),
		Label: tx("Ore", "Hours")}
}

func course(name string, required bool, label form.Text) form.Field {
	return form.Field{Name: name, Kind: form.KindCourse, Class: form.ClassCase, Required: required, Label: label}
}
