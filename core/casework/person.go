// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// Person is someone taken in charge by an implementing entity. It holds case facts only;
// what tells who the person is stands apart in Identity, sealed.
type Person struct {
	ID     PersonID
	Tenant tenant.ID
	// Code stands for the person wherever the name must not appear.
	Code string
	// Citizenship is an ISO 3166-1 alpha-3 code, or Stateless.
	Citizenship string
	// Municipality is the competent one (comune competente).
	Municipality string
	// MunicipalityReason says why it is competent.
	MunicipalityReason MunicipalityReason
	TakenInChargeOn    Date
	// PriorHousingMonths were supported elsewhere before, as far as the entity knows; they
	// count towards the limit on housing support.
	PriorHousingMonths int
	Revision           int64
	CreatedAt          time.Time
}

// MunicipalityReason says why a municipality is competent (LR 41/2005).
type MunicipalityReason string

const (
	// Residence: the person is registered there.
	Residence MunicipalityReason = "residence"
	// PlaceOfNeed: the person has no residence, or cannot be helped where it is.
	PlaceOfNeed MunicipalityReason = "place_of_need"
)

// Identity is who the person is. Every field is sealed in the database.
type Identity struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	BirthDate  Date   `json:"birth_date"`
	Phone      string `json:"phone,omitempty"`
	Email      string `json:"email,omitempty"`
	Address    string `json:"address,omitempty"`
	// DocumentNumber is of a passport, permit or identity card.
	DocumentNumber string `json:"document_number,omitempty"`
}

// Clean trims what people type around their words.
func (id Identity) Clean() Identity {
	for _, s := range []*string{&id.GivenName, &id.FamilyName, &id.Phone, &id.Email, &id.Address, &id.DocumentNumber} {
		*s = strings.Join(strings.Fields(*s), " ")
	}
	return id
}

// Check complains about an identity that cannot be stored; paths start with "identity/".
// today bounds the birth date.
func (id Identity) Check(today Date) []fault.Field {
	var c complaints
	c.text("identity/given_name", id.GivenName, 1, 120)
	c.text("identity/family_name", id.FamilyName, 1, 120)
	switch {
	case id.BirthDate == "":
		c.add("identity/birth_date", "required")
	case !id.BirthDate.Valid():
		c.add("identity/birth_date", "bad_date")
	case id.BirthDate > today:
		c.add("identity/birth_date", "in_future")
	}
	c.text("identity/phone", id.Phone, 0, 40)
	c.text("identity/email", id.Email, 0, 200)
	c.text("identity/address", id.Address, 0, 300)
	c.text("identity/document_number", id.DocumentNumber, 0, 60)
	if id.Email != "" && !strings.Contains(id.Email, "@") {
		c.add("identity/email", "bad_email")
	}
	return c
}

// Check complains about case facts that cannot be stored.
func (p Person) Check(today Date) []fault.Field {
	var c complaints
	if !validCountry(p.Citizenship) {
		c.add("citizenship", "bad_country")
	}
	c.text("municipality", p.Municipality, 1, 80)
	if p.MunicipalityReason != Residence && p.MunicipalityReason != PlaceOfNeed {
		c.add("municipality_reason", "not_an_option")
	}
	switch {
	case !p.TakenInChargeOn.Valid():
		c.add("taken_in_charge_on", "bad_date")
	case p.TakenInChargeOn > today:
		c.add("taken_in_charge_on", "in_future")
	}
	if p.PriorHousingMonths < 0 || p.PriorHousingMonths > 600 {
		c.add("prior_housing_months", "out_of_range", "min", "0", "max", "600")
	}
	return c
}

// complaints gathers what is wrong with an input.
type complaints []fault.Field

func (c *complaints) add(path, code string, params ...string) {
	*c = append(*c, fault.At(path, code, params...))
}

// text checks that a text can be stored, and its length in characters.
func (c *complaints) text(path, s string, least, most int) {
	n := len([]rune(strings.TrimSpace(s)))
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		c.add(path, "bad_text") // PostgreSQL cannot store it
	case n == 0 && least > 0:
		c.add(path, "required")
	case n > most:
		c.add(path, "too_long", "limit", strconv.Itoa(most))
	}
}
