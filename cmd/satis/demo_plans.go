// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "github.com/satis-toscana/satis/core/casework"

// The plans of the stories. All seven interventions appear; needs and aims are of the kind
// operators write, of no real person.

func planKitchen(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Lingua", "Capisce l'italiano parlato, legge e scrive con fatica."), need("Lavoro", "Ha cucinato a lungo per altri; cerca un impiego regolare nella ristorazione.")},
		[]casework.Objective{d.aim("Raggiungere il livello A2", "Attestato del CPIA"), d.aim("Trovare un impiego in cucina", "Contratto di almeno sei mesi")},
		"Contratto di lavoro in corso e livello A2 certificato.",
		d.italian("a2", "CPIA di Lucca, sede di Viareggio", 120, 28000), d.licence("haccp", "Agenzia formativa del territorio", 9000),
		d.training("Addetta alla cucina", "Agenzia formativa del territorio", 200, 120000), d.support(60, "Ricerca del lavoro e primi mesi di impiego."))
}

func planHome(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Casa", "Deve lasciare l'alloggio protetto entro l'anno."), need("Reddito", "Lavora a tempo parziale con contratto a termine.")},
		[]casework.Objective{d.aim("Vivere in un alloggio proprio", "Contratto di locazione registrato"), d.aim("Reddito che copra l'affitto", "Buste paga di tre mesi")},
		"Canone pagato con il proprio reddito per tre mesi di fila.",
		d.house("individual", "Viareggio", 10, 0), d.goods("utilities", "other"), d.licence("licence_b", "Autoscuola del quartiere", 85000),
		d.support(80, "Ricerca della casa, rapporti con il proprietario, bilancio domestico."))
}

func planMother(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Figli", "Due bambini piccoli: senza nido non può cercare lavoro."), need("Casa", "Cerca una sistemazione condivisa con un'altra famiglia.")},
		[]casework.Objective{d.aim("Conciliare lavoro e figli", "Frequenza regolare del nido"), d.aim("Co-housing stabile", "Ospitalità registrata")},
		"I bambini frequentano con regolarità e la madre lavora almeno venti ore la settimana.",
		d.children(2, "nursery", "Nido comunale", 9, 180000), d.house("co_housing", "Camaiore", 6, 60000), d.goods("food", "clothing", "health"),
		d.italian("b1", "CPIA di Lucca", 80, 20000), d.support(70, "Organizzazione della giornata e rapporti con il nido."))
}

func planWarehouse(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Lavoro", "Ha lavorato in agricoltura senza contratto; vuole un lavoro al coperto e regolare."), need("Documenti", "Aspetta il rinnovo del permesso di soggiorno.")},
		[]casework.Objective{d.aim("Qualifica di magazziniere", "Attestato di frequenza e tirocinio"), d.aim("Permesso rinnovato", "Ricevuta e documento")},
		"Assunzione dopo il tirocinio, documenti in regola.",
		d.training("Addetto al magazzino", "Agenzia formativa della Piana", 160, 110000), d.licence("forklift", "Agenzia formativa della Piana", 38000),
		d.goods("documents", "transport"), d.support(40, "Pratiche in questura e tirocinio."))
}

func planCare(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Lavoro", "Desidera lavorare con persone anziane, ha esperienza in famiglia."), need("Salute", "Segue un percorso di cura che richiede spostamenti.")},
		[]casework.Objective{d.aim("Qualifica di assistente familiare", "Superamento dell'esame"), d.aim("Muoversi da sola", "Abbonamento e orari conosciuti")},
		"Qualifica ottenuta e iscrizione al centro per l'impiego.",
		d.training("Assistente familiare", "Agenzia formativa del territorio", 220, 98000), d.italian("b1", "Associazione di volontariato", 60, 0),
		d.goods("transport", "health"), d.support(50, "Accompagnamento alle visite e ai colloqui."))
}

func planShared(d planDates) casework.Plan {
	return d.plan(
		[]casework.Need{need("Casa", "Vive in accoglienza, ha trovato due coinquilini fidati."), need("Lingua", "Parla poco italiano, impara in fretta.")},
		[]casework.Objective{d.aim("Alloggio condiviso", "Contratto cointestato"), d.aim("Livello B1", "Certificato")},
		"Quota di affitto pagata da solo per tre mesi.",
		d.house("co_housing", "Capannori", 8, 0), d.italian("b1", "CPIA di Lucca", 100, 25000), d.goods("other", "utilities"),
		d.support(45, "Avvio della convivenza e rapporti di vicinato."))
}

// planSketch is what a draft looks like after a first talk.
func planSketch(d planDates) casework.Plan {
	return casework.Plan{Needs: []casework.Need{need("Lingua", "Da valutare il livello con l'insegnante."), need("Salute", "")},
		Objectives:    []casework.Objective{{Title: "Orientarsi nei servizi del territorio"}},
		Interventions: []casework.Intervention{{Key: "italiano", Type: casework.TypeItalian, StartsOn: d.start, Details: map[string]any{"level": "a1"}}}}
}
