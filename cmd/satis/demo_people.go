// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"maps"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

// demoPerson is an invented person. Names are common ones of the country, put together by chance.
type demoPerson struct {
	given, family string
	born          casework.Date
	citizenship   string
	language      string
	municipality  string
	phone         string
	// months of housing support had elsewhere before.
	months int
	// hidden: the service may not know who she is.
	hidden bool

	id casework.PersonID
}

// register takes the person in charge, with her consents.
func (s *seeding) register(ctx context.Context, t *tale, on casework.Date) error {
	p := &t.person
	consents := []casework.Consent{
		{Kind: casework.ProgrammeInformation, Given: true, On: on, Language: p.language, Mediator: p.language != "es"},
		{Kind: casework.ConsentData, Given: true, On: on, Language: p.language, Mediator: p.language != "es"},
		{Kind: casework.ConsentIdentity, Given: !p.hidden, On: on, Language: p.language},
	}
	v, err := s.door.RegisterPerson(ctx, service.NewPerson{
		Person: casework.Person{Citizenship: p.citizenship, Municipality: p.municipality, MunicipalityReason: casework.PlaceOfNeed,
			TakenInChargeOn: on, PriorHousingMonths: p.months},
		Identity: casework.Identity{GivenName: p.given, FamilyName: p.family, BirthDate: p.born, Phone: p.phone},
		Consents: consents,
	})
	p.id = v.ID
	return err
}

// decide asks the rent rule. Without its plugin the story goes on without rent.
func (s *seeding) decide(ctx context.Context, t *tale) error {
	d, err := s.door.DecideSubsidy(ctx, service.SubsidyRequest{Subsidy: casework.SubsidyRent, Facts: maps.Clone(t.rent), Project: t.id})
	if err != nil {
		s.log.Warn("the demo goes on without a rent subsidy", "error", err)
		return ctx.Err()
	}
	t.decision = &d
	return nil
}

// withRent puts the decided rent into a housing intervention.
func (t *tale) withRent(v *casework.Intervention) {
	if t.decision == nil || !t.decision.Eligible {
		return
	}
	monthly := t.decision.MonthlyCents + t.more
	v.Months, v.EndsOn = min(v.Months, t.decision.Months), ""
	v.AmountCents += monthly * int64(v.Months)
	v.Details = maps.Clone(v.Details)
	v.Details["supports"] = []any{casework.SupportSearch, casework.SupportRent}
	v.Details["monthly_rent"] = t.rent["monthly_rent"]
	v.Details["monthly_support"] = monthly
}
