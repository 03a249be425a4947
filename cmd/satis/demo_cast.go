// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strings"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// The organisations of the demo, by what the stories call them. Municipalities are real,
// entities and people are invented.
const (
	orgLead     = "lead"
	orgGozzo    = "gozzo"
	orgRotta    = "rotta"
	orgGlicine  = "glicine"
	orgVersilia = "versilia"
	orgPiana    = "piana"
)

const demoNetwork = "Rete antitratta Toscana (dimostrativa)"

// organisationOrder is the order they are created in: the lead agency begins the network.
func organisationOrder() []string {
	return []string{orgLead, orgGozzo, orgRotta, orgGlicine, orgVersilia, orgPiana}
}

func organisations() map[string]service.NewTenant {
	return map[string]service.NewTenant{
		orgLead: {NetworkName: demoNetwork, Kind: tenant.LeadAgency, Name: "Comune di Viareggio – Zona Distretto Versilia",
			Municipalities: []string{"Viareggio"}},
		orgGozzo:   {Kind: tenant.ImplementingEntity, Name: "Cooperativa sociale Il Gozzo Verde", Municipalities: []string{"Viareggio"}},
		orgRotta:   {Kind: tenant.ImplementingEntity, Name: "Associazione Rotta di Maestrale", Municipalities: []string{"Pietrasanta"}},
		orgGlicine: {Kind: tenant.ImplementingEntity, Name: "Fondazione Casa del Glicine", Municipalities: []string{"Lucca"}},
		orgVersilia: {Kind: tenant.SocialServices, Name: "Servizi sociali territoriali – Versilia",
			Municipalities: []string{"Viareggio", "Camaiore", "Massarosa", "Pietrasanta", "Forte dei Marmi", "Seravezza", "Stazzema"}},
		orgPiana: {Kind: tenant.SocialServices, Name: "Servizi sociali territoriali – Piana di Lucca",
			Municipalities: []string{"Lucca", "Capannori", "Porcari", "Altopascio", "Montecarlo", "Villa Basilica", "Pescaglia"}},
	}
}

// member is a user of the demo. The first of his organisations is where the stories have
// him act.
type member struct {
	name  string
	in    []string
	roles []tenant.Role
}

func cast() []member {
	one := func(name, in string, role tenant.Role) member { return member{name, []string{in}, []tenant.Role{role}} }
	return []member{
		one("Elena Bartolini", orgLead, tenant.Evaluator),
		one("Marco Giannini", orgLead, tenant.Evaluator),
		one("Lucia Ferrini", orgLead, tenant.Approver),
		one("Paolo Marchetti", orgLead, tenant.Secretariat),
		one("Chiara Lunardi", orgLead, tenant.PolicyAdmin),
		one("Stefano Biagini", orgLead, tenant.PolicyAdmin),
		one("Irene Tosi", orgLead, tenant.PluginAdmin),
		one("Giorgio Pardini", orgLead, tenant.Accountant),
		one("Silvia Nannini", orgLead, tenant.DataProtectionOfficer),
		one("Sara Menconi", orgGozzo, tenant.Operator),
		// Works for two entities, and acts in one at a time.
		{"Davide Orsi", []string{orgGozzo, orgRotta}, []tenant.Role{tenant.Operator}},
		one("Anna Bertozzi", orgGozzo, tenant.EntityManager),
		one("Luca Simonetti", orgGozzo, tenant.EntityAdmin),
		one("Giulia Del Carlo", orgRotta, tenant.Operator),
		one("Roberto Antonelli", orgRotta, tenant.EntityManager),
		one("Marta Puccini", orgRotta, tenant.EntityAdmin),
		one("Fatou Diagne", orgGlicine, tenant.Operator),
		one("Teresa Lazzeri", orgGlicine, tenant.EntityManager),
		one("Nicola Frediani", orgGlicine, tenant.EntityAdmin),
		one("Francesca Neri", orgVersilia, tenant.SocialWorker),
		one("Valentina Cosci", orgPiana, tenant.SocialWorker),
	}
}

// email is the name at a domain that nobody can own (RFC 2606).
func (m member) email() string {
	return strings.ToLower(strings.ReplaceAll(m.name, " ", ".")) + "@" + m.in[0] + ".example"
}

func (m member) account(user tenant.UserID, password string, t postgres.Tenant) account {
	return account{Email: m.email(), Password: password, Name: m.name, Tenant: t.Name, TenantKind: t.Kind,
		Roles: rolesOf(m.roles), TenantID: t.ID, UserID: user}
}
