// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"time"

	"github.com/satis-toscana/satis/core/fault"
)

// ConsentKind is what the person was asked.
type ConsentKind string

const (
	// ConsentData: the informed consent to the processing of the data (GDPR art. 9).
	ConsentData ConsentKind = "data"
	// ConsentIdentity: the co-design service may see who the person is.
	ConsentIdentity ConsentKind = "identity_to_services"
	// ProgrammeInformation: the person was told, in a language she understands, what the
	// programme offers and asks: the precondition of the adhesion.
	ProgrammeInformation ConsentKind = "programme_information"
)

// ConsentKinds lists them in the order they are asked.
func ConsentKinds() []ConsentKind {
	return []ConsentKind{ProgrammeInformation, ConsentData, ConsentIdentity}
}

// Consent is the latest answer of a person to one question.
type Consent struct {
	Kind ConsentKind `json:"kind"`
	// Given is false for a refusal or a withdrawal.
	Given bool `json:"given"`
	On    Date `json:"on"`
	// Language is that of the conversation, an ISO 639 code of two or three letters.
	Language string `json:"language,omitempty"`
	// Mediator tells whether a cultural mediator was present.
	Mediator   bool      `json:"mediator,omitempty"`
	RecordedAt time.Time `json:"recorded_at"`
}

// Check complains about an answer that cannot be recorded.
func (k Consent) Check(today Date) []fault.Field {
	var c complaints
	switch k.Kind {
	case ConsentData, ConsentIdentity, ProgrammeInformation:
	default:
		c.add("kind", "not_an_option")
	}
	switch {
	case !k.On.Valid():
		c.add("on", "bad_date")
	case k.On > today:
		c.add("on", "in_future")
	}
	if n := len(k.Language); n != 0 && n != 2 && n != 3 {
		c.add("language", "bad_language")
	}
	return c
}

// Consents are a person's latest answers by kind; a kind never asked is absent.
type Consents map[ConsentKind]Consent

// Given reports whether the person said yes, and has not taken it back.
func (cs Consents) Given(k ConsentKind) bool { return cs[k].Given }

// Refused reports whether the person said no, or took a yes back.
func (cs Consents) Refused(k ConsentKind) bool { c, asked := cs[k]; return asked && !c.Given }

// AllowAdhesion says whether the programme adhesion can be recorded. A refusal always
// stands in the way. A question never asked does only where the network demands it: the
// legal basis of the processing need not be consent, so that is the network's to decide.
func (cs Consents) AllowAdhesion(demanded bool) error {
	stands := func(k ConsentKind) bool { return cs.Given(k) || (!demanded && !cs.Refused(k)) }
	if !stands(ProgrammeInformation) {
		return fault.New(fault.Conflict, "programme_information_missing")
	}
	if !stands(ConsentData) {
		return fault.New(fault.Conflict, "consent_missing")
	}
	return nil
}
