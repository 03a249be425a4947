// SPDX-License-Identifier: AGPL-3.0-or-later

package tenant

import (
	"net/mail"
	"strings"
)

// Profile is the master data of an organisation beside its name: what letters and decrees
// need. None of it is about the people it helps.
type Profile struct {
	// CodiceFiscale is 11 digits, or 16 characters where the organisation is one person.
	CodiceFiscale string
	// PartitaIVA is 11 digits; empty where the organisation has none.
	PartitaIVA                        string
	Address, PostalCode, Municipality string // of the seat
	LegalRepresentative               string
	// PEC is the certified mail address.
	PEC string
}

// Clean takes out what people type around the values.
func (p Profile) Clean() Profile {
	squeeze := func(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return Profile{CodiceFiscale: squeeze(p.CodiceFiscale), PartitaIVA: strings.TrimPrefix(squeeze(p.PartitaIVA), "IT"),
		Address: words(p.Address), PostalCode: squeeze(p.PostalCode), Municipality: words(p.Municipality),
		LegalRepresentative: words(p.LegalRepresentative), PEC: strings.ToLower(strings.TrimSpace(p.PEC))}
}

// ValidPartitaIVA reports whether s is 11 digits of which the last is the check digit
// (Luhn, as the D.M. 23 December 1976 has it). Organisations' codici fiscali are alike.
func ValidPartitaIVA(s string) bool {
	if len(s) != 11 || strings.Trim(s, "0") == "" {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 2
			d = d/10 + d%10
		}
		sum += d
	}
	return sum%10 == 0
}

// ValidCodiceFiscale reports whether s is a codice fiscale of an organisation (11 digits)
// or of a person who is one (16 characters), with the right check digit or letter.
func ValidCodiceFiscale(s string) bool {
	if len(s) == 11 {
		return ValidPartitaIVA(s)
	}
	if len(s) != 16 {
		return false
	}
	for i := range len(s) {
		letter, digit := s[i] >= 'A' && s[i] <= 'Z', s[i] >= '0' && s[i] <= '9'
		switch fiscaleShape[i] {
		case 'A':
			if !letter {
				return false
			}
		default: // a digit, or the letter that stands for it where two people had the same code
			if !digit && !strings.ContainsRune("LMNPQRSTUV", rune(s[i])) {
				return false
			}
		}
	}
	return s[15] == fiscaleCheck(s[:15])
}

const fiscaleShape = "AAAAAA00A00A000A"

// oddValues are what the characters in odd places count, by their rank (0-9 as A-J, then
// A-Z): the table of the D.M. 12 March 1974.
var oddValues = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// fiscaleCheck is the letter that closes the first 15 characters.
func fiscaleCheck(s string) byte {
	sum := 0
	for i := range len(s) {
		rank := int(s[i]) - 'A'
		if s[i] <= '9' {
			rank = int(s[i]) - '0'
		}
		if i%2 == 0 {
			rank = oddValues[rank]
		}
		sum += rank
	}
	return byte('A' + sum%26)
}

// ValidPEC reports whether s is one plain mail address at a domain with a dot. Whether the
// mailbox is a certified one only its provider knows.
func ValidPEC(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasSuffix(domain, ".")
}
