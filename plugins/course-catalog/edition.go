// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/sdk"
)

// problem is what can be wrong with a line.
type problem struct {
	code string
	text sdk.Text
}

var (
	notReadable   = problem{"not_readable", sdk.Text{IT: "La riga non è leggibile.", EN: "The line cannot be read."}}
	columnMissing = problem{"column_missing", sdk.Text{IT: "Manca una colonna necessaria.", EN: "A column that is needed is missing."}}
	valueMissing  = problem{"value_missing", sdk.Text{IT: "Manca il valore.", EN: "The value is missing."}}
	badNumber     = problem{"bad_number", sdk.Text{IT: "Serve un numero intero maggiore di zero.", EN: "A whole number above zero is needed."}}
	badMoney      = problem{"bad_money", sdk.Text{IT: "L'importo va scritto come 120,00.", EN: "An amount is written as 120.00."}}
	badDay        = problem{"bad_day", sdk.Text{IT: "Il giorno va scritto come 2027-01-31.", EN: "A day is written as 2027-01-31."}}
	badArea       = problem{"bad_area", sdk.Text{IT: "L'area è language, vocational, licence o other.", EN: "The area is language, vocational, licence or other."}}
	badCode       = problem{"bad_code", sdk.Text{IT: "Il codice ISTAT ha sei cifre.", EN: "The ISTAT code has six digits."}}
	badLevel      = problem{"bad_level", sdk.Text{IT: "Il livello va da A1 a C2.", EN: "The level is from A1 to C2."}}
	unknownNeed   = problem{"unknown_prerequisite", sdk.Text{IT: "Requisito non conosciuto.", EN: "The prerequisite is not known."}}
	badYesNo      = problem{"bad_yes_no", sdk.Text{IT: "Serve yes o no.", EN: "Either yes or no is needed."}}
	endsBefore    = problem{"ends_before", sdk.Text{IT: "Finisce prima di cominciare.", EN: "It ends before it starts."}}
	usedTwice     = problem{"used_twice", sdk.Text{IT: "L'identificativo è già usato.", EN: "The id is used already."}}
	notSensible   = problem{"not_sensible", sdk.Text{IT: "I valori non sono plausibili.", EN: "The values make no sense."}}
	tooMany       = problem{"too_many", sdk.Text{IT: "Il catalogo è troppo lungo.", EN: "The catalog is too long."}}
)

// needs are the prerequisites that a catalog can name.
var needs = map[string]sdk.Text{
	"language_a1":     {IT: "Italiano A1", EN: "Italian A1"},
	"language_a2":     {IT: "Italiano A2", EN: "Italian A2"},
	"language_b1":     {IT: "Italiano B1", EN: "Italian B1"},
	"age_18":          {IT: "Almeno 18 anni", EN: "At least 18 years old"},
	"lower_secondary": {IT: "Licenza media o titolo equivalente", EN: "Lower secondary diploma or equivalent"},
	"valid_id":        {IT: "Documento di identità valido", EN: "Valid identity document"},
	"permit_to_stay":  {IT: "Permesso di soggiorno o ricevuta della richiesta", EN: "Permit to stay or receipt of the application"},
	"medical_check":   {IT: "Visita medica di idoneità", EN: "Medical check of fitness"},
}

// editionOf reads one line. Where it cannot, it names the column and what is wrong there.
func editionOf(row map[string]string) (e sdk.Edition, column string, p problem) {
	for _, c := range needed {
		if row[c] == "" {
			return e, c, valueMissing
		}
	}
	for _, c := range []string{"starts", "ends", "enrol_by"} {
		if _, err := time.Parse(time.DateOnly, row[c]); err != nil && row[c] != "" {
			return e, c, badDay
		}
	}
	e = sdk.Edition{
		ID: row["id"], Course: cmp.Or(row["course"], row["id"]), Title: both(row["title_it"], row["title_en"]), Area: sdk.Area(row["area"]),
		Provider: row["provider"], ISTATCode: row["istat_code"], Municipality: row["municipality"], Starts: row["starts"], Ends: row["ends"],
		EnrolBy: row["enrol_by"], Level: row["level"], Qualification: both(row["qualification_it"], row["qualification_en"]),
	}
	switch {
	case !slices.Contains(sdk.Areas(), e.Area):
		return e, "area", badArea
	case len(e.ISTATCode) != 6 || strings.Trim(e.ISTATCode, "0123456789") != "":
		return e, "istat_code", badCode
	case e.Level != "" && !slices.Contains(sdk.CEFR(), e.Level):
		return e, "level", badLevel
	case e.Ends < e.Starts:
		return e, "ends", endsBefore
	}
	column, p = fill(&e, row)
	return e, column, p
}

// fill reads what is not a plain text.
func fill(e *sdk.Edition, row map[string]string) (column string, p problem) {
	var ok bool
	if e.Hours, ok = above(row["hours"]); !ok {
		return "hours", badNumber
	}
	if e.Seats, ok = above(row["seats"]); !ok {
		return "seats", badNumber
	}
	if e.CostCents, ok = cents(row["cost"]); !ok {
		return "cost", badMoney
	}
	switch row["childcare"] {
	case "", "no":
	case "yes", "si", "sì":
		e.Childcare = true
	default:
		return "childcare", badYesNo
	}
	for _, code := range strings.FieldsFunc(row["prerequisites"], func(r rune) bool { return r == '|' || r == ' ' }) {
		text, known := needs[code]
		if !known {
			return "prerequisites", unknownNeed
		}
		e.Prerequisites = append(e.Prerequisites, sdk.Prerequisite{Code: code, Text: text})
	}
	return "", problem{}
}

// above reads a whole number above zero.
func above(s string) (int32, bool) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int32(n), err == nil && n > 0
}

// both takes the Italian text where there is no English one.
func both(it, en string) sdk.Text { return sdk.Text{IT: it, EN: cmp.Or(en, it)} }

// cents reads "120", "120,5" or "120.50"; nothing is 0. Thousands are not set apart.
func cents(s string) (int64, bool) {
	whole, part, _ := strings.Cut(strings.ReplaceAll(cmp.Or(s, "0"), ",", "."), ".")
	if len(part) > 2 || len(whole) > 9 || strings.Trim(whole+part, "0123456789") != "" || whole == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil
}
