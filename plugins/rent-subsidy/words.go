// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/sdk"
)

// basis says honestly what a step rests on.
func basis(it, en string) sdk.Text {
	return sdk.Text{
		IT: "Parametro della rete (valori dimostrativi, non una norma di legge): " + it + ".",
		EN: "Network parameter (demonstration values, not a provision of law): " + en + ".",
	}
}

// both fills amounts into a sentence of each language.
func both(it, en string, cents ...int64) sdk.Text {
	var inIT, inEN []any
	for _, c := range cents {
		inIT, inEN = append(inIT, euroIT(c)), append(inEN, euroEN(c))
	}
	return sdk.Text{IT: fmt.Sprintf(it, inIT...), EN: fmt.Sprintf(en, inEN...)}
}

// euroIT spells 123456 cents as "1.234,56 €".
func euroIT(cents int64) string { return grouped(cents/100, ".") + fmt.Sprintf(",%02d €", cents%100) }

// euroEN spells 123456 cents as "€1,234.56".
func euroEN(cents int64) string {
	return "€" + grouped(cents/100, ",") + fmt.Sprintf(".%02d", cents%100)
}

func grouped(n int64, by string) string {
	s := strconv.FormatInt(n, 10)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), by)
}

// percentIT spells 605 thousandths as "60,5 %".
func percentIT(thousandths int64) string {
	return fmt.Sprintf("%d,%d %%", thousandths/10, thousandths%10)
}

func percentEN(thousandths int64) string {
	return fmt.Sprintf("%d.%d%%", thousandths/10, thousandths%10)
}
