// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/sdk"
)

func text(it, en string) sdk.Text { return sdk.Text{IT: it, EN: en} }

// basis says honestly what a step rests on.
func basis(it, en string) sdk.Text {
	return text("Parametro della rete (valori dimostrativi, non una norma di legge): "+it+".",
		"Network parameter (demonstration values, not a provision of law): "+en+".")
}

// euro, thousandths and civil are numbers that each language spells in its own way.
type (
	euro        int64 // cents
	thousandths int64
	civil       time.Time
)

// filled fills values into a sentence of each language: euro, thousandths and civil as the
// language spells them, anything else with %v.
func filled(it, en string, values ...any) sdk.Text {
	var inIT, inEN []any
	for _, v := range values {
		a, b := v, v
		switch v := v.(type) {
		case euro:
			a, b = euroIT(int64(v)), euroEN(int64(v))
		case thousandths:
			a, b = fmt.Sprintf("%d,%d %%", v/10, v%10), fmt.Sprintf("%d.%d%%", v/10, v%10)
		case civil:
			a, b = time.Time(v).Format("02/01/2006"), time.Time(v).Format("2 January 2006")
		}
		inIT, inEN = append(inIT, a), append(inEN, b)
	}
	return text(fmt.Sprintf(it, inIT...), fmt.Sprintf(en, inEN...))
}

// euroIT spells 123456 cents as "1.234,56 €".
func euroIT(cents int64) string { return grouped(cents/100, ".") + fmt.Sprintf(",%02d €", cents%100) }

// euroEN spells 123456 cents as "€1,234.56".
func euroEN(cents int64) string {
	return "€" + grouped(cents/100, ",") + fmt.Sprintf(".%02d", cents%100)
}

func grouped(n int64, by string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + by + s[i:]
	}
	return s
}

// kindWords are the kinds of furniture as the form calls them.
var kindWords = map[string]sdk.Text{
	"beds":       text("Letti e materassi", "Beds and mattresses"),
	"kitchen":    text("Cucina", "Kitchen"),
	"appliances": text("Frigorifero e lavatrice", "Refrigerator and washing machine"),
	"tables":     text("Tavoli e sedie", "Tables and chairs"),
	"wardrobes":  text("Armadi e mobili", "Wardrobes and cupboards"),
	"linen":      text("Biancheria e stoviglie", "Linen and tableware"),
	"children":   text("Cose per i bambini", "Things for children"),
	"other":      text("Altro", "Other"),
}
