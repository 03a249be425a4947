// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/satis-toscana/satis/sdk"
)

// counted fills a number into a sentence of each language.
func counted(it, en string, n int64) sdk.Text {
	return sdk.Text{IT: fmt.Sprintf(it, n), EN: fmt.Sprintf(en, n)}
}

// forMonths ends a sentence with a number of months.
func forMonths(it, en string, n int64) sdk.Text {
	if n == 1 {
		return sdk.Text{IT: it + ", per un mese.", EN: en + ", for one month."}
	}
	return counted(it+", per %d mesi.", en+", for %d months.", n)
}

// money fills an amount below a thousand euro into a sentence of each language.
func money(it, en string, cents int64) sdk.Text {
	return sdk.Text{
		IT: fmt.Sprintf(it, fmt.Sprintf("%d,%02d €", cents/100, cents%100)),
		EN: fmt.Sprintf(en, fmt.Sprintf("€%d.%02d", cents/100, cents%100)),
	}
}

// network says honestly what an amount rests on.
func network(it, en string) sdk.Text {
	return sdk.Text{
		IT: "Parametro della rete (valori dimostrativi, non una norma di legge): " + it + ".",
		EN: "Network parameter (demonstration values, not a provision of law): " + en + ".",
	}
}

func networkCounted(it, en string, n int64) sdk.Text {
	return network(fmt.Sprintf(it, n), fmt.Sprintf(en, n))
}
