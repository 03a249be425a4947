// SPDX-License-Identifier: AGPL-3.0-or-later

package tenant

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValidPartitaIVA(t *testing.T) {
	for s, want := range map[string]bool{
		"00488410010": true, "01585210337": true, "12345678903": true,
		"00488410011": false, "0048841001": false, "004884100100": false, "0048841001A": false, "00000000000": false, "": false, "ÀÀ48841001": false,
	} {
		if got := ValidPartitaIVA(s); got != want {
			t.Errorf("ValidPartitaIVA(%q) = %v", s, got)
		}
	}
}

func TestValidCodiceFiscale(t *testing.T) {
	for s, want := range map[string]bool{
		"00488410010":      true, // an organisation's
		"RSSMRA85T10A562S": true, "MRTMTT91D08F205J": true,
		"RSSMRA85T10A562T": false, "RSSMRA85T10A56S": false, "RSSMRA85T10A5622": false, "1SSMRA85T10A562S": false, "rssmra85t10a562s": false,
		"RSSMRA8KT10A562S": false, "": false,
	} {
		if got := ValidCodiceFiscale(s); got != want {
			t.Errorf("ValidCodiceFiscale(%q) = %v", s, got)
		}
	}
}

// One wrong digit never passes: that is what the check digit is for.
func TestOneWrongDigitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		head := rapid.StringMatching(`[0-9]{10}`).Draw(t, "head")
		at, shift := rapid.IntRange(0, 10).Draw(t, "at"), rapid.IntRange(1, 9).Draw(t, "shift")
		for last := '0'; last <= '9'; last++ {
			s := head + string(last)
			if !ValidPartitaIVA(s) {
				continue
			}
			b := []byte(s)
			b[at] = '0' + (b[at]-'0'+byte(shift))%10
			if ValidPartitaIVA(string(b)) {
				t.Fatalf("%s and %s both pass", s, b)
			}
		}
	})
}

func TestValidPEC(t *testing.T) {
	for s, want := range map[string]bool{
		"ente@pec.example.it": true, "comune.viareggio@postacert.toscana.it": true,
		"ente": false, "ente@": false, "ente@localhost": false, "Ente <ente@pec.it>": false, "a@b.it, c@d.it": false, "ente@pec.it.": false,
		strings.Repeat("a", 250) + "@pec.it": false,
	} {
		if got := ValidPEC(s); got != want {
			t.Errorf("ValidPEC(%q) = %v", s, got)
		}
	}
}

func TestCleanProfile(t *testing.T) {
	got := Profile{CodiceFiscale: " rssmra85t10 a562s", PartitaIVA: "IT 00488410010", Address: "  via  Mazzini 1 ", PEC: " Ente@PEC.it "}.Clean()
	want := Profile{CodiceFiscale: "RSSMRA85T10A562S", PartitaIVA: "00488410010", Address: "via Mazzini 1", PEC: "ente@pec.it"}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
